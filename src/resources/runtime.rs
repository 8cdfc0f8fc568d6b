//! Runtimes that mind a memory limit, and what a manifest tells a program to take at most.

use super::Quantity;
use serde::Deserialize;
use std::sync::LazyLock;

/// How a container starts, as far as it says how much memory the program takes.
#[derive(Debug, Clone, Default)]
pub struct Program<'a> {
    /// The id of the image's facts.
    pub facts: Option<&'a str>,
    /// `command` and `args`, word for word.
    pub words: Vec<&'a str>,
    /// The environment: names and values, empty where they come from elsewhere.
    pub env: Vec<(&'a str, &'a str)>,
}

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    facts: Vec<String>,
    commands: Vec<String>,
    variables: Vec<String>,
    effect: String,
}

/// An amount of memory that a manifest tells its program to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// How it stands in the manifest: `-Xmx2g`.
    pub flag: String,
    /// How much that is.
    pub amount: Quantity,
}

// The file is part of the program; a test proves that it reads.
static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("runtimes.yaml")).unwrap_or_default());

impl Program<'_> {
    /// What a memory limit does to the runtime of this program, a clause; `None` where nothing is known of it.
    pub fn effect(&self) -> Option<&'static str> {
        let commands: Vec<&str> = self.tokens().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
        let fits = |row: &&Row| {
            self.facts.is_some_and(|facts| row.facts.iter().any(|id| id == facts))
                || row.commands.iter().any(|command| commands.contains(&command.as_str()))
                || row.variables.iter().any(|variable| self.env.iter().any(|(name, _)| name == variable))
        };
        ROWS.iter().find(fits).map(|row| row.effect.as_str())
    }

    /// The most memory that the manifest tells it to use, in a flag or in a variable.
    pub fn ceiling(&self) -> Option<Ceiling> {
        let go = self.env.iter().filter(|(name, _)| *name == "GOMEMLIMIT").filter_map(|(name, value)| {
            let amount = go_bytes(value)?;
            Some(Ceiling { flag: format!("{name}={value}"), amount })
        });
        let tokens: Vec<&str> =
            self.tokens().chain(self.env.iter().flat_map(|(_, value)| value.split_whitespace())).collect();
        let flags = tokens.iter().enumerate().filter_map(|(index, token)| flag(token, tokens.get(index + 1).copied()));
        // Of one flag the last counts, and a container has hardly two kinds of them.
        go.chain(flags).last()
    }

    /// The words of the command line, those of a script one by one.
    fn tokens(&self) -> impl Iterator<Item = &str> {
        self.words.iter().flat_map(|word| word.split_whitespace()).map(|word| word.trim_matches(['"', '\'']))
    }
}

/// What a flag says; its value may be the next word.
fn flag(token: &str, next: Option<&str>) -> Option<Ceiling> {
    let told = |amount: Option<Quantity>| Some(Ceiling { flag: token.to_owned(), amount: amount? });
    if let Some(size) = token.strip_prefix("-Xmx").or_else(|| token.strip_prefix("-XX:MaxHeapSize=")) {
        return told(suffixed(size, "kKmMgGtT"));
    }
    let (name, value) = token.split_once('=').map_or((token, next), |(name, value)| (name, Some(value)));
    let with_value = |amount: Option<Quantity>| {
        Some(Ceiling { flag: format!("{name}={}", value.unwrap_or_default()), amount: amount? })
    };
    match name {
        "--max-old-space-size" | "--max_old_space_size" => with_value(value?.parse().ok().map(Quantity::mebi)),
        // redis, valkey
        "--maxmemory" => {
            let value = value?.to_ascii_lowercase();
            with_value(suffixed(value.strip_suffix('b').unwrap_or(&value), "kmg"))
                .filter(|it| it.amount > Quantity::ZERO)
        }
        _ => None,
    }
}

/// Bytes, or with one of these letters kibibytes and so on.
fn suffixed(text: &str, letters: &str) -> Option<Quantity> {
    let number = text.trim_end_matches(|letter| letters.contains(letter));
    match text.len() - number.len() {
        0 => Some(Quantity::bytes(number.parse().ok()?)),
        1 => Quantity::parse(&format!("{number}{}i", text[number.len()..].to_ascii_uppercase())),
        _ => None,
    }
}

/// Bytes as the Go runtime reads them: `750MiB`.
fn go_bytes(text: &str) -> Option<Quantity> {
    match text.strip_suffix("iB") {
        Some(number) => suffixed(number, "KMGT"),
        None => Some(Quantity::bytes(text.strip_suffix('B').unwrap_or(text).parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceiling(words: &[&str], env: &[(&str, &str)]) -> Option<(String, String)> {
        let program = Program { facts: None, words: words.to_vec(), env: env.to_vec() };
        program.ceiling().map(|ceiling| (ceiling.flag, ceiling.amount.to_string()))
    }

    #[test]
    fn the_table_reads_and_names_facts_that_exist() {
        assert!(ROWS.len() > 2);
        for row in ROWS.iter() {
            assert!(!row.effect.ends_with('.'));
            for id in &row.facts {
                assert!(crate::image::builtin::entry(id).is_some(), "{id}");
            }
        }
    }

    #[test]
    fn a_runtime_is_told_by_its_facts_command_or_variables() {
        let effect = |facts, words: &[&'static str], env: &[(&'static str, &'static str)]| {
            Program { facts, words: words.to_vec(), env: env.to_vec() }.effect().unwrap_or_default()
        };
        assert!(effect(Some("tomcat"), &[], &[]).starts_with("the JVM"));
        assert!(effect(None, &["sh", "-c", "exec /usr/bin/java -jar app.jar"], &[]).starts_with("the JVM"));
        assert!(effect(None, &[], &[("NODE_OPTIONS", "")]).starts_with("Node.js"));
        assert!(effect(None, &["/app"], &[("GOGC", "50")]).starts_with("the Go runtime"));
        assert_eq!(effect(Some("nginx"), &["nginx"], &[("PATH", "/bin")]), "");
    }

    #[test]
    fn flags_and_variables_say_how_much() {
        let is = |found: Option<(String, String)>, flag: &str, amount: &str| {
            assert_eq!(found, Some((flag.to_owned(), amount.to_owned())));
        };
        is(ceiling(&["java", "-Xmx512m", "-Xmx2g"], &[]), "-Xmx2g", "2Gi");
        is(ceiling(&["sh", "-c", "java -Xmx1500M -jar a.jar"], &[]), "-Xmx1500M", "1500Mi");
        is(ceiling(&[], &[("JAVA_OPTS", "-server -Xmx1073741824")]), "-Xmx1073741824", "1Gi");
        is(ceiling(&["node", "--max-old-space-size", "4096"], &[]), "--max-old-space-size=4096", "4Gi");
        is(ceiling(&[], &[("NODE_OPTIONS", "--max_old_space_size=512")]), "--max_old_space_size=512", "512Mi");
        is(ceiling(&[], &[("GOMEMLIMIT", "750MiB")]), "GOMEMLIMIT=750MiB", "750Mi");
        is(ceiling(&["redis-server", "--maxmemory", "2gb"], &[]), "--maxmemory=2gb", "2Gi");
        assert_eq!(ceiling(&["redis-server", "--maxmemory", "0"], &[]), None);
        assert_eq!(ceiling(&["java", "-Xmx$HEAP"], &[("GOMEMLIMIT", "off")]), None);
    }
}
