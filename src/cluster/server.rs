//! The server: every request of the program goes through here.

use super::{DryRun, Error, FIELD_MANAGER, ListOptions, Live, LogOptions, Patch, Reference, Resource, Status, Write};
use crate::workload::Minor;
use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection to an API server as one user.
pub struct Server {
    client: kube::Client,
    /// The namespace where none is named.
    pub namespace: String,
    /// Its address.
    pub address: String,
    /// Warnings of the server that nobody has taken yet.
    warnings: Mutex<Vec<String>>,
}

/// One request.
struct Call<'c> {
    method: Method,
    path: &'c str,
    query: Vec<(&'static str, String)>,
    accept: &'static str,
    body: Option<(&'static str, &'c Value)>,
}

const JSON: &str = "application/json";

impl Server {
    /// The server that a configuration leads to.
    pub fn new(config: kube::Config) -> Result<Self, Error> {
        let namespace = config.default_namespace.clone();
        let address = config.cluster_url.to_string();
        let client = kube::Client::try_from(config).map_err(|error| Error::Other(error.to_string()))?;
        Ok(Self { client, namespace, address, warnings: Mutex::default() })
    }

    /// What `GET` gives at a path.
    pub async fn read(&self, path: &str, accept: &'static str) -> Result<Value, Error> {
        json(&self.call(Call { accept, ..Call::get(path) }).await?)
    }

    /// The version of the server; `None` where the tool does not know it.
    pub async fn version(&self) -> Result<Option<Minor>, Error> {
        let version = self.read("/version", JSON).await?;
        let minor = version.get("minor").and_then(Value::as_str).unwrap_or_default();
        // Some providers write `32+`.
        Ok(minor.trim_end_matches('+').parse().ok().and_then(Minor::new))
    }

    /// One object.
    pub async fn get(&self, reference: &Reference) -> Result<Live, Error> {
        let path = reference.path();
        let value = json(&self.call(Call::get(&path)).await?)?;
        Ok(Live { reference: reference.clone(), value })
    }

    /// The objects of a resource, page by page, in a namespace or in all. Items state their kind, as `get` gives them.
    pub async fn list(
        &self,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        options: &ListOptions,
        mut each: impl FnMut(Live),
    ) -> Result<(), Error> {
        let path = resource.path(namespace, None);
        let mut token = String::new();
        loop {
            let mut query = Vec::new();
            let mut ask = |name, value: &str| {
                if !value.is_empty() {
                    query.push((name, value.to_owned()));
                }
            };
            ask("labelSelector", &options.labels);
            ask("fieldSelector", &options.fields);
            ask("continue", &token);
            if options.chunk > 0 {
                ask("limit", &options.chunk.to_string());
            }
            let mut page: Value = json(&self.call(Call { query, ..Call::get(&path) }).await?)?;
            let next = page.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                for mut item in items {
                    if let Some(item) = item.as_object_mut() {
                        item.insert("apiVersion".to_owned(), resource.api_version().into());
                        item.insert("kind".to_owned(), resource.kind.clone().into());
                    }
                    each(Live::new(resource, item));
                }
            }
            if next.is_empty() {
                return Ok(());
            }
            token = next;
        }
    }

    /// Change an object: what it is then, or would be.
    pub async fn patch(&self, reference: &Reference, patch: &Patch, write: Write<'_>) -> Result<Live, Error> {
        let path = reference.path();
        let mut query = write.query();
        if matches!(patch, Patch::Apply(_)) {
            query.push(("force", write.force.to_string()));
        }
        let body = Some((patch.content_type(), patch.body()));
        let value = json(&self.call(Call { method: Method::PATCH, query, body, ..Call::get(&path) }).await?)?;
        Ok(Live { reference: reference.clone(), value })
    }

    /// Make an object: what it is then, or would be.
    pub async fn create(
        &self,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        value: &Value,
        write: Write<'_>,
    ) -> Result<Live, Error> {
        let path = resource.path(namespace, None);
        let (query, body) = (write.query(), Some((JSON, value)));
        let value = json(&self.call(Call { method: Method::POST, query, body, ..Call::get(&path) }).await?)?;
        Ok(Live::new(resource, value))
    }

    /// Take an object away, if it still is the one with this uid. Its dependents go with it, in the background.
    pub async fn delete(&self, reference: &Reference, uid: &str) -> Result<(), Error> {
        let path = reference.path();
        let options = serde_json::json!({"preconditions": {"uid": uid}, "propagationPolicy": "Background"});
        let body = Some((JSON, &options));
        self.call(Call { method: Method::DELETE, body, ..Call::get(&path) }).await.map(drop)
    }

    /// What a container wrote.
    pub async fn log(&self, pod: &Reference, container: &str, options: LogOptions) -> Result<String, Error> {
        let path = format!("{}/log", pod.path());
        let mut query = vec![("container", container.to_owned()), ("previous", options.previous.to_string())];
        let numbers = [("tailLines", options.tail), ("limitBytes", options.bytes), ("sinceSeconds", options.since)];
        query.extend(numbers.into_iter().filter_map(|(name, value)| Some((name, value?.to_string()))));
        let bytes = self.call(Call { query, accept: "*/*", ..Call::get(&path) }).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The server's warnings since they were last taken, in its order.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call(&self, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let mut uri = call.path.to_owned();
        for (index, (name, value)) in call.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(&format!("{name}={}", escaped(value)));
        }
        let mut request = Request::builder().method(call.method).uri(uri).header(header::ACCEPT, call.accept);
        let body = match call.body {
            Some((content_type, body)) => {
                request = request.header(header::CONTENT_TYPE, content_type);
                body.to_string().into_bytes()
            }
            None => Vec::new(),
        };
        let request = request.body(Body::from(body)).map_err(|error| Error::Other(error.to_string()))?;
        let unreachable = |error: kube::Error| Error::Unreachable { why: error.to_string() };
        let answer = self.client.send(request).await.map_err(unreachable)?;
        let code = answer.status().as_u16();
        let warned = answer.headers().get_all(header::WARNING).iter().filter_map(|value| value.to_str().ok());
        let warned: Vec<String> = warned.filter_map(warning).collect();
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(warned);
        let body = answer.into_body().collect().await.map_err(unreachable)?.to_bytes().to_vec();
        if code < 400 {
            return Ok(body);
        }
        let mut status: Status = serde_json::from_slice(&body).unwrap_or_else(|_| Status {
            message: String::from_utf8_lossy(&body).trim().to_owned(),
            ..Status::default()
        });
        status.code = code;
        Err(Error::Status(Box::new(status)))
    }
}

impl<'c> Call<'c> {
    fn get(path: &'c str) -> Self {
        Self { method: Method::GET, path, query: Vec::new(), accept: JSON, body: None }
    }
}

impl Reference {
    /// Where the server serves the object.
    fn path(&self) -> String {
        self.resource.path(self.namespace.as_deref(), Some(&self.name))
    }
}

impl Write<'_> {
    fn query(self) -> Vec<(&'static str, String)> {
        let mut query = vec![("fieldManager", self.manager.unwrap_or(FIELD_MANAGER).to_owned())];
        query.push(("fieldValidation", "Strict".to_owned()));
        if self.dry_run == DryRun::Server {
            query.push(("dryRun", "All".to_owned()));
        }
        query
    }
}

fn json(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Other(format!("the server's answer is no JSON: {error}")))
}

/// The text of a `Warning` header: `299 - "text"`, with quotes and backslashes escaped.
fn warning(header: &str) -> Option<String> {
    let quoted = header.strip_prefix("299 ")?.split_once(" \"")?.1;
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            '"' => return Some(text),
            other => text.push(other),
        }
    }
    None
}

/// A value of a query, percent-encoded.
fn escaped(value: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    value.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_unquoted() {
        assert_eq!(
            warning(r#"299 - "would violate \"restricted\" a\\b""#).as_deref(),
            Some(r#"would violate "restricted" a\b"#)
        );
        assert_eq!(warning(r#"299 - "cut off"#), None);
        assert_eq!(warning("199 - \"x\""), None);
    }

    #[test]
    fn what_a_query_cannot_hold_is_encoded() {
        assert_eq!(escaped("app=web,tier in (a, b)"), "app%3Dweb%2Ctier%20in%20%28a%2C%20b%29");
    }
}
