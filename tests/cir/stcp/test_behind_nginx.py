"""STCP behind a real nginx, with the stream part of the file that we ship and its PROXY protocol."""

import shutil
import socket
import subprocess
from pathlib import Path

import gevent
import pytest

from cir.stcp import waker
from cir.stcp.limits import ConnectionLimits
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port
from onesoup.store.redis.client import connect
from tests.cir.stcp.test_server import QUIET, SID, WVCI, Line, Station, quiet

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "nginx.conf"
MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") or ""
PER_ADDRESS = 40


def has_stream():
    """As a module beside nginx, as Debian has it, or built in."""
    if not NGINX or MODULE.exists():
        return bool(NGINX)
    built = subprocess.run([NGINX, "-V"], capture_output=True, text=True, check=False).stderr
    return "--with-stream " in built


pytestmark = pytest.mark.skipif(not has_stream(), reason="needs nginx with its stream module")


@pytest.fixture
def station(redis_server, monkeypatch):
    monkeypatch.setattr(waker, "CHUNK_READER_PAUSE_SECONDS", QUIET)
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", 0.05)
    connect(redis_server.url).flushall()
    made = Station(redis_server.url, limits=ConnectionLimits(1000, PER_ADDRESS), proxies=frozenset({"127.0.0.1"}))
    made.session()
    yield made
    made.close()


@pytest.fixture
def nginx(station, tmp_path):
    port = free_port()
    text = SHIPPED.read_text()
    text = text[text.index("\nstream {") :]
    changes = {
        "server 127.0.0.1:3171 ": f"server 127.0.0.1:{station._listener.server_port} ",
        "listen 3170;": f"listen 127.0.0.1:{port};",
        "/var/log/nginx/onesoup-stcp.log": f"{tmp_path}/access.log",
    }
    assert "proxy_protocol on;" in text
    for shipped, ours in changes.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    load = f"load_module {MODULE};\n" if MODULE.exists() else ""
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"{load}daemon off;\npid {tmp_path}/pid;\nerror_log stderr;\nevents {{ }}\n{text}")
    process = Process("nginx", [NGINX, "-p", str(tmp_path), "-c", str(conf), "-e", "stderr"], {}, tmp_path / "nginx.log")
    process.start()
    process.wait_until(lambda: connects("127.0.0.1", port))
    yield port
    process.stop()


@pytest.fixture
def dial(nginx, station):
    def dialled(source):
        sock = socket.create_connection(("127.0.0.1", nginx), timeout=10, source_address=(source, 0))
        station.phones.append(Line(sock))
        return station.phones[-1]

    return dialled


def lines(station):
    return sorted(line.address for line in station.stcp.lines.of(SID))


def test_a_phone_is_bound_and_woken_and_its_own_address_is_known(station, dial):
    line = dial("127.0.0.5").helo()
    assert lines(station) == ["127.0.0.5"]
    assert line.say(b"PING \r\n").hear() == b"OK\r\n"
    station.deliver("m1")
    assert line.hear() == WVCI
    line.sock.close()
    with gevent.Timeout(60):
        while lines(station):
            gevent.sleep(0.01)


def test_ok_and_wvci_stay_apart_behind_the_proxy_too(station, dial):
    station.deliver("m1")
    line = dial("127.0.0.5").helo()  # the first segment is OK alone
    assert line.hear() == WVCI
    station.phone_polls()
    quiet(line)


def test_two_addresses_behind_one_proxy_are_two(station, dial):
    """Both are woken; a new line of the same address takes the place of the old one."""
    mine, foreign = dial("127.0.0.5").helo(), dial("127.0.0.6").helo()
    again = dial("127.0.0.5").helo()
    assert mine.hear() == b""
    assert lines(station) == ["127.0.0.5", "127.0.0.6"]
    station.deliver("m1")
    assert (again.hear(), foreign.hear()) == (WVCI, WVCI)


def test_limits_count_phones_and_not_the_proxy(station, dial):
    held = [dial("127.0.0.5") for _ in range(PER_ADDRESS)]
    with gevent.Timeout(60):
        while station.stcp.limits.connections < PER_ADDRESS:
            gevent.sleep(0.01)
    assert dial("127.0.0.5").hear() == b""
    assert dial("127.0.0.6").helo()
    assert [each.hear(0.05) for each in held] == [None] * PER_ADDRESS
