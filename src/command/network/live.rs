//! A cluster as the world that policies are about.

use super::super::live::Connected;
use super::super::{Console, UsageError};
use super::{Read, Wanted as Asked};
use crate::cli::NetworkInput;
use crate::cluster::pod_addresses;
use crate::cluster::select::Places;
use crate::cluster::traffic::{self, Found, Wanted};
use crate::network::World;
use crate::network::known::{Known, enforcement};
use crate::report::shown;
use crate::workload::{Identity, KindTable};
use serde_json::Value;
use std::collections::BTreeSet;

/// Read what the flags ask for: the namespace of `-n` or of the context, or all; the rest of the cluster as peers. What
/// cannot be had is told.
pub(super) fn read(source: &NetworkInput, asked: Asked, console: &mut Console) -> anyhow::Result<Read> {
    let connected = Connected::open(&source.connection, console)?;
    let about = (!source.all_namespaces).then(|| BTreeSet::from([connected.server.namespace.clone()]));
    let Objects { values, unread, failed } =
        objects(&connected, about.as_ref(), source.chunk_size, asked.needs, console)?;
    let lives = values.len();
    let world = World::of(values, &KindTable::builtin()).lacking(unread);
    let known = Known::of(&world);
    let version = connected.runtime.wait(connected.server.git_version()).ok().flatten();
    let mut notes = vec![enforcement(&world, version.as_deref()).to_string()];
    if asked.needs {
        notes.extend(known.told());
    }
    let pods = if asked.addresses { pods(&connected, about.as_ref(), source.chunk_size, console)? } else { Vec::new() };
    let read = Read { world, failed, about, known, notes, lives, pods, ..Read::default() };
    if !failed && read.workloads() == 0 {
        // A typing error in the namespace must not pass for a clean one.
        let place = Some(connected.server.namespace.as_str()).filter(|_| !source.all_namespaces);
        if let Some(missing) = connected.runtime.wait(Places::default().missing(&connected.server, place)) {
            return Err(missing.into());
        }
        console.say(&match source.all_namespaces {
            true => "No resources found\n".to_owned(),
            false => format!("No resources found in {} namespace.\n", shown(&connected.server.namespace)),
        });
    }
    Ok(read)
}

/// The cluster as it is, and as it would be with the manifests applied: what they do not name stays. Asked about are the
/// namespaces of the manifests.
pub(super) fn before_and_after(
    files: Read,
    source: &NetworkInput,
    console: &mut Console,
) -> anyhow::Result<(Read, Read)> {
    let connected = Connected::open(&source.connection, console)?;
    let server = &connected.server;
    let mut about = BTreeSet::new();
    let mut own = Vec::new();
    // In the order that their places are counted in.
    let mut objects_of_files: Vec<_> = files.world.objects.iter().chain(&files.world.replaced).collect();
    objects_of_files.sort_by_key(|object| object.input);
    for object in objects_of_files {
        let mut identity = object.identity.clone();
        if object.namespace.is_some() {
            // As kubectl applies them.
            let namespace = identity.namespace.get_or_insert_with(|| server.namespace.clone());
            if server.namespace_given && *namespace != server.namespace {
                return Err(UsageError(format!(
                    "the namespace from the provided object {namespace:?} does not match the namespace {:?}",
                    server.namespace
                ))
                .into());
            }
            about.insert(namespace.clone());
        }
        own.push((identity, object.value.clone()));
    }
    let Objects { values, unread, failed } = objects(&connected, Some(&about), source.chunk_size, false, console)?;
    let (lives, kinds) = (values.len(), KindTable::builtin());
    let both = values.iter().cloned().chain(own);
    let after = World::of(both, &kinds).lacking(unread.clone());
    let before = World::of(values, &kinds).lacking(unread);
    let (about, known) = (Some(about), Known::of(&before));
    let Read { manifests, objects, places, failed: files_failed, .. } = files;
    let before = Read { world: before, failed, about: about.clone(), lives, ..Read::default() };
    let notes = Vec::new();
    let failed = files_failed;
    let pods = Vec::new();
    Ok((before, Read { world: after, failed, about, known, notes, lives, pods, manifests, objects, places }))
}

/// The Pods with their addresses. Whose cannot be had is told.
fn pods(
    connected: &Connected,
    about: Option<&BTreeSet<String>>,
    chunk: u32,
    console: &mut Console,
) -> anyhow::Result<Vec<Value>> {
    let found = connected.runtime.wait(pod_addresses::read(&connected.server, about, chunk))?;
    found.told.iter().for_each(|line| console.warn(line));
    Ok(found.pods)
}

/// What was read of a cluster.
struct Objects {
    values: Vec<(Identity, Value)>,
    unread: BTreeSet<String>,
    /// Whether something that must be known could not be had, which was told.
    failed: bool,
}

fn objects(
    connected: &Connected,
    about: Option<&BTreeSet<String>>,
    chunk: u32,
    needs: bool,
    console: &mut Console,
) -> anyhow::Result<Objects> {
    let Connected { runtime, server, discovery } = connected;
    let kinds = KindTable::builtin();
    let wanted = Wanted { server, discovery, kinds: &kinds, namespaces: about, needs, chunk };
    let Found { lives, unread, errors, told } = runtime.wait(traffic::read(&wanted))?;
    errors.iter().for_each(|error| console.error(&error.to_string()));
    told.iter().for_each(|line| console.warn(line));
    let values = lives.into_iter().map(|live| (live.reference.identity(), live.value)).collect();
    Ok(Objects { values, unread, failed: !errors.is_empty() })
}
