//! Policies that were made: the flows behind them, and what a person should know.

use crate::network::flow::{End, Flow, Number, Port};
use crate::network::synthesis::Synthesis;
use crate::network::world::World;
use crate::report::lines_shown;
use crate::report::phrase::count;
use serde::Serialize;
use serde_json::{Value, json};

/// What was made, for programs.
#[derive(Debug, Serialize)]
pub struct SynthesisReport<'s> {
    policies: &'s [Value],
    flows: Vec<FlowRow>,
    notes: Vec<&'s String>,
}

/// A flow, for programs.
#[derive(Debug, Serialize)]
pub struct FlowRow {
    from: Value,
    to: Value,
    /// Empty for all ports.
    ports: Vec<Value>,
    why: String,
    assumed: bool,
}

/// What was made, for programs.
pub fn synthesis<'s>(world: &World, made: &'s Synthesis) -> SynthesisReport<'s> {
    let notes = made.observed.iter().chain(&made.notes).collect();
    SynthesisReport { policies: &made.policies, flows: synthesis_flows(world, made), notes }
}

/// The flows behind what was made, for programs.
pub fn synthesis_flows(world: &World, made: &Synthesis) -> Vec<FlowRow> {
    let port = |port: &Port| match &port.number {
        Number::One(number) => json!({"protocol": port.protocol.name(), "port": number}),
        Number::Named(name) => json!({"protocol": port.protocol.name(), "port": name}),
    };
    let row = |flow: &Flow| FlowRow {
        from: end(world, &flow.from),
        to: end(world, &flow.to),
        ports: flow.ports.iter().map(port).collect(),
        why: flow.why.clone(),
        assumed: flow.assumed,
    };
    made.flows.iter().map(row).collect()
}

fn end(world: &World, end: &End) -> Value {
    match end {
        End::Workload(at) => {
            let workload = &world.workloads[*at];
            json!({"namespace": workload.namespace, "kind": workload.kind, "name": workload.name})
        }
        End::Siblings => json!({"pods": "namespace"}),
        End::Pods { namespace, labels } => json!({"namespace": namespace, "labels": labels}),
        End::AnyPod => json!({"pods": "cluster"}),
        End::Address(address) => json!({"address": address.to_string()}),
        End::Block(block) => json!({"address": block}),
        End::Public => json!({"address": "public"}),
        End::Outside => json!({"address": "outside"}),
        End::ApiServer => json!({"address": "api-server"}),
        End::Anyone => json!({"address": "any"}),
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
