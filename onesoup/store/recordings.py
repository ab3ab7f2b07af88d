"""Which phones are recorded just now (`onesoup record`). One small key for the cluster: gateways read it every few seconds, and
ask it about a session only while anything is recorded."""

import time
from dataclasses import dataclass

import redis

from onesoup.store import bounds
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import pack, reader, unpack

RECORDINGS_KEY = "recordings"
RECORDING_VERSION = 1
# How long a recording may last, and how many there may be.
MAX_RECORDING_SECONDS, MAX_RECORDINGS = 3600, 8
# Fields of the key: r:{id} a recording, n:{id} the phone that --new has found, l:{id} that the log has its line, g:{id} how many
# gateway processes know of it, s:{session} the recording of a session.
_RECORD, _LOGGED, _GATEWAYS, _SESSION = "r:", "l:", "g:", "s:"

_FOLLOW = """
-- KEYS 1 recordings  ARGV 1 recording  2 session  3 phone, '' where any phone of the user is meant  4 most fields
-- Notes that a session is recorded, and returns 1. 0 when the recording is over, has found another phone, or follows too many.
if redis.call('HEXISTS', KEYS[1], 'r:' .. ARGV[1]) == 0 then return 0 end
if ARGV[3] ~= '' then
  redis.call('HSETNX', KEYS[1], 'n:' .. ARGV[1], ARGV[3])
  if redis.call('HGET', KEYS[1], 'n:' .. ARGV[1]) ~= ARGV[3] then return 0 end
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], 's:' .. ARGV[2], ARGV[1])
return 1
"""

_STOP = """
-- KEYS 1 recordings  ARGV recordings
-- Forgets these recordings and their sessions.
local gone = {}
for _, id in ipairs(ARGV) do
  gone[id] = true
  redis.call('HDEL', KEYS[1], 'r:' .. id, 'n:' .. id, 'l:' .. id, 'g:' .. id)
end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i]:sub(1, 2) == 's:' and gone[all[i + 1]] then redis.call('HDEL', KEYS[1], all[i]) end
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """`who` is a bare JID, "" for the next phone that logs in. `key` decides by what names are replaced."""

    id: str
    who: str
    until: float  # seconds since 1970
    key: bytes


def recording_channel(recording: str) -> str:
    """Where what is recorded is published, redacted."""
    return f"recorded:{recording}"


class Recordings:
    """`recordings`, a hash for the whole cluster."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._follow = RedisScript(client, _FOLLOW, "recordings.follow")
        self._stop = RedisScript(client, _STOP, "recordings.stop")

    def start(self, recording: Recording) -> None:
        """TooMuch when there are as many as there may be."""
        known = self._known()
        self.stop([each.id for each in known if each.until <= time.time()])
        if sum(each.until > time.time() for each in known) >= MAX_RECORDINGS:
            raise bounds.TooMuch
        record = pack(RECORDING_VERSION, {"w": recording.who, "u": recording.until, "k": recording.key})

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.hset(RECORDINGS_KEY, _RECORD + recording.id, record)
            pipe.expire(RECORDINGS_KEY, MAX_RECORDING_SECONDS)
            pipe.execute()

        guarded(write)

    def stop(self, recordings: list[str]) -> None:
        if recordings:
            self._stop([RECORDINGS_KEY], recordings)

    def active(self) -> tuple[Recording, ...]:
        return tuple(each for each in self._known() if each.until > time.time())

    def follow(self, recording: str, session: str, phone: str = "") -> bool:
        """Records a session, by the hash of its id. `phone` names the phone where only the first one counts; whether it is."""
        most = bounds.MOST_RECORDING_FIELDS
        return bool(self._follow([RECORDINGS_KEY], [recording, session[:32], phone[:32], most]))

    def recording_of(self, session: str) -> str:
        """The recording of a session, "" for none."""
        found = guarded(lambda: self._client.hget(RECORDINGS_KEY, _SESSION + session))
        return found.decode() if found else ""

    def note_gateway(self, recording: str) -> None:
        """One more gateway process records from now on."""
        guarded(lambda: self._client.hincrby(RECORDINGS_KEY, _GATEWAYS + recording, 1))

    def gateways(self, recording: str) -> int:
        """How many gateway processes record."""
        return int(guarded(lambda: self._client.hget(RECORDINGS_KEY, _GATEWAYS + recording)) or 0)

    def first_to_log(self, recording: str) -> bool:
        """Whether the caller is the one who writes the line of this recording into the log."""
        return bool(guarded(lambda: self._client.hsetnx(RECORDINGS_KEY, _LOGGED + recording, 1)))

    def tell(self, recording: str, event: bytes) -> None:
        guarded(lambda: self._client.publish(recording_channel(recording), event))

    def _known(self) -> list[Recording]:
        fields = guarded(lambda: self._client.hgetall(RECORDINGS_KEY))
        records = ((name.decode(), record) for name, record in fields.items())
        return [_recording(name.removeprefix(_RECORD), record) for name, record in records if name.startswith(_RECORD)]


def _recording(name: str, record: bytes) -> Recording:
    who, until, key = _fields(record)
    return Recording(name, who, until, key)


@reader
def _fields(record: bytes) -> tuple[str, float, bytes]:
    fields = unpack(record, RECORDING_VERSION)
    return str(fields["w"]), float(fields["u"]), bytes(fields["k"])
