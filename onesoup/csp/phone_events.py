"""What a phone did at the gateway, as a value: an attempt to log in, a request, a body that nobody can read, a page opened.

An event holds names, codes and sizes. It holds no text of a message, no password, no address and no SessionID."""

from dataclasses import dataclass, fields
from enum import StrEnum

# The longest texts of an event, letters: they come from strangers.
MAX_AGENT, MAX_USER, MAX_EVENT_NAME, MAX_VIA = 60, 80, 40, 60
# Stands for a user id that others must not see.
HIDDEN = "\N{HORIZONTAL ELLIPSIS}"


class EventKind(StrEnum):
    LOGIN = "login"
    REQUEST = "request"
    UNREADABLE = "unreadable"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Several events that differ in time alone are one, with `times`. `first` and `last` are seconds since 1970."""

    kind: str
    first: int
    last: int
    times: int = 1
    # The primitive, the path of a page, or what is wrong with a body.
    name: str = ""
    code: int = 0
    version: str = ""
    encoding: str = ""
    octets: int = 0
    # Of a log-in: how the phone proves itself, and which schemas it offers.
    scheme: str = ""
    offered: tuple[str, ...] = ()
    handset: str = ""
    agent: str = ""
    # What calls itself a gateway between the phone and us.
    via: str = ""
    # The user id as the phone spells it, and digests of the account that it means and of the network address.
    user: str = ""
    account: str = ""
    at: str = ""
    # The media type of a body that cannot be read.
    media: str = ""

    @property
    def proved(self) -> bool:
        """Whether it took the account's password to make this event."""
        return bool(self.account) and (self.kind == EventKind.REQUEST or (self.kind == EventKind.LOGIN and self.code == 200))


# The fields that differ between two times of one event.
COUNTED = ("first", "last", "times", "octets")
KEPT = tuple(each.name for each in fields(PhoneEvent) if each.name not in COUNTED)


def sameness(event: PhoneEvent) -> tuple[object, ...]:
    """Equal for two events that are one."""
    return tuple(getattr(event, name) for name in KEPT)
