//! What findings need outside of their objects: fields of other objects, and new objects. All of it or none.
//!
//! What cannot be done is denied to the findings that need it: their objects are planned again, and the findings are for a
//! person to decide.

use super::documents::list_of;
use super::edit::{Edit, is_append, obstacle};
use super::{Added, Change, Outcome, Planned, PlannedFinding, Source, Verdict};
use crate::manifest::{Position, Stream};
use crate::rules::{Elsewhere, Proposal, Rule, Subject};
use crate::secrets::redacted;
use crate::workload::{Identity, PolicyFile, World, lookup};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What findings of one rule in one object must not count on, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) rule: &'static str,
    pub(super) why: String,
}

/// Denials by object.
pub(super) type Denials = BTreeMap<usize, Vec<Denial>>;

/// The texts of a run, and the manifests that must stay as they are.
pub(super) struct Ground<'g> {
    pub(super) world: &'g World,
    pub(super) streams: &'g [&'g Stream],
    pub(super) sealed: &'g BTreeSet<usize>,
}

/// Who asks for something: the object, and the rule.
type Asker = (usize, &'static Rule);

/// A field of another object that should have a value.
struct Wish<'p> {
    asker: Asker,
    finding: &'p PlannedFinding,
    object: usize,
    proposal: &'p Proposal,
}

/// Note what the mended findings ask for and cannot have. Gives the objects that have to be planned again.
pub(super) fn deny(planned: &[Planned], ground: &Ground<'_>, denials: &mut Denials) -> BTreeSet<usize> {
    let mut new: Vec<(Asker, String)> = Vec::new();
    for (asker, finding) in asking(planned) {
        if ground.sealed.contains(&ground.world.objects[asker.0].manifest) {
            new.push((asker, "the file cannot be changed".to_owned()));
        }
        for elsewhere in &finding.elsewhere {
            let result = match elsewhere {
                Elsewhere::Field { .. } => ground.field(elsewhere, planned),
                Elsewhere::Document(value) => ground.document(asker.0, value),
                Elsewhere::Policies(file, _) => ground.policies(file),
                // It goes into a file of its own, whatever that holds.
                Elsewhere::Secret(_) => Ok(()),
            };
            new.extend(result.err().map(|why| (asker, why)));
        }
    }
    new.extend(contradictions(planned, ground));
    let mut again = BTreeSet::new();
    for ((object, rule), why) in new {
        let denied = denials.entry(object).or_default();
        if denied.iter().all(|denial| denial.rule != rule.id) {
            denied.push(Denial { rule: rule.id, why });
            again.insert(object);
        }
    }
    again
}

/// The mended findings that need something outside of their objects.
fn asking(planned: &[Planned]) -> impl Iterator<Item = (Asker, &PlannedFinding)> {
    planned.iter().flat_map(|planned| {
        let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
        mended.filter(|finding| !finding.elsewhere.is_empty()).map(|finding| ((planned.object, finding.rule), finding))
    })
}

/// All fields that are asked for.
fn wishes<'p>(planned: &'p [Planned], world: &World) -> Vec<Wish<'p>> {
    let mut wishes = Vec::new();
    for (asker, finding) in asking(planned) {
        for elsewhere in &finding.elsewhere {
            if let Elsewhere::Field { proposal, .. } = elsewhere
                && let Some(object) = target(elsewhere, world)
            {
                wishes.push(Wish { asker, finding, object, proposal });
            }
        }
    }
    wishes
}

/// The object whose field is meant.
fn target(elsewhere: &Elsewhere, world: &World) -> Option<usize> {
    let Elsewhere::Field { manifest, document, base, .. } = elsewhere else { return None };
    // Objects stand in the order of their manifests and documents.
    let first = world.objects.partition_point(|object| (object.manifest, object.document) < (*manifest, *document));
    let same = |object: &&crate::workload::Object| (object.manifest, object.document) == (*manifest, *document);
    let within = world.objects[first..].iter().take_while(same);
    within.enumerate().find(|(_, object)| object.base == *base).map(|(at, _)| first + at)
}

impl Ground<'_> {
    /// Whether a field of another object can be set.
    fn field(&self, elsewhere: &Elsewhere, planned: &[Planned]) -> Result<(), String> {
        let Elsewhere::Field { proposal, .. } = elsewhere else { return Ok(()) };
        let index = target(elsewhere, self.world).ok_or("an object that has to change with it is not in the input")?;
        let object = &self.world.objects[index];
        if self.sealed.contains(&object.manifest) {
            return Err(format!("the file of {} cannot be changed", object.identity));
        }
        let value = object.value(self.streams[object.manifest]).map_err(|refusal| refusal.message)?;
        if let Some(place) = obstacle(&value, &proposal.pointer) {
            return Err(format!("{}: {place} is no place for it", object.identity));
        }
        let own = planned.binary_search_by_key(&index, |planned| planned.object).ok();
        let mut edits = own.into_iter().flat_map(|at| &planned[at].edits);
        if edits.any(|edit| meet(&edit.pointer, &proposal.pointer) && edit.value.as_deref() != proposal.value.as_ref())
        {
            return Err(format!("{}: something else changes {}", object.identity, proposal.pointer));
        }
        Ok(())
    }

    /// Whether a file of policies can be changed.
    fn policies(&self, file: &PolicyFile) -> Result<(), String> {
        match file.manifest.filter(|manifest| self.sealed.contains(manifest)) {
            Some(_) => Err(format!("{} cannot be changed", file.name)),
            None => Ok(()),
        }
    }

    /// Whether a new object can stand beside one.
    fn document(&self, beside: usize, value: &Value) -> Result<(), String> {
        let identity = identity(value);
        let object = &self.world.objects[beside];
        let same = |other: &&crate::workload::Object| {
            let other = &other.identity;
            (other.group(), &other.kind, &other.name) == (identity.group(), &identity.kind, &identity.name)
                && other.namespace == identity.namespace
        };
        if let Some(known) = self.world.objects.iter().find(same) {
            return Err(format!("there is a {} already", known.identity));
        }
        if (object.identity.kind.as_str(), identity.kind.as_str()) == ("Pod", "ServiceAccount") {
            // What makes pods tries again; who applies a Pod does not.
            return Err("the API server refuses a Pod whose ServiceAccount stands behind it in the file".to_owned());
        }
        let stream = self.streams[object.manifest];
        if object.base.is_empty() && !stream.takes_documents() {
            return Err("a JSON file takes no second object; put its objects into a `kind: List`".to_owned());
        }
        if !object.base.is_empty() && list_of(stream, object).is_none() {
            return Err(format!("the list that {} stands in takes no {}", object.identity, identity.kind));
        }
        Ok(())
    }
}

/// Whether one of two places is the other or holds it.
fn meet(one: &str, other: &str) -> bool {
    let below =
        |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below(one, other) || below(other, one)
}

fn contradict(one: &Proposal, other: &Proposal) -> bool {
    // A list takes any number of new items.
    let is_other_item = is_append(&one.pointer) && one.pointer == other.pointer;
    !is_other_item && meet(&one.pointer, &other.pointer) && (&one.pointer, &one.value) != (&other.pointer, &other.value)
}

fn identity(value: &Value) -> Identity {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Identity::of(text("apiVersion"), text("kind"), value)
}

/// Findings that ask for different values in one place, or for different objects of one name.
fn contradictions(planned: &[Planned], ground: &Ground<'_>) -> Vec<(Asker, String)> {
    let mut found = Vec::new();
    let mut wishes = wishes(planned, ground.world);
    wishes.sort_by_key(|wish| wish.object);
    for group in wishes.chunk_by(|one, other| one.object == other.object) {
        let why = || format!("another change of {} contradicts it", ground.world.objects[group[0].object].identity);
        for (at, one) in group.iter().enumerate() {
            for other in group[at + 1..].iter().filter(|other| contradict(one.proposal, other.proposal)) {
                found.extend([(one.asker, why()), (other.asker, why())]);
            }
        }
    }
    let mut documents: BTreeMap<Identity, (Asker, &Value)> = BTreeMap::new();
    for (asker, value) in new_documents(planned) {
        let identity = identity(value);
        match documents.get(&identity) {
            Some((first, other)) if *other != value => {
                let why = format!("two different objects would be named {identity}");
                found.extend([(*first, why.clone()), (asker, why)]);
            }
            Some(_) => {}
            None => drop(documents.insert(identity, (asker, value))),
        }
    }
    found
}

fn new_documents(planned: &[Planned]) -> impl Iterator<Item = (Asker, &Value)> {
    asking(planned).flat_map(|(asker, finding)| {
        let documents = finding.elsewhere.iter().filter_map(|elsewhere| match elsewhere {
            Elsewhere::Document(value) => Some(value),
            Elsewhere::Field { .. } | Elsewhere::Policies(..) | Elsewhere::Secret(_) => None,
        });
        documents.map(move |value| (asker, value))
    })
}

/// Make all that is asked for part of the plan. Gives the new objects.
pub(super) fn carry_out(planned: &mut Vec<Planned>, ground: &Ground<'_>) -> Vec<Added> {
    let mut added: Vec<Added> = Vec::new();
    for ((object, rule), value) in new_documents(planned) {
        let identity = identity(value);
        if added.iter().all(|one| one.identity != identity) {
            let home = &ground.world.objects[object];
            let list = list_of(ground.streams[home.manifest], home).map(str::to_owned);
            added.push(Added { object, rule, identity, list, value: value.clone() });
        }
    }
    added.sort_by_key(|one| one.object);

    let mut fields: Vec<(usize, Edit, PlannedFinding)> = Vec::new();
    for wish in wishes(planned, ground.world) {
        let Proposal { pointer, value, .. } = wish.proposal;
        let edit = Edit { pointer: pointer.as_str().into(), value: value.clone().map(Arc::new) };
        if fields.iter().all(|(object, known, _)| (*object, known) != (wish.object, &edit)) {
            fields.push((wish.object, edit, follower(&wish, ground)));
        }
    }
    for (object, edit, finding) in fields {
        let at = planned.partition_point(|planned| planned.object < object);
        if planned.get(at).is_none_or(|planned| planned.object != object) {
            planned.insert(
                at,
                Planned {
                    object,
                    is_workload: ground.world.objects[object].is_workload(),
                    findings: Vec::new(),
                    verdict: Verdict::default(),
                    edits: Vec::new(),
                },
            );
        }
        // Its pointer speaks of the object as it was before all changes.
        planned[at].edits.insert(0, edit);
        planned[at].findings.push(finding);
    }
    added
}

/// What is told at the object that changes along with another.
fn follower(wish: &Wish<'_>, ground: &Ground<'_>) -> PlannedFinding {
    let object = &ground.world.objects[wish.object];
    let asker = &ground.world.objects[wish.asker.0].identity;
    let Proposal { pointer, value, assessment } = wish.proposal;
    let stream = ground.streams[object.manifest];
    let before = object.value(stream).ok().and_then(|value| lookup(&value, pointer).cloned());
    let source = stream
        .document(object.document)
        .map(|document| document.nearest(&format!("{}{pointer}", object.base)))
        .map(|span| Source::new(&span, Position { line: 1, column: 1 }));
    let mut finding = PlannedFinding {
        rule: wish.finding.rule,
        severity: wish.finding.severity,
        subject: Subject { pointer: pointer.as_str().into(), container: None },
        reason: format!("it goes with the change of {asker}").into(),
        changes: vec![Change {
            pointer: pointer.as_str().into(),
            before: before.map(Arc::new),
            after: value.clone().map(Arc::new),
            risk: assessment.risk,
            evidence: redacted(&assessment.evidence).into(),
        }],
        decision: None,
        elsewhere: Vec::new(),
        outcome: Outcome::Mended,
        source,
    };
    finding.mask_values();
    finding
}
