"""Redis commands and scripts of several stores that go out in one write, a pipeline. Who waits for each answer by itself is
woken, and wakes Redis, as often.

    old, waiting = send_together(client, clients.get_command(jid, resource), offline.all_command(jid))
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.cluster import RedisCluster

from onesoup.store.redis.client import RedisScript, Value, guarded, publish, store_error, store_errors

# Commands that change nothing, of those that are sent together.
READS = frozenset({"EXISTS", "GET", "HGET", "HGETALL", "HLEN", "HMGET", "LRANGE"})


def _as_it_is(answer: Any) -> Any:
    return answer


@dataclass(frozen=True, slots=True)
class RedisCommand:
    """A command that is not sent yet. `read` makes of Redis's answer what the caller gets; `script` is that of an EVALSHA;
    `alone` sends it where it cannot go with others, None: as any command."""

    args: Sequence[Value]
    read: Callable[[Any], Any] = _as_it_is
    script: RedisScript | None = None
    alone: Callable[[], Any] | None = None


def script_command(
    script: RedisScript, keys: Sequence[str], args: Sequence[Value] = (), read: Callable[[Any], Any] = _as_it_is
) -> RedisCommand:
    """A run of a script."""
    return RedisCommand(script.command(keys, args), read, script, lambda: script(keys, args))


def publish_command(client: redis.Redis, channel: str, message: bytes) -> RedisCommand:
    """As publish() of the client."""
    return RedisCommand(("PUBLISH", channel, message), alone=lambda: publish(client, channel, message))


def send(client: redis.Redis, command: RedisCommand) -> Any:
    """The answer to one that need not go with others."""
    return command.read(_send_alone(client, command))


def send_together(client: redis.Redis, *commands: RedisCommand) -> list[Any]:
    """The answers, in this order, in which Redis does them. Each is as alone. The first error is raised when all are done:
    what must not happen after a failure is sent later. On a cluster, where each may go to another node, the first error ends
    it."""
    if isinstance(client, RedisCluster):
        return [send(client, each) for each in commands]
    began = time.perf_counter()
    pipe = client.pipeline(transaction=False)
    for each in commands:
        pipe.execute_command(*each.args)
    with store_errors():
        answers = pipe.execute(raise_on_error=False)
    seconds = time.perf_counter() - began
    for each in commands:
        if each.script is not None:
            each.script.note_time(seconds)
    if any(isinstance(answer, redis.ResponseError) for answer in answers):
        answers = _after_errors(client, commands, answers)
    return [each.read(answer) for each, answer in zip(commands, answers, strict=True)]


def _after_errors(client: redis.Redis, commands: Sequence[RedisCommand], answers: Sequence[Any]) -> list[Any]:
    """A script that Redis has lost is run with its source. What failed behind it is sent again: it may have failed for want of
    what the script does. So is what was read behind it: the script was to run first."""
    found, lost, first = [], False, None
    for each, answer in zip(commands, answers, strict=True):
        lost = lost or isinstance(answer, redis.exceptions.NoScriptError)
        try:
            if isinstance(answer, redis.ResponseError):
                if not lost:
                    raise store_error(answer) from answer
                answer = _send_alone(client, each)
            elif lost and each.args[0] in READS:
                answer = _send_alone(client, each)
        except Exception as error:
            first = first or error
        found.append(answer)
    if first is not None:
        raise first
    return found


def _send_alone(client: redis.Redis, command: RedisCommand) -> Any:
    return command.alone() if command.alone is not None else guarded(lambda: client.execute_command(*command.args))
