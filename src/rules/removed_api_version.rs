//! # What it checks
//!
//! The object's `apiVersion` is one that Kubernetes serves: the version that the profile or `--kubernetes-version` names,
//! 1.37 where none does. A version that is still served but will not be for long is found, too, as a `low` finding.
//!
//! # Why
//!
//! The API server refuses what it does not serve: the manifest cannot be applied, and the object that is still in the cluster
//! is one that the repository no longer controls. Whoever waits for such manifests also waits with the upgrades that close
//! the holes of the cluster itself.
//!
//! # What it changes
//!
//! Sets the `apiVersion` that took its place, where the object says the same in it: ClusterRoles, CronJobs, autoscalers of
//! `v2beta2`, disruption budgets with a selector, Deployments that select the labels of their template. Where a selector was
//! taken from those labels by default and must be stated now, it states it. Otherwise (Ingresses,
//! CustomResourceDefinitions, webhooks) it names what else changes, for a person to do.
//!
//! # What can break
//!
//! What Kubernetes does not serve cannot run as it is: the change is `safe`. It is `likely` where the old version is served
//! still, because an older cluster may not know the new one, and where a default that the object relies on is another now.
//!
//! # Example
//!
//! ```yaml
//! apiVersion: batch/v1 # was batch/v1beta1
//! kind: CronJob
//! ```

use super::findings::or_except;
use super::{Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Exchange, Retired, Whole};

/// The rule.
pub const RULE: Rule = Rule {
    id: "removed-api-version",
    title: "the API version is no longer served, or will not be for long",
    severity: Severity::Medium,
    matter: Matter::Operation,
    mends: "sets the `apiVersion` that took its place",
    risks: &[Risk::Safe, Risk::Likely],
    standards: &[Standard::Nsa("Upgrading and application security practices"), Standard::Other("Trivy", "KSV-0107")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Object { wants: |api_version, kind| Retired::of(api_version, kind).is_some(), check },
};

fn check(object: &Whole<'_>, found: &mut Findings) {
    let kubernetes = object.around.kubernetes;
    let field = object.field("apiVersion");
    // The items of a typed list may leave it to the list.
    let version = field.as_str().unwrap_or(&object.identity.api_version);
    let kind = object.identity.kind.as_str();
    let Some(retired) = Retired::of(version, kind) else { return };
    let successor = retired.successor(kubernetes);
    let removed = retired.is_removed(kubernetes);
    if !removed && (!kubernetes.at_least(retired.deprecated) || successor.is_none()) {
        return;
    }
    let since = retired.removed;
    let draft = if removed {
        let reason = format!("Kubernetes 1.{since} and newer do not serve {version} {kind}: they refuse the object");
        found.at(&field).because(reason)
    } else {
        let reason = format!("Kubernetes 1.{since} will not serve {version} {kind}: it refuses the object");
        found.at(&field).because(reason).weighing(Severity::Low)
    };
    let Some(successor) = successor else {
        let decision = format!("nothing takes its place under this name: {}", retired.changes);
        draft.decide(or_except(RULE.id, &decision));
        return;
    };
    let whole = object.root();
    let exchange = whole.value.and_then(|value| retired.exchange(value)).filter(|_| field.is_stated());
    let Some(Exchange { selector, rests_on }) = exchange else {
        let also = if retired.changes.is_empty() { "the list that it stands in" } else { retired.changes.as_str() };
        let decision = format!("set `apiVersion: {}` and change what goes with it: {also}", successor.api);
        draft.decide(or_except(RULE.id, &decision));
        return;
    };
    let same = format!("{} is the same object, served since Kubernetes 1.{}", successor.api, successor.since);
    let assessment = if !rests_on.is_empty() {
        Risk::Likely.because(format!("{same}; but {}", rests_on.join("; ")))
    } else if removed {
        Risk::Safe.because(format!("{same}, and Kubernetes {kubernetes} refuses the old version"))
    } else {
        Risk::Likely.because(format!("{same}; older clusters do not know it"))
    };
    let draft = match selector {
        Some(selector) => {
            let why = format!("{version} took the labels of the template by itself, {} asks for them", successor.api);
            draft.set(&object.field("spec/selector"), selector, Risk::Safe.because(why))
        }
        None => draft,
    };
    draft.set(&field, successor.api.as_str(), assessment);
}
