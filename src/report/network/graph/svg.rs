//! The graph as a picture that needs nothing else: no script, no font, no file beside it.

use super::layout::{self, HEIGHT, WIDTH};
use super::{Arrow, Graph};
use crate::report::phrase::clipped;
use crate::report::shown;

const STYLE: &str = "\
svg { font: 13px system-ui, sans-serif; background: #fff; color: #1f2328 }
text { fill: currentColor } .kind { font-size: 10px; opacity: .65 }
.space { fill: #f3f5f8; stroke: #b6c0cc } .node { fill: #fff; stroke: #56657a } .outer { stroke-dasharray: 2 3 }
.flow { fill: none; stroke: #2563a8; stroke-width: 1.4 } .assumed { stroke: #b05a00; stroke-dasharray: 5 4 }
.flow:hover { stroke-width: 4 } #tip path { fill: #56657a }
@media (prefers-color-scheme: dark) {
svg { background: #14181d; color: #e4e8ee } .space { fill: #1c222a; stroke: #3c4856 } .node { fill: #252d37; stroke: #8fa0b5 }
.flow { stroke: #6cb0f5 } .assumed { stroke: #f0a04b } }
";
/// As many characters of a name fit.
const NAME: usize = 24;

/// The picture: namespaces as boxes, flows as arrows whose evidence shows under the pointer, assumed ones dashed.
pub fn svg(graph: &Graph) -> String {
    let layout = layout::of(graph);
    let (width, height) = layout.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>Who has to talk to whom</title>\n<style>\n{STYLE}</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
         markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n"
    );
    for area in &layout.areas {
        let (x, y) = (layout.left, area.y);
        out.push_str(&format!(
            "<rect class=\"space\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n<text x=\"{}\" y=\"{}\">{}</text>\n",
            layout.width, area.height, x + 12, y + 20, escaped(&area.name)
        ));
    }
    for arrow in &graph.arrows {
        out.push_str(&path(arrow, &layout.nodes, graph));
    }
    for (node, (x, y)) in graph.nodes.iter().zip(&layout.nodes) {
        let outer = if node.kind.is_empty() { " outer" } else { "" };
        let (name, full) = (escaped(&clipped(&node.name, NAME)), escaped(&node.told()));
        let base = if node.kind.is_empty() { 24 } else { 17 };
        out.push_str(&format!(
            "<g><title>{full}</title><rect class=\"node{outer}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"5\"/>\
             <text x=\"{}\" y=\"{}\">{name}</text><text class=\"kind\" x=\"{}\" y=\"{}\">{}</text></g>\n",
            x + 10, y + base, x + 10, y + 31, escaped(&node.kind)
        ));
    }
    out + "</svg>\n"
}

/// An arrow from the right of one node to the left of another, bent around where it goes back.
fn path(arrow: &Arrow, places: &[(usize, usize)], graph: &Graph) -> String {
    let ((from_x, from_y), (to_x, to_y)) = (places[arrow.from], places[arrow.to]);
    let (x, y) = (from_x + WIDTH, from_y + HEIGHT / 2);
    let (end_x, end_y) = (to_x, to_y + HEIGHT / 2);
    let bend = (x.abs_diff(end_x) / 2).max(50);
    let class = if arrow.assumed { "flow assumed" } else { "flow" };
    let (from, to) = (graph.nodes[arrow.from].told(), graph.nodes[arrow.to].told());
    let word = if arrow.assumed { "assumed: " } else { "" };
    let title = escaped(&format!("{from} to {to}, {}\n{word}{}", arrow.ports, arrow.why.join("\n")));
    let (out, back) = (x + bend, i64::try_from(end_x).unwrap_or_default() - i64::try_from(bend).unwrap_or_default());
    format!(
        "<path class=\"{class}\" d=\"M{x} {y}C{out} {y} {back} {end_y} {end_x} {end_y}\" marker-end=\"url(#tip)\"><title>{title}</title></path>\n"
    )
}

fn escaped(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| shown(line).into_owned()).collect();
    lines.join("\n").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
