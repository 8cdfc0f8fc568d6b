//! `explain`: what a rule is about, from the rule's own documentation, and what is known of an image.

use super::reading::read_profile;
use super::{Console, Exit, UsageError, images};
use crate::cli::{ExplainArgs, ImageArgs, ImageFormat, Topic};
use crate::image::{Reference, builtin};
use crate::profile::{closest, containing, load};
use crate::report::{self, Palette, aligned};
use crate::rules::{self, REGISTRY};

/// The topics that are no rules.
const TOPICS: &[(&str, &str)] = &[("helm", include_str!("topics/helm.md"))];

pub(super) fn run(args: &ExplainArgs, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(Topic::Image(topic)) = &args.topic {
        if let Some(word) = &args.rule {
            return Err(UsageError(format!("unexpected word {word:?}")).into());
        }
        return pages(topic, console);
    }
    let text = match args.rule.as_deref() {
        None => list(),
        Some(name) => {
            let text = find(name, &console.name)?;
            styled(&text.replace("kubectl harden", &console.name), &console.out_palette, console.for_eyes)
        }
    };
    console.data(&text)?;
    Ok(Exit::Done)
}

/// One page for each image.
fn pages(args: &ImageArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let profile = load(&args.profile, &read_profile)?;
    let known = images::known(&args.known, &profile, Vec::new(), || args.images.iter().cloned().collect(), console)?;
    let mut pages = Vec::new();
    let mut values = Vec::new();
    for image in &args.images {
        let reference =
            Reference::parse(image).map_err(|why| UsageError(format!("{image:?} is not an image: {why}")))?;
        match args.output {
            ImageFormat::Text => pages.push(report::image(&reference, &known.of(image), &console.out_page())),
            ImageFormat::Json => values.push(report::image_json(&reference, &known.of(image))),
        }
    }
    let text = match args.output {
        ImageFormat::Text if pages.is_empty() => families(),
        ImageFormat::Text => pages.join("\n"),
        ImageFormat::Json => format!("{}\n", serde_json::to_string_pretty(&values)?),
    };
    console.data(&text)?;
    Ok(Exit::Done)
}

/// All facts of the program, one line each.
fn families() -> String {
    let mut rows = vec![["NAME", "USER", "IMAGES"].map(str::to_owned)];
    for facts in builtin::ids().filter_map(builtin::entry) {
        let user = match (facts.user.uid, facts.user.gid) {
            (Some(uid), Some(gid)) => format!("{uid}:{gid}"),
            (Some(uid), None) => uid.to_string(),
            (None, _) => "-".to_owned(),
        };
        let tag = facts.tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        let images = facts.repositories.first().map(|one| format!("{one}{tag}")).unwrap_or_default();
        let more = match facts.repositories.len() {
            0 | 1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        rows.push([facts.id, user, format!("{images}{more}")]);
    }
    aligned(&rows)
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
    let mut meant = containing(name, known.clone());
    if meant.is_empty() {
        meant.extend(closest(name, known));
    }
    let help = match meant.as_slice() {
        [] => format!("all rules: {command} explain"),
        [one] => format!("did you mean {one:?}?"),
        several => format!("did you mean one of {}?", several.join(", ")),
    };
    Err(UsageError(format!("unknown rule {name:?}\n  {help}")))
}

/// Markdown: as it is for programs; for eyes with bold headings, blocks of code set in, and words of code in colour
/// where there is colour.
fn styled(markdown: &str, palette: &Palette, eyes: bool) -> String {
    if !eyes {
        return markdown.to_owned();
    }
    let strong = palette.strong;
    let mut out = String::with_capacity(markdown.len() + 64);
    let mut code = false;
    for line in markdown.lines() {
        let heading = line.trim_start_matches('#');
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        match code {
            true if line.is_empty() => {}
            true => out.push_str(&format!("    {line}")),
            false if heading.len() < line.len() => out.push_str(&format!("{strong}{}{strong:#}", heading.trim_start())),
            false => out.push_str(&words_of_code(line, palette)),
        }
        out.push('\n');
    }
    out
}

/// A line of prose with its `code` in colour instead of in quotes; as it is where there is no colour, or where a piece of
/// code goes on in the next line.
fn words_of_code(line: &str, palette: &Palette) -> String {
    let cyan = palette.cyan;
    let pieces: Vec<&str> = line.split('`').collect();
    if cyan == anstyle::Style::new() || pieces.len().is_multiple_of(2) {
        return line.to_owned();
    }
    let piece = |(index, text): (usize, &&str)| match index % 2 {
        0 => (*text).to_owned(),
        _ => format!("{cyan}{text}{cyan:#}"),
    };
    pieces.iter().enumerate().map(piece).collect()
}
