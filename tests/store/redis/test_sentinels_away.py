"""Sentinels that cannot be asked: whoever needs the store hears so in seconds, and a process still ends in time."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import gevent
import pytest

from onesoup.commands import redis_check
from onesoup.demo.process import Process
from onesoup.runtime.ports import free_port
from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import connect, writable
from tests.support.topologies import Sentinels

# A request of a phone is to be answered within 10 s, whatever is away. A silent server is never given up without a deadline.
WITHIN = 15.0
DRAIN = 3


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of three Sentinels that take connections and never say a word, as hosts that hang."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        hosts = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in listeners)
        yield f"redis+sentinel://{hosts}/onesoup/0"


@pytest.mark.parametrize("shared", [False, True])
def test_silent_sentinels_are_given_up_soon(silent, shared):
    client = connect(silent, shared=shared)
    began = time.monotonic()
    with pytest.raises(StoreDown):
        writable(client)
    assert time.monotonic() - began < WITHIN


@pytest.mark.parametrize(
    ("url", "shared"), [("redis+sentinel://one.invalid,two.invalid/onesoup/0", True), ("redis://one.invalid/0", False)]
)
def test_names_that_nobody_resolves_are_given_up_soon(url, shared, monkeypatch):
    """A resolver that does not answer has no deadline that a socket's time-out would reach."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: gevent.sleep(60))
    client = connect(url, shared=shared)
    began = time.monotonic()
    with pytest.raises(StoreDown):
        writable(client)
    assert time.monotonic() - began < WITHIN + 2


def test_the_check_of_redis_asks_each_silent_sentinel_once(silent):
    began = time.monotonic()
    found = list(redis_check.redis_findings(Settings(redis_url=silent), connect(silent)))
    assert [each.grade for each in found if each.what.startswith("sentinel ")] == ["FAIL"] * 3
    assert time.monotonic() - began < 3 * 1.5 + WITHIN


def test_roles_end_in_time_though_redis_and_sentinels_hang(tmp_path):
    """Nothing can be handed over then; killed by force they would not even close their lines and streams."""
    KeyRing.create(tmp_path / "keys")
    with Sentinels(tmp_path / "stores") as stores, ExitStack() as stack:
        roles = [_started(role, stores.url, tmp_path) for role in ("holder", "cir")]
        for process, port in roles:
            stack.callback(process.kill)
            process.wait_until(lambda port=port: _ready(port))
        for each in (stores.master, stores.replica, *stores.watchers):
            os.kill(each.process.pid, signal.SIGSTOP)
            stack.callback(os.kill, each.process.pid, signal.SIGCONT)
        gevent.sleep(1.0)
        for process, _ in roles:
            process.signal(signal.SIGTERM)
        end = time.monotonic() + DRAIN + 20
        while any(process.running for process, _ in roles) and time.monotonic() < end:
            gevent.sleep(0.05)
        assert [process.status for process, _ in roles] == [0, 0]


def _started(role: str, url: str, directory: Path) -> tuple[Process, int]:
    """The process, and its admin port."""
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "ONESOUP_REDIS_URL": url,
        "ONESOUP_KEYS_FILE": str(directory / "keys"),
        "ONESOUP_DATA": str(directory),
        "ONESOUP_ADMIN_PORT": str(port),
        "ONESOUP_STCP_PORT": str(free_port()),
        "ONESOUP_DOMAIN": "localhost",
        "ONESOUP_DRAIN_SECONDS": str(DRAIN),
    }
    process = Process(role, [str(Path(sys.prefix, "bin", "onesoup")), role], env, directory / f"{role}.log")
    process.start()
    return process, port


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
