"""Short messages of phones that speak CSP by SMS: parts of which others are missing, whole messages in the order in which they
came, and answers that have yet to be sent. Octets are the caller's, and sealed: a log-in has its password in them.

One number's messages are worked on one at a time (`due`). What an answer costs is noted before it is sent: a process that dies
in between loses an answer, which the phone asks for again, and never sends one twice."""

from dataclasses import dataclass
from enum import Enum

import redis

from onesoup.store import bounds
from onesoup.store.redis.client import RedisScript, Value, guarded
from onesoup.store.redis.msgpack import reader
from onesoup.store.wakeup.timers import SharedTimers

SMS_TIMERS_KEY = "cir:smsin"
# How long a part waits for the others, and a message or an answer for a process that lives.
SMS_PARTS_MS, INBOUND_SMS_MS = 600_000, 3_600_000
# Messages of one number that may wait.
MAX_WAITING_SMS = 50
DELIVERIES_WINDOW_MS = 3_600_000
# Under an id of the gateway's, a delivery is known again for so long; without one by its octets, and for a moment only: a phone
# may well say the same twice.
GATEWAY_ID_MS, SAME_SMS_MS = 3_600_000, 30_000

_KEEP = """
-- KEYS 1 known delivery  2 parts  3 queue  4 keys of parts  5 deliveries of this hour
-- ARGV 1 how long it is known, ms  2 place  3 of how many  4 octets  5 head
--      6 how long parts wait, ms  7 most messages  8 how long those wait, ms  9 most unfinished messages  10 most deliveries in
--      an hour  11 hour, ms
-- Keeps a part, once; the last one that was missing makes a message of them all: head and parts, each as length:octets.
-- Returns 2 for a message, 1 for a part, 0 for a repetition, -1 when too many wait.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('LLEN', KEYS[3]) >= tonumber(ARGV[7]) then return -1 end
if redis.call('INCR', KEYS[5]) == 1 then redis.call('PEXPIRE', KEYS[5], ARGV[11]) end
if tonumber(redis.call('GET', KEYS[5])) > tonumber(ARGV[10]) then return -1 end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local count = tonumber(ARGV[3])
local parts = {ARGV[4]}
if count > 1 then
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('LREM', KEYS[4], 0, KEYS[2])
  redis.call('LPUSH', KEYS[4], KEYS[2])
  redis.call('PEXPIRE', KEYS[4], ARGV[6])
  while redis.call('LLEN', KEYS[4]) > tonumber(ARGV[9]) do redis.call('DEL', redis.call('RPOP', KEYS[4])) end
  if redis.call('HLEN', KEYS[2]) < count then return 1 end
  for place = 1, count do parts[place] = redis.call('HGET', KEYS[2], place - 1) end
  redis.call('DEL', KEYS[2])
end
local entry = #ARGV[5] .. ':' .. ARGV[5]
for place = 1, count do entry = entry .. #parts[place] .. ':' .. parts[place] end
redis.call('RPUSH', KEYS[3], entry)
redis.call('PEXPIRE', KEYS[3], ARGV[8])
return 2
"""

_ANSWERED = """
-- KEYS 1 queue  2 answers  ARGV 1 the message as it was read  2 its answer, or ""  3 how long it waits, ms
-- The message is done, and its answer is to be sent. Returns 0 when another process was faster.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
redis.call('LPOP', KEYS[1])
if ARGV[2] ~= '' then
  redis.call('RPUSH', KEYS[2], ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return 1
"""

_ADVANCE = """
-- KEYS 1 answers  ARGV 1 the first as it was read  2 as it shall be, "" when it is done
-- Returns 0 when another process was faster.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('LPOP', KEYS[1]) else redis.call('LSET', KEYS[1], 0, ARGV[2]) end
return 1
"""


class KeptParts(Enum):
    """What became of a delivery."""

    FULL = -1
    REPEAT = 0
    PART = 1
    MESSAGE = 2


@dataclass(frozen=True, slots=True)
class InboundSms:
    """A message as it waits: `raw` names it, `head` is the first part's."""

    raw: bytes
    head: bytes
    parts: tuple[bytes, ...]


class InboundSmsStore:
    """Messages and answers by number. `due` (cir:smsin) has the numbers for which there is something to do. Keys:

    smsin:{number}      list of whole messages, oldest first;  smsout:{number}  list of answers; for an hour
    smspart:{number}:*  hash, place -> part of an unfinished message;  smsparts:{number}  list of their names; for ten minutes
    smsseen:{number}:*  string, a delivery that came;  smsn:{number}  counter of deliveries; for an hour"""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self.due = client, SharedTimers(client, SMS_TIMERS_KEY)
        self._keep, self._answered = (
            RedisScript(client, _KEEP, "incoming.keep"),
            RedisScript(client, _ANSWERED, "incoming.answered"),
        )
        self._advance = RedisScript(client, _ADVANCE, "incoming.advance")

    def keep(
        self, number: str, delivery: str, named: bool, message: str, place: int, count: int, octets: bytes, head: bytes
    ) -> KeptParts:
        """Part `place` of `count` of a message. `delivery` is the gateway's id of it (`named`), or a digest of what came. What
        no SMS can be is FULL, as what comes too often is."""
        if len(octets) + len(head) > bounds.SMS_BYTES or len(message) + len(delivery) > 2 * bounds.SMS_NAME_BYTES:
            return KeptParts.FULL
        names = [f"smsseen:{{{number}}}:{delivery}", f"smspart:{{{number}}}:{message}", _queue(number)]
        names += [f"smsparts:{{{number}}}", f"smsn:{{{number}}}"]
        args: list[Value] = [
            GATEWAY_ID_MS if named else SAME_SMS_MS,
            place,
            count,
            octets,
            head,
            SMS_PARTS_MS,
            MAX_WAITING_SMS,
            INBOUND_SMS_MS,
        ]
        args += [bounds.MOST_UNFINISHED, bounds.MOST_DELIVERIES, DELIVERIES_WINDOW_MS]
        kept = KeptParts(self._keep(names, args))
        if kept in (KeptParts.MESSAGE, KeptParts.REPEAT):  # the process that kept it may have died before it could say so
            self.due.add(number)
        return kept

    def first(self, number: str) -> InboundSms | None:
        """The oldest message; it stays until it is answered."""
        raw = guarded(lambda: self._client.lindex(_queue(number), 0))
        return _entry(raw) if isinstance(raw, bytes) else None

    def answered(self, number: str, entry: InboundSms, answer: bytes) -> bool:
        """The message is done; `answer` waits to be sent, b"" for none. False when another process was faster."""
        return bool(self._answered([_queue(number), _answers(number)], [entry.raw, answer, INBOUND_SMS_MS]) == 1)

    def answer(self, number: str) -> bytes | None:
        """The oldest answer that has yet to be sent."""
        found = guarded(lambda: self._client.lindex(_answers(number), 0))
        return found if isinstance(found, bytes) else None

    def advance(self, number: str, old: bytes, new: bytes) -> bool:
        """The oldest answer becomes another one, or with b"" is done. False when another process was faster: then nothing of
        it may be sent."""
        return bool(self._advance([_answers(number)], [old, new]) == 1)


def _queue(number: str) -> str:
    return f"smsin:{{{number}}}"


def _answers(number: str) -> str:
    return f"smsout:{{{number}}}"


@reader
def _entry(raw: bytes) -> InboundSms:
    fields, at = [], 0
    while at < len(raw):
        colon = raw.index(b":", at)
        end = colon + 1 + int(raw[at:colon])
        fields.append(raw[colon + 1 : end])
        at = end
    return InboundSms(raw, fields[0], tuple(fields[1:]))
