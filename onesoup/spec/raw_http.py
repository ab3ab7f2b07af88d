"""HTTP requests in forms that a phone's own HTTP client does not write: in chunks, of HTTP/1.0, with Expect."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

from onesoup.phone.errors import Unreachable
from onesoup.spec.case import CaseFailed

MAX_RAW_ANSWER_BYTES = 1024 * 1024


class RawHttp:
    """Each call is one connection. CaseFailed unless the server answers it with 200 and a body."""

    def __init__(self, url: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._tls, self._host = parts.scheme == "https", parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._path, self._name, self._seconds = parts.path or "/", parts.netloc.rpartition("@")[2], seconds

    def expecting(self, body: bytes, content_type: str) -> None:
        """Sends the body only when the server has said that it may come, or after ten seconds."""
        with self._connected() as link:
            link.sendall(self._head(content_type, f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n"))
            link.settimeout(min(10.0, self._seconds))
            try:
                first = link.recv(4096)
            except TimeoutError:
                raise CaseFailed("neither 100 nor an answer within ten seconds") from None
            link.settimeout(self._seconds)
            if b" 100 " in first.partition(b"\r\n")[0]:
                link.sendall(body)
                first = first.partition(b"\r\n\r\n")[2]
            self._judge(first, link)

    def old(self, body: bytes, content_type: str) -> None:
        head = f"POST {self._path} HTTP/1.0\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        with self._connected() as link:
            link.sendall(head.encode("latin-1") + body)
            self._judge(b"", link)

    def chunked(self, body: bytes, content_type: str) -> None:
        middle = len(body) // 2
        parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:middle], body[middle:]))
        with self._connected() as link:
            link.sendall(self._head(content_type, "Transfer-Encoding: chunked\r\n") + parts + b"0\r\n\r\n")
            self._judge(b"", link)

    def plain(self, method: str) -> int:
        """The status with which a request without a body is answered; 0 when the server only closes."""
        with self._connected() as link:
            link.sendall(f"{method} {self._path} HTTP/1.1\r\nHost: {self._name}\r\nConnection: close\r\n\r\n".encode("latin-1"))
            return _status(self._read(b"", link))

    def _head(self, content_type: str, more: str) -> bytes:
        fixed = f"POST {self._path} HTTP/1.1\r\nHost: {self._name}\r\nConnection: close\r\n"
        return f"{fixed}Content-Type: {content_type}\r\n{more}\r\n".encode("latin-1")

    def _connected(self) -> socket.socket:
        try:
            link = socket.create_connection((self._host, self._port), self._seconds)
            if self._tls:
                link = ssl.create_default_context().wrap_socket(link, server_hostname=self._host)
        except OSError as error:
            raise Unreachable(f"{self._host}:{self._port}: {error.strerror or error}") from None
        return link

    def _read(self, answer: bytes, link: socket.socket) -> bytes:
        """Until the server closes. What came before the time was over counts."""
        with suppress(OSError):
            while len(answer) < MAX_RAW_ANSWER_BYTES and (part := link.recv(65536)):
                answer += part
        return answer

    def _judge(self, answer: bytes, link: socket.socket) -> None:
        answer = self._read(answer, link)
        if _status(answer) != 200:
            raise CaseFailed(f"answered with {answer.partition(bytes((13, 10)))[0][:60]!r}")
        if not answer.partition(b"\r\n\r\n")[2]:
            raise CaseFailed("answered without a body")


def _status(answer: bytes) -> int:
    words = answer.partition(b"\r\n")[0].split(None, 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() else 0
