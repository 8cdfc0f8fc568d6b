//! The data of `words.yaml`, read once.

use aho_corasick::AhoCorasick;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What tells a secret. The fields are described in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) passwords: HashSet<String>,
    pub(super) settings: HashSet<String>,
    pub(super) secrets: HashSet<String>,
    pub(super) own: HashSet<String>,
    pub(super) keys: HashSet<String>,
    pub(super) endings: Vec<String>,
    pub(super) about: HashSet<String>,
    pub(super) before: HashSet<String>,
    pub(super) placeholders: Vec<String>,
    pub(super) words: HashSet<String>,
    pub(super) references: Vec<String>,
    pub(super) known: HashSet<String>,
    pub(super) shapes: Vec<Shape>,
    pub(super) flags: Vec<Flag>,
}

/// A token that is known by its shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    pub(super) what: String,
    pub(super) starts: Vec<String>,
    pub(super) then: Alphabet,
    pub(super) least: usize,
    pub(super) most: Option<usize>,
    pub(super) also: Option<String>,
}

/// The characters of a token.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Alphabet {
    Upper,
    Alnum,
    Word,
    Url,
    Path,
    Base64,
}

/// A flag that takes a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flag {
    pub(super) programs: Vec<String>,
    pub(super) flag: String,
    pub(super) joined: bool,
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Path => byte.is_ascii_alphanumeric() || b"-_./=".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"+/=".contains(&byte),
        }
    }
}

/// The data.
pub(super) static WORDS: LazyLock<Words> =
    // A test proves that it can be read.
    LazyLock::new(|| serde_yaml::from_str(include_str!("words.yaml")).unwrap_or_default());

/// The beginnings of all shapes, each with its shape.
pub(super) static STARTS: LazyLock<(Option<AhoCorasick>, Vec<&'static Shape>)> = LazyLock::new(|| {
    let starts = WORDS.shapes.iter().flat_map(|shape| shape.starts.iter().map(move |start| (start, shape)));
    let (texts, shapes): (Vec<_>, Vec<_>) = starts.unzip();
    (AhoCorasick::new(texts).ok(), shapes)
});

/// Parts of words of which one is in every name of a secret.
pub(super) static STEMS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let stems = ["pass", "pwd", "pw", "secret", "token", "key", "credential", "dsn", "masterauth"];
    AhoCorasick::builder().ascii_case_insensitive(true).build(stems).ok()
});

/// Programs of which a flag takes a password.
pub(super) static PROGRAMS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(WORDS.flags.iter().flat_map(|flag| &flag.programs)).ok());

/// Marks of which one is in every placeholder.
pub(super) static PLACEHOLDERS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(&WORDS.placeholders).ok());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        let words: Words = serde_yaml::from_str(include_str!("words.yaml")).unwrap();
        assert!(words.shapes.len() > 20 && STARTS.0.is_some() && STEMS.is_some() && PLACEHOLDERS.is_some());
        let stems = STEMS.as_ref().unwrap();
        for word in words.passwords.iter().chain(&words.secrets).chain(&words.endings) {
            assert!(stems.is_match(word), "{word} has none of the stems");
        }
    }
}
