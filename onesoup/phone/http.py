"""HTTP as a phone does it: POSTs over connections that are kept. Knows nothing about CSP.

Plain blocking sockets, so that threads and gevent (when it has patched) both drive many of them at once.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from onesoup.phone.errors import PhoneError, Unreachable

MAX_RESPONSE_HEAD_BYTES = 64 * 1024
HTTP_CHUNK_BYTES = 64 * 1024
# No phone takes an answer of this size; what is larger is a mistake or an attack.
MAX_RESPONSE_BODY_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class HttpReply:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Stale(Exception):
    """A kept connection turned out to be closed before the first octet of an answer."""


class PhoneHttpClient:
    """Posts to one URL. Calls may run at the same time; each takes a connection of its own and puts it back."""

    def __init__(self, url: str, user_agent: str = "", timeout: float = 45.0, headers: Mapping[str, str] | None = None) -> None:
        """`headers` go with every request, as a carrier's gateway on the way would add them."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # a port that is none, or half an IPv6 address
            raise PhoneError(f"{url!r} is no http:// URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
            raise PhoneError(f"{url!r} is no http:// URL")
        self.host, self.tls, self.timeout = parts.hostname, parts.scheme == "https", timeout
        self.port = port or (443 if self.tls else 80)
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        head = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
        self._head = (head + (f"User-Agent: {user_agent}\r\n" if user_agent else "")).encode("ascii")
        self._head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items()).encode("ascii")
        self._idle: list[_Connection] = []

    def post(self, body: bytes, content_type: str, timeout: float | None = None, resends: int = 0) -> HttpReply:
        """The answer. A connection that was kept and turns out closed costs a resend of the same bytes; one that breaks
        in use is tried again `resends` times. Unreachable when no answer comes."""
        head = b"%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n" % (self._head, content_type.encode("ascii"), len(body))
        while True:
            try:
                return self._try(head + body, timeout or self.timeout)
            except _Stale:
                self.close()
            except Unreachable:
                self.close()
                if resends <= 0:
                    raise
                resends -= 1

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _try(self, request: bytes, timeout: float) -> HttpReply:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _Connection(self.host, self.port, self.tls, timeout)
        reply = connection.exchange(request, timeout)
        if connection.keeps:
            self._idle.append(connection)
        else:
            connection.close()
        return reply


class _Connection:
    def __init__(self, host: str, port: int, tls: bool, timeout: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        except OSError as error:
            raise Unreachable(f"{host}:{port}: {error.strerror or error}") from None
        except UnicodeError:  # a part of the name that is empty or longer than DNS has it
            raise Unreachable(f"{host}:{port}: not a host name") from None
        self._buffer = b""
        self._used = False
        self.keeps = True

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def exchange(self, request: bytes, timeout: float) -> HttpReply:
        """One request and its answer. The connection is closed when it raises."""
        end = time.monotonic() + timeout
        try:
            self._socket.settimeout(timeout)
            self._send(request)
            reply = self._read(end)
        except TimeoutError:
            self.close()
            raise Unreachable(f"no answer within {timeout:g} s") from None
        except OSError as error:
            self.close()
            if self._used and not self._buffer and isinstance(error, ConnectionError):
                raise _Stale from None
            raise Unreachable(f"connection broke: {error.strerror or error}") from None
        except BaseException:
            self.close()
            raise
        self._used = True
        return reply

    def _send(self, request: bytes) -> None:
        """A server may answer, and close, before it has read everything: then its answer counts."""
        try:
            self._socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            if self._used:
                raise

    def _read(self, end: float) -> HttpReply:
        head = self._until(b"\r\n\r\n", end)
        first, _, rest = head.partition(b"\r\n")
        words = first.split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            raise PhoneError(f"no HTTP answer: {first[:60]!r}")
        reply = HttpReply(int(words[1]), _headers(rest))
        reply.body = self._body(reply.headers, end)
        if reply.headers.get("connection", "").lower() == "close" or words[0] == b"HTTP/1.0":
            self.keeps = False
        return reply

    def _body(self, headers: dict[str, str], end: float) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks(end)
        if "content-length" in headers:
            return self._exactly(_body_size(headers["content-length"], 10), end)
        self.keeps = False
        while len(self._buffer) <= MAX_RESPONSE_BODY_BYTES and self._more(end):
            pass
        body, self._buffer = self._buffer, b""
        return body

    def _chunks(self, end: float) -> bytes:
        parts: list[bytes] = []
        whole = 0
        while size := _body_size(self._until(b"\r\n", end).partition(b";")[0].decode("latin-1"), 16):
            whole = _bounded(whole + size)
            parts.append(self._exactly(size, end))
            self._until(b"\r\n", end)
        while self._until(b"\r\n", end):
            pass
        return b"".join(parts)

    def _until(self, mark: bytes, end: float) -> bytes:
        while mark not in self._buffer:
            if len(self._buffer) > MAX_RESPONSE_HEAD_BYTES:
                raise PhoneError("HTTP head without an end")
            if not self._more(end):
                raise ConnectionResetError("closed by the server")
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _exactly(self, count: int, end: float) -> bytes:
        while len(self._buffer) < count:
            if not self._more(end):
                raise ConnectionResetError("closed by the server in the middle of an answer")
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _more(self, end: float) -> bool:
        """Reads what there is. The deadline is that of the whole answer: one that drips in is too late as well."""
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(HTTP_CHUNK_BYTES)
        self._buffer += data
        return bool(data)


def _body_size(text: str, base: int) -> int:
    """The number in a Content-Length or before a chunk."""
    try:
        return _bounded(int(text, base))
    except ValueError:
        raise PhoneError(f"no length of an answer: {text[:40]!r}") from None


def _bounded(size: int) -> int:
    if not 0 <= size <= MAX_RESPONSE_BODY_BYTES:
        raise PhoneError(f"an answer of {size} bytes")
    return size


def _headers(lines: bytes) -> dict[str, str]:
    found = {}
    for line in lines.split(b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()
    return found
