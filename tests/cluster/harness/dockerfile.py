"""Reads the Dockerfiles of the test programs.

Ordinary Dockerfile text, as far as these images need it: FROM, RUN, COPY, ENV, LABEL, USER, WORKDIR, VOLUME, EXPOSE, STOPSIGNAL,
ENTRYPOINT and CMD (both as JSON lists), line continuations, comments and here-documents. Whatever else stands there is refused, and
so is what a Docker build would do otherwise than this one: no variable is replaced outside of RUN, RUN works as root.

The first line names the image: `# image: docker.io/library/nginx:1.27`.
"""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {"FROM", "RUN", "COPY", "ENV", "LABEL", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}


class Malformed(Exception):
    """The Dockerfile says something that this builder does not do."""


@dataclass
class Instruction:
    word: str  # in capitals
    rest: str  # without the here-document's mark
    body: str | None = None  # the here-document
    flags: dict = field(default_factory=dict)  # --from=, --chmod=, --chown=

    @property
    def text(self):
        """As an image's history shows it."""
        flags = "".join(f"--{name}={value} " for name, value in self.flags.items())
        return f"{self.word} {flags}{self.rest}" + (f"\n{self.body}" if self.body is not None else "")

    def items(self):
        """The arguments, from a JSON list or words."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


@dataclass
class Dockerfile:
    image: str  # normalised, with its tag
    path: Path
    instructions: list


def read(path):
    """The Dockerfile at `path`; raises `Malformed`."""
    lines = path.read_text().splitlines()
    named = re.fullmatch(r"# image: (\S+:\S+)", lines[0] if lines else "")
    if not named:
        raise Malformed(f"{path}:1: the first line must name the image: # image: NAME:TAG")
    instructions, at = [], 0
    while at < len(lines):
        start, line = at + 1, lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        while line.endswith("\\"):
            if at == len(lines):
                raise Malformed(f"{path}:{start}: the last line goes on")
            line = line[:-1] + lines[at].strip()
            at += 1
        word, _, rest = line.partition(" ")
        if word not in KNOWN:
            raise Malformed(f"{path}:{start}: {word} is not known here")
        flags, rest = flags_of(rest.strip())
        body = None
        if mark := re.search(r"<<'?(\w+)'?", rest):
            end = at
            while end < len(lines) and lines[end] != mark[1]:
                end += 1
            if end == len(lines):
                raise Malformed(f"{path}:{start}: no line {mark[1]} ends the here-document")
            body = "".join(text + "\n" for text in lines[at:end])
            rest, at = (rest[: mark.start()] + rest[mark.end() :]).strip(), end + 1
        instructions.append(Instruction(word, rest, body, flags))
    if not instructions or instructions[0].word != "FROM":
        raise Malformed(f"{path}: the first instruction must be FROM")
    return Dockerfile(normalised(named[1]), path, instructions)


def flags_of(rest):
    flags = {}
    while match := re.match(r"--(from|chmod|chown)=(\S+)\s+", rest):
        flags[match[1]] = match[2]
        rest = rest[match.end() :]
    return flags, rest


def normalised(reference):
    """The full name of an image: `nginx:1.27` is `docker.io/library/nginx:1.27`."""
    host, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    return reference if "." in host or ":" in host or host == "localhost" else f"docker.io/{reference}"
