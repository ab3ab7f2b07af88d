"""The commands of a session that wait for its holder, and which of them were sent."""

import hashlib
from collections.abc import Sequence

import redis

from onesoup.store import keys
from onesoup.store.redis.client import RedisScript, guarded, present
from onesoup.store.redis.commands import RedisCommand, send
from onesoup.store.session.session_lua import FENCED_LUA

_REPLACE = (
    FENCED_LUA
    + """
-- KEYS 1 session  2 outbox  ARGV 1 fence  2 command, then the commands that take its place
-- 1, or 0 when the command is not there any more: then nothing is done.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
if not redis.call('LPOS', KEYS[2], ARGV[2]) then return 0 end
for n = 3, #ARGV do redis.call('LINSERT', KEYS[2], 'BEFORE', ARGV[2], ARGV[n]) end
redis.call('LREM', KEYS[2], 1, ARGV[2])
return 1
"""
)

_SENDING = (
    FENCED_LUA
    + """
-- KEYS 1 session  2 flight  ARGV 1 fence  2 digest of the command  3 number of its stanza
-- The command is about to be sent. A successor that hears from the server how far it had come knows whether it was.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
"""
)


class OutboxQueue:
    """Commands from workers to the holder of a session. Commands are packed (onesoup.xmpp.commands). Keys, which live as long
    as the session:

    out:{sid}     list of commands, oldest first; they stay until the XMPP server has acknowledged their stanzas
    flight:{sid}  hash, digest of a command that was sent -> its number among the stanzas of the stream

    What changes something on behalf of a holder raises Fenced when another one has the session, and NoSession."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._replace, self._sending = (
            RedisScript(client, _REPLACE, "feed.replace"),
            RedisScript(client, _SENDING, "feed.sending"),
        )

    def commands(self, sid: str, most: int = 100) -> list[bytes]:
        """Commands that wait, oldest first. They stay until remove()."""
        found: list[bytes] = send(self._client, self.lrange_command(sid, most))
        return found

    def lrange_command(self, sid: str, most: int) -> RedisCommand:
        """As commands()."""
        return RedisCommand(("LRANGE", *keys.of(sid, "out"), 0, most - 1))

    def remove(self, sid: str, command: bytes) -> None:
        """A command is done: the XMPP server has its stanza."""

        def write() -> None:
            out, flight = keys.of(sid, "out", "flight")
            pipe = self._client.pipeline(transaction=False)
            pipe.lrem(out, 1, command)  # type: ignore[arg-type]
            pipe.hdel(flight, _digest(command))
            pipe.execute()

        guarded(write)

    def replace(self, sid: str, fence: int, command: bytes, others: Sequence[bytes]) -> bool:
        """Others take the place of a command. False when it is not there any more; then nothing is done."""
        return bool(self._replace([keys.session(sid), *keys.of(sid, "out")], [fence, command, *others]) == 1)

    def note_sending(self, sid: str, fence: int, command: bytes, number: int) -> None:
        """A command is about to be sent as stanza `number`. Fenced: it must not be sent."""
        self._sending([keys.session(sid), *keys.of(sid, "flight")], [fence, _digest(command), number])

    def numbers_in_flight(self, sid: str, commands: Sequence[bytes]) -> dict[bytes, int]:
        """Of these commands those that were sent, with the numbers of their stanzas."""
        if not commands:
            return {}
        digests = [_digest(command) for command in commands]
        found = guarded(lambda: self._client.hmget(keys.of(sid, "flight")[0], digests))
        return {command: int(number) for command, number in zip(commands, found, strict=True) if number is not None}

    def forget_numbers(self, sid: str) -> None:
        """A new stream counts from the beginning: no number of the old one means anything."""
        guarded(lambda: self._client.delete(*keys.of(sid, "flight")))

    def sessions_with_commands(self, sids: Sequence[str]) -> list[str]:
        """Those of the sessions whose outbox is not empty."""
        names = [keys.of(sid, "out")[0] for sid in sids]
        return [sid for sid, there in zip(sids, present(self._client, names), strict=True) if there]


def _digest(command: bytes) -> bytes:
    return hashlib.sha256(command).digest()[:16]
