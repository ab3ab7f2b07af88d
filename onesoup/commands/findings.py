"""What a check found: good, doubtful or bad, in one line that says what to do. Values only."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import click

from onesoup.commands.common import as_json

OK, NOTE, BAD = "ok", "note", "FAIL"
_COLOURS = {OK: "green", NOTE: "yellow", BAD: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` was looked at, `says` what was found, `do` what helps."""

    grade: str
    what: str
    says: str
    do: str = ""


def good(what: str, says: str) -> Finding:
    return Finding(OK, what, says)


def note(what: str, says: str, do: str = "") -> Finding:
    return Finding(NOTE, what, says, do)


def bad(what: str, says: str, do: str = "") -> Finding:
    return Finding(BAD, what, says, do)


def tried(what: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of a check; one that breaks is a finding too, by the type of its error: its text may hold anything."""
    try:
        return list(check())
    except Exception as error:
        return [bad(what, type(error).__name__)]


def tell(findings: Iterable[Finding], lines: bool) -> None:
    """Prints them as they come, and ends with status 1 when one is bad."""
    broken = False
    for each in findings:
        broken |= each.grade == BAD
        if lines:
            click.echo(as_json(asdict(each)))
            continue
        click.echo(f"{click.style(each.grade.ljust(4), fg=_COLOURS[each.grade])}  {each.what}: {each.says}")
        if each.do:
            click.echo(f"      {each.do}")
    if broken:
        sys.exit(1)
