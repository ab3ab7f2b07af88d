"""Socket units: systemd keeps the port and hands it over, so that nobody is refused while a role starts again."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime import ports
from onesoup.runtime.ports import free_port
from onesoup.store.account.keyring import KeyRing

ACTIVATE = shutil.which("systemd-socket-activate", path="/usr/bin:/bin")


def test_without_systemd_there_is_nothing_to_take(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")
    ports.inherited_sockets.cache_clear()
    assert ports.inherited_sockets() == ()
    assert ports.inherited_socket(3171) is None
    ports.inherited_sockets.cache_clear()


@pytest.mark.skipif(not ACTIVATE, reason="needs systemd-socket-activate")
@pytest.mark.parametrize(("role", "setting"), [("cir", "ONESOUP_STCP_PORT"), ("web", "ONESOUP_HTTP_PORT")])
def test_a_role_serves_the_socket_that_it_was_handed(role, setting, redis_server, tmp_path):
    """The role is started by the first connection, and answers it."""
    port = free_port()
    KeyRing.create(tmp_path / "keys")
    env = {
        "PATH": "/usr/bin:/bin",
        "ONESOUP_REDIS_URL": redis_server.url,
        "ONESOUP_KEYS_FILE": str(tmp_path / "keys"),
        "ONESOUP_DATA": str(tmp_path),
        "ONESOUP_ADMIN_PORT": str(free_port()),
        setting: str(port),
    }
    passed = [word for name in env for word in ("-E", name)]
    argv = [ACTIVATE or "", "-l", f"127.0.0.1:{port}", *passed, str(Path(sys.prefix, "bin", "onesoup")), role]
    process = Process(role, argv, env, tmp_path / "log")
    process.start()
    process.wait_until(lambda: connects("127.0.0.1", port))
    said = {"cir": b"PING\r\n", "web": b"GET /nothing HTTP/1.0\r\n\r\n"}[role]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as phone:
        phone.sendall(said)
        try:
            answer = phone.recv(100)
        except ConnectionResetError:
            answer = b""  # whoever sends no HELO first is not listened to
    assert process.running, process.output()
    process.stop()
    assert answer.startswith(b"HTTP/1.") if role == "web" else answer == b"", process.output()
