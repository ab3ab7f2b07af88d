"""The page of results: readable without a mouse, at any width, light and dark; and it shows no password."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onesoup.phone.http import HttpReply
from onesoup.spec.areas import ALL_CASES
from onesoup.spec.case import CaseLevel, Outcome
from onesoup.spec.column import CaseResult
from onesoup.spec.exchange import SpecExchange
from onesoup.spec.html_report import html_report
from onesoup.spec.levels import level_states
from onesoup.spec.run import SpecPlan, SpecReport
from tests.support.browser import Browser, served

REQUEST = (
    b'<WV-CSP-Message xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"><Session><SessionDescriptor>'
    b"<SessionType>Outband</SessionType></SessionDescriptor><Transaction><TransactionDescriptor><TransactionMode>Request"
    b"</TransactionMode><TransactionID>1</TransactionID></TransactionDescriptor><TransactionContent><Login-Request>"
    b"<UserID>alice</UserID><Password>swordfish</Password></Login-Request></TransactionContent></Transaction></Session>"
    b"</WV-CSP-Message>"
)


@pytest.fixture(scope="module")
def page() -> str:
    """A report with failures of all kinds, and texts of a hostile server in it."""
    plan = SpecPlan("http://imps.example.org/", [])
    kind = {"content-type": "text/html"}
    exchange = SpecExchange(REQUEST, "application/vnd.wv.csp.xml", HttpReply(500, kind, b"<script>alert(1)</script>" * 40))
    report = SpecReport(plan, seconds=12.0)
    for number, case in enumerate(ALL_CASES):
        for version, encoding in plan.columns:
            result = CaseResult(case, version, encoding, Outcome.PASSED)
            if number % 17 == 3:
                result.outcome, result.reason = Outcome.FAILED, 'HTTP status 500 <b>"x"</b>'
                result.exchanges = [exchange, SpecExchange(b"\x00\x01", "x/y", None, "no answer within 20 s")]
            elif case.level is CaseLevel.OPTIONAL:
                result.outcome, result.reason = Outcome.NOT_OFFERED, "answered with 501"
            report.results.append(result)
    return html_report(report, level_states(report.results))


def test_texts_of_the_server_are_no_markup_and_passwords_are_hidden(page: str) -> None:
    assert "<script" not in page
    assert "<b>" not in page
    assert "swordfish" not in page
    assert "***" in page


def test_it_loads_nothing(page: str) -> None:
    assert not [word for word in ("src=", "<link", "@import", "url(") if word in page]


@pytest.fixture(scope="module")
def url(page: str) -> Iterator[str]:
    """The page as a file from a server."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = page.encode()
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    with served(application) as found:
        yield found


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1280, False), (1280, True)])
def test_it_is_readable(url: str, browser: Browser, tmp_path: Path, width: int, dark: bool) -> None:
    shown = browser.page(width, dark=dark)
    assert shown.open(f"{url}/") == 200
    shown.evaluate("document.querySelector('details').open = true")
    shown.screenshot(tmp_path / f"report-{width}-{'dark' if dark else 'light'}.png")
    assert shown.faults(("minor", "moderate", "serious", "critical")) == []
    assert shown.sideways() == 0
    shown.close()
