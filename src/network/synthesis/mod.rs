//! Policies that fit: nothing passes but what is needed, and every rule says how that is known.

mod covered;
mod edges;
mod emit;
mod node;
mod observed;
mod options;
mod own;
mod probes;
mod raw;
mod rules;
mod selector;
mod silent;
#[cfg(test)]
mod tests;
mod verify;

pub use emit::{ASSUMED, EVIDENCE, allow_all};
pub use options::{Options, PodsOf};
pub(in crate::network) use own::digest_of;
pub use own::{DIGEST, OWNER, is_changed_by_hand, is_own};
pub(in crate::network) use probes::probed;
pub(in crate::network) use selector::FIRST;
pub use selector::OWN_LABEL;

use super::directory::Directory;
use super::flow::{End, Flow, Ports, ports_told};
use super::world::{Object, World};
use super::{exposure, hidden};
use covered::Others;
use emit::Head;
use rules::Rules;
use selector::Selected;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// As many clients are named in one sentence.
const MOST_NAMES: usize = 12;

/// What was made.
#[derive(Debug, Clone)]
pub struct Synthesis {
    /// NetworkPolicies in the order of their namespaces, each namespace's own ones first.
    pub policies: Vec<Value>,
    /// Which egress rules of which policies are about the API server, whom they cannot name, by the places of both.
    pub api_server: BTreeMap<usize, BTreeSet<usize>>,
    /// What has to pass, in a stable order, name resolution aside.
    pub flows: Vec<Flow>,
    /// The rules that nothing shows, a sentence each.
    pub assumed: Vec<String>,
    /// What a person should know, a sentence each.
    pub notes: Vec<String>,
    /// What became of the flows that were observed, a sentence each.
    pub observed: Vec<String>,
    /// The namespaces for which none are given, each with why: a server would not take them, or they would not do what they are
    /// for, which is a bug.
    pub unfit: BTreeMap<String, String>,
    /// The workloads that policies are made for, by their places in the world.
    pub managed: BTreeSet<usize>,
    /// Those of them whose pods have to get [`OWN_LABEL`] first, with its value.
    pub labels: BTreeMap<usize, String>,
}

/// As many faults of a namespace, and denials of the cluster, are told one by one.
const MOST_FAULTS: usize = 5;

/// The policies for the workloads of a world. The evaluator judges them before anybody sees them: where something would be cut
/// off that has to pass, the namespace gets none.
pub fn synthesize(world: &World, options: &Options) -> Synthesis {
    let directory = Directory::of(world, &options.cluster_domain);
    let edges = edges::of(world, &directory, options);
    let mut notes = edges.notes;
    let mut flows = edges.flows;
    let (exposed, open, told) = exposure::flows(world, &directory, options);
    flows.extend(exposed);
    notes.extend(told);
    flows.extend(probes::flows(world, options));
    let known = hidden::Known {
        flows: &flows,
        open: &open.into_iter().collect(),
        named: &edges.named,
        incomplete: &edges.incomplete,
    };
    let assumed = hidden::flows(world, &directory, &known, options.compat_service_port);
    flows.extend(assumed);
    // What is assumed does not go by it: a listing need not show all.
    flows.extend(observed::flows(&options.observed));
    let about = |at: &usize| options.is_about(&world.workloads[*at].namespace);
    let mut managed: BTreeSet<usize> =
        (0..world.workloads.len()).filter(about).filter(|at| is_managed(world, *at, &mut notes)).collect();
    let mut unfit = raw::namespaces(world, &managed);
    managed.retain(|at| !unfit.contains_key(&world.workloads[*at].namespace));
    let is_raw = |end: &End| matches!(end, End::Workload(at) if raw::fault(&world.workloads[*at]).is_some());
    flows.retain(|flow| !is_raw(&flow.from) && !is_raw(&flow.to));
    // Of the pods of the cluster itself nothing is assumed.
    let concerns = |end: &End| matches!(end, End::Workload(at) if managed.contains(at));
    flows.retain(|flow| !flow.assumed || !options.strict && (concerns(&flow.from) || concerns(&flow.to)));
    flows.retain(|flow| is_about(flow, world, options));
    flows.sort();
    flows.dedup();
    observed::prove(&mut flows, &options.observed);
    let mut observed = observed::notes(world, options);
    if options.observed_only {
        let told = told_assumed(world, &flows, &managed);
        observed.extend(told.into_iter().map(|rule| format!("not observed, so left out: {rule}")));
        flows.retain(|flow| !flow.assumed);
    }

    let others = Others::of(world, options);
    if let Some(others) = &others {
        flows.retain(|flow| {
            let policy = others.decides(world, flow);
            notes.extend(policy.map(|policy| {
                format!("NetworkPolicy {policy} says who calls {}: it is not widened for callers from anywhere, nor for what is only assumed", flow.to.told(world))
            }));
            policy.is_none()
        });
    }
    let (wanted, more) = rules::of(world, &flows, &managed);
    notes.extend(more);
    let selectors = selector::all(world);
    // What others allow already is left out.
    let lacking = others.as_ref().map(|others| {
        let mut lacking = wanted.clone();
        managed.iter().for_each(|at| others.leave_out(*at, &mut lacking[*at]));
        lacking
    });
    let rules = lacking.as_ref().unwrap_or(&wanted);
    let making = Making { world, selectors: &selectors, rules, others: others.as_ref(), options };
    let labelled = labelled(world, &selectors);
    let (policies, api_server, denied) = loop {
        let mut told = BTreeSet::new();
        let (policies, api_server) = making.all(&managed, &mut told);
        let (world, selectors) = (&*labelled, &selectors[..]);
        let case =
            verify::Case { world, policies: &policies, flows: &flows, rules: &wanted, selectors, managed: &managed };
        let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for fault in verify::faults(&case, options) {
            faults.entry(fault.namespace).or_default().push(fault.text);
        }
        let before = managed.len();
        let denied = if faults.is_empty() { verify::denied(&case) } else { Vec::new() };
        managed.retain(|at| !faults.contains_key(&world.workloads[*at].namespace));
        unfit.extend(faults.into_iter().map(|(namespace, faults)| {
            let why =
                format!("no policies are given for namespace {namespace}, as they would not fit: {}", first(&faults));
            (namespace, why)
        }));
        // What is left is judged again; a fault that belongs to nobody left stays told.
        if managed.len() == before {
            notes.extend(told);
            break (policies, api_server, denied);
        }
    };
    if !denied.is_empty() {
        notes.insert(format!("policies for the whole cluster cut off what has to pass: {}", first(&denied)));
    }
    let theirs = |object: &&Object| object.namespace.as_deref().is_none_or(|name| options.is_about(name));
    for object in world.objects.iter().filter(theirs).filter(|object| is_changed_by_hand(object)) {
        notes.insert(format!(
            "{} was changed by hand: it stays as it is, and what it allows is left out of what is made; to have it made anew, delete it",
            object.identity
        ));
    }
    notes.extend(silent::notes(world, &flows, &managed));
    let assumed = told_assumed(world, &flows, &managed);
    let needs =
        |at: &usize| selectors[*at].needs_label && !(rules[*at].ingress.is_empty() && rules[*at].egress.is_empty());
    let label = |at: usize| (at, selector::label_value(&world.workloads[at].name));
    let labels = managed.iter().copied().filter(needs).map(label).collect();
    Synthesis {
        policies,
        api_server,
        flows,
        assumed,
        notes: notes.into_iter().collect(),
        observed,
        managed,
        labels,
        unfit,
    }
}

/// The first of some sentences.
fn first(sentences: &[String]) -> String {
    let mut told = sentences.iter().take(MOST_FAULTS).cloned().collect::<Vec<_>>().join("; ");
    if sentences.len() > MOST_FAULTS {
        told.push_str(&format!("; and {} more", sentences.len() - MOST_FAULTS));
    }
    told
}

/// Whether a flow goes from or to a namespace for which policies are made.
fn is_about(flow: &Flow, world: &World, options: &Options) -> bool {
    let within = |end: &End| match end {
        End::Workload(at) => options.is_about(&world.workloads[*at].namespace),
        End::Pods { namespace, .. } => options.is_about(namespace),
        _ => false,
    };
    within(&flow.from) || within(&flow.to)
}

/// What is assumed, a sentence for each destination and reason.
fn told_assumed(world: &World, flows: &[Flow], managed: &BTreeSet<usize>) -> Vec<String> {
    let mut clients: BTreeMap<(&End, &Ports, &str), Vec<&End>> = BTreeMap::new();
    let counts = |end: &End| !matches!(end, End::Workload(at) if !managed.contains(at));
    for flow in flows.iter().filter(|flow| flow.assumed && (counts(&flow.from) || counts(&flow.to))) {
        clients.entry((&flow.to, &flow.ports, &flow.why)).or_default().push(&flow.from);
    }
    let told = |((to, ports, why), from): ((&End, &Ports, &str), Vec<&End>)| {
        let mut names: Vec<String> = from.iter().take(MOST_NAMES).map(|end| end.told(world)).collect();
        if from.len() > MOST_NAMES {
            names.push(format!("{} more", from.len() - MOST_NAMES));
        }
        format!("to {}, {}, from {}: {why}", to.told(world), ports_told(ports), names.join(", "))
    };
    clients.into_iter().map(told).collect()
}

/// The world in which pods have the labels that they are to get.
fn labelled<'w>(world: &'w World, selectors: &[Selected]) -> Cow<'w, World> {
    let mut world = Cow::Borrowed(world);
    for (at, _) in selectors.iter().enumerate().filter(|(_, selected)| selected.needs_label) {
        let workload = &mut world.to_mut().workloads[at];
        let value = selector::label_value(&workload.name);
        workload.labels.insert(selector::OWN_LABEL.to_owned(), value);
    }
    world
}

/// Whether policies are made for a workload.
fn is_managed(world: &World, at: usize, notes: &mut BTreeSet<String>) -> bool {
    let workload = &world.workloads[at];
    let end = || End::Workload(at).told(world);
    if is_system(&workload.namespace) {
        let namespace = &workload.namespace;
        notes.insert(format!(
            "namespace {namespace} belongs to the cluster: all depend on it, so no policy is made there"
        ));
        return false;
    }
    if workload.host_network {
        notes.insert(format!(
            "{} uses the network of its node, where no policy is sure to hold, so it gets none",
            end()
        ));
        return false;
    }
    let containers = world.template(workload).pointer("/spec/containers").and_then(Value::as_array);
    if containers.is_none_or(Vec::is_empty) {
        notes.insert(format!("{} has no containers (a patch?), so it gets no policy", end()));
        return false;
    }
    true
}

/// Whether a namespace belongs to the cluster itself: no policies are made there.
pub fn is_system(namespace: &str) -> bool {
    namespace.starts_with("kube-") || namespace.starts_with("openshift-") || namespace == "openshift"
}

/// Policies, and for some of them the places of their egress rules about the API server.
type Made = (Vec<Value>, BTreeMap<usize, BTreeSet<usize>>);

struct Making<'m, 'w> {
    world: &'w World,
    selectors: &'m [Selected],
    rules: &'m [Rules],
    others: Option<&'m Others<'w>>,
    options: &'m Options,
}

impl Making<'_, '_> {
    /// The policies, and which of their rules are about the API server.
    fn all(&self, managed: &BTreeSet<usize>, notes: &mut BTreeSet<String>) -> Made {
        let mut made = Made::default();
        for namespace in self.world.namespaces.keys() {
            let members: Vec<usize> = self.world.workloads_in(namespace).filter(|at| managed.contains(at)).collect();
            if !members.is_empty() {
                self.of_namespace(namespace, &members, &mut made, notes);
            }
        }
        made
    }

    fn of_namespace(
        &self,
        namespace: &str,
        members: &[usize],
        (policies, api_server): &mut Made,
        notes: &mut BTreeSet<String>,
    ) {
        let mut taken: BTreeSet<String> =
            self.others.into_iter().flat_map(|others| others.names(namespace)).map(str::to_owned).collect();
        let stated = |at: &usize| self.world.objects[self.world.workloads[*at].object].identity.namespace.is_some();
        let stated = namespace != super::world::DEFAULT_NAMESPACE || members.iter().all(stated);
        if !self.others.is_some_and(|others| others.deny(namespace)) {
            let name = free("default-deny", "all-pods", &mut taken);
            policies.push(emit::default_deny(&Head { namespace, stated, name: &name }));
        }
        if !self.others.is_some_and(|others| others.resolve(self.world, namespace)) {
            let name = free("allow-dns", "all-pods", &mut taken);
            policies.push(emit::allow_dns(&Head { namespace, stated, name: &name }, self.options));
        }
        for at in members.iter().copied() {
            let (workload, selected) = (&self.world.workloads[at], &self.selectors[at]);
            let rules = &self.rules[at];
            if rules.ingress.is_empty() && rules.egress.is_empty() {
                continue;
            }
            let end = End::Workload(at).told(self.world);
            if selected.needs_label {
                notes.insert(format!(
                    "{end} has pods without labels: add the label {}={:?} to its pod template, or its policy selects nothing",
                    selector::OWN_LABEL, selector::label_value(&workload.name)
                ));
            }
            if !selected.shared.is_empty() {
                let others: Vec<String> =
                    selected.shared.iter().take(3).map(|other| End::Workload(*other).told(self.world)).collect();
                notes.insert(format!(
                    "{end} has no label that tells its pods from those of {}: they share what is allowed",
                    others.join(", ")
                ));
            }
            let kind = workload.kind.to_ascii_lowercase();
            let name = free(&policy_name(&workload.name, &kind), &kind, &mut taken);
            let head = Head { namespace, stated, name: &name };
            let (policy, about) = emit::of_workload(&head, self.world, self.selectors, at, rules);
            if !about.is_empty() {
                api_server.insert(policies.len(), about);
            }
            policies.push(policy);
        }
    }
}

/// A workload's name as that of a policy, a DNS subdomain name (RFC 1123): a `generateName` ends with a dash, and the text of a
/// template may hold anything. `kind` is for one without a name.
fn policy_name(name: &str, kind: &str) -> String {
    let mut told = String::new();
    for letter in name.to_ascii_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' | '.' | '-' => told.push(letter),
            _ if told.ends_with('-') => {}
            _ => told.push('-'),
        }
    }
    let told = told.trim_matches(['-', '.']);
    if told.is_empty() { kind.to_owned() } else { told.to_owned() }
}

/// A name that no other policy of the namespace has.
fn free(name: &str, addition: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{addition}-{number}"));
    let mut names = [name.to_owned(), format!("{name}-{addition}")].into_iter().chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}
