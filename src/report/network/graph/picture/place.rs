//! Where everything stands: columns from left to right, namespaces one below the other, those that have nothing to do with each
//! other side by side.

use super::level::{Wish, level};
use super::mesh::Mesh;
use super::scene::{Scene, Sort};
use super::size::{Side, Sizes};
use std::collections::{BTreeMap, BTreeSet};

/// Around what is in a box, and around boxes.
const MARGIN: f64 = 18.0;
/// The name of a namespace.
const TITLE: f64 = 30.0;
/// Where flows swing from one height to another.
const SWING: f64 = 64.0;
/// Between things in a column.
const GAP: f64 = 20.0;
/// How far flows between items of one column swing out.
pub(super) const ARC: f64 = 34.0;
/// How often heights are made to fit.
const SWEEPS: usize = 10;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where a column begins and ends, and where the words at its sides do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Column {
    pub(super) left: f64,
    pub(super) right: f64,
    /// Left of the words at the left.
    pub(super) before: f64,
    /// Right of those at the right.
    pub(super) behind: f64,
}

/// Places in pixels.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Of each item.
    pub(super) items: Vec<Area>,
    /// The middle of each cell.
    pub(super) middles: Vec<f64>,
    /// Of each cell.
    pub(super) columns: Vec<Column>,
    /// Of each namespace; of no size where it has nothing.
    pub(super) boxes: Vec<Area>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Place all that is in a scene.
pub(super) fn places(scene: &Scene, mesh: &Mesh, sizes: &Sizes, ranks: &[usize]) -> Places {
    let (items, cells) = (scene.items.len(), mesh.cells.len());
    let mut places = Places {
        items: vec![Area::default(); items],
        middles: vec![0.0; cells],
        columns: vec![Column::default(); cells],
        boxes: vec![Area::default(); scene.bands.len()],
        ..Places::default()
    };
    let parts: Vec<Part> =
        together(scene).into_iter().map(|bands| Part::of(scene, mesh, sizes, ranks, bands)).collect();
    // In rows of about the shape of a screen.
    let area: f64 = parts.iter().map(|part| part.width * part.height).sum();
    let widest = parts.iter().map(|part| part.width).fold((area * 1.7).sqrt(), f64::max);
    let (mut x, mut y, mut row) = (0.0, 0.0, 0.0_f64);
    for part in parts {
        if x > 0.0 && x + part.width > widest {
            (x, y, row) = (0.0, y + row, 0.0);
        }
        let (width, height) = (part.width, part.height);
        part.put(&mut places, x, y);
        x += width;
        row = row.max(height);
        places.width = places.width.max(x);
    }
    places.height = y + row;
    places
}

/// The namespaces that flows join, each with those.
fn together(scene: &Scene) -> Vec<Vec<usize>> {
    let mut of: Vec<usize> = (0..scene.bands.len()).collect();
    for (from, socket) in &scene.lines {
        let ends = [*from, scene.sockets[*socket].to].map(|item| of[scene.items[item].band]);
        let (least, other) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        of.iter_mut().filter(|one| **one == other).for_each(|one| *one = least);
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    of.into_iter().enumerate().for_each(|(band, first)| parts.entry(first).or_default().push(band));
    parts.into_values().collect()
}

/// Namespaces that are joined, placed for themselves.
struct Part {
    items: BTreeMap<usize, Area>,
    cells: BTreeMap<usize, (f64, Column)>,
    boxes: BTreeMap<usize, Area>,
    width: f64,
    height: f64,
}

impl Part {
    fn of(scene: &Scene, mesh: &Mesh, sizes: &Sizes, ranks: &[usize], bands: Vec<usize>) -> Self {
        let bands: BTreeSet<usize> = bands.into_iter().collect();
        let alone = scene.is_alone();
        let members: Vec<usize> = (0..scene.items.len()).filter(|at| bands.contains(&scene.items[*at].band)).collect();
        let joined: Vec<usize> = members.iter().copied().filter(|at| !alone[*at]).collect();
        let (columns, mut width) = columns(scene, sizes, ranks, &joined, mesh);
        let (mut items, mut cells, mut boxes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut y = MARGIN;
        for band in bands {
            let heights = heights(mesh, sizes, band);
            let top = heights.iter().map(|(cell, at)| at - up(mesh, sizes, *cell)).fold(f64::MAX, f64::min);
            let floor = heights.iter().map(|(cell, at)| at + down(mesh, sizes, *cell)).fold(f64::MIN, f64::max);
            let begin = y + TITLE + MARGIN / 2.0;
            let mut end = if heights.is_empty() { begin } else { begin + floor - top };
            for (cell, at) in &heights {
                let column = columns.get(&mesh.cells[*cell].rank).copied().unwrap_or_default();
                let middle = (begin + at - top).round();
                cells.insert(*cell, (middle, column));
                if let Some(item) = mesh.cells[*cell].item {
                    let (width, height) = (sizes.widths[item], sizes.heights[item]);
                    items.insert(item, Area { x: column.left, y: middle - height / 2.0, width, height });
                }
            }
            let own = joined.iter().filter(|at| {
                scene.items[**at].band == band && matches!(scene.items[**at].sort, Sort::Inner | Sort::Hub)
            });
            let own: Vec<Column> = own.filter_map(|at| columns.get(&ranks[*at]).copied()).collect();
            let of_band = members.iter().copied().filter(|at| scene.items[*at].band == band);
            let lonely: Vec<usize> = of_band.filter(|at| alone[*at]).collect();
            let name = super::text::width(&scene.bands[band], 13.0) + MARGIN;
            let left = own.iter().map(|column| column.before - MARGIN).reduce(f64::min).unwrap_or(MARGIN);
            let right = own.iter().map(|column| column.behind + MARGIN).reduce(f64::max);
            let widest = lonely.iter().map(|at| sizes.widths[*at]).fold(name, f64::max);
            let spread: f64 = lonely.iter().map(|at| (sizes.widths[*at] + GAP) * (sizes.heights[*at] + GAP)).sum();
            let inner = match right {
                Some(right) => (right - left - 2.0 * MARGIN).max(widest),
                None => (spread * 3.0).sqrt().max(widest),
            };
            // Who has to do with nobody stands in rows.
            let (mut x, mut row) = (left + MARGIN, 0.0_f64);
            let mut at_y = if own.is_empty() { begin } else { end + GAP };
            for at in lonely {
                let (wide, high) = (sizes.widths[at], sizes.heights[at]);
                if x > left + MARGIN && x + wide > left + MARGIN + inner {
                    (x, at_y, row) = (left + MARGIN, at_y + row + GAP, 0.0);
                }
                items.insert(at, Area { x, y: at_y.round(), width: wide, height: high });
                x += wide + GAP;
                row = row.max(high + sizes.below[at]);
                end = end.max(at_y + row);
            }
            let area = Area { x: left, y, width: inner + 2.0 * MARGIN, height: end + MARGIN - y };
            width = width.max(area.x + area.width + MARGIN);
            y += area.height + MARGIN;
            boxes.insert(band, area);
        }
        Self { items, cells, boxes, width, height: y }
    }

    fn put(self, places: &mut Places, x: f64, y: f64) {
        let moved = |area: Area| Area { x: area.x + x, y: area.y + y, ..area };
        self.items.into_iter().for_each(|(at, area)| places.items[at] = moved(area));
        self.boxes.into_iter().for_each(|(at, area)| places.boxes[at] = moved(area));
        for (at, (middle, column)) in self.cells {
            places.middles[at] = middle + y;
            let Column { left, right, before, behind } = column;
            places.columns[at] = Column { left: left + x, right: right + x, before: before + x, behind: behind + x };
        }
    }
}

/// The columns of some items by their ranks, and how wide all are.
fn columns(
    scene: &Scene,
    sizes: &Sizes,
    ranks: &[usize],
    items: &[usize],
    mesh: &Mesh,
) -> (BTreeMap<usize, Column>, f64) {
    let curved: BTreeSet<usize> = mesh.arcs.iter().map(|(from, _)| ranks[*from]).collect();
    let mut needs: BTreeMap<usize, [f64; 3]> = BTreeMap::new();
    for at in items {
        let [before, wide, behind] = needs.entry(ranks[*at]).or_default();
        *before = before.max(sizes.words(scene, *at, Side::Left));
        *wide = wide.max(sizes.widths[*at]);
        *behind = behind.max(sizes.words(scene, *at, Side::Right));
    }
    let (first, last) = (needs.keys().next().copied(), needs.keys().next_back().copied());
    let (mut columns, mut x) = (BTreeMap::new(), 2.0 * MARGIN);
    for rank in first.unwrap_or_default()..=last.unwrap_or_default() {
        let [before, wide, behind] = needs.get(&rank).copied().unwrap_or_default().map(f64::ceil);
        let arc = if curved.contains(&rank) { ARC } else { 0.0 };
        let left = x + before;
        let right = left + wide;
        columns.insert(rank, Column { left, right, before: x, behind: right + behind + arc });
        x = right + behind + arc + SWING;
    }
    (columns, if items.is_empty() { 0.0 } else { x - SWING + 2.0 * MARGIN })
}

fn up(mesh: &Mesh, sizes: &Sizes, cell: usize) -> f64 {
    mesh.cells[cell].item.map_or(3.0, |item| sizes.heights[item] / 2.0)
}

fn down(mesh: &Mesh, sizes: &Sizes, cell: usize) -> f64 {
    mesh.cells[cell].item.map_or(3.0, |item| sizes.heights[item] / 2.0 + sizes.below[item])
}

/// The middles of the cells of a band.
fn heights(mesh: &Mesh, sizes: &Sizes, band: usize) -> BTreeMap<usize, f64> {
    let columns: Vec<&Vec<usize>> = mesh.columns.range((band, 0)..(band + 1, 0)).map(|(_, column)| column).collect();
    let apart = |above: usize, below: usize| {
        let gap = if mesh.cells[above].item.is_some() && mesh.cells[below].item.is_some() { GAP } else { GAP / 2.0 };
        down(mesh, sizes, above) + up(mesh, sizes, below) + gap
    };
    let mut heights: BTreeMap<usize, f64> = BTreeMap::new();
    for column in &columns {
        let mut at = 0.0;
        for (place, cell) in column.iter().enumerate() {
            at += if place == 0 { 0.0 } else { apart(column[place - 1], *cell) };
            heights.insert(*cell, at);
        }
    }
    let mut near: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (left, right, _) in mesh
        .segments
        .iter()
        .filter(|(left, right, _)| mesh.cells[*left].band == band && mesh.cells[*right].band == band)
    {
        near.entry(*left).or_default().push(*right);
        near.entry(*right).or_default().push(*left);
    }
    for sweep in 0..SWEEPS {
        let order: Vec<&&Vec<usize>> =
            if sweep % 2 == 0 { columns.iter().collect() } else { columns.iter().rev().collect() };
        for column in order {
            let wish = |(place, cell): (usize, &usize)| {
                let others = near.get(cell).map(Vec::as_slice).unwrap_or_default();
                let sum: f64 = others.iter().filter_map(|other| heights.get(other)).sum();
                let own = heights.get(cell).copied().unwrap_or_default();
                let (at, weight) = match others.len() {
                    0 => (own, 0.01),
                    number => (sum / number as f64, number as f64),
                };
                Wish { at, weight, apart: if place == 0 { 0.0 } else { apart(column[place - 1], *cell) } }
            };
            let wishes: Vec<Wish> = column.iter().enumerate().map(wish).collect();
            heights.extend(column.iter().copied().zip(level(&wishes)));
        }
    }
    heights
}
