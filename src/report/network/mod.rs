//! What policies come to: findings, differences and answers, as tables and as data for programs.

mod answer;
mod cuts;
mod difference;
mod findings;
mod graph;
#[cfg(test)]
mod schema;
mod synthesis;

pub use answer::{Answer, Places, Question, answer, answer_text};
pub use cuts::{Cuts, cuts, cuts_table, doubts};
pub use difference::{difference, difference_table};
pub use findings::{Placed, findings, findings_table, problem};
pub use graph::{Arrow, Graph, Node, dot as graph_dot, svg as graph_svg, table as graph_table};
pub use synthesis::{FlowRow, SynthesisReport, notes_told, synthesis, synthesis_flows, synthesis_told};

use crate::manifest::Position;
use crate::network::policy::PolicyName;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// A place in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// What the file is known by.
        file: String,
        /// Where in it.
        position: Position,
    },
    /// In an object of a cluster: its field, as kubectl names it.
    Field(String),
}

impl fmt::Display for Place {
    /// `shop/web.yaml:3:5` or `spec.ingress[0]`, made harmless.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, position } => write!(out, "{}:{position}", super::shown(file)),
            Self::Field(field) => out.write_str(&super::shown(field)),
        }
    }
}

/// A policy; file, line and column where it is one of a manifest.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Policy")]
pub struct PolicyRow {
    /// Its kind.
    kind: String,
    /// Its namespace; absent for a policy of the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// Its name.
    name: String,
    /// The file that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl PolicyRow {
    fn of(name: &PolicyName, place: &Place) -> Self {
        let identity = &name.identity;
        let (file, position) = match place {
            Place::File { file, position } => (Some(file.clone()), Some(position)),
            Place::Field(_) => (None, None),
        };
        Self {
            kind: identity.kind.clone(),
            namespace: identity.namespace.clone(),
            name: identity.name.clone(),
            file,
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
        }
    }
}
