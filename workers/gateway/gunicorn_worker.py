"""The gateway's worker and logger for gunicorn. gunicorn.conf.py gives both classes the settings, anew at each reload."""

import importlib
import math
import sys
import time
from typing import Any, ClassVar

import gevent
import structlog
from gevent.event import Event
from gunicorn.glogging import Logger
from gunicorn.workers.ggevent import GeventWorker

from onesoup.http_server import wsgi
from onesoup.http_server.connection import HttpConnection
from onesoup.observability import logs
from onesoup.settings import Settings
from workers.gateway import reload
from workers.gateway.http_port import IDLE_GRACE_SECONDS, phone_server

log = structlog.get_logger(__name__)

# At a reload a worker serves on until a successor does, but no longer than this.
SUCCESSOR_SECONDS = 20.0
LEAVE_POLL_SECONDS = 0.1
# After a worker that could not start, before the master starts the next one.
RESTART_PAUSE_SECONDS = 1.0


class GunicornLogger(Logger):
    """Sends gunicorn's own lines to our log: no handlers and formats of its own."""

    settings: ClassVar[Settings]

    def setup(self, cfg: Any) -> None:
        logs.setup_logging(self.settings, "web")
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def reopen_files(self) -> None:
        pass


class GatewayWorker(GeventWorker):
    """gunicorn's gevent worker around our own HTTP server, which takes less than half of the CPU for a poll (docs/adr/0005).

    It leaves fast: on SIGTERM held polls return, and idle connections do not wait to be closed by force.
    """

    settings: ClassVar[Settings]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[HttpConnection, float] = {}
        self.gone = Event()
        self.server_class = self._server

    def _server(self, listener: Any, application: Any, environ: Any, spawn: Any, **_: object) -> wsgi.HttpServer:
        """The HTTP server of one listener. gunicorn also offers logs and handler classes, which are not used."""
        return phone_server(self.settings, listener, application, environ, spawn, lambda: self.alive, self.waiting)

    def load_wsgi(self) -> None:
        """Loads the application. gunicorn ends a gateway when a worker cannot start. When workers have served before, with a key
        ring that has been spoiled since, say, the next one tries again instead, and the others go on."""
        try:
            super().load_wsgi()
        except Exception as error:
            if not reload.has_served():
                raise
            log.error("worker-failed", reason=f"{type(error).__name__}: {error}")
            time.sleep(RESTART_PAUSE_SECONDS)
            sys.exit(1)

    def notify(self) -> None:
        """Sends the master a sign of life. gunicorn calls it each second, but an idle worker should sleep: gunicorn waits here
        until the worker leaves, and `look_around` sends the signs of life together with the worker's other tasks."""
        super().notify()
        if self.alive:
            self.gone.wait()

    def look_around(self) -> None:
        """A periodic task: a sign of life; closes connections that have waited too long for a request or the rest of its head."""
        super().notify()
        wsgi.end_waiting(self.waiting, time.monotonic() - self.cfg.keepalive)

    def handle_exit(self, sig: int, frame: Any) -> None:
        gevent.spawn(self._leave, sig, frame)

    def _leave(self, sig: int, frame: Any) -> None:
        self._wait_for_successor()
        super().handle_exit(sig, frame)
        self.gone.set()
        release_polls()
        end = time.monotonic() + IDLE_GRACE_SECONDS
        while time.monotonic() < end:
            # After a reload younger workers answer the admin port; when the gateway ends as a whole, this one does: not ready.
            if reload.is_replaced(self.age):
                importlib.import_module("onesoup.observability.admin_server").stop_admin_server()
            gevent.sleep(LEAVE_POLL_SECONDS)
        wsgi.end_waiting(self.waiting, math.inf)

    def _wait_for_successor(self) -> None:
        end = time.monotonic() + SUCCESSOR_SECONDS
        while reload.is_needed(self.age) and time.monotonic() < end:
            gevent.sleep(LEAVE_POLL_SECONDS)


def release_polls() -> None:
    """Held polls return at once."""
    if (event := draining()) is not None:
        event.set()


def draining() -> Any:
    """The event that is set when this worker is to stop; None before the application is loaded."""
    return getattr(sys.modules.get("workers.gateway.app"), "draining", None)
