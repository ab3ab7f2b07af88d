"""A play in words: one line a step, and for a failure what was expected, what came, and the answer as indented XML."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from onesoup.phone.conversation.checks import Failure
from onesoup.phone.conversation.outcome import PlayOutcome, StepOutcome
from onesoup.phone.conversation.paths import PathNode

MAX_ANSWER_LINES = 120  # lines


def line(step: StepOutcome) -> str:
    """One step on one line."""
    if step.skipped:
        return f"  -     {step.name}: left out, {step.skipped}"
    mark = "ok" if step.good else "gap" if step.gap else "FAIL"
    name = step.answer.content.name if step.answer and step.answer.content else ""
    return f"  {mark:<5} {step.name}" + (f": {name}" if name else "") + f"  ({step.seconds:.2f} s)"


def details(step: StepOutcome) -> Iterator[str]:
    """What stands below the line of a step: notes, warnings, the failure."""
    for note in step.notes:
        yield f"          {note}"
    for warning in step.warnings:
        yield f"          warning: {warning.what}: expected {warning.expected}, came {warning.came}"
    if step.gap:
        yield f"          known gap: {step.gap}" + (" - and yet it works: take known_gap away" if step.good else "")
    for failure in step.failures:
        yield from _diff(failure)
    if step.failures and step.answer and not step.gap:
        yield from _answer(step)


def _diff(failure: Failure) -> Iterator[str]:
    yield f"        {failure.what}"
    yield f"      -   expected {failure.expected}"
    yield f"      +   came     {failure.came}"
    if failure.why:
        yield f"          because  {failure.why}"


def _answer(step: StepOutcome) -> Iterator[str]:
    answer = step.answer
    assert answer is not None
    yield f"        the answer: HTTP {answer.status}, {len(answer.body)} octets after {answer.seconds:.2f} s"
    lines = list(_xml(answer.root)) if answer.root else []
    yield from (f"          {each}" for each in lines[:MAX_ANSWER_LINES])
    if len(lines) > MAX_ANSWER_LINES:
        yield f"          … {len(lines) - MAX_ANSWER_LINES} more lines"


def _xml(node: PathNode, depth: int = 0) -> Iterator[str]:
    space = " " * depth
    if not node.children:
        yield f"{space}<{node.name}>{escape(node.text)}</{node.name}>" if node.text else f"{space}<{node.name}/>"
        return
    yield f"{space}<{node.name}>"
    for child in node.children:
        yield from _xml(child, depth + 1)
    yield f"{space}</{node.name}>"


def title(outcome: PlayOutcome) -> str:
    script = outcome.script
    return f"{script.name}: CSP {script.version}, {script.encoding.upper()}"


def summary(outcome: PlayOutcome) -> str:
    done = sum(step.good and not step.skipped for step in outcome.steps)
    failed = outcome.failed
    gaps = f", {len(outcome.gaps)} known gaps" if outcome.gaps else ""
    return f"{done} of {len(outcome.script.steps)} steps good{gaps}" + (f"; failed at {failed.name}" if failed else "")


def whole(outcome: PlayOutcome) -> str:
    """Everything, as text."""
    lines = [title(outcome)]
    for step in outcome.steps:
        lines += [line(step), *details(step)]
    return "\n".join([*lines, *(f"  not checked here: {each}" for each in outcome.unchecked), summary(outcome)])
