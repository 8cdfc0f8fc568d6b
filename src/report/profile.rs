//! What a profile does, in one screen.

use super::{phrase, shown};
use crate::profile::{ExceptionSummary, ImageSummary, ProfileSummary, RuleSummary};
use crate::rules::{Matter, Risk, Rule, by_id};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Columns of the page, and of them those for what a rule does.
const PAGE: usize = 80;
const WIDTH: usize = 40;

const MARKS: &str = "+ made by default (safe or likely)   ! made only with a higher --max-risk\n\
                     - changes nothing: found, for a person to decide\n";

/// The whole page. `command` is how the user calls this program, `reference` what they called the profile.
pub fn profile(summary: &ProfileSummary, command: &str, reference: &str) -> String {
    let running: Vec<&RuleSummary> = summary.rules.iter().filter(|rule| rule.enabled).collect();
    let mut head = shown(&summary.name).to_string();
    if !summary.description.is_empty() {
        head = format!("{head}: {}", shown(&summary.description));
    }
    let mut out = phrase::wrapped(&head, PAGE, PAGE).join("\n") + "\n";
    let built_on = match summary.extends.as_slice() {
        [] => String::new(),
        extends => format!("built on {}; ", shown(&extends.join(", "))),
    };
    let ids = |rules: &mut dyn Iterator<Item = &&RuleSummary>| {
        let mut ids: Vec<&str> = rules.map(|rule| rule.id.as_str()).collect();
        ids.dedup();
        ids.len()
    };
    let all = ids(&mut running.iter());
    let changing = ids(&mut running.iter().filter(|rule| !rule.changes.is_empty()));
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{built_on}{}, {changing} of which {} manifests; for Kubernetes {}\n",
        phrase::count(all, "rule"),
        if changing == 1 { "changes" } else { "change" },
        summary.kubernetes_version
    );
    for (heading, rules) in grouped(&summary.rules) {
        let _ = writeln!(out, "{heading}");
        rules.iter().for_each(|rule| out.push_str(&row(rule)));
    }
    if !running.is_empty() {
        let _ = write!(out, "\n{MARKS}");
    }
    exceptions(&summary.exceptions, &mut out);
    images(&summary.images, &mut out);
    let name = phrase::pasteable(reference);
    let _ = write!(out, "\n{command} check -f FILE -p {name}\n{command} explain RULE\n");
    out
}

/// The rules under what they are about; of a standard that has chapters, under its chapters.
fn grouped(rules: &[RuleSummary]) -> Vec<(String, Vec<&RuleSummary>)> {
    let chapter = |rule: &RuleSummary| rule.cites.first().filter(|cited| !is_section(cited)).copied();
    if rules.iter().any(|rule| chapter(rule).is_some()) {
        let mut chapters: BTreeMap<&str, Vec<&RuleSummary>> = BTreeMap::new();
        rules.iter().for_each(|rule| chapters.entry(chapter(rule).unwrap_or("other")).or_default().push(rule));
        return chapters.into_iter().map(|(chapter, rules)| (chapter.to_owned(), rules)).collect();
    }
    let about = |matter: Matter| {
        let rules: Vec<&RuleSummary> =
            rules.iter().filter(|rule| by_id(&rule.id).is_some_and(|it| it.matter == matter)).collect();
        (matter.to_string(), rules)
    };
    Matter::ALL.into_iter().map(about).filter(|(_, rules)| !rules.is_empty()).collect()
}

fn row(rule: &RuleSummary) -> String {
    let sections: Vec<&str> = rule.cites.iter().copied().filter(|cited| is_section(cited)).collect();
    let standing = if sections.is_empty() { rule.severity.to_string() } else { in_short(&sections) };
    let mark = match (rule.changes.is_empty(), rule.risks.iter().any(|risk| *risk <= Risk::Likely)) {
        (true, _) => '-',
        (false, true) => '+',
        (false, false) => '!',
    };
    let does = if rule.changes.is_empty() { &rule.title } else { rule.changes };
    let does = phrase::clipped(&does.replace('`', ""), WIDTH);
    let mut out = match rule.enabled {
        true => format!("  {:26} {standing:8} {mark} {does}\n", rule.id),
        false => format!("  {:26} off\n", rule.id),
    };
    if let Some(only_for) = &rule.only_for {
        out.push_str(&format!("      for {}\n", shown(only_for)));
    }
    let other = other_parameters(rule);
    if !other.is_empty() {
        out.push_str(&format!("      {}\n", shown(&other.join(", "))));
    }
    out
}

/// The parameters that are not as the rule has them by default.
fn other_parameters(rule: &RuleSummary) -> Vec<String> {
    let defaults = by_id(&rule.id).map(Rule::defaults).unwrap_or_default();
    let other = rule.parameters.iter().filter(|(name, value)| defaults.get(*name) != Some(value));
    other.map(|(name, value)| format!("{name}: {}", phrase::value(value))).collect()
}

fn is_section(cited: &str) -> bool {
    cited.starts_with(|first: char| first.is_ascii_digit())
}

/// Sections of one chapter, in order: `5.2.3-5`, `5.1.5,6`.
fn in_short(sections: &[&str]) -> String {
    let Some((chapter, _)) = sections.first().and_then(|first| first.rsplit_once('.')) else { return String::new() };
    let last = |section: &&str| section.strip_prefix(chapter)?.strip_prefix('.')?.parse::<u16>().ok();
    let Some(numbers) = sections.iter().map(last).collect::<Option<Vec<u16>>>() else { return sections.join(", ") };
    match numbers.as_slice() {
        [first, .., end] if usize::from(end - first) + 1 == numbers.len() && numbers.is_sorted() => {
            format!("{chapter}.{first}-{end}")
        }
        numbers => {
            let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
            format!("{chapter}.{}", numbers.join(","))
        }
    }
}

fn exceptions(exceptions: &[ExceptionSummary], out: &mut String) {
    if !exceptions.is_empty() {
        out.push_str("\nexceptions:\n");
    }
    for exception in exceptions {
        let until = exception.expires.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        out.push_str(&format!(
            "  {} for {}{until}: {}\n    {}\n",
            shown(&exception.rules.join(", ")),
            shown(&exception.only_for),
            shown(&exception.reason),
            shown(&exception.origin)
        ));
    }
}

fn images(images: &[ImageSummary], out: &mut String) {
    if !images.is_empty() {
        out.push_str("\nimages:\n");
    }
    for image in images {
        let tag = image.tag.as_ref().map(|tag| format!(", tag {tag}")).unwrap_or_default();
        let like = image.like.as_ref().map(|like| format!("like {like}"));
        let states: Vec<String> = like.into_iter().chain(image.states.iter().cloned()).collect();
        out.push_str(&format!(
            "  {}: {}\n    {}\n",
            shown(&format!("{}{tag}", image.repositories.join(", "))),
            shown(&states.join(", ")),
            shown(&image.origin)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_in_short() {
        assert_eq!(in_short(&["5.2.6"]), "5.2.6");
        assert_eq!(in_short(&["5.2.3", "5.2.4", "5.2.5"]), "5.2.3-5");
        assert_eq!(in_short(&["5.2.3", "5.2.5"]), "5.2.3,5");
        assert_eq!(in_short(&["5.2.3", "5.6.2"]), "5.2.3, 5.6.2");
    }
}
