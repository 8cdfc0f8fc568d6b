"""Those who manage objects beside the tool: helm itself, kubectl itself, and the managers of Flux and Argo CD, imitated by what they do
to the API server."""

import json
import os
import subprocess
from pathlib import Path

from harness.api import APPS

CHART = Path(__file__).resolve().parent / "chart"
FLUX = "kustomize-controller"


class Blocked(Exception):
    """The owner cannot go on."""


class Owner:
    """`deploy` brings the object about; `again` is the owner's next go at it, with nothing changed at the source but a note."""

    def __init__(self, room, item):
        self.room, self.item = room, item

    def noted(self):
        item = json.loads(json.dumps(self.item))
        item["metadata"].setdefault("annotations", {})["drill.example/note"] = "second"
        return item

    def kubectl_apply(self, item, *flags):
        done = self.room.kubectl("apply", *flags, "-f", "-", text=json.dumps(item), check=False)
        if done.returncode:
            raise Blocked(done.stderr.strip())


class Kubectl(Owner):
    """`kubectl apply`, with these flags."""

    flags = ()

    def deploy(self):
        self.kubectl_apply(self.item, *self.flags)

    def again(self):
        self.kubectl_apply(self.noted(), *self.flags)


class ServerSide(Kubectl):
    flags = ("--server-side",)


class Argo(Kubectl):
    """Argo CD's default: what kubectl's client-side apply does, under a name of its own."""

    flags = ("--field-manager=argocd-controller",)


class ArgoServerSide(Kubectl):
    flags = ("--server-side", "--force-conflicts", "--field-manager=argocd-controller")


class FluxRelease(Kubectl):
    """Flux's helm-controller: server-side apply that forces."""

    flags = ("--server-side", "--force-conflicts", "--field-manager=helm-controller")


class Flux(Kubectl):
    """Flux's kustomize-controller: it takes over what managers with kubectl's prefix own, then applies, and forces."""

    flags = ("--server-side", "--force-conflicts", f"--field-manager={FLUX}")

    def again(self):
        path = f"{APPS}/namespaces/{self.room.namespace.name}/deployments/{self.item['metadata']['name']}"
        fields = taken_over(self.room.cluster.call("GET", path)["metadata"]["managedFields"])
        patch = [{"op": "replace", "path": "/metadata/managedFields", "value": fields}]
        self.room.kubectl("patch", "deploy/web", "--type=json", f"--field-manager={FLUX}", "-p", json.dumps(patch))
        super().again()


class Helm(Owner):
    """The real one; the chart is the drill's own."""

    flags = ()

    def deploy(self):
        self.helm("install", "shop", str(CHART), *self.flags)

    def again(self):
        self.helm("upgrade", "shop", str(CHART), "--set=note=second", *self.flags)

    def helm(self, *arguments):
        environment = self.room.environment(HELM_NO_PLUGINS="1")
        done = subprocess.run([os.environ["HELM"], *arguments], env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Blocked((done.stderr or done.stdout).strip())


class HelmClientSide(Helm):
    """As Helm 3 does it: a three-way merge."""

    flags = ("--server-side=false",)


def taken_over(fields):
    """managedFields after Flux has made the fields of kubectl's managers its own."""
    own = {"manager": FLUX, "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": {}}
    kept = []
    for entry in fields:
        theirs = entry["manager"].startswith(("kubectl", "before-first-apply"))
        if (theirs and not entry.get("subresource")) or (entry["manager"] == FLUX and entry["operation"] == "Apply"):
            own["fieldsV1"] = merged(own["fieldsV1"], entry["fieldsV1"])
            own["time"] = entry["time"]
        else:
            kept.append(entry)
    return [own, *kept]


def merged(one, other):
    """The union of two sets of fields."""
    return {key: merged(one.get(key, {}), other.get(key, {})) for key in one.keys() | other.keys()}
