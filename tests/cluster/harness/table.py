"""The record of a run: a table for people, JSON for machines."""

import json

CELLS = {True: "works", False: "no"}


def met(form, program, result):
    """Whether a program did in a form what that form owes."""
    if not form.must:
        return True
    fault, _ = program.fails
    if fault and not form.measured:
        return not result.works and fault in result.reason
    if form.may_fail and program.late and result.ready:
        return result.works or result.reason.startswith("ready, but does not work")
    return result.works and not (form.enforced and program.level[0] == "restricted" and not result.restricted)


def markdown(forms, programs, results):
    """A row a program, a column a form, the sums, and why what does not work does not."""
    found = {(result.program, result.form): result for result in results}
    lines = ["| program | " + " | ".join(form.name for form in forms) + " |", "|---|" + "---|" * len(forms)]
    for program in programs:
        cells = [cell(found[program.name, form.name]) for form in forms]
        lines.append(f"| {program.name} | " + " | ".join(cells) + " |")
    sums = []
    for form in forms:
        of = [result for result in results if result.form == form.name]
        sums.append(f"**{sum(result.works for result in of)}** of {len(of)}, {sum(restricted(result) for result in of)} restricted")
    lines += ["| all | " + " | ".join(sums) + " |", ""]
    lines += [f"- {form.name}: {form.about}" for form in forms]
    failed = [result for result in results if not result.works]
    if failed:
        lines += ["", "What does not work, and why:", ""]
        lines += [f"- {result.program}, {result.form}: {shortened(result.reason)}" for result in failed]
    lower = [(program, *program.level) for program in programs if program.level[0] != "restricted"]
    if lower:
        lines += ["", "Not restricted, for a reason:", ""]
        lines += [f"- {program.name} ({level}): {reason}" for program, level, reason in lower]
    failing = [(program, *program.fails) for program in programs if program.fails[0]]
    if failing:
        lines += ["", "Must fail until it gets what was measured:", ""]
        lines += [f"- {program.name} ({fault}): {reason}" for program, fault, reason in failing]
    told = [result for result in results if result.told]
    if told:
        lines += ["", "Taken back by the tool, and why:", ""]
        lines += [f"- {result.program}, {result.form}: {'; '.join(map(shortened, result.told))}" for result in told]
    back = [result for result in results if result.put_back]
    if back:
        lines += ["", "Moved into a file, and put into the program's environment again by its own entrypoint:", ""]
        lines += [f"- {result.program}, {result.form}: {', '.join(result.put_back)}" for result in back]
    return "\n".join(lines) + "\n"


def restricted(result):
    return result.works and bool(result.restricted)


def cell(result):
    return "restricted" if restricted(result) else CELLS[result.works] if result.works or not result.ready else "ready only"


def shortened(reason):
    one = " ".join(reason.split())
    return one if len(one) <= 400 else one[:397] + "..."


def record(results):
    return json.dumps([result.record() for result in results], indent=2) + "\n"
