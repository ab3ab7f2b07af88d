"""What systemd is told: over a real socket, by path and by abstract name, and by the processes themselves."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import gevent
import pytest

from onesoup.demo.process import Process
from onesoup.runtime import systemd as sdnotify
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    """(its socket, the environment that names it)"""
    name = str(tmp_path / "notify") if request.param == "path" else f"\0onesoup-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        sock.settimeout(60)
        yield sock, {"NOTIFY_SOCKET": name.replace("\0", "@")}


def test_ready_and_stopping(systemd):
    sock, environ = systemd
    assert sdnotify.notify_ready(environ) is None
    sdnotify.notify_stopping(environ)
    assert [sock.recv(100) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


def test_signs_of_life_come_until_the_hub_stands_still(systemd):
    sock, environ = systemd
    living = sdnotify.notify_ready({**environ, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())})
    try:
        assert [sock.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    finally:
        gevent.kill(living)


@pytest.mark.parametrize("environ", [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}])
def test_nobody_who_waits_for_signs_of_life_gets_none(environ):
    assert sdnotify.watchdog_seconds(environ) == 0


def test_a_systemd_that_is_not_there_stops_nobody(tmp_path):
    sdnotify.notify_systemd("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    sdnotify.notify_systemd("READY=1", {})


@pytest.mark.parametrize("role", ["cir", "holder", "all"])
def test_a_process_says_when_it_is_ready_that_it_lives_and_that_it_stops(role, redis_server, tmp_path):
    KeyRing.create(tmp_path / "keys")
    mine = {
        "REDIS_URL": redis_server.url,
        "KEYS_FILE": str(tmp_path / "keys"),
        "DATA": str(tmp_path),
        "STCP_PORT": str(free_port()),
        "HTTP_PORT": str(free_port()),
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
            process.signal(signal.SIGTERM)
            heard = b""
            while heard != b"STOPPING=1":  # read at once: few of them fit into the socket, and with a full one it is not said
                heard = sock.recv(100)
        finally:
            process.stop()


# Makes a socket the third file of a process and says so, then becomes that process.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_socket_that_systemd_holds_refuses_nobody_while_the_process_starts_anew(redis_server, tmp_path):
    """A phone dials while nothing runs, and is served by the process that comes."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        phone = socket.create_connection(held.getsockname(), timeout=60)
        phone.sendall(b"who is there\r\n")
        onesoup = str(Path(sys.prefix, "bin", "onesoup"))
        argv = [sys.executable, "-c", AS_SYSTEMD, str(held.fileno()), onesoup, "cir"]
        mine = {"REDIS_URL": redis_server.url, "DATA": str(tmp_path), "STCP_PORT": str(held.getsockname()[1])}
        environ = {**os.environ, **{f"ONESOUP_{name}": value for name, value in mine.items()}}
        environ["LISTEN_FDS"] = "1"
        child = subprocess.Popen(argv, env=environ, pass_fds=[held.fileno()], stdout=subprocess.DEVNULL)
        try:
            assert phone.recv(100) == b"", "no HELO: it is closed, by somebody who has read it"
        finally:
            child.terminate()
            assert child.wait(timeout=60) == 0
            phone.close()
