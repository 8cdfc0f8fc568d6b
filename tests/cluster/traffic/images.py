"""The images of the applications: busybox under their names, with what each listens to and whom it calls in `/etc/app`."""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from harness import archive

# What runs in all of them. A server answers on its ports and on one that no manifest tells of; `calls` is whether all whom the program
# needs are there; who works once stays afterwards, so that it can be asked.
PROGRAMS = {
    "serve": """#!/bin/sh
mkdir -p /tmp/www
echo ok >/tmp/www/index.html
for port in $(cat /etc/app/listens) 9999; do httpd -p "$port" -h /tmp/www; done
[ ! -x /bin/nameserver ] || nameserver "$@" &
trap exit TERM
sleep 86400 &
wait
""",
    "calls": """#!/bin/sh
for call in $(cat /etc/app/calls); do
  timeout 1 nc "${call%:*}" "${call##*:}" </dev/null >/dev/null 2>&1 || { echo "$call does not answer"; exit 1; }
done
""",
    "once": """#!/bin/sh
until calls; do sleep 1; done
touch /tmp/done
exec serve
""",
}


def archived(busybox, nameserver, described):
    """One docker-archive of all images that `described` (a path to JSON) tells of, made from busybox's unless it is there.

    `nameserver` is the program of those that are name servers beside.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    sources = (Path(__file__), described, busybox, nameserver)
    key = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    target = Path(home) / "kubectl-harden" / "testcluster" / f"traffic.{key}.tar"
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as work:
        base = Path(work) / "base" / "fs"
        with tarfile.open(busybox) as given:
            about = json.load(given.extractfile("manifest.json"))[0]
            configuration = json.load(given.extractfile(about["Config"]))["config"]
            with tarfile.open(fileobj=given.extractfile(about["Layers"][0])) as layer:
                layer.extractall(base, filter="fully_trusted")
        images = []
        for number, (name, image) in enumerate(json.loads(described.read_text()).items()):
            own = Path(work) / str(number) / "fs"
            fill(own, image)
            if image.get("nameserver"):
                shutil.copy2(nameserver, own / "bin/nameserver")
            # What a manifest gives as arguments tells others where to call; the program knows it.
            program = ["once" if image.get("once") else "serve"]
            history = [{"created_by": "busybox"}, {"created_by": "app"}]
            images.append((name, {**configuration, "Entrypoint": program, "Cmd": None}, history, [base, own]))
        archive.write(target, images)
    for old in target.parent.glob("traffic.*.tar"):
        if old != target:
            old.unlink()
    return target


def fill(layer, image):
    """What an image has beside busybox, in the folder `layer`."""
    for folder in ("bin", "etc/app"):
        (layer / folder).mkdir(parents=True)
    for name, text in PROGRAMS.items():
        (layer / "bin" / name).write_text(text)
        (layer / "bin" / name).chmod(0o755)
    for about in ("listens", "calls"):
        (layer / "etc/app" / about).write_text("\n".join(map(str, image.get(about, []))))
