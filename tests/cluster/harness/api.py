"""What a trial asks the cluster: the API server over HTTPS for the many small questions, kubectl where people would use it."""

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

CORE = "/api/v1"
APPS = "/apis/apps/v1"
DISCOVERY = "/apis/discovery.k8s.io/v1"


class Cluster:
    """The cluster that `up` started, as its administrator."""

    def __init__(self):
        self.folder = Path(os.environ["CLUSTER"])
        self.trust = ssl.create_default_context(cafile=self.folder / "pki/ca.crt")
        self.trust.load_cert_chain(self.folder / "pki/admin.crt", self.folder / "pki/admin.key")

    def call(self, method, path, body=None):
        """The answer to one request; `None` where there is no such object."""
        request = urllib.request.Request(
            f"https://127.0.0.1:6443{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def address(self, service, namespace):
        """The address of a ready pod behind a Service; None where there is none."""
        return next((address for name, address, _ in self.ready(namespace) if name == service), None)

    def ready(self, namespace):
        """The Service, the address and the port of each ready pod behind one."""
        for piece in self.call("GET", f"{DISCOVERY}/namespaces/{namespace}/endpointslices")["items"]:
            for endpoint in piece.get("endpoints") or []:
                if endpoint["conditions"].get("ready") and piece.get("ports"):
                    service = piece["metadata"]["labels"]["kubernetes.io/service-name"]
                    yield service, endpoint["addresses"][0], piece["ports"][0]["port"]

    def namespace(self, name, labels):
        """A new namespace, ready for pods, and kubectl's configuration for it."""
        self.call("POST", f"{CORE}/namespaces", {"metadata": {"name": name, "labels": labels}})
        config = self.folder / f"{name}.conf"
        config.write_text((self.folder / "pki/admin.conf").read_text().replace("user: admin}}", f"user: admin, namespace: {name}}}}}"))
        return Namespace(self, name, config)


class Namespace:
    def __init__(self, cluster, name, config):
        self.cluster, self.name, self.config = cluster, name, config

    def kubectl(self, *arguments, text=None, timeout=60):
        """Runs kubectl here; the finished process with its output as text."""
        call = ["kubectl", f"--kubeconfig={self.config}", *arguments]
        return subprocess.run(call, input=text, capture_output=True, text=True, timeout=timeout)

    def items(self, group, kind):
        return self.cluster.call("GET", f"{group}/namespaces/{self.name}/{kind}")["items"]

    def pods(self):
        return self.items(CORE, "pods")

    def workloads(self):
        return [item for kind in ("deployments", "statefulsets", "daemonsets") for item in self.items(APPS, kind)]

    def endpoint(self, service):
        """ADDRESS:PORT of a ready pod behind the Service (or, without one of that name, behind any)."""
        found = {name: f"{address}:{port}" for name, address, port in self.cluster.ready(self.name)}
        return found.get(service) or next(iter(found.values()), "")

    def provision(self):
        """Gives each waiting claim a volume on the node, root's alone: what a cluster's storage provisioner does."""
        for claim in self.items(CORE, "persistentvolumeclaims"):
            name = f"{self.name}-{claim['metadata']['name']}"
            if claim["spec"].get("volumeName") or self.cluster.call("GET", f"{CORE}/persistentvolumes/{name}"):
                continue
            folder = self.cluster.folder / "volumes" / name
            folder.mkdir(parents=True)
            on_this_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}
            self.cluster.call("POST", f"{CORE}/persistentvolumes", {
                "metadata": {"name": name},
                "spec": {
                    "capacity": claim["spec"]["resources"]["requests"],
                    "accessModes": claim["spec"]["accessModes"],
                    "claimRef": {"namespace": self.name, "name": claim["metadata"]["name"]},
                    "local": {"path": str(folder)},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_this_node]}]}},
                },
            })

    def delete(self):
        """Ends all that runs here, without waiting for it."""
        self.kubectl("delete", "namespace", self.name, "--wait=false")
        self.kubectl("delete", "pods", "--all", "--wait=false", "--grace-period=1")
