"""What containers are measured to need: live metrics, and the recommendations of VerticalPodAutoscalers."""

import json

from ..manifests import pod, workload
from ..scenario import Deviation, scenario

GROUP = "measured"
# Both kinds come from add-ons. The API server serves objects of the same form.
LIMITS = "--only=limits"


def kind(group, version, plural, name):
    open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        # The groups are reserved for Kubernetes itself.
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": plural, "singular": name.lower(), "kind": name},
            "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": open_schema}}],
        },
    }


def served(room, *definition):
    made = kind(*definition)
    room.put(made)
    room.kubectl("wait", "--for=condition=Established", f"crd/{made['metadata']['name']}", "--timeout=60s")


def asked(room, requests, limits):
    """Raises `Deviation` unless the container asks for this, and what measures nothing says of its disk."""
    now = room.get("deployments/web")["spec"]["template"]["spec"]["containers"][0]["resources"]
    for wanted, of in ((requests, "requests"), (limits, "limits")):
        if {name: amount for name, amount in now[of].items() if name != "ephemeral-storage"} != wanted:
            raise Deviation(f"{of} are {json.dumps(now[of])}")


@scenario(GROUP, "limits-metrics", "what pods are seen to use becomes requests, and half as much again the memory limit")
def metrics(room):
    served(room, "metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
    room.deploy(workload(replicas=2, template=pod()))
    for number, name in enumerate(sorted(item["metadata"]["name"] for item in room.namespace.pods())):
        usage = {"cpu": f"{50 + 100 * number}m", "memory": f"{64 * (number + 1)}Mi"}
        room.put({
            "apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": {"name": name},
            "timestamp": "2026-01-01T00:00:00Z", "window": "15s", "containers": [{"name": "app", "usage": usage}],
        })
    room.applied("deploy/web", LIMITS, "--limits-from=metrics", "--max-risk=unproven")
    asked(room, {"cpu": "150m", "memory": "128Mi"}, {"memory": "192Mi"})


@scenario(GROUP, "limits-vpa", "a VerticalPodAutoscaler that only recommends is followed")
def recommended(room):
    served(room, "autoscaling.k8s.io", "v1", "verticalpodautoscalers", "VerticalPodAutoscaler")
    room.deploy(workload(template=pod()))
    amounts = {"containerName": "app", "target": {"cpu": "120m", "memory": "96Mi"}, "upperBound": {"cpu": "400m", "memory": "160Mi"}}
    room.put({
        "apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "updatePolicy": {"updateMode": "Off"}},
        "status": {"recommendation": {"containerRecommendations": [amounts]}},
    })
    room.applied("deploy/web", LIMITS, "--limits-from=vpa", "--max-risk=unproven")
    asked(room, {"cpu": "120m", "memory": "96Mi"}, {"memory": "160Mi"})
