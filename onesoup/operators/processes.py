"""What operators' commands know of the processes that run: those of all hosts, from the registry in Redis."""

import os
import socket
import time
from collections.abc import Callable

import redis

from onesoup.store.processes import ProcessRecord, ProcessRegistry, SeenProcess

LOOK_AGAIN_SECONDS = 0.5
# So much of a holder's name is shown.
HOLDER_LETTERS = 8


def running_processes(client: redis.Redis) -> list[SeenProcess]:
    """Those that say that they live, but for processes of this host that were killed and have not run out yet."""
    return [each for each in ProcessRegistry(client).all() if not _is_killed(each.record)]


def shown_holders(client: redis.Redis) -> dict[str, str]:
    """Which process, on which host, a holder is, by the first letters of its name."""
    found = (each.record for each in ProcessRegistry(client).all())
    return {each.holder[:HOLDER_LETTERS]: each.shown for each in found if each.holder}


def is_here(process: ProcessRecord) -> bool:
    return process.host == socket.gethostname()


def wait_for_all(client: redis.Redis, good: Callable[[ProcessRecord], bool], seconds: float) -> list[ProcessRecord]:
    """Waits until every process that has a key ring is good. Those that are not when the time is over."""
    end = time.monotonic() + seconds
    while True:
        bad = [each.record for each in running_processes(client) if each.record.keys and not good(each.record)]
        if not bad or time.monotonic() >= end:
            return bad
        time.sleep(LOOK_AGAIN_SECONDS)


def _is_killed(process: ProcessRecord) -> bool:
    if not is_here(process):
        return False
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
