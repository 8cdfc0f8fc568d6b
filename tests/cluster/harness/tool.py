"""The program under test."""

import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@functools.cache
def tool():
    """Its path: $KUBECTL_HARDEN, else what cargo builds."""
    if given := os.environ.get("KUBECTL_HARDEN"):
        return Path(given).resolve()
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--bin", "kubectl-harden"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug" / "kubectl-harden"
