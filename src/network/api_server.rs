//! Which workloads use the API of the cluster: those with a token that is good for something, and those that speak of it.

use super::world::{Object, Workload, World};
use crate::workload::{Minor, Neighbours, Pod};
use serde_json::Value;

/// The port of its Service, and the one where it usually listens: policies see the latter.
pub(super) const PORTS: [u16; 2] = [443, 6443];

const RBAC: &str = "rbac.authorization.k8s.io";
/// The kinds that say what an account may do.
const KINDS: [(&str, &str); 5] = [
    (RBAC, "Role"),
    (RBAC, "ClusterRole"),
    (RBAC, "RoleBinding"),
    (RBAC, "ClusterRoleBinding"),
    ("", "ServiceAccount"),
];

/// Who may ask what, made ready for many questions.
pub(super) struct Accounts<'w> {
    world: &'w World,
    neighbours: Neighbours,
}

impl<'w> Accounts<'w> {
    /// The accounts of a world.
    pub(super) fn of(world: &'w World) -> Self {
        let mut neighbours = Neighbours::default();
        for object in KINDS.iter().flat_map(|(group, kind)| world.of_kind(group, kind)) {
            neighbours.add_outside(object.identity.clone(), &object.value);
        }
        Self { world, neighbours }
    }

    /// Why a workload uses the API; `None` where nothing says so.
    pub(super) fn use_of(&self, workload: &Workload) -> Option<String> {
        let template = self.world.template(workload);
        let pod = Pod::new(template, "", Minor::NEWEST);
        if let Some(sign) = pod.api_signs().into_iter().find(|sign| sign.certain) {
            return Some(sign.words);
        }
        let spec = template.get("spec").unwrap_or(&Value::Null);
        let text = |key: &str| spec.get(key).and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = text("serviceAccountName").or_else(|| text("serviceAccount")).unwrap_or("default");
        let account = self.world.find(Some(&workload.namespace), "", "ServiceAccount", name);
        if !is_mounted(spec, account) && !pod.mounts_tokens_by_hand() {
            return None;
        }
        let stated = self.world.objects[workload.object].identity.namespace.as_deref();
        let grants = self.neighbours.grants(stated, name);
        if let Some(grant) = grants.iter().find(|grant| grant.is_sure) {
            let binding = &grant.binding.identity;
            return Some(format!("{} {} binds ServiceAccount {name}", binding.kind, binding.name));
        }
        let unread = ["RoleBinding", "ClusterRoleBinding"].into_iter().any(|kind| self.world.unread.contains(kind));
        let unknown = (account.is_none() || unread) && name != "default";
        unknown.then(|| format!("nothing is known of the rights of ServiceAccount {name}, whose token it has"))
    }
}

/// Whether the kubelet mounts a token: the pod's own word counts before the account's.
fn is_mounted(spec: &Value, account: Option<&Object>) -> bool {
    let own = spec.get("automountServiceAccountToken").and_then(Value::as_bool);
    let of_account = account.and_then(|account| account.at("/automountServiceAccountToken")).and_then(Value::as_bool);
    own.or(of_account).unwrap_or(true)
}
