"""What systemd is told: over a real socket, by path and by abstract name, and by the processes themselves."""

import os
import socket
import sys
from pathlib import Path

import gevent
import pytest

from onesoup import sdnotify
from onesoup.demo.process import Process
from onesoup.ports import free_port
from onesoup.store.keyring import KeyRing


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    """(its socket, the environment that names it)"""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0onesoup-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        sock.settimeout(10)
        yield sock, {"NOTIFY_SOCKET": name.replace("\0", "@")}


def test_ready_and_stopping(systemd):
    sock, environ = systemd
    assert sdnotify.ready(environ) is None
    sdnotify.stopping(environ)
    assert [sock.recv(100) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


def test_signs_of_life_come_until_the_hub_stands_still(systemd):
    sock, environ = systemd
    living = sdnotify.ready({**environ, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())})
    try:
        assert [sock.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    finally:
        gevent.kill(living)


@pytest.mark.parametrize("environ", [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}])
def test_nobody_who_waits_for_signs_of_life_gets_none(environ):
    assert sdnotify.watchdog(environ) == 0


def test_a_systemd_that_is_not_there_stops_nobody(tmp_path):
    sdnotify.tell("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    sdnotify.tell("READY=1", {})


@pytest.mark.parametrize("role", ["cir", "holder"])
def test_a_process_says_when_it_is_ready_that_it_lives_and_that_it_stops(role, redis_server, tmp_path):
    KeyRing.create(tmp_path / "keys")
    mine = {
        "REDIS_URL": redis_server.url,
        "KEYS_FILE": str(tmp_path / "keys"),
        "DATA": str(tmp_path),
        "STCP_PORT": str(free_port()),
    }
    environ = {f"ONESOUP_{name}": value for name, value in mine.items()}
    environ |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(environ["NOTIFY_SOCKET"])
        sock.settimeout(60)
        process = Process(role, [str(Path(sys.prefix, "bin", "onesoup")), role], environ, tmp_path / f"{role}.log")
        process.start()
        try:
            assert [sock.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        finally:
            process.stop()
        heard = b""
        while heard != b"STOPPING=1":
            heard = sock.recv(100)
