"""As a plugin: kubectl starts it, completes its words, and krew installs it."""

import os
import re
import subprocess
import tarfile

from harness.tool import ROOT

from ..manifests import IDLE, pod, workload
from ..scenario import Deviation, scenario
from .starts import KNOWING_NOTHING

GROUP = "plugin"


def on_path(room):
    """A folder of programs with the tool under its plugin's name."""
    folder = room.scratch / "bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "kubectl-harden").exists():
        (folder / "kubectl-harden").symlink_to(room.tool)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def kubectl(room, *words):
    return room.harden(*words, program="kubectl", **on_path(room))


@scenario(GROUP, "exit-codes", "kubectl harden: its exit codes are kubectl's")
def exit_codes(room):
    room.deploy(workload(template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")))
    kubectl(room, "harden", "deploy/web", "--only=seccomp-profile").expect(1, [r"\+ +seccompProfile:"])
    kubectl(room, "harden", "diff", "deploy/none").expect(2, ["not found"])
    kubectl(room, "harden", "apply", "deploy/web", "--yes", "--only=read-only-root", *KNOWING_NOTHING).expect(4, ["rolled back"])
    kubectl(room, "harden", "apply", "deploy/web", "--yes", "--only=seccomp-profile").expect(0, ["kubectl[ -]harden undo"])
    kubectl(room, "harden", "undo", "--yes", "deploy/web").expect(0)


@scenario(GROUP, "help", "kubectl harden -h names itself so")
def help_text(room):
    for words in (["harden", "-h"], ["harden", "apply", "-h"], ["harden", "undo", "-h"], ["harden", "history", "-h"]):
        kubectl(room, *words).expect(0, [r"kubectl harden"], [r"kubectl-harden \w"])


@scenario(GROUP, "completion", "kubectl completes the words of the plugin")
def completion(room):
    environment = on_path(room)
    shim = room.scratch / "bin" / "kubectl_complete-harden"
    shim.write_text(room.harden("completion", "kubectl").expect(0).text)
    shim.chmod(0o755)
    room.put(workload(replicas=0), workload(name="shop", replicas=0))
    here = room.namespace.name
    for words, wanted in (
        ([""], "apply"), (["apply", "--max-risk", ""], "unproven"), (["ap"], "apply"), (["apply", "deploym"], "deployments"),
        (["apply", "deploy/"], "deploy/web"), (["apply", "deployments", "s"], "shop"), (["apply", "deployments", "web", ""], "shop"),
        (["check", "-n", ""], here), (["check", "-n", here, "deploy/w"], "deploy/web"), (["check", f"--namespace={here[:2]}"], f"--namespace={here}"),
        (["check", "--context", ""], room.kubectl("config", "current-context").stdout.strip()),
    ):
        said = room.harden("__complete", "harden", *words, program="kubectl", **environment).expect(0)
        if wanted not in [line.partition("\t")[0] for line in said.text.splitlines()]:
            raise Deviation(f"{words} is not completed with {wanted}: {said.text}")
    # In a namespace that is not there is nothing.
    said = room.harden("__complete", "harden", "check", "-n", "nowhere", "deploy/", program="kubectl", **environment).expect(0)
    if "deploy/web" in said.text:
        raise Deviation(f"the namespace does not count: {said.text}")


@scenario(GROUP, "krew", "the real krew installs it from a local archive, and kubectl starts it")
def krew(room):
    manifest = ROOT / "krew-manifest.yaml"
    if not manifest.exists():
        raise Deviation("there is no krew-manifest.yaml")
    # Without network: the manifest's own checksum must be that of the archive at hand.
    archive = room.scratch / "kubectl-harden.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(room.tool, "kubectl-harden")
        tar.add(ROOT / "LICENSE", "LICENSE")
    digest = subprocess.run(["sha256sum", archive], capture_output=True, text=True, check=True).stdout.split()[0]
    local = room.scratch / manifest.name
    local.write_text(re.sub(r"sha256: \S+", f"sha256: {digest}", manifest.read_text()))
    root = room.scratch / "krew"
    environment = {"KREW_ROOT": str(root), "KREW_NO_UPGRADE_CHECK": "1", "PATH": f"{root}/bin:{os.environ['PATH']}"}
    call = ["install", f"--manifest={local}", f"--archive={archive}"]
    room.harden(*call, program=os.environ["KREW"], **environment).expect(0, ["Installed plugin: harden"])
    said = room.harden("harden", "--version", program="kubectl", **environment)
    said.expect(0, [r"\d+\.\d+\.\d+"])
    room.deploy(workload())
    room.harden("harden", "deploy/web", "--only=seccomp-profile", program="kubectl", **environment).expect(1, [r"\+ +seccompProfile:"])
