"""What `network` makes of live objects: the same as of their manifests, whatever a server and its controllers add."""

import os
import shutil
from pathlib import Path

from harness.tool import ROOT

from ..manifests import role, workload
from ..scenario import Deviation, scenario
from .rights import READER

GROUP = "network"
OWN = ROOT / "testdata"
# Other people's applications: beside the repository, not in it.
COLLECTION = Path(os.environ.get("CORPUS") or ROOT.parent / "shared" / "corpus" / "files")
APPLICATIONS = {
    "shop": [OWN / "shop"],
    "bookinfo": [OWN / "network/bookinfo.yaml"],
    "aks-store": [COLLECTION / "Azure-Samples+aks-store-demo/aks-store-all-in-one.yaml"],
    "emojivoto": [COLLECTION / f"BuoyantIO+emojivoto/kustomize/deployment/{part}.yml" for part in ("emoji", "voting", "web", "vote-bot")],
    "guestbook": [COLLECTION / "kubernetes+examples/web/guestbook/all-in-one/guestbook-all-in-one.yaml"],
    "online-boutique": [COLLECTION / "GoogleCloudPlatform+microservices-demo/release/kubernetes-manifests.yaml"],
    "sock-shop": [COLLECTION / "microservices-demo+microservices-demo/deploy/kubernetes/complete-demo.yaml"],
}
# What there may be once only in a cluster, or what the cluster has no kind for.
LEFT_OUT = ("Namespace",)


def rendered(room, paths):
    """The manifests of an application, all in the namespace of the room, as a file."""
    folder = room.scratch / "application"
    folder.mkdir()
    files = [file for path in paths for file in (sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]) if file.exists()]
    files = [file for file in files if not file.name.lower().startswith("kustomization")]
    for number, file in enumerate(files):
        shutil.copyfile(file, folder / f"{number}.yaml")
    drop = "".join(f"  - target: {{kind: {kind}}}\n    patch: '{{$patch: delete, apiVersion: v1, kind: {kind}, metadata: {{name: x}}}}'\n" for kind in LEFT_OUT)
    names = "".join(f"  - {number}.yaml\n" for number in range(len(files)))
    (folder / "kustomization.yaml").write_text(f"namespace: {room.namespace.name}\nresources:\n{names}patches:\n{drop}")
    text = room.kubectl("kustomize", str(folder)).stdout
    path = room.scratch / "application.yaml"
    path.write_text(text)
    return path


def same(room, paths):
    """The policies of what is live are those of the manifests; applied, they change nothing of that."""
    manifests = rendered(room, paths)
    room.kubectl("apply", "-f", str(manifests))
    room.wait(lambda: room.namespace.pods(), "no pod was made")
    wanted = room.harden("network", "policies", "-q", "-f", manifests).expect(0, ["kind: NetworkPolicy"]).text
    for flags in (["-n", room.namespace.name], []):
        compare(wanted, room.harden("network", "policies", "-q", *flags).expect(0).text)
    policies = room.scratch / "networkpolicies.yaml"
    policies.write_text(wanted.replace("\r\n", "\n"))
    room.harden("network", "check", "-f", policies, "--against-live").expect(1, ["closed"])
    room.kubectl("apply", "--warnings-as-errors", "-f", str(policies))
    compare(wanted, room.harden("network", "policies", "-q").expect(0).text)
    room.harden("network", "check", "-f", policies, "--against-live").expect(0, ["0 flows opened, 0 closed"])


def compare(wanted, found):
    if wanted != found:
        ours, theirs = wanted.splitlines(), found.splitlines()
        at = next((at for at, (one, other) in enumerate(zip(ours, theirs)) if one != other), min(len(ours), len(theirs)))
        raise Deviation(f"line {at + 1}: {theirs[at:at + 2]} where the manifests give {ours[at:at + 2]}")


for name, paths in APPLICATIONS.items():
    if any(path.exists() for path in paths):
        scenario(GROUP, f"policies-{name}", f"{name}: live the same policies as from its manifests")(lambda room, paths=paths: same(room, paths))


@scenario(GROUP, "policies-narrow", "a user who may read one namespace: its policies, and what is not known")
def narrow(room):
    room.put(workload(replicas=0))
    room.put(*role("reader", "reader", READER))
    said = room.harden("network", "policies", "--as=reader").expect(0, ["kind: NetworkPolicy", "outside of namespace"])
    if said.text.count("outside of namespace") > 1:
        raise Deviation("said more than once")
    room.harden("network", "policies", "-A", "--as=reader").expect(2, ["reader"], ["kind: NetworkPolicy"])


@scenario(GROUP, "can-live", "one connection of live pods: yes before a policy, no after it, by name")
def can(room):
    room.put(workload(replicas=0), workload(name="db", replicas=0))
    question = ["network", "can", "deploy/web", "deploy/db", "5432"]
    room.harden(*question).expect(0, ["yes"])
    room.put({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "shut"},
        "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"]},
    })
    room.harden(*question).expect(1, ["no", "NetworkPolicy .*/shut"])
