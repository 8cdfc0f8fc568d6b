//! The column of each item: who calls stands left of whom it calls, as far as nobody calls in a circle.

use super::scene::{Scene, Sort};
use std::collections::{BTreeMap, BTreeSet};

/// The columns, the first is 0. What is known decides; what is assumed only where it is not known or assumed the other way round.
pub(super) fn ranks(scene: &Scene) -> Vec<usize> {
    let number = scene.items.len();
    let inner = |at: usize| matches!(scene.items[at].sort, Sort::Inner | Sort::Hub);
    let all = scene.lines.iter().map(|(from, socket)| (*from, &scene.sockets[*socket]));
    let all: Vec<(usize, usize, bool)> = all
        .filter(|(from, socket)| inner(*from) && inner(socket.to))
        .map(|(from, socket)| (from, socket.to, socket.assumed))
        .collect();
    let mut order = Order { next: vec![BTreeSet::new(); number] };
    all.iter().filter(|(_, _, assumed)| !assumed).for_each(|(from, to, _)| order.add(*from, *to));
    // Who leads to a knot stands before it, whatever it leads to.
    let hub = |at: usize| scene.items[at].sort == Sort::Hub;
    let pairs: BTreeSet<(usize, usize)> = all.iter().map(|(from, to, _)| (*from, *to)).collect();
    let first = |from: usize, to: usize| hub(to) || !pairs.contains(&(to, from));
    let assumed = all.iter().filter(|(from, to, assumed)| *assumed && first(*from, *to));
    assumed.for_each(|(from, to, _)| order.add(*from, *to));
    let mut ranks = order.longest();
    gather(&order, &mut ranks);
    // Who is in no namespace stands beside the box.
    let mut ends: BTreeMap<usize, (isize, isize)> = BTreeMap::new();
    for (at, item) in scene.items.iter().enumerate().filter(|(at, _)| inner(*at)) {
        let rank = ranks[at];
        let (first, last) = ends.entry(item.band).or_insert((rank, rank));
        (*first, *last) = ((*first).min(rank), (*last).max(rank));
    }
    for (at, item) in scene.items.iter().enumerate() {
        let (first, last) = ends.get(&item.band).copied().unwrap_or_default();
        match item.sort {
            Sort::Caller => ranks[at] = first - 1,
            Sort::Called => ranks[at] = last + 1,
            Sort::Inner | Sort::Hub => {}
        }
    }
    let least = ranks.iter().min().copied().unwrap_or_default();
    ranks.iter().map(|rank| usize::try_from(rank - least).unwrap_or_default()).collect()
}

/// Who is left of whom, without circles.
struct Order {
    next: Vec<BTreeSet<usize>>,
}

impl Order {
    /// Note that one is left of another, unless that would be a circle.
    fn add(&mut self, from: usize, to: usize) {
        let (mut todo, mut met) = (vec![to], BTreeSet::from([to]));
        while let Some(at) = todo.pop() {
            if at == from {
                return;
            }
            todo.extend(self.next[at].iter().copied().filter(|next| met.insert(*next)));
        }
        self.next[from].insert(to);
    }

    /// For each the length of the longest way to it.
    fn longest(&self) -> Vec<isize> {
        let mut before = vec![0_usize; self.next.len()];
        self.next.iter().flatten().for_each(|to| before[*to] += 1);
        let mut ranks = vec![0; self.next.len()];
        let mut todo: Vec<usize> = (0..self.next.len()).filter(|at| before[*at] == 0).collect();
        while let Some(at) = todo.pop() {
            for to in &self.next[at] {
                ranks[*to] = ranks[*to].max(ranks[at] + 1);
                before[*to] -= 1;
                if before[*to] == 0 {
                    todo.push(*to);
                }
            }
        }
        ranks
    }
}

/// Those that nobody calls stand right before those that they call.
fn gather(order: &Order, ranks: &mut [isize]) {
    let called: BTreeSet<usize> = order.next.iter().flatten().copied().collect();
    for at in (0..ranks.len()).filter(|at| !called.contains(at)) {
        if let Some(least) = order.next[at].iter().map(|to| ranks[*to]).min() {
            ranks[at] = least - 1;
        }
    }
}
