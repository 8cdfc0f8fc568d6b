"""An application of several parts: its manifests, its table of flows, and its pods on the cluster."""

import re
import subprocess
import time
from pathlib import Path

from harness.api import CORE

from . import callers, flows

# Seconds until all pods of an application are ready, on a busy machine.
PATIENCE = 180
# Seconds until probes have noticed that they lack something.
NOTICE = 60


class Failed(Exception):
    """Something does not work that has nothing to do with a policy, or must work whatever the policies are; the text says what."""


class Application:
    def __init__(self, folder, cluster=None):
        self.name, self.cluster = folder.name, cluster
        self.manifests = folder / "manifests.yaml"
        self.table = flows.Table((folder / "flows.tsv").read_text(), f"{folder.name}/flows.tsv")
        given = folder / "arguments"
        # What the tool is told beside the manifests.
        self.arguments = given.read_text().split() if given.exists() else []
        self.namespaces = namespaces(self.manifests.read_text())

    def start(self):
        """Creates what is not there, and runs each CronJob once."""
        apply(self.manifests)
        for namespace in self.namespaces:
            for name in kubectl("get", "cronjobs", "-n", namespace, "-o", "name").split():
                kubectl("create", "job", "-n", namespace, f"{name.partition('/')[2]}{callers.NOW}", f"--from={name}")

    def restart(self):
        """Takes all pods away; others come in their place."""
        for namespace in self.namespaces:
            kubectl("delete", "jobs,pods", "--all", "-n", namespace, "--grace-period=1")
        self.start()

    def pods(self):
        return [pod for namespace in self.namespaces for pod in self.cluster.call("GET", f"{CORE}/namespaces/{namespace}/pods")["items"]]

    def unready(self):
        """The pods that are not ready, and those that are to come and are not there."""
        pods = self.pods()
        names = {one.name for one in callers.of(pods)}
        missing = {caller for caller in self.table.callers if caller.partition("/")[0] in self.namespaces} - names
        return sorted(missing | {pod["metadata"]["name"] for pod in pods if not callers.ready(pod) or callers.going(pod)})

    def suffers(self):
        """Whether a pod gets unready: its probe asks another part, and has to fail a few times."""
        end = time.monotonic() + NOTICE
        while not (unready := self.unready()) and time.monotonic() < end:
            time.sleep(1)
        return bool(unready)

    def wait(self):
        """Until all pods are ready; raises `Failed` where they do not get so, or one was restarted."""
        end = time.monotonic() + PATIENCE
        while unready := self.unready():
            if time.monotonic() > end:
                raise Failed(f"{self.name}: not ready after {PATIENCE} s: {', '.join(unready)}")
            time.sleep(1)
        if restarted := [pod["metadata"]["name"] for pod in self.pods() if callers.restarts(pod)]:
            raise Failed(f"{self.name}: restarted: {', '.join(restarted)}")

    def deny(self):
        """Shuts its namespaces, and nothing else."""
        for namespace in self.namespaces:
            apply("-", (
                "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: %s},"
                " spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}" % namespace
            ))

    def undeny(self):
        for namespace in self.namespaces:
            kubectl("delete", "networkpolicy", "deny", "-n", namespace)

    def protect(self, tool):
        """Applies the policies that the tool makes of the manifests; the server may have nothing against them, not even a warning."""
        call = [tool, "network", "policies", "-f", self.manifests, *self.arguments]
        made = subprocess.run(call, capture_output=True, text=True)
        if made.returncode:
            raise Failed(f"{self.name}: network policies: exit code {made.returncode}: {made.stderr.strip()}")
        apply("-", made.stdout)


def namespaces(manifests):
    """The namespaces that a text of manifests makes."""
    return re.findall(r"^kind: Namespace\nmetadata:\n  name: (\S+)$", manifests, re.MULTILINE)


def bare_pods(manifests):
    """The namespace and the name of each pod that a text of manifests makes itself."""
    found = re.findall(r"^kind: Pod\nmetadata:\n  name: (\S+)\n  namespace: (\S+)$", manifests, re.MULTILINE)
    return {(namespace, name) for name, namespace in found}


def apply(path, text=None):
    """`kubectl apply`, for which a warning is an error; again where a new namespace has no account yet."""
    end = time.monotonic() + 30
    while True:
        try:
            return kubectl("apply", "--warnings-as-errors", "-f", str(Path(path)), text=text)
        except Failed as error:
            if "serviceaccount" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(1)


def kubectl(*arguments, text=None):
    done = subprocess.run(["kubectl", *arguments], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
