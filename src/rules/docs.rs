//! The user's documentation of a rule as Markdown: what `explain` prints and what `docs/rules.md` is made of.

use super::{REGISTRY, Risk, Rule, documentation};
use std::fmt::Write;

/// One rule: its title, its standing, its parameters and its module doc, one heading level deeper than in the source.
pub fn as_markdown(rule: &Rule) -> String {
    let mut out = format!("## {}\n\n{}.\n\n", rule.id, capitalised(rule.title));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "- Severity: {}", rule.severity);
    if !rule.mends.is_empty() {
        let _ = writeln!(out, "- Changes: {} ({})", rule.mends, risks(rule));
    }
    for standard in rule.standards {
        let _ = writeln!(out, "- {standard}");
    }
    for parameter in rule.parameters {
        let _ = writeln!(out, "- Parameter `{}` (default `{}`): {}", parameter.name, parameter.default, parameter.help);
    }
    out.push('\n');
    for line in documentation(rule).lines() {
        let deeper = if line.starts_with("# ") { "##" } else { "" };
        let _ = writeln!(out, "{deeper}{line}");
    }
    out
}

/// Every rule, as `docs/rules.md` holds them.
pub fn all_as_markdown() -> String {
    let mut out =
        String::from("<!-- Made from src/rules by `UPDATE=1 cargo test --test rules`. Do not edit. -->\n\n# Rules\n\n");
    out.push_str(&table(""));
    for rule in REGISTRY {
        out.push('\n');
        out.push_str(&as_markdown(rule));
    }
    out
}

/// One line a rule: what it finds and changes, and how sure it is that the workload still runs. `page` is the page of rules as
/// a link from where the table stands.
pub fn table(page: &str) -> String {
    let mut out =
        String::from("| Rule | Pod Security level | Severity | Finds | Changes | Risk |\n|---|---|---|---|---|---|\n");
    for rule in REGISTRY {
        let level = rule.pod_security().map_or(String::from("-"), |(level, _)| level.to_string());
        let mends = if rule.mends.is_empty() { "-" } else { rule.mends };
        let Rule { id, title, severity, .. } = rule;
        let _ = writeln!(out, "| [{id}]({page}#{id}) | {level} | {severity} | {title} | {mends} | {} |", risks(rule));
    }
    out
}

/// The risks that its changes can have, in words.
fn risks(rule: &Rule) -> String {
    let words: Vec<String> = rule.risks.iter().map(Risk::to_string).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn capitalised(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
