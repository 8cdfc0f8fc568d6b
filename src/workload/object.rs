//! An object: who it is, where it was read, what it holds.

use super::lookup;
use super::{Pod, Surroundings};
use crate::manifest::{Refusal, Stream};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Who an object is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `apiVersion` as it stands, such as `apps/v1`.
    pub api_version: String,
    /// `kind` as it stands.
    pub kind: String,
    /// `metadata.namespace`, if stated.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName` when there is no name; may be empty.
    pub name: String,
}

impl Identity {
    /// The identity of an object with this apiVersion, kind and value, named as its metadata says.
    pub fn of(api_version: String, kind: String, value: &Value) -> Self {
        Self::read(api_version, kind, |path| Some(value.pointer(&format!("/{path}"))?.as_str()?.into()))
    }

    /// The same where `text` gives the string at a path such as `metadata/name`.
    pub(super) fn read<'t>(api_version: String, kind: String, text: impl Fn(&str) -> Option<Cow<'t, str>>) -> Self {
        let stated = |path: &str| text(path).filter(|text| !text.is_empty()).map(Cow::into_owned);
        let name = stated("metadata/name").or_else(|| stated("metadata/generateName")).unwrap_or_default();
        Self { api_version, kind, namespace: stated("metadata/namespace"), name }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        Self::group_of(&self.api_version)
    }

    /// The API group of an apiVersion; empty for the core group.
    pub(super) fn group_of(api_version: &str) -> &str {
        api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl fmt::Display for Identity {
    /// `Deployment shop/web`, or `Deployment web` where the manifest states no namespace; the kind alone where it has no name.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            None if self.name.is_empty() => out.write_str(&self.kind),
            Some(namespace) => write!(out, "{} {namespace}/{}", self.kind, self.name),
            None => write!(out, "{} {}", self.kind, self.name),
        }
    }
}

/// One object of a run: who it is and where it stands. Its value is read when it is needed, for the values of a large
/// manifest take twenty times the room of its text.
#[derive(Debug, Clone)]
pub struct Object {
    /// Index of its manifest in the run.
    pub manifest: usize,
    /// Index of its document in the manifest.
    pub document: usize,
    /// JSON pointer of the object within its document: `""`, or `/items/3` in a List.
    pub base: String,
    /// Who it is.
    pub identity: Identity,
    /// JSON pointers of its pod templates, from the object's root. Never empty for a workload.
    pub templates: Vec<String>,
    /// Whether its kind takes a security context on the pod; otherwise on containers alone.
    pub pod_security_context: bool,
    /// The values that Flux writes: those on lines with its mark, `# {"$imagepolicy": "namespace:name"}`.
    pub marked: BTreeSet<String>,
}

impl Object {
    /// One that holds no pod template.
    pub(super) fn other(manifest: usize, document: usize, base: String, identity: Identity) -> Self {
        let (templates, marked) = (Vec::new(), BTreeSet::new());
        Self { manifest, document, base, identity, templates, pod_security_context: true, marked }
    }

    /// What it holds. `stream` is the text of its manifest.
    pub fn value(&self, stream: &Stream) -> Result<Value, Refusal> {
        // A folded stream is parsed for this once, so that a look at each of a great many does not keep them all.
        let stream = stream.opened();
        let value = stream.document(self.document).and_then(|document| document.value_at(&self.base));
        value.unwrap_or_else(|| {
            let message = format!("{} is not in this manifest", self.identity);
            Err(Refusal { position: stream.position(0), message })
        })
    }

    /// Its pod templates in `value`, which is its own or what it is becoming.
    pub fn pods<'v>(&'v self, value: &'v Value, around: &'v Surroundings<'v>) -> impl Iterator<Item = Pod<'v>> {
        self.templates.iter().filter_map(move |pointer| {
            let pod = Pod::new(lookup(value, pointer)?, pointer.as_str(), around.kubernetes).among(around, value);
            Some(if self.pod_security_context { pod } else { pod.refusing_security_context() })
        })
    }

    /// Whether it holds a pod template.
    pub fn is_workload(&self) -> bool {
        !self.templates.is_empty()
    }
}
