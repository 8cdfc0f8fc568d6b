//! The road that all verbs share: from what was read to the plan, and to each manifest's new text.

use super::reading::{Around, Material, Sources, aside, gather, is_wanted, load_profile, refused_source};
use super::{Console, images, kustomizations, limits as requests};
use crate::cli::Ruling;
use crate::manifest::{Refusal, Stream};
use crate::plan::{self, Limits, Plan};
use crate::profile::Profile;
use crate::report::{self, Aside, File, LazyMask, Run, diff_name};
use crate::rules;
use crate::source::{Gathered, Manifest, Origin};
use crate::workload::World;
use anyhow::Context;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
}

impl Session {
    /// Gather files and plan. Whatever cannot be used is told at once and stands in `refused`.
    pub(super) fn open(sources: Sources, ruling: &Ruling, console: &mut Console) -> anyhow::Result<Self> {
        let profile = load_profile(ruling)?;
        let all = sources.all;
        let needed = |stream: &Stream| all || is_wanted(&profile, stream);
        let gathered = gather(sources, &needed, console)?;
        let Gathered { manifests, skipped, refused, other_manifests: others, .. } = gathered;
        let skipped = skipped.into_iter().map(|one| aside(&one.origin, None, one.why)).collect();
        let refused = refused.into_iter().map(refused_source).collect();
        let around = Around::default();
        let (unread, is_live) = (Vec::new(), false);
        Self::of(profile, Material { manifests, skipped, refused, unread, others, around, is_live }, ruling, console)
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
        let Material { manifests, skipped, refused, unread: told, others, around, is_live } = material;
        let streams: Vec<&Stream> = manifests.iter().map(|manifest| &manifest.stream).collect();
        let (mut world, unread) = World::of(&streams, &profile.kinds);
        let listed = kustomizations::listed(&world.neighbours, &manifests, &others);
        world.neighbours.set_listed(listed);
        world.neighbours.surround(around.neighbours);
        let wanted = || images::of_world(&world, &streams);
        world.images = images::known(&ruling.images, &profile, around.pins, wanted, console)?;
        world.recommendations = requests::recommendations(&ruling.limits, &profile, around.sources, console)?;
        let limits = Limits { max_risk: ruling.max_risk, today: jiff::Zoned::now().date().to_string() };
        let mut plan = plan::make(&profile, &world, &streams, &limits)?;
        around.fixed.iter().for_each(|(manifest, why)| plan.give_up(&world, *manifest, why));

        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
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

/// A file under its real name, symbolic links followed: `patch` and `git apply` follow none. Whatever is no file has a
/// name that says so.
fn named_in_diff(origin: &Origin, here: &Path) -> String {
    match origin {
        Origin::File(path) => {
            let real = path.canonicalize().context("gone meanwhile").unwrap_or_else(|_| path.clone());
            diff_name(&real, here)
        }
        Origin::Stdin => "stdin".to_owned(),
        Origin::Url(_) => origin.to_string().split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
        Origin::Kustomize(dir) => format!("{}/kustomize", diff_name(dir, here)),
        Origin::Live(live) => live.file.clone(),
    }
}
