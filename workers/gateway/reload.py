"""State that a gateway's master shares with its workers across reloads: gunicorn runs its configuration file again at each
reload, but a module stays loaded."""

import mmap
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import structlog

from onesoup.runtime import ports
from onesoup.settings import Settings

log = structlog.get_logger(__name__)

# A trial start takes a second or two.
TRIAL_SECONDS = 30.0
# What the master holds from its start to its end.
MASTER_SETTINGS = ("bind", "http_port", "admin_bind", "admin_port", "data")

_AGE = struct.Struct("q")
# Shared memory of all workers, those of later reloads too: the age of the youngest that is ready, and that of the youngest when
# the last reload began. gunicorn counts ages up.
_youngest, _reloaded = mmap.mmap(-1, _AGE.size), mmap.mmap(-1, _AGE.size)


# Those with which the master has started, and those of the last reload.
_loaded: list[Settings] = []


def keep_settings(settings: Settings) -> Settings:
    """Called at the start and at each reload. Returns the settings with which the master has started: its ports stay as they are
    there, since gunicorn ends when it cannot have those of later ones."""
    _loaded[1:] = [settings]  # the first call leaves it as the first one
    changed = [name for name in MASTER_SETTINGS if getattr(settings, name) != getattr(_loaded[0], name)]
    if changed:
        log.warning("restart-needed", settings=",".join(changed))
    return _loaded[0]


def worker_settings() -> Settings | None:
    """The settings for a new worker: those of the last reload, whatever the files say by now. None without a master."""
    return _loaded[-1] if _loaded else None


def reload_if_usable(reload: Callable[[], None]) -> Callable[[], None]:
    """gunicorn's reload, unless its new workers could not start: then the present ones go on, and the log has the reason."""

    def tried() -> None:
        if reason := trial_problem():
            log.error("reload-refused", reason=reason)
        else:
            reload()

    return tried


def trial_problem() -> str:
    """Why a new worker could not start, "" when it can."""
    # The metrics of a process that is none of the workers are not to be counted.
    env = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    argv = [sys.executable, "-m", "workers.gateway.trial"]
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no trial start: {type(error).__name__}"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]


@cache
def admin_socket(host: str, wanted: int) -> socket.socket:
    """The admin port's socket, which all workers share."""
    return ports.bind_listener(host, ports.admin_ports("web", wanted))


def log_console(host: str, port: int) -> None:
    """Says in the log where the console is: on the admin port, with this address."""
    log.info("console", url=f"http://{f'[{host}]' if ':' in host else host}:{port}/console")


def mark_ready(age: int) -> None:
    """A worker of this age serves now."""
    _write(_youngest, max(age, _read(_youngest)))


def has_served() -> bool:
    """Whether a worker of this gateway has ever been ready."""
    return _read(_youngest) > 0


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
