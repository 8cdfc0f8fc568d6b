//! Policies that were made: the flows behind them, and what a person should know.

use crate::network::flow::{End, Flow, Number, Port};
use crate::network::synthesis::Synthesis;
use crate::network::world::Labels;
use crate::network::world::World;
use crate::report::lines_shown;
use crate::report::phrase::count;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What `network policies` makes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Policies")]
pub struct SynthesisReport<'s> {
    /// The policies as manifests, in the order of their namespaces, each namespace's own ones first.
    #[schemars(with = "Vec<Map<String, Value>>")]
    policies: &'s [Value],
    /// What has to pass, name resolution aside.
    flows: Vec<FlowRow>,
    /// What a person should know, a sentence each.
    notes: Vec<&'s String>,
}

/// What has to pass from one end to the other, and how that is known.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Flow")]
pub struct FlowRow {
    /// Who opens the connection.
    from: EndRow,
    /// Who takes it.
    to: EndRow,
    /// The ports of the destination; empty for all of them.
    ports: Vec<PortRow>,
    /// How it is known.
    why: String,
    /// Whether nothing shows it, and it is allowed so that nothing breaks.
    assumed: bool,
}

/// One end: a workload by `namespace`, `kind` and `name`; pods of no workload by `namespace` and `labels`; or one of the others.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "End")]
struct EndRow {
    /// The namespace of a workload or of pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// The kind of a workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The name of a workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The labels of pods; empty for all pods of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels>,
    /// `namespace` for all pods of the other end's namespace, `cluster` for all there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pods: Option<&'static str>,
    /// An address, a CIDR, `public`, `outside` (private networks included), `api-server`, or `any`.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// A port of the destination.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Port")]
struct PortRow {
    /// `TCP`, `UDP` or `SCTP`.
    protocol: &'static str,
    /// The number, or a name that the containers of the destination declare.
    port: PortNumber,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum PortNumber {
    Number(u16),
    Name(String),
}

/// What was made, for programs.
pub fn synthesis<'s>(world: &World, made: &'s Synthesis) -> SynthesisReport<'s> {
    let notes = made.observed.iter().chain(&made.notes).collect();
    SynthesisReport { policies: &made.policies, flows: synthesis_flows(world, made), notes }
}

/// The flows behind what was made, for programs.
pub fn synthesis_flows(world: &World, made: &Synthesis) -> Vec<FlowRow> {
    let port = |port: &Port| match &port.number {
        Number::One(number) => PortNumber::Number(*number),
        Number::Named(name) => PortNumber::Name(name.clone()),
    };
    let port = |own: &Port| PortRow { protocol: own.protocol.name(), port: port(own) };
    let row = |flow: &Flow| FlowRow {
        from: end(world, &flow.from),
        to: end(world, &flow.to),
        ports: flow.ports.iter().map(port).collect(),
        why: flow.why.clone(),
        assumed: flow.assumed,
    };
    made.flows.iter().map(row).collect()
}

fn end(world: &World, end: &End) -> EndRow {
    let address = |text: &str| EndRow { address: Some(text.to_owned()), ..EndRow::default() };
    let pods = |which| EndRow { pods: Some(which), ..EndRow::default() };
    match end {
        End::Workload(at) => {
            let workload = &world.workloads[*at];
            let (kind, name) = (Some(workload.kind.clone()), Some(workload.name.clone()));
            EndRow { namespace: Some(workload.namespace.clone()), kind, name, ..EndRow::default() }
        }
        End::Siblings => pods("namespace"),
        End::Pods { namespace, labels } => {
            EndRow { namespace: Some(namespace.clone()), labels: Some(labels.clone()), ..EndRow::default() }
        }
        End::AnyPod => pods("cluster"),
        End::Address(own) => address(&own.to_string()),
        End::Block(block) => address(block),
        End::Public => address("public"),
        End::Outside => address("outside"),
        End::ApiServer => address("api-server"),
        End::Anyone => address("any"),
    }
}

/// Sentences, a line each.
pub fn notes_told(notes: &[String]) -> String {
    notes.iter().map(|note| format!("note: {}\n", lines_shown(note))).collect()
}

/// What a person should know: notes, rules that are assumed, and a sum.
pub fn synthesis_told(made: &Synthesis) -> String {
    let mut out = notes_told(&made.observed) + &notes_told(&made.notes);
    for rule in &made.assumed {
        out.push_str(&format!("assumed: {}\n", lines_shown(rule)));
    }
    let policies = match made.policies.len() {
        1 => "1 policy".to_owned(),
        number => format!("{number} policies"),
    };
    let rules = count(made.assumed.len(), "rule");
    let assumed = if made.assumed.is_empty() { String::new() } else { format!(", {rules} assumed (see --strict)") };
    out.push_str(&format!("{policies}{assumed}\n"));
    out
}
