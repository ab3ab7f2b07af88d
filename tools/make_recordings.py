"""Writes docs/pictures/*.svg: terminal recordings of the real thing. Not part of the suite: the times in them differ each time.

    PYTHONPATH=. .venv/bin/python tools/make_recordings.py

Needs termtosvg (PyPI), which is no requirement of anything else."""

from gevent import monkey

monkey.patch_all()

import fcntl  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import pty  # noqa: E402
import struct  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import termios  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from gevent import os as gevent_os  # noqa: E402

from onesoup.demo import accounts  # noqa: E402
from onesoup.demo.two_operators import TwoOperators  # noqa: E402
from onesoup.phone.engine import Phone  # noqa: E402

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 80, 18
KEY_SECONDS = 0.06


class Terminal:
    """A program in a terminal of its own. What it shows is kept as a recording in the form of asciinema, version 2."""

    def __init__(self, argv: list[str]) -> None:
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self._began = time.monotonic()
        self.shown, self._events = "", [json.dumps({"version": 2, "width": WIDTH, "height": HEIGHT})]
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        while True:
            try:
                data = gevent_os.tp_read(self._file, 4096)
            except OSError:
                return
            text = data.decode("utf-8", "replace")
            self.shown += text
            self._events.append(json.dumps([round(time.monotonic() - self._began, 3), "o", text]))

    def type(self, text: str) -> None:
        """As fast as a person."""
        for letter in text:
            os.write(self._file, letter.encode())
            gevent.sleep(KEY_SECONDS)
        gevent.sleep(0.4)
        os.write(self._file, b"\n")

    def until(self, words: str) -> None:
        end = time.monotonic() + 30
        while words not in self.shown:
            if time.monotonic() > end:
                raise RuntimeError(f"{words!r} is not shown:\n{self.shown}")
            gevent.sleep(0.05)
        gevent.sleep(1.0)

    def save(self, name: str) -> None:
        with tempfile.TemporaryDirectory() as directory:
            cast = Path(directory, "cast")
            cast.write_text("\n".join(self._events) + "\n")
            subprocess.run(["termtosvg", "render", str(cast), str(PICTURES / name), "-t", "window_frame"], check=True)


def federation() -> None:
    """Alice of the north, on her phone; Bob of the south answers on his."""
    with tempfile.TemporaryDirectory() as directory:
        operators = TwoOperators(Path(directory))
        try:
            operators.up()
            bob = Phone(operators.south.url, "bob@south.test", accounts.password("bob")).start()
            answering = gevent.spawn(_answer, bob, lambda text: f"Loud and clear, from the south: {text!r}")
            phone = [str(Path(sys.prefix, "bin", "onesoup")), "phone", "--url", operators.north.url]
            terminal = Terminal([*phone, "--user", "alice", "--password", accounts.password("alice")])
            terminal.until("/help")
            terminal.type("bob@south.test: Can you read me?")
            terminal.until("Loud and clear")
            terminal.type("/quit")
            gevent.sleep(2.0)
            answering.kill()
            terminal.save("federation-phone.svg")
        finally:
            operators.down()


def _answer(phone: Phone, words: Callable[[str], str]) -> None:
    while True:
        phone.run_once()
        while phone.inbox:
            heard = phone.inbox.pop(0)
            gevent.sleep(1.0)
            phone.send(heard.sender, words(heard.text))
        gevent.sleep(0.2)


if __name__ == "__main__":
    federation()
