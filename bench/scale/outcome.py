"""The figures of a day and their goals."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import Figure, Spread
from bench.scale.day import Phase
from bench.scale.samples import GENERATOR, Samples
from bench.scale.town import Town
from bench.scale.watch import Watch, percentile_of
from onesoup.load.crowd.books import CrowdTotals, crowd_totals, joined

PART = "scale"
OURS = ("gateways", "holders", "CIR", "Redis")
GOAL_LOGINS, GOAL_LOGIN_SECONDS = 10_000, 180.0
GOAL_REQUEST_MS, GOAL_WAKE_MS, GOAL_NORMAL_SECONDS, GOAL_KB, GOAL_GENERATOR = 250.0, 1000.0, 60.0, 110.0, 25.0


@dataclass(frozen=True)
class Outcome:
    """All that is known after a day."""

    town: Town
    phases: Sequence[Phase]
    watch: Watch
    samples: Samples
    books: CrowdTotals
    failures: Counter[str]
    cores: int

    def phase(self, name: str) -> Phase:
        """An empty one, where the day did not get so far."""
        return next((each for each in self.phases if each.name == name), Phase(name, 0.0))

    def login_seconds(self) -> float:
        """Until 10,000 were on line, or, of fewer, all; as if at 10,000."""
        morning, wanted = self.phase("morning"), min(GOAL_LOGINS, self.town.phones)
        there = self.watch.first_with(wanted, morning.begin)
        return ((morning.end if there is None else there) - morning.begin) * GOAL_LOGINS / wanted

    def memory(self, role: str) -> float:
        """KB of a role in the mix, the median."""
        mix = self.phase("mix")
        return statistics.median(self.samples.kilobytes(role, mix.begin, mix.end) or [0.0])

    def figures(self) -> list[Figure]:
        return [_figure("phones", "", self.town.phones, None), *self._messages(), *self._times(), *self._faults(), *self._costs()]

    def _messages(self) -> list[Figure]:
        books = self.books
        note = (
            f"{books.written} written, {books.acknowledged} acknowledged, {books.arrived} arrived, {books.repeated} repeated, "
            f"{books.returned} returned"
        )
        return [
            _figure("messages lost", "", books.lost, 0.0, note),
            _figure("messages doubled", "", books.doubled, 0.0),
            _figure("sessions that the server ended", "", self.watch.ended, 0.0),
        ]

    def _times(self) -> list[Figure]:
        morning, mix = self.phase("morning"), self.phase("mix")
        requests, wakes = self.watch.requests(mix.begin, mix.end), self.watch.wakes("wake", mix.begin, mix.end)
        xmpp = self.watch.wakes("wake_xmpp", mix.begin, mix.end)
        rate = self.town.phones / max(morning.end - morning.begin, 1e-9)
        note = f"{self.town.phones} in {morning.end - morning.begin:.0f} s, {rate:.0f} a second"
        rates = f"{sum(requests.values()) / max(mix.end - mix.begin, 1e-9):.0f} requests/s"
        return [
            _figure("10,000 log-ins", "s", self.login_seconds(), GOAL_LOGIN_SECONDS, note),
            _figure("requests in the mix: p50", "ms", percentile_of(requests, 0.5), None, rates),
            _figure("requests in the mix: p95", "ms", percentile_of(requests, 0.95), GOAL_REQUEST_MS),
            _figure("requests in the mix: p99", "ms", percentile_of(requests, 0.99), None),
            _figure("requests in the mix that failed", "", self.watch.total("failed", mix.begin, mix.end), 0.0),
            _figure("a friend's stanza to WVCI in the mix: p95", "ms", percentile_of(xmpp, 0.95), GOAL_WAKE_MS),
            _figure("writing to WVCI in the mix, all writers: p95", "ms", percentile_of(wakes, 0.95), GOAL_WAKE_MS),
        ]

    def _faults(self) -> list[Figure]:
        found = []
        for each in (phase for phase in self.phases if phase.fault):
            seconds = each.end - each.begin if each.normal is None else each.normal
            failed = self.watch.total("failed", each.begin, each.end)
            note = f"{failed} requests failed" + ("" if each.normal is not None else "; not normal within this time")
            found.append(_figure(f"{each.name}: back to normal", "s", seconds, GOAL_NORMAL_SECONDS, note))
            found.append(_figure(f"{each.name}: phones logged out", "", each.logged_out, 0.0))
        return found

    def _costs(self) -> list[Figure]:
        mix, phones = self.phase("mix"), self.town.phones
        cpu = {role: self.samples.cores(role, mix.begin, mix.end) for role in self.samples.cpu}
        each = ", ".join(f"{role} {self.memory(role) / phones:.1f}" for role in OURS)
        found = [
            _figure(
                "memory a phone, our processes and Redis", "KB", sum(map(self.memory, OURS)) / phones, GOAL_KB, f"PSS: {each}"
            )
        ]
        if self.memory("XMPP"):
            found.append(_figure("memory a phone, XMPP servers", "KB", self.memory("XMPP") / phones, None))
        found.append(
            _figure(
                "generator's part of the CPU in the mix", "%", cpu[GENERATOR] / self.cores * 100, GOAL_GENERATOR, "of all cores"
            )
        )
        found += [_figure(f"cores in use in the mix: {role}", "", cpu[role], None) for role in cpu]
        return found


def books_of(ledgers: Sequence[Path]) -> CrowdTotals:
    """Of those that were written."""
    return crowd_totals(joined(path for path in ledgers if path.exists()))


def _figure(name: str, unit: str, value: float, goal: float | None, note: str = "") -> Figure:
    return Figure(PART, name, unit, Spread.once(float(value)), goal=goal, note=note)
