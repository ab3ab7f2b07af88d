"""F21, F22: connections that never stop sending, and requests that never come to their end."""

import socket
import time
from contextlib import suppress

import gevent

from bench.report import percentile
from onesoup.runtime.ports import free_port
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, most
from tests.support.flood import flood

STRANGER = "127.0.0.2"  # the own machine's first address is taken for a proxy of ours
WITHIN_MS = 100
REQUEST_SECONDS = 5.0
CIR_PORT = free_port()
PIPELINED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKS = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;aaaaaa\r\nx\r\n" * 20 + b"0\r\n\r\n"


@case(
    21,
    "connections that never stop, for 10 s each: to the gateway, the STCP port, the CIR process's HTTP port",
    "others' p99 stays below 100 ms; no worker is killed",
    env={"ONESOUP_CIR_PORT": str(CIR_PORT), "ONESOUP_POLL_HOLD": "1"},
)
def floods(field: Field) -> list[Figure]:
    workers, web, stcp = field.workers(), ("127.0.0.1", field.stack.http_port), field.stack.stcp
    figures = [_waits(field, "nothing else", 10.0)]
    for name, address, what, source in (
        ("requests without end", web, PIPELINED, STRANGER),
        ("the same from a proxy", web, PIPELINED, "127.0.0.1"),
        ("chunks with extensions", web, CHUNKS, STRANGER),
    ):
        with flood(address, what, count=4, source=source):
            figures.append(_waits(field, name, 10.0))
    for name, address, what in (
        ("empty lines to STCP", stcp, b"\n"),
        ("requests to the CIR port", ("127.0.0.1", CIR_PORT), PIPELINED),
    ):
        with flood(address, what, count=4, source=STRANGER):
            figures.append(most(f"p99, a HELO beside {name}", _helos(stcp, 10.0), WITHIN_MS, "ms"))
    return [*figures, most("workers that were killed", len(set(workers) - set(field.workers())), 0)]


def _waits(field: Field, name: str, seconds: float) -> Figure:
    """The 99th percentile of the phones' answers that are not held, in that time."""
    field.mark(name)
    gevent.sleep(1.0)
    first = time.monotonic() - field.run.series.began
    gevent.sleep(seconds - 1.0)
    took = [each for at, each in field.run.series.waits if at >= first]
    return most(f"p99, phones beside {name}", percentile(took, 0.99) * 1e3, WITHIN_MS, "ms")


def _helos(address: tuple[str, int], seconds: float) -> float:
    """Until a HELO with an id that is none is refused, ms: Redis is asked, and the line closed."""
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        with socket.create_connection(address, 30) as line, suppress(ConnectionResetError):
            line.sendall(b"HELO nobody\r\n")
            line.recv(100)
        took.append(time.monotonic() - began)
        gevent.sleep(0.05)
    return percentile(took, 0.99) * 1e3


@case(
    22,
    "50 requests whose bodies come a byte a second",
    "all are closed at their deadline; the phones notice nothing",
    env={"ONESOUP_REQUEST_SECONDS": str(REQUEST_SECONDS)},
)
def slow(field: Field) -> list[Figure]:
    address = "127.0.0.1", field.stack.http_port
    bodies = [gevent.spawn(_drip, address) for _ in range(50)]
    beside = _waits(field, "slow bodies", REQUEST_SECONDS + 2.0)
    closed = [each.value for each in bodies if each.ready()]
    gevent.killall(bodies)
    return [
        most("slow bodies still open", 50 - len(closed), 0),
        most("time that the longest was open", max(closed, default=0.0), REQUEST_SECONDS + 1.0, "s"),
        beside,
        just("requests that failed for phones", field.run.series.total("failed")),
    ]


def _drip(address: tuple[str, int]) -> float:
    """Seconds until the gateway has closed."""
    with socket.create_connection(address, 30, source_address=(STRANGER, 0)) as link:
        began = time.monotonic()
        link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        link.settimeout(1.0)
        while True:
            try:
                if not link.recv(1000):
                    break
            except TimeoutError:
                link.sendall(b"a")
            except OSError:
                break
        return time.monotonic() - began
