"""Finds free TCP ports, and the sockets that systemd hands over. A program that does not search here may still bind a found port
first."""

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

# Below the ports that Linux gives to outgoing connections (32768 and up): none of those takes a port while its server restarts.
LOWEST_PORT, HIGHEST_PORT = 20000, 32000
# Another range: ONESOUP_FREE_PORTS=LOW-HIGH.
RANGE_VARIABLE = "ONESOUP_FREE_PORTS"

_given: set[int] = set()

# First admin port of a second process of any role on one host.
FIRST_FURTHER_ADMIN_PORT = 9474


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on the port now. PermissionError when only root could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: lingering connections of a stopped server do not count, a listening one does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1", count: int = 1) -> int:
    """The first of `count` adjoining free ports. Never returns a port twice in one process, nor one that another process of the
    same user was given and may not listen on yet."""
    low, high = _range()
    for _ in range(1000):
        port = random.randrange(low, high + 1 - count)
        wanted = range(port, port + count)
        if _given.isdisjoint(wanted) and all(_reserve(number) and is_free(number, host) for number in wanted):
            _given.update(wanted)
            return port
    raise OSError("no free port")


def _reserve(port: int) -> bool:
    """Whether this process now has the port, until it ends: of one file in which each byte is a port, it locks that byte."""
    file = _reservations()
    try:
        if file is not None:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):  # another process has it; POSIX allows either error
        return False
    except OSError:  # a file system without locks
        return True
    return True


@cache
def _reservations() -> int | None:
    """The file, never closed; None where there can be none."""
    path = Path(tempfile.gettempdir(), f"onesoup-ports-{os.getuid()}")
    with suppress(OSError):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return None


def bind_listener(host: str, ports: Iterable[int], backlog: int = 64) -> socket.socket:
    """A listening socket on the first free one of these ports. Raises the last error when none is free."""
    error: OSError | None = None
    for port in ports:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(backlog)
            return sock
        except OSError as failure:
            sock.close()
            error = failure
    raise error or OSError("no ports to choose from")


@cache
def inherited_sockets() -> tuple[socket.socket, ...]:
    """The listening sockets that systemd hands over to this process (sd_listen_fds(3)), from descriptor 3 on."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return ()
    return tuple(socket.socket(fileno=3 + number) for number in range(int(os.environ.get("LISTEN_FDS", "0"))))


def inherited_sockets_at(port: int) -> list[socket.socket]:
    """The sockets with this port that systemd handed over: one for each address of the unit."""
    return [sock for sock in inherited_sockets() if _port(sock) == port]


def inherited_elsewhere(ports: Iterable[int]) -> list[str]:
    """Where systemd handed over sockets that have none of these ports: nobody would answer who connects there."""
    wanted = set(ports)
    return [str(_port(sock) or sock.getsockname()) for sock in inherited_sockets() if _port(sock) not in wanted]


def _port(sock: socket.socket) -> int:
    """0 for a socket that has none."""
    return 0 if sock.family == socket.AF_UNIX else int(sock.getsockname()[1])


def admin_ports(role: str, wanted: int) -> list[int]:
    """Candidates for the admin port of a process: the wanted one, or else the role's own number and then further ones."""
    own = {"web": 9471, "holder": 9472, "cir": 9473, "all": 9471}
    return [wanted] if wanted else [own[role], *range(FIRST_FURTHER_ADMIN_PORT, FIRST_FURTHER_ADMIN_PORT + 200)]


def _range() -> tuple[int, int]:
    low, _, high = os.environ.get(RANGE_VARIABLE, "").partition("-")
    return (int(low), int(high)) if low.isdigit() and high.isdigit() else (LOWEST_PORT, HIGHEST_PORT)
