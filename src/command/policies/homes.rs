//! The files that policies are put into: where their own ones stand already, else one beside the manifests.

use super::need::object_of;
use super::{Survey, View, is_emptied, listing, options};
use crate::manifest::Stream;
use crate::network::synthesis::is_own;
use crate::network::{Proposal, Run};
use crate::source::{LiveOrigin, Origin};
use crate::workload::{NeededField, PolicyFile};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The file of new policies, where the profile says nothing.
pub(super) const FILE: &str = "networkpolicies";

/// A file that policies are put into.
#[derive(Debug)]
pub(in crate::command) struct Home {
    /// Index of its manifest; `None` for a new one.
    pub(in crate::command) manifest: Option<usize>,
    /// The file; empty where it is none.
    pub(in crate::command) path: PathBuf,
    /// What stands for the policies of a namespace of a cluster.
    pub(in crate::command) live: Option<LiveOrigin>,
}

/// Where new policies go.
pub(super) struct Beside {
    pub(super) home: usize,
    /// The entry of a kustomization that lists it.
    pub(super) entry: Option<NeededField>,
}

/// All files of a run that policies are put into.
pub(super) struct Homes<'s> {
    survey: &'s Survey<'s>,
    run: &'s Run,
    list: Vec<Home>,
    /// The manifests that hold policies of this program, by their namespaces.
    own: BTreeMap<&'s str, usize>,
    /// The manifests by their files.
    by_path: HashMap<&'s Path, usize>,
    /// The folders of new files, once for each namespace that gets one there.
    folders: Vec<PathBuf>,
}

/// A place for policies: what is read already, or a file in a folder.
enum Place {
    Manifest(usize),
    Folder(PathBuf),
}

impl<'s> Homes<'s> {
    /// None yet.
    pub(super) fn of(survey: &'s Survey<'s>, run: &'s Run, proposals: &[Proposal]) -> Self {
        let mut own = BTreeMap::new();
        for (at, object) in run.world.objects.iter().enumerate().filter(|(_, object)| is_own(object)) {
            let place = object_of(survey, run, at);
            if let Some(namespace) = object.namespace.as_deref().filter(|_| place.base.is_empty()) {
                own.entry(namespace).or_insert(place.manifest);
            }
        }
        let files = survey.manifests.iter().enumerate();
        let by_path = files.filter_map(|(at, manifest)| Some((file_of(&manifest.origin)?, at))).collect();
        let mut homes = Self { survey, run, list: Vec::new(), own, by_path, folders: Vec::new() };
        let places =
            proposals.iter().filter(|proposal| !proposal.added.is_empty()).map(|proposal| homes.place(proposal));
        homes.folders = places
            .filter_map(|place| match place {
                Ok((Place::Folder(folder), _)) => Some(folder),
                _ => None,
            })
            .collect();
        homes
    }

    pub(super) fn into_list(self) -> Vec<Home> {
        self.list
    }

    /// The home that a manifest is.
    pub(super) fn of_manifest(&mut self, manifest: usize) -> usize {
        if let Some(known) = self.list.iter().position(|home| home.manifest == Some(manifest)) {
            return known;
        }
        let origin = &self.survey.manifests[manifest].origin;
        let path = if let Origin::File(path) = origin { path.clone() } else { PathBuf::new() };
        self.list.push(Home { manifest: Some(manifest), path, live: None });
        self.list.len() - 1
    }

    /// What becomes of the policies in a home: nothing yet.
    pub(super) fn empty_file(&self, home: usize) -> PolicyFile {
        let Home { manifest, path, .. } = &self.list[home];
        let origin = manifest.map(|manifest| self.survey.manifests[manifest].origin.to_string());
        let name = origin.unwrap_or_else(|| path.display().to_string());
        let (added, changed, dropped) = Default::default();
        PolicyFile { home, name, manifest: *manifest, added, changed, dropped }
    }

    /// Where the new policies of a namespace go. The error says what a person has to decide.
    pub(super) fn of_new(&mut self, proposal: &Proposal) -> Result<Beside, String> {
        let (place, kustomization) = self.place(proposal)?;
        let home = match place {
            Place::Manifest(manifest) => {
                let stream = &self.survey.manifests[manifest].stream;
                if !stream.takes_documents() {
                    return Err("a JSON file takes no second object; put its objects into a `kind: List` of YAML, or let `network policies` print them".to_owned());
                }
                self.of_manifest(manifest)
            }
            Place::Folder(folder) => self.in_folder(&folder, proposal)?,
        };
        let entry = kustomization.and_then(|manifest| listing::entry(self.survey, manifest, &self.list[home]));
        Ok(Beside { home, entry })
    }

    /// Where they go, and the kustomization that lists the manifests of their workloads.
    fn place(&self, proposal: &Proposal) -> Result<(Place, Option<usize>), String> {
        let Self { survey, run, .. } = self;
        let objects = proposal.workloads.iter().map(|at| run.world.workloads[*at].object);
        let manifests: BTreeSet<usize> = objects.map(|at| object_of(survey, run, at).manifest).collect();
        let listing = survey.listed.iter().filter(|(_, listed)| !listed.manifests.is_disjoint(&manifests));
        let listing: Vec<usize> = listing.map(|(manifest, _)| *manifest).collect();
        if listing.len() > 1 {
            return Err("several kustomizations list its workloads, so nobody can tell what is applied together: look at one of them".to_owned());
        }
        let kustomization = listing.first().copied();
        if let Some(entry) = kustomization.and_then(|manifest| listing::unseen(survey, manifest)) {
            return Err(format!(
                "their kustomization brings in {entry}, which is no part of the input: build it with -k, name a folder that holds both, or ask for policies all the same with --network-policies"
            ));
        }
        if let Some(manifest) = self.own.get(proposal.namespace.as_str()).copied() {
            return Ok((Place::Manifest(manifest), kustomization));
        }
        let files: Vec<&Path> = manifests.iter().filter_map(|manifest| self.path(*manifest)).collect();
        let Some(first) = files.first().copied() else {
            // Standard input, a built kustomization, a URL: they follow what is there.
            let last = manifests.last().copied().ok_or("its workloads are gone")?;
            return Ok((Place::Manifest(last), None));
        };
        if let Some(chart) = files.iter().find_map(|file| chart_of(file)) {
            return Err(format!(
                "its workloads are part of the Helm chart in {}: make policies of what it renders, such as helm template ... | kubectl harden network policies -f -",
                chart.display()
            ));
        }
        let folder = |file: &Path| file.parent().unwrap_or(Path::new("")).to_owned();
        let mut together =
            files.iter().map(|file| folder(file)).reduce(|one, other| common(&one, &other)).unwrap_or_default();
        if let View::Whole(roots) = survey.view
            && !roots.is_empty()
            && !roots.iter().any(|root| together.starts_with(root) || root == Path::new("."))
        {
            // Above what was named nobody would find it again.
            together = folder(first);
        }
        let together = kustomization.and_then(|manifest| self.path(manifest)).map_or(together, folder);
        Ok((Place::Folder(together), kustomization))
    }

    fn path(&self, manifest: usize) -> Option<&'s Path> {
        file_of(&self.survey.manifests[manifest].origin)
    }

    /// A file of a folder: new, or one that the profile names.
    fn in_folder(&mut self, folder: &Path, proposal: &Proposal) -> Result<usize, String> {
        let stated = options::file(self.survey.profile);
        let plain = format!("{FILE}.yaml");
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let own = is_name(&proposal.namespace).then(|| format!("{FILE}-{}.yaml", proposal.namespace));
        let shared = self.folders.iter().filter(|other| other.as_path() == folder).count() > 1;
        let names: Vec<String> = match stated {
            Some(stated) => vec![stated.to_owned()],
            None => std::iter::once(plain).filter(|_| !shared || own.is_none()).chain(own.clone()).collect(),
        };
        for name in &names {
            let path = folder.join(name);
            if let Some(known) = self.list.iter().position(|home| home.path == path) {
                return Ok(known);
            }
            let read = self.by_path.get(path.as_path()).copied();
            let text = read.map(|manifest| &self.survey.manifests[manifest].stream).map(Stream::text);
            match read.filter(|_| stated.is_some() || text.is_some_and(is_emptied)) {
                Some(manifest) => return Ok(self.of_manifest(manifest)),
                None if read.is_some() => continue,
                None => {}
            }
            if path.symlink_metadata().is_ok() {
                return Err(format!(
                    "{} is there already and no part of the input: name it, too, or its folder",
                    path.display()
                ));
            }
            self.list.push(Home { manifest: None, path, live: None });
            return Ok(self.list.len() - 1);
        }
        Err(format!(
            "{} is there already and holds something else: name another file in the profile",
            names.join(" or ")
        ))
    }
}

/// The file that was read; `None` for a stream or a URL.
pub(super) fn file_of(origin: &Origin) -> Option<&Path> {
    match origin {
        Origin::File(path) => Some(path),
        _ => None,
    }
}

/// The chart that a file is part of.
fn chart_of(file: &Path) -> Option<&Path> {
    file.ancestors().skip(1).find(|folder| folder.join("Chart.yaml").is_file())
}

/// The folder that both stand in.
fn common(one: &Path, other: &Path) -> PathBuf {
    one.components().zip(other.components()).take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
}
