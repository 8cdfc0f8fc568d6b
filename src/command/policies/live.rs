//! What the namespaces of a cluster lack. All that needs their pods is known, so nothing is left to consent; what becomes of
//! the policies of a namespace stands in one place, as in a file.

use super::homes::Home;
use super::need::{assumed, reason};
use super::{Survey, options, tell_unfit};
use crate::command::Console;
use crate::network::known::{Enforcement, Known};
use crate::network::synthesis::{OWN_LABEL, Options};
use crate::network::{Proposal, World, propose};
use crate::report::phrase::is;
use crate::source::LiveOrigin;
use crate::workload::{Identity, NeededField, NetworkMend, NetworkNeed, NetworkNeeds, Object, PolicyFile, escape};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a cluster shows of its traffic.
#[derive(Debug)]
#[cfg_attr(not(feature = "cluster"), allow(dead_code))] // Only who reads a cluster makes one.
pub(in crate::command) struct Traffic {
    /// All of it: a peer may be anywhere.
    pub(in crate::command) world: World,
    /// What is known of the cluster's own parts.
    pub(in crate::command) known: Known,
    /// Whether policies do anything.
    pub(in crate::command) enforcement: Enforcement,
    /// The namespaces that get policies, each with the manifest of those of this program that it has.
    pub(in crate::command) about: BTreeMap<String, Option<usize>>,
}

/// Group, kind, namespace, name.
type Key<'o> = (&'o str, &'o str, Option<&'o str>, &'o str);

fn key(identity: &Identity) -> Key<'_> {
    (identity.group(), &identity.kind, identity.namespace.as_deref(), &identity.name)
}

/// What all namespaces lack, and the places that it goes into.
pub(super) fn all(survey: &Survey<'_>, traffic: &Traffic, console: &mut Console) -> (NetworkNeeds, Vec<Home>) {
    let namespaces: BTreeSet<String> = traffic.about.keys().cloned().collect();
    let options = Options { known: traffic.known.clone(), namespaces: Some(namespaces), ..options::of(survey.profile) };
    let (proposals, made) = propose(&traffic.world, &options);
    let is_about = |namespace: &Option<String>| namespace.as_ref().is_some_and(|name| traffic.about.contains_key(name));
    tell_unfit(&made, traffic.world.objects.iter().filter(|object| is_about(&object.namespace)), console);
    let runs_jobs = || {
        let mut own = traffic.world.workloads.iter().filter(|one| traffic.about.contains_key(&one.namespace));
        own.any(|one| matches!(one.kind.as_str(), "Job" | "CronJob"))
    };
    let is_told = match traffic.enforcement {
        Enforcement::By(_) => false,
        Enforcement::Late(_) => runs_jobs(),
        _ => true,
    };
    if !proposals.is_empty() && is_told {
        console.warn(&traffic.enforcement.to_string());
    }
    let objects = survey.world.objects.iter();
    let case = Case { survey, traffic, objects: objects.map(|object| (key(&object.identity), object)).collect() };
    let (mut needs, mut homes) = (NetworkNeeds::default(), Vec::new());
    for proposal in &proposals {
        let Some(lead) = case.lead(proposal) else { continue };
        let answer = case.mend(proposal, &mut homes);
        needs.add(lead, NetworkNeed { reason: reason(proposal), answer });
    }
    (needs, homes)
}

struct Case<'c> {
    survey: &'c Survey<'c>,
    traffic: &'c Traffic,
    objects: HashMap<Key<'c>, &'c Object>,
}

impl<'c> Case<'c> {
    /// The object of the run that a workload of the world is; `None` for one that was not asked for.
    fn object_of(&self, workload: usize) -> Option<&'c Object> {
        let world = &self.traffic.world;
        self.objects.get(&key(&world.objects[world.workloads[workload].object].identity)).copied()
    }

    /// Where it is told: at a workload that says that it is to be left alone, else at the first one.
    fn lead(&self, proposal: &Proposal) -> Option<&'c Object> {
        let world = &self.traffic.world;
        let asked = proposal.workloads.iter().filter_map(|at| {
            let there = &world.objects[world.workloads[*at].object];
            Some((super::need::is_left_alone(there), self.object_of(*at)?))
        });
        let first = asked.min_by_key(|(alone, object)| (!*alone, object.manifest)).map(|(_, object)| object);
        let namespace = Some(proposal.namespace.as_str());
        first.or_else(|| {
            let mut own = self.survey.world.objects.iter();
            own.find(|object| object.is_workload() && object.identity.namespace.as_deref() == namespace)
        })
    }

    /// What mends it; the error says what a person has to decide.
    fn mend(&self, proposal: &Proposal, homes: &mut Vec<Home>) -> Result<NetworkMend, String> {
        let world = &self.traffic.world;
        let mut fields = Vec::new();
        for (at, value) in &proposal.labels {
            let workload = &world.workloads[*at];
            let identity = &world.objects[workload.object].identity;
            let Some(object) = self.object_of(*at) else {
                return Err(format!("the pods of {identity} have no labels to select them by: ask for it, too"));
            };
            if workload.kind == "Job" {
                return Err(format!(
                    "the pods of {identity} have no labels to select them by, and nobody can change it: delete it when it has run"
                ));
            }
            fields.push(NeededField {
                manifest: object.manifest,
                document: object.document,
                base: object.base.clone(),
                pointer: format!("{}/metadata/labels/{}", workload.template, escape(OWN_LABEL)),
                value: value.as_str().into(),
                evidence: "its policy selects its pods by it, which have no label that stays".to_owned(),
            });
        }
        let manifest = self.traffic.about.get(&proposal.namespace).copied().flatten();
        let origin = origin(&proposal.namespace);
        let identity = |at: &usize| world.objects[*at].identity.clone();
        let file = PolicyFile {
            home: homes.len(),
            name: origin.object.clone(),
            manifest,
            added: proposal.added.clone(),
            changed: proposal.changed.iter().map(|(_, value)| value.clone()).collect(),
            dropped: proposal.dropped.iter().map(identity).collect(),
        };
        if !file.is_empty() {
            homes.push(Home { manifest, path: Default::default(), live: Some(origin) });
        }
        let files = Some(file).filter(|file| !file.is_empty()).into_iter().collect();
        let evidence = format!("every flow that the cluster shows stays open{}", assumed(proposal));
        Ok(NetworkMend { is_likely: true, evidence, files, fields })
    }
}

/// What stands for the policies of a namespace.
pub(in crate::command) fn origin(namespace: &str) -> LiveOrigin {
    LiveOrigin {
        object: format!("namespace {namespace}"),
        file: format!("networking.k8s.io.v1.NetworkPolicy.{namespace}"),
    }
}

/// Why the policies of namespaces are left out of which only a part was asked for: each has an object beside.
#[cfg_attr(not(feature = "cluster"), allow(dead_code))]
pub(in crate::command) fn left_out(others: &BTreeMap<String, String>) -> String {
    let named: Vec<String> =
        others.iter().take(3).map(|(namespace, other)| format!("{other} in {namespace}")).collect();
    let more = others.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and what stands in {more} more namespaces") } else { String::new() };
    format!(
        "NetworkPolicies are left out, as they are for whole namespaces: {}{more} {} not among what was asked for; take all, or ask for them all the same with --network-policies",
        named.join(", "),
        is(others.len())
    )
}
