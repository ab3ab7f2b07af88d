"""What the store tells of a whole session, and what it is told when one begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from onesoup.csp.session import Capabilities, Session
from onesoup.store.redis.client import pack_argument
from onesoup.store.session.session_lua import FIRST_POLL


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that begins. `record` is packed by the worker that asked for it, and stays as it is; `credentials` is the sealed
    XMPP password, `salted` what SCRAM has made of it, sealed. `wake_at_first_poll`: the holder is told when the phone polls for
    the first time."""

    record: bytes
    fence: int
    ttl_ms: int
    credentials: bytes | None = None
    salted: bytes | None = None
    wake_at_first_poll: bool = False

    def pack(self, more: Mapping[str, bytes | str | int]) -> bytes:
        """The fields of the session's hash, and `more` of them, for the script: name, value, name, value ..."""
        fields = {**more, "r": self.record, "fence": self.fence}
        if self.credentials is not None:
            fields["cred"] = self.credentials
        if self.salted is not None:
            fields["salted"] = self.salted
        if self.wake_at_first_poll:
            fields["idle"] = FIRST_POLL
        return pack_argument(list(chain.from_iterable(fields.items())))


@dataclass(frozen=True, slots=True)
class ClaimedSession:
    """A session of an earlier holder. `session` None: its record is gone. `credentials` is the sealed XMPP password, None when
    it was removed; `salted` what SCRAM has made of it, sealed, None where that is not known; `stream_state` what the stream of
    the earlier holder left, with `h_in`, the stanzas that were handled; `shown_presence` what was published; `ended` whether the
    session is over."""

    session: Session | None
    credentials: bytes | None
    salted: bytes | None
    capabilities: Capabilities
    stream_state: dict[str, Any] | None
    shown_presence: dict[str, Any] | None
    ended: bool


class SessionStatus(NamedTuple):
    """A session as a sweep finds it, times in ms. `code` why it is over, None while it lives; `left` until it expires, below 0
    when it should have; `quiet` since the phone's last request, -1 while it has a line on which it can be woken; `valid` until
    the first of its messages stops being valid, -1 for none; `now` Redis's clock."""

    code: int | None
    left: int
    quiet: int
    valid: int
    ttl: int
    now: int


class SessionBacklog(NamedTuple):
    """Items that the phone has not answered, commands for the holder, and the id of the first item that has not been handed out
    yet: "P" for presence."""

    inbox: int
    outbox: int
    first: bytes | None
