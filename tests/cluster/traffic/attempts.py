"""Connections that pods try themselves: each prints yes or no, and what prints neither was not tried."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .application import Failed

SCRIPT = (Path(__file__).parent / "attempts.sh").read_text()
# Seconds for a connection that nobody answers; what works takes a hundredth of it on a machine that does nothing else.
LIMIT = 4
# Once more for what must pass and did not, by fewer pods at once: a busy machine is no policy. What must not pass gets no second try.
PATIENT_LIMIT = 20
# Callers at once, each of which tries all of its doors at once.
JOBS = 10
PATIENT_JOBS = 2
# Of `kubectl exec`, which may fail for reasons of its own.
TRIES = 3
# The node's own address.
NODE = "10.244.0.1"
# What asks the name server.
LOOKED_UP = "kubernetes.default.svc.cluster.local"


def targets(door, caller, pods):
    """A door as the script has it; several where several pods of a workload stand behind it, none where only the caller itself does."""
    port, _, kind = door.port.partition("/")
    kind = kind or "http"
    if door.host == "node":
        return [f"{kind}|{NODE}|{port}"]
    if door.is_name:
        return [f"{kind}|{whole(door.host)}|{port}"]
    return [f"{kind}|{pod.address}|{port}" for pod in pods if pod.name == door.host and pod.pod != caller.pod]


def whole(host):
    """A name that is looked up as it stands: a search list would cost eight questions each. Programs of the pods use the short ones."""
    if host.endswith((".example", ".local")):
        return f"{host}."
    return f"{host.removesuffix('.svc')}.svc.cluster.local."


def answers(caller, wanted, applets, limit=LIMIT):
    """What the caller says of each of the targets `wanted`: a dictionary to "yes" or "no". Raises `Failed` where it says nothing."""
    if caller.is_outside:
        # By the applets of busybox, as the pods do.
        call = ["nsenter", "--target", os.environ["OUTSIDE"], "--net", "env", f"PATH={applets}", "sh"]
    else:
        call = ["kubectl", "exec", "--namespace", caller.namespace, caller.pod, "--", "sh"]
    for _ in range(TRIES):
        done = subprocess.run([*call, "-c", SCRIPT, "attempts", str(limit), *wanted], capture_output=True, text=True)
        found = parsed(done.stdout)
        if found.keys() >= set(wanted):
            return found
        time.sleep(1)
    raise Failed(f"{caller.name} does not say whether it reaches {', '.join(sorted(set(wanted) - found.keys()))}: {done.stderr.strip()}")


def parsed(said):
    """The lines "yes TARGET" and "no TARGET" of what a pod said."""
    words = (line.partition(" ") for line in said.splitlines())
    return {target: answer for answer, _, target in words if answer in ("yes", "no")}


def all_of(plan, applets, owed):
    """Tries `plan`, pairs of a caller and its targets; their answers, in that order. `owed(caller, target)` is the answer that is due."""
    with ThreadPoolExecutor(JOBS) as pool:
        found = list(pool.map(lambda one: answers(*one, applets) if one[1] else {}, plan))

    def again(number):
        caller, _ = plan[number]
        late = [target for target, answer in found[number].items() if answer == "no" and owed(caller, target) == "yes"]
        if late:
            found[number].update(answers(caller, late, applets, PATIENT_LIMIT))

    with ThreadPoolExecutor(PATIENT_JOBS) as pool:
        list(pool.map(again, range(len(plan))))
    return found


def install(folder):
    """Busybox's applets by their names in a new folder, for who is in no pod."""
    folder.mkdir()
    subprocess.run(["busybox", "--install", "-s", str(folder)], check=True)
    return folder
