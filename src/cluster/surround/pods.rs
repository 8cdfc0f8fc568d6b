//! The digests that running pods tell: which image each tag came to.

use super::{Missing, Place};
use crate::cluster::{ListOptions, Live, Resource};
use crate::image::{Pin, PinSource, Reference};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// By the image as pods write it: the digest and the pod that runs it; `None` where pods run several.
type Seen = BTreeMap<String, Option<(String, String)>>;

/// The digest behind each image that the pods of a place run, where all of them run the same.
pub async fn digests(place: &Place<'_>, missing: &mut Missing) -> Vec<(Reference, Pin)> {
    let pods = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    let options = ListOptions { chunk: place.chunk, ..ListOptions::default() };
    let mut seen = Seen::new();
    for namespace in place.of(&pods) {
        let result = place.server.list(&pods, namespace.as_deref(), &options, |pod| see(&mut seen, &pod)).await;
        missing.note(&pods, namespace.as_deref(), result);
    }
    let pin = |(image, found): (String, Option<(String, String)>)| {
        let (digest, pod) = found?;
        let origin = format!("pod {pod}");
        let (platforms, resolved_at) = Default::default();
        let pin = Pin { digest, platforms, source: PinSource::Pod, origin, resolved_at };
        Some((Reference::parse(&image).ok()?, pin))
    };
    seen.into_iter().filter_map(pin).collect()
}

/// Take what one pod runs. Images that it names by a digest are no question.
fn see(seen: &mut Seen, pod: &Live) {
    let list = |at: &str| pod.value.pointer(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let statuses: Vec<&Value> =
        [list("/status/containerStatuses"), list("/status/initContainerStatuses")].into_iter().flatten().collect();
    for container in [list("/spec/containers"), list("/spec/initContainers")].into_iter().flatten() {
        let (name, image) = (text(container, "name"), text(container, "image"));
        let Some(status) = statuses.iter().find(|status| text(status, "name") == name) else { continue };
        let Some(digest) = digest_of(&image, &text(status, "imageID")) else { continue };
        let namespace = pod.reference.namespace.as_deref().unwrap_or_default();
        let found =
            seen.entry(image).or_insert_with(|| Some((digest.clone(), format!("{namespace}/{}", pod.reference.name))));
        if found.as_ref().is_some_and(|(known, _)| *known != digest) {
            *found = None;
        }
    }
}

/// The digest in an `imageID`, if it is one of the same repository: the id of an image that was never pulled is that of its
/// configuration, and a mirror may hold something else.
fn digest_of(image: &str, image_id: &str) -> Option<String> {
    let image = Reference::parse(image).ok().filter(|image| image.digest().is_none())?;
    let id = image_id.split_once("://").map_or(image_id, |(_, id)| id);
    let pulled = Reference::parse(id).ok()?;
    let digest = pulled.digest().filter(|_| pulled.repository() == image.repository())?;
    Some(digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
    const TWO: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

    fn seen(pods: &[(&str, &str)]) -> Seen {
        let resource = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
        let mut seen = Seen::new();
        for (image, id) in pods {
            let value = json!({"metadata": {"name": "web", "namespace": "shop"},
                "spec": {"containers": [{"name": "web", "image": image}]},
                "status": {"containerStatuses": [{"name": "web", "imageID": id}]}});
            see(&mut seen, &Live::new(&resource, value));
        }
        seen
    }

    #[test]
    fn a_digest_is_known_where_all_pods_run_the_same() {
        let id = |digest: &str| format!("docker.io/library/nginx@{digest}");
        let known = Some((ONE.to_owned(), "shop/web".to_owned()));
        assert_eq!(seen(&[("nginx:1.27", &id(ONE)), ("nginx:1.27", &id(ONE))])["nginx:1.27"], known);
        assert_eq!(seen(&[("nginx:1.27", &id(ONE)), ("nginx:1.27", &id(TWO))])["nginx:1.27"], None);
        assert_eq!(seen(&[("nginx:1.27", &format!("docker-pullable://nginx@{ONE}"))])["nginx:1.27"], known);
    }

    #[test]
    fn what_is_no_digest_of_the_repository_tells_nothing() {
        assert!(seen(&[("nginx:1.27", ONE)]).is_empty());
        assert!(seen(&[("nginx:1.27", "")]).is_empty());
        assert!(seen(&[("nginx:1.27", &format!("mirror.example/nginx@{ONE}"))]).is_empty());
        assert!(seen(&[(&format!("nginx@{ONE}"), &format!("nginx@{ONE}"))]).is_empty());
    }
}
