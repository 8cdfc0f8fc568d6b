"""The rounds that an application is tried in, and what is owed in each."""

from collections import defaultdict
from dataclasses import dataclass, field

from . import attempts, callers, flows
from .flows import NO, OPEN, UNTRIED, YES, Door, Row

# The answers that each round owes, by what the table says.
ROUNDS = {
    "no policy": {YES: "yes", OPEN: "yes", NO: "yes"},
    "default deny alone": {YES: "no", OPEN: "no", NO: "no"},
    "policies": {YES: "yes", OPEN: "yes", NO: "no"},
    "policies, not enforced": {YES: "yes", OPEN: "yes", NO: "yes"},
}
# Every pod has to resolve names, on both protocols.
NAMES = [Door(attempts.LOOKED_UP, "53/lookup"), Door(attempts.LOOKED_UP, "53/stream")]
RESOLVES = Row(YES, "names")


@dataclass
class Result:
    application: str
    round: str
    # By what the table says: how many pairs were as owed, and of how many.
    kept: dict = field(default_factory=lambda: defaultdict(int))
    tried: dict = field(default_factory=lambda: defaultdict(int))
    resolved: list = field(default_factory=lambda: [0, 0])
    # A line each.
    wrong: list = field(default_factory=list)


def play(application, name, pods, applets):
    """Tries all pairs of an application in the round `name`."""
    plan = [(caller, doors_of(application, caller, pods)) for caller in [callers.Caller(flows.OUTSIDE), *pods]]
    owed = {(caller, target): ROUNDS[name][row.needed] for caller, doors in plan for _, row, targets in doors for target in targets}
    wanted = [(caller, [target for _, _, targets in doors for target in targets]) for caller, doors in plan]
    said = attempts.all_of(wanted, applets, lambda caller, target: owed[caller, target])
    heard, rows = defaultdict(set), {}
    for (caller, doors), answers in zip(plan, said):
        for door, row, targets in doors:
            rows[caller.name, door] = row
            heard[caller.name, door] |= {answers[target] for target in targets}
    result = Result(application.name, name)
    for (caller, door), answers in sorted(heard.items()):
        judge(result, caller, door, rows[caller, door], answers)
    return result


def doors_of(application, caller, pods):
    """What a caller has to try: the door, its row, and its targets."""
    own = caller.namespace in application.namespaces
    doors = [(door, application.table.row(caller.name, not own and not caller.is_outside, door)) for door in application.table.doors]
    doors += [(door, RESOLVES) for door in NAMES if own]
    tried = [(door, row, attempts.targets(door, caller, pods)) for door, row in doors if row.needed != UNTRIED]
    return [one for one in tried if one[2]]


def judge(result, caller, door, row, answers):
    """Counts one pair: all pods of the caller and all behind the door must say what is owed."""
    owed = ROUNDS[result.round][row.needed]
    met = answers == {owed}
    if row is RESOLVES:
        result.resolved[0] += met
        result.resolved[1] += 1
    else:
        result.kept[row.needed] += met
        result.tried[row.needed] += 1
    if not met:
        reason = f" ({row.reason})" if row.reason else ""
        result.wrong.append(f"{caller} -> {door}: {' and '.join(sorted(answers))}, owed: {owed}; needed: {row.needed}{reason}")
