//! What policies for live objects are made of: everything of the cluster that says something about traffic, read where all
//! workloads of a namespace are looked at.
//!
//! A flow that is not known would be cut, so whatever cannot be read leaves the policies out. That is told, and never an error.

use super::super::Console;
use super::super::join::join;
use super::super::policies::{self, RULE, Traffic};
use super::find::Request;
use super::taken::Handle;
use crate::cli::Ruling;
use crate::cluster::select::{Scope, others};
use crate::cluster::traffic::{self, Found, Wanted};
use crate::cluster::{Discovery, Error, ListOptions, Live, Reference, Server};
use crate::export::neat;
use crate::manifest::Stream;
use crate::network::known::{Known, enforcement};
use crate::network::policy::Policies;
use crate::network::synthesis::{is_own, is_system};
use crate::network::world::{Object, World};
use crate::profile::Profile;
use crate::source::{Manifest, Origin};
use crate::workload::Identity;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Of more workloads `check` does not judge the policies: to know all traffic among them takes more memory than a check may.
const MOST_CHECKED: usize = 2000;

/// Where the policies of a namespace come about.
#[derive(Debug, Default)]
pub(in crate::command) struct Ground {
    /// Whether no policy selects any of its pods, so that all of them are open.
    pub(in crate::command) is_bare: bool,
    /// Its workloads, asked for or not: policies concern all of them.
    pub(in crate::command) workloads: Vec<Reference>,
}

/// Where is read.
pub(super) struct Reading<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) server: &'r Server,
    pub(super) discovery: &'r Discovery,
    pub(super) profile: &'r Profile,
    pub(super) handles: &'r [Handle],
}

impl Reading<'_> {
    /// Read it. The policies of this program that are there become manifests. `None` where no policies are made.
    pub(super) async fn read(
        &self,
        verb: &str,
        ruling: &Ruling,
        manifests: &mut Vec<Manifest>,
        console: &mut Console,
    ) -> anyhow::Result<Option<Traffic>> {
        if !self.profile.runs(RULE) {
            return Ok(None);
        }
        let read = async || -> Result<_, String> {
            let namespaces = self.whole(verb, ruling.network_policies == Some(true)).await?;
            if namespaces.is_empty() { Ok(None) } else { Ok(Some((self.world(&namespaces).await?, namespaces))) }
        };
        match read().await {
            Ok(None) => Ok(None),
            Ok(Some((traffic, namespaces))) => own(traffic, namespaces, manifests).map(Some),
            Err(why) => {
                policies::tell(&why, console);
                Ok(None)
            }
        }
    }

    /// The namespaces that get policies. The error says why there are none.
    async fn whole(&self, verb: &str, is_asked: bool) -> Result<BTreeSet<String>, String> {
        let workloads = self.handles.iter().map(|handle| &handle.reference);
        let workloads = workloads.filter(|one| self.profile.kinds.knows(&one.resource.group, &one.resource.kind));
        let mut namespaces: BTreeSet<String> = workloads.filter_map(|one| one.namespace.clone()).collect();
        namespaces.retain(|namespace| !is_system(namespace));
        if verb == "check" && self.handles.len() > MOST_CHECKED && !namespaces.is_empty() {
            return Err(format!(
                "NetworkPolicies are left out: a check of more than {MOST_CHECKED} workloads does not read all traffic among them; 'diff' does, or a check of single namespaces"
            ));
        }
        if is_asked || self.request.is_all() || namespaces.is_empty() {
            return Ok(namespaces);
        }
        let left = self.left(&namespaces).await.map_err(|error| {
            format!("NetworkPolicies are left out: whether all workloads of a namespace were asked for is not known: {error}")
        })?;
        namespaces.retain(|namespace| !left.contains_key(namespace));
        if namespaces.is_empty() { Err(policies::left_out(&left)) } else { Ok(namespaces) }
    }

    /// Where policies come about.
    pub(super) fn grounds(&self, traffic: &Traffic) -> BTreeMap<String, Ground> {
        let Traffic { world, about, .. } = traffic;
        let policies = Policies::of(world);
        // One that allows all would open what those of the cluster or of a network plugin shut.
        let has_more = !policies.foreign.is_empty() || !policies.tiers.is_empty();
        let of_one = |namespace: &String| {
            let own = || policies.network.iter().filter(|policy| policy.namespace == *namespace);
            let is_open = |at: usize| !own().any(|policy| policy.subject.matches(&world.workloads[at].labels));
            let is_bare = !has_more && world.workloads_in(namespace).all(is_open);
            let objects: BTreeSet<usize> = world.workloads_in(namespace).map(|at| world.workloads[at].object).collect();
            let reference = |at: usize| {
                let Identity { api_version, kind, namespace, name } = world.objects[at].identity.clone();
                Some(Reference { resource: self.discovery.of_kind(&api_version, &kind)?, namespace, name })
            };
            Ground { is_bare, workloads: objects.into_iter().filter_map(reference).collect() }
        };
        about.keys().map(|namespace| (namespace.clone(), of_one(namespace))).collect()
    }

    /// A workload of each of these namespaces that was not asked for.
    async fn left(&self, namespaces: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Error> {
        let known: HashSet<&str> = self.handles.iter().map(|handle| handle.uid.as_str()).collect();
        let places: Vec<Option<&str>> = match self.request.is_everywhere() {
            true => vec![None],
            false => namespaces.iter().map(|namespace| Some(namespace.as_str())).collect(),
        };
        let mut left = BTreeMap::new();
        for namespace in places {
            let options = ListOptions { chunk: self.request.chunk(), ..ListOptions::default() };
            let (server, discovery, kinds) = (self.server, self.discovery, &self.profile.kinds);
            left.extend(others(&Scope { server, discovery, kinds, namespace, options }, &known).await?);
        }
        left.retain(|namespace, _| namespaces.contains(namespace));
        Ok(left.into_iter().map(|(namespace, other)| (namespace, other.to_string())).collect())
    }

    /// All traffic. The error says what could not be read.
    async fn world(&self, namespaces: &BTreeSet<String>) -> Result<Traffic, String> {
        let wanted = Wanted {
            server: self.server,
            discovery: self.discovery,
            kinds: &self.profile.kinds,
            namespaces: Some(namespaces),
            needs: true,
            chunk: self.request.chunk(),
        };
        let unknown =
            |why: &str| format!("NetworkPolicies are left out, for a flow that is not known would be cut: {why}");
        let found = traffic::read(&wanted).await.map_err(|error| unknown(&error.to_string()))?;
        let Found { lives, errors, told, .. } = found;
        let lacking: Vec<String> = errors.iter().map(Error::to_string).chain(told).collect();
        if !lacking.is_empty() {
            return Err(unknown(&lacking.join("; ")));
        }
        let values = lives.into_iter().map(|Live { reference, value }| {
            // What a person would keep of it is what is compared.
            let value = if reference.resource.kind == "NetworkPolicy" { neat(&value) } else { value };
            (reference.identity(), value)
        });
        let world = World::of(values, &self.profile.kinds);
        let version = self.server.git_version().await.ok().flatten();
        let (known, enforcement) = (Known::of(&world), enforcement(&world, version.as_deref()));
        Ok(Traffic { world, known, enforcement, about: BTreeMap::new() })
    }
}

/// The policies of this program that these namespaces have, as manifests.
fn own(mut traffic: Traffic, namespaces: BTreeSet<String>, manifests: &mut Vec<Manifest>) -> anyhow::Result<Traffic> {
    let mut there: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for object in traffic.world.objects.iter().filter(|object| is_own(object)) {
        there.entry(object.namespace.as_deref().unwrap_or_default()).or_default().push(object);
    }
    let mut about = BTreeMap::new();
    for namespace in namespaces {
        let mut manifest = None;
        if let Some(policies) = there.get(namespace.as_str()) {
            let streams: Result<Vec<Stream>, _> =
                policies.iter().map(|object| Stream::of_value(&object.value)).collect();
            let text = join(&streams?.iter().map(Stream::text).collect::<Vec<_>>());
            manifest = Some(manifests.len());
            manifests.push(Manifest::detached(Origin::Live(policies::origin(&namespace)), Stream::read(text)?));
        }
        about.insert(namespace, manifest);
    }
    traffic.about = about;
    Ok(traffic)
}
