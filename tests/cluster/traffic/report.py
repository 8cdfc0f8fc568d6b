"""The record of a run, for people."""

from .flows import NO, OPEN, YES

COLUMNS = {YES: "needed", NO: "not needed", OPEN: "open"}


def markdown(results, said):
    """A row an application and round: of how many pairs how many were as owed; then whatever was not."""
    lines = ["| application | round | owed | " + " | ".join(COLUMNS.values()) + " | names |", "|---|---|---|" + "--:|" * (len(COLUMNS) + 1)]
    for result in results:
        cells = [f"{result.kept[needed]} of {result.tried[needed]}" for needed in COLUMNS]
        names = f"{result.resolved[0]} of {result.resolved[1]}"
        lines.append(f"| {result.application} | {result.round} | {OWED[result.round]} | {' | '.join(cells)} | {names} |")
    wrong = [f"- {result.application}, {result.round}: {line}" for result in results for line in result.wrong]
    wrong += [f"- {line}" for line in said]
    if wrong:
        lines += ["", "Not as it must be:", "", *wrong]
    return "\n".join(lines) + "\n"


OWED = {
    "no policy": "all pass",
    "default deny alone": "none passes",
    "policies": "needed and open ones pass",
    "policies, not enforced": "all pass",
}
