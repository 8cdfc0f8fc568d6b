"""The server, or who speaks for it, refuses: before anything is changed, or where that could not be seen, afterwards."""

import json

from ..manifests import pod, role, workload
from ..scenario import Deviation, scenario
from ..webhook import REGISTRATION, Webhook

GROUP = "admission"
# A user who may change workloads and watch their pods, but neither make pods nor read what limits them.
DEPLOYER = "deployer"
RIGHTS = [
    ("apps", "deployments replicasets statefulsets daemonsets controllerrevisions", "get list watch patch update"),
    ("", "pods pods/log events", "get list watch"),
]
AS_DEPLOYER = f"--as={DEPLOYER}"
SOME_LIMITS = "rules:\n  limits: {parameters: {memoryRequest: 64Mi, memoryLimit: 128Mi}}"
UNPROVEN = "--max-risk=unproven"


def deployer(room, *more):
    room.put(*role("deployer", DEPLOYER, RIGHTS + list(more)))


MAKE_PODS = ("", "pods", "create")


def quota(name, **hard):
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": {k.replace("_", "."): v for k, v in hard.items()}}}


def limit_range(**most):
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "most"}, "spec": {"limits": [{"type": "Pod", "max": most}]}}


def small():
    return workload(template=pod(container={"resources": {"requests": {"memory": "16Mi"}, "limits": {"memory": "32Mi"}}}))


def restrained(room, *objects):
    """A workload that runs, and what would not let a greater one run."""
    room.deploy(workload())
    room.put(*objects)


@scenario(GROUP, "quota", "a quota with no room for the new pods, seen beforehand")
def quota_before(room):
    restrained(room, quota("memory", limits_memory="64Mi"))
    deployer(room, MAKE_PODS)
    room.refused("deploy/web", room.profile(SOME_LIMITS), UNPROVEN, AS_DEPLOYER, says=["exceeded quota", "memory"])


@scenario(GROUP, "quota-unseen", "the same, and the user may make no pods to try")
def quota_after(room):
    restrained(room, quota("memory", limits_memory="64Mi"))
    deployer(room)
    room.fails("deploy/web", room.profile(SOME_LIMITS), UNPROVEN, AS_DEPLOYER, says=["exceeded quota", "memory"])


@scenario(GROUP, "limit-range", "a LimitRange below the new limit, seen beforehand")
def limit_range_before(room):
    restrained(room, limit_range(memory="64Mi"))
    deployer(room, MAKE_PODS)
    room.refused("deploy/web", room.profile(SOME_LIMITS), UNPROVEN, AS_DEPLOYER, says=["maximum memory usage per Pod is 64Mi"])


@scenario(GROUP, "limit-range-unseen", "the same, and the user may make no pods to try")
def limit_range_after(room):
    restrained(room, limit_range(memory="64Mi"))
    deployer(room)
    room.fails("deploy/web", room.profile(SOME_LIMITS), UNPROVEN, AS_DEPLOYER, says=["maximum memory usage per Pod is 64Mi"])


@scenario(GROUP, "pod-security", "a namespace that enforces more than the change brings")
def pod_security(room):
    room.deploy(workload())
    room.kubectl("label", "namespace", room.namespace.name, "pod-security.kubernetes.io/enforce=restricted")
    room.refused("deploy/web", "--only=seccomp-profile", says=["PodSecurity|Pod Security", "restricted", "allowPrivilegeEscalation"])


@scenario(GROUP, "pod-security-unseen", "the same, and the user may make no pods to try")
def pod_security_after(room):
    room.deploy(workload())
    deployer(room)
    room.kubectl("label", "namespace", room.namespace.name, "pod-security.kubernetes.io/enforce=restricted")
    said = room.harden("apply", "deploy/web", "--yes", "--only=seccomp-profile", AS_DEPLOYER)
    if said.code not in (3, 4):
        raise Deviation(f"exit code {said.code} where 3 or 4 is owed: {said.text[-300:]}")
    said.expect(said.code, ["PodSecurity|Pod Security", "restricted"])
    room.wait_ready(10)


@scenario(GROUP, "pod-security-met", "a namespace that enforces what the change brings: it is applied")
def pod_security_met(room):
    room.deploy(workload(template=pod(image="registry.example/drill/numeric:1")))
    room.kubectl("label", "namespace", room.namespace.name, "pod-security.kubernetes.io/enforce=restricted")
    room.applied("deploy/web", "--max-risk=unproven", says=["healthy", "kubectl[ -]harden undo"], never=["violate"])


def policy(room, resources, groups, expression, message):
    """A ValidatingAdmissionPolicy for the room's namespace."""
    name = room.namespace.name
    room.cluster.call("POST", f"{REGISTRATION}/validatingadmissionpolicies", {
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [
                {"apiGroups": groups, "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": resources},
            ]},
            "validations": [{"expression": expression, "message": message}],
        },
    })
    room.cluster.call("POST", f"{REGISTRATION}/validatingadmissionpolicybindings", {
        "metadata": {"name": name},
        "spec": {
            "policyName": name, "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}},
        },
    })
    for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        room.at_end.append(lambda kind=kind: room.cluster.call("DELETE", f"{REGISTRATION}/{kind}/{name}"))


def enforced(room, kind, probe):
    """Waits until the policy answers: the server takes it up after a moment."""
    room.wait(lambda: room.kubectl("create", "--dry-run=server", "-f", "-", text=probe, check=False).returncode, f"the policy on {kind} is idle")


NO_READ_ONLY = "{spec}.containers.all(c, !has(c.securityContext) || !has(c.securityContext.readOnlyRootFilesystem))"


@scenario(GROUP, "policy-workload", "a ValidatingAdmissionPolicy that refuses the workload")
def policy_workload(room):
    room.deploy(workload())
    policy(room, ["deployments"], ["apps"], NO_READ_ONLY.format(spec="object.spec.template.spec"), "house rule 7: roots are writable here")
    probe = workload(name="probe", template=pod(container={"securityContext": {"readOnlyRootFilesystem": True}}))
    enforced(room, "deployments", json.dumps(probe))
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["house rule 7: roots are writable here"])


@scenario(GROUP, "policy-diff", "the same: diff shows the change, and that the server would refuse it")
def policy_diff(room):
    room.deploy(workload())
    policy(room, ["deployments"], ["apps"], NO_READ_ONLY.format(spec="object.spec.template.spec"), "house rule 7: roots are writable here")
    probe = workload(name="probe", template=pod(container={"securityContext": {"readOnlyRootFilesystem": True}}))
    enforced(room, "deployments", json.dumps(probe))
    said = room.harden("diff", "deploy/web", "--only=read-only-root", UNPROVEN)
    said.expect(1, [r"\+ +readOnlyRootFilesystem: true", "would refuse this change.*house rule 7: roots are writable here"])


@scenario(GROUP, "policy-pod", "a ValidatingAdmissionPolicy that refuses the pods")
def policy_pod(room):
    room.deploy(workload())
    policy(room, ["pods"], [""], NO_READ_ONLY.format(spec="object.spec"), "house rule 7: roots are writable here")
    probe = workload("Pod", name="probe", template=pod(container={"securityContext": {"readOnlyRootFilesystem": True}}))
    enforced(room, "pods", json.dumps(probe))
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["house rule 7: roots are writable here"])


@scenario(GROUP, "policy-pod-unseen", "the same, and the user may make no pods to try")
def policy_pod_unseen(room):
    room.deploy(workload())
    deployer(room)
    policy(room, ["pods"], [""], NO_READ_ONLY.format(spec="object.spec"), "house rule 7: roots are writable here")
    probe = workload("Pod", name="probe", template=pod(container={"securityContext": {"readOnlyRootFilesystem": True}}))
    enforced(room, "pods", json.dumps(probe))
    room.fails("deploy/web", "--only=read-only-root", UNPROVEN, AS_DEPLOYER, says=["cause", "house rule 7: roots are writable here"])


def read_only(request):
    """The webhook's refusal of what has a read-only root."""
    item = request["object"]
    spec = item["spec"].get("template", item)["spec"]
    if any(container.get("securityContext", {}).get("readOnlyRootFilesystem") for container in spec["containers"]):
        return "the committee says no"
    return None


@scenario(GROUP, "webhook-refuses", "a webhook that refuses the workload")
def webhook_refuses(room):
    room.deploy(workload())
    Webhook(room, ["deployments"], read_only)
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["policy.drill.example", "the committee says no"])


@scenario(GROUP, "webhook-refuses-pods", "a webhook that refuses the pods")
def webhook_refuses_pods(room):
    room.deploy(workload())
    Webhook(room, ["pods"], read_only)
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["policy.drill.example", "the committee says no"])


@scenario(GROUP, "webhook-refuses-late", "a webhook that says nothing of the dry run and refuses the change itself")
def webhook_refuses_late(room):
    room.deploy(workload())
    Webhook(room, ["deployments"], lambda request: None if request.get("dryRun") else read_only(request))
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["policy.drill.example", "the committee says no"])


@scenario(GROUP, "webhook-down", "a webhook that does not answer")
def webhook_down(room):
    room.deploy(workload())
    Webhook(room, ["deployments"], up=False)
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["policy.drill.example", "failed calling webhook|not answer|cannot be reached"])


@scenario(GROUP, "webhook-down-pods", "the same, for pods")
def webhook_down_pods(room):
    room.deploy(workload())
    Webhook(room, ["pods"], up=False)
    room.refused("deploy/web", "--only=read-only-root", UNPROVEN, says=["policy.drill.example", "failed calling webhook|not answer|cannot be reached"])
