//! The JSON schema of a profile, made from the registry of rules: `docs/profile.schema.json`.
//!
//! Written by hand rather than derived: the reader works on spans, not on types, and the ids and parameters come from data.

use super::layer::{API_VERSION, KIND, SEVERITIES};
use crate::rules::{REGISTRY, Rule};
use crate::workload::Minor;
use serde_json::{Map, Value, json};

/// The schema (JSON Schema 2020-12). Editors read YAML 1.2, where `on` is a string: both spellings are allowed.
pub fn schema() -> Value {
    let ids: Vec<&str> = REGISTRY.iter().map(|rule| rule.id).collect();
    let rules: Map<String, Value> = REGISTRY.iter().map(|rule| (rule.id.to_owned(), rule_schema(rule))).collect();
    let versions: Vec<String> =
        (Minor::OLDEST.number()..=Minor::NEWEST.number()).map(|minor| format!("1.{minor}")).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "HardeningProfile",
        "description": "A profile of kubectl-harden: which rules run, on what, and with which exceptions.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": KIND},
            "metadata": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": false,
                "properties": {"name": {"$ref": "#/$defs/text"}},
            },
            "spec": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "description": {"type": "string", "description": "One sentence."},
                    "extends": list("Profiles to build on: built-in names, or paths relative to this file.", "text"),
                    "kubernetesVersion": {
                        "description": "The Kubernetes version that verdicts are for. Default: the newest known.",
                        "enum": versions,
                    },
                    "rules": {
                        "description": "The rules, by id. Naming a rule turns it on.",
                        "type": "object",
                        "additionalProperties": false,
                        "properties": rules,
                    },
                    "kinds": {"description": "More kinds that hold pod templates.", "type": "array",
                        "items": {"$ref": "#/$defs/kind"}},
                    "exceptions": {"description": "Recorded decisions to live with a finding.", "type": "array",
                        "items": {"$ref": "#/$defs/exception"}},
                },
            },
        },
        "$defs": {
            "text": {"type": "string", "pattern": "\\S"},
            "rule": {"enum": ids},
            "switch": {"enum": [true, false, "on", "off"]},
            "severity": {"enum": SEVERITIES.map(|(name, _)| name)},
            "match": {
                "description": "Which objects. Every stated part must match.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "namespaces": list("Globs; an object that states no namespace is in default.", "text"),
                    "kinds": list("Kinds, such as Deployment.", "text"),
                    "names": list("Globs over metadata.name.", "text"),
                    "labels": {"description": "Labels that must be there, with globs for values.", "type": "object",
                        "additionalProperties": {"$ref": "#/$defs/text"}},
                },
            },
            "kind": {
                "type": "object",
                "required": ["group", "kinds", "templates"],
                "additionalProperties": false,
                "properties": {
                    "group": {"type": "string", "description": "API group; empty for the core group."},
                    "kinds": list("Kinds of the group.", "text"),
                    "templates": {
                        "description": "JSON pointers of the pod templates; * is every item of a list or mapping.",
                        "type": "array",
                        "items": {"type": "string", "pattern": "^(/.*)?$"},
                    },
                    "podSecurityContext": {
                        "description": "Whether a pod there may have a security context; if not, containers get their own.",
                        "$ref": "#/$defs/switch",
                        "default": true,
                    },
                },
            },
            "exception": {
                "type": "object",
                "required": ["rules", "reason"],
                "additionalProperties": false,
                "properties": {
                    "rules": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/rule"}},
                    "match": {"$ref": "#/$defs/match"},
                    "containers": list("Globs over container names; none for all.", "text"),
                    "reason": {"$ref": "#/$defs/text"},
                    "expires": {"description": "Its last day.", "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"},
                },
            },
        },
    })
}

/// What may stand under a rule's id.
fn rule_schema(rule: &Rule) -> Value {
    let parameters: Map<String, Value> = rule
        .parameters
        .iter()
        .map(|parameter| {
            let default: Value = serde_json::from_str(parameter.default).unwrap_or(Value::Null);
            let mut schema = json!({"description": parameter.help, "default": default});
            if let Some(name) = type_name(&default) {
                schema["type"] = name.into();
            }
            if let Some(range) = &parameter.range {
                schema["type"] = "integer".into();
                schema["minimum"] = (*range.start()).into();
                schema["maximum"] = (*range.end()).into();
            }
            (parameter.name.to_owned(), schema)
        })
        .collect();
    let setting = json!({
        "enabled": {"$ref": "#/$defs/switch"},
        "severity": {"$ref": "#/$defs/severity"},
        "parameters": {"type": "object", "additionalProperties": false, "properties": parameters},
    });
    let (mut general, mut special) = (setting.clone(), setting);
    special["match"] = json!({"$ref": "#/$defs/match"});
    general["for"] = json!({
        "description": "Other settings for some objects; the last that matches counts.",
        "type": "array",
        "items": {"type": "object", "required": ["match"], "additionalProperties": false, "properties": special},
    });
    json!({
        "description": rule.title,
        "anyOf": [
            {"$ref": "#/$defs/switch"},
            {"type": "object", "additionalProperties": false, "properties": general},
        ],
    })
}

fn list(description: &str, of: &str) -> Value {
    json!({"description": description, "type": "array", "items": {"$ref": format!("#/$defs/{of}")}})
}

fn type_name(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("boolean"),
        Value::Number(_) => Some("number"),
        Value::String(_) => Some("string"),
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
    }
}
