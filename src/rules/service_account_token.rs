//! # What it checks
//!
//! No token of a ServiceAccount is mounted into a pod that has no use for it: `automountServiceAccountToken: false` on the
//! pod, or on its ServiceAccount where the input has that and the pod says nothing.
//!
//! A pod that shows that it uses the API of the cluster is fine as it is. What shows it: a RoleBinding or
//! ClusterRoleBinding of the input that gives its account more than everybody may do; `automountServiceAccountToken: true`
//! on the pod; a command, an argument or a variable that only a client has (`kubectl`, `--in-cluster`,
//! `KUBERNETES_SERVICE_HOST`, `kubernetes.default`, the path of the token, a leader election in a namespace it is told); the
//! agent of Vault, or the proxy of Kuma; a token mounted by hand; an image that is known to use the API.
//!
//! # Why
//!
//! Whoever gets into the container has the token, and with it the rights of the account, now and those it gets later.
//!
//! # What it changes
//!
//! Sets `automountServiceAccountToken: false` on the pod, which counts before that of the ServiceAccount. The account
//! itself stays. Cloud identities (EKS, GKE, AKS) go on working: their tokens are mounted by a webhook or asked for by the
//! node.
//!
//! # What can break
//!
//! A program that calls the API server: it finds no token at `/var/run/secrets/kubernetes.io/serviceaccount`. None of 31
//! measured programs missed it, so the change is `likely`, and `safe` where every image is known for a program that has no
//! use for it. It is `unproven` where something may speak for the use: an account of its own, a binding to all accounts,
//! arguments, variables or a ConfigMap that speak of Kubernetes, a leader election, `--kubeconfig`, a projected token, an image that may
//! use the API or has the name of a controller. Then the evidence is named.
//!
//! # Example
//!
//! ```yaml
//! spec:
//!   automountServiceAccountToken: false
//! ```

use super::common::api::{Token, token_of};
use super::{Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "service-account-token",
    title: "a pod that may have no use for it gets a token of its ServiceAccount",
    severity: Severity::Medium,
    matter: Matter::Secrets,
    mends: "mounts no token",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven],
    standards: &[
        Standard::Cis("5.1.6"),
        Standard::Nsa("Protecting Pod service account tokens"),
        Standard::Checkov("CKV_K8S_38"),
        Standard::Kubescape("C-0034"),
        Standard::Kubescape("C-0190"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if let Token::Idle(assessment) = token_of(pod) {
        let field = pod.field("automountServiceAccountToken");
        found
            .at(&field)
            .because("whoever gets into a container has the token, and with it the rights of the account")
            .set(&field, false, assessment);
    }
}
