"""Who may use the operators' console: its two access tokens, its sessions, and the attempts to log in.

Of a token Redis knows a digest, which log-ins are compared with, and the token sealed with the key ring, for `onesoup console`,
which shows it again. Of a session it knows a digest of what the cookie says. All keys share one hash tag, {console}."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum

import redis

from onesoup.store import operator_bounds
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import StoreDown
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import RedisScript, guarded

TOKENS_KEY, TRIES_KEY = "console-tokens:{console}", "console-tries:{console}"
SESSIONS_KEY, LIVE_KEY = "console-sessions:{console}", "console-live:{console}"
TOKEN_RECORD_VERSION = CONSOLE_SESSION_VERSION = 1
TOKEN_BYTES = 24

# A session ends when nobody has used it for so long, and at the latest so long after the log-in.
IDLE_SECONDS, LONGEST_SECONDS = 3600, 12 * 3600
# A session's last use is written down once in so long.
TOUCH_SECONDS = 60
# Attempts to log in that failed, of one address and of all, from the first on.
TRIES_SECONDS, TRIES_OF_ADDRESS, TRIES_IN_ALL = 600, 10, 100

_RESERVE = """
-- KEYS 1 attempts by address   ARGV 1 digest of the address  2 most of an address  3 most in all  4 window, ms
-- Counts an attempt. Returns 0, or the ms to wait, and then it does not count.
local all = tonumber(redis.call('HGET', KEYS[1], 'all') or 0)
local own = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0)
if all >= tonumber(ARGV[3]) or own >= tonumber(ARGV[2]) then return math.max(redis.call('PTTL', KEYS[1]), 1) end
redis.call('HINCRBY', KEYS[1], 'all', 1)
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
if all == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 0
"""

_RELEASE = """
-- KEYS 1 attempts by address   ARGV 1 digest of the address      The attempt has succeeded: it does not count.
if redis.call('HINCRBY', KEYS[1], ARGV[1], -1) < 1 then redis.call('HDEL', KEYS[1], ARGV[1]) end
if redis.call('HINCRBY', KEYS[1], 'all', -1) < 1 then redis.call('DEL', KEYS[1]) end
return 0
"""

_BEGIN = """
-- KEYS 1 sessions  2 when each was used, s   ARGV 1 name  2 record  3 now  4 idle time, s  5 most  6 expiry, s
-- Sessions that nobody uses any more go, and those unused for longest when there are too many.
local function forget(names)
  for _, name in ipairs(names) do
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[2], name)
  end
end
forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[4]))
local over = redis.call('ZCARD', KEYS[2]) + 1 - tonumber(ARGV[5])
if over > 0 then forget(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 0
"""


class ConsoleRole(StrEnum):
    """What a token lets one do: everything, or look."""

    OPERATOR = "operator"
    READER = "read-only"


@dataclass(frozen=True, slots=True)
class ConsoleToken:
    """What Redis knows of a token. `made` in seconds since 1970."""

    digest: bytes
    sealed: bytes
    made: int


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A browser that is logged in: its role, the address of its log-in, when that was (seconds since 1970), and the digest of the
    token with which it was."""

    role: str
    address: str
    began: int
    token: bytes


class ConsoleAccess:
    """Tokens, attempts and sessions. `now` is seconds since 1970."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._reserve = RedisScript(client, _RESERVE, "console.reserve")
        self._release = RedisScript(client, _RELEASE, "console.release")
        self._begin = RedisScript(client, _BEGIN, "console.begin")

    # --- tokens ---

    def ensure_token(self, ring: KeyRing, role: ConsoleRole, now: float) -> str:
        """Makes the role's token where there is none. The token when this call has made it, else ""."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        fresh = guarded(lambda: self._client.hsetnx(TOKENS_KEY, role.value, _token_record(ring, role, token, now)))
        return token if fresh else ""

    def new_token(self, ring: KeyRing | None, role: ConsoleRole, now: float) -> str:
        """A token in the place of the role's present one, whose sessions end. One that is made without a key ring cannot be
        shown again."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        record = _token_record(ring, role, token, now)
        guarded(lambda: self._client.hset(TOKENS_KEY, role.value, record))
        return token

    def token(self, role: ConsoleRole) -> ConsoleToken | None:
        found = guarded(lambda: self._client.hget(TOKENS_KEY, role.value))
        return _readable_token(found)

    def shown_token(self, ring: KeyRing, role: ConsoleRole) -> str:
        """The role's token, "" for none. KeyRingError when this ring does not open it."""
        found = self.token(role)
        return ring.open(found.sealed, _purpose(role)).decode("ascii") if found else ""

    # --- logging in ---

    def reserve_try(self, address: str) -> float:
        """Counts an attempt to log in from this address. 0, or the seconds to wait: then nothing may be compared."""
        limits = (_short_digest(address), TRIES_OF_ADDRESS, TRIES_IN_ALL, TRIES_SECONDS * 1000)
        return int(self._reserve([TRIES_KEY], limits)) / 1000

    def forget_tries(self) -> None:
        """Nobody waits any more."""
        guarded(lambda: self._client.delete(TRIES_KEY))

    def log_in(self, token: str, address: str, now: float) -> tuple[str, ConsoleSession] | None:
        """(what the cookie says, the session) for a good token, None for any other. The attempt was reserved."""
        given = _digest(token)
        for role in ConsoleRole:
            known = self.token(role)
            if known is not None and hmac.compare_digest(known.digest, given):
                self._release([TRIES_KEY], [_short_digest(address)])
                return self._start(ConsoleSession(role.value, address[:64], int(now), given), now)
        return None

    def _start(self, session: ConsoleSession, now: float) -> tuple[str, ConsoleSession]:
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        record = msgpack.pack(CONSOLE_SESSION_VERSION, asdict(session))
        limits = (int(now), IDLE_SECONDS, operator_bounds.MOST_CONSOLE_SESSIONS, LONGEST_SECONDS)
        self._begin([SESSIONS_KEY, LIVE_KEY], (_name(secret), record, *limits))
        return secret, session

    # --- sessions ---

    def find(self, secret: str, now: float, touch: bool = True) -> ConsoleSession | None:
        """The session that a cookie belongs to. `touch`: it is used now, and goes on living; where Redis refuses writes, it lives
        on without."""
        name = _name(secret)

        def read() -> tuple[bytes | None, float | None, list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            pipe.hget(SESSIONS_KEY, name)
            pipe.zscore(LIVE_KEY, name)
            pipe.hmget(TOKENS_KEY, [each.value for each in ConsoleRole])
            record, used, tokens = pipe.execute()
            return record, used, tokens

        record, used, tokens = guarded(read)
        session = _readable_session(record)
        if session is None or used is None or now - used >= IDLE_SECONDS or now - session.began >= LONGEST_SECONDS:
            return None
        if session.token not in {token.digest for each in tokens if (token := _readable_token(each))}:
            return None
        if touch and now - used >= TOUCH_SECONDS:
            with suppress(StoreDown):
                guarded(lambda: self._client.zadd(LIVE_KEY, {name: int(now)}, xx=True))
        return session

    def end(self, secret: str) -> None:
        name = _name(secret)

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.hdel(SESSIONS_KEY, name)
            pipe.zrem(LIVE_KEY, name)
            pipe.execute()

        guarded(write)

    def end_all(self) -> int:
        """Ends all sessions; how many there were."""
        count = int(guarded(lambda: self._client.hlen(SESSIONS_KEY)))
        guarded(lambda: self._client.delete(SESSIONS_KEY, LIVE_KEY))
        return count

    def sessions(self, now: float) -> list[ConsoleSession]:
        """Those that live, the oldest first."""
        names: list[bytes] = guarded(lambda: self._client.zrangebyscore(LIVE_KEY, now - IDLE_SECONDS, "+inf"))
        found = guarded(lambda: self._client.hmget(SESSIONS_KEY, names)) if names else []
        living = [each for each in map(_readable_session, found) if each and now - each.began < LONGEST_SECONDS]
        return sorted(living, key=lambda each: each.began)


def _token_record(ring: KeyRing | None, role: ConsoleRole, token: str, now: float) -> bytes:
    sealed = ring.seal(token.encode(), _purpose(role)) if ring else b""
    return msgpack.pack(TOKEN_RECORD_VERSION, asdict(ConsoleToken(_digest(token), sealed, int(now))))


def _purpose(role: ConsoleRole) -> str:
    """What the token is sealed for: one that was moved to another role does not open."""
    return f"console-token:{role.value}"


def _digest(token: str) -> bytes:
    """Of a text of 24 random bytes: nobody finds that by trying, so the digest needs no salt and no time."""
    return hashlib.sha256(b"console:" + token.encode("utf-8", "surrogatepass")).digest()


def _name(secret: str) -> str:
    return _digest(secret).hex()[:32]


def _short_digest(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _readable_token(record: bytes | None) -> ConsoleToken | None:
    try:
        return _token(record) if record else None
    except msgpack.BadRecord:
        return None


def _readable_session(record: bytes | None) -> ConsoleSession | None:
    try:
        return _session(record) if record else None
    except msgpack.BadRecord:
        return None


@msgpack.reader
def _token(record: bytes) -> ConsoleToken:
    found = msgpack.unpack(record, TOKEN_RECORD_VERSION)
    return ConsoleToken(found["digest"], found["sealed"], found["made"])


@msgpack.reader
def _session(record: bytes) -> ConsoleSession:
    found = msgpack.unpack(record, CONSOLE_SESSION_VERSION)
    return ConsoleSession(found["role"], found["address"], found["began"], found["token"])
