//! The picture as SVG.

use super::super::Graph;
use super::mesh::Mesh;
use super::place::{ARC, Area, Places, places};
use super::rank::ranks;
use super::scene::{Item, Loop, Scene, Sort};
use super::size::{HUB, LETTERS, LINE, PORTS_LINE, Side, Sizes, Slot, offsets};
use super::text::{escaped, width};
use crate::report::phrase::count;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The colours, in light and in dark.
const STYLE: &str = include_str!("style.css");
/// What stands above and below all that is placed.
const HEAD: f64 = 62.0;
/// One line of the legend.
const KEY: f64 = 20.0;
/// As many flows are told to who cannot see them; the table tells all.
const TOLD: usize = 60;

/// The picture: namespaces as boxes, flows as arrows with their ports, whose evidence shows under the pointer, assumed ones dashed.
pub fn svg(graph: &Graph) -> String {
    let scene = Scene::of(graph);
    let ranks = ranks(&scene);
    let mesh = Mesh::of(&scene, &ranks);
    let sizes = Sizes::of(&scene, &mesh);
    let places = places(&scene, &mesh, &sizes, &ranks);
    let mut drawing =
        Drawing { scene: &scene, mesh: &mesh, places: &places, ends: BTreeMap::new(), out: String::new() };
    drawing.find_ends(&sizes);
    let legend = legend(&scene);
    let sum = sum(graph);
    let least = legend.iter().map(|(_, text)| width(text, 12.0) + 70.0).fold(width(&sum, 12.0) + 40.0, f64::max);
    let (wide, high) =
        (places.width.max(least).ceil(), (HEAD + places.height + KEY * legend.len() as f64 + 16.0).ceil());
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flows\" role=\"img\" aria-labelledby=\"flows-title flows-told\" \
         width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\">\n\
         <title id=\"flows-title\">Who has to talk to whom</title>\n<desc id=\"flows-told\">{}</desc>\n<style>\n{STYLE}</style>\n<defs>{}{}</defs>\n\
         <rect class=\"ground\" width=\"{wide}\" height=\"{high}\"/>\n\
         <text class=\"heading\" x=\"18\" y=\"30\">Who has to talk to whom</text>\n<text class=\"small\" x=\"18\" y=\"50\">{sum}</text>\n",
        escaped(&told(graph, &sum)),
        tip("tip"),
        tip("tip-assumed"),
    );
    out.push_str(&format!("<g transform=\"translate(0 {HEAD})\">\n"));
    drawing.all();
    out.push_str(&drawing.out);
    out.push_str("</g>\n");
    for (at, (class, text)) in legend.iter().enumerate() {
        let y = HEAD + places.height + KEY * (at as f64 + 0.5);
        let mark = match *class {
            "hub" => format!("<g class=\"hub\">{}</g>", diamond(34.0, y)),
            "" => String::new(),
            class => format!("<g class=\"{class}\"><path d=\"M18 {y}H46\"{}/></g>", marker(class.contains("assumed"))),
        };
        let _ = writeln!(out, "{mark}<text class=\"small\" x=\"56\" y=\"{}\">{text}</text>", y + 4.0);
    }
    out + "</svg>\n"
}

/// How much there is.
fn sum(graph: &Graph) -> String {
    let workloads = graph.nodes.iter().filter(|node| !node.kind.is_empty()).count();
    let spaces: BTreeSet<&String> = graph.nodes.iter().filter_map(|node| node.namespace.as_ref()).collect();
    let assumed = graph.arrows.iter().filter(|arrow| arrow.assumed).count();
    let spaces = count(spaces.len(), "namespace");
    let flows = count(graph.arrows.len(), "flow");
    format!("{} in {spaces}; {flows}, {assumed} of them assumed", count(workloads, "workload"))
}

/// The picture in words.
fn told(graph: &Graph, sum: &str) -> String {
    let mut out = format!("{sum}.");
    for arrow in graph.arrows.iter().take(TOLD) {
        let (from, to) = (graph.nodes[arrow.from].told(), graph.nodes[arrow.to].told());
        let word = if arrow.assumed { " (assumed)" } else { "" };
        let _ = write!(out, "\n{from} to {to}: {}{word}.", arrow.ports);
    }
    if graph.arrows.len() > TOLD {
        let _ = write!(out, "\nAnd {} more, which the table of the same graph tells.", graph.arrows.len() - TOLD);
    }
    out
}

/// What the signs mean, of those that are there.
fn legend(scene: &Scene) -> Vec<(&'static str, &'static str)> {
    let assumed = |wanted: bool| {
        let mut loops = scene.items.iter().flat_map(|item| &item.loops);
        scene.sockets.iter().any(|one| one.assumed == wanted) || loops.any(|one| one.assumed == wanted)
    };
    let hubs = scene.items.iter().any(|item| item.sort == Sort::Hub);
    let rows = [
        (assumed(false), "flow", "known: something in the input shows it"),
        (assumed(true), "flow assumed", "assumed: nothing shows it, and it is allowed so that nothing breaks"),
        (hubs, "hub", "each that leads here may call each that this leads to, but itself"),
        (
            true,
            "",
            "Not drawn: name resolution (DNS), which every pod has. The pointer over an arrow or its ports tells how it is known.",
        ),
    ];
    rows.into_iter().filter(|(there, _, _)| *there).map(|(_, class, text)| (class, text)).collect()
}

fn tip(id: &str) -> String {
    format!(
        "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" \
         orient=\"auto-start-reverse\"><path class=\"{id}\" d=\"M0 0L8 4L0 8z\"/></marker>"
    )
}

fn marker(assumed: bool) -> &'static str {
    if assumed { " marker-end=\"url(#tip-assumed)\"" } else { " marker-end=\"url(#tip)\"" }
}

fn diamond(x: f64, y: f64) -> String {
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
    let _ = write!(out, "<text class=\"{class}\"{anchor}><title>{title}</title>");
    for (at, line) in lines.iter().enumerate() {
        let y = y - (lines.len() - 1 - at) as f64 * PORTS_LINE;
        let _ = write!(out, "<tspan x=\"{x}\" y=\"{y}\">{}</tspan>", escaped(line));
    }
    out.push_str("</text>\n");
}

fn rectangle(area: &Area) -> String {
    let Area { x, y, width, height } = area;
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}
