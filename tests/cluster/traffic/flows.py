"""The tables of flows: what an application needs, written down before any policy is made.

A row says who calls (`from`), which host (`to`) on which `port`, what is `needed`, and why.

- `from` is a workload, `namespace/name` (a replica of a StatefulSet by its own name), or `outside`, the host outside of the cluster, or
  `around`, all pods of other namespaces, or `*`, whoever is left. The nearest row counts.
- `to` is a name that the caller resolves, or `namespace/name`, a pod's own address, or `node`, the node's. The host outside knows no names.
- `port` is asked over HTTP; with `/tcp` it is only connected to; with `/udp` it is asked for a name.
- `needed` is `yes`, `no`, `open` (not needed, but nothing in the manifests tells it from what is; it passes) or `-` (not to be tried).

Every pair of a caller and a door, a host with a port, has a row: a door whose rows leave somebody out is an error.
"""

from collections import defaultdict
from dataclasses import dataclass

YES, NO, OPEN, UNTRIED = "yes", "no", "open", "-"
OUTSIDE, AROUND, ANYONE = "outside", "around", "*"


class Malformed(Exception):
    """A table that does not say what is owed; the text says where."""


@dataclass(frozen=True, order=True)
class Door:
    host: str
    port: str

    def __str__(self):
        return f"{self.host} {self.port}"

    @property
    def is_name(self):
        """Whether the caller has to resolve it."""
        return "/" not in self.host and self.host != "node"


@dataclass(frozen=True)
class Row:
    needed: str
    reason: str


class Table:
    """What is owed between each caller and each door."""

    def __init__(self, text, where="flows.tsv"):
        self.rows = defaultdict(dict)
        for number, line in enumerate(text.splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) != 5 or cells[3] not in (YES, NO, OPEN, UNTRIED):
                raise Malformed(f"{where}:{number}: a row is: from, to, port, {YES}|{NO}|{OPEN}|{UNTRIED}, reason, with tabs between")
            caller, host, port, needed, reason = cells
            of = self.rows[Door(host, port)]
            if caller in of:
                raise Malformed(f"{where}:{number}: {caller} has a row for {host} {port} already")
            of[caller] = Row(needed, reason)
        if whole := [door for door, of in self.rows.items() if ANYONE not in of]:
            raise Malformed(f"{where}: {whole[0]} has no row for {ANYONE}")

    @property
    def doors(self):
        return sorted(self.rows)

    @property
    def callers(self):
        """Those that rows are about by name."""
        return {caller for of in self.rows.values() for caller in of} - {OUTSIDE, AROUND, ANYONE}

    def row(self, caller, is_around, door):
        """The row about a caller at a door."""
        if caller == OUTSIDE and door.is_name:
            return Row(UNTRIED, "it knows no names of the cluster")
        of = self.rows[door]
        return of.get(caller) or (is_around and of.get(AROUND)) or of[ANYONE]
