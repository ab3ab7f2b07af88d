"""A play in words: each step with what phone and server said in two columns, and for a failure what was expected, what came, and
the answer as indented XML."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from onesoup.captures import columns
from onesoup.captures.columns import Said
from onesoup.captures.exchanges import parts_of
from onesoup.phone.conversation.checks import Failure
from onesoup.phone.conversation.outcome import PlayOutcome, StepOutcome
from onesoup.phone.conversation.paths import PathNode
from onesoup.phone.conversation.wire import Answer
from onesoup.wire import codec
from onesoup.wire.errors import WireError

MAX_ANSWER_LINES = 120  # lines
LINE_COLUMNS = 80


def line(step: StepOutcome) -> str:
    """One step on one line."""
    if step.skipped:
        return f"  -     {step.name}: left out, {step.skipped}"
    mark = "ok" if step.good else "gap" if step.gap else "FAIL"
    return f"  {mark:<5} {step.name}  ({step.seconds:.2f} s)"


def said(step: StepOutcome) -> Iterator[str]:
    """What was said in a step: a line for each request and its answer, and one for what friends did or saw."""
    for sentence in step.friends:
        text = f"        friends: {sentence}"
        yield text if len(text) <= LINE_COLUMNS else f"{text[: LINE_COLUMNS - 1]}…"
    for data, answer in step.posts:
        yield columns.two_columns(_phone_said(data), _server_said(answer))


def _phone_said(data: bytes) -> Said:
    try:
        parts = parts_of(codec.decode(data))
    except WireError:
        parts = None
    return Said(parts.content.name if parts else "(no CSP)", parts.code if parts else "", len(data))


def _server_said(answer: Answer) -> Said:
    if answer.status != 200 or (answer.body and answer.content is None):
        return Said(f"HTTP {answer.status}", "", len(answer.body))
    if answer.content is None:
        return Said(columns.NOTHING)
    return Said(answer.content.name, answer.content.value("Result/Code") or "", len(answer.body))


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
    lines = [title(outcome), columns.heads()]
    for step in outcome.steps:
        lines += [line(step), *said(step), *details(step)]
    return "\n".join([*lines, *(f"  not checked here: {each}" for each in outcome.unchecked), summary(outcome)])
