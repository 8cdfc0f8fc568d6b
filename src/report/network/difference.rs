//! What opens and what closes between two sets of policies.

use super::super::{aligned, shown};
use crate::network::Peer;
use crate::network::difference::{Difference, Flow};
use crate::network::evaluate::Evaluator;
use schemars::JsonSchema;
use serde::Serialize;

/// How many peers a cell of the table names.
const NAMED: usize = 4;

/// What `network check --against` finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Differences {
    /// What may pass now and might not before.
    opened: Vec<Row>,
    /// What might pass before and may not now.
    closed: Vec<Row>,
}

/// Connections from any of some sources to any of some destinations.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
struct Row {
    /// The sources, such as `shop/web[Deployment]` or `10.0.0.0/8`.
    from: Vec<String>,
    /// The destinations, likewise.
    to: Vec<String>,
    /// The ports, such as `TCP 80,443; UDP 53`, or `all`.
    connections: String,
}

/// The difference for programs; each flow is from any of its sources to any of its destinations.
pub fn difference(difference: &Difference, evaluator: &Evaluator<'_>) -> Differences {
    let names = |peers: &[Peer]| peers.iter().map(|peer| evaluator.name(*peer)).collect();
    let row =
        |flow: &Flow| Row { from: names(&flow.from), to: names(&flow.to), connections: flow.connections.to_string() };
    Differences {
        opened: difference.opened.iter().map(row).collect(),
        closed: difference.closed.iter().map(row).collect(),
    }
}

/// One line a flow; nothing at all where there is none.
pub fn difference_table(difference: &Difference, evaluator: &Evaluator<'_>) -> String {
    if difference.is_empty() {
        return String::new();
    }
    let mut rows = vec![["CHANGE", "FROM", "TO", "CONNECTIONS"].map(str::to_owned)];
    let changes = [("opened", &difference.opened), ("closed", &difference.closed)];
    for (change, flow) in changes.iter().flat_map(|(change, flows)| flows.iter().map(move |flow| (change, flow))) {
        let connections = flow.connections.to_string();
        rows.push([(*change).to_owned(), cell(&flow.from, evaluator), cell(&flow.to, evaluator), connections]);
    }
    aligned(&rows)
}

fn cell(peers: &[Peer], evaluator: &Evaluator<'_>) -> String {
    let names: Vec<String> = peers.iter().take(NAMED).map(|peer| evaluator.name(*peer)).collect();
    let more = match peers.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown(&format!("{}{more}", names.join(", "))).into_owned()
}
