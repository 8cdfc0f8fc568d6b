//! The graph in the language of Graphviz.

use super::{Arrow, Graph};
use crate::report::shown;

/// The graph for `dot`: a cluster for each namespace, assumed flows dashed.
pub fn dot(graph: &Graph) -> String {
    let mut out = "digraph flows {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    let mut last = None;
    for (at, node) in graph.nodes.iter().enumerate() {
        if last != Some(&node.namespace) {
            if last.is_some_and(Option::is_some) {
                out.push_str("  }\n");
            }
            if let Some(namespace) = &node.namespace {
                out.push_str(&format!("  subgraph \"cluster_{}\" {{\n    label=\"{0}\";\n", quoted(namespace)));
            }
            last = Some(&node.namespace);
        }
        let indent = if node.namespace.is_some() { "    " } else { "  " };
        let shape = if node.kind.is_empty() { ", style=rounded" } else { "" };
        out.push_str(&format!("{indent}n{at} [label=\"{}\"{shape}];\n", quoted(&node.name)));
    }
    if last.is_some_and(Option::is_some) {
        out.push_str("  }\n");
    }
    for Arrow { from, to, ports, why, assumed } in &graph.arrows {
        let style = if *assumed { ", style=dashed" } else { "" };
        let (ports, why) = (quoted(ports), quoted(&why.join("; ")));
        out.push_str(&format!("  n{from} -> n{to} [label=\"{ports}\", tooltip=\"{why}\"{style}];\n"));
    }
    out + "}\n"
}

fn quoted(text: &str) -> String {
    shown(text).replace('\\', "\\\\").replace('"', "\\\"")
}
