"""A proxy that breaks what passes through it: TCP with delay, narrow band, cuts and silence; UDP with loss, doubles and disorder.

    with TcpProxy(("127.0.0.1", 6379)) as proxy:
        ...                                  # clients connect to proxy.address
        proxy.fault = Fault(latency=0.2, jitter=0.05)
        proxy.fault = Fault(silent=True)     # takes connections and says nothing; what was sent comes when it ends
        proxy.fault = CLEAR
        proxy.reset()                        # every connection ends with RST
        proxy.freeze()                       # those that stand say nothing any more

A fault counts for all connections, also those that stand, from the next octets on. For greenlets: sockets must be patched.
"""

import random
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import gevent
from gevent.queue import Queue

PROXY_CHUNK_BYTES = 16 * 1024
FAULT_CHECK_SECONDS = 0.05


@dataclass(frozen=True)
class Fault:
    """What the proxy does to bytes on their way. Times in seconds."""

    latency: float = 0.0
    jitter: float = 0.0
    # Bytes a second in each direction; 0 is no limit.
    rate: int = 0
    # The connection ends after this many bytes of an answer; `cut` says how.
    answer_ends_after: int | None = None
    cut: str = "reset"  # or "half-close"
    # Accepted, and nothing passes, in either direction.
    silent: bool = False
    # New connections are ended at once.
    refuse: bool = False
    # Datagrams: chances of each.
    loss: float = 0.0
    double: float = 0.0
    swap: float = 0.0

    def delay(self) -> float:
        return self.latency + random.uniform(0.0, self.jitter) if self.latency or self.jitter else 0.0


NO_FAULT = Fault()


class _Proxy:
    """What both kinds have in common: where it listens, where it leads, and the fault of the moment."""

    def __init__(self, to: tuple[str, int], fault: Fault = NO_FAULT, port: int = 0) -> None:
        self.to, self.fault = to, fault
        self._port = port
        self._greenlets: list[gevent.Greenlet] = []

    @property
    def address(self) -> tuple[str, int]:
        return self._listener.getsockname()[:2]  # type: ignore[no-any-return]

    @property
    def port(self) -> int:
        return self.address[1]

    def __enter__(self) -> Self:
        self._listener = self._listen()
        self._greenlets.append(gevent.spawn(self._serve))
        return self

    def __exit__(self, *_: object) -> None:
        gevent.killall(self._greenlets)
        self._listener.close()

    def _listen(self) -> socket.socket:
        raise NotImplementedError

    def _serve(self) -> None:
        raise NotImplementedError


class TcpProxy(_Proxy):
    def __init__(self, to: tuple[str, int], fault: Fault = NO_FAULT, port: int = 0) -> None:
        super().__init__(to, fault, port)
        self._pairs: set[_Pair] = set()
        self.accepted = 0
        # Where connections to the server come from, as it sees them.
        self.source = ""
        # Faults for those who come from some address; everybody else gets `fault`.
        self.faults: dict[str, Fault] = {}

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.reset()

    def reset(self) -> None:
        """Ends every connection with RST, to both sides."""
        for pair in list(self._pairs):
            pair.cut("reset")

    def freeze(self) -> None:
        """Connections that stand pass nothing any more and never end, as when a firewall has forgotten them; new ones work."""
        for pair in list(self._pairs):
            pair.frozen = True

    def half_close(self) -> None:
        """Sends a FIN and no more bytes to the clients. What they send still passes."""
        for pair in list(self._pairs):
            pair.cut("half-close")

    @property
    def open(self) -> int:
        return len(self._pairs)

    def _listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port), backlog=1024)

    def _serve(self) -> None:
        while True:
            client, address = self._listener.accept()
            self.accepted += 1
            if self._fault_of(address[0]).refuse:
                _reset(client)
            else:
                gevent.spawn(self._connect, client, address[0])

    def _fault_of(self, host: str) -> Fault:
        return self.faults.get(host, self.fault)

    def _connect(self, client: socket.socket, host: str) -> None:
        while self._fault_of(host).silent:
            gevent.sleep(FAULT_CHECK_SECONDS)
        try:
            server = socket.create_connection(self.to, 10, (self.source, 0) if self.source else None)
        except OSError:
            _reset(client)
            return
        for link in (client, server):
            link.settimeout(None)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = _Pair(client, server, lambda: self._fault_of(host), self._pairs.discard)
        self._pairs.add(pair)
        pair.start()


class _Pair:
    """One client's connection and the one that belongs to it at the server."""

    def __init__(
        self, client: socket.socket, server: socket.socket, fault: Callable[[], Fault], gone: Callable[["_Pair"], None]
    ) -> None:
        self._client, self._server, self._fault, self._gone = client, server, fault, gone
        self._answered = 0
        self._muted = False
        self.frozen = False
        self._open = 2

    def start(self) -> None:
        for source, sink in ((self._client, self._server), (self._server, self._client)):
            queue: Queue[tuple[float, bytes] | None] = Queue(64)
            gevent.spawn(self._read, source, queue)
            gevent.spawn(self._write, queue, sink)

    def cut(self, how: str) -> None:
        if how == "half-close":
            self._muted = True
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_WR)
            return
        for link in (self._client, self._server):
            _reset(link)
        self._gone(self)

    def _read(self, source: socket.socket, queue: "Queue[tuple[float, bytes] | None]") -> None:
        while True:
            try:
                data = source.recv(PROXY_CHUNK_BYTES)
            except OSError:
                data = b""
            while self.frozen or self._fault().silent:
                gevent.sleep(FAULT_CHECK_SECONDS)
            queue.put((time.monotonic() + self._fault().delay(), data) if data else None)
            if not data:
                return

    def _write(self, queue: "Queue[tuple[float, bytes] | None]", sink: socket.socket) -> None:
        while (item := queue.get()) is not None:
            due, data = item
            fault = self._fault()
            gevent.sleep(max(due - time.monotonic(), len(data) / fault.rate if fault.rate else 0.0, 0.0))
            if not self._pass(data, sink, fault):
                return
        self._end_of(sink)

    def _pass(self, data: bytes, sink: socket.socket, fault: Fault) -> bool:
        """Whether the connection goes on."""
        towards_client = sink is self._client
        if towards_client and self._muted:
            return True
        if towards_client and fault.answer_ends_after is not None:
            left = fault.answer_ends_after - self._answered
            self._answered += len(data)
            if len(data) >= left:
                with suppress(OSError):
                    sink.sendall(data[: max(left, 0)])
                gevent.sleep(FAULT_CHECK_SECONDS)  # what was written reaches the client before the cut does
                self.cut(fault.cut)
                return fault.cut == "half-close"
        try:
            sink.sendall(data)
        except OSError:
            return False
        return True

    def _end_of(self, sink: socket.socket) -> None:
        """One side has ended: so does the other, in its own time."""
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        self._open -= 1
        if not self._open:
            for link in (self._client, self._server):
                link.close()
            self._gone(self)


class UdpProxy(_Proxy):
    """Datagrams, each client with a port of its own towards the server."""

    def __init__(self, to: tuple[str, int], fault: Fault = NO_FAULT, port: int = 0) -> None:
        super().__init__(to, fault, port)
        self._clients: dict[tuple[str, int], socket.socket] = {}
        self._kept: dict[bool, Callable[[], None]] = {}

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for link in self._clients.values():
            link.close()

    def _listen(self) -> socket.socket:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.bind(("127.0.0.1", self._port))
        return link

    def _serve(self) -> None:
        while True:
            data, client = self._listener.recvfrom(65536)
            link = self._clients.get(client)
            if link is None:
                link = self._clients[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                link.connect(self.to)
                self._greenlets.append(gevent.spawn(self._back, link, client))
            self._carry(True, lambda link=link, data=data: link.send(data))  # type: ignore[misc]

    def _back(self, link: socket.socket, client: tuple[str, int]) -> None:
        while True:
            try:
                data = link.recv(65536)
            except ConnectionRefusedError:
                continue  # the port is closed just now
            except OSError:
                return
            self._carry(False, lambda data=data: self._listener.sendto(data, client))  # type: ignore[misc]

    def _carry(self, forth: bool, send: Callable[[], object]) -> None:
        fault = self.fault
        if fault.silent or random.random() < fault.loss:
            return
        if forth not in self._kept and random.random() < fault.swap:
            self._kept[forth] = lambda: self._later(fault, send)
            return
        self._later(fault, send)
        if random.random() < fault.double:
            self._later(fault, send)
        if forth in self._kept:
            self._kept.pop(forth)()

    def _later(self, fault: Fault, send: Callable[[], object]) -> None:
        delay = fault.delay()
        if delay:
            gevent.spawn_later(delay, _tried, send)
        else:
            _tried(send)


def _tried(send: Callable[[], object]) -> None:
    with suppress(OSError):
        send()


def _reset(link: socket.socket) -> None:
    """RST in place of FIN."""
    with suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        # Who reads it in another greenlet must hear of it.
        link.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        link.close()


__all__ = ["NO_FAULT", "Fault", "TcpProxy", "UdpProxy"]
