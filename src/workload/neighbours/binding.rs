//! Bindings: what a ServiceAccount may ask of the API.

use super::{Neighbour, Neighbours};
use serde_json::Value;
use std::collections::HashMap;

/// A binding that gives a ServiceAccount more than everybody may do.
#[derive(Debug)]
pub struct Grant<'n> {
    /// The binding.
    pub binding: &'n Neighbour,
    /// The place of the subject in its list.
    pub subject: usize,
    /// How the subject names the account.
    pub through: Through,
    /// Whether it is this account and not one of the same name elsewhere: every namespace has a `default`, and a manifest
    /// need not say which namespace it is for.
    pub is_sure: bool,
}

/// How the subject of a binding names an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// By itself.
    Account,
    /// By the name of its user, `system:serviceaccount:NAMESPACE:NAME`.
    User,
    /// By a group of all accounts.
    Group,
}

/// The kinds of bindings.
const KINDS: [&str; 2] = ["RoleBinding", "ClusterRoleBinding"];
/// A binding: its kind, and its place among those of the kind.
type Place = (&'static str, usize);
/// A grant: the binding, and the rest of a [`Grant`].
type Found = (Place, usize, Through, bool);
/// What stands for all accounts among the names of accounts.
const ANY: &str = "*";
/// Roles that everybody has, all ServiceAccounts among them. The last two tell of certificates and keys that are public.
const EVERYBODYS: [&str; 5] = [
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:cluster-trust-bundle-discovery",
    "system:service-account-issuer-discovery",
];
/// The URLs that everybody may read, and below which.
const PUBLIC: [&str; 8] = ["/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version", "/"];

impl Grant<'_> {
    /// The role, as `Role web`.
    pub fn role(&self) -> String {
        let text = |key: &str| self.binding.text(&format!("/roleRef/{key}")).unwrap_or("?");
        format!("{} {}", text("kind"), text("name"))
    }
}

impl Neighbours {
    /// The ServiceAccount of this name, if the run has it.
    pub fn account<'n>(&'n self, namespace: Option<&'n str>, name: &str) -> Option<&'n Neighbour> {
        self.named("ServiceAccount", namespace, name).next()
    }

    /// The bindings that give an account rights beyond those of everybody. A role that the run does not have counts:
    /// nothing is known of it.
    pub fn grants<'n>(&'n self, namespace: Option<&'n str>, account: &str) -> Vec<Grant<'n>> {
        let found = self.remember(&format!("grants {account}"), namespace, || self.find_grants(namespace, account));
        let grant = |((kind, at), subject, through, is_sure): &Found| {
            let binding = self.of_kind(kind).get(*at)?;
            Some(Grant { binding, subject: *subject, through: *through, is_sure: *is_sure })
        };
        found.iter().filter_map(grant).collect()
    }

    fn find_grants(&self, namespace: Option<&str>, account: &str) -> Vec<Found> {
        let index = self.remember("bindings", None, || self.by_subject());
        let named = |name: &str| index.get(name).into_iter().flatten();
        let mut places: Vec<Place> = named(account).chain(named(ANY)).copied().collect();
        // Those of its own namespace first: a role may be bound across namespaces, the account's is that of the subject.
        let rank = |(kind, at): &Place| match self.of_kind(kind).get(*at) {
            Some(binding) if *kind == KINDS[0] => (if binding.is_in(namespace) { 0 } else { 2 }, *at),
            _ => (1, *at),
        };
        places.sort_by_key(rank);
        places.dedup();
        let grant = |(kind, at): Place| {
            let binding = self.of_kind(kind).get(at)?;
            let mut subjects = binding.list("/subjects").iter().enumerate();
            let named = subjects.find_map(|(index, one)| Some((index, through(binding, one, namespace, account)?)));
            let (subject, (through, home)) = named?;
            if through == Through::Group && is_kubernetes_own(binding) {
                return None;
            }
            let is_sure = account != "default" || home == namespace;
            self.gives_rights(binding).then_some(((kind, at), subject, through, is_sure))
        };
        places.into_iter().filter_map(grant).collect()
    }

    /// Every binding by the names of the accounts that its subjects may mean.
    fn by_subject(&self) -> HashMap<String, Vec<Place>> {
        let mut index: HashMap<String, Vec<Place>> = HashMap::new();
        for kind in KINDS {
            for (at, binding) in self.of_kind(kind).iter().enumerate() {
                for subject in binding.list("/subjects") {
                    let text = |key: &str| subject.get(key).and_then(Value::as_str).unwrap_or_default();
                    let account = match text("kind") {
                        "ServiceAccount" => text("name"),
                        "User" => text("name").rsplit(':').next().unwrap_or_default(),
                        _ => ANY,
                    };
                    index.entry(account.to_owned()).or_default().push((kind, at));
                }
            }
        }
        index
    }

    fn gives_rights(&self, binding: &Neighbour) -> bool {
        let name = binding.text("/roleRef/name").unwrap_or_default();
        let kind = binding.text("/roleRef/kind").unwrap_or_default();
        if kind == "ClusterRole" && EVERYBODYS.contains(&name) {
            return false;
        }
        let namespace = if kind == "Role" { binding.identity.namespace.as_deref() } else { None };
        let mut roles = self.named(kind, namespace, name).peekable();
        if roles.peek().is_none() {
            return true;
        }
        roles.any(|role| role.at("/aggregationRule").is_some() || role.list("/rules").iter().any(goes_beyond))
    }
}

/// Whether every cluster has the binding from its beginning. What such a one gives all accounts (the cluster's own trust
/// anchors, the keys of its tokens) speaks for no program.
fn is_kubernetes_own(binding: &Neighbour) -> bool {
    binding.text("/metadata/labels/kubernetes.io~1bootstrapping") == Some("rbac-defaults")
}

/// How a subject names the account, and in which namespace; `None` where it does not.
fn through<'n>(
    binding: &'n Neighbour,
    subject: &'n Value,
    namespace: Option<&str>,
    account: &str,
) -> Option<(Through, Option<&'n str>)> {
    let text = |key: &str| subject.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let same = |other: Option<&str>| other.is_none() || namespace.is_none() || other == namespace;
    let name = text("name")?;
    match text("kind")? {
        "ServiceAccount" => {
            let home = text("namespace").or(binding.identity.namespace.as_deref());
            (name == account && same(home)).then_some((Through::Account, home))
        }
        "User" => {
            let (home, user) = name.strip_prefix("system:serviceaccount:")?.split_once(':')?;
            (user == account && same(Some(home))).then_some((Through::User, Some(home)))
        }
        "Group" => {
            let home = name.strip_prefix("system:serviceaccounts")?;
            let concerns = home.is_empty() || home.strip_prefix(':').is_some_and(|home| same(Some(home)));
            concerns.then_some((Through::Group, None))
        }
        _ => None,
    }
}

/// Whether a rule of a role gives more than everybody has. `use` (of a PodSecurityPolicy or SecurityContextConstraints) is
/// asked by admission, not by the program.
fn goes_beyond(rule: &Value) -> bool {
    let list = |key: &str| -> Vec<&str> {
        rule.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let verbs = list("verbs");
    let public = |url: &&str| {
        let url = url.trim_end_matches(['*', '/']);
        url.is_empty() || PUBLIC.iter().any(|open| url == *open || url.starts_with(&format!("{open}/")) && *open != "/")
    };
    let own = |resource: &&str| resource.starts_with("selfsubject");
    let beyond = !list("resources").iter().all(own) || !list("nonResourceURLs").iter().all(public);
    !verbs.is_empty() && verbs != ["use"] && beyond
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use super::Through;
    use serde_json::{Value, json};

    const RBAC: &str = "rbac.authorization.k8s.io/v1";

    fn role(kind: &str, name: &str, rule: Value) -> Value {
        json!({"apiVersion": RBAC, "kind": kind, "metadata": {"name": name}, "rules": [rule]})
    }

    fn binding(kind: &str, namespace: Value, role: (&str, &str), subject: Value) -> Value {
        json!({"apiVersion": RBAC, "kind": kind, "metadata": {"name": "b", "namespace": namespace},
            "roleRef": {"kind": role.0, "name": role.1}, "subjects": [subject]})
    }

    #[test]
    fn an_account_has_the_rights_that_are_bound_to_it_or_to_all() {
        let account =
            |name: &str, namespace: Value| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
        let reads = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
        let web = ("Role", "web");
        for (subject, kind, namespace, expected) in [
            (account("web", json!("shop")), "RoleBinding", json!("shop"), Some(Through::Account)),
            (account("web", json!(null)), "RoleBinding", json!("shop"), Some(Through::Account)),
            (account("web", json!("shop")), "RoleBinding", json!("other"), Some(Through::Account)),
            (account("web", json!("other")), "ClusterRoleBinding", json!(null), None),
            (account("api", json!("shop")), "RoleBinding", json!("shop"), None),
            (
                json!({"kind": "Group", "name": "system:serviceaccounts"}),
                "RoleBinding",
                json!("shop"),
                Some(Through::Group),
            ),
            (json!({"kind": "Group", "name": "system:serviceaccounts:x"}), "RoleBinding", json!("shop"), None),
            (json!({"kind": "Group", "name": "system:authenticated"}), "ClusterRoleBinding", json!(null), None),
            (
                json!({"kind": "User", "name": "system:serviceaccount:shop:web"}),
                "RoleBinding",
                json!("shop"),
                Some(Through::User),
            ),
        ] {
            let all = neighbours(&[role("Role", "web", reads.clone()), binding(kind, namespace, web, subject.clone())]);
            let found = all.grants(Some("shop"), "web").first().map(|grant| grant.through);
            assert_eq!(found, expected, "{subject}");
        }
    }

    #[test]
    fn what_kubernetes_gives_all_accounts_is_no_right() {
        let of = |subject: Value| {
            let mut bound = binding("ClusterRoleBinding", json!(null), ("ClusterRole", "trust"), subject);
            bound["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
            neighbours(&[bound]).grants(Some("shop"), "web").len()
        };
        assert_eq!(of(json!({"kind": "Group", "name": "system:serviceaccounts"})), 0);
        assert_eq!(of(json!({"kind": "ServiceAccount", "name": "web", "namespace": "shop"})), 1);
    }

    #[test]
    fn a_default_account_is_sure_in_its_namespace_only() {
        let subject = |namespace: Value| json!({"kind": "ServiceAccount", "name": "default", "namespace": namespace});
        let of = |subject: Value| neighbours(&[binding("RoleBinding", json!(null), ("ClusterRole", "view"), subject)]);
        let sure =
            |subject: Value, namespace| of(subject).grants(namespace, "default").first().map(|grant| grant.is_sure);
        assert_eq!(sure(subject(json!("shop")), Some("shop")), Some(true));
        assert_eq!(sure(subject(json!("shop")), None), Some(false));
        assert_eq!(sure(subject(json!(null)), None), Some(true));
        assert_eq!(sure(subject(json!("shop")), Some("other")), None);
    }

    #[test]
    fn what_everybody_may_do_is_no_right() {
        let subject = json!({"kind": "ServiceAccount", "name": "web", "namespace": "shop"});
        for (rule, counts) in [
            (json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}), true),
            (json!({"apiGroups": ["policy"], "resources": ["podsecuritypolicies"], "verbs": ["use"]}), false),
            (
                json!({"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"], "verbs": ["create"]}),
                false,
            ),
            (json!({"nonResourceURLs": ["/version", "/apis/*"], "verbs": ["get"]}), false),
            (json!({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}), true),
            (json!({}), false),
        ] {
            let bound = binding("ClusterRoleBinding", json!(null), ("ClusterRole", "r"), subject.clone());
            let all = neighbours(&[role("ClusterRole", "r", rule.clone()), bound]);
            assert_eq!(all.grants(Some("shop"), "web").len(), usize::from(counts), "{rule}");
        }
        let of = |name: &str| {
            neighbours(&[binding("ClusterRoleBinding", json!(null), ("ClusterRole", name), subject.clone())])
        };
        assert!(of("system:discovery").grants(Some("shop"), "web").is_empty());
        assert_eq!(of("view").grants(Some("shop"), "web").len(), 1);
        assert_eq!(of("view").grants(Some("shop"), "web")[0].role(), "ClusterRole view");
    }
}
