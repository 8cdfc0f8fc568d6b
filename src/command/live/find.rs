//! What the words, or the manifests behind `-f`, ask a server for.

use super::super::reading::{gather, is_wanted};
use super::super::words::Asked;
use super::super::{Console, UsageError};
use super::taken::Taken;
use crate::cli::{Connection, Selection};
use crate::cluster::select::{self, Flags, Scope, Told, Wanted};
use crate::cluster::{Discovery, ListOptions, Server};
use crate::manifest::Stream;
use crate::profile::Profile;
use crate::report;
use crate::workload::World;
use std::collections::BTreeSet;

/// What is asked for.
pub(super) struct Request<'a> {
    what: What<'a>,
    objects: &'a Selection,
    connection: &'a Connection,
}

enum What<'a> {
    Words(select::Asked),
    /// The objects that these manifests name.
    Files(Asked<'a>),
}

impl<'a> Request<'a> {
    /// Read the command line; kubectl's sentence for what it does not take.
    pub(super) fn of(asked: &Asked<'a>, console: &Console) -> Result<Self, UsageError> {
        let objects = asked.objects;
        let words: Vec<String> = objects.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let command = format!("{} {}", console.name, asked.verb);
        let stated = |text: &'a Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let flags = Flags {
            command: &command,
            labels: stated(&objects.selector),
            fields: stated(&objects.field_selector),
            all: objects.all,
            all_namespaces: objects.all_namespaces,
            files: asked.has_files(),
            reads: asked.reads,
        };
        let what = match asked.has_files() && words.is_empty() {
            true => What::Files(*asked),
            false => What::Words(select::parse(&words, &flags).map_err(|error| UsageError(error.to_string()))?),
        };
        Ok(Self { what, objects, connection: asked.connection })
    }

    /// Whether all namespaces are looked at.
    pub(super) fn is_everywhere(&self) -> bool {
        self.objects.all_namespaces
    }

    /// How many objects are asked for at a time.
    pub(super) fn chunk(&self) -> u32 {
        self.objects.chunk_size
    }

    /// What kubectl says where there is nothing.
    pub(super) fn nothing(&self, server: &Server) -> String {
        match &self.what {
            What::Files(_) => "the manifests name no workloads\n".to_owned(),
            What::Words(_) if self.is_everywhere() => "No resources found\n".to_owned(),
            What::Words(_) => format!("No resources found in {} namespace.\n", report::shown(&server.namespace)),
        }
    }

    fn options(&self) -> ListOptions {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        ListOptions {
            labels: text(&self.objects.selector),
            fields: text(&self.objects.field_selector),
            chunk: self.chunk(),
        }
    }
}

/// Ask for it.
pub(super) async fn find(
    request: &Request<'_>,
    server: &Server,
    discovery: &Discovery,
    profile: &Profile,
    taken: &mut Taken,
    console: &mut Console,
) -> anyhow::Result<Told> {
    let namespace = (!request.is_everywhere()).then_some(server.namespace.as_str());
    let scope = Scope { server, discovery, kinds: &profile.kinds, namespace, options: request.options() };
    let mut take = |lives| taken.take(lives);
    Ok(match &request.what {
        What::Words(asked) => select::select(&scope, asked, &mut take).await?,
        What::Files(asked) => {
            let wanted = named(asked, request.connection, &scope, profile, console)?;
            select::named(&scope, wanted, &mut take).await?
        }
    })
}

/// The objects that manifests name.
fn named(
    asked: &Asked<'_>,
    connection: &Connection,
    scope: &Scope<'_>,
    profile: &Profile,
    console: &mut Console,
) -> anyhow::Result<Vec<Wanted>> {
    let gathered = gather(asked.sources(), &|stream| is_wanted(profile, stream), console)?;
    if let Some(refused) = gathered.refused.first() {
        anyhow::bail!("{}: {}", refused.origin, refused.message);
    }
    for skipped in &gathered.skipped {
        console.warn(&format!("{}: {}: it is left out", skipped.origin, skipped.why));
    }
    let streams: Vec<&Stream> = gathered.manifests.iter().map(|manifest| &manifest.stream).collect();
    let (world, unread) = World::of(&streams, &profile.kinds);
    if let Some((index, refusal)) = unread.first() {
        anyhow::bail!("{}: {refusal}", gathered.manifests[*index].origin);
    }
    let mut wanted = Vec::new();
    let mut known = BTreeSet::new();
    for object in world.objects.iter().filter(|object| object.is_workload()) {
        let identity = &object.identity;
        let Some(resource) = scope.discovery.of_kind(&identity.api_version, &identity.kind) else {
            anyhow::bail!(
                "resource mapping not found for name: {:?} namespace: {:?} from {:?}: no matches for kind {:?} in version {:?}",
                identity.name,
                identity.namespace.as_deref().unwrap_or_default(),
                gathered.manifests[object.manifest].origin.to_string(),
                identity.kind,
                identity.api_version
            );
        };
        if let (Some(own), Some(given)) = (&identity.namespace, &connection.namespace)
            && resource.namespaced
            && own != given
        {
            anyhow::bail!(
                "the namespace from the provided object {own:?} does not match the namespace {given:?}. You must pass \
                 '--namespace={own}' to perform this operation."
            );
        }
        if known.insert(identity.clone()) {
            wanted.push(Wanted { resource, namespace: identity.namespace.clone(), name: identity.name.clone() });
        }
    }
    Ok(wanted)
}
