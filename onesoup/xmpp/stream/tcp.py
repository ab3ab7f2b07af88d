"""TCP connections to a target, each address in turn."""

from collections.abc import Callable
from contextlib import suppress
from errno import ECONNREFUSED

import gevent
from gevent import socket

from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.errors import StreamFailure

TCP_CONNECT_SECONDS = 5.0
# A peer that acknowledges nothing for this long is gone; the kernel would try for 15 minutes.
USER_TIMEOUT_MS = 60_000
# The kernel asks an idle peer after so many seconds, and again so often until USER_TIMEOUT_MS are over. It costs this process
# nothing, and keeps the connection known to firewalls on the way.
KEEP_IDLE, KEEP_EVERY = 40, 10

# The end of the name does not exist; everything else of getaddrinfo may be better later.
_NO_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def connect_tcp(host: str, port: int, allowed: Callable[[str, int], bool] | None = None) -> socket.socket:
    """A connected socket. The address that was allowed is the one connected to: the name is not looked up again."""
    failure = StreamFailure(errors.FAILURE_REFUSED, "not-permitted")
    for family, address in _addresses(host, port):
        if allowed is not None and not allowed(address[0], port):
            continue
        try:
            return _connected(family, address)
        except StreamFailure as error:
            failure = error
    raise failure


def _addresses(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):  # an address needs no thread that looks it up
            socket.inet_pton(family, host)
            return [(family, (host, port))]
    try:
        with gevent.Timeout(TCP_CONNECT_SECONDS, StreamFailure(errors.FAILURE_DNS, "lookup-failed", "no answer in time")):
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        condition = "no-such-domain" if error.errno in _NO_NAME else "lookup-failed"
        raise StreamFailure(errors.FAILURE_DNS, condition, str(error.strerror)) from None
    except (UnicodeError, OSError, OverflowError):
        raise StreamFailure(errors.FAILURE_DNS, "no-such-domain", "not a host name") from None
    return [(family, address) for family, _, _, _, address in found]


def _connected(family: int, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        with gevent.Timeout(TCP_CONNECT_SECONDS, StreamFailure(errors.FAILURE_TIMEOUT, "connect")):
            sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_IDLE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_EVERY)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    except OSError as error:
        sock.close()
        condition = "refused" if error.errno == ECONNREFUSED else "unreachable"
        raise StreamFailure(errors.FAILURE_REFUSED, condition, error.strerror or "") from None
    except BaseException:  # also a greenlet killed, or the deadline of the whole log-in
        sock.close()
        raise
    return sock
