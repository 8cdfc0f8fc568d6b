//! Which kinds hold a pod template, and where: a table, read from `kinds.yaml`, that a profile can extend.

use super::{escape, pointer::unescape};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One row: kinds of an API group and the paths of their pod templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KindRow {
    /// API group; empty for the core group. Every version of the group counts.
    pub group: String,
    /// Kinds, as `kind` spells them.
    pub kinds: Vec<String>,
    /// JSON pointers of the templates from the object's root; `*` stands for every item of a list or entry of a mapping,
    /// an empty string for the object itself.
    pub templates: Vec<String>,
    /// Whether the kind takes a security context on the pod; otherwise on containers alone.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub pod_security_context: bool,
}

fn yes() -> bool {
    true
}

/// All rows known to a run.
#[derive(Debug, Clone, Default)]
pub struct KindTable {
    rows: Vec<KindRow>,
}

impl KindTable {
    /// A table of these rows.
    pub fn new(rows: Vec<KindRow>) -> Self {
        Self { rows }
    }

    /// The kinds the tool knows by itself: those of Kubernetes and of widespread operators.
    pub fn builtin() -> Self {
        // The file is part of the program; a test proves that it reads.
        Self::new(serde_yaml::from_str(include_str!("kinds.yaml")).unwrap_or_default())
    }

    /// Add rows. A kind may stand in several rows: all their templates count.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = KindRow>) {
        self.rows.extend(rows);
    }

    /// Whether an object of this group and kind may hold a pod template.
    pub fn knows(&self, group: &str, kind: &str) -> bool {
        self.paths(group, kind).next().is_some()
    }

    /// JSON pointers of the pod templates that an object of this group and kind really holds: mappings, each once, in the
    /// order of the table.
    pub fn templates(&self, group: &str, kind: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for path in self.paths(group, kind) {
            let tokens: Vec<&str> = path.split('/').skip(1).collect();
            expand(value, &tokens, String::new(), &mut found);
        }
        found
    }

    /// Whether every row of this group and kind lets the pod have a security context.
    pub fn takes_pod_security_context(&self, group: &str, kind: &str) -> bool {
        self.rows_of(group, kind).all(|row| row.pod_security_context)
    }

    fn paths(&self, group: &str, kind: &str) -> impl Iterator<Item = &str> {
        self.rows_of(group, kind).flat_map(|row| row.templates.iter().map(String::as_str))
    }

    fn rows_of(&self, group: &str, kind: &str) -> impl Iterator<Item = &KindRow> {
        self.rows.iter().filter(move |row| row.group == group && row.kinds.iter().any(|known| known == kind))
    }
}

/// Follow `tokens` from `value`, which stands at the pointer `at`, into every place they name.
fn expand(value: &Value, tokens: &[&str], at: String, found: &mut Vec<String>) {
    // A kustomize patch may take away the template, or anything that it stands in.
    if value.get("$patch").is_some_and(|directive| directive == "delete") {
        return;
    }
    let Some((token, rest)) = tokens.split_first() else {
        if value.is_object() && !found.contains(&at) {
            found.push(at);
        }
        return;
    };
    match (value, *token) {
        (Value::Array(items), "*") => {
            for (index, item) in items.iter().enumerate() {
                expand(item, rest, format!("{at}/{index}"), found);
            }
        }
        (Value::Object(entries), "*") => {
            for (key, entry) in entries {
                expand(entry, rest, format!("{at}/{}", escape(key)), found);
            }
        }
        (Value::Object(entries), token) => {
            if let Some(entry) = entries.get(&*unescape(token)) {
                expand(entry, rest, format!("{at}/{token}"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn templates(group: &str, kind: &str, value: &Value) -> Vec<String> {
        KindTable::builtin().templates(group, kind, value)
    }

    #[test]
    fn the_table_reads_and_every_row_is_well_formed() {
        let rows: Vec<KindRow> = serde_yaml::from_str(include_str!("kinds.yaml")).unwrap();
        assert!(rows.len() > 30);
        for row in &rows {
            assert!(!row.kinds.is_empty() && !row.templates.is_empty(), "{row:?}");
            assert!(row.templates.iter().all(|path| path.is_empty() || path.starts_with('/')), "{row:?}");
        }
    }

    #[test]
    fn every_built_in_kind_has_its_template() {
        let template = json!({"spec": {"template": {"spec": {}}}});
        for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
            assert_eq!(templates("apps", kind, &template), ["/spec/template"], "{kind}");
        }
        for kind in ["Deployment", "ReplicaSet", "DaemonSet"] {
            assert_eq!(templates("extensions", kind, &template), ["/spec/template"], "{kind}");
        }
        assert_eq!(templates("batch", "Job", &template), ["/spec/template"]);
        assert_eq!(templates("", "ReplicationController", &template), ["/spec/template"]);
        assert_eq!(templates("", "PodTemplate", &json!({"template": {}})), ["/template"]);
        assert_eq!(templates("", "Pod", &json!({"spec": {}})), [""]);
        let cron = json!({"spec": {"jobTemplate": {"spec": {"template": {}}}}});
        assert_eq!(templates("batch", "CronJob", &cron), ["/spec/jobTemplate/spec/template"]);
    }

    #[test]
    fn a_star_stands_for_items_and_entries() {
        let ray = json!({"spec": {"headGroupSpec": {"template": {}},
            "workerGroupSpecs": [{"template": {}}, {"template": null}, {"template": {}}]}});
        assert_eq!(
            templates("ray.io", "RayCluster", &ray),
            ["/spec/headGroupSpec/template", "/spec/workerGroupSpecs/0/template", "/spec/workerGroupSpecs/2/template"]
        );
        let job = json!({"spec": {"tfReplicaSpecs": {"Worker": {"template": {}}, "a/b": {"template": {}}}}});
        assert_eq!(
            templates("kubeflow.org", "TFJob", &job),
            ["/spec/tfReplicaSpecs/Worker/template", "/spec/tfReplicaSpecs/a~1b/template"]
        );
    }

    #[test]
    fn what_is_no_mapping_is_no_template() {
        assert!(templates("argoproj.io", "Rollout", &json!({"spec": {"workloadRef": {}}})).is_empty());
        assert!(templates("apps", "Deployment", &json!({"spec": {"template": "web"}})).is_empty());
        assert!(templates("apps", "Deployment", &json!({"spec": [1, 2]})).is_empty());
        let deleted = json!({"$patch": "delete"});
        assert!(templates("apps", "Deployment", &json!({"spec": {"template": deleted}})).is_empty());
        assert!(templates("apps", "Deployment", &json!({"$patch": "delete", "spec": {"template": {}}})).is_empty());
        let replaced = json!({"spec": {"template": {"$patch": "replace", "spec": {}}}});
        assert_eq!(templates("apps", "Deployment", &replaced), ["/spec/template"]);
        assert!(templates("apps", "Service", &json!({"spec": {"template": {}}})).is_empty());
        assert!(templates("example.com", "Deployment", &json!({"spec": {"template": {}}})).is_empty());
    }

    #[test]
    fn a_profile_adds_rows_and_a_repeated_template_counts_once() {
        let mut table = KindTable::builtin();
        let row = |kind: &str, path: &str| KindRow {
            group: "apps".into(),
            kinds: vec![kind.into()],
            templates: vec![path.into()],
            pod_security_context: true,
        };
        table.extend([row("Deployment", "/spec/template"), row("Widget", "/pods/*")]);
        assert_eq!(table.templates("apps", "Deployment", &json!({"spec": {"template": {}}})), ["/spec/template"]);
        assert_eq!(table.templates("apps", "Widget", &json!({"pods": [{}, {}]})), ["/pods/0", "/pods/1"]);
        assert!(table.knows("apps", "Widget") && !table.knows("", "Widget"));
    }
}
