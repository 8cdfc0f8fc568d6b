//! Image names, as far as they tell which image of a source is meant.

/// A reference in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    /// `docker.io`, `registry.example:5000`.
    pub(super) host: String,
    /// `library/nginx`.
    pub(super) repository: String,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
}

impl Name {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, digest) =
            text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest.to_owned())));
        let (rest, tag) = match rest.rsplit_once(':') {
            Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let (host, path) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_owned()),
            _ => ("docker.io", rest.to_owned()),
        };
        let right = !path.is_empty()
            && path.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/'));
        let host = if host == "index.docker.io" { "docker.io" } else { host };
        let repository = if host == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path };
        right.then(|| Self { host: host.to_owned(), repository, tag, digest })
    }
}
