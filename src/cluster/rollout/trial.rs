//! A trial of a CronJob: its job, run once, now.

use super::{Patience, Progress, Verdict, watch};
use crate::cluster::{Error, Live, Resource, Server, Write};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The label of the job of a trial, and of its pods.
const LABEL: &str = "kubectl-harden.dev/trial";
/// The longest name of a job, less what the server appends to it.
const LONGEST: usize = 63 - 12;
/// A job that nobody could delete any more goes by itself after this many seconds.
const KEEP: u64 = 3600;

/// Run the job of a CronJob once and watch it; the job is deleted afterwards, however it ended. This **does the work** of
/// the job, whatever that is: it is for the caller to know that it is wanted.
///
/// # Errors
/// When the job cannot be made, and as [`watch`].
pub async fn trial(
    server: &Server,
    cron_job: &Live,
    patience: Patience,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Verdict, Error> {
    let jobs = Arc::new(Resource::builtin("batch", "v1", "Job", "jobs", true));
    let namespace = cron_job.reference.namespace.as_deref();
    let made = server.create(&jobs, namespace, &job(&cron_job.value), Write::default()).await?;
    let verdict = watch(server, &made, patience, progress).await;
    // It goes by itself later if this fails.
    let _ = server.delete(&made.reference, made.uid()).await;
    verdict
}

/// The job: that of the CronJob, marked, and without a second try.
fn job(cron_job: &Value) -> Value {
    let template = cron_job.pointer("/spec/jobTemplate").unwrap_or(&Value::Null);
    let name = super::done::text(cron_job, "/metadata/name");
    let name = name.get(..LONGEST.min(name.len())).unwrap_or(name);
    let mut spec = template.get("spec").cloned().unwrap_or_default();
    spec["backoffLimit"] = json!(0);
    spec["ttlSecondsAfterFinished"] = json!(KEEP);
    spec["suspend"] = json!(false);
    if !spec["template"]["metadata"].is_object() {
        spec["template"]["metadata"] = json!({});
    }
    let mark = |metadata: &mut Value| {
        let labels = metadata["labels"].as_object().cloned();
        let mut labels: Map<String, Value> = labels.unwrap_or_default();
        labels.insert(LABEL.to_owned(), "true".into());
        metadata["labels"] = labels.into();
    };
    mark(&mut spec["template"]["metadata"]);
    let mut metadata = json!({"generateName": format!("{name}-trial-")});
    for key in ["labels", "annotations"] {
        if let Some(value) = template.pointer(&format!("/metadata/{key}")) {
            metadata[key] = value.clone();
        }
    }
    mark(&mut metadata);
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_is_that_of_the_cron_job_marked_and_tried_once() {
        let template = json!({"spec": {"containers": [{"name": "a"}]}});
        let cron_job = json!({"metadata": {"name": "backup"}, "spec": {"jobTemplate": {
            "metadata": {"labels": {"app": "backup"}}, "spec": {"backoffLimit": 6, "template": template}}}});
        assert_eq!(
            job(&cron_job),
            json!({"apiVersion": "batch/v1", "kind": "Job",
                "metadata": {"generateName": "backup-trial-", "labels": {"app": "backup", LABEL: "true"}},
                "spec": {"backoffLimit": 0, "ttlSecondsAfterFinished": 3600, "suspend": false, "template": {
                    "spec": {"containers": [{"name": "a"}]}, "metadata": {"labels": {LABEL: "true"}}}}})
        );
    }
}
