//! The schema of what the verbs of `network` print as JSON: `docs/network.schema.json`.

use super::super::json::printed;
use super::difference::Differences;
use super::findings::Findings;
use super::{Answer, Cuts, FlowRow, SynthesisReport};
use schemars::JsonSchema;

/// What the verbs of `network` print with `-o json`: `policies`, `graph` (a list of flows), `check` in its three forms, and `can`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // It is there for its schema.
enum NetworkReport {
    Policies(SynthesisReport<'static>),
    Graph(Vec<FlowRow>),
    Findings(Findings<'static>),
    Differences(Differences),
    Cuts(Cuts),
    Answer(Answer<'static>),
}

/// The schema in the repository is the one the types give. `UPDATE=1 cargo test --lib` writes it.
#[test]
#[allow(clippy::disallowed_methods)]
fn the_published_schema_is_up_to_date() {
    let fresh = printed(&schemars::schema_for!(NetworkReport));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/network.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == fresh, "docs/network.schema.json is old: run UPDATE=1 cargo test --lib");
}
