"""Closed-loop HTTP load: some connections, each posting the next body as soon as its last answer is there.

By wrk where it is on PATH, else by a generator of our own (slower; it says so).
"""

import itertools
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gevent

from bench.report import percentile

# `bodies` is read by the script: hexadecimal, one body a line. Its last line is what we read.
_WRK = """
local requests, n = {}, 0
function init(args)
  for line in io.lines(args[1]) do
    local body = line:gsub('..', function(hex) return string.char(tonumber(hex, 16)) end)
    requests[#requests + 1] = wrk.format('POST', wrk.path, {['Content-Type'] = args[2]}, body)
  end
end
function request()
  n = n % #requests + 1
  return requests[n]
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('{"requests": %d, "us": %d, "p50": %d, "p99": %d, "bad": %d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of it: times in seconds. `bad` counts every answer other than 2xx and every failure of a connection."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bad: int


@dataclass
class Generator:
    """Posts `bodies` in turn to a port of this machine."""

    bodies: Sequence[bytes]
    content_type: str
    connections: int
    directory: Path
    wrk: str | None = field(default_factory=lambda: shutil.which("wrk"))

    def __post_init__(self) -> None:
        (self.directory / "bodies").write_text("".join(body.hex() + "\n" for body in self.bodies))
        (self.directory / "post.lua").write_text(_WRK)

    def run(self, port: int, seconds: float) -> Load:
        """wrk counts whole seconds only: shorter runs are our own."""
        return self._by_wrk(port, seconds) if self.wrk and seconds >= 1 else _Own(self).run(port, seconds)

    def _by_wrk(self, port: int, seconds: float) -> Load:
        argv = [
            str(self.wrk),
            "-t1",
            f"-c{self.connections}",
            f"-d{round(seconds)}s",
            "-s",
            str(self.directory / "post.lua"),
        ]
        argv += [f"http://127.0.0.1:{port}/", "--", str(self.directory / "bodies"), self.content_type]
        output = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        found = json.loads(output.splitlines()[-1])
        return Load(found["requests"], found["us"] / 1e6, found["p50"] / 1e6, found["p99"] / 1e6, found["bad"])


class _Own:
    """Without wrk: greenlets with plain sockets."""

    def __init__(self, generator: Generator) -> None:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {generator.content_type}\r\nContent-Length: "
        requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in generator.bodies]
        self._requests: Iterator[bytes] = itertools.cycle(requests)
        self._connections = generator.connections
        self._times: list[float] = []
        self._bad = 0

    def run(self, port: int, seconds: float) -> Load:
        began = time.perf_counter()
        gevent.joinall([gevent.spawn(self._connection, port, began + seconds) for _ in range(self._connections)])
        took = time.perf_counter() - began
        return Load(len(self._times), took, percentile(self._times, 0.5), percentile(self._times, 0.99), self._bad)

    def _connection(self, port: int, end: float) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (began := time.perf_counter()) < end:
                link.sendall(next(self._requests))
                self._bad += not _answer(link).startswith(b"HTTP/1.1 200 ")
                self._times.append(time.perf_counter() - began)


def _answer(link: socket.socket) -> bytes:
    """One whole answer; only Content-Length is understood."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(link)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while len(body) < length:
        body += _some(link)
    return head


def _some(link: socket.socket) -> bytes:
    data = link.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data
