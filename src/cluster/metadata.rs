//! Lists of metadata alone: who is there and who runs it, without what it holds.

use super::call::escaped;
use super::{Error, ListOptions, Live, Resource, Server};
use serde_json::Value;
use std::sync::Arc;

/// The form of a list whose items are `{metadata}`.
const ACCEPT: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

impl Server {
    /// As [`list`](Self::list), of each object the metadata alone. The rest of it is never sent.
    pub async fn list_metadata(
        &self,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        options: &ListOptions,
        mut each: impl FnMut(Live),
    ) -> Result<(), Error> {
        let path = resource.path(namespace, None);
        let mut token = String::new();
        loop {
            let limit = if options.chunk > 0 { options.chunk.to_string() } else { String::new() };
            let query = [
                ("limit", limit.as_str()),
                ("labelSelector", &options.labels),
                ("fieldSelector", &options.fields),
                ("continue", &token),
            ];
            let query: Vec<String> = query
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name}={}", escaped(value)))
                .collect();
            let mut page = self.read(&format!("{path}?{}", query.join("&")), ACCEPT).await?;
            let next = page.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                items.into_iter().for_each(|item| each(Live::new(resource, item)));
            }
            if next.is_empty() {
                return Ok(());
            }
            token = next;
        }
    }
}
