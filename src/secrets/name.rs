//! What a name says of its value.

use super::words::{STEMS, WORDS};

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A password: whatever value it has.
    Password,
    /// A token, a key: unless the value names something.
    Secret,
    /// The secret itself of something: unless the value only says the name once more.
    Own,
    /// Nothing but a key: only if the value is random.
    Key,
}

/// The class of a name; `None` where it says nothing of secrets.
pub(super) fn class(name: &str) -> Option<Class> {
    // Most names have none of the stems.
    if name.len() > LONGEST || !STEMS.as_ref().is_some_and(|stems| stems.is_match(name)) {
        return None;
    }
    let words = words(name);
    let (at, class) = (0..words.len()).rev().find_map(|at| Some((at, class_of(&words, at)?)))?;
    let about = words[at + 1..].iter().any(|word| WORDS.about.contains(word));
    let before = words[..at].iter().any(|word| WORDS.before.contains(word));
    (!about && !before).then_some(class)
}

/// No name of a variable is longer.
const LONGEST: usize = 120;

fn class_of(words: &[String], at: usize) -> Option<Class> {
    // `password2` is one of several.
    let word = words[at].trim_end_matches(|c: char| c.is_ascii_digit());
    if WORDS.passwords.contains(word) {
        return Some(Class::Password);
    }
    let before = at.checked_sub(1).map(|before| words[before].as_str()).unwrap_or_default();
    if word == "secret" && WORDS.own.contains(before) || word == "key" && before == "secret" {
        return Some(Class::Own);
    }
    if WORDS.secrets.contains(word) {
        return Some(Class::Secret);
    }
    if word == "key" {
        return Some(if WORDS.keys.contains(before) { Class::Secret } else { Class::Key });
    }
    let ending = WORDS.endings.iter().find(|ending| word.ends_with(ending.as_str()))?;
    Some(if ending.contains("pass") { Class::Password } else { Class::Secret })
}

/// The words of a name, in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (lower && c.is_uppercase()) {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in
            ["DB_PASSWORD", "dbPassword", "mysqlpassword", "spring.datasource.password", "PGPASSWORD", "REDIS_PASS"]
        {
            assert_eq!(class(name), Some(Class::Password), "{name}");
        }
        for name in ["API_KEY", "apiKey", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"] {
            assert_eq!(class(name), Some(Class::Secret), "{name}");
        }
        for name in ["SECRET_KEY_BASE", "client_secret", "jwtSecret"] {
            assert_eq!(class(name), Some(Class::Own), "{name}");
        }
        assert_eq!(class("DATADOG_KEY"), Some(Class::Key));
    }

    #[test]
    fn names_of_something_about_a_secret() {
        for name in [
            "PASSWORD_FILE",
            "SECRET_NAME",
            "TOKEN_TTL",
            "AWS_ACCESS_KEY_ID",
            "PUBLIC_KEY",
            "PASSWORD_POLICY",
            "TOKEN_URL",
            "checksum/secret",
            "ENABLE_PASSWORD",
            "tokenizer",
            "compass",
            "MONKEY",
            "existingSecret",
            "image",
            "passwordSecretRef",
        ] {
            assert_eq!(class(name), None, "{name}");
        }
    }
}
