//! One file of credentials.

use super::super::super::archive::{bounded, plain_file};
use super::{Credential, Secret, helper};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Larger than any that a person has.
const SIZE: u64 = 4 << 20;

/// A file as docker and podman write it. It has no `Debug` on purpose.
pub(super) struct AuthFile {
    origin: String,
    content: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl AuthFile {
    /// `Err` goes on from the file's name, and says nothing of what is in it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = plain_file(path).and_then(|file| bounded(file, SIZE)).map_err(|trouble| trouble.to_string())?;
        // The error of the JSON reader could quote a secret.
        let wrong = |error: serde_json::Error| format!("is no file of credentials: line {}", error.line());
        let content = serde_json::from_slice(&bytes).map_err(wrong)?;
        Ok(Self { origin: path.display().to_string(), content })
    }

    /// The entry for a repository; `Err` when a helper fails.
    pub(super) fn find(&self, host: &str, path: &str) -> Result<Option<Credential>, String> {
        let content = &self.content;
        if let Some((key, name)) = best(&content.cred_helpers, host, path) {
            return self.ask(name, server(key, host));
        }
        let stated = content.auths.iter().filter_map(|(key, entry)| Some((key, entry.secret()?)));
        let stated: BTreeMap<&String, Secret> = stated.collect();
        if let Some((_, secret)) = best(&stated, host, path) {
            return Ok(Some(self.credential(secret.clone())));
        }
        match &content.creds_store {
            Some(name) => self.ask(name, server(host, host)),
            None => Ok(None),
        }
    }

    fn ask(&self, name: &str, server: &str) -> Result<Option<Credential>, String> {
        Ok(helper::ask(name, server)?.map(|secret| self.credential(secret)))
    }

    fn credential(&self, secret: Secret) -> Credential {
        Credential { origin: self.origin.clone(), secret }
    }
}

impl Entry {
    /// `None` for the empty entries that stand for a log-in kept elsewhere.
    fn secret(&self) -> Option<Secret> {
        let stated = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = stated(&self.identitytoken) {
            return Some(Secret::Identity(token));
        }
        let (user, password) = match stated(&self.auth) {
            Some(auth) => {
                let text = String::from_utf8(BASE64_STANDARD.decode(auth.trim()).ok()?).ok()?;
                let (user, password) = text.split_once(':')?;
                // Old versions of docker pad with NUL.
                (user.to_owned(), password.trim_end_matches('\0').to_owned())
            }
            None => (stated(&self.username)?, stated(&self.password)?),
        };
        Some(Secret::Password { user, password })
    }
}

/// The entry with the longest key that stands for a repository.
fn best<'m, K: AsRef<str> + Ord, V>(map: &'m BTreeMap<K, V>, host: &str, path: &str) -> Option<(&'m str, &'m V)> {
    let whole = format!("{host}/{path}");
    let fits = |key: &str| {
        let key = normalised(key);
        whole.strip_prefix(&*key).is_some_and(|rest| rest.starts_with('/') || rest.is_empty()).then_some(key.len())
    };
    let found = map.iter().filter_map(|(key, value)| Some((fits(key.as_ref())?, key.as_ref(), value)));
    found.max_by_key(|(length, ..)| *length).map(|(_, key, value)| (key, value))
}

/// `https://index.docker.io/v1/` is `docker.io`.
fn normalised(key: &str) -> String {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    let key = key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    let host = if matches!(host, "index.docker.io" | "registry-1.docker.io") { "docker.io" } else { host };
    if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") }
}

/// What a helper knows a registry by: the key of its own entry, and for Docker Hub its oldest address.
fn server<'s>(key: &'s str, host: &str) -> &'s str {
    if host == "docker.io" && normalised(key) == "docker.io" { "https://index.docker.io/v1/" } else { key }
}

#[cfg(test)]
mod tests {
    use super::{AuthFile, Content, Secret};

    fn find(json: &str, host: &str, path: &str) -> Option<String> {
        let content: Content = serde_json::from_str(json).unwrap();
        let file = AuthFile { origin: "file".to_owned(), content };
        file.find(host, path).unwrap().map(|credential| match credential.secret {
            Secret::Password { user, password } => format!("{user}:{password}"),
            Secret::Identity(token) => format!("token {token}"),
        })
    }

    #[test]
    fn the_longest_key_counts() {
        // a:b, c:d, e:f
        let json = r#"{"auths": {"r.example:5000": {"auth": "YTpi"}, "r.example:5000/team": {"auth": "Yzpk"},
            "r.example:5000/team/app": {"auth": "ZTpm"}, "other.example": {}}}"#;
        let of = |path| find(json, "r.example:5000", path).unwrap();
        assert_eq!([of("x"), of("team/x"), of("team/app"), of("team/application")], ["a:b", "c:d", "e:f", "c:d"]);
        assert_eq!(find(json, "r.example", "x"), None);
        assert_eq!(find(json, "other.example", "x"), None);
    }

    #[test]
    fn docker_hub_has_many_names() {
        for key in ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"] {
            let json = format!(r#"{{"auths": {{"{key}": {{"username": "a", "password": "b"}}}}}}"#);
            assert_eq!(find(&json, "docker.io", "library/nginx").as_deref(), Some("a:b"), "{key}");
        }
    }

    #[test]
    fn identity_tokens_and_broken_entries() {
        let json =
            r#"{"auths": {"a": {"auth": "YTpi", "identitytoken": "t"}, "b": {"auth": "!"}, "c": {"auth": "YWI="}}}"#;
        assert_eq!(find(json, "a", "x").as_deref(), Some("token t"));
        assert_eq!(find(json, "b", "x"), None);
        assert_eq!(find(json, "c", "x"), None);
    }
}
