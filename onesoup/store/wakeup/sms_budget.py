"""What SMS may cost (cir.md 11.3): budgets of a number, a user, a day and the gateway, and what became of each message.

The number is the key, not the session: a new log-in does not refill anything. A budget is taken before a message is handed to
the gateway, and given back only when the gateway has certainly not taken it."""

from dataclasses import dataclass

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, guarded

SMS_HOUR_MS, SMS_DAY_MS = 3_600_000, 86_400_000
# Wake-ups in a row without a request of the phone after them.
MAX_UNANSWERED_SMS = 2
# Reports in a row that a message could not be delivered, and for how long the number is left alone then.
MAX_SMS_FAILURES, SMS_SUSPENSION_MS = 3, 86_400_000
SMS_JOB_MS = 2 * 3_600_000

_CLAIM = """
-- KEYS 1 number  2 times of its messages  ARGV 1 gap, ms  2 an hour's  3 a day's  4 unanswered allowed
--      5 when the phone was last heard, ms, or "" when that does not matter  6 job
-- Takes one message of the number's budget. Returns {"ok", 0}, or {why not, ms until it may be tried again or -1}.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local h = redis.call('HMGET', KEYS[1], 'until', 'asked', 'last', 'fails')
if h[1] and tonumber(h[1]) > now then return {'suspended', -1} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400000)
local last = tonumber(redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2] or 0)
local asked = tonumber(h[2] or 0)
if ARGV[5] ~= '' and tonumber(ARGV[5]) > last then asked = 0 end
if ARGV[5] ~= '' and asked >= tonumber(ARGV[4]) then return {'unanswered', -1} end
if last + tonumber(ARGV[1]) > now then return {'gap', last + ARGV[1] - now} end
local function full(span, most)
  if redis.call('ZCOUNT', KEYS[2], now - span + 1, '+inf') < tonumber(most) then return nil end
  local oldest = redis.call('ZREVRANGE', KEYS[2], most - 1, most - 1, 'WITHSCORES')[2]
  return oldest and oldest + span - now or span
end
local wait = full(86400000, ARGV[3])
if wait then return {'day', wait} end
wait = full(3600000, ARGV[2])
if wait then return {'hour', wait} end
redis.call('ZADD', KEYS[2], now, ARGV[6])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'asked', asked + 1) end
redis.call('PEXPIRE', KEYS[1], 2 * 86400000)
redis.call('PEXPIRE', KEYS[2], 86400000)
return {'ok', 0}
"""

_REFUND = """
-- KEYS 1 number  2 times of its messages  ARGV 1 job
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 and tonumber(redis.call('HGET', KEYS[1], 'asked') or 0) > 0 then
  redis.call('HINCRBY', KEYS[1], 'asked', -1)
end
return 1
"""

_COUNT = """
-- KEYS 1 counter of a day  ARGV 1 allowed  2 day, ms     Counts one. Returns {1 when it was allowed, the count}.
local count = tonumber(redis.call('GET', KEYS[1]) or 0)
if count >= tonumber(ARGV[1]) then return {0, count} end
count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {1, count}
"""

_BUCKET = """
-- KEYS 1 bucket  ARGV 1 tokens a second     Takes a token. Returns 0, or the ms until there is one.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local rate = tonumber(ARGV[1])
local h = redis.call('HMGET', KEYS[1], 'n', 't')
local most = math.max(rate, 1)
local tokens = math.min(most, (tonumber(h[1]) or most) + (now - (tonumber(h[2]) or now)) * rate / 1000)
if tokens < 1 then return math.ceil((1 - tokens) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'n', tostring(tokens - 1), 't', now)
redis.call('PEXPIRE', KEYS[1], 60000)
return 0
"""

_REPORT = """
-- KEYS 1 number  ARGV 1 delivered, failed or refused  2 failures allowed  3 suspension, ms     Returns failures in a row.
if ARGV[1] == 'delivered' then
  redis.call('HDEL', KEYS[1], 'fails')
  return 0
end
local fails = redis.call('HINCRBY', KEYS[1], 'fails', 1)
redis.call('PEXPIRE', KEYS[1], 2 * 86400000)
if fails >= tonumber(ARGV[2]) then
  local t = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'until', t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[3]))
  redis.call('HDEL', KEYS[1], 'fails')
end
return fails
"""

# States of a message; a report moves it only forward.
SMS_STATE_RANKS = {"sent": 0, "unknown": 0, "accepted": 1, "buffered": 2, "delivered": 3, "failed": 3, "refused": 3}

_START = """
-- KEYS 1 job  ARGV 1 number  2 how long it is remembered, ms     Returns 0 when it was started before.
if redis.call('HSETNX', KEYS[1], 'n', ARGV[1]) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

_MOVE = """
-- KEYS 1 job  ARGV 1 rank  2 state     Returns the number when the state is new, 0 when it is not, -1 for an unknown job.
local h = redis.call('HMGET', KEYS[1], 'rank', 'n')
if not h[2] then return -1 end
if tonumber(h[1] or 0) >= tonumber(ARGV[1]) then return 0 end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'rank', ARGV[1], 'state', ARGV[2], 'at', t[1] * 1000 + math.floor(t[2] / 1000))
return h[2]
"""


@dataclass(frozen=True, slots=True)
class SmsLimits:
    """What may be sent: seconds between two to a number; messages in an hour and a day; in all."""

    gap: int = 300
    per_hour: int = 6
    per_day: int = 20
    user_per_day: int = 40
    total_per_day: int = 1000
    rate: float = 5.0
    # Answers to a phone that speaks CSP by SMS.
    data_per_hour: int = 60
    data_per_day: int = 300


@dataclass(frozen=True, slots=True)
class SmsRefusal:
    """Why nothing may be sent now: gap, hour, day, unanswered, suspended, user, total or rate. `ms` until it may be tried
    again, None when waiting does not help."""

    reason: str
    ms: int | None


class SmsBudget:
    """Takes and gives back messages. Keys:

    sms:{number}, smsd:{number}    hash: last, asked (unanswered wake-ups), fails, until; of wake-ups and of answers; for two days
    smst:{number}, smsdt:{number}  sorted set, messages of a day -> when they were sent, ms
    smsday:{jid}, cir:smsday:*     counters of a user and of a gateway, for a day
    cir:smsrate:*                  hash, the token bucket of a gateway"""

    def __init__(self, client: redis.Redis, limits: SmsLimits) -> None:
        self._client, self._limits = client, limits
        self._claim, self._refund, self._count = (
            RedisScript(client, _CLAIM, "sms.claim"),
            RedisScript(client, _REFUND, "sms.refund"),
            RedisScript(client, _COUNT, "sms.count"),
        )
        self._bucket = RedisScript(client, _BUCKET, "sms.bucket")

    def claim(self, number: str, jid: str, gateway: str, job: str, heard_ms: int | None) -> SmsRefusal | int:
        """How many messages the gateway has had today, this one included; or why it may not be sent. `heard_ms` is when the
        phone was last heard; None for a message that its user has just asked for."""
        limits, heard = self._limits, "" if heard_ms is None else heard_ms
        claimed = self._claim_of_day(number, jid, gateway, job, [limits.gap * 1000, limits.per_hour], heard)
        if isinstance(claimed, SmsRefusal):
            return claimed
        if wait := self.turn(gateway):
            self.refund(number, jid, gateway, job)
            return SmsRefusal("rate", wait)
        return claimed

    def claim_data(self, number: str, gateway: str, job: str) -> SmsRefusal | int:
        """The same for a part of an answer to an SMS of the phone's. It has paid for that, so there is no gap and nothing to
        wait for; answers and wake-ups do not use up each other's share of the number."""
        limits, total = self._limits, f"cir:smsday:{gateway}"
        reason, wait = self._claim(_data_of(number), [0, limits.data_per_hour, limits.data_per_day, MAX_UNANSWERED_SMS, "", job])
        if reason != b"ok":
            return SmsRefusal(reason.decode(), None if wait < 0 else int(wait))
        allowed, count = self._count([total], [limits.total_per_day, SMS_DAY_MS])
        wait = self.turn(gateway) if allowed else 0
        if allowed and not wait:
            return int(count)
        if allowed:
            self._less(total)
        self._refund(_data_of(number), [job])
        return SmsRefusal("rate", wait) if wait else SmsRefusal("total", None)

    def claim_part(self, number: str, jid: str, gateway: str, job: str) -> SmsRefusal | int:
        """The same for a part of a settings document. Its user has just asked for it, after a code perhaps, and is given few
        documents a day: so it waits neither for the gap nor for the hour. The limits of the day hold. `turn` sets the pace."""
        return self._claim_of_day(number, jid, gateway, job, [0, self._limits.per_day], "")

    def _claim_of_day(
        self, number: str, jid: str, gateway: str, job: str, gap_and_hour: list[float], heard: int | str
    ) -> SmsRefusal | int:
        """One message of the day of number, user and gateway, or why there is none."""
        limits, user, total = self._limits, keys.account(jid, "smsday"), f"cir:smsday:{gateway}"
        reason, wait = self._claim(_of(number), [*gap_and_hour, limits.per_day, MAX_UNANSWERED_SMS, heard, job])
        if reason != b"ok":
            return SmsRefusal(reason.decode(), None if wait < 0 else int(wait))
        if self._count([user], [limits.user_per_day, SMS_DAY_MS])[0] == 0:
            return self._back(number, job, SmsRefusal("user", None))
        allowed, count = self._count([total], [limits.total_per_day, SMS_DAY_MS])
        if allowed:
            return int(count)
        self._less(user)
        return self._back(number, job, SmsRefusal("total", None))

    def turn(self, gateway: str) -> int:
        """Takes the gateway's next turn, or says in how many ms there is one."""
        return int(self._bucket([f"cir:smsrate:{gateway}"], [self._limits.rate]))

    def refund_data(self, number: str, gateway: str, job: str) -> None:
        self._refund(_data_of(number), [job])
        self._less(f"cir:smsday:{gateway}")

    def refund(self, number: str, jid: str, gateway: str, job: str) -> None:
        """The gateway has certainly not taken it."""
        self._refund(_of(number), [job])
        self._less(keys.account(jid, "smsday"), f"cir:smsday:{gateway}")

    def _back(self, number: str, job: str, refusal: SmsRefusal) -> SmsRefusal:
        self._refund(_of(number), [job])
        return refusal

    def _less(self, *counters: str) -> None:
        for counter in counters:
            guarded(lambda name=counter: self._client.decr(name))  # type: ignore[misc]


class SmsJobs:
    """Messages that were handed to the gateway, for the reports about them, for two hours: cir:job:*, a hash with number (n),
    state, rank and time (at); cir:smsid:*, a string, the job behind an id of the gateway."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._start = client, RedisScript(client, _START, "sms.start")
        self._move, self._report = RedisScript(client, _MOVE, "sms.move"), RedisScript(client, _REPORT, "sms.report")

    def start(self, job: str, number: str) -> bool:
        """False when this job was started before: it must not be sent again."""
        return bool(self._start([_job(job)], [number, SMS_JOB_MS]) == 1)

    def name(self, job: str, gateway: str, message_id: str) -> None:
        """The gateway calls this job by an id of its own; one that is too long is not remembered."""
        if message_id and len(message_id.encode("utf-8", "surrogatepass")) <= bounds.GATEWAY_ID_BYTES:
            guarded(lambda: self._client.set(f"cir:smsid:{gateway}:{message_id.lower()}", job, px=SMS_JOB_MS))

    def named(self, gateway: str, forms: tuple[str, ...]) -> str:
        """The job of a gateway's id in one of these forms, the likeliest first; "" when none is known."""
        for form in forms:
            found = guarded(lambda name=form: self._client.get(f"cir:smsid:{gateway}:{name}"))  # type: ignore[misc]
            if isinstance(found, bytes):
                return found.decode()
        return ""

    def report(self, job: str, state: str) -> str:
        """A report about a job: "new" when it changes something, "old" when it says what is known, "unknown"."""
        found = self._move([_job(job)], [SMS_STATE_RANKS[state], state])
        if not isinstance(found, bytes):
            return "old" if found == 0 else "unknown"
        if state in ("delivered", "failed", "refused"):
            self._report(_of(found.decode())[:1], [state, MAX_SMS_FAILURES, SMS_SUSPENSION_MS])
        return "new"

    def state(self, job: str) -> str:
        return self.fate(job)[0]

    def fate(self, job: str) -> tuple[str, int]:
        """What is reported of a job, and since when, ms; ("", 0) when nothing is."""
        state, at = guarded(lambda: self._client.hmget(_job(job), ["state", "at"]))
        return (state.decode() if state else "", int(at) if at else 0)


def _of(number: str) -> list[str]:
    return [f"sms:{{{number}}}", f"smst:{{{number}}}"]


def _data_of(number: str) -> list[str]:
    return [f"smsd:{{{number}}}", f"smsdt:{{{number}}}"]


def _job(job: str) -> str:
    return f"cir:job:{job}"
