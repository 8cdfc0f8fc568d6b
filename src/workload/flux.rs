//! The marks by which Flux knows the lines that it writes.

use std::collections::BTreeSet;

/// What stands in the comment: `# {"$imagepolicy": "namespace:name"}`.
const MARK: &str = "\"$imagepolicy\"";

/// Whether a text has any mark at all.
pub(super) fn is_in(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_some()
}

/// The values on the lines of a text that have the mark: Flux knows plain scalars on one line alone, and so does this.
pub(super) fn marked(text: &str) -> BTreeSet<String> {
    let value = |line: &str| {
        let (code, comment) = line.split_once(" #")?;
        let value =
            code.split_once(": ").map_or_else(|| code.trim_start().strip_prefix("- "), |(_, value)| Some(value))?;
        let value = value.trim().trim_matches(['"', '\'']);
        (comment.contains(MARK) && !value.is_empty()).then(|| value.to_owned())
    };
    text.lines().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_marked_lines() {
        let text = "\
- image: \"ghcr.io/a/b:1.0\" # {\"$imagepolicy\": \"flux-system:b\"}
  other: x # {\"$setter\": \"y\"}
  newTag: '5.0' # {\"$imagepolicy\": \"flux-system:b:tag\"}
  - plain # {\"$imagepolicy\": \"a:b\"}
# {\"$imagepolicy\": \"in no line\"}
  text: \"# no mark\"
";
        assert!(is_in(text) && !is_in("image: x # $imagepolicy"));
        assert_eq!(marked(text).into_iter().collect::<Vec<_>>(), ["5.0", "ghcr.io/a/b:1.0", "plain"]);
    }
}
