//! Items and lanes in columns: a flow that passes a column has a lane there. Their order in a column is such that few flows
//! cross.

use super::scene::Scene;
use std::collections::{BTreeMap, BTreeSet};

/// How often the columns are put in order.
const SWEEPS: usize = 16;

/// An item or a lane.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) band: usize,
    pub(super) rank: usize,
    /// `None` for a lane.
    pub(super) item: Option<usize>,
}

/// What stands in which column, and what leads from one to the next.
#[derive(Debug, Default)]
pub(super) struct Mesh {
    /// The first are the items.
    pub(super) cells: Vec<Cell>,
    /// By band and rank, from top to bottom.
    pub(super) columns: BTreeMap<(usize, usize), Vec<usize>>,
    /// The cell in a column, the cell in the next one, and the socket that the flow is on the way to.
    pub(super) segments: BTreeSet<(usize, usize, usize)>,
    /// The flows between items of one column.
    pub(super) arcs: BTreeSet<(usize, usize)>,
}

impl Mesh {
    /// The mesh of a scene whose items have columns. Items that are alone stand in none.
    pub(super) fn of(scene: &Scene, ranks: &[usize]) -> Self {
        let mut mesh = Self::default();
        for (at, (item, rank)) in scene.items.iter().zip(ranks).enumerate() {
            mesh.cells.push(Cell { band: item.band, rank: *rank, item: Some(at) });
        }
        let mut lanes: BTreeMap<(usize, usize, bool), usize> = BTreeMap::new();
        for (from, socket) in &scene.lines {
            let to = scene.sockets[*socket].to;
            let (first, last) = (ranks[*from], ranks[to]);
            if first == last {
                mesh.arcs.insert((*from, *socket));
                continue;
            }
            let forward = first < last;
            let between: Vec<usize> = match forward {
                true => (first + 1..last).collect(),
                false => (last + 1..first).rev().collect(),
            };
            let mut before = *from;
            for rank in between {
                // Flows to the same socket share their lanes.
                let lane = *lanes.entry((*socket, rank, forward)).or_insert_with(|| {
                    mesh.cells.push(Cell { band: scene.items[to].band, rank, item: None });
                    mesh.cells.len() - 1
                });
                mesh.join(before, lane, *socket, forward);
                before = lane;
            }
            mesh.join(before, to, *socket, forward);
        }
        let alone = scene.is_alone();
        for (at, cell) in mesh.cells.iter().enumerate() {
            if cell.item.is_none_or(|item| !alone[item]) {
                mesh.columns.entry((cell.band, cell.rank)).or_default().push(at);
            }
        }
        mesh.untangle();
        mesh
    }

    fn join(&mut self, one: usize, two: usize, socket: usize, forward: bool) {
        let (left, right) = if forward { (one, two) } else { (two, one) };
        self.segments.insert((left, right, socket));
    }

    /// Put each column in the order of what it is joined with, from left to right and back, and keep the best.
    fn untangle(&mut self) {
        let mut joined: [Vec<Vec<usize>>; 2] = [vec![Vec::new(); self.cells.len()], vec![Vec::new(); self.cells.len()]];
        for (left, right, _) in &self.segments {
            joined[0][*right].push(*left);
            joined[1][*left].push(*right);
        }
        let mut best = (self.crossings(), self.columns.clone());
        let mut ranks: Vec<usize> = self.columns.keys().map(|(_, rank)| *rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        for sweep in 0..SWEEPS {
            let neighbours = &joined[sweep % 2];
            let way: Vec<usize> = if sweep % 2 == 0 { ranks.clone() } else { ranks.iter().rev().copied().collect() };
            for rank in way {
                let places = self.places();
                let wish = |cell: &usize| {
                    let near = &neighbours[*cell];
                    let sum: f64 = near.iter().map(|other| places[*other]).sum();
                    if near.is_empty() { places[*cell] } else { sum / near.len() as f64 }
                };
                for ((_, _), column) in self.columns.iter_mut().filter(|((_, of), _)| *of == rank) {
                    column.sort_by(|one, two| wish(one).total_cmp(&wish(two)));
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    /// Where each cell is in its column, all bands one below the other; columns of different lengths can be compared.
    fn places(&self) -> Vec<f64> {
        let mut places = vec![0.0; self.cells.len()];
        for ((band, _), column) in &self.columns {
            for (at, cell) in column.iter().enumerate() {
                places[*cell] = *band as f64 + (at as f64 + 0.5) / column.len() as f64;
            }
        }
        places
    }

    /// How many pairs of segments cross.
    fn crossings(&self) -> usize {
        let mut above: BTreeMap<usize, usize> = BTreeMap::new();
        let mut order = vec![0; self.cells.len()];
        for ((_, rank), column) in &self.columns {
            let next = above.entry(*rank).or_default();
            for cell in column {
                order[*cell] = *next;
                *next += 1;
            }
        }
        let mut gaps: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (left, right, _) in &self.segments {
            gaps.entry(self.cells[*left].rank).or_default().push((order[*left], order[*right]));
        }
        gaps.into_values().map(inversions).sum()
    }
}

/// How many pairs of segments, each from a place to a place, are in another order at their ends than at their beginnings.
fn inversions(mut ends: Vec<(usize, usize)>) -> usize {
    ends.sort_unstable();
    let size = ends.iter().map(|(_, to)| *to).max().unwrap_or_default() + 2;
    // A Fenwick tree counts those that have ended, by their ends.
    let (mut tree, mut crossings) = (vec![0_usize; size + 1], 0);
    for (before, (_, to)) in ends.into_iter().enumerate() {
        let (mut at, mut not_below) = (to + 1, 0);
        while at > 0 {
            not_below += tree[at];
            at &= at - 1;
        }
        crossings += before - not_below;
        let mut at = to + 1;
        while at <= size {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn pairs_that_cross_are_counted() {
        assert_eq!(inversions(vec![(0, 0), (1, 1), (2, 2)]), 0);
        assert_eq!(inversions(vec![(0, 2), (1, 1), (2, 0)]), 3);
        assert_eq!(inversions(vec![(0, 0), (0, 1), (1, 0), (1, 1)]), 1);
        assert_eq!(inversions(Vec::new()), 0);
    }
}
