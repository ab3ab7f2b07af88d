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

HERE = "127.0.0.1"
ACTIVATE = shutil.which("systemd-socket-activate", path="/usr/bin:/bin")


def test_without_systemd_there_is_nothing_to_take(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")
    ports.inherited_sockets.cache_clear()
    assert ports.inherited_sockets() == ()
    assert ports.inherited_sockets_at(3171) == []
    assert ports.inherited_elsewhere([3171]) == []
    ports.inherited_sockets.cache_clear()


@pytest.fixture
def handed(redis_server, tmp_path):
    """handed(role, places, setting=value ...) starts a role by systemd-socket-activate, which listens at these places of
    127.0.0.1 or another address of this host."""
    if not ACTIVATE:
        pytest.skip("needs systemd-socket-activate")
    started = []

    def start(role, places, **more):
        if not (tmp_path / "keys").exists():
            KeyRing.create(tmp_path / "keys")
        env = {
            "PATH": "/usr/bin:/bin",
            "ONESOUP_REDIS_URL": redis_server.url,
            "ONESOUP_KEYS_FILE": str(tmp_path / "keys"),
            "ONESOUP_DATA": str(tmp_path),
            "ONESOUP_ADMIN_PORT": str(free_port()),
            **more,
        }
        passed = [word for name in env for word in ("-E", name)]
        listen = [word for host, port in places for word in ("-l", f"{host}:{port}")]
        argv = [ACTIVATE, *listen, *passed, str(Path(sys.prefix, "bin", "onesoup")), role]
        process = Process(role, argv, env, tmp_path / "log")
        process.start()
        started.append(process)
        process.wait_until(lambda: connects(*places[0]))
        return process

    yield start
    for each in started:
        each.kill()


def ask(place, said):
    with socket.create_connection(place, timeout=30) as phone:
        phone.sendall(said)
        try:
            return phone.recv(100)
        except ConnectionResetError:
            return b""  # whoever sends no HELO first is not listened to


@pytest.mark.parametrize(("role", "setting"), [("cir", "ONESOUP_STCP_PORT"), ("web", "ONESOUP_HTTP_PORT")])
def test_a_role_serves_the_socket_that_it_was_handed(role, setting, handed):
    """The role is started by the first connection, and answers it."""
    port = free_port()
    process = handed(role, [(HERE, port)], **{setting: str(port)})
    answer = ask((HERE, port), {"cir": b"PING\r\n", "web": b"GET /nothing HTTP/1.0\r\n\r\n"}[role])
    assert process.running, process.output()
    process.stop()
    assert answer.startswith(b"HTTP/1.") if role == "web" else answer == b"", process.output()


def test_a_gateway_serves_a_socket_whatever_its_port(handed):
    """gunicorn takes what the unit has, such as port 80."""
    port = free_port()
    process = handed("web", [(HERE, port)], ONESOUP_HTTP_PORT=str(free_port()))
    assert ask((HERE, port), b"GET /nothing HTTP/1.0\r\n\r\n").startswith(b"HTTP/1."), process.output()


def test_a_port_that_no_setting_names_is_an_error_and_not_a_port_where_phones_wait_for_ever(handed):
    port, other = free_port(), free_port()
    process = handed("cir", [(HERE, port)], ONESOUP_STCP_PORT=str(other))
    assert process.finish(60) == 1
    said = process.output()
    assert f"ONESOUP_STCP_PORT={other}, while systemd hands over {port}" in said
    assert f"example: ONESOUP_STCP_PORT={port}" in said


def test_all_addresses_of_a_unit_are_served(handed):
    """ListenStream= twice, such as for IPv4 and IPv6: two sockets with one port."""
    port = free_port()
    places = [(HERE, port), ("127.0.0.2", port)]
    process = handed("cir", places, ONESOUP_STCP_PORT=str(port))
    for place in places:
        assert ask(place, b"PING\r\n") == b"", process.output()


def test_all_roles_in_one_process_serve_both_sockets_of_their_unit_and_no_third_one(handed):
    web, stcp, other = free_port(), free_port(), free_port()
    settings = {"ONESOUP_HTTP_PORT": str(web), "ONESOUP_STCP_PORT": str(stcp)}
    process = handed("all", [(HERE, web), (HERE, stcp)], **settings)
    assert ask((HERE, web), b"GET /nothing HTTP/1.0\r\n\r\n").startswith(b"HTTP/1."), process.output()
    assert ask((HERE, stcp), b"PING\r\n") == b"", process.output()
    assert process.stop() == 0, process.output()
    stray = handed("all", [(HERE, other)], **settings)
    assert stray.finish(60) == 1
    assert f"ONESOUP_HTTP_PORT={web}, ONESOUP_STCP_PORT={stcp}, while systemd hands over {other}" in stray.output()
