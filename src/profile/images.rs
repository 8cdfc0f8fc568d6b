//! What a profile says of images: entries under `images`, checked field by field and kept as the facts are written.

use super::closest;
use super::layer::{known_rule, pattern};
use super::node::Node;
use crate::image::{StatedFacts, builtin, repository_glob};
use serde_json::{Map, Value, json};

/// Reads a value as the facts are written; what is wrong with it is noted.
type Read = fn(&Node<'_>) -> Option<Value>;

/// The fields that lie over the facts, each with what reads it.
const FIELDS: &[(&str, Read)] = &[
    ("user", user),
    ("anyUid", |node| one_of(node, ANY_UID)),
    ("rootStart", root_start),
    ("needsRoot", |node| Some(node.some_text()?.into())),
    ("writable", |node| list(node, writable)),
    ("volumes", |node| list(node, path)),
    ("ports", |node| list(node, port)),
    ("fileCaps", |node| list(node, file_capabilities)),
    ("setEnv", variables),
    ("fileEnv", file_variables),
    ("noFileEnv", without_file_variables),
    ("node", role),
    ("usesApi", api_use),
];
/// Whether a program runs as a user that its image does not name.
pub(super) const ANY_UID: &[&str] = &["yes", "no", "group0", "data", "unknown"];
/// What becomes of the image's content under a mount.
pub(super) const KEEP: &[&str] = &["none", "entrypoint", "copy"];
/// When a path is needed.
pub(super) const NEED: &[&str] = &["start", "init", "feature"];

/// One entry. What is wrong is noted; an entry without a repository is none.
pub(super) fn entry(node: &Node<'_>) -> Option<StatedFacts> {
    let known: Vec<&str> = ["match", "tag", "like"].into_iter().chain(FIELDS.iter().map(|(name, _)| *name)).collect();
    node.mapping(&known)?;
    let repositories = node.required("match").map(|node| {
        let list = node.list(|item| repository_glob(item.some_text()?).map_err(|why| item.wrong(why, None)).ok());
        if node.value().as_array().is_some_and(Vec::is_empty) {
            node.wrong("expected at least one repository, found an empty list", None);
        }
        list
    });
    let mut fields = Map::new();
    for (name, read) in FIELDS {
        if let Some(value) = node.get(name).and_then(|node| read(&node)) {
            fields.insert((*name).to_owned(), value);
        }
    }
    Some(StatedFacts {
        repositories: repositories?,
        tag: node.get("tag").and_then(|node| pattern(&node)),
        like: node.get("like").and_then(|node| like(&node)),
        fields,
        origin: node.origin(),
    })
}

/// The name of an entry of the program.
fn like(node: &Node<'_>) -> Option<&'static str> {
    let name = node.some_text()?;
    let found = builtin::ids().find(|id| *id == name);
    if found.is_none() {
        let help = match closest(name, builtin::ids()) {
            Some(other) => format!("did you mean {other:?}?"),
            None => "`kubectl harden explain image` lists them".to_owned(),
        };
        node.wrong(format!("there are no facts named {name:?}"), Some(help));
    }
    found
}

fn user(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["uid", "gid", "name"])?;
    let uid = node.required("uid").and_then(|node| number(&node));
    let mut user = json!({"uid": uid?, "basis": "profile"});
    if let Some(gid) = node.get("gid") {
        user["gid"] = number(&gid)?.into();
    }
    if let Some(name) = node.get("name") {
        user["name"] = name.some_text()?.into();
    }
    Some(user)
}

fn root_start(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["drops", "caps"])?;
    let caps = node.required("caps").and_then(|node| list(&node, capability));
    let drops = node.get("drops").map_or(Some("none"), |node| node.some_text());
    Some(json!({"drops": drops?, "caps": caps?}))
}

/// A path alone, or a mapping that says more of it.
fn writable(node: &Node<'_>) -> Option<Value> {
    if node.value().is_string() {
        return Some(json!({"path": path(node)?}));
    }
    node.mapping(&["path", "keep", "copyFrom", "need", "when", "owned", "private", "data", "note"])?;
    let mut value = json!({"path": path(&node.required("path")?)?});
    let parts: [(&str, Read); 8] = [
        ("keep", |node| one_of(node, KEEP)),
        ("copyFrom", path),
        ("need", |node| one_of(node, NEED)),
        ("when", when),
        ("owned", boolean),
        ("private", boolean),
        ("data", boolean),
        ("note", |node| Some(node.some_text()?.into())),
    ];
    for (name, read) in parts {
        if let Some(node) = node.get(name) {
            value[name] = read(&node)?;
        }
    }
    Some(value)
}

/// What in a manifest shows that a feature is used.
fn when(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["mounted", "env"])?;
    let mut value = json!({});
    for name in ["mounted", "env"] {
        if let Some(node) = node.get(name) {
            value[name] = list(&node, |item| Some(item.some_text()?.into()))?;
        }
    }
    Some(value)
}

/// A number below 1024, or a mapping that says how it can be moved.
fn port(node: &Node<'_>) -> Option<Value> {
    let (number, how) = match node.value() {
        Value::Object(_) => {
            node.mapping(&["port", "how"])?;
            (node.required("port")?, node.get("how"))
        }
        _ => (node.clone(), None),
    };
    let how = how.map_or(Some("sysctl"), |node| node.some_text())?;
    match number.value().as_u64().filter(|port| (1..1024).contains(port)) {
        Some(port) => Some(json!({"port": port, "how": how})),
        None => number.expected("a port below 1024"),
    }
}

fn file_capabilities(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["path", "caps", "effective"])?;
    let path = node.required("path").and_then(|node| path(&node));
    let caps = node.required("caps").and_then(|node| list(&node, capability));
    let effective = node.get("effective").map_or(Some(Value::Bool(true)), |node| boolean(&node));
    Some(json!({"path": path?, "caps": caps?, "effective": effective?}))
}

fn variables(node: &Node<'_>) -> Option<Value> {
    let entries = node.entries()?;
    let read: Map<String, Value> =
        entries.iter().filter_map(|(name, node)| Some(((*name).to_owned(), node.text()?.into()))).collect();
    Some(read.into())
}

/// Variables that can name a file instead.
fn file_variables(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["suffix", "vars", "programs", "since", "exclusive", "mode", "note"])?;
    let suffix = node.get("suffix").map_or(Some("_FILE".into()), |node| variable(&node));
    let vars = node.required("vars").and_then(|node| list(&node, variable));
    let mut value = json!({"suffix": suffix?, "vars": vars?});
    let parts: [(&str, Read); 5] = [
        ("programs", |node| list(node, |item| Some(item.some_text()?.into()))),
        ("since", |node| Some(node.some_text()?.into())),
        ("exclusive", boolean),
        ("mode", |node| list(node, file_mode)),
        ("note", |node| Some(node.some_text()?.into())),
    ];
    for (name, read) in parts {
        if let Some(node) = node.get(name) {
            value[name] = read(&node)?;
        }
    }
    Some(value)
}

/// Secret variables that have no form for a file.
fn without_file_variables(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["vars", "fatal", "note"])?;
    let mut value = json!({"vars": node.required("vars").and_then(|node| list(&node, variable))?});
    if let Some(node) = node.get("fatal") {
        value["fatal"] = list(&node, variable)?;
    }
    if let Some(node) = node.get("note") {
        value["note"] = node.some_text()?.into();
    }
    Some(value)
}

/// The name of a variable, a glob for names, or a part of one.
fn variable(node: &Node<'_>) -> Option<Value> {
    let text = node.some_text()?;
    let good = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.*".contains(&byte));
    if !good {
        node.wrong(format!("expected the name of a variable, in which * stands for any text, found {text:?}"), None);
    }
    good.then(|| text.into())
}

/// The mode of a file, octal.
fn file_mode(node: &Node<'_>) -> Option<Value> {
    let text = node.some_text()?;
    let good = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if !good {
        node.wrong(format!("expected a file mode such as \"400\", found {text:?}"), None);
    }
    good.then(|| text.into())
}

fn role(node: &Node<'_>) -> Option<Value> {
    node.mapping(&["what", "why", "rules"])?;
    let text = |key: &str| node.required(key).and_then(|node| node.some_text());
    let (what, why) = (text("what"), text("why"));
    let rules = node.required("rules").map(|node| {
        node.list(|item| {
            let id = item.some_text()?;
            known_rule(id, |message, help| item.wrong(message, help)).map(|rule| rule.id)
        })
    });
    Some(json!({"what": what?, "why": why?, "rules": rules?}))
}

/// What it does with the API of the cluster: a clause alone, or a mapping that says more of it.
fn api_use(node: &Node<'_>) -> Option<Value> {
    if node.value().is_string() {
        return Some(json!({"why": node.some_text()?}));
    }
    node.mapping(&["why", "optional"])?;
    let why = node.required("why").and_then(|node| node.some_text());
    let optional = node.get("optional").map_or(Some(Value::Bool(false)), |node| boolean(&node));
    Some(json!({"why": why?, "optional": optional?}))
}

fn list(node: &Node<'_>, read: Read) -> Option<Value> {
    node.items().map(|items| items.iter().filter_map(read).collect())
}

/// Absolute, and the same to everybody: no `.`, `..` or double slash.
fn path(node: &Node<'_>) -> Option<Value> {
    let text = node.some_text()?;
    let clean = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| !matches!(part, "" | "." | "..")));
    if !clean {
        node.wrong(format!("expected an absolute path without \".\" or a slash at its end, found {text:?}"), None);
    }
    clean.then(|| text.into())
}

/// A capability as Kubernetes writes it.
fn capability(node: &Node<'_>) -> Option<Value> {
    let text = node.some_text()?;
    let bare = text.strip_prefix("CAP_").unwrap_or(text);
    let good = bare.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if !good || bare.len() < text.len() {
        let help = format!("such as {:?}", bare.to_uppercase());
        node.wrong(format!("expected a capability without \"CAP_\", found {text:?}"), Some(help));
        return None;
    }
    Some(text.into())
}

fn one_of(node: &Node<'_>, known: &[&str]) -> Option<Value> {
    // YAML 1.1 reads `yes` and `no` as booleans.
    let text = match node.value() {
        Value::Bool(true) if known.contains(&"yes") => "yes",
        Value::Bool(false) if known.contains(&"no") => "no",
        _ => node.some_text()?,
    };
    if !known.contains(&text) {
        node.wrong(format!("unknown value {text:?}"), Some(format!("expected one of: {}", known.join(", "))));
    }
    known.contains(&text).then(|| text.into())
}

fn boolean(node: &Node<'_>) -> Option<Value> {
    if node.value().is_boolean() { Some(node.value().clone()) } else { node.expected("true or false") }
}

/// The number of a user or group.
fn number(node: &Node<'_>) -> Option<u32> {
    match node.value().as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= MAX_ID) {
        Some(number) => Some(number),
        None => node.expected(&format!("a number from 0 to {MAX_ID}")),
    }
}

/// The largest user and group that the API server takes.
pub(super) const MAX_ID: u32 = i32::MAX as u32;
