//! The data of `words.yaml`, read once.

use crate::network::Protocol;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// What tells addresses and stores. The fields are described in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) address: HashSet<String>,
    pub(super) pairs: HashSet<String>,
    pub(super) other: HashSet<String>,
    pub(super) clients: HashSet<String>,
    pub(super) flags: HashSet<String>,
    pub(super) opaque: HashSet<String>,
    pub(super) certificates: HashSet<String>,
    pub(super) extensions: HashSet<String>,
    pub(super) names: HashSet<String>,
    pub(super) resolvers: HashSet<String>,
    pub(super) directives: HashSet<String>,
    pub(super) published: HashSet<String>,
    pub(super) schemas: HashSet<String>,
    pub(super) own: HashSet<String>,
    pub(super) ports: HashMap<String, u16>,
    pub(super) datagrams: HashSet<String>,
    pub(super) stores: HashSet<String>,
    pub(super) tools: HashSet<String>,
    pub(super) copies: HashSet<String>,
    pub(super) callers: HashSet<String>,
    pub(super) node: HashSet<String>,
    pub(super) agents: BTreeMap<String, Vec<AgentPort>>,
}

/// A port of an agent on the node.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentPort {
    #[serde(deserialize_with = "protocol")]
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    /// The variable that says another one.
    pub(super) variable: Option<String>,
}

fn protocol<'de, D: Deserializer<'de>>(from: D) -> Result<Protocol, D::Error> {
    let name = String::deserialize(from)?;
    Protocol::named(&name).ok_or_else(|| serde::de::Error::custom(format!("no protocol: {name}")))
}

/// The words of the program.
pub(super) fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        // The file is part of the program; a test proves that it reads.
        serde_yaml::from_str(include_str!("words.yaml")).unwrap_or_default()
    });
    &WORDS
}

/// The words of a key or name in lower case: cut where anything stands that is neither letter nor digit, and where a
/// capital begins.
pub(super) fn cut(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut open, mut lower) = (false, false);
    for c in key.chars() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        if !open || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        open = true;
        lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_read_and_none_means_two_things() {
        let words: Words = serde_yaml::from_str(include_str!("words.yaml")).unwrap();
        assert!(words.address.len() > 50 && words.other.len() > 100 && words.ports["https"] == 443);
        let both: Vec<_> = words.address.intersection(&words.other).collect();
        assert!(both.is_empty(), "{both:?}");
        let tools: Vec<_> = words.tools.intersection(&words.stores).collect();
        assert!(tools.is_empty(), "{tools:?}");
    }

    #[test]
    fn a_key_is_cut_into_its_words() {
        for (key, wanted) in [
            ("DB_HOST", "db host"),
            ("spring.datasource.url", "spring datasource url"),
            ("dbHost", "db host"),
            ("--redis-addr", "redis addr"),
            ("Data Source", "data source"),
            ("KAFKA0", "kafka0"),
            ("httpURL", "http url"),
        ] {
            assert_eq!(cut(key).join(" "), wanted, "{key}");
        }
    }
}
