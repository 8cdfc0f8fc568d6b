//! What was read of an image: its config, and of its layers what tells how it can be hardened.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was read of one image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    /// Where it was read, as the user named it: `oci:DIR`, a registry.
    pub origin: String,
    /// The digest of its manifest (or of its config, in an archive that has no manifest digest): `sha256:...`.
    pub digest: String,
    /// Its config.
    pub config: Config,
    /// What its layers hold; `None` when they were not read.
    pub files: Option<Files>,
}

/// The part of an image's config that says how its program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// `USER` as it stands: empty, a name, a number, `user:group`.
    pub user: String,
    /// `VOLUME`s, absolute.
    pub volumes: Vec<String>,
    /// `EXPOSE`d TCP and UDP ports.
    pub ports: Vec<u16>,
    /// `ENV`.
    pub env: BTreeMap<String, String>,
    /// `WORKDIR`; empty where none is set.
    pub working_dir: String,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub cmd: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// The final file system of an image (upper layers over lower ones), as far as it matters. Every path is absolute and
/// has no `..`; links are not followed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Files {
    /// `/etc/passwd`, in its order.
    pub users: Vec<User>,
    /// `/etc/group`, in its order.
    pub groups: Vec<Group>,
    /// Every directory by its path; `/` included.
    pub dirs: BTreeMap<String, Dir>,
    /// Symbolic links that lead to a directory of the image or to nothing in it, with the target as it stands.
    pub links: BTreeMap<String, String>,
    /// Executables of the usual program directories, and whatever the config starts.
    pub programs: BTreeMap<String, Program>,
    /// Text files that tell what a start script does: shell scripts that the config starts, those in `/docker-entrypoint.d`
    /// and the like, those named `*entrypoint*`; each up to 64 KiB.
    pub scripts: BTreeMap<String, String>,
    /// Users named in configuration files above the first layer: `user nginx;`, `User www-data`.
    pub named_users: Vec<NamedUser>,
    /// What is a finding of its own.
    pub sightings: Vec<Sighting>,
}

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Login name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// Its home directory.
    pub home: String,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
    /// The names of its members beside those whose own group it is.
    pub members: Vec<String>,
}

/// A directory, with what lies directly in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dir {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits, 07777.
    pub mode: u16,
    /// The index of the layer that made or last changed it; 0 is the lowest. A directory that no layer states has 0.
    pub layer: u16,
    /// How many files and links (no directories) lie directly in it.
    pub files: u32,
    /// Their size in bytes.
    pub bytes: u64,
    /// Their distinct owners, groups and modes, at most 16 (then `files` may be more than these tell).
    pub owned: Vec<Owned>,
    /// Whether one of them is a link to `/dev/stdout`, `/dev/stderr` or `/proc/self/fd/...`.
    pub stdio: bool,
    /// Whether one of them came from a layer above the first.
    pub upper: bool,
}

/// Owner, group and mode of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owned {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits, 07777.
    pub mode: u16,
}

/// An executable file, or a link to one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Program {
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits, 07777.
    pub mode: u16,
    /// Where it leads when it is a link, as it stands.
    pub link: Option<String>,
    /// Permitted file capabilities, without `CAP_`.
    pub caps: Vec<String>,
    /// Whether the effective bit is set: it does not start where one of them may not be had.
    pub effective: bool,
}

/// A user that a configuration file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedUser {
    /// The file.
    pub path: String,
    /// The user's name.
    pub name: String,
}

/// Something in an image that is a finding of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// What.
    pub sight: Sight,
    /// The file.
    pub path: String,
}

/// The kinds of sightings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// A program that runs as its owner.
    Setuid,
    /// A program that runs as its group.
    Setgid,
    /// A file that anyone may write.
    WorldWritable,
    /// A private key. Its content is never kept.
    PrivateKey,
    /// A file of credentials. Its content is never kept.
    Credentials,
}
