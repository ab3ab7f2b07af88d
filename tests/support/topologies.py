"""More than one Redis server: a master with a replica and three Sentinels, and a cluster of three. All on free ports here.

Each has what a Stack looks for in a RedisServer that is not its own: `url` and `process`."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest
import redis

from onesoup.demo.process import ProcessError
from onesoup.demo.servers import RedisServer, connects, find_valkey
from onesoup.runtime.ports import free_port

SERVICE = "onesoup"
SLOTS = 16384
_PAGE = Path(__file__).parents[2] / "docs" / "operation" / "redis.md"


def program(name: str) -> str | None:
    """The server of that name, redis or valkey; skips where there is none."""
    if name == "redis":
        return None
    try:
        return find_valkey()
    except ProcessError as error:
        pytest.skip(str(error))


def _word(server: str | None) -> str:
    return "valkey" if server and "valkey" in server else "redis"


def until(what: Callable[[], bool], within: float = 60.0) -> None:
    """Servers find each other at their own pace."""
    end = time.monotonic() + within
    while True:
        try:
            if what():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < end, "the servers did not find each other"
        time.sleep(0.05)


def follows(port: int) -> bool:
    """Whether this replica has what its master has."""
    return bool(redis.Redis(port=port).info("replication").get("master_link_status") == "up")


def started(servers: "Sentinels | Cluster") -> "Sentinels | Cluster":
    """For those who have no `with`; the servers end with their parent."""
    return servers.__enter__()


def recommended(replicas: str) -> list[str]:
    """Options of every server, as the page has them for this number of replicas."""
    row = re.search(rf"^\| {replicas} \| (\d+) \| (\d+|-) \|", _PAGE.read_text(), re.MULTILINE)
    assert row, replicas
    lag = [] if row[2] == "-" else ["--min-replicas-max-lag", row[2]]
    return ["--min-replicas-to-write", row[1], *lag]


def recommended_silence() -> float:
    """Seconds after which Sentinels take a master for dead, as the page has it."""
    found = re.search(r"`down-after-milliseconds (\d+)`", _PAGE.read_text())
    assert found
    return int(found[1]) / 1000


class Sentinels:
    """A master with replicas and three Sentinels. They take a master for dead that is silent for `silence` seconds, 2.5 unless a
    test is about the set-up of docs/operation/redis.md. `options` are for every server; `password` is that of the Sentinels."""

    def __init__(
        self,
        directory: Path,
        program: str | None = None,
        *,
        replicas: int = 1,
        options: Sequence[str] = (),
        silence: float = 2.5,  # a busy machine is silent for a second now and then
        password: str = "",
    ) -> None:
        self.program, self.password, self._silence_ms = program, password, int(silence * 1000)
        self.master = RedisServer(directory / "master", options=options, program=program)
        following = [*options, "--replicaof", "127.0.0.1", str(self.master.port)]
        self.replicas = [
            RedisServer(directory / f"replica-{number}", options=following, program=program) for number in range(replicas)
        ]
        self.replica = self.replicas[0]
        self.watchers = [self._watcher(directory / f"sentinel-{number}") for number in range(3)]
        self.process = self.master.process

    def _watcher(self, directory: Path) -> RedisServer:
        """A Redis in sentinel mode: the same program with another configuration file."""
        server = RedisServer(directory, appendonly=False, program=self.program)
        config = directory / "sentinel.conf"
        config.write_text(
            f"port {server.port}\nbind 127.0.0.1\ndir {directory}\nloglevel warning\n"
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.master.port} 2\n"
            f"sentinel down-after-milliseconds {SERVICE} {self._silence_ms}\n"
            f"sentinel failover-timeout {SERVICE} {max(5000, 2 * self._silence_ms)}\n"
            + (f"requirepass {self.password}\n" if self.password else "")
        )
        server.process.argv[1:] = [str(config), "--sentinel"]
        if self.password:
            server.answers = lambda: connects("127.0.0.1", server.port)  # type: ignore[method-assign]
        return server

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.watchers)
        return f"{_word(self.program)}+sentinel://{hosts}/{SERVICE}/0" + (
            f"?sentinel_password={self.password}" if self.password else ""
        )

    def __enter__(self) -> Self:
        with ExitStack() as started:
            for server in (self.master, *self.replicas, *self.watchers):
                server.start()
                started.callback(server.process.kill)
            for replica in self.replicas:
                until(lambda port=replica.port: follows(port))  # type: ignore[misc]
            for watcher in self.watchers:
                until(lambda port=watcher.port: self._sees_all(port))  # type: ignore[misc]
            self._started = started.pop_all()
        return self

    def _sees_all(self, port: int) -> bool:
        state = redis.Redis(port=port, password=self.password or None).sentinel_master(SERVICE)
        return int(state["num-slaves"]) == len(self.replicas) and int(state["num-other-sentinels"]) == 2

    def __exit__(self, *_: object) -> None:
        self._started.close()


class Cluster:
    """Three primaries without replicas, a third of the slots each."""

    def __init__(self, directory: Path, program: str | None = None) -> None:
        self.program = program
        self.nodes = [self._node(directory / f"node-{number}") for number in range(3)]
        self.process = self.nodes[0].process

    def _node(self, directory: Path) -> RedisServer:
        server = RedisServer(directory, program=self.program)
        server.process.argv += ["--hz", "10"]  # as fast as nodes watch each other by default
        server.process.argv += ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
        return server

    @property
    def url(self) -> str:
        return f"{_word(self.program)}+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def __enter__(self) -> Self:
        with ExitStack() as started:
            for node in self.nodes:
                node.start()
                started.callback(node.process.kill)
            clients = [redis.Redis(port=node.port, decode_responses=True) for node in self.nodes]
            third = SLOTS // 3
            for number, client in enumerate(clients):
                last = SLOTS if number == 2 else third * (number + 1)
                client.execute_command("CLUSTER ADDSLOTS", *range(third * number, last))
                client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            for node in self.nodes[1:]:
                bus = int(node.process.argv[-1])
                clients[0].execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus)
            for client in clients:
                until(lambda client=client: client.cluster("INFO")["cluster_state"] == "ok")  # type: ignore[misc]
            until(lambda: all(len(client.cluster("NODES")) == 3 for client in clients))
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()
