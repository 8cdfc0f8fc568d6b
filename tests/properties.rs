//! Random edits of texts of every style. `PROPTEST_CASES` raises the number of cases.

// Tests read files, say what they skip and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod support;

use kubectl_harden::manifest::{Splicer, Stream, splice};
use proptest::prelude::*;
use serde_json::Value;
use support::edits::{edited, pointers};
use support::lines::Touchable;
use support::tape::Tape;
use support::texts::{Text, text};

/// What decides for one text.
fn shapes() -> impl Strategy<Value = Shape> {
    prop::collection::vec(any::<u8>(), 0..240).prop_map(Shape)
}

/// What decides for one text and one edit.
fn tapes() -> impl Strategy<Value = (Shape, Shape)> {
    (shapes(), prop::collection::vec(any::<u8>(), 0..24).prop_map(Shape))
}

/// The bytes of a tape; printed on one line.
#[derive(Clone)]
struct Shape(Vec<u8>);

impl std::fmt::Debug for Shape {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?}", self.0)
    }
}

fn made(shape: &Shape) -> Text {
    text(&mut Tape::new(&shape.0))
}

/// The values a random edit wants, for each document it changes.
fn wanted(stream: &Stream, edit: &Shape) -> Option<Vec<(usize, Value)>> {
    let mut tape = Tape::new(&edit.0);
    let before: Vec<Value> = stream.documents().map(|document| document.value()).collect::<Result<_, _>>().ok()?;
    let first = tape.below(before.len());
    let all = tape.tenths(2);
    let chosen = (0..before.len()).filter(|index| all || *index == first);
    Some(chosen.map(|index| (index, edited(&mut tape, &before[index]))).collect())
}

/// A text whose first key of a document that could be `items` is.
fn listed(text: &str) -> String {
    let mut found = false;
    let mut lines = text.split_inclusive('\n').map(|line| {
        found &= !line.starts_with("---");
        match line
            .trim_start_matches('\u{feff}')
            .strip_prefix("items")
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        {
            Some(rest) if rest.starts_with(':') && !found => {
                found = true;
                format!("items{rest}")
            }
            _ => line.to_owned(),
        }
    });
    lines.by_ref().collect()
}

fn borrowed(values: &[(usize, Value)]) -> Vec<(usize, &Value)> {
    values.iter().map(|(index, value)| (*index, value)).collect()
}

/// Every `# c17` of a text.
fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<_> = text
        .match_indices("# c")
        .map(|(at, found)| {
            let digits = text[at + found.len()..].bytes().take_while(u8::is_ascii_digit).count();
            &text[at..at + found.len() + digits]
        })
        .filter(|comment| comment.len() > "# c".len())
        .collect();
    comments.sort_unstable();
    comments
}

fn values(stream: &Stream) -> Vec<Value> {
    stream.documents().map(|document| document.value().expect("a value")).collect()
}

/// Whether something of a document is still there afterwards.
fn shares(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.keys().any(|key| after.contains_key(key)),
        (Value::Array(before), Value::Array(after)) => before.iter().any(|item| after.contains(item)),
        _ => before == after,
    }
}

/// The second reader's verdict, document by document.
fn accepted(text: &str) -> bool {
    use serde::Deserialize;
    // libyaml counts a byte order mark as a column, so that the second line seems to stand further left.
    serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'))
        .all(|document| serde_yaml::Value::deserialize(document).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    /// The texts themselves are YAML that both readers take, or the other properties would say little.
    #[test]
    fn the_texts_are_read(shape in shapes()) {
        let Text { text, .. } = made(&shape);
        match Stream::read(text.clone()) {
            Ok(_) => prop_assert!(accepted(&text), "serde_yaml refuses\n{text}"),
            Err(error) => prop_assert!(false, "{error}\n{text}"),
        }
    }

    #[test]
    fn a_change_of_nothing_gives_the_same_bytes(shape in shapes()) {
        let stream = Stream::read(made(&shape).text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(splice(&stream, &[]), Ok(stream.text().to_owned()));
        let own: Vec<_> = stream.documents().filter_map(|document| Some((document.index(), document.value().ok()?))).collect();
        prop_assert_eq!(splice(&stream, &borrowed(&own)), Ok(stream.text().to_owned()));
    }

    /// The bytes of a node, read alone, give the node's value.
    #[test]
    fn a_span_holds_its_node(shape in shapes()) {
        let Text { text, anchors } = made(&shape);
        let stream = Stream::read(text.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for document in stream.documents().filter(|_| !anchors) {
            let value = document.value().expect("a value");
            let mut places = Vec::new();
            pointers(&value, String::new(), &mut places);
            for place in places {
                let span = document.span(&place, false).expect("a span");
                let (found, wanted) = (&text[span.clone()], value.pointer(&place).expect("a value"));
                // A block collection or a literal alone has lost its place.
                let alone = !wanted.is_array() && !wanted.is_object() && !found.starts_with(['|', '>'])
                    || found.starts_with(['[', '{', ',']);
                if alone && !found.is_empty() {
                    let read = Stream::read(found.to_owned()).map(|alone| values(&alone));
                    prop_assert_eq!(read, Ok(vec![wanted.clone()]), "{} is {:?} in\n{}", place, found, text);
                }
                prop_assert_eq!(&document.nearest(&place).end, &span.end);
            }
        }
    }

    /// Items of a list that are changed one by one give a text that reads, as a whole, as the values asked for.
    #[test]
    fn an_item_is_changed_alone((shape, edit) in tapes()) {
        let text = listed(&made(&shape).text);
        let Ok(stream) = Stream::read(text.clone()) else { return Ok(()) };
        let (mut tape, splicer) = (Tape::new(&edit.0), Splicer::new(&stream));
        let (mut all, mut changes) = (values(&stream), Vec::new());
        for document in stream.documents() {
            for (index, part) in (0..).map_while(|index| Some((index, document.item(index)?))) {
                let before = part.value().expect("a value");
                let place = &mut all[document.index()]["items"][index];
                prop_assert_eq!(&before, &*place);
                let after = if tape.tenths(5) { edited(&mut tape, &before) } else { before.clone() };
                if let Ok(change) = splicer.change(&part, before, &after) {
                    *place = after;
                    changes.push(change);
                }
            }
        }
        let result = splicer.finish(changes);
        let read = Stream::read(result.clone());
        prop_assert!(read.is_ok(), "{}\n{text}\nbecame\n{result}", read.unwrap_err());
        prop_assert_eq!(values(&read.unwrap()), all, "{}\nbecame\n{}", text, result);
        prop_assert!(!accepted(&text) || accepted(&result), "serde_yaml refuses\n{result}\nmade from\n{text}");
    }

    /// New documents stand behind the ones they belong to, changed or not.
    #[test]
    fn new_documents_stand_where_they_belong((shape, edit) in tapes()) {
        let Text { text, .. } = made(&shape);
        let stream = Stream::read(text.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let (mut tape, splicer) = (Tape::new(&edit.0), Splicer::new(&stream));
        let (mut changes, mut all) = (Vec::new(), Vec::new());
        for document in stream.documents() {
            let before = document.value().expect("a value");
            let after = if tape.tenths(5) { edited(&mut tape, &before) } else { before.clone() };
            match splicer.change(&document.whole(), before.clone(), &after) {
                Ok(change) => { changes.push(change); all.push(after); }
                Err(_) => all.push(before.clone()),
            }
            let new: Vec<Value> = (0..tape.below(3)).map(|_| edited(&mut tape, &before)).collect();
            let new: Vec<&Value> = new.iter().filter(|new| new.as_object().is_some_and(|map| !map.is_empty())).collect();
            if new.is_empty() {
                continue;
            }
            match splicer.append(document, &new) {
                Ok(change) => {
                    changes.push(change);
                    all.extend(new.into_iter().cloned());
                }
                Err(refusal) => prop_assert!(!stream.takes_documents(), "refused without need: {refusal}\n{text}\nnew {new:?}"),
            }
        }
        let result = splicer.finish(changes);
        let read = Stream::read(result.clone());
        prop_assert!(read.is_ok(), "{}\n{text}\nbecame\n{result}", read.unwrap_err());
        prop_assert_eq!(values(&read.unwrap()), all, "{}\nbecame\n{}", text, result);
        prop_assert!(!accepted(&text) || accepted(&result), "serde_yaml refuses\n{result}\nmade from\n{text}");
    }

    /// The result reads as the value asked for, in both readers, and nothing else changed; or it is refused, which
    /// happens only where there are anchors.
    #[test]
    fn an_edit_is_exact_or_refused((shape, edit) in tapes()) {
        let Text { text, anchors } = made(&shape);
        let stream = Stream::read(text.clone()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let Some(wanted) = wanted(&stream, &edit) else { return Ok(()) };
        let wanted = borrowed(&wanted);
        let result = match splice(&stream, &wanted) {
            Ok(result) => result,
            Err(refusal) => {
                // A whole document is never replaced: no profile wants that.
                let whole = wanted.iter().any(|(index, after)| !shares(&values(&stream)[*index], after));
                let hard = refusal.message.contains("before the first one of a list");
                prop_assert!(anchors || whole || hard, "refused without need: {refusal}\n{text}\nwanted {wanted:?}");
                return Ok(());
            }
        };
        let read = Stream::read(result.clone());
        prop_assert!(read.is_ok(), "{}\n{text}\nbecame\n{result}", read.unwrap_err());
        let read = read.unwrap();
        let mut all = values(&stream);
        wanted.iter().for_each(|(index, value)| all[*index] = (*value).clone());
        prop_assert_eq!(values(&read), all, "{}\nbecame\n{}", text, result);
        prop_assert!(accepted(&result), "serde_yaml refuses\n{result}\nmade from\n{text}");

        let touchable = Touchable::of(&stream, &wanted);
        if let Some(line) = touchable.lost(&result) {
            prop_assert!(false, "lost {line}\n{text}\nbecame\n{result}\nwanted {wanted:?}");
        }
        // What looks like a comment inside a literal is none.
        let held = values(&stream).iter().map(Value::to_string).collect::<String>();
        let real = |text| comments(text).into_iter().filter(|comment| !held.contains(comment)).collect::<Vec<_>>();
        let (before, after) = (real(&text), real(&result));
        if touchable.loses {
            prop_assert!(after.iter().all(|comment| before.contains(comment)) && after.windows(2).all(|two| two[0] != two[1]));
        } else {
            prop_assert_eq!(&before, &after, "{}\nbecame\n{}", text, result);
        }
        prop_assert_eq!(splice(&read, &wanted), Ok(result), "the second run differs");
    }
}
