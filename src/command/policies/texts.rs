//! The text of a file that policies are put into.

use super::super::join::join;
use crate::manifest::{Change, Splicer, Stream};
use crate::workload::{Identity, PolicyFile};
use serde_json::Value;

/// What a file holds from which the last policy has gone.
const EMPTIED: &str = "# kubectl-harden: no NetworkPolicy is needed here\n";

/// Whether a text is that of a file from which the last policy has gone.
pub(in crate::command) fn is_emptied(text: &str) -> bool {
    text == EMPTIED
}

/// The text with these policies added, changed and taken out; what else stands in it stays. The error says why that cannot be.
pub(in crate::command) fn text(before: &str, files: &[&PolicyFile]) -> Result<String, String> {
    let before = if is_emptied(before) { "" } else { before };
    let stream = Stream::read(before.to_owned()).map_err(|error| error.message)?;
    let splicer = Splicer::new(&stream);
    let (mut changes, mut wanted, mut last): (Vec<Change>, Vec<Value>, _) = (Vec::new(), Vec::new(), None);
    for document in stream.documents() {
        let value = document.value().map_err(|refusal| refusal.message)?;
        last = Some(document);
        if value.is_null() {
            continue;
        }
        let own = identity(&value);
        if files.iter().any(|file| file.dropped.contains(&own)) {
            changes.push(splicer.remove(document));
            continue;
        }
        let after = files.iter().flat_map(|file| &file.changed).find(|after| identity(after) == own);
        wanted.push(after.unwrap_or(&value).clone());
        if let Some(after) = after {
            changes.push(splicer.change(&document.whole(), value, after).map_err(|refusal| refusal.message)?);
        }
    }
    let added: Vec<&Value> = files.iter().flat_map(|file| &file.added).collect();
    let text = match last.filter(|_| !wanted.is_empty() && !added.is_empty()) {
        Some(last) => {
            changes.push(splicer.append(last, &added).map_err(|refusal| refusal.message)?);
            splicer.finish(changes)
        }
        None => {
            let streams: Result<Vec<Stream>, _> = added.iter().map(|value| Stream::of_value(value)).collect();
            let streams = streams.map_err(|refusal| refusal.message)?;
            let rest = splicer.finish(changes);
            let rest = if wanted.is_empty() { Some(rest).filter(|rest| !rest.trim().is_empty()) } else { Some(rest) };
            join(&rest.as_deref().into_iter().chain(streams.iter().map(Stream::text)).collect::<Vec<_>>())
        }
    };
    wanted.extend(added.into_iter().cloned());
    let text = if text.trim().is_empty() { EMPTIED.to_owned() } else { text };
    let read = Stream::read(text.clone()).map_err(|error| error.message)?;
    let values: Result<Vec<Value>, _> = read.documents().map(|document| document.value()).collect();
    let values = values.map_err(|refusal| refusal.message)?;
    match values.into_iter().filter(|value| !value.is_null()).eq(wanted) {
        true => Ok(text),
        false => Err("its policies cannot be changed without harm to what stands beside them; delete them, and they are made anew".to_owned()),
    }
}

fn identity(value: &Value) -> Identity {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Identity::of(text("apiVersion"), text("kind"), value)
}
