//! The JSON schema of a profile, made from the registry of rules: `docs/profile.schema.json`.
//!
//! Written by hand rather than derived: the reader works on spans, not on types, and the ids and parameters come from data.

use super::images::{ANY_UID, KEEP, MAX_ID, NEED};
use super::layer::{API_VERSION, KIND, SEVERITIES};
use crate::image::builtin;
use crate::rules::{Form, REGISTRY, Rule};
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
                    "images": {"description": "Facts about images, before those of the program; the first that matches counts.",
                        "type": "array", "items": {"$ref": "#/$defs/image"}},
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
            "path": {"type": "string", "pattern": "^/.*[^/]$"},
            "capability": {"type": "string", "pattern": "^(?!CAP_)[A-Z0-9_]+$"},
            "variable": {"type": "string", "pattern": "^[A-Za-z0-9_.*-]+$"},
            "id": {"type": "integer", "minimum": 0, "maximum": MAX_ID},
            "image": image_schema(),
        },
    })
}

/// What may stand in an entry under `images`.
fn image_schema() -> Value {
    let object = |required: &[&str], properties: Value| json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties});
    let any_uid: Vec<Value> =
        [json!(true), json!(false)].into_iter().chain(ANY_UID.iter().map(|one| json!(one))).collect();
    let port = json!({"type": "integer", "minimum": 1, "maximum": 1023});
    let writable = object(
        &["path"],
        json!({
            "path": {"$ref": "#/$defs/path"},
            "keep": {"description": "What becomes of the image's content there: none is needed, the entrypoint fills an empty \
                directory, or it must be copied first.", "enum": KEEP},
            "copyFrom": {"$ref": "#/$defs/path"},
            "need": {"description": "When it is needed.", "enum": NEED},
            "when": object(&[], json!({
                "mounted": {"description": "Something is mounted at one of these paths, as globs.", "type": "array",
                    "items": {"type": "string", "pattern": "\\S"}},
                "env": {"description": "One of these variables is set.", "type": "array",
                    "items": {"type": "string", "pattern": "\\S"}},
            })),
            "owned": {"description": "Whether the program insists on owning it.", "type": "boolean"},
            "private": {"description": "Whether it keeps files there that it refuses once their group may read them.", "type": "boolean"},
            "data": {"description": "Whether it holds the application's data.", "type": "boolean"},
            "note": {"$ref": "#/$defs/text"},
        }),
    );
    let mut schema = object(
        &["match"],
        json!({
            "match": {"description": "Globs on the repository.", "type": "array", "minItems": 1,
                "items": {"type": "string", "pattern": "\\S"}},
            "tag": {"description": "A glob on the tag.", "type": "string", "pattern": "\\S"},
            "like": {"description": "The built-in facts to start from.", "enum": builtin::ids().collect::<Vec<_>>()},
            "user": object(&["uid"], json!({
                "uid": {"$ref": "#/$defs/id"},
                "gid": {"$ref": "#/$defs/id"},
                "name": {"$ref": "#/$defs/text"},
            })),
            "anyUid": {"description": "Whether it runs as a user that the image does not name.", "enum": any_uid},
            "rootStart": object(&["caps"], json!({
                "drops": {"description": "How it becomes another user.", "$ref": "#/$defs/text"},
                "caps": list("What it needs when it starts as root.", "capability"),
            })),
            "needsRoot": {"description": "Why it runs as no user but root, a clause.", "$ref": "#/$defs/text"},
            "writable": {"description": "What it writes; an empty list: nothing.", "type": "array",
                "items": {"anyOf": [{"$ref": "#/$defs/path"}, writable]}},
            "volumes": list("The image's VOLUMEs.", "path"),
            "ports": {"description": "The ports below 1024 that it opens.", "type": "array", "items": {"anyOf": [
                port.clone(),
                object(&["port"], json!({"port": port, "how": {"$ref": "#/$defs/text"}})),
            ]}},
            "fileCaps": {"description": "Programs with file capabilities.", "type": "array",
                "items": object(&["path", "caps"], json!({
                    "path": {"$ref": "#/$defs/path"},
                    "caps": list("Without CAP_.", "capability"),
                    "effective": {"type": "boolean", "default": true},
                }))},
            "setEnv": {"description": "Variables without which the hardened container does not start.", "type": "object",
                "additionalProperties": {"type": "string"}},
            "fileEnv": object(&["vars"], json!({
                "suffix": {"description": "What the name of the variable for the file ends in.", "$ref": "#/$defs/variable",
                    "default": "_FILE"},
                "vars": list("Variables that can name a file instead, as globs.", "variable"),
                "programs": {"description": "The first words of the arguments for which they are read, as globs.",
                    "type": "array", "items": {"$ref": "#/$defs/text"}},
                "since": {"description": "The first version that reads them, as tags begin with it.", "$ref": "#/$defs/text"},
                "exclusive": {"description": "Whether setting both is an error.", "type": "boolean"},
                "mode": {"description": "The file modes that the reader insists on, octal.", "type": "array",
                    "items": {"type": "string", "pattern": "^[0-7]{3,4}$"}},
                "note": {"$ref": "#/$defs/text"},
            })),
            "noFileEnv": object(&["vars"], json!({
                "vars": list("Secret variables that have no form for a file, as globs.", "variable"),
                "fatal": list("Variables that look like the form for a file and end the container.", "variable"),
                "note": {"description": "The alternative.", "$ref": "#/$defs/text"},
            })),
            "usesApi": {"description": "What it does with the API of the cluster.", "anyOf": [
                {"$ref": "#/$defs/text"},
                object(&["why"], json!({
                    "why": {"$ref": "#/$defs/text"},
                    "optional": {"description": "Whether it runs without.", "type": "boolean", "default": false},
                })),
            ]},
            "node": object(&["what", "why", "rules"], json!({
                "what": {"$ref": "#/$defs/text"},
                "why": {"$ref": "#/$defs/text"},
                "rules": list("The rules that it cannot follow.", "rule"),
            })),
        }),
    );
    schema["description"] = "What is known of some images.".into();
    schema
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
            match default {
                Value::Array(_) => schema["items"] = json!({"$ref": "#/$defs/text"}),
                Value::Object(_) => schema["additionalProperties"] = json!({"$ref": "#/$defs/text"}),
                _ => {}
            }
            match &parameter.form {
                Form::AsDefault => {}
                Form::Whole(range) => {
                    schema["type"] = "integer".into();
                    schema["minimum"] = (*range.start()).into();
                    schema["maximum"] = (*range.end()).into();
                }
                Form::OneOf(words) => schema["enum"] = json!(words),
                Form::Quantity => schema["type"] = json!(["string", "number"]),
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
