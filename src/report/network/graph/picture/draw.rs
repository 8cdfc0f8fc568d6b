//! What is drawn: boxes, flows with their ports, and nodes.

use super::mesh::Mesh;
use super::place::{ARC, Area, Places};
use super::scene::{Item, Loop, Scene, Sort};
use super::size::{HUB, LETTERS, LINE, PORTS_LINE, Side, Sizes, Slot, offsets};
use super::text::escaped;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// All that is placed, as elements of SVG.
pub(super) fn drawn(scene: &Scene, mesh: &Mesh, sizes: &Sizes, places: &Places) -> String {
    let mut drawing = Drawing { scene, mesh, places, ends: BTreeMap::new(), out: String::new() };
    drawing.find_ends(sizes);
    drawing.all();
    drawing.out
}

pub(super) fn marker(assumed: bool) -> &'static str {
    if assumed { " marker-end=\"url(#tip-assumed)\"" } else { " marker-end=\"url(#tip)\"" }
}

pub(super) fn diamond(x: f64, y: f64) -> String {
    format!("<path d=\"M{} {y}L{x} {}L{} {y}L{x} {}z\"/>", x - HUB, y - HUB, x + HUB, y + HUB)
}

/// A picture that is being drawn.
struct Drawing<'s> {
    scene: &'s Scene,
    mesh: &'s Mesh,
    places: &'s Places,
    /// How high flows begin and arrive at the sides of items.
    ends: BTreeMap<(usize, Side, Slot), f64>,
    out: String,
}

impl Drawing<'_> {
    /// Flows at a side of an item in the order of their other ends.
    fn find_ends(&mut self, sizes: &Sizes) {
        for ((item, side), slots) in &sizes.slots {
            let middle = self.places.middles[*item];
            if self.scene.items[*item].sort == Sort::Hub {
                self.ends.extend(slots.keys().map(|slot| ((*item, *side, *slot), middle)));
                continue;
            }
            let mean = |others: &BTreeSet<usize>| {
                others.iter().map(|other| self.places.middles[*other]).sum::<f64>() / others.len().max(1) as f64
            };
            let mut order: Vec<(f64, Slot)> = slots.iter().map(|(slot, others)| (mean(others), *slot)).collect();
            order.sort_by(|one, two| one.0.total_cmp(&two.0).then(one.1.cmp(&two.1)));
            let offsets = offsets(self.scene, order.iter().map(|(_, slot)| *slot));
            let first = middle - offsets.last().copied().unwrap_or_default() / 2.0;
            let heights = offsets.iter().map(|offset| (first + offset).round());
            self.ends.extend(order.iter().zip(heights).map(|((_, slot), y)| ((*item, *side, *slot), y)));
        }
    }

    fn end(&self, item: usize, side: Side, socket: usize) -> f64 {
        let slot = Slot::of(self.scene, item, socket);
        self.ends.get(&(item, side, slot)).copied().unwrap_or(self.places.middles[item])
    }

    fn all(&mut self) {
        for (name, area) in self.scene.bands.iter().zip(&self.places.boxes).filter(|(name, _)| !name.is_empty()) {
            let _ = writeln!(
                self.out,
                "<rect class=\"space\" {} rx=\"10\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text>",
                rectangle(area),
                area.x + 14.0,
                area.y + 22.0,
                escaped(name)
            );
        }
        let mut paths: BTreeMap<usize, String> = BTreeMap::new();
        for (left, right, socket) in &self.mesh.segments {
            let path = paths.entry(*socket).or_default();
            self.segment(path, *left, *right, *socket);
        }
        for (from, socket) in &self.mesh.arcs {
            let path = paths.entry(*socket).or_default();
            self.arc(path, *from, *socket);
        }
        let mut words = String::new();
        for (socket, path) in paths {
            self.flow(socket, &path, &mut words);
        }
        for (item, area) in self.scene.items.iter().zip(&self.places.items) {
            self.item(item, area);
        }
        self.out.push_str(&words);
    }

    /// A flow from a column to the next: along the lane or from the item, and over.
    fn segment(&self, path: &mut String, left: usize, right: usize, socket: usize) {
        let to = self.scene.sockets[socket].to;
        let (here, next) = (self.places.columns[left], self.places.columns[right]);
        let height = |cell: usize, side| match self.mesh.cells[cell].item {
            Some(item) => self.end(item, side, socket),
            None => self.places.middles[cell],
        };
        let (y, end) = (height(left, Side::Right), height(right, Side::Left));
        // What arrives has its words and its tip there.
        let begin = match self.mesh.cells[left].item {
            Some(item) if item == to => here.behind,
            Some(item) => self.places.items[item].x + self.places.items[item].width,
            None => here.before,
        };
        let stop = match self.mesh.cells[right].item {
            Some(item) if item != to => self.places.items[item].x,
            _ => next.before,
        };
        let half = ((here.behind + next.before) / 2.0).round();
        let _ = write!(path, "M{begin} {y}");
        if begin < here.behind {
            let _ = write!(path, "H{}", here.behind);
        }
        let _ = write!(path, "C{half} {y} {half} {end} {} {end}", next.before);
        if stop > next.before {
            let _ = write!(path, "H{stop}");
        }
    }

    /// A flow between items of one column.
    fn arc(&self, path: &mut String, from: usize, socket: usize) {
        let to = self.scene.sockets[socket].to;
        let (y, end) = (self.end(from, Side::Right, socket), self.end(to, Side::Right, socket));
        let area = self.places.items[from];
        let turn = self.places.columns[from].behind - ARC;
        let out = turn + ARC * 1.3;
        let _ = write!(path, "M{} {y}H{turn}C{out} {y} {out} {end} {turn} {end}", area.x + area.width);
    }

    /// All flows to a socket: how they come, their tip, and their ports.
    fn flow(&mut self, at: usize, path: &str, words: &mut String) {
        let socket = &self.scene.sockets[at];
        let class = if socket.assumed { "flow assumed" } else { "flow" };
        let title = escaped(&socket.title);
        let _ = write!(self.out, "<g class=\"{class}\"><title>{title}</title><path d=\"{path}\"/>");
        let (area, column) = (self.places.items[socket.to], self.places.columns[socket.to]);
        let curved = self.mesh.arcs.iter().any(|(_, other)| *other == at);
        for side in [Side::Left, Side::Right] {
            let Some(y) = self.ends.get(&(socket.to, side, Slot::In(at))) else { continue };
            let (begin, end) = match side {
                Side::Left => (column.before, area.x),
                Side::Right if curved => (column.behind - ARC, area.x + area.width),
                Side::Right => (column.behind, area.x + area.width),
            };
            let _ = write!(self.out, "<path d=\"M{begin} {y}H{end}\"{}/>", marker(socket.assumed));
            let (anchor, x) = match side {
                Side::Left => (" text-anchor=\"end\"", end - 11.0),
                Side::Right => ("", end + 11.0),
            };
            ports(words, (&socket.ports, socket.assumed), (x, *y - 5.0), (anchor, &title));
        }
        self.out.push_str("</g>\n");
    }

    fn item(&mut self, item: &Item, area: &Area) {
        let (x, y) = (area.x, area.y);
        if item.sort == Sort::Hub {
            let middle = (x + HUB, y + HUB);
            let _ = writeln!(self.out, "<g class=\"hub\">{}</g>", diamond(middle.0, middle.1));
            return;
        }
        let is_workload = !item.kind.is_empty();
        let (class, round) = if is_workload { ("node", "6") } else { ("node outer", "16") };
        let _ = write!(
            self.out,
            "<g class=\"{class}\"><title>{}</title><rect {} rx=\"{round}\"/><text>",
            escaped(&item.told),
            rectangle(area)
        );
        let text = item.name.len() as f64 * LINE + if is_workload { 14.0 } else { 0.0 };
        let mut line_y = y + (area.height - text) / 2.0 + LETTERS;
        for line in &item.name {
            let _ = write!(self.out, "<tspan x=\"{}\" y=\"{line_y}\">{}</tspan>", x + 12.0, escaped(line));
            line_y += LINE;
        }
        self.out.push_str("</text>");
        if is_workload {
            let _ = write!(
                self.out,
                "<text class=\"kind\" x=\"{}\" y=\"{}\">{}</text>",
                x + 12.0,
                line_y - 1.0,
                escaped(&item.kind)
            );
        }
        self.out.push_str("</g>\n");
        let mut below = y + area.height;
        for one in &item.loops {
            below = self.own(one, area, below);
        }
    }

    /// A flow of an item to itself, below it.
    fn own(&mut self, one: &Loop, area: &Area, y: f64) -> f64 {
        let class = if one.assumed { "flow assumed" } else { "flow" };
        let (left, right) = (area.x + 14.0, area.x + 44.0);
        let title = escaped(&one.title);
        let _ = write!(
            self.out,
            "<g class=\"{class}\"><title>{title}</title><path d=\"M{right} {y}C{right} {low} {left} {low} {left} {y}\"{}/></g>",
            marker(one.assumed),
            low = y + 22.0
        );
        let lines = one.ports.len() as f64 * PORTS_LINE;
        let mut words = String::new();
        ports(&mut words, (&one.ports, one.assumed), (area.x + 14.0, y + 18.0 + lines), ("", &title));
        self.out.push_str(&words);
        y + 20.0 + lines
    }
}

/// Ports in lines, the last one at this height.
fn ports(out: &mut String, (lines, assumed): (&[String], bool), (x, y): (f64, f64), (anchor, title): (&str, &str)) {
    if lines.is_empty() {
        return;
    }
    let class = if assumed { "ports guess" } else { "ports" };
    let mut words = String::new();
    for (at, line) in lines.iter().enumerate() {
        let y = y - (lines.len() - 1 - at) as f64 * PORTS_LINE;
        let _ = write!(words, "<tspan x=\"{x}\" y=\"{y}\">{}</tspan>", escaped(line));
    }
    // What keeps lines away from the words is a text of its own: not every program knows `paint-order`.
    let _ = write!(out, "<text class=\"halo\" aria-hidden=\"true\"{anchor}>{words}</text>");
    let _ = writeln!(out, "<text class=\"{class}\"{anchor}><title>{title}</title>{words}</text>");
}

fn rectangle(area: &Area) -> String {
    let Area { x, y, width, height } = area;
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}
