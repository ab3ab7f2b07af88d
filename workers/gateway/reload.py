"""State that a gateway's master shares with its workers across reloads: gunicorn runs its configuration file again at each
reload, but a module stays loaded."""

import mmap
import socket
import struct
from functools import cache

from onesoup.runtime import ports

_AGE = struct.Struct("q")
# Shared memory of all workers, those of later reloads too: the age of the youngest that is ready, and that of the youngest when
# the last reload began. gunicorn counts ages up.
_youngest, _reloaded = mmap.mmap(-1, _AGE.size), mmap.mmap(-1, _AGE.size)


@cache
def admin_socket(host: str, wanted: int) -> socket.socket:
    """The admin port's socket, which all workers share."""
    return ports.bind_listener(host, ports.admin_ports("web", wanted))


def mark_ready(age: int) -> None:
    """A worker of this age serves now."""
    _write(_youngest, max(age, _read(_youngest)))


def is_replaced(age: int) -> bool:
    """Whether a younger worker serves: then this one leaves because of a reload, not because the gateway ends."""
    return _read(_youngest) > age


def mark_reload(age: int) -> None:
    """A reload begins: all workers up to this age will be replaced."""
    _write(_reloaded, age)


def is_needed(age: int) -> bool:
    """Whether a worker of this age should serve on: it is to be replaced, and no younger worker is ready."""
    return age <= _read(_reloaded) and _read(_youngest) <= _read(_reloaded)


def _read(memory: mmap.mmap) -> int:
    return int(_AGE.unpack(memory[:])[0])


def _write(memory: mmap.mmap, age: int) -> None:
    memory[:] = _AGE.pack(age)
