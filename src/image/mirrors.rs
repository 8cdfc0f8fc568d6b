//! Prefixes of images, and mirrors that hold the same images.

use serde_json::Value;

/// Which images are pulled from elsewhere: prefixes of the name in full, each with what stands in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// Without slashes at their ends; the longest prefix first.
    pairs: Vec<(String, String)>,
}

impl Mirrors {
    /// Read a mapping from prefixes to mirrors. The error says which entry is wrong and how it should read.
    pub fn read(mapping: &Value) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for (prefix, mirror) in mapping.as_object().into_iter().flatten() {
            let mirror = mirror.as_str().unwrap_or_default().trim_end_matches('/');
            let host = mirror.split('/').next().unwrap_or_default();
            if !is_host(host) {
                return Err(format!("{mirror:?} names no registry: a mirror reads like registry.example.com/hub/"));
            }
            if super::Reference::parse(&format!("{mirror}/x")).is_err() {
                return Err(format!("{mirror:?} cannot stand before the name of an image"));
            }
            let full = in_full(prefix);
            if full.is_empty() {
                return Err("an empty prefix would be of all images: name the registries one by one".to_owned());
            }
            pairs.push((full, mirror.to_owned()));
        }
        pairs.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.cmp(other)));
        Ok(Self { pairs })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The name that a repository has in its mirror; `None` where it has none.
    pub fn of(&self, repository: &str) -> Option<String> {
        self.pairs.iter().find_map(|(prefix, mirror)| Some(format!("{mirror}{}", below(repository, prefix)?)))
    }

    /// Whether a repository is of one of the mirrors.
    pub fn holds(&self, repository: &str) -> bool {
        self.pairs.iter().any(|(_, mirror)| below(repository, mirror).is_some())
    }

    /// The repository whose images one of a mirror are; `None` where it is of no mirror.
    pub fn origin(&self, repository: &str) -> Option<String> {
        self.pairs.iter().find_map(|(prefix, mirror)| Some(format!("{prefix}{}", below(repository, mirror)?)))
    }
}

/// Whether a repository in full is below a prefix, as people write it: `docker.io/library/`, `registry.example.com`,
/// `bitnami/` for `docker.io/bitnami/`.
pub fn is_below(repository: &str, prefix: &str) -> bool {
    below(repository, &in_full(prefix)).is_some()
}

/// What follows a prefix of whole parts: nothing, or from its slash on.
fn below<'r>(repository: &'r str, prefix: &str) -> Option<&'r str> {
    repository.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A prefix with its registry and without a slash at its end.
fn in_full(prefix: &str) -> String {
    let trimmed = prefix.trim_end_matches('/');
    let first = trimmed.split('/').next().unwrap_or_default();
    match () {
        () if trimmed.is_empty() || is_host(first) => trimmed.to_owned(),
        // A word by itself is an image of Docker Hub; with a slash behind it, an owner there.
        () if trimmed == prefix && !trimmed.contains('/') => format!("docker.io/library/{trimmed}"),
        () => format!("docker.io/{trimmed}"),
    }
}

fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_longest_prefix_of_whole_parts_counts() {
        let mirrors =
            Mirrors::read(&json!({"docker.io/": "m.example/hub", "docker.io/library/": "m.example/official/",
            "quay.io/a": "m.example/a"}));
        let mirrors = mirrors.unwrap();
        let of = |name: &str| mirrors.of(name);
        assert_eq!(of("docker.io/library/nginx").as_deref(), Some("m.example/official/nginx"));
        assert_eq!(of("docker.io/bitnami/redis").as_deref(), Some("m.example/hub/bitnami/redis"));
        assert_eq!(of("quay.io/a/b").as_deref(), Some("m.example/a/b"));
        assert_eq!(of("quay.io/ab"), None);
        assert_eq!(mirrors.origin("m.example/official/nginx").as_deref(), Some("docker.io/library/nginx"));
        assert!(mirrors.holds("m.example/hub/x") && !mirrors.holds("m.example/hubx"));
    }

    #[test]
    fn prefixes_are_read_as_references_are() {
        for (repository, prefix) in [
            ("docker.io/library/nginx", "nginx"),
            ("docker.io/bitnami/redis", "bitnami/"),
            ("docker.io/bitnami/redis", "bitnami/redis"),
            ("docker.io/bitnami/redis", "docker.io"),
            ("localhost:5000/a", "localhost:5000/"),
        ] {
            assert!(is_below(repository, prefix), "{prefix}");
        }
        assert!(!is_below("docker.io/library/nginx2", "nginx") && !is_below("quay.io/x", "docker.io/"));
    }

    #[test]
    fn a_mirror_without_a_registry_is_refused() {
        for (mapping, why) in [
            (json!({"docker.io/": "mirror/hub"}), "names no registry"),
            (json!({"docker.io/": "m.example/Hub"}), "cannot stand before"),
            (json!({"/": "m.example/hub"}), "an empty prefix"),
        ] {
            assert!(Mirrors::read(&mapping).unwrap_err().contains(why), "{mapping}");
        }
    }
}
