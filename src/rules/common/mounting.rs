//! Writable mounts for a container with a read-only root: the volume, its parts, and what fills them.

use super::image::starting_user;
use super::naming::{LONGEST_NAME, free_volume_name};
use crate::image::advice::{Fill, WritablePath};
use crate::rules::{Draft, Risk};
use crate::workload::{Container, Field, Pod};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The size limits of the volumes.
pub(crate) struct Limits {
    /// For temporary files.
    pub(crate) passing: String,
    /// Where data lies in it.
    pub(crate) data: String,
}

/// Where the volume is mounted in the init container that fills it.
const STAGING: &str = "/writable";

/// Add to a finding what makes these paths writable.
pub(in crate::rules) fn add_mounts<'f>(
    mut draft: Draft<'f>,
    pod: &Pod<'_>,
    container: &Container<'_>,
    paths: &[WritablePath],
    limits: &Limits,
    risk: Risk,
) -> Draft<'f> {
    for Room { list, item, why } in rooms(pod, container, paths, limits) {
        draft = draft.set(&list, item, risk.because(why));
    }
    draft
}

/// One thing that a writable path needs.
pub(crate) struct Room<'a> {
    /// The list that gets it: its place for another item.
    pub(crate) list: Field<'a>,
    /// A volume, a mount or an init container.
    pub(crate) item: Value,
    /// What for, a clause.
    pub(crate) why: String,
}

/// What makes these paths writable: a volume, its mounts, and what fills it.
pub(crate) fn rooms<'a>(
    pod: &Pod<'a>,
    container: &Container<'a>,
    paths: &[WritablePath],
    limits: &Limits,
) -> Vec<Room<'a>> {
    if paths.is_empty() {
        return Vec::new();
    }
    let volume = free_volume_name(pod, &format!("writable-{}", container.name()), &HashSet::new());
    let filled: Vec<&WritablePath> = paths.iter().filter(|path| path.fill != Fill::Empty).collect();
    let limit = if paths.iter().any(|path| path.data) { &limits.data } else { &limits.passing };
    let mut all = vec![Room {
        list: pod.field("volumes/-"),
        item: json!({"name": volume, "emptyDir": {"sizeLimit": limit}}),
        why: format!("room for what {} writes", container.name()),
    }];
    let single = paths.len() == 1 && filled.is_empty();
    for path in paths {
        let mut item = json!({"name": volume, "mountPath": path.path});
        if !single {
            item["subPath"] = part(&path.path).into();
        }
        all.push(Room { list: container.field("volumeMounts/-"), item, why: path.why.clone() });
    }
    if !filled.is_empty() {
        all.push(Room {
            list: pod.field("initContainers/-"),
            item: filling(pod, container, &volume, &filled),
            why: "the program wants these directories as its image has them, and as its own".to_owned(),
        });
    }
    all
}

/// The part of the volume that stands for a path.
fn part(path: &str) -> String {
    path.trim_matches('/').replace('/', "-")
}

/// The init container that fills the volume, as hardened as the container it works for.
fn filling(pod: &Pod<'_>, container: &Container<'_>, volume: &str, filled: &[&WritablePath]) -> Value {
    let is_root = starting_user(pod, container, &pod.image_of(container)).unwrap_or_default() == 0;
    // As root, owners and modes have to come along; as another user `cp -a` fails on the directory's times.
    let copy = if is_root { "cp -a" } else { "cp -RP" };
    let step = |path: &&WritablePath| {
        let target = format!("{STAGING}/{}", part(&path.path));
        match &path.fill {
            Fill::Copy(from) => format!(
                "test -e {target} || {{ rm -rf {target}.new; mkdir {target}.new; {copy} {}/. {target}.new/; mv {target}.new {target}; }}",
                from.trim_end_matches('/')
            ),
            _ => format!("mkdir -p {target}"),
        }
    };
    let steps: Vec<String> = filled.iter().map(step).collect();
    let mut name = format!("fill-{volume}");
    name.truncate(LONGEST_NAME);
    let mut init = Map::new();
    init.insert("name".into(), name.trim_end_matches('-').into());
    init.insert("image".into(), container.image().into());
    if let Some(policy) = container.field("imagePullPolicy").as_str() {
        init.insert("imagePullPolicy".into(), policy.into());
    }
    init.insert("command".into(), json!(["sh", "-ec", steps.join("\n")]));
    if let Some(resources) = container.field("resources").value {
        init.insert("resources".into(), resources.clone());
    }
    init.insert("securityContext".into(), context(container, is_root));
    init.insert("volumeMounts".into(), json!([{"name": volume, "mountPath": STAGING}]));
    init.into()
}

/// What the init container takes over of its container's security context, and what is its own.
fn context(container: &Container<'_>, is_root: bool) -> Value {
    let mut context = Map::new();
    for key in ["runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile", "appArmorProfile", "seLinuxOptions"] {
        if let Some(value) = container.field(&format!("securityContext/{key}")).value {
            context.insert(key.into(), value.clone());
        }
    }
    context.insert("allowPrivilegeEscalation".into(), false.into());
    context.insert("readOnlyRootFilesystem".into(), true.into());
    let mut capabilities = json!({"drop": ["ALL"]});
    if is_root {
        capabilities["add"] = json!(["CHOWN", "DAC_OVERRIDE", "FOWNER"]);
    }
    context.insert("capabilities".into(), capabilities);
    context.into()
}
