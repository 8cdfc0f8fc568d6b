"""Small workloads for scenarios, as people write them: no `securityContext`, no limits."""

# Images that `images.py` makes; nothing is known of them.
SHELL = "registry.example/drill/shell:1"
# What a program does that has nothing to do.
IDLE = "exec sleep 1000000"

SERVED = {
    "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1",
    "CronJob": "batch/v1", "Pod": "v1",
}


def pod(script=IDLE, image=SHELL, container=None, **spec):
    """A pod's spec with one container, `app`, whose shell runs `script`; the image's own command where that is None."""
    command = {} if script is None else {"command": ["sh", "-c", script]}
    own = {"name": "app", "image": image, "imagePullPolicy": "IfNotPresent", **command, **(container or {})}
    # A shell that waits for its child hears no signal.
    return {"terminationGracePeriodSeconds": 1, "containers": [own], **spec}


def workload(kind="Deployment", name="web", replicas=1, template=None, metadata=None, **spec):
    """A workload of that pod spec (`pod()` unless given)."""
    labels = {"app": name}
    whole = {"metadata": {"labels": labels}, "spec": template or pod()}
    about = {"name": name, "labels": labels, **(metadata or {})}
    match kind:
        case "Pod":
            body = whole["spec"]
        case "Job":
            body = {"template": {"spec": {"restartPolicy": "Never", **whole["spec"]}}}
        case "CronJob":
            body = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": {"restartPolicy": "Never", **whole["spec"]}}}}}
        case "DaemonSet":
            body = {"selector": {"matchLabels": labels}, "template": whole}
        case _:
            body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": whole}
    if kind == "StatefulSet":
        body["serviceName"] = name
    return {"apiVersion": SERVED[kind], "kind": kind, "metadata": about, "spec": {**body, **spec}}


def role(name, user, rules):
    """What a user may do in the namespace; `rules` maps API groups to resources to verbs."""
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name},
            "rules": [
                {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()} for group, resources, verbs in rules
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        },
    ]
