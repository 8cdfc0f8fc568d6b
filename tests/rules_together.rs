//! All rules at once on pods that nobody would write: the plan converges, and no run makes a pod that was fine to the
//! API server into one that it refuses, however little of the plan the risk limit and the exceptions let through.

// Tests may panic.
#![allow(clippy::unwrap_used)]

mod mending;

use kubectl_harden::rules::Risk;
use kubectl_harden::workload::Minor;
use mending::{BASELINE, RESTRICTED, rules, settle};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A mapping with some of these entries, each as likely to be there as its number out of 10.
fn some_of(entries: Vec<(&'static str, u8, Value)>) -> impl Strategy<Value = Map<String, Value>> {
    let dice = prop::collection::vec(0..10u8, entries.len());
    dice.prop_map(move |dice| {
        let thrown = entries.iter().zip(dice).filter(|((_, chance, _), dice)| dice < chance);
        thrown.map(|((key, _, value), _)| ((*key).to_owned(), value.clone())).collect()
    })
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
                ("allowPrivilegeEscalation", 3, escalation),
                ("privileged", 5, privileged),
                ("runAsNonRoot", 5, non_root),
                ("runAsUser", 5, user),
                ("seccompProfile", 5, seccomp),
                ("appArmorProfile", 5, armor),
                ("procMount", 5, proc),
                ("seLinuxOptions", 5, linux),
                ("capabilities", 5, json!({"drop": drop, "add": add})),
            ])
        })
        .prop_map(Value::from)
}

fn container() -> impl Strategy<Value = Value> {
    let ports = select(vec![json!([]), json!([{"containerPort": 80, "hostPort": 80}]), json!([{"containerPort": 80}])]);
    let mounts = json!([{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b", "mountPropagation": "Bidirectional"}]);
    let probe = json!({"httpGet": {"host": "127.0.0.1", "port": 80}});
    (security_context(), ports, any::<bool>())
        .prop_flat_map(move |(context, ports, process)| {
            let mut context = context;
            if process {
                context["windowsOptions"] = json!({"hostProcess": true});
            }
            some_of(vec![
                ("securityContext", 8, context),
                ("ports", 5, ports),
                ("livenessProbe", 2, probe.clone()),
                ("volumeMounts", 3, mounts.clone()),
            ])
        })
        .prop_map(Value::from)
}

fn pod() -> impl Strategy<Value = Value> {
    let containers = prop::collection::vec(container(), 1..3);
    (security_context(), prop::collection::vec(container(), 1..2), containers, any::<bool>())
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
                ("securityContext", 8, context),
                ("initContainers", 5, named(first, "first")),
                ("containers", 10, named(main, "main")),
                ("hostNetwork", 7, json!(network)),
                ("hostPID", 2, json!(true)),
                ("hostUsers", 2, json!(false)),
                ("os", 2, json!({"name": "windows"})),
            ]);
            (spec, some_of(vec![("annotations", 3, unconfined)]))
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
            // The API server compares this spelling alone.
            if adds("CAP_SYS_ADMIN") {
                why.push("no escalation, but CAP_SYS_ADMIN".to_owned());
            }
        }
        for key in LINUX_ONLY {
            if spec["os"]["name"] == json!("windows") && !context[key].is_null() {
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
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_converge_and_break_no_pod(
        before in pod(),
        minor in (25u8..=37).prop_map(|minor| Minor::new(minor).unwrap()),
        level in select(vec![BASELINE, RESTRICTED]),
        max_risk in select(vec![Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking]),
        excepted in subsequence(RESTRICTED, 0..=3),
    ) {
        let level: Vec<_> = level.iter().copied().filter(|id| !excepted.contains(id)).collect();
        let was_refused = refusals(&before);
        let mut after = before.clone();
        let (rounds, left) = settle(&rules(&level), &mut after, "", minor, max_risk);
        prop_assert!(rounds <= 3, "{} rounds", rounds);
        let made: Vec<_> = refusals(&after).into_iter().filter(|why| !was_refused.contains(why)).collect();
        prop_assert!(made.is_empty(), "{:?} in {}", made, after);
        if max_risk == Risk::Breaking && excepted.is_empty() {
            prop_assert!(left.is_empty(), "{:#?} in {}", left, after);
        }
    }
}
