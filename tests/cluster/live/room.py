"""Where a scenario plays: a namespace, a state folder of its own, and the tool."""

import itertools
import json
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import photo
from .scenario import Deviation
from .session import Session, tail

# Seconds that something may take on a slow machine before it counts as not happening.
PATIENCE = 150
NUMBERS = itertools.count(1)
# What `apply` owes, by exit code.
APPLIED, FINDINGS, USAGE, REFUSED, ROLLED_BACK, BROKEN, PARTIAL = range(7)


@dataclass
class Said:
    code: int
    text: str

    def expect(self, code, says=(), never=()):
        """Raises `Deviation` unless it ended so, said each of these patterns and none of those."""
        if self.code != code:
            raise Deviation(f"exit code {self.code} where {code} is owed: {tail(self.text)}")
        one = " ".join(self.text.split())
        for pattern in says:
            if not re.search(pattern, one, re.IGNORECASE):
                raise Deviation(f"nothing said of /{pattern}/: {tail(self.text, 500)}")
        for pattern in never:
            if match := re.search(pattern, one, re.IGNORECASE):
                raise Deviation(f"it says {match[0]!r}: {tail(self.text, 500)}")
        return self


class Room:
    def __init__(self, cluster, name, tool, labels=None):
        self.cluster, self.name, self.tool = cluster, name, tool
        # A number: what the tool says of the namespace must hold no word that it owes.
        self.namespace = cluster.namespace(f"n{next(NUMBERS)}", labels or {})
        self.scratch = Path(tempfile.mkdtemp(prefix="drill.", dir=cluster.folder))
        self.sessions = []
        self.at_end = []

    # What people do.

    def kubectl(self, *arguments, text=None, check=True):
        done = self.namespace.kubectl(*arguments, text=text)
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done

    def put(self, *objects, server_side=None):
        """`kubectl apply` of these, with server-side apply by a manager where one is named."""
        mode = [f"--field-manager={server_side}", "--server-side", "--force-conflicts"] if server_side else []
        self.kubectl("apply", *mode, "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def deploy(self, *objects, ready=True):
        """Applies these and waits for their pods."""
        self.put(*objects)
        if ready:
            self.wait_ready()

    def wait_ready(self, timeout=PATIENCE):
        self.wait(self.is_ready, "its pods are not ready", timeout)

    def is_ready(self):
        """Whether all workloads have all their pods, and none on the way out."""
        wanted = 0
        for workload in self.namespace.workloads():
            status = workload.get("status", {})
            if status.get("observedGeneration") != workload["metadata"]["generation"]:
                return False
            wanted += status.get("desiredNumberScheduled") or workload["spec"].get("replicas", 0)
        self.namespace.provision()
        pods = self.namespace.pods()
        staying = photo.living(pods)
        return wanted <= len(staying) and all(map(photo.is_ready, staying)) and not any(
            "deletionTimestamp" in pod["metadata"] for pod in pods
        )

    def wait(self, condition, complaint, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise Deviation(f"{complaint} after {timeout} s")
            time.sleep(0.5)

    def get(self, what):
        """One object, `deployments/web`."""
        return json.loads(self.kubectl("get", what, "-o", "json").stdout)

    # The tool.

    def environment(self, **more):
        own = {"KUBECONFIG": str(self.namespace.config), "HOME": str(self.scratch), "XDG_STATE_HOME": str(self.scratch / "state")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "KUBE"))}
        return {**kept, **own, "TERM": "xterm", "COLUMNS": "100", **more}

    def start(self, *arguments, terminal=False, program=None, **environment):
        """The tool, running: for scenarios that act meanwhile."""
        call = [program or self.tool, *map(str, arguments)]
        self.sessions.append(Session(call, self.environment(**environment), terminal))
        return self.sessions[-1]

    def finish(self, session, timeout=2 * PATIENCE):
        return Said(session.end(timeout), session.text)

    def harden(self, *arguments, timeout=2 * PATIENCE, **more):
        """The tool, to its end."""
        return self.finish(self.start(*arguments, **more), timeout)

    def profile(self, text):
        """A profile file with these rules (YAML, of `spec`)."""
        path = self.scratch / f"profile-{len(list(self.scratch.glob('profile-*')))}.yaml"
        head = "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: drill}\nspec:\n"
        path.write_text(head + "".join(f"  {line}\n" for line in text.strip().splitlines()))
        return f"--profile={path}"

    # What is owed.

    def fails(self, target, *flags, says=(), never=(), code=ROLLED_BACK, timeout=3 * PATIENCE):
        """`apply` breaks the workload, tells why and takes it back: all is as before, at once."""
        before = photo.taken(self.namespace)
        said = self.harden("apply", *target.split(), "--yes", *flags, timeout=timeout).expect(code, says, never)
        self.unchanged(before)
        return said

    def refused(self, target, *flags, says=(), never=(), code=REFUSED, yes=True):
        """`apply` leaves it alone and tells why."""
        before, generations = photo.taken(self.namespace), self.generations()
        said = self.harden("apply", *target.split(), *(["--yes"] if yes else []), *flags).expect(code, says, never)
        self.unchanged(before)
        if self.generations() != generations:
            raise Deviation("it was changed and changed back, where nothing was to be touched")
        return said

    def applied(self, target, *flags, says=(), never=(), code=APPLIED):
        """`apply` changes it, and it is healthy when the tool says so."""
        before = photo.taken(self.namespace)
        said = self.harden("apply", *target.split(), "--yes", *flags).expect(code, says, never)
        self.changed(before)
        return said

    def changed(self, before):
        after = photo.taken(self.namespace)
        if after["objects"] == before["objects"]:
            raise Deviation("nothing was changed")
        if (after["ready"], after["pods"]) != (before["ready"], before["pods"]):
            raise Deviation(f"{after['ready']} of {after['pods']} pods are ready, there were {before['ready']} of {before['pods']}")

    def comes_back(self, before, seconds=90):
        """Until all is as before: where the API server was away for long, its controllers take the node for lost, and its pods for
        unready, until the kubelet has been heard again."""
        end = time.monotonic() + seconds
        while photo.differences(before, photo.taken(self.namespace)) and time.monotonic() < end:
            time.sleep(1)
        self.unchanged(before)

    def unchanged(self, before):
        if found := photo.differences(before, photo.taken(self.namespace)):
            raise Deviation(f"not as before: {'; '.join(found)}")

    def generations(self):
        return {item["metadata"]["name"]: item["metadata"]["generation"] for item in self.namespace.workloads()}

    # The end.

    def gist(self):
        """What the tool said that matters most: the cause, or its last line."""
        lines = [line.strip() for session in self.sessions for line in session.text.splitlines() if line.strip()]
        causes = [line for line in lines if line.startswith("cause ")]
        return (causes or lines or [""])[-1]

    def close(self, reason):
        for session in self.sessions:
            session.kill()
        for act in reversed(self.at_end):
            act()
        folder = self.cluster.folder / "logs" / "drill"
        folder.mkdir(parents=True, exist_ok=True)
        said = "\n".join(f"$ {' '.join(map(str, session.call))}\n{session.text}" for session in self.sessions)
        if reason:
            said += f"\n== {reason}\n{self.kubectl('get', 'pods,events,deploy,rs,sts,ds', check=False).stdout}"
        (folder / self.name).write_text(said)
        self.namespace.delete()
        shutil.rmtree(self.scratch, ignore_errors=True)
