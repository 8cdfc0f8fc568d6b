"""The forms a manifest is tried in."""

import argparse
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# What each container was measured to need, as `run --measure` wrote it.
LIMITS = Path(__file__).resolve().parents[1] / "limits.yaml"
# What a checklist says, whatever the image.
NAIVE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
# The same in the tool's words.
CHECKLIST = "run-as-non-root,allow-privilege-escalation,read-only-root,capabilities,seccomp-profile"


@dataclass(frozen=True)
class Form:
    name: str
    about: str
    # The tool's flags; None where the tool has no part in it.
    flags: tuple | None = None
    # What is done to each container where the tool has no part in it; without it the manifest is applied as it stands.
    edit: Callable | None = None
    # Which images the tool may read: `none`, `private` (those that no table can know) or `all`.
    archives: str = "none"
    # Whether the namespace enforces the level that the program can reach.
    enforced: bool = False
    # Whether every program must work.
    must: bool = True
    # Whether the containers get the memory that they were measured to need: each must have a limit then.
    measured: bool = False
    # Whether the secrets must have moved that the programs' `secrets` files name.
    secrets: bool = False
    # The flags of `apply`, where the tool hardens the program while it runs, applied as it stands.
    live: tuple | None = None
    # Whether the tool may find that the program does not run so, if it says why and takes it back.
    may_fail: bool = False

    def manifest(self, trial):
        """The text to apply."""
        program = trial.program
        if self.edit:
            return edited(objects(trial.namespace, program.manifest), self.edit)
        if self.flags is None:
            return program.manifest.read_text()
        copy = trial.scratch / "manifest.yaml"
        copy.write_text(program.manifest.read_text())
        call = [trial.tool, "rewrite", copy, *self.flags, *self.knowledge(trial)]
        done = subprocess.run(call, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failed(f"kubectl-harden: {(done.stderr or done.stdout).strip()}")
        return copy.read_text()

    def knowledge(self, trial):
        """The flags that tell the tool what it may know of the program and its images."""
        profile = [f"--profile={trial.program.profile}"] if trial.program.profile else []
        return profile + [f"--image-source=docker-archive:{tar}" for image, tar in trial.archives.items() if self.may_read(image)]

    def may_read(self, image):
        return self.archives == "all" or self.archives == "private" and image.startswith("registry.example/")


class Failed(Exception):
    """A trial went wrong; the text says how, in a line."""


def restrict(container):
    container["securityContext"] = {**container.get("securityContext", {}), **NAIVE}


def lift(container):
    """Takes away what would end the program before it has used what it needs."""
    container.get("resources", {}).pop("limits", None)


FORMS = [
    Form("plain", "as people write it"),
    Form("naive", "every field of the checklist, whatever the image", edit=restrict, must=False),
    Form(
        "ours", "rewritten with the defaults, the archives of private images at hand",
        flags=(), archives="private", enforced=True, secrets=True,
    ),
    Form(
        "limits", "the same, with the memory that was measured",
        flags=(f"--limits-from=file={LIMITS}",), archives="private", enforced=True, secrets=True, measured=True,
    ),
    Form("blind", "rewritten knowing nothing of the images", flags=("--image-facts=none",)),
    Form("image", "rewritten knowing only the images' archives", flags=("--image-facts=none",), archives="all"),
    Form(
        "image-unproven", "the same, with what is unproven",
        flags=("--image-facts=none", "--max-risk=unproven"), archives="all", must=False,
    ),
    Form("live", "hardened while it runs, by `apply` with the defaults", live=(), archives="private"),
    Form(
        "live-naive", "hardened while it runs, with what a checklist says and nothing known: what breaks is told and taken back",
        live=(f"--only={CHECKLIST}", "--image-facts=none", "--max-risk=unproven"), may_fail=True,
    ),
]
# For `run --measure`.
UNLIMITED = Form("unlimited", "as people write it, without its limits", edit=lift, measured=True)


def named(name):
    """The form of that name. `limits.memory=64Mi` and the like are forms too: that on every container, for the record."""
    for form in FORMS:
        if form.name == name:
            return form
    match = re.fullmatch(r"(limits|requests)\.([a-z-]+)=([0-9.]+[A-Za-z]*)", name)
    if not match:
        raise argparse.ArgumentTypeError(f"no such form: {name}")
    which, resource, quantity = match.groups()

    def put(container):
        container.setdefault("resources", {}).setdefault(which, {})[resource] = quantity

    return Form(name, f"as people write it, with {which} of {quantity} {resource} on every container", edit=put, must=False)


def objects(namespace, path):
    """The objects of a manifest, read by kubectl."""
    read = namespace.kubectl("create", "--dry-run=client", "-o", "json", "-f", str(path))
    if read.returncode:
        raise Failed(f"kubectl: {read.stderr.strip()}")
    found, at = [], 0
    while at < len(read.stdout.rstrip()):
        item, at = json.JSONDecoder().raw_decode(read.stdout, at)
        found += item["items"] if item["kind"] == "List" else [item]
        at += len(read.stdout[at:]) - len(read.stdout[at:].lstrip())
    return found


def containers(item):
    """The containers of an object, those of its pod template or its own."""
    pod = item["spec"] if item["kind"] == "Pod" else item.get("spec", {}).get("template", {}).get("spec", {})
    return pod.get("initContainers", []) + pod.get("containers", [])


def edited(items, edit):
    """The objects as one text, `edit` done to each container."""
    for item in items:
        for container in containers(item):
            edit(container)
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
