"""The admin port: alive, ready, metrics; one port for several workers."""

import http.client
import json
import os
import socket
import time
from contextlib import suppress

import falcon
import gevent
import pytest

from onesoup.http_server.connection import HttpLimits
from onesoup.observability import admin_server
from onesoup.runtime import ports
from onesoup.runtime.ports import free_port
from onesoup.settings import Settings, SettingsError
from tests.support.flood import flood


@pytest.fixture
def settings(tmp_path):
    yield Settings(data=str(tmp_path))
    admin_server.stop_admin_server()


def get(port, path, method="GET"):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request(method, path)
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, body


def test_alive_and_metrics(settings):
    port = admin_server.start_admin_server(settings, "holder")
    status, body = get(port, "/healthz")
    assert (status, json.loads(body)["alive"]) == (200, True)
    status, body = get(port, "/metrics")
    assert status == 200
    assert b"python_info" in body


def test_greenlets_that_stay_are_counted(settings):
    port = admin_server.start_admin_server(settings, "holder")
    before = json.loads(get(port, "/greenlets")[1])["greenlets"]
    waiting = [gevent.spawn(gevent.sleep, 60) for _ in range(500)]
    # Some that other tests have left may go meanwhile.
    assert json.loads(get(port, "/greenlets")[1])["greenlets"] >= before + 400
    gevent.killall(waiting)


def test_ready_names_what_fails_and_hides_why(settings):
    def redis():
        raise ConnectionError("redis://:hunter2@10.0.0.5")

    def keys():
        return True

    def slow():
        gevent.sleep(60)

    port = admin_server.start_admin_server(settings, "holder", [redis, keys, slow])
    status, body = get(port, "/readyz")
    assert status == 503
    assert json.loads(body)["checks"] == {"redis": "ConnectionError", "keys": "ok", "slow": "TimeoutError"}
    assert b"hunter2" not in body


def test_ready_when_all_checks_pass(settings):
    port = admin_server.start_admin_server(settings, "cir", [lambda: None])
    assert get(port, "/readyz")[0] == 200


def test_other_pages_and_methods_are_not_found(settings):
    port = admin_server.start_admin_server(settings, "cir")
    assert get(port, "/")[0] == 404
    assert get(port, "/metrics", "POST")[0] == 404
    assert get(port, "/healthz", "HEAD") == (200, b"")


def test_what_is_mounted_answers_at_its_path_and_below(settings):
    class Shown:
        def on_get(self, req, resp, name=""):
            resp.text = f"{req.path} {name}"

        def on_post(self, req, resp, name=""):
            resp.text = req.stream.read().decode()

    mounted = falcon.App()
    mounted.add_route("/console", Shown())
    mounted.add_route("/console/{name}", Shown())
    port = admin_server.start_admin_server(settings, "web", mounted={"/console": mounted})
    assert get(port, "/console") == (200, b"/console ")
    assert get(port, "/console/users?x=/healthz") == (200, b"/console/users users")
    assert get(port, "/console", "POST")[0] == 200
    assert get(port, "/consoles") == (404, b"/healthz /readyz /metrics /greenlets /console\n")
    assert get(port, "/healthz")[0] == 200


def test_port_is_written_where_others_look(settings):
    port = admin_server.start_admin_server(settings, "holder")
    assert admin_server.running_admin_ports(settings.data) == {f"holder-{os.getpid()}": port}


def test_ports_forget_processes_that_are_gone(settings, tmp_path):
    admin_server.start_admin_server(settings, "holder")
    gone = tmp_path / "admin" / "cir-4194305.port"  # above the largest pid of Linux
    gone.write_text("1\n")
    assert list(admin_server.running_admin_ports(tmp_path)) == [f"holder-{os.getpid()}"]
    assert not gone.exists()


def test_taken_port_is_an_error_that_names_its_setting(settings, tmp_path):
    port = admin_server.start_admin_server(settings, "holder")
    with pytest.raises(SettingsError, match="ONESOUP_ADMIN_PORT"):
        admin_server.start_admin_server(Settings(data=str(tmp_path), admin_port=port), "cir")


def test_workers_of_one_gateway_answer_on_one_socket(settings, tmp_path):
    shared = ports.bind_listener("127.0.0.1", [free_port()])
    port = shared.getsockname()[1]
    assert admin_server.start_admin_server(settings, "web", [lambda: False], shared=shared) == port
    assert get(port, "/readyz")[0] == 503
    assert admin_server.start_admin_server(settings, "web", shared=shared) == port
    admin_server._running.pop(0).stop(timeout=0)  # the one that is not ready has gone
    for _ in range(5):
        assert get(port, "/readyz")[0] == 200
    assert admin_server.running_admin_ports(tmp_path) == {f"web-{os.getppid()}": port}
    shared.close()


@pytest.mark.parametrize(("role", "port"), [("web", 9471), ("holder", 9472), ("cir", 9473)])
def test_each_role_has_its_port_and_further_processes_the_next_free_one(role, port):
    assert ports.admin_ports(role, 0)[:2] == [port, 9474]
    assert ports.admin_ports(role, 4711) == [4711]


def test_a_second_process_of_a_role_takes_the_next_free_port():
    first = free_port(count=3)
    listeners = [ports.bind_listener("127.0.0.1", range(first, first + 3)) for _ in range(3)]
    assert [each.getsockname()[1] for each in listeners] == [first, first + 1, first + 2]
    with pytest.raises(OSError, match="in use"):
        ports.bind_listener("127.0.0.1", range(first, first + 3))
    for each in listeners:
        each.close()


def test_a_slow_question_ends_with_the_deadline(settings, monkeypatch):
    monkeypatch.setattr(admin_server, "ADMIN_LIMITS", HttpLimits(request_seconds=0.3))
    port, began = admin_server.start_admin_server(settings, "holder"), time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 5) as link, suppress(OSError):
        for byte in b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 1000:
            link.sendall(bytes([byte]))
            gevent.sleep(0.02)
    assert time.monotonic() - began < 10.0  # all of it would take 20 s


def test_questions_without_end_leave_others_their_turn(settings):
    port, took = admin_server.start_admin_server(settings, "holder"), []
    with flood(("127.0.0.1", port), b"GET /healthz HTTP/1.1\r\n\r\n", source="127.0.0.2"):
        for _ in range(20):
            began = time.monotonic()
            assert get(port, "/healthz")[0] == 200
            took.append(time.monotonic() - began)
    assert sorted(took)[-3] < 5.0  # what stands before it, and the machine may be busy with something else
