"""`apply` makes policies for what is live: nothing that is needed is cut, what is not ours stays, and all of it can be taken back."""

import base64
import json

from .. import photo
from ..manifests import pod, role, workload
from ..room import BROKEN, PARTIAL, REFUSED, ROLLED_BACK
from ..scenario import Deviation, scenario
from .rights import READER

GROUP = "network"
POLICIES = "/apis/networking.k8s.io/v1"
FINE = ("--only=network-policies",)
ALL = ("--all", *FINE, "--yes")
STORE = "exec nc -ll -p 8080 -e echo yes"


def service(name, port=8080):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [{"port": port}]}}


def probe(script, period=2):
    return {"exec": {"command": ["sh", "-c", script]}, "periodSeconds": period, "failureThreshold": 2, "timeoutSeconds": 2}


def shop(readiness="true"):
    """Two workloads, one of which names the other; `readiness` tells whether that one is ready."""
    env = [{"name": "DB_URL", "value": "http://db:8080"}]
    ports = [{"containerPort": 8080}]
    return [
        workload(template=pod(container={"env": env, "readinessProbe": probe(readiness)})),
        workload(name="db", template=pod(STORE, container={"ports": ports})), service("db"),
    ]


def policy(name, labels, **more):
    """A policy of somebody else, which selects nobody's pods."""
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"], **more}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def names(room):
    return sorted(item["metadata"]["name"] for item in room.namespace.items(POLICIES, "networkpolicies"))


def never_cut(room):
    """By the journal, whose lines stand in the order of what was done: all was allowed until the last policy was there."""
    steps = [json.loads(line) for path in room.scratch.glob("state/kubectl-harden/*/*.jsonl") for line in path.read_text().splitlines()]
    made = [line["object"]["name"] for line in steps if line["step"] == "intend"]
    if made[0] != "allow-all-meanwhile" or made[-1] != "default-deny":
        raise Deviation(f"made in the order {made}")
    last = max(at for at, line in enumerate(steps) if line["step"] == "wrote")
    gone = next(at for at, line in enumerate(steps) if line["step"] == "settle" and line["number"] == 0)
    if gone < last or steps[gone]["fate"] != "taken-back":
        raise Deviation("what allowed everything went before the last policy was there, or stays")


def owed(room, *wanted):
    if names(room) != sorted(wanted):
        raise Deviation(f"policies {names(room)} where {sorted(wanted)} are owed")


MADE = ("allow-dns", "db", "default-deny", "web")


@scenario(GROUP, "policies-made", "policies for all of a namespace: made in force, a second time nothing, taken back", enforced=True)
def made(room):
    room.deploy(*shop("test \"$(nc -w 1 db 8080 </dev/null)\" = yes"))
    before = photo.taken(room.namespace)
    room.harden("diff", "--all", *FINE).expect(1, [r"\+ +name: default-deny"])
    said = room.harden("apply", *ALL).expect(0, ["4 NetworkPolicies in namespace .*: 4 new", "default-deny created", "all that worked works"])
    owed(room, *MADE)
    if not room.is_ready():
        raise Deviation(f"not all is ready under the policies: {said.text[-300:]}")
    never_cut(room)
    room.harden("apply", *ALL).expect(0, [r"web hardened \(no change\)"], ["created", "NetworkPolic"])
    room.harden("undo", "--yes").expect(0, ["default-deny taken back"])
    room.unchanged(before)


@scenario(GROUP, "policies-and-all", "the whole profile at once, secrets and accounts among it: a second time there is nothing to do")
def and_all(room):
    room.kubectl("create", "secret", "generic", "web", "--from-literal=CACHE_URL=http://cache:8080", "--from-literal=TOKEN=t0ps3cr3t")
    objects = [*shop(), workload(name="cache", template=pod(STORE, container={"ports": [{"containerPort": 8080}]})), service("cache")]
    objects[0]["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "web"}}]
    room.put(*role("reads", "reads", [("", "pods", "get list")]))
    room.kubectl("create", "rolebinding", "account", "--role=reads", f"--serviceaccount={room.namespace.name}:default")
    room.deploy(*objects)
    before = photo.taken(room.namespace)
    room.harden("apply", "--all", "--yes").expect(0, ["default-deny created", "all that worked works"])
    room.harden("apply", "--all", "--yes").expect(0, [r"web hardened \(no change\)"], ["NetworkPolic", "web hardened [^(]"])
    room.harden("undo", "--yes").expect(0)
    room.unchanged(before)


@scenario(GROUP, "policies-changed", "what no longer fits is changed, what nobody needs goes; `undo` brings both back, and then takes all away")
def changed(room):
    room.deploy(*shop())
    room.harden("apply", *ALL).expect(0)
    room.kubectl("set", "env", "deploy/web", "DB_URL-")
    room.kubectl("delete", "service", "db")
    room.wait_ready()
    first = photo.taken(room.namespace)
    said = room.harden("apply", *ALL).expect(0, ["in namespace .*gone"])
    if "web" in names(room):
        raise Deviation(f"the policy of web is there still: {said.text[-300:]}")
    room.harden("undo", "--yes").expect(0)
    room.unchanged(first)
    room.harden("undo", "--yes").expect(0)
    if names(room):
        raise Deviation(f"left over: {names(room)}")


@scenario(GROUP, "policies-foreign", "a policy of somebody else has the name: it stays as it is, and so do all others of theirs")
def foreign(room):
    room.deploy(*shop())
    room.put(policy("web", {"app": "nobody"}), policy("theirs", {"app": "nobody"}, ingress=[{}]))
    before = photo.taken(room.namespace)
    room.harden("apply", *ALL).expect(0, ["web-deployment created"], ["/web created"])
    owed(room, "web", "theirs", "web-deployment", "db", "allow-dns", "default-deny")
    room.harden("undo", "--yes").expect(0, [], ["/theirs", "/web taken"])
    room.unchanged(before)


@scenario(GROUP, "policies-by-hand", "a policy of ours that somebody has changed stays, and is told")
def by_hand(room):
    room.deploy(*shop())
    room.harden("apply", *ALL).expect(0)
    room.kubectl("patch", "networkpolicy", "db", "--type=merge", "-p", '{"spec": {"ingress": [{}]}}')
    whole = room.get("networkpolicies/db")
    room.kubectl("set", "env", "deploy/web", "DB_URL-")
    room.wait_ready()
    room.harden("apply", *ALL).expect(0, ["changed by hand"])
    if room.get("networkpolicies/db") != whole:
        raise Deviation("the policy that was changed by hand was touched")


@scenario(GROUP, "policies-part", "a part of a namespace: no policies, and one sentence; on request they are made for all of it")
def part(room):
    room.deploy(*shop())
    said = room.harden("apply", "deploy/web", *FINE, "--yes").expect(0, ["left out.*deployment.apps/db in .*--network-policies"])
    if said.text.count("left out") > 1:
        raise Deviation("said more than once")
    owed(room)
    room.harden("apply", "deploy/web", *FINE, "--yes", "--network-policies").expect(0, ["default-deny created"])
    owed(room, *MADE)


@scenario(GROUP, "policies-reader", "a user who may not read all that tells of traffic: no policies, the right is named, no error")
def reader(room):
    room.deploy(*shop())
    room.put(*role("reader", "reader", READER))
    room.harden("apply", *ALL, "--as=reader").expect(0, ["left out.*would be cut.*may not list .*secrets"])
    room.harden("check", "--all", *FINE, "--as=reader").expect(0, ["left out"])
    room.harden("diff", "--all", *FINE, "--as=reader").expect(0, ["left out"])
    owed(room)


@scenario(GROUP, "policies-read-only", "a user who may read the whole cluster and write nothing: refused before anything is made")
def read_only(room):
    room.deploy(*shop())
    name = f"reader-{room.namespace.name}"
    room.kubectl("create", "clusterrole", name, "--verb=get,list", "--resource=*.*")
    room.at_end.append(lambda: room.kubectl("delete", "clusterrole,clusterrolebinding", name, check=False))
    room.kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", f"--user={name}")
    room.harden("diff", "--all", *FINE, f"--as={name}").expect(1, ["default-deny"])
    room.harden("apply", *ALL, f"--as={name}").expect(REFUSED, ["refused", "cannot create|may not create"])
    owed(room)


@scenario(GROUP, "policies-killed", "kill -9 while the pods are watched: `history` says so, `undo` takes all of it back")
def killed(room):
    room.deploy(*shop())
    before = photo.taken(room.namespace)
    session = room.start("apply", *ALL, "--settle=60s")
    session.until("default-deny created")
    session.kill()
    owed(room, *MADE)
    room.harden("history").expect(0, ["default-deny", "not watched to the end", "ended in the middle"])
    room.harden("undo", "--yes").expect(0, ["default-deny taken back"])
    room.unchanged(before)


@scenario(GROUP, "policies-dry", "dry runs make nothing, and name all")
def dry(room):
    room.deploy(*shop())
    before = photo.taken(room.namespace)
    for how in ("client", "server"):
        room.harden("apply", *ALL, f"--dry-run={how}").expect(0, [rf"default-deny created \({'server ' if how == 'server' else ''}dry run\)"])
    room.harden("apply", *ALL, "--dry-run=server", "-o", "json").expect(0, ['"kind": "NetworkPolicy"', '"result": "planned"'])
    room.unchanged(before)


@scenario(GROUP, "policies-failed-rollout", "a rollout that fails in the namespace leaves the policies out")
def failed_rollout(room):
    room.deploy(*shop(), workload(name="bad", template=pod("touch /x && exec sleep 1000000")))
    profile = room.profile("rules:\n  network-policies: {}\n  read-only-root: {}\n")
    said = room.harden("apply", "--all", "--yes", profile, "--max-risk=unproven", "--image-facts=none", "--max-failures=9")
    # It hangs on whether another workload is hardened beside it.
    said.expect(ROLLED_BACK if said.code == ROLLED_BACK else PARTIAL, ["left out: deployment.apps/bad: its change did not work"], ["default-deny created"])
    owed(room)


def hidden(room):
    """A workload whose address of what it needs is in no manifest: in another namespace, and only its probe asks."""
    other = room.cluster.namespace(f"{room.namespace.name}-peer", {})
    room.at_end.append(other.delete)
    objects = [workload(name="peer", template=pod(STORE, container={"ports": [{"containerPort": 8080}]})), service("peer")]
    for one in objects:
        one["metadata"]["namespace"] = other.name
    room.put(*objects)
    room.wait(lambda: other.pods() and all(map(photo.is_ready, other.pods())), "the peer is not ready")
    name = base64.b64encode(f"peer.{other.name}.svc".encode()).decode()
    room.deploy(*shop(readiness=f"test \"$(nc -w 1 $(echo {name} | base64 -d) 8080 </dev/null)\" = yes"))


@scenario(GROUP, "policies-cut", "a flow that nothing shows: its client gets unready, the policies are taken back", enforced=True)
def cut(room):
    hidden(room)
    before = photo.taken(room.namespace)
    said = room.harden("apply", *ALL)
    said.expect(
        ROLLED_BACK,
        [
            "deployment.apps/web.*not ready", "Readiness probe failed", "selected by NetworkPolicies .*web.*default-deny",
            "taking the policies back", "rolled back, healthy after",
        ],
        ["all that worked works"],
    )
    room.unchanged(before)
    room.harden("history").expect(0, ["default-deny .*taken back"])


@scenario(GROUP, "policies-kept", "the same with --no-rollback: they stay, and `undo` takes them back", enforced=True)
def kept(room):
    hidden(room)
    before = photo.taken(room.namespace)
    room.harden("apply", *ALL, "--no-rollback").expect(BROKEN, ["not rolled back, as asked for"])
    owed(room, *MADE)
    room.harden("undo", "--yes").expect(0)
    room.comes_back(before)
