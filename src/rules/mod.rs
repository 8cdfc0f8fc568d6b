//! One rule, one file: what is wrong with a pod, and what value would mend it.
//!
//! A rule sees a [`Pod`] and writes [`Findings`]; it knows nothing of YAML, files or servers.

mod common;
mod docs;
mod findings;
mod matter;
mod node;
mod registry;
mod risk;

pub mod allow_privilege_escalation;
pub mod app_armor_profile;
pub mod capabilities;
pub mod capabilities_baseline;
pub mod host_aliases;
pub mod host_namespaces;
pub mod host_path_volumes;
pub mod host_ports;
pub mod host_probes;
pub mod image_digest;
pub mod image_low_port;
pub mod image_pull_policy;
pub mod image_registry;
pub mod image_root_user;
pub mod image_secrets;
pub mod image_setuid;
pub mod image_tag;
pub mod image_world_writable;
pub mod init_chown;
pub mod limits;
pub mod literal_secrets;
pub mod network_policies;
pub mod pod_disruption;
pub mod privileged;
pub mod probes_present;
pub mod proc_mount;
pub mod proc_mount_restricted;
pub mod read_only_root;
pub mod removed_api_version;
pub mod restricted_volumes;
pub mod run_as_non_root;
pub mod run_as_user;
pub mod se_linux_options;
pub mod seccomp_profile;
pub mod seccomp_profile_baseline;
pub mod secret_mounts;
pub mod secrets_as_files;
pub mod service_account;
pub mod service_account_token;
pub mod share_process_namespace;
pub mod sysctls;
pub mod topology;
pub mod windows_host_process;

#[cfg(feature = "cluster")]
pub(crate) use common::mounting;
pub use docs::{all_as_markdown, as_markdown, table};
pub use findings::{Draft, Elsewhere, Finding, Findings, Proposal, Subject};
pub use matter::Matter;
pub(crate) use node::explain;
pub use node::{Agent, agents};
pub use registry::{REGISTRY, by_id, documentation};
pub use risk::{Assessment, Risk, Severity};

use crate::workload::{Pod, Whole};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::RangeInclusive;

/// What a rule is: its name, its standing, and its one function.
#[derive(Debug)]
pub struct Rule {
    /// Kebab case, equal to the file's name.
    pub id: &'static str,
    /// What is wrong, as a short clause that begins in lower case.
    pub title: &'static str,
    /// How bad it is unless the profile says otherwise.
    pub severity: Severity,
    /// What it is about, for lists of rules.
    pub matter: Matter,
    /// What it changes, a clause without a subject that begins in lower case; empty where it only finds.
    pub mends: &'static str,
    /// The risks that its changes can have, in their order; a test holds them to its cases.
    pub risks: &'static [Risk],
    /// The standards it serves.
    pub standards: &'static [Standard],
    /// What a profile may set.
    pub parameters: &'static [Parameter],
    /// When it runs.
    pub stage: Stage,
    /// The rule itself. Must be deterministic and must find nothing in what it has mended.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Every pod template.
    Pod(fn(&Pod<'_>, &mut Findings)),
    /// Whole objects, workloads or not.
    Object {
        /// Whether an object of this `apiVersion` and kind is looked at.
        wants: fn(&str, &str) -> bool,
        /// The rule.
        check: fn(&Whole<'_>, &mut Findings),
    },
    /// Every pod template, and beside them whole objects that may mend the same.
    Both {
        /// The rule for pod templates.
        pod: fn(&Pod<'_>, &mut Findings),
        /// Whether an object of this `apiVersion` and kind is looked at as a whole.
        wants: fn(&str, &str) -> bool,
        /// The rule for whole objects.
        check: fn(&Whole<'_>, &mut Findings),
    },
}

impl Check {
    /// The part that looks at pod templates.
    pub fn of_pods(&self) -> Option<fn(&Pod<'_>, &mut Findings)> {
        match self {
            Self::Pod(check) | Self::Both { pod: check, .. } => Some(*check),
            Self::Object { .. } => None,
        }
    }
}

/// When a rule runs: each stage sees the pod as the stages before it have left it for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Which containers there are.
    Shape,
    /// From where their images come.
    Registry,
    /// Which images these are.
    Image,
    /// What the pod may do on its node, and what stands alone.
    Pod,
    /// The user that its containers run as.
    User,
    /// What depends on that user: capabilities, writable paths.
    Files,
}

impl Stage {
    /// In their order.
    pub const ALL: [Self; 6] = [Self::Shape, Self::Registry, Self::Image, Self::Pod, Self::User, Self::Files];
}

/// A standard's own name for what a rule checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// A Pod Security Standards check: its level and its id in `kubernetes/pod-security-admission`.
    Pss(Level, &'static str),
    /// CIS Kubernetes Benchmark 1.12, section.
    Cis(&'static str),
    /// NSA/CISA Kubernetes Hardening Guide 1.2, chapter.
    Nsa(&'static str),
    /// checkov check.
    Checkov(&'static str),
    /// Kubescape control.
    Kubescape(&'static str),
    /// Another tool's check: the tool, and its own name for the check.
    Other(&'static str, &'static str),
}

/// A level of the Pod Security Standards that checks anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Minimally restrictive: known privilege escalations are shut.
    Baseline,
    /// Current pod hardening practice.
    Restricted,
}

/// A parameter of a rule that a profile may set.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its key under `parameters`.
    pub name: &'static str,
    /// What it does, one sentence.
    pub help: &'static str,
    /// Its default, as JSON text.
    pub default: &'static str,
    /// What it may be.
    pub form: Form,
}

/// What a parameter may be.
#[derive(Debug, Clone)]
pub enum Form {
    /// Whatever is of its default's type.
    AsDefault,
    /// A whole number within these bounds.
    Whole(RangeInclusive<i64>),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A quantity, such as `250m` or `128Mi`.
    Quantity,
}

impl Rule {
    /// Its parameters with their defaults.
    pub fn defaults(&self) -> Map<String, Value> {
        let default = |parameter: &Parameter| serde_json::from_str(parameter.default).unwrap_or(Value::Null);
        self.parameters.iter().map(|parameter| (parameter.name.to_owned(), default(parameter))).collect()
    }

    /// What it finds in a pod; nothing where it looks at whole objects.
    pub fn run(&self, pod: &Pod<'_>, parameters: Map<String, Value>) -> Vec<Finding> {
        let mut found = Findings::new(parameters);
        if let Some(check) = self.check.of_pods() {
            check(pod, &mut found);
        }
        found.into_vec()
    }

    /// What it finds in a whole object; nothing where it looks at pods or does not want objects of the kind.
    pub fn run_whole(&self, object: &Whole<'_>, parameters: Map<String, Value>) -> Vec<Finding> {
        let mut found = Findings::new(parameters);
        if let Check::Object { check, .. } | Check::Both { check, .. } = self.check
            && self.wants(&object.identity.api_version, &object.identity.kind)
        {
            check(object, &mut found);
        }
        found.into_vec()
    }

    /// Whether it looks at whole objects of this `apiVersion` and kind.
    pub fn wants(&self, api_version: &str, kind: &str) -> bool {
        matches!(self.check, Check::Object { wants, .. } | Check::Both { wants, .. } if wants(api_version, kind))
    }

    /// What is wrong with the value of a parameter beyond its type; `None` where nothing is.
    pub fn refuses(&self, parameter: &str, value: &Value) -> Option<String> {
        match self.id {
            id if id == image_registry::RULE.id => image_registry::refuses(parameter, value),
            id if id == network_policies::RULE.id => network_policies::refuses(parameter, value),
            _ => None,
        }
    }

    /// The level of the Pod Security Standards it belongs to, and the standard's own name for it.
    pub fn pod_security(&self) -> Option<(Level, &'static str)> {
        self.standards.iter().find_map(|standard| match standard {
            Standard::Pss(level, id) => Some((*level, *id)),
            _ => None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pss(level, id) => write!(out, "Pod Security Standards, {level}: {id}"),
            Self::Cis(section) => write!(out, "CIS Kubernetes Benchmark 1.12, section {section}"),
            Self::Nsa(chapter) => write!(out, "NSA/CISA Kubernetes Hardening Guide 1.2, {chapter}"),
            Self::Checkov(id) => write!(out, "checkov {id}"),
            Self::Kubescape(id) => write!(out, "Kubescape {id}"),
            Self::Other(tool, id) => write!(out, "{tool} {id}"),
        }
    }
}
