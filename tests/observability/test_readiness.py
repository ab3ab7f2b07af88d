"""/readyz of each role, as its own process, while its Redis takes no writes."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from onesoup.demo.process import Process
from onesoup.demo.servers import RedisServer
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import connect, writable

WITHIN = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as running:
        yield running


def readyz(port: int) -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status, json.load(answer)["checks"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["checks"]
    except OSError:
        return 0, {}


def until(port: int, status: int, says: str = "ok") -> None:
    """Waits for this status, and this word of Redis. On a busy machine a check may be too late now and then."""
    end = time.monotonic() + WITHIN
    while (found := readyz(port))[0] != status or found[1]["redis"] != says:
        assert time.monotonic() < end, found
        time.sleep(0.1)


@pytest.mark.parametrize("role", ["web", "holder", "cir"])
def test_a_role_says_by_name_why_its_redis_takes_no_writes(role, server, tmp_path):
    """Two servers that are each other's replicas, or a master without its replicas: both answer PING, and no request can be
    served. A full one serves polls still."""
    KeyRing.create(tmp_path / "keys")
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "ONESOUP_REDIS_URL": server.url,
        "ONESOUP_KEYS_FILE": str(tmp_path / "keys"),
        "ONESOUP_DATA": str(tmp_path),
        "ONESOUP_ADMIN_PORT": str(port),
        "ONESOUP_HTTP_PORT": str(free_port()),
        "ONESOUP_STCP_PORT": str(free_port()),
        "ONESOUP_DOMAIN": "localhost",
    }
    process = Process(role, [str(Path(sys.prefix, "bin", "onesoup")), role], env, tmp_path / "log")
    client = redis.Redis.from_url(server.url)
    process.start()
    try:
        until(port, 200)
        client.replicaof("127.0.0.1", 1)
        until(port, 503, "READONLY")
        client.replicaof("NO", "ONE")
        until(port, 200)
        client.config_set("min-replicas-to-write", 1)
        until(port, 503, "NOREPLICAS")
        client.config_set("min-replicas-to-write", 0)
        until(port, 200)
        client.config_set("maxmemory", 1)
        until(port, 200, "OOM")
    finally:
        process.stop()
        client.close()


@pytest.mark.parametrize("shared", [False, True])
def test_a_full_redis_is_no_reason_to_send_phones_away(shared, server):
    """They get their answer from us then: a gateway that is not ready would leave it to the balancer."""
    client = connect(server.url, shared=shared)
    client.config_set("maxmemory", "1")
    with pytest.raises(redis.OutOfMemoryError):
        client.set("more", "x")
    assert writable(client) == "OOM"
    assert client.dbsize() == 0
    client.close()
