"""The programs of the control plane, as processes that can be stopped."""

import os
import signal
import subprocess
import time
import urllib.error
from pathlib import Path


class Part:
    """One of them, such as `kube-apiserver`; there is one process of that name in these namespaces."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name

    def process(self):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if Path(words[0].decode(errors="replace")).name == self.name:
                return int(folder.name), [word.decode() for word in words[:-1]]
        raise RuntimeError(f"{self.name} does not run")

    def pause(self):
        os.kill(self.process()[0], signal.SIGSTOP)

    def resume(self):
        os.kill(self.process()[0], signal.SIGCONT)

    def end(self):
        """Kills it; what starts it again in the same way."""
        pid, words = self.process()
        log = self.cluster.folder / "logs" / f"{self.name}.log"
        os.kill(pid, signal.SIGKILL)

        def again():
            with log.open("a") as out:
                subprocess.Popen(words, cwd=self.cluster.folder, stdout=out, stderr=out)

        return again


def wait_served(cluster, timeout=60):
    """Waits until the API server answers."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            if cluster.call("GET", "/api/v1/namespaces/default"):
                return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    raise RuntimeError(f"the API server does not answer after {timeout} s")
