//! From what namespaces lack to what is told at an object, and where it goes.

use super::homes::{Beside, Home, Homes};
use super::{RULE, Survey, View};
use crate::network::synthesis::OWN_LABEL;
use crate::network::{self, Proposal, Run};
use crate::plan::ANNOTATION;
use crate::report::phrase::count;
use crate::workload::{Identity, NeededField, NetworkMend, NetworkNeed, NetworkNeeds, Object, PolicyFile, escape};
use std::collections::BTreeMap;

/// What all namespaces lack, and the files it goes into.
pub(super) fn all(survey: &Survey<'_>, run: &Run, mut proposals: Vec<Proposal>) -> (NetworkNeeds, Vec<Home>) {
    if !survey.view.is_whole() {
        // What is not seen may need them.
        proposals.iter_mut().for_each(|proposal| proposal.dropped.clear());
        proposals.retain(|proposal| !proposal.is_empty());
    }
    let mut needs = NetworkNeeds::default();
    let mut homes = Homes::of(survey, run, &proposals);
    for proposal in &mut proposals {
        let Some(lead) = lead(survey, run, proposal) else { continue };
        let reason = reason(proposal);
        let answer = mend(survey, run, proposal, &mut homes);
        needs.add(lead, NetworkNeed { reason, answer });
    }
    (needs, homes.into_list())
}

/// The object of the run that an object of the world is, as `World::objects` counts.
pub(super) fn object_of<'s>(survey: &Survey<'s>, run: &Run, at: usize) -> &'s Object {
    &survey.world.objects[run.places[run.world.objects[at].input]]
}

/// Where it is told: at a workload that says that it is to be left alone, else at the first one; where there is none any more,
/// at a policy.
fn lead<'s>(survey: &Survey<'s>, run: &Run, proposal: &Proposal) -> Option<&'s Object> {
    let objects = proposal.workloads.iter().map(|at| run.world.workloads[*at].object);
    let first = objects.min_by_key(|at| {
        let object = &run.world.objects[*at];
        (!is_left_alone(object), run.places[object.input])
    });
    let first = first.or_else(|| proposal.changed.first().map(|(at, _)| *at)).or(proposal.dropped.first().copied());
    first.map(|at| object_of(survey, run, at))
}

/// Whether a workload says that its namespace is to be left alone.
pub(super) fn is_left_alone(object: &network::world::Object) -> bool {
    let skip = format!("{ANNOTATION}{RULE}");
    object.at("/metadata/annotations").is_some_and(|annotations| annotations.get(&skip).is_some())
}

/// What is wrong.
pub(super) fn reason(proposal: &Proposal) -> String {
    let where_ = match proposal.is_stated {
        true => format!("in namespace {}", proposal.namespace),
        false => "in the namespace that they are applied to".to_owned(),
    };
    let are = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 NetworkPolicy {one}")),
        number => Some(format!("{number} NetworkPolicies {many}")),
    };
    let labels = proposal.labels.len();
    let parts = [
        are(proposal.added.len(), "is missing", "are missing"),
        are(proposal.changed.len(), "no longer fits", "no longer fit"),
        are(proposal.dropped.len(), "is needed no more", "are needed no more"),
        (labels > 0).then(|| {
            format!(
                "{} no labels to select them by",
                if labels == 1 {
                    "the pods of 1 workload have".to_owned()
                } else {
                    format!("the pods of {labels} workloads have")
                }
            )
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{where_} {}", parts.join(", "))
}

/// What mends it, which takes the policies out of the proposal; the error says what a person has to decide.
fn mend(survey: &Survey<'_>, run: &Run, proposal: &mut Proposal, homes: &mut Homes<'_>) -> Result<NetworkMend, String> {
    if let Some(object) = &proposal.repeated {
        return Err(format!(
            "{object} stands in the input more than once, so nobody can tell what runs: look at what is applied together, such as one overlay with -k"
        ));
    }
    let mut files: BTreeMap<usize, PolicyFile> = BTreeMap::new();
    let mut fields = Vec::new();
    let there = proposal.changed.iter().map(|(at, _)| at).chain(&proposal.dropped);
    for at in there {
        let object = object_of(survey, run, *at);
        if !object.base.is_empty() {
            return Err(format!(
                "{} stands in a list: make it anew by hand, `network policies` prints it",
                object.identity
            ));
        }
    }
    for (at, value) in std::mem::take(&mut proposal.changed) {
        let home = homes.of_manifest(object_of(survey, run, at).manifest);
        files.entry(home).or_insert_with(|| homes.empty_file(home)).changed.push(value);
    }
    for at in &proposal.dropped {
        let object = object_of(survey, run, *at);
        let home = homes.of_manifest(object.manifest);
        let identity: Identity = object.identity.clone();
        files.entry(home).or_insert_with(|| homes.empty_file(home)).dropped.push(identity);
    }
    if !proposal.added.is_empty() {
        let Beside { home, entry } = homes.of_new(proposal)?;
        files.entry(home).or_insert_with(|| homes.empty_file(home)).added = std::mem::take(&mut proposal.added);
        fields.extend(entry);
    }
    for (at, value) in &proposal.labels {
        let workload = &run.world.workloads[*at];
        let Object { manifest, document, base, .. } = object_of(survey, run, workload.object);
        let pointer = format!("{}/metadata/labels/{}", workload.template, escape(OWN_LABEL));
        let mut evidence = "its policy selects its pods by it, which have no label that stays".to_owned();
        if workload.kind == "Job" {
            evidence.push_str("; a Job that is there has to be deleted first");
        }
        fields.push(NeededField {
            manifest: *manifest,
            document: *document,
            base: base.clone(),
            pointer,
            value: value.as_str().into(),
            evidence,
        });
    }
    let is_likely = !matches!(survey.view, View::Part(_));
    Ok(NetworkMend { is_likely, evidence: evidence(survey, proposal), files: files.into_values().collect(), fields })
}

/// How many rules nothing shows, as the end of a sentence.
pub(super) fn assumed(proposal: &Proposal) -> String {
    match proposal.assumed {
        0 => String::new(),
        number => format!(", {} {} assumed", count(number, "rule"), if number == 1 { "is" } else { "are" }),
    }
}

/// What speaks for it.
fn evidence(survey: &Survey<'_>, proposal: &Proposal) -> String {
    let assumed = assumed(proposal);
    match survey.view {
        View::Whole(_) | View::None => format!("every flow that the input shows stays open{assumed}"),
        View::Asked => format!("--network-policies asks for them; every flow that the input shows stays open{assumed}"),
        View::Part(_) => {
            format!("the flows that the input shows stay open{assumed}, and those of what it does not show are cut off")
        }
    }
}
