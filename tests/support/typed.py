"""`onesoup phone` as a user has it: a process that is typed to and whose lines are read."""

import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

WITHIN = 60.0


class Typed:
    """One run. `terminal` gives it a terminal in place of pipes."""

    def __init__(self, *arguments: str, terminal: bool = False) -> None:
        self._argv = [str(Path(sys.prefix, "bin", "onesoup")), "phone", *arguments]
        self._terminal, self._changed = terminal, threading.Condition()
        self.output, self._read = "", 0
        self._process: subprocess.Popen[bytes] | None = None
        self._end = -1

    def __enter__(self) -> Self:
        # A pair of sockets in place of pipes: gevent closes sockets at once, and waits for them without stopping the rest.
        outer, inner = pty.openpty() if self._terminal else _pair()
        self._end = outer
        env = os.environ | {"TERM": "xterm", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(self._argv, stdin=inner, stdout=inner, stderr=inner, env=env, start_new_session=True)
        os.close(inner)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def type(self, text: str) -> None:
        """A line; what is typed without its end is typed with `keys`."""
        self.keys(text + "\n")

    def keys(self, text: str) -> None:
        os.write(self._end, text.encode())

    def see(self, text: str, within: float = WITHIN) -> str:
        """Waits for a text behind the last one that was waited for; what stood between."""
        end = time.monotonic() + within
        with self._changed:
            while (place := self.output.find(text, self._read)) < 0:
                left = end - time.monotonic()
                assert left > 0, f"no {text!r} within {within:g} s in:\n{self.output}"
                self._changed.wait(left)
            between, self._read = self.output[self._read : place], place + len(text)
            return between

    def end_of_input(self) -> None:
        """As the end of a pipe; in a terminal, Ctrl-D on an empty line."""
        with socket.socket(fileno=os.dup(self._end)) as link:
            link.shutdown(socket.SHUT_WR)

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, within: float = WITHIN) -> int:
        """The exit status."""
        assert self._process is not None
        return self._process.wait(within)

    def _listen(self) -> None:
        ready = select.poll()
        ready.register(self._end, select.POLLIN)
        while True:
            try:
                ready.poll()  # under gevent a bare read would stop every greenlet
                data = os.read(self._end, 65536)
            except OSError:
                data = b""
            with self._changed:
                self.output += data.decode("utf-8", "replace")
                self._changed.notify_all()
            if not data:
                return


def _pair() -> tuple[int, int]:
    outer, inner = socket.socketpair()
    return outer.detach(), inner.detach()
