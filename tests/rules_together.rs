//! All rules at once on pods that nobody would write: the plan converges, and no run makes a pod that was fine to the
//! API server into one that it refuses, however little of the plan the risk limit lets through.

mod mending;

use kubectl_harden::rules::Risk;
use kubectl_harden::workload::Minor;
use mending::{BASELINE, RESTRICTED, rules, settle};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A mapping with some of these entries.
fn some_of(entries: Vec<(&'static str, Value)>) -> impl Strategy<Value = Map<String, Value>> {
    let all = 0..=entries.len();
    subsequence(entries, all).prop_map(|some| some.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A security context; each key has one of several values, good and bad.
fn security_context() -> impl Strategy<Value = Value> {
    let yes_or_no = || any::<bool>().prop_map(Value::from);
    let confinement =
        || select(vec![json!({}), json!({"type": "Unconfined"}), json!({"type": "RuntimeDefault"})]).boxed();
    let values = (
        (yes_or_no(), yes_or_no(), yes_or_no()),
        select(vec![json!(0), json!(1000)]),
        (confinement(), confinement()),
        select(vec![json!("Default"), json!("Unmasked")]),
        select(vec![json!({"type": "spc_t"}), json!({"type": "container_engine_t", "user": "u"}), json!({})]),
        subsequence(vec!["ALL", "all", "NET_RAW", "CAP_ALL"], 0..=4),
        subsequence(vec!["SYS_ADMIN", "CAP_SYS_ADMIN", "chown", "NET_BIND_SERVICE", "ALL"], 0..=5),
    );
    values
        .prop_flat_map(|((escalation, privileged, non_root), user, (seccomp, armor), proc, linux, drop, add)| {
            some_of(vec![
                ("allowPrivilegeEscalation", escalation),
                ("privileged", privileged),
                ("runAsNonRoot", non_root),
                ("runAsUser", user),
                ("seccompProfile", seccomp),
                ("appArmorProfile", armor),
                ("procMount", proc),
                ("seLinuxOptions", linux),
                ("capabilities", json!({"drop": drop, "add": add})),
            ])
        })
        .prop_map(Value::from)
}

fn container() -> impl Strategy<Value = Value> {
    let ports = select(vec![json!([]), json!([{"containerPort": 80, "hostPort": 80}]), json!([{"containerPort": 80}])]);
    let probe = json!({"httpGet": {"host": "127.0.0.1", "port": 80}});
    (security_context(), ports, any::<bool>())
        .prop_flat_map(move |(context, ports, process)| {
            let mut context = context;
            if process {
                context["windowsOptions"] = json!({"hostProcess": true});
            }
            some_of(vec![("securityContext", context), ("ports", ports), ("livenessProbe", probe.clone())])
        })
        .prop_map(Value::from)
}

fn pod() -> impl Strategy<Value = Value> {
    let containers = prop::collection::vec(container(), 0..3);
    (security_context(), prop::collection::vec(container(), 0..2), containers, any::<bool>())
        .prop_flat_map(|(context, first, main, network)| {
            let mut context = context;
            // These keys exist at container level alone.
            for key in ["allowPrivilegeEscalation", "privileged", "procMount", "capabilities"] {
                context.as_object_mut().map(|context| context.remove(key));
            }
            let unconfined = json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"});
            let named = |list: Vec<Value>, prefix: &str| -> Value {
                let name = |(index, mut item): (usize, Value)| {
                    item["name"] = json!(format!("{prefix}{index}"));
                    item
                };
                list.into_iter().enumerate().map(name).collect::<Vec<_>>().into()
            };
            let spec = some_of(vec![
                ("securityContext", context),
                ("initContainers", named(first, "first")),
                ("containers", named(main, "main")),
                ("hostNetwork", json!(network)),
                ("hostPID", json!(true)),
                ("hostUsers", json!(false)),
                ("os", json!({"name": "windows"})),
            ]);
            (spec, some_of(vec![("annotations", unconfined)]))
        })
        .prop_map(|(spec, metadata)| json!({"metadata": metadata, "spec": spec}))
}

/// Why the API server or the kubelet would refuse a pod, as far as the rules could be the cause.
fn refusals(pod: &Value) -> Vec<String> {
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
            if adds("SYS_ADMIN") || adds("CAP_SYS_ADMIN") {
                why.push("no escalation, but SYS_ADMIN".to_owned());
            }
        }
        for key in LINUX_ONLY {
            if spec["os"]["name"] == json!("windows") && !context[key].is_null() {
                why.push(format!("{key} on Windows"));
            }
        }
    }
    for container in &containers {
        let own = |key: &str| {
            let value = &container["securityContext"][key];
            if value.is_null() { of_pod[key].clone() } else { value.clone() }
        };
        if own("runAsNonRoot") == json!(true) && own("runAsUser") == json!(0) {
            why.push("non-root as root".to_owned());
        }
    }
    let annotation = &pod["metadata"]["annotations"]["seccomp.security.alpha.kubernetes.io/pod"];
    let field = &of_pod["seccompProfile"]["type"];
    if annotation == &json!("unconfined") && field == &json!("RuntimeDefault") {
        why.push("seccomp annotation against field".to_owned());
    }
    why
}

/// Fields of security contexts that the API server refuses on a pod with `os.name: windows`.
const LINUX_ONLY: [&str; 8] = [
    "allowPrivilegeEscalation",
    "privileged",
    "runAsUser",
    "seccompProfile",
    "appArmorProfile",
    "procMount",
    "seLinuxOptions",
    "capabilities",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_converge_and_break_no_pod(
        before in pod(),
        minor in (25u8..=37).prop_map(|minor| Minor::new(minor).unwrap()),
        level in select(vec![BASELINE, RESTRICTED]),
        max_risk in select(vec![Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking]),
    ) {
        let was_refused = refusals(&before);
        let mut after = before.clone();
        let (rounds, left) = settle(&rules(level), &mut after, "", minor, max_risk);
        prop_assert!(rounds <= 3, "{} rounds", rounds);
        let made: Vec<_> = refusals(&after).into_iter().filter(|why| !was_refused.contains(why)).collect();
        prop_assert!(made.is_empty(), "{:?} in {}", made, after);
        if max_risk == Risk::Breaking {
            prop_assert!(left.is_empty(), "{:#?} in {}", left, after);
        }
    }
}
