//! What becomes of each value that would change.

use super::claims::{Manager, Operation};
use super::last_applied::{applied, in_file};
use super::leaves::{Leaf, leaves};
use super::table::{Becomes, Owner, owners};
use super::{Bond, Ownership, controlled};
use crate::cluster::{FIELD_MANAGER, Target};
use serde_json::Value;

/// What becomes of one changed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// JSON pointer of the value within the object: as it is, or as it becomes for what is added.
    pub pointer: String,
    /// The field manager that sets the value now, if any but us.
    pub overrides: Option<String>,
    /// Whether the value is taken away.
    pub removes: bool,
    /// What becomes of it.
    pub fate: Fate,
    /// When it is put back (`at the next kubectl apply`), or what fails (`the next helm upgrade`); empty where it stays.
    pub when: String,
}

/// What becomes of a changed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It stays.
    Stays,
    /// The owner puts the old value back: at once, at its next run, at the next `kubectl apply`.
    Reverts,
    /// The owner's next upgrade fails on it.
    Blocks,
}

impl Effect {
    /// `stays`, `reverts at the next kubectl apply`, `BLOCKS the next helm upgrade (conflict with "pod-hardener")`.
    pub fn in_words(&self) -> String {
        match self.fate {
            Fate::Stays => "stays".to_owned(),
            Fate::Reverts => format!("reverts {}", self.when),
            Fate::Blocks => format!("BLOCKS {} (conflict with \"{FIELD_MANAGER}\")", self.when),
        }
    }
}

/// What becomes of each value that would change, in the order of the changes.
pub fn effects(ownership: &Ownership, target: &Target) -> Vec<Effect> {
    let (live, after) = (&target.live.value, &target.after);
    let case = Case { ownership, live, after, file: applied(live) };
    leaves(live, after).iter().map(|leaf| case.effect(leaf)).collect()
}

/// One object that is to change.
struct Case<'c> {
    ownership: &'c Ownership,
    live: &'c Value,
    after: &'c Value,
    /// What `kubectl apply` applied.
    file: Option<Value>,
}

impl Case<'_> {
    fn effect(&self, leaf: &Leaf<'_>) -> Effect {
        let others: Vec<&Manager<'_>> = leaf.owners.iter().filter(|manager| !manager.is_ours()).collect();
        let becomes = match self.ownership.bond {
            Bond::Controlled => controlled(),
            Bond::Free | Bond::Row(..) => self.becomes(leaf, &others),
        };
        let (fate, when) = match becomes {
            Becomes::Stays => (Fate::Stays, String::new()),
            Becomes::Reverts(when) => (Fate::Reverts, when),
            Becomes::Blocks(what) => (Fate::Blocks, what),
        };
        Effect {
            pointer: leaf.pointer.clone(),
            overrides: others.first().map(|manager| manager.name.to_owned()),
            removes: leaf.after.is_none(),
            fate,
            when,
        }
    }

    /// The worst that anybody does about it.
    fn becomes(&self, leaf: &Leaf<'_>, others: &[&Manager<'_>]) -> Becomes {
        let addition = self.addition();
        let filed = self.by_file(leaf);
        let by_managers = others.iter().map(|manager| self.by_manager(manager));
        by_managers.chain([addition, filed]).max().unwrap_or(Becomes::Stays)
    }

    /// What the object's owner does about values that nobody else sets.
    fn addition(&self) -> Becomes {
        let Some((owner, operation)) = self.ownership.row() else { return Becomes::Stays };
        let unless = owner.unless(self.live).and_then(|unless| unless.additions.as_ref());
        unless.unwrap_or_else(|| owner.addition(operation)).clone()
    }

    /// What a merge with the file that was applied makes of it.
    fn by_file(&self, leaf: &Leaf<'_>) -> Becomes {
        let Some(file) = &self.file else { return Becomes::Stays };
        let object = if leaf.before.is_some() { self.live } else { self.after };
        let stated = in_file(file, object, &leaf.pointer);
        if stated.is_none() || stated == leaf.after {
            return Becomes::Stays;
        }
        let merges = |owner: &&'static Owner| owner.knows_last_applied;
        let owner =
            self.ownership.row().map(|(owner, _)| owner).filter(merges).or_else(|| owners().iter().rfind(merges));
        owner.map_or(Becomes::Stays, |owner| self.overridden(owner, Operation::Update))
    }

    /// What a manager does about another value in the place of its own.
    fn by_manager(&self, manager: &Manager<'_>) -> Becomes {
        let Some(owner) = owners().iter().find(|owner| owner.writes_as(manager)) else {
            return match manager.operation {
                Operation::Apply => Becomes::Blocks(format!("the next apply by \"{}\"", manager.name)),
                Operation::Update => Becomes::Reverts(format!("if \"{}\" writes it again", manager.name)),
            };
        };
        // What it merges is what its file states, and that is told by the file.
        if owner.knows_last_applied && manager.operation == Operation::Update {
            return Becomes::Stays;
        }
        self.overridden(owner, manager.operation)
    }

    fn overridden(&self, owner: &Owner, operation: Operation) -> Becomes {
        let unless = owner.unless(self.live).and_then(|unless| unless.overrides.as_ref());
        unless.unwrap_or_else(|| owner.r#override(operation)).clone()
    }
}
