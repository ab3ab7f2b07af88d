"""The results as one page to look at: no script, nothing loaded from elsewhere, light and dark, any width."""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
from html import escape

from onesoup.captures.shown import harmless
from onesoup.spec.areas import AREAS
from onesoup.spec.case import Case, Outcome
from onesoup.spec.column import CaseResult
from onesoup.spec.exchange import SpecExchange, shown_reply, shown_request
from onesoup.spec.levels import LEVEL_TITLES, LevelState
from onesoup.spec.run import SpecReport
from onesoup.spec.terminal_report import by_area, cell, column_title, failed_cases, shown_areas, total_line

# Of one case the exchanges of so many columns are shown.
MAX_SHOWN_COLUMNS = 3

_TITLES = {area.name: area.title for area in AREAS}


def html_report(report: SpecReport, levels: Sequence[LevelState]) -> str:
    style = importlib.resources.files("onesoup.spec").joinpath("report.css").read_text(encoding="utf-8")
    title = f"Conformance of {escape(harmless(report.plan.url))}"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>",
            f"<h1>{title}</h1>\n<p>{escape(total_line(report))}.</p>",
            *_level_part(levels),
            *_table_part(report),
            *_failures_part(report),
            *_not_offered_part(report),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _level_part(levels: Sequence[LevelState]) -> list[str]:
    rows = []
    for each in levels:
        word = {True: "reached", False: "not reached", None: "not run"}[each.reached]
        count = len({result.case.id for result in each.missing})
        why = f": {count} case{'s' * (count != 1)} in its way" if count else ""
        rows.append(f'<li class="{word.replace(" ", "-")}"><strong>{escape(LEVEL_TITLES[each.name])}</strong> {word}{why}</li>')
    return ["<h2>Levels</h2>", '<ul class="levels">', *rows, "</ul>"]


def _table_part(report: SpecReport) -> list[str]:
    """Area by version and encoding: how many of the cases that apply have passed."""
    columns = report.plan.columns
    heads = "".join(f'<th scope="col">{column_title(*each)}</th>' for each in columns)
    rows = []
    for area in shown_areas(report):
        cells = "".join(_cell(by_area(report, area, column)) for column in columns)
        rows.append(f'<tr><th scope="row">{escape(_TITLES[area])}</th>{cells}</tr>')
    return [
        "<h2>Areas</h2>",
        "<p>Cases passed, of those that apply. What the server does not offer is not counted.</p>",
        '<div class="wide" tabindex="0" role="region" aria-label="Cases passed, by area, version and encoding">',
        f'<table>\n<thead><tr><th scope="col">Area</th>{heads}</tr></thead>\n<tbody>',
        *rows,
        "</tbody>\n</table>\n</div>",
    ]


def _cell(results: Sequence[CaseResult]) -> str:
    failed = any(each.outcome in (Outcome.FAILED, Outcome.NOT_RUN) for each in results)
    passed = any(each.outcome is Outcome.PASSED for each in results)
    return f'<td class="{"bad" if failed else "good" if passed else "none"}">{cell(results)}</td>'


def _failures_part(report: SpecReport) -> list[str]:
    failures = failed_cases(report)
    if not failures:
        return ["<h2>Failed cases</h2>", "<p>None.</p>"]
    return ["<h2>Failed cases</h2>", *(line for results in failures.values() for line in _failure(results))]


def _failure(results: Sequence[CaseResult]) -> list[str]:
    case = results[0].case
    where = ", ".join(column_title(each.version, each.encoding) for each in results)
    shown = [each for each in results if each.exchanges][:MAX_SHOWN_COLUMNS]
    return [
        f'<section class="case" aria-label="{escape(case.id)}">',
        f"<h3>{escape(case.id)}</h3>\n<dl>",
        _term("Failed in", where),
        _term("It asks", case.asks),
        *(_term("Found", harmless(reason)[:500]) for reason in dict.fromkeys(each.reason for each in results)),
        _term("So", case.breaks),
        _term("Rests on", _rests(case)),
        _term("Level", f"{case.level}"),
        "</dl>",
        *(line for each in shown for line in _exchanges(each)),
        "</section>",
    ]


def _rests(case: Case) -> str:
    return f"{case.page} {case.section}: {case.support}"


def _term(name: str, text: str) -> str:
    return f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"


def _exchanges(result: CaseResult) -> list[str]:
    """The last requests and answers, folded."""
    title = column_title(result.version, result.encoding)
    return [
        f"<details><summary>Requests and answers, {title}</summary>",
        *(line for number, each in enumerate(result.exchanges, 1) for line in _exchange(number, each, title)),
        "</details>",
    ]


def _exchange(number: int, exchange: SpecExchange, title: str) -> list[str]:
    found = []
    for name, text in (("Request", shown_request(exchange)), ("Answer", shown_reply(exchange))):
        label = f"{name} {number}, {title}"
        found.append(f'<h4>{name} {number}</h4>\n<pre tabindex="0" role="region" aria-label="{label}">{escape(text)}</pre>')
    return found


def _not_offered_part(report: SpecReport) -> list[str]:
    reasons: dict[str, str] = {}
    for each in report.results:
        if each.outcome is Outcome.NOT_OFFERED:
            reasons.setdefault(each.case.id, each.reason)
    if not reasons:
        return []
    rows = (f"<li><code>{escape(name)}</code> {escape(harmless(reason)[:200])}</li>" for name, reason in reasons.items())
    return ["<h2>Not offered</h2>", "<ul>", *rows, "</ul>"]
