//! # What it checks
//!
//! Every container drops `ALL` capabilities, in exactly this spelling, and adds back nothing but `NET_BIND_SERVICE`.
//! Pods with `os.name: windows` have no capabilities and are left alone.
//!
//! # Why
//!
//! A container that runs as root holds over a dozen of root's powers by default. Almost no program uses them; whoever
//! breaks into one does.
//!
//! # What it changes
//!
//! - No `drop`: sets `capabilities.drop: [ALL]`.
//! - `drop: [all]`: respells it where it stands.
//! - `drop` of single capabilities: adds `ALL` to the list and leaves the others as they are.
//! - `add` of anything but `NET_BIND_SERVICE`: takes it out of the list.
//!
//! # What can break
//!
//! Under root 17 of 31 measured programs needed a capability (they change owners of files, switch their user, open a low
//! port): `unproven`. Where a numeric `runAsUser` above 0 is stated the program holds none anyway: `likely`; what is left
//! is a file capability of the program itself, without which it does not start. `all` means `ALL` to every
//! runtime: respelling is `safe`. Taking out an added capability is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   capabilities:
//!     drop: [ALL]
//! ```

use super::common::capability::{check_added, standard_spelling};
use super::{Assessment, Findings, Level, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Pod};
use serde_json::Value;

/// The rule.
pub const RULE: Rule = Rule {
    id: "capabilities",
    title: "a container keeps capabilities it was not shown to need",
    severity: Severity::Medium,
    standards: &[
        Standard::Pss(Level::Restricted, "capabilities_restricted"),
        Standard::Cis("5.2.8"),
        Standard::Cis("5.2.9"),
        Standard::Cis("5.2.10"),
        Standard::Checkov("CKV_K8S_25"),
        Standard::Checkov("CKV_K8S_28"),
        Standard::Checkov("CKV_K8S_37"),
        Standard::Checkov("CKV_K8S_39"),
        Standard::Kubescape("C-0046"),
    ],
    parameters: &[],
    stage: Stage::Files,
    check,
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        check_dropped(pod, container, found);
        check_added(pod, container, &["NET_BIND_SERVICE"], found, "only NET_BIND_SERVICE may be added");
    }
}

fn check_dropped(pod: &Pod<'_>, container: &Container<'_>, found: &mut Findings) {
    let field = container.field("securityContext/capabilities/drop");
    let items = field.items();
    if items.iter().any(|item| item.as_str() == Some("ALL")) {
        return;
    }
    let draft = found.at(&field);
    if let Some(item) = items.iter().find(|item| item.as_str().is_some_and(|name| standard_spelling(name) == "ALL")) {
        let spelled = item.as_str().unwrap_or_default();
        let risk = if spelled.eq_ignore_ascii_case("ALL") {
            Risk::Safe.because("container runtimes read it as ALL already")
        } else {
            risk_of_dropping(pod, container)
        };
        draft.because(format!("the Pod Security Standards want ALL and refuse {spelled}")).set(item, "ALL", risk);
    } else {
        let dropped = items.iter().filter_map(|item| item.value.cloned()).chain([Value::from("ALL")]);
        draft.because("it keeps root's powers that its program may not need").set(
            &field,
            dropped.collect::<Vec<_>>(),
            risk_of_dropping(pod, container),
        );
    }
}

/// What is known of a program that loses every capability.
fn risk_of_dropping(pod: &Pod<'_>, container: &Container<'_>) -> Assessment {
    match pod.user_of(container) {
        Some(user) if user > 0 => Risk::Likely
            .because(format!("it runs as user {user}, who holds no capabilities unless its program file does")),
        Some(_) => Risk::Unproven.because("it runs as root, where 17 of 31 measured programs needed a capability"),
        None => Risk::Unproven.because("it may run as root, where 17 of 31 measured programs needed a capability"),
    }
}
