//! PodDisruptionBudgets: how many pods must stay while nodes are drained.

use super::{Neighbour, Neighbours};
use crate::workload::selects;
use serde_json::Value;

impl Neighbours {
    /// Whether a budget of the run speaks of pods with these labels.
    pub fn has_budget(&self, namespace: Option<&str>, labels: &Value) -> bool {
        let selected =
            |budget: &Neighbour| budget.at("/spec/selector").is_some_and(|selector| selects(selector, labels));
        self.beside("PodDisruptionBudget", namespace).any(selected)
    }

    /// The workloads of the run whose pods a selector selects, each with the fewest pods it has.
    pub fn selected<'n>(&'n self, namespace: Option<&'n str>, selector: &Value) -> Vec<(&'n Neighbour, u64)> {
        let labels = |template: &Value| template.pointer("/metadata/labels").cloned().unwrap_or_default();
        let concerned = |one: &&Neighbour| one.list("/templates").iter().any(|it| selects(selector, &labels(it)));
        let count = |one: &'n Neighbour| (one, self.fewest_pods(&one.identity, one.at("/spec/replicas")));
        self.workloads(namespace).filter(concerned).map(count).collect()
    }
}
