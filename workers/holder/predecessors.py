"""Holders that were killed on this host: their shards need not wait until the leases run out.

Each holder keeps a file with its name in the data directory, locked as long as it lives; the kernel takes the lock away at its
end. Who can lock the file of another one knows that it is dead, and a paused one is not."""

import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger()


class HolderFile:
    """The file of this holder, below `data`. Of this host alone: locks need not hold across hosts."""

    def __init__(self, data: str | Path, name: str) -> None:
        self._directory = Path(data, "holders", socket.gethostname() or "host")
        self._path = self._directory / name
        self._file = -1

    def write(self) -> None:
        """From now on others see that this holder lives. Without a directory to write to they see nothing."""
        new = self._directory / f".{self._path.name}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._file = os.open(new, os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            new.rename(self._path)  # it has its name only when it is locked
        except OSError as error:
            log.info("no-holder-file", reason=error.strerror)

    def take_dead(self) -> list[str]:
        """The names of holders that have died here. Each is told once."""
        found = []
        with suppress(OSError):
            for path in sorted(self._directory.iterdir()):
                if path != self._path and not path.name.startswith(".") and _unlocked(path):
                    found.append(path.name)
        return found

    def remove(self) -> None:
        """At a clean stop."""
        with suppress(OSError):
            self._path.unlink()


def _unlocked(path: Path) -> bool:
    """Whether nobody had this file locked; it is gone then."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except OSError:  # it lives, or another one was faster
        return False
    finally:
        os.close(file)
    return True
