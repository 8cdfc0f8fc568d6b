//! What remains for the workloads to pass the level of the Pod Security Standards that the profile is about, and the
//! fewest steps to it.
//!
//! A step may be one for many workloads (to say what an image is) or for one (to decide about a port of its node). They
//! are ranked so that each next one, with those before it, brings as many more workloads through as it can. A workload
//! that cannot do without its node, and one that an exception excuses, waits for no step.

use super::exception::about;
use super::{Page, Run, Tally, Told, phrase, shown};
use crate::plan::{Outcome, Planned, PlannedFinding};
use crate::profile::level_rules;
use crate::rules::{Level, Risk};
use crate::workload::Pod;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many steps are told at most.
const MOST: usize = 20;
/// How many of them people are shown before they are only counted.
const SHOWN: usize = 5;

/// How it is said what an image is.
const HOW_TO_KNOW: &str = ": `--inspect-images`, `--image-source` or an entry under `images` of the profile";

/// The way of a run's workloads to a level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Steps {
    /// The steps in the order to take them, at most 20.
    pub steps: Vec<Step>,
    /// Workloads that pass after these steps and do not without them.
    pub gained: usize,
    /// Workloads that need steps beyond these.
    pub beyond: usize,
    /// Workloads that need their node.
    pub agents: usize,
    /// Other workloads that an exception excuses.
    pub excepted: usize,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// What, a clause in the imperative or a change.
    pub what: String,
    /// The image of which nothing is known, where that is what stands in the way.
    pub image: Option<String>,
    /// The rules that it settles, sorted.
    pub rules: Vec<&'static str>,
    /// Indices into `Plan::objects` of the workloads that need it.
    pub workloads: Vec<usize>,
    /// How many of the workloads pass once this step and all before it are done.
    pub gained: usize,
}

/// What a step is about; steps of several workloads that are the same are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// An image of which nothing is known.
    Image(String),
    /// A manifest that cannot be changed as it is, by index.
    File(usize),
    /// A rule of the level that the profile leaves out.
    LeftOutRules,
    /// What a rule finds in one workload, by its index in the plan.
    Finding(usize, &'static str),
}

/// What is known of each step.
type Known = BTreeMap<Key, (String, BTreeSet<&'static str>)>;

/// What keeps one workload from the level.
enum Remains {
    Keys(BTreeSet<Key>),
    Agent,
    Excepted,
}

impl Steps {
    /// The steps of a run; `level` is what its workloads are to pass.
    pub(super) fn of(run: &Run<'_>, level: Level) -> Self {
        let rules: Vec<&str> = level_rules(level).iter().map(|rule| rule.id).collect();
        let mut known = Known::new();
        let mut waiting: BTreeMap<BTreeSet<Key>, Vec<usize>> = BTreeMap::new();
        let mut steps = Self::default();
        for (index, planned) in run.plan.objects.iter().enumerate() {
            if !planned.is_workload || planned.verdict.meets(level).1 {
                continue;
            }
            match remains(run, index, planned, &rules, &mut known) {
                Remains::Agent => steps.agents += 1,
                Remains::Excepted => steps.excepted += 1,
                Remains::Keys(keys) => waiting.entry(keys).or_default().push(index),
            }
        }
        steps.rank(waiting, &known);
        steps
    }

    /// Take the set of steps again and again that is the smallest, and of those the one for the most workloads.
    fn rank(&mut self, waiting: BTreeMap<BTreeSet<Key>, Vec<usize>>, known: &Known) {
        let mut needed: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
        for (keys, workloads) in &waiting {
            keys.iter().for_each(|key| needed.entry(key).or_default().extend(workloads));
        }
        let mut left: BTreeMap<BTreeSet<&Key>, usize> = BTreeMap::new();
        for (keys, workloads) in &waiting {
            left.insert(keys.iter().collect(), workloads.len());
        }
        while self.steps.len() < MOST {
            let next = left.iter().min_by_key(|(keys, count)| (keys.len(), usize::MAX - **count));
            let Some((next, _)) = next.map(|(keys, count)| (keys.clone(), *count)) else { break };
            let mut after: BTreeMap<BTreeSet<&Key>, usize> = BTreeMap::new();
            for (keys, count) in std::mem::take(&mut left) {
                let keys: BTreeSet<&Key> = keys.difference(&next).copied().collect();
                *after.entry(keys).or_default() += count;
            }
            let passing = after.remove(&BTreeSet::new()).unwrap_or_default();
            for (at, key) in next.iter().enumerate() {
                let (what, rules) = known.get(*key).cloned().unwrap_or_default();
                let mut workloads = needed.get(*key).cloned().unwrap_or_default();
                workloads.sort_unstable();
                let image = if let Key::Image(image) = key { Some(image.clone()) } else { None };
                self.gained += if at + 1 == next.len() { passing } else { 0 };
                self.steps.push(Step {
                    what,
                    image,
                    rules: rules.into_iter().collect(),
                    workloads,
                    gained: self.gained,
                });
            }
            left = after;
        }
        self.beyond = left.values().sum();
    }
}

/// What keeps a workload from the level whose rules these are.
fn remains(run: &Run<'_>, index: usize, planned: &Planned, rules: &[&str], known: &mut Known) -> Remains {
    let object = &run.world.objects[planned.object];
    let file = &run.files[object.manifest];
    let of_level = |finding: &&PlannedFinding| rules.contains(&finding.rule.id) && finding.outcome != Outcome::Mended;
    let found: Vec<&PlannedFinding> = planned.findings.iter().filter(of_level).collect();
    if found.iter().any(|finding| matches!(finding.outcome, Outcome::Excepted(_))) {
        return Remains::Excepted;
    }
    if run.refused.iter().any(|aside| aside.name == file.name) {
        let what = format!("mend {} by hand: it cannot be changed as it is", shown(file.name));
        return enter(
            known,
            [(Key::File(object.manifest), what, found.iter().map(|finding| finding.rule.id).collect())],
        );
    }
    if found.is_empty() {
        let what = "take in the rules of the level that this run leaves out".to_owned();
        return enter(known, [(Key::LeftOutRules, what, BTreeSet::new())]);
    }
    let looked = run.with_pods(planned, |pods| {
        let agent = |finding: &&PlannedFinding| pods.iter().any(|pod| !about(pod, finding).is_empty());
        if found.iter().any(agent) {
            return Remains::Agent;
        }
        let mut steps = Vec::new();
        for finding in &found {
            if waits(finding, &found) {
                continue;
            }
            let rules = BTreeSet::from([finding.rule.id]);
            let images = unknown_images(pods, finding);
            if images.is_empty() {
                let told = Told { object, file, finding };
                steps.push((Key::Finding(index, finding.rule.id), decided(&told), rules));
            } else {
                steps.extend(images.into_iter().map(|image| {
                    let what = format!("say what {} is", shown(&image));
                    (Key::Image(image), what, rules.clone())
                }));
            }
        }
        enter(known, steps)
    });
    looked.unwrap_or(Remains::Keys(BTreeSet::new()))
}

fn enter(known: &mut Known, steps: impl IntoIterator<Item = (Key, String, BTreeSet<&'static str>)>) -> Remains {
    let mut keys = BTreeSet::new();
    for (key, what, rules) in steps {
        known.entry(key.clone()).or_insert_with(|| (what, BTreeSet::new())).1.extend(rules);
        keys.insert(key);
    }
    Remains::Keys(keys)
}

/// Whether a finding only waits for another one of the workload: its decision says to settle that first, or a program
/// keeps capabilities because it may be root.
fn waits(finding: &PlannedFinding, others: &[&PlannedFinding]) -> bool {
    if finding.rule.id == "capabilities" && finding.outcome != Outcome::LeftOut(Risk::Breaking) {
        let root = |other: &PlannedFinding| {
            ["run-as-non-root", "run-as-user"].contains(&other.rule.id)
                && (other.subject.container.is_none() || other.subject.container == finding.subject.container)
        };
        return others.iter().any(|other| root(other));
    }
    let first = finding.decision.as_deref().and_then(|decision| decision.strip_prefix("settle `")?.split('`').next());
    first.is_some_and(|rule| others.iter().any(|other| other.rule.id == rule))
}

/// The images whose unknown nature keeps a finding's changes out.
fn unknown_images(pods: &[Pod<'_>], finding: &PlannedFinding) -> Vec<String> {
    if finding.outcome != Outcome::LeftOut(Risk::Unproven) {
        return Vec::new();
    }
    let mut images = BTreeSet::new();
    for pod in pods.iter().filter(|pod| finding.subject.pointer.starts_with(pod.pointer())) {
        for container in pod.containers() {
            let concerned = match &finding.subject.container {
                Some(name) => container.name() == &**name,
                None => pod.user_of(container).is_none(),
            };
            let image = pod.image_of(container);
            if concerned && image.facts.is_none() && image.contents.is_none() {
                images.insert(container.image().to_owned());
            }
        }
    }
    images.into_iter().filter(|image| !image.is_empty()).collect()
}

/// What a person has to do about a finding, in words.
fn decided(told: &Told<'_>) -> String {
    let finding = told.finding;
    let way = match (&finding.outcome, finding.changes.first()) {
        (Outcome::LeftOut(risk), Some(change)) => {
            format!("{} ({risk})", phrase::change(change, &finding.subject))
        }
        _ => {
            let decision = finding.decision.as_deref().unwrap_or(finding.rule.title);
            super::summary::first_clause(decision).to_owned()
        }
    };
    format!("{}: {}", told.who(), shown(&way))
}

/// The last lines of a check's summary: what remains, and what to do about it.
pub(super) fn steps(out: &mut String, run: &Run<'_>, tally: &Tally, page: &Page) {
    let Some(level) = tally.level else { return };
    let steps = Steps::of(run, level);
    if steps.steps.is_empty() && steps.agents == 0 {
        return;
    }
    let yellow = page.palette.yellow;
    let mut lines = |first: &str, text: &str| {
        let indent = first.chars().count();
        for (index, line) in phrase::wrapped(text, page.width - indent, page.width - indent).iter().enumerate() {
            let _ = match index {
                0 => writeln!(out, "{first}{line}"),
                _ => writeln!(out, "{:indent$}{line}", ""),
            };
        }
    };
    let shown_steps = &steps.steps[..steps.steps.len().min(SHOWN)];
    if let Some(last) = shown_steps.last() {
        let head = match last.gained {
            0 => format!("the first steps to {level}:"),
            gained => format!("fewest steps for {gained} more to pass {level}:"),
        };
        lines("", &format!("\n{yellow}{head}{yellow:#}"));
    }
    for (at, step) in shown_steps.iter().enumerate() {
        let many = match step.workloads.len() {
            0 | 1 => String::new(),
            number => format!(" ({})", phrase::count(number, "workload")),
        };
        // Told once: it is the same for every image.
        let first = step.image.is_some() && shown_steps[..at].iter().all(|step| step.image.is_none());
        let how = if first { HOW_TO_KNOW } else { "" };
        lines(&format!("  {}. ", at + 1), &format!("{}{many}{how}", step.what));
    }
    let hidden = steps.steps.len() - shown_steps.len();
    if hidden > 0 || steps.beyond > 0 {
        let more = if steps.beyond > 0 { "more than " } else { "" };
        lines("  ", &format!("and {more}{}; -o json names them", phrase::count(hidden, "step")));
    }
    if steps.agents > 0 {
        let need = if steps.agents == 1 { "needs its node and stays" } else { "need their node and stay" };
        let of = phrase::count(steps.agents, "workload");
        lines("  ", &format!("{of} {need}: record the exception that is shown above"));
    }
}
