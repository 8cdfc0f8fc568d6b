//! `-o yaml` and `-o patch`: what would be, and how to get there with other tools.

use super::opened::Opened;
use super::{Console, join};
use crate::cli::PatchType;
use crate::export::{json_patch, kustomize_patch, strategic_patch, takes_strategic};
use crate::manifest::Stream;
use crate::report::phrase::pasteable;
use crate::report::{self, File};
use crate::workload::Identity;
use serde_json::{Value, json};

/// An object that would change.
struct Changed {
    identity: Identity,
    before: Value,
    after: Value,
}

/// The manifests as they would be, as one stream.
pub(super) fn manifests(files: &[File<'_>], console: &Console) -> String {
    let files = files.iter().filter(|file| !(file.is_new && file.after.is_none()));
    let texts: Vec<&str> = files.map(|file| file.after.unwrap_or(file.stream.text())).collect();
    shown(join::join(&texts), console)
}

/// One patch for each object that would change: a stream of documents, each under the command that it is for, or one
/// document with the entries of a kustomization.
pub(super) fn patches(opened: &Opened, form: PatchType, console: &mut Console) -> anyhow::Result<String> {
    let mut changed = changed(opened)?;
    changed.retain(|one| one.before != one.after);
    let tally = opened.session().plan.tally();
    let added = tally.added;
    if added > 0 {
        console.warn(&format!("{added} new objects are no patches: -o yaml prints them"));
    }
    if changed.is_empty() {
        return Ok(String::new());
    }
    let texts: Vec<String> = match form {
        PatchType::Kustomize => vec![kustomization(&changed)?],
        _ => changed.iter().map(|one| for_kubectl(one, form)).collect::<anyhow::Result<_>>()?,
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Ok(shown(join::join(&texts), console))
}

fn changed(opened: &Opened) -> anyhow::Result<Vec<Changed>> {
    #[cfg(feature = "cluster")]
    if let Opened::Live(live) = opened {
        // Places in lists are those of the object itself, not those of its neat manifest.
        let target = |index| {
            let target = live.runtime.wait(live.target(index))?;
            let identity = target.live.reference.identity();
            Ok(Changed { identity, before: target.live.value, after: target.after })
        };
        return live.changing().into_iter().map(target).collect();
    }
    let session = opened.session();
    let planned = session.plan.objects.iter().filter(|planned| planned.has_changes());
    let changed = planned.map(|planned| {
        let object = &session.world.objects[planned.object];
        let before = object.value(&session.manifests[object.manifest].stream)?;
        let mut after = before.clone();
        planned.apply(&mut after);
        Ok(Changed { identity: object.identity.clone(), before, after })
    });
    changed.collect()
}

fn for_kubectl(changed: &Changed, form: PatchType) -> anyhow::Result<String> {
    let Changed { identity, before, after } = changed;
    let strategic = match form {
        PatchType::Strategic if takes_strategic(identity.group()) => strategic_patch(before, after),
        _ => None,
    };
    let form = if strategic.is_some() { "strategic" } else { "json" };
    let patch = strategic.unwrap_or_else(|| json_patch(before, after));
    let kind = identity.kind.to_lowercase();
    let name = match identity.group() {
        "" => format!("{kind}/{}", identity.name),
        group => format!("{kind}.{group}/{}", identity.name),
    };
    let namespace = identity.namespace.as_ref().map(|namespace| format!(" -n {}", word(namespace))).unwrap_or_default();
    let command = format!("# kubectl patch {}{namespace} --type {form} --patch-file FILE", word(&name));
    Ok(format!("{command}\n{}", Stream::of_value(&patch)?.text()))
}

/// A word that a manifest chose, harmless in a comment.
fn word(text: &str) -> String {
    report::shown(&pasteable(text)).into_owned()
}

fn kustomization(changed: &[Changed]) -> anyhow::Result<String> {
    let mut entries = Vec::new();
    for Changed { identity, before, after } in changed {
        // A namespace is part of the target only where it must be: most kustomizations put it in after they patch.
        let twin = |other: &&Changed| other.identity.kind == identity.kind && other.identity.name == identity.name;
        let namespace = identity.namespace.clone().filter(|_| changed.iter().filter(twin).count() > 1);
        entries.push(kustomize_patch(before, after, &Identity { namespace, ..identity.clone() })?);
    }
    let head = "# entries of a kustomization.yaml\n";
    Ok(format!("{head}{}", Stream::of_value(&json!({"patches": entries}))?.text()))
}

fn shown(text: String, console: &Console) -> String {
    if console.for_eyes { report::lines_shown(&text) } else { text }
}
