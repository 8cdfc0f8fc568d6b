"""One call of the tool, on a pseudo-terminal where it is to believe that a person sits there."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import time

from .scenario import Deviation

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Session:
    """A tool that runs. With `terminal` its output is one stream; a person's answers go in by `type`."""

    def __init__(self, call, environment, terminal=False):
        self.call, self.heard, self.started = call, b"", time.monotonic()
        if terminal:
            self.stream, far = pty.openpty()
            # Its own session, and the terminal controls it: Ctrl-C is a byte then, as for a person.
            self.process = subprocess.Popen(
                call, stdin=far, stdout=far, stderr=far, env=environment, start_new_session=True, preexec_fn=lambda: control(far)
            )
            os.close(far)
        else:
            self.stream, far = os.pipe()
            self.process = subprocess.Popen(call, stdin=subprocess.DEVNULL, stdout=far, stderr=far, env=environment)
            os.close(far)

    @property
    def text(self):
        """What it has said so far, without colours."""
        return ESCAPES.sub("", self.heard.decode(errors="replace")).replace("\r\n", "\n").replace("\r", "\n")

    def listen(self, seconds):
        """Takes what comes within a moment; False at the end of it all."""
        ready, _, _ = select.select([self.stream], [], [], seconds)
        if not ready:
            return True
        try:
            chunk = os.read(self.stream, 65536)
        except OSError:  # What a terminal says when its other end is closed.
            chunk = b""
        self.heard += chunk
        return bool(chunk)

    def until(self, pattern, timeout=150):
        """Waits until the tool has said that."""
        end = time.monotonic() + timeout
        while not re.search(pattern, self.text):
            if not self.listen(0.2):
                raise Deviation(f"it ended with {self.process.wait()} before it said /{pattern}/: {tail(self.text)}")
            if time.monotonic() > end:
                self.kill()
                raise Deviation(f"it did not say /{pattern}/ within {timeout} s: {tail(self.text)}")

    def type(self, text):
        """Answers, if anybody is still there to listen."""
        with contextlib.suppress(OSError):
            os.write(self.stream, text.encode())

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self, timeout=300):
        """Waits for its end; the exit code."""
        last = time.monotonic() + timeout
        while self.listen(0.2):
            if time.monotonic() > last:
                self.kill()
                raise Deviation(f"it had not ended after {timeout} s: {tail(self.text)}")
        code = self.process.wait()
        os.close(self.stream)
        return code


def control(terminal):
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def tail(text, length=300):
    """The end of what was said, as one line."""
    one = " ".join(text.split())
    return one if len(one) <= length else "..." + one[-length:]
