//! Whether a connection may pass, with who decides.

use super::super::shown;
use super::{Place, PolicyRow};
use crate::network::evaluate::{Cause, Evaluator, Reason, Verdict};
use crate::network::policy::{Action, Direction, Policies, PolicyId};
use crate::network::{Connections, Peer};
use schemars::JsonSchema;
use serde::Serialize;

/// What was asked, and what the policies say.
#[derive(Debug)]
pub struct Question<'q> {
    /// The policies.
    pub evaluator: &'q Evaluator<'q>,
    /// Who asks.
    pub from: Peer,
    /// Who is asked.
    pub to: Peer,
    /// The one connection that is asked about.
    pub asked: &'q Connections,
    /// What may pass between both.
    pub verdict: &'q Verdict,
    /// What is not known, one sentence each.
    pub doubts: &'q [String],
}

/// Gives the place of a value: the number of its object, and its pointer.
pub type Places<'p> = &'p dyn Fn(usize, &str) -> Place;

/// What `network can` answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'q> {
    /// Whether the connection may pass.
    allowed: bool,
    /// Who asks, such as `shop/web[Deployment]`.
    from: String,
    /// Who is asked.
    to: String,
    /// The protocol and the port of the destination, such as `TCP 5432`.
    port: String,
    /// Who decides, first for egress, then for ingress.
    reasons: Vec<ReasonRow>,
    /// What is not known, a sentence each.
    doubts: &'q [String],
    /// Everything that may pass between both.
    connections: String,
}

/// Who decides over a connection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Reason")]
pub(super) struct ReasonRow {
    /// `egress` out of the source, or `ingress` into the destination.
    direction: &'static str,
    /// `allow`, `deny` or `pass` by a rule; `isolated` by policies without a rule for it; `open` where none selects the pod;
    /// `unbound` where none can hold.
    decision: &'static str,
    /// The addresses that it is about, where those that were asked about are not alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<String>,
    /// The policies that decide; absent where none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    policies: Vec<PolicyRow>,
    /// The rule in the policy, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The same in words.
    text: String,
}

impl Question<'_> {
    fn is_allowed(&self) -> bool {
        self.verdict.connections.covers(self.asked)
    }

    /// The reasons that are about what was asked.
    fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.verdict.reasons.iter().filter(|reason| !reason.connections.intersection(self.asked).is_empty())
    }
}

/// The answer for programs.
pub fn answer<'q>(question: &'q Question<'q>, places: Places<'_>) -> Answer<'q> {
    let policies = question.evaluator.policies();
    Answer {
        allowed: question.is_allowed(),
        from: question.evaluator.name(question.from),
        to: question.evaluator.name(question.to),
        port: question.asked.to_string(),
        reasons: question.reasons().map(|reason| reason_row(policies, places, reason)).collect(),
        doubts: question.doubts,
        connections: question.verdict.connections.to_string(),
    }
}

/// A reason for programs.
pub(super) fn reason_row(policies: &Policies, places: Places<'_>, reason: &Reason) -> ReasonRow {
    let pointer = match &reason.cause {
        Cause::Rule { rule, .. } => Some(format!("/spec/{}/{rule}", reason.direction.key())),
        _ => None,
    };
    let row = |policy: &PolicyId| {
        let name = policies.name(*policy);
        PolicyRow::of(name, &places(name.input, pointer.as_deref().unwrap_or("/spec")))
    };
    ReasonRow {
        direction: reason.direction.key(),
        decision: decision(&reason.cause),
        addresses: reason.range.map(|range| range.to_string()),
        policies: by(&reason.cause).iter().map(row).collect(),
        text: reason.told(policies),
        pointer,
    }
}

fn decision(cause: &Cause) -> &'static str {
    match cause {
        Cause::Unbound => "unbound",
        Cause::Open => "open",
        Cause::Isolated(_) => "isolated",
        Cause::Rule { action: Action::Accept, .. } => "allow",
        Cause::Rule { action: Action::Deny, .. } => "deny",
        Cause::Rule { action: Action::Pass, .. } => "pass",
    }
}

fn by(cause: &Cause) -> Vec<PolicyId> {
    match cause {
        Cause::Rule { policy, .. } => vec![*policy],
        Cause::Isolated(by) => by.clone(),
        Cause::Unbound | Cause::Open => Vec::new(),
    }
}

/// The answer for people: `yes` or `no`, and below it, unless it is to be short, who decides.
pub fn answer_text(question: &Question<'_>, places: Places<'_>, short: bool) -> String {
    let mut text = if question.is_allowed() { "yes\n" } else { "no\n" }.to_owned();
    if short {
        return text;
    }
    let policies = question.evaluator.policies();
    for reason in question.reasons() {
        let label = match reason.direction {
            Direction::Egress => "out: ",
            Direction::Ingress => "in:  ",
        };
        let range = reason.range.map(|range| format!("{range}: ")).unwrap_or_default();
        let place = match (&reason.cause, by(&reason.cause).first()) {
            (Cause::Rule { rule, .. }, Some(policy)) => {
                let pointer = format!("/spec/{}/{rule}", reason.direction.key());
                match places(policies.name(*policy).input, &pointer) {
                    place @ Place::File { .. } => format!(" ({place})"),
                    // The reason itself names it.
                    Place::Field(_) => String::new(),
                }
            }
            _ => String::new(),
        };
        text.push_str(&format!("  {label}{range}{}{place}\n", shown(&reason.told(policies))));
    }
    text
}
