"""The images of the scenarios: busybox under names that no table of facts knows, with configurations of their own."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

# NAME: the user of the image, and whether its server is a program with a file capability.
IMAGES = {
    "registry.example/drill/shell:1": ("", False),
    # The builds of two mirrors differ from what they mirror.
    "registry.example/drill/numeric:1": ("101", False),
    "mirror.example/root/numeric:1": ("", False),
    "mirror.example/named/numeric:1": ("nobody", False),
    "registry.example/drill/moving:main": ("", False),
    "registry.example/drill/capable:1": ("101", True),
}
# cap_net_bind_service=+ep, as setcap writes it.
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000").decode("utf-8", "surrogateescape")


def archive(busybox):
    """One docker-archive of them all, made from busybox's unless it is there."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    key = hashlib.sha256(json.dumps(IMAGES).encode() + Path(__file__).read_bytes() + busybox.read_bytes()).hexdigest()[:16]
    target = Path(home) / "kubectl-harden" / "testcluster" / f"drill.{key}.tar"
    if target.exists():
        return target
    with tarfile.open(busybox) as given:
        about = json.load(given.extractfile("manifest.json"))[0]
        base = given.extractfile(about["Layers"][0]).read()
        configuration = json.load(given.extractfile(about["Config"]))
    layers = {"base.tar": base, "capable.tar": capable(base)}
    entries, files = [], dict(layers)
    for name, (user, has_capability) in IMAGES.items():
        of = ["base.tar", "capable.tar"] if has_capability else ["base.tar"]
        own = {**configuration["config"], "User": user}
        if has_capability:
            own["Cmd"] = ["/srv/httpd", "-f", "-p", "8080", "-h", "/home"]
        whole = {**configuration, "config": own}
        whole["rootfs"] = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layers[layer]).hexdigest()}" for layer in of]}
        text = json.dumps(whole).encode()
        files[f"{hashlib.sha256(text).hexdigest()}.json"] = text
        entries.append({"Config": f"{hashlib.sha256(text).hexdigest()}.json", "RepoTags": [name], "Layers": of})
    for old in target.parent.glob("drill.*.tar"):
        old.unlink()
    part = target.with_suffix(".part")
    with tarfile.open(part, "w") as made:
        for path, data in {"manifest.json": json.dumps(entries).encode(), **files}.items():
            put(made, path, data)
    part.rename(target)
    return target


def capable(base):
    """A layer with busybox as /srv/httpd, which may open low ports whoever starts it."""
    with tarfile.open(fileobj=io.BytesIO(base)) as layer:
        program = layer.extractfile("./bin/busybox").read()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as layer:
        put(layer, "srv/httpd", program, mode=0o755, pax_headers={"SCHILY.xattr.security.capability": CAPABILITY})
    return buffer.getvalue()


def put(tar, path, data, mode=0o644, pax_headers=None):
    info = tarfile.TarInfo(path)
    info.size, info.mode, info.pax_headers = len(data), mode, pax_headers or {}
    tar.addfile(info, io.BytesIO(data))
