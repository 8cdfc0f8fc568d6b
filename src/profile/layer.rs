//! One profile file by itself: its shape checked, its `extends` not yet followed.

use super::node::{Node, Reading};
use super::{Exception, Pattern, Problem, Selector, UnknownRule, closest, images};
use crate::image::StatedFacts;
use crate::manifest::Stream;
use crate::resources::Quantity;
use crate::rules::{Form, Rule, Severity};
use crate::workload::{KindRow, Minor};
use serde_json::{Map, Value};

/// `apiVersion` of a profile.
pub(super) const API_VERSION: &str = "kubectl-harden.dev/v1alpha1";
/// `kind` of a profile.
pub(super) const KIND: &str = "HardeningProfile";
/// The severities, as a profile spells them.
pub(super) const SEVERITIES: [(&str, Severity); 4] =
    [("low", Severity::Low), ("medium", Severity::Medium), ("high", Severity::High), ("critical", Severity::Critical)];

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) extends: Vec<Reference>,
    pub(super) kubernetes: Option<Minor>,
    pub(super) rules: Vec<RuleEntry>,
    pub(super) kinds: Vec<KindRow>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) images: Vec<StatedFacts>,
}

/// A profile named under `extends`. The problem is the one to report, once filled in, when it cannot be had.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) place: Problem,
}

/// What a file says of one rule.
#[derive(Debug)]
pub(super) struct RuleEntry {
    pub(super) rule: &'static Rule,
    pub(super) general: Patch,
    pub(super) special: Vec<(Selector, Patch)>,
}

/// What a file changes of a rule's setting; the rest stays as it was.
#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) enabled: Option<bool>,
    pub(super) severity: Option<Severity>,
    pub(super) parameters: Map<String, Value>,
}

/// Read one file. The error holds everything that is wrong with it.
pub(super) fn read(file: &str, text: &str) -> Result<Layer, Vec<Problem>> {
    let alone = |position, message: String| {
        vec![Problem { file: file.to_owned(), position: Some(position), message, help: None }]
    };
    let stream = Stream::read(text.to_owned()).map_err(|error| alone(error.position, error.message))?;
    let mut documents = Vec::new();
    for document in stream.documents() {
        let value = document.value().map_err(|refusal| alone(refusal.position, refusal.message))?;
        if !value.is_null() {
            documents.push((document, value));
        }
    }
    let [(document, value)] = documents.as_slice() else {
        let position = documents.get(1).map_or(0, |(second, _)| second.nearest("").start);
        let message = format!("expected one profile, found {} documents", documents.len());
        return Err(alone(stream.position(position), message));
    };
    let reading = Reading::new(file, *document);
    let layer = profile(&Node::root(&reading, value));
    match (layer, reading.into_problems()) {
        (Some(layer), problems) if problems.is_empty() => Ok(layer),
        (_, problems) => Err(problems),
    }
}

fn profile(root: &Node<'_>) -> Option<Layer> {
    // The wrong kind of object would only give a flood of unknown keys.
    let identity = [("apiVersion", API_VERSION), ("kind", KIND)];
    for (key, wanted) in identity {
        let node = root.required(key)?;
        if node.value() != wanted {
            return node.expected(&format!("{wanted:?}"));
        }
    }
    root.mapping(&["apiVersion", "kind", "metadata", "spec"])?;
    let mut layer = Layer::default();
    if let Some(name) = root.required("metadata").and_then(|node| node.mapping(&["name"])?.required("name")) {
        layer.name = name.some_text()?.to_owned();
    }
    let spec = root.required("spec")?;
    spec.mapping(&["description", "extends", "kubernetesVersion", "rules", "kinds", "exceptions", "images"])?;
    if let Some(node) = spec.get("description") {
        layer.description = node.text().map(str::to_owned);
    }
    if let Some(node) = spec.get("extends") {
        layer.extends = node.list(|item| Some(Reference { name: item.some_text()?.to_owned(), place: item.place() }));
    }
    if let Some(node) = spec.get("kubernetesVersion") {
        layer.kubernetes =
            node.text().and_then(|text| text.parse().map_err(|error: String| node.wrong(error, None)).ok());
    }
    if let Some(node) = spec.get("rules") {
        layer.rules = node.entries()?.iter().filter_map(|(id, node)| rule(id, node)).collect();
    }
    if let Some(node) = spec.get("kinds") {
        layer.kinds = node.list(kind_row);
    }
    if let Some(node) = spec.get("exceptions") {
        layer.exceptions = node.list(exception);
    }
    if let Some(node) = spec.get("images") {
        layer.images = node.list(images::entry);
    }
    Some(layer)
}

/// `on`, `off`, or a mapping; naming a rule turns it on.
fn rule(id: &str, node: &Node<'_>) -> Option<RuleEntry> {
    let rule = known_rule(id, |message, help| node.wrong_key(message, help))?;
    let mut entry = RuleEntry { rule, general: Patch::default(), special: Vec::new() };
    match node.value() {
        Value::Object(_) => {
            node.mapping(&["enabled", "severity", "parameters", "for"])?;
            entry.general = patch(rule, node);
            if let Some(special) = node.get("for") {
                entry.special = special.list(|item| {
                    item.mapping(&["match", "enabled", "severity", "parameters"])?;
                    Some((selector(&item.required("match")?), patch(rule, item)))
                });
            }
        }
        _ => entry.general.enabled = switch(node, "on, off or a mapping"),
    }
    Some(entry)
}

fn patch(rule: &'static Rule, node: &Node<'_>) -> Patch {
    Patch {
        enabled: node.get("enabled").and_then(|node| switch(&node, "on or off")),
        severity: node.get("severity").and_then(|node| severity(&node)),
        parameters: node.get("parameters").map(|node| parameters(rule, &node)).unwrap_or_default(),
    }
}

/// A boolean; its two spellings that only YAML 1.1 reads as one may also stand in quotes.
fn switch(node: &Node<'_>, expected: &str) -> Option<bool> {
    match node.value() {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text == "on" => Some(true),
        Value::String(text) if text == "off" => Some(false),
        _ => node.expected(expected),
    }
}

fn severity(node: &Node<'_>) -> Option<Severity> {
    let text = node.text()?;
    let found = SEVERITIES.iter().find(|(name, _)| *name == text).map(|(_, severity)| *severity);
    if found.is_none() {
        let names = SEVERITIES.map(|(name, _)| name);
        node.wrong(format!("unknown severity {text:?}"), Some(format!("expected one of: {}", names.join(", "))));
    }
    found
}

/// Parameters must exist, be of their default's type, within their range and among their choices.
fn parameters(rule: &'static Rule, node: &Node<'_>) -> Map<String, Value> {
    let mut parameters = Map::new();
    for (name, value) in node.entries().unwrap_or_default() {
        let Some(parameter) = rule.parameters.iter().find(|parameter| parameter.name == name) else {
            let help = match closest(name, rule.parameters.iter().map(|parameter| parameter.name)) {
                Some(other) => format!("did you mean {other:?}?"),
                None => format!("kubectl harden explain {}", rule.id),
            };
            value.wrong_key(format!("rule {:?} has no parameter {name:?}", rule.id), Some(help));
            continue;
        };
        match &parameter.form {
            Form::Whole(range) => {
                if value.value().as_i64().is_some_and(|number| range.contains(&number)) {
                    parameters.insert(name.to_owned(), value.value().clone());
                } else {
                    value.expected::<()>(&format!("a whole number from {} to {}", range.start(), range.end()));
                }
                continue;
            }
            Form::Quantity => {
                match value.value() {
                    amount if Quantity::of(amount).is_none() => value.expected("a quantity such as 250m or 128Mi"),
                    Value::Number(number) => parameters.insert(name.to_owned(), number.to_string().into()),
                    text => parameters.insert(name.to_owned(), text.clone()),
                };
                continue;
            }
            Form::OneOf(words) if !words.iter().any(|word| value.value() == word) => {
                value.expected::<()>(&format!("one of: {}", words.join(", ")));
                continue;
            }
            Form::OneOf(_) | Form::AsDefault => {}
        }
        let default: Value = serde_json::from_str(parameter.default).unwrap_or(Value::Null);
        let expected = match default {
            Value::Bool(_) if !value.value().is_boolean() => "true or false",
            Value::Number(_) if !value.value().is_number() => "a number",
            Value::String(_) if !value.value().is_string() => "a string",
            Value::Array(_) if !value.value().is_array() => "a list",
            Value::Object(_) if !value.value().is_object() => "a mapping",
            // The lists and mappings of all rules hold strings.
            Value::Array(_) | Value::Object(_) if !holds_strings(&value) => continue,
            _ => {
                match rule.refuses(name, value.value()) {
                    Some(why) => value.wrong(why, None),
                    None => drop(parameters.insert(name.to_owned(), value.value().clone())),
                }
                continue;
            }
        };
        value.expected::<()>(expected);
    }
    parameters
}

/// Whether every item of a list or mapping is a string with something in it; what is none is noted.
fn holds_strings(node: &Node<'_>) -> bool {
    let items = match node.value() {
        Value::Array(_) => node.items().unwrap_or_default(),
        _ => node.entries().unwrap_or_default().into_iter().map(|(_, item)| item).collect(),
    };
    items.iter().filter(|item| item.some_text().is_none()).count() == 0
}

fn selector(node: &Node<'_>) -> Selector {
    let mut selector = Selector::default();
    if node.mapping(&["namespaces", "kinds", "names", "labels"]).is_none() {
        return selector;
    }
    if let Some(node) = node.get("namespaces") {
        selector.namespaces = node.list(pattern);
    }
    if let Some(node) = node.get("kinds") {
        selector.kinds = node.list(|item| item.some_text().map(str::to_owned));
    }
    if let Some(node) = node.get("names") {
        selector.names = node.list(pattern);
    }
    if let Some(entries) = node.get("labels").and_then(|node| node.entries()) {
        selector.labels =
            entries.iter().filter_map(|(key, value)| Some(((*key).to_owned(), pattern(value)?))).collect();
    }
    selector
}

pub(super) fn pattern(node: &Node<'_>) -> Option<Pattern> {
    let text = node.some_text()?;
    Pattern::new(text).map_err(|why| node.wrong(format!("bad glob {text:?}: {why}"), None)).ok()
}

fn kind_row(node: &Node<'_>) -> Option<KindRow> {
    node.mapping(&["group", "kinds", "templates", "podSecurityContext"])?;
    let group = node.required("group").and_then(|node| node.text().map(str::to_owned));
    let kinds = node.required("kinds").map(|node| node.list(|item| item.some_text().map(str::to_owned)));
    let templates = node.required("templates").map(|node| {
        node.list(|item| {
            let path = item.text()?;
            let help = "such as /spec/template, with * for every item of a list; \"\" is the object itself";
            if !path.is_empty() && !path.starts_with('/') {
                item.wrong(format!("expected a JSON pointer, found {path:?}"), Some(help.to_owned()));
            }
            Some(path.to_owned())
        })
    });
    let pod_security_context = match node.get("podSecurityContext") {
        Some(node) => switch(&node, "true or false"),
        None => Some(true),
    };
    Some(KindRow { group: group?, kinds: kinds?, templates: templates?, pod_security_context: pod_security_context? })
}

fn exception(node: &Node<'_>) -> Option<Exception> {
    node.mapping(&["rules", "match", "containers", "reason", "expires"])?;
    let rules = node.required("rules").map(|node| {
        let rules = node.list(|item| {
            let id = item.some_text()?;
            known_rule(id, |message, help| item.wrong(message, help))
        });
        if node.value().as_array().is_some_and(Vec::is_empty) {
            node.wrong("expected at least one rule, found an empty list", None);
        }
        rules.iter().map(|rule| rule.id.to_owned()).collect::<Vec<_>>()
    });
    let selector = node.get("match").map(|node| selector(&node)).unwrap_or_default();
    let containers = node.get("containers").map(|node| node.list(pattern)).unwrap_or_default();
    let expires = node.get("expires").and_then(|node| date(&node));
    let reason = node.required("reason").and_then(|node| node.some_text().map(str::to_owned));
    Some(Exception { rules: rules?, selector, containers, reason: reason?, expires, origin: node.origin() })
}

/// A day of the calendar.
fn date(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    // The parser also takes single digits, but days are compared as text.
    let day = jiff::civil::Date::strptime("%Y-%m-%d", text).ok().filter(|day| day.to_string() == text);
    if day.is_none() {
        node.wrong(format!("expected a date as YYYY-MM-DD, found {text:?}"), None);
    }
    day.map(|_| text.to_owned())
}

pub(super) fn known_rule(id: &str, wrong: impl FnOnce(String, Option<String>)) -> Option<&'static Rule> {
    match UnknownRule::check(id) {
        Ok(rule) => Some(rule),
        Err(unknown) => {
            wrong(
                format!("unknown rule {id:?}"),
                Some(match unknown.suggestion {
                    Some(suggestion) => format!("did you mean {suggestion:?}?"),
                    None => "kubectl harden explain lists the rules".to_owned(),
                }),
            );
            None
        }
    }
}
