"""What a gateway's master keeps for its workers: gunicorn runs its configuration file anew at each reload, a module stays."""

import mmap
import socket
import struct
from functools import cache

from onesoup import ports

_AGE = struct.Struct("q")
# Seen by all workers, those of later reloads too: which of them is the youngest that is ready.
_youngest = mmap.mmap(-1, _AGE.size)


@cache
def admin_socket(host: str, wanted: int) -> socket.socket:
    """The socket on which all workers answer operators."""
    return ports.listener(host, ports.admin_ports("web", wanted))


def ready(age: int) -> None:
    """A worker of this age (gunicorn counts them up) serves from now on."""
    _youngest[:] = _AGE.pack(max(age, _AGE.unpack(_youngest[:])[0]))


def replaced(age: int) -> bool:
    """Whether a younger worker serves: this one goes because of a reload, not because the gateway ends."""
    return bool(_AGE.unpack(_youngest[:])[0] > age)
