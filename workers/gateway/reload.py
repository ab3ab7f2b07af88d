"""What a gateway's master keeps for its workers: gunicorn runs its configuration file anew at each reload, a module stays."""

import mmap
import socket
import struct
from functools import cache

from onesoup.runtime import ports

_AGE = struct.Struct("q")
# Seen by all workers, those of later reloads too: which of them is the youngest that is ready, and which was the youngest of all
# when the last reload began. gunicorn counts their ages up.
_youngest, _reloaded = mmap.mmap(-1, _AGE.size), mmap.mmap(-1, _AGE.size)


@cache
def admin_socket(host: str, wanted: int) -> socket.socket:
    """The socket on which all workers answer operators."""
    return ports.bind_listener(host, ports.admin_ports("web", wanted))


def mark_ready(age: int) -> None:
    """A worker of this age serves from now on."""
    _write(_youngest, max(age, _read(_youngest)))


def is_replaced(age: int) -> bool:
    """Whether a younger worker serves: this one goes because of a reload, not because the gateway ends."""
    return _read(_youngest) > age


def mark_reload(age: int) -> None:
    """All workers up to this age will be replaced."""
    _write(_reloaded, age)


def is_needed(age: int) -> bool:
    """Whether a worker of this age had better serve on: it is to be replaced, and none of those that come is ready."""
    return age <= _read(_reloaded) and _read(_youngest) <= _read(_reloaded)


def _read(memory: mmap.mmap) -> int:
    return int(_AGE.unpack(memory[:])[0])


def _write(memory: mmap.mmap, age: int) -> None:
    memory[:] = _AGE.pack(age)
