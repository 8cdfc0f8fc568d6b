//! What a profile says of images, before it lies over the facts of the program.

use super::Reference;
use super::reference::split;
use crate::profile::Pattern;
use serde_json::{Map, Value};

/// An entry under `images` of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedFacts {
    /// Globs on the normalised repository. Never empty.
    pub repositories: Vec<Pattern>,
    /// A glob on the tag; `None` for all.
    pub tag: Option<Pattern>,
    /// The name of the program's entry to start from, instead of the one that matches.
    pub like: Option<&'static str>,
    /// The fields of [`Facts`](super::Facts) that it states, as these are written.
    pub fields: Map<String, Value>,
    /// Where it stands, `file:line:column`.
    pub origin: String,
}

/// A glob on repositories as people write it, normalised: `nginx` is `docker.io/library/nginx`, `bitnami/*` is
/// `docker.io/bitnami/*`; a glob whose first part has a star is left as it is. The error says what is wrong.
pub fn repository_glob(text: &str) -> Result<Pattern, String> {
    if !text.contains(['*', '?', '[', '{']) || text.contains("${") {
        let read = Reference::parse(text).map_err(|error| format!("{text:?} is not a repository: {error}"))?;
        if read.stated_tag().is_some() || read.digest().is_some() {
            return Err(format!("{text:?} is an image, not a repository: a tag goes under `tag`"));
        }
        return Pattern::new(read.repository());
    }
    let first = text.split('/').next().unwrap_or_default();
    let glob = if first.contains(['*', '?', '[', '{']) {
        text.to_owned()
    } else {
        let (registry, path) = split(text);
        format!("{registry}/{path}")
    };
    Pattern::new(&glob).map_err(|why| format!("bad glob {text:?}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_normalised_as_references_are() {
        for (text, glob) in [
            ("nginx", "docker.io/library/nginx"),
            ("shop/web", "docker.io/shop/web"),
            ("bitnami/*", "docker.io/bitnami/*"),
            ("registry.example.com/*", "registry.example.com/*"),
            ("localhost:5000/a*", "localhost:5000/a*"),
            ("*/nginx", "*/nginx"),
            ("*", "*"),
        ] {
            assert_eq!(repository_glob(text).unwrap().as_str(), glob, "{text}");
        }
        assert!(repository_glob("*").unwrap().matches("docker.io/library/nginx"));
        for (text, why) in
            [("nginx:1", "goes under `tag`"), ("Nginx", "upper-case"), ("a/[", "bad glob"), ("${IMAGE}", "template")]
        {
            assert!(repository_glob(text).unwrap_err().contains(why), "{text}");
        }
    }
}
