//! What the policies of a world lack, a namespace at a time: those that fit against those that are there.

use super::policy::Policies;
use super::synthesis::{ASSUMED, DIGEST, EVIDENCE, Options, Synthesis, is_own, synthesize};
use super::world::{DEFAULT_NAMESPACE, World};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What one namespace lacks.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// The namespace; `default` where the manifests state none.
    pub namespace: String,
    /// Whether all manifests of its workloads state it.
    pub is_stated: bool,
    /// The workloads that policies are made for, by their places in the world.
    pub workloads: Vec<usize>,
    /// Policies that are new.
    pub added: Vec<Value>,
    /// Policies of this program that no longer fit, by their places in the world, and as they should be.
    pub changed: Vec<(usize, Value)>,
    /// Policies of this program that nothing needs any more, by their places in the world.
    pub dropped: Vec<usize>,
    /// Workloads whose pods have to get [`OWN_LABEL`](super::synthesis::OWN_LABEL) first, with its value.
    pub labels: BTreeMap<usize, String>,
    /// How many of the rules nothing shows.
    pub assumed: usize,
    /// An object that stands in the input more than once, so that nobody can tell which one counts.
    pub repeated: Option<String>,
}

/// What the namespaces of a world lack, in their order, and what was made to find that out, less the policies, which are in the
/// proposals. Those whose policies would not do what they are for keep what they have; see [`Synthesis::unfit`].
pub fn propose(world: &World, options: &Options) -> (Vec<Proposal>, Synthesis) {
    let mut made = synthesize(world, options);
    for policy in Policies::of(world).foreign {
        // Theirs and ours add up.
        let Some(namespace) = policy.identity.namespace.clone() else { continue };
        made.unfit.entry(namespace).or_insert_with_key(|namespace| {
            format!("NetworkPolicies are left out of namespace {namespace}: {} decides there, which only its network plugin understands, and ours might open what it shuts; network policies prints them", policy.identity)
        });
    }
    let mut present: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (at, object) in world.objects.iter().enumerate().filter(|(_, object)| is_own(object)) {
        present.insert((object.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE), object.name()), at);
    }
    let mut made_in: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for policy in std::mem::take(&mut made.policies) {
        made_in.entry(key(&policy).0.to_owned()).or_default().push(policy);
    }
    let of_workloads = made.managed.iter().map(|at| world.workloads[*at].namespace.as_str());
    let namespaces: BTreeSet<&str> = of_workloads.chain(present.keys().map(|(namespace, _)| *namespace)).collect();
    let mut proposals = Vec::new();
    let counts = |namespace: &&str| options.is_about(namespace) && !made.unfit.contains_key(*namespace);
    for namespace in namespaces.into_iter().filter(counts) {
        let mut proposal = Proposal { namespace: namespace.to_owned(), is_stated: true, ..Proposal::default() };
        proposal.workloads = world.workloads_in(namespace).filter(|at| made.managed.contains(at)).collect();
        let stated = |at: &usize| world.objects[world.workloads[*at].object].identity.namespace.is_some();
        proposal.is_stated = proposal.workloads.iter().all(stated);
        let within = world.workloads_in(namespace);
        proposal.labels = made.labels.range(within).map(|(at, value)| (*at, value.clone())).collect();
        let fitting = made_in.remove(namespace).unwrap_or_default();
        let own = present.iter().filter(|((of, _), _)| *of == namespace);
        let wanted: BTreeSet<(&str, &str)> = fitting.iter().map(key).collect();
        proposal.dropped = own.filter(|(key, _)| !wanted.contains(key)).map(|(_, at)| *at).collect();
        // In the order in which they were made: what holds for all pods first.
        for policy in fitting {
            proposal.assumed +=
                policy["metadata"]["annotations"][ASSUMED].as_str().map_or(0, |lines| lines.lines().count());
            match present.get(&key(&policy)) {
                None => proposal.added.push(policy),
                Some(at) => {
                    let renewed = renewed(&world.objects[*at].value, &policy);
                    if renewed != world.objects[*at].value {
                        proposal.changed.push((*at, renewed));
                    }
                }
            }
        }
        let repeated = world.replaced.iter().find(|object| object.namespace.as_deref() == Some(namespace));
        proposal.repeated = repeated.map(|object| object.identity.to_string());
        if !proposal.is_empty() {
            proposals.push(proposal);
        }
    }
    (proposals, made)
}

/// The namespace and the name of a policy that was made.
fn key(policy: &Value) -> (&str, &str) {
    let text = |key: &str| policy["metadata"][key].as_str();
    (text("namespace").unwrap_or(DEFAULT_NAMESPACE), text("name").unwrap_or_default())
}

impl Proposal {
    /// Whether all that the namespace needs is there.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.dropped.is_empty() && self.labels.is_empty()
    }
}

/// A policy that is there, with what this program says in it: other labels and annotations belong to somebody else.
pub fn renewed(there: &Value, policy: &Value) -> Value {
    let mut value = there.clone();
    value["spec"] = policy["spec"].clone();
    let made = policy["metadata"]["annotations"].as_object();
    let annotations = value["metadata"]["annotations"].as_object_mut();
    if let (Some(made), Some(annotations)) = (made, annotations) {
        for key in [EVIDENCE, ASSUMED, DIGEST] {
            exchange(annotations, key, made.get(key));
        }
    }
    value
}

fn exchange(map: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => drop(map.insert(key.to_owned(), value.clone())),
        None => drop(map.shift_remove(key)),
    }
}
