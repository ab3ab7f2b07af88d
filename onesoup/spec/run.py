"""Runs the chosen cases against a server, column by column; side by side where there are several pairs of accounts."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from onesoup.captures.hiding import HIDDEN_TEXT
from onesoup.phone.errors import PhoneError, Unreachable
from onesoup.phone.http import PhoneHttpClient
from onesoup.spec.areas import ALL_CASES
from onesoup.spec.case import SPEC_VERSIONS, Case
from onesoup.spec.column import CaseResult, Column
from onesoup.spec.deadline import CaseDeadline
from onesoup.spec.phone import DEFAULT_PATIENCE_SECONDS
from onesoup.spec.scene import SpecAccount
from onesoup.wire.document import ANY_TREE, Encoding

AccountPair = tuple[SpecAccount, SpecAccount]

DEFAULT_CASE_SECONDS, DEFAULT_TOTAL_SECONDS = 60.0, 1800.0


@dataclass
class SpecPlan:
    """What is run. `pairs` are accounts that nobody else uses meanwhile; each runs one column at a time."""

    url: str
    pairs: Sequence[AccountPair]
    versions: Sequence[str] = SPEC_VERSIONS
    encodings: Sequence[Encoding] = ANY_TREE
    cases: Sequence[Case] = ALL_CASES
    case_seconds: float = DEFAULT_CASE_SECONDS
    total_seconds: float = DEFAULT_TOTAL_SECONDS
    patience: float = DEFAULT_PATIENCE_SECONDS

    @property
    def columns(self) -> list[tuple[str, Encoding]]:
        return [(version, encoding) for version in self.versions for encoding in self.encodings]


@dataclass
class SpecReport:
    """What was found. Results stand in the order of columns and cases."""

    plan: SpecPlan
    results: list[CaseResult] = field(default_factory=list)
    seconds: float = 0.0


def without_passwords(text: str, plan: SpecPlan) -> str:
    """For all that is shown: a server may repeat in an answer what it was sent."""
    for account in (each for pair in plan.pairs for each in pair):
        if account.password:
            for form in (account.password, escape(account.password), account.password.encode().hex(" ")):
                text = text.replace(form, HIDDEN_TEXT)
    return text


def chosen_cases(names: Sequence[str], cases: Sequence[Case] = ALL_CASES) -> list[Case]:
    """The cases of areas, ids, or beginnings of ids: `session`, `session.login`. KeyError with a name that none has."""
    chosen = []
    for name in names:
        name = name.replace("/", ".").strip(".")
        found = [case for case in cases if case.id == name or case.id.startswith(name + ".")]
        if not found:
            raise KeyError(name)
        chosen += found
    return [case for case in cases if case in chosen] if names else list(cases)


def reach(url: str) -> None:
    """Unreachable when no HTTP server answers there; PhoneError when the URL is none."""
    client = PhoneHttpClient(url, "onesoup-spec", 10.0)
    try:
        client.post(b"", "application/vnd.wv.csp.xml")
    except Unreachable:
        raise
    except (PhoneError, ValueError):  # it answers, badly: that is what the cases are for
        return
    finally:
        client.close()


def run_spec(plan: SpecPlan, on_result: Callable[[CaseResult], None] = lambda _: None) -> SpecReport:
    """Runs everything. `on_result` is called as results come, from one thread at a time."""
    began, report, lock = time.monotonic(), SpecReport(plan), threading.Lock()
    deadline = CaseDeadline(plan.total_seconds)
    waiting: queue.SimpleQueue[tuple[str, Encoding]] = queue.SimpleQueue()
    for each in plan.columns:
        waiting.put(each)

    def work(pair: AccountPair) -> None:
        while True:
            try:
                version, encoding = waiting.get_nowait()
            except queue.Empty:
                return
            column = Column(plan.url, pair, version, encoding, deadline, plan.case_seconds, plan.patience)
            for result in column.run(plan.cases):
                with lock:
                    report.results.append(result)
                    on_result(result)

    _side_by_side(work, plan.pairs)
    places = {case.id: place for place, case in enumerate(plan.cases)}
    report.results.sort(key=lambda each: (plan.columns.index((each.version, each.encoding)), places[each.case.id]))
    report.seconds = time.monotonic() - began
    return report


def _side_by_side(work: Callable[[AccountPair], None], pairs: Sequence[AccountPair]) -> None:
    """One thread for each pair; one pair needs none."""
    if len(pairs) == 1:
        work(pairs[0])
        return
    threads = [threading.Thread(target=work, args=(pair,), daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
