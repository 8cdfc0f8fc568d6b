//! `explain`: what a rule is about, from the rule's own documentation.

use super::{Console, Exit, UsageError};
use crate::cli::ExplainArgs;
use crate::profile::closest;
use crate::report::{Palette, aligned};
use crate::rules::{self, REGISTRY};

/// The topics that are no rules.
const TOPICS: &[(&str, &str)] = &[("helm", include_str!("topics/helm.md"))];

pub(super) fn run(args: &ExplainArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let text = match args.rule.as_deref() {
        None => list(),
        Some(name) => {
            let text = find(name, &console.name)?;
            styled(&text.replace("kubectl harden", &console.name), &console.out_palette)
        }
    };
    console.data(&text)?;
    Ok(Exit::Done)
}

fn list() -> String {
    let mut rows = vec![["RULE", "SEVERITY", "FINDS"].map(str::to_owned)];
    rows.extend(REGISTRY.iter().map(|rule| [rule.id.to_owned(), rule.severity.to_string(), rule.title.to_owned()]));
    aligned(&rows)
}

fn find(name: &str, command: &str) -> Result<String, UsageError> {
    if let Some((_, text)) = TOPICS.iter().find(|(topic, _)| *topic == name) {
        return Ok((*text).to_owned());
    }
    if let Some(rule) = rules::by_id(name) {
        return Ok(rules::as_markdown(rule));
    }
    let known = REGISTRY.iter().map(|rule| rule.id).chain(TOPICS.iter().map(|(topic, _)| *topic));
    let help = match closest(name, known) {
        Some(other) => format!("did you mean {other:?}?"),
        None => format!("all rules: {command} explain"),
    };
    Err(UsageError(format!("unknown rule {name:?}\n  {help}")))
}

/// Markdown as it is, its headings in bold and without their marks where there is colour.
fn styled(markdown: &str, palette: &Palette) -> String {
    let strong = palette.strong;
    let mut out = String::with_capacity(markdown.len() + 64);
    let mut code = false;
    for line in markdown.lines() {
        code ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if strong == anstyle::Style::new() || code || heading.len() == line.len() {
            out.push_str(line);
        } else {
            out.push_str(&format!("{strong}{}{strong:#}", heading.trim_start()));
        }
        out.push('\n');
    }
    out
}
