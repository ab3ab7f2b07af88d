"""The phone numbers of an account that have been proved, and the codes by which that is done. A number that a phone only
claims is never kept here."""

import hashlib
import hmac
import time
from enum import Enum

import redis

from onesoup.store import keys
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import pack, reader, unpack
from onesoup.store.session.session_lua import CIR_CHANNEL

NUMBER_VERSION = 1
# A number that has not been seen for so long may belong to somebody else by now, ms.
PROVED_NUMBER_MS = 180 * 86_400_000
MAX_PROVED_NUMBERS = 8

CODE_DIGITS = 6
CODE_MS = 15 * 60_000
MAX_CODE_TRIES = 5
# Codes in a day: that an account may ask for, that a number may be sent, and of the latter those that one account may ask for, so
# that a stranger alone does not use up what the number's owner has.
CODES_PER_ACCOUNT, CODES_PER_NUMBER, CODES_PER_ACCOUNT_AND_NUMBER = 3, 3, 2
CODE_LIMIT_MS = 86_400_000
# Codes that wait for a CIR process to send them.
CODES_TO_SEND_KEY = "cir:codes"
CODE_TO_SEND_MS = 60_000

_ASK = """
-- KEYS 1 requests of the account  2 its requests by number  ARGV 1 number  2 requests allowed  3 for this number  4 day, ms
-- Counts one. Returns 1, or 0 when the account has asked too often: then nothing is counted.
if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[2]) then return 0 end
if tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0) >= tonumber(ARGV[3]) then return 0 end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
"""

_KEEP = """
-- KEYS 1 code  ARGV 1 number  2 digest of the code  3 validity, ms      A new code takes the place of the old one.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'n', ARGV[1], 'c', ARGV[2], 't', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""

_BACK = """
-- KEYS 1 requests of the account  2 its requests by number  3 code  ARGV 1 number
-- A code was not sent: it is worth nothing, and does not count.
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
if tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0) > 0 then redis.call('HINCRBY', KEYS[2], ARGV[1], -1) end
if redis.call('HGET', KEYS[3], 'n') == ARGV[1] then redis.call('DEL', KEYS[3]) end
return 1
"""

_UNCOUNT = """
-- KEYS 1 requests for a number
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
return 1
"""

_CHECK = """
-- KEYS 1 code  ARGV 1 digest of what was typed  2 tries allowed
-- Returns the number when it is right (once), 0 when it is wrong, -1 when there is none or it was tried too often.
local h = redis.call('HMGET', KEYS[1], 'n', 'c', 't')
if not h[1] then return -1 end
if redis.call('HINCRBY', KEYS[1], 't', 1) > tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
  return -1
end
if h[2] ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return h[1]
"""

_COUNT = """
-- KEYS 1 requests for a number  ARGV 1 allowed  2 day, ms     Counts one. Returns 1, or 0 when there are too many: then none is
-- counted.
if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) then return 0 end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""


_SEND = """
-- KEYS 1 outgoing  ARGV 1 record  2 how long it is worth anything, ms  3 channel
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], 'code')
return 1
"""


class CodeCheck(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    # Nothing to compare with any more: a new code has to be asked for.
    OVER = "over"


class PhoneNumbers:
    """Keys:

    num:{jid}      hash, proved number -> where it is known from, and since when; for 180 days
    code:{jid}     hash, the code that waits to be typed: number (n), digest (c), tries (t); for 15 minutes
    codes:{jid}, codesto:{jid}, codes:{number}  codes asked for in a day: by an account, by it for each number, for a number
    cir:codes      list of messages with codes for CIR processes to send; for a minute"""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._ask, self._keep, self._check = (
            RedisScript(client, _ASK, "numbers.ask"),
            RedisScript(client, _KEEP, "numbers.keep"),
            RedisScript(client, _CHECK, "numbers.check"),
        )
        self._count, self._uncount = (
            RedisScript(client, _COUNT, "numbers.count"),
            RedisScript(client, _UNCOUNT, "numbers.uncount"),
        )
        self._back = RedisScript(client, _BACK, "numbers.back")
        self._send = RedisScript(client, _SEND, "numbers.send")

    def learn(self, jid: str, number: str, source: str, now: float | None = None) -> None:
        """The number belongs to the account's user, as `source` has shown now. Of many, the latest stay."""
        key = keys.account(jid, "num")
        record = pack(NUMBER_VERSION, {"s": source, "t": int(time.time() if now is None else now)})

        def write() -> None:
            self._client.hset(key, number, record)
            self._client.pexpire(key, PROVED_NUMBER_MS)

        guarded(write)
        for old in self.of(jid)[MAX_PROVED_NUMBERS:]:
            self.forget(jid, old)

    def of(self, jid: str) -> list[str]:
        """The proved numbers, the latest first."""
        found = guarded(lambda: self._client.hgetall(keys.account(jid, "num")))
        known = {number.decode(): _last_proved(record) for number, record in found.items()}
        return sorted(known, key=lambda number: -known[number])

    def forget(self, jid: str, number: str) -> bool:
        return bool(guarded(lambda: self._client.hdel(keys.account(jid, "num"), number)))

    # --- codes ---

    def issue(self, jid: str, number: str, code: str) -> bool:
        """Keeps a code that is to be sent to the number. False when the account or anybody has asked for too many: then it
        must not be sent, and does not count. One account has one code at a time."""
        if self._ask(_asked(jid), [number, CODES_PER_ACCOUNT, CODES_PER_ACCOUNT_AND_NUMBER, CODE_LIMIT_MS]) != 1:
            return False
        if self._count([f"codes:{{{number}}}"], [CODES_PER_NUMBER, CODE_LIMIT_MS]) != 1:
            self._back([*_asked(jid), keys.account(jid, "code")], [number])
            return False
        self._keep([keys.account(jid, "code")], [number, _digest(jid, code), CODE_MS])
        return True

    def issue_wait(self, jid: str, number: str) -> float:
        """Seconds until the account may certainly ask for a code to this number again."""
        names = [*_asked(jid), f"codes:{{{number}}}"]
        return max(0, *(int(guarded(lambda name=name: self._client.pttl(name))) for name in names)) / 1000  # type: ignore[misc]

    def take_back(self, jid: str, number: str) -> None:
        """The account's code has certainly not been sent to the number: it does not count, and is good for nothing."""
        self._back([*_asked(jid), keys.account(jid, "code")], [number])
        self._uncount([f"codes:{{{number}}}"])

    def check(self, jid: str, code: str) -> tuple[CodeCheck, str]:
        """What was typed: (RIGHT, number) once, and the number is the account's from then on."""
        found = self._check([keys.account(jid, "code")], [_digest(jid, code.strip()), MAX_CODE_TRIES])
        if isinstance(found, bytes):
            return CodeCheck.RIGHT, found.decode()
        return (CodeCheck.WRONG if found == 0 else CodeCheck.OVER), ""

    def send(self, record: bytes) -> None:
        """Hands a message with a code to the CIR processes. It is worthless after a minute."""
        self._send([CODES_TO_SEND_KEY], [record, CODE_TO_SEND_MS, CIR_CHANNEL])

    def next_to_send(self) -> bytes | None:
        """The oldest message that waits; it is gone from here, so that it is never sent twice."""
        record: bytes | None = guarded(lambda: self._client.lpop(CODES_TO_SEND_KEY))
        return record


@reader
def _last_proved(record: bytes) -> int:
    """When a number was seen last, seconds since 1970."""
    return int(unpack(record, NUMBER_VERSION)["t"])


def _asked(jid: str) -> list[str]:
    """What an account has asked for today: how many codes, and by number."""
    return [keys.account(jid, "codes"), keys.account(jid, "codesto")]


def _digest(jid: str, code: str) -> str:
    return hmac.digest(jid.encode("utf-8", "surrogatepass"), code.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
