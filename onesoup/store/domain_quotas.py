"""How many sessions a domain may have at once, and how many log-ins in a minute. Counted only where there is a limit.

A log-in takes its place before the XMPP server hears of it, in one step for all gateways. Holders take out what has ended and put
in what is missing, such as sessions from before there was a limit."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import redis

from onesoup.settings.declare import ANY_DOMAIN
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.session.session_records import SessionRecords

LOGIN_MINUTE_MS = 60_000
# A log-in under way has a place and no session yet.
UNSETTLED_PLACE_MS = 30_000
# The places of a full domain are looked through once in this time, by one gateway.
LOOK_THROUGH_MS = 2_000
SESSIONS_AT_MS = 86_400_000
SESSIONS_IN_STEP = 500

_QUOTA_CLOCK = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""

_TAKE_PLACE = (
    _QUOTA_CLOCK
    + f"local MINUTE, KEEP = {LOGIN_MINUTE_MS}, {SESSIONS_AT_MS}"
    + """
-- KEYS 1 sessions  2 log-ins  ARGV 1 session  2 session that it replaces, or ""  3 most sessions  4 most log-ins; 0 for no limit
-- Takes a place and returns {'', 0}; or says what is full: {'sessions', 0}, {'logins', ms until one is free}.
local most_sessions, most_logins = tonumber(ARGV[3]), tonumber(ARGV[4])
if most_logins > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - MINUTE)
  if redis.call('ZCARD', KEYS[2]) >= most_logins then
    local first = redis.call('ZRANGE', KEYS[2], -most_logins, -most_logins, 'WITHSCORES')
    return {'logins', tonumber(first[2]) + MINUTE - now}
  end
end
if most_sessions > 0 then
  local count = redis.call('ZCARD', KEYS[1])
  if ARGV[2] ~= '' and redis.call('ZSCORE', KEYS[1], ARGV[2]) then count = count - 1 end
  if count >= most_sessions then return {'sessions', 0} end
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], KEEP)
end
if most_logins > 0 then
  redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', KEYS[2], MINUTE)
end
return {'', 0}
"""
)

_SETTLED_PLACES = (
    _QUOTA_CLOCK
    + f"local UNSETTLED, PAUSE = {UNSETTLED_PLACE_MS}, {LOOK_THROUGH_MS}"
    + """
-- KEYS 1 sessions  2 mark     Returns the sessions whose log-in is over; nothing when somebody has asked just now.
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', PAUSE) then return {} end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - UNSETTLED)
"""
)

_NOTE_SESSIONS = (
    _QUOTA_CLOCK
    + f"local KEEP, UNSETTLED = {SESSIONS_AT_MS}, {UNSETTLED_PLACE_MS}"
    + """
-- KEYS 1 sessions  ARGV sessions that live
for _, sid in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'NX', string.format('%.0f', now - UNSETTLED), sid) end
return redis.call('PEXPIRE', KEYS[1], KEEP)
"""
)

_COUNT_PLACES = (
    _QUOTA_CLOCK
    + f"local MINUTE = {LOGIN_MINUTE_MS}"
    + """
-- KEYS 1 sessions  2 log-ins     Returns how many of each there are.
return {redis.call('ZCARD', KEYS[1]), redis.call('ZCOUNT', KEYS[2], string.format('(%.0f', now - MINUTE), '+inf')}
"""
)


class QuotaKind(StrEnum):
    """Which limit is reached."""

    NONE = ""
    SESSIONS = "sessions"
    LOGINS = "logins"


class QuotaVerdict(NamedTuple):
    """`wait`: seconds until the next log-in has a place, 0.0 where that depends on others."""

    full: QuotaKind
    wait: float = 0.0


class DomainCounts(NamedTuple):
    """What a domain has now, and what it may have; 0 for no limit."""

    sessions: int
    most_sessions: int
    logins: int
    most_logins: int

    @property
    def full(self) -> list[QuotaKind]:
        found = []
        if 0 < self.most_sessions <= self.sessions:
            found.append(QuotaKind.SESSIONS)
        if 0 < self.most_logins <= self.logins:
            found.append(QuotaKind.LOGINS)
        return found


@dataclass(frozen=True, slots=True)
class QuotaPolicy:
    """Limits by domain; that of ANY_DOMAIN is each other domain's. 0 for no limit."""

    sessions: Mapping[str, int] = field(default_factory=dict)
    logins: Mapping[str, int] = field(default_factory=dict)

    def sessions_at(self, domain: str) -> int:
        return self.sessions.get(domain, self.sessions.get(ANY_DOMAIN, 0))

    def logins_at(self, domain: str) -> int:
        return self.logins.get(domain, self.logins.get(ANY_DOMAIN, 0))

    def limits(self, domain: str) -> bool:
        return bool(self.sessions_at(domain) or self.logins_at(domain))


class DomainQuotas:
    """sessions-at:{domain}, a zset: SessionID -> since when, ms; logins-at:{domain}, a zset: SessionID -> when, ms."""

    def __init__(self, client: redis.Redis, policy: QuotaPolicy) -> None:
        self._client, self.policy = client, policy
        self._take = RedisScript(client, _TAKE_PLACE, "quotas.take")
        self._settled = RedisScript(client, _SETTLED_PLACES, "quotas.settled")
        self._note = RedisScript(client, _NOTE_SESSIONS, "quotas.note")
        self._counts = RedisScript(client, _COUNT_PLACES, "quotas.counts")
        self._records = SessionRecords(client)

    def take(self, domain: str, sid: str, replaces: str = "") -> QuotaVerdict:
        """A place for a log-in that is to make the session `sid`, in the place of `replaces` where there is one."""
        if not self.policy.limits(domain):
            return QuotaVerdict(QuotaKind.NONE)
        verdict = self._try(domain, sid, replaces)
        if verdict.full is QuotaKind.SESSIONS and self._forget_ended(domain):
            verdict = self._try(domain, sid, replaces)
        return verdict

    def leave(self, domain: str, sid: str) -> None:
        """The session is over, or never came to be."""
        if sid and self.policy.sessions_at(domain):
            guarded(lambda: self._client.zrem(_sessions_key(domain), sid))

    def note(self, domain: str, sids: Sequence[str]) -> None:
        """These sessions of the domain live, whoever made them."""
        if self.policy.sessions_at(domain):
            for start in range(0, len(sids), SESSIONS_IN_STEP):
                self._note([_sessions_key(domain)], list(sids[start : start + SESSIONS_IN_STEP]))

    def counts(self, domain: str) -> DomainCounts:
        sessions, logins = self._counts([_sessions_key(domain), _logins_key(domain)])
        return DomainCounts(int(sessions), self.policy.sessions_at(domain), int(logins), self.policy.logins_at(domain))

    def _try(self, domain: str, sid: str, replaces: str) -> QuotaVerdict:
        limits = [self.policy.sessions_at(domain), self.policy.logins_at(domain)]
        full, ms = self._take([_sessions_key(domain), _logins_key(domain)], [sid, replaces, *limits])
        return QuotaVerdict(QuotaKind(full.decode()), math.ceil(int(ms)) / 1000)

    def _forget_ended(self, domain: str) -> bool:
        """Gives back places of sessions that are over. Whether there were any."""
        found = self._settled([_sessions_key(domain), f"looked:{{{domain}}}"])
        ended = list(self._ended([sid.decode() for sid in found]))
        for start in range(0, len(ended), SESSIONS_IN_STEP):
            some = ended[start : start + SESSIONS_IN_STEP]
            guarded(lambda some=some: self._client.zrem(_sessions_key(domain), *some))  # type: ignore[misc]
        return bool(ended)

    def _ended(self, sids: Sequence[str]) -> Iterable[str]:
        for start in range(0, len(sids), SESSIONS_IN_STEP):
            some = sids[start : start + SESSIONS_IN_STEP]
            yield from (sid for sid, lives in zip(some, self._records.unended(some), strict=True) if not lives)


def _sessions_key(domain: str) -> str:
    return f"sessions-at:{{{domain}}}"


def _logins_key(domain: str) -> str:
    return f"logins-at:{{{domain}}}"
