//! Whose name we may use at a registry: the files that docker and podman log in with, and their helpers.
//!
//! Formats: docker's `config.json`, `containers-auth.json(5)`. The first file with an entry counts.

mod file;
mod helper;

use super::http::Authorization;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use file::AuthFile;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A name and its secret. It has no `Debug` on purpose.
#[derive(Clone)]
pub(super) struct Credential {
    /// The file it is from, for people.
    pub(super) origin: String,
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Password {
        user: String,
        password: String,
    },
    /// To be changed into a token by the token server.
    Identity(String),
}

impl Credential {
    /// As a header of HTTP's Basic scheme.
    pub(super) fn basic(&self) -> Option<Authorization> {
        match &self.secret {
            Secret::Password { user, password } => {
                Some(Authorization(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))))
            }
            Secret::Identity(_) => None,
        }
    }

    pub(super) fn identity_token(&self) -> Option<&str> {
        match &self.secret {
            Secret::Identity(token) => Some(token),
            Secret::Password { .. } => None,
        }
    }
}

/// All that is known.
pub(super) struct Credentials {
    files: Vec<AuthFile>,
    asked: Mutex<HashMap<(String, String), Option<Credential>>>,
    /// What went wrong with a file or a helper, without any secret.
    trouble: Mutex<Option<String>>,
}

impl Credentials {
    /// `first` counts before the files of docker and podman. `Err` when it cannot be used.
    pub(super) fn new(first: Option<&Path>) -> Result<Self, String> {
        let mut files = Vec::new();
        if let Some(path) = first {
            files.push(AuthFile::read(path).map_err(|why| format!("the registry config {} {why}", path.display()))?);
        }
        let mut trouble = None;
        for path in places() {
            match AuthFile::read(&path) {
                Ok(file) => files.push(file),
                Err(_) if !path.exists() => {}
                Err(why) => trouble = Some(format!("{} {why}", path.display())),
            }
        }
        Ok(Self { files, asked: Mutex::default(), trouble: Mutex::new(trouble) })
    }

    /// The credential for a repository. `host` is `docker.io` for Docker Hub.
    pub(super) fn of(&self, host: &str, path: &str) -> Option<Credential> {
        let key = (host.to_owned(), path.to_owned());
        if let Some(known) = self.asked.lock().ok().and_then(|asked| asked.get(&key).cloned()) {
            return known;
        }
        let found = self.files.iter().find_map(|file| match file.find(host, path) {
            Ok(found) => found,
            Err(why) => {
                if let Ok(mut trouble) = self.trouble.lock() {
                    *trouble = Some(why);
                }
                None
            }
        });
        if let Ok(mut asked) = self.asked.lock() {
            asked.insert(key, found.clone());
        }
        found
    }

    /// What went wrong while looking, for whoever is then refused.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().ok().and_then(|trouble| trouble.clone())
    }
}

/// Where docker and podman keep their log-ins.
fn places() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let docker = set("DOCKER_CONFIG").or_else(|| Some(home()?.join(".docker")));
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")));
    let places = [
        docker.map(|folder| folder.join("config.json")),
        set("REGISTRY_AUTH_FILE"),
        set("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        config.map(|folder| folder.join("containers/auth.json")),
    ];
    places.into_iter().flatten().collect()
}
