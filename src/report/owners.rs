//! Who manages the live objects that would change, and what becomes of each change.

use super::{Page, phrase, shown};
use crate::cluster::owner::{Effect, Fate, Ownership};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many values of one object are named before the rest is counted.
const NAMED: usize = 8;
/// How many objects are named one by one where nothing is to be said of them but that all stays.
const ALONE: usize = 5;

/// One live object that would change.
#[derive(Debug, Clone)]
pub struct Changing {
    /// kubectl's name of it: `deployment.apps/web`.
    who: String,
    ownership: Ownership,
    /// How many values stay, revert and block.
    counts: [usize; 3],
    /// Values that do not stay, as far as they are named, with their words.
    go: Vec<(Effect, String)>,
    /// Values that stay, as far as they are named.
    stay: Vec<(Effect, String)>,
    /// What the server makes of it beyond the plan, in words, as far as that is named.
    beyond: Vec<String>,
    /// How much more it makes of it.
    beyond_more: usize,
}

impl Changing {
    /// `values` come with their words (see [`change`](super::change)), and so does what the server makes of the object beyond
    /// them. What is not named is counted and dropped: there may be thousands of objects.
    pub fn new(who: String, ownership: Ownership, values: Vec<(Effect, String)>, mut beyond: Vec<String>) -> Self {
        let mut counts = [0; 3];
        values.iter().for_each(|(effect, _)| counts[effect.fate as usize] += 1);
        let (mut stay, mut go): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|(effect, _)| effect.fate == Fate::Stays);
        // A controller does the same about every change.
        let alike = go.len() > NAMED && go.iter().all(|(effect, _)| effect.in_words() == go[0].0.in_words());
        go.truncate(if alike { 1 } else { NAMED });
        stay.truncate(if ownership.managed { NAMED } else { 0 });
        let beyond_more = beyond.len().saturating_sub(NAMED);
        beyond.truncate(NAMED);
        Self { who, ownership, counts, go, stay, beyond, beyond_more }
    }

    fn count(&self, fate: Fate) -> usize {
        self.counts[fate as usize]
    }

    fn going(&self) -> usize {
        self.count(Fate::Reverts) + self.count(Fate::Blocks)
    }

    /// Whether all there is to say is that everything stays.
    fn is_quiet(&self) -> bool {
        self.beyond.is_empty() && self.going() == 0
    }
}

/// `  managed elsewhere: 2 by Helm release "shop"`, from who manages each object that would change; empty where nobody does.
pub fn elsewhere<'m>(managers: impl Iterator<Item = &'m str>, page: &Page) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    managers.for_each(|manager| *counts.entry(manager).or_default() += 1);
    let mut out = String::new();
    if !counts.is_empty() {
        let parts: Vec<String> =
            counts.iter().map(|(manager, number)| format!("{number} by {}", shown(manager))).take(NAMED).collect();
        let more = counts.len() - parts.len();
        let more = if more > 0 { format!(", and {more} more owners") } else { String::new() };
        line(&mut out, 2, &format!("managed elsewhere: {}{more}", parts.join(", ")), page);
    }
    out
}

/// All of them: those with the same manager together.
pub fn owners(changing: &[Changing], page: &Page) -> String {
    let mut groups: Vec<(Option<String>, Vec<&Changing>)> = Vec::new();
    let mut places: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for one in changing {
        let manager = one.ownership.in_words();
        let place = *places.entry(manager.clone()).or_insert_with(|| {
            groups.push((manager, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(one);
    }
    let mut out = String::new();
    groups.iter().for_each(|(manager, alike)| group(&mut out, manager.as_deref(), alike, page));
    out
}

fn group(out: &mut String, manager: Option<&str>, alike: &[&Changing], page: &Page) {
    let strong = page.palette.strong;
    let manager = manager.map_or("nobody that is known".into(), shown);
    line(out, 0, &format!("{strong}managed by {manager}{strong:#}"), page);
    let (quiet, told): (Vec<&Changing>, Vec<&Changing>) = alike.iter().copied().partition(|one| one.is_quiet());
    told.iter().for_each(|one| object(out, one, page));
    if quiet.len() > ALONE {
        let all = quiet.iter().map(|one| one.count(Fate::Stays)).sum();
        let objects = phrase::count(quiet.len(), "object");
        line(out, 2, &format!("{objects}: all {} stay", phrase::count(all, "value")), page);
    } else {
        quiet.iter().for_each(|one| object(out, one, page));
    }
    let ownership = &alike[0].ownership;
    if ownership.managed || alike.iter().any(|one| one.going() > 0) {
        // Not broken into lines: they hold commands.
        ownership.advice.iter().for_each(|advice| out.push_str(&format!("  instead: {}\n", shown(advice))));
    }
}

/// `deployment.apps/web: 9 values stay, 1 reverts`, and each value that does not stay. Where the object has an owner, those
/// that stay are named as well.
fn object(out: &mut String, one: &Changing, page: &Page) {
    let counted = |fate: Fate, alone: &str, many: &str| match one.count(fate) {
        0 => None,
        1 => Some(format!("1 {alone}")),
        number => Some(format!("{number} {many}")),
    };
    let parts = [
        counted(Fate::Stays, "value stays", "values stay"),
        counted(Fate::Reverts, "reverts", "revert"),
        counted(Fate::Blocks, "blocks its owner", "block their owner"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    line(out, 2, &format!("{}: {}", shown(&one.who), parts.join(", ")), page);
    match one.go.as_slice() {
        [(effect, _)] if one.going() > NAMED => {
            let yellow = page.palette.yellow;
            line(out, 4, &format!("{yellow}each {}{yellow:#}", shown(&effect.in_words())), page);
        }
        go => {
            values(out, go, page);
            more(out, one.going() - go.len(), "more", page);
        }
    }
    if one.ownership.managed {
        values(out, &one.stay, page);
        more(out, one.count(Fate::Stays) - one.stay.len(), "more that stay", page);
    }
    if !one.beyond.is_empty() {
        line(out, 4, "the server makes more of it (defaults, admission):", page);
        one.beyond.iter().for_each(|words| value(out, words, page));
        more(out, one.beyond_more, "more", page);
    }
}

fn more(out: &mut String, number: usize, words: &str, page: &Page) {
    if number > 0 {
        line(out, 4, &format!("and {number} {words}"), page);
    }
}

/// Values with what becomes of each.
fn values(out: &mut String, values: &[(Effect, String)], page: &Page) {
    for (effect, words) in values {
        let style = if effect.fate == Fate::Stays { page.palette.dim } else { page.palette.yellow };
        let set =
            effect.overrides.as_ref().map(|manager| format!("set by \"{}\"; ", shown(manager))).unwrap_or_default();
        let fate = format!("{set}{}", shown(&effect.in_words()));
        let used = words.chars().count();
        if 4 + used + 2 + fate.chars().count() <= page.width {
            let _ = writeln!(out, "    {words}  {style}{fate}{style:#}");
        } else {
            value(out, words, page);
            line(out, 8, &format!("{style}{fate}{style:#}"), page);
        }
    }
}

/// A value in words, broken behind its path where it is long.
fn value(out: &mut String, words: &str, page: &Page) {
    match words.split_once(": ").filter(|_| 4 + words.chars().count() > page.width) {
        Some((path, value)) => {
            let _ = writeln!(out, "    {path}:\n      {value}");
        }
        None => {
            let _ = writeln!(out, "    {words}");
        }
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
        let values = effects.into_iter().map(|effect| (effect, "~ spec.a: true -> false".to_owned())).collect();
        let beyond = if who.ends_with('c') { vec!["+ spec.b: 1".to_owned()] } else { Vec::new() };
        Changing::new(who.to_owned(), ownership, values, beyond)
    }

    #[test]
    fn objects_of_one_manager_stand_together_and_what_does_not_stay_is_named() {
        let stays = || effect(Fate::Stays, "", None);
        let blocks = effect(Fate::Blocks, "the next helm upgrade", Some("helm"));
        let all = [
            changing("deployment.apps/a", Some("Helm release \"shop\""), vec![stays(), stays(), blocks]),
            changing("deployment.apps/c", None, vec![stays()]),
            changing("deployment.apps/b", Some("Helm release \"shop\""), vec![stays()]),
        ];
        assert_eq!(
            owners(&all, &Page::default()),
            "\
managed by Helm release \"shop\" (labels)
  deployment.apps/a: 2 values stay, 1 blocks its owner
    ~ spec.a: true -> false
        set by \"helm\"; BLOCKS the next helm upgrade (conflict with
          \"pod-hardener\")
    ~ spec.a: true -> false  stays
    ~ spec.a: true -> false  stays
  deployment.apps/b: 1 value stays
    ~ spec.a: true -> false  stays
  instead: see the chart
managed by nobody that is known
  deployment.apps/c: 1 value stays
    the server makes more of it (defaults, admission):
    + spec.b: 1
"
        );
        let controlled: Vec<Effect> = (0..30).map(|_| effect(Fate::Reverts, "within seconds", None)).collect();
        assert_eq!(
            owners(&[changing("pod/x", Some("shop/y"), controlled)], &Page::default()),
            "managed by shop/y (labels)\n  pod/x: 30 revert\n    each reverts within seconds\n  instead: see the chart\n"
        );
        let managers = ["kapp", "Argo CD", "kapp"];
        assert_eq!(elsewhere(managers.into_iter(), &Page::default()), "  managed elsewhere: 1 by Argo CD, 2 by kapp\n");
        assert_eq!(elsewhere(std::iter::empty(), &Page::default()), "");
        let many: Vec<Changing> = (0..9).map(|_| changing("pod/x", None, vec![stays(), stays()])).collect();
        assert_eq!(
            owners(&many, &Page::default()),
            "managed by nobody that is known\n  9 objects: all 18 values stay\n"
        );
    }
}
