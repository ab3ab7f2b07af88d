"""A peer that never stops sending, in a process of its own: connections that write one thing again and again, as fast as they
can, and read whatever comes back."""

import contextlib
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

CHUNK = 64 * 1024
# What is read at once is more than what is written: a peer that could not answer would wait, and stop reading.
ANSWERS = 1024 * 1024


@contextlib.contextmanager
def flood(
    address: tuple[str, int], what: bytes, first: bytes = b"", count: int = 1, source: str = "127.0.0.1"
) -> Iterator["Flood"]:
    """`first` is sent once; `count` connections."""
    order = {"address": address, "what": what.hex(), "first": first.hex(), "count": count, "source": source}
    argv = [sys.executable, "-m", __name__, json.dumps(order)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            running = Flood(process)
            assert process.stdout is not None
            process.stdout.readline()  # it has begun
            yield running
        finally:
            process.kill()


@contextlib.contextmanager
def flooding_server(first: bytes, what: bytes) -> Iterator[int]:
    """The port of a server that reads once and then does the same."""
    order = {"what": what.hex(), "first": first.hex()}
    with subprocess.Popen([sys.executable, "-m", __name__, json.dumps(order)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


class Flood:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ended(self, within: float) -> float | None:
        """Seconds after which the peer had closed all connections; None when it has not."""
        end = time.monotonic() + within
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self._process.poll() is None:
            return None
        assert self._process.stdout is not None
        return float(self._process.stdout.read())


class _Sender:
    def __init__(self, address: tuple[str, int], first: bytes, what: bytes, source: str) -> None:
        self.sock = socket.create_connection(address, 10, source_address=(source, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * ANSWERS)
        self.sock.setblocking(False)
        self._what = what * max(1, CHUNK // 4 // len(what))
        self._waiting = first + self._what

    def go(self, events: int) -> None:
        """OSError at its end."""
        if events & selectors.EVENT_READ and not self.sock.recv(ANSWERS):
            raise OSError("closed")
        if events & selectors.EVENT_WRITE:
            sent = self.sock.send(self._waiting)
            self._waiting = self._waiting[sent:] or self._what


def serve(first: bytes, what: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            link, _ = server.accept()
            with link, contextlib.suppress(OSError):
                link.recv(CHUNK)
                link.sendall(first)
                while True:
                    link.sendall(what * max(1, CHUNK // len(what)))


def main(order: dict[str, object]) -> None:
    chooser = selectors.DefaultSelector()
    what, first = (bytes.fromhex(str(order[name])) for name in ("what", "first"))
    if "address" not in order:
        serve(first, what)
    host, port = order["address"]  # type: ignore[misc]
    for _ in range(int(str(order["count"]))):
        sender = _Sender((host, port), first, what, str(order["source"]))
        chooser.register(sender.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, sender)
    began = time.monotonic()
    print("begun", flush=True)
    while chooser.get_map():
        for key, events in chooser.select():
            try:
                key.data.go(events)
            except BlockingIOError:
                continue
            except OSError:
                chooser.unregister(key.fileobj)
    print(time.monotonic() - began)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
