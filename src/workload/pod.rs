//! A pod, or the template of one, as the rules see it.

use super::{Claim, Container, Field, ImageEntry, List, Minor, Service, Surroundings, escape};
use crate::image::{Known, Reference};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A view of a pod template inside an object, or of a Pod itself.
#[derive(Debug, Clone)]
pub struct Pod<'a> {
    template: &'a Value,
    pointer: String,
    kubernetes: Minor,
    refuses_context: bool,
    around: Option<&'a Surroundings<'a>>,
    object: Option<&'a Value>,
    containers: Vec<Container<'a>>,
    /// Asked for each container, told by all of them.
    touches_node: OnceCell<bool>,
}

impl<'a> Pod<'a> {
    /// View the template (a mapping with `metadata` and `spec`) that stands at `pointer` in its object (`""` for a Pod).
    pub fn new(template: &'a Value, pointer: impl Into<String>, kubernetes: Minor) -> Self {
        let pointer = pointer.into();
        let mut containers = Vec::new();
        for list in List::ALL {
            let items = template.get("spec").and_then(|spec| spec.get(list.key())).and_then(Value::as_array);
            for (index, value) in items.into_iter().flatten().enumerate() {
                // In a kustomize patch, an item with `$patch` says what becomes of a container and is none.
                if value.is_object() && value.get("$patch").is_none() {
                    let at = format!("{pointer}/spec/{}/{index}", list.key());
                    containers.push(Container::new(value, at));
                }
            }
        }
        Self {
            template,
            pointer,
            kubernetes,
            refuses_context: false,
            around: None,
            object: None,
            containers,
            touches_node: OnceCell::new(),
        }
    }

    /// The same pod with what is known around it; `object` is the value of the whole object.
    pub fn among(self, around: &'a Surroundings<'a>, object: &'a Value) -> Self {
        Self { around: Some(around), object: Some(object), ..self }
    }

    /// What is known of a container's image; nothing where the pod is looked at by itself.
    pub fn image_of(&self, container: &Container<'_>) -> Known {
        self.around.map(|around| around.images.of(container.image())).unwrap_or_default()
    }

    /// The Services of the run that send traffic to the pod.
    pub fn services(&self) -> Vec<Service<'a>> {
        let labels = self.template.pointer("/metadata/labels").unwrap_or(&Value::Null);
        let Some(around) = self.around else { return Vec::new() };
        around.neighbours.services_of(around.namespace(), labels).collect()
    }

    /// What is known around it; nothing where the pod is looked at by itself.
    pub fn around(&self) -> Option<&'a Surroundings<'a>> {
        self.around
    }

    /// The whole object that it stands in; `None` where the pod is looked at by itself.
    pub fn object(&self) -> Option<&'a Value> {
        self.object
    }

    /// Whether Flux writes this value of the object.
    pub fn is_set_by_flux(&self, value: &str) -> bool {
        let object = self.around.and_then(|around| around.object);
        object.is_some_and(|object| object.marked.contains(value))
    }

    /// Whether Keel moves the tags of its images.
    pub fn is_keels(&self) -> bool {
        self.object.is_some_and(super::neighbours::is_keels)
    }

    /// The image that a container gets, its kustomization taken into account: the reference itself where none names it.
    pub fn made_image(&self, container: &Container<'a>) -> Cow<'a, str> {
        let (name, rest) = Reference::cut(container.image());
        let made = self.kustomized(container).and_then(|entry| entry.applied(name, rest));
        made.map_or(Cow::Borrowed(container.image()), Cow::Owned)
    }

    /// The entry of a kustomization of the run that names a container's image.
    pub fn kustomized(&self, container: &Container<'_>) -> Option<ImageEntry<'a>> {
        let around = self.around?;
        let manifest = around.object.map(|object| object.manifest);
        around.neighbours.image_entry(manifest, Reference::cut(container.image()).0)
    }

    /// The claim of this name, if the run has it.
    pub(super) fn claim(&self, name: &str) -> Option<Claim<'a>> {
        self.around.and_then(|around| around.neighbours.claim(around.namespace(), name))
    }

    /// The claims that the object makes for every pod (`volumeClaimTemplates` of a StatefulSet), by the name of the volume.
    pub fn claim_templates(&self) -> Vec<(&'a str, &'a Value)> {
        let templates = self.object.and_then(|object| object.pointer("/spec/volumeClaimTemplates"));
        let items = templates.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| Some((item.pointer("/metadata/name")?.as_str()?, item))).collect()
    }

    /// The same pod in an object whose kind refuses a security context of the pod.
    pub fn refusing_security_context(self) -> Self {
        Self { refuses_context: true, ..self }
    }

    /// Whether the pod may have a security context of its own. One that is written already shows that it may.
    pub fn takes_security_context(&self) -> bool {
        !self.refuses_context || self.field("securityContext").is_stated()
    }

    /// JSON pointer of the template, from the object's root.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The Kubernetes version the verdict is for.
    pub fn kubernetes(&self) -> Minor {
        self.kubernetes
    }

    /// Every container: init, main, ephemeral, the order in which the Pod Security admission visits them.
    pub fn containers(&self) -> &[Container<'a>] {
        &self.containers
    }

    /// A field of the spec by its path, such as `securityContext/runAsNonRoot` or `hostNetwork`.
    pub fn field(&self, path: &str) -> Field<'a> {
        Field::under(self.template.get("spec"), &self.spec_pointer(), path, None)
    }

    /// The template's own annotations.
    pub fn annotations(&self) -> Field<'a> {
        Field::under(self.template.get("metadata"), &format!("{}/metadata", self.pointer), "annotations", None)
    }

    /// One annotation of the template by its key.
    pub fn annotation(&self, key: &str) -> Field<'a> {
        self.annotations().field(&escape(key))
    }

    /// One label of the template by its key.
    pub fn label(&self, key: &str) -> Field<'a> {
        let metadata = format!("{}/metadata", self.pointer);
        Field::under(self.template.get("metadata"), &metadata, "labels", None).field(&escape(key))
    }

    /// A field of the security context at both levels: the pod's own first, then each container's.
    pub fn security_fields(&self, path: &str) -> Vec<Field<'a>> {
        let path = format!("securityContext/{path}");
        let containers = self.containers.iter().map(|container| container.field(&path));
        std::iter::once(self.field(&path)).chain(containers).collect()
    }

    /// The containers that do not state this field of their security context, so that the pod's own value reaches them.
    pub fn inheriting(&self, path: &str) -> Vec<&Container<'a>> {
        let path = format!("securityContext/{path}");
        self.containers.iter().filter(|container| !container.field(&path).is_stated()).collect()
    }

    /// The numeric user a container is started as, where the container or the pod states one.
    pub fn user_of(&self, container: &Container<'_>) -> Option<i64> {
        let own = container.field("securityContext/runAsUser").as_i64();
        own.or_else(|| self.field("securityContext/runAsUser").as_i64())
    }

    /// Whether the pod shares anything of its node: namespaces, files, or a privileged container.
    pub fn touches_node(&self) -> bool {
        *self.touches_node.get_or_init(|| {
            ["hostNetwork", "hostPID", "hostIPC"].iter().any(|name| self.field(name).as_bool() == Some(true))
                || self.volumes().iter().any(|volume| volume.is("hostPath"))
                || self.containers.iter().any(Container::is_privileged)
        })
    }

    /// JSON pointer of the spec, from the object's root.
    pub fn spec_pointer(&self) -> String {
        format!("{}/spec", self.pointer)
    }

    /// Whether `spec.os.name` says Windows: the API server then refuses most fields of the security contexts.
    /// A node selector says nothing here.
    pub fn is_windows(&self) -> bool {
        self.field("os/name").as_str() == Some("windows")
    }

    /// Whether the pod runs in a user namespace (`hostUsers: false`).
    pub fn has_user_namespace(&self) -> bool {
        self.field("hostUsers").as_bool() == Some(false)
    }
}
