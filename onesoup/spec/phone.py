"""The phone of the conformance runner: it reads on where a real phone breaks, and notes what a real phone breaks over.

So one mistake of a server fails one case, and not all that come after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from onesoup.csp.codec.envelope import Message, Mode, Transaction
from onesoup.csp.codec.generated_elements import LoginResponse, NewMessage, Primitive
from onesoup.csp.status import StatusCode
from onesoup.phone import checks
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused
from onesoup.phone.http import HttpReply
from onesoup.phone.profiles import GENERIC_PROFILE
from onesoup.phone.transactions import encode_message
from onesoup.spec.case import CaseFailed, NotOffered
from onesoup.spec.deadline import CaseDeadline
from onesoup.spec.exchange import SpecExchange, name_of
from onesoup.spec.standing import StandingRules

T = TypeVar("T")
AnswerKind = TypeVar("AnswerKind", bound=Primitive)

# S60 gives a poll up after 20 s and any other request after 40 s (flows.md 1.3).
POLL_SECONDS, REQUEST_SECONDS = 20.0, 40.0
# Between polls that the server answers at once with nothing.
POLL_PAUSE_SECONDS = 0.25

DEFAULT_PATIENCE_SECONDS = 15.0

# A server that is busy says so, and is asked again; so does a phone.
_BUSY = (StatusCode.SERVICE_UNAVAILABLE, StatusCode.TIMEOUT)
_LOGIN_TRIES = 3

SPEC_PROFILE = replace(GENERIC_PROFILE, all_functions=True, timeout=REQUEST_SECONDS, poll_timeout=POLL_SECONDS)


@dataclass
class PhoneWatch:
    """What watches a phone: the deadline of the case, its exchanges, the rules. One for each case."""

    deadline: CaseDeadline
    rules: StandingRules
    exchanges: list[SpecExchange]
    # How long a case waits for something that has to come, in seconds.
    patience: float = DEFAULT_PATIENCE_SECONDS


class SpecPhone(Phone):
    """One handset of the run. `watch` is replaced when the next case begins."""

    def __init__(self, watch: PhoneWatch, url: str, user: str, password: str, **options: Any) -> None:
        options.setdefault("profile", SPEC_PROFILE)
        super().__init__(url, user, password, **options)
        self.watch = watch

    def login(self, inband: bool = False) -> LoginResponse:
        for _ in range(_LOGIN_TRIES - 1):
            try:
                return super().login(inband)
            except Refused as refused:
                if refused.code not in _BUSY:
                    raise
                time.sleep(1.0)
        return super().login(inband)

    def raw(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> HttpReply:
        exchange = self.exchanged(octets, content_type, timeout)
        assert exchange.reply is not None  # else it has raised
        return exchange.reply

    def exchanged(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> SpecExchange:
        """Posts any bytes, and notes them with their answer."""
        exchange = SpecExchange(octets, content_type or self.content_type)
        self.watch.exchanges.append(exchange)
        try:
            exchange.reply = super().raw(octets, content_type, self.watch.deadline.left(timeout or REQUEST_SECONDS))
        except (PhoneError, ValueError) as error:
            exchange.problem = str(error)
            raise
        return exchange

    def request(
        self,
        primitive: Primitive,
        *,
        tid: str | None = None,
        outband: bool = False,
        timeout: float | None = None,
        ending: bool = False,
        may_lack: bool = True,
    ) -> Primitive:
        """The answer, whatever its code. NotOffered for 501, unless the case is about that."""
        tid = self._next_tid() if tid is None else tid
        answer = self._post_checked(self._message([Transaction(Mode.REQUEST, tid, primitive)], outband), timeout)
        if answer is None:
            raise CaseFailed(f"an empty answer to {primitive.NAME}")
        content = answer.transactions[0].content
        if not ending:
            self._raise_if_session_over(content)
        if may_lack and code_of(content) in (StatusCode.NOT_IMPLEMENTED, StatusCode.SERVICE_NOT_AGREED):
            raise NotOffered(f"{primitive.NAME} is answered with {code_of(content)}")
        return content

    def _post_checked(self, message: Message, timeout: float | None = None) -> Message | None:
        exchange = self.exchanged(encode_message(message), self.content_type, timeout)
        self.watch.rules.judge(exchange)
        reply = exchange.reply
        if reply is None or reply.status != 200:
            raise CaseFailed(f"HTTP status {reply.status if reply else 0} in answer to {message.transactions[0].content.NAME}")
        if not reply.body:
            return None
        answer = exchange.message
        if answer is None:
            raise CaseFailed(f"the answer to {message.transactions[0].content.NAME} cannot be read")
        self.more = self.more or bool(answer.poll)
        self.cir_flag = answer.cir
        return answer

    def _incoming(self, answer: Message | None) -> Transaction | None:
        if answer is None:
            return None
        transaction = answer.transactions[0]
        self._raise_if_session_over(transaction.content)
        if transaction.mode is Mode.RESPONSE:
            return None
        self.more = bool(answer.poll)
        self._note_server_tid(transaction.id)
        return transaction

    def _note_server_tid(self, tid: str | None) -> None:
        with self._lock:
            try:
                checks.server_tid(tid, self._server_tids, self.profile)
            except PhoneError as error:
                self.watch.rules.note("session.server-transaction-id", str(error), self.watch.exchanges[-1])
            self._server_tids.add(tid or "")

    # --- asking and waiting ---

    def ask(self, primitive: Primitive, wanted: type[AnswerKind], *codes: int) -> AnswerKind:
        """The answer, which must be of the wanted kind and carry one of the codes; 200 without any."""
        answer = self.request(primitive)
        if not isinstance(answer, wanted):
            raise CaseFailed(f"{described(answer)} in answer to {primitive.NAME}, not {wanted.NAME}")
        found = code_of(answer)
        if found is not None and found not in (codes or (StatusCode.SUCCESSFUL,)):
            raise CaseFailed(f"{described(answer)} in answer to {primitive.NAME}")
        return answer

    def refused(self, primitive: Primitive, *codes: int) -> int:
        """The code with which the server refuses. Any but success where none is named."""
        answer = self.request(primitive, may_lack=StatusCode.NOT_IMPLEMENTED not in codes)
        found = code_of(answer)
        if found is None or found == StatusCode.SUCCESSFUL or (codes and found not in codes):
            wanted = " or ".join(map(str, codes)) or "a refusal"
            raise CaseFailed(f"{described(answer)} in answer to {primitive.NAME}, not {wanted}")
        return found

    def until(self, wanted: Callable[[], T | None], what: str, seconds: float | None = None) -> T:
        """Polls and answers until there is what the case waits for."""
        seconds = seconds or self.watch.patience
        end = time.monotonic() + seconds
        while not (found := wanted()):
            if time.monotonic() > end:
                raise CaseFailed(f"{what}: not within {seconds:g} s")
            began = time.monotonic()
            if not self.run_once() and time.monotonic() - began < POLL_PAUSE_SECONDS:
                time.sleep(POLL_PAUSE_SECONDS)
        return found

    def hears(self, text: str, seconds: float | None = None) -> Any:
        """The message with this text."""
        return self.until(
            lambda: next((each for each in self.inbox if each.text == text), None), f"no message {text[:30]!r}", seconds
        )

    def told(
        self, kind: type[AnswerKind], fits: Callable[[AnswerKind], object] = lambda _: True, seconds: float | None = None
    ) -> AnswerKind:
        """The news of this kind."""
        return self.until(
            lambda: next((each for each in self.news if isinstance(each, kind) and fits(each)), None),
            f"no {kind.NAME}",
            seconds,
        )

    def handed(
        self, kind: type[AnswerKind], fits: Callable[[AnswerKind], object] = lambda _: True, seconds: float | None = None
    ) -> Transaction:
        """The next transaction of this kind, not answered; others are answered on the way."""
        seconds = seconds or self.watch.patience
        end = time.monotonic() + seconds
        while True:
            transaction = self.poll()
            while transaction is not None:
                if isinstance(transaction.content, kind) and fits(transaction.content):
                    return transaction
                transaction = self.answer(transaction)
            if time.monotonic() > end:
                raise CaseFailed(f"no {kind.NAME} within {seconds:g} s")
            time.sleep(POLL_PAUSE_SECONDS)

    def handed_text(self, text: str, seconds: float | None = None) -> Transaction:
        """The message with this text, not answered."""
        return self.handed(NewMessage, lambda content: content.content_data == text, seconds)


def code_of(answer: Primitive) -> int | None:
    result = getattr(answer, "result", None)
    return None if result is None else result.code


def described(answer: Primitive) -> str:
    """An answer in words: its name, code and description."""
    result = getattr(answer, "result", None)
    if result is None:
        return name_of(answer)
    return " ".join(part for part in (name_of(answer), str(result.code), (result.description or "")[:80]) if part)
