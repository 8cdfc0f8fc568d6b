"""How much memory containers use: their control groups, looked at ten times a second while they run.

The figure that counts is the *working set*, what is charged to the group less the file pages that the kernel would drop first: the
kubelet, metrics-server, krr and the Vertical Pod Autoscaler mean the same. The kernel's own peak (`memory.max_usage_in_bytes`,
`memory.peak`) counts every page of a file that was ever read or written, as long as nobody else wants the memory; a program lives
with far less. It is kept beside, and so is what is the processes' own (anonymous memory), which nothing can take away.
"""

import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.1
MI = 1 << 20
# A limit is the measured peak with room for what the check did not ask for, and in whole steps. It has a floor (all in MiB), for the
# pages of the program's own file are charged to the group that read them first, which often is not the one that was measured:
# where they do not fit, the program starves rather than being killed.
ROOM, STEP, LEAST = 1.5, 16, 64


@dataclass
class Peak:
    """In bytes."""

    working_set: int = 0
    anonymous: int = 0
    charged: int = 0

    def raised(self, other):
        return Peak(*map(max, zip(self.of(), other.of())))

    def of(self):
        return self.working_set, self.anonymous, self.charged


class Meter(threading.Thread):
    """Watches all containers below the control group of the cluster."""

    def __init__(self, group, top=Path("/sys/fs/cgroup")):
        super().__init__(daemon=True)
        self.unified = (top / "cgroup.controllers").exists()
        self.root = (top if self.unified else top / "memory") / group / "kubepods"
        self.peaks = {}

    def run(self):
        while True:
            self.look()
            time.sleep(EVERY)

    def look(self):
        for folder in groups(self.root):
            try:
                now = self.read(folder)
            except OSError:
                continue  # It has just ended.
            self.peaks[folder.name] = self.peaks.get(folder.name, Peak()).raised(now)

    def read(self, folder):
        usage, peak = ("current", "peak") if self.unified else ("usage_in_bytes", "max_usage_in_bytes")
        reclaimable, anonymous = ("inactive_file", "anon") if self.unified else ("total_inactive_file", "total_rss")
        now = int((folder / f"memory.{usage}").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return Peak(now - int(stat[reclaimable]), int(stat[anonymous]), int((folder / f"memory.{peak}").read_text()))

    def of(self, identity):
        """What a container used at most (`containerd://...` as in a pod's status); None where it was never seen."""
        return self.peaks.get(identity.rpartition("/")[2])


def groups(root):
    """The folders of all containers, whatever the class of their pods."""
    for folder in (root, root / "besteffort", root / "burstable"):
        for pod in entries(folder):
            if pod.name.startswith("pod"):
                yield from (Path(entry.path) for entry in entries(pod.path))


def entries(folder):
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if entry.is_dir()]
    except OSError:
        return []


def together(results):
    """(program, container) to its workload's `Kind/name` and its peak, the highest of all its pods."""
    found = {}
    for result in results:
        for workload, container, peak in result.peaks:
            _, known = found.get((result.program, container), (workload, Peak()))
            found[result.program, container] = workload, known.raised(peak)
    return found


def mebibytes(count):
    return -(-count // MI)


def limit(peak):
    """The limit that a measured container gets, in MiB."""
    return max(LEAST, -(-int(mebibytes(peak.working_set) * ROOM) // STEP) * STEP)


def table(found):
    """For people; `found` is what `together` gives."""
    lines = ["| program | container | working set | of it anonymous | with page cache | limit |", "|---|---|--:|--:|--:|--:|"]
    for (program, container), (_, peak) in sorted(found.items()):
        sizes = " | ".join(f"{mebibytes(count)}" for count in peak.of())
        lines.append(f"| {program} | {container} | {sizes} | {limit(peak)} |")
    return "\n".join(lines) + "\n\nAt the peak, in MiB.\n"


def limits(found):
    """As `--limits-from file=` reads it."""
    lines = [
        "# What the containers of the programs used at most while they did their work, and a limit with room above it.",
        "# Written by `run --measure limits.yaml`.",
    ]
    for (_, container), (workload, peak) in sorted(found.items(), key=lambda entry: (entry[1][0], entry[0])):
        lines += [
            f"default/{workload}/{container}:",
            f"  requests: {{memory: {mebibytes(peak.working_set)}Mi}}",
            f"  limits: {{memory: {limit(peak)}Mi}}",
        ]
    return "\n".join(lines) + "\n"


def stated(text):
    """What such a file says: Kind/name/container to its limit."""
    return dict(re.findall(r"^default/(\S+):\n.*\n  limits: \{memory: (\w+)\}$", text, re.MULTILINE))
