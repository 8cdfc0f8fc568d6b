//! A kind of object as the server serves it.

use super::call::escaped;

/// A resource: what the server calls a kind, and where it serves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version, such as `v1`.
    pub version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// The name in URLs, such as `deployments`.
    pub plural: String,
    /// The name for one, such as `deployment`.
    pub singular: String,
    /// Short names, such as `deploy`.
    pub short_names: Vec<String>,
    /// Categories, such as `all`.
    pub categories: Vec<String>,
    /// Whether its objects stand in namespaces.
    pub namespaced: bool,
    /// What can be done with it: `get`, `list`, `patch`, ...
    pub verbs: Vec<String>,
}

impl Resource {
    /// One of Kubernetes' own that needs no discovery: nothing is said of its short names and categories.
    pub fn builtin(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            namespaced,
            ..Self::default()
        }
    }

    /// `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `deployments.apps`, or `pods` in the core group, as error messages of the server name it.
    pub fn full_name(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// The path of its objects: all of them, those of a namespace, or one.
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let mut path = match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str(&format!("/namespaces/{}", escaped(namespace)));
        }
        path.push('/');
        path.push_str(&self.plural);
        if let Some(name) = name {
            path.push('/');
            path.push_str(&escaped(name));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api() {
        let pods = Resource::builtin("", "v1", "Pod", "pods", true);
        assert_eq!(pods.path(None, None), "/api/v1/pods");
        assert_eq!(pods.path(Some("shop"), Some("web")), "/api/v1/namespaces/shop/pods/web");
        let roles = Resource::builtin("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false);
        assert_eq!(pods.path(Some("a/b"), Some("c?d")), "/api/v1/namespaces/a%2Fb/pods/c%3Fd");
        assert_eq!(roles.path(Some("shop"), Some("x")), "/apis/rbac.authorization.k8s.io/v1/clusterroles/x");
    }
}
