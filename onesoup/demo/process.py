"""One child process of a demo or test stack: started, watched, stopped, its output kept in a file.

A child never outlives its parent, not even a parent that was killed: the kernel sends it SIGTERM then.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1

# Loaded before any fork: between fork and exec nothing may be imported.
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None


class ProcessError(RuntimeError):
    """A child did not start, or did not answer in time. The text ends with its last lines."""


# For the owner alone: accounts with their passwords, keys, Redis's files, logs.
PRIVATE_UMASK = 0o077


def make_private(directory: Path) -> None:
    """A directory for the owner alone, new or from before."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """A file for the owner alone, new or from before."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def die_with_parent(parent: int) -> None:
    """From now on this process gets SIGTERM when its parent ends."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGTERM)


class Process:
    """A named command with a log file. `start` may follow `stop` or `kill`, any number of times."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path, stop_seconds: float = 15.0) -> None:
        self.name, self.argv, self.env, self.log = name, list(argv), dict(env), log
        self.stop_seconds = stop_seconds
        self.pass_fds: tuple[int, ...] = ()  # open descriptors that the child gets as they are
        self.started = 0.0  # monotonic; 0 before the first start
        self._child: subprocess.Popen[bytes] | None = None
        self._cleared = False  # nothing is left of its group, whose number may be another's by now

    @property
    def pid(self) -> int:
        """The process id, 0 when it was never started."""
        return self._child.pid if self._child else 0

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs. A negative one names the signal."""
        return self._child.poll() if self._child else 0

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        if self.running:
            return
        if not self.started:
            self._put_old_log_aside()
        parent = os.getpid()
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            # A group of its own: Ctrl-C in the terminal reaches only us, and we stop things in order.
            self._child = subprocess.Popen(
                self.argv,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=PRIVATE_UMASK,
                pass_fds=self.pass_fds,
                preexec_fn=lambda: die_with_parent(parent),
            )
        self.started, self._cleared = time.monotonic(), False

    def _put_old_log_aside(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            self.log.replace(self.log.with_name(self.log.name + ".1"))

    def signal(self, number: int) -> None:
        if self.running and self._child:
            self._child.send_signal(number)

    def stop(self) -> int | None:
        """SIGTERM, and SIGKILL for what is left of its group when it takes too long. Returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.finish(self.stop_seconds)

    def finish(self, seconds: float) -> int | None:
        """Waits for the end, then clears its group away."""
        if self._child is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        self.kill()
        return self._child.returncode

    def kill(self) -> None:
        """SIGKILL for the process and for children that it left in its group."""
        self.kill_now()
        if self._child:
            self._child.wait()
            self._cleared = True

    def kill_now(self) -> None:
        """As `kill`, without seeing it end: safe in a signal handler."""
        if self._child is None or self._cleared:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def output(self) -> str:
        """All it has written since it was first started here."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.output().splitlines()[-count:])

    def wait_until(self, answers: Callable[[], bool], seconds: float = 60.0) -> None:
        """Returns when `answers()` is true. Raises ProcessError when the process ends or the time is over."""
        end = time.monotonic() + seconds
        while not answers():
            if not self.running:
                raise ProcessError(f"{self.name} ended with status {self.status}:\n{self.last_lines()}")
            if time.monotonic() > end:
                raise ProcessError(f"{self.name} does not answer after {seconds:.0f} s:\n{self.last_lines()}")
            time.sleep(0.03)
