//! Signs in a pod that its programs use the API of the cluster, as far as the manifest alone tells. Each sign has its words.

use super::{Container, Field, Pod};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that speaks for the use of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiSign {
    /// What, a clause: ``container web runs `kubectl` ``.
    pub words: String,
    /// Whether it leaves no doubt.
    pub certain: bool,
}

/// Where the kubelet puts the token of a ServiceAccount; also reached without the `/var`.
const TOKEN_DIR: &str = "/run/secrets/kubernetes.io/serviceaccount";
/// Texts that only a client of the API has a use for.
const CLIENT_TEXTS: [&str; 3] = ["/run/secrets/kubernetes.io", "KUBERNETES_SERVICE_HOST", "kubernetes.default"];
/// The same in a configuration or script that a ConfigMap holds.
const CONFIGURED_TEXTS: [&str; 7] = [
    "kubectl ",
    "kubernetes_sd_config",
    "in_cluster",
    "inCluster",
    "/run/secrets/kubernetes.io",
    "KUBERNETES_SERVICE_HOST",
    "kubernetes.default",
];
/// Flags that make a program a client of the API, unless they are set to false.
const CLIENT_FLAGS: [&str; 3] = ["--in-cluster", "--incluster", "--running-in-cluster"];
/// Flags of programs that elect a leader by an object of the cluster.
const LEADER_FLAGS: [&str; 4] = ["leader-elect", "enable-leader-election", "leader-election", "leaderelection"];
/// Annotations or labels for a sidecar that is injected, with what it does with the token; `true` where it cannot be
/// without. No value: any will do.
const INJECTED: [(&str, &str, &str, bool); 6] = [
    (
        "consul.hashicorp.com/connect-inject",
        "true",
        "the proxy of Consul logs in with the token where ACLs are on",
        false,
    ),
    ("kuma.io/sidecar-injection", "enabled", "the proxy of Kuma says who it is with the token", true),
    ("vault.security.banzaicloud.io/vault-addr", "", "`vault-env` logs in with the token", true),
    ("vault.hashicorp.com/agent-inject", "true", "the agent of Vault logs in with the token", true),
    ("linkerd.io/inject", "enabled", "the proxy of Linkerd before 2.12 needs the token", false),
    ("dapr.io/enabled", "true", "the sidecar of Dapr may use the token", false),
];

impl Pod<'_> {
    /// What in the manifest speaks for the use of the API.
    pub fn api_signs(&self) -> Vec<ApiSign> {
        let mut signs: Vec<ApiSign> = [asked_for(self), token_volume(self)].into_iter().flatten().collect();
        signs.extend(injected(self));
        let namespace = self.containers().iter().any(knows_namespace);
        for container in self.containers() {
            let found = [mounted_by_hand(container), client(container), leader(container, namespace), named(container)];
            signs.extend(found.into_iter().flatten());
        }
        signs
    }

    /// Whether every container mounts a token by hand: the API server then mounts none by itself.
    pub fn mounts_tokens_by_hand(&self) -> bool {
        !self.containers().is_empty() && self.containers().iter().all(|container| mounted_by_hand(container).is_some())
    }
}

/// What in the files of a ConfigMap speaks for the use of the API.
pub(super) fn sign_in(config_map: &Value) -> Option<&'static str> {
    let data = config_map.get("data").and_then(Value::as_object)?;
    let mut texts = data.values().filter_map(Value::as_str);
    texts.find_map(|text| CONFIGURED_TEXTS.into_iter().find(|wanted| text.contains(wanted)))
}

fn certain(words: impl Into<String>) -> Option<ApiSign> {
    Some(ApiSign { words: words.into(), certain: true })
}

fn possible(words: impl Into<String>) -> Option<ApiSign> {
    Some(ApiSign { words: words.into(), certain: false })
}

/// The author asked for the token.
fn asked_for(pod: &Pod<'_>) -> Option<ApiSign> {
    let stated = pod.field("automountServiceAccountToken").as_bool();
    stated.filter(|stated| *stated).and_then(|_| certain("the manifest says `automountServiceAccountToken: true`"))
}

/// A volume holds a token for the API server. One for somebody else says nothing.
fn token_volume(pod: &Pod<'_>) -> Option<ApiSign> {
    let for_api = |source: &Field<'_>| {
        let token = source.field("serviceAccountToken");
        token.is_stated() && !token.field("audience").is_stated()
    };
    let volumes = pod.volumes();
    let mut holding =
        volumes.iter().filter(|volume| volume.field.field("projected/sources").items().iter().any(for_api));
    holding.next().and_then(|volume| possible(format!("volume {} holds a token for the API", volume.name)))
}

/// A sidecar that uses the token is injected.
fn injected(pod: &Pod<'_>) -> Vec<ApiSign> {
    let stated = |key: &str| pod.annotation(key).as_str().or_else(|| pod.label(key).as_str());
    let asked = INJECTED
        .iter()
        .filter(|(key, wanted, ..)| stated(key).is_some_and(|value| wanted.is_empty() || value == *wanted));
    asked.map(|(key, _, words, certain)| ApiSign { words: format!("`{key}`: {words}"), certain: *certain }).collect()
}

/// Something is mounted where the kubelet puts the token.
fn mounted_by_hand(container: &Container<'_>) -> Option<ApiSign> {
    let is_there = |path: &str| path.trim_end_matches('/').ends_with(TOKEN_DIR);
    let mounted = container.mounts().iter().any(|mount| is_there(mount.path));
    mounted.then(|| certain(format!("container {} mounts a token by hand", container.name()))).flatten()
}

/// Its command, arguments or variables are those of a client.
fn client(container: &Container<'_>) -> Option<ApiSign> {
    let name = container.name();
    let words = words_of(container);
    if words.iter().any(|text| has_word(text, "kubectl")) {
        return certain(format!("container {name} runs `kubectl`"));
    }
    let flag = |flag: &&&str| words.iter().any(|word| is_set(word, flag));
    if let Some(flag) = CLIENT_FLAGS.iter().find(flag) {
        return certain(format!("container {name} is told `{flag}`"));
    }
    let env = env_of(container);
    let texts = || words.iter().copied().chain(env.iter().flat_map(|(name, value)| [*name, *value]));
    let text = CLIENT_TEXTS.iter().find(|wanted| texts().any(|text| text.contains(**wanted)));
    text.and_then(|text| certain(format!("container {name} speaks of `{text}`")))
}

/// It elects a leader, for which the API holds the vote.
fn leader(container: &Container<'_>, namespace: bool) -> Option<ApiSign> {
    let words = words_of(container);
    let flag = words.iter().copied().find(|word| {
        let bare = word.trim_start_matches('-');
        bare.len() < word.len() && LEADER_FLAGS.iter().any(|flag| bare.starts_with(flag)) && !is_off(word)
    })?;
    let flag = flag.split('=').next().unwrap_or(flag);
    let words = format!("container {} elects a leader (`{flag}`)", container.name());
    Some(ApiSign { words, certain: namespace })
}

/// Whether a container is told its namespace, as it must be to hold a vote there.
fn knows_namespace(container: &Container<'_>) -> bool {
    let env = container.field("env").items();
    env.iter().any(|item| item.field("valueFrom/fieldRef/fieldPath").as_str() == Some("metadata.namespace"))
}

/// Its arguments or variables speak of Kubernetes.
fn named(container: &Container<'_>) -> Option<ApiSign> {
    let name = container.name();
    if words_of(container).iter().any(|word| word.contains("--kubeconfig")) {
        return possible(format!("container {name} is told `--kubeconfig`"));
    }
    let speaks = |text: &str| ["kubernetes", "k8s", "kubeconfig"].iter().any(|word| text.to_lowercase().contains(word));
    if let Some((variable, _)) = env_of(container).into_iter().find(|(name, value)| speaks(name) && *value != "false") {
        return possible(format!("container {name} has the variable {variable}"));
    }
    let arguments = words_of(container).into_iter().any(speaks);
    arguments.then(|| possible(format!("the arguments of container {name} speak of Kubernetes"))).flatten()
}

/// Command, arguments and the commands of hooks and probes.
fn words_of<'a>(container: &Container<'a>) -> Vec<&'a str> {
    const LISTS: [&str; 7] = [
        "command",
        "args",
        "lifecycle/postStart/exec/command",
        "lifecycle/preStop/exec/command",
        "startupProbe/exec/command",
        "livenessProbe/exec/command",
        "readinessProbe/exec/command",
    ];
    LISTS.iter().flat_map(|list| container.field(list).items()).filter_map(|item| item.as_str()).collect()
}

/// Variables with their values; empty where the value comes from elsewhere.
fn env_of<'a>(container: &Container<'a>) -> Vec<(&'a str, &'a str)> {
    let pair = |item: Field<'a>| Some((item.field("name").as_str()?, item.field("value").as_str().unwrap_or_default()));
    container.field("env").items().into_iter().filter_map(pair).collect()
}

fn is_set(word: &str, flag: &str) -> bool {
    let rest = word.strip_prefix(flag).or_else(|| word.strip_prefix(flag.strip_prefix('-')?));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('=')) && !is_off(word)
}

fn is_off(word: &str) -> bool {
    word.split_once('=').is_some_and(|(_, value)| value.trim_matches('"').eq_ignore_ascii_case("false"))
}

/// Whether a text has this word, a path before it allowed.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(|c| part(c) || c == '/' || c == ':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Minor;
    use serde_json::{Value, json};

    fn signs(container: Value) -> Vec<(String, bool)> {
        let pod = json!({"spec": {"containers": [container]}});
        let signs = Pod::new(&pod, "", Minor::NEWEST).api_signs();
        signs.into_iter().map(|sign| (sign.words, sign.certain)).collect()
    }

    #[test]
    fn a_word_is_one_by_itself() {
        for text in ["kubectl get pods", "set -e; /usr/bin/kubectl apply", "$(kubectl version)", "kubectl"] {
            assert!(has_word(text, "kubectl"), "{text}");
        }
        for text in ["kubectl-harden", "/etc/kubectl/config", "mykubectl", "docker.io/kubectl:1"] {
            assert!(!has_word(text, "kubectl"), "{text}");
        }
    }

    #[test]
    fn what_speaks_for_a_client_is_told_from_what_may() {
        let namespace = json!([{"name": "NS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}]);
        for (container, certain) in [
            (json!({"command": ["sh", "-c", "kubectl delete job x"]}), Some(true)),
            (json!({"args": ["--in-cluster=true"]}), Some(true)),
            (json!({"args": ["--in-cluster=false"]}), None),
            (json!({"args": ["--leader-elect"], "env": namespace.clone()}), Some(true)),
            (json!({"args": ["-leader-elect=true"]}), Some(false)),
            (json!({"args": ["--leader-elect=false"], "env": namespace}), None),
            (json!({"env": [{"name": "HOST", "value": "https://kubernetes.default.svc"}]}), Some(true)),
            (json!({"env": [{"name": "SPRING_CLOUD_KUBERNETES_ENABLED", "value": "false"}]}), None),
            (json!({"env": [{"name": "SPRING_CLOUD_KUBERNETES_ENABLED", "value": "true"}]}), Some(false)),
            (json!({"args": ["--kubeconfig=/etc/k"]}), Some(false)),
            (
                json!({"volumeMounts": [{"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount/"}]}),
                Some(true),
            ),
            (json!({"image": "kubectl", "command": ["nginx"]}), None),
        ] {
            let found = signs(container.clone());
            assert_eq!(found.first().map(|(_, certain)| *certain), certain, "{container}: {found:?}");
        }
    }
}
