"""Where a program's secrets are: in the environment of its containers, or no longer.

What counts is what the container runtime was told (its OCI configuration): the environment that every process of the container starts
with, that `kubectl exec` hands on and that the runtime's own tools show, and the command line. An entrypoint may put the value into the
environment of the program it starts, as those of the official databases do; that is noted, but not the manifest's fault.
"""

import base64
import json
from pathlib import Path

from .forms import Failed, containers


def wanted(items):
    """The variables that come from Secrets: (container, variable) to the value."""
    stored = {}
    for item in items:
        if item["kind"] == "Secret":
            data = {key: base64.b64decode(value).decode() for key, value in (item.get("data") or {}).items()}
            stored[item["metadata"]["name"]] = {**data, **(item.get("stringData") or {})}
    found = {}
    for item in items:
        for container in containers(item):
            for variable in container.get("env", []):
                if source := variable.get("valueFrom", {}).get("secretKeyRef"):
                    found[container["name"], variable["name"]] = stored[source["name"]][source["key"]]
    return found


def compare(owed, before, pods, runtime, strict):
    """Raises `Failed` where a secret is still there that moved, or where what moved is not what is owed (if `strict`).

    `owed` maps a variable to whether it must move; `before` is `wanted` of the original; `runtime(identity)` is the `Runtime` of a
    container. Returns the variables that the program's own processes have all the same.
    """
    again = set()
    for pod in pods:
        statuses = {status["name"]: status for status in pod["status"]["containerStatuses"]}
        for container in pod["spec"]["containers"]:
            names = {variable["name"] for variable in container.get("env", [])}
            for (of, variable), value in before.items():
                if of != container["name"]:
                    continue
                moved = variable not in names
                if strict and moved != owed[variable]:
                    raise Failed(f"{of}: {variable} {'is no longer' if moved else 'is still'} in the environment")
                if moved:
                    found = runtime(statuses[of]["containerID"])
                    if any(value in entry for entry in found.told()):
                        raise Failed(f"{of}: the secret of {variable} is still in what the container was started with")
                    if any(value in entry for entry in found.processes()):
                        again.add(variable)
    return sorted(again)


class Runtime:
    """What the container runtime and the kernel know of one container."""

    def __init__(self, cluster, group, identity):
        name = identity.rpartition("/")[2]
        self.bundle = cluster / "run/containerd/io.containerd.runtime.v2.task/k8s.io" / name / "config.json"
        self.group = group
        self.name = name

    def told(self):
        """The environment and the command line that it was started with."""
        process = json.loads(self.bundle.read_text())["process"]
        return process["env"] + process["args"]

    def processes(self):
        """The environments of all its processes, entry by entry."""
        for folder in self.group.rglob(self.name):
            for pid in (folder / "cgroup.procs").read_text().split():
                try:
                    yield from Path(f"/proc/{pid}/environ").read_text(errors="replace").split("\0")
                except OSError:
                    continue  # It has just ended.
