//! Exceptions: which excuse a finding, and which excuse nothing.

use super::StaleException;
use crate::profile::{Exception, Profile, UnknownRule};
use crate::rules::{Finding, Rule};
use crate::workload::{Object, Pod};
use serde_json::Value;
use std::collections::BTreeMap;

/// An annotation `kubectl-harden.dev/skip.<rule>: "reason"` on an object or its pod template is an exception.
pub const ANNOTATION: &str = "kubectl-harden.dev/skip.";

/// The exceptions that may concern one object.
pub(super) struct Excuses<'p> {
    object: &'p Object,
    index: usize,
    /// Those of the profile that select the object and have not expired, by index.
    recorded: Vec<(usize, &'p Exception)>,
    annotated: Vec<Annotated>,
    /// Annotations that are no exceptions.
    broken: Vec<StaleException>,
    used: Vec<Use>,
}

struct Annotated {
    rule: &'static Rule,
    /// The pod template that bears it; `None` where the object itself does.
    template: Option<String>,
    reason: String,
    used: bool,
}

/// An exception of the profile whose rule ran on an object that it selects: its index, the rule's, and whether it excused
/// a finding.
pub(super) type Use = (usize, usize, bool);

impl<'p> Excuses<'p> {
    /// `value` is the object's.
    pub(super) fn new(profile: &'p Profile, index: usize, object: &'p Object, value: &Value, today: &str) -> Self {
        let recorded = profile.exceptions.iter().enumerate();
        let recorded = recorded
            .filter(|(_, exception)| !expired(exception, today) && exception.selector.selects(&object.identity, value))
            .collect();
        let mut excuses = Self { object, index, recorded, annotated: Vec::new(), broken: Vec::new(), used: Vec::new() };
        excuses.read_annotations(value.pointer("/metadata/annotations"), None);
        for template in object.templates.iter().filter(|template| !template.is_empty()) {
            excuses.read_annotations(value.pointer(&format!("{template}/metadata/annotations")), Some(template));
        }
        excuses
    }

    fn read_annotations(&mut self, annotations: Option<&Value>, template: Option<&str>) {
        let Some(Value::Object(annotations)) = annotations else { return };
        for (key, value) in annotations {
            let Some(id) = key.strip_prefix(ANNOTATION) else { continue };
            let reason = value.as_str().unwrap_or_default().trim();
            let (why, advice) = match UnknownRule::check(id) {
                Err(unknown) => (unknown.to_string(), ""),
                Ok(_) if reason.is_empty() => ("it gives no reason".to_owned(), "write the reason as its value"),
                Ok(rule) => {
                    let (template, reason) = (template.map(str::to_owned), reason.to_owned());
                    self.annotated.push(Annotated { rule, template, reason, used: false });
                    continue;
                }
            };
            self.broken.push(self.annotation(id, why, advice));
        }
    }

    /// Note that a rule runs on the object.
    pub(super) fn rule_runs(&mut self, rule: &Rule) {
        for (index, exception) in &self.recorded {
            let named = exception.rules.iter().position(|id| id == rule.id);
            self.used.extend(named.map(|rule| (*index, rule, false)));
        }
    }

    /// The containers of a pod that exceptions spare by name from a rule.
    pub(super) fn spared(&self, rule: &Rule, pod: &Pod<'_>) -> Vec<String> {
        let names = pod.containers().iter().map(|container| container.name());
        let spares = |exception: &Exception, name: &str| {
            exception.rules.iter().any(|id| id == rule.id) && names_container(exception, name)
        };
        let spared = names.filter(|name| self.recorded.iter().any(|(_, exception)| spares(exception, name)));
        spared.map(str::to_owned).collect()
    }

    /// The reason of the first exception that excuses a finding of the rule in a pod, or in the object as a whole.
    ///
    /// A finding about the pod that reaches a container which an exception names is excused whole: the rule could not
    /// spare that one alone.
    pub(super) fn reason(&mut self, rule: &Rule, pod: Option<&Pod<'_>>, finding: &Finding) -> Option<String> {
        let reached: Vec<&str> = match (&finding.subject.container, &finding.reached) {
            (Some(container), _) => vec![container],
            (None, Some(reached)) => reached.iter().map(String::as_str).collect(),
            (None, None) => pod.into_iter().flat_map(Pod::containers).map(|container| container.name()).collect(),
        };
        let mut reasons = Vec::new();
        for (index, exception) in &self.recorded {
            let concerns =
                exception.containers.is_empty() || reached.iter().any(|name| names_container(exception, name));
            if let Some(rule) = exception.rules.iter().position(|id| id == rule.id).filter(|_| concerns) {
                self.used.push((*index, rule, true));
                reasons.push(exception.reason.clone());
            }
        }
        for annotated in &mut self.annotated {
            let below = |bearer: &str| pod.is_some_and(|pod| bearer == pod.pointer());
            let here = annotated.template.as_deref().is_none_or(below);
            if annotated.rule.id == rule.id && here {
                annotated.used = true;
                reasons.push(annotated.reason.clone());
            }
        }
        reasons.into_iter().next()
    }

    /// What the object tells of the exceptions: the use of the profile's, and its own that excuse nothing. `ran` says
    /// whether a rule ran on the object.
    pub(super) fn finish(mut self, ran: impl Fn(&Rule) -> bool) -> (Vec<Use>, Vec<StaleException>) {
        let mut stale = std::mem::take(&mut self.broken);
        for annotated in self.annotated.iter().filter(|annotated| !annotated.used && ran(annotated.rule)) {
            let why = "the rule finds nothing here any more".to_owned();
            stale.push(self.annotation(annotated.rule.id, why, "take it out"));
        }
        (self.used, stale)
    }

    fn annotation(&self, id: &str, why: String, advice: &'static str) -> StaleException {
        StaleException {
            origin: format!("{}: annotation {ANNOTATION}{id}", self.object.identity),
            object: Some(self.index),
            rules: vec![id.to_owned()],
            why,
            advice,
        }
    }
}

/// The exceptions of the profile that excuse nothing, in their order: those that have expired, and those whose rules ran
/// on objects they select and found nothing to excuse.
pub(super) fn stale(profile: &Profile, uses: impl IntoIterator<Item = Use>, today: &str) -> Vec<StaleException> {
    let mut used: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    for (exception, rule, excused) in uses {
        *used.entry((exception, rule)).or_default() |= excused;
    }
    let mut stale = Vec::new();
    for (index, exception) in profile.exceptions.iter().enumerate() {
        let (rules, why, advice) = if expired(exception, today) {
            let day = exception.expires.as_deref().unwrap_or_default();
            (exception.rules.clone(), format!("it expired on {day}"), "renew it or take it out")
        } else {
            let vain = |rule: &usize| used.get(&(index, *rule)) == Some(&false);
            let rules = (0..exception.rules.len()).filter(vain).map(|rule| exception.rules[rule].clone()).collect();
            (rules, "nothing it selects has this finding any more".to_owned(), "take it out")
        };
        if !rules.is_empty() {
            stale.push(StaleException { origin: exception.origin.clone(), object: None, rules, why, advice });
        }
    }
    stale
}

fn names_container(exception: &Exception, name: &str) -> bool {
    exception.containers.iter().any(|pattern| pattern.matches(name))
}

/// An exception counts on its last day. Days are `YYYY-MM-DD`, so that text order is their order.
fn expired(exception: &Exception, today: &str) -> bool {
    exception.expires.as_deref().is_some_and(|last| last < today)
}
