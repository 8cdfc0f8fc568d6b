"""The record of a drill, for people."""


def markdown(results):
    """A row a scenario: what happens, whether it ended as it must, how long that took, and what the tool said of it."""
    lines = ["| scenario | what happens | | s | what the tool says |", "|---|---|---|--:|---|"]
    for result in results:
        of = result.scenario
        said = shortened(result.said, 120).replace("|", "\\|")
        lines.append(f"| {of.name} | {of.about} | {'ok' if result.passed else 'no'} | {result.seconds:.0f} | {said} |")
    failed = [result for result in results if not result.passed]
    if failed:
        lines += ["", "Not as they must be:", ""]
        lines += [f"- {result.scenario.name}: {shortened(result.reason, 600)}" for result in failed]
    return "\n".join(lines) + "\n"


def shortened(text, length=400):
    one = " ".join(text.split())
    return one if len(one) <= length else one[: length - 3] + "..."
