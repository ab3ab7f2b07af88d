"""Looks up what happened to a user, a phone number or a client address, for the command and for the console: whom an operator
means, the events, and the answer to why somebody could not log in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from onesoup.csp.errors import CspError
from onesoup.csp.history_events import EndReason, HistoryEvent, HistoryKind
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.text.numbers import hidden_number, normal_number
from onesoup.runtime.networks import parse_address
from onesoup.store.account.login_limits import PASSWORD_REFUSED_CODES
from onesoup.store.history import History


class SubjectKind(StrEnum):
    USER = "user"
    NUMBER = "number"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class HistorySubject:
    """Whose history it is. `name`: a bare JID, a number with its +, or an address."""

    kind: SubjectKind
    name: str

    @property
    def audited(self) -> str:
        """As the audit log has it, which is kept longer than numbers should be."""
        return hidden_number(self.name) if self.kind == SubjectKind.NUMBER else self.name


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What happened last: None for what has not. `ended`: the end of the last log-in's session. `cause`: the refusal of a
    password that made the last failure a wait."""

    login: HistoryEvent | None
    failure: HistoryEvent | None
    ended: HistoryEvent | None
    cause: HistoryEvent | None

    @property
    def locked_out(self) -> bool:
        """Whether the last thing was a failure."""
        return self.failure is not None and (self.login is None or self.login.last < self.failure.last)

    @property
    def is_mended(self) -> bool:
        """Whether the user of the last failure is in again. An address, and a number, may have several users."""
        if self.failure is None or self.login is None or self.locked_out:
            return False
        return self.login.user == self.failure.user


def history_subject(word: str, domain: str, country: str = "") -> HistorySubject:
    """Whom an operator means: an IP address, a number that begins with + or 00 (or 0, where the country is known), or a user as
    phones and operators write one. ValueError for what is none of these."""
    word = word.strip()
    if (address := parse_address(word)) is not None:
        return HistorySubject(SubjectKind.ADDRESS, str(address))
    if word.startswith(("+", "0", "tel:")) and "@" not in word and (number := normal_number(word, country)) is not None:
        return HistorySubject(SubjectKind.NUMBER, number)
    if word.startswith("+"):
        raise ValueError(f"{word} is no phone number: + and 8 to 15 digits")
    try:
        return HistorySubject(SubjectKind.USER, addresses.to_jid(word, domain))
    except CspError as error:
        raise ValueError(error.description) from None


def events_of(store: History, subject: HistorySubject, now: int) -> list[HistoryEvent]:
    """The events, newest first; each session ends once."""
    look_up = {
        SubjectKind.USER: store.of_account,
        SubjectKind.NUMBER: store.of_number,
        SubjectKind.ADDRESS: store.of_address,
    }[subject.kind]
    events = _one_end_each(look_up(subject.name, now))
    return _with_handset_before(events) if subject.kind == SubjectKind.USER else events


def history_answer(events: Sequence[HistoryEvent]) -> HistoryAnswer:
    """`events`: newest first."""
    login = _first(events, HistoryKind.LOGIN)
    ends = (each for each in events if each.kind == HistoryKind.END and login is not None and each.session == login.session)
    failures = [each for each in events if each.kind == HistoryKind.FAILURE]
    throttled = bool(failures) and failures[0].code == StatusCode.SERVICE_UNAVAILABLE and "wrong passwords" in failures[0].reason
    causes = (each for each in failures if throttled and each.code in PASSWORD_REFUSED_CODES)
    return HistoryAnswer(login, failures[0] if failures else None, next(ends, None), next(causes, None))


def _first(events: Iterable[HistoryEvent], kind: HistoryKind) -> HistoryEvent | None:
    return next((each for each in events if each.kind == kind), None)


def _with_handset_before(events: list[HistoryEvent]) -> list[HistoryEvent]:
    """Where a log-in is of another handset than the one before, that one is its detail."""
    told, before = [], ""
    for event in reversed(events):
        known, before = before, event.handset if event.kind == HistoryKind.LOGIN else before
        told.append(replace(event, detail=known) if known not in ("", before) else event)
    return told[::-1]


def _one_end_each(events: list[HistoryEvent]) -> list[HistoryEvent]:
    """The gateway says why it ends a session, and then the holder that it is over, and what waits."""
    kept: dict[str, int] = {}
    found: list[HistoryEvent] = []
    for event in events:
        if event.kind != HistoryKind.END or event.session not in kept:
            kept[event.session if event.kind == HistoryKind.END else ""] = len(found)
            found.append(event)
            continue
        other = found[kept[event.session]]
        told = event if other.reason == EndReason.ENDED else other
        found[kept[event.session]] = replace(told, last=other.last, messages=max(event.messages, other.messages))
    return found
