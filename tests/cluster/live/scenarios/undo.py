"""What was applied is taken back: what is said before, and what is left behind."""

from .. import photo
from ..manifests import SHELL, pod, workload
from ..scenario import Deviation, scenario

GROUP = "undo"
FINE = ("--only=seccomp-profile",)
MANAGER = "pod-hardener"
SECRET = "correct-horse-battery"


def owned(room):
    """The entries of its managedFields that are the tool's."""
    path = f"/apis/apps/v1/namespaces/{room.namespace.name}/deployments/web"
    return [entry for entry in room.cluster.call("GET", path)["metadata"]["managedFields"] if entry["manager"] == MANAGER]


@scenario(GROUP, "undo-no-trace", "nothing in the object tells of the tool any more")
def undo_no_trace(room):
    room.deploy(workload())
    room.applied("deploy/web", *FINE)
    if not owned(room):
        raise Deviation(f"{MANAGER} owns nothing of what it applied")
    room.harden("undo", "deploy/web", "--yes").expect(0, ["taken back"])
    if left := owned(room):
        raise Deviation(f"{MANAGER} still owns {left}")


@scenario(GROUP, "undo-dry-runs", "both dry runs list the values that would return, and change nothing")
def undo_dry_runs(room):
    room.deploy(workload())
    room.applied("deploy/web", *FINE)
    before = photo.taken(room.namespace)
    value = r"seccompProfile.type: RuntimeDefault -> \(absent\)"
    room.harden("undo", "deploy/web", "--dry-run=client").expect(0, [r"taken back \(dry run\)", value])
    room.harden("undo", "deploy/web", "--dry-run=server").expect(0, [r"taken back \(server dry run\)", value])
    room.unchanged(before)
    room.harden("undo", "deploy/web", "--yes").expect(0, never=[value])


@scenario(GROUP, "undo-secret", "what returns holds a password: nobody is shown it, and it returns")
def undo_secret(room):
    password = {"name": "DATABASE_PASSWORD", "value": SECRET}
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    owner = {"name": "owner", "image": SHELL, "command": ["sh", "-c", "chown -R 999:999 /data"], "env": [password], **mount}
    room.deploy(workload(template=pod(container=mount, initContainers=[owner], volumes=[{"name": "data", "emptyDir": {}}])))
    before = photo.taken(room.namespace)
    room.applied("deploy/web", "--only=init-chown", never=[SECRET])
    for dry_run in ("client", "server"):
        room.harden("undo", "deploy/web", f"--dry-run={dry_run}").expect(0, ["initContainers"], [SECRET])
    room.harden("history", "-o", "json").expect(0, ["initContainers"], [SECRET])
    room.harden("undo", "deploy/web", "--yes").expect(0, never=[SECRET])
    room.unchanged(before)
