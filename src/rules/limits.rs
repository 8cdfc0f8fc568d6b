//! # What it checks
//!
//! Every container and init container has requests for processor time and memory, a memory limit, and a request and a
//! limit for ephemeral storage (not init containers that end: the kubelet does not count what they write); a CPU limit only
//! where the parameter `cpuLimit` says so (`never`, `auto`: where a ResourceQuota or LimitRange of the input refuses pods
//! without one, `always`). What a LimitRange of the input supplies counts as there. Not looked at: what the pod itself sets
//! (`spec.resources`), what a VerticalPodAutoscaler of the input that acts keeps in its hands, containers without an image
//! (patches), ephemeral containers.
//!
//! Also found: a memory limit below what a source measured; a request above its limit; a heap (`-Xmx`,
//! `--max-old-space-size`, `GOMEMLIMIT`, `--maxmemory`) that does not fit into the memory limit; ephemeral storage that the
//! pod's own emptyDirs can use up; amounts that a LimitRange of the input refuses; pods that do not fit into a ResourceQuota
//! of the input, or that one refuses once they ask for anything.
//!
//! # Why
//!
//! A program without a memory limit can take down the node with all that runs there, whether by a fault or because somebody
//! wants it to. Without requests the scheduler packs blindly, and such pods are the first to be evicted.
//!
//! # What it changes
//!
//! Adds what is missing; an amount that is there is never lowered. Request and limit are written together, for the API
//! server makes a limit without a request the request as well. Where the amounts are from, the first that knows the
//! container:
//!
//! 1. the sources of `--limits-from`: `krr=FILE` (its JSON or YAML), `vpa=FILE` (`kubectl get vpa -o yaml`), `file=FILE`
//!    (`namespace/kind/name/container: {requests, limits}`, each part may be `*`); measured ones are rounded up, at least
//!    10m and 32Mi, and `memoryHeadroom` percent are added to their memory limits. A manifest that states no namespace is
//!    known to a source that knows the container in one namespace only;
//! 2. the parameters: the memory limit is at least twice the request and one and a half times the heap that the manifest
//!    asks for, with room for emptyDirs in memory; the CPU limit is four times the request or `leastCpuLimit`; the limit of
//!    ephemeral storage has room for the emptyDirs that the container mounts.
//!
//! New amounts keep to the LimitRanges of the input. The request that a HorizontalPodAutoscaler of the input measures in
//! percent of is for a person to choose.
//!
//! # What can break
//!
//! Requests are `likely`: they say only what the scheduler sets aside. A memory limit is `likely` where it was measured or
//! written down by a person, or where pods without one are refused anyway; from the parameters it is `unproven`, for a
//! program that needs more is killed: then only the request is set. (37 of 37 measured programs did their work with 256Mi, 36
//! with 128Mi and 33 with 64Mi, but they held little data.) A CPU limit (`likely`) slows a program down: with 100m all 37
//! worked, two of them took three times as long to start. Over its limit of ephemeral storage a pod is evicted: `likely` where the root file systems are read-only and every emptyDir has a
//! `sizeLimit`, else `unproven`. Some runtimes size themselves by the limit (the JVM, Node.js); the evidence says so.
//!
//! # Example
//!
//! ```yaml
//! resources:
//!   requests:
//!     cpu: 50m
//!     memory: 128Mi
//!     ephemeral-storage: 64Mi
//!   limits:
//!     memory: 512Mi
//!     ephemeral-storage: 1Gi
//! ```

mod asking;
mod contradiction;
mod cpu;
mod memory;
mod namespace;
mod settings;
mod storage;
mod uncounted;

use super::{Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::resources::quota::Quota;
use crate::resources::range::Ranges;
use crate::resources::scaler::Autoscalers;
use crate::workload::{Container, List, Pod};
use asking::{Asking, Place};
use settings::Settings;
use storage::Volumes;

/// The rule.
pub const RULE: Rule = Rule {
    id: "limits",
    title: "a container may take what its node has",
    severity: Severity::Medium,
    matter: Matter::Resources,
    mends: "sets requests and a memory limit",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven],
    standards: &[
        Standard::Nsa("Resource policies"),
        Standard::Checkov("CKV_K8S_10"),
        Standard::Checkov("CKV_K8S_11"),
        Standard::Checkov("CKV_K8S_12"),
        Standard::Checkov("CKV_K8S_13"),
        Standard::Kubescape("C-0009"),
        Standard::Kubescape("C-0268"),
        Standard::Kubescape("C-0269"),
        Standard::Kubescape("C-0270"),
        Standard::Kubescape("C-0271"),
    ],
    parameters: &[
        quantity("cpuRequest", "the request of processor time where no source knows the container.", "\"50m\""),
        quantity("memoryRequest", "the request of memory where no source knows the container.", "\"128Mi\""),
        quantity("memoryLimit", "the memory limit where no source knows the container, at least.", "\"512Mi\""),
        quantity("ephemeralStorageRequest", "the request of ephemeral storage.", "\"64Mi\""),
        quantity("ephemeralStorageLimit", "the limit of ephemeral storage, without room for emptyDirs.", "\"1Gi\""),
        Parameter {
            name: "cpuLimit",
            help: "whether CPU limits are set: `never`, `always`, or `auto` where pods without one are refused.",
            default: "\"never\"",
            form: Form::OneOf(&["never", "auto", "always"]),
        },
        quantity("leastCpuLimit", "a CPU limit that is set is at least this.", "\"500m\""),
        Parameter {
            name: "memoryHeadroom",
            help: "what is added to memory limits that krr or a VPA measured, in percent; both have added 15 already.",
            default: "0",
            form: Form::Whole(0..=1000),
        },
    ],
    // Before `read-only-root`, whose init containers take over the resources of the containers they work for.
    stage: Stage::Pod,
    check: Check::Pod(check),
};

const fn quantity(name: &'static str, help: &'static str, default: &'static str) -> Parameter {
    Parameter { name, help, default, form: Form::Quantity }
}

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let Some((around, workload)) = pod.around().and_then(|around| Some((around, around.identity?))) else { return };
    let place = Place {
        pod,
        around,
        workload,
        settings: Settings::of(found),
        ranges: Ranges::of(around.neighbours, around.namespace()),
        quotas: Quota::of(around.neighbours, around.namespace(), pod),
        autoscalers: Autoscalers::of(around.neighbours, workload),
        volumes: Volumes::of(pod),
    };
    // A container without an image is part of a patch: what it asks for may stand in what is patched.
    let looked_at = |one: &&Container<'_>| one.list() != List::Ephemeral && !one.image().is_empty();
    let is_uncounted = uncounted::check(&place, found);
    for container in pod.containers().iter().filter(looked_at) {
        let asking = Asking::of(&place, container);
        if !is_uncounted {
            cpu::check(&asking, found);
            memory::check(&asking, found);
        }
        storage::check(&asking, found);
    }
    namespace::check(&place, found);
}
