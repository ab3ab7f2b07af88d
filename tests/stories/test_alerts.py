"""Something breaks: a real Prometheus with the shipped alerts says so, and is silent again when it is mended.

The rules run in a hurry here: scrapes each second, rates over seconds, no patience. When each fires with the shipped times is in
deploy/prometheus/rules.test.yml."""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest
import redis

from onesoup.demo.stack import Stack
from onesoup.phone.errors import Refused, Unreachable
from onesoup.store import keys
from tests.support.peer import Peers
from tests.support.prometheus import Prometheus, running_prometheus
from tests.support.secrets import secret_text
from tests.support.topologies import Sentinels, until
from tests.support.world import Person, StoryPhone, World

pytestmark = [
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus"),
    pytest.mark.timeout(300),
]

WITHIN = 120.0
FOR = re.compile(r"^( +)for: \w+$", re.MULTILINE)


def hurried(rules: str) -> str:
    """Windows of minutes become seconds, and thresholds of many seconds one."""
    for window in ("5m", "10m"):
        rules = rules.replace(f"[{window}]", "[15s]")
    for window in ("45s", "1m"):
        rules = rules.replace(f"[{window}]", "[6s]")
    rules = rules.replace("[6h:1m]", "[1h:1s]")
    rules = re.sub(r"(> |<= )(10|30)$", r"\g<1>1", rules, flags=re.MULTILINE)
    return FOR.sub(r"\1for: 1s", rules)


@dataclass
class Watched:
    """A stack with a replica of its Redis, under a Prometheus."""

    world: World
    servers: Sentinels
    prometheus: Prometheus
    alice: Person
    bob: Person

    @property
    def stack(self) -> Stack:
        return self.world.stack

    def fires(self, *names: str, doing: Callable[[], object] = lambda: None) -> None:
        self._until(lambda firing: firing >= set(names), names, doing)

    def falls_silent(self, *names: str, doing: Callable[[], object] = lambda: None) -> None:
        self._until(lambda firing: firing.isdisjoint(names), names, doing)

    def _until(self, good: Callable[[set[str]], bool], names: tuple[str, ...], doing: Callable[[], object]) -> None:
        end = time.monotonic() + WITHIN
        while not good(firing := self.prometheus.firing()):
            assert time.monotonic() < end, f"{names} are wanted, {firing} fire"
            doing()
            time.sleep(0.2)

    def phone(self) -> StoryPhone:
        """Alice's, logged in."""
        return self.world.phone(self.alice, cir=()).start()

    def try_login(self) -> None:
        """As a phone that is switched on."""
        phone = self.world.phone(self.bob, cir=())
        with suppress(Refused, Unreachable):
            phone.start()
            phone.logout()
        phone.close()


@pytest.fixture(scope="module")
def watched(made_stack: Callable[..., Stack], peers: Peers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    directory = tmp_path_factory.mktemp("alerts")
    with ExitStack() as ending:
        servers = ending.enter_context(Sentinels(directory / "redis", silence=60.0))  # nobody wants a failover here
        stack = made_stack(directory / "stack", redis=servers, env={"ONESOUP_POLL_HOLD": "0"})
        ending.callback(stack.kill_all)
        ending.enter_context(stack)
        world = World(stack, peers)
        ending.callback(world.close)
        alice, bob = world.cast("alice", "bob")
        (directory / "prometheus").mkdir()
        prometheus = ending.enter_context(running_prometheus(stack, directory / "prometheus", hurried, "1s"))
        found = Watched(world, servers, prometheus, alice, bob)
        # Until it has seen how things are when they are well.
        until(lambda: bool(prometheus.query("sum(onesoup_leases_held) == 256 and max(onesoup_redis_replicas) == 1")), WITHIN)
        until(lambda: not prometheus.firing(), WITHIN)
        yield found


def test_a_gateway_and_a_replica_that_are_gone(watched: Watched) -> None:
    watched.stack.kill("web")
    watched.servers.replica.process.kill()
    names = ("OnesoupOutage", "OnesoupDown", "OnesoupRedisReplicaMissing")
    watched.fires(*names)
    watched.stack.start("web")
    watched.servers.replica.start()
    watched.falls_silent(*names)


def test_no_holder(watched: Watched) -> None:
    watched.stack.kill("holder")
    watched.fires("OnesoupNoHolder", "OnesoupOutage")
    watched.stack.start("holder")
    watched.falls_silent("OnesoupNoHolder", "OnesoupOutage")


def test_redis_refuses_writes(watched: Watched) -> None:
    phone = watched.phone()

    def poll() -> None:
        with suppress(Refused, Unreachable):
            phone.run_once()

    def reasons() -> set[str]:
        return {each["metric"]["kind"] for each in watched.prometheus.query("onesoup_redis_refused == 1")}

    names = ("OnesoupRedisRefuses", "OnesoupRequestsFail", "OnesoupRedisErrors")
    with redis.Redis(port=watched.servers.master.port) as master:
        master.config_set("min-replicas-to-write", 2)
        watched.fires(*names, doing=poll)
        until(lambda: reasons() == {"NOREPLICAS"}, WITHIN)
        master.config_set("min-replicas-to-write", 0)
        watched.falls_silent(*names, doing=poll)


def test_an_xmpp_server_that_is_away(watched: Watched) -> None:
    phone = watched.phone()
    watched.stack.prosody.stop()
    phone.send(watched.bob.wv, secret_text())
    watched.fires("OnesoupOutboxStuck", "OnesoupLoginsFail", doing=watched.try_login)
    watched.stack.prosody.start()
    watched.falls_silent("OnesoupOutboxStuck", "OnesoupLoginsFail", doing=watched.try_login)


def test_messages_that_come_late_and_a_replica_that_hangs(watched: Watched) -> None:
    """The phone does not ask for its messages, which looks as if they were late."""
    there, phone = watched.world.online(watched.bob), watched.phone()
    replica = watched.servers.replica.process

    def late() -> None:
        there.send(watched.alice.jid, text := secret_text())
        watched.world.waits(phone, text)
        time.sleep(1.5)
        phone.hears(text)

    def soon() -> None:
        there.send(watched.alice.jid, text := secret_text())
        phone.hears(text)

    names = ("OnesoupDeliverySlow", "OnesoupRedisReplicaLag")
    os.kill(replica.pid, signal.SIGSTOP)
    watched.fires(*names, doing=late)
    os.kill(replica.pid, signal.SIGCONT)
    watched.falls_silent(*names, doing=soon)


def test_leases_that_go_to_another_and_a_process_that_hangs(watched: Watched) -> None:
    cir = watched.stack.processes["cir"].pid
    leases = [keys.shard(number, "lease") for number in range(keys.SHARDS)]
    with redis.Redis(port=watched.servers.master.port) as master:

        def break_both() -> None:
            """The other holder dies at once, and the leases come back."""
            os.kill(cir, signal.SIGSTOP)
            for lease in leases:
                master.set(lease, "another", px=1500)
            until(lambda: b"another" not in master.mget(leases), WITHIN)
            os.kill(cir, signal.SIGCONT)

        watched.fires("OnesoupLeasesMove", "OnesoupLoopLag", doing=break_both)
    watched.falls_silent("OnesoupLeasesMove", "OnesoupLoopLag", "OnesoupNoHolder")
