//! What else acts on the pods of a workload: budgets and autoscalers of its namespace, as far as the user may list them.

use crate::cluster::{Error, ListOptions, Live, Resource, Server};
use crate::workload::selects;
use serde_json::Value;
use std::sync::Arc;

/// Names of what acts on a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// PodDisruptionBudgets of its pods; `None` where they may not be listed.
    pub(super) budgets: Option<Vec<String>>,
    /// HorizontalPodAutoscalers that scale it.
    pub(super) scalers: Vec<String>,
    /// VerticalPodAutoscalers that set its requests.
    pub(super) sizers: Vec<String>,
}

/// Ask for it. What may not be read, or is not served, is not there.
pub(super) async fn look(server: &Server, live: &Live, template: &Value) -> Around {
    let budgets = Resource::builtin("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true);
    let scalers = Resource::builtin("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true);
    let sizers = Resource::builtin("autoscaling.k8s.io", "v1", "VerticalPodAutoscaler", "verticalpodautoscalers", true);
    let labels = template.pointer("/metadata/labels").cloned().unwrap_or_default();
    let guards = |budget: &Value| budget.pointer("/spec/selector").is_some_and(|selector| selects(selector, &labels));
    let aims = |at: &'static str| move |value: &Value| value.pointer(at).is_some_and(|aim| is_aimed(aim, live));
    let (budgets, scalers, sizers) = futures::join!(
        names(server, live, budgets, guards),
        names(server, live, scalers, aims("/spec/scaleTargetRef")),
        names(server, live, sizers, aims("/spec/targetRef")),
    );
    Around { budgets: budgets.ok(), scalers: scalers.unwrap_or_default(), sizers: sizers.unwrap_or_default() }
}

async fn names(
    server: &Server,
    live: &Live,
    resource: Resource,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let options = ListOptions { chunk: 500, ..ListOptions::default() };
    let each = |one: Live| {
        if wanted(&one.value) {
            names.push(one.reference.name);
        }
    };
    server.list(&Arc::new(resource), live.reference.namespace.as_deref(), &options, each).await?;
    Ok(names)
}

/// Whether a reference by kind and name means this object.
fn is_aimed(aim: &Value, live: &Live) -> bool {
    let is = |field: &str, wanted: &str| aim.get(field).and_then(Value::as_str) == Some(wanted);
    is("kind", &live.reference.resource.kind) && is("name", &live.reference.name)
}
