//! Lint of policies: what is wrong with them by themselves, among the workloads of a run, and with the traffic that remains.

mod addresses;
mod among;
mod check;
mod itself;
mod routes;
#[cfg(test)]
mod tests;
mod traffic;
mod volatile;

pub use check::{Check, check, checks};
pub use volatile::is_volatile;

use super::evaluate::Evaluator;
use super::policy::PolicyName;

/// Something wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub check: &'static Check,
    /// The policy, or the first of several.
    pub policy: PolicyName,
    /// The place in it, a JSON pointer.
    pub pointer: String,
    /// What it is there, a clause.
    pub message: String,
}

/// The findings of one run, while they are made.
#[derive(Debug, Default)]
struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, id: &str, policy: &PolicyName, pointer: impl Into<String>, message: impl Into<String>) {
        let finding =
            |check| Finding { check, policy: policy.clone(), pointer: pointer.into(), message: message.into() };
        self.0.extend(check(id).map(finding));
    }
}

/// Everything wrong with the policies of a run, in the order of the files they are in.
pub fn findings(evaluator: &Evaluator<'_>) -> Vec<Finding> {
    let mut found = Found::default();
    itself::look(evaluator.world(), evaluator.policies(), &mut found);
    addresses::look(evaluator.policies(), &mut found);
    among::look(evaluator, &mut found);
    traffic::look(evaluator, &mut found);
    routes::look(evaluator, &mut found);
    found.0.sort_by_key(|one| one.policy.input);
    found.0
}
