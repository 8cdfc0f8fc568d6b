//! Owners and effects over whole objects. The behaviour announced here was seen on a real API server: `tests/cluster/live`.

use super::*;
use crate::cluster::journal::Pen;
use crate::cluster::{Resource, Target};
use serde_json::json;
use std::sync::Arc;

/// A Deployment with this metadata and `managedFields` entries: manager, operation, what it owns of the container `web`.
fn deployment(mut metadata: Value, managers: &[(&str, &str, Value)]) -> Live {
    let entry = |(manager, operation, container): &(&str, &str, Value)| {
        let fields =
            json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": container}}}}});
        json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields})
    };
    metadata["name"] = json!("web");
    metadata["namespace"] = json!("shop");
    metadata["managedFields"] = managers.iter().map(entry).collect();
    let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
    let context = json!({"privileged": true});
    let pod = json!({"containers": [{"name": "web", "image": "web:1", "securityContext": context}]});
    let value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {"template": {"spec": pod}}});
    Live::new(&resource, value)
}

/// One addition and one override of what `owned` owns.
fn hardened(live: &Live) -> Target {
    let mut after = live.value.clone();
    after["spec"]["template"]["spec"]["containers"][0]["securityContext"] =
        json!({"privileged": false, "runAsNonRoot": true});
    Target { live: live.clone(), after, templates: vec!["/spec/template".to_owned()], reasons: Vec::new() }
}

fn owned() -> Value {
    json!({".": {}, "f:name": {}, "f:image": {}, "f:securityContext": {"f:privileged": {}}})
}

/// Who manages the object, whether a live change is refused, and what becomes of the override and of the addition.
fn told(live: &Live) -> (String, bool, String, String) {
    let ownership = told_by(live);
    let effects = effects(&ownership, &hardened(live));
    assert_eq!(effects.len(), 2, "{effects:?}");
    assert!(effects[0].pointer.ends_with("/privileged") && effects[1].pointer.ends_with("/runAsNonRoot"));
    assert_eq!(effects[1].overrides, None);
    (ownership.in_words().unwrap_or_default(), ownership.managed, effects[0].in_words(), effects[1].in_words())
}

fn tells(live: &Live, who: &str, managed: bool, overridden: &str, added: &str) {
    assert_eq!(told(live), (who.to_owned(), managed, overridden.to_owned(), added.to_owned()));
}

/// What `kubectl apply` writes down.
fn filed(container: Value) -> Value {
    let file = json!({"spec": {"template": {"spec": {"containers": [{"name": "other"}, container]}}}});
    json!({"kubectl.kubernetes.io/last-applied-configuration": file.to_string()})
}

#[test]
fn each_owner_and_what_it_does() {
    let helm = json!({"labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}});
    tells(
        &deployment(helm.clone(), &[("helm", "Apply", owned())]),
        "Helm release \"shop\" (labels, annotations, field manager \"helm\")",
        true,
        "BLOCKS the next helm upgrade (conflict with \"pod-hardener\")",
        "stays",
    );
    tells(
        &deployment(helm, &[("helm", "Update", owned())]),
        "Helm release \"shop\" (labels, annotations, field manager \"helm\")",
        true,
        "reverts at the next helm upgrade if the chart sets it",
        "stays",
    );
    let flux = json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}});
    tells(
        &deployment(flux, &[("kustomize-controller", "Apply", owned())]),
        "Flux Kustomization flux/apps (labels, field manager \"kustomize-controller\")",
        true,
        "reverts at the next reconciliation",
        "stays",
    );
    let resting = json!({"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}});
    tells(
        &deployment(resting, &[("kustomize-controller", "Apply", owned())]),
        "a Flux Kustomization (field manager \"kustomize-controller\")",
        true,
        "stays",
        "stays",
    );
    let controlled =
        json!({"ownerReferences": [{"apiVersion": "example.com/v1", "kind": "Shop", "name": "x", "controller": true}]});
    tells(
        &deployment(controlled, &[("shop-operator", "Update", owned())]),
        "shop.example.com/x (owner reference)",
        true,
        "reverts within seconds",
        "reverts within seconds",
    );
    tells(&deployment(json!({}), &[]), "", false, "stays", "stays");
    tells(&deployment(json!({}), &[("kubectl-edit", "Update", owned())]), "", false, "stays", "stays");
    tells(
        &deployment(json!({}), &[("ci", "Apply", owned())]),
        "",
        false,
        "BLOCKS the next apply by \"ci\" (conflict with \"pod-hardener\")",
        "stays",
    );
    tells(
        &deployment(json!({}), &[("scaler", "Update", owned())]),
        "",
        false,
        "reverts if \"scaler\" writes it again",
        "stays",
    );
}

#[test]
fn what_kubectl_apply_does_is_told_by_the_file_it_applied() {
    let of = |container: Value| {
        deployment(json!({"annotations": filed(container)}), &[("kubectl-client-side-apply", "Update", owned())])
    };
    let who = "kubectl apply (annotations, field manager \"kubectl-client-side-apply\")";
    let reverts = "reverts at the next kubectl apply";
    tells(&of(json!({"name": "web", "securityContext": {"privileged": true}})), who, false, reverts, "stays");
    // Whoever creates an object owns the server's defaults, too, but will not write them again.
    tells(&of(json!({"name": "web"})), who, false, "stays", "stays");
    // Somebody took away by hand what the file states.
    tells(&of(json!({"name": "web", "securityContext": {"runAsNonRoot": false}})), who, false, "stays", reverts);
    tells(&of(json!({"name": "web", "securityContext": {"runAsNonRoot": true}})), who, false, "stays", "stays");
    tells(
        &deployment(json!({}), &[("kubectl", "Apply", owned())]),
        "kubectl apply (field manager \"kubectl\")",
        false,
        "BLOCKS the next kubectl apply --server-side (conflict with \"pod-hardener\")",
        "stays",
    );
}

#[test]
fn argo_cd_is_known_by_an_id_that_names_the_object() {
    let of = |id: &str, more: Value| {
        let mut annotations = more;
        annotations["argocd.argoproj.io/tracking-id"] = json!(id);
        deployment(json!({"annotations": annotations}), &[("argocd-controller", "Update", owned())])
    };
    let stated = || filed(json!({"name": "web", "securityContext": {"privileged": true}}));
    tells(
        &of("shop:apps/Deployment:shop/web", stated()),
        "Argo CD application \"shop\" (annotations, field manager \"argocd-controller\")",
        true,
        "reverts at the next sync, or at once with self-heal",
        "stays",
    );
    let replaced = json!({"argocd.argoproj.io/sync-options": "Prune=false, Replace=true"});
    assert!(told(&of("shop:apps/Deployment:shop/web", replaced)).3.starts_with("reverts at the next sync"));
    let copy =
        deployment(json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:other/web"}}), &[]);
    assert_eq!(told_by(&copy).manager, None);
}

#[test]
fn copied_labels_tell_nothing_and_names_are_safe_to_paste() {
    let labels = json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}});
    let copy = deployment(labels.clone(), &[("kubectl-create", "Update", owned())]);
    assert_eq!(told_by(&copy).manager, None);
    // Nothing denies it where field managers are not recorded.
    let mut bare = deployment(labels, &[]);
    bare.value["metadata"].as_object_mut().unwrap().remove("managedFields");
    assert_eq!(told_by(&bare).manager.as_deref(), Some("Flux Kustomization flux/apps"));
    let evil = json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations":
        {"meta.helm.sh/release-name": "x; rm -rf ~", "meta.helm.sh/release-namespace": "shop"}});
    let evil = told_by(&deployment(evil, &[]));
    assert_eq!((evil.manager.as_deref(), evil.advice.len()), (Some("Helm"), 0));
    // A label or a status is no claim on the object.
    let mut patched = deployment(json!({}), &[]);
    patched.value["metadata"]["managedFields"] = json!([{"manager": "helm", "operation": "Update",
        "fieldsV1": {"f:metadata": {"f:labels": {"f:a": {}}}}}]);
    assert_eq!(told_by(&patched).manager, None);
}

#[test]
fn server_side_apply_writes_where_it_harms_nobody() {
    let drawn = |live: &Live| pen(live, &effects(&told_by(live), &hardened(live)));
    let mut only_adds = owned();
    only_adds["f:securityContext"] = json!({});
    assert_eq!(drawn(&deployment(json!({}), &[])), Pen::Apply);
    assert_eq!(drawn(&deployment(json!({}), &[("kubectl-create", "Update", owned())])), Pen::JsonPatch);
    assert_eq!(drawn(&deployment(json!({}), &[("helm", "Apply", only_adds.clone())])), Pen::JsonPatch);
    assert_eq!(drawn(&deployment(json!({}), &[("pod-hardener", "Apply", owned())])), Pen::JsonPatch);
    let mut custom = deployment(json!({}), &[]);
    let rollout = Resource::builtin("argoproj.io", "v1alpha1", "Rollout", "rollouts", true);
    custom.reference.resource = Arc::new(rollout);
    assert_eq!(drawn(&custom), Pen::JsonPatch);
}
