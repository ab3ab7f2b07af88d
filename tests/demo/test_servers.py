"""The private servers: what is written survives a kill, accounts and certificates are as a client wants them."""

import os
import socket
import ssl
import stat
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import redis
import websocket

from onesoup.demo import certs
from onesoup.demo.process import Process, ProcessError
from onesoup.demo.servers import Prosody, RedisServer, connects, find_newer_prosody
from onesoup.runtime.ports import free_port, is_free


def test_redis_keeps_what_was_written_over_a_restart(tmp_path):
    with RedisServer(tmp_path) as server:
        client = redis.Redis.from_url(server.url)
        client.set("key", "value")
        server.restart()
        assert client.get("key") == b"value"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        server.kill()
        assert is_free(server.port)
        server.start()
        assert client.get("key") == b"value"
        client.close()


def test_prosody_shows_a_certificate_of_its_own_authority_on_the_direct_tls_port(tmp_path):
    with Prosody(tmp_path, "example.org") as server:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        with (
            socket.create_connection(("127.0.0.1", server.tls_port), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname="example.org") as link,
        ):
            assert link.version() in ("TLSv1.2", "TLSv1.3")


def test_certificate_is_kept_while_it_fits(tmp_path):
    _, first, key = certs.ensure(tmp_path, ["example.org"])
    before = first.read_bytes()
    assert certs.ensure(tmp_path, ["example.org"])[1].read_bytes() == before
    assert certs.ensure(tmp_path, ["other.org"])[1].read_bytes() != before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_process_that_ends_at_once_is_told_with_its_last_lines(tmp_path):
    process = Process("broken", [sys.executable, "-c", "raise SystemExit('the reason')"], os.environ, tmp_path / "log")
    process.start()
    with pytest.raises(ProcessError, match="broken ended with status 1:\nthe reason"):
        process.wait_until(lambda: False)


def test_process_does_not_outlive_its_parent_not_even_a_killed_one(tmp_path):
    code = f"""
import os, pathlib, time
from onesoup.demo.process import Process
child = Process("child", ["sleep", "60"], os.environ, pathlib.Path({str(tmp_path)!r}, "log"))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def test_a_process_that_is_gone_is_not_killed_once_more(tmp_path, monkeypatch):
    """Its number may be that of another group by then."""
    process = Process("short", ["sleep", "60"], os.environ, tmp_path / "log")
    process.start()
    process.kill()
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("somebody else was killed"))
    process.kill()
    process.stop()
    monkeypatch.undo()
    process.start()
    assert process.running
    process.kill()
    assert not process.running


def test_free_ports_adjoin_and_are_not_given_twice():
    first = free_port(count=2)
    assert is_free(first)
    assert is_free(first + 1)
    assert not {first, first + 1} & {free_port() for _ in range(50)}


def test_two_processes_that_search_at_the_same_time_find_different_ports():
    """Nobody listens on them yet; when one of the processes ends its ports are free again."""
    code = "from onesoup.runtime.ports import free_port; print(*(free_port() for _ in range(20)), flush=True); input()"
    env = os.environ | {"ONESOUP_FREE_PORTS": "19200-19299"}
    found = []
    for _ in range(2):
        pipe = subprocess.PIPE
        with ExitStack() as stack:
            both = [
                stack.enter_context(subprocess.Popen([sys.executable, "-c", code], env=env, stdin=pipe, stdout=pipe))
                for _ in "ab"
            ]
            found.append({port for each in both for port in each.stdout.readline().split()})
            for each in both:
                each.stdin.close()
    assert [len(each) for each in found] == [40, 40]


def test_free_ports_come_from_the_range_that_is_given(monkeypatch):
    monkeypatch.setenv("ONESOUP_FREE_PORTS", "19000-19100")
    assert all(19000 <= free_port(count=3) <= 19098 for _ in range(10))


def gone(pid: int, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":  # nobody's child any more, or not yet waited for
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_what_somebody_sets_takes_the_place_of_ours(tmp_path):
    """Prosody does not start with a setting that stands there twice, or by halves."""
    theirs = 'modules_enabled = { "bosh" }\nauthentication = "internal_hashed"; storage = "memory"\n'
    config = Prosody(tmp_path, options=theirs)._config(tmp_path / "crt", tmp_path / "key", theirs, "", [])
    settings = config.partition("VirtualHost")[0]
    for name in ("modules_enabled", "authentication", "storage"):
        assert settings.count(f"{name} =") == 1
    assert settings.count("{") == settings.count("}")
    assert '"roster"' not in settings


def test_prosody_for_the_federation_takes_servers_and_makes_no_accounts_for_strangers(tmp_path):
    """And one that is not asked for federation listens on this machine alone, as the other tests have it."""
    port = free_port()
    with Prosody(tmp_path, "example.org", bind="0.0.0.0", public_host="example.org", s2s_port=port) as server:
        server.process.wait_until(lambda: connects("127.0.0.1", port))
        with socket.create_connection(("127.0.0.1", port), timeout=60) as link:
            link.sendall(
                b"<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'"
                b" xmlns:db='jabber:server:dialback' from='example.net' to='example.org' version='1.0'>"
            )
            told = b""
            while b"</stream:features>" not in told and b"</stream:stream>" not in told:
                told += link.recv(4096)
        config = (tmp_path / "prosody.cfg.lua").read_text()
    assert b"from='example.org'" in told
    assert b"starttls" in told
    assert "allow_registration = false" in config
    assert server.web == f"example.org:{server.port + 2}"


PAGE = "http://127.0.0.1:8080"
OPENING = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{}' version='1.0'/>"


@pytest.fixture(scope="module")
def for_pages(tmp_path_factory):
    with Prosody(tmp_path_factory.mktemp("pages"), "example.org", websocket_origins=[PAGE]) as server:
        yield server


def websocket_to(server, **more):
    return websocket.create_connection(server.websocket_url, subprotocols=["xmpp"], timeout=20, **more)


@pytest.mark.parametrize("who", [{"origin": PAGE}, {"suppress_origin": True}], ids=["our page", "no browser"])
def test_our_pages_open_xmpp_over_websocket(for_pages, who):
    link = websocket_to(for_pages, **who)
    link.send(OPENING.format("example.org"))
    assert "xmpp-framing" in link.recv()
    assert "SCRAM-SHA-1" in link.recv()
    link.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8081", "https://127.0.0.1:8080"])
def test_pages_of_others_open_none(for_pages, origin):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket_to(for_pages, origin=origin)
    assert refused.value.status_code == 403


def test_a_server_that_others_reach_speaks_to_no_page(tmp_path):
    """There the password would pass the network in clear text."""
    server = Prosody(tmp_path, "example.org", bind="0.0.0.0", websocket_origins=[PAGE])
    assert server.websocket_url == ""
    assert "websocket" not in (tmp_path / "prosody.cfg.lua").read_text()


def test_the_module_for_pages_loads_in_the_newer_prosody(tmp_path):
    program = find_newer_prosody()
    if program is None:
        pytest.skip("Prosody 13 is not here")
    with Prosody(tmp_path, "example.org", websocket_origins=[PAGE], program=program) as server:
        test_our_pages_open_xmpp_over_websocket(server, {"origin": PAGE})
        test_pages_of_others_open_none(server, "http://evil.example")
