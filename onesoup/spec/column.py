"""One version in one encoding: runs its cases one after the other with two accounts, and keeps what they share."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from onesoup.csp.codec.generated_elements import ServiceResponse
from onesoup.csp.status import StatusCode
from onesoup.phone.errors import PhoneError, Refused
from onesoup.spec.case import Case, CaseFailed, NotOffered, Outcome, OutOfTime
from onesoup.spec.deadline import CaseDeadline
from onesoup.spec.exchange import SpecExchange
from onesoup.spec.friends import Befriended, befriend
from onesoup.spec.phone import PhoneWatch, SpecPhone
from onesoup.spec.scene import CLEAN_UP_ERRORS, CLEAN_UP_SECONDS, Scene, SpecAccount, end_session, fresh_word
from onesoup.spec.standing import StandingRules
from onesoup.wire.document import Encoding
from onesoup.wire.tree import Element

# Of a case so many exchanges are kept for the report, the last ones.
MAX_KEPT_EXCHANGES = 4


@dataclass
class CaseResult:
    """What became of a case in one column."""

    case: Case
    version: str
    encoding: Encoding
    outcome: Outcome
    reason: str = ""
    seconds: float = 0.0
    exchanges: list[SpecExchange] = field(default_factory=list)


class Column:
    """`accounts` are two; nobody else uses them meanwhile."""

    def __init__(
        self,
        url: str,
        accounts: tuple[SpecAccount, SpecAccount],
        version: str,
        encoding: Encoding,
        deadline: CaseDeadline,
        case_seconds: float,
        patience: float,
    ) -> None:
        self.url, self.accounts, self.version, self.encoding = url, accounts, version, encoding
        self.deadline, self._case_seconds, self._patience = deadline, case_seconds, patience
        self.rules = StandingRules()
        # Paths in the Service tree that the server does not grant.
        self.denied: frozenset[str] = frozenset()
        self._resting: dict[int, SpecPhone] = {}
        self._friends: Befriended | None = None
        # Why this column cannot be run: the version is not offered, or nobody can log in.
        self._blocked: tuple[Outcome, str] | None = None

    def run(self, cases: Iterable[Case]) -> Iterator[CaseResult]:
        """The results, in the order of the cases; those that judge all answers come last."""
        chosen = [case for case in cases if case.applies(self.version, self.encoding)]
        try:
            self._blocked = self._probe() if chosen else None
            for case in sorted(chosen, key=lambda each: each.standing):
                yield self._result(case)
        finally:
            self._end()

    # --- what cases share ---

    def new_phone(self, account: int, watch: PhoneWatch, **options: Any) -> SpecPhone:
        who = self.accounts[account]
        options.setdefault("client_id", fresh_word("onesoup-spec-"))
        options = {"version": self.version, "encoding": self.encoding, **options}
        return SpecPhone(watch, self.url, options.pop("user", who.user), options.pop("password", who.password), **options)

    def resting(self, account: int, watch: PhoneWatch) -> SpecPhone:
        """The phone that stays logged in from case to case."""
        phone = self._resting.get(account)
        if phone is None or phone.session_id is None:
            phone = self.new_phone(account, watch)
            phone.login()
            self._resting[account] = phone
            phone.negotiate_capabilities()
            self.denied |= denied_features(phone.negotiate_services(), phone)
            phone.publish()
        phone.watch = watch
        return phone

    def forget(self, account: int) -> None:
        """Ends the session that rests. Friends have to be made again, since subscriptions end with it."""
        phone = self._resting.pop(account, None)
        if phone is not None:
            end_session(phone)

    def friends(self, scene: Scene) -> None:
        """Alice has Bob on a list and sees his presence. Taken back at the end of the column."""
        if self._friends is None:
            self._friends = befriend(scene)
        self._friends.see(scene)

    # --- one case ---

    def _probe(self) -> tuple[Outcome, str] | None:
        """Logs both people in. The reason when that cannot be had."""
        scene = Scene(self, self._watch())
        try:
            _ = scene.alice, scene.bob
        except Refused as refused:
            lacking = refused.code == StatusCode.VERSION_NOT_SUPPORTED
            return (Outcome.NOT_OFFERED if lacking else Outcome.FAILED), f"nobody can log in: {refused}"
        except CLEAN_UP_ERRORS as error:
            return Outcome.FAILED, f"nobody can log in: {error}"
        return None

    def _watch(self) -> PhoneWatch:
        return PhoneWatch(CaseDeadline(self._case_seconds, self.deadline), self.rules, [], self._patience)

    def _result(self, case: Case) -> CaseResult:
        began, watch = time.monotonic(), self._watch()
        result = CaseResult(case, self.version, self.encoding, Outcome.PASSED)
        if self.deadline.over():
            result.outcome, result.reason = Outcome.NOT_RUN, "the time of the whole run is over"
            return result
        if self._blocked is not None and not self._needs_no_session(case):
            result.outcome, result.reason = self._blocked
            return result
        result.outcome, result.reason = self._outcome(case, watch)
        result.seconds = time.monotonic() - began
        if result.outcome is Outcome.FAILED:
            result.exchanges = self._shown(case, watch)
        return result

    def _needs_no_session(self, case: Case) -> bool:
        return self._blocked is not None and self._blocked[0] is Outcome.FAILED and case.area in ("session", "hostile")

    def _shown(self, case: Case, watch: PhoneWatch) -> list[SpecExchange]:
        finding = self.rules.findings.get(case.id)
        return [finding[1]] if case.standing and finding else watch.exchanges[-MAX_KEPT_EXCHANGES:]

    def _outcome(self, case: Case, watch: PhoneWatch) -> tuple[Outcome, str]:
        if any(case.feature == each or case.feature.startswith(each + "/") for each in self.denied if case.feature):
            return Outcome.NOT_OFFERED, f"Service negotiation does not grant {case.feature}"
        scene = Scene(self, watch)
        try:
            found = self._checked(case, scene)
        finally:
            kept = list(watch.exchanges)
            scene.close()
            watch.exchanges[:] = kept
        if found[0] is Outcome.FAILED and not case.standing:
            self._start_anew()
        return found

    def _checked(self, case: Case, scene: Scene) -> tuple[Outcome, str]:
        try:
            case.check(scene)
        except NotOffered as lacking:
            return Outcome.NOT_OFFERED, str(lacking)
        except (CaseFailed, OutOfTime, PhoneError) as error:
            return Outcome.FAILED, str(error)
        except Exception as error:
            # The server sent what no part of the phone foresees. It is the server that is judged here: the run goes on.
            return Outcome.FAILED, f"the answer cannot be used: {type(error).__name__}: {error}"
        return Outcome.PASSED, ""

    def _start_anew(self) -> None:
        """After a failure nobody knows what state the sessions are in."""
        self._give_time()
        for account in (0, 1):
            self.forget(account)

    def _give_time(self) -> None:
        for phone in self._resting.values():
            phone.watch = PhoneWatch(CaseDeadline(CLEAN_UP_SECONDS), self.rules, [])

    def _end(self) -> None:
        """Leaves the accounts as they were found."""
        self._give_time()
        if self._friends is not None:
            scene = Scene(self, PhoneWatch(CaseDeadline(CLEAN_UP_SECONDS), self.rules, []))
            with suppress(*CLEAN_UP_ERRORS):
                self._friends.part(scene)
        for account in (0, 1):
            self.forget(account)


def denied_features(answer: ServiceResponse, phone: SpecPhone) -> frozenset[str]:
    """The paths that `Functions` of the answer holds: a branch without children stands for all below it."""
    document = phone.watch.exchanges[-1].document
    if document is None or answer.functions is None:
        return frozenset()
    return frozenset(_leaf_paths(_functions(document.root)))


def _functions(root: Element) -> Element:
    """The WVCSPFeat below Functions."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.name == "Functions":
            return element.find("WVCSPFeat") or element
        waiting.extend(element.children)
    return root


def _leaf_paths(tree: Element, path: str = "") -> Iterator[str]:
    for child in tree.children:
        below = f"{path}/{child.name}".strip("/")
        if child.children:
            yield from _leaf_paths(child, below)
        else:
            yield below
