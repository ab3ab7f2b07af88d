"""The holder's side of a session. Every script compares the fencing number first: a holder that lost its lease changes nothing,
whatever it still believes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis

from onesoup.store import keys, records
from onesoup.store.redis.client import Call, RedisScript, Value, guarded, pack_argument
from onesoup.store.redis.clock import SHIFT_LUA
from onesoup.store.redis.commands import RedisCommand, script_command, send, send_together
from onesoup.store.session.contacts import SessionContacts
from onesoup.store.session.outbox import OutboxQueue
from onesoup.store.session.rooms import StoredRooms
from onesoup.store.session.session_lua import FENCED_LUA, WAKE_LUA
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.session.session_values import ClaimedSession, NewSession, SessionBacklog, SessionStatus
from onesoup.store.session.stream_changes import STORE_SCRIPT, Delivery, StreamChanges
from onesoup.store.session.waiting_items import WaitingItems

# What a session left whose record is gone stays as long as an offline message.
LEFTOVER_MS = 30 * 86_400_000
# How many contacts are stored at a time: other sessions wait for a script.
ROSTER_ITEMS_PER_SCRIPT = 1000
# Fields that go along when another session continues this one: stream state, presence shown, the largest file that the server
# takes; and how contact lists are cut, since a phone that resumes a session asks for lists that it knows.
MOVED_FIELDS = ("sm", "h", "shown", "upload", "cut")
# Keys that it takes over: hashes, and sorted sets.
MOVED_HASHES = ("ros", "res", "pres", "pep", "rc", "asked", "flight", "rooms", "occ")
MOVED_SORTED_SETS = ("seen", "valid", "had")

_CREATE = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 roster
-- ARGV 1 sid  2 TTL, ms  3 items (msgpack: id, jid + "\\n" + payload)  4 fields (msgpack: name, value, name, value ...)
--      5 roster (msgpack: JID, record, JID, record ...)
-- A session begins to live, with its roster. Messages of the session before, or of the offline store, wait in it at once.
local ttl = tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'ttl', ARGV[2], 'due', clock() + ttl, unpack(cmsgpack.unpack(ARGV[4])))
redis.call('PEXPIRE', KEYS[1], ttl + LATE + MARK)
for _, item in ipairs(cmsgpack.unpack(ARGV[3])) do
  if redis.call('HSETNX', KEYS[3], item[1], item[2]) == 1 then redis.call('RPUSH', KEYS[2], item[1]) end
end
local roster = cmsgpack.unpack(ARGV[5])
if #roster > 0 then redis.call('HSET', KEYS[4], unpack(roster)) end
return 1
"""
)

_CLAIM = (
    FENCED_LUA
    + """
-- KEYS 1 session  ARGV 1 fence, then names of fields. A new owner writes its number. Returns field values, false when gone.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
return redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
"""
)

_END = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  ARGV 1 sid  2 fence  3 code    Marks the session as over and wakes whoever can tell the phone. Returns
-- the code that it is over with: of several the first counts.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
redis.call('HSETNX', KEYS[1], 'end', ARGV[3])
part(KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], 'cred', 'salted')
redis.call('PEXPIRE', KEYS[1], MARK)
return tonumber(redis.call('HGET', KEYS[1], 'end')) or 0
"""
)

_STATE = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 validity    Returns {code or false, ms left (less than 0: overdue), ms since the phone's last request or -1
-- while it can be woken on a line, ms until a message stops being valid or -1, its TTL, now}: what a sweep needs to know.
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return {gone, 0, 0, -1, 0, now} end
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl', 'stcp')
local valid = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
return {false, h[1] - now, h[3] and h[3] ~= '' and -1 or now - (h[1] - h[2]), valid and math.max(math.ceil(valid - now), 0) or -1,
  tonumber(h[2]), now}
"""
)

_JUMPED = (
    WAKE_LUA
    + FENCED_LUA
    + SHIFT_LUA
    + """
-- KEYS 1 session  2 open items  3 dirty  4 last sent  5 validity    ARGV 1 fence  2 by how many ms Redis's clock has jumped
-- Times that were written before that move with it: else what is to be repeated, told or given up by them would be early by an
-- hour, or late by one.
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl', 'cir')
if not h[1] or fenced(KEYS[1], ARGV[1]) then return 0 end
local now, by = clock(), tonumber(ARGV[2])
for n = 2, 5 do shift(KEYS[n], now, by) end
-- A request that came since has set its time anew.
if tonumber(h[1]) < now or tonumber(h[1]) > now + h[2] then
  redis.call('HSET', KEYS[1], 'due', string.format('%.0f', math.min(h[1] + by, now + h[2])))
end
local told = h[3] and tonumber(string.sub(h[3], 2))
if told and told > now then redis.call('HSET', KEYS[1], 'cir', string.sub(h[3], 1, 1) .. now) end
return 1
"""
)

_IDLE = (
    FENCED_LUA
    + """
-- KEYS 1 session  ARGV 1 fence  2 limit, ms      Marks an idle session, so that the phone's next request wakes the holder.
-- 1 when it is marked, 0 when the phone has come back meanwhile.
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl')
if not h[1] or fenced(KEYS[1], ARGV[1]) then return 0 end
local t = redis.call('TIME')
if t[1] * 1000 + math.floor(t[2] / 1000) - (h[1] - h[2]) < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'idle', '1')
return 1
"""
)

# Everything of a session but its hash, which remembers for a while why the session ended.
SESSION_KEYS = (
    "q",
    "i",
    "open",
    "try",
    "tid",
    "dirty",
    "pres",
    "res",
    "ros",
    "sub",
    "spell",
    "sent",
    "rc",
    "seen",
    "out",
    "flight",
    "asked",
    "valid",
    "pep",
    "rooms",
    "occ",
    "had",
    "replied",
)


class HolderSessionStore:
    """The life of a session under a holder, and what its XMPP stream brings. Keys: s:{sid}, a hash (session_records.py), of
    which the scripts here read and write due, ttl, end, fence and idle; beside it SESSION_KEYS. All expire some hours behind
    the session. `records`, `contacts`, `rooms`, `items` and `outbox` are the parts of a session.

    What writes raises Fenced when another holder has the session, and NoSession when it is gone."""

    def __init__(self, client: redis.Redis, presence_gap_ms: int = 5000) -> None:
        self._client, self._gap = client, presence_gap_ms
        self.records, self.contacts, self.rooms = SessionRecords(client), SessionContacts(client), StoredRooms(client)
        self.items, self.outbox = WaitingItems(client), OutboxQueue(client)
        self._store, self._create = RedisScript(client, STORE_SCRIPT, "feed.store"), RedisScript(client, _CREATE, "feed.create")
        self._claim, self._end = RedisScript(client, _CLAIM, "feed.claim"), RedisScript(client, _END, "feed.end")
        self._state, self._idle = RedisScript(client, _STATE, "feed.state"), RedisScript(client, _IDLE, "feed.idle")
        self._shift = RedisScript(client, _JUMPED, "feed.jumped")

    # --- its life ---

    def create(self, sid: str, session: NewSession, items: Iterable[tuple[str, bytes]] = ()) -> None:
        """A new session with its first items, (id, stored form)."""
        self._create(*self._creation(sid, session, items, StreamChanges()))

    def create_command(self, sid: str, session: NewSession, first: StreamChanges) -> RedisCommand:
        """As create(), with the roster of `first`, which may have ROSTER_ITEMS_PER_SCRIPT contacts, and what it says of the
        stream."""
        return script_command(self._create, *self._creation(sid, session, (), first))

    def _creation(
        self, sid: str, session: NewSession, items: Iterable[tuple[str, bytes]], first: StreamChanges
    ) -> tuple[list[str], list[Value]]:
        names = [keys.session(sid), *keys.of(sid, "q", "i", "ros")]
        packed = pack_argument([list(item) for item in items])
        return names, [sid, session.ttl_ms, packed, session.pack(first.packed_fields()), first.packed_roster()]

    def send(self, *commands: RedisCommand) -> list[Any]:
        """Sends what makes a session, or goes along with that, in one round trip."""
        return send_together(self._client, *commands)

    def claim_session(self, sid: str, fence: int) -> ClaimedSession | None:
        """Takes a session over from another holder: writes the fencing number. None when there is no such session."""
        values = self._claim([keys.session(sid)], [fence, "r", "cred", "salted", "caps", "sm", "h", "shown", "end"])
        return None if values is None else _claimed(*values)

    def end(self, sid: str, fence: int, code: int) -> int:
        """The session is over: 600 expired, 601 ended by the server, 604 logged out. The credentials go at once. The code that
        it was ended with before, else this one; 0 where there is no such session."""
        return int(send(self._client, self.end_command(sid, fence, code)))

    def end_command(self, sid: str, fence: int, code: int) -> RedisCommand:
        """As end()."""
        return script_command(self._end, [keys.session(sid), *keys.of(sid, "q")], [sid, fence, int(code)], int)

    def status(self, sid: str) -> SessionStatus:
        """Whether a session lives, and what is due in it."""
        found: SessionStatus = send(self._client, self.status_command(sid))
        return found

    def status_command(self, sid: str) -> RedisCommand:
        """As status()."""
        return script_command(self._state, *_state_call(sid), read=_status)

    def status_all(self, sids: Sequence[str]) -> list[SessionStatus]:
        """status() of all of these, in one round trip."""
        calls = [_state_call(sid) for sid in sids]
        return [_status(answer) for answer in self._state.many(calls)] if calls else []

    def mark_idle(self, sid: str, fence: int, limit_ms: int) -> bool:
        """Asks to be woken by the phone's next request. False when it was there less than so many ms ago."""
        return bool(self._idle([keys.session(sid)], [fence, limit_ms]) == 1)

    def shift_times(self, sid: str, fence: int, by_ms: int) -> None:
        """Redis's clock has jumped: the times that the session keeps move with it."""
        self._shift([keys.session(sid), *keys.of(sid, "open", "dirty", "sent", "valid")], [fence, by_ms])

    def copy(self, old: str, new: str) -> None:
        """The caches and commands of one session to another that takes its place. Both may be on different nodes."""

        def write() -> None:
            for name in MOVED_HASHES:
                found = self._client.hgetall(keys.of(old, name)[0])
                if found:
                    self._client.hset(keys.of(new, name)[0], mapping=found)  # type: ignore[arg-type]
            for name in MOVED_SORTED_SETS:
                scored: Any = self._client.zrange(keys.of(old, name)[0], 0, -1, withscores=True)
                if scored:
                    self._client.zadd(keys.of(new, name)[0], dict(scored))
            commands = self._client.lrange(keys.of(old, "out")[0], 0, -1)
            if commands:
                self._client.rpush(keys.of(new, "out")[0], *commands)
            values = self._client.hmget(keys.session(old), list(MOVED_FIELDS))
            kept = {name: value for name, value in zip(MOVED_FIELDS, values, strict=True) if value is not None}
            if kept:
                self._client.hset(keys.session(new), mapping=kept)  # type: ignore[arg-type]

        guarded(write)

    def expire_leftovers(self, sid: str) -> None:
        """What a session left whose record is gone stays as long as an offline message, and then goes by itself."""

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            for key in keys.of(sid, *SESSION_KEYS):
                pipe.pexpire(key, LEFTOVER_MS)
            pipe.execute()

        guarded(write)

    def delete_records(self, sid: str) -> None:
        """Removes everything but the mark of how the session ended."""
        send(self._client, self.delete_command(sid))

    def delete_command(self, sid: str) -> RedisCommand:
        """As delete_records()."""
        return RedisCommand(("DEL", *keys.of(sid, *SESSION_KEYS)))

    # --- what the stream brings ---

    def store(self, sid: str, fence: int, changes: StreamChanges) -> int:
        """Stores the changes in one script. Returns in how many ms presence may be told that may not be yet, or -1."""
        names = keys.of(sid, "q", "i", "dirty", "pres", "sub", "ros", "res", "sent", "rc", "seen", "asked", "pep", "out")
        names += keys.of(sid, "rooms", "occ")
        return int(self._store([keys.session(sid), *names], [sid, fence, changes.pack(), self._gap]))

    def replace_roster(
        self, sid: str, fence: int, roster: Mapping[str, bytes], gone: Iterable[str], items: list[Delivery]
    ) -> None:
        """The whole roster of a session, bit by bit; contacts that are gone go first, to make room. `items` tell of it."""
        self.store(sid, fence, StreamChanges(unroster=list(gone), items=items))
        entries = list(roster.items())
        for start in range(0, len(entries), ROSTER_ITEMS_PER_SCRIPT):
            self.store(sid, fence, StreamChanges(roster=dict(entries[start : start + ROSTER_ITEMS_PER_SCRIPT])))

    # --- several sessions ---

    def backlogs(self, sids: Sequence[str]) -> list[SessionBacklog]:
        """What waits in these sessions, both ways, in their order."""

        def read() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                items, out, queue = keys.of(sid, "i", "out", "q")
                pipe.hlen(items)
                pipe.llen(out)
                pipe.lindex(queue, 0)
            return pipe.execute()

        found = guarded(read) if sids else []
        return [SessionBacklog(*each) for each in zip(found[::3], found[1::3], found[2::3], strict=True)]

    def delivered_copies(self, sids: Iterable[str]) -> dict[str, float]:
        """The copies of messages that the phones of these sessions have read -> when, in ms."""

        def read() -> list[list[tuple[bytes, float]]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.zrange(keys.of(sid, "had")[0], 0, -1, withscores=True)
            return pipe.execute()

        return {copy.decode(): when for found in guarded(read) for copy, when in found}


def _state_call(sid: str) -> Call:
    return [keys.session(sid), *keys.of(sid, "valid")], ()


def _status(answer: Sequence[Any]) -> SessionStatus:
    code, *numbers = answer
    return SessionStatus(int(code) if code else None, *(int(each) for each in numbers))


def _claimed(
    record: bytes | None,
    credentials: bytes | None,
    salted: bytes | None,
    caps: bytes | None,
    state: bytes | None,
    handled: bytes | None,
    shown: bytes | None,
    code: bytes | None,
) -> ClaimedSession:
    stream_state = records.unpack_plain(state, None)
    if stream_state is not None and handled is not None:
        stream_state["h_in"] = int(handled)
    return ClaimedSession(
        None if record is None else records.unpack_session(record),
        credentials,
        salted,
        records.unpack_caps(caps),
        stream_state,
        records.unpack_plain(shown, None),
        code is not None,
    )
