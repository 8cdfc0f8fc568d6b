//! Exceptions that excuse nothing, in a sentence: where, which rule, what is wrong, what to do.

use super::{Run, lines_shown, shown};
use crate::plan::{ANNOTATION, StaleException};
use crate::workload::escape;

/// `team.yaml:8:7: the exception for privileged excuses nothing: it expired on 2026-01-31; renew it or take it out`.
/// What is written as an annotation is placed in the manifest of its object. A suggestion stands on a line of its own.
pub fn stale(run: &Run<'_>, stale: &StaleException) -> String {
    let rules = stale.rules.join(", ");
    let what = match stale.object {
        Some(object) => {
            let who = &run.world.objects[object].identity;
            format!("{}: {who}: the annotation {ANNOTATION}{rules}", place(run, object, &rules))
        }
        None => format!("{}: the exception for {rules}", stale.origin),
    };
    let advice = if stale.advice.is_empty() { String::new() } else { format!("; {}", stale.advice) };
    format!("{} excuses nothing: {}{advice}", shown(&what), lines_shown(&stale.why))
}

/// Where an object bears the annotation, on itself or on a pod template.
fn place(run: &Run<'_>, object: usize, rule: &str) -> String {
    let object = &run.world.objects[object];
    let file = &run.files[object.manifest];
    let annotation = format!("{ANNOTATION}{rule}");
    let key = escape(&annotation);
    let bearers = std::iter::once("").chain(object.templates.iter().map(String::as_str));
    let span = file.stream.document(object.document).and_then(|document| {
        let at = |bearer| format!("{}{bearer}/metadata/annotations/{key}", object.base);
        bearers.map(at).find_map(|pointer| document.span(&pointer, true))
    });
    match span {
        Some(_) if file.is_live => file.name.to_owned(),
        Some(span) => format!("{}:{}", file.name, file.stream.position(span.start)),
        None => file.name.to_owned(),
    }
}
