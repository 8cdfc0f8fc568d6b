//! The picture as SVG: its head, what is drawn, and a legend.

use super::super::Graph;
use super::draw::{diamond, drawn, marker};
use super::mesh::Mesh;
use super::place::places;
use super::rank::ranks;
use super::scene::{Scene, Sort};
use super::size::Sizes;
use super::text::{escaped, width};
use crate::report::phrase::count;
use std::collections::BTreeSet;
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
    out.push_str(&drawn(&scene, &mesh, &sizes, &places));
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
