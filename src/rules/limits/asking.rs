//! What a container asks for, and who has a say in it.

use super::settings::Settings;
use super::storage::{Volumes, stays};
use crate::resources::quota::{Part, Quota};
use crate::resources::range::{Bounds, Ranges};
use crate::resources::runtime::Program;
use crate::resources::scaler::{Autoscalers, Owned};
use crate::resources::{Entry, Quantity, Requirements, Resource};
use crate::rules::common::image::start_of;
use crate::rules::{Assessment, Risk};
use crate::workload::{Container, Field, Identity, List, Pod, Surroundings};

/// Below this no container starts (krr, VPA and people's experience).
const LEAST_CPU: Quantity = Quantity::milli(10);
const LEAST_MEMORY: Quantity = Quantity::mebi(32);

/// A pod and what stands around it.
pub(super) struct Place<'p, 'a> {
    pub(super) pod: &'p Pod<'a>,
    pub(super) around: &'p Surroundings<'a>,
    pub(super) workload: &'p Identity,
    pub(super) settings: Settings,
    pub(super) ranges: Ranges<'p>,
    pub(super) quotas: Vec<Quota<'p>>,
    pub(super) autoscalers: Autoscalers<'p>,
    pub(super) volumes: Volumes<'a>,
}

/// One container of the pod.
pub(super) struct Asking<'p, 'a> {
    pub(super) place: &'p Place<'p, 'a>,
    pub(super) container: &'p Container<'a>,
    /// What it states.
    pub(super) own: Requirements,
    /// What its pods get: with the defaults of the API server and of LimitRanges.
    pub(super) effective: Requirements,
    entry: Option<&'p Entry>,
}

/// An amount to be written, and how sure it is.
pub(super) struct Advice {
    pub(super) amount: Quantity,
    pub(super) assessment: Assessment,
}

impl<'p, 'a> Asking<'p, 'a> {
    pub(super) fn of(place: &'p Place<'p, 'a>, container: &'p Container<'a>) -> Self {
        let own = Requirements::of(container.field("resources").value);
        let entry = place.around.recommendations.of(place.workload, container.name());
        Self { place, container, own, effective: place.ranges.effective(own), entry }
    }

    /// The field of an amount.
    pub(super) fn field(&self, part: Part, resource: Resource) -> Field<'a> {
        self.container.field(&format!("resources/{}/{resource}", part.key()))
    }

    /// Whether somebody else says what it asks for: the pod as a whole, or something that cannot be read.
    pub(super) fn is_settled(&self, resource: Resource) -> bool {
        let of_pod = Requirements::of(self.place.pod.field("resources").value);
        of_pod.mentions(resource) || self.own.is_unclear(resource)
    }

    /// What a VerticalPodAutoscaler keeps in its hands. It does not look at init containers.
    pub(super) fn owned(&self, resource: Resource) -> Owned {
        match self.container.list() {
            List::Main => self.place.autoscalers.owned(self.container.name(), resource),
            _ => Owned::default(),
        }
    }

    /// The HorizontalPodAutoscaler that measures in percent of the request.
    pub(super) fn in_percent(&self, resource: Resource) -> Option<&'p str> {
        let is_main = self.container.list() == List::Main;
        self.place.autoscalers.in_percent(self.container.name(), resource).filter(|_| is_main)
    }

    /// Who refuses pods of which a container does not state an amount.
    pub(super) fn refused_without(&self, part: Part, resource: Resource) -> Option<String> {
        let quota = self.place.quotas.iter().find(|quota| quota.demands(part, resource)).map(Quota::name);
        quota.or_else(|| self.place.ranges.demands(resource).filter(|_| part == Part::Limits))
    }

    /// What a source says. Measured amounts become those that people write.
    pub(super) fn advised(&self, part: Part, resource: Resource) -> Option<Advice> {
        let entry = self.entry?;
        let amounts = if part == Part::Limits { &entry.limits } else { &entry.requests };
        let recommended = amounts.get(&resource)?;
        let (mut amount, mut evidence) = (recommended.amount, recommended.from.clone());
        if entry.measured {
            let is_memory = resource == Resource::Memory;
            let headroom = self.place.settings.headroom;
            if is_memory && part == Part::Limits && headroom > 100 {
                amount = amount.percent(headroom);
                evidence = format!("{evidence}, and {} % head-room", headroom - 100);
            }
            amount = resource.round_up(amount.max(if is_memory { LEAST_MEMORY } else { LEAST_CPU }));
        }
        let risk = if entry.doubt.is_some() { Risk::Unproven } else { Risk::Likely };
        if let Some(doubt) = &entry.doubt {
            evidence = format!("{evidence}; but {doubt}");
        }
        Some(Advice { amount, assessment: risk.because(evidence) })
    }

    /// Its request: the one stated, else what a source says, else what a LimitRange gives it, else the profile's. Where an
    /// autoscaler measures in percent of it, it stays what it is.
    pub(super) fn request(&self, resource: Resource, default: Quantity) -> Advice {
        if let Some(amount) = self.own.requests.get(resource).known() {
            return Advice { amount, assessment: Risk::Safe.because("the manifest states it") };
        }
        let supplied = self.effective.requests.get(resource).known().map(|amount| Advice {
            amount,
            assessment: Risk::Likely.because("what its LimitRange gave it, for a limit would become the request"),
        });
        let advised = self.advised(Part::Requests, resource);
        let known = if self.in_percent(resource).is_some() { supplied.or(advised) } else { advised.or(supplied) };
        known.unwrap_or_else(|| Advice {
            amount: default,
            assessment: Risk::Likely.because("the profile's default; it only says what the scheduler sets aside"),
        })
    }

    /// The HorizontalPodAutoscaler that cannot work, for it measures in percent of a request that nobody gives.
    pub(super) fn stalled(&self, resource: Resource) -> Option<&'p str> {
        self.in_percent(resource).filter(|_| !self.effective.requests.get(resource).is_stated())
    }

    /// What new amounts have to keep to: each container's bounds, and its share of what the pod may have.
    pub(super) fn bounds(&self, resource: Resource) -> Bounds {
        let mut bounds = self.place.ranges.bounds(resource);
        let pod = self.place.ranges.pod_bounds(resource);
        if let Some(max) = pod.max {
            let is_same = |one: &Container<'_>| one.pointer() == self.container.pointer();
            let limit = |one: &Container<'_>| {
                let own = Requirements::of(one.field("resources").value);
                self.place.ranges.effective(own).limits.get(resource).known().filter(|_| !is_same(one))
            };
            let together: Vec<_> = self.place.pod.containers().iter().filter(|one| stays(one)).collect();
            let room = together.iter().filter_map(|one| limit(one)).fold(max, Quantity::minus);
            let open = together.iter().filter(|one| limit(one).is_none()).count();
            let mut share = resource.round_down(room.share(open));
            if !stays(self.container) {
                // An init container that ends runs beside none but the sidecars.
                let sidecars = together.iter().filter(|one| one.list() == List::Init);
                let room = sidecars.map(|one| limit(one).unwrap_or(share)).fold(max, Quantity::minus);
                share = resource.round_down(room);
            }
            bounds.max = Some(bounds.max.map_or(share, |max| max.min(share)));
            bounds.names.extend(pod.names);
        }
        bounds
    }

    /// How its program starts.
    pub(super) fn program<T>(&self, ask: impl FnOnce(&Program<'_>) -> T) -> T {
        let start = start_of(self.container);
        let known = self.place.pod.image_of(self.container);
        let facts = known.facts.as_ref().map(|facts| facts.id.as_str());
        let words = start.command.iter().chain(&start.args).copied().collect();
        ask(&Program { facts, words, env: start.env.into_iter().collect() })
    }
}
