//! What a run came to, for machines. Its shape is published as `docs/apply.schema.json`.

use crate::cluster::Reference;
use crate::cluster::apply::{Back, Fall, Outcome};
use crate::report::json::{API_VERSION, printed};
use crate::secrets::redacted;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// What became of the objects of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ApplyReport {
    /// Always `kubectl-harden.dev/v1alpha1`.
    api_version: &'static str,
    /// Always `ApplyReport`.
    kind: &'static str,
    /// The version of kubectl-harden.
    version: &'static str,
    /// The profile's name.
    profile: String,
    /// `none`, `client` or `server`.
    dry_run: &'static str,
    /// The run, as `history` and `undo` name it; absent where nothing was to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// The objects, in the order they were asked for.
    objects: Vec<ObjectResult>,
    /// What could not be had, a sentence each. The exit code is 2 or 6 then.
    errors: Vec<String>,
}

/// One object, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectResult {
    /// Its `apiVersion`.
    api_version: String,
    /// Its `kind`.
    kind: String,
    /// Its namespace; absent for an object of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// Its name.
    name: String,
    /// What became of it.
    result: ResultName,
    /// Why: what refused or stopped it, or why there is nothing to watch. A sentence each.
    reasons: Vec<String>,
    /// Seconds until its pods were healthy, where they got so; after a rollback those until they were healthy again.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    /// The values that change, secrets masked. Empty where nothing changes, or where what would change is not known.
    changes: Vec<ValueChange>,
    /// The rules that change them.
    rules: Vec<&'static str>,
    /// New objects that are made before it and for it, such as `serviceaccount/web`.
    added: Vec<String>,
    /// Why its new pods do not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<DiagnosisReport>,
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum ResultName {
    /// There is nothing to change.
    Unchanged,
    /// It can be changed, and was not: a dry run, or the answer was no.
    Planned,
    /// It is changed, and its pods are healthy.
    Healthy,
    /// It is changed, and there are no pods to watch.
    Unwatched,
    /// It is as it was: something stands against the change.
    Refused,
    /// It was changed, did not work, and is as it was.
    RolledBack,
    /// It was changed, does not work, and is not as it was, or its pods do not work all the same.
    Broken,
    /// It is as it was: it could not be asked for.
    Failed,
    /// It is changed, or may be, and nobody knows what became of it.
    Unknown,
    /// It was not begun: the run had stopped.
    NotBegun,
}

/// What a run would do to an object, or did.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The values that change.
    pub changes: Vec<ValueChange>,
    /// The rules that change them.
    pub rules: Vec<&'static str>,
    /// New objects that go with it.
    pub added: Vec<String>,
}

/// One value that changes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueChange {
    /// Where, items of lists by their names: `spec.template.spec.containers[web].image`; empty for the whole of an object that
    /// is made or deleted.
    pub path: String,
    /// The value as it was; null where there was none.
    pub before: Option<Value>,
    /// The value as it becomes; null where it is taken away.
    pub after: Option<Value>,
}

/// Why new pods do not work.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DiagnosisReport {
    /// What is wrong, a few words.
    cause: String,
    /// The line that shows it.
    evidence: String,
    /// The rule whose change brought it about; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    /// What would mend it.
    advice: String,
}

/// What all objects of a run have in common.
#[derive(Debug, Clone)]
pub struct Heading<'h> {
    /// The profile's name.
    pub profile: &'h str,
    /// `none`, `client` or `server`.
    pub dry_run: &'static str,
    /// The run's name, where there is one.
    pub run: Option<&'h str>,
}

/// The document, line break included.
pub fn json(heading: &Heading<'_>, objects: Vec<ObjectResult>, errors: Vec<String>) -> String {
    printed(&ApplyReport {
        api_version: API_VERSION,
        kind: "ApplyReport",
        version: env!("CARGO_PKG_VERSION"),
        profile: heading.profile.to_owned(),
        dry_run: heading.dry_run,
        run: heading.run.map(str::to_owned),
        objects,
        errors,
    })
}

/// The published schema as indented JSON, line break included.
#[cfg(test)]
fn schema() -> String {
    printed(&schemars::schema_for!(ApplyReport))
}

impl ObjectResult {
    /// `outcome` is `None` where the object could be changed and was not.
    pub fn of(reference: &Reference, outcome: Option<&Outcome>, wanted: Wanted) -> Self {
        let Wanted { changes, rules, added } = wanted;
        let identity = reference.identity();
        let (result, reasons, seconds) = told(outcome);
        let diagnosis = match outcome {
            Some(Outcome::Fallen(fall)) => fall.diagnosis.as_ref(),
            _ => None,
        };
        let diagnosis = diagnosis.map(|why| DiagnosisReport {
            cause: why.cause.clone(),
            evidence: redacted(&why.evidence.text),
            rule: why.rule,
            advice: why.advice.clone(),
        });
        Self {
            api_version: identity.api_version,
            kind: identity.kind,
            namespace: identity.namespace,
            name: identity.name,
            result,
            reasons: reasons.iter().map(|reason| redacted(reason)).collect(),
            seconds,
            changes,
            rules,
            added,
            diagnosis,
        }
    }
}

fn told(outcome: Option<&Outcome>) -> (ResultName, Vec<String>, Option<u64>) {
    let bare = |name| (name, Vec::new(), None);
    match outcome {
        None => bare(ResultName::Planned),
        Some(Outcome::Unchanged) => bare(ResultName::Unchanged),
        Some(Outcome::Untouched) => bare(ResultName::NotBegun),
        Some(Outcome::Healthy(after)) => (ResultName::Healthy, Vec::new(), Some(after.as_secs())),
        Some(Outcome::Unwatched(why)) => (ResultName::Unwatched, vec![why.clone()], None),
        Some(Outcome::Refused(whys)) => (ResultName::Refused, whys.clone(), None),
        Some(Outcome::Failed(why)) => (ResultName::Failed, vec![why.clone()], None),
        Some(Outcome::Lost(why)) => (ResultName::Unknown, vec![why.clone()], None),
        Some(Outcome::Fallen(fall)) => fallen(fall),
    }
}

fn fallen(fall: &Fall) -> (ResultName, Vec<String>, Option<u64>) {
    let mut reasons: Vec<String> =
        Some(fall.failure.summary.clone()).filter(|why| !why.is_empty()).into_iter().collect();
    let (name, seconds) = match &fall.back {
        Back::Healthy(after) => (ResultName::RolledBack, Some(after.as_secs())),
        Back::Unwatched(why) => {
            reasons.extend(Some(why.clone()).filter(|why| !why.is_empty()));
            (ResultName::RolledBack, None)
        }
        Back::AsBefore => (ResultName::RolledBack, None),
        Back::Unhealthy(why) => {
            reasons.push(why.clone());
            (ResultName::Broken, None)
        }
        Back::Sticks(whys) | Back::Stuck(whys) => {
            reasons.extend(whys.clone());
            (ResultName::Broken, None)
        }
        Back::Kept => (ResultName::Broken, None),
    };
    reasons.extend(fall.left.clone());
    (name, reasons, seconds)
}

#[cfg(test)]
mod tests;
