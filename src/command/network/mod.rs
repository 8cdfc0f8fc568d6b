//! `network`: what NetworkPolicies allow.

mod can;
mod check;
mod flows;
mod graph;
#[cfg(feature = "cluster")]
mod live;
mod observed;
mod policies;
mod read;

use super::{Console, Exit};
use crate::cli::NetworkVerb;
use crate::network::policy::Policies;
use crate::report;
use read::{Read, Wanted};
use serde::Serialize;

pub(super) fn run(verb: &NetworkVerb, console: &mut Console) -> anyhow::Result<Exit> {
    match verb {
        NetworkVerb::Check(args) => check::run(args, console),
        NetworkVerb::Can(args) => can::run(args, console),
        NetworkVerb::Policies(args) => policies::run(args, console),
        NetworkVerb::Graph(args) => graph::run(args, console),
    }
}

/// Tell of policies that the API server refuses: what they allow cannot be told. Whether there are any.
fn tell_refused(policies: &Policies, read: &Read, console: &mut Console) -> bool {
    for problem in policies.refused() {
        let place = read.place(problem.policy.input, &problem.pointer);
        console.error(&report::network::problem(&place, problem));
    }
    policies.refused().next().is_some()
}

/// Data for programs.
fn data(value: &impl Serialize, yaml: bool) -> anyhow::Result<String> {
    Ok(if yaml { serde_yaml::to_string(value)? } else { serde_json::to_string_pretty(value)? + "\n" })
}
