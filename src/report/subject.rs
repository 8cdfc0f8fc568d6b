//! What every report is made from: the plan together with the texts it is about.

use super::{LazyMask, Mask, phrase};
use crate::manifest::{Position, Stream};
use crate::plan::{Change, Outcome, Plan, Planned, PlannedFinding};
use crate::profile::Profile;
use crate::rules::{Assessment, Risk};
use crate::workload::{Object, World};

/// A run, ready to be told. All of it is borrowed: a report changes nothing and knows no file.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// How the user calls this command, for hints.
    pub command: &'r str,
    /// What the run went by.
    pub profile: &'r Profile,
    /// The riskiest change that was allowed.
    pub max_risk: Risk,
    /// The manifests, by the index objects refer to.
    pub files: &'r [File<'r>],
    /// Whether these are objects of a cluster.
    pub is_live: bool,
    /// Manifests that were read and dropped because they hold no workload.
    pub other_files: usize,
    /// The objects.
    pub world: &'r World,
    /// What is wrong with them and what becomes of it.
    pub plan: &'r Plan,
    /// What was left alone, and why.
    pub skipped: &'r [Aside],
    /// What could not be read or changed, and why.
    pub refused: &'r [Aside],
}

/// One manifest of a run.
#[derive(Debug, Clone, Copy)]
pub struct File<'r> {
    /// As the user named it.
    pub name: &'r str,
    /// The name it has in a diff, seen from the current directory; see [`super::diff_name`].
    pub diff_name: &'r str,
    /// Whether it is an object of a cluster: its text is made up for people, and nobody knows its lines.
    pub is_live: bool,
    /// Whether it is not there yet: its text is empty.
    pub is_new: bool,
    /// Its text and what stands where in it.
    pub stream: &'r Stream,
    /// The text it should have; `None` when it stays.
    pub after: Option<&'r str>,
    /// Which of its bytes are secrets, once that is asked.
    pub mask: &'r LazyMask,
}

impl<'r> File<'r> {
    /// Which bytes of its text are secrets: they are never shown.
    pub fn mask(&self) -> &'r Mask {
        self.mask.of(self.stream)
    }
}

/// A manifest that is not part of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// As the user named it.
    pub name: String,
    /// The place that stands in the way, where there is one.
    pub position: Option<Position>,
    /// Why.
    pub why: String,
    /// What it is.
    pub sort: AsideSort,
}

/// What was left aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AsideSort {
    /// A manifest, or an object, whose text cannot be used.
    Text,
    /// A kustomization that could not be built: there is no manifest, then.
    Kustomization,
    /// An object that the server did not give.
    Object,
    /// A type of objects that the server did not list.
    Type,
}

/// A finding with what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'r> {
    /// The object.
    pub object: &'r Object,
    /// Its manifest.
    pub file: &'r File<'r>,
    /// The finding.
    pub finding: &'r PlannedFinding,
}

impl<'r> Run<'r> {
    /// Every finding in the order of the manifests, the excepted ones among them.
    pub fn told(&self) -> impl Iterator<Item = Told<'r>> + use<'r> {
        let run = *self;
        run.plan.objects.iter().flat_map(move |planned| run.told_of(planned))
    }

    /// What the plan says of the objects of one manifest: a piece of the list, which is in the order of the manifests.
    pub fn planned(&self, manifest: usize) -> &'r [Planned] {
        let (objects, list) = (&self.world.objects, &self.plan.objects);
        let begin = list.partition_point(|planned| objects[planned.object].manifest < manifest);
        let end = list.partition_point(|planned| objects[planned.object].manifest <= manifest);
        &list[begin..end]
    }

    /// The findings of one object.
    pub fn told_of(&self, planned: &'r Planned) -> impl Iterator<Item = Told<'r>> + use<'r> {
        let object = &self.world.objects[planned.object];
        let file = &self.files[object.manifest];
        planned.findings.iter().map(move |finding| Told { object, file, finding })
    }

    /// Every finding that no exception excuses.
    pub fn findings(&self) -> impl Iterator<Item = Told<'r>> + use<'r> {
        self.told().filter(|told| !told.is_excepted())
    }
}

impl<'r> Told<'r> {
    /// Whether an exception excuses it.
    pub fn is_excepted(&self) -> bool {
        matches!(self.finding.outcome, Outcome::Excepted(_))
    }

    /// `shop/web.yaml:21:11`, or the manifest's name alone where nothing of it has a place in the text; of a live object the
    /// field, `spec.template.spec.containers[0]`.
    pub fn place(&self) -> String {
        if self.file.is_live {
            return phrase::path(&self.finding.subject.pointer);
        }
        let name = super::shown(self.file.name);
        match &self.finding.source {
            Some(source) => format!("{name}:{}", source.position()),
            None => name.into_owned(),
        }
    }

    /// `Deployment shop/web, container web`.
    pub fn who(&self) -> String {
        let mut who = super::shown(&self.object.identity.to_string()).into_owned();
        if let Some(container) = &self.finding.subject.container {
            who.push_str(&format!(", container {}", super::shown(container)));
        }
        who
    }

    /// What becomes of policies, a clause for each file, with how sure that is.
    pub fn policies(&self) -> impl Iterator<Item = (String, &'r Assessment)> + use<'r> {
        self.finding.policies().map(|(file, assessment)| (phrase::policies(file), assessment))
    }

    /// The changes, those that rest on the same evidence together, each group with its words:
    /// `securityContext.runAsNonRoot: true; securityContext.runAsUser: 101`.
    pub fn changes(&self) -> Vec<(Vec<&'r Change>, String)> {
        let mut groups: Vec<(Vec<&Change>, String)> = Vec::new();
        for change in &self.finding.changes {
            let words = phrase::change(change, &self.finding.subject);
            let alike = |(group, _): &&mut (Vec<&Change>, String)| {
                (group[0].risk, &group[0].evidence) == (change.risk, &change.evidence)
            };
            match groups.iter_mut().find(alike) {
                Some((group, known)) => {
                    group.push(change);
                    known.push_str("; ");
                    known.push_str(&words);
                }
                None => groups.push((vec![change], words)),
            }
        }
        groups
    }
}
