//! The patterns: what failing pods say, what it means, which rules bring it about and what mends it. They are data, in
//! `patterns/*.yaml`; this is their schema.

use crate::cluster::rollout::Source;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The files in the order in which they are tried: the first pattern that matches counts.
const FILES: [(&str, &str); 7] = [
    ("admission.yaml", include_str!("patterns/admission.yaml")),
    ("start.yaml", include_str!("patterns/start.yaml")),
    ("servers.yaml", include_str!("patterns/servers.yaml")),
    ("data.yaml", include_str!("patterns/data.yaml")),
    ("languages.yaml", include_str!("patterns/languages.yaml")),
    ("shell.yaml", include_str!("patterns/shell.yaml")),
    ("last.yaml", include_str!("patterns/last.yaml")),
];

/// One pattern, as its file states it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Its name.
    pub(super) id: String,
    /// Where such words are found.
    #[serde(rename = "where")]
    pub(super) places: Vec<Source>,
    /// The words. Groups: `path`, `op`, `port`, `user`, `id`, `container`, `volume`, `rest`.
    pub(super) regex: String,
    /// What is wrong, a clause; groups stand in braces.
    pub(super) cause: String,
    /// What brings it about, the likeliest first.
    #[serde(default)]
    pub(super) from: Vec<From>,
    /// What helps beside, or instead of, the mends: a clause.
    #[serde(default)]
    pub(super) advice: Option<String>,
    /// How much it says.
    pub(super) weight: Weight,
    /// Lines as the software prints them.
    #[cfg_attr(not(test), expect(dead_code, reason = "tried by the tests"))]
    pub(super) samples: Vec<String>,
}

/// Rules that bring something about, and what mends it then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Their ids; `*` for the only one that changed anything.
    pub(super) rules: Vec<String>,
    /// The first that can be done is; where none can, what the rule did is taken back.
    pub(super) mend: Vec<Mend>,
}

/// What mends.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mend {
    /// Mount an emptyDir at a directory; groups stand in braces, and `/..` is the directory above.
    Mount(String),
    /// Give the container these capabilities back.
    AddCapabilities(Vec<String>),
    /// Give the container what its program's file asks for.
    FileCapabilities,
    /// Run the container as the user that its image is made for.
    User,
    /// Give its volumes to the group of its user.
    Group,
    /// Let any user of the pod open ports below 1024.
    LowPorts,
    /// Double a limit: `memory`, `ephemeral-storage`, or the `sizeLimit` of a volume.
    Raise(String),
    /// Set variables.
    Env(BTreeMap<String, String>),
}

/// How much a pattern says, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// Whoever says so does not work and will not, even if its probe is answered: no time need be lost.
    Fatal,
    /// It explains why a container ended or waits.
    Cause,
    /// It explains it where nothing better is found.
    Hint,
    /// It says no more than that something is wrong.
    Last,
}

/// A pattern ready for use.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(super) row: Row,
    regex: Regex,
}

impl Pattern {
    /// Its name.
    pub(crate) fn id(&self) -> &str {
        &self.row.id
    }

    /// How much it says.
    pub(crate) fn weight(&self) -> Weight {
        self.row.weight
    }

    /// Whether a line matches.
    pub(super) fn is_match(&self, line: &str) -> bool {
        self.regex.is_match(line)
    }

    /// The named groups of a match.
    pub(super) fn groups(&self, line: &str) -> BTreeMap<String, String> {
        let Some(captures) = self.regex.captures(line) else { return BTreeMap::new() };
        let group = |name: &str| Some((name.to_owned(), captures.name(name)?.as_str().trim().to_owned()));
        self.regex.capture_names().flatten().filter_map(group).collect()
    }
}

/// All patterns, in the order in which they are tried.
pub(super) fn table() -> &'static [Pattern] {
    static TABLE: OnceLock<Vec<Pattern>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = FILES.iter().flat_map(|(_, text)| read(text).unwrap_or_default());
        // A test proves that every file and every regex reads.
        rows.filter_map(|row| Some(Pattern { regex: Regex::new(&row.regex).ok()?, row })).collect()
    })
}

/// The first pattern that a line of such a source matches.
pub(crate) fn first(source: Source, line: &str) -> Option<&'static Pattern> {
    table().iter().find(|pattern| pattern.row.places.contains(&source) && pattern.is_match(line))
}

fn read(text: &str) -> Result<Vec<Row>, String> {
    // Through JSON: there an enum is a string or a mapping, where serde_yaml would want a tag.
    let value: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::by_id;
    use std::collections::BTreeSet;

    const GROUPS: [&str; 8] = ["path", "op", "port", "user", "id", "container", "volume", "rest"];

    /// What stands in braces.
    fn braced(text: &str) -> Vec<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_file_reads_and_names_only_what_there_is() {
        let mut ids = BTreeSet::new();
        for (file, text) in FILES {
            for row in read(text).unwrap_or_else(|error| panic!("{file}: {error}")) {
                let regex = Regex::new(&row.regex).unwrap_or_else(|error| panic!("{}: {error}", row.id));
                let names: Vec<&str> = regex.capture_names().flatten().collect();
                assert!(names.iter().all(|name| GROUPS.contains(name)), "{}: {names:?}", row.id);
                assert!(ids.insert(row.id.clone()), "{} twice", row.id);
                assert!(!row.samples.is_empty() && !row.cause.ends_with('.'), "{}", row.id);
                let advice = row.advice.as_deref().unwrap_or_default();
                let mends = row.from.iter().flat_map(|from| &from.mend).map(|mend| match mend {
                    Mend::Mount(place) => place.as_str(),
                    _ => "",
                });
                for text in mends.chain([row.cause.as_str(), advice]) {
                    assert!(braced(text).iter().all(|name| names.contains(name)), "{}: {text}", row.id);
                }
                for rule in row.from.iter().flat_map(|from| &from.rules) {
                    assert!(rule == "*" || by_id(rule).is_some(), "{}: no rule {rule}", row.id);
                }
            }
        }
        assert_eq!(table().len(), ids.len());
        assert!(ids.len() > 100);
    }

    #[test]
    fn every_sample_matches_its_own_pattern_first() {
        for pattern in table() {
            for sample in &pattern.row.samples {
                for source in &pattern.row.places {
                    let found = first(*source, sample).map(Pattern::id);
                    assert_eq!(found, Some(pattern.id()), "{source:?}: {sample}");
                }
            }
        }
    }

    #[test]
    fn ordinary_lines_of_healthy_programs_are_not_fatal() {
        for line in [
            "10.0.0.1 - - [22/Nov/2026:02:23:36 +0000] \"GET /permission denied HTTP/1.1\" 403 12",
            "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
            "10-listen-on-ipv6-by-default.sh: info: can not modify /etc/nginx/conf.d/default.conf (read-only file system?)",
            "level=warn msg=\"open /var/lib/x: permission denied, using memory\"",
            "2026/11/22 02:23:36 [error] 7#7: *1 open() \"/usr/share/nginx/html/a\" failed (13: Permission denied), client",
            "WARN both LOG_LEVEL and LOG_LEVELS are set, LOG_LEVEL wins",
            "INFO watching 'dir /srv/incoming' for files",
            "sshd[7]: Failed password: Permission denied (publickey)",
        ] {
            assert!(first(Source::Log, line).is_none_or(|found| found.weight() > Weight::Fatal), "{line}");
        }
    }
}
