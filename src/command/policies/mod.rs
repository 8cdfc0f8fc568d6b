//! NetworkPolicies as part of a run over manifests: what is lacking, found out before the plan, and the files it goes into.

mod homes;
mod listing;
mod live;
mod need;
mod options;
mod texts;
mod view;

pub(super) use homes::Home;
pub(super) use live::Traffic;
#[cfg(feature = "cluster")]
pub(super) use live::{left_out, origin};
pub(super) use texts::{is_emptied, text};
pub(super) use view::View;

use super::Console;
use crate::manifest::Stream;
use crate::network::policy::Policies;
use crate::network::synthesis::{Synthesis, is_changed_by_hand};
use crate::network::world::Object;
use crate::network::{Run, propose};
use crate::profile::Profile;
use crate::report::phrase::wrapped;
use crate::rules::{Risk, network_policies};
use crate::source::Manifest;
use crate::workload::{Listed, NetworkNeeds, World};
use std::collections::BTreeMap;

/// The indentation of a sentence's second line.
const INDENT: usize = 2;

/// The id of the rule.
pub(super) const RULE: &str = network_policies::RULE.id;

/// What was read for a run.
pub(super) struct Survey<'s> {
    pub(super) profile: &'s Profile,
    pub(super) world: &'s World,
    pub(super) manifests: &'s [Manifest],
    pub(super) streams: &'s [&'s Stream],
    /// What the kustomizations list, by the index of their manifest.
    pub(super) listed: &'s BTreeMap<usize, Listed>,
    pub(super) view: &'s View,
    /// What the policies of live objects are made of.
    pub(super) traffic: Option<&'s Traffic>,
    pub(super) max_risk: Risk,
    /// Whether policies were asked for in so many words.
    pub(super) is_asked: bool,
    /// Whether something could not be read.
    pub(super) is_broken: bool,
}

/// What the policies of a run lack, and the files that they are put into. Why there are none is told in a sentence.
pub(super) fn survey(survey: &Survey<'_>, console: &mut Console) -> (NetworkNeeds, Vec<Home>) {
    find_out(survey, console).unwrap_or_else(|why| {
        if !why.is_empty() {
            tell(&why, console);
        }
        Default::default()
    })
}

/// Say why there are no policies.
pub(super) fn tell(why: &str, console: &mut Console) {
    let width = console.err_page().width;
    let lines = wrapped(&crate::report::lines_shown(why), width, width - INDENT);
    console.say(&format!("{}\n", lines.join(&format!("\n{:INDENT$}", ""))));
}

/// The error is the sentence; it is empty where there is nothing to say.
fn find_out(survey: &Survey<'_>, console: &mut Console) -> Result<(NetworkNeeds, Vec<Home>), String> {
    let Survey { profile, world, streams, .. } = survey;
    if !profile.runs(RULE) || !world.objects.iter().any(|object| object.is_workload()) {
        return Err(String::new());
    }
    if let Some(traffic) = survey.traffic {
        return Ok(live::all(survey, traffic, console));
    }
    match survey.view {
        View::None => return Err(String::new()),
        View::Part(why) if survey.max_risk < Risk::Unproven => {
            return Err(format!("NetworkPolicies are left out: {why}"));
        }
        _ => {}
    }
    let run = Run::of(world, streams, &profile.kinds);
    if survey.is_broken || !run.refused.is_empty() {
        return Err(
            "no NetworkPolicies are made of a part of the input: mend or leave out what cannot be read".to_owned()
        );
    }
    if let Some(problem) = Policies::of(&run.world).refused().next() {
        let (policy, name) = (&problem.policy, &console.name);
        return Err(format!(
            "no NetworkPolicies are made: the API server would refuse {policy} ({}); see '{name} network check'",
            problem.message
        ));
    }
    let (proposals, made) = propose(&run.world, &options::of(profile));
    tell_unfit(&made, run.world.objects.iter(), console);
    Ok(need::all(survey, &run, proposals))
}

/// Warn of what gets no policies although it should, and of policies that stay as somebody has made them.
fn tell_unfit<'o>(made: &Synthesis, objects: impl Iterator<Item = &'o Object>, console: &mut Console) {
    made.unfit.values().for_each(|why| console.warn(why));
    for object in objects.filter(|object| is_changed_by_hand(object)) {
        console.warn(&format!(
            "{} was changed by hand: it stays as it is, and what it allows is left out of what is made; to have it made anew, delete it",
            object.identity
        ));
    }
}
