//! Who manages the live objects that would change, and what becomes of each change.

use super::{Page, phrase, shown};
use crate::cluster::owner::{Effect, Fate, Ownership};
use crate::secrets::{MASK, redact};
use crate::workload::lookup;
use serde_json::Value;
use std::fmt::Write as _;

/// How many values of one object are named before the rest is counted.
const NAMED: usize = 8;
/// How many objects are named one by one where nothing is to be said of them but that all stays.
const ALONE: usize = 5;

/// One live object that would change.
#[derive(Debug, Clone)]
pub struct Changing {
    /// kubectl's name of it: `deployment.apps/web`.
    pub who: String,
    /// Who manages it.
    pub ownership: Ownership,
    /// What becomes of each value.
    pub effects: Vec<Effect>,
    /// Each value in words, as the effects stand: [`change`].
    pub words: Vec<String>,
    /// What the server makes of it beyond the plan, in words.
    pub beyond: Vec<String>,
}

/// A value that changes, in words: `spec.template.spec.containers[side].securityContext.privileged: true -> false`. Pointers
/// lead to what is there before, or else to what is there after.
pub fn change(before: &Value, after: &Value, pointer: &str) -> String {
    let (old, new) = (lookup(before, pointer), lookup(after, pointer));
    let place = place(if old.is_some() { before } else { after }, pointer);
    let hidden = |value: &Value| {
        let secret = before.get("kind").is_some_and(|kind| kind == "Secret");
        let mut value = if secret { Value::from(MASK) } else { value.clone() };
        redact(pointer.rsplit('/').next().unwrap_or_default(), &mut value);
        phrase::value(&value)
    };
    match (old, new) {
        (None, Some(new)) => format!("+ {place}: {}", hidden(new)),
        (Some(old), None) => format!("- {place}: {}", hidden(old)),
        (Some(old), Some(new)) => format!("~ {place}: {} -> {}", hidden(old), hidden(new)),
        (None, None) => place,
    }
}

/// A pointer as users write paths, list items by their names.
fn place(object: &Value, pointer: &str) -> String {
    let (mut here, mut out) = (Some(object), String::new());
    for token in pointer.split('/').skip(1) {
        let key = token.replace("~1", "/").replace("~0", "~");
        let inside = here.and_then(|here| lookup(here, &format!("/{token}")));
        if here.is_some_and(Value::is_array) {
            let name = inside.and_then(|item| item.get("name").or_else(|| item.get("mountPath")));
            let name = name.and_then(Value::as_str).unwrap_or(&key);
            let _ = write!(out, "[{}]", shown(name));
        } else {
            out.push_str(if out.is_empty() { "" } else { "." });
            out.push_str(&shown(&key));
        }
        here = inside;
    }
    out
}

/// All of them: those with the same manager together.
pub fn owners(changing: &[Changing], page: &Page) -> String {
    let mut out = String::new();
    let mut known: Vec<Option<String>> = Vec::new();
    for one in changing {
        let manager = one.ownership.in_words();
        if known.contains(&manager) {
            continue;
        }
        let alike: Vec<&Changing> = changing.iter().filter(|other| other.ownership.in_words() == manager).collect();
        group(&mut out, manager.as_deref(), &alike, page);
        known.push(manager);
    }
    out
}

fn group(out: &mut String, manager: Option<&str>, alike: &[&Changing], page: &Page) {
    let strong = page.palette.strong;
    match manager {
        Some(manager) => line(out, 0, &format!("{strong}managed by {}{strong:#}", shown(manager)), page),
        None => line(out, 0, &format!("{strong}managed by nobody that is known{strong:#}"), page),
    }
    let (quiet, told): (Vec<&Changing>, Vec<&Changing>) = alike.iter().copied().partition(|one| one.is_quiet());
    told.iter().for_each(|one| object(out, one, page));
    match quiet.len() {
        0 => {}
        number if number > ALONE => {
            let all: usize = quiet.iter().map(|one| one.effects.len()).sum();
            line(
                out,
                2,
                &format!("{}: all {} stay", phrase::count(number, "object"), phrase::count(all, "change")),
                page,
            );
        }
        _ => quiet.iter().for_each(|one| object(out, one, page)),
    }
    let first = alike[0];
    let stays = alike.iter().all(|one| one.effects.iter().all(|effect| effect.fate == Fate::Stays));
    if first.ownership.managed || !stays {
        // Not broken into lines: they hold commands.
        first.ownership.advice.iter().for_each(|advice| out.push_str(&format!("  instead: {}\n", shown(advice))));
    }
}

impl Changing {
    /// Whether all there is to say is that everything stays.
    fn is_quiet(&self) -> bool {
        self.beyond.is_empty() && self.effects.iter().all(|effect| effect.fate == Fate::Stays)
    }
}

/// `deployment.apps/web: 9 changes stay, 1 reverts`, and each value that does not stay.
fn object(out: &mut String, one: &Changing, page: &Page) {
    let yellow = page.palette.yellow;
    let of = |fate: Fate| one.effects.iter().filter(move |effect| effect.fate == fate).count();
    let counted = |fate: Fate, one: &str, many: &str| match of(fate) {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let mut parts: Vec<String> = Vec::new();
    let stay = of(Fate::Stays);
    match stay {
        0 => {}
        1 => parts.push("1 change stays".to_owned()),
        _ => parts.push(format!("{stay} changes stay")),
    }
    parts.extend(counted(Fate::Reverts, "reverts", "revert"));
    parts.extend(counted(Fate::Blocks, "blocks its owner", "block their owner"));
    line(out, 2, &format!("{}: {}", shown(&one.who), parts.join(", ")), page);

    let told: Vec<(&Effect, &String)> =
        one.effects.iter().zip(&one.words).filter(|(effect, _)| effect.fate != Fate::Stays).collect();
    // A controller does the same about every change.
    let alike = told.len() > NAMED && told.iter().all(|(effect, _)| effect.in_words() == told[0].0.in_words());
    if alike {
        line(out, 4, &format!("{yellow}each {}{yellow:#}", told[0].0.in_words()), page);
        return beyond(out, one, page);
    }
    for (effect, words) in told.iter().take(NAMED) {
        line(out, 4, words, page);
        let set =
            effect.overrides.as_ref().map(|manager| format!("set by \"{}\": ", shown(manager))).unwrap_or_default();
        line(out, 6, &format!("{set}{yellow}{}{yellow:#}", shown(&effect.in_words())), page);
    }
    if told.len() > NAMED {
        line(out, 4, &format!("and {} more", told.len() - NAMED), page);
    }
    beyond(out, one, page);
}

fn beyond(out: &mut String, one: &Changing, page: &Page) {
    if one.beyond.is_empty() {
        return;
    }
    line(out, 4, "the server makes more of it (defaults, admission):", page);
    one.beyond.iter().take(NAMED).for_each(|words| line(out, 6, words, page));
    if one.beyond.len() > NAMED {
        line(out, 6, &format!("and {} more", one.beyond.len() - NAMED), page);
    }
}

/// A line, broken between words where it is long.
fn line(out: &mut String, indent: usize, text: &str, page: &Page) {
    let room = page.width.saturating_sub(indent);
    for (index, part) in phrase::wrapped(text, room, room.saturating_sub(2)).iter().enumerate() {
        let indent = if index == 0 { indent } else { indent + 2 };
        let _ = writeln!(out, "{:indent$}{part}", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn effect(fate: Fate, when: &str, overrides: Option<&str>) -> Effect {
        let overrides = overrides.map(str::to_owned);
        Effect { pointer: "/spec".to_owned(), overrides, removes: false, fate, when: when.to_owned() }
    }

    fn changing(who: &str, manager: Option<&str>, effects: Vec<Effect>) -> Changing {
        let ownership = Ownership {
            manager: manager.map(str::to_owned),
            signs: vec!["labels".to_owned()],
            managed: manager.is_some(),
            advice: manager.map(|_| "see the chart".to_owned()).into_iter().collect(),
            ..Ownership::default()
        };
        let words = effects.iter().map(|_| "~ spec.a: true -> false".to_owned()).collect();
        Changing { who: who.to_owned(), ownership, effects, words, beyond: Vec::new() }
    }

    #[test]
    fn objects_of_one_manager_stand_together_and_what_does_not_stay_is_named() {
        let stays = || effect(Fate::Stays, "", None);
        let blocks = effect(Fate::Blocks, "the next helm upgrade", Some("helm"));
        let mut defaulted = changing("deployment.apps/c", None, vec![stays()]);
        defaulted.beyond = vec!["+ spec.b: 1".to_owned()];
        let all = [
            changing("deployment.apps/a", Some("Helm release \"shop\""), vec![stays(), stays(), blocks]),
            defaulted,
            changing("deployment.apps/b", Some("Helm release \"shop\""), vec![stays()]),
        ];
        assert_eq!(
            owners(&all, &Page::default()),
            "\
managed by Helm release \"shop\" (labels)
  deployment.apps/a: 2 changes stay, 1 blocks its owner
    ~ spec.a: true -> false
      set by \"helm\": BLOCKS the next helm upgrade (conflict with \"pod-hardener\")
  deployment.apps/b: 1 change stays
  instead: see the chart
managed by nobody that is known
  deployment.apps/c: 1 change stays
    the server makes more of it (defaults, admission):
      + spec.b: 1
"
        );
        let many: Vec<Changing> = (0..9).map(|_| changing("pod/x", None, vec![stays(), stays()])).collect();
        assert_eq!(
            owners(&many, &Page::default()),
            "managed by nobody that is known\n  9 objects: all 18 changes stay\n"
        );
    }

    #[test]
    fn values_in_words() {
        let before =
            json!({"containers": [{"name": "a\u{1b}"}, {"name": "b", "env": [{"name": "DB_PASSWORD", "value": "x"}]}]});
        let mut after = before.clone();
        after["containers"][0]["tty"] = json!(true);
        after["containers"].as_array_mut().unwrap().pop();
        assert_eq!(change(&before, &after, "/containers/0/tty"), "+ containers[a^[].tty: true");
        let gone = change(&before, &after, "/containers/1");
        assert!(gone.starts_with("- containers[b]: {name: b") && !gone.contains(": x"), "{gone}");
        let secret = json!({"kind": "Secret", "data": {"a": "eA=="}});
        let other = json!({"kind": "Secret", "data": {"a": "eQ=="}});
        assert_eq!(change(&secret, &other, "/data/a"), "~ data.a: \"***\" -> \"***\"");
    }
}
