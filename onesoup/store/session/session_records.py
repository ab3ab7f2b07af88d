"""Single fields of a session, read as values, for both sides. They are read whether the session lives or not."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import redis

from onesoup.csp.lists import Cut
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.store import keys, records
from onesoup.store.redis.client import guarded
from onesoup.store.redis.msgpack import BadRecord


class DescribedSession(NamedTuple):
    """Whose session it is, and what its phone takes."""

    session: Session
    capabilities: Capabilities


class SessionRecords:
    """Reads the hash s:{sid}. Its fields:

    r       the session (onesoup.csp.session.Session);  cred  the sealed XMPP password
    salted  what SCRAM has made of the password, sealed, so that the next holder need not
    caps    what the phone takes;  batch  contacts in one notification;  notify, nohold, alt, segm  1, or empty
    cut     how contact lists are cut for the phone;  gd  delivery methods of single groups;  own  the phone's own presence
    unsaid  the last message whose answer may not have reached the phone
    sm, h, shown, upload  the XMPP stream: state, stanzas handled, published presence, the largest file that the server takes
    due, ttl, end, seq, fence, hold, busy, p  its life, see session_lua.py
    stcp, noline, cir, wakereq, called, idle, addr, udp, num, pmin, tries, polls, deaf, via  wake-ups, see onesoup.store.wakeup

    The hash goes some hours behind the expiry of the session (`due`), so that the phone can be told why it ended."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def session(self, sid: str) -> Session | None:
        """The session, also one that is over. None when it is not known any more."""
        (record,) = self._read(sid, "r")
        return None if record is None else records.unpack_session(record)

    def sessions(self, sids: Sequence[str]) -> list[Session | None]:
        """These sessions, also those that are over. None for one that is not known any more, or cannot be read."""

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hget(keys.session(sid), "r")
            found: list[bytes | None] = pipe.execute()
            return found

        return [_readable(record) for record in guarded(read)] if sids else []

    def salted_password(self, sid: str) -> bytes | None:
        """What SCRAM has made of the password of a session, sealed."""
        found: bytes | None = self._read(sid, "salted")[0]
        return found

    def unended_session(self, sid: str) -> Session | None:
        """The session unless it was ended. One whose time is over may be among them."""
        record, code = self._read(sid, "r", "end")
        return None if record is None or code is not None else records.unpack_session(record)

    def unended(self, sids: Sequence[str]) -> list[bool]:
        """Which of the sessions are known and were not ended. Those whose time is over may be among them."""

        def read() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), ["r", "end"])
            found: list[list[bytes | None]] = pipe.execute()
            return found

        return [record is not None and code is None for record, code in guarded(read)] if sids else []

    def logged_out(self, sids: Sequence[str]) -> list[float | None]:
        """When the phone logged out of each of these sessions, in seconds since 1970; None where it has not, or is not known."""

        def read() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), ["end", "due", "ttl"])
            found: list[list[bytes | None]] = pipe.execute()
            return found

        return [_logged_out(*found) for found in guarded(read)] if sids else []

    def described(self, sid: str) -> DescribedSession | None:
        """The session with its capabilities, also one that is over."""
        record, caps = self._read(sid, "r", "caps")
        return None if record is None else DescribedSession(records.unpack_session(record), records.unpack_caps(caps))

    def capabilities(self, sid: str) -> Capabilities:
        """What the phone takes; the defaults before it has negotiated."""
        return records.unpack_caps(self._read(sid, "caps")[0])

    def contacts_at_once(self, sid: str) -> int | None:
        """How many contacts one notification tells of, None before it was settled."""
        (found,) = self._read(sid, "batch")
        return int(found) if found else None

    def list_cuts(self, sid: str) -> tuple[str, Mapping[str, Cut]]:
        """How contact lists are cut for the phone, by token, and for which form of answers."""
        return records.unpack_cuts(self._read(sid, "cut")[0])

    def own_presence(self, sid: str) -> dict[str, Any] | None:
        """What the phone has published of its user in this session, None for nothing."""
        (record,) = self._read(sid, "own")
        found: dict[str, Any] | None = records.unpack_plain(record, None)
        return found

    def group_methods(self, sid: str) -> dict[str, tuple[str, int]]:
        """Delivery method and length, 0 for any, of groups that have their own."""
        (record,) = self._read(sid, "gd")
        return {name: (how[0], how[1]) for name, how in records.unpack_plain(record, {}).items()}

    def _read(self, sid: str, *names: str) -> list[bytes | None]:
        values: list[bytes | None] = guarded(lambda: self._client.hmget(keys.session(sid), list(names)))
        return values


def _logged_out(code: bytes | None, due: bytes | None, ttl: bytes | None) -> float | None:
    """The last request that counts as one of the session is the log-out."""
    if code is None or int(code) != StatusCode.INVALID_SESSION or due is None or ttl is None:
        return None
    return (float(due) - float(ttl)) / 1000


def _readable(record: bytes | None) -> Session | None:
    try:
        return None if record is None else records.unpack_session(record)
    except BadRecord:
        return None
