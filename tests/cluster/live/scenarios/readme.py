"""What the README tells people to type, typed: the lines of its blocks marked `sh live`."""

import re
import shlex

from harness.tool import ROOT

from ..manifests import pod, workload
from ..scenario import Deviation, scenario
from .plugin import GROUP, on_path

NAMESPACE = "shop"


def lines(text):
    """The commands of the blocks, in order."""
    blocks = re.findall(r"^```sh live\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


@scenario(GROUP, "readme", "each command of the README on a cluster, as it stands there")
def readme(room):
    """On the Deployment that the README speaks of: web in the namespace shop."""
    commands = lines((ROOT / "README.md").read_text())
    if not commands:
        raise Deviation("the README has no block marked `sh live`")
    room.kubectl("create", "namespace", NAMESPACE)
    room.at_end.append(lambda: room.kubectl("delete", "namespace", NAMESPACE, "--wait=false", check=False))
    ports = {"ports": [{"containerPort": 80, "name": "http"}]}
    web = workload(template=pod(None, image="nginx:1.27", container=ports), metadata={"namespace": NAMESPACE})
    room.put(web)
    room.kubectl("rollout", "status", "deploy/web", "-n", NAMESPACE, "--timeout=100s")
    for command in commands:
        program, *words = shlex.split(command)
        said = room.harden(*words, program=program, **on_path(room))
        if said.code > 1:
            raise Deviation(f"{command}: exit code {said.code}: {' '.join(said.text.split())[-300:]}")
        said.expect(said.code, never=[r"\berror:"])
