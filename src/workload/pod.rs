//! A pod, or the template of one, as the rules see it.

use super::{Container, Field, List, Minor, escape};
use serde_json::Value;

/// A view of a pod template inside an object, or of a Pod itself.
#[derive(Debug, Clone)]
pub struct Pod<'a> {
    template: &'a Value,
    pointer: String,
    kubernetes: Minor,
    refuses_context: bool,
    containers: Vec<Container<'a>>,
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
        Self { template, pointer, kubernetes, refuses_context: false, containers }
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
