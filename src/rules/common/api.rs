//! Whether a pod needs the token of its ServiceAccount: what speaks for it in the manifest, in what is bound to the account,
//! and in what is known of its images.

use crate::image::{Images, Known};
use crate::rules::{Assessment, Risk};
use crate::workload::{ApiSign, Grant, Neighbour, Pod, Through};
use serde_json::Value;

/// What becomes of the token of a pod.
#[derive(Debug)]
pub(in crate::rules) enum Token {
    /// None is mounted.
    Off,
    /// Something shows that the pod uses it.
    Used,
    /// It can be left out, as sure as this.
    Idle(Assessment),
}

/// The account of a pod that names none.
pub(in crate::rules) const DEFAULT: &str = "default";
/// Annotations of an account that exists for an identity in a cloud. The token for that is mounted by a webhook or asked
/// for by the node; the one of the API server has nothing to do with it.
const CLOUD: [(&str, &str); 3] = [
    ("eks.amazonaws.com/role-arn", "AWS"),
    ("iam.gke.io/gcp-service-account", "Google Cloud"),
    ("azure.workload.identity/client-id", "Azure"),
];
/// Words that images of clients of the API have in their names.
const CLIENT_NAMES: [&str; 9] =
    ["autoscaler", "controller", "csi-", "dashboard", "k8s", "kube", "operator", "scheduler", "webhook"];

/// The name of the account that a pod runs as.
pub(in crate::rules) fn account_of<'a>(pod: &Pod<'a>) -> &'a str {
    let stated = |name: &str| pod.field(name).as_str().filter(|text| !text.is_empty());
    stated("serviceAccountName").or_else(|| stated("serviceAccount")).unwrap_or(DEFAULT)
}

/// What becomes of the token of a pod.
pub(in crate::rules) fn token_of(pod: &Pod<'_>) -> Token {
    let account = account_of(pod);
    let object = pod.around().and_then(|around| around.neighbours.account(around.namespace(), account));
    let of_account = object.and_then(|object| object.at("/automountServiceAccountToken")?.as_bool());
    let stated = pod.field("automountServiceAccountToken").as_bool();
    if stated.or(of_account) == Some(false) {
        return Token::Off;
    }
    if pod.mounts_tokens_by_hand() {
        let evidence = "every container mounts a token by hand, so that none is mounted by itself";
        return Token::Idle(Risk::Safe.because(evidence));
    }
    let signs = signs_of(pod);
    if signs.iter().any(|sign| sign.certain) {
        return Token::Used;
    }
    if let Some(sign) = signs.first() {
        return Token::Idle(Risk::Unproven.because(format!("it may use the API: {}", sign.words)));
    }
    if of_account == Some(true) {
        let evidence = format!("ServiceAccount {account} says `automountServiceAccountToken: true`");
        return Token::Idle(Risk::Unproven.because(evidence));
    }
    let idle = idle_programs(pod);
    if let Some(programs) = idle.as_ref().filter(|_| account == DEFAULT) {
        return Token::Idle(Risk::Safe.because(format!("its programs have no use for the API {programs}")));
    }
    Token::Idle(match (idle, cloud(object)) {
        (Some(programs), _) => Risk::Likely
            .because(format!("it has an account of its own, {account}, but no use for the API {programs}")),
        (None, Some(cloud)) => Risk::Likely.because(format!(
            "its account {account} is for an identity in {cloud}, which takes a token of its own; nothing else speaks for \
             its use of the API"
        )),
        (None, None) if account == DEFAULT && bindings_are_unread(pod) => Risk::Unproven
            .because("nothing speaks for its use of the API, but what its account may do could not be read"),
        (None, None) if account == DEFAULT => Risk::Likely
            .because("nothing speaks for its use of the API, and none of 31 programs missed the token"),
        (None, None) => Risk::Unproven.because(format!(
            "it has an account of its own, {account}, which may be for the API; nothing else speaks for that"
        )),
    })
}

/// Whether there may be rights that nobody could read.
fn bindings_are_unread(pod: &Pod<'_>) -> bool {
    let lacks = |kind: &&str| pod.around().is_some_and(|around| around.neighbours.lacks(kind));
    ["RoleBinding", "ClusterRoleBinding"].iter().any(lacks)
}

/// What speaks for the use of the API, the surest first.
pub(in crate::rules) fn signs_of(pod: &Pod<'_>) -> Vec<ApiSign> {
    let mut signs = pod.api_signs();
    if let Some(around) = pod.around() {
        let grants = around.neighbours.grants(around.namespace(), account_of(pod));
        // One says as much as a hundred of them.
        signs.extend(grants.iter().find(|grant| is_certain(grant)).or(grants.first()).map(granted));
    }
    signs.extend(pod.config_maps().into_iter().filter_map(|name| of_config_map(pod, name)));
    signs.extend(pod.containers().iter().filter_map(|container| of_image(container.image(), &pod.image_of(container))));
    signs.sort_by_key(|sign| !sign.certain);
    signs
}

/// The account may do something: bound by name, it was bound for somebody. A group says nothing of this pod, and the
/// account may be that of another namespace.
fn granted(grant: &Grant<'_>) -> ApiSign {
    let words = format!("{} gives it {}", grant.binding.identity, grant.role());
    ApiSign { words, certain: is_certain(grant) }
}

fn is_certain(grant: &Grant<'_>) -> bool {
    grant.through != Through::Group && grant.is_sure
}

/// A configuration or script speaks of the API: which program reads it, and whether it does, is not known.
fn of_config_map(pod: &Pod<'_>, name: &str) -> Option<ApiSign> {
    let around = pod.around()?;
    let found = around.neighbours.named("ConfigMap", around.namespace(), name).next()?.text("/apiSign")?;
    Some(ApiSign { words: format!("ConfigMap {name} speaks of `{}`", found.trim_end()), certain: false })
}

/// What is known of an image, or its name where nothing is.
fn of_image(image: &str, known: &Known) -> Option<ApiSign> {
    let tool = |contents: &std::sync::Arc<crate::image::Contents>| {
        let programs = &contents.files.as_ref()?.programs;
        programs.keys().find(|path| path.ends_with("/kubectl")).cloned()
    };
    if let Some(facts) = &known.facts {
        if let Some(api) = &facts.uses_api {
            let words = format!("{} [{}]", api.why, known.facts_origin());
            return Some(ApiSign { words, certain: !api.optional });
        }
    } else if let Some(word) = CLIENT_NAMES.iter().find(|word| repository(image).contains(**word)) {
        return Some(ApiSign { words: format!("its image is named {image} ({word})"), certain: false });
    }
    let program = known.contents.as_ref().and_then(tool)?;
    Some(ApiSign { words: format!("its image holds {program}"), certain: false })
}

/// An image reference without registry, tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let path = image.split_once('/').filter(|(host, _)| host.contains(['.', ':'])).map_or(image, |(_, path)| path);
    path.split(':').next().unwrap_or(path)
}

/// Where every image is known for a program that has no use for the API: the facts, as evidence.
fn idle_programs(pod: &Pod<'_>) -> Option<String> {
    let mut origins: Vec<String> = Vec::new();
    for container in pod.containers() {
        let known = pod.image_of(container);
        known.facts.as_ref().filter(|facts| !facts.runs_anything && facts.uses_api.is_none())?;
        let origin = known.facts_origin();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    (!origins.is_empty()).then(|| format!("[{}]", origins.join("; ")))
}

/// The cloud that an account has an identity in.
fn cloud(account: Option<&Neighbour>) -> Option<&'static str> {
    let annotations = account?.at("/metadata/annotations")?;
    CLOUD.iter().find(|(key, _)| annotations.get(key).is_some_and(Value::is_string)).map(|(_, cloud)| *cloud)
}

/// What speaks for the use of the API in another workload of the run, whose template is kept as `template`; bindings apart.
pub(in crate::rules) fn signs_of_neighbour(template: &Value, images: &Images) -> Vec<ApiSign> {
    let kept = template.get("apiSigns").and_then(|signs| serde_json::from_value(signs.clone()).ok());
    let mut signs: Vec<ApiSign> = kept.unwrap_or_default();
    for list in ["initContainers", "containers"] {
        let items = template.get("spec").and_then(|spec| spec.get(list)?.as_array());
        let images_of = items.into_iter().flatten().filter_map(|item| item.get("image")?.as_str());
        signs.extend(images_of.filter_map(|image| of_image(image, &images.of(image))));
    }
    signs.sort_by_key(|sign| !sign.certain);
    signs
}
