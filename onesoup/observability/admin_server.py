"""The admin port of a process: /healthz (alive), /readyz (fit for work), /metrics, /greenlets. Serves operators, never phones.

The port that was bound is written to <data>/admin/<role>-<pid>.port, so that it can be found. The workers of one gateway
share one socket, which their master has opened: whichever takes a question answers it. They can, because what they serve is not
theirs alone: metrics are gathered from all workers, and each asks Redis itself.
"""

import errno
import gc
import json
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gevent
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from onesoup.http_server.connection import Limits
from onesoup.http_server.wsgi import Server
from onesoup.observability import process_metrics
from onesoup.runtime import batched_metrics
from onesoup.runtime import ports as free_ports
from onesoup.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

# A check that takes longer has failed: whoever asks /readyz has a deadline as well.
CHECK_SECONDS = 2.0
# Operators and their tools ask seldom; whoever else reaches the port does not keep it busy.
LIMITS = Limits(request_seconds=10.0, idle_seconds=10.0, requests=50.0, bytes=64 * 1024.0)

# A check passes unless it raises or returns False. Its name is shown, so name the function after what it asks.
Check = Callable[[], object]

# Keeps servers from the garbage collector.
_running: list[Server] = []


def start(settings: Settings, role: str, checks: Iterable[Check] = (), *, shared: socket.socket | None = None) -> int:
    """Serves the admin port from greenlets of this process and returns its number.

    `shared` is the socket of a process whose children all answer on it; the port's file then has that parent's pid.
    """
    process_metrics.start(role)
    # A socket object belongs to the event loop of the process that made it; its descriptor to whoever inherits it.
    listener = _listener(settings, role) if shared is None else socket.socket(fileno=os.dup(shared.fileno()))
    server = Server(listener, _App(role, list(checks)), limits=LIMITS)
    server.start()
    _running.append(server)
    host, port = server.socket.getsockname()[:2]
    path = Path(settings.data, "admin", f"{role}-{os.getppid() if shared else os.getpid()}.port")
    ports(settings.data)  # clears away the files of processes that were killed
    _write_port(path, port)
    log.info("admin port", host=host, port=port)
    return int(port)


def stop() -> None:
    """Takes no more questions, and answers those that it has; whoever shares the port goes on."""
    while _running:
        _running.pop().close()


def ports(data: str | Path) -> dict[str, int]:
    """The admin ports of the processes that run now: {"web-4711": 40123, ...}. Forgets those that are gone."""
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
        return free_ports.listener(host, free_ports.admin_ports(role, wanted))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"ONESOUP_ADMIN_PORT={wanted} is taken; 0 takes the next free one") from None
        raise SettingsError(f"ONESOUP_ADMIN_BIND={host} port {wanted}: {error.strerror}") from None


def _write_port(path: Path, port: int) -> None:
    """Whole or not at all: a reader polls for the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(f"{port}\n")
    fresh.replace(path)


class _App:
    """The WSGI application: a few pages, GET only."""

    def __init__(self, role: str, checks: list[Check]) -> None:
        self._role, self._checks = role, checks

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        pages = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}
        pages["/greenlets"] = self._greenlets
        page = pages.get(environ["PATH_INFO"])
        if page is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, kind, body = "404 Not Found", "text/plain", b"/healthz /readyz /metrics /greenlets\n"
        else:
            status, kind, body = page()
        # A connection is one question: the next one may be another worker's to answer.
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Connection", "close")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _healthz(self) -> tuple[str, str, bytes]:
        return "200 OK", "application/json", _json({"alive": True, "role": self._role, "pid": os.getpid()})

    def _readyz(self) -> tuple[str, str, bytes]:
        jobs = {_name(check): gevent.spawn(_passes, check) for check in self._checks}
        results = {name: job.get() for name, job in jobs.items()}
        ready = all(result == "ok" for result in results.values())
        body = _json({"ready": ready, "role": self._role, "checks": results})
        return "200 OK" if ready else "503 Service Unavailable", "application/json", body

    def _greenlets(self) -> tuple[str, str, bytes]:
        """How many there are, for whoever looks for a leak. Nothing else runs while they are counted: no metric."""
        count = sum(isinstance(each, gevent.Greenlet) and not each.dead for each in gc.get_objects())
        return "200 OK", "application/json", _json({"greenlets": count, "role": self._role, "pid": os.getpid()})

    def _metrics(self) -> tuple[str, str, bytes]:
        batched_metrics.write()
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(_registry())


def _registry() -> CollectorRegistry:
    """This process's metrics, or those of all workers where they write them to files."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def _passes(check: Check) -> str:
    """ "ok", or why not: an exception's type only, since its text may hold an address or a password."""
    try:
        with gevent.Timeout(CHECK_SECONDS, TimeoutError):
            return "failed" if check() is False else "ok"
    except Exception as error:
        return type(error).__name__


def _name(check: Check) -> str:
    return getattr(check, "__name__", type(check).__name__).strip("_")


def _json(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
