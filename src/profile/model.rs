//! A profile once it is read and its `extends` resolved.

use super::{Pattern, Selector, closest, containing};
use crate::image::StatedFacts;
use crate::rules::{REGISTRY, Rule, Severity, by_id};
use crate::workload::{Identity, KindTable, Minor};
use serde_json::{Map, Value};
use std::fmt;

/// What a run goes by.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `metadata.name`.
    pub name: String,
    /// `spec.description`, one sentence.
    pub description: String,
    /// The names of the profiles it is built on, the furthest first.
    pub extends: Vec<String>,
    /// The rules it speaks of, sorted by id; of one rule the general setting first, then those with a selector.
    pub rules: Vec<RuleSetting>,
    /// Recorded decisions to live with a finding.
    pub exceptions: Vec<Exception>,
    /// What it says of images; the first that matches counts.
    pub images: Vec<StatedFacts>,
    /// Built-in kinds and the profile's own rows.
    pub kinds: KindTable,
    /// The Kubernetes version verdicts are for.
    pub kubernetes: Minor,
}

/// One rule as the profile wants it. A rule may stand several times: the last setting that selects an object counts.
#[derive(Debug, Clone)]
pub struct RuleSetting {
    /// The rule.
    pub rule: &'static Rule,
    /// Off where `false`.
    pub enabled: bool,
    /// The severity of all that it finds, where the profile states one.
    pub severity: Option<Severity>,
    /// Parameters with the rule's defaults filled in.
    pub parameters: Map<String, Value>,
    /// The objects it is for; `None` for all.
    pub selector: Option<Selector>,
}

/// A decision to live with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Rule ids. Never empty.
    pub rules: Vec<String>,
    /// The objects.
    pub selector: Selector,
    /// Globs over container names; empty for all, pod-level findings included.
    pub containers: Vec<Pattern>,
    /// Why. Never empty.
    pub reason: String,
    /// Last day on which it counts, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Where it is written, `file:line:column`, for the report of stale ones.
    pub origin: String,
}

impl Profile {
    /// The settings that hold for an object of this identity and value, sorted by rule id, the disabled ones left out.
    pub fn settings_for<'p>(&'p self, identity: &Identity, value: &Value) -> Vec<&'p RuleSetting> {
        self.rules
            .chunk_by(|one, other| one.rule.id == other.rule.id)
            .filter_map(|settings| settings.iter().rev().find(|setting| setting.is_for(identity, value)))
            .filter(|setting| setting.enabled)
            .collect()
    }

    /// Keep only these rules (`--only`); a named rule that the profile leaves out runs with its defaults.
    pub fn only(&mut self, ids: &[String]) -> Result<(), UnknownRule> {
        let wanted = ids.iter().map(|id| UnknownRule::check(id)).collect::<Result<Vec<_>, _>>()?;
        self.rules.retain(|setting| wanted.iter().any(|rule| rule.id == setting.rule.id));
        wanted.into_iter().for_each(|rule| self.enable(rule));
        Ok(())
    }

    /// Give a parameter of a rule another value, wherever the profile runs it: what a flag asks for. The value must be one
    /// that a profile could give.
    pub fn set_parameter(&mut self, rule: &str, name: &str, value: &Value) {
        for setting in self.rules.iter_mut().filter(|setting| setting.rule.id == rule) {
            setting.parameters.insert(name.to_owned(), value.clone());
        }
    }

    /// Have a rule run for all objects that no setting of its own turns it off for.
    pub fn enable(&mut self, rule: &'static Rule) {
        match self.rules.iter_mut().find(|setting| setting.rule.id == rule.id && setting.selector.is_none()) {
            Some(setting) => setting.enabled = true,
            None => self.rules.push(RuleSetting::of(rule)),
        }
        // Stable: a general setting that was pushed goes before none with a selector, as there was no entry of its rule.
        self.rules.sort_by_key(|setting| setting.rule.id);
    }

    /// Whether a rule runs, for some objects at least.
    pub fn runs(&self, rule: &str) -> bool {
        self.rules.iter().any(|setting| setting.enabled && setting.rule.id == rule)
    }

    /// Leave these rules out (`--skip`).
    pub fn skip(&mut self, ids: &[String]) -> Result<(), UnknownRule> {
        let unwanted = ids.iter().map(|id| UnknownRule::check(id)).collect::<Result<Vec<_>, _>>()?;
        self.rules.retain(|setting| unwanted.iter().all(|rule| rule.id != setting.rule.id));
        Ok(())
    }
}

impl RuleSetting {
    /// The rule on, with its own severity and defaults, for all objects.
    pub fn of(rule: &'static Rule) -> Self {
        // The registry's tests prove that every default is JSON.
        let default = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        let parameters =
            rule.parameters.iter().map(|parameter| (parameter.name.to_owned(), default(parameter.default))).collect();
        Self { rule, enabled: true, severity: None, parameters, selector: None }
    }

    /// How bad its findings are unless one of them says otherwise.
    pub fn severity(&self) -> Severity {
        self.severity.unwrap_or(self.rule.severity)
    }

    /// Whether it is for an object.
    pub fn is_for(&self, identity: &Identity, value: &Value) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.selects(identity, value))
    }
}

/// A rule was named that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownRule {
    /// What was named.
    pub id: String,
    /// The rule that was probably meant.
    pub suggestion: Option<&'static str>,
}

impl UnknownRule {
    /// The rule of this id, or the error with a suggestion.
    pub fn check(id: &str) -> Result<&'static Rule, Self> {
        let known = REGISTRY.iter().map(|rule| rule.id);
        let only = || containing(id, known.clone()).try_into().ok().map(|[one]: [&'static str; 1]| one);
        by_id(id).ok_or_else(|| Self { id: id.to_owned(), suggestion: closest(id, known.clone()).or_else(only) })
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "unknown rule {:?}", self.id)?;
        match self.suggestion {
            Some(suggestion) => write!(out, "\n  did you mean {suggestion:?}?"),
            None => Ok(()),
        }
    }
}
