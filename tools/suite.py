"""Runs the suite in five parts, three side by side: four start servers and often wait for them, the rest mostly computes.

usage: tools/test [PYTEST_ARGUMENT ...]

Every few seconds a line says how far each part is, and a test that fails is named at once. At the end each part shows its
failures, what was skipped, and its slowest tests. Arguments go to pytest: files are run alone, as pytest runs them; with others,
such as -k, a part may have no test.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest")
# In the order in which they begin. Each takes its free ports from a range of its own. The last one runs what is in no other.
DIRECTORIES = {
    "stories": ("stories",),
    "redis": ("store", "handlers", "operators", "observability", "runtime", "workers/gateway", "xmpp/stream"),
    "servers": ("conversations", "commands", "cir", "spec", "workers/holder"),
    "demo": ("demo", "bench", "load", "deploy"),
    "rest": (),
}
# More at once and two cores keep a server waiting for longer than a test expects.
AT_ONCE = 3
ELSEWHERE = ("networks",)  # make test-networks
FIRST_PORT, PORTS = 20_000, 2_400
LOOK_SECONDS, TELL_SECONDS = 0.5, 15.0
SLOWEST = ("--durations=15", "--durations-min=1")
NO_TESTS = 5  # pytest's exit status
DONE = re.compile(r"^(\S+::.*) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?: \(.*\))? +\[ *(\d+)%\]$", re.MULTILINE)


@dataclass
class Part:
    """One pytest process, and what its output has told so far."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    percent: int = 0
    _read: int = 0

    def look(self) -> list[str]:
        """The tests that have failed since the last look."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            whole = b"".join(file.read().rpartition(b"\n")[:2])
        self._read += len(whole)
        found = DONE.findall(whole.decode(errors="replace"))
        self.percent = int(found[-1][2]) if found else self.percent
        return [name for name, outcome, _ in found if outcome in ("FAILED", "ERROR")]

    @property
    def outcome(self) -> str:
        """Its last line: so many passed in so many seconds."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
        return lines[-1].strip("= ") if lines else f"nothing was said, status {self.process.returncode}"

    def report(self) -> str:
        """Everything below the list of tests; all of it where that has not ended as it should."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        ends = [found.end() for found in DONE.finditer(text)]
        normal = ends and self.process.returncode in (0, 1)
        return text[ends[-1] :].strip("\n") if normal else text


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    if any("/" in each and Path(each.partition("::")[0]).exists() for each in arguments):
        os.execv(sys.executable, [*PYTEST, *arguments])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as logs:
        parts: list[Part] = []
        try:
            _watched(parts, (_started(name, Path(logs) / name, arguments) for name in DIRECTORIES), began)
        finally:
            for each in parts:
                each.process.kill()
                each.process.wait()
        for each in sorted(parts, key=lambda part: part.process.returncode not in (0, NO_TESTS)):  # what failed stands last
            print(f"\ntest: {each.name}\n{each.report()}")
    status = _status([each.process.returncode for each in parts], bool(arguments))
    print(f"\ntest: {'failed' if status else 'all good'} after {_clock(time.monotonic() - began).strip()}")
    return status


def _started(name: str, log: Path, arguments: list[str]) -> Part:
    port = FIRST_PORT + PORTS * list(DIRECTORIES).index(name)
    environ = os.environ | {"ONESOUP_FREE_PORTS": f"{port}-{port + PORTS}"}
    with log.open("wb") as output:
        argv = [*PYTEST, "-v", *SLOWEST, *arguments, *_places(name)]
        return Part(name, log, subprocess.Popen(argv, stdout=output, stderr=output, env=environ))


def _places(name: str) -> list[str]:
    """What pytest is told to look at."""
    if own := DIRECTORIES[name]:
        return [f"tests/{each}" for each in own]
    others = [*chain.from_iterable(DIRECTORIES.values()), *ELSEWHERE]
    return ["tests", *(f"--ignore=tests/{each}" for each in others)]


def _watched(parts: list[Part], starts: Iterator[Part], began: float) -> None:
    """Starts them, AT_ONCE at a time, and adds each to `parts`. Returns when all have ended, and tells how far they are."""
    running, told = list(islice(starts, AT_ONCE)), began
    parts += running
    while running:
        time.sleep(LOOK_SECONDS)
        clock = _clock(time.monotonic() - began)
        for each in parts:
            for name in each.look():
                print(f"test: {clock}  FAILED {name}", flush=True)
        for each in [part for part in running if part.process.poll() is not None]:
            running.remove(each)
            print(f"test: {clock}  {each.name}: {each.outcome}", flush=True)
            following = list(islice(starts, 1))
            running += following
            parts += following
        if running and time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            print(f"test: {clock}  " + "   ".join(f"{each.name} {each.percent:3} %" for each in running), flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:2}:{int(seconds) % 60:02}"


def _status(statuses: list[int], selected: bool) -> int:
    """A part without a test is good where tests were selected, if another has some."""
    good = {0, NO_TESTS} if selected else {0}
    return 0 if 0 in statuses and set(statuses) <= good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
