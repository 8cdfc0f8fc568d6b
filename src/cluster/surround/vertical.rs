//! What the VerticalPodAutoscalers of a cluster recommend.

use super::{Missing, Place};
use crate::cluster::Live;
use crate::resources::{Source, SourceError, vpa};
use serde_json::json;

/// Their recommendations; none where they are not served or may not be listed.
pub async fn recommendations(place: &Place<'_>, missing: &mut Missing) -> Result<Source, SourceError> {
    let mut items = Vec::new();
    let served = ["autoscaling.k8s.io/v1", "autoscaling.k8s.io/v1beta2"]
        .into_iter()
        .find_map(|version| place.discovery.of_kind(version, "VerticalPodAutoscaler"));
    let Some(resource) = served else {
        missing.others.insert("the server has no VerticalPodAutoscalers: --limits-from vpa knows nothing".to_owned());
        return Ok(Source::default());
    };
    for namespace in place.of(&resource) {
        let each = |live: Live| items.push(live.value);
        let result = place.server.list(&resource, namespace.as_deref(), &place.options(), each).await;
        missing.note(&resource, namespace.as_deref(), result);
    }
    vpa::read("vpa", &json!({"kind": "List", "items": items}).to_string())
}
