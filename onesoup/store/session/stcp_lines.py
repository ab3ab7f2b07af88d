"""The STCP lines of a session: which CIR processes have them, and whether the phone came when it was woken."""

from collections.abc import Sequence
from typing import NamedTuple

import redis

from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.store import keys, records
from onesoup.store.errors import NoSession
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.session.session_lua import WAKE_LUA

# CIR processes that may have STCP lines of one session (cir.md 3.5).
MAX_LINE_PROCESSES = 2

_BIND = (
    WAKE_LUA
    + f"local MOST = {MAX_LINE_PROCESSES}\n"
    + """
-- KEYS 1 session  2 queue  ARGV 1 the CIR process's channel  2 sid  3 the phone's address
-- Binds an STCP line; a session has lines at two processes at most, the newest first. A process that has lines too is told
-- that the phone has a new one at this address. Returns {field r, 1 when something waits, the
-- address of its last request}.
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
local h = redis.call('HMGET', KEYS[1], 'stcp', 'cir')
local channels = ARGV[1]
local count = 1
for channel in string.gmatch(h[1] or '', '%S+') do
  if channel ~= ARGV[1] then
    count = count + 1
    if count <= MOST then
      channels = channels .. ' ' .. channel
      redis.call('PUBLISH', channel, 'moved ' .. ARGV[2] .. ' ' .. ARGV[3])
    else
      redis.call('PUBLISH', channel, 'moved ' .. ARGV[2] .. ' *')
    end
  end
end
redis.call('HSET', KEYS[1], 'stcp', channels)
local waiting = redis.call('LLEN', KEYS[2]) > 0 and 1 or 0
if waiting == 1 then redis.call('HSET', KEYS[1], 'cir', h[2] or ('p' .. now)) else redis.call('HDEL', KEYS[1], 'cir') end
local own = redis.call('HMGET', KEYS[1], 'r', 'addr')
return {own[1], waiting, own[2]}
"""
)

_UNBIND = """
-- KEYS 1 session  ARGV 1 channel     Takes the lines of one process back; those of others stay. Since when there is none is
-- kept for the CIR flag.
local left = {}
for channel in string.gmatch(redis.call('HGET', KEYS[1], 'stcp') or '', '%S+') do
  if channel ~= ARGV[1] then left[#left + 1] = channel end
end
if #left == 0 then
  if redis.call('HDEL', KEYS[1], 'stcp') == 0 then return 0 end
  local t = redis.call('TIME')
  return redis.call('HSET', KEYS[1], 'noline', t[1] * 1000 + math.floor(t[2] / 1000))
end
return redis.call('HSET', KEYS[1], 'stcp', table.concat(left, ' '))
"""

_STILL = """
-- KEYS 1 session  2 queue  ARGV 1 channel    1 when a wake is still unanswered: sent, no request since, something waits.
local h = redis.call('HMGET', KEYS[1], 'cir', 'stcp', 'end')
if h[1] and h[2] and string.find(' ' .. h[2] .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) and not h[3]
  and redis.call('LLEN', KEYS[2]) > 0 then return 1 end
return 0
"""


class BoundLine(NamedTuple):
    """What a line finds: its session, whether something waits, and the address of the phone's last request, "" where it is not
    known."""

    session: Session
    waiting: bool
    last_address: str


class StcpLines:
    """Binds lines to sessions. Fields of the session's hash s:{sid}:

    stcp    channels of the CIR processes that have a line, the newest first, with spaces between them
    noline  since when there is none, ms
    cir     the wake that is outstanding: m or p, and when it was sent, ms"""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._bind, self._unbind = RedisScript(client, _BIND, "sessions.bind"), RedisScript(client, _UNBIND, "sessions.unbind")
        self._unanswered = RedisScript(client, _STILL, "sessions.still")

    def bind(self, sid: str, channel: str, address: str = "") -> BoundLine:
        """A line of this session, from `address`, ends at the process that listens on `channel`. NoSession when the session is
        over."""
        record, waiting, last = self._bind([keys.session(sid), *keys.of(sid, "q")], [channel, sid, address])
        if record is None:
            raise NoSession(StatusCode.INVALID_SESSION)
        return BoundLine(records.unpack_session(record), waiting == 1, last.decode() if last else "")

    def unbind(self, sid: str, channel: str) -> None:
        """That process has no line of the session any more."""
        self._unbind([keys.session(sid)], [channel])

    def wake_unanswered(self, sid: str, channel: str) -> bool:
        """Whether the phone has made no request since it was woken although something waits."""
        return bool(self._unanswered([keys.session(sid), *keys.of(sid, "q")], [channel]) == 1)

    def woken(self, sids: Sequence[str]) -> list[str]:
        """Those of the sessions that have a wake outstanding."""

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hget(keys.session(sid), "cir")
            return pipe.execute()

        return [sid for sid, wake in zip(sids, guarded(read), strict=True) if wake] if sids else []
