"""HTTP for pictures: one request at a time, to hosts that strangers name. Bounded in time and size, and only to public
addresses over TLS, unless the operator listed the host. Knows nothing of XMPP or pictures."""

import http.client
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import gevent
from gevent import socket

from onesoup.runtime.turns import give_way
from onesoup.xmpp.stream.address_policy import is_public_address
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.tcp import connect_tcp
from onesoup.xmpp.stream.tls import Tls

MAX_REDIRECTS = 3
MAX_URL = 2000
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class WebError(Exception):
    """What was asked for could not be done. `again`: it may work later. The words name no part of an address."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.again = reason, again


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL leads, and what is asked for there."""

    secure: bool
    host: str
    port: int
    path: str
    listed: bool

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.secure else "http"] else f"{host}:{self.port}"


class _Peer:
    """As much of a socket as http.client wants. Each read is a turn of the loop: a host that never stops sending, such as
    trailers or interim answers, would otherwise keep everybody else waiting, and the deadline from being seen."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.sendall = sock.sendall

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reads(self._sock))

    def close(self) -> None:
        """The answer may still be read: who has made the socket closes it."""


class _Reads(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        give_way()
        return int(self._sock.recv_into(buffer))


class HttpClient:
    """`hosts`: those, as host or host:port, that may be at private addresses and in clear text."""

    def __init__(self, tls: Tls, hosts: Iterable[str] = ()) -> None:
        self._tls, self._hosts = tls, frozenset(each.lower() for each in hosts)

    def get(self, url: str, most: int, within: float) -> bytes:
        """What is at this address, at most so many octets, in so many seconds in all; else WebError. Each redirection is
        judged as the first address was."""
        with gevent.Timeout(within, WebError("too slow", again=True)):
            for _ in range(MAX_REDIRECTS + 1):
                status, body, onward = self._request("GET", url, {"Accept": "image/*"}, b"", most)
                if status not in _REDIRECTS or not onward:
                    break
                url = urljoin(url, onward)
            if status != 200:
                raise WebError(f"status {status}", again=status >= 500)
            return body

    def put(self, url: str, headers: Mapping[str, str], data: bytes, within: float) -> None:
        """Stores the octets there, or WebError. Redirections are not followed: nobody uploads elsewhere than was agreed."""
        with gevent.Timeout(within, WebError("too slow", again=True)):
            status, _, _ = self._request("PUT", url, headers, data, 4096, whole=False)
            if status not in (200, 201, 204):
                raise WebError(f"status {status}", again=status >= 500 or status in (408, 429))

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes, most: int, whole: bool = True
    ) -> tuple[int, bytes, str]:
        """(status, body, Location)."""
        place = self._place(url)
        link = http.client.HTTPConnection(place.host, place.port)
        link.auto_open = 0  # the connection is ours, to an address that was allowed
        sock = self._connected(place)
        link.sock = _Peer(sock)
        try:
            asked = {"Host": place.host_header, "Accept-Encoding": "identity", "Connection": "close", **headers}
            link.request(method, place.path, data or None, asked)
            answer = link.getresponse()
            body = b""
            if whole and answer.status == 200:
                body = _body(answer, most)
            return answer.status, body, answer.getheader("Location") or ""
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise WebError(f"broken: {type(error).__name__}", again=isinstance(error, OSError)) from None
        finally:
            link.close()
            sock.close()

    def _place(self, url: str) -> _Place:
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)
            if not host.isascii():
                host = host.encode("idna").decode()
        except ValueError:  # UnicodeError is one
            raise WebError("no address of the web") from None
        if parts.scheme not in _PORTS or not host or parts.username is not None or len(url) > MAX_URL:
            raise WebError("no address of the web")
        listed = host in self._hosts or f"{host}:{port}" in self._hosts
        if parts.scheme == "http" and not listed:
            raise WebError("not over TLS")
        return _Place(parts.scheme == "https", host, port, _path(parts), listed)

    def _connected(self, place: _Place) -> socket.socket:
        try:
            sock = connect_tcp(place.host, place.port, None if place.listed else lambda address, _: is_public_address(address))
        except StreamFailure as failure:
            raise WebError(failure.condition, again=failure.condition != "not-permitted") from None
        if not place.secure:
            return sock
        try:
            return self._tls.wrap(sock, place.host)
        except BaseException as error:
            sock.close()
            if isinstance(error, StreamFailure):
                raise WebError("no trusted TLS") from None
            raise


def _path(parts: SplitResult) -> str:
    """Path and query; what may not stand in a request line is escaped, what is escaped already stays."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path


def _body(answer: http.client.HTTPResponse, most: int) -> bytes:
    if (answer.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise WebError("packed, although nobody asked for it")
    if (answer.length or 0) > most:
        raise WebError("too large")
    body = answer.read(most + 1)
    if len(body) > most:
        raise WebError("too large")
    if answer.length:
        raise WebError("cut short", again=True)
    return body
