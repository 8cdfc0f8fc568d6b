"""`--fix`: a failure that is understood is mended, and the change made once more."""

import json

from .. import photo
from ..manifests import IDLE, pod, workload
from ..room import ROLLED_BACK
from ..scenario import Deviation, scenario
from .starts import KNOWING_NOTHING

GROUP = "fix"
READ_ONLY = ("--only=read-only-root", *KNOWING_NOTHING)
# It asks for the second directory only when it has the first.
TWO = f"mkdir -p /var/cache/nginx/one || exit 1; mkdir -p /var/spool/two || exit 1; {IDLE}"


def nginx(script=TWO):
    """In a real image of which the tool is told nothing."""
    return workload(template=pod(script, image="nginx:1.27"))


def mounts(room):
    container = room.get("deployments/web")["spec"]["template"]["spec"]["containers"][0]
    return {mount["mountPath"] for mount in container.get("volumeMounts", [])}


@scenario(GROUP, "fix", "two directories are missing, one after the other: both are mounted, and undo takes all of it back")
def mended(room):
    room.deploy(nginx())
    before = photo.taken(room.namespace)
    room.applied(
        "deploy/web", *READ_ONLY, "--fix=3", says=["rolled back", r"once more \(1 of 3\)", r"once more \(2 of 3\)", "healthy after"],
    )
    if not {"/var/cache/nginx", "/var/spool"} <= mounts(room):
        raise Deviation(f"mounted are {sorted(mounts(room))}")
    if not room.get("deployments/web")["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]:
        raise Deviation("the change itself is gone")
    room.harden("undo", "deploy/web").expect(0)
    room.unchanged(before)


@scenario(GROUP, "fix-program", "a real program heals")
def program(room):
    room.deploy(nginx(None))
    room.applied("deploy/web", *READ_ONLY, "--fix=3", says=[r"once more \(1 of 3\)", "healthy after"])


@scenario(GROUP, "fix-rest", "what a failure kept from being begun follows when it is mended")
def rest(room):
    bad, fine = nginx(), workload(name="xfine")
    room.deploy(bad, fine)
    room.harden("apply", "deploy/web", "deploy/xfine", "--yes", *READ_ONLY, "--fix=3").expect(0, [r"once more \(2 of 3\)", "xfine hardened"])


@scenario(GROUP, "fix-too-few", "as often as was wished, and no more")
def too_few(room):
    room.deploy(nginx())
    room.fails("deploy/web", *READ_ONLY, "--fix=1", says=[r"once more \(1 of 1\)", "/var/spool"], never=["2 of"])


@scenario(GROUP, "fix-proposed", "a failure that could be mended names the command")
def proposed(room):
    room.deploy(nginx())
    room.fails("deploy/web", *READ_ONLY, says=["once more, with what mends it:.*apply deploy/web.*--only read-only-root.*--fix 3"])


@scenario(GROUP, "fix-nothing", "what would mend it leaves nothing of the change: it is not proposed, and not tried")
def nothing_left(room):
    room.deploy(workload(template=pod(f"echo 1 >/var/state || exit 1; {IDLE}")))
    room.fails("deploy/web", *READ_ONLY, never=["once more"])
    room.fails("deploy/web", *READ_ONLY, "--fix=3", never=["once more"])


@scenario(GROUP, "fix-declined", "the second question is answered with no")
def declined(room):
    room.deploy(nginx())
    before = photo.taken(room.namespace)
    session = room.start("apply", "deploy/web", *READ_ONLY, "--fix=3", terminal=True)
    session.until(r"Apply\?")
    session.type("y\n")
    session.until(r"once more[\s\S]*Apply\?")
    session.type("n\n")
    room.finish(session).expect(ROLLED_BACK)
    room.unchanged(before)


@scenario(GROUP, "fix-json", "one document tells the end of it")
def document(room):
    room.deploy(nginx())
    said = room.harden("-c", 'exec "$0" "$@" 2>/dev/null', room.tool, "apply", "deploy/web", "--yes", "-o", "json", *READ_ONLY, "--fix=3",
                       program="sh").expect(0)
    [result] = json.loads(said.text)["objects"]
    changed = json.dumps(result["changes"])
    if result["result"] != "healthy" or "/var/cache/nginx" not in changed or "/var/spool" not in changed:
        raise Deviation(f"it says {json.dumps(result)[:500]}")
