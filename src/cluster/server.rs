//! The server: every request of the program goes through here.

use super::call::Call;
use super::connection::{self, Line};
use super::failure::Route;
use super::{DryRun, Error, FIELD_MANAGER, ListOptions, Live, LogOptions, Patch, Reference, Resource, Write};
use crate::cli::Connection;
use crate::workload::Minor;
use http::Method;
use serde_json::{Value, json as value_of};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Who hears a sentence.
type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// A connection to an API server as one user. It has no `Debug`: it knows credentials.
pub struct Server {
    pub(super) line: Line,
    pub(super) route: Route,
    /// Who hears of a request that is sent again, and why.
    pub(super) retries: Option<Listener>,
    /// How long a request may take.
    pub(super) timeout: Option<Duration>,
    /// Whether the server has answered before.
    pub(super) reached: AtomicBool,
    /// The address, as the user wrote it: `https://10.0.0.1:6443`.
    pub address: String,
    /// The namespace where none is named.
    pub namespace: String,
    /// Whether a flag names it.
    pub namespace_given: bool,
    /// Warnings of the server that nobody has taken yet.
    pub(super) warnings: Mutex<Vec<String>>,
}

/// How long a request may take where no flag says so. The server gives up on one after a minute.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) const JSON: &str = "application/json";

impl Server {
    /// The server that kubectl's flags, the kubeconfig and the environment lead to. Asks it nothing yet; runs a credential
    /// plugin. Within a [`Runtime`](super::Runtime) only.
    pub fn connect(flags: &Connection) -> Result<Self, Error> {
        let connection::Destination { line, route, address, namespace } = connection::find(flags)?;
        Ok(Self {
            line,
            route,
            retries: None,
            timeout: flags.request_timeout.map_or(Some(PATIENCE), |asked| Some(asked).filter(|time| !time.is_zero())),
            reached: AtomicBool::new(false),
            address,
            namespace,
            namespace_given: flags.namespace.as_ref().is_some_and(|name| !name.is_empty()),
            warnings: Mutex::default(),
        })
    }

    /// Have somebody hear of each request that is sent again: one sentence each, as it happens.
    pub fn tell_retries(&mut self, listener: impl Fn(&str) + Send + Sync + 'static) {
        self.retries = Some(Box::new(listener));
    }

    /// What `GET` gives at a path.
    pub async fn read(&self, path: &str, accept: &'static str) -> Result<Value, Error> {
        json(&self.call(Call { accept, ..Call::get(path) }).await?)
    }

    /// The version of the server in full, such as `v1.33.1+k3s1`.
    pub async fn git_version(&self) -> Result<Option<String>, Error> {
        let version = self.read("/version", JSON).await?;
        Ok(version.get("gitVersion").and_then(Value::as_str).map(str::to_owned))
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
        self.pages(resource, namespace, options, JSON, |mut item| {
            if let Some(item) = item.as_object_mut() {
                item.insert("apiVersion".to_owned(), resource.api_version().into());
                item.insert("kind".to_owned(), resource.kind.clone().into());
            }
            each(Live::new(resource, item));
        })
        .await
    }

    /// The items of a list in the form of `accept`, page by page.
    pub(super) async fn pages(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        options: &ListOptions,
        accept: &'static str,
        mut each: impl FnMut(Value),
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
            let mut page: Value = json(&self.call(Call { query, accept, ..Call::get(&path) }).await?)?;
            let next = page.pointer("/metadata/continue").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                items.into_iter().for_each(&mut each);
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
        self.remove(reference, &value_of!({"uid": uid}), DryRun::No).await
    }

    /// Delete an object that is as it was read.
    ///
    /// # Errors
    /// A conflict where it is another one, or has changed.
    pub async fn delete_as_read(&self, live: &Live, dry_run: DryRun) -> Result<(), Error> {
        let is = value_of!({"uid": live.uid(), "resourceVersion": live.resource_version()});
        self.remove(&live.reference, &is, dry_run).await
    }

    async fn remove(&self, reference: &Reference, preconditions: &Value, dry_run: DryRun) -> Result<(), Error> {
        let path = reference.path();
        let mut options = value_of!({"preconditions": preconditions, "propagationPolicy": "Background"});
        if dry_run == DryRun::Server {
            options["dryRun"] = value_of!(["All"]);
        }
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
