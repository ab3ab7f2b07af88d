"""The admin port of a process: /healthz (alive), /readyz (ready for work), /metrics, /greenlets, and what the process mounts
under other paths. Serves operators, never phones.

The bound port is written to <data>/admin/<role>-<pid>.port, where `running_admin_ports` finds it. The workers of one gateway
share one socket, which their master has opened, and any of them answers: metrics are gathered from all workers, and each
checks Redis itself.
"""

import errno
import gc
import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import gevent
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from onesoup.http_server.connection import HttpLimits
from onesoup.http_server.wsgi import Application, HttpServer
from onesoup.observability import process_metrics
from onesoup.runtime import batched_metrics
from onesoup.runtime import ports as free_ports
from onesoup.settings import Settings, SettingsError
from onesoup.store.redis.refusals import error_name

log = structlog.get_logger(__name__)

# A check that takes longer has failed: the client of /readyz has a deadline too.
READY_CHECK_SECONDS = 2.0
# Operators and their tools ask seldom. Others who reach the port cannot keep it busy.
ADMIN_LIMITS = HttpLimits(request_seconds=10.0, idle_seconds=10.0, requests=50.0, bytes=64 * 1024.0)

# A check passes unless it raises or returns False. /readyz shows the function's name, and what it says: "ok", why it failed, or a
# text that it returns, with which it passes.
Check = Callable[[], object]


class NotReady(Exception):
    """Raised by a check that has a word of its own for why it fails."""


# The running servers, kept from the garbage collector.
_running: list[HttpServer] = []


def start_admin_server(
    settings: Settings,
    role: str,
    checks: Iterable[Check] = (),
    *,
    shared: socket.socket | None = None,
    mounted: Mapping[str, Application] | None = None,
) -> int:
    """Serves the admin port from greenlets of this process and returns its number.

    `shared` is the socket of a process whose children all answer on it; the port's file then has that parent's pid. `mounted`:
    path, such as "/console" -> the WSGI application that answers there and below, for every method. It sees whole paths.
    """
    process_metrics.start_process_metrics(role)
    # A socket object belongs to the event loop of the process that made it; processes that inherit it share its descriptor.
    listener = _listener(settings, role) if shared is None else socket.socket(fileno=os.dup(shared.fileno()))
    server = HttpServer(listener, _App(role, list(checks), mounted or {}), limits=ADMIN_LIMITS)
    server.start()
    _running.append(server)
    host, port = server.socket.getsockname()[:2]
    path = Path(settings.data, "admin", f"{role}-{os.getppid() if shared else os.getpid()}.port")
    running_admin_ports(settings.data)  # removes the files of processes that were killed
    _write_port(path, port)
    log.info("admin port", host=host, port=port)
    return int(port)


def not_drained(draining: Callable[[], bool]) -> Check:
    """The check that fails while the host of this process is being taken out of service."""

    def host() -> object:
        if draining():
            raise NotReady("draining")
        return True

    return host


def stop_admin_server() -> None:
    """Accepts no more requests, and answers those that have come. Other processes on the same socket go on."""
    while _running:
        _running.pop().close()


def running_admin_ports(data: str | Path) -> dict[str, int]:
    """The admin ports of running processes: {"web-4711": 40123, ...}. Removes the files of those that have ended."""
    found = {}
    for path in sorted(Path(data, "admin").glob("*-*.port")):
        try:
            os.kill(int(path.stem.rpartition("-")[2]), 0)
            found[path.stem] = int(path.read_text())
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except (ValueError, OSError):
            continue
    return found


def _listener(settings: Settings, role: str) -> socket.socket:
    host, wanted = settings.admin_bind, settings.admin_port
    try:
        return free_ports.bind_listener(host, free_ports.admin_ports(role, wanted))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"ONESOUP_ADMIN_PORT={wanted} is taken; 0 takes the next free one") from None
        raise SettingsError(f"ONESOUP_ADMIN_BIND={host} port {wanted}: {error.strerror}") from None


def _write_port(path: Path, port: int) -> None:
    """Writes the file in one step, since readers poll for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(f"{port}\n")
    fresh.replace(path)


class _App:
    """The WSGI application: a few pages, GET only, and the mounted applications."""

    def __init__(self, role: str, checks: list[Check], mounted: Mapping[str, Application]) -> None:
        self._role, self._checks, self._mounted = role, checks, mounted

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        for path, application in self._mounted.items():
            if f"{environ['PATH_INFO']}/".startswith(f"{path}/"):
                return application(environ, _closing(start_response))
        pages = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}
        pages["/greenlets"] = self._greenlets
        page = pages.get(environ["PATH_INFO"])
        if page is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, kind, body = "404 Not Found", "text/plain", " ".join([*pages, *self._mounted]).encode() + b"\n"
        else:
            status, kind, body = page()
        # One request a connection: another worker may answer the next one.
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Connection", "close")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _healthz(self) -> tuple[str, str, bytes]:
        return "200 OK", "application/json", _json({"alive": True, "role": self._role, "pid": os.getpid()})

    def _readyz(self) -> tuple[str, str, bytes]:
        jobs = {_name(check): gevent.spawn(_passes, check) for check in self._checks}
        results = {name: job.get() for name, job in jobs.items()}
        ready = all(passed for passed, _ in results.values())
        shown = {name: says for name, (_, says) in results.items()}
        body = _json({"ready": ready, "role": self._role, "checks": shown})
        return "200 OK" if ready else "503 Service Unavailable", "application/json", body

    def _greenlets(self) -> tuple[str, str, bytes]:
        """The number of greenlets, to find a leak. It is no metric: nothing else runs while they are counted."""
        count = sum(isinstance(each, gevent.Greenlet) and not each.dead for each in gc.get_objects())
        return "200 OK", "application/json", _json({"greenlets": count, "role": self._role, "pid": os.getpid()})

    def _metrics(self) -> tuple[str, str, bytes]:
        batched_metrics.write_counts()
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(_registry())


def _closing(start_response: Callable[..., Any]) -> Callable[..., Any]:
    """One request a connection, as for the other pages."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start_response(status, [*headers, ("Connection", "close")], *more)

    return start


def _registry() -> CollectorRegistry:
    """This process's metrics, or those of all workers where they write them to files."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _passes(check: Check) -> tuple[bool, str]:
    """Whether it passes, and what it says. Of an exception its name only, since its text may hold an address or a password."""
    try:
        with gevent.Timeout(READY_CHECK_SECONDS, TimeoutError):
            found = check()
    except NotReady as reason:
        return False, str(reason)
    except Exception as error:
        return False, error_name(error)
    return found is not False, found if isinstance(found, str) else "failed" if found is False else "ok"


def _name(check: Check) -> str:
    return getattr(check, "__name__", type(check).__name__).strip("_")


def _json(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
