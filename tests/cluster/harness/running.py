"""A program is hardened while it runs."""

import os
import re
import subprocess

from .forms import Failed

# Exit codes of `apply`.
HEALTHY, ROLLED_BACK, PARTLY = 0, 4, 6
# Seconds for a rollout of all its workloads, and back.
PATIENCE = 400


def harden(trial):
    """`kubectl-harden apply` on the program's workloads; the causes that it named, where it took a change back.

    Raises `Failed` where it ends otherwise than the form owes, or takes back what it does not explain.
    """
    kinds = {"deployments": "deployment", "statefulsets": "statefulset", "daemonsets": "daemonset"}
    workloads = [
        f"{one}/{item['metadata']['name']}" for many, one in kinds.items() for item in trial.namespace.items("/apis/apps/v1", many)
    ]
    call = [trial.tool, "apply", *workloads, "--yes", "--max-failures=10", *trial.form.live, *trial.form.knowledge(trial)]
    environment = {**os.environ, "KUBECONFIG": str(trial.namespace.config), "XDG_STATE_HOME": str(trial.scratch / "state")}
    done = subprocess.run(
        call, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        timeout=PATIENCE,
    )
    trial.said = done.stdout
    causes = re.findall(r"^\s*cause\s+(.*)$", done.stdout, re.MULTILINE)
    owed = (HEALTHY, ROLLED_BACK, PARTLY) if trial.form.may_fail else (HEALTHY,)
    if done.returncode not in owed:
        raise Failed(f"kubectl-harden apply: exit code {done.returncode}: {' / '.join(done.stdout.strip().splitlines()[-40:])}")
    if done.returncode != HEALTHY and not causes:
        raise Failed(f"kubectl-harden apply: no cause is named: {' / '.join(done.stdout.strip().splitlines()[-40:])}")
    return causes
