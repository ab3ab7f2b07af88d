"""What a check found: ok, a note or a failure, in one line, and what to do about it."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import click

from onesoup.commands.common import as_json
from onesoup.store.redis.refusals import error_name

OK_GRADE, NOTE_GRADE, FAIL_GRADE = "ok", "note", "FAIL"
_COLOURS = {OK_GRADE: "green", NOTE_GRADE: "yellow", FAIL_GRADE: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was checked, what the check `says`, and what to `do` about it."""

    grade: str
    what: str
    says: str
    do: str = ""


def ok_finding(what: str, says: str) -> Finding:
    return Finding(OK_GRADE, what, says)


def note_finding(what: str, says: str, do: str = "") -> Finding:
    return Finding(NOTE_GRADE, what, says, do)


def fail_finding(what: str, says: str, do: str = "") -> Finding:
    return Finding(FAIL_GRADE, what, says, do)


def findings_or_error(what: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of a check. One that raises is a failure, shown by the name of the error: its text may hold a secret."""
    try:
        return list(check())
    except Exception as error:
        return [fail_finding(what, error_name(error))]


def print_findings(findings: Iterable[Finding], lines: bool) -> None:
    """Prints findings as they come. Exits with status 1 when one is a failure."""
    broken = False
    for each in findings:
        broken |= each.grade == FAIL_GRADE
        if lines:
            click.echo(as_json(asdict(each)))
            continue
        click.echo(f"{click.style(each.grade.ljust(4), fg=_COLOURS[each.grade])}  {each.what}: {each.says}")
        if each.do:
            click.echo(f"      {each.do}")
    if broken:
        sys.exit(1)
