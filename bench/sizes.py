"""Part sizes: whether an empty poll costs the same however many sessions there are."""

import statistics
from pathlib import Path

import redis

from bench.load import Generator
from bench.parts import Scale, say, workplace
from bench.poll import (
    POLL_CONTENT_TYPE,
    POLL_SESSION_MS,
    Round,
    check,
    gateway,
    measure,
    poll,
    running,
    session_ids,
    write_sessions,
)
from bench.report import Figure, Spread
from onesoup.demo.servers import RedisServer

MAX_SIZES_RATIO = 1.10
# Polled sessions; the load generator holds a body for each.
POLLED_SESSIONS = 10_000


def run(scale: Scale) -> list[Figure]:
    with workplace() as directory:
        places = {count: _Place(directory / str(count), count) for count in scale.sizes}
        try:
            found: dict[int, list[Round]] = {count: [] for count in places}
            with running(*(place.web for place in places.values())):
                for place in places.values():
                    check(place.web, place.generator.bodies[0])
                    place.generator.run(place.web.port, 1.0)
                for number in range(scale.rounds):
                    for count, place in places.items():
                        found[count].append(measure(place.generator, place.server, place.web, scale.poll_seconds))
                    told = ", ".join(f"{count}: {each[-1].total:.0f} us" for count, each in found.items())
                    say(f"sizes: round {number + 1} of {scale.rounds}: {told}")
        finally:
            for place in places.values():
                place.server.stop()
    return _figures(found)


class _Place:
    """A Redis with so many sessions, and a gateway on it."""

    def __init__(self, directory: Path, count: int) -> None:
        directory.mkdir(parents=True)
        self.server = RedisServer(directory / "redis", appendonly=False)
        self.server.start()
        sids = session_ids(count)
        write_sessions(self.server.url, sids[:1])
        _copy(self.server.port, sids)
        step = max(1, count // POLLED_SESSIONS)
        self.generator = Generator([poll(sid) for sid in sids[::step]], POLL_CONTENT_TYPE, 16, directory)
        self.web = gateway(directory, self.server.url)
        say(f"sizes: {count} sessions are there")


def _copy(port: int, sids: list[str]) -> None:
    """The first session again under the other ids: one by one they would take minutes."""
    with redis.Redis(port=port) as client:
        fields = client.hgetall(f"s:{{{sids[0]}}}")
        for begin in range(1, len(sids), 1000):
            pipe = client.pipeline(transaction=False)
            for sid in sids[begin : begin + 1000]:
                pipe.hset(f"s:{{{sid}}}", mapping=fields)
                pipe.pexpire(f"s:{{{sid}}}", POLL_SESSION_MS)
            pipe.execute()


def _figures(found: dict[int, list[Round]]) -> list[Figure]:
    first, *rest = found
    base = Spread.of(each.total for each in found[first])
    figures = [Figure("sizes", f"empty poll at {first} sessions, total CPU", "us", base)]
    for count in rest:
        ratio = Spread.of(a.total / max(b.total, 1.0) for a, b in zip(found[count], found[first], strict=True))
        mine = Spread.of(each.total for each in found[count])
        figures.append(
            Figure(
                "sizes",
                f"empty poll at {count} sessions, total CPU",
                "us",
                mine,
                base,
                f"us, {first} sessions",
                ratio,
                MAX_SIZES_RATIO,
            )
        )
    redis_only = {count: statistics.median(each.redis for each in rounds) for count, rounds in found.items()}
    note = "median of redis-server alone: " + ", ".join(f"{count}: {us:.0f} us" for count, us in redis_only.items())
    return [*figures[:-1], Figure(**{**vars(figures[-1]), "note": note})]
