"""The sessions of this holder by SessionID: the table that its parts share. Asks neither Redis nor a server."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from gevent.lock import BoundedSemaphore

from onesoup.csp.session import Session
from workers.holder.session.session import XmppSession


class SessionTable:
    """SessionID -> XmppSession. A session is listed from its log-in or takeover until its end or its release."""

    def __init__(self) -> None:
        self._sessions: dict[str, XmppSession] = {}
        # How many of them are of each shard: that is asked for every few seconds, and takes no walk over all.
        self._in_shards: Counter[int] = Counter()
        self._arriving: set[str] = set()
        # A lock lives while it is held or waited for.
        self._locks: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, sid: str) -> bool:
        return sid in self._sessions

    def __getitem__(self, sid: str) -> XmppSession:
        return self._sessions[sid]

    def get(self, sid: str | None) -> XmppSession | None:
        return self._sessions.get(sid) if sid else None

    def sids(self) -> list[str]:
        return list(self._sessions)

    def all(self) -> list[XmppSession]:
        return list(self._sessions.values())

    def in_shard(self, shard: int) -> list[XmppSession]:
        return [each for each in self._sessions.values() if each.shard == shard]

    def count_by_shard(self) -> Counter[int]:
        return self._in_shards

    def by_domain(self) -> dict[str, list[str]]:
        """The SessionIDs of each domain."""
        found: dict[str, list[str]] = {}
        for each in self._sessions.values():
            found.setdefault(each.session.domain, []).append(each.sid)
        return found

    def count_in_domain(self, domain: str) -> int:
        return sum(each.session.domain == domain for each in self._sessions.values())

    def count_open_streams(self) -> int:
        return sum(each.connected for each in self._sessions.values())

    # --- changes ---

    def add(self, session: XmppSession) -> None:
        self._take_out(session.sid)
        self._sessions[session.sid] = session
        self._in_shards[session.shard] += 1

    def move(self, old_sid: str, session: XmppSession) -> None:
        """The session has another SessionID than before."""
        self._take_out(old_sid)
        self.add(session)

    def remove(self, session: XmppSession) -> None:
        """Does nothing where another session has its SessionID by now."""
        if self._sessions.get(session.sid) is session:
            self._take_out(session.sid)

    def _take_out(self, sid: str) -> None:
        gone = self._sessions.pop(sid, None)
        if gone is not None:
            self._in_shards[gone.shard] -= 1

    # --- sessions that are being opened or taken over here ---

    def expects(self, sid: str) -> bool:
        """Whether the session is here, or will be when a log-in or a takeover has succeeded."""
        return sid in self._sessions or sid in self._arriving

    def mark_arriving(self, sid: str) -> None:
        self._arriving.add(sid)

    def unmark_arriving(self, sid: str) -> None:
        self._arriving.discard(sid)

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Waits until no other greenlet works under this name: log-ins and takeovers of one handset never overlap."""
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = BoundedSemaphore(1)
        with lock:
            yield


def handset_name(session: Session) -> str:
    """The name for SessionTable.exclusive: account and handset."""
    return f"{session.jid}/{session.resource}"
