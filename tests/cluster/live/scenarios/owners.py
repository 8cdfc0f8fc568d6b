"""Others manage the object. What the tool announces of a change is what happens when its owner acts again."""

import json
import re

from .. import owners, photo
from ..manifests import IDLE, pod, workload
from ..scenario import Deviation, scenario

GROUP = "owners"
# One value that nobody has set, and one that the owner has set otherwise.
FLAGS = ("--only=seccomp-profile,allow-privilege-escalation", "--max-risk=breaking")
ADDED, OVERRIDDEN = "seccompProfile", "allowPrivilegeEscalation"
ANNOUNCED = r"(stays|reverts|blocks)"


def item(**metadata):
    return workload(template=pod(IDLE, container={"securityContext": {"allowPrivilegeEscalation": True}}), metadata=metadata)


def announced(text):
    """What the tool says will become of each of the two."""
    one, found = " ".join(text.split()), {}
    for field in (ADDED, OVERRIDDEN):
        # The word stands behind the field, and before the next one.
        after = [piece.split(OVERRIDDEN if field == ADDED else ADDED)[0] for piece in one.split(field)[1:]]
        words = [match[1].lower() for piece in after if (match := re.search(ANNOUNCED, piece, re.IGNORECASE))]
        if not words:
            raise Deviation(f"nothing is said of what becomes of {field}: {one[-500:]}")
        found[field] = words[0]
    return found


def happens(room, owner):
    """What does become of them when the owner acts again."""
    try:
        owner.again()
        blocked = False
    except owners.Blocked as why:
        if OVERRIDDEN not in str(why) and "conflict" not in str(why):
            raise
        blocked = True
    spec = room.get("deployments/web")["spec"]["template"]["spec"]
    added = ADDED in spec.get("securityContext", {}) or ADDED in spec["containers"][0].get("securityContext", {})
    overridden = spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    return {
        ADDED: "stays" if added else "reverts",
        OVERRIDDEN: "blocks" if blocked else "stays" if overridden else "reverts",
    }


def tried(room, make, managed=None, **metadata):
    """Announces, applies all, and has the owner act: the announcement must hold."""
    owner = make(room, item(**metadata))
    owner.deploy()
    room.wait_ready()
    if managed:
        said = room.refused("deploy/web", *FLAGS, says=[managed, "--allow-managed"])
    said = room.harden("diff", "deploy/web", *FLAGS).expect(1, [managed] if managed else [])
    promise = announced(said.text)
    room.applied("deploy/web", *FLAGS, "--allow-managed", "--force-conflicts")
    seen = happens(room, owner)
    if promise != seen:
        raise Deviation(f"announced {promise}, seen {seen}")


def additions(room, make, **metadata):
    """The additions alone: they stay, and the owner goes on."""
    owner = make(room, item(**metadata))
    owner.deploy()
    room.wait_ready()
    room.harden("apply", "deploy/web", "--yes", *FLAGS, "--allow-managed")
    if ADDED not in str(room.get("deployments/web")["spec"]["template"]):
        raise Deviation("the additions were not applied")
    if (seen := happens(room, owner)) != {ADDED: "stays", OVERRIDDEN: "reverts"}:
        raise Deviation(f"additions alone: {seen}")


def argo(room):
    return {"annotations": {"argocd.argoproj.io/tracking-id": f"shop:apps/Deployment:{room.namespace.name}/web"}}


FLUX = {"labels": {"app": "web", "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}
RELEASE = {"labels": {"app": "web", "helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux-system"}}


@scenario(GROUP, "kubectl-apply", "kubectl apply, client-side, before and after")
def kubectl_apply(room):
    tried(room, owners.Kubectl)


@scenario(GROUP, "kubectl-apply-server-side", "kubectl apply --server-side, before and after")
def kubectl_apply_server_side(room):
    tried(room, owners.ServerSide)


@scenario(GROUP, "helm", "helm install, then helm upgrade")
def helm(room):
    tried(room, owners.Helm, managed='Helm release "?shop')


@scenario(GROUP, "helm-client-side", "the same without server-side apply, as Helm 3 does it")
def helm_client_side(room):
    tried(room, owners.HelmClientSide, managed='Helm release "?shop')


@scenario(GROUP, "helm-additions", "the additions alone: helm upgrade goes on")
def helm_additions(room):
    additions(room, owners.Helm)


@scenario(GROUP, "helm-undo", "an override of helm's value, undone: helm upgrade goes on")
def helm_undo(room):
    owner = owners.Helm(room, item())
    owner.deploy()
    room.wait_ready()
    before = photo.taken(room.namespace)
    room.applied("deploy/web", *FLAGS, "--allow-managed", "--force-conflicts")
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.unchanged(before)
    owner.again()


@scenario(GROUP, "flux", "a Flux Kustomization reconciles")
def flux(room):
    tried(room, owners.Flux, managed="Flux.*apps", **FLUX)


@scenario(GROUP, "flux-additions", "the additions alone: Flux leaves them")
def flux_additions(room):
    additions(room, owners.Flux, **FLUX)


@scenario(GROUP, "one-managed", "of two objects one is Flux's: the other is changed, and the exit code says that it is not all")
def one_managed(room):
    room.put(workload(metadata=FLUX), server_side=owners.FLUX)
    room.deploy(workload(name="own"))
    said = room.harden("apply", "deploy/web", "deploy/own", "--yes", "--only=seccomp-profile")
    said.expect(6, ["refused deployment.apps/web", "Flux Kustomization", "deployment.apps/own hardened", "2 objects: 1 hardened, 1 refused"])
    has = {name: "seccompProfile" in str(room.get(f"deployments/{name}")["spec"]) for name in ("web", "own")}
    if has != {"web": False, "own": True}:
        raise Deviation(f"changed are: {has}")


@scenario(GROUP, "flux-release", "a Flux HelmRelease upgrades")
def flux_release(room):
    tried(room, owners.FluxRelease, managed="Flux.*HelmRelease.*shop|HelmRelease.*shop", **RELEASE)


@scenario(GROUP, "argo", "Argo CD syncs, client-side apply")
def argo_client_side(room):
    tried(room, owners.Argo, managed="Argo CD.*shop", **argo(room))


@scenario(GROUP, "argo-server-side", "Argo CD syncs with ServerSideApply=true")
def argo_server_side(room):
    tried(room, owners.ArgoServerSide, managed="Argo CD.*shop", **argo(room))


@scenario(GROUP, "argo-copy", "a copy of an object that Argo CD tracks: nobody manages it")
def argo_copy(room):
    room.deploy(workload(metadata={"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:elsewhere/web"}}))
    room.applied("deploy/web", *FLAGS, never=["managed by:? Argo"])


@scenario(GROUP, "helm-labels-alone", "a copy of what helm made, with its label alone")
def helm_labels_alone(room):
    room.deploy(workload(metadata={"labels": {"app": "web", "app.kubernetes.io/managed-by": "Helm"}}))
    room.applied("deploy/web", *FLAGS, never=["managed by:? Helm"])


@scenario(GROUP, "operator", "an operator's object: its owner is a custom resource")
def operator(room):
    custom(room)
    shop = room.get("shops.drill.example/shop")
    owner = {"apiVersion": shop["apiVersion"], "kind": "Shop", "name": "shop", "uid": shop["metadata"]["uid"], "controller": True}
    room.deploy(workload(metadata={"ownerReferences": [owner]}))
    room.refused("deploy/web", *FLAGS, says=["Shop/shop|shop.drill.example/shop|Shop shop"])


def custom(room):
    """A custom resource, and one object of it."""
    names = {"plural": "shops", "singular": "shop", "kind": "Shop"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "shops.drill.example"},
        "spec": {"group": "drill.example", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    room.put(definition)
    room.kubectl("wait", "--for=condition=Established", "crd/shops.drill.example", "--timeout=20s")
    shop = {"apiVersion": "drill.example/v1", "kind": "Shop", "metadata": {"name": "shop"}}
    room.wait(lambda: not room.kubectl("apply", "-f", "-", text=json.dumps(shop), check=False).returncode, "no shops")


# Owners that cannot run here: that they are known by their signs is all that can be seen. What the tool calls them, the metadata that
# their objects carry, and the manager that writes them.
SIGNS = {
    "kapp": ("kapp", {
        "labels": {"kapp.k14s.io/app": "1", "kapp.k14s.io/association": "v1.x"},
        "annotations": {"kapp.k14s.io/identity": "v1;ns/apps/Deployment/web;apps/v1"},
    }, None),
    "config-sync": ("Config Sync|inventory", {
        "labels": {"app.kubernetes.io/managed-by": "configmanagement.gke.io"},
        "annotations": {"configmanagement.gke.io/managed": "enabled", "config.k8s.io/owning-inventory": "x"},
    }, None),
    "fleet": ("Fleet|Rancher|k3s", {
        "labels": {"objectset.rio.cattle.io/hash": "0123456789abcdef"},
        "annotations": {
            "objectset.rio.cattle.io/id": "default-shop", "objectset.rio.cattle.io/owner-gvk": "fleet.cattle.io/v1alpha1, Kind=Bundle",
            "objectset.rio.cattle.io/owner-name": "shop",
        },
    }, None),
    "terraform": ("Terraform", {}, "Terraform"),
    "pulumi": ("Pulumi", {}, "pulumi-kubernetes-1a2b3c"),
}


def signed(name):
    words, metadata, manager = SIGNS[name]

    def run(room):
        made = workload(metadata=dict(metadata))
        if metadata.get("labels"):
            made["metadata"]["labels"] = {"app": "web", **metadata["labels"]}
        room.put(made, server_side=manager)
        room.wait_ready()
        room.refused("deploy/web", "--only=seccomp-profile", says=[words, "--allow-managed"])

    return run


for sign in SIGNS:
    scenario(GROUP, sign, f"the signs of {sign}")(signed(sign))
