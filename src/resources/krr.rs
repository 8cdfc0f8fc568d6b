//! What `krr` recommends: the output of its `-f json` or `-f yaml`.
//!
//! `null` is an amount that its strategy leaves unset on purpose; `"?"` is one that it cannot tell.

use super::read::{Text, each};
use super::{Entry, Key, Recommended, Resource, Source, SourceError};
use serde_json::Value;
use std::collections::BTreeMap;

/// Less than this many hours tell nothing of a day's peak.
const FEW_HOURS: f64 = 3.0;

/// Read one. `file` is its name for people.
pub fn read(file: &str, text: &str) -> Result<Source, SourceError> {
    let entries = each(file, text, entries)?;
    Ok(Source::new(entries.into_iter().flatten().collect()))
}

fn entries(text: &Text<'_>) -> Result<Vec<Entry>, SourceError> {
    let Some(Value::Array(scans)) = text.value.get("scans") else {
        return Err(
            text.wrong("", "expected the output of `krr simple -f json` or `-f yaml`, with a list under `scans`")
        );
    };
    let strategy = Strategy::of(&text.value);
    (0..scans.len()).map(|index| entry(text, &format!("/scans/{index}"), &strategy)).collect()
}

fn entry(text: &Text<'_>, at: &str, strategy: &Strategy) -> Result<Entry, SourceError> {
    let object = |key: &str| text.string(&format!("{at}/object/{key}"));
    let key = Key {
        namespace: object("namespace")?,
        kind: object("kind")?,
        name: object("name")?,
        container: object("container")?,
    };
    let mut unknown = Vec::new();
    let mut part = |part: &str| -> Result<BTreeMap<Resource, Recommended>, SourceError> {
        let mut amounts = BTreeMap::new();
        for resource in [Resource::Cpu, Resource::Memory] {
            let at = format!("{at}/recommended/{part}/{resource}/value");
            match text.value.pointer(&at) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text == "?" => unknown.push(resource),
                Some(value) => {
                    let amount = text.quantity(&at, value)?;
                    amounts.insert(resource, Recommended { amount, from: strategy.says(part, resource) });
                }
            }
        }
        Ok(amounts)
    };
    let (requests, limits) = (part("requests")?, part("limits")?);
    let doubt = unknown.first().map(|resource| {
        let info = text.value.pointer(&format!("{at}/recommended/info/{resource}")).and_then(Value::as_str);
        let info = info.map(|info| format!(" ({info})")).unwrap_or_default();
        format!("krr has no answer for its {resource}{info}")
    });
    let few = strategy.hours.filter(|hours| *hours < FEW_HOURS);
    let doubt = doubt.or_else(|| few.map(|hours| format!("krr looked at {hours} h only")));
    Ok(Entry { key, requests, limits, measured: true, doubt })
}

/// How krr came to its numbers.
struct Strategy {
    hours: Option<f64>,
    cpu_request: Option<f64>,
    cpu_limit: Option<f64>,
    memory_buffer: Option<f64>,
}

impl Strategy {
    fn of(value: &Value) -> Self {
        let setting = |name: &str| {
            let value = value.pointer(&format!("/strategy/settings/{name}"))?;
            value.as_f64().or_else(|| value.as_str()?.parse().ok())
        };
        Self {
            hours: setting("history_duration"),
            cpu_request: setting("cpu_percentile").or_else(|| setting("cpu_request")),
            cpu_limit: setting("cpu_limit"),
            memory_buffer: setting("memory_buffer_percentage"),
        }
    }

    /// Where an amount is from: `krr: max over 14 d plus 15 %`.
    fn says(&self, part: &str, resource: Resource) -> String {
        let time = self.hours.map(|hours| match hours {
            hours if hours >= 48.0 => format!(" over {} d", (hours / 24.0).round()),
            hours => format!(" over {hours} h"),
        });
        let time = time.unwrap_or_default();
        let percentile = if part == "limits" { self.cpu_limit } else { self.cpu_request };
        match (resource, percentile, self.memory_buffer) {
            (Resource::Cpu, Some(percentile), _) => format!("krr: p{percentile}{time}"),
            (Resource::Cpu, None, _) => format!("krr: recommended{time}"),
            (_, _, Some(buffer)) => format!("krr: max{time} plus {buffer} %"),
            (_, _, None) => format!("krr: max{time} with its margin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn output(hours: &str, requests: Value, limits: Value) -> String {
        json!({
            "scans": [{
                "object": {"cluster": null, "name": "web", "container": "web", "namespace": "shop", "kind": "Deployment"},
                "recommended": {"requests": requests, "limits": limits, "info": {"cpu": null, "memory": "Not enough data"}},
                "severity": "WARNING", "metrics": {},
            }],
            "score": 10, "resources": ["cpu", "memory"],
            "strategy": {"name": "simple", "settings": {
                "history_duration": hours, "cpu_percentile": "95", "memory_buffer_percentage": "15"}},
        })
        .to_string()
    }

    #[test]
    fn amounts_say_how_they_were_measured() {
        let requests =
            json!({"cpu": {"value": 0.012, "severity": "OK"}, "memory": {"value": 314572800.0, "severity": "OK"}});
        let limits =
            json!({"cpu": {"value": null, "severity": "OK"}, "memory": {"value": 314572800.0, "severity": "OK"}});
        let source = read("krr.json", &output("336", requests, limits)).unwrap();
        let entry = &source.entries()[0];
        assert_eq!(entry.requests[&Resource::Cpu].amount.to_string(), "12m");
        assert_eq!(entry.requests[&Resource::Cpu].from, "krr: p95 over 14 d");
        assert_eq!(entry.limits[&Resource::Memory].amount.to_string(), "300Mi");
        assert_eq!(entry.limits[&Resource::Memory].from, "krr: max over 14 d plus 15 %");
        assert!(!entry.limits.contains_key(&Resource::Cpu) && entry.doubt.is_none());
    }

    #[test]
    fn no_answer_and_little_data_are_doubts() {
        let unknown = json!({"cpu": {"value": 0.1}, "memory": {"value": "?"}});
        let source = read("krr.json", &output("336", unknown.clone(), json!({}))).unwrap();
        let doubt = source.entries()[0].doubt.as_deref();
        assert_eq!(doubt, Some("krr has no answer for its memory (Not enough data)"));
        let source = read("krr.json", &output("2", json!({"cpu": {"value": 0.1}}), json!({}))).unwrap();
        assert_eq!(source.entries()[0].doubt.as_deref(), Some("krr looked at 2 h only"));
    }

    #[test]
    fn what_krr_did_not_write_is_refused() {
        let error = |text: &str| read("krr.json", text).unwrap_err().to_string();
        assert!(error("{}").starts_with("krr.json:1:1: expected the output of `krr simple -f json`"));
        assert!(
            error("scans:\n  - object: {kind: Job}\n").contains("krr.json:2:5: expected a string under `namespace`")
        );
        let odd = output("1", json!({"cpu": {"value": "fast"}}), json!({}));
        assert!(error(&odd).contains("expected a quantity such as 250m or 128Mi, found \"fast\""));
    }
}
