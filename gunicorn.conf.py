from gevent import monkey

# Before any other import: what imports ssl or socket before the patch stays unpatched in the workers.
monkey.patch_all()

# ruff: noqa: E402
from onesoup.runtime import batched_metrics

# Before anything that counts is imported.
batched_metrics.install_batching()

from onesoup.observability import uncaught

uncaught.log_from_the_start("web")

import ctypes
import importlib
import os
import signal
import sys

from onesoup.settings import load_settings
from workers.gateway import gunicorn_worker, http_port
from workers.gateway import reload as gateway_reload

settings = load_settings()
started = gateway_reload.keep_settings(settings)
# One admin port for all workers of this gateway. They inherit it, and those that a reload starts get the same.
try:
    admin_socket = gateway_reload.admin_socket(started.admin_bind, started.admin_port)
except OSError as error:
    uncaught.end_start(
        "web", f"ONESOUP_ADMIN_PORT={settings.admin_port} on {settings.admin_bind}: {error.strerror}; 0 takes a free one"
    )

wsgi_app = "workers.gateway:create_app()"
bind = f"{f'[{started.bind}]' if ':' in started.bind else started.bind}:{started.http_port}"
proc_name = "onesoup-web"
workers = settings.web_workers
worker_connections = settings.worker_connections
backlog = http_port.HTTP_BACKLOG

MASTER_SECONDS = 3.0  # between two checks of the workers by the master
timeout = 30  # seconds without a sign of life after which a worker is killed
graceful_timeout = max(1, int(settings.drain_seconds))
keepalive = http_port.KEEPALIVE_SECONDS

# By default its path is the same for all gateways of one user, and a read-only container has no home to put it in.
control_socket_disable = True
preload_app = False

# Our own log has a line for each event that matters, without what phones write.
accesslog = None
errorlog = "-"
loglevel = settings.log_level

gunicorn_worker.GunicornLogger.settings = gunicorn_worker.GatewayWorker.settings = settings
logger_class = gunicorn_worker.GunicornLogger
worker_class = gunicorn_worker.GatewayWorker


def on_starting(server):
    """Lets gunicorn's master check its workers less often than each second. That is often enough for `timeout`; signals, and the
    end of a worker, still wake it at once. A reload with settings that cannot be used is refused."""
    server.reload = gateway_reload.reload_if_usable(server.reload)
    wait = server.wait_for_signals
    server.wait_for_signals = lambda timeout=MASTER_SECONDS: wait(max(timeout, MASTER_SECONDS))


def when_ready(server):
    """Says once where the console is. `onesoup console` shows the token for it."""
    if settings.console:
        gateway_reload.log_console(*admin_socket.getsockname()[:2])


def on_reload(server):
    """Called before new workers start: the present ones leave when a new one is ready."""
    gateway_reload.mark_reload(server.worker_age)


def post_fork(server, worker):
    """Ends a worker at once when its master is killed, instead of at its next check."""
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def post_worker_init(worker):
    """Opens the admin port, once the application is loaded. `workers.gateway.app.readiness_checks()` says when it is ready."""
    from onesoup.observability import admin_server
    from onesoup.runtime import scheduler

    gateway = importlib.import_module("workers.gateway.app")

    def not_draining():
        return not gateway.draining.is_set()

    batched_metrics.start_writing()
    scheduler.every(scheduler.TASK_SECONDS, worker.look_around)
    checks = [*gateway.readiness_checks(), not_draining]
    port = admin_server.start_admin_server(settings, "web", checks, shared=admin_socket, mounted=gateway.admin_pages())
    gateway.start_beat((settings.admin_bind, port), os.getppid())
    gateway_reload.mark_ready(worker.age)


def worker_int(worker):
    gunicorn_worker.release_polls()


def worker_exit(server, worker):
    gunicorn_worker.release_polls()
    if (gateway := sys.modules.get("workers.gateway.app")) is not None:
        gateway.stop_beat()
    batched_metrics.write_counts()


def child_exit(server, worker):
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)
