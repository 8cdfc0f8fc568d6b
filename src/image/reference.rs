//! References to container images, as the container runtimes read them.
//!
//! The grammar is that of `distribution/reference`: `[registry[:port]/]path[:tag][@digest]`. A name without a registry is
//! of Docker Hub, one without a path there is of `library/`.

use std::fmt;
use std::str::FromStr;

/// The registry of names that state none.
const DOCKER_HUB: &str = "docker.io";
/// Other names of Docker Hub's registry: the old one, and the two hosts that answer for it.
const ALSO_DOCKER_HUB: &[&str] = &["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];
/// Where Docker Hub keeps the images that state no owner.
const OFFICIAL: &str = "library/";
/// The most characters of a path.
const LONGEST_PATH: usize = 255;
/// The most characters of a tag.
const LONGEST_TAG: usize = 128;
/// The digests that runtimes know, with the number of their hexadecimal digits.
const ALGORITHMS: &[(&str, usize)] = &[("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A reference to an image, normalised.
///
/// [`Display`](fmt::Display) writes it in full (`docker.io/library/nginx:1.27`), [`familiar`](Self::familiar) as people do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    repository: String,
    /// Where the path starts in `repository`.
    path: usize,
    tag: Option<String>,
    digest: Option<String>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It stands for a value that another tool fills in: `${IMAGE}`, `{{ .Values.image }}`.
    #[error("it is a template that has not been filled in")]
    Template,
    /// It has a blank in it.
    #[error("it has a blank in it")]
    Blank,
    /// The registry is not a host name with or without a port.
    #[error("{0:?} is not a registry")]
    Registry(String),
    /// The path has upper-case letters, which only a registry may have.
    #[error("the repository {0:?} has upper-case letters")]
    UpperCase(String),
    /// The path does not follow the grammar.
    #[error("{0:?} is not a repository")]
    Path(String),
    /// The path is too long.
    #[error("the repository is longer than {LONGEST_PATH} characters")]
    Long,
    /// The tag does not follow the grammar.
    #[error("{0:?} is not a tag")]
    Tag(String),
    /// The digest does not follow the grammar or has the wrong length.
    #[error("{0:?} is not a digest")]
    Digest(String),
    /// It is the bare id of an image, which only the node that has it knows.
    #[error("it is the id of an image, not a name")]
    Id,
}

impl Reference {
    /// Read a reference as a manifest writes it.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.contains("${") || text.contains("$(") || text.contains("{{") {
            return Err(ReferenceError::Template);
        }
        if text.contains(char::is_whitespace) {
            return Err(ReferenceError::Blank);
        }
        if text.len() == 64 && text.bytes().all(lower_hex) {
            return Err(ReferenceError::Id);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(checked(digest, is_digest, ReferenceError::Digest)?)),
            None => (text, None),
        };
        // A colon before a slash is that of a port.
        let (name, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, Some(checked(tag, is_tag, ReferenceError::Tag)?)),
            None => (rest, None),
        };
        let (registry, path) = split(name);
        if !is_registry(registry) {
            return Err(ReferenceError::Registry(registry.to_owned()));
        }
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ReferenceError::UpperCase(path.to_owned()));
        }
        if !path.split('/').all(is_component) {
            return Err(ReferenceError::Path(path.to_owned()));
        }
        let registry = if ALSO_DOCKER_HUB.contains(&registry) { DOCKER_HUB } else { registry };
        let official = if registry == DOCKER_HUB && !path.contains('/') { OFFICIAL } else { "" };
        if official.len() + path.len() > LONGEST_PATH {
            return Err(ReferenceError::Long);
        }
        Ok(Self { repository: format!("{registry}/{official}{path}"), path: registry.len() + 1, tag, digest })
    }

    /// A reference as a manifest writes it, cut into its name and the `:tag@digest` behind it.
    pub fn cut(text: &str) -> (&str, &str) {
        let rest = text.split_once('@').map_or(text, |(rest, _)| rest);
        let name = rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(rest, |(name, _)| name);
        text.split_at(name.len())
    }

    /// Registry and path: `docker.io/library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The registry, its port included: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.repository[..self.path - 1]
    }

    /// The path in the registry: `library/nginx`.
    pub fn path(&self) -> &str {
        &self.repository[self.path..]
    }

    /// The tag that it states.
    pub fn stated_tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The tag that counts: the stated one; `latest` where it states neither tag nor digest; none where a digest says
    /// all.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref().or(if self.digest.is_none() { Some("latest") } else { None })
    }

    /// The digest that it states: `sha256:...`.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// As short as it can be said: without Docker Hub and `library/`, and only with what it states.
    pub fn familiar(&self) -> String {
        let name = match self.registry() {
            DOCKER_HUB => self.path().strip_prefix(OFFICIAL).filter(|name| !name.contains('/')).unwrap_or(self.path()),
            _ => self.repository(),
        };
        self.with_tag_and_digest(name)
    }

    fn with_tag_and_digest(&self, name: &str) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        format!("{name}{tag}{digest}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.with_tag_and_digest(&self.repository))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Registry and path. The first part is a registry only if it cannot be the start of a path.
pub(super) fn split(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (first, rest)
        }
        _ => (DOCKER_HUB, name),
    }
}

fn checked(part: &str, good: fn(&str) -> bool, error: fn(String) -> ReferenceError) -> Result<String, ReferenceError> {
    if good(part) { Ok(part.to_owned()) } else { Err(error(part.to_owned())) }
}

/// A host name, an IPv4 address or an IPv6 address in brackets, with or without a port.
fn is_registry(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
                return false;
            }
            match rest.strip_prefix(':') {
                Some(port) => (None, Some(port)),
                None if rest.is_empty() => (None, None),
                None => return false,
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(text), None),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.is_none_or(|host| host.split('.').all(label))
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Lower-case letters and digits, joined by one dot, one or two underscores, or any number of dashes.
fn is_component(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().zip(bytes.last()).is_some_and(|(first, last)| word(*first) && word(*last));
    ends && bytes
        .split(|byte| word(*byte))
        .all(|joint| matches!(joint, b"" | b"." | b"_" | b"__") || joint.iter().all(|byte| *byte == b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

fn is_digest(text: &str) -> bool {
    let known = |(algorithm, hex): (&str, &str)| {
        ALGORITHMS.iter().any(|(name, digits)| *name == algorithm && hex.len() == *digits) && hex.bytes().all(lower_hex)
    };
    text.split_once(':').is_some_and(known)
}

fn lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests;
