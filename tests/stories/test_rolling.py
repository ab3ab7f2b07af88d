"""Gateways are reloaded and restarted one after the other behind nginx, under load: no request fails, and no poll hangs."""

import http.client
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import KeepAliveRequest, KeepAliveResponse, PollingRequest
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port
from onesoup.wire import codec
from tests.support.world import StoryPhone, World

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
TYPE = "application/vnd.wv.csp.wbxml"
BUSY, WAITING = 4, 3
# Longer than anything takes here that does not wait.
HOLD = 5


@pytest.fixture
def gateways(world: World) -> Iterator[tuple[Process, Process]]:
    """Two more gateways of the shared stack, with two workers each."""
    names = ("web-a", "web-b")
    more = {"ONESOUP_POLL_HOLD": str(HOLD), "ONESOUP_TRUSTED_PROXIES": "127.0.0.1"}
    made = [world.stack.launch("web", name, {"ONESOUP_HTTP_PORT": str(free_port())} | more) for name in names]
    world.stack.wait(*names)
    yield made[0], made[1]
    for name in names:
        world.stack.stop(name)
        del world.stack.processes[name]


def until(wanted: Callable[[], object], within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not wanted():
        assert time.monotonic() < end, f"not within {within:g} s"
        time.sleep(0.05)


@contextmanager
def nginx(directory: Path, ports: list[int]) -> Iterator[int]:
    """The shipped configuration with both gateways behind it; the port for phones."""
    port = free_port()
    text = SHIPPED.read_text().partition("\nstream {")[0]
    for kind in ("max_fails=1 fail_timeout=1s", "backup max_fails=0"):
        shipped = f"        server 127.0.0.1:8080 {kind};"
        assert shipped in text
        text = text.replace(shipped, " ".join(shipped.replace("8080", str(each)) for each in ports))
    text = text.replace("listen 80 default_server", f"listen 127.0.0.1:{port}")
    text = text.replace("/var/log/nginx/onesoup.log", str(directory / "access.log"))
    (directory / "nginx.conf").write_text(f"daemon off;\npid {directory}/pid;\nevents {{ }}\n{text}")
    argv = [shutil.which("nginx") or "", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
    process = Process("nginx", argv, {}, directory / "nginx.log")
    process.start()
    process.wait_until(lambda: connects("127.0.0.1", port))
    yield port
    process.stop()


class Load(threading.Thread):
    """One phone that sends request after request, every tenth on a new connection. What is no good answer is kept in `failed`;
    of polls for which nothing was there, how long they took in `empty`."""

    def __init__(self, port: int, phone: StoryPhone, polls: bool) -> None:
        super().__init__(daemon=True)
        self._port, self._phone, self._polls = port, phone, polls
        self.stopping = threading.Event()
        self.done = 0
        self.failed: list[str] = []
        self.empty: list[float] = []

    def run(self) -> None:
        link = None
        while not self.stopping.wait(0.02):
            if link is None or self.done % 10 == 0:
                link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            began = time.monotonic()
            try:
                if not self._ask(link) and self._polls:
                    self.empty.append(time.monotonic() - began)
            except Exception as error:
                self.failed.append(f"{self.done}: {type(error).__name__} {error}")
                link = None
            self.done += 1

    def _ask(self, link: http.client.HTTPConnection) -> bytes:
        name = "" if self._polls else f"k{self.done}"
        request = Transaction(Mode.REQUEST, name, PollingRequest() if self._polls else KeepAliveRequest())
        message = Message(self._phone.version, self._phone.encoding, [request], self._phone.session_id, SessionType.INBAND)
        link.request("POST", "/", codec.encode(envelope.document_from_message(message)), {"Content-Type": TYPE})
        answer = link.getresponse()
        octets = answer.read()
        assert answer.status == 200, answer.status
        if not self._polls:
            (transaction,) = envelope.message_from_document(codec.decode(octets)).transactions
            assert isinstance(transaction.content, KeepAliveResponse), transaction
            assert transaction.id == name
        return octets


@pytest.mark.timeout(400)
def test_workers_and_gateways_are_replaced_and_no_request_fails(
    world: World, gateways: tuple[Process, Process], tmp_path: Path
) -> None:
    people = [world.cast(f"phone{number}")[0] for number in range(BUSY + WAITING)]
    phones = [world.phone(each, cir=()).start() for each in people]
    first, second = gateways
    with nginx(tmp_path, [int(each.env["ONESOUP_HTTP_PORT"]) for each in gateways]) as port:
        threads = [Load(port, phone, polls=number >= BUSY) for number, phone in enumerate(phones)]
        for thread in threads:
            thread.start()

        def served(more: int = 20) -> None:
            """Every phone that does not wait has been answered so often since now."""
            goals = [(thread, thread.done + more) for thread in threads[:BUSY]]
            until(lambda: all(thread.done >= goal for thread, goal in goals))

        served()
        told = [ready(world, first)]

        def reloaded() -> bool:
            """Whether a poll that was held came back at once because its worker went. None may be at this gateway just then."""
            before = workers(first)
            first.signal(signal.SIGHUP)  # new workers begin, then the old ones go
            until(lambda: told.append(ready(world, first)) or replaced(workers(first), before))
            served()
            return any(seconds < HOLD - 1 for thread in threads for seconds in list(thread.empty))

        until(reloaded, within=180.0)
        assert set(told) == {200}  # the old ones serve until a new one does
        world.stack.stop(second.name)
        served()
        world.stack.start("web", second.name)
        served()
        for thread in threads:
            thread.stopping.set()
        for thread in threads:
            thread.join(30)
    assert [each for thread in threads for each in thread.failed] == []
    tries = [line for line in (tmp_path / "access.log").read_text().splitlines() if '"status":200' not in line]
    assert tries == []


def ready(world: World, gateway: Process) -> int:
    """What the gateway's operators are told."""
    link = http.client.HTTPConnection("127.0.0.1", world.stack.admin_port(gateway.name), timeout=30)
    link.request("GET", "/readyz")
    status = link.getresponse().status
    link.close()
    return status


def replaced(now: set[int], before: set[int]) -> bool:
    return len(now) == 2 and not now & before


def workers(gateway: Process) -> set[int]:
    """The process ids of a gateway's workers."""
    children = Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children").read_text()
    return {int(number) for number in children.split()}
