//! # What it checks
//!
//! Every container has `readOnlyRootFilesystem: true`, itself: there is no such field on the pod. Ephemeral containers and
//! pods with `os.name: windows` are left alone.
//!
//! # Why
//!
//! Whoever breaks into a program can write nothing beside it: no tool, no changed program, no cron job.
//!
//! # What it changes
//!
//! Sets the flag **with** the writable mounts that the program needs: one emptyDir a container, with a `subPath` for each
//! path where there are several, and a `sizeLimit` (parameters `sizeLimit`, and `dataSizeLimit` where data lies in it).
//! Where the paths come from, the first that knows them:
//!
//! 1. the facts (of the profile, then those built in);
//! 2. the image, if its layers could be read: its VOLUMEs, directories that its user may write, caches and logs that its
//!    own layers made, what its start scripts write; links to /dev/stdout stay as they are;
//! 3. nothing: /tmp, /run and /var/tmp.
//!
//! Nothing is mounted over or above a mount that is there. Where the image has files in a directory that the program must
//! be able to write, or the program insists on owning it, an init container of the same image and user, hardened itself,
//! brings them along with `cp -RP`; that needs `sh` and `cp` in the image. A container whose mounts cover everything gets
//! just the flag.
//!
//! # What can break
//!
//! `safe` where the facts say what the image writes; `likely` where it was inferred from the image's layers or the
//! manifest starts another program; `unproven` where nothing is known (16 of 31 measured programs failed) or a path
//! cannot be made writable. What lay in the image's layer before lies in the emptyDir now: it goes with the pod, as it did.
//! An explicit `false`, and a privileged container, are `unproven` at best.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     securityContext:
//!       readOnlyRootFilesystem: true
//!     volumeMounts:
//!       - name: writable-web
//!         mountPath: /tmp
//! volumes:
//!   - name: writable-web
//!     emptyDir:
//!       sizeLimit: 1Gi
//! ```

use super::common::image::{MORE, assessed, node_role, start_of, starting_user};
use super::common::mounting::{Limits, add_mounts};
use super::findings::or_except;
use super::{Assessment, Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::image::Known;
use crate::image::advice::{self, Fill, WritableAdvice, WritablePath};
use crate::workload::{Container, List, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "read-only-root",
    title: "a container can write its root file system",
    severity: Severity::Low,
    matter: Matter::Files,
    mends: "makes it read-only, mounts the rest",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven],
    standards: &[
        Standard::Cis("5.6.3"),
        Standard::Nsa("Immutable container file systems"),
        Standard::Checkov("CKV_K8S_22"),
        Standard::Kubescape("C-0017"),
    ],
    parameters: &[
        Parameter {
            name: "sizeLimit",
            help: "the size limit of an emptyDir for temporary files.",
            default: "\"1Gi\"",
            form: Form::Quantity,
        },
        Parameter {
            name: "dataSizeLimit",
            help: "the size limit of an emptyDir that takes the place of a VOLUME or holds data.",
            default: "\"10Gi\"",
            form: Form::Quantity,
        },
    ],
    stage: Stage::Files,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    let text = |name: &str| found.parameter(name).as_str().unwrap_or_default().to_owned();
    let limits = Limits { passing: text("sizeLimit"), data: text("dataSizeLimit") };
    for container in pod.containers().iter().filter(|container| container.list() != List::Ephemeral) {
        let field = container.field("securityContext/readOnlyRootFilesystem");
        if field.as_bool() == Some(true) {
            continue;
        }
        let known = pod.image_of(container);
        let draft = found.at(&field).because("whoever is in the container can change its programs");
        if let Some(role) = node_role(pod, &known, RULE.id) {
            draft.decide(or_except(RULE.id, &role));
            continue;
        }
        let (paths, assessment) = wanted(pod, container, &known);
        let assessment = with_doubts(container, &field, assessment);
        let draft = draft.set(&field, true, assessment.clone());
        add_mounts(draft, pod, container, &paths, &limits, assessment.risk);
    }
}

/// What has to be writable, and how sure it is that nothing else has to.
fn wanted(pod: &Pod<'_>, container: &Container<'_>, known: &Known) -> (Vec<WritablePath>, Assessment) {
    let start = start_of(container);
    let user = starting_user(pod, container, known).and_then(|user| u32::try_from(user).ok()).unwrap_or_default();
    let group = container.field("securityContext/runAsGroup").as_i64();
    let group = group.or_else(|| pod.field("securityContext/runAsGroup").as_i64());
    let group = group.and_then(|group| u32::try_from(group).ok());
    let mounts = container.mounts();
    let mounted: Vec<&str> = mounts.iter().map(|mount| mount.path).collect();
    match advice::writable(known, &start, (user, group), &mounted) {
        Some(WritableAdvice { mut paths, mut blocked, because }) => {
            if container.list() == List::Init {
                // Nothing runs before it that could bring files along.
                paths.retain(|path| {
                    let plain = !matches!(path.fill, Fill::Copy(_));
                    if !plain && path.needed {
                        blocked.push((path.path.clone(), "nothing can fill it before an init container".to_owned()));
                    }
                    plain
                });
            }
            let mut assessment = assessed(&because);
            if let Some((path, why)) = blocked.first() {
                let evidence = format!("{}; but {path} cannot be made writable: {why}", assessment.evidence);
                assessment = assessment.risk.max(Risk::Unproven).because(evidence);
            }
            (paths, assessment)
        }
        None => {
            let evidence =
                format!("nothing is known of what the image writes, and 16 of 31 measured programs failed; {MORE}");
            (advice::usual_paths(&mounted), Risk::Unproven.because(evidence))
        }
    }
}

/// What in the manifest makes the change more doubtful than the image does.
fn with_doubts(container: &Container<'_>, field: &crate::workload::Field<'_>, assessment: Assessment) -> Assessment {
    let doubt = if field.as_bool() == Some(false) {
        "the manifest says `readOnlyRootFilesystem: false`"
    } else if container.is_privileged() {
        "it is privileged, which speaks of work on the system"
    } else {
        return assessment;
    };
    assessment.risk.max(Risk::Unproven).because(format!("{doubt}; {}", assessment.evidence))
}
