//! From the plan to what is to be changed in the cluster: each object asked for again, so that the plan holds for what is
//! there now.

use super::{Handle, LiveSession};
use crate::cluster::preflight;
use crate::cluster::{Error, Live, Reason, Reference, Target};
use crate::export::neat;
use crate::manifest::Stream;
use crate::plan::{Change, Outcome, Planned};
use serde_json::Value;

/// Why there is nothing to change any more, as it was planned.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum Moved {
    /// It is not there.
    #[error("{0} was deleted meanwhile")]
    Gone(String),
    /// Another object has its name.
    #[error("{0} was deleted and made again meanwhile")]
    Recreated(String),
    /// Somebody asks for something else of it: it must be planned again.
    #[error("{} was changed meanwhile", .0.reference)]
    Changed(Box<Live>),
    /// It cannot be asked for.
    #[error(transparent)]
    Server(#[from] Error),
}

/// An object that the plan adds.
#[derive(Debug)]
pub(in crate::command) struct New<'s> {
    /// The index of the object that it goes with, and is made before.
    pub(in crate::command) beside: usize,
    /// Who it will be; `None` where the server does not serve its kind.
    pub(in crate::command) reference: Option<Reference>,
    /// What it holds.
    pub(in crate::command) value: &'s Value,
}

impl LiveSession {
    /// The objects that change, by index.
    pub(in crate::command) fn changing(&self) -> Vec<usize> {
        let changing = self.session.plan.objects.iter().filter(|planned| planned.has_changes());
        changing.map(|planned| self.session.world.objects[planned.object].manifest).collect()
    }

    /// An object as it is now, and what it should become.
    pub(in crate::command) async fn target(&self, index: usize) -> Result<Target, Moved> {
        let handle = &self.handles[index];
        let live = self.fresh(handle).await?;
        let same = match handle.generation {
            0 => live.resource_version() == handle.resource_version,
            generation => live.generation() == generation,
        };
        if !same {
            return Err(Moved::Changed(Box::new(live)));
        }
        let planned = self.planned(index);
        Ok(self.becoming(live, planned.into_iter()))
    }

    /// The plan for an object as it is by now, all else being as it was read; `None` where nothing is to change any more.
    pub(in crate::command) fn target_of(&self, index: usize, live: Live) -> anyhow::Result<Option<Target>> {
        let stream = Stream::of_value(&neat(&live.value))?;
        let plan = self.session.plan_with(index, &stream)?;
        let own = |planned: &&Planned| self.session.world.objects[planned.object].manifest == index;
        let planned = plan.objects.iter().find(own).filter(|planned| planned.has_changes());
        Ok(planned.map(|planned| self.becoming(live, std::iter::once(planned))))
    }

    /// The objects that the plan adds, in the order of those they go with.
    pub(in crate::command) fn added(&self) -> Vec<New<'_>> {
        let added = self.session.plan.added.iter().map(|added| {
            let resource = self.discovery.of_kind(&added.identity.api_version, &added.identity.kind);
            let beside = self.session.world.objects[added.object].manifest;
            let home = || self.handles[beside].reference.namespace.clone();
            let reference = resource.map(|resource| Reference {
                namespace: added.identity.namespace.clone().or_else(home).filter(|_| resource.namespaced),
                resource,
                name: added.identity.name.clone(),
            });
            New { beside, reference, value: &added.value }
        });
        added.collect()
    }

    /// What the plan says of an object; `None` for one that it says nothing of.
    pub(in crate::command) fn planned(&self, index: usize) -> Option<&Planned> {
        let own = |planned: &&Planned| self.session.world.objects[planned.object].manifest == index;
        self.session.plan.objects.iter().find(own)
    }

    /// Whether any of the objects that change may be changed: no other tool manages it, and its kind lets it be.
    pub(in crate::command) fn can_change(&self) -> bool {
        let free = |index: &usize| self.handles[*index].managed_by.is_none() && !self.is_forbidden(*index);
        self.session.plan.policies().next().is_some() || self.changing().iter().any(free)
    }

    /// Whether the kind of an object lets nobody make its change.
    fn is_forbidden(&self, index: usize) -> bool {
        let Some(planned) = self.planned(index) else { return false };
        let object = &self.session.world.objects[planned.object];
        let Ok(value) = object.value(&self.session.manifests[index].stream) else { return false };
        let live = Live { reference: self.handles[index].reference.clone(), value };
        preflight::forbidden(&self.becoming(live, std::iter::once(planned))).is_some()
    }

    async fn fresh(&self, handle: &Handle) -> Result<Live, Moved> {
        let name = || handle.reference.to_string();
        match self.server.get(&handle.reference).await {
            Ok(live) if live.uid() == handle.uid => Ok(live),
            Ok(_) => Err(Moved::Recreated(name())),
            Err(error) if error.is_not_found() => Err(Moved::Gone(name())),
            Err(error) => Err(error.into()),
        }
    }

    fn becoming<'p>(&self, live: Live, planned: impl Iterator<Item = &'p Planned>) -> Target {
        let mut after = live.value.clone();
        let (mut templates, mut reasons) = (Vec::new(), Vec::new());
        for planned in planned {
            planned.apply(&mut after);
            templates.extend(self.session.world.objects[planned.object].templates.iter().cloned());
            let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
            let mut told: Vec<(&str, &Change)> = Vec::new();
            for (rule, change) in mended.flat_map(|it| it.changes.iter().map(|change| (it.rule.id, change))) {
                // A rule may find at several containers what one change mends.
                let same = |(by, other): &(&str, &Change)| {
                    (*by, &other.pointer, &other.after) == (rule, &change.pointer, &change.after)
                };
                if !told.iter().any(same) {
                    told.push((rule, change));
                    reasons.push(Reason { pointer: change.pointer.to_string(), rule, risk: change.risk });
                }
            }
        }
        Target { live, after, templates, reasons }
    }
}
