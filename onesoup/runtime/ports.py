"""Finding TCP ports. Only looks; whoever binds may still come second."""

import os
import random
import socket
from collections.abc import Iterable
from functools import cache

# Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that none of those sits on
# a port of ours while its server restarts.
LOW, HIGH = 20000, 32000
# Two that look at the same time see the same ports free: ONESOUP_FREE_PORTS=LOW-HIGH gives each a range of its own.
RANGE = "ONESOUP_FREE_PORTS"

_given: set[int] = set()

# Where the admin ports of a host begin that are no role's own.
FURTHER = 9474


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now. PermissionError when only root could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections that linger after a stop are no hindrance, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1", count: int = 1) -> int:
    """The first of `count` adjoining free ports. Never hands one out twice in a process."""
    low, high = _range()
    for _ in range(1000):
        port = random.randrange(low, high + 1 - count)
        wanted = range(port, port + count)
        if _given.isdisjoint(wanted) and all(is_free(number, host) for number in wanted):
            _given.update(wanted)
            return port
    raise OSError("no free port")


def listener(host: str, ports: Iterable[int]) -> socket.socket:
    """A socket that listens on the first of these ports that is free. The last error when none is."""
    error: OSError | None = None
    for port in ports:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(64)
            return sock
        except OSError as failure:
            sock.close()
            error = failure
    raise error or OSError("no ports to choose from")


@cache
def inherited() -> tuple[socket.socket, ...]:
    """The listening sockets that systemd hands to this process (sd_listen_fds(3)); they begin at descriptor 3."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return ()
    return tuple(socket.socket(fileno=3 + number) for number in range(int(os.environ.get("LISTEN_FDS", "0"))))


def handed_over(port: int) -> socket.socket | None:
    """The socket of systemd with this port number."""
    return next((sock for sock in inherited() if sock.family != socket.AF_UNIX and sock.getsockname()[1] == port), None)


def admin_ports(role: str, wanted: int) -> list[int]:
    """Where the admin port of a process may be: where it is wanted, else at its role's number or behind all of them."""
    own = {"web": 9471, "holder": 9472, "cir": 9473}
    return [wanted] if wanted else [own[role], *range(FURTHER, FURTHER + 200)]


def _range() -> tuple[int, int]:
    low, _, high = os.environ.get(RANGE, "").partition("-")
    return (int(low), int(high)) if low.isdigit() and high.isdigit() else (LOW, HIGH)
