"""Keeps the processes of a stack running in the foreground and shows what they write as one coloured log."""

import re
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TextIO

from onesoup.demo.process import Process, ProcessError

SUPERVISOR_TICK_SECONDS = 0.1
# A process that lives for a shorter time than this was not started right.
PROMPT_START_SECONDS = 3.0
# How often in a row it may do so before the whole stack is given up.
MAX_RESTARTS = 5

LOG_COLOURS = ("36", "33", "35", "32", "34", "31")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Log:
    """Follows the processes' log files and prints new lines with the name of their process in front. `label` names a process."""

    def __init__(self, out: TextIO, label: Callable[[Process], str] = lambda process: process.name) -> None:
        self._out, self._colour, self._label = out, out.isatty(), label
        self._read: dict[str, int] = {}

    def closed(self) -> bool:
        """Whether the terminal that we began in is gone. Not everybody is sent SIGHUP then: make keeps it to itself."""
        return self._colour and not self._out.isatty()

    def skip(self, processes: Iterable[Process]) -> None:
        """What is in the files already is not shown."""
        for process in processes:
            self._read[self._label(process)] = process.log.stat().st_size if process.log.exists() else 0

    def show(self, processes: Iterable[Process]) -> None:
        for number, process in enumerate(processes):
            for line in self._new_lines(process):
                self._print(LOG_COLOURS[number % len(LOG_COLOURS)], self._label(process), line)

    def say(self, text: str) -> None:
        self._print("1", "demo", text)

    def plain(self, text: str) -> None:
        """Without a name in front."""
        with suppress(OSError):  # the terminal may be gone, and we still have things to do
            self._out.write(text + "\n")
            self._out.flush()

    def _new_lines(self, process: Process) -> list[str]:
        start = self._read.get(self._label(process), 0)
        try:
            with process.log.open("rb") as file:
                file.seek(start)
                new = file.read()
        except OSError:
            return []
        whole = new[: new.rfind(b"\n") + 1]  # the rest of a line comes next time
        self._read[self._label(process)] = start + len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def _print(self, colour: str, name: str, line: str) -> None:
        head = f"{name:<9}| "
        self.plain(f"\x1b[{colour}m{head}\x1b[0m{line}" if self._colour else head + _ANSI.sub("", line))


class Processes(Protocol):
    """What is supervised: a stack, or two."""

    def all(self) -> list[Process]:
        """Every process, servers first."""

    def down(self) -> None:
        """Ends them in order."""


class Supervisor:
    """Runs a stack until it is told to stop."""

    def __init__(self, stack: Processes, log: Log) -> None:
        self._stack, self._log = stack, log
        self._early: dict[Path, int] = {}

    def watch(self) -> None:
        """Shows the log and restarts what dies, until the terminal is closed. ProcessError when something dies over and over."""
        while not self._log.closed():
            processes = self._stack.all()
            self._log.show(processes)
            for process in processes:
                if not process.running:
                    self._again(process)
            time.sleep(SUPERVISOR_TICK_SECONDS)

    def _again(self, process: Process) -> None:
        self._log.show([process])
        lived = time.monotonic() - process.started
        self._early[process.log] = self._early.get(process.log, 0) + 1 if lived < PROMPT_START_SECONDS else 0
        if self._early[process.log] >= MAX_RESTARTS:
            raise ProcessError(f"{process.name} ends at once, again and again:\n{process.last_lines()}")
        self._log.say(f"{process.name} ended with status {process.status}; starting it again")
        process.kill()  # what it left in its group would hold its port
        time.sleep(0.5 * self._early[process.log])
        process.start()

    def stop(self) -> None:
        """Ends everything in order. A second Ctrl-C ends it at once."""
        began = time.monotonic()

        def at_once(_number: int, _frame: object) -> None:
            # A terminal that closes tells us, and make, which tells us too: that is still the first time.
            if time.monotonic() - began > 1.0:
                for process in self._stack.all():
                    process.kill_now()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, at_once)
        self._stack.down()
        self._log.show(self._stack.all())


def ask_to_stop_by_interrupt() -> None:
    """SIGTERM and SIGHUP act as Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
