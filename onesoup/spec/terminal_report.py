"""The run in 80 columns of a terminal: a line for each area as it goes, then a table, what failed, and the levels."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable

from onesoup.captures.shown import harmless
from onesoup.spec.areas import AREAS
from onesoup.spec.case import Case, Outcome
from onesoup.spec.column import CaseResult
from onesoup.spec.levels import LEVEL_TITLES, LevelState
from onesoup.spec.run import SpecReport
from onesoup.wire.document import Encoding

SIGNS = {Outcome.PASSED: ".", Outcome.FAILED: "F", Outcome.NOT_OFFERED: "-", Outcome.NOT_RUN: "?"}
_WIDTH = 80
_SHOWN_OF_LEVEL = 6


class ProgressLines:
    """Writes a line when an area of a column is done."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._open: dict[tuple[str, Encoding], tuple[str, str]] = {}

    def add(self, result: CaseResult) -> None:
        column = (result.version, result.encoding)
        label = "all answers" if result.case.standing else result.case.area
        before, signs = self._open.get(column, (label, ""))
        if before != label:
            self._show(column, before, signs)
            signs = ""
        self._open[column] = (label, signs + SIGNS[result.outcome])

    def end(self) -> None:
        for column, (label, signs) in self._open.items():
            self._show(column, label, signs)
        self._open.clear()

    def _show(self, column: tuple[str, Encoding], label: str, signs: str) -> None:
        self._write(f"CSP {column[0]} {column[1].upper():<6}{label:<13}{signs}")


def column_title(version: str, encoding: Encoding) -> str:
    return f"{version} {encoding.upper()}"


def summary_lines(report: SpecReport, levels: Iterable[LevelState]) -> list[str]:
    """All that is shown at the end."""
    return [*_table(report), "", *_failures(report), *_not_offered(report), *_levels(levels), "", total_line(report)]


def cell(results: Iterable[CaseResult]) -> str:
    """Passed of all that apply: 12/14; what is not offered does not count."""
    counted = [each for each in results if each.outcome is not Outcome.NOT_OFFERED]
    passed = sum(each.outcome is Outcome.PASSED for each in counted)
    return f"{passed}/{len(counted)}" if counted else "-"


def by_area(report: SpecReport, area: str, column: tuple[str, Encoding]) -> list[CaseResult]:
    return [each for each in report.results if each.case.area == area and (each.version, each.encoding) == column]


def shown_areas(report: SpecReport) -> list[str]:
    run = {each.case.area for each in report.results}
    return [area.name for area in AREAS if area.name in run]


def _table(report: SpecReport) -> list[str]:
    columns = report.plan.columns
    lines = ["", f"{'':<13}" + "".join(f"{column_title(*each):>11}" for each in columns)]
    for area in shown_areas(report):
        cells = (cell(by_area(report, area, column)) for column in columns)
        lines.append(f"{area:<13}" + "".join(f"{each:>11}" for each in cells))
    return lines


def failed_cases(report: SpecReport) -> dict[str, list[CaseResult]]:
    """The failures, by case."""
    found: dict[str, list[CaseResult]] = {}
    for each in report.results:
        if each.outcome in (Outcome.FAILED, Outcome.NOT_RUN):
            found.setdefault(each.case.id, []).append(each)
    return found


def _failures(report: SpecReport) -> list[str]:
    lines: list[str] = []
    for name, results in failed_cases(report).items():
        where = ", ".join(column_title(each.version, each.encoding) for each in results)
        case, verb = results[0].case, "NOT RUN" if results[0].outcome is Outcome.NOT_RUN else "FAILED"
        lines += _wrapped(f"{verb} {name} in {where}", 0)
        lines += _wrapped(f"It asks: {case.asks}", 2)
        for reason in dict.fromkeys(each.reason for each in results):
            lines += _wrapped(f"Found: {harmless(reason)[:300]}", 2)
        lines += _wrapped(f"So: {case.breaks}", 2)
        lines += _wrapped(f"By {case.page} {case.section}: {case.support}. Level: {case.level}.", 2)
        lines.append("")
    return lines


def _not_offered(report: SpecReport) -> list[str]:
    names = dict.fromkeys(each.case.id for each in report.results if each.outcome is Outcome.NOT_OFFERED)
    return [*_wrapped("Not offered: " + ", ".join(names), 0), ""] if names else []


def _levels(levels: Iterable[LevelState]) -> list[str]:
    lines = []
    for each in levels:
        if each.reached is not None:
            lines.append(f"{'reached' if each.reached else 'NOT REACHED':<13}{LEVEL_TITLES[each.name]}{_because(each)}")
    return lines


def _because(level: LevelState) -> str:
    count = len({each.case.id for each in level.missing})
    return f": {count} case{'s' * (count != 1)} in its way" if count else ""


def total_line(report: SpecReport) -> str:
    count = {outcome: sum(each.outcome is outcome for each in report.results) for outcome in Outcome}
    words = ", ".join(f"{number} {outcome}" for outcome, number in count.items() if number)
    return f"{words or 'nothing run'}, in {report.seconds:.0f} s"


def listed_cases(cases: Iterable[Case]) -> list[str]:
    """What `--list` shows."""
    lines: list[str] = []
    for case in cases:
        lines += [case.id, *_wrapped(case.asks, 4), *_wrapped(f"{case.page} {case.section}, {case.support}; {case.level}", 4)]
    return lines


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, _WIDTH - 1, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))
