//! Where everything stands in a picture: columns by how far a node is from those that nobody calls, a box for each
//! namespace, one below the other.

use super::Graph;
use std::collections::BTreeMap;

/// Width of a node.
pub(super) const WIDTH: usize = 190;
/// Height of a node.
pub(super) const HEIGHT: usize = 38;
/// From one column to the next.
const COLUMN: usize = WIDTH + 90;
/// From one row to the next.
const ROW: usize = HEIGHT + 22;
/// Around the nodes of a box.
const MARGIN: usize = 24;
/// Between boxes and what is in none.
const GAP: usize = 60;
/// The name of a namespace.
const TITLE: usize = 26;

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) y: usize,
    pub(super) height: usize,
}

/// Places in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The upper left corner of each node.
    pub(super) nodes: Vec<(usize, usize)>,
    pub(super) areas: Vec<Area>,
    /// Where boxes begin and how wide they are.
    pub(super) left: usize,
    pub(super) width: usize,
    /// The whole picture.
    pub(super) size: (usize, usize),
}

/// Lay out a graph.
pub(super) fn of(graph: &Graph) -> Layout {
    let inner = |at: usize| graph.nodes[at].namespace.is_some();
    let ranks = ranks(graph);
    let last = (0..graph.nodes.len()).filter(|at| inner(*at)).map(|at| ranks[at]).max().unwrap_or_default();
    let calls = |at: usize| graph.arrows.iter().any(|arrow| arrow.from == at);
    let outer = |calling: bool| (0..graph.nodes.len()).any(|at| !inner(at) && calls(at) == calling);
    let left = if outer(true) { WIDTH + 2 * MARGIN + GAP } else { MARGIN };
    let width = last * COLUMN + WIDTH + 2 * MARGIN;
    let mut nodes = vec![(0, 0); graph.nodes.len()];
    let (mut areas, mut y) = (Vec::new(), MARGIN);
    let mut spaces: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        if let Some(namespace) = &node.namespace {
            spaces.entry(namespace).or_default().push(at);
        }
    }
    for (name, members) in spaces {
        let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
        for at in members {
            let row = rows.entry(ranks[at]).or_default();
            nodes[at] = (left + MARGIN + ranks[at] * COLUMN, y + TITLE + MARGIN / 2 + *row * ROW);
            *row += 1;
        }
        let most = rows.values().max().copied().unwrap_or_default();
        let height = TITLE + MARGIN + most * ROW - (ROW - HEIGHT);
        areas.push(Area { name: name.to_owned(), y, height });
        y += height + MARGIN;
    }
    // Who is in no namespace: callers to the left, the others to the right.
    let mut sides = [MARGIN; 2];
    for at in (0..graph.nodes.len()).filter(|at| !inner(*at)) {
        let side = usize::from(!calls(at));
        nodes[at] = (if side == 0 { MARGIN } else { left + width + GAP }, sides[side]);
        sides[side] += ROW;
    }
    let height = y.max(sides[0]).max(sides[1]);
    let right = if outer(false) { GAP + WIDTH + MARGIN } else { MARGIN };
    Layout { nodes, areas, left, width, size: (left + width + right, height) }
}

/// How far each node is from those that nobody calls, as far as nobody is met twice.
fn ranks(graph: &Graph) -> Vec<usize> {
    let mut ranks = vec![0; graph.nodes.len()];
    let inner = |at: usize| graph.nodes[at].namespace.is_some();
    // What is known gives the order; of what is assumed everybody may call everybody.
    let arrows: Vec<(usize, usize)> = graph
        .arrows
        .iter()
        .filter(|arrow| !arrow.assumed && arrow.from != arrow.to && inner(arrow.from) && inner(arrow.to))
        .map(|arrow| (arrow.from, arrow.to))
        .collect();
    for _ in 0..MOST_COLUMNS {
        for (from, to) in &arrows {
            if ranks[*to] <= ranks[*from] && ranks[*from] + 1 < MOST_COLUMNS {
                ranks[*to] = ranks[*from] + 1;
            }
        }
    }
    ranks
}

/// As many columns a picture has: circles would make it endless.
const MOST_COLUMNS: usize = 8;
