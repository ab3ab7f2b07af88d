"""The gateway's port for phones: the HTTP server with its limits, and the times by which it keeps and leaves connections."""

from collections.abc import Callable
from typing import Any

from onesoup.http_server import wsgi
from onesoup.http_server.connection import HttpConnection, HttpLimits
from onesoup.runtime.networks import LOOPBACK_ADDRESSES, Nets
from onesoup.settings import Settings

# Connections that wait to be accepted.
HTTP_BACKLOG = 2048
# Longer than nginx keeps its connections, or a request meets one that is just being closed.
KEEPALIVE_SECONDS = 75
# A request that arrives on a kept-alive connection while the gateway leaves is still answered.
IDLE_GRACE_SECONDS = 1.5


def phone_server(
    settings: Settings,
    listener: Any,
    application: wsgi.Application,
    environ: dict[str, Any],
    spawn: Any,
    alive: Callable[[], bool],
    waiting: dict[HttpConnection, float],
) -> wsgi.HttpServer:
    """The HTTP server of one listener. Whoever calls it ends what waits too long (`wsgi.end_waiting`)."""
    limits = HttpLimits(
        request_seconds=settings.request_seconds,
        idle_seconds=None,
        requests=settings.connection_requests,
        bytes=4.0 * settings.max_body,
    )
    proxies = Nets((*LOOPBACK_ADDRESSES, *settings.trusted_proxies))
    more: dict[str, Any] = {"limits": limits, "proxies": proxies, "alive": alive, "waiting": waiting}
    more["id_proxies"] = Nets(settings.trusted_proxies)
    return wsgi.HttpServer(listener, application, environ, spawn=spawn, **more)
