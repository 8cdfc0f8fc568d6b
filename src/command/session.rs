//! The road that all verbs share: from what was read to the plan, and to each manifest's new text.

use super::policies::{self, Home, Survey, View};
use super::reading::{Around, Material, Sources, aside, gather, is_wanted, load_profile, refused_source};
use super::{Console, images, kustomizations, limits as requests};
use crate::cli::Ruling;
use crate::manifest::{Position, Refusal, Stream};
use crate::plan::{self, Limits, Plan};
use crate::profile::Profile;
use crate::report::{self, Aside, File, LazyMask, Run, diff_name};
use crate::rules;
use crate::source::{Gathered, Manifest, Origin};
use crate::workload::{PolicyFile, World};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A run: what was read, and the plan for it.
pub(super) struct Session {
    pub(super) profile: Profile,
    pub(super) manifests: Vec<Manifest>,
    pub(super) plan: Plan,
    pub(super) skipped: Vec<Aside>,
    pub(super) refused: Vec<Aside>,
    /// The new text of each manifest that changes.
    pub(super) texts: Vec<Option<String>>,
    pub(super) world: World,
    limits: Limits,
    /// How the user calls this command.
    command: String,
    names: Vec<(String, String)>,
    masks: Vec<LazyMask>,
    other_files: usize,
    is_live: bool,
    /// The files that policies are put into.
    homes: Vec<Home>,
}

impl Session {
    /// Gather files and plan. Whatever cannot be used is told at once and stands in `refused`.
    pub(super) fn open(sources: Sources, ruling: &Ruling, console: &mut Console) -> anyhow::Result<Self> {
        let profile = load_profile(ruling)?;
        let all = sources.all;
        let asked = ruling.network_policies == Some(true);
        let view = View::of(&sources, asked);
        let needed = |stream: &Stream| all || is_wanted(&profile, stream);
        let gathered = gather(sources, &needed, console)?;
        let Gathered { manifests, skipped, refused, other_manifests: others, .. } = gathered;
        let view = if skipped.is_empty() { view } else { view.without_templates(asked) };
        let skipped: Vec<Aside> = skipped.into_iter().map(|one| aside(&one.origin, None, one.why)).collect();
        let refused = refused.into_iter().map(refused_source).collect();
        let around = Around::default();
        let (unread, is_live) = (Vec::new(), false);
        Self::of(
            profile,
            Material { manifests, skipped, refused, unread, others, around, is_live, view, traffic: None },
            ruling,
            console,
        )
    }

    /// Plan for what was read.
    pub(super) fn of(
        profile: Profile,
        material: Material,
        ruling: &Ruling,
        console: &mut Console,
    ) -> anyhow::Result<Self> {
        let accounts = rules::service_account::RULE.id;
        if ruling.service_accounts.own_service_accounts && !profile.runs(accounts) {
            console.warn(&format!("--own-service-accounts changes nothing: rule {accounts:?} does not run"));
        }
        let Material { manifests, skipped, refused, unread: told, others, around, is_live, view, traffic } = material;
        let streams: Vec<&Stream> = manifests.iter().map(|manifest| &manifest.stream).collect();
        let (mut world, unread) = World::of(&streams, &profile.kinds);
        let listed = kustomizations::listed(&world.neighbours, &manifests, &others);
        world.neighbours.set_listed(listed.clone());
        world.neighbours.surround(around.neighbours);
        let wanted = || images::of_world(&world, &streams);
        world.images = images::known(&ruling.images, &profile, around.pins, wanted, console)?;
        world.recommendations = requests::recommendations(&ruling.limits, &profile, around.sources, console)?;
        let survey = Survey {
            profile: &profile,
            world: &world,
            manifests: &manifests,
            streams: &streams,
            listed: &listed,
            view: &view,
            traffic: traffic.as_ref(),
            max_risk: ruling.max_risk,
            is_asked: ruling.network_policies == Some(true),
            is_broken: !(refused.is_empty() && unread.is_empty()),
        };
        let (needs, homes) = policies::survey(&survey, console);
        world.network = needs;
        drop(traffic);
        let limits = Limits { max_risk: ruling.max_risk, today: jiff::Zoned::now().date().to_string() };
        let mut plan = plan::make(&profile, &world, &streams, &limits)?;
        around.fixed.iter().for_each(|(manifest, why)| plan.give_up(&world, *manifest, why));

        let here = here();
        let names: Vec<(String, String)> = manifests
            .iter()
            .map(|manifest| (manifest.origin.to_string(), named_in_diff(&manifest.origin, &here)))
            .collect();
        let masks = manifests.iter().map(|_| LazyMask::default()).collect();
        let mut session = Self {
            texts: manifests.iter().map(|_| None).collect(),
            skipped,
            refused,
            other_files: others.len(),
            limits,
            command: console.name.clone(),
            profile,
            manifests,
            plan,
            world,
            names,
            masks,
            is_live,
            homes,
        };
        let unread = unread.into_iter().map(|(index, refusal)| session.refusal(index, refusal));
        let unread: Vec<Aside> = unread.collect();
        session.refused.extend(unread);
        session.refused.iter().for_each(|one| console.error(&report::aside(one)));
        session.refused.extend(told);
        let files = session.files();
        let run = session.run(&files);
        let stale: Vec<String> = run.plan.stale.iter().map(|stale| report::stale(&run, stale)).collect();
        stale.iter().for_each(|sentence| console.warn(sentence));
        drop(files);
        Ok(session)
    }

    /// Make the new texts, each verified. A file that cannot be changed without harm is refused: its findings are then
    /// for a person to mend.
    pub(super) fn splice(&mut self, console: &mut Console) -> anyhow::Result<()> {
        let mut refusals: BTreeMap<usize, Refusal> = BTreeMap::new();
        loop {
            let spliced: Vec<(usize, Result<Option<String>, Refusal>)> = (0..self.manifests.len())
                .into_par_iter()
                .filter(|manifest| !refusals.contains_key(manifest))
                .map(|manifest| (manifest, self.new_text(manifest)))
                .collect();
            let known = refusals.len();
            for (manifest, result) in spliced {
                match result {
                    Ok(text) => self.texts[manifest] = text,
                    Err(refusal) => drop(refusals.insert(manifest, refusal)),
                }
            }
            for (manifest, message) in self.put_policies(&refusals)? {
                refusals.insert(manifest, Refusal { position: Position { line: 1, column: 1 }, message });
            }
            let sealed: BTreeSet<usize> = refusals.keys().copied().collect();
            if refusals.len() == known || !self.plan.links(&self.world, &sealed) {
                break;
            }
            // Other files counted on a change in one that stays as it is.
            let streams: Vec<&Stream> = self.manifests.iter().map(|manifest| &manifest.stream).collect();
            self.plan = plan::make_around(&self.profile, &self.world, &streams, &self.limits, &sealed)?;
        }
        for (manifest, refusal) in refusals {
            let one = self.refusal(manifest, refusal);
            self.refuse(Some(manifest), one, console);
        }
        Ok(())
    }

    /// Put the policies into the texts of their files. Gives those that cannot be changed, and why.
    fn put_policies(&mut self, refusals: &BTreeMap<usize, Refusal>) -> anyhow::Result<Vec<(usize, String)>> {
        let mut homes: BTreeMap<usize, Vec<PolicyFile>> = BTreeMap::new();
        for (_, _, file) in self.plan.policies() {
            homes.entry(file.home).or_default().push(file.clone());
        }
        let mut refused = Vec::new();
        for (home, files) in homes {
            let manifest = self.manifest_of_home(home)?;
            if refusals.contains_key(&manifest) {
                continue;
            }
            let before = self.manifests[manifest].stream.text();
            let before = self.texts[manifest].as_deref().unwrap_or(before);
            match policies::text(before, &files.iter().collect::<Vec<_>>()) {
                // Of a cluster nothing stays but the objects.
                Ok(text) if self.is_live && policies::is_emptied(&text) => self.texts[manifest] = Some(String::new()),
                Ok(text) => self.texts[manifest] = Some(text),
                Err(why) if self.manifests[manifest].is_new => anyhow::bail!("{}: {why}", self.names[manifest].0),
                Err(why) => {
                    self.texts[manifest] = None;
                    refused.push((manifest, why));
                }
            }
        }
        Ok(refused)
    }

    /// The manifest that policies are put into; a new file becomes one.
    fn manifest_of_home(&mut self, home: usize) -> anyhow::Result<usize> {
        let Home { manifest, path, live } = &mut self.homes[home];
        if let Some(manifest) = *manifest {
            return Ok(manifest);
        }
        let new = *manifest.insert(self.manifests.len());
        let empty = Stream::read(String::new())?;
        self.manifests.push(match live {
            Some(origin) => Manifest::new_live(origin.clone(), empty),
            None => Manifest::new_file(path.clone(), empty),
        });
        let origin = &self.manifests[new].origin;
        self.names.push((origin.to_string(), named_in_diff(origin, &here())));
        self.masks.push(LazyMask::default());
        self.texts.push(None);
        Ok(new)
    }

    /// The plan where one manifest has another text.
    #[cfg(feature = "cluster")]
    pub(super) fn plan_with(&self, manifest: usize, stream: &Stream) -> anyhow::Result<Plan> {
        let mut streams: Vec<&Stream> = self.manifests.iter().map(|manifest| &manifest.stream).collect();
        streams[manifest] = stream;
        Ok(plan::make(&self.profile, &self.world, &streams, &self.limits)?)
    }

    fn refusal(&self, manifest: usize, refusal: Refusal) -> Aside {
        aside(&self.manifests[manifest].origin, Some(refusal.position), refusal.message)
    }

    /// The new text of a manifest; `None` when nothing in it changes.
    fn new_text(&self, manifest: usize) -> Result<Option<String>, Refusal> {
        plan::new_text(&self.plan, &self.world, manifest, &self.manifests[manifest].stream)
    }

    /// Say that a manifest stays as it is, and let the plan know.
    pub(super) fn refuse(&mut self, manifest: Option<usize>, one: Aside, console: &mut Console) {
        console.error(&report::aside(&one));
        if let Some(manifest) = manifest {
            let why = format!("the file cannot be changed, mend it by hand: {}", one.why);
            self.plan.give_up(&self.world, manifest, &why);
            self.texts[manifest] = None;
        }
        self.refused.push(one);
    }

    /// The manifests that policies are put into, and how many that concerns.
    pub(super) fn policies_by_manifest(&self) -> impl Iterator<Item = (usize, usize)> {
        self.plan.policies().filter_map(|(_, _, file)| Some((self.homes[file.home].manifest?, file.len())))
    }

    /// Whether a change in one of these manifests goes with a change in another one.
    pub(super) fn links(&self, manifests: &[usize]) -> bool {
        self.plan.links(&self.world, &manifests.iter().copied().collect())
    }

    /// Take a newer text of a manifest, with what it should become: both hold the same objects in the same places.
    #[cfg(feature = "cluster")]
    pub(super) fn renew(&mut self, manifest: usize, stream: Stream, after: Option<String>) {
        self.manifests[manifest].stream = stream;
        self.masks[manifest] = LazyMask::default();
        self.texts[manifest] = after;
    }

    /// The manifests as the reports see them.
    pub(super) fn files(&self) -> Vec<File<'_>> {
        let parts = self.manifests.iter().zip(&self.names).zip(&self.texts).zip(&self.masks);
        parts
            .map(|(((manifest, (name, diff_name)), text), mask)| File {
                name,
                diff_name,
                is_live: self.is_live,
                is_new: manifest.is_new,
                stream: &manifest.stream,
                after: text.as_deref(),
                mask,
            })
            .collect()
    }

    /// The run as the reports see it.
    pub(super) fn run<'r>(&'r self, files: &'r [File<'r>]) -> Run<'r> {
        Run {
            command: &self.command,
            profile: &self.profile,
            max_risk: self.limits.max_risk,
            files,
            is_live: self.is_live,
            other_files: self.other_files,
            world: &self.world,
            plan: &self.plan,
            skipped: &self.skipped,
            refused: &self.refused,
        }
    }
}

/// The current directory under its real name.
fn here() -> PathBuf {
    std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default()
}

/// A file under its real name, symbolic links followed: `patch` and `git apply` follow none. Whatever is no file has a
/// name that says so.
fn named_in_diff(origin: &Origin, here: &Path) -> String {
    match origin {
        Origin::File(path) => {
            // Of a file that is not there yet the folder has one.
            let beside = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
            let real = path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.clone());
            diff_name(&real, here)
        }
        Origin::Stdin => "stdin".to_owned(),
        Origin::Url(_) => origin.to_string().split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
        Origin::Kustomize(dir) => format!("{}/kustomize", diff_name(dir, here)),
        Origin::Live(live) => live.file.clone(),
    }
}
