"""A crowd of workloads with their neighbours, made straight at the API server. No pod is ever started: the controllers stand still."""

import http.client
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from harness.api import APPS, CORE

CONNECTIONS = 8
# Of hundred workloads; a bare pod and a job are workloads, too.
MIX = [("Deployment", 70), ("StatefulSet", 10), ("DaemonSet", 8), ("CronJob", 8), ("Job", 2), ("Pod", 2)]
PATHS = {
    "Deployment": (APPS, "deployments"), "StatefulSet": (APPS, "statefulsets"), "DaemonSet": (APPS, "daemonsets"),
    "CronJob": ("/apis/batch/v1", "cronjobs"), "Job": ("/apis/batch/v1", "jobs"), "Pod": (CORE, "pods"),
}
IMAGES = ("nginx:1.27", "postgres:16", "redis:7", "registry.example/shop/api:1.4.2", "node:22", "registry.example/shop/worker:main")
PER_NAMESPACE = 200


class Crowd:
    """Makes `count` workloads; `made` counts all objects, neighbours included."""

    def __init__(self, cluster, count):
        self.cluster, self.count, self.made = cluster, count, itertools.count()
        self.local = threading.local()

    def make(self):
        namespaces = [f"crowd-{number}" for number in range(-(-self.count // PER_NAMESPACE))]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(self.furnish, namespaces))
            list(pool.map(lambda number: self.workload(number, namespaces), range(self.count)))
        return next(self.made)

    def post(self, path, item):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPSConnection("127.0.0.1", 6443, context=self.cluster.trust, timeout=60)
        connection = self.local.connection
        connection.request("POST", path, json.dumps(item), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {text.decode()[:300]}")
        next(self.made)

    def furnish(self, namespace):
        """A namespace, and what stands in it once."""
        self.post(f"{CORE}/namespaces", {"metadata": {"name": namespace}})
        below = f"namespaces/{namespace}"
        # The controller that makes it stands still, and pods are refused without.
        self.post(f"{CORE}/{below}/serviceaccounts", {"metadata": {"name": "default"}})
        self.post(f"{CORE}/{below}/limitranges", {
            "metadata": {"name": "limits"}, "spec": {"limits": [{"type": "Container", "max": {"memory": "4Gi"}}]},
        })
        self.post(f"/apis/networking.k8s.io/v1/{below}/networkpolicies", {
            "metadata": {"name": "default"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
        })
        for name in ("one", "two"):
            self.post(f"{CORE}/{below}/secrets", {"metadata": {"name": name}, "stringData": {"password": "x" * 64}})
            self.post(f"{CORE}/{below}/configmaps", {"metadata": {"name": name}, "data": {"settings": "y" * 2000}})

    def workload(self, number, namespaces):
        """One, and what stands beside it."""
        namespace = namespaces[number % len(namespaces)]
        kind, name, item = workload(number)
        group, plural = PATHS[kind]
        self.post(f"{group}/namespaces/{namespace}/{plural}", item)
        if kind in ("Deployment", "StatefulSet"):
            below, chosen = f"namespaces/{namespace}", {"app": name}
            self.post(f"{CORE}/{below}/services", {
                "metadata": {"name": name}, "spec": {"selector": chosen, "clusterIP": "None", "ports": [{"port": 80, "targetPort": 8080}]},
            })
            if number % 4 == 0:
                self.post(f"/apis/policy/v1/{below}/poddisruptionbudgets", {
                    "metadata": {"name": name}, "spec": {"minAvailable": 1, "selector": {"matchLabels": chosen}},
                })
            if number % 10 == 0:
                self.post(f"/apis/autoscaling/v2/{below}/horizontalpodautoscalers", {
                    "metadata": {"name": name},
                    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name}, "minReplicas": 1, "maxReplicas": 5},
                })


def kind_of(number):
    """The kinds, in the shares of `MIX`; neighbours by number are of different ones."""
    share = number * 37 % 100
    for kind, part in MIX:
        if share < part:
            return kind
        share -= part
    raise AssertionError("the shares make hundred")


def workload(number):
    """The kind, the name and the object of that number: as large as people's are, with two containers."""
    kind, name = kind_of(number), f"app-{number}"
    labels = {"app": name, "team": f"team-{number % 30}"}
    pod = {
        "containers": [container("app", number), container("sidecar", number + 1)],
        "volumes": [{"name": "config", "configMap": {"name": "one"}}, {"name": "cache", "emptyDir": {}}],
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    selector = {"matchLabels": {"app": name}}
    match kind:
        case "Deployment":
            spec = {"replicas": 2, "selector": selector, "template": template}
        case "StatefulSet":
            spec = {"replicas": 2, "selector": selector, "serviceName": name, "template": template}
        case "DaemonSet":
            spec = {"selector": selector, "template": template}
        case "CronJob":
            spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {**template, "spec": {**pod, "restartPolicy": "Never"}}}}}
        case "Job":
            spec = {"template": {**template, "spec": {**pod, "restartPolicy": "Never"}}}
        case _:
            spec = pod
    return kind, name, {"metadata": {"name": name, "labels": labels}, "spec": spec}


def container(name, number):
    return {
        "name": name, "image": IMAGES[number % len(IMAGES)],
        "env": [{"name": f"SETTING_{index}", "value": f"value {index} of {number}"} for index in range(8)]
        + [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "one", "key": "password"}}}],
        "ports": [{"containerPort": 8080 + number % 2, "name": f"port-{name[:6]}"}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/app"}, {"name": "cache", "mountPath": "/var/cache/app"}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    }
