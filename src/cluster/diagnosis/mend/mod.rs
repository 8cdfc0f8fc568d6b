//! What mends: each way is a small function from what was applied to what should be instead.

mod amounts;
mod context;
mod revert;
mod room;

pub(super) use revert::revert;

use super::pattern::Mend;
use crate::cluster::{Reason, Target};
use crate::image::{Images, Known};
use crate::workload::{Container, Minor, Pod, Surroundings, lookup, lookup_mut};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was applied, mended.
pub(super) struct Mended {
    /// The whole object.
    pub(super) value: Value,
    /// What was done, in words.
    pub(super) words: String,
    /// Whether it is no more than the rule left out.
    pub(super) is_revert: bool,
}

/// The container that fails, in what was applied.
pub(super) struct Place<'t> {
    target: &'t Target,
    /// JSON pointer of the pod template.
    template: &'t str,
    /// The container's name; `None` where it is about the pod.
    container: Option<&'t str>,
    images: &'t Images,
}

/// The words of a match.
type Groups = BTreeMap<String, String>;

impl<'t> Place<'t> {
    pub(super) fn new(target: &'t Target, container: Option<&'t str>, images: &'t Images) -> Self {
        let template = target.templates.first().map(String::as_str).unwrap_or_default();
        Self { target, template, container, images }
    }

    /// Why a rule changed something of the container, or of the pod beside its containers.
    pub(super) fn reasons(&self, rule: &str) -> impl Iterator<Item = &'t Reason> {
        let lists = ["/initContainers/", "/containers/", "/ephemeralContainers/"];
        let lists = lists.map(|list| format!("{}/spec{list}", self.template));
        let own = self.with_pod(|_, container| container.map(|container| format!("{}/", container.pointer())));
        let rule = rule.to_owned();
        self.target.reasons.iter().filter(move |reason| {
            let after_list = |list: &String| reason.pointer.strip_prefix(list.as_str());
            let in_a_container = lists.iter().filter_map(after_list).any(|rest| !rest.starts_with('-'));
            let here = own.as_deref().is_none_or(|own| reason.pointer.starts_with(own));
            reason.rule == rule && (here || !in_a_container)
        })
    }

    /// The rule that changed something, if there is no other.
    pub(super) fn only_rule(&self) -> Option<&'static str> {
        let first = self.target.reasons.first()?.rule;
        self.target.reasons.iter().all(|reason| reason.rule == first).then_some(first)
    }

    /// Whether the container starts as root, as far as that is stated.
    pub(super) fn is_root(&self) -> bool {
        self.with_pod(|pod, container| container.and_then(|container| pod.user_of(container))).unwrap_or_default() == 0
    }

    /// Look at the pod and the container as they were applied.
    fn with_pod<T>(&self, look: impl FnOnce(&Pod<'_>, Option<&Container<'_>>) -> T) -> T {
        let (neighbours, recommendations, network) = Default::default();
        let around = Surroundings {
            kubernetes: Minor::NEWEST,
            identity: None,
            object: None,
            images: self.images,
            neighbours: &neighbours,
            recommendations: &recommendations,
            network: &network,
        };
        let template = lookup(&self.target.after, self.template).unwrap_or(&Value::Null);
        let pod = Pod::new(template, self.template, Minor::NEWEST).among(&around, &self.target.after);
        let container = pod.containers().iter().find(|one| Some(one.name()) == self.container);
        look(&pod, container)
    }

    /// What is known of the container's image.
    fn known(&self) -> Option<Known> {
        self.with_pod(|pod, container| Some(pod.image_of(container?)))
    }

    /// What was applied with other values at these places; a place that ends in `/-` gets another item.
    fn with(&self, edits: Vec<(String, Value)>, words: String) -> Option<Mended> {
        let mut value = self.target.after.clone();
        for (pointer, new) in edits {
            match pointer.strip_suffix("/-") {
                Some(list) => match lookup_mut(&mut value, list)? {
                    Value::Array(items) => items.push(new),
                    place @ Value::Null => *place = vec![new].into(),
                    _ => return None,
                },
                None => *lookup_mut(&mut value, &pointer)? = new,
            }
        }
        (value != self.target.after).then_some(Mended { value, words, is_revert: false })
    }
}

/// Do it; `None` where it cannot be done, or is done already.
pub(super) fn mend(mend: &Mend, place: &Place<'_>, groups: &Groups) -> Option<Mended> {
    match mend {
        Mend::Mount(path) => room::mount(place, &super::filled(path, groups)),
        Mend::AddCapabilities(names) => context::capabilities(place, names),
        Mend::FileCapabilities => context::file_capabilities(place, groups),
        Mend::User => context::user(place),
        Mend::Group => context::group(place, groups),
        Mend::LowPorts => context::low_ports(place),
        Mend::Raise(what) => amounts::raise(place, what, groups),
        Mend::Env(variables) => context::env(place, variables),
    }
}
