//! What a key says of its value: an address, something else, or nothing.

use super::words::{cut, words};

/// What a key says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The address of something.
    Address,
    /// Anything but an address: a bare word is no host there.
    Other,
    /// Nothing is known.
    Unknown,
}

/// Endings of words that people write without a gap, such as `dbhost` and `dbname`.
const ADDRESSES: [&str; 6] = ["host", "hosts", "addr", "url", "uri", "server"];
const OTHERS: [&str; 7] = ["name", "user", "password", "path", "file", "token", "database"];

impl Meaning {
    /// The meaning of a key: that of its last word, numbers left out.
    pub(super) fn of(key: &str) -> Self {
        if words().flags.contains(key.trim()) {
            return Self::Address;
        }
        let cut: Vec<String> = cut(key)
            .into_iter()
            .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        let Some(last) = cut.last() else { return Self::Unknown };
        let pair = cut.len() > 1 && words().pairs.contains(&format!("{} {last}", cut[cut.len() - 2]));
        if pair || words().address.contains(last) {
            return Self::Address;
        }
        if words().other.contains(last) {
            return Self::Other;
        }
        let ends = |endings: &[&str]| endings.iter().any(|ending| last.len() > ending.len() && last.ends_with(ending));
        match () {
            () if ends(&ADDRESSES) => Self::Address,
            () if ends(&OTHERS) => Self::Other,
            () => Self::Unknown,
        }
    }

    /// The meaning of the first key that has one.
    pub(super) fn of_any<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        keys.into_iter().map(Self::of).find(|meaning| *meaning != Self::Unknown).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_key_says_what_it_holds() {
        for key in [
            "DB_HOST",
            "redisUrl",
            "spring.datasource.url",
            "KAFKA_BROKERS",
            "Data Source",
            "host_name",
            "HOST1",
            "-h",
            "dbhost",
            "CART_SERVICE",
            "--upstream",
            "MYSQL_DATABASE_HOST",
        ] {
            assert_eq!(Meaning::of(key), Meaning::Address, "{key}");
        }
        for key in [
            "DB_NAME",
            "POSTGRES_USER",
            "spring.application.name",
            "TOPIC_2",
            "HOST_PATH",
            "OTEL_SERVICE_NAME",
            "dbname",
            "CACHE_DRIVER",
            "app",
        ] {
            assert_eq!(Meaning::of(key), Meaning::Other, "{key}");
        }
        for key in ["REDIS", "", "42", "MYSQL"] {
            assert_eq!(Meaning::of(key), Meaning::Unknown, "{key}");
        }
        assert_eq!(Meaning::of_any(["REDIS", "host"]), Meaning::Address);
    }
}
