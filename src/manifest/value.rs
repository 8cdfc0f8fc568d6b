//! From tree to value, as kubectl decodes it: aliases and merge keys expanded.

use super::tree::{Entry, Id, Kind};
use super::{Refusal, Stream, resolve};
use granit_parser::ScalarStyle;
use serde_json::{Map, Value};

/// What aliases may add: a document may grow to this many values, or to four times its own nodes if that is more.
/// Real manifests stay far below; the "billion laughs" does not.
const LARGEST_EXPANSION: usize = 200_000;

/// The parser allows 255 levels each of block and flow style; only aliases lead deeper.
const DEEPEST: usize = 700;

/// The value of the node `root`.
pub(super) fn of(stream: &Stream, root: Id) -> Result<Value, Refusal> {
    let budget = LARGEST_EXPANSION.max(stream.tree().nodes.len().saturating_mul(4));
    Expansion { stream, budget, depth: 0, open: Vec::new() }.value(root)
}

/// Whether the node `root` has this value; without building its value where it is written in the same order.
pub(super) fn is(stream: &Stream, root: Id, wanted: &Value) -> Result<bool, Refusal> {
    let tree = stream.tree();
    let node = tree.node(root);
    match (node.kind, wanted) {
        (Kind::Raw(_) | Kind::Decoded(_), _) => Ok(of(stream, root)? == *wanted),
        (Kind::Seq, Value::Array(list)) if list.len() == node.b as usize => {
            all(tree.entries(node).iter().zip(list).map(|(item, wanted)| is(stream, item.value, wanted)))
        }
        (Kind::Map, Value::Object(map)) if map.len() == node.b as usize => {
            let ordered = tree.entries(node).iter().zip(map.keys());
            let mut ordered =
                ordered.map(|(entry, key)| !is_merge(stream, entry) && tree.key(&stream.text, entry) == *key);
            if !ordered.all(|same| same) {
                return Ok(of(stream, root)? == *wanted);
            }
            all(tree.entries(node).iter().zip(map.values()).map(|(entry, wanted)| is(stream, entry.value, wanted)))
        }
        (Kind::Map | Kind::Alias, _) => Ok(of(stream, root)? == *wanted),
        (Kind::Seq, _) => Ok(false),
    }
}

fn all(mut members: impl Iterator<Item = Result<bool, Refusal>>) -> Result<bool, Refusal> {
    members.try_fold(true, |all, one| Ok(all && one?))
}

/// Whether an entry is a merge key: a plain `<<`.
pub(super) fn is_merge(stream: &Stream, entry: &Entry) -> bool {
    let key = stream.tree().node(entry.key);
    key.style() == Some(ScalarStyle::Plain) && stream.tree().text(&stream.text, key) == "<<"
}

struct Expansion<'s> {
    stream: &'s Stream,
    /// How many more values may be made.
    budget: usize,
    depth: usize,
    /// Anchored nodes being expanded.
    open: Vec<Id>,
}

impl Expansion<'_> {
    fn value(&mut self, id: Id) -> Result<Value, Refusal> {
        let (stream, tree) = (self.stream, self.stream.tree());
        let node = tree.node(id);
        self.budget =
            self.budget.checked_sub(1).ok_or_else(|| self.refuse(id, "aliases make this document too large"))?;
        if self.depth > DEEPEST {
            return Err(self.refuse(id, "aliases nest this document too deeply"));
        }
        self.depth += 1;
        let value = match node.kind {
            Kind::Raw(_) | Kind::Decoded(_) => resolve::scalar(tree.text(&stream.text, node), node, tree.props(node)),
            Kind::Seq => {
                let mut list = Vec::with_capacity(node.b as usize);
                for item in tree.entries(node) {
                    list.push(self.value(item.value)?);
                }
                Value::Array(list)
            }
            Kind::Map => {
                let mut map = Map::with_capacity(node.b as usize);
                for entry in tree.entries(node) {
                    if is_merge(stream, entry) {
                        self.merge(entry.value, &mut map)?;
                    } else {
                        let value = self.value(entry.value)?;
                        map.insert(tree.key(&stream.text, entry).into_owned(), value);
                    }
                }
                Value::Object(map)
            }
            Kind::Alias => self.alias(id, node.a)?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn alias(&mut self, id: Id, target: Id) -> Result<Value, Refusal> {
        let outer = self.stream.tree().node(target);
        let inside = outer.start <= self.stream.tree().node(id).start && self.stream.tree().node(id).end <= outer.end;
        if target == id || inside || self.open.contains(&target) {
            return Err(self.refuse(id, "an anchor that contains its own alias cannot be expanded"));
        }
        self.open.push(target);
        let value = self.value(target);
        self.open.pop();
        value
    }

    /// `<<` takes effect where it stands: it overrides the keys above it and is overridden by those below, as in
    /// go-yaml v2 (seen from kubectl 1.32; YAML 1.1 and serde_yaml let the mapping's own keys win wherever they stand).
    fn merge(&mut self, id: Id, map: &mut Map<String, Value>) -> Result<(), Refusal> {
        let tree = self.stream.tree();
        let node = tree.node(tree.target(id));
        match node.kind {
            Kind::Map => {
                if let Value::Object(merged) = self.value(id)? {
                    map.extend(merged);
                }
                Ok(())
            }
            // The first of several wins.
            Kind::Seq => {
                tree.entries(node).iter().rev().try_for_each(|item| match tree.node(tree.target(item.value)).kind {
                    Kind::Map => self.merge(item.value, map),
                    _ => Err(self.refuse(id, "a merge key takes a mapping or a list of mappings")),
                })
            }
            _ => Err(self.refuse(id, "a merge key takes a mapping or a list of mappings")),
        }
    }

    fn refuse(&self, id: Id, message: &str) -> Refusal {
        let at = self.stream.tree().node(id).start as usize;
        Refusal { position: self.stream.position(at), message: message.to_owned() }
    }
}
