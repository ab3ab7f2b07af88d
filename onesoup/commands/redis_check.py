"""`onesoup redis check`: checks that the Redis servers lose nothing and are fast enough."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click
import redis
from redis.exceptions import RedisClusterException

from onesoup.commands.common import json_option, open_store
from onesoup.commands.findings import Finding, fail_finding, findings_or_error, note_finding, ok_finding, print_findings
from onesoup.commands.roles import NOEVICTION
from onesoup.settings import Settings
from onesoup.store.redis import topology, urls
from onesoup.store.redis.refusals import REFUSALS, error_name

OLDEST = (6, 2)
PING_ROUNDS = 50
# A request makes one or two round trips. When they take longer than this, they are most of its time.
SLOW_MS = 5.0
FULL = 0.8
# Seconds between the clocks of Redis and of this machine: worth a word; log-ins that a gateway hands over are then out of time.
CLOCKS_APART, CLOCKS_LOGINS_FAIL = 2.0, 5.0

# What an operator does about each refusal.
ADVICE = {
    "BUSY": "a script of another program runs too long: SCRIPT KILL",
    "CLUSTERDOWN": "slots have no server: start the nodes that are down, or promote their replicas",
    "LOADING": "it reads its data after a start; wait",
    "MASTERDOWN": "a replica without its master: wait for the failover, or start the master",
    "MISCONF": "the last snapshot or the append-only file could not be written: is the disk full?",
    "NOAUTH": "ONESOUP_REDIS_URL needs the password",
    "NOPERM": "the ACL of the user in ONESOUP_REDIS_URL leaves out a command, a key or a channel",
    "NOREPLICAS": "fewer replicas follow than min-replicas-to-write asks for: start them, or CONFIG SET min-replicas-to-write 0",
    "OOM": "its memory is full: raise maxmemory, or find what fills it",
    "READONLY": "it is a replica: wait for the failover, or set ONESOUP_REDIS_URL to the master",
    "TRYAGAIN": "a slot of the cluster is being moved; wait",
    "WRONGPASS": "user or password in ONESOUP_REDIS_URL are wrong",
}


@click.group("redis")
def redis_group() -> None:
    """Check the Redis servers."""


@redis_group.command("check")
@json_option
def check_redis(lines: bool) -> None:
    """Check version, persistence, replicas, memory and speed of every server.

    Exit status 1 when something is wrong.
    """
    with open_store() as (settings, client):
        print_findings(redis_findings(settings, client), lines)


def redis_findings(settings: Settings, client: redis.Redis) -> Iterator[Finding]:
    """The findings of all checks."""
    place = urls.parse(settings.redis_url)
    views = _sentinel_views(place) if place.kind == urls.SENTINEL else []
    yield from findings_or_error("sentinels", lambda: _sentinels(views))
    known = max((view.replicas for view in views), default=0)
    if place.kind == urls.CLUSTER:
        yield from findings_or_error("cluster", lambda: _cluster(client))
    for number, server in enumerate(topology.servers(client)):
        name = "redis" if place.kind != urls.CLUSTER else f"redis {number + 1}"
        if reason := redis_away(server):
            yield _refusal(name, reason) or fail_finding(
                name, f"does not answer: {reason}", "is it running, and do ONESOUP_REDIS_URL and its password lead to it?"
            )
            continue
        key = topology.key_at(client, server)
        yield from findings_or_error(name, lambda name=name, server=server, key=key: _writes(name, server, key))  # type: ignore[misc]
        yield from findings_or_error(name, lambda name=name, server=server: _replicas(name, server, known))  # type: ignore[misc]
        for look in (_version, _keeps, _memory, _speed, _script, _pubsub, _clock):
            yield from findings_or_error(name, lambda look=look, server=server, name=name: look(name, server))  # type: ignore[misc]


def redis_away(server: redis.Redis) -> str:
    """The name of the error when a server does not answer, "" when it does. The error's text may hold a password."""
    try:
        server.ping()
    except (redis.RedisError, RedisClusterException) as error:
        return error_name(error)
    return ""


def _refusal(name: str, reason: str) -> Finding | None:
    """The finding for a refusal of Redis, by its name; None for any other error."""
    return fail_finding(name, f"refuses: {reason}", ADVICE[reason]) if reason in REFUSALS else None


def _writes(name: str, server: redis.Redis, key: str) -> Iterator[Finding]:
    """Tries a write that changes nothing: a server that refuses writes still answers everything else."""
    try:
        server.lpushx(key, b"")
    except redis.RedisError as error:
        reason = error_name(error)
        yield _refusal(name, reason) or fail_finding(name, f"takes no writes: {reason}")
        return
    yield ok_finding(name, "takes writes")


def _version(name: str, server: redis.Redis) -> Iterator[Finding]:
    info: Any = server.info("server")
    product = "Valkey" if info.get("server_name") == "valkey" else "Redis"
    version = str(info.get("valkey_version") or info["redis_version"])
    found = tuple(int(part) for part in version.split(".")[:2])
    told = f"{product} {version}, up for {int(info['uptime_in_seconds']) // 3600} h"
    yield (
        ok_finding(name, told)
        if found >= OLDEST
        else fail_finding(name, told, "6.2 or newer is needed: older versions lack commands that onesoup uses")
    )


def _keeps(name: str, server: redis.Redis) -> Iterator[Finding]:
    """Whether what was acknowledged survives a restart, and memory that is full."""
    info: Any = server.info("persistence")
    if int(info["aof_enabled"]):
        ok = info.get("aof_last_write_status") == "ok"
        yield (
            ok_finding(name, "append-only file is on")
            if ok
            else fail_finding(name, "the append-only file cannot be written", "is the disk full?")
        )
    else:
        yield fail_finding(
            name, "append-only file is off: a restart loses sessions and messages", "CONFIG SET appendonly yes, and in redis.conf"
        )
    if int(info.get("loading", 0)):
        yield note_finding(name, "is loading its data")
    try:
        policy = server.config_get("maxmemory-policy")["maxmemory-policy"]
        fsync = server.config_get("appendfsync")["appendfsync"]
    except (redis.ResponseError, KeyError):
        yield note_finding(
            name, "CONFIG may not be read", f"see to it that maxmemory-policy is {NOEVICTION} and appendfsync everysec"
        )
        return
    if policy != NOEVICTION:
        yield fail_finding(
            name, f"maxmemory-policy is {policy}: Redis would delete messages when its memory is full", f"set it to {NOEVICTION}"
        )
    if fsync == "no":
        yield note_finding(name, "appendfsync is no: a power cut may lose half a minute", "everysec loses a second at most")


def _replicas(name: str, server: redis.Redis, known: int) -> Iterator[Finding]:
    """`known`: how many replicas the Sentinels know, those that are away included."""
    info: Any = server.info("replication")
    if info["role"] != "master":
        yield fail_finding(
            name, f"is a {info['role']}, no master", "the URL must lead to the master; behind Sentinels: redis+sentinel://"
        )
        return
    lags = topology.replica_lags(info)
    if known > len(lags):
        yield fail_finding(name, f"{len(lags)} of {known} replicas follow", "start the others, or SENTINEL RESET forgets them")
    elif lags:
        yield ok_finding(name, f"{len(lags)} replica{'s' if len(lags) > 1 else ''}, {max(lags)} s behind at most")
    else:
        yield note_finding(
            name, "no replica: when this machine is lost, so is everything", "one replica and three Sentinels, or backups"
        )
    try:
        wanted = int(server.config_get("min-replicas-to-write").get("min-replicas-to-write") or 0)
    except redis.ResponseError:
        return
    yield from _replicas_wanted(name, max(known, len(lags)), wanted)


def _replicas_wanted(name: str, replicas: int, wanted: int) -> Iterator[Finding]:
    """Whether min-replicas-to-write fits the number of replicas (docs/operation/redis.md)."""
    if replicas > 1 and not wanted:
        yield note_finding(name, "min-replicas-to-write is 0: a master cut off goes on taking what will be lost", "set it to 1")
    elif wanted and wanted >= replicas:
        yield note_finding(
            name,
            f"min-replicas-to-write is {wanted} of {replicas} replica{'' if replicas == 1 else 's'}: writes are refused after "
            "each failover, and while a replica is away",
            f"set it to {1 if replicas > 1 else 0} on every server",
        )


def _memory(name: str, server: redis.Redis) -> Iterator[Finding]:
    info: Any = server.info("memory")
    used, most = int(info["used_memory"]), int(info.get("maxmemory", 0))
    told = f"{used / 1_048_576:.0f} MiB used"
    if not most:
        yield note_finding(
            name, f"{told}, without a limit", "set maxmemory: at the limit writes are refused, beyond it the machine swaps"
        )
    elif used > FULL * most:
        yield fail_finding(name, f"{told} of {most / 1_048_576:.0f}", "raise maxmemory, or find what fills it")
    else:
        yield ok_finding(name, f"{told} of {most / 1_048_576:.0f}")


def _speed(name: str, server: redis.Redis) -> Iterator[Finding]:
    took = []
    for _ in range(PING_ROUNDS):
        began = time.perf_counter()
        server.ping()
        took.append((time.perf_counter() - began) * 1000)
    middle = sorted(took)[PING_ROUNDS // 2]
    told = f"a round trip takes {middle:.2f} ms, {max(took):.2f} at most"
    yield (
        ok_finding(name, told)
        if middle < SLOW_MS
        else note_finding(name, told, "each request of a phone waits for one or two of them")
    )


def _script(name: str, server: redis.Redis) -> Iterator[Finding]:
    """Without scripts and cmsgpack in them nothing works."""
    try:
        found: Any = server.eval("return #cmsgpack.pack({1})", 0)
    except redis.ResponseError as error:
        yield fail_finding(
            name, f"refuses scripts: {str(error).split(' ', 1)[0]}", "the user needs EVAL, EVALSHA and SCRIPT LOAD"
        )
        return
    yield ok_finding(name, "runs scripts") if int(found) == 2 else fail_finding(name, "has no cmsgpack", "use Redis or Valkey")


def _pubsub(name: str, server: redis.Redis) -> Iterator[Finding]:
    listener = server.pubsub(ignore_subscribe_messages=True)
    try:
        listener.subscribe("onesoup:check")
        listener.get_message(timeout=1.0)
        server.publish("onesoup:check", "x")
        for _ in range(5):
            if listener.get_message(timeout=0.5):
                yield ok_finding(name, "wakes listeners")
                return
        yield fail_finding(name, "publishes nothing", "the user needs PUBLISH and SUBSCRIBE on all channels")
    finally:
        listener.close()


def _clock(name: str, server: redis.Redis) -> Iterator[Finding]:
    seconds, micros = server.time()
    apart = abs(time.time() - int(seconds) - int(micros) / 1_000_000)
    said = f"its clock and that of this machine are {apart:.0f} s apart"
    if apart > CLOCKS_LOGINS_FAIL:
        yield fail_finding(name, f"{said}: log-ins fail", "timedatectl on both says which is off; run a time service on both")
    elif apart > CLOCKS_APART:
        yield note_finding(name, said, "run a time service on both")


@dataclass(frozen=True, slots=True)
class _SentinelView:
    """What one Sentinel says of the service; `error` is why it says nothing."""

    where: str
    error: str = ""
    master: tuple[str, int] = ("", 0)
    replicas: int = 0
    others: int = 0
    quorum: int = 0


def _sentinel_views(place: urls.RedisUrl) -> list[_SentinelView]:
    return [_sentinel_view(f"sentinel {host}:{port}", host, port, place) for host, port in place.hosts]


def _sentinel_view(where: str, host: str, port: int, place: urls.RedisUrl) -> _SentinelView:
    try:
        asked = redis.Redis(host=host, port=port, **topology.sentinel_options(place, 1.0))
        state: Any = asked.sentinel_master(place.service)
        asked.close()
    except redis.RedisError as error:
        return _SentinelView(where, error=error_name(error))
    others, quorum = int(state["num-other-sentinels"]), int(state["quorum"])
    return _SentinelView(where, "", (state["ip"], state["port"]), int(state["num-slaves"]), others, quorum)


def _sentinels(views: Sequence[_SentinelView]) -> Iterator[Finding]:
    for view in views:
        if view.error:
            yield fail_finding(view.where, view.error, "failovers need more than half of the Sentinels")
            continue
        told = f"{view.replicas} replicas, {view.others + 1} Sentinels, quorum {view.quorum}"
        yield (
            ok_finding(view.where, told)
            if view.others >= 2
            else note_finding(view.where, told, "run three at least, on three machines")
        )
    if len({view.master for view in views if not view.error}) > 1:
        yield fail_finding("sentinels", "do not agree on the master", "wait for the failover to end, or look at their logs")


def _cluster(client: Any) -> Iterator[Finding]:
    info = client.cluster_info(target_nodes=client.get_random_node())
    told = f"{info['cluster_size']} primaries, {info['cluster_known_nodes']} nodes, {info['cluster_slots_ok']} slots served"
    yield (
        ok_finding("cluster", told)
        if info["cluster_state"] == "ok"
        else fail_finding("cluster", told, "sessions in the other slots cannot work")
    )
