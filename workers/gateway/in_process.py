"""The gateway as one role of a process that has others too (`onesoup all`): one worker without a master, so without reloads."""

import math
import time
from typing import Any

import gevent
from gevent.pool import Pool

from onesoup.handlers.metrics import GATEWAY_SERIES
from onesoup.http_server import wsgi
from onesoup.http_server.connection import HttpConnection
from onesoup.observability import history_notes
from onesoup.observability.minute_report import MinuteReport
from onesoup.observability.process_beat import ProcessBeat
from onesoup.runtime import ports, scheduler
from onesoup.runtime.role_process import StartedRole
from onesoup.settings import Settings, SettingsError
from workers.gateway import app, http_port, reload


class _InProcessGateway:
    """Serves phones until `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._alive = settings, True
        self._waiting: dict[HttpConnection, float] = {}
        self._pool = Pool(settings.worker_connections)
        application = app.create_app(settings)
        self._servers = [self._server(each, application) for each in _listeners(settings)]
        for server in self._servers:
            server.start()
        scheduler.every(scheduler.TASK_SECONDS, self._end_idle)

    def _server(self, listener: Any, application: Any) -> wsgi.HttpServer:
        return http_port.phone_server(self._settings, listener, application, {}, self._pool, lambda: self._alive, self._waiting)

    def _end_idle(self) -> None:
        wsgi.end_waiting(self._waiting, time.monotonic() - http_port.KEEPALIVE_SECONDS)

    def not_draining(self) -> object:
        """For /readyz."""
        return self._alive

    def stop(self) -> None:
        """Accepts nothing more, answers held polls at once, and finishes what it serves."""
        self._alive = False
        for server in self._servers:
            server.close()
        app.draining.set()
        self._pool.join(timeout=http_port.IDLE_GRACE_SECONDS)
        wsgi.end_waiting(self._waiting, math.inf)
        with gevent.Timeout(self._settings.drain_seconds, False):
            self._pool.join()


def start(settings: Settings) -> StartedRole:
    gateway = _InProcessGateway(settings)
    client, ring = app.worker_parts()
    checks = [*app.readiness_checks(), gateway.not_draining]
    report = MinuteReport(client, GATEWAY_SERIES).start()

    def stop() -> None:
        gateway.stop()
        report.stop()
        history_notes.stop_history()

    def beat(admin: tuple[str, int]) -> ProcessBeat:
        if settings.console:
            reload.log_console(*admin)
        return ProcessBeat(client, "web", admin, ring)

    return StartedRole(client, checks, beat, stop, app.admin_pages())


def _listeners(settings: Settings) -> list[Any]:
    """The sockets that systemd hands over for this port: one for each address of the unit; else one of our own."""
    if given := ports.inherited_sockets_at(settings.http_port):
        return given
    try:
        return [ports.bind_listener(settings.bind, [settings.http_port], http_port.HTTP_BACKLOG)]
    except OSError as error:
        raise SettingsError(f"ONESOUP_HTTP_PORT={settings.http_port} on {settings.bind}: {error.strerror}") from None
