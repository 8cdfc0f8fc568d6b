//! Why new pods do not work, as people read it: cause, evidence, and what would mend it as a diff.

use super::{Page, Palette, phrase, shown};
use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::rollout::{Sighting, Source};
use crate::secrets::redact;
use anstyle::Style;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// The column at which the words stand beside their headings.
const INDENT: usize = 12;
/// The diff stands further left: lines of a manifest are long.
const DIFF: usize = 4;
/// Lines of context around a change.
const CONTEXT: usize = 2;

/// The block of text, each line indented; `applied` is the object that fails.
pub fn diagnosis(diagnosis: &Diagnosis, applied: &Value, page: &Page) -> String {
    let cause = match diagnosis.rule {
        Some(rule) => format!("{rule}: {}", diagnosis.cause),
        None => diagnosis.cause.clone(),
    };
    let mut out = part("cause", &cause, page);
    let seen = &diagnosis.evidence;
    let text = seen.text.trim();
    if text.is_empty() {
        out.push_str(&part("evidence", &place(seen), page));
    } else {
        out.push_str(&part("evidence", &format!("{}:", place(seen)), page));
        out.push_str(&format!("{:INDENT$}{}\n", "", shown(text)));
    }
    out.push_str(&part("mend", &diagnosis.advice, page));
    if let Some(mended) = &diagnosis.mended {
        out.push_str(&difference(applied, mended, page.palette));
    }
    out
}

/// A heading and its words, broken to the width of the page.
fn part(heading: &str, words: &str, page: &Page) -> String {
    let room = page.width.saturating_sub(INDENT);
    let mut out = String::new();
    for (index, line) in phrase::wrapped(&shown(words), room, room).iter().enumerate() {
        let head = if index == 0 { heading } else { "" };
        out.push_str(&format!("  {head:<width$}{line}\n", width = INDENT - 2));
    }
    out
}

/// Where something was seen: `pod web-1, container web, exit code 1, its log`.
fn place(seen: &Sighting) -> String {
    let mut parts = Vec::new();
    parts.extend(seen.pod.as_ref().map(|pod| format!("pod {}", pod.name)));
    parts.extend(seen.container.as_ref().map(|name| format!("container {name}")));
    parts.extend(seen.exit_code.map(|code| format!("exit code {code}")));
    let how = match seen.source {
        Source::Log => "its log",
        Source::Event => "an event",
        Source::Condition => "a condition",
        Source::Waiting | Source::Terminated | Source::Pod => "its status",
    };
    let told = seen.reason.is_empty() || seen.reason == seen.text;
    let reason = if told { String::new() } else { format!(" ({})", seen.reason) };
    parts.push(format!("{how}{reason}"));
    shown(&parts.join(", ")).into_owned()
}

/// What changes from one object to the other, as YAML and without its secrets.
fn difference(before: &Value, after: &Value, palette: Palette) -> String {
    let yaml = |value: &Value| {
        let mut spec = value.get("spec").cloned().unwrap_or_default();
        redact("spec", &mut spec);
        serde_yaml::to_string(&spec).unwrap_or_default()
    };
    let (before, after) = (yaml(before), yaml(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut out = String::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push_str(&format!("{:DIFF$}...\n", ""));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Equal => (' ', Style::new()),
                ChangeTag::Delete => ('-', palette.red),
                ChangeTag::Insert => ('+', palette.green),
            };
            let line = shown(change.value().trim_end_matches('\n'));
            out.push_str(&format!("{:DIFF$}{style}{sign} {line}{style:#}\n", ""));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_says_why_what_shows_it_and_what_mends_it() {
        let pod = |volumes: Value| json!({"spec": {"template": {"spec": {"containers": [{"name": "web"}], "volumes": volumes}}}});
        let told = Diagnosis {
            pattern: Some("nginx-erofs"),
            cause: "it cannot write /var/cache/nginx".to_owned(),
            evidence: Sighting {
                source: Source::Log,
                pod: None,
                container: Some("web".to_owned()),
                reason: String::new(),
                exit_code: Some(1),
                text: "mkdir() \x1b[31mfailed".to_owned(),
            },
            rule: Some("read-only-root"),
            advice: "mount an emptyDir at /var/cache/nginx".to_owned(),
            mended: Some(pod(json!([{"name": "a"}, {"name": "writable-web"}]))),
        };
        assert_eq!(
            diagnosis(&told, &pod(json!([{"name": "a"}])), &Page::default()),
            "  cause     read-only-root: it cannot write /var/cache/nginx\n\
             \x20 evidence  container web, exit code 1, its log:\n\
             \x20           mkdir() ^[[31mfailed\n\
             \x20 mend      mount an emptyDir at /var/cache/nginx\n\
             \x20         volumes:\n\
             \x20         - name: a\n\
             \x20   +     - name: writable-web\n"
        );
    }
}
