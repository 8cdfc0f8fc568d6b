//! A pod made from a template, as a controller would make it, and tried on the server: Pod Security, LimitRange, quota,
//! admission policies and webhooks look at it for real, and nothing is stored.

use super::refusal;
use crate::cluster::{DryRun, Error, Live, Resource, Server, Target, Write};
use crate::workload::lookup;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What the server says to the pods of one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It takes them.
    Accepted,
    /// It refuses them.
    Refused {
        /// Why, in its words.
        words: Vec<String>,
        /// Whether a pod of the template as it is now is refused in the same words.
        before: bool,
    },
    /// Nobody can tell, and why.
    Untold(String),
}

/// Try a pod of a changed template, and, if it is refused, one of the template as it is.
pub(super) async fn tried(server: &Server, target: &Target, template: &str) -> Result<Answer, Error> {
    let pods = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    let namespace = target.live.reference.namespace.as_deref();
    let attempt = async |of: &Value| {
        let Some(pod) = lookup(of, template).and_then(|template| made(template, &target.live)) else { return Ok(()) };
        let write = Write { dry_run: DryRun::Server, ..Write::default() };
        server.create(&pods, namespace, &pod, write).await.map(drop)
    };
    let Err(error) = attempt(&target.after).await else { return Ok(Answer::Accepted) };
    if super::is_away(&error) {
        return Err(error);
    }
    if refusal::takes_no_dry_run(&error) {
        return Ok(Answer::Untold("a webhook takes no dry run of pods: what it would say is not known".to_owned()));
    }
    if may_not_create(&error) {
        return Ok(Answer::Untold(
            "you may not create pods here: whether the server would take the new ones is not known".to_owned(),
        ));
    }
    let words = refusal::words(&error);
    let before = match attempt(&target.live.value).await {
        Ok(()) => false,
        Err(old) => refusal::words(&old) == words,
    };
    Ok(Answer::Refused { words, before })
}

/// The pod that a controller would make. The name is the server's to make: two attempts that are refused for the same
/// reason must not differ in it.
fn made(template: &Value, owner: &Live) -> Option<Value> {
    let mut metadata = Map::new();
    let stated = template.get("metadata").and_then(Value::as_object);
    for field in ["labels", "annotations"] {
        metadata.extend(stated.and_then(|stated| Some((field.to_owned(), stated.get(field)?.clone()))));
    }
    let resource = &owner.reference.resource;
    metadata.insert("name".to_owned(), format!("{}-trial", owner.reference.name).into());
    metadata.extend(owner.reference.namespace.as_ref().map(|namespace| ("namespace".to_owned(), json!(namespace))));
    // Policies tell pods that people make from pods that controllers make by this.
    let owned = json!([{
        "apiVersion": resource.api_version(), "kind": resource.kind, "name": owner.reference.name, "uid": owner.uid(),
        "controller": true,
    }]);
    metadata.insert("ownerReferences".to_owned(), owned);
    let mut spec = template.get("spec")?.clone();
    // Claims of a StatefulSet's own templates are volumes of its pods.
    let claims = owner.value.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array);
    let names = claims.into_iter().flatten().filter_map(|claim| claim.pointer("/metadata/name").cloned());
    let volumes: Vec<Value> =
        names.map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}})).collect();
    if !volumes.is_empty() {
        let list = spec.as_object_mut()?.entry("volumes").or_insert_with(|| json!([]));
        list.as_array_mut()?.extend(volumes);
    }
    Some(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
}

/// Whether it is the user who may not, and not the pod: the words of the authorizer.
fn may_not_create(error: &Error) -> bool {
    let says = |message: &str| message.contains("cannot create resource \"pods\"");
    error.is_forbidden() && error.status().is_some_and(|status| says(&status.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_as_its_controller_would_make_it() {
        let resource = Arc::new(Resource::builtin("apps", "v1", "StatefulSet", "statefulsets", true));
        let metadata = json!({"name": "db", "namespace": "shop", "uid": "u"});
        let claims = json!([{"metadata": {"name": "data"}}]);
        let owner = Live::new(&resource, json!({"metadata": metadata, "spec": {"volumeClaimTemplates": claims}}));
        let template = json!({
            "metadata": {"labels": {"app": "db"}, "creationTimestamp": null},
            "spec": {"serviceAccountName": "db", "containers": []},
        });
        let pod = made(&template, &owner).unwrap();
        let volume = json!({"name": "data", "persistentVolumeClaim": {"claimName": "data"}});
        assert_eq!(pod["spec"], json!({"serviceAccountName": "db", "containers": [], "volumes": [volume]}));
        assert_eq!(pod["metadata"]["labels"], json!({"app": "db"}));
        assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], "u");
        assert_eq!(pod["metadata"].get("creationTimestamp"), None);
    }
}
