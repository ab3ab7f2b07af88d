"""A WSGI server (PEP 3333) for gevent: one greenlet per connection, one write per answer. No TLS, no upgrades, no access log."""

import sys
import time
from collections.abc import Callable, Container, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote
from wsgiref.handlers import format_date_time

import structlog
from gevent.server import StreamServer

from onesoup.http_server.connection import BadBody, Gone, HttpConnection, HttpLimits
from onesoup.http_server.event_stream import EventStream
from onesoup.http_server.requests import BadRequest, Request, path_of
from onesoup.observability.bugs import log_bug
from onesoup.observability.request_id import begin_request, end_request

log = structlog.get_logger(__name__)

_BAD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_NO_BODY = ("204", "304")
_OWN_VARIABLE = frozenset({"content-type", "content-length"})

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class HttpServer(StreamServer):
    """Listens and serves. `alive` tells whether connections may be kept alive. `waiting` holds connections that wait for a
    request, with the time since when. Connections from `proxies` have no rate limit, since each carries many clients."""

    def __init__(
        self,
        listener: Any,
        application: Application,
        environ: dict[str, Any] | None = None,
        *,
        limits: HttpLimits | None = None,
        proxies: Container[str] = (),
        id_proxies: Container[str] = (),
        alive: Callable[[], bool] = lambda: True,
        waiting: dict[HttpConnection, float] | None = None,
        **options: Any,
    ) -> None:
        """`id_proxies`: who may say what the id of a request is, as X-Request-ID."""
        super().__init__(listener, **options)
        self.id_proxies = id_proxies
        self.application, self.limits, self.proxies = application, limits or HttpLimits(), proxies
        self.alive, self.waiting = alive, {} if waiting is None else waiting
        self.environ = {
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            # Without a name the application would look it up in DNS and wait.
            "SERVER_NAME": "localhost",
            **(environ or {}),
        }
        if self.environ["wsgi.multiprocess"]:
            self.max_accept = 1  # the others take the next one

    def handle(self, sock: Any, address: Any) -> None:
        peer = address if isinstance(address, tuple) else ("", 0)
        self.environ.setdefault("SERVER_PORT", str(self.server_port))
        _Client(self, HttpConnection(sock, self.limits, paced=peer[0] not in self.proxies), peer).run()


class _Client:
    """Serves one connection, request after request."""

    def __init__(self, server: HttpServer, link: HttpConnection, peer: tuple[Any, ...]) -> None:
        self._server, self._link, self._peer = server, link, peer
        self._names_requests = peer[0] in server.id_proxies

    def run(self) -> None:
        waiting, link = self._server.waiting, self._link
        try:
            while True:
                waiting[link] = time.monotonic()
                request = link.next()
                waiting.pop(link, None)
                if request is None or not self._serve(request):
                    return
        except BadRequest as error:
            self._refuse(str(error))
        except OSError:
            return
        finally:
            waiting.pop(link, None)
            link.close()

    def _refuse(self, reason: str) -> None:
        log.info("bad-http", reason=reason, peer=self._peer[0])
        try:
            self._link.send(_BAD)
        except OSError:
            return

    def _serve(self, request: Request) -> bool:
        """Serves one request. Whether the connection goes on."""
        answer = _Answer(self._server, self._link, request)
        begin_request(request.fields.get("x-request-id", "") if self._names_requests else "")
        try:
            answer.run(self._environ(request))
        except Gone:
            return False
        except BadRequest as error:
            self._refuse(str(error))
            return False
        except Exception as error:
            log_bug(error)
            answer.fail()
            return False
        finally:
            end_request()
        return answer.keep and self._link.skip_body()

    def _environ(self, request: Request) -> dict[str, Any]:
        path, _, query = path_of(request.target).partition("?")
        environ = {
            **self._server.environ,
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote(path, "latin-1") if "%" in path else path,
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": request.version,
            "REMOTE_ADDR": str(self._peer[0]),
            "REMOTE_PORT": str(self._peer[1]),
            "wsgi.input": _Input(self._link, self._peer[0]),
        }
        for name, value in request.fields.items():
            if variable := _variable(name):
                environ[variable] = value
        return environ


class _Input:
    """The body of one request. OSError when it ends too early, has wrong framing, or takes too long."""

    __slots__ = ("_link", "_peer")

    def __init__(self, link: HttpConnection, peer: object) -> None:
        self._link, self._peer = link, peer

    def read(self, size: int = -1) -> bytes:
        link = self._link
        found = []
        left = size if size >= 0 else 1 << 62
        try:
            while left and not link.parser.done and (data := link.body(left)):
                left -= len(data)
                found.append(data)
        except BadBody as error:
            log.info("bad-http", reason=str(error), peer=self._peer)
            raise
        return found[0] if len(found) == 1 else b"".join(found)


class _Answer:
    """The answer to one request. `keep`: another request may follow."""

    __slots__ = ("_head", "_length", "_link", "_old", "_result", "_sent", "_server", "_status", "keep")

    def __init__(self, server: HttpServer, link: HttpConnection, request: Request) -> None:
        self._server, self._link, self.keep = server, link, request.keep
        self._old = request.version == "HTTP/1.0"
        self._status, self._head = "", [""]
        self._length = self._sent = False
        self._result: Iterable[bytes] = ()

    def run(self, environ: dict[str, Any]) -> None:
        self._result = result = self._server.application(environ, self._start)
        try:
            endless = isinstance(result, EventStream)
            for data in result:
                if endless:
                    self._link.begin_piece()
                if data:
                    self._write(data)
            if not self._sent:
                self._write(b"")
        finally:
            if hasattr(result, "close"):
                result.close()

    def fail(self) -> None:
        """Sends 500 after a bug, if nothing was sent yet."""
        if self._sent:
            return
        try:
            self._result = ()
            self._start("500 Internal Server Error", [("Content-Length", "0"), ("Connection", "close")])
            self._write(b"")
        except OSError:
            return

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        if exc_info and self._sent:
            raise exc_info[1]
        lines = [f"HTTP/1.1 {status}"]
        dated = False
        for name, value in headers:
            lower = name.lower()
            if lower == "connection":
                self.keep = self.keep and value.lower() != "close"
                continue
            if lower == "content-length":
                self._length = True
            elif lower == "date":
                dated = True
            lines.append(f"{name}: {value}")
        if not dated:
            lines.append(_date(int(time.time())))
        if "\n" in (text := "".join(lines)) or "\r" in text:
            raise ValueError("a line end in the head of an answer")
        self._status, self._head = status[:3], lines
        return self._write

    def _write(self, data: bytes) -> None:
        if self._sent:
            self._link.send(data)
            return
        if not self._status:
            raise ValueError("the application did not call start_response")
        self._sent = True
        # In one piece: a second write may wait until the first is acknowledged.
        self._link.send(self._whole_head() + data)

    def _whole_head(self) -> bytes:
        if not self._length and self._status not in _NO_BODY:
            if hasattr(self._result, "__len__"):
                self._head.append(f"Content-Length: {sum(map(len, self._result))}")
            else:
                self.keep = False  # the end of the connection is the end of the body
        self.keep = self.keep and self._server.alive() and self._link.can_go_on
        if not self.keep:
            self._head.append("Connection: close")
        elif self._old:
            self._head.append("Connection: keep-alive")
        self._head.append("\r\n")
        return "\r\n".join(self._head).encode("latin-1")


@lru_cache(maxsize=1024)
def _variable(name: str) -> str:
    """The environment variable for a header field, "" for a name with an underscore: it would equal the name with a dash,
    which a proxy may have checked."""
    if "_" in name:
        return ""
    variable = name.replace("-", "_").upper()
    return variable if name in _OWN_VARIABLE else f"HTTP_{variable}"


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return f"Date: {format_date_time(second)}"


def end_waiting(waiting: dict[HttpConnection, float], before: float) -> None:
    """Ends the connections that have waited for a request since before `before`."""
    for link, since in list(waiting.items()):
        if since < before:
            link.end_input()
