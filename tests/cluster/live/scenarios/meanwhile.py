"""Others act between the plan and the write: the tool waits at its prompt."""

import json

from .. import photo
from ..manifests import IDLE, pod, workload
from ..room import APPLIED, REFUSED, USAGE
from ..scenario import Deviation, scenario

GROUP = "meanwhile"
FINE = ("--only=seccomp-profile",)
PROMPT = r"Apply\?.*\["


def at_prompt(room, *flags):
    """The tool, which has shown its plan and asks."""
    session = room.start("apply", "deploy/web", *FINE, *flags, terminal=True)
    session.until(PROMPT)
    return session


def seccomp(room):
    return "seccompProfile" in json.dumps(room.get("deployments/web")["spec"]["template"])


@scenario(GROUP, "answer-no", "the answer is no")
def answer_no(room):
    room.deploy(workload())
    before = photo.taken(room.namespace)
    session = at_prompt(room)
    session.type("n\n")
    code = room.finish(session).code
    if code not in (0, 1, USAGE, REFUSED):
        raise Deviation(f"exit code {code}")
    room.unchanged(before)


@scenario(GROUP, "answer-diff", "the answer is to show the difference, then yes")
def answer_diff(room):
    room.deploy(workload())
    session = at_prompt(room)
    session.type("d\n")
    session.until(r"\+ +seccompProfile:[\s\S]*Apply\?")
    session.type("y\n")
    room.finish(session).expect(APPLIED, ["deployment.apps/web hardened", "healthy"])


@scenario(GROUP, "no-terminal", "there is nobody to ask")
def no_terminal(room):
    room.deploy(workload())
    room.refused("deploy/web", *FINE, code=USAGE, yes=False, says=["--yes"])


@scenario(GROUP, "status-meanwhile", "only the status moved: it goes on without a word")
def status_meanwhile(room):
    room.deploy(workload())
    session = at_prompt(room)
    room.kubectl("annotate", "deploy/web", "drill.example/seen=1")
    session.type("y\n")
    room.finish(session).expect(APPLIED, ["healthy"])


@scenario(GROUP, "scaled-meanwhile", "scaled meanwhile: the plan is the same, it goes on")
def scaled_meanwhile(room):
    room.deploy(workload())
    session = at_prompt(room)
    room.kubectl("scale", "deploy/web", "--replicas=2")
    session.type("y\n")
    room.finish(session).expect(APPLIED, ["healthy"])
    if room.get("deployments/web")["spec"]["replicas"] != 2 or not seccomp(room):
        raise Deviation("the scale is lost, or the change")


@scenario(GROUP, "changed-meanwhile", "what was planned is there in part by now: it asks again")
def changed_meanwhile(room):
    room.deploy(workload(), workload(name="other"))
    session = room.start("apply", "deploy/web", "--only=seccomp-profile,allow-privilege-escalation", terminal=True)
    session.until(PROMPT)
    patch = {"spec": {"template": {"spec": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}}}}
    room.kubectl("patch", "deploy/web", "-p", json.dumps(patch))
    session.type("y\n")
    session.until(r"(?i)meanwhile|has changed|changed since|conflict")
    session.type("n\n")
    said = room.finish(session)
    if said.code not in (REFUSED, USAGE, APPLIED, 1) or "hardened" in said.text.split("y\n")[-1]:
        raise Deviation(f"exit code {said.code}: {said.text[-300:]}")
    found = room.get("deployments/web")["spec"]["template"]["spec"]
    if found["securityContext"] != {"seccompProfile": {"type": "Unconfined"}}:
        raise Deviation(f"what somebody else wrote is gone: {found['securityContext']}")


@scenario(GROUP, "deleted-meanwhile", "deleted meanwhile: nothing is made anew")
def deleted_meanwhile(room):
    room.deploy(workload())
    session = at_prompt(room)
    room.kubectl("delete", "deploy/web")
    session.type("y\n")
    room.finish(session).expect(REFUSED, ["gone|not found|deleted|no longer"], ["healthy"])
    if room.namespace.workloads():
        raise Deviation("it was made anew")


@scenario(GROUP, "recreated-meanwhile", "deleted and made anew meanwhile: another object of that name")
def recreated_meanwhile(room):
    room.deploy(workload())
    session = at_prompt(room)
    room.kubectl("delete", "deploy/web")
    room.put(workload())
    room.wait_ready()
    session.type("y\n")
    room.finish(session).expect(REFUSED, ["recreated|another|anew|new object|replaced|uid"], ["healthy"])
    if seccomp(room):
        raise Deviation("the other object was changed")


@scenario(GROUP, "deleted-in-rollout", "deleted while its new pods start")
def deleted_in_rollout(room):
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": 20}
    room.deploy(workload())
    room.kubectl("patch", "deploy/web", "-p", json.dumps({"spec": {"template": {"spec": {"containers": [{"name": "app", "readinessProbe": probe}]}}}}))
    room.wait_ready()
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(r"deployment.apps/web hardened|0/1")
    room.kubectl("delete", "deploy/web")
    said = room.finish(session)
    if said.code == 0:
        raise Deviation(f"exit code 0: {said.text[-300:]}")
    said.expect(said.code, ["gone|not found|deleted|no longer"], ["healthy after"])


@scenario(GROUP, "being-deleted", "an object that is on its way out")
def being_deleted(room):
    room.deploy(workload(metadata={"finalizers": ["drill.example/hold"]}))
    room.at_end.append(lambda: room.kubectl("patch", "deploy/web", "--type=json", '-p=[{"op":"remove","path":"/metadata/finalizers"}]', check=False))
    room.kubectl("delete", "deploy/web", "--wait=false")
    room.harden("apply", "deploy/web", "--yes", *FINE).expect(REFUSED, ["being deleted"])


@scenario(GROUP, "conflict", "another manager wants another value: refused, and with --force-conflicts overridden and restored by undo")
def conflict(room):
    context = {"allowPrivilegeEscalation": True}
    room.put(workload(template=pod(IDLE, container={"securityContext": context})), server_side="team-b")
    room.wait_ready()
    flags = ("--only=allow-privilege-escalation", "--max-risk=breaking")
    room.refused("deploy/web", *flags, says=["conflict", "team-b", "allowPrivilegeEscalation", "--force-conflicts"])
    before = photo.taken(room.namespace)
    room.applied("deploy/web", *flags, "--force-conflicts", says=["team-b"])
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.unchanged(before)


@scenario(GROUP, "rival-rollout", "somebody rolls out another image while the new pods start")
def rival_rollout(room):
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": 6}
    room.deploy(workload(template=pod(container={"readinessProbe": probe})))
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(r"deployment.apps/web hardened|0/1")
    room.kubectl("set", "image", "deploy/web", "app=registry.example/drill/moving:main")
    said = room.finish(session)
    template = json.dumps(room.get("deployments/web")["spec"]["template"])
    if "moving:main" not in template:
        raise Deviation("the other's image is gone")
    if said.code == 0 and "seccompProfile" not in template:
        raise Deviation("it says that all is well, and the change is gone")
