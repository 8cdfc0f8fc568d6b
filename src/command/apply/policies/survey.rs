//! What would become of the policies of a namespace: those that are there are read again, and the server tries all of it.

use super::super::Run;
use super::{Policies, Step};
use crate::cli::Trial;
use crate::cluster::apply::Outcome;
use crate::cluster::preflight::words;
use crate::cluster::write::Draft;
use crate::cluster::{DryRun, Error, Live, Reason, Reference, Target};
use crate::command::Console;
use crate::command::policies::RULE;
use crate::export::neat;
use crate::network::renewed;
use crate::network::synthesis::{allow_all, is_own};
use crate::network::world::Object;
use crate::report::applying::{self, WhatBecomes};
use crate::rules::{Elsewhere, Risk};
use crate::workload::PolicyFile;
use serde_json::Value;

/// Look at the policies of all namespaces, and say what there is to say of them.
pub(in crate::command::apply) fn survey(run: &Run<'_>, console: &mut Console) -> Vec<Policies> {
    let session = &run.live.session;
    let mut all = Vec::new();
    for (_, finding, file) in session.plan.policies() {
        let of_policy = |value: &Value| value["metadata"]["namespace"].as_str().map(str::to_owned);
        let some = file.added.iter().chain(&file.changed).find_map(of_policy);
        let Some(namespace) = some.or_else(|| file.dropped.first()?.namespace.clone()) else { continue };
        let needed = finding.elsewhere.iter().filter_map(|elsewhere| match elsewhere {
            Elsewhere::Field { manifest, proposal, .. } => {
                let reference = run.live.handles[*manifest].reference.clone();
                Some((reference, proposal.pointer.clone(), proposal.value.clone()?))
            }
            _ => None,
        });
        let risk = finding.policies().map(|(_, assessment)| assessment.risk).max().unwrap_or(Risk::Likely);
        let mut policies = Policies {
            is_bare: run.live.grounds.get(&namespace).is_some_and(|ground| ground.is_bare),
            namespace,
            steps: Vec::new(),
            needed: needed.collect(),
            outcome: None,
        };
        match steps(run, &policies.namespace, file, risk) {
            Ok(steps) => policies.steps = steps,
            Err(outcome) => policies.outcome = Some(outcome),
        }
        let trial = run.args.change.dry_run.trial;
        if policies.is_ready() && trial != Trial::Client {
            let refusals = tried(run, &policies);
            if !refusals.is_empty() {
                policies.outcome = Some(Outcome::Refused(refusals));
            }
        }
        run.live.server.take_warnings().iter().for_each(|warning| console.warn(warning));
        let what: Vec<WhatBecomes> = policies.steps.iter().map(|step| step.what).collect();
        let is_tried = policies.is_ready() && trial != Trial::Client;
        console.say(&applying::policies(&policies.namespace, &what, is_tried, &console.err_page()));
        all.push(policies);
    }
    all
}

/// What becomes of each policy, in the order of writing: what allows comes before what denies, and what nobody needs goes
/// last.
fn steps(run: &Run<'_>, namespace: &str, file: &PolicyFile, risk: Risk) -> Result<Vec<Step>, Outcome> {
    let Some(resource) = run.live.discovery.of_kind("networking.k8s.io/v1", "NetworkPolicy") else {
        return Err(Outcome::Refused(vec!["the server does not serve NetworkPolicies".to_owned()]));
    };
    let named = |name: &str| Reference {
        resource: resource.clone(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    };
    let name = |value: &Value| value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let step = |live: Live, after: Value, what: WhatBecomes| {
        let reasons = vec![Reason { pointer: "/spec".to_owned(), rule: RULE, risk }];
        Step { target: Target { live, after, templates: Vec::new(), reasons }, what }
    };
    let mut steps = Vec::new();
    for value in &file.added {
        let live = Live { reference: named(&name(value)), value: Value::Null };
        steps.push(step(live, value.clone(), WhatBecomes::New));
    }
    for value in &file.changed {
        let live = there(run, &named(&name(value)))?.ok_or_else(|| moved(&name(value)))?;
        let after = renewed(&live.value, value);
        steps.push(step(live, after, WhatBecomes::Changed));
    }
    steps.sort_by_key(|step| place(&step.target.after));
    for identity in &file.dropped {
        if let Some(live) = there(run, &named(&identity.name))? {
            steps.push(step(live, Value::Null, WhatBecomes::Gone));
        }
    }
    Ok(steps)
}

/// A policy that is there, of this program, as it was made; `None` where it is gone.
fn there(run: &Run<'_>, reference: &Reference) -> Result<Option<Live>, Outcome> {
    let live = match run.wait(run.live.server.get(reference)) {
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(Outcome::Failed(error.to_string())),
        Ok(live) => live,
    };
    match is_own(&Object::new(reference.identity(), neat(&live.value), 0)) {
        true => Ok(Some(live)),
        false => Err(moved(&reference.name)),
    }
}

fn moved(name: &str) -> Outcome {
    Outcome::Refused(vec![format!("NetworkPolicy {name} was changed meanwhile; look at it, and apply again")])
}

/// Where a policy stands in the order of writing: those of single workloads, those for all pods, and last the one that
/// allows nothing.
fn place(policy: &Value) -> u8 {
    let spec = &policy["spec"];
    let has = |side: &str| spec[side].as_array().is_some_and(|rules| !rules.is_empty());
    match crate::workload::is_empty_selector(&spec["podSelector"]) {
        false => 0,
        true if has("ingress") || has("egress") => 1,
        true => 2,
    }
}

/// Why the server would not take them.
fn tried(run: &Run<'_>, policies: &Policies) -> Vec<String> {
    let mut refusals = Vec::new();
    let bridge = policies.bridge();
    for target in policies.targets().chain(&bridge) {
        let reference = &target.live.reference;
        if let Err(error) = run.wait(Draft::plain(target).send(&run.live.server, target, DryRun::Server)) {
            refusals.extend(refusal(reference, &error));
        }
    }
    refusals.extend(policies.added().next().and_then(|target| undeletable(run, target)));
    refusals
}

/// Why what is made could not be taken back: the right is asked for at a policy that is not there yet.
fn undeletable(run: &Run<'_>, target: &Target) -> Option<String> {
    match run.wait(run.live.server.delete_as_read(&target.live, DryRun::Server)) {
        Err(error) if error.is_forbidden() => {
            Some(format!("what is made could not be taken back: {}", words(&error).join("; ")))
        }
        _ => None,
    }
}

/// What the server says, and what to do about it.
pub(super) fn refusal(reference: &Reference, error: &Error) -> Vec<String> {
    if error.is_taken() {
        return vec![format!(
            "{reference} is there by now and not of this program: rename it or delete it, and apply again"
        )];
    }
    words(error).iter().map(|why| format!("{reference}: {why}")).collect()
}

impl Policies {
    /// The policy that stands while the others are written, where all pods are open before.
    pub(super) fn bridge(&self) -> Option<Target> {
        let reference = self.steps.first().filter(|_| self.is_bare).map(|step| &step.target.live.reference)?;
        let after = allow_all(&self.namespace);
        let name = after["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let live = Live { reference: Reference { name, ..reference.clone() }, value: Value::Null };
        Some(Target { live, after, templates: Vec::new(), reasons: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_allows_comes_before_what_denies() {
        let of = |spec: Value| place(&json!({"spec": spec}));
        let deny = of(json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
        let dns = of(json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": []}]}));
        let web = of(json!({"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}));
        assert!(web < dns && dns < deny);
    }
}
