"""A scenario: what is made to happen, and what is owed then."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

ALL = []


class Deviation(Exception):
    """The tool did not do what it owes; the text says what, in a line."""


class Impossible(Exception):
    """What a scenario needs cannot be had here; the text says what."""


@dataclass(frozen=True)
class Scenario:
    name: str
    group: str
    # What happens, in a few words.
    about: str
    # Called with a `Room`.
    run: Callable
    # Whether nothing else may run meanwhile: it stops a part of the cluster.
    alone: bool = False
    # Whether it needs a cluster that enforces policies.
    enforced: bool = False


@dataclass
class Result:
    scenario: Scenario
    # Why it did not pass; empty where it did.
    reason: str = ""
    # What the tool said that matters: for people.
    said: str = ""
    seconds: float = 0.0

    @property
    def passed(self):
        return not self.reason


def scenario(group, name, about, alone=False, enforced=False):
    """Registers a function of a room."""

    def register(run):
        ALL.append(Scenario(name, group, about, run, alone, enforced))
        return run

    return register


def chosen(words):
    """The scenarios with these names or of these groups; all where there are none. Raises `LookupError`."""
    known = {scenario.name for scenario in ALL} | {scenario.group for scenario in ALL}
    if unknown := sorted(set(words) - known):
        raise LookupError(f"no such scenario: {', '.join(unknown)}")
    return [scenario for scenario in ALL if not words or scenario.name in words or scenario.group in words]


def play(scenario, room):
    """Runs one; the room is closed whatever happens."""
    started = time.monotonic()
    result = Result(scenario)
    try:
        scenario.run(room)
    except Deviation as deviation:
        result.reason = str(deviation)
    except Exception as error:  # A flaw of the scenario itself fails it as well, and must not end the others.
        where = traceback.extract_tb(error.__traceback__)[-1]
        result.reason = f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"
    finally:
        result.said = room.gist()
        room.close(result.reason)
    result.seconds = round(time.monotonic() - started, 1)
    return result
