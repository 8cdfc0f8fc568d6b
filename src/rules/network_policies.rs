//! # What it checks
//!
//! Each namespace has NetworkPolicies that fit its workloads: its pods are shut both ways, may resolve names, and have every
//! flow that they need. What is needed is read off the manifests: addresses in variables, arguments, ConfigMaps and Secrets,
//! Services, routes, webhooks, the use of the API server. `kubectl harden network policies` shows the same with the evidence.
//!
//! It is told once a namespace, at its first workload; an exception annotated at any of its workloads excuses the namespace. Policies of others count: what they deny and allow already is not asked
//! for again. Namespaces of the cluster itself are left alone.
//!
//! # Why
//!
//! Without a policy every pod may reach every other one of the cluster, and the outside: whoever gets into one goes on from
//! there.
//!
//! # What it changes
//!
//! It writes the policies of a namespace into a file of their own beside its manifests, `networkpolicies.yaml` (with the name of
//! the namespace in it where several share the folder), and lists that in the kustomization that lists the manifests. On standard
//! input and output they follow the manifests. Each policy says in its annotations how its rules are known. They carry the
//! label `app.kubernetes.io/managed-by: kubectl-harden` and a digest of their spec: the next run changes those that no longer
//! fit, and leaves one alone that somebody has changed by hand. Job and CronJob templates without labels get one, for a policy
//! selects pods by labels. Policies of others stay as they are.
//!
//! Of live objects policies are made where all workloads of a namespace are looked at, or `--network-policies` asks for them, and
//! where everything of the cluster that says something about traffic may be read. `apply` writes them after the workloads, watches
//! the pods until their probes would have noticed, and takes them back where something that worked does not any more.
//!
//! Nothing is written where it cannot be told what belongs together: workloads of a Helm chart, one workload in several files
//! (a base and its overlays), several kustomizations, a file that cannot be read.
//!
//! # What can break
//!
//! `likely` where the input is a whole: a folder with all below it, a kustomization, standard input. On 11 public applications
//! 67 of 67 flows that their documentation names stayed open. `unproven` where single files are named, for flows of
//! what stands in others would be cut off. `--network-policies` asks for them in so many words, and counts as consent.
//! Rules that nothing shows, where an address is hidden in an image, are marked as assumed; `strict` leaves them out.
//!
//! # Example
//!
//! ```yaml
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata:
//!   name: db
//!   annotations:
//!     kubectl-harden.dev/evidence: |
//!       from shop/web[Deployment], TCP 5432: env DB_URL of container web
//! spec:
//!   podSelector: { matchLabels: { app: db } }
//!   policyTypes: [Ingress, Egress]
//!   ingress:
//!     - from: [{ podSelector: { matchLabels: { app: web } } }]
//!       ports: [{ protocol: TCP, port: 5432 }]
//! ```

use super::findings::or_except;
use super::{
    Check, Elsewhere, Findings, Form, Matter, Parameter, Proposal, Risk, Rule, Severity, Stage, Standard, Subject,
};
use crate::workload::{NetworkNeed, Pod, Whole};
use serde_json::Value;
use std::net::IpAddr;

/// The rule.
pub const RULE: Rule = Rule {
    id: "network-policies",
    title: "pods accept and open connections that nothing needs",
    severity: Severity::Medium,
    matter: Matter::Network,
    mends: "writes NetworkPolicies that fit",
    risks: &[Risk::Likely, Risk::Unproven],
    standards: &[
        Standard::Cis("5.3.2"),
        Standard::Nsa("Network policies"),
        Standard::Checkov("CKV2_K8S_6"),
        Standard::Kubescape("C-0260"),
        Standard::Other("kube-score", "pod-networkpolicy"),
        Standard::Other("kube-linter", "non-isolated-pod"),
    ],
    parameters: &[
        Parameter { name: "strict", help: "leave out what nothing shows.", default: "false", form: Form::AsDefault },
        Parameter {
            name: "dns",
            help: "where name servers may be: where Kubernetes, OpenShift and the clouds have them, or any address.",
            default: "\"cluster\"",
            form: Form::OneOf(&["cluster", "any"]),
        },
        Parameter {
            name: "nodeCIDRs",
            help: "ranges of the nodes, from which probes are allowed, for plugins that do not by themselves, and where agents on the nodes are called.",
            default: "[]",
            form: Form::AsDefault,
        },
        Parameter {
            name: "compatServicePort",
            help: "also allow the port of each Service, for data paths that judge before it is translated.",
            default: "false",
            form: Form::AsDefault,
        },
        Parameter {
            name: "ingressControllers",
            help: "the pods that take the traffic of routes, each NAMESPACE or NAMESPACE:LABEL=VALUE,...; without any a route's port takes all sources.",
            default: "[]",
            form: Form::AsDefault,
        },
        Parameter {
            name: "clusterDomain",
            help: "the DNS domain of the cluster.",
            default: "\"cluster.local\"",
            form: Form::AsDefault,
        },
        Parameter {
            name: "file",
            help: "the name of the file for new policies of all namespaces; empty: networkpolicies.yaml, with the namespace in its name where several share a folder.",
            default: "\"\"",
            form: Form::AsDefault,
        },
    ],
    stage: Stage::Pod,
    check: Check::Both { pod: check, wants: is_policy, check: check_policy },
};

/// What is wrong with the value of a parameter.
pub(super) fn refuses(parameter: &str, value: &Value) -> Option<String> {
    let texts = || value.as_array().into_iter().flatten().filter_map(Value::as_str);
    match parameter {
        "nodeCIDRs" => texts()
            .find(|text| !is_range(text))
            .map(|text| format!("{text:?} is no range of addresses, such as 10.0.0.0/16")),
        "ingressControllers" => texts()
            .find(|text| !is_pods(text))
            .map(|text| format!("expected NAMESPACE or NAMESPACE:LABEL=VALUE,..., found {text:?}")),
        "file" => {
            let text = value.as_str().unwrap_or_default();
            let right = text.is_empty()
                || !text.contains(['/', '\\'])
                    && [".yaml", ".yml"].iter().any(|end| text.strip_suffix(end).is_some_and(|name| !name.is_empty()));
            (!right).then(|| format!("expected the name of a file that ends in .yaml or .yml, found {text:?}"))
        }
        _ => None,
    }
}

fn is_range(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_pods(text: &str) -> bool {
    let (namespace, labels) = text.split_once(':').unwrap_or((text, ""));
    let is_label = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| !key.is_empty());
    !namespace.is_empty() && labels.split(',').filter(|pair| !pair.is_empty()).all(is_label)
}

fn is_policy(api_version: &str, kind: &str) -> bool {
    kind == "NetworkPolicy" && api_version.starts_with("networking.k8s.io/")
}

/// A policy of a namespace whose workloads are gone.
fn check_policy(policy: &Whole<'_>, found: &mut Findings) {
    if let Some(need) = policy.around.object.and_then(|object| policy.around.network.of(object)) {
        tell(need, found);
    }
}

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let Some((around, object)) = pod.around().and_then(|around| Some((around, around.object?))) else { return };
    let Some(need) = around.network.of(object) else { return };
    // Once, where an object has several templates.
    if object.templates.first().is_some_and(|first| format!("{first}/spec") != pod.spec_pointer()) {
        return;
    }
    tell(need, found);
}

fn tell(need: &NetworkNeed, found: &mut Findings) {
    let draft = found.at(Subject { pointer: "/metadata/name".into(), container: None }).because(need.reason.clone());
    let mend = match &need.answer {
        Ok(mend) => mend,
        Err(decision) => {
            draft.decide(or_except(RULE.id, decision));
            return;
        }
    };
    let risk = if mend.is_likely { Risk::Likely } else { Risk::Unproven };
    let files = mend.files.iter().cloned().map(|file| Elsewhere::Policies(file, risk.because(mend.evidence.clone())));
    let fields = mend.fields.iter().map(|field| Elsewhere::Field {
        manifest: field.manifest,
        document: field.document,
        base: field.base.clone(),
        proposal: Proposal {
            pointer: field.pointer.clone(),
            value: Some(field.value.clone()),
            assessment: risk.because(field.evidence.clone()),
        },
    });
    files.chain(fields).fold(draft, |draft, elsewhere| draft.along(elsewhere));
}
