//! How large items and the words at their sides are, in pixels.

use super::mesh::Mesh;
use super::scene::{Item, Scene, Sort};
use super::text::width;
use std::collections::{BTreeMap, BTreeSet};

/// From one line of a name to the next.
pub(super) const LINE: f64 = 17.0;
/// From one line of ports to the next.
pub(super) const PORTS_LINE: f64 = 13.0;
/// The sizes of letters: names, and what is smaller.
pub(super) const LETTERS: f64 = 13.0;
pub(super) const SMALL: f64 = 11.0;
/// Half of a knot's width.
pub(super) const HUB: f64 = 8.0;
/// How far a flow of an item to itself hangs below it.
const LOOP: f64 = 20.0;
/// From one flow at a side to the next.
const APART: f64 = 12.0;

/// A side of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// What a flow has at the side of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// It begins there, and is assumed or not.
    Out(bool),
    /// It arrives at a socket.
    In(usize),
}

/// What is joined to a side, with the other ends.
pub(super) type Slots = BTreeMap<Slot, BTreeSet<usize>>;

impl Slot {
    /// What a flow to a socket has at an item that it begins or arrives at.
    pub(super) fn of(scene: &Scene, item: usize, socket: usize) -> Self {
        let arrives = scene.sockets[socket].to == item;
        if arrives { Self::In(socket) } else { Self::Out(scene.sockets[socket].assumed) }
    }
}

/// Sizes of all items.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) widths: Vec<f64>,
    pub(super) heights: Vec<f64>,
    /// What hangs below each.
    pub(super) below: Vec<f64>,
    pub(super) slots: BTreeMap<(usize, Side), Slots>,
}

impl Sizes {
    /// The sizes of the items of a scene; the mesh tells on which side flows begin and arrive.
    pub(super) fn of(scene: &Scene, mesh: &Mesh) -> Self {
        let mut slots: BTreeMap<(usize, Side), Slots> = BTreeMap::new();
        let mut note = |item, side, socket, other| {
            slots.entry((item, side)).or_default().entry(socket).or_default().insert(other);
        };
        for (left, right, socket) in &mesh.segments {
            for (cell, side, other) in [(*left, Side::Right, *right), (*right, Side::Left, *left)] {
                if let Some(item) = mesh.cells[cell].item {
                    note(item, side, Slot::of(scene, item, *socket), other);
                }
            }
        }
        for (from, socket) in &mesh.arcs {
            let to = scene.sockets[*socket].to;
            note(*from, Side::Right, Slot::of(scene, *from, *socket), to);
            note(to, Side::Right, Slot::In(*socket), *from);
        }
        let mut sizes = Self { widths: Vec::new(), heights: Vec::new(), below: Vec::new(), slots };
        for (at, item) in scene.items.iter().enumerate() {
            let (wide, high) = own(item);
            let sides = [Side::Left, Side::Right].map(|side| sizes.slots.get(&(at, side)));
            let needs = sides.map(|slots| {
                let offsets = offsets(scene, slots.into_iter().flatten().map(|(slot, _)| *slot));
                offsets.last().map_or(0.0, |last| last + 2.0 * APART)
            });
            sizes.widths.push(wide);
            sizes.heights.push(if item.sort == Sort::Hub { high } else { needs.into_iter().fold(high, f64::max) });
            sizes.below.push(item.loops.iter().map(|one| LOOP + one.ports.len() as f64 * PORTS_LINE).sum());
        }
        sizes
    }

    /// How wide the words at a side of an item are.
    pub(super) fn words(&self, scene: &Scene, item: usize, side: Side) -> f64 {
        let slots = self.slots.get(&(item, side)).into_iter().flatten();
        let wide = |slot: &Slot| match slot {
            Slot::In(socket) => words_width(&scene.sockets[*socket].ports),
            Slot::Out(_) => 0.0,
        };
        slots.map(|(slot, _)| wide(slot)).fold(0.0, f64::max)
    }
}

/// How wide ports are with the arrow below them.
pub(super) fn words_width(ports: &[String]) -> f64 {
    ports.iter().map(|line| width(line, SMALL)).fold(0.0, f64::max) + 24.0
}

/// How far below the first flow of a side each one is: the ports stand above a flow that arrives.
pub(super) fn offsets(scene: &Scene, slots: impl Iterator<Item = Slot>) -> Vec<f64> {
    let mut at = 0.0;
    let high = |slot: Slot| match slot {
        Slot::In(socket) => scene.sockets[socket].ports.len() as f64 * PORTS_LINE + 8.0,
        Slot::Out(_) => APART,
    };
    let offset = |(place, slot): (usize, Slot)| {
        at += if place == 0 { 0.0 } else { high(slot) };
        at
    };
    slots.enumerate().map(offset).collect()
}

fn own(item: &Item) -> (f64, f64) {
    if item.sort == Sort::Hub {
        return (2.0 * HUB, 2.0 * HUB);
    }
    let names = item.name.iter().map(|line| width(line, LETTERS)).fold(0.0, f64::max);
    let loops = item.loops.iter().flat_map(|one| &one.ports).map(|line| width(line, SMALL) + 20.0);
    let wide = loops.fold(names.max(width(&item.kind, SMALL)) + 24.0, f64::max).max(70.0);
    let high = item.name.len() as f64 * LINE + if item.kind.is_empty() { 13.0 } else { 27.0 };
    (wide.ceil(), high)
}
