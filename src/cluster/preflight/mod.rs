//! What the server would say to a change, before it is made: to the object, and to a pod of its new template.

mod around;
mod beforehand;
mod kinds;
mod pod;
mod refusal;

use super::journal::Pen;
use super::write::Draft;
use super::{DryRun, Error, Live, Server, Target};
use crate::workload::lookup;
pub use kinds::forbidden;
use pod::Answer;
pub use refusal::words;

/// How the change is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// By the pen that suits the object; by a JSON patch wherever server-side apply meets another manager's fields or cannot
    /// say the change.
    Suiting(Pen),
    /// By server-side apply: `--server-side`.
    Apply {
        /// Take fields of other managers over.
        force: bool,
    },
}

/// What was found out beforehand.
#[derive(Debug, Clone, Default)]
pub struct Preflight {
    /// What the object would be, as the server's dry run gives it; `None` where the user may not patch, or a webhook takes no
    /// dry run.
    pub merged: Option<Live>,
    /// How it is to be written: settled by what the server took.
    pub pen: Option<Pen>,
    /// Fields that other managers own with another value: manager and field.
    pub conflicts: Vec<(String, String)>,
    /// Warnings of the server.
    pub warnings: Vec<String>,
    /// What stands against the change: the server refuses the workload, or a pod of its new template.
    pub refusals: Vec<String>,
    /// What may cost something, so that nobody should go on without having read it.
    pub cautions: Vec<String>,
    /// What a person should know before: pods that restart together, an autoscaler, a paused rollout.
    pub notes: Vec<String>,
    /// Whether the server took a pod of every new template.
    pub pods_accepted: bool,
}

/// Try a change on the server without making it: the object, and a pod of its new template.
///
/// # Errors
/// When the object has changed since ([`Error::is_stale`]) or is gone, and when the server cannot be asked.
pub async fn run(server: &Server, target: &Target, manner: Manner) -> Result<Preflight, Error> {
    let mut found = Preflight::default();
    if let Some(why) = kinds::forbidden(target) {
        found.refusals.push(why);
        return Ok(found);
    }
    object(server, target, manner, &mut found).await?;
    if let Some(template) = target.templates.first().and_then(|first| lookup(&target.after, first)) {
        let around = around::look(server, &target.live, template).await;
        let said = beforehand::said(&target.live, &around);
        found.notes.extend(said.notes);
        found.cautions.extend(said.cautions);
    }
    // A pod's own template is itself, and it is there already.
    if found.refusals.is_empty() && target.templates.iter().any(|template| !template.is_empty()) {
        pods(server, target, &mut found).await?;
    }
    found.warnings = server.take_warnings();
    found.warnings.sort();
    found.warnings.dedup();
    Ok(found)
}

/// Try the object, by one pen after the other.
async fn object(server: &Server, target: &Target, manner: Manner, found: &mut Preflight) -> Result<(), Error> {
    let plain = || Draft::plain(target);
    let drafts = match manner {
        Manner::Suiting(Pen::Apply) => Draft::apply(target, false).into_iter().chain([plain()]).collect(),
        Manner::Suiting(_) => vec![plain()],
        Manner::Apply { force } => Draft::apply(target, force).map_or_else(|| vec![plain()], |draft| vec![draft]),
    };
    let last = drafts.len() - 1;
    for (index, draft) in drafts.into_iter().enumerate() {
        match draft.send(server, target, DryRun::Server).await {
            Ok(merged) => {
                found.merged = Some(merged);
                found.pen = Some(draft.pen);
                return Ok(());
            }
            Err(error) if error.is_stale() || error.is_not_found() || is_away(&error) => return Err(error),
            Err(error) => {
                let causes =
                    error.status().filter(|_| error.is_manager_conflict()).map(|status| &status.details.causes);
                for cause in causes.into_iter().flatten() {
                    found.conflicts.push((manager_in(&cause.message), cause.field.clone()));
                }
                if index < last {
                    continue;
                }
                found.pen = Some(draft.pen);
                if refusal::takes_no_dry_run(&error) {
                    found.notes.push("a webhook takes no dry run: what the server would say is not known".to_owned());
                } else if !error.is_manager_conflict() {
                    found
                        .refusals
                        .extend(refusal::words(&error).into_iter().map(|why| format!("the server refuses it: {why}")));
                }
            }
        }
    }
    Ok(())
}

/// Whether the server gave no answer to the question. A webhook that cannot be reached is an answer: 500.
fn is_away(error: &Error) -> bool {
    error.status().is_none() || matches!(error.code(), 429 | 503 | 504)
}

/// `helm` of `conflict with "helm" using apps/v1`.
fn manager_in(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_owned()
}

/// Try a pod of each template that changes.
async fn pods(server: &Server, target: &Target, found: &mut Preflight) -> Result<(), Error> {
    found.pods_accepted = true;
    for template in &target.templates {
        if lookup(&target.after, template) == lookup(&target.live.value, template) {
            continue;
        }
        let answer = pod::tried(server, target, template).await?;
        found.pods_accepted &= answer == Answer::Accepted;
        match answer {
            Answer::Accepted => {}
            Answer::Untold(why) => found.notes.push(why),
            Answer::Refused { words, before } => weigh(&target.live, words, before, found),
        }
    }
    Ok(())
}

/// Judge a refused pod: it stands against the change where the controller would be refused for sure.
fn weigh(live: &Live, words: Vec<String>, before: bool, found: &mut Preflight) {
    let also = if before { " (one of the present template is refused as well)" } else { "" };
    for why in words {
        let said = format!("a pod of the new template is refused: {why}{also}");
        if why.starts_with("exceeded quota") && makes_room(live) {
            found.cautions.push(format!("there is no room for one more pod in the quota: {why}"));
        } else if before && !is_sure(&why) {
            // Admission may look at who asks, which is a controller then.
            found.cautions.push(said);
        } else {
            found.refusals.push(said);
        }
    }
}

/// Whether a refusal does not depend on who makes the pod.
fn is_sure(why: &str) -> bool {
    let signs = [
        "violates PodSecurity",
        "exceeded quota",
        "failed quota",
        "maximum ",
        "minimum ",
        "Internal error occurred: failed calling webhook",
    ];
    signs.iter().any(|sign| why.trim_start_matches('[').starts_with(sign))
}

/// Whether old pods go before the new ones come, so that a full quota has room for them.
fn makes_room(live: &Live) -> bool {
    let kind = live.reference.resource.kind.as_str();
    let replicas = beforehand::number(live, "/spec/replicas").unwrap_or(1);
    let recreated = live.value.pointer("/spec/strategy/type").is_some_and(|kind| kind == "Recreate");
    match kind {
        "Deployment" => recreated || replicas == 0 || beforehand::allowance(live, replicas).1 > 0,
        "StatefulSet" | "DaemonSet" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn weighed(spec: Value, why: &str, before: bool) -> Preflight {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let live = Live::new(&resource, json!({"metadata": {"name": "web"}, "spec": spec}));
        let mut found = Preflight::default();
        weigh(&live, vec![why.to_owned()], before, &mut found);
        found
    }

    #[test]
    fn a_new_refusal_stands_against_the_change() {
        let found = weighed(json!({}), "violates PodSecurity \"restricted:latest\": x", false);
        assert_eq!(
            found.refusals,
            ["a pod of the new template is refused: violates PodSecurity \"restricted:latest\": x"]
        );
    }

    #[test]
    fn one_that_was_there_before_is_told_apart() {
        let found = weighed(json!({}), "violates PodSecurity \"restricted:latest\": x", true);
        assert!(found.refusals[0].ends_with("(one of the present template is refused as well)"));
        let found = weighed(json!({}), "admission webhook \"x\" denied the request: naked", true);
        assert_eq!((found.refusals.len(), found.cautions.len()), (0, 1));
    }

    #[test]
    fn a_full_quota_matters_where_the_new_pod_comes_first() {
        let why = "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3";
        assert_eq!(weighed(json!({"replicas": 3}), why, true).refusals.len(), 1);
        assert_eq!(weighed(json!({"replicas": 8}), why, true).cautions.len(), 1);
        assert_eq!(weighed(json!({"strategy": {"type": "Recreate"}}), why, false).cautions.len(), 1);
    }

    #[test]
    fn the_manager_of_a_conflict() {
        assert_eq!(manager_in("conflict with \"helm\" using apps/v1"), "helm");
    }
}
