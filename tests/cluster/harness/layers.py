"""Layers: folders stacked by overlayfs, each kept under the key of what made it.

A layer's folder is the `upper` of an overlay over the layers below it; what it takes away stands there as overlayfs writes it
(character device 0:0, opaque directories). `archive` turns that into an image's whiteouts. Needs root.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = "bookworm"
# Without manual pages and translations, as the slim images are. A program must not start its service while it is installed.
BASE = [
    "mmdebstrap", "--quiet", "--variant=minbase", "--format=directory",
    "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=force-unsafe-io",
    '--customize-hook=printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"',
    '--customize-hook=for file in hosts hostname resolv.conf; do : >"$1/etc/$file"; done',
    SUITE,
]
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def key_of(*parts):
    """The key of what is made from `parts`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


class Layers:
    """The layers under the cache folder `root`. A stack of layers is a list of keys, lowest first."""

    def __init__(self, root):
        self.root = root / "layers"
        self.apt = root / "apt"
        for folder in (self.root, self.apt / "cache/archives/partial", self.apt / "lists/partial"):
            folder.mkdir(parents=True, exist_ok=True)
        self.fresh = False

    def folder(self, key):
        return self.root / key / "fs"

    def base(self):
        """The stack of a small Debian."""
        key = key_of("base", *BASE)
        if not self.folder(key).exists():
            self.keep(key, lambda folder: run([*BASE, str(folder)], "the base system"))
        remember(self.root / key)
        return [key]

    def add(self, stack, key, make):
        """`stack` with one more layer; `make(merged)` fills it unless a layer with this key is there."""
        if not self.folder(key).exists():
            with tempfile.TemporaryDirectory(dir=self.root, prefix="new.") as scratch:
                new, work, merged = (Path(scratch) / name for name in ("fs", "work", "merged"))
                for folder in (new, work, merged):
                    folder.mkdir()
                with self.mounted(stack, merged, new, work):
                    make(merged)
                self.keep(key, lambda folder: new.rename(folder))
        remember(self.root / key)
        return [*stack, key]

    def keep(self, key, make):
        """Puts what `make` makes in its place only when it is whole."""
        part = self.root / f"{key}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        make(part / "fs")
        part.rename(self.root / key)

    def prune(self):
        """Removes forgotten layers, and the tars of the others: the archives hold what they held."""
        for folder in self.root.iterdir():
            if forgotten(folder):
                shutil.rmtree(folder)
            else:
                (folder / "layer.tar").unlink(missing_ok=True)

    def mounted(self, stack, merged, new=None, work=None):
        """The stack as one tree at `merged`; with `new`, writable. A context manager."""
        if not stack and new is None:
            raise ValueError("nothing to mount")
        return Mounted(self, stack, merged, new, work)

    def run(self, merged, script, environment):
        """A shell script as root inside the tree at `merged`, with Debian's packages at hand."""
        if not self.fresh:
            # Once a build: a package list from yesterday names packages that are gone.
            self.enter(merged, "apt-get update -qq", environment)
            self.fresh = True
        self.enter(merged, script, environment)

    def enter(self, merged, script, environment):
        variables = {"PATH": DEFAULT_PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", **environment}
        run(
            ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", str(HERE / "enter.sh"),
             str(merged), str(self.apt), script],
            script, variables,
        )


class Mounted:
    def __init__(self, layers, stack, merged, new, work):
        lower = ":".join(str(layers.folder(key)) for key in reversed(stack))
        if new is None:
            # An overlay without an upper folder wants two lower ones.
            self.options = f"lowerdir={lower}" if len(stack) > 1 else None
            self.only = layers.folder(stack[0])
        elif stack:
            self.options = f"lowerdir={lower},upperdir={new},workdir={work}"
        else:
            self.options, self.only = None, new
        self.merged = merged

    def __enter__(self):
        if self.options:
            # No renames or copies by reference: a layer must be readable without overlayfs.
            call = ["mount", "-t", "overlay", "overlay", "-o", f"{self.options},redirect_dir=off,metacopy=off", self.merged]
        else:
            call = ["mount", "--bind", self.only, self.merged]
        subprocess.run(call, check=True)
        return self.merged

    def __exit__(self, *_):
        subprocess.run(["umount", self.merged], check=True)


def run(call, what, environment=None):
    """Runs `call`; its output is shown only when it fails."""
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, errors="replace")
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-25:])
        raise SystemExit(f"{said}\nimages: this failed with exit code {done.returncode}: {what}")


def remember(path):
    """Notes that `path` is in use."""
    os.utime(path)


def forgotten(path):
    """Whether nobody used `path` for two days. Other checkouts with other recipes share the folder."""
    return path.stat().st_mtime < time.time() - 2 * 86400


def whiteout(path):
    """Whether overlayfs means `path` to be gone."""
    info = os.lstat(path)
    return (info.st_mode & 0o170000) == 0o020000 and info.st_rdev == 0


def opaque(path):
    """Whether overlayfs hides what lies below the directory `path`."""
    try:
        return os.getxattr(path, "trusted.overlay.opaque") == b"y"
    except OSError:
        return False
