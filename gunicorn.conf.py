from gevent import monkey

# First of all: the master imports this file, and what imports ssl or socket before the patch stays unpatched in the workers.
monkey.patch_all()

# ruff: noqa: E402
from onesoup.runtime import batched_metrics

# Before anything that counts is imported.
batched_metrics.install()

import ctypes
import importlib
import math
import os
import signal
import sys
import time

import gevent
from gevent.event import Event
from gunicorn.glogging import Logger
from gunicorn.workers.ggevent import GeventWorker

from onesoup.http_server import wsgi
from onesoup.http_server.connection import Limits
from onesoup.observability import logs
from onesoup.runtime.networks import LOOPBACK, Nets
from onesoup.settings import load_settings
from workers.gateway import reload as gateway_reload

settings = load_settings()
# One admin port for all workers of this gateway. They inherit it, and those that a reload starts get the same.
try:
    admin_socket = gateway_reload.admin_socket(settings.admin_bind, settings.admin_port)
except OSError as error:
    sys.exit(
        f"onesoup web: ONESOUP_ADMIN_PORT={settings.admin_port} on {settings.admin_bind}: {error.strerror}; 0 takes a free one"
    )

wsgi_app = "workers.gateway:create_app()"
bind = f"{settings.bind}:{settings.http_port}"
proc_name = "onesoup-web"
workers = settings.web_workers
worker_connections = settings.worker_connections
backlog = 2048

MASTER_SECONDS = 3.0  # between looks of the master at its workers
timeout = 30  # a worker whose greenlets do not run for so long is stuck
graceful_timeout = max(1, int(settings.drain_seconds))
keepalive = 75  # longer than nginx keeps its connections, or a request meets one that is just being closed

# By default its path is the same for all gateways of one user, and a read-only container has no home to put it in.
control_socket_disable = True
preload_app = False

# Our own log has a line for each event that matters, without what phones write.
accesslog = None
errorlog = "-"
loglevel = settings.log_level


class OurLogger(Logger):
    """gunicorn's own lines go through our log: no handlers and formats of its own."""

    def setup(self, cfg):
        logs.setup(settings, "web")
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def reopen_files(self):
        pass


class GatewayWorker(GeventWorker):
    """gunicorn's gevent worker around our own HTTP server, which takes less than half of the CPU for a poll (docs/adr/0005).

    It leaves fast: on SIGTERM held polls return, and idle connections do not wait to be closed by force.
    """

    # A request that comes in on a kept-alive connection just now is still answered.
    IDLE_GRACE = 1.5

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.waiting = {}
        self.gone = Event()
        self.server_class = self._server

    def _server(self, listener, application, environ, spawn, **_):
        """What gunicorn asks for; logs and handler classes are none of ours."""
        limits = Limits(
            request_seconds=settings.request_seconds,
            idle_seconds=None,  # look_around sees to it
            requests=settings.connection_requests,
            bytes=4.0 * settings.max_body,
        )
        proxies = Nets((*LOOPBACK, *settings.trusted_proxies))
        more = {"limits": limits, "proxies": proxies, "alive": lambda: self.alive, "waiting": self.waiting}
        return wsgi.Server(listener, application, environ, spawn=spawn, **more)

    def notify(self):
        """Tells the master that we live; gunicorn calls it each second. An idle worker had rather sleep: it does so with its
        other duties (look_around), and gunicorn waits here until we leave."""
        super().notify()
        if self.alive:
            self.gone.wait()

    def look_around(self):
        """With each beat: we live; a connection that waits for too long for a request, or the rest of its head, is closed."""
        super().notify()
        wsgi.end_waiting(self.waiting, time.monotonic() - self.cfg.keepalive)

    # At a reload it serves on until a successor does, but no longer than this.
    SUCCESSOR = 20.0

    def handle_exit(self, sig, frame):
        gevent.spawn(self._leave, sig, frame)

    def _leave(self, sig, frame):
        end = time.monotonic() + self.SUCCESSOR
        while gateway_reload.needed(self.age) and time.monotonic() < end:
            gevent.sleep(0.1)
        super().handle_exit(sig, frame)
        self.gone.set()
        drain()
        end = time.monotonic() + self.IDLE_GRACE
        while time.monotonic() < end:
            # After a reload younger workers tell operators how the gateway is; when it ends as a whole, we do: not ready.
            if gateway_reload.replaced(self.age):
                importlib.import_module("onesoup.observability.admin_server").stop()
            gevent.sleep(0.1)
        wsgi.end_waiting(self.waiting, math.inf)


logger_class = OurLogger
worker_class = GatewayWorker


def on_starting(server):
    """gunicorn's master would look at its workers each second. It does so often enough for `timeout`; signals, and the end of a
    worker, wake it at once all the same."""
    wait = server.wait_for_signals
    server.wait_for_signals = lambda timeout=MASTER_SECONDS: wait(max(timeout, MASTER_SECONDS))


def on_reload(server):
    """Before new workers are made: those that there are go when one of them is ready."""
    gateway_reload.reload(server.worker_age)


def post_fork(server, worker):
    """A worker whose master was killed ends at once instead of at its next look."""
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def post_worker_init(worker):
    """The application is loaded: open the admin port. `workers.gateway.app.checks()` tells what makes it ready."""
    from onesoup.observability import admin_server
    from onesoup.runtime import scheduler

    gateway = importlib.import_module("workers.gateway.app")
    checks = list(getattr(gateway, "checks", list)())
    if _draining() is not None:

        def not_draining():
            return not _draining().is_set()

        checks.append(not_draining)
    batched_metrics.start()
    scheduler.every(scheduler.SECONDS, worker.look_around)
    admin_server.start(settings, "web", checks, shared=admin_socket)
    gateway_reload.ready(worker.age)


def worker_int(worker):
    drain()


def worker_exit(server, worker):
    drain()
    batched_metrics.write()


def child_exit(server, worker):
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def drain():
    """Held polls return at once."""
    if _draining() is not None:
        _draining().set()


def _draining():
    return getattr(sys.modules.get("workers.gateway.app"), "draining", None)
