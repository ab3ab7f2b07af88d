"""The day: everybody logs in, an hour's traffic, one fault after the other under the same traffic, everybody logs out."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import gevent

from bench.scale.crowds import CrowdError, Crowds
from bench.scale.samples import GENERATOR, Samples
from bench.scale.site import GATEWAYS, Site
from bench.scale.watch import NORMAL_SECONDS, Watch, percentile_of
from onesoup.demo.process import ProcessError
from onesoup.load.text import wrapped

# So many log-ins and log-outs at a time, of each process of the generator.
LOGINS_AT_ONCE, LOGOUTS_AT_ONCE = 30, 20
PROGRESS_SECONDS = 10
LOGIN_SECONDS, LOGOUT_SECONDS, QUIET_SECONDS, FAULT_SECONDS = 600.0, 300.0, 240.0, 120.0
REPORT_SECONDS = 60.0
FAULTS = ("holder", "cir", "redis", "gateways")
# Traffic that does not end before it is told to.
WHOLE_DAY = "mix 100000"


@dataclass
class Phase:
    """A part of the day. `normal`: seconds from its beginning until all was well again, None when that was not seen."""

    name: str
    begin: float
    end: float = 0.0
    normal: float | None = None
    logged_out: int = 0
    fault: bool = False


@dataclass
class Day:
    """The run of it."""

    site: Site
    crowds: Crowds
    watch: Watch
    samples: Samples
    tell: Callable[[str], None]
    mix_seconds: float
    rest_seconds: float
    faults: Sequence[str]
    phases: list[Phase] = field(default_factory=list)

    def now(self) -> float:
        return time.monotonic() - self.watch.began

    def run(self) -> None:
        """Whatever breaks it, or whoever: what there is until then is reported."""
        try:
            self._live()
        except (CrowdError, ProcessError, KeyboardInterrupt) as error:
            self.tell(f"the day ends early: {error!r}")
            self.phases[-1].end = self.now()
        with suppress(CrowdError):
            self._command("report", REPORT_SECONDS)

    def _live(self) -> None:
        self._phase("morning", lambda: self._command(f"login {LOGINS_AT_ONCE}", LOGIN_SECONDS))
        self._settle()
        self.crowds.tell(WHOLE_DAY)
        self._phase("mix", lambda: self._pass(self.mix_seconds))
        for name in self.faults:
            self._fault(*self._faults()[name])
        self._phase("quiet", lambda: self._command("quiet", QUIET_SECONDS))
        self._phase("evening", self._evening)

    def _evening(self) -> None:
        """Until the last XMPP stream is closed."""
        self._command(f"logout {LOGOUTS_AT_ONCE}", LOGOUT_SECONDS)
        end = time.monotonic() + LOGOUT_SECONDS
        while self.site.open_streams() and time.monotonic() < end:
            self._pass(1.0)

    def _faults(self) -> dict[str, tuple[str, Callable[[], Any]]]:
        """By the words of FAULTS."""
        return {
            "holder": ("holder killed", lambda: self.site.kill("holder-1")),
            "cir": ("CIR process killed", lambda: self.site.kill("cir-1")),
            "redis": ("Redis killed", lambda: self.site.kill("redis")),
            "gateways": ("gateways restarted", lambda: [self.site.restart(name) for name in GATEWAYS]),
        }

    # --- phases ---

    def _phase(self, name: str, work: Callable[[], Any], fault: bool = False) -> Phase:
        phase, ended = Phase(name, self.now(), fault=fault), self.watch.ended
        self.phases.append(phase)
        self.tell(f"-- {name}")
        work()
        phase.end, phase.logged_out = self.now(), self.watch.ended - ended
        return phase

    def _fault(self, name: str, work: Callable[[], Any]) -> None:
        """The fault, and traffic until all is well again, and for a while after that."""

        def whole() -> None:
            phase = self.phases[-1]
            work()
            ended = self.now()
            while self.now() < phase.begin + FAULT_SECONDS:
                self._pass(1.0)
                # Normal, in the seconds behind the fault: not in those before it.
                if self.now() > ended + NORMAL_SECONDS and self._all_is_well():
                    phase.normal = self.now() - NORMAL_SECONDS - phase.begin
                    break
            self._pass(self.rest_seconds)

        phase = self._phase(name, whole, fault=True)
        normal = "not" if phase.normal is None else f"after {phase.normal:.0f} s"
        self.tell(f"{name}: back to normal {normal}; sessions ended by the server: {phase.logged_out}")

    def _all_is_well(self) -> bool:
        """Phones do well, and nearly all have their XMPP streams."""
        return self.watch.normal(self.now()) and self.site.open_streams() >= self.watch.nearly_all

    def _settle(self) -> None:
        """What log-ins leave behind."""
        self._pass(self.rest_seconds)

    # --- waiting ---

    def _command(self, command: str, seconds: float) -> None:
        self.crowds.tell(command)
        end, name = time.monotonic() + seconds, command.split()[0]
        while not self.crowds.is_done(name):
            if time.monotonic() > end:
                self.tell(f"{name} is not done after {seconds:.0f} s")
                return
            self._pass(0.25)

    def _pass(self, seconds: float) -> None:
        """Lets time pass, and tells how it goes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            gevent.sleep(min(left, 1.0))
            self.crowds.check()
            self._progress()

    _told: float = 0.0

    def _progress(self) -> None:
        if self.now() < self._told + PROGRESS_SECONDS:
            return
        begin, self._told = self._told, self.now()
        passed = self._told - begin
        requests, count = self.watch.requests(begin, self._told), self.watch.total
        rates = [count(name, begin, self._told) / passed for name in ("requests", "failed", "received")]
        cores = {role: self.samples.cores(role, begin, self._told) for role in self.samples.cpu}
        busy = " ".join(f"{role} {each * 100:.0f}" for role, each in cores.items() if role != GENERATOR)
        text = (
            f"{self._told:.0f} s: {self.watch.online} on line, {rates[0]:.0f} requests/s, p95 "
            f"{percentile_of(requests, 0.95):.0f} ms, {rates[1]:.1f} failed/s, {rates[2]:.0f} messages/s; "
            f"% of a core: {busy} generator {cores.get(GENERATOR, 0.0) * 100:.0f}"
        )
        self.tell("\n".join(wrapped(text, "    ")))
