//! What VerticalPodAutoscalers recommend: objects with their status, as `kubectl get vpa -o yaml` or `-o json` prints them.
//!
//! The target becomes the request and the upper bound the limit.

use super::read::{Text, each};
use super::{Entry, Key, Source, SourceError};
use serde_json::Value;

/// The conditions of a recommendation that is not to be relied on.
const DOUBTS: [(&str, &str, &str); 4] = [
    ("LowConfidence", "True", "has low confidence: too little data"),
    ("NoPodsMatched", "True", "matches no pods"),
    ("ConfigUnsupported", "True", "has an unsupported configuration"),
    ("RecommendationProvided", "False", "has no recommendation yet"),
];

/// Read one. `file` is its name for people.
pub fn read(file: &str, text: &str) -> Result<Source, SourceError> {
    let entries = each(file, text, |text| {
        let items = text.value.get("items").and_then(Value::as_array);
        let places = items
            .map_or_else(|| vec![String::new()], |items| (0..items.len()).map(|at| format!("/items/{at}")).collect());
        let entries = places.iter().map(|at| object(text, at)).collect::<Result<Vec<_>, _>>()?;
        Ok(entries.into_iter().flatten())
    })?;
    Ok(Source::new(entries.into_iter().flatten().collect()))
}

/// The entries of one object.
fn object(text: &Text<'_>, at: &str) -> Result<Vec<Entry>, SourceError> {
    let stated = |path: &str| text.value.pointer(&format!("{at}/{path}"));
    if stated("kind").and_then(Value::as_str) != Some("VerticalPodAutoscaler") {
        return Err(text.wrong(at, "expected VerticalPodAutoscalers, as `kubectl get vpa -A -o yaml` prints them"));
    }
    let vpa = text.string(&format!("{at}/metadata/name"))?;
    let key = Key {
        namespace: stated("metadata/namespace").and_then(Value::as_str).unwrap_or("*").to_owned(),
        kind: text.string(&format!("{at}/spec/targetRef/kind"))?,
        name: text.string(&format!("{at}/spec/targetRef/name"))?,
        container: "*".to_owned(),
    };
    let conditions = stated("status/conditions").and_then(Value::as_array);
    let has = |wanted: &str, status: &str| {
        conditions.into_iter().flatten().any(|condition| condition["type"] == wanted && condition["status"] == status)
    };
    let doubt = DOUBTS.iter().find(|(condition, status, _)| has(condition, status));
    let doubt = doubt.map(|(_, _, clause)| format!("vpa/{vpa} {clause}"));
    let list = "status/recommendation/containerRecommendations";
    let Some(Value::Array(containers)) = stated(list) else {
        let doubt = doubt.unwrap_or_else(|| format!("vpa/{vpa} has no recommendation yet"));
        let (requests, limits) = Default::default();
        return Ok(vec![Entry { key, requests, limits, measured: true, doubt: Some(doubt) }]);
    };
    let entry = |index: usize| {
        let at = format!("{at}/{list}/{index}");
        let container = text.string(&format!("{at}/containerName"))?;
        Ok(Entry {
            key: Key { container, ..key.clone() },
            requests: text.amounts(&format!("{at}/target"), |_| format!("vpa/{vpa} target p90 + 15 %"))?,
            limits: text.amounts(&format!("{at}/upperBound"), |_| format!("vpa/{vpa} upperBound p95 + 15 %"))?,
            measured: true,
            doubt: doubt.clone(),
        })
    };
    (0..containers.len()).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resource;

    const VPA: &str = "\
kind: VerticalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {targetRef: {kind: Deployment, name: web}}
status:
  conditions: [{type: RecommendationProvided, status: \"True\"}]
  recommendation:
    containerRecommendations:
      - {containerName: web, target: {cpu: 25m, memory: 262144k}, upperBound: {cpu: 1, memory: 1Gi}}
";

    #[test]
    fn the_target_is_the_request_and_the_upper_bound_the_limit() {
        let list = format!("kind: List\nitems:\n- {}", VPA.replace('\n', "\n  "));
        for text in [VPA.to_owned(), list] {
            let source = read("vpa.yaml", &text).unwrap();
            let entry = &source.entries()[0];
            assert_eq!(
                entry.key,
                Key {
                    namespace: "shop".into(),
                    kind: "Deployment".into(),
                    name: "web".into(),
                    container: "web".into()
                }
            );
            assert_eq!(entry.requests[&Resource::Cpu].from, "vpa/web target p90 + 15 %");
            assert_eq!(entry.limits[&Resource::Memory].amount.to_string(), "1Gi");
            assert!(entry.doubt.is_none());
        }
    }

    #[test]
    fn what_the_recommender_doubts_is_told() {
        let low = VPA.replace("RecommendationProvided", "LowConfidence");
        let doubt = |text: &str| read("vpa.yaml", text).unwrap().entries()[0].doubt.clone().unwrap();
        assert_eq!(doubt(&low), "vpa/web has low confidence: too little data");
        assert_eq!(doubt(VPA.split("status:").next().unwrap()), "vpa/web has no recommendation yet");
    }

    #[test]
    fn other_objects_are_refused() {
        let error = read("vpa.yaml", "kind: List\nitems:\n  - kind: Pod\n").unwrap_err().to_string();
        assert!(error.starts_with("vpa.yaml:3:5: expected VerticalPodAutoscalers"), "{error}");
    }
}
