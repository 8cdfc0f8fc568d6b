//! The words that were probably meant.

/// The known word closest to `word`: a misspelling of it, or the only kind of thing it could be the beginning of.
/// `None` when nothing is close enough to be worth a suggestion.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Option<&'k str> {
    let distance = |other: &str| strsim::osa_distance(&word.to_lowercase(), &other.to_lowercase());
    let tolerance = (word.chars().count() / 3).max(1);
    let misspelt = known
        .clone()
        .into_iter()
        .map(|other| (distance(other), other))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance);
    match misspelt {
        Some((_, other)) => Some(other),
        None if word.len() > 3 => known.into_iter().find(|other| other.starts_with(word) || word.starts_with(other)),
        None => None,
    }
}

/// The known words that `word` is a part of, hyphens aside: `nonroot` of `run-as-non-root`.
pub fn containing<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', '_', ' '], "");
    let part = plain(word);
    if part.len() < 3 {
        return Vec::new();
    }
    known.into_iter().filter(|other| plain(other).contains(&part)).collect()
}

#[cfg(test)]
mod tests {
    use super::{closest, containing};

    #[test]
    fn a_part_of_a_word_is_enough() {
        let known = ["run-as-non-root", "host-path-volumes", "restricted-volumes"];
        assert_eq!(containing("nonroot", known), ["run-as-non-root"]);
        assert_eq!(containing("Host_Path", known), ["host-path-volumes"]);
        assert_eq!(containing("volumes", known), ["host-path-volumes", "restricted-volumes"]);
        assert!(containing("as", known).is_empty() && containing("--", known).is_empty());
    }

    #[test]
    fn suggests_what_is_close_and_nothing_else() {
        let known = ["run-as-non-root", "run-as-user", "seccomp-profile", "sysctls"];
        assert_eq!(closest("run-as-nonroot", known), Some("run-as-non-root"));
        assert_eq!(closest("Sysctl", known), Some("sysctls"));
        assert_eq!(closest("seccomp", known), Some("seccomp-profile"));
        assert_eq!(closest("network-policy", known), None);
        assert_eq!(closest("", known), None);
    }
}
