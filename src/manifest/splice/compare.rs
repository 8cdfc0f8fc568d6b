//! What becomes of the members of a collection.

use super::super::Refusal;
use super::super::tree::{Entry, Id, Kind, Node};
use super::super::value::is_merge;
use super::align::{Step, align};
use super::flow::Member;
use super::sync::Sync;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// What becomes of the entries of a mapping or the items of a list, by their index in the tree.
#[derive(Debug, Default)]
pub(super) struct Changes<'s> {
    pub(super) kept: Vec<(usize, &'s Value, &'s Value)>,
    /// In ascending order.
    pub(super) removed: Vec<usize>,
    /// New members, each with the number of old ones it stands behind.
    pub(super) added: Vec<(usize, Member<'s>)>,
}

pub(super) fn compare_seq<'s>(before: &'s [Value], after: &'s [Value]) -> Changes<'s> {
    let mut changes = Changes::default();
    // How many items of the tree stand before the place.
    let mut behind = 0;
    for step in align(before, after) {
        match step {
            Step::Keep(i, j) => {
                changes.kept.push((i, &before[i], &after[j]));
                behind = i + 1;
            }
            Step::Remove(i) => changes.removed.push(i),
            Step::Insert(j) => changes.added.push((behind, (None, &after[j]))),
        }
    }
    changes
}

impl<'s> Sync<'s> {
    /// Compare a mapping with what it should be, key by key.
    pub(super) fn compare_map(
        &self,
        node: &Node,
        before: &'s Map<String, Value>,
        after: &'s Map<String, Value>,
    ) -> Result<Changes<'s>, Refusal> {
        let entries = self.tree.entries(node);
        let mut changes = Changes::default();
        // What merge keys give, once the anchors have their new values; `Some(index)` names the last own entry of a key.
        let mut merged: HashMap<&str, &Value> = HashMap::new();
        let mut own: HashMap<Cow<'_, str>, usize> = HashMap::with_capacity(entries.len());
        let mut overridden: HashSet<usize> = HashSet::new();
        // kubectl lets the last of duplicate keys count. Nothing is edited in such a mapping, but all around and below it.
        let mut shadowed: HashMap<usize, usize> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            if is_merge(self.stream, entry) {
                for (key, value) in self.merge_values(entry.value, before) {
                    overridden.extend(own.remove(key));
                    merged.insert(key, value);
                }
                continue;
            }
            let key = self.tree.key(self.stream.text(), entry);
            if let Some(first) = own.insert(key.clone(), index) {
                shadowed.insert(first, index);
                if before.get(key.as_ref()) != after.get(key.as_ref()) {
                    return Err(self.duplicate(&entries[first], entry));
                }
            }
        }
        for (index, entry) in entries.iter().enumerate() {
            if is_merge(self.stream, entry) || overridden.contains(&index) || shadowed.contains_key(&index) {
                continue;
            }
            let key = self.tree.key(self.stream.text(), entry);
            match (before.get(key.as_ref()), after.get(key.as_ref())) {
                (Some(before), Some(after)) => changes.kept.push((index, before, after)),
                _ => changes.removed.push(index),
            }
        }
        for key in merged.keys() {
            if !own.contains_key(*key) && !after.contains_key(*key) {
                let at = node.content as usize;
                return Err(self.refuse(
                    at,
                    format!("`{key}` comes from a merge key (<<) and cannot be taken away here; write the mapping out"),
                ));
            }
        }
        for (key, value) in after {
            if !own.contains_key(key.as_str()) && merged.get(key.as_str()) != Some(&value) {
                if overridden.iter().any(|index| self.tree.key(self.stream.text(), &entries[*index]) == key.as_str()) {
                    return Err(self.refuse(
                        node.content as usize,
                        format!("`{key}` is overridden by a merge key (<<) below it; move the merge key to the top"),
                    ));
                }
                changes.added.push((entries.len(), (Some(key), value)));
            }
        }
        let edited = !(changes.added.is_empty() && changes.removed.is_empty());
        match shadowed.iter().min().filter(|_| edited) {
            Some((first, again)) => Err(self.duplicate(&entries[*first], &entries[*again])),
            None => Ok(changes),
        }
    }

    /// The keys that a merge key gives, with the values they will have.
    fn merge_values(&self, id: Id, before: &'s Map<String, Value>) -> Vec<(&'s str, &'s Value)> {
        let node = self.tree.node(id);
        match node.kind {
            Kind::Alias => match self.anchors.get(&node.a) {
                Some(Value::Object(map)) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
                _ => Vec::new(),
            },
            // The first of several wins: later ones are listed first and overwritten.
            Kind::Seq => {
                self.tree.entries(node).iter().rev().flat_map(|item| self.merge_values(item.value, before)).collect()
            }
            // `<<: {a: 1}`
            _ => {
                let keys = self.tree.entries(node).iter().map(|entry| self.tree.key(self.stream.text(), entry));
                keys.filter_map(|key| before.get_key_value(key.as_ref())).map(|(k, v)| (k.as_str(), v)).collect()
            }
        }
    }

    fn duplicate(&self, first: &Entry, second: &Entry) -> Refusal {
        let key = self.tree.key(self.stream.text(), first);
        let line = self.stream.position(first.start as usize).line;
        let again = self.stream.position(second.start as usize).line;
        self.refuse(
            second.start as usize,
            format!("duplicate key `{key}`, on lines {line} and {again}; keep one of them"),
        )
    }
}
