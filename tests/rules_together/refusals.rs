//! What the API server and the kubelet refuse, as far as the rules could be the cause.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Why the API server or the kubelet would refuse a pod, as far as the rules could be the cause.
pub(crate) fn refusals(pod: &Value) -> Vec<String> {
    let mut why = Vec::new();
    let spec = &pod["spec"];
    let containers: Vec<&Value> = ["initContainers", "containers", "ephemeralContainers"]
        .iter()
        .flat_map(|list| spec[list].as_array().into_iter().flatten())
        .collect();
    let process = |context: &Value| context["windowsOptions"]["hostProcess"] == json!(true);
    let of_pod = &spec["securityContext"];
    let mut contexts = vec![of_pod];
    contexts.extend(containers.iter().map(|container| &container["securityContext"]));

    if contexts.iter().any(|context| process(context)) && spec["hostNetwork"] != json!(true) {
        why.push("HostProcess without hostNetwork".to_owned());
    }
    for context in &contexts {
        let adds =
            |name: &str| context["capabilities"]["add"].as_array().is_some_and(|list| list.contains(&json!(name)));
        if context["allowPrivilegeEscalation"] == json!(false) {
            if context["privileged"] == json!(true) {
                why.push("no escalation, but privileged".to_owned());
            }
            // The API server compares this spelling alone.
            if adds("CAP_SYS_ADMIN") {
                why.push("no escalation, but CAP_SYS_ADMIN".to_owned());
            }
        }
        for key in LINUX_ONLY {
            let stated = !context[key].is_null() && context[key] != json!([]);
            if spec["os"]["name"] == json!("windows") && stated {
                why.push(format!("{key} on Windows"));
            }
        }
    }
    for container in &containers {
        let mut mounts = container["volumeMounts"].as_array().into_iter().flatten();
        if container["securityContext"]["privileged"] != json!(true)
            && mounts.any(|mount| mount["mountPropagation"] == json!("Bidirectional"))
        {
            why.push(format!("{}: mounts into its node, but not privileged", container["name"]));
        }
        let own = |key: &str| {
            let value = &container["securityContext"][key];
            if value.is_null() { of_pod[key].clone() } else { value.clone() }
        };
        if own("runAsNonRoot") == json!(true) && own("runAsUser") == json!(0) {
            why.push("non-root as root".to_owned());
        }
    }
    why.extend(names(spec, &containers));
    let network = |item: &&Value| item["name"].as_str().is_some_and(|name| name.starts_with("net."));
    if spec["hostNetwork"] == json!(true) && items(&of_pod["sysctls"]).any(|item| network(&item)) {
        why.push("a setting of the node's network".to_owned());
    }
    let annotation = &pod["metadata"]["annotations"]["seccomp.security.alpha.kubernetes.io/pod"];
    let field = &of_pod["seccompProfile"]["type"];
    if annotation == &json!("unconfined") && field == &json!("RuntimeDefault") {
        why.push("seccomp annotation against field".to_owned());
    }
    why
}

/// Fields of security contexts that the API server refuses on a pod with `os.name: windows`.
const LINUX_ONLY: [&str; 14] = [
    "allowPrivilegeEscalation",
    "privileged",
    "runAsUser",
    "seccompProfile",
    "appArmorProfile",
    "procMount",
    "seLinuxOptions",
    "capabilities",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "fsGroup",
    "fsGroupChangePolicy",
    "supplementalGroups",
    "sysctls",
];

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is wrong with names: twice the same, too long, unknown.
fn names(spec: &Value, containers: &[&Value]) -> Vec<String> {
    let mut why = Vec::new();
    let volumes: BTreeSet<&str> = items(&spec["volumes"]).map(|volume| text(&volume["name"])).collect();
    let mut unique = |what: &str, keys: Vec<String>| {
        let mut seen = BTreeSet::new();
        why.extend(keys.into_iter().filter(|key| !seen.insert(key.clone())).map(|key| format!("{what} {key} twice")));
    };
    let named = |list: &Value| items(list).map(|item| text(&item["name"]).to_owned()).collect::<Vec<_>>();
    unique("volume", named(&spec["volumes"]));
    unique("sysctl", named(&spec["securityContext"]["sysctls"]));
    unique("container", containers.iter().map(|container| text(&container["name"]).to_owned()).collect());
    for container in containers {
        let paths = items(&container["volumeMounts"]).map(|mount| text(&mount["mountPath"]).to_owned());
        unique("mount", paths.map(|path| format!("{}:{path}", container["name"])).collect());
        unique(
            "variable",
            named(&container["env"]).iter().map(|name| format!("{}:{name}", container["name"])).collect(),
        );
    }
    for container in containers {
        for mount in items(&container["volumeMounts"]) {
            if !volumes.contains(text(&mount["name"])) {
                why.push(format!("no volume {}", mount["name"]));
            }
            let part = text(&mount["subPath"]);
            if part.starts_with('/') || part.split('/').any(|step| step == "..") {
                why.push(format!("subPath {part}"));
            }
        }
    }
    let containers = containers.iter().map(|container| text(&container["name"]));
    why.extend(containers.chain(volumes).filter(|name| !is_label(name)).map(|name| format!("name {name}")));
    if items(&spec["containers"]).next().is_none() {
        why.push("no container".to_owned());
    }
    why
}

/// Whether a name is a DNS label.
fn is_label(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}
