"""The gateway's side of a session: a request opens it by one script, and commits what it did by another.

Times come from Redis, so that every process agrees on them whatever its own clock says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis

from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.store import bounds, keys, records
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.errors import NoSession
from onesoup.store.redis.client import RedisScript, Value, guarded, store_errors, writable
from onesoup.store.session.contacts import SessionContacts
from onesoup.store.session.request_effects import COMMIT_SCRIPT, UNKNOWN_PRESENCE_MS, RequestEffects
from onesoup.store.session.rooms import StoredRooms
from onesoup.store.session.session_lua import STORED_REPLY_MS, WAKE_LUA
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.session.stcp_lines import StcpLines
from onesoup.store.session.waiting_items import WaitingItems

# How long requests that a phone had on their way when its log-in was answered may still name the session before.
MOVED_SECONDS = 60

_OPEN = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 stored reply  3 queue  4 open items  ARGV 1 one when the session is touched  2 the phone's address,
-- then names of fields
-- Returns {stored reply or false, items waiting, field values ...}. A stored reply is given whatever became of the session, and
-- the holder is told again: who gave it first may have died before he could tell, where that is a step of its own.
local reply = redis.call('GET', KEYS[2])
if reply then
  local sid = string.match(KEYS[1], '{(.*)}')
  redis.call('PUBLISH', 'wake:' .. string.sub(sid, 1, 2), sid)
  return {reply}
end
local now = clock()
local own = look(KEYS[1])
local gone = over(KEYS[1], now, own)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
if ARGV[1] == '1' then touch(KEYS[1], now, own, ARGV[2]) end
local waiting = redis.call('LLEN', KEYS[3]) + redis.call('ZCOUNT', KEYS[4], '-inf', now)
if ARGV[1] == '1' and waiting > 0 then redis.call('HSET', KEYS[1], 'busy', '1') end
local result = {false, waiting}
if #ARGV > 2 then
  local values = redis.call('HMGET', KEYS[1], unpack(ARGV, 3))
  for n = 1, #ARGV - 2 do result[n + 2] = values[n] end
end
return result
"""
)

_PUSH = (
    WAKE_LUA
    + f"local MOST_OUT = {bounds.MOST_OUT}\n"
    + """
-- KEYS 1 session  2 outbox  ARGV 1 sid  2 command    One command for the holder, outside a commit.
local gone = ended(KEYS[1], clock())
if gone then return redis.error_reply('NOSESSION ' .. gone) end
if redis.call('LLEN', KEYS[2]) >= MOST_OUT then return redis.error_reply('OUTBOXFULL') end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), ARGV[1])
return 1
"""
)

_SWAP = """
-- KEYS 1 session  ARGV 1 field  2 as it was read  3 as it shall be     Returns 0 when it has changed meanwhile.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class StoredReply(NamedTuple):
    """The same request was answered before, with these bytes."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A session as a request finds it. `waiting` counts what waits for the phone; `unsaid` is the last message whose answer may
    not have reached it; `upload_limit` the largest file that the XMPP server takes, 0 for none, None while it is not known;
    `no_line_since_ms` since when it has no STCP line, 0 for a phone that needs none."""

    session: Session
    capabilities: Capabilities
    waiting: int
    unsaid: bytes
    upload_limit: int | None
    reads_segments: bool
    has_line: bool
    no_line_since_ms: int


class SessionOverview(NamedTuple):
    """A living session from outside. `last_heard_ms`: when its phone was last heard, Redis's time; `has_line`: it has an STCP
    line; `inbox` counts what the phone has not answered, `outbox` what the XMPP server has not confirmed. `address` and `number`
    are the phone's where it is woken by them, `via` how it was last told to come, "" after a poll."""

    session: Session
    capabilities: Capabilities
    last_heard_ms: int
    has_line: bool
    inbox: int
    outbox: int
    address: str = ""
    number: str = ""
    via: str = ""


class SessionPlace(NamedTuple):
    """Whose a session is, and what its phone is woken by, "" where it is not by that."""

    jid: str
    address: str
    number: str


class GatewaySessionStore:
    """Opens a session for a request and commits what the request did. Keys: s:{sid}, a hash (session_records.py); a:{sid}:*,
    stored replies, for three minutes, and replied:{sid}, a list of their names; moved:{sid}, a string, for a minute.
    `records`, `contacts`, `rooms`, `items` and `stcp_lines` are the parts of a session."""

    def __init__(self, client: redis.Redis, unknown_presence_ms: int = UNKNOWN_PRESENCE_MS) -> None:
        self._client, self._unknown_presence_ms = client, unknown_presence_ms
        self.records, self.contacts, self.rooms = SessionRecords(client), SessionContacts(client), StoredRooms(client)
        self.items, self.stcp_lines = WaitingItems(client), StcpLines(client)
        self._open = RedisScript(client, _OPEN, "sessions.open")
        self._commit = RedisScript(client, COMMIT_SCRIPT, "sessions.commit")
        self._push, self._swap = RedisScript(client, _PUSH, "sessions.push"), RedisScript(client, _SWAP, "sessions.swap")

    # --- one request ---

    def open(self, sid: str, transaction_id: str | None, digest: str, address: str = "") -> OpenedRequest | StoredReply:
        """Restarts the keep-alive timer and returns the session. NoSession when it is over or never was. `address` is where
        the request comes from."""
        names = ("r", "caps", "unsaid", "upload", "segm", "stcp", "noline")
        reply, *found = self._opened(sid, keys.reply(sid, transaction_id, digest), "1", address, *names)
        if reply is not None:
            return StoredReply(reply)
        waiting, record, caps, unsaid, upload, segmented, lines, no_line = found
        if record is None:
            raise NoSession(StatusCode.INVALID_SESSION)
        return OpenedRequest(
            session=records.known_session(record),
            capabilities=records.unpack_caps(caps),
            waiting=waiting,
            unsaid=unsaid or b"",
            upload_limit=None if upload is None else int(upload),
            reads_segments=segmented == b"1",
            has_line=bool(lines),
            no_line_since_ms=int(no_line or 0),
        )

    def commit(self, sid: str, transaction_id: str | None, digest: str, reply: bytes, effects: RequestEffects) -> bytes:
        """The reply to send: `reply`, or the one of the same request when that came first. NoSession, OutboxFull,
        TooMuch."""
        names = keys.of(
            sid, "q", "dirty", "out", "sub", "spell", "asked", "i", "open", "pres", "rc", "valid", "ros", "replied", "had"
        )
        all_keys = [keys.session(sid), keys.reply(sid, transaction_id, digest), *names]
        args: list[Value] = [sid, effects.pack(reply), STORED_REPLY_MS, self._unknown_presence_ms]
        first: bytes | None = self._commit(all_keys, args)
        return reply if first is None else first

    def push(self, sid: str, command: bytes) -> None:
        """Puts one command into the outbox and wakes the holder. NoSession, OutboxFull."""
        self._push([keys.session(sid), *keys.of(sid, "out")], [sid, command])

    def forget_unsaid(self, sid: str) -> None:
        """The answer to the last message has been written to the phone's connection."""
        guarded(lambda: self._client.hdel(keys.session(sid), "unsaid"))

    # --- whether it lives ---

    def lives(self, sid: str) -> bool:
        """Whether the session lives. It does not count as a request of the phone."""
        try:
            self._looked_at(sid)
        except NoSession:
            return False
        return True

    def living(self, sid: str) -> Session:
        """A session that lives. NoSession. It does not count as a request of the phone."""
        (record,) = self._looked_at(sid, "r")
        if record is None:
            raise NoSession(StatusCode.INVALID_SESSION)
        return records.unpack_session(record)

    def living_phone(self, sid: str) -> tuple[Capabilities, str]:
        """What the phone of a living session takes, and the address of its last request, "" where it is not known. NoSession.
        It does not count as a request."""
        caps, address = self._looked_at(sid, "caps", "addr")
        return records.unpack_caps(caps), address.decode() if address else ""

    def _looked_at(self, sid: str, *names: str) -> list[bytes | None]:
        return self._opened(sid, keys.reply(sid, None, ""), "0", "", *names)[2:]

    def _opened(self, sid: str, reply: str, touch: str, address: str, *names: str) -> list[Any]:
        queue, waiting = keys.of(sid, "q", "open")
        found: list[Any] = self._open([keys.session(sid), reply, queue, waiting], [touch, address, *names])
        return found

    # --- another log-in of the same phone ---

    def note_move(self, old: str, new: str) -> None:
        """A phone is logging in in the name of session `old`: `new` takes its place, "" as long as nobody has been shown to
        own both. Known for a minute, whatever becomes of the old session."""
        guarded(lambda: self._client.set(keys.of(old, "moved")[0], new, ex=MOVED_SECONDS))

    def moved_to(self, sid: str) -> str | None:
        """The session that has taken this one's place a moment ago, "" for one that is just being made; None for no such."""
        found = guarded(lambda: self._client.get(keys.of(sid, "moved")[0]))
        return None if found is None else found.decode()

    # --- for operators ---

    def overview(self, sids: Sequence[str]) -> list[SessionOverview | None]:
        """What an operator wants to know of these sessions; None for those that are over."""

        def read() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), list(_SEEN_FIELDS))
                items, out = keys.of(sid, "i", "out")
                pipe.hlen(items)
                pipe.llen(out)
            return pipe.execute()

        found = guarded(read) if sids else []
        return [_overview(*each) for each in zip(found[::3], found[1::3], found[2::3], strict=True)]

    def places(self, sids: Sequence[str]) -> list[SessionPlace | None]:
        """Less than `overview`, for a search among many; None for those that are over."""

        def read() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), ["r", "end", "addr", "num"])
            return pipe.execute()

        return [_place(*each) for each in guarded(read)] if sids else []

    def all(self) -> Iterator[str]:
        """Every session, those that are over too, in no order. For admins: it goes through all keys."""
        with store_errors():
            for key in self._client.scan_iter(match=keys.session("*"), count=1000):
                yield key.decode().partition("{")[2].removesuffix("}")

    def reseal_credentials(self, sid: str, ring: KeyRing) -> bool:
        """Seals the XMPP password of a session with the newest key; False when it is already, or gone. KeyRingError when no key
        opens it. What SCRAM has made of it goes: a holder can make it again."""
        name = keys.session(sid)
        record, sealed, salted = guarded(lambda: self._client.hmget(name, ["r", "cred", "salted"]))
        if salted is not None and not ring.is_newest(salted):
            guarded(lambda: self._client.hdel(name, "salted"))
        if record is None or sealed is None or ring.is_newest(sealed):
            return False
        new = ring.reseal(sealed, f"cred:{records.unpack_session(record).jid}")
        return bool(self._swap([name], ["cred", sealed, new]) == 1)

    def opens_credentials(self, sid: str, ring: KeyRing) -> bool:
        """Whether the ring opens the XMPP password of a session; True when it has none, or is gone."""
        record, sealed = guarded(lambda: self._client.hmget(keys.session(sid), ["r", "cred"]))
        if record is None or sealed is None:
            return True
        try:
            ring.open(sealed, f"cred:{records.unpack_session(record).jid}")
        except KeyRingError:
            return False
        return True

    def writable(self) -> bool | str:
        """As writable() of the client, for /readyz."""
        return writable(self._client)


def _place(record: bytes | None, code: bytes | None, address: bytes | None, number: bytes | None) -> SessionPlace | None:
    if record is None or code is not None:
        return None
    return SessionPlace(records.unpack_session(record).jid, (address or b"").decode(), (number or b"").decode())


_SEEN_FIELDS = ("r", "caps", "due", "ttl", "stcp", "end", "addr", "num", "via")


def _overview(fields: Sequence[bytes | None], inbox: int, outbox: int) -> SessionOverview | None:
    record, caps, due, ttl, line, code, *where = fields
    if record is None or code is not None or due is None or ttl is None:
        return None
    session, capabilities = records.unpack_session(record), records.unpack_caps(caps)
    told = [each.decode() if each else "" for each in where]
    return SessionOverview(session, capabilities, int(due) - int(ttl), bool(line), inbox, outbox, *told)
