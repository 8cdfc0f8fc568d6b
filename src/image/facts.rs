//! The model of the image facts: what is known of an image without looking at it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of the images of one family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// Its name.
    pub id: String,
    /// Globs on the normalised repository (`docker.io/library/nginx`); the first entry that matches counts.
    #[serde(rename = "match")]
    pub repositories: Vec<String>,
    /// A glob on the tag, where the entry is for some tags only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The user its program runs as.
    #[serde(default)]
    pub user: User,
    /// Whether its program runs as another user.
    #[serde(default)]
    pub any_uid: AnyUid,
    /// How it starts as root; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_start: Option<RootStart>,
    /// Why it cannot run as any user but root, a clause; absent where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_root: Option<String>,
    /// Tags whose user has other numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// What it writes. Absent where nothing is known of that; empty where it writes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<Vec<Writable>>,
    /// The image's `VOLUME`s.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// The ports below 1024 that it opens by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Its programs that have file capabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_caps: Vec<FileCapabilities>,
    /// Environment variables without which the hardened container does not start.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_env: BTreeMap<String, String>,
    /// Its variables that have a form for a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_env: Option<FileVariables>,
    /// Its secret variables that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_file_env: Option<WithoutFileVariables>,
    /// What it needs of the node by its nature; absent for ordinary programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeRole>,
    /// Its use of the API of the cluster; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_api: Option<ApiUse>,
    /// Whether what it needs depends on the command in the manifest: language runtimes and bare systems.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runs_anything: bool,
    /// What breaks, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<String>,
    /// What the entry rests on.
    #[serde(default)]
    pub basis: Vec<Basis>,
    /// Where it was read, `owner/name:path`.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// The user of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The image's `USER`; empty for root. Absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The name of the user that the program really runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its number; absent where the build file pins none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The number of its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Where the numbers come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<UserBasis>,
}

/// Where the numbers of a user come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UserBasis {
    /// Pinned in the build file.
    Dockerfile,
    /// The image's documentation.
    Docs,
    /// A hardened chart runs it so.
    Chart,
    /// The distribution chooses it.
    DistroDefault,
    /// Known, not confirmed.
    General,
    /// Not known.
    Unknown,
    /// Stated by the user of the tool, in a profile.
    Profile,
}

/// Whether a program runs as a user that its image does not name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AnyUid {
    /// As any.
    Yes,
    /// As its own only.
    No,
    /// As any whose group is 0.
    Group0,
    /// As any that owns its data.
    Data,
    /// Not known.
    #[default]
    Unknown,
}

/// What a program needs when it starts as root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RootStart {
    /// How it becomes another user: `gosu`, `su-exec`, `setpriv`, `setuid` (by itself), `s6`, `chroot`, `none`.
    pub drops: String,
    /// The capabilities that needs.
    #[serde(default)]
    pub caps: Vec<String>,
}

/// Tags whose user has other numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// A glob on the tag.
    pub tag: String,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

/// A path that a program writes below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Writable {
    /// Absolute.
    pub path: String,
    /// What becomes of the image's content there.
    #[serde(default)]
    pub keep: Keep,
    /// The folder whose content fills the directory when it is empty, where it is not the path itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_from: Option<String>,
    /// When it is needed.
    #[serde(default)]
    pub need: Need,
    /// What in a manifest shows that the feature is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Whether the program insists on owning the directory: one that belongs to root but that anyone may write will not do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owned: bool,
    /// Whether it keeps files there that it refuses once their group may read them, as a group for volumes makes them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// Whether it holds the application's data: a claim is expected there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub data: bool,
    /// What is written, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What in a manifest shows that a feature is used; one of these is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct When {
    /// Something is mounted at one of these paths, as globs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounted: Vec<String>,
    /// One of these variables is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
}

/// What becomes of an image's content under a mount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Nothing there is needed: it may be covered.
    #[default]
    None,
    /// The start script fills an empty directory.
    Entrypoint,
    /// It must be copied first.
    Copy,
}

/// When a writable path is needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// To start.
    #[default]
    Start,
    /// At the first start with an empty data directory.
    Init,
    /// For a feature that the note names.
    Feature,
}

/// A port below 1024 that a program opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub port: u16,
    /// How to move it: `config`, `env`, `arg`, or `sysctl` where it cannot be.
    #[serde(default)]
    pub how: String,
    /// The setting, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A program file with capabilities of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileCapabilities {
    /// Absolute.
    pub path: String,
    /// Without `CAP_`.
    pub caps: Vec<String>,
    /// Whether the program does not start where one of them may not be had.
    pub effective: bool,
}

/// Secret variables that can name a file instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileVariables {
    /// What the name of the variable for the file ends in.
    pub suffix: String,
    /// The variables, as globs.
    pub vars: Vec<String>,
    /// The programs for which the start script reads them, as globs on the first word of the arguments; a flag stands for
    /// the image's own. Empty where they are read whatever is started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// The first version that reads them, as tags begin with it: `2025.4.0`. Absent where all that count do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether setting both is an error.
    #[serde(default)]
    pub exclusive: bool,
    /// The file modes that the reader insists on, octal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mode: Vec<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Secret variables that have no form for a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithoutFileVariables {
    /// The variables, as globs.
    pub vars: Vec<String>,
    /// Variables that look like the form for a file and end the container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fatal: Vec<String>,
    /// The alternative, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a program needs the node it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeRole {
    /// What it is, as it reads after "a": `log shipper`, `network plugin`, `storage driver`.
    pub what: String,
    /// Why it needs the node, a clause: `it reads files of the node that belong to root`.
    pub why: String,
    /// The rules that it cannot follow.
    pub rules: Vec<String>,
}

/// What a program does with the API of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiUse {
    /// What it asks of it, a clause: `it watches Ingresses`.
    pub why: String,
    /// Whether it runs without, as only some of its features or settings need it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// What an entry rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Read in the image's own build file or entrypoint.
    Source,
    /// Read in a hardened chart or operator.
    Chart,
    /// Tried with the real program.
    Measured,
    /// Known, not confirmed.
    General,
    /// Stated in a profile.
    Profile,
}
