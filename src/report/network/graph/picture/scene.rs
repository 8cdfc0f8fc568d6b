//! What a picture shows: the nodes of a graph where they are seen, and the flows by where they arrive.

use super::super::{Arrow, Graph, Node};
use super::bundle::{Called, bundles};
use super::text::broken;
use std::collections::{BTreeMap, BTreeSet};

/// As long as a line of a name is, in characters.
const NAME: usize = 30;
/// As long as a line of ports is.
const PORTS: usize = 26;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Of a namespace.
    Inner,
    /// Of none, and it calls.
    Caller,
    /// Of none, and it is called.
    Called,
    /// A knot of flows.
    Hub,
}

/// Something with a place.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) sort: Sort,
    /// The namespace it stands by, by its place among the bands.
    pub(super) band: usize,
    pub(super) name: Vec<String>,
    pub(super) kind: String,
    /// Its whole name.
    pub(super) told: String,
    /// Flows to itself.
    pub(super) loops: Vec<Loop>,
}

/// A flow from an item to itself.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    pub(super) assumed: bool,
    pub(super) ports: Vec<String>,
    pub(super) title: String,
}

/// Where flows arrive: the same ports of one item, known in the same way.
#[derive(Debug, Clone)]
pub(super) struct Socket {
    pub(super) to: usize,
    pub(super) assumed: bool,
    /// Empty for a hub.
    pub(super) ports: Vec<String>,
    /// Each line says who calls, and how that is known.
    pub(super) title: String,
}

/// All that is shown.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// The namespaces.
    pub(super) bands: Vec<String>,
    pub(super) items: Vec<Item>,
    pub(super) sockets: Vec<Socket>,
    /// Who calls, and where it arrives. Nobody calls himself here.
    pub(super) lines: BTreeSet<(usize, usize)>,
}

/// An end with its ports.
type Key = (usize, bool, String);

impl Scene {
    /// The scene of a graph.
    pub(super) fn of(graph: &Graph) -> Self {
        let names: BTreeSet<&str> = graph.nodes.iter().filter_map(|node| node.namespace.as_deref()).collect();
        let mut scene = Self { bands: names.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() };
        if graph.nodes.iter().all(|node| node.namespace.is_none()) {
            scene.bands.push(String::new());
        }
        let band = |node: &Node| names.iter().position(|name| Some(*name) == node.namespace.as_deref());
        let mut seen: BTreeMap<(usize, Sort, usize), usize> = BTreeMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            if let Some(band) = band(node) {
                seen.insert((at, Sort::Inner, band), scene.add(node, Sort::Inner, band));
            }
        }
        let mut called: BTreeMap<(Key, usize), Called<Key>> = BTreeMap::new();
        let mut told: BTreeMap<Key, BTreeMap<usize, String>> = BTreeMap::new();
        for arrow in &graph.arrows {
            let ends = [(arrow.from, Sort::Caller, arrow.to), (arrow.to, Sort::Called, arrow.from)];
            // Who is in no namespace stands by each namespace that it has to do with.
            let [from, to] = ends.map(|(at, sort, other)| {
                let node = &graph.nodes[at];
                let (sort, band) = match band(node) {
                    Some(own) => (Sort::Inner, own),
                    None => (sort, band(&graph.nodes[other]).unwrap_or_default()),
                };
                *seen.entry((at, sort, band)).or_insert_with(|| scene.add(node, sort, band))
            });
            if from == to {
                scene.items[to].loops.push(self_call(arrow));
                continue;
            }
            let key = (to, arrow.assumed, arrow.ports.clone());
            let line = format!("{}: {}", scene.items[from].told, arrow.why.join("; "));
            told.entry(key.clone()).or_default().insert(from, line);
            // A crowd is of one namespace, and its flows are all known or all assumed.
            let of = scene.items[from].band;
            let group = ((usize::from(scene.items[to].band == of), arrow.assumed, String::new()), of);
            called.entry(group).or_default().entry(key).or_insert((to, BTreeSet::new())).1.insert(from);
        }
        for (((within, assumed, _), of), mut called) in called {
            let crowds = if assumed && within == 1 { bundles(&mut called) } else { Vec::new() };
            for crowd in crowds {
                let hub = scene.hub(of);
                let title = "each that leads here may call each that this leads to, but itself";
                let joint = scene.socket((hub, true, String::new()), title.to_owned());
                scene.lines.extend(crowd.from.iter().map(|from| (*from, joint)));
                for key in crowd.to.into_keys() {
                    let socket = scene.arrival(key, &crowd.from, &told);
                    scene.lines.insert((hub, socket));
                }
            }
            for (key, (_, from)) in called {
                let socket = scene.arrival(key, &from, &told);
                scene.lines.extend(from.into_iter().map(|from| (from, socket)));
            }
        }
        scene
    }

    fn add(&mut self, node: &Node, sort: Sort, band: usize) -> usize {
        let name = if node.name.is_empty() { "(no name)" } else { &node.name };
        let (name, kind, told) = (broken(name, NAME), node.kind.clone(), node.told());
        self.items.push(Item { sort, band, name, kind, told, loops: Vec::new() });
        self.items.len() - 1
    }

    fn hub(&mut self, band: usize) -> usize {
        let (name, kind, told, loops) = Default::default();
        self.items.push(Item { sort: Sort::Hub, band, name, kind, told, loops });
        self.items.len() - 1
    }

    fn socket(&mut self, (to, assumed, ports): Key, title: String) -> usize {
        let ports = if ports.is_empty() { Vec::new() } else { broken(&ports, PORTS) };
        self.sockets.push(Socket { to, assumed, ports, title });
        self.sockets.len() - 1
    }

    /// Where the flows of a key from these callers arrive, with all that is known of them.
    fn arrival(&mut self, key: Key, from: &BTreeSet<usize>, told: &BTreeMap<Key, BTreeMap<usize, String>>) -> usize {
        let to = &self.items[key.0].told;
        let word = if key.1 { " (assumed)" } else { "" };
        let lines: Vec<&str> = match told.get(&key) {
            Some(told) => from.iter().filter_map(|caller| told.get(caller)).map(String::as_str).collect(),
            None => Vec::new(),
        };
        let title = format!("to {to}, {}{word}\n{}", key.2, lines.join("\n"));
        self.socket(key, title)
    }

    /// Who an item calls or is called by.
    pub(super) fn is_alone(&self) -> Vec<bool> {
        let mut alone = vec![true; self.items.len()];
        for (from, socket) in &self.lines {
            alone[*from] = false;
            alone[self.sockets[*socket].to] = false;
        }
        alone
    }
}

fn self_call(arrow: &Arrow) -> Loop {
    let word = if arrow.assumed { " (assumed)" } else { "" };
    let title = format!("to itself, {}{word}\n{}", arrow.ports, arrow.why.join("\n"));
    Loop { assumed: arrow.assumed, ports: broken(&arrow.ports, PORTS), title }
}
