"""The pods of the cluster as callers: what they are called in tables, and where they can be reached."""

from dataclasses import dataclass

from . import flows

# What the Job of a CronJob that is run by hand is called: the CronJob's name, and this.
NOW = "-now"


@dataclass(frozen=True)
class Caller:
    # As tables call it: namespace/workload, or `outside`.
    name: str
    # Empty for the host outside.
    namespace: str = ""
    pod: str = ""
    address: str = ""

    @property
    def is_outside(self):
        return self.name == flows.OUTSIDE


def of(pods):
    """The callers among pods of the API that run."""
    return [caller(pod) for pod in pods if pod["status"].get("phase") == "Running" and pod["status"].get("podIP") and not going(pod)]


def caller(pod):
    about = pod["metadata"]
    return Caller(f"{about['namespace']}/{workload(pod)}", about["namespace"], about["name"], pod["status"]["podIP"])


def workload(pod):
    """The name of what a pod belongs to; its own where it is told apart from the others, or belongs to nothing."""
    about = pod["metadata"]
    owner = next((one for one in about.get("ownerReferences", []) if one.get("controller")), None)
    if not owner or owner["kind"] == "StatefulSet":
        return about["name"]
    if owner["kind"] == "ReplicaSet":
        return owner["name"].removesuffix("-" + about["labels"]["pod-template-hash"])
    return owner["name"].removesuffix(NOW)


def going(pod):
    return "deletionTimestamp" in pod["metadata"]


def ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))


def restarts(pod):
    return sum(one["restartCount"] for one in pod["status"].get("containerStatuses", []))
