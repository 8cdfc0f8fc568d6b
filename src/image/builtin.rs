//! The facts that come with the program, as `build.rs` lays them out: found by a scan over plain text, read when asked for.

use super::{Facts, Reference};

include!(concat!(env!("OUT_DIR"), "/image_facts.rs"));

/// The names of all entries, sorted.
pub fn ids() -> impl Iterator<Item = &'static str> + Clone {
    ENTRIES.iter().map(|(id, _)| *id)
}

/// The entry of this name.
pub fn entry(id: &str) -> Option<Facts> {
    // A test proves that every entry reads.
    json(id).and_then(|json| serde_json::from_str(json).ok())
}

/// The entry of this name, unread.
pub(super) fn json(id: &str) -> Option<&'static str> {
    ENTRIES.binary_search_by_key(&id, |(id, _)| id).ok().map(|index| ENTRIES[index].1)
}

/// The name of the entry for a repository (that of the origin, see [`origin`]). Without a tag, entries for some tags only
/// do not count.
pub(super) fn find(repository: &str, tag: Option<&str>) -> Option<&'static str> {
    let fits = |glob: &str| glob.is_empty() || tag.is_some_and(|tag| matches(glob, tag));
    ROWS.iter().find(|(name, glob, _)| matches(name, repository) && fits(glob)).map(|(_, _, index)| ENTRIES[*index].0)
}

/// The names of the entries that a repository has for some tags only.
pub(super) fn by_tag(repository: &str) -> impl Iterator<Item = &'static str> {
    let rows = ROWS.iter().filter(move |(name, tag, _)| !tag.is_empty() && matches(name, repository));
    rows.map(|(_, _, index)| ENTRIES[*index].0)
}

/// The repository whose images a mirror holds: `public.ecr.aws/docker/library/nginx` is `docker.io/library/nginx`, and so is
/// `mirror.example.com/docker.io/nginx`, as its path names a registry that facts are about.
pub(super) fn origin(repository: &str) -> Option<String> {
    let registries = repository.match_indices('/').map(|(slash, _)| &repository[slash + 1..]);
    let inner = registries.filter(|rest| names_registry(rest)).find_map(|rest| Reference::parse(rest).ok());
    let inner = inner.as_ref().map(Reference::repository);
    official(inner.unwrap_or(repository)).or(inner.map(str::to_owned))
}

fn names_registry(repository: &str) -> bool {
    let registry = repository.split_inclusive('/').next().unwrap_or_default();
    registry.contains('.') && registry.ends_with('/') && ROWS.iter().any(|(name, _, _)| name.starts_with(registry))
}

/// The repository that one of the known mirrors holds.
fn official(repository: &str) -> Option<String> {
    let rest = |(mirror, origin): &(&str, &str)| repository.strip_prefix(mirror).map(|rest| format!("{origin}{rest}"));
    MIRRORS.iter().find_map(rest)
}

/// Whether a glob, in which `*` stands for any text and every other character for itself, is for the whole of `text`.
pub fn matches(glob: &str, text: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else { return glob == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (glob, text) in [
            ("nginx", "nginx"),
            ("*", ""),
            ("a*", "a"),
            ("*alpine*", "3-alpine3.20"),
            ("*alpine*", "alpine"),
            ("a*b*c", "abbc"),
            ("docker.io/bitnami*/redis*", "docker.io/bitnamilegacy/redis-cluster"),
        ] {
            assert!(matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("nginx", "nginx2"), ("a*", "ba"), ("*b", "bc"), ("ab*ba", "aba"), ("a*b*b", "ab")] {
            assert!(!matches(glob, text), "{glob} {text}");
        }
    }
}
