"""The set-ups of docs/operation/redis.md, with real servers and Sentinels: what phones see when a master or a replica dies."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
import redis

from onesoup.demo.stack import Stack
from onesoup.phone.errors import Refused
from tests.support.peer import Peers
from tests.support.timing import at_best
from tests.support.topologies import Sentinels, follows, recommended, recommended_silence
from tests.support.world import StoryPhone, World

# Answers in a row without a refusal after which an outage is over.
QUIET_ANSWERS = 20
# Seconds. The aim is 5 (docs/operation/redis.md); a machine that does much else may take longer.
MOST_OUTAGE = 20.0


class Prober:
    """A phone that keeps its session alive without a pause, and notes when Redis does not take that. A message would not do: a
    holder that falls behind fills the outbox, and that too is refused with 503."""

    def __init__(self, phone: StoryPhone) -> None:
        self._phone = phone
        self.refused: list[float] = []
        self.answers = 0

    def ask(self) -> bool:
        try:
            self._phone.keep_alive()
        except Refused as refused:
            if refused.code != 503:
                raise
            self.refused.append(time.monotonic())
            self.answers = 0
            return False
        self.answers += 1
        return True

    def until(self, happened: Callable[[], bool], within: float = 60.0) -> None:
        """Asks until it has happened and nothing has been refused since for some answers."""
        end, done = time.monotonic() + within, False
        while not (done and self.answers >= QUIET_ANSWERS):
            assert time.monotonic() < end, f"refused {len(self.refused)} times"
            self.ask()
            if not done and (done := happened()):
                self.answers = 0


@pytest.fixture
def probed(
    stack: Stack, fresh_stack: Callable[..., Stack], peers: Peers
) -> Callable[[Sentinels], AbstractContextManager[Prober]]:
    """A phone that is logged in at a stack on these servers."""

    @contextmanager
    def make(servers: Sentinels) -> Iterator[Prober]:
        with ExitStack() as ending:
            ending.enter_context(servers)
            world = World(fresh_stack(redis=servers, prosody=stack.prosody), peers)
            ending.callback(world.close)
            ending.callback(world.stack.down)
            prober = Prober(world.phone(world.cast("alice")[0]).start())
            assert prober.ask()
            yield prober

    return make


def role(port: int) -> str:
    try:
        with redis.Redis(port=port) as client:
            return str(client.info("replication")["role"])
    except redis.RedisError:
        return ""


def test_a_failover_of_the_recommended_set_up_is_a_short_outage(probed, tmp_path, record_property):
    """A master, two replicas, three Sentinels: the new master refuses writes until the other replica follows it. Sentinels on a
    busy machine may fail to agree on one of them, and vote again only after twice their failover-timeout."""
    directories = (tmp_path / name for name in ("first", "second"))

    def attempt() -> None:
        servers = Sentinels(next(directories), replicas=2, options=recommended("two or more"), silence=recommended_silence())
        with probed(servers) as prober:
            servers.master.process.kill()
            prober.until(lambda: any(role(each.port) == "master" for each in servers.replicas))
        took = prober.refused[-1] - prober.refused[0] if prober.refused else 0.0
        record_property("seconds", took)
        print(f"503 for {took:.2f} s, {len(prober.refused)} requests refused")
        assert took < MOST_OUTAGE

    at_best(attempt, times=2)


def test_a_restart_of_the_only_replica_is_no_outage(probed, tmp_path):
    """With min-replicas-to-write 1 each request would be refused meanwhile. The Sentinels are patient here, lest they take the
    master of a busy machine for dead: a failover is an outage of another kind."""
    servers = Sentinels(tmp_path, options=recommended("one"), silence=60.0)
    with probed(servers) as prober, redis.Redis(port=servers.master.port) as master:
        servers.replica.process.kill()
        prober.until(lambda: master.info("replication")["connected_slaves"] == 0)
        servers.replica.start()
        prober.until(lambda: follows(servers.replica.port))
    assert prober.refused == []
