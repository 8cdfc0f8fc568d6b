//! The words of the reports: the same thing has the same word everywhere.

use super::shown;
use crate::plan::Change;
use crate::rules::{Standard, Subject};
use crate::workload::{Identity, List, PolicyFile};
use serde_json::Value;

/// How many characters of a value are shown.
const VALUE_WIDTH: usize = 60;
/// How many policies are named before they are only counted.
const MOST_POLICIES: usize = 8;

/// `1 file`, `2 files`.
pub fn count(number: usize, thing: &str) -> String {
    match thing.strip_suffix('y') {
        _ if number == 1 => format!("1 {thing}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {thing}s"),
    }
}

/// `is` or `are`.
pub fn is(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// `deployment.apps/web`, as kubectl names an object in one line; `pod/job-` where only `generateName` is stated.
pub fn short_name(identity: &Identity) -> String {
    let kind = identity.kind.to_lowercase();
    let name = if identity.name.is_empty() { "(no name)" } else { &identity.name };
    let name = match identity.group() {
        "" => format!("{kind}/{name}"),
        group => format!("{kind}.{group}/{name}"),
    };
    shown(&name).into_owned()
}

/// A change in words, its field seen from the container that the finding is about.
pub fn change(change: &Change, subject: &Subject) -> String {
    if let (Some(list), Some(after)) = (change.pointer.strip_suffix("/-"), &change.after) {
        return format!("{} gets {}", field(list, subject), item(after));
    }
    let field = field(&change.pointer, subject);
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("{field}: {}", value(after)),
        (Some(before), Some(after)) => format!("{field}: {} -> {}", value(before), value(after)),
        (Some(before), None) => format!("{field}: {} is taken away", value(before)),
        (None, None) => field,
    }
}

/// What becomes of the policies in a file: `networkpolicies.yaml gets NetworkPolicies allow-dns, web`.
pub fn policies(file: &PolicyFile) -> String {
    let name = |value: &Value| value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let listed = |mut names: Vec<String>, most: usize| {
        let more = names.len().saturating_sub(most);
        names.truncate(most);
        let kind = if names.len() + more == 1 { "NetworkPolicy" } else { "NetworkPolicies" };
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{kind} {}{rest}", shown(&names.join(", ")))
    };
    let parts = [
        ("gets", file.added.iter().map(name).collect::<Vec<_>>()),
        ("gets anew", file.changed.iter().map(name).collect()),
        ("loses", file.dropped.iter().map(|identity| identity.name.clone()).collect()),
    ];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let parts: Vec<String> = parts.map(|(verb, names)| format!("{verb} {}", listed(names, MOST_POLICIES))).collect();
    format!("{} {}", shown(&file.name), parts.join("; "))
}

/// A pointer as users write paths, whole.
pub fn path(pointer: &str) -> String {
    dotted(&pointer.split('/').skip(1).collect::<Vec<_>>())
}

/// A pointer as users write paths: `spec.template.spec.hostNetwork`; shortened to the container's own part.
fn field(pointer: &str, subject: &Subject) -> String {
    let tokens: Vec<&str> = pointer.split('/').skip(1).collect();
    let own = subject.container.as_ref().and_then(|_| {
        let list = tokens.iter().position(|token| List::ALL.iter().any(|list| list.key() == *token))?;
        tokens.get(list + 2..).filter(|rest| !rest.is_empty())
    });
    dotted(own.unwrap_or(&tokens))
}

fn dotted(tokens: &[&str]) -> String {
    let mut out = String::new();
    for token in tokens {
        let key = token.replace("~1", "/").replace("~0", "~");
        if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("[{key}]"));
        } else if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            out.push_str(if out.is_empty() { "" } else { "." });
            out.push_str(&key);
        } else {
            out.push_str(&format!("[\"{}\"]", shown(&key)));
        }
    }
    out
}

/// An item of a list in a few words: `/tmp (writable-web)` for a mount, else its value.
fn item(of: &Value) -> String {
    match (of.get("mountPath").and_then(Value::as_str), of.get("name").and_then(Value::as_str)) {
        (Some(path), Some(name)) => clipped(&shown(&format!("{path} ({name})")), VALUE_WIDTH),
        _ => value(of),
    }
}

/// A value in one short line, YAML's flow style where that is plain.
pub fn value(value: &Value) -> String {
    let mut text = String::new();
    flow(value, &mut text);
    clipped(&shown(&text), VALUE_WIDTH)
}

/// Write a value in flow style, as far as it is going to be shown.
fn flow(value: &Value, out: &mut String) {
    if out.len() > 4 * VALUE_WIDTH {
        return;
    }
    match value {
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                flow(item, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                flow(&Value::from(key.as_str()), out);
                out.push_str(": ");
                flow(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn is_plain(text: &str) -> bool {
    // A number with its unit is a string to YAML, unless its letters are an exponent or a base.
    let quantity = ["Ki", "Mi", "Gi", "Ti", "m"].iter().any(|unit| text.ends_with(unit));
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || (quantity && c.is_ascii_digit()))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
}

/// A text cut to a number of characters, the cut shown.
pub fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// A standard's name for a rule, short: `PSS restricted allowPrivilegeEscalation`, `CIS 5.2.6`.
pub fn standard(standard: &Standard) -> String {
    match standard {
        Standard::Pss(level, id) => format!("PSS {level} {id}"),
        Standard::Cis(section) => format!("CIS {section}"),
        Standard::Nsa(chapter) => format!("NSA/CISA {chapter}"),
        Standard::Checkov(id) => format!("checkov {id}"),
        Standard::Kubescape(id) => format!("Kubescape {id}"),
        Standard::Other(tool, id) => format!("{tool} {id}"),
    }
}

/// Several standards in one line, each family named once: `PSS baseline hostPorts; CIS 5.2.3, 5.2.4`.
pub fn standards(list: &[Standard]) -> String {
    let mut out = String::new();
    let mut family = None;
    for one in list {
        let name = standard(one);
        let (own, rest) = name.split_once(' ').unwrap_or((name.as_str(), ""));
        if family.as_deref() == Some(own) {
            out.push_str(&format!(", {rest}"));
        } else {
            out.push_str(if out.is_empty() { "" } else { "; " });
            out.push_str(&name);
        }
        family = Some(own.to_owned());
    }
    out
}

/// A text broken between words into lines of at most `rest` characters, the first of at most `first`. Never empty.
pub fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let width = if lines.is_empty() { first } else { rest };
        let length = line.chars().count() + 1 + word.chars().count();
        if line.is_empty() {
            line.push_str(word);
        } else if length <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    lines.push(line);
    lines
}

/// A word as a shell reads it back, quoted where it must be.
pub fn pasteable(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./,:=@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Level, Risk};
    use serde_json::json;

    fn of(pointer: &str, before: Option<Value>, after: Option<Value>, container: Option<&str>) -> String {
        let subject = Subject { pointer: "".into(), container: container.map(Into::into) };
        let made = Change {
            pointer: pointer.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
            risk: Risk::Safe,
            evidence: "".into(),
        };
        change(&made, &subject)
    }

    #[test]
    fn a_change_names_its_field_from_the_container_it_is_about() {
        let pointer = "/spec/template/spec/containers/0/securityContext/capabilities/drop";
        assert_eq!(of(pointer, None, Some(json!(["ALL"])), Some("web")), "securityContext.capabilities.drop: [ALL]");
        assert_eq!(
            of("/spec/hostNetwork", Some(json!(true)), Some(json!(false)), None),
            "spec.hostNetwork: true -> false"
        );
        assert_eq!(
            of("/spec/containers/1/ports/0/hostPort", Some(json!(80)), None, None),
            "spec.containers[1].ports[0].hostPort: 80 is taken away"
        );
        assert_eq!(
            of("/metadata/annotations/a.b~1c", None, Some(json!("runtime/default")), Some("web")),
            "metadata.annotations[\"a.b/c\"]: runtime/default"
        );
    }

    #[test]
    fn values_are_short_harmless_and_unmistakable() {
        assert_eq!(value(&json!("true")), "true");
        assert_eq!(value(&json!("a b")), "\"a b\"");
        assert_eq!(value(&json!("\u{202e}")), "\"<U+202E>\"");
        assert_eq!(value(&json!({"type": "RuntimeDefault"})), "{type: RuntimeDefault}");
        assert_eq!(value(&json!("x".repeat(100))).chars().count(), VALUE_WIDTH);
    }

    #[test]
    fn what_a_list_gets_is_told_in_a_few_words() {
        let mount = json!({"name": "writable-web", "mountPath": "/tmp", "subPath": "tmp"});
        assert_eq!(
            of("/spec/containers/0/volumeMounts/-", None, Some(mount), Some("web")),
            "volumeMounts gets /tmp (writable-web)"
        );
        let volume = json!({"name": "writable-web", "emptyDir": {"sizeLimit": "1Gi"}});
        assert_eq!(
            of("/spec/volumes/-", None, Some(volume), Some("web")),
            "spec.volumes gets {name: writable-web, emptyDir: {sizeLimit: 1Gi}}"
        );
        let init = json!({"name": "fill", "command": ["sh", "-ec", "cp -RP /a/. /b/\n".repeat(1000)]});
        let told = of("/spec/initContainers/-", None, Some(init), None);
        assert!(
            told.starts_with("spec.initContainers gets {name: fill, command: [sh, ") && told.chars().count() < 100,
            "{told}"
        );
    }

    #[test]
    fn hints_can_be_pasted() {
        assert_eq!(pasteable("shop/web.yaml"), "shop/web.yaml");
        assert_eq!(pasteable("my shop/it's.yaml"), r"'my shop/it'\''s.yaml'");
        assert_eq!(pasteable("$(rm -rf .)"), "'$(rm -rf .)'");
    }

    #[test]
    fn a_family_of_standards_is_named_once() {
        let list = [Standard::Pss(Level::Baseline, "hostPorts"), Standard::Cis("5.2.3"), Standard::Cis("5.2.4")];
        assert_eq!(standards(&list), "PSS baseline hostPorts; CIS 5.2.3, 5.2.4");
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        assert_eq!(wrapped("one two three four", 7, 10), ["one two", "three four"]);
        assert_eq!(wrapped("incomprehensibilities it is", 5, 5), ["incomprehensibilities", "it is"]);
        assert_eq!(wrapped("", 5, 5), [""]);
    }

    #[test]
    fn words_have_their_plural() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "workload"), "0 workloads");
        assert_eq!(count(2, "policy"), "2 policies");
    }
}
