"""HTTP under the gateway: gevent's WSGI server, as strict about requests as gunicorn's own, and leaving fast when it is told to.

Knows no CSP. gunicorn.conf.py makes the worker of it.
"""

import re
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import structlog
from gevent import pywsgi

log = structlog.get_logger(__name__)

MAX_FIELDS = 100
MAX_LINE = 8190
# What the application has left unread of a body is read, so that the next request can be found. More than this costs the
# connection.
MAX_LEFT = 256 * 1024

_REQUEST = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) (HTTP/1\.[01])\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n")
# Two of one of these are two opinions about the same request, and a proxy may have had the other one (RFC 9112 section 11.2).
_ONCE = frozenset({"content-length", "content-type", "host", "transfer-encoding"})


class BadRequest(ValueError):
    """No request that this server takes. The words hold nothing of what the client has written."""


class Headers:
    """The fields of one request, as pywsgi asks for them."""

    status = ""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self.fields = fields
        self._by_name = {name.lower(): value for name, value in fields}

    def get(self, name: str, default: str | None = None) -> str | None:
        return self._by_name.get(name.lower(), default)

    getheader = get

    @property
    def typeheader(self) -> str | None:
        return self._by_name.get("content-type")


def read_headers(rfile: Any) -> Headers:
    """The fields up to the empty line; BadRequest for what a stricter server before or behind us might read otherwise."""
    fields: list[tuple[str, str]] = []
    once = set()
    while (line := rfile.readline(MAX_LINE + 2)) not in (b"\r\n", b"\n"):
        found = _FIELD.fullmatch(line)
        if found is None:  # folded, too long, cut short, a space before the colon
            raise BadRequest("header field")
        name, value = found[1].decode("latin-1"), found[2].strip(b" \t").decode("latin-1")
        if (lower := name.lower()) in _ONCE:
            if lower in once:
                raise BadRequest(f"two fields {lower}")
            once.add(lower)
        fields.append((name, value))
        if len(fields) > MAX_FIELDS:
            raise BadRequest("too many header fields")
    if {"content-length", "transfer-encoding"} <= once:
        raise BadRequest("length and chunks")
    return Headers(fields)


class _Body(pywsgi.Input):  # gevent is not typed
    """The body of one request."""

    __slots__ = ()
    _chunked_input_error: bool

    def _discard(self) -> None:
        if self._chunked_input_error:
            return
        left = MAX_LEFT
        self.send_100_continue_enabled = False  # type: ignore[misc]  # a slot of gevent's
        while left > 0 and (data := self.read(16 * 1024)):
            left -= len(data)
        if left <= 0:
            self._chunked_input_error = True  # type: ignore[misc]
            raise pywsgi._InvalidClientInput("too much left unread")


class Handler(pywsgi.WSGIHandler):
    """One connection. While it waits for a request, it stands in the server's `waiting` with the time since when."""

    response_headers: list[tuple[bytes, bytes]]

    def read_requestline(self) -> str:
        self.server.waiting[self] = time.monotonic()
        line: str = super().read_requestline()
        return line

    def read_request(self, raw_requestline: str) -> bool:
        found = _REQUEST.fullmatch(raw_requestline)
        if found is None:
            raise BadRequest("request line")
        self.command, target, self.request_version = found.groups()
        self.path = target if target[0] in "/*" else _path(target)
        self.headers = headers = read_headers(self.rfile)
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if length is not None and not (length.isascii() and length.isdigit() and len(length) < 16):
            raise BadRequest("Content-Length")
        if coding is not None and (coding.lower() != "chunked" or self.request_version == "HTTP/1.0"):
            raise BadRequest("Transfer-Encoding")
        self.content_length = None if length is None else int(length)
        wishes = {word.strip() for word in (headers.get("connection") or "").lower().split(",")}
        self.close_connection = "close" in wishes or (self.request_version == "HTTP/1.0" and "keep-alive" not in wishes)
        self.server.waiting.pop(self, None)
        return True

    def _headers(self) -> Iterator[tuple[str, str]]:
        # A name with an underscore would be the same variable as the one with a dash, which a proxy may have checked.
        for name, value in self.headers.fields:
            if "_" not in name and (key := name.replace("-", "_").upper()) not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                yield f"HTTP_{key}", value

    def _connection_upgrade_requested(self) -> bool:
        return False

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        chunked = self.headers.get("transfer-encoding") is not None
        expects = (self.headers.get("expect") or "").lower() == "100-continue"
        body = _Body(self.rfile, self.content_length, socket=self.socket if expects else None, chunked_input=chunked)
        self.wsgi_input = environ["wsgi.input"] = body
        return environ

    def finalize_headers(self) -> None:
        super().finalize_headers()
        if not self.server.worker.alive:
            self.close_connection = True
        if self.close_connection:
            self.response_headers = [pair for pair in self.response_headers if pair[0].lower() != b"connection"]
            self.response_headers.append((b"Connection", b"close"))

    def _write_with_headers(self, data: bytes) -> None:
        """In one piece: two would be two calls of the system, and the second may wait for an acknowledgement of the first."""
        self.headers_sent = True
        self.finalize_headers()
        head = b"".join((b"%s: %s\r\n" % pair) for pair in self.response_headers)
        whole = b"HTTP/1.1 %s\r\n%s\r\n" % (self.status, head)
        if self.response_use_chunked:
            self._sendall(whole)
            self._write(data)
        else:
            self._sendall(whole + data)

    def handle(self) -> None:
        try:
            super().handle()
        finally:
            self.server.waiting.pop(self, None)

    def stop_reading(self) -> None:
        """The connection ends as if the client had closed it. What has come in already is still read and answered."""
        try:
            self.socket._sock.shutdown(socket.SHUT_RD)  # not gevent's own, which would wake the reader with an error
        except OSError:
            return  # it is over already

    def log_request(self) -> None:
        """Our own log has a line for each event that matters."""

    def _handle_client_error(self, error: Exception) -> tuple[str, bytes]:
        reason = str(error) if isinstance(error, BadRequest) else type(error).__name__
        log.info("bad-http", reason=reason, peer=self.client_address[0] if self.client_address else "")
        return "400", pywsgi._BAD_REQUEST_RESPONSE

    def _log_error(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, Exception):
            log.error("bug", kind=kind.__name__, exc_info=(kind, error, trace))


def _path(target: str) -> str:
    """Of a request for a whole URL, as a proxy gets it."""
    try:
        parts = urlsplit(target)
    except ValueError:
        raise BadRequest("request target") from None
    if parts.scheme not in ("http", "https"):
        raise BadRequest("request target")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class Server(pywsgi.WSGIServer):
    """The listener of one worker, which says whether it is `alive`."""

    def __init__(self, listener: Any, worker: Any, environ: dict[str, Any], log: object = None, **options: Any) -> None:
        # Without a name the server would look one up, and wait for the answer.
        super().__init__(listener, environ={"SERVER_NAME": "localhost", **environ}, log=None, error_log=None, **options)
        self.worker, self.waiting = worker, worker.waiting


def end_waiting(waiting: dict[Handler, float], before: float) -> None:
    """Ends the connections that have waited for a request since before that time."""
    for handler, since in list(waiting.items()):
        if since < before:
            handler.stop_reading()
