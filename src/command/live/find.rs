//! What the words, or the manifests behind `-f`, ask a server for.

use super::super::reading::{gather, is_looked_at, is_wanted};
use super::super::words::Asked;
use super::super::{Console, UsageError};
use super::taken::Taken;
use crate::cli::{Connection, Selection};
use crate::cluster::select::{self, Flags, Scope, Told, Wanted};
use crate::cluster::{Discovery, Error, ListOptions, Live, Reference, Server};
use crate::manifest::Stream;
use crate::profile::Profile;
use crate::report;
use crate::workload::{Identity, KindTable, Object, World};
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

    /// Whether it is the namespace at hand alone that is looked at.
    pub(super) fn is_in_one_namespace(&self) -> bool {
        !self.is_everywhere() && matches!(self.what, What::Words(_))
    }

    /// Whether it is all workloads that there are where it looks.
    pub(super) fn is_all(&self) -> bool {
        let picks = self.objects.selector.is_some() || self.objects.field_selector.is_some();
        !picks && matches!(self.what, What::Words(select::Asked::Workloads))
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
    let mut podless = Vec::new();
    let is_named = matches!(&request.what, What::Files(_) | What::Words(select::Asked::Named(_)));
    let mut take = |mut lives: Vec<Live>| {
        if is_named {
            podless.extend(lives.extract_if(.., |live| runs_no_pods(live, profile)).map(|live| live.reference));
        }
        taken.take(lives);
    };
    let mut told = match &request.what {
        What::Words(asked) => select::select(&scope, asked, &mut take).await?,
        What::Files(asked) => {
            let wanted = named(asked, request.connection, &scope, profile, console)?;
            select::named(&scope, wanted, &mut take).await?
        }
    };
    let why = |it: Reference| Error::Other(format!("{it} runs no pods: it is no pod, and has no pod template"));
    told.errors.extend(podless.into_iter().map(why));
    Ok(told)
}

/// Whether there is nothing to look at in an object: its kind holds no pod template, and no rule looks at the object itself.
fn runs_no_pods(live: &Live, profile: &Profile) -> bool {
    let resource = &live.reference.resource;
    !profile.kinds.knows(&resource.group, &resource.kind)
        && !is_looked_at(profile, &resource.api_version(), &resource.kind)
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
    for object in world.objects.iter().filter(|object| names_a_workload(object, &profile.kinds)) {
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
            && !given.is_empty()
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

/// Whether an object of a manifest stands for a live one that may run pods. Its template need not be there: it is the live
/// object's that counts.
fn names_a_workload(object: &Object, kinds: &KindTable) -> bool {
    let Identity { kind, name, .. } = &object.identity;
    object.is_workload() || !name.is_empty() && kinds.knows(object.identity.group(), kind)
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::read_profile;
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn a_manifest_names_live_objects_by_their_names_alone() {
        let kinds = KindTable::builtin();
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Service\n\
            metadata: {name: web}\n---\napiVersion: apps/v1\nkind: Deployment\n";
        let stream = Stream::read(text.to_owned()).unwrap();
        let (world, _) = World::of(&[&stream], &kinds);
        let named: Vec<bool> = world.objects.iter().map(|object| names_a_workload(object, &kinds)).collect();
        assert_eq!(named, [true, false, false]);
    }

    #[test]
    fn what_runs_no_pods_and_no_rule_looks_at_is_told_apart() {
        let profile = crate::profile::load("hardened", &read_profile).unwrap();
        let of = |group: &str, kind: &str| {
            let resource = Arc::new(Resource::builtin(group, "v1", kind, "things", true));
            runs_no_pods(&Live::new(&resource, json!({"metadata": {"name": "web"}})), &profile)
        };
        assert!(of("", "Service") && of("example.com", "Deployment"));
        assert!(!of("", "Pod") && !of("apps", "Deployment"));
    }
}
