//! Flows as a graph: what it is made of, and how it is shown.

mod dot;
mod picture;

pub use dot::dot;
pub use picture::svg;

use crate::network::flow::{End, Flow, Ports, ports_told};
use crate::network::world::World;
use crate::report::{aligned, shown};
use std::collections::{BTreeMap, BTreeSet};

/// One end of flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its namespace; `None` for what is in none.
    pub namespace: Option<String>,
    /// What it is called there.
    pub name: String,
    /// Its kind; empty for what is no workload.
    pub kind: String,
}

/// All flows from one node to another that are known in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The place of the source among the nodes.
    pub from: usize,
    /// The place of the destination among the nodes.
    pub to: usize,
    /// The ports, for people.
    pub ports: String,
    /// How it is known.
    pub why: Vec<String>,
    /// Whether nothing shows it.
    pub assumed: bool,
}

/// Who has to talk to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The nodes: those of namespaces first, in the order of their names.
    pub nodes: Vec<Node>,
    /// The arrows, in the order of their nodes.
    pub arrows: Vec<Arrow>,
}

impl Graph {
    /// The graph of some flows; workloads that take part in none are there, too, in the namespaces that are asked about.
    pub fn of(world: &World, flows: &[Flow], is_about: impl Fn(&str) -> bool) -> Self {
        let asked = (0..world.workloads.len()).filter(|at| is_about(&world.workloads[*at].namespace));
        let workloads = asked.map(End::Workload);
        let mut ends: BTreeSet<(bool, End, String)> = workloads.map(|end| (false, end, String::new())).collect();
        // All pods of a namespace are a node of that namespace.
        let own = |flow: &Flow| match (&flow.from, &flow.to) {
            (End::Workload(at), End::Siblings) | (End::Siblings, End::Workload(at)) => {
                world.workloads[*at].namespace.clone()
            }
            _ => String::new(),
        };
        let key = |end: &End, flow: &Flow| {
            let more = if *end == End::Siblings { own(flow) } else { String::new() };
            (!matches!(end, End::Workload(_)), end.clone(), more)
        };
        let callee = |flow: &Flow| match flow.callee() {
            Some(callee) => (true, flow.to.clone(), callee.to_owned()),
            None => key(&flow.to, flow),
        };
        for flow in flows {
            ends.insert(key(&flow.from, flow));
            ends.insert(callee(flow));
        }
        let places: BTreeMap<&(bool, End, String), usize> =
            ends.iter().enumerate().map(|(at, end)| (end, at)).collect();
        let mut grouped: BTreeMap<(usize, usize, bool), Group<'_>> = BTreeMap::new();
        for flow in flows {
            let (from, to) = (places[&key(&flow.from, flow)], places[&callee(flow)]);
            let group = grouped.entry((from, to, flow.assumed)).or_default();
            group.all_ports |= flow.ports.is_empty();
            group.ports.extend(flow.ports.iter().cloned());
            group.why.insert(&flow.why);
        }
        let arrow = |((from, to, assumed), group): (_, Group<'_>)| {
            let ports = if group.all_ports { Ports::new() } else { group.ports };
            let why = group.why.into_iter().map(str::to_owned).collect();
            Arrow { from, to, ports: ports_told(&ports), why, assumed }
        };
        Self {
            arrows: grouped.into_iter().map(arrow).collect(),
            nodes: ends.iter().map(|end| node(world, end)).collect(),
        }
    }
}

/// The flows that become one arrow.
#[derive(Default)]
struct Group<'f> {
    all_ports: bool,
    ports: Ports,
    why: BTreeSet<&'f str>,
}

fn node(world: &World, (_, end, more): &(bool, End, String)) -> Node {
    match end {
        End::Workload(at) => {
            let workload = &world.workloads[*at];
            let (namespace, name) = (Some(workload.namespace.clone()), workload.name.clone());
            Node { namespace, name, kind: workload.kind.clone() }
        }
        End::Siblings => Node { namespace: Some(more.clone()), name: "all pods".to_owned(), kind: String::new() },
        End::ApiServer | End::Anyone if !more.is_empty() => {
            Node { namespace: None, name: format!("{more}, at any address"), kind: String::new() }
        }
        other => Node { namespace: None, name: other.told(world), kind: String::new() },
    }
}

impl Node {
    /// `Deployment shop/web`, or what it is called.
    fn told(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name).trim().to_owned(),
            None => self.name.clone(),
        }
    }
}

/// One line a flow, in columns.
pub fn table(graph: &Graph) -> String {
    let mut rows = vec![["FROM", "TO", "PORTS", "KNOWN BY"].map(str::to_owned)];
    rows.extend(graph.arrows.iter().map(|arrow| {
        let end = |at: usize| shown(&graph.nodes[at].told()).into_owned();
        let why = shown(&arrow.why.join("; ")).into_owned();
        let why = if arrow.assumed { format!("assumed: {why}") } else { why };
        [end(arrow.from), end(arrow.to), arrow.ports.clone(), why]
    }));
    if rows.len() == 1 { String::new() } else { aligned(&rows) }
}
