"""Volumes in use, which root has filled: whether another user may write there depends on what stands behind the claim."""

from ..manifests import IDLE, pod, role, workload
from ..scenario import Deviation, scenario

GROUP = "volumes"
# Whether it can write is seen only when somebody asks it to.
SERVES = f"mkdir -p /data/own || exit 1; {IDLE}"
# What the owner of the image says: any user will do, so that the volume alone is in doubt.
KNOWN = "images:\n  - match: [registry.example/drill/shell]\n    user: {uid: 1000, gid: 1000}\n    anyUid: yes\n    writable: []"
USER = "--only=run-as-non-root"


def claimed(room, source, **spec):
    """A Deployment that has written to its claim, behind which there is a volume of this type."""
    folder = room.cluster.folder / "volumes" / room.namespace.name
    folder.mkdir(parents=True)
    on_this_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}
    size, modes = {"storage": "1Gi"}, ["ReadWriteOnce"]
    room.cluster.call("POST", "/api/v1/persistentvolumes", {
        "metadata": {"name": room.namespace.name},
        "spec": {
            "capacity": size, "accessModes": modes, "claimRef": {"namespace": room.namespace.name, "name": "data"},
            source: {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_this_node]}]}},
        },
    })
    room.at_end.append(lambda: room.cluster.call("DELETE", f"/api/v1/persistentvolumes/{room.namespace.name}"))
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {"accessModes": modes, "resources": {"requests": size}, "storageClassName": ""},
    }
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    room.deploy(claim, workload(template=pod(SERVES, container=mount, volumes=volumes), **spec))


def writes(room):
    """Whether the program can write where it has written before."""
    return room.kubectl("exec", "deploy/web", "--", "sh", "-c", "echo 1 >/data/own/file", check=False).returncode == 0


def doubted(room, source):
    claimed(room, source)
    profile = room.profile(KNOWN)
    room.harden("check", "deploy/web", USER, profile).expect(1, [f"PersistentVolume {room.namespace.name}", source, "no group|gets a group only"])
    room.refused("deploy/web", USER, profile, code=0, says=["no change"])
    # It is no idle doubt.
    room.applied("deploy/web", USER, profile, "--max-risk=unproven")
    if writes(room):
        raise Deviation("it writes all the same: the doubt is needless")
    room.harden("undo", "deploy/web", "--yes").expect(0)


@scenario(GROUP, "host-path-claim", "a path of the node behind a claim: no group is given to it")
def host_path_claim(room):
    doubted(room, "hostPath")


@scenario(GROUP, "local-claim", "a local volume that the old pod still has when the new one starts")
def local_claim(room):
    doubted(room, "local")


@scenario(GROUP, "local-claim-recreated", "the same where the old pod ends first: it gets its group, and the program writes")
def local_claim_recreated(room):
    claimed(room, "local", strategy={"type": "Recreate"})
    room.applied("deploy/web", USER, room.profile(KNOWN))
    if not writes(room):
        raise Deviation("it may not write to its volume")


@scenario(GROUP, "claim-unseen", "a user who may not look behind claims: said once, no error")
def claim_unseen(room):
    claimed(room, "hostPath")
    room.put(*role("reader", "reader", [("*", "*", "get list")]))
    said = room.harden("check", "deploy/web", USER, room.profile(KNOWN), "--as=reader").expect(1, ["may not list.*persistentvolumes"])
    if said.text.count("persistentvolumes") != 1:
        raise Deviation(f"said more than once: {said.text}")
