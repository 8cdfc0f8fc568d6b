//! Which variables a program reads from a file instead, when their other form names one.

use super::tree::is_within;
use super::{Because, Certainty, Start};
use crate::image::{Basis, Facts, Known, Origin, builtin};

/// Whether a program reads the value of a variable from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileVariable {
    /// It does, where this variable names the file.
    Read {
        /// Such as `POSTGRES_PASSWORD_FILE`.
        name: String,
        /// Whether it ends when both are set.
        exclusive: bool,
        /// What that rests on.
        because: Because,
    },
    /// It does not, and why: a clause.
    NotRead(String),
    /// Nothing is known of that.
    Unknown,
}

/// Whether the program of an image, started like this, reads this variable from a file.
pub fn file_variable(known: &Known, start: &Start<'_>, name: &str) -> FileVariable {
    let Some(facts) = &known.facts else { return FileVariable::Unknown };
    let listed = |globs: &[String]| globs.iter().any(|glob| builtin::matches(glob, name));
    if let Some(none) = facts.no_file_env.as_ref().filter(|none| listed(&none.vars)) {
        let note = none.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let origin = known.facts_origin();
        return FileVariable::NotRead(format!("the image reads {name} from no file{note} [{origin}]"));
    }
    let files = facts.file_env.as_ref().filter(|files| listed(&files.vars) && !name.ends_with(&files.suffix));
    let Some(files) = files else { return FileVariable::Unknown };
    let file = format!("{name}{}", files.suffix);
    let is_stated = is_stated(known, facts);
    let mut certainty = match facts.basis.iter().any(|basis| matches!(basis, Basis::Source | Basis::Measured)) {
        _ if is_stated => Certainty::Proven,
        true => Certainty::Proven,
        false => Certainty::Inferred,
    };
    let mut evidence = format!("the image reads {file} [{}]", known.facts_origin());
    if let (Some(since), Some(tag)) = (&files.since, &known.tag)
        && is_before(tag, since)
    {
        return FileVariable::NotRead(format!("the image reads {file} since {since} only, and this is {tag}"));
    }
    if files.since.is_some() && known.tag.is_none() {
        certainty = Certainty::Inferred;
        evidence = format!("{evidence}, but the reference does not tell its version");
    }
    if !files.mode.is_empty() {
        let mode = files.mode.join(" or ");
        return FileVariable::NotRead(format!(
            "the image takes {file} with mode {mode} alone, and such a file of a Secret only root can read"
        ));
    }
    match arguments(known, start) {
        None if is_stated => {
            certainty = Certainty::Inferred;
            evidence = format!("{evidence}, and the manifest's command is taken to do so too");
        }
        None => {
            let own = "the manifest's command takes the place of the image's own";
            return FileVariable::NotRead(format!("{own}, which would read {file}"));
        }
        Some(arguments) => {
            let other = arguments.first().filter(|word| !files.programs.is_empty() && !word.starts_with('-'));
            if let Some(other) = other.filter(|word| !files.programs.iter().any(|glob| builtin::matches(glob, word))) {
                let programs = files.programs.join(" and ");
                return FileVariable::NotRead(format!(
                    "the image reads {file} when it starts {programs}, and the arguments say {other:?}"
                ));
            }
        }
    }
    FileVariable::Read { name: file, exclusive: files.exclusive, because: certainty.because(evidence) }
}

/// Variables that are set and that end the program for looking like the form for a file, with the alternative.
pub fn fatal_variables<'s>(known: &Known, start: &Start<'s>) -> Vec<(&'s str, String)> {
    let Some(none) = known.facts.as_ref().and_then(|facts| facts.no_file_env.as_ref()) else { return Vec::new() };
    let note = none.note.clone().unwrap_or_default();
    let set = start.env.keys().filter(|name| none.fatal.iter().any(|fatal| fatal == *name));
    set.map(|name| (*name, note.clone())).collect()
}

/// What the image's own entrypoint is given; `None` where the manifest starts something else.
fn arguments<'s>(known: &Known, start: &Start<'s>) -> Option<Vec<&'s str>> {
    if !start.is_stated() {
        return Some(start.args.clone());
    }
    let entrypoint = known.contents.as_ref().map(|contents| contents.config.entrypoint.as_slice()).unwrap_or_default();
    let same = !entrypoint.is_empty()
        && start.command.len() >= entrypoint.len()
        && entrypoint.iter().zip(&start.command).all(|(own, stated)| own == stated)
        && !start.mounts.iter().any(|mount| is_within(start.command[0], mount.trim_end_matches('/')));
    same.then(|| start.command[entrypoint.len()..].iter().chain(&start.args).copied().collect())
}

/// Whether the profile says it, and not the entry that it lies over.
fn is_stated(known: &Known, facts: &Facts) -> bool {
    match &known.origin {
        Some(Origin::Profile { over: Some(id), .. }) => {
            builtin::entry(id).is_none_or(|entry| entry.file_env != facts.file_env)
        }
        Some(Origin::Profile { over: None, .. }) => true,
        _ => false,
    }
}

/// Whether a tag is of a version before this one, as far as it tells: `2.7-alpine` is not before `2.7.1`.
fn is_before(tag: &str, version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
        text[..end].split('.').map_while(|part| part.parse().ok()).collect()
    };
    let (own, first) = (numbers(tag.trim_start_matches('v')), numbers(version));
    own.iter().zip(&first).find(|(own, first)| own != first).is_some_and(|(own, first)| own < first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Config, Contents, Images};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn ask(image: &str, command: &[&str], args: &[&str], name: &str) -> FileVariable {
        let config = Config { entrypoint: vec!["docker-entrypoint.sh".into()], ..Config::default() };
        let contents = Contents { origin: String::new(), digest: String::new(), config, files: None };
        let images = Images::new(Vec::new(), true, HashMap::from([("mysql:read".to_owned(), Arc::new(contents))]));
        let start = Start { command: command.to_vec(), args: args.to_vec(), ..Start::default() };
        file_variable(&images.of(image), &start, name)
    }

    #[test]
    fn the_image_and_what_is_started_decide() {
        let read = |image, command: &[&str], args: &[&str], name| match ask(image, command, args, name) {
            FileVariable::Read { name, because, .. } => format!("{name} {:?}", because.certainty),
            FileVariable::NotRead(why) => why,
            FileVariable::Unknown => "unknown".to_owned(),
        };
        for (image, command, args, name, expected) in [
            ("postgres:16", &[][..], &[][..], "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE Proven"),
            ("postgres:16", &[], &["-c", "fsync=off"], "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE Proven"),
            ("postgres:16", &[], &["postgres"], "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE Proven"),
            ("grafana/grafana:11.0.0", &[], &[], "GF_X", "GF_X__FILE Proven"),
            ("bitnami/redis:7", &[], &[], "REDIS_PASSWORD", "REDIS_PASSWORD_FILE Inferred"),
            ("mysql:read", &["docker-entrypoint.sh"], &["mysqld"], "MYSQL_PASSWORD", "MYSQL_PASSWORD_FILE Proven"),
            ("cloudflare/cloudflared:2025.4.0", &[], &["tunnel"], "TUNNEL_TOKEN", "TUNNEL_TOKEN_FILE Proven"),
            ("cloudflare/cloudflared:latest", &[], &["tunnel"], "TUNNEL_TOKEN", "TUNNEL_TOKEN_FILE Proven"),
            ("postgres:16", &[], &[], "PGPASSWORD", "unknown"),
            ("postgres:16", &[], &[], "POSTGRES_PASSWORD_FILE", "unknown"),
            ("registry.example/web", &[], &[], "PASSWORD", "unknown"),
        ] {
            assert_eq!(read(image, command, args, name), expected, "{image} {command:?} {args:?}");
        }
        for (image, command, args, name, why) in [
            ("postgres:16", &[][..], &["pg_dump"][..], "POSTGRES_PASSWORD", "the arguments say \"pg_dump\""),
            ("postgres:16", &["sh", "-c", "x"], &[], "POSTGRES_PASSWORD", "takes the place of the image's own"),
            ("mysql:read", &["mysqld"], &[], "MYSQL_PASSWORD", "takes the place of the image's own"),
            ("cloudflare/cloudflared:2024.12.2", &[], &[], "TUNNEL_TOKEN", "since 2025.4.0 only"),
            ("rabbitmq:4", &[], &[], "RABBITMQ_DEFAULT_PASS", "from no file: "),
            ("grafana/grafana:11.0.0", &[], &[], "GF_AWS_PROFILES", "from no file: "),
            ("elasticsearch:8.1.0", &[], &[], "ELASTIC_PASSWORD", "mode 400 or 600 alone"),
        ] {
            let told = read(image, command, args, name);
            assert!(told.contains(why), "{image}: {told}");
        }
    }

    #[test]
    fn versions_are_compared_as_far_as_tags_tell() {
        for (tag, before) in [
            ("1.19.4-rootless", true),
            ("v1.9", true),
            ("1.20", false),
            ("1", false),
            ("1-alpine", false),
            ("latest", false),
            ("1.20.0", false),
            ("2", false),
        ] {
            assert_eq!(is_before(tag, "1.20.0"), before, "{tag}");
        }
    }
}
