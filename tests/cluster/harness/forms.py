"""The forms a manifest is tried in."""

import json
import subprocess
from dataclasses import dataclass

# What a checklist says, whatever the image.
NAIVE = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True)
class Form:
    name: str
    about: str
    # The tool's flags; None where the tool has no part in it.
    flags: tuple | None = None
    # Which images the tool may read: `none`, `private` (those that no table can know) or `all`.
    archives: str = "none"
    # Whether the namespace enforces the level that the program can reach.
    enforced: bool = False
    # Whether every program must work.
    must: bool = True

    def manifest(self, trial):
        """The text to apply."""
        path = trial.program.manifest
        if self.name == "naive":
            return naive(trial.namespace, path)
        if self.flags is None:
            return path.read_text()
        copy = trial.scratch / "manifest.yaml"
        copy.write_text(path.read_text())
        sources = [f"--image-source=docker-archive:{tar}" for image, tar in trial.archives.items() if self.may_read(image)]
        call = [trial.tool, "rewrite", copy, *self.flags, *sources]
        done = subprocess.run(call, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Failed(f"kubectl-harden: {(done.stderr or done.stdout).strip()}")
        return copy.read_text()

    def may_read(self, image):
        return self.archives == "all" or self.archives == "private" and image.startswith("registry.example/")


class Failed(Exception):
    """A trial went wrong; the text says how, in a line."""


FORMS = [
    Form("plain", "as people write it"),
    Form("naive", "every field of the checklist, whatever the image", must=False),
    Form("ours", "rewritten with the defaults, the archives of private images at hand", flags=(), archives="private", enforced=True),
    Form("blind", "rewritten knowing nothing of the images", flags=("--image-facts=none",)),
    Form("image", "rewritten knowing only the images' archives", flags=("--image-facts=none",), archives="all"),
    Form(
        "image-unproven", "the same, with what is unproven",
        flags=("--image-facts=none", "--max-risk=unproven"), archives="all", must=False,
    ),
]


def naive(namespace, path):
    """The manifest with `NAIVE` on every container."""
    read = namespace.kubectl("create", "--dry-run=client", "-o", "json", "-f", str(path))
    if read.returncode:
        raise Failed(f"kubectl: {read.stderr.strip()}")
    objects, at = [], 0
    while at < len(read.stdout.rstrip()):
        item, at = json.JSONDecoder().raw_decode(read.stdout, at)
        objects += item["items"] if item["kind"] == "List" else [item]
        at += len(read.stdout[at:]) - len(read.stdout[at:].lstrip())
    for item in objects:
        pod = item["spec"] if item["kind"] == "Pod" else item.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []) + pod.get("initContainers", []):
            container["securityContext"] = {**container.get("securityContext", {}), **NAIVE}
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
