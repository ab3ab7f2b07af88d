"""Runs `onesoup doctor` for the console: as the command, in a process of its own. It tries XMPP servers as a holder does, which a
gateway cannot; its seconds of work hold up no phone; and the page shows what the shell shows."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import gevent
import redis
import structlog

from onesoup.observability.bugs import bugs_logged
from onesoup.store.doctor_results import DoctorResult, DoctorResults, PlainFinding
from onesoup.store.errors import StoreDown

log = structlog.get_logger(__name__)

DOCTOR_COMMAND = (sys.executable, "-c", "from onesoup.commands.main import main; main()", "doctor", "--json")
# A server that does not answer takes ten seconds of it.
DOCTOR_SECONDS = 90.0
# For what comes after the deadline: the end of the process, and writing down what it found.
MARGIN_SECONDS = 10.0
MOST_OUTPUT = 512 * 1024


class DoctorRuns:
    """At most one at a time, of all gateways of a cluster."""

    def __init__(self, client: redis.Redis, command: Sequence[str] = DOCTOR_COMMAND, seconds: float = DOCTOR_SECONDS) -> None:
        self._results, self._command, self._seconds = DoctorResults(client), tuple(command), seconds

    def start(self) -> gevent.Greenlet | None:
        """Begins to look; None where somebody does already. What is found is in `last` then."""
        return gevent.spawn(self._run) if self._results.begin(self._seconds + MARGIN_SECONDS) else None

    def last(self) -> DoctorResult | None:
        return self._results.last()

    def is_looking(self) -> bool:
        return self._results.is_looking()

    def _run(self) -> None:
        with bugs_logged():
            findings, error = self._look()
            try:
                self._results.keep(DoctorResult(round(time.time()), socket.gethostname(), findings, error))
            except StoreDown as down:
                log.warning("store-down", reason=str(down))

    def _look(self) -> tuple[tuple[PlainFinding, ...], str]:
        """(findings, why there are none)."""
        # Metrics of a process that is no worker are not to be counted.
        env = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
        try:
            done = subprocess.run(
                self._command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return (), f"onesoup doctor did not end within {self._seconds:.0f} s"
        except OSError as error:
            return (), f"onesoup doctor did not start: {error.strerror}"
        findings = tuple(_findings(done.stdout[:MOST_OUTPUT].decode("utf-8", "replace")))
        said = done.stderr[-1000:].decode("utf-8", "replace").strip().splitlines()
        return findings, "" if findings else (said or ["onesoup doctor has said nothing"])[-1]


def _findings(output: str) -> list[PlainFinding]:
    found = []
    for line in output.splitlines():
        try:
            told = json.loads(line)
            found.append(tuple(str(told[name]) for name in ("grade", "what", "says", "do")))
        except (ValueError, KeyError, TypeError):
            continue
    return found
