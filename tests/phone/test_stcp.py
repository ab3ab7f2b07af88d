"""The phone's end of the STCP line, against a server that says what it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from onesoup.phone.errors import PhoneError, Unreachable
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from onesoup.runtime.ports import free_port


@contextmanager
def server(*says: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Each line that comes gets the next of these; then the line is closed. (port, lines that came)"""
    listener, heard = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        link, _ = listener.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with link, link.makefile("rb") as lines:
            for say in says:
                heard.append(lines.readline())
                link.sendall(say)
            lines.readline()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1], heard


def test_hello_ping_and_a_wake() -> None:
    with (
        server(b"OK\r\n", b"OK\r\n", b"WVCI 1.2 cookie\r\n") as (port, heard),
        PhoneStcpLine("127.0.0.1", port, "S1", "cookie") as line,
    ):
        line.ping()
        line.send(b"x\r\n")
        assert line.wait(60)
        assert not line.wait(0.05)
    assert heard == [b"HELO S1\r\n", b"PING\r\n", b"x\r\n"]


@pytest.mark.parametrize(
    ("say", "breaks"),
    [
        (b"OK\r\nWVCI 1.2 c\r\n", "in one segment"),
        (b"WVCI 1.2 c\r\nOK\r\n", "in one segment"),
        (b"OK 1.2\r\n", "neither OK nor WVCI"),
        (b"HELLO\r\n", "neither OK nor WVCI"),
        (b"OK", "no OK after HELO"),
        (b"", "no OK after HELO"),
    ],
)
def test_greetings_that_no_phone_survives(say: bytes, breaks: str) -> None:
    with server(say) as (port, _), pytest.raises(PhoneError, match=breaks):
        PhoneStcpLine("127.0.0.1", port, "S1", timeout=0.2 if breaks.startswith("no OK") else 60).open()


@pytest.mark.parametrize("wake", [b"WVCI 1.2 other\r\n", b"WVCI\r\n", b"WVCI 1.2\r\n"])
def test_a_wake_that_is_not_for_this_phone(wake: bytes) -> None:
    with server(b"OK\r\n", wake) as (port, _), PhoneStcpLine("127.0.0.1", port, "S1", "cookie") as line:
        line.send(b"\r\n")
        with pytest.raises(PhoneError, match="WVCI"):
            line.wait(60)


def test_a_line_that_is_closed() -> None:
    with server() as (port, _), pytest.raises(LineClosed):
        PhoneStcpLine("127.0.0.1", port, "S1").open()
    with pytest.raises(Unreachable):
        PhoneStcpLine("127.0.0.1", free_port(), "S1").open()


def test_listening_ends_when_the_line_is_closed() -> None:
    woken = threading.Event()
    with server(b"OK\r\n", b"WVCI 1.2 c\r\n") as (port, _):
        line = PhoneStcpLine("127.0.0.1", port, "S1").open()
        listener = threading.Thread(target=line.listen, args=(woken.set,))
        listener.start()
        line.send(b"\r\n")
        assert woken.wait(5)
        line.close()
        listener.join(5)
        assert not listener.is_alive()
