//! What policies come to: findings, differences and answers, as tables and as data for programs.

mod answer;
mod difference;
mod findings;
mod graph;
mod synthesis;

pub use answer::{Answer, Places, Question, answer, answer_text};
pub use difference::{difference, difference_table};
pub use findings::{Placed, findings, findings_table, problem};
pub use graph::{Arrow, Graph, Node, dot as graph_dot, svg as graph_svg, table as graph_table};
pub use synthesis::{FlowRow, SynthesisReport, synthesis, synthesis_flows, synthesis_told};

use crate::manifest::Position;
use crate::network::policy::PolicyName;
use serde::Serialize;
use std::fmt;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What the file is known by.
    pub file: String,
    /// Where in it.
    pub position: Position,
}

impl fmt::Display for Place {
    /// `shop/web.yaml:3:5`, made harmless.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", super::shown(&self.file), self.position)
    }
}

/// A policy, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRow {
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    file: String,
    line: usize,
    column: usize,
}

impl PolicyRow {
    fn of(name: &PolicyName, place: &Place) -> Self {
        let identity = &name.identity;
        Self {
            kind: identity.kind.clone(),
            namespace: identity.namespace.clone(),
            name: identity.name.clone(),
            file: place.file.clone(),
            line: place.position.line,
            column: place.position.column,
        }
    }
}
