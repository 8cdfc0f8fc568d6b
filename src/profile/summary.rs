//! What `profile show` says of a profile, as plain data.

use super::{BUILTIN, Profile};
use crate::rules::{Risk, Severity, Standard};
use serde::Serialize;
use serde_json::{Map, Value};

/// A profile with everything it extends, for people and machines to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileSummary {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The profiles it is built on, the furthest first.
    pub extends: Vec<String>,
    /// The Kubernetes version verdicts are for, `1.N`.
    pub kubernetes_version: String,
    /// The rules it speaks of, those turned off included, sorted by id.
    pub rules: Vec<RuleSummary>,
    /// Its exceptions.
    pub exceptions: Vec<ExceptionSummary>,
    /// What it says of images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageSummary>,
}

/// One rule as a profile sets it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleSummary {
    /// Its id.
    pub id: String,
    /// What is wrong where it finds something.
    pub title: String,
    /// Whether it runs.
    pub enabled: bool,
    /// How bad a finding is.
    pub severity: Severity,
    /// What it is about.
    pub matter: String,
    /// What it changes; absent where it only finds.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub changes: &'static str,
    /// The risks that its changes can have.
    pub risks: &'static [Risk],
    /// The paragraphs that it cites, in a profile that is a standard.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<&'static str>,
    /// Its parameters, defaults included.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The objects this setting is for, in words; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_for: Option<String>,
    /// The check of the Pod Security Standards that it is, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_security: Option<String>,
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionSummary {
    /// The rules it excuses from.
    pub rules: Vec<String>,
    /// The objects, in words.
    pub only_for: String,
    /// Globs over container names; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// Why.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Where it is written.
    pub origin: String,
}

/// What it says of some images.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageSummary {
    /// Globs on their repositories.
    pub repositories: Vec<String>,
    /// A glob on the tag; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The built-in facts that it starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// The fields that it states.
    pub states: Vec<String>,
    /// Where it is written.
    pub origin: String,
}

impl Profile {
    /// The profile as plain data.
    pub fn summary(&self) -> ProfileSummary {
        let cited = BUILTIN.iter().find(|builtin| builtin.name == self.name).and_then(|builtin| builtin.cites);
        let rules = self.rules.iter().map(|setting| RuleSummary {
            id: setting.rule.id.to_owned(),
            title: setting.rule.title.to_owned(),
            enabled: setting.enabled,
            severity: setting.severity(),
            matter: setting.rule.matter.to_string(),
            changes: setting.rule.mends,
            risks: setting.rule.risks,
            cites: cited.map(|cited| cited.of(setting.rule)).unwrap_or_default(),
            parameters: setting.parameters.clone(),
            only_for: setting.selector.as_ref().map(ToString::to_string),
            pod_security: setting.rule.standards.iter().find_map(|standard| match standard {
                Standard::Pss(_, check) => Some((*check).to_owned()),
                _ => None,
            }),
        });
        let exceptions = self.exceptions.iter().map(|exception| ExceptionSummary {
            rules: exception.rules.clone(),
            only_for: exception.selector.to_string(),
            containers: exception.containers.iter().map(|one| one.as_str().to_owned()).collect(),
            reason: exception.reason.clone(),
            expires: exception.expires.clone(),
            origin: exception.origin.clone(),
        });
        let images = self.images.iter().map(|stated| ImageSummary {
            repositories: stated.repositories.iter().map(|one| one.as_str().to_owned()).collect(),
            tag: stated.tag.as_ref().map(|tag| tag.as_str().to_owned()),
            like: stated.like.map(str::to_owned),
            states: stated.fields.keys().cloned().collect(),
            origin: stated.origin.clone(),
        });
        ProfileSummary {
            name: self.name.clone(),
            description: self.description.clone(),
            extends: self.extends.clone(),
            kubernetes_version: self.kubernetes.to_string(),
            rules: rules.collect(),
            exceptions: exceptions.collect(),
            images: images.collect(),
        }
    }
}
