"""A Redis server that refuses writes, for each reason that one has."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from onesoup.demo.servers import RedisServer
from onesoup.runtime.ports import free_port
from tests.support.topologies import until


def no_replicas(server: redis.Redis) -> None:
    server.config_set("min-replicas-to-write", 1)


def read_only(server: redis.Redis) -> None:
    server.replicaof("127.0.0.1", 1)


def full(server: redis.Redis) -> None:
    server.config_set("maxmemory", 1)


def not_saved(server: redis.Redis) -> None:
    server.bgsave()
    until(lambda: server.info("persistence")["rdb_last_bgsave_status"] == "err")
    server.config_set("save", "3600 1")


def with_password(server: redis.Redis) -> None:
    server.config_set("requirepass", "secret")


def few_commands(server: redis.Redis) -> None:
    server.execute_command("ACL", "SETUSER", "default", "-@write", "-evalsha")


def of_no_cluster(_server: redis.Redis) -> None:
    """It is started as a node without a slot."""


MAKE_REFUSE: dict[str, Callable[[redis.Redis], None]] = {
    "NOREPLICAS": no_replicas,
    "READONLY": read_only,
    "OOM": full,
    "MISCONF": not_saved,
    "NOAUTH": with_password,
    "NOPERM": few_commands,
    "CLUSTERDOWN": of_no_cluster,
}


@contextmanager
def refusing_server(directory: Path, name: str) -> Iterator[RedisServer]:
    """A server that refuses by this name, one of MAKE_REFUSE."""
    # Without a port of its own the bus takes one of those that the kernel gives to clients.
    options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())] if name == "CLUSTERDOWN" else []
    # No snapshot can be written in the place of a directory.
    (directory / "snapshots").mkdir()
    with RedisServer(directory, options=["--dbfilename", "snapshots", *options]) as server:
        with redis.Redis(port=server.port) as admin:
            MAKE_REFUSE[name](admin)
        yield server
        server.process.kill()  # one that cannot save does not end when it is asked to
