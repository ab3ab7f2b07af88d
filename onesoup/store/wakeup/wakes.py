"""Wake-ups beside STCP: which sessions are due for a step, what has been tried for the wake that is outstanding, and what was
learned from wakes that went unanswered.

The timers are in Redis, so that another CIR process goes on where one was killed. What was tried is written down before it is
done: a process that dies in between costs a wake-up, and never a second SMS."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis import sharded_channels
from onesoup.store.redis.client import RedisScript, Value, guarded
from onesoup.store.redis.msgpack import pack, reader, unpack
from onesoup.store.session.session_lua import WAKE_LUA
from onesoup.store.wakeup.timers import SharedTimers

WAKE_TRIES_VERSION = 1
WAKE_TIMERS_KEY = "cir:due"
# Bearers that went unanswered so often are not agreed for a while.
BEARER_FAILURES = 3
BAD_BEARER_MS = 86_400_000
TOKEN_OR_COOKIE_MS = 86_400_000
WAKE_SWEEP_KEY = "cir:sweep"

_LOOK = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue     What a step needs to know: {now, waiting, fields ...}.
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
local h = redis.call('HMGET', KEYS[1], 'cir', 'stcp', 'alt', 'r', 'caps', 'addr', 'udp', 'num', 'tries', 'polls', 'deaf',
  'pmin', 'due', 'ttl', 'busy', 'wakereq')
return {now, redis.call('LLEN', KEYS[2]), unpack(h)}
"""
)

_NOTE = """
-- KEYS 1 session  ARGV 1 the wake that is outstanding  2 what has been tried for it  3 one: the phone is called  4 how, or ""
-- 5 one: only if what had been tried is still  6 this, or ""
-- Returns 0 when the phone has come meanwhile, or another process has tried something: then nothing may be sent.
local h = redis.call('HMGET', KEYS[1], 'cir', 'end', 'tries')
if h[1] ~= ARGV[1] or h[2] then return 0 end
if ARGV[5] == '1' and (h[3] or '') ~= ARGV[6] then return 0 end
redis.call('HSET', KEYS[1], 'tries', ARGV[2])
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'called', ARGV[1]) end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'via', ARGV[4]) end
return 1
"""

_ASKED = """
-- KEYS 1 session  2 queue     A phone asks whether something waits for it: 1 when it had better poll, else 0.
local h = redis.call('HMGET', KEYS[1], 'due', 'end')
if not h[1] or h[2] then return 1 end
if redis.call('LLEN', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'via', 'http')
return 1
"""

_CALLED = """
-- KEYS 1 session  ARGV 1 number
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'num', ARGV[1]) end
return 1
"""

_COOKIE = """
-- KEYS 1 sessions of a cookie  ARGV 1 sid  2 TTL, ms  3 most sessions
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then redis.call('SPOP', KEYS[1]) end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class WakeTries:
    """What has been tried for one wake: how often and when last, ms. `not_before` is when the SMS budget allows the next."""

    wake: str
    udp: int = 0
    udp_at: int = 0
    first_udp_at: int = 0
    sms: int = 0
    sms_at: int = 0
    not_before: int = 0
    given_up: bool = False
    # The last message, as the gateway's reports call it.
    job: str = ""
    # Everything was tried.
    done: bool = False

    def pack(self) -> bytes:
        return pack(WAKE_TRIES_VERSION, {name: getattr(self, name) for name in self.__slots__})

    @classmethod
    @reader
    def unpack(cls, record: bytes) -> "WakeTries":
        fields = unpack(record, WAKE_TRIES_VERSION)
        return cls(**{name: fields[name] for name in cls.__slots__ if name in fields})


@dataclass(frozen=True, slots=True)
class WakeFacts:
    """A session as a step finds it. Times are Redis's, ms. `wake` is the outstanding one, "" when the phone has come; `tried` is
    the record of `tries`."""

    now: int
    waiting: bool
    wake: str
    kind: str
    began: int
    lines: tuple[str, ...]
    record: bytes
    caps: bytes | None
    address: str
    udp_port: int
    number: str
    tries: WakeTries | None
    tried: bytes
    polls: int
    deaf: int
    poll_min: int
    last_request: int
    # The last request was given something to answer or told to poll: the phone comes by itself.
    busy: bool = False
    # The id of the phone's request that the wake comes from, "" for none or for one of a version before.
    request: str = ""


class WakeStore:
    """Sessions that are `due` for a step, and the state of their wakes. Fields of s:{sid}: cir, the outstanding wake; wakereq,
    the id of the request that it comes from; tries, what has been tried for it (WakeTries); num, addr and udp, where the phone
    is; deaf, datagrams in vain; via, how it was told to come. Other keys:

    cir:due       sorted set, sessions -> when their next step is due, ms (SharedTimers)
    cir:sweep*    strings, while another process need not sweep
    bad:{jid}     hash, bearer -> wakes in a row that went unanswered; for a day
    cir:cookie:*  set of sessions that have a cookie;  cir:token:*  string, the session of a URL; both for a day"""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self.due = client, SharedTimers(client, WAKE_TIMERS_KEY)
        # Whether what a script publishes is sent behind it, by whoever ran it.
        self.news_apart = sharded_channels.available(client)
        self._look, self._note = RedisScript(client, _LOOK, "wakes.look"), RedisScript(client, _NOTE, "wakes.note")
        self._asked = RedisScript(client, _ASKED, "wakes.asked")
        self._called, self._put_cookie = (
            RedisScript(client, _CALLED, "wakes.called"),
            RedisScript(client, _COOKIE, "wakes.cookie"),
        )

    def may_sweep(self, seconds: int, why: str = "") -> bool:
        """True for one process in that time, for each reason."""
        key = f"{WAKE_SWEEP_KEY}:{why}" if why else WAKE_SWEEP_KEY
        if guarded(lambda: self._client.set(key, b"1", nx=True, ex=seconds)):
            return True
        if int(guarded(lambda: self._client.ttl(key))) > seconds:  # Redis's clock was set back
            guarded(lambda: self._client.delete(key))
        return False

    def unheard(self, sids: Sequence[str]) -> list[str]:
        """Those of the sessions that have a wake outstanding and other bearers than STCP."""

        def read() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), ["cir", "alt", "end"])
            return pipe.execute()

        found = zip(sids, guarded(read), strict=True) if sids else ()
        return [sid for sid, (wake, alt, end) in found if wake and alt == b"1" and not end]

    # --- one session ---

    def facts(self, sid: str) -> WakeFacts:
        """What there is to know for a step. NoSession when the session is over."""
        now, waiting, *fields = self._look([keys.session(sid), *keys.of(sid, "q")])
        wake, stcp, _alt, record, caps, address, udp, number, tries, polls, deaf, poll_min, due, ttl, busy, request = fields
        name = _text(wake)
        return WakeFacts(
            now=now,
            waiting=waiting > 0,
            wake=name,
            kind=name[:1] if name[:1] in ("m", "p") else "p",
            began=int(name[1:]) if name[1:].isdigit() else now,
            lines=tuple(_text(stcp).split()),
            record=record or b"",
            caps=caps,
            address=_text(address),
            udp_port=_number(udp),
            number=_text(number),
            tries=WakeTries.unpack(tries) if tries else None,
            tried=tries or b"",
            polls=_number(polls),
            deaf=_number(deaf),
            poll_min=_number(poll_min),
            last_request=_number(due) - _number(ttl),
            busy=busy is not None,
            request=_text(request),
        )

    def note_tries(self, sid: str, tries: WakeTries, via: str = "", seen: bytes | None = None) -> bool:
        """Writes down what is about to be tried, and by which way. False when the phone has come meanwhile, or, with `seen`, when
        the record of what was tried is another one by now: then it must not be tried."""
        args: list[Value] = [tries.wake, tries.pack(), int(bool(tries.udp or tries.sms)), via, int(seen is not None), seen or b""]
        return bool(self._note([keys.session(sid)], args) == 1)

    def forget_tries(self, sid: str) -> None:
        guarded(lambda: self._client.hdel(keys.session(sid), "tries"))

    def note_deaf(self, sid: str, deaf: bool) -> None:
        """The phone did not come for datagrams; or it did. Its next address begins anew."""
        key = keys.session(sid)
        guarded(lambda: self._client.hincrby(key, "deaf", 1) if deaf else self._client.hdel(key, "deaf"))

    def set_number(self, sid: str, number: str) -> None:
        """The number that the session's messages go to from now on; nothing happens to one that is over."""
        self._called([keys.session(sid)], [number])

    # --- what is learned ---

    def unanswered(self, jid: str, bearers: Iterable[str]) -> int:
        """Every bearer of a session was tried in vain. Returns how often that has happened in a row."""
        key, names = keys.account(jid, "bad"), list(bearers)

        def count() -> list[int]:
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.hincrby(key, name, 1)
            pipe.pexpire(key, BAD_BEARER_MS)
            return pipe.execute()[:-1]

        return max(guarded(count), default=0)

    def answered(self, jid: str) -> None:
        guarded(lambda: self._client.delete(keys.account(jid, "bad")))

    def bad_bearers(self, jid: str) -> frozenset[str]:
        """Bearers that did not work for this account lately: a phone that relies on one of them would be deaf."""
        found = guarded(lambda: self._client.hgetall(keys.account(jid, "bad")))
        return frozenset(name.decode() for name, count in found.items() if int(count) >= BEARER_FAILURES)

    # --- cookies, where phones may name them ---

    def put_cookie(self, cookie: str, sid: str) -> None:
        """A session with this cookie; there may be others, though not many."""
        self._put_cookie([_cookie(cookie)], [sid, TOKEN_OR_COOKIE_MS, bounds.MOST_COOKIE_SESSIONS])

    def of_cookie(self, cookie: str) -> list[str]:
        """The sessions that have, or had, this cookie."""
        return sorted(sid.decode() for sid in guarded(lambda: self._client.smembers(_cookie(cookie))))

    # --- SHTTP ---

    def put_token(self, token: str, sid: str) -> None:
        """A URL's token stands for this session."""
        guarded(lambda: self._client.set(f"cir:token:{token}", sid, px=TOKEN_OR_COOKIE_MS))

    def waits_for_token(self, token: str) -> tuple[str, bool] | None:
        """The session of a token, and whether something waits for it; None for an unknown one. A session that is over says that
        something waits: the phone polls and is told so."""
        key = f"cir:token:{token}"
        sid = guarded(lambda: self._client.getex(key, px=TOKEN_OR_COOKIE_MS))
        if not isinstance(sid, bytes):
            return None
        name = sid.decode()
        return name, self._asked([keys.session(name), *keys.of(name, "q")]) == 1


def _cookie(cookie: str) -> str:
    return f"cir:cookie:{hashlib.sha256(cookie.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""


def _number(value: bytes | None) -> int:
    return int(value) if value and value.isdigit() else 0
