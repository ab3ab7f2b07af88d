"""The results for programs: JSON, and JUnit XML as CI systems read it. No password stands in either."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from onesoup.captures.shown import harmless
from onesoup.spec.case import Outcome
from onesoup.spec.column import CaseResult
from onesoup.spec.exchange import shown_reply, shown_request
from onesoup.spec.levels import LEVEL_TITLES, LevelState
from onesoup.spec.run import SpecReport

# Raised when a field changes its meaning or goes.
REPORT_FORMAT = 1


def json_report(report: SpecReport, levels: Sequence[LevelState]) -> str:
    return json.dumps(
        {
            "format": REPORT_FORMAT,
            "url": report.plan.url,
            "seconds": round(report.seconds, 1),
            "levels": {LEVEL_TITLES[each.name]: each.reached for each in levels},
            "results": [_row(each) for each in report.results],
        },
        indent=1,
    )


def _row(result: CaseResult) -> dict[str, Any]:
    case = result.case
    row: dict[str, Any] = {
        "case": case.id,
        "csp": result.version,
        "encoding": result.encoding.value,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "seconds": round(result.seconds, 3),
        "level": case.level.value,
        "asks": case.asks,
        "page": f"{case.page} {case.section}",
        "support": case.support.value,
        "breaks": case.breaks,
    }
    if result.exchanges:
        row["exchanges"] = [{"request": shown_request(each), "answer": shown_reply(each)} for each in result.exchanges]
    return row


def junit_report(report: SpecReport, levels: Sequence[LevelState]) -> str:
    """A suite for each column."""
    root = ElementTree.Element("testsuites", name="onesoup spec")
    for version, encoding in report.plan.columns:
        mine = [each for each in report.results if (each.version, each.encoding) == (version, encoding)]
        suite = ElementTree.SubElement(root, "testsuite", name=f"CSP {version} {encoding.upper()}")
        suite.attrib.update(_counts(mine))
        for each in mine:
            _test_case(suite, each)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _counts(results: Sequence[CaseResult]) -> dict[str, str]:
    failed = sum(each.outcome is Outcome.FAILED for each in results)
    skipped = sum(each.outcome in (Outcome.NOT_OFFERED, Outcome.NOT_RUN) for each in results)
    return {"tests": str(len(results)), "failures": str(failed), "skipped": str(skipped)}


def _test_case(suite: ElementTree.Element, result: CaseResult) -> None:
    case = result.case
    place = f"csp{result.version.replace('.', '')}.{result.encoding}.{case.area}"
    row = ElementTree.SubElement(suite, "testcase", classname=place, name=case.id, time=f"{result.seconds:.3f}")
    if result.outcome is Outcome.FAILED:
        failure = ElementTree.SubElement(row, "failure", message=harmless(result.reason)[:300])
        failure.text = "\n".join(
            [case.asks, case.breaks, *(f"{shown_request(each)}\n{shown_reply(each)}" for each in result.exchanges)]
        )
    elif result.outcome is not Outcome.PASSED:
        ElementTree.SubElement(row, "skipped", message=f"{result.outcome}: {harmless(result.reason)[:300]}")
