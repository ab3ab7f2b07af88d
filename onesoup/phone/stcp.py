"""The phone's end of the standalone TCP line, which wakes it: HELO, OK, PING, WVCI. Knows nothing about CSP."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from onesoup.phone.errors import PhoneError, Unreachable

# S60 reads into a buffer of this size and looks only at its start.
STCP_CHUNK_BYTES = 512
OK_TIMEOUT_SECONDS = 10.0


class LineClosed(PhoneError):
    """The server has closed the line."""


class PhoneStcpLine:
    """One connection. `open` before anything else; reading happens in one thread or greenlet at a time."""

    def __init__(self, host: str, port: int, session_id: str, cookie: str = "", timeout: float = OK_TIMEOUT_SECONDS) -> None:
        """`cookie` is the SessionCookie of the log-in; a wake with another one is refused, as S60 does. Empty takes any."""
        self._to, self._session_id, self._cookie, self._timeout = (host, port), session_id, cookie, timeout
        self._socket: socket.socket | None = None
        self._lines: list[str] = []
        self._rest = b""

    def open(self) -> Self:
        """Connects, says HELO, waits for OK. LineClosed when the server does not know the session."""
        try:
            self._socket = socket.create_connection(self._to, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise Unreachable(f"STCP {self._to[0]}:{self._to[1]}: {error.strerror or error}") from None
        self.send(f"HELO {self._session_id}\r\n".encode())
        self._expect_ok("HELO")
        return self

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def ping(self, line: bytes = b"PING\r\n") -> None:
        """PING and its OK. A wake that comes in between is kept for `wait`."""
        self.send(line)
        self._expect_ok("PING")

    def wait(self, seconds: float) -> bool:
        """True when a wake has come within the time. LineClosed when the server closes."""
        end = time.monotonic() + seconds
        while True:
            for place, line in enumerate(self._lines):
                if line.upper().startswith("WVCI"):
                    del self._lines[place]
                    self._check_wake(line)
                    return True
            if not self._read(end):
                return False

    def listen(self, on_wake: Callable[[], None]) -> None:
        """Calls back for every wake until the line is closed from either side, with a PING after 15 minutes of silence."""
        with suppress(LineClosed):
            while self._socket is not None:
                if self.wait(900.0):
                    on_wake()
                elif self._socket is not None:
                    self.ping()

    def send(self, octets: bytes) -> None:
        if self._socket is None:
            raise LineClosed("the line is closed")
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(octets)
        except OSError as error:
            raise LineClosed(f"the line broke: {error}") from None

    def close(self) -> None:
        """Also ends a `listen` that another thread is in."""
        link, self._socket = self._socket, None
        if link is not None:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _expect_ok(self, after: str) -> None:
        end = time.monotonic() + self._timeout
        while "OK" not in self._lines:
            if not self._read(end):
                raise PhoneError(f"no OK after {after} within {self._timeout:g} s: S60 closes the line")
        self._lines.remove("OK")

    def _read(self, end: float) -> bool:
        """Takes in what one segment brings; False when the time is over."""
        if self._socket is None:
            raise LineClosed("the line is closed")
        left = end - time.monotonic()
        if left <= 0:
            return False
        try:
            self._socket.settimeout(left)
            data = self._socket.recv(STCP_CHUNK_BYTES)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        if not data:
            self.close()
            raise LineClosed("the server closed the line")
        *whole, self._rest = (self._rest + data).split(b"\r\n")
        self._take([line.decode("utf-8", "replace") for line in whole])
        return True

    def _take(self, lines: list[str]) -> None:
        if "OK" in lines and len(lines) > 1:
            raise PhoneError(f"{lines} in one segment: S60 looks at the first line only and loses the wake")
        for line in lines:
            if line != "OK" and not line.upper().startswith("WVCI"):
                raise PhoneError(f"line {line[:60]!r} is neither OK nor WVCI")
        self._lines += lines

    def _check_wake(self, line: str) -> None:
        words = line.split(None, 2)
        if len(words) != 3:
            raise PhoneError(f"{line!r} is no WVCI with version and cookie")
        if self._cookie and words[2] != self._cookie:
            raise PhoneError("WVCI with another cookie than the phone's: S60 does not poll")
