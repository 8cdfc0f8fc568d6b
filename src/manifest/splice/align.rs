//! Which item of a list became which.

use serde_json::{Map, Value};

/// What happens to the items of a list, in the order of the new one; removals stand where the item stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// Item `0` is now item `1`, changed or not.
    Keep(usize, usize),
    Remove(usize),
    Insert(usize),
}

/// Beyond this many comparisons the middle of a list is aligned by place.
const MOST_COMPARISONS: usize = 1 << 14;

/// Align two lists so that as much as possible stays as it stands. Any alignment gives the right value; this one keeps
/// the lines of what did not change.
pub(in super::super) fn align(before: &[Value], after: &[Value]) -> Vec<Step> {
    let (head, tail) = equal_ends(before, after);
    let (old, new) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Keep(at, at)).collect();
    let (mut i, mut j) = (0, 0);
    for (pair_i, pair_j) in pairs(old, new).into_iter().chain([(old.len(), new.len())]) {
        steps.extend((i..pair_i).map(|i| Step::Remove(head + i)));
        steps.extend((j..pair_j).map(|j| Step::Insert(head + j)));
        if pair_i < old.len() {
            steps.push(Step::Keep(head + pair_i, head + pair_j));
        }
        (i, j) = (pair_i + 1, pair_j + 1);
    }
    steps.extend((0..tail).rev().map(|at| Step::Keep(before.len() - 1 - at, after.len() - 1 - at)));
    steps
}

/// How many items are equal at the beginning, and at the end of the rest.
fn equal_ends(before: &[Value], after: &[Value]) -> (usize, usize) {
    let head = before.iter().zip(after).take_while(|(before, after)| before == after).count();
    let tail = before[head..].iter().rev().zip(after[head..].iter().rev()).take_while(|(b, a)| b == a).count();
    (head, tail)
}

/// The heaviest common subsequence.
fn pairs(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    let same = |(old, new): (&Value, &Value)| old == new || identity(old).is_some() && identity(old) == identity(new);
    let by_place = old.len() == new.len() && old.iter().zip(new).all(same);
    if by_place || old.len().saturating_mul(new.len()) > MOST_COMPARISONS {
        let alike = |(at, (old, new)): (usize, (&Value, &Value))| (weight(old, new) > 0).then_some((at, at));
        return old.iter().zip(new).enumerate().filter_map(alike).collect();
    }
    let width = new.len() + 1;
    let mut best = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let weight = weight(&old[i], &new[j]);
            let take = if weight > 0 { weight + best[(i + 1) * width + j + 1] } else { 0 };
            best[i * width + j] = skip.max(take);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        let weight = weight(&old[i], &new[j]);
        if weight > 0 && here == weight + best[(i + 1) * width + j + 1] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if here == best[(i + 1) * width + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// How much speaks for an item having become another one; nothing where they are different things.
fn weight(old: &Value, new: &Value) -> u32 {
    if old == new {
        return 4 * (1 + size(old));
    }
    match (old, new) {
        (Value::Object(map), Value::Object(other)) => match (identity(old), identity(new)) {
            (Some(id), Some(same)) if id == same => 3 + shared(map, other),
            // A renamed item: nothing else in it differs.
            (Some((key, ..)), Some((same, ..))) => {
                let others = map.iter().filter(|(key, value)| other.get(*key) == Some(value)).count();
                let renamed = key == same && map.len() == other.len() && others + 1 == map.len();
                if renamed || has_other_source(map, other) { 1 + shared(map, other) } else { 0 }
            }
            _ => 1 + shared(map, other),
        },
        (Value::Object(_), _) | (_, Value::Object(_)) => 0,
        (Value::Array(list), Value::Array(other)) => {
            let (head, tail) = equal_ends(list, other);
            let equal = list[..head].iter().chain(&list[list.len() - tail..]).map(|item| weight(item, item));
            let rest = list[head..list.len() - tail].iter().zip(&other[head..other.len() - tail]);
            1 + equal.sum::<u32>() + rest.map(|(item, other)| weight(item, other)).sum::<u32>()
        }
        (Value::Array(_), _) | (_, Value::Array(_)) => 0,
        _ => 1,
    }
}

/// Whether an environment variable has become its form for a file: `A` from elsewhere, `A_FILE` with a path.
fn has_other_source(map: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let name = |map: &Map<String, Value>| map.get("name").and_then(Value::as_str).map(str::to_owned);
    map.len() == 2
        && other.len() == 2
        && map.contains_key("valueFrom")
        && other.contains_key("value")
        && name(map).zip(name(other)).is_some_and(|(old, new)| new.starts_with(&old))
}

/// What speaks for two mappings being one: all that stands below the keys they share.
fn shared(map: &Map<String, Value>, other: &Map<String, Value>) -> u32 {
    map.iter().filter_map(|(key, value)| Some(weight(value, other.get(key)?))).sum()
}

/// How many values an item holds, itself included.
fn size(value: &Value) -> u32 {
    1 + match value {
        Value::Object(map) => map.values().map(size).sum(),
        Value::Array(list) => list.iter().map(size).sum(),
        _ => 0u32,
    }
}

/// What makes an item of a Kubernetes list the one it is: its merge key, ports with their protocol.
fn identity(item: &Value) -> Option<(&'static str, &Value, Option<&str>)> {
    const KEYS: [&str; 6] = ["mountPath", "devicePath", "containerPort", "name", "ip", "key"];
    let map = item.as_object()?;
    KEYS.iter().find_map(|key| {
        let value = map.get(*key).filter(|value| !value.is_object() && !value.is_array())?;
        let protocol = || map.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
        Some((*key, value, (*key == "containerPort").then(protocol)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn steps(before: Value, after: Value) -> Vec<Step> {
        align(before.as_array().unwrap(), after.as_array().unwrap())
    }

    #[test]
    fn keeps_what_is_equal_and_pairs_the_rest_by_identity() {
        use Step::{Insert, Keep, Remove};
        assert_eq!(steps(json!(["a", "b", "c"]), json!(["a", "c"])), [Keep(0, 0), Remove(1), Keep(2, 1)]);
        assert_eq!(steps(json!(["all"]), json!(["ALL"])), [Keep(0, 0)]);
        assert_eq!(steps(json!(["a", "b"]), json!(["b", "c"])), [Remove(0), Keep(1, 0), Insert(1)]);
        let (old, new) = (json!([{"name": "a"}, {"name": "b"}]), json!([{"name": "b", "x": 1}, {"name": "c"}]));
        assert_eq!(steps(old, new), [Remove(0), Keep(1, 0), Insert(1)]);
    }

    #[test]
    fn a_variable_stays_where_it_is_when_it_becomes_that_of_a_file() {
        let from = |name: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}});
        let old = json!([from("A"), from("B"), {"name": "C", "value": "c"}]);
        let new = json!([from("A"), {"name": "B_FILE", "value": "/b"}, {"name": "C", "value": "d"}]);
        assert_eq!(steps(old.clone(), new), [Step::Keep(0, 0), Step::Keep(1, 1), Step::Keep(2, 2)]);
        let other = json!([from("A"), {"name": "D_FILE", "value": "/b"}, {"name": "C", "value": "c"}]);
        assert_eq!(steps(old, other), [Step::Keep(0, 0), Step::Remove(1), Step::Insert(1), Step::Keep(2, 2)]);
    }

    #[test]
    fn ports_are_told_apart_by_protocol() {
        let port = |protocol: &str| json!({"containerPort": 53, "protocol": protocol});
        let old = json!([port("UDP"), port("TCP")]);
        assert_eq!(steps(old, json!([port("TCP")])), [Step::Remove(0), Step::Keep(1, 0)]);
    }

    #[test]
    fn mappings_without_identity_are_never_merged_across_places() {
        // RBAC rules have no identity: the second stays the second.
        let old = json!([{"verbs": ["get"]}, {"verbs": ["list"]}]);
        let new = json!([{"verbs": ["get"]}, {"verbs": ["list", "watch"]}]);
        assert_eq!(steps(old, new), [Step::Keep(0, 0), Step::Keep(1, 1)]);
    }
}
