"""The way to the server breaks, or the tool itself ends in the middle."""

import signal
import threading
import time

from .. import photo
from ..control_plane import Part, wait_served
from ..manifests import IDLE, pod, workload
from ..proxy import Proxy
from ..room import APPLIED, ROLLED_BACK
from ..scenario import Deviation, scenario
from .starts import KNOWING_NOTHING

GROUP = "interrupted"
FINE = ("--only=seccomp-profile",)
WRITTEN = r"deployment.apps/web hardened|0/\d ready"


def slow(room, seconds=8, script=IDLE):
    """A workload whose pods take their time to get ready."""
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": seconds, "periodSeconds": 1}
    room.deploy(workload(template=pod(script, container={"readinessProbe": probe})))


@scenario(GROUP, "killed", "kill -9 in the middle; `history` and `apply` say so, `undo` takes it back")
def killed(room):
    slow(room)
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(WRITTEN)
    session.kill()
    room.harden("history").expect(0, ["deployment.apps/web|deploy/web|web", "open|unfinished|interrupted|ended in the middle"])
    said = room.harden("apply", "deploy/web", *FINE, "--yes")
    said.expect(said.code, ["kubectl[ -]harden undo"])
    room.harden("undo", "--yes", "deploy/web").expect(0)
    room.unchanged(before)


@scenario(GROUP, "killed-undo-run", "kill -9 in the middle; `undo` without a name finds the run")
def killed_undo_run(room):
    slow(room)
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(WRITTEN)
    session.kill()
    room.harden("undo", "--yes").expect(0, ["deployment.apps/web"])
    room.unchanged(before)
    room.harden("undo", "--yes").expect(0, ["nothing"])


@scenario(GROUP, "ctrl-c-prompt", "Ctrl-C at the prompt: nothing was changed")
def ctrl_c_prompt(room):
    room.deploy(workload())
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, terminal=True)
    session.until(r"Apply\?")
    session.type("\x03")
    room.finish(session, 60).expect(130)
    room.unchanged(before)


@scenario(GROUP, "ctrl-c", "Ctrl-C while the new pods start: it says how to take it back, and that works")
def ctrl_c(room):
    slow(room)
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, "--yes", terminal=True)
    session.until(WRITTEN)
    session.type("\x03")
    room.finish(session, 60).expect(130, ["kubectl[ -]harden undo"])
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.unchanged(before)


@scenario(GROUP, "terminated", "SIGTERM while the new pods start, as CI ends a job")
def terminated(room):
    slow(room)
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(WRITTEN)
    session.signal(signal.SIGTERM)
    code = room.finish(session, 60).code
    if code not in (130, 143, -15):
        raise Deviation(f"exit code {code}")
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.unchanged(before)


@scenario(GROUP, "cut", "every connection is cut, again and again")
def cut(room):
    slow(room)
    proxy = Proxy()
    room.at_end.append(proxy.close)
    session = room.start("apply", "deploy/web", *FINE, "--yes", KUBECONFIG=str(proxy.config(room)))
    session.until(WRITTEN)
    proxy.cut_every(0.7)
    room.finish(session).expect(APPLIED, ["healthy"])
    if not proxy.cuts:
        raise Deviation("no connection was cut")


@scenario(GROUP, "cut-rollback", "every connection is cut while a failure is taken back")
def cut_rollback(room):
    slow(room, 2, f"sleep 1; echo 1 >/var/state || exit 1; {IDLE}")
    before = photo.taken(room.namespace)
    proxy = Proxy()
    room.at_end.append(proxy.close)
    flags = ("--only=read-only-root", *KNOWING_NOTHING, "--yes")
    session = room.start("apply", "deploy/web", *flags, KUBECONFIG=str(proxy.config(room)))
    session.until(WRITTEN)
    proxy.cut_every(0.9)
    room.finish(session).expect(ROLLED_BACK, ["read-only-root", "/var/state"])
    room.unchanged(before)


@scenario(GROUP, "server-frozen", "the API server freezes for 8 seconds in the middle of a rollout", alone=True)
def server_frozen(room):
    slow(room)
    server = Part(room.cluster, "kube-apiserver")
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(WRITTEN)
    server.pause()
    try:
        time.sleep(8)
    finally:
        server.resume()
    room.finish(session).expect(APPLIED, ["healthy"])


@scenario(GROUP, "server-restarted", "the API server is killed in the middle of a rollout, and comes back", alone=True)
def server_restarted(room):
    slow(room)
    session = room.start("apply", "deploy/web", *FINE, "--yes")
    session.until(WRITTEN)
    restarted(room, 3)
    room.finish(session).expect(APPLIED, ["healthy"])


@scenario(GROUP, "server-restarted-failing", "the same, and the new pods fail: it is taken back when the server is there again", alone=True)
def server_restarted_failing(room):
    slow(room, 2, f"sleep 3; echo 1 >/var/state || exit 1; {IDLE}")
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", "--only=read-only-root", *KNOWING_NOTHING, "--yes")
    session.until(WRITTEN)
    restarted(room, 5)
    room.finish(session).expect(ROLLED_BACK, ["read-only-root", "/var/state"])
    room.unchanged(before)


@scenario(GROUP, "server-gone", "the API server goes and does not come back in time: it says how to go on", alone=True)
def server_gone(room):
    slow(room)
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *FINE, "--yes", "--timeout=15s")
    session.until(WRITTEN)
    again = Part(room.cluster, "kube-apiserver").end()
    try:
        said = room.finish(session)
    finally:
        again()
        wait_served(room.cluster)
    if said.code not in (2, 5):
        raise Deviation(f"exit code {said.code} where 2 or 5 is owed: {said.text[-300:]}")
    said.expect(said.code, ["kubectl[ -]harden undo"])
    room.harden("undo", "deploy/web", "--yes").expect(0)
    room.comes_back(before)


def restarted(room, seconds):
    """Kills the API server; some seconds later it is there again."""
    again = Part(room.cluster, "kube-apiserver").end()
    threading.Timer(seconds, again).start()
    time.sleep(seconds)
    wait_served(room.cluster)
