"""Writes images as `docker save` does: a tar of manifest.json, the configuration and one tar a layer."""

import hashlib
import io
import json
import os
import tarfile

from . import layers


def write(target, images):
    """`images`, each (NAME, CONFIGURATION, HISTORY, LAYER FOLDERS from the lowest), in one archive; shared layers stand in it once."""
    manifest, files = [], {}
    for name, configuration, history, folders in images:
        tars = [packed(folder) for folder in folders]
        digests = [digest_of(tar) for tar in tars]
        configured = json.dumps({
            "architecture": architecture(),
            "os": "linux",
            "config": configuration,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
            "history": history,
        }).encode()
        entry = hashlib.sha256(configured).hexdigest() + ".json"
        parts = [f"{digest}/layer.tar" for digest in digests]
        files.update({entry: configured, **dict(zip(parts, tars))})
        manifest.append({"Config": entry, "RepoTags": [name], "Layers": parts})
    whole = target.with_suffix(".part")
    with tarfile.open(whole, "w") as tar:
        for entry, content in {"manifest.json": json.dumps(manifest).encode(), **files}.items():
            if isinstance(content, bytes):
                info = tarfile.TarInfo(entry)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                tar.add(content, entry)
    whole.rename(target)


def packed(folder):
    """The tar of a layer's folder, made once."""
    tar = folder.with_name("layer.tar")
    if not tar.exists():
        pack(folder, tar)
    return tar


def pack(folder, target):
    """A layer's tar: owners by number, file capabilities, and whiteouts in place of overlayfs's marks."""
    whole = target.with_suffix(".part")
    with tarfile.open(whole, "w", format=tarfile.PAX_FORMAT) as tar:
        for parent, directories, files in os.walk(folder):
            directories.sort()
            inside = os.path.relpath(parent, folder)
            if inside != ".":
                add(tar, parent, inside)
            if layers.opaque(parent):
                add_whiteout(tar, os.path.join(inside, ".wh..wh..opq"))
            links = [name for name in directories if os.path.islink(os.path.join(parent, name))]
            for name in sorted(files + links):
                path, entry = os.path.join(parent, name), os.path.normpath(os.path.join(inside, name))
                if layers.whiteout(path):
                    add_whiteout(tar, os.path.normpath(os.path.join(inside, f".wh.{name}")))
                else:
                    add(tar, path, entry)
    whole.rename(target)


def add(tar, path, entry):
    info = tar.gettarinfo(path, entry)
    if info is None:
        return  # a socket: it has no place in an image
    info.uname = info.gname = ""
    try:
        capability = os.getxattr(path, "security.capability", follow_symlinks=False)
        info.pax_headers["SCHILY.xattr.security.capability"] = capability.decode("utf-8", "surrogateescape")
    except OSError:
        pass
    if info.isreg():
        with open(path, "rb") as content:
            tar.addfile(info, content)
    else:
        tar.addfile(info)


def add_whiteout(tar, entry):
    tar.addfile(tarfile.TarInfo(entry))


def digest_of(tar):
    kept = tar.with_name("digest")
    if not kept.exists():
        with open(tar, "rb") as file:
            kept.write_text(hashlib.file_digest(file, "sha256").hexdigest())
    return kept.read_text()


def architecture():
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
