"""What stops guessing: failed log-ins by account, by address and by XMPP domain, and what is known of an account's owner.

Nothing here can be read back: accounts stand in key names, everything else is a keyed digest that the caller makes. A place is
where an account's phone comes from. Failures from places where the account has logged in before count for that place alone, so
nobody elsewhere can lock its owner out; all others share one count."""

from dataclasses import dataclass
from typing import Any

import redis

from onesoup.csp.status import StatusCode
from onesoup.store import keys
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.commands import RedisCommand, script_command, send, send_together

# After so many failures a log-in must wait, twice as long after each further one.
FREE_FAILURES = 5
FIRST_WAIT_MS, LONGEST_WAIT_MS = 15_000, 900_000
FAILURES_WINDOW_MS = 3_600_000
# So long an account's places and its last good password are known.
KNOWN_PLACE_MS = 90 * 86_400_000
MAX_KNOWN_PLACES = 16
LOGIN_WINDOW_SECONDS = 600
UNKNOWN_SESSION_WINDOW_SECONDS = 60
WRONG_PASSWORD_SECONDS = 600
# Wrong password, and account closed: what a server's own ban counts.
PASSWORD_REFUSED_CODES = (StatusCode.INVALID_PASSWORD, StatusCode.FORBIDDEN)
# Failures at an XMPP server count for so long; a log-in that nobody has settled stops counting after a while.
REFUSALS_WINDOW_MS = 3_600_000
UNSETTLED_LOGIN_MS = 60_000

CLOCK_LUA = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""

_ENTER = (
    CLOCK_LUA
    + """
-- KEYS 1 failures  2 known  ARGV 1 place
-- Returns {ms to wait, 1 where the place is known, digest of the last good password, or ""}.
local known = redis.call('HMGET', KEYS[2], 'p:' .. ARGV[1], 'good')
local till = redis.call('HGET', KEYS[1], (known[1] and ARGV[1] or '') .. '/till')
return {till and math.max(0, till - now) or 0, known[1] and 1 or 0, known[2] or ''}
"""
)

_FAILED = (
    CLOCK_LUA
    + f"local FREE, FIRST, LONGEST, FORGET = {FREE_FAILURES}, {FIRST_WAIT_MS}, {LONGEST_WAIT_MS}, {FAILURES_WINDOW_MS}"
    + """
-- KEYS 1 failures  2 known  ARGV 1 place  2 digest of the password, or ""
-- Returns the failures that count for this place now. A password that was good is not the good one any more.
local bucket = redis.call('HEXISTS', KEYS[2], 'p:' .. ARGV[1]) == 1 and ARGV[1] or ''
local count = redis.call('HINCRBY', KEYS[1], bucket .. '/n', 1)
if count >= FREE then
  local wait = math.min(LONGEST, FIRST * 2 ^ math.min(count - FREE, 20))
  redis.call('HSET', KEYS[1], bucket .. '/till', string.format('%.0f', now + wait))
end
redis.call('PEXPIRE', KEYS[1], FORGET)
if ARGV[2] ~= '' and redis.call('HGET', KEYS[2], 'good') == ARGV[2] then redis.call('HDEL', KEYS[2], 'good') end
return count
"""
)

_PASSED = (
    CLOCK_LUA
    + f"local KNOWN, MOST = {KNOWN_PLACE_MS}, {MAX_KNOWN_PLACES}"
    + """
-- KEYS 1 failures  2 known  ARGV 1 place  2 digest of the password, or ""
-- The place is known from now on, its failures are forgotten. The place unseen for longest goes when there are too many.
redis.call('HDEL', KEYS[1], ARGV[1] .. '/n', ARGV[1] .. '/till')
if redis.call('HEXISTS', KEYS[2], 'p:' .. ARGV[1]) == 0 then redis.call('HDEL', KEYS[1], '/n', '/till') end
redis.call('HSET', KEYS[2], 'p:' .. ARGV[1], string.format('%.0f', now))
if ARGV[2] ~= '' then redis.call('HSET', KEYS[2], 'good', ARGV[2]) end
redis.call('PEXPIRE', KEYS[2], KNOWN)
if redis.call('HLEN', KEYS[2]) > MOST + 1 then
  local all, oldest, least = redis.call('HGETALL', KEYS[2]), nil, nil
  for n = 1, #all, 2 do
    if all[n] ~= 'good' and (not least or tonumber(all[n + 1]) < least) then oldest, least = all[n], tonumber(all[n + 1]) end
  end
  redis.call('HDEL', KEYS[2], oldest)
end
return 1
"""
)

_COUNT = """
-- KEYS 1 count  ARGV 1 seconds     One more; the first sets the expiry. Returns how many there are.
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""

_RESERVE = (
    CLOCK_LUA
    + f"local HOUR, UNSETTLED = {REFUSALS_WINDOW_MS}, {UNSETTLED_LOGIN_MS}"
    + """
-- KEYS 1 failures of a domain  ARGV 1 name of the slot  2 who asks  3 slots  4 slots for one who asks
-- Returns 1 when the slot is taken, 0 when one may come free soon, -1 when the failures alone fill them.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - HOUR)
local all = redis.call('ZRANGE', KEYS[1], 0, -1)
local mine, failed, mine_failed = 0, 0, 0
for _, name in ipairs(all) do
  local own = string.sub(name, 3, 2 + #ARGV[2]) == ARGV[2]
  local over = string.sub(name, 1, 1) == 'f'
  if own then mine = mine + 1 end
  if over then failed = failed + 1 end
  if own and over then mine_failed = mine_failed + 1 end
end
if failed >= tonumber(ARGV[3]) or mine_failed >= tonumber(ARGV[4]) then return -1 end
if #all >= tonumber(ARGV[3]) or mine >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now - HOUR + UNSETTLED), 'w:' .. ARGV[2] .. ':' .. ARGV[1])
redis.call('PEXPIRE', KEYS[1], HOUR)
return 1
"""
)

_SETTLE = (
    CLOCK_LUA
    + f"local HOUR = {REFUSALS_WINDOW_MS}"
    + """
-- KEYS 1 failures of a domain  ARGV 1 name of the slot  2 who asked  3 one when the server refused the password
redis.call('ZREM', KEYS[1], 'w:' .. ARGV[2] .. ':' .. ARGV[1])
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), 'f:' .. ARGV[2] .. ':' .. ARGV[1])
  redis.call('PEXPIRE', KEYS[1], HOUR)
end
return 1
"""
)

_SERVER_WAIT = (
    CLOCK_LUA
    + f"local HOUR = {REFUSALS_WINDOW_MS}"
    + """
-- KEYS 1 failures of a domain  ARGV 1 who asks  2 slots  3 slots for one who asks
-- Returns the ms until the failures alone do not fill the slots any more, 0 when they do not now.
local all, mine = {}, {}
local found = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', now - HOUR + 1), '+inf', 'WITHSCORES')
for n = 1, #found, 2 do
  if string.sub(found[n], 1, 1) == 'f' then
    all[#all + 1] = tonumber(found[n + 1])
    if string.sub(found[n], 3, 2 + #ARGV[1]) == ARGV[1] then mine[#mine + 1] = tonumber(found[n + 1]) end
  end
end
local function free(times, most)
  return #times >= most and times[#times - most + 1] + HOUR - now or 0
end
return math.max(free(all, tonumber(ARGV[2])), free(mine, tonumber(ARGV[3])))
"""
)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """What is known of a log-in before it is tried. `wait` in seconds, 0 when it may go on; `good_password`: the digest of the
    account's last good password, "" while none is known."""

    wait: float
    place_known: bool
    good_password: str


@dataclass(frozen=True, slots=True)
class LoginTicket:
    """A log-in that an XMPP server decides. `password`, `place` and `address` are keyed digests; `slot` names it, "" where the
    server may see any number of failures."""

    account: str
    domain: str
    password: str
    place: str
    address: str
    slot: str

    def pack(self) -> list[str]:
        return [self.account, self.domain, self.password, self.place, self.address, self.slot]

    @classmethod
    def unpack(cls, fields: Any) -> "LoginTicket | None":
        """None for a job of a version that had no tickets."""
        return cls(*fields) if isinstance(fields, list | tuple) and len(fields) == 6 else None


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """`at_server`: failures an hour that one XMPP server may see of this gateway, 0 for any number; `own`: domains whose servers
    may see any number; `of_address`: failures in ten minutes of one client address."""

    at_server: int = 15
    of_address: int = 100
    own: frozenset[str] = frozenset()

    def limit_at(self, domain: str) -> int:
        """Failures that the server of this domain may see, 0 for any number."""
        return 0 if domain in self.own else self.at_server

    def share_at(self, domain: str) -> int:
        """What one address may cause of them: it alone must not use up what all users of a domain have."""
        return max(1, limit * 2 // 3) if (limit := self.limit_at(domain)) else 0


class LoginLimits:
    """Counts failures and says who may try."""

    def __init__(self, client: redis.Redis, policy: LoginPolicy | None = None) -> None:
        self._client, self.policy = client, policy or LoginPolicy()
        self._enter, self._failed, self._passed = (
            RedisScript(client, _ENTER, "guard.enter"),
            RedisScript(client, _FAILED, "guard.failed"),
            RedisScript(client, _PASSED, "guard.passed"),
        )
        self._reserve, self._settle = RedisScript(client, _RESERVE, "guard.reserve"), RedisScript(client, _SETTLE, "guard.settle")
        self._count = RedisScript(client, _COUNT, "guard.count")
        self._server_wait = RedisScript(client, _SERVER_WAIT, "guard.server_wait")

    # --- accounts and addresses ---

    def enter(self, account: str, place: str) -> LoginAttempt:
        """What is known of a log-in to this account from this place."""
        known: LoginAttempt = send(self._client, self.enter_command(account, place))
        return known

    def enter_command(self, account: str, place: str) -> RedisCommand:
        """As enter()."""
        return script_command(self._enter, _of(account), [place], _attempt)

    def failed(self, account: str, place: str, address: str, password: str = "") -> None:
        """A log-in was refused for its password."""
        send_together(self._client, *self._failure(account, place, address, password))

    def _failure(self, account: str, place: str, address: str, password: str) -> list[RedisCommand]:
        counted = script_command(self._count, [address_failures_key(address)], [LOGIN_WINDOW_SECONDS])
        return [script_command(self._failed, _of(account), [place, password]), counted]

    def passed(self, account: str, place: str, password: str = "") -> None:
        self._passed(_of(account), [place, password])

    def banned(self, address: str) -> bool:
        """Whether this address has failed too often of late."""
        return int(guarded(lambda: self._client.get(address_failures_key(address))) or 0) >= self.policy.of_address

    def address_wait(self, address: str) -> float:
        """Seconds until an address that has failed too often may try again, 0 when it may now."""
        return self._seconds_left(address_failures_key(address)) if self.banned(address) else 0.0

    def busy_wait(self, what: str, address: str) -> float:
        """Seconds until the count of busy() begins anew, 0 when nothing is counted."""
        return self._seconds_left(f"{what}:{address}")

    def _seconds_left(self, name: str) -> float:
        return max(0, int(guarded(lambda: self._client.pttl(name)))) / 1000

    def stray(self, address: str) -> int:
        """A request named a session that nobody has: how many did so from this address within a minute."""
        return int(self._count([f"stray:{address}"], [UNKNOWN_SESSION_WINDOW_SECONDS]))

    def busy(self, what: str, address: str, most: int) -> bool:
        """Whether this address has done something more than `most` times within ten minutes. Counts this time too."""
        return int(self._count([f"{what}:{address}"], [LOGIN_WINDOW_SECONDS])) > most

    # --- wrong passwords ---

    def wrong(self, password: str) -> int:
        """The code with which a server refused this password a short while ago, else 0; `password` is a digest that is made
        of the account's name too."""
        return int(guarded(lambda: self._client.get(f"wrong:{password}")) or 0)

    # --- XMPP servers ---

    def reserve(self, ticket: LoginTicket) -> int:
        """1: the server may be asked. 0: others are being asked, try again soon. -1: it has seen too many failures."""
        if not ticket.slot:
            return 1
        limit, share = self.policy.limit_at(ticket.domain), self.policy.share_at(ticket.domain)
        return int(self._reserve([refused_key(ticket.domain)], [ticket.slot, ticket.address, limit, share]))

    def server_wait(self, domain: str, address: str) -> float:
        """Seconds until the server of a domain may see another password that is not known to be good, 0 when it may now."""
        limit, share = self.policy.limit_at(domain), self.policy.share_at(domain)
        return int(self._server_wait([refused_key(domain)], [address, limit, share])) / 1000 if limit else 0.0

    def settle(self, ticket: LoginTicket, code: int, *more: RedisCommand) -> None:
        """What became of it: 200, a code of REFUSED, or anything else, which says nothing about the password. `more` goes
        along, behind it."""
        refused, commands = code in PASSWORD_REFUSED_CODES, []
        if ticket.slot:
            args = [ticket.slot, ticket.address, "1" if refused else "0"]
            commands.append(script_command(self._settle, [refused_key(ticket.domain)], args))
        if refused:
            commands.append(RedisCommand(("SET", f"wrong:{ticket.password}", int(code), "EX", WRONG_PASSWORD_SECONDS)))
            commands += self._failure(ticket.account, ticket.place, ticket.address, ticket.password)
        elif code == StatusCode.SUCCESSFUL:
            commands.append(script_command(self._passed, _of(ticket.account), [ticket.place, ticket.password]))
        send_together(self._client, *commands, *more)


def _attempt(entered: tuple[int, int, bytes]) -> LoginAttempt:
    wait, known, good = entered
    return LoginAttempt(wait / 1000, known == 1, good.decode())


def _of(account: str) -> list[str]:
    return [keys.account(account, "failed"), keys.account(account, "known")]


def address_failures_key(digest: str) -> str:
    """Where failures of a client address are counted."""
    return f"from:{digest}"


def refused_key(name: str) -> str:
    """Where failures at the server of a domain are counted."""
    return f"refused:{{{name}}}"
