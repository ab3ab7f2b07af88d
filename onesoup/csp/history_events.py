"""What happened to an account's phones, as a value for operators: log-ins, failures, ends of sessions, wake-ups, messages that
could not be delivered.

An event holds names, codes and reasons. It holds no text of a message, no password, and nobody that the user writes with."""

import re
from dataclasses import dataclass, fields
from enum import StrEnum

# The longest texts of an event, letters: some of them come from strangers.
MAX_HISTORY_TEXT, MAX_HISTORY_REASON = 100, 160
# "wait 12 min", then "wait 11 min": the same thing happens.
_NUMBERS = re.compile(r"\d+")


class HistoryKind(StrEnum):
    LOGIN = "login"
    FAILURE = "failure"
    END = "end"
    WAKE = "wake"
    UNDELIVERED = "undelivered"


class EndReason(StrEnum):
    """Why a session ended. ENDED: by 601, for which nobody here has another reason: by an operator (`onesoup kick`)."""

    LOGOUT = "logout"
    EXPIRED = "expired"
    REPLACED = "replaced"
    TOO_MANY = "too-many-sessions"
    TERMS = "terms-declined"
    STREAM = "xmpp-server-refused"
    KEYS = "password-not-readable"
    ENDED = "ended"


class WakeOutcome(StrEnum):
    """What became of a wake-up. SENT: nobody says whether it came; ACCEPTED: the SMS gateway has it."""

    SENT = "sent"
    ACCEPTED = "accepted"
    FAILED = "failed"
    REFUSED = "refused"
    FETCHED = "fetched"
    UNANSWERED = "unanswered"


class UndeliveredReason(StrEnum):
    """FULL and TOO_LONG: a message for the user, of which its sender was told; the others: of the user, who was told."""

    FULL = "too-many-wait"
    TOO_LONG = "too-long"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    NOT_SENT = "not-sent"


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """Several events that differ in time alone are one, with `times`. `first` and `last` are seconds since 1970.

    `user`: the account, or what was typed where that means none. `session`: the session's name in logs. `reason`: a word of the
    enumerations above, or the words of the log for a failed log-in. `detail`: more of it, such as the SMS gateway's word; for a
    log-in the handset before it, where that is another one.
    `messages`: how many the event is about; `request`: the id of the last request of it."""

    kind: str
    first: int
    last: int
    times: int = 1
    user: str = ""
    address: str = ""
    number: str = ""
    session: str = ""
    handset: str = ""
    csp: str = ""
    scheme: str = ""
    code: int = 0
    reason: str = ""
    detail: str = ""
    bearer: str = ""
    messages: int = 0
    request: str = ""

    @property
    def proved(self) -> bool:
        """Whether it took a session or a password to make this event."""
        return self.kind != HistoryKind.FAILURE


_COUNTED = ("first", "last", "times", "messages", "request")
HISTORY_KEPT = tuple(each.name for each in fields(HistoryEvent) if each.name not in ("first", "last", "times"))


def history_sameness(event: HistoryEvent) -> tuple[object, ...]:
    """Equal for two events that are one."""
    return tuple(
        _NUMBERS.sub("#", event.reason) if name == "reason" else getattr(event, name)
        for name in HISTORY_KEPT
        if name not in _COUNTED
    )
