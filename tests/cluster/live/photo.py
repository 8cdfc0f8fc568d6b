"""What stands in a namespace, as far as people asked for it: to see that it is as before."""

import json

from harness.api import APPS, CORE

BATCH = "/apis/batch/v1"
KINDS = [
    (APPS, "deployments"), (APPS, "statefulsets"), (APPS, "daemonsets"), (APPS, "replicasets"), (BATCH, "jobs"), (BATCH, "cronjobs"),
    (CORE, "services"), (CORE, "serviceaccounts"), (CORE, "configmaps"), (CORE, "secrets"), (CORE, "persistentvolumeclaims"),
    ("/apis/policy/v1", "poddisruptionbudgets"), ("/apis/networking.k8s.io/v1", "networkpolicies"),
    ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
]
# What the server and its controllers count.
COUNTED = ("resourceVersion", "uid", "generation", "managedFields", "creationTimestamp")
COUNTED_NOTES = ("deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation")


def taken(namespace):
    """KIND/NAME to what was asked for, of all objects that no controller made; and how many pods are ready."""
    objects = {}
    for group, kind in KINDS:
        for item in namespace.items(group, kind):
            if not controlled(item) and item["metadata"]["name"] not in ("kube-root-ca.crt",):
                objects[f"{kind}/{item['metadata']['name']}"] = asked_for(item)
    pods = living(namespace.pods())
    for pod in pods:
        if not controlled(pod):
            objects[f"pods/{pod['metadata']['name']}"] = asked_for(pod)
    return {"objects": objects, "ready": sum(is_ready(pod) for pod in pods), "pods": len(pods)}


def asked_for(item):
    """An object without what is counted, and without what is seen of it."""
    whole = json.loads(json.dumps(item))
    whole.pop("status", None)
    about = whole["metadata"]
    for field in COUNTED:
        about.pop(field, None)
    notes = {key: value for key, value in about.pop("annotations", {}).items() if key not in COUNTED_NOTES}
    if notes:
        about["annotations"] = notes
    return whole


def controlled(item):
    return any(owner.get("controller") for owner in item["metadata"].get("ownerReferences", []))


def living(pods):
    """The pods that are there to stay: neither on their way out nor the remains of one that ended or was evicted."""
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") not in ("Failed", "Succeeded")]


def is_ready(pod):
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def differences(before, after):
    """What is not as before: a short text each."""
    found = []
    for key in sorted(before["objects"].keys() | after["objects"].keys()):
        old, new = before["objects"].get(key), after["objects"].get(key)
        if old is None:
            found.append(f"{key} is left over")
        elif new is None:
            found.append(f"{key} is gone")
        elif old != new:
            found.append(f"{key} differs at {', '.join(paths(old, new))}")
    if (after["ready"], after["pods"]) != (before["ready"], before["pods"]):
        found.append(f"{after['ready']} of {after['pods']} pods are ready, there were {before['ready']} of {before['pods']}")
    return found


def paths(old, new, at=""):
    """The places where two values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [path for key in sorted(old.keys() | new.keys()) for path in paths(old.get(key), new.get(key), f"{at}/{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [path for index, pair in enumerate(zip(old, new)) for path in paths(*pair, f"{at}/{index}")]
    return [] if old == new else [at]
