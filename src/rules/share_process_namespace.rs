//! # What it checks
//!
//! The containers of a pod do not share one process namespace: `spec.shareProcessNamespace` is absent or `false`. A pod of which
//! a single container stays shares nothing with anyone and is left alone.
//!
//! # Why
//!
//! In a shared namespace every container sees the processes of the others: their arguments, and under the same user or with
//! `SYS_PTRACE` their environment, their memory and, through `/proc/<pid>/root`, their files, mounted secrets included. A
//! sidecar that is taken over has the program with it.
//!
//! # What it changes
//!
//! Sets `shareProcessNamespace: false`.
//!
//! # What can break
//!
//! The author asked for it: sidecars that signal the program to reload, debuggers and profilers, and programs that rely on the
//! pause container to reap their zombies. The change is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! spec:
//!   shareProcessNamespace: false
//! ```

use super::{Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, List, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "share-process-namespace",
    title: "the containers of a pod see each other's processes",
    severity: Severity::Medium,
    matter: Matter::Confinement,
    mends: "sets `shareProcessNamespace: false`",
    risks: &[Risk::Breaking],
    standards: &[Standard::Other("Kubewarden", "share-pid-namespace-policy")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let field = pod.field("shareProcessNamespace");
    // An init container that ends sees nothing of the others; one for debugging is let in by whoever adds it.
    let stays = |container: &&Container<'_>| match container.list() {
        List::Main => true,
        List::Init => container.field("restartPolicy").as_str() == Some("Always"),
        List::Ephemeral => false,
    };
    if field.as_bool() == Some(true) && pod.containers().iter().filter(stays).count() > 1 {
        found
            .at(&field)
            .because("every container sees the processes of the others, and what is in their memory and files")
            .set(&field, false, Risk::Breaking.because("the manifest asks for `shareProcessNamespace: true`"));
    }
}
