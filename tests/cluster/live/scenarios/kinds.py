"""Workloads that do not roll as a Deployment does."""

import json

from .. import photo
from ..manifests import IDLE, SHELL, pod, workload
from ..scenario import Deviation, scenario
from .starts import KNOWING_NOTHING

GROUP = "kinds"
WRITES = f"echo 1 >/var/state || exit 1; {IDLE}"
FINE = ("--only=seccomp-profile",)
BREAKING = ("--only=read-only-root", *KNOWING_NOTHING)


@scenario(GROUP, "stateful-set", "a StatefulSet, replaced from the last pod to the first")
def stateful_set(room):
    room.deploy(workload("StatefulSet", replicas=2))
    room.applied("statefulset/web", *FINE, says=["statefulset.apps/web hardened", "healthy"])


@scenario(GROUP, "stateful-set-stuck", "a StatefulSet whose new pod fails: it stays stuck unless the pod is deleted")
def stateful_set_stuck(room):
    room.deploy(workload("StatefulSet", replicas=2, template=pod(WRITES)))
    room.fails("sts/web", *BREAKING, says=["read-only-root", "/var/state", "rolled back"])


@scenario(GROUP, "daemon-set", "a DaemonSet")
def daemon_set(room):
    room.deploy(workload("DaemonSet"))
    room.applied("ds/web", *FINE, says=["daemonset.apps/web hardened", "healthy"])


@scenario(GROUP, "daemon-set-fails", "a DaemonSet whose new pod fails")
def daemon_set_fails(room):
    room.deploy(workload("DaemonSet", template=pod(WRITES)))
    room.fails("ds/web", *BREAKING, says=["read-only-root", "/var/state", "rolled back"])


@scenario(GROUP, "recreate", "a Deployment that stops all before it starts any")
def recreate(room):
    room.deploy(workload(strategy={"type": "Recreate"}))
    room.applied("deploy/web", *FINE, says=["Recreate", "healthy"])


@scenario(GROUP, "recreate-fails", "the same, and the new pod fails")
def recreate_fails(room):
    room.deploy(workload(strategy={"type": "Recreate"}, template=pod(WRITES)))
    room.fails("deploy/web", *BREAKING, says=["read-only-root", "/var/state", "rolled back"])


@scenario(GROUP, "many-replicas", "four pods, and the first new one fails: the others never stop")
def many_replicas(room):
    # Without a probe a pod counts as soon as it runs: others would be replaced before it ends.
    probe = {"exec": {"command": ["test", "-f", "/var/state"]}, "periodSeconds": 1}
    room.deploy(workload(replicas=4, template=pod(WRITES, container={"readinessProbe": probe})))
    old = {pod["metadata"]["uid"] for pod in room.namespace.pods()}
    room.fails("deploy/web", *BREAKING, says=["read-only-root", "/var/state", "rolled back"])
    stayed = old & {pod["metadata"]["uid"] for pod in room.namespace.pods()}
    if len(stayed) < 3:
        raise Deviation(f"only {len(stayed)} of 4 old pods stayed")


@scenario(GROUP, "paused", "a paused Deployment: nothing rolls until somebody resumes it")
def paused(room):
    room.deploy(workload(), ready=True)
    room.kubectl("rollout", "pause", "deploy/web")
    uids = {pod["metadata"]["uid"] for pod in room.namespace.pods()}
    room.applied("deploy/web", *FINE, says=["paused"], never=["healthy after"])
    if {pod["metadata"]["uid"] for pod in room.namespace.pods()} != uids:
        raise Deviation("its pods were replaced")


@scenario(GROUP, "zero-replicas", "a Deployment with no pods")
def zero_replicas(room):
    room.deploy(workload(replicas=0))
    room.applied("deploy/web", *FINE, says=["replicas|no pods"], never=["healthy after"])


@scenario(GROUP, "on-delete", "a StatefulSet that replaces a pod only when somebody deletes it")
def on_delete(room):
    room.deploy(workload("StatefulSet", updateStrategy={"type": "OnDelete"}))
    uids = {pod["metadata"]["uid"] for pod in room.namespace.pods()}
    room.applied("sts/web", *FINE, says=["OnDelete"], never=["healthy after"])
    if {pod["metadata"]["uid"] for pod in room.namespace.pods()} != uids:
        raise Deviation("its pods were replaced")


@scenario(GROUP, "cron-job", "a CronJob: it acts on the next run")
def cron_job(room):
    room.put(workload("CronJob"))
    room.applied("cronjob/web", *FINE, says=["cronjob.batch/web hardened", "next|schedule"])
    template = room.get("cronjobs/web")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    if "seccompProfile" not in template.get("securityContext", {}):
        raise Deviation("its template has no seccomp profile")


@scenario(GROUP, "job", "a Job that runs: its template cannot be changed")
def job(room):
    room.put(workload("Job"))
    room.wait_ready()
    room.refused("job/web", *FINE, says=["job", "immutable|cannot be changed"], never=[r"core\.PodTemplateSpec", r"v1\.PodSpec\{"])


@scenario(GROUP, "bare-pod", "a pod that nothing runs: it cannot be changed")
def bare_pod(room):
    room.put(workload("Pod"))
    room.wait_ready()
    room.refused("pod/web", *FINE, says=["pod"], never=[r"core\.PodSpec", r"v1\.PodSpec\{"])


@scenario(GROUP, "pod-of-deployment", "a pod by name: its Deployment is what is changed")
def pod_of_deployment(room):
    room.deploy(workload())
    name = room.namespace.pods()[0]["metadata"]["name"]
    room.applied(f"pod/{name}", *FINE, says=["deployment.apps/web"])


@scenario(GROUP, "bare-replica-set", "a ReplicaSet: its pods stay as they are")
def bare_replica_set(room):
    room.put(workload("ReplicaSet"))
    room.wait(lambda: any(map(photo.is_ready, room.namespace.pods())), "no pod is ready")
    uids = {pod["metadata"]["uid"] for pod in room.namespace.pods()}
    room.applied("rs/web", *FINE, says=["not replaced|stay|existing pods"])
    if {pod["metadata"]["uid"] for pod in room.namespace.pods()} != uids:
        raise Deviation("its pods were replaced")


@scenario(GROUP, "disruption-and-scaler", "a PodDisruptionBudget and a HorizontalPodAutoscaler: said beforehand")
def disruption_and_scaler(room):
    room.deploy(
        workload(replicas=2),
        {
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        },
        {
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 3,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
            },
        },
    )
    room.applied("deploy/web", *FINE, says=["PodDisruptionBudget", "HorizontalPodAutoscaler|HPA"])


@scenario(GROUP, "unhealthy-before", "a workload that did not work before: it is not blamed on the change")
def unhealthy_before(room):
    room.put(workload(template=pod("exit 1")))
    room.wait(lambda: "CrashLoopBackOff" in json.dumps(room.namespace.pods()), "it does not crash")
    said = room.harden("apply", "deploy/web", "--yes", *FINE)
    if said.code not in (3, 4, 5):
        raise Deviation(f"exit code {said.code}: {said.text[-300:]}")
    said.expect(said.code, ["before"], [r"cause\s+seccomp"])


@scenario(GROUP, "second-time", "the same change again: there is nothing to do")
def second_time(room):
    room.deploy(workload())
    room.applied("deploy/web", *FINE)
    room.refused("deploy/web", *FINE, code=0, says=["no change|nothing to (do|change)"])


@scenario(GROUP, "dry-runs", "both dry runs change nothing")
def dry_runs(room):
    room.deploy(workload())
    room.refused("deploy/web", *FINE, "--dry-run=server", code=0, says=[r"hardened \(server dry run\)"], yes=False)
    room.refused("deploy/web", *FINE, "--dry-run=client", code=0, says=[r"hardened \(dry run\)"], yes=False)


@scenario(GROUP, "json", "what became of each object, as one document")
def as_json(room):
    room.deploy(workload(), workload(name="bad", template=pod(WRITES)))
    only = ("--only=read-only-root,seccomp-profile", *KNOWING_NOTHING)
    # What it says to people goes elsewhere.
    call = ["-c", 'exec "$0" "$@" 2>/dev/null', room.tool, "apply", "deploy/bad", "deploy/web", "--yes", "--max-failures=5", *only, "-o", "json"]
    said = room.harden(*call, program="sh").expect(6)
    told = {item["name"]: item for item in json.loads(said.text)["objects"]}
    if (told["web"]["result"], told["bad"]["result"]) != ("healthy", "rolledBack"):
        raise Deviation(f"results: {told}")
    if told["bad"]["diagnosis"]["rule"] != "read-only-root" or not any("seccompProfile" in one["path"] for one in told["web"]["changes"]):
        raise Deviation(f"it lacks the rule or the change: {told}")


@scenario(GROUP, "undo-later", "undone after others changed the image and put a container before it")
def undo_later(room):
    room.deploy(workload())
    room.applied("deploy/web", "--only=seccomp-profile,allow-privilege-escalation")
    first = {"name": "first", "image": SHELL, "command": ["sh", "-c", IDLE]}
    containers = room.get("deployments/web")["spec"]["template"]["spec"]["containers"]
    patch = [{"op": "replace", "path": "/spec/template/spec/containers", "value": [first, {**containers[0], "image": "registry.example/drill/moving:main"}]}]
    room.kubectl("patch", "deploy/web", "--type=json", "-p", json.dumps(patch))
    room.wait_ready()
    room.harden("undo", "deploy/web", "--yes").expect(0)
    spec = room.get("deployments/web")["spec"]["template"]["spec"]
    left = json.dumps(spec)
    if "seccompProfile" in left or "allowPrivilegeEscalation" in left:
        raise Deviation(f"not taken back: {left}")
    if [container["name"] for container in spec["containers"]] != ["first", "app"] or "moving:main" not in left:
        raise Deviation(f"what others changed is gone: {left}")
    room.harden("undo", "deploy/web", "--yes").expect(0, ["nothing"])
