"""What a check found: good, doubtful or bad, in one line that says what to do. Values only."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import click

from onesoup.commands.common import as_json

OK_GRADE, NOTE_GRADE, FAIL_GRADE = "ok", "note", "FAIL"
_COLOURS = {OK_GRADE: "green", NOTE_GRADE: "yellow", FAIL_GRADE: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was looked at, `says` what was found, `do` what helps."""

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
    """The findings of a check; one that breaks is a finding too, by the type of its error: its text may hold anything."""
    try:
        return list(check())
    except Exception as error:
        return [fail_finding(what, type(error).__name__)]


def print_findings(findings: Iterable[Finding], lines: bool) -> None:
    """Prints them as they come, and ends with status 1 when one is bad."""
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
