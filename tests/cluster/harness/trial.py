"""One program in one form on the cluster: does it start, do its work, and stay?"""

import os
import re
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import memory, running, secrets
from .api import CORE
from .forms import LIMITS, Failed, objects

# Seconds: for a program to become ready, for its check, and until it is looked at again.
READY, CHECK, SETTLED = 240, 90, 6
# A container in such a state will not start however long one waits.
HOPELESS = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "ErrImagePull", "ImagePullBackOff"}
# The level that a namespace enforces where the program says nothing else.
LEVEL = "restricted"


@dataclass
class Program:
    """A folder of `programs`."""

    name: str
    folder: Path

    @property
    def manifest(self):
        return self.folder / "manifest.yaml"

    @property
    def level(self):
        """The Pod Security level that it can reach, and the reason where that is not `restricted`."""
        file = self.folder / "level"
        level, _, reason = (file.read_text() if file.exists() else LEVEL).strip().partition(": ")
        return level, reason

    @property
    def profile(self):
        """What its owner tells the tool of it; None where there is nothing to tell."""
        file = self.folder / "profile.yaml"
        return file if file.exists() else None

    @property
    def fails(self):
        """How it must fail while nobody gives it the memory it needs, and why; two empty texts where it must work."""
        file = self.folder / "fails"
        word, _, reason = (file.read_text() if file.exists() else "").strip().partition(": ")
        return word, reason

    @property
    def late(self):
        """Whether naive hardening breaks it only when it is asked to work; the file says why."""
        return (self.folder / "late").exists()

    @property
    def secrets(self):
        """The variables that come from Secrets, each with whether it must move into a file."""
        file = self.folder / "secrets"
        lines = file.read_text().splitlines() if file.exists() else []
        return {name: fate.startswith("moves") for name, _, fate in (line.partition(": ") for line in lines)}


@dataclass
class Result:
    program: str
    form: str
    ready: bool = False
    works: bool = False
    # Whether the objects drew no warning of the level `restricted`; None where they were not applied.
    restricted: bool | None = None
    # Why it does not work.
    reason: str = ""
    seconds: float = 0.0
    violations: list = field(default_factory=list)
    # Why the tool took its change back, where it did.
    told: list = field(default_factory=list)
    # The secrets that moved into files and that the program's own processes have in their environment all the same.
    put_back: list = field(default_factory=list)
    # What its containers used, as (workload, container, `memory.Peak`): where it was measured.
    peaks: list = field(default_factory=list)

    def record(self):
        """For machines."""
        return {name: value for name, value in asdict(self).items() if name != "peaks"}


class Trial:
    def __init__(self, cluster, program, form, tool, archives, meter):
        self.cluster, self.program, self.form, self.tool, self.archives = cluster, program, form, tool, archives
        self.meter = meter
        self.said = ""
        self.result = Result(program.name, form.name)

    def run(self):
        """The `Result`; never raises for what the program does."""
        started = time.monotonic()
        labels = {"pod-security.kubernetes.io/warn": "restricted"}
        if self.form.enforced:
            labels["pod-security.kubernetes.io/enforce"] = self.program.level[0]
        self.namespace = self.cluster.namespace(re.sub("[^a-z0-9]+", "-", f"{self.program.name}-{self.form.name}".lower()), labels)
        with tempfile.TemporaryDirectory(prefix="trial.") as scratch:
            self.scratch = Path(scratch)
            try:
                self.apply()
                self.wait_ready()
                self.result.ready = True
                if self.form.live is not None:
                    self.result.told = running.harden(self)
                    self.wait_ready()
                before = self.uids()
                self.look_at_limits()
                self.check()
                self.look_for_secrets()
                time.sleep(SETTLED)
                self.still_there(before)
                self.result.works = True
            except Failed as failure:
                self.result.reason = str(failure)
            except subprocess.TimeoutExpired as late:
                self.result.reason = f"no answer within {late.timeout:.0f} s: {late.cmd[0]}"
            finally:
                self.keep_record()
                self.measure()
                self.namespace.delete()
        self.result.seconds = round(time.monotonic() - started, 1)
        return self.result

    def apply(self):
        self.text = self.form.manifest(self)
        applied = self.namespace.kubectl("apply", "-f", "-", text=self.text)
        if applied.returncode:
            raise Failed(f"kubectl apply: {applied.stderr.strip()}")
        warnings = [line for line in applied.stderr.splitlines() if "would violate PodSecurity" in line]
        self.result.restricted = not warnings
        self.result.violations = warnings

    def wait_ready(self):
        end = time.monotonic() + READY
        while True:
            self.namespace.provision()
            pods = self.staying()
            for pod in pods:
                self.look(pod)
            if self.all_ready(pods):
                return
            self.look_for_refusals()
            if time.monotonic() > end:
                raise Failed(f"not ready after {READY} s{self.last_words(pods)}")
            time.sleep(1)

    def all_ready(self, pods):
        """Whether each workload has all its pods, and all pods are ready."""
        wanted = 0
        for workload in self.namespace.workloads():
            status = workload.get("status", {})
            if status.get("observedGeneration") != workload["metadata"]["generation"]:
                return False
            wanted += status.get("desiredNumberScheduled") or workload["spec"].get("replicas", 0)
        return 0 < wanted <= len(pods) and all(ready(pod) for pod in pods)

    def look(self, pod):
        """Raises `Failed` for what no waiting mends: a restart is a flaw, even if the second start works."""
        statuses = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
        for status in statuses:
            waiting = status["state"].get("waiting", {})
            if waiting.get("reason") in HOPELESS:
                raise Failed(f"{status['name']}: {waiting['reason']}: {waiting.get('message', '').strip()}")
            ended = status["state"].get("terminated") or status.get("lastState", {}).get("terminated")
            initial = status in pod["status"].get("initContainerStatuses", [])
            if ended and (status["restartCount"] or not initial or ended["exitCode"]):
                log = self.log(pod, status["name"])
                raise Failed(f"{status['name']}: {ended['reason']}, exit code {ended['exitCode']}: {log}")

    def look_for_refusals(self):
        """Raises `Failed` where no pod may be made."""
        for event in self.namespace.items(CORE, "events"):
            if event["reason"] == "FailedCreate" and "forbidden" in event["message"]:
                raise Failed(event["message"])

    def log(self, pod, container):
        """The last lines of a container's log: of the run that ended, if there was one."""
        for flags in (["--previous"], []):
            read = self.namespace.kubectl("logs", pod["metadata"]["name"], "-c", container, "--tail=3", *flags)
            # A log that is just being put away is not there: the words come with exit code 0.
            if read.returncode == 0 and not read.stdout.startswith(("unable to retrieve", "failed to try")):
                return " / ".join(read.stdout.strip().splitlines())
        return "(no log)"

    def last_words(self, pods):
        """What the scheduler says of pods that it finds no place for, and the logs of containers that are not ready."""
        waiting = [
            f"; {condition['reason']}: {condition['message']}"
            for pod in pods
            for condition in pod["status"].get("conditions", [])
            if condition["type"] == "PodScheduled" and condition["status"] == "False"
        ]
        logs = [
            f"; {status['name']}: {self.log(pod, status['name'])}"
            for pod in pods
            for status in pod["status"].get("containerStatuses", []) if not status["ready"]
        ]
        return "".join(waiting + logs)

    def staying(self):
        """The pods, but for those on their way out."""
        return [pod for pod in self.namespace.pods() if "deletionTimestamp" not in pod["metadata"]]

    def uids(self):
        return sorted(pod["metadata"]["uid"] for pod in self.staying())

    def check(self):
        """Runs the program's own check; what it did last is the reason when it fails."""
        pods = self.staying()
        main = next((pod for pod in pods if pod["metadata"]["name"].startswith(self.program.name)), pods[0])
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.namespace.config),
            "NAMESPACE": self.namespace.name,
            "POD": main["metadata"]["name"],
            "POD_IP": main["status"]["podIP"],
            "ENDPOINT": self.namespace.endpoint(self.program.name),
            "SCRATCH": str(self.scratch),
        }
        call = ["bash", "-xeuo", "pipefail", str(self.program.folder / "check")]
        done = subprocess.run(call, env=environment, capture_output=True, text=True, errors="replace", timeout=CHECK)
        if done.returncode:
            steps = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            raise Failed(f"ready, but does not work: {' / '.join(steps[-3:])}{self.last_words(pods)}")

    def look_at_limits(self):
        """Raises `Failed` where a container has not the memory limit that was measured, or none."""
        if not self.form.measured or self.form.edit:
            return
        measured = memory.stated(LIMITS.read_text())
        for pod in self.namespace.pods():
            for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
                limit = container["resources"].get("limits", {}).get("memory", "none")
                # A container that the tool added was not measured.
                wanted = measured.get(f"{workload(pod)}/{container['name']}", limit)
                if limit == "none" or limit != wanted:
                    raise Failed(f"{container['name']}: its memory limit is {limit}, where {wanted} was measured")

    def look_for_secrets(self):
        """Raises `Failed` where a secret is not where it should be."""
        if self.form.flags is None or not self.program.secrets:
            return
        before = secrets.wanted(objects(self.namespace, self.program.manifest))
        if {variable for _, variable in before} != set(self.program.secrets):
            raise Failed("its file `secrets` does not name what its manifest takes from Secrets")

        def runtime(identity):
            return secrets.Runtime(self.cluster.folder, self.meter.root, identity)

        self.result.put_back = secrets.compare(self.program.secrets, before, self.namespace.pods(), runtime, self.form.secrets)

    def measure(self):
        """Notes what the containers used."""
        for pod in self.namespace.pods():
            statuses = pod["status"].get("initContainerStatuses", []) + pod["status"].get("containerStatuses", [])
            for status in statuses:
                if peak := self.meter.of(status.get("containerID", "")):
                    self.result.peaks.append((workload(pod), status["name"], peak))

    def still_there(self, before):
        pods = self.staying()
        for pod in pods:
            self.look(pod)
        if self.uids() != before:
            raise Failed("its pods were replaced")
        if not self.all_ready(pods):
            raise Failed(f"ready at first, then no longer{self.last_words(pods)}")

    def keep_record(self):
        """The manifest and the logs, for whoever wants to know (KEEP=1)."""
        folder = self.cluster.folder / "logs" / "trials" / self.namespace.name
        folder.mkdir(parents=True)
        kept = {"manifest.yaml": getattr(self, "text", ""), "reason": self.result.reason + "\n", "said": self.said}
        [(folder / name).write_text(text) for name, text in kept.items()]
        if self.result.reason:
            found = self.namespace.kubectl("get", "pods", "-o", "yaml").stdout
            (folder / "pods.yaml").write_text(found)
            for pod in self.namespace.pods():
                name = pod["metadata"]["name"]
                said = self.namespace.kubectl("logs", name, "--all-containers", "--prefix", "--timestamps")
                (folder / f"{name}.log").write_text(said.stdout)


def ready(pod):
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def workload(pod):
    """Kind/name of what made the pod, the Deployment where that is a ReplicaSet of one."""
    for owner in pod["metadata"].get("ownerReferences", []):
        if owner["kind"] == "ReplicaSet":
            return f"Deployment/{owner['name'].rpartition('-')[0]}"
        return f"{owner['kind']}/{owner['name']}"
    return f"Pod/{pod['metadata']['name']}"
