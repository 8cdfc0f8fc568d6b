//! What is noted of a file while its layer goes by: nothing of a layer can be read twice.

use super::secrets;
use super::tree::{Meta, Noted};
use super::{Limits, named_users};
use crate::image::{Config, Sighting};
use std::collections::{BTreeSet, HashSet};

/// Which files are looked into, and what all layers have that no final file system shows.
pub(super) struct Notes {
    /// The last parts of the words that the config starts.
    started: HashSet<String>,
    layers: usize,
    text: u64,
    /// Bytes of text that may still be kept.
    left: u64,
    sightings: usize,
    /// Keys and credentials of every layer: what an upper layer deletes is still in the image.
    pub(super) secrets: BTreeSet<Sighting>,
}

/// The files that say who is who, as large as a system with all its users.
const ACCOUNTS: [&str; 2] = ["etc/passwd", "etc/group"];
const ACCOUNTS_SIZE: u64 = 1 << 20;

impl Notes {
    pub(super) fn new(config: &Config, layers: usize, limits: &Limits) -> Self {
        let words = config.entrypoint.iter().chain(&config.cmd).flat_map(|word| word.split_whitespace());
        let last = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            started: words.map(last).filter(|word| !word.is_empty()).collect(),
            layers,
            text: limits.text,
            left: limits.texts,
            sightings: limits.sightings,
            secrets: BTreeSet::new(),
        }
    }

    /// Whether a file is to be looked into. `path` has no leading slash.
    pub(super) fn wants(&self, path: &str, meta: &Meta) -> bool {
        meta.size > 0
            && meta.size <= self.limit(path)
            && (ACCOUNTS.contains(&path)
                || self.may_be_script(path, meta)
                || self.may_name_user(path, meta)
                || secrets::may_be(path).is_some())
    }

    /// How many bytes of it.
    pub(super) fn limit(&self, path: &str) -> u64 {
        if ACCOUNTS.contains(&path) { ACCOUNTS_SIZE } else { self.text }
    }

    /// Note what a file's content says.
    pub(super) fn take(&mut self, path: &str, meta: &Meta, content: &[u8]) -> Noted {
        if let Some(sight) = secrets::see(path, content)
            && self.secrets.iter().filter(|other| other.sight == sight).count() < self.sightings
        {
            self.secrets.insert(Sighting { sight, path: format!("/{path}") });
        }
        let Ok(text) = std::str::from_utf8(content) else { return Noted::default() };
        let keep = ACCOUNTS.contains(&path) || self.may_be_script(path, meta) && is_shell_script(path, text);
        let keep = keep && !text.contains('\0') && self.left >= meta.size;
        if keep {
            self.left -= meta.size;
        }
        Noted {
            text: keep.then(|| text.to_owned()),
            users: if self.may_name_user(path, meta) { named_users::of(text) } else { Vec::new() },
            caps: None,
        }
    }

    /// Whether what was added to the base image is in this layer, as far as anyone can tell.
    fn is_upper(&self, meta: &Meta) -> bool {
        meta.layer > 0 || self.layers == 1
    }

    fn may_be_script(&self, path: &str, meta: &Meta) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let runs = meta.mode & 0o111 != 0 || name.ends_with(".sh") || name.ends_with(".envsh");
        runs && (self.is_upper(meta) || self.started.contains(name) || path.contains("entrypoint"))
    }

    fn may_name_user(&self, path: &str, meta: &Meta) -> bool {
        self.is_upper(meta) && named_users::may_be_in(path)
    }
}

fn is_shell_script(path: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.contains("sh") || path.ends_with(".sh") || path.ends_with(".envsh")
}
