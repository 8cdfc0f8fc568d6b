//! Secrets and ConfigMaps that containers are given and that are no part of the run: what they hold is not known.

use super::words::{cut, words};

/// An object that is not there, told by what it is for. Its order is that of its texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::network) struct Missing {
    /// `Secret db`.
    pub(in crate::network) object: String,
    /// What is filled from it: `env DB_URL of container api`.
    pub(in crate::network) place: String,
}

impl Missing {
    /// One of which a variable takes a key; `None` where the names tell that no address is there: a password, a user.
    pub(super) fn of_key(kind: &str, name: &str, (variable, key): (&str, &str), place: &str) -> Option<Self> {
        (!is_opaque(variable) && !is_opaque(key)).then(|| Self::new(kind, name, place))
    }

    /// One of which everything is taken.
    pub(super) fn of_all(kind: &str, name: &str, place: &str) -> Option<Self> {
        // Every namespace has these.
        let common = kind == "ConfigMap" && ["kube-root-ca.crt", "openshift-service-ca.crt"].contains(&name);
        let certificate = cut(name).last().is_some_and(|last| words().certificates.contains(last));
        (!common && !certificate).then(|| Self::new(kind, name, place))
    }

    /// One of which some keys are mounted as files; no keys stand for all of them.
    pub(super) fn of_keys(kind: &str, name: &str, keys: &[&str], place: &str) -> Option<Self> {
        let known = !keys.is_empty() && keys.iter().all(|key| is_opaque(key));
        Self::of_all(kind, name, place).filter(|_| !known)
    }

    fn new(kind: &str, name: &str, place: &str) -> Self {
        Self { object: format!("{kind} {name}"), place: place.to_owned() }
    }
}

/// Whether a name tells that what it holds is no address, in no form.
fn is_opaque(name: &str) -> bool {
    cut(name).last().is_some_and(|last| {
        let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
        words().opaque.iter().any(|word| last == word || (word.len() > 4 && last.ends_with(word.as_str())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_holds_no_address() {
        for name in ["DB_PASSWORD", "PGPASSWORD", "api-token", "tls.crt", "ca.pem", "POSTGRES_USER", "dbname"] {
            assert!(is_opaque(name), "{name}");
        }
        for name in ["DB_URL", "DATABASE", "REDIS", "config.yaml", "STORAGE", "CONNECTION"] {
            assert!(!is_opaque(name), "{name}");
        }
        let all = |name: &str| Missing::of_all("Secret", name, "volume v").is_some();
        assert!(all("app-secret") && all("db-credentials") && !all("web-tls") && !all("hook-cert"));
    }
}
