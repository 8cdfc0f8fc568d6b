"""The new pods do not start, or do not stay: nothing is known of their images, and the tool is made to harden them all the same."""

from .. import photo
from ..manifests import IDLE, pod, workload
from ..scenario import Deviation, scenario

GROUP = "starts"
# What makes the tool do what it advises against.
KNOWING_NOTHING = ("--image-facts=none", "--max-risk=unproven")


def mirrored(room, mirror):
    """A workload that says it is no root, and a mirror whose build of its image differs from the one it has."""
    room.deploy(workload(template=pod(image="registry.example/drill/numeric:1", securityContext={"runAsNonRoot": True})))
    return room.profile(f"rules:\n  image-registry: {{parameters: {{mirrors: {{registry.example/drill/: mirror.example/{mirror}/}}}}}}")


@scenario(GROUP, "root-image", "the image runs as root and names no uid")
def root_image(room):
    room.fails("deploy/web", mirrored(room, "root"), says=["runAsNonRoot", "root"])


@scenario(GROUP, "named-user", "the image names its user by name")
def named_user(room):
    room.fails("deploy/web", mirrored(room, "named"), says=["nobody", "non-numeric|number|name"])


@scenario(GROUP, "read-only-crash", "a program that cannot write where it always wrote")
def read_only_crash(room):
    room.deploy(workload(template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")))
    room.fails(
        "deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["read-only-root", "/var/state", "Read-only file system", "rolled back"],
    )


@scenario(GROUP, "volume-owner", "the files of a volume belong to root")
def volume_owner(room):
    folder = room.scratch / "volume"
    volume = {"name": "data", "hostPath": {"path": str(folder), "type": "DirectoryOrCreate"}}
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    room.deploy(workload(template=pod(f"echo 1 >>/data/log || exit 1; {IDLE}", container=mount, volumes=[volume])))
    room.fails("deploy/web", "--only=run-as-non-root", *KNOWING_NOTHING, says=["run-as-non-root", "/data", "Permission denied"])


@scenario(GROUP, "port-80", "a port below 1024 that the manifest does not mention")
def port_80(room):
    room.deploy(workload(template=pod("exec httpd -f -p 80 -h /home")))
    room.fails("deploy/web", "--only=run-as-non-root", *KNOWING_NOTHING, says=["run-as-non-root", "bind.*Permission denied", "port"])


@scenario(GROUP, "exec-capability", "a program file with a capability that may not be had any longer")
def exec_capability(room):
    room.deploy(workload(template=pod(None, image="registry.example/drill/capable:1")))
    room.fails("deploy/web", "--only=capabilities", *KNOWING_NOTHING, says=["capabilities", "operation not permitted"])


@scenario(GROUP, "start-capability", "a start script that changes owners")
def start_capability(room):
    room.deploy(workload(template=pod(f"mkdir -p /srv/data && chown 101 /srv/data || exit 1; {IDLE}")))
    room.fails("deploy/web", "--only=capabilities", *KNOWING_NOTHING, says=["capabilities", "CHOWN", "Operation not permitted"])


@scenario(GROUP, "oom", "a memory limit below what the program takes")
def oom(room):
    limits = room.scratch / "limits.yaml"
    limits.write_text("'*/*/*/*':\n  requests: {memory: 16Mi}\n  limits: {memory: 32Mi}\n")
    room.deploy(workload(template=pod(f"x=$(head -c 100000000 /dev/zero | tr '\\0' a); {IDLE}")))
    room.fails("deploy/web", "--only=limits", f"--limits-from=file={limits}", says=["limits", "memory", "OOMKilled|137"])


@scenario(GROUP, "eviction", "a limit of ephemeral storage below what the program writes")
def eviction(room):
    profile = room.profile("rules:\n  limits: {parameters: {ephemeralStorageRequest: 1Mi, ephemeralStorageLimit: 2Mi}}")
    room.deploy(workload(template=pod(f"head -c 40000000 /dev/zero >/var/heap; {IDLE}")))
    room.fails("deploy/web", profile, *KNOWING_NOTHING, says=["limits", "ephemeral"])


@scenario(GROUP, "image-gone", "the registry cannot be asked for an image that the node has")
def image_gone(room):
    room.deploy(workload(template=pod(image="registry.example/drill/moving:main")))
    room.fails("deploy/web", "--only=image-pull-policy", *KNOWING_NOTHING, says=["image-pull-policy", "registry.example/drill/moving:main"])


@scenario(GROUP, "mirror-without-image", "the mirror has no such image")
def mirror_without_image(room):
    room.deploy(workload())
    profile = room.profile("rules:\n  image-registry: {parameters: {mirrors: {registry.example/: mirror.example/none/}}}")
    room.fails("deploy/web", profile, says=["image-registry", "mirror.example/none/drill/shell:1"])


@scenario(GROUP, "never-ready", "a probe that can only fail now")
def never_ready(room):
    probe = {"exec": {"command": ["touch", "/var/ready"]}, "periodSeconds": 1, "failureThreshold": 1}
    room.deploy(workload(template=pod(container={"readinessProbe": probe})))
    room.fails("deploy/web", "--only=read-only-root", "--timeout=30s", *KNOWING_NOTHING, says=["read-only-root", "prob|ready", "/var/ready"])


@scenario(GROUP, "killed-by-probe", "a liveness probe that ends the new container")
def killed_by_probe(room):
    probe = {"exec": {"command": ["touch", "/var/alive"]}, "periodSeconds": 1, "failureThreshold": 1}
    room.deploy(workload(template=pod(container={"livenessProbe": probe})))
    room.fails("deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["read-only-root", "/var/alive"])


@scenario(GROUP, "quiet-end", "a program that ends with exit code 0 where it must not")
def quiet_end(room):
    room.deploy(workload(template=pod(f"echo 1 2>/dev/null >/var/state || exit 0; {IDLE}")))
    room.fails("deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["exit( code)? 0"])


@scenario(GROUP, "late-crash", "ready at first, and then no longer")
def late_crash(room):
    room.deploy(workload(template=pod(f"sleep 4; echo 1 >/var/state || exit 1; {IDLE}")))
    room.fails("deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["read-only-root", "/var/state"])


@scenario(GROUP, "init-container", "an init container that fails")
def init_container(room):
    before = {"name": "prepare", "image": "registry.example/drill/shell:1", "command": ["sh", "-c", "echo 1 >/var/state"]}
    room.deploy(workload(template=pod(initContainers=[before])))
    room.fails("deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["prepare", "/var/state", "read-only-root"])


@scenario(GROUP, "secret-in-log", "a program that prints its password before it ends")
def secret_in_log(room):
    env = {"env": [{"name": "DATABASE_PASSWORD", "value": "correct-horse-battery"}]}
    script = f"echo 1 >/var/state || {{ echo cannot connect with password=$DATABASE_PASSWORD: Read-only file system; exit 1; }}; {IDLE}"
    room.deploy(workload(template=pod(script, container=env)))
    room.fails("deploy/web", "--only=read-only-root", *KNOWING_NOTHING, says=["read-only-root"], never=["correct-horse-battery"])


@scenario(GROUP, "kept-corpse", "a failure, and the wish to look at it")
def kept_corpse(room):
    room.deploy(workload(template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")))
    before = room.generations()
    said = room.harden("apply", "deploy/web", "--yes", "--only=read-only-root", *KNOWING_NOTHING, "--no-rollback")
    said.expect(5, ["read-only-root", "kubectl[ -]harden undo"])
    if room.generations()["web"] != before["web"] + 1:
        raise Deviation("it was not left as it was applied")


@scenario(GROUP, "taken-back-by-hand", "a failure that is kept, then `undo`")
def taken_back_by_hand(room):
    room.deploy(workload(template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")))
    before = photo.taken(room.namespace)
    room.harden("apply", "deploy/web", "--yes", "--only=read-only-root", *KNOWING_NOTHING, "--no-rollback").expect(5)
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.unchanged(before)


@scenario(GROUP, "several", "of several workloads one fails")
def several(room):
    room.deploy(
        workload(name="bad", template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")),
        workload(name="fine", template=pod(f"echo 1 >/tmp/state || exit 1; {IDLE}")),
    )
    said = room.harden("apply", "deploy/bad", "deploy/fine", "--yes", "--only=read-only-root", "--max-failures=5", *KNOWING_NOTHING)
    said.expect(6, ["fine hardened", "/var/state"])
    read_only = {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0].get("securityContext", {}).get("readOnlyRootFilesystem")
        for item in room.namespace.workloads()
    }
    if read_only != {"bad": None, "fine": True}:
        raise Deviation(f"read-only are: {read_only}")
    if not room.is_ready():
        raise Deviation("not all are ready")
