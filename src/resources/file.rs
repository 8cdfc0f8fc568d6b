//! A file of requests and limits that people keep beside their manifests:
//!
//! ```yaml
//! shop/Deployment/web/web:
//!   requests: { cpu: 100m, memory: 200Mi }
//!   limits: { memory: 400Mi }
//! "*/Deployment/*/istio-proxy":
//!   limits: { memory: 256Mi }
//! ```
//!
//! Each part of a key may be `*`, which fits any. Of the entries that fit a container the first counts.

use super::read::{Text, each};
use super::{Entry, Key, Source, SourceError};
use crate::workload::escape;
use serde_json::Value;

/// Read one. `file` is its name for people.
pub fn read(file: &str, text: &str) -> Result<Source, SourceError> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let entries = each(file, text, |text| entries(name, text))?;
    Ok(Source::new(entries.into_iter().flatten().collect()))
}

fn entries(file: &str, text: &Text<'_>) -> Result<Vec<Entry>, SourceError> {
    let Value::Object(mapping) = &text.value else {
        return Err(text.wrong("", "expected a mapping of namespace/kind/name/container to requests and limits"));
    };
    let mut entries = Vec::new();
    for (key, value) in mapping {
        let at = format!("/{}", escape(key));
        let parts: Vec<&str> = key.split('/').collect();
        let [namespace, kind, name, container] = parts[..] else {
            let message =
                format!("expected namespace/kind/name/container, found {key:?}; write * for a part that is to fit any");
            return Err(text.wrong(&at, message));
        };
        let Value::Object(requirements) = value else {
            return Err(text.wrong(&at, "expected a mapping with `requests` and `limits`"));
        };
        for part in requirements.keys() {
            if !["requests", "limits"].contains(&part.as_str()) {
                return Err(text.wrong(
                    &format!("{at}/{}", escape(part)),
                    format!("expected `requests` or `limits`, found {part:?}"),
                ));
            }
        }
        let amounts = |part: &str| text.amounts(&format!("{at}/{part}"), |_| format!("{file}: {key}"));
        let (requests, limits) = (amounts("requests")?, amounts("limits")?);
        if let Some((resource, _)) = limits
            .iter()
            .find(|(resource, limit)| requests.get(resource).is_some_and(|request| request.amount > limit.amount))
        {
            return Err(text
                .wrong(&format!("{at}/requests/{resource}"), format!("the request of {resource} is above its limit")));
        }
        let of = |part: &str| part.to_owned();
        let key = Key { namespace: of(namespace), kind: of(kind), name: of(name), container: of(container) };
        entries.push(Entry { key, requests, limits, measured: false, doubt: None });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resource;

    #[test]
    fn an_entry_says_where_it_stands() {
        let source = read("a/limits.yaml", "shop/Deployment/web/web:\n  limits: {memory: 300Mi}\n").unwrap();
        let memory = &source.entries()[0].limits[&Resource::Memory];
        assert_eq!(
            (memory.amount.to_string().as_str(), memory.from.as_str()),
            ("300Mi", "limits.yaml: shop/Deployment/web/web")
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, wanted) in [
            ("", "l.yaml:1:1: the file is empty"),
            ("- a", "l.yaml:1:1: expected a mapping of namespace"),
            ("a/b: {}", "l.yaml:1:1: expected namespace/kind/name/container, found \"a/b\""),
            ("a/b/c/d:\n  limit: {}", "l.yaml:2:3: expected `requests` or `limits`, found \"limit\""),
            (
                "a/b/c/d:\n  limits:\n    cpu: much",
                "l.yaml:3:5: expected a quantity such as 250m or 128Mi, found \"much\"",
            ),
            ("a/b/c/d: 3", "l.yaml:1:1: expected a mapping with `requests`"),
            (
                "a/b/c/d:\n  limits: {cpu: 1}\n  requests: {cpu: 2}",
                "l.yaml:3:14: the request of cpu is above its limit",
            ),
            ("a: [", "l.yaml:1:"),
        ] {
            let error = read("l.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{error}");
        }
    }
}
