use super::*;
use crate::network::world::tests::world_of;

const WORKLOADS: &str = "\
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, ports: [{containerPort: 5432}]}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: shop}, spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: []}}}}
";

fn policy(spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: policy, namespace: shop}}\nspec: {spec}\n"
    )
}

/// What is found, `check pointer`.
fn found(text: &str) -> Vec<String> {
    let world = world_of(&format!("{WORKLOADS}{text}"));
    let found = findings(&Evaluator::new(&world));
    found.iter().map(|finding| format!("{} {}", finding.check.id, finding.pointer)).collect()
}

/// What is found beside what is wrong with the traffic.
fn found_in(spec: &str) -> Vec<String> {
    found(&policy(spec)).into_iter().filter(|found| !found.contains("blocked")).collect()
}

#[test]
fn the_tables_read_and_every_check_is_named_once() {
    let checks: Vec<Check> = serde_yaml::from_str(include_str!("checks.yaml")).unwrap();
    let mut ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() == checks.len() && ids.len() > 20);
    assert!(is_volatile("helm.sh/chart") && !is_volatile("app"));
    assert!(addresses::usual().iter().all(|usual| crate::network::IpRange::cidr(&usual.cidr).is_ok()));
    assert!(addresses::usual().len() > 5);
}

#[test]
fn a_good_policy_has_no_findings() {
    let dns = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}";
    let spec = format!(
        "{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress, Egress], ingress: [{{ports: [{{port: http, protocol: TCP}}]}}], egress: [{dns}, {{to: [{{podSelector: {{matchLabels: {{app: db}}}}}}], ports: [{{port: 5432, protocol: TCP}}]}}]}}"
    );
    assert!(found(&policy(&spec)).is_empty(), "{:?}", found(&policy(&spec)));
}

#[test]
fn what_a_policy_leaves_unsaid_or_says_in_vain() {
    let web = "podSelector: {matchLabels: {app: web}}";
    for (spec, wanted) in [
        (format!("{{{web}, ingress: [{{ports: [{{port: 8080, protocol: TCP}}]}}]}}"), "missing-policy-types /spec"),
        (
            format!("{{{web}, policyTypes: [Egress], ingress: [{{ports: [{{port: 80, protocol: TCP}}]}}]}}"),
            "missing-policy-type-ingress /spec/ingress",
        ),
        (
            format!("{{{web}, policyTypes: [Ingress], egress: [{{ports: [{{port: 80, protocol: TCP}}]}}]}}"),
            "missing-policy-type-egress /spec/egress",
        ),
        (
            format!("{{{web}, policyTypes: [Ingress], ingress: [{{ports: [{{port: 80}}]}}]}}"),
            "port-missing-protocol /spec/ingress/0/ports/0",
        ),
        (format!("{{{web}, policyTypes: [Ingress], ingress: [{{}}]}}"), "all-ingress-allowed /spec/ingress/0"),
        (format!("{{{web}, policyTypes: [Egress], egress: [{{to: []}}]}}"), "all-egress-allowed /spec/egress/0"),
        (format!("{{{web}, policyTypes: [Ingress], ingresses: []}}"), "unknown-field /spec/ingresses"),
        (format!("{{{web}, policyTypes: [Both]}}"), "refused-policy /spec/policyTypes/0"),
        (
            format!(
                "{{{web}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: 203.0.113.0/24}}}}], ports: [{{port: https, protocol: TCP}}]}}]}}"
            ),
            "named-port-on-ip-block /spec/egress/0/ports/0",
        ),
        (
            format!("{{{web}, policyTypes: [Ingress], ingress: [{{from: [{{ipBlock: {{cidr: 10.244.3.0/24}}}}]}}]}}"),
            "ip-block-looks-like-pods /spec/ingress/0/from/0/ipBlock",
        ),
        (
            format!("{{{web}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: 10.96.0.10/32}}}}]}}]}}"),
            "ip-block-looks-like-services /spec/egress/0/to/0/ipBlock",
        ),
    ] {
        assert_eq!(found_in(&spec), [wanted], "{spec}");
    }
    // A rule without peers on some ports is no open door.
    assert!(
        found_in(&format!("{{{web}, policyTypes: [Ingress], ingress: [{{ports: [{{port: 80, protocol: TCP}}]}}]}}"))
            .is_empty()
    );
}

#[test]
fn what_is_nobody_among_the_workloads() {
    for (spec, wanted) in [
        ("{podSelector: {matchLabels: {app: wbe}}, policyTypes: [Ingress]}", "selects-nothing /spec/podSelector"),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: lost}}}]}]}",
            "peer-selects-nothing /spec/ingress/0/from/0",
        ),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: https, protocol: TCP}]}]}",
            "undeclared-named-port /spec/ingress/0/ports/0",
        ),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: http, protocol: UDP}]}]}",
            "undeclared-named-port /spec/ingress/0/ports/0",
        ),
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: postgres, protocol: TCP}]}]}",
            "undeclared-named-port /spec/egress/0/ports/0",
        ),
        (
            "{podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: db-0}}, policyTypes: [Ingress]}",
            "varying-label /spec/podSelector",
        ),
        (
            "{podSelector: {matchLabels: {app: agent}}, policyTypes: [Ingress]}",
            "host-network-subject /spec/podSelector",
        ),
    ] {
        assert_eq!(found_in(spec), [wanted], "{spec}");
    }
    let volatile = "{podSelector: {matchLabels: {app: web, helm.sh/chart: web-1.2.3}}, policyTypes: [Ingress]}";
    assert_eq!(found_in(volatile), ["volatile-label /spec/podSelector", "selects-nothing /spec/podSelector"]);
    // Pods of other namespaces need not be part of the run, nor any pod at all.
    let elsewhere = policy("{podSelector: {matchLabels: {app: x}}, policyTypes: [Ingress]}")
        .replace("namespace: shop", "namespace: other");
    assert!(found(&elsewhere).is_empty());
    let monitoring = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]}";
    assert!(found_in(monitoring).is_empty());
}

#[test]
fn two_of_one_name_and_policies_without_a_namespace() {
    let spec = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080, protocol: TCP}]}]}";
    assert_eq!(found(&[policy(spec), policy(spec)].concat()), ["duplicate-policy-name /metadata/name"]);
    let homeless = policy(spec).replace(", namespace: shop", "");
    assert_eq!(found(&homeless), ["missing-namespace /metadata"]);
    let admin = |name: &str| {
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{priority: 5, subject: {{namespaces: {{}}}}}}\n"
        )
    };
    assert_eq!(found(&[admin("one"), admin("two")].concat()), ["same-priority /spec/priority"]);
    let calico =
        "---\n{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: own}, spec: {}}\n";
    assert_eq!(found(calico), ["foreign-policy "]);
}

#[test]
fn names_must_be_looked_up_over_both_protocols() {
    let egress = |egress: &str| {
        let spec = format!("{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Egress], egress: {egress}}}");
        found(&policy(&spec)).into_iter().filter(|found| found.contains("blocked")).collect::<Vec<_>>()
    };
    let (tcp, udp) = ("dns-blocked-on-tcp /spec", "dns-blocked-on-udp /spec");
    assert_eq!(egress("[]"), ["all-egress-blocked /spec", tcp, udp]);
    assert_eq!(egress("[{ports: [{port: 53, protocol: UDP}]}]"), [tcp]);
    assert_eq!(egress("[{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]"), Vec::<String>::new());
    assert_eq!(egress("[{to: [{podSelector: {}}]}]"), [tcp, udp]);
    assert!(egress("[{to: [{namespaceSelector: {}}]}]").is_empty());
    assert!(egress("[{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}]").is_empty());
    assert!(egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]").is_empty());
    // Addresses of the world, those of clusters left out: no name server is among them.
    assert_eq!(egress("[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]"), [tcp, udp]);
    // OpenShift's name servers listen on another port.
    let openshift = "[{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-dns}}}], ports: [{port: 5353, protocol: UDP}, {port: 5353, protocol: TCP}]}]";
    assert!(egress(openshift).is_empty());
}

#[test]
fn what_is_isolated_from_everyone_is_told_with_its_policies() {
    let all = policy("{podSelector: {}, policyTypes: [Ingress]}");
    let world = world_of(&format!("{WORKLOADS}{all}"));
    let found = findings(&Evaluator::new(&world));
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.check.id, "all-ingress-blocked");
    assert_eq!(finding.message, "shop/db[StatefulSet], shop/web[Deployment]");
    assert_eq!(finding.policy.to_string(), "NetworkPolicy shop/policy");
}

#[test]
fn a_route_that_policies_close_is_told() {
    let route = "\
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}
";
    let blocked = |ingress: &str| {
        let spec =
            format!("{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress], ingress: {ingress}}}");
        let world = world_of(&format!("{WORKLOADS}{}{route}", policy(&spec)));
        let found = findings(&Evaluator::new(&world));
        let routes = found.into_iter().filter(|finding| finding.check.id == "ingress-blocked");
        routes.map(|finding| finding.message).collect::<Vec<_>>()
    };
    let told = ["Ingress shop/web leads to port 8080 of shop/web[Deployment], which is closed to every controller"];
    assert_eq!(blocked("[]"), told);
    assert_eq!(blocked("[{from: [{podSelector: {}}]}]"), told);
    assert_eq!(blocked("[{ports: [{port: 80, protocol: TCP}]}]"), told);
    let controller = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}";
    assert_eq!(blocked(&format!("[{{from: [{controller}], ports: [{{port: 80, protocol: TCP}}]}}]")), told);
    for open in [
        "[{ports: [{port: http, protocol: TCP}]}]".to_owned(),
        "[{from: [{namespaceSelector: {}}]}]".to_owned(),
        "[{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]".to_owned(),
        format!("[{{from: [{controller}]}}]"),
        format!("[{{from: [{controller}], ports: [{{port: http, protocol: TCP}}]}}]"),
    ] {
        assert!(blocked(&open).is_empty(), "{open}");
    }
}
