//! Which kinds are read around workloads: the table `kinds.yaml`.

use serde::Deserialize;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Row {
    pub(super) api_version: String,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) reads: Reads,
    /// It says something of objects of this kind alone: where there are none, it is not asked for.
    pub(super) behind: Option<String>,
    /// The ids of the rules that want it.
    pub(super) rules: Vec<String>,
}

/// How much of an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reads {
    /// All of it.
    #[default]
    Whole,
    /// Its metadata, and from there the names of its keys.
    Keys,
}

/// The rows that the rules which run want.
pub(super) fn wanted(runs: &dyn Fn(&str) -> bool) -> Vec<Row> {
    // The file is part of the program; a test proves that it reads.
    let rows: Vec<Row> = serde_yaml::from_str(include_str!("kinds.yaml")).unwrap_or_default();
    rows.into_iter().filter(|row| row.rules.iter().any(|rule| runs(rule))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::by_id;

    #[test]
    fn the_table_reads_and_names_rules_that_exist() {
        let rows: Vec<Row> = serde_yaml::from_str(include_str!("kinds.yaml")).unwrap();
        assert!(rows.len() > 10);
        for row in &rows {
            assert!(!row.rules.is_empty(), "{row:?}");
            row.rules.iter().for_each(|rule| assert!(by_id(rule).is_some(), "{rule}"));
        }
        let secrets: Vec<_> = rows.iter().filter(|row| row.kind == "Secret").map(|row| row.reads).collect();
        assert_eq!(secrets, [Reads::Keys]);
        // What stands behind something is asked for after it.
        for (at, row) in rows.iter().enumerate() {
            let behind = row.behind.as_ref();
            assert!(behind.is_none_or(|kind| rows[..at].iter().any(|above| above.kind == *kind)), "{row:?}");
        }
    }

    #[test]
    fn only_what_a_rule_wants_is_read() {
        let kinds: Vec<String> = wanted(&|rule| rule == "pod-disruption").into_iter().map(|row| row.kind).collect();
        assert_eq!(kinds, ["HorizontalPodAutoscaler", "PodDisruptionBudget"]);
        assert!(wanted(&|_| false).is_empty());
    }
}
