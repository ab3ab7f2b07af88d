"""What happens when holders or the XMPP server die: a simulation, event by event. Pure: a seed decides every chance, and the time
in it is a number that it counts itself.

It has of onesoup what decides how long a recovery takes: leases and the turns of holders, streams that begin at the same time,
the time that one may take, waits before another attempt, the pace after a server was away, and log-ins that phones repeat. What
each of these costs was measured; see bench/figures.json.
"""

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bench.scaling_plan import share

# Of the product: workers/holder/process.py, workers/holder/session/connection.py, workers/holder/server_memory.py.
CONNECTS_AT_ONCE = 40
CONNECT_SECONDS = 7.0
FIRST_WAIT, SECOND_WAIT, LONGEST_WAIT = 0.1, 1.0, 30.0
CONNECTS_A_SECOND_AFTER_FAILURE = 20.0
LOGIN_SECONDS = 8.0
# For so long phones go on to log in.
LOGINS_FOR_SECONDS = 300.0
# workers/holder/shard_leases.py
LOOKS_FOR_FREE_SHARDS = 3
# A question to Redis on the way from free shards to leases; how far apart the processes of one host begin with the same beat.
REDIS_SECONDS, BEAT_SPREAD_SECONDS = 0.002, 0.02


@dataclass(frozen=True)
class Farm:
    """Holders that share the sessions of one Redis, and what a stream costs them and the XMPP server, in seconds of CPU."""

    holders: int
    sessions: int
    hosts: int = 1
    shards: int = 256
    lease_ttl: float = 10.0
    lease_renew: float = 3.0
    resume: float = 0.0104
    login: float = 0.00905
    # What part of a core a holder gets while everything is busy.
    core_share: float = 0.52
    # CPU of the XMPP server for a new or resumed stream, and its cores.
    server: float = 0.00928
    server_cores: int = 1
    # Log-ins a second of all phones, and after how many seconds a phone that was refused tries again.
    logins_a_second: float = 0.0
    retry: float = 30.0

    def with_shards(self, shards: int) -> "Farm":
        """The same sessions in more shards."""
        return replace(self, shards=shards)

    def part(self, parts: int) -> "Farm":
        """One of so many parts: holders, sessions, shards, cores of the server and log-ins in proportion."""
        sizes = {name: max(getattr(self, name) // parts, 1) for name in ("holders", "sessions", "shards", "server_cores")}
        return replace(self, **sizes, logins_a_second=self.logins_a_second / parts)

    def sessions_of(self, shard: int) -> int:
        return (shard + 1) * self.sessions // self.shards - shard * self.sessions // self.shards


@dataclass(frozen=True)
class Recovery:
    """Seconds from the fault. `refused` counts the log-ins that phones were refused, `failed` attempts at streams that failed."""

    streams: int
    shards_taken: float
    half_back: float
    all_back: float
    refused: int
    failed: int


# --- leases ---


@dataclass(frozen=True)
class Taken:
    """A shard has a new holder."""

    when: float
    holder: int
    shard: int


def hand_over(farm: Farm, dead: int, chance: random.Random) -> list[Taken]:
    """The shards of `dead` holders, which die at 0 with their host, as the others take them: each those that it sees, up to its
    share. It goes for them a question later, when another one may have been faster; then it looks again."""
    owned = _even(farm.shards, farm.holders)
    most_owned = share(farm.holders - dead, farm.shards)
    free = set(range(sum(owned[:dead])))
    # (when, holder, looks of this turn, shards that it goes for)
    events: list[tuple[float, int, int, tuple[int, ...]]] = _turns(farm, dead, chance)
    found: list[Taken] = []
    while free:
        when, holder, looks, wanted = heapq.heappop(events)
        got = [shard for shard in wanted if shard in free]
        free.difference_update(got)
        owned[holder] += len(got)
        found += [Taken(when, holder, shard) for shard in got]
        if looks == 0:
            heapq.heappush(events, (when + farm.lease_renew, holder, 0, ()))
        most = min(max(most_owned - owned[holder], 0), len(free))
        looks_now = looks == 0 or (len(got) < len(wanted) and looks < LOOKS_FOR_FREE_SHARDS)
        if most and looks_now:
            heapq.heappush(events, (when + REDIS_SECONDS, holder, looks + 1, tuple(chance.sample(sorted(free), most))))
    return found


def _even(shards: int, holders: int) -> list[int]:
    """How many shards each holder has: each takes up to its share, so the last ones may have none."""
    each = share(holders, shards)
    return [max(min(each, shards - number * each), 0) for number in range(holders)]


def _turns(farm: Farm, dead: int, chance: random.Random) -> list[tuple[float, int, int, tuple[int, ...]]]:
    """The first turn of each living holder after the leases have run out. Those of one host have theirs together."""
    expiry = farm.lease_ttl - chance.uniform(0.0, farm.lease_renew)
    beats = [expiry + chance.uniform(0.0, farm.lease_renew) for _ in range(max(farm.hosts - 1, 1))]
    turns = [beats[n % len(beats)] + chance.uniform(0.0, BEAT_SPREAD_SECONDS) for n in range(dead, farm.holders)]
    return sorted((when, dead + n, 0, ()) for n, when in enumerate(turns))


# --- streams ---


@dataclass
class _Job:
    """A stream to be resumed, or a log-in that a phone waits for until `deadline`."""

    holder: "_Holder"
    work: float
    deadline: float = math.inf
    wait: float = FIRST_WAIT
    began: float = 0.0


@dataclass
class _Holder:
    """One process: it works on one thing at a time, and connects some streams at once."""

    busy_until: float = 0.0
    connecting: int = 0
    next_paced: float = 0.0
    waiting: deque[_Job] = field(default_factory=deque)


class _Storm:
    """Events in their order, until nothing is left to do."""

    def __init__(self, farm: Farm, chance: random.Random, server_back: float = 0.0) -> None:
        self._farm, self._chance, self._server_back = farm, chance, server_back
        self._events: list[tuple[float, int, Callable[[float, _Job], None], _Job]] = []
        self._numbers = itertools.count()
        self._cores = [server_back] * farm.server_cores
        self.back: list[float] = []
        self.refused = self.failed = 0

    def at(self, when: float, what: Callable[[float, _Job], None], job: _Job) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), what, job))

    def run(self) -> None:
        while self._events:
            when, _, what, job = heapq.heappop(self._events)
            what(when, job)

    def resume(self, when: float, holder: _Holder) -> None:
        job = _Job(holder, self._farm.resume / self._farm.core_share)
        self.at(when + FIRST_WAIT * self._chance.uniform(0.5, 1.0), self.begin, job)

    def begin(self, now: float, job: _Job) -> None:
        """One attempt, when the holder has a place for it."""
        if job.holder.connecting >= CONNECTS_AT_ONCE:
            job.holder.waiting.append(job)
            return
        job.holder.connecting += 1
        job.began = now
        if now < self._server_back:
            self._fail(now, job)
            return
        job.holder.busy_until = max(job.holder.busy_until, now) + job.work
        self.at(job.holder.busy_until, self._serve, job)

    def _serve(self, now: float, job: _Job) -> None:
        """The server's part, on the first of its cores that is free. It leaves out who has given up before his turn; who gives up
        while it works has cost that work."""
        limit = job.began + CONNECT_SECONDS
        if (begin := max(self._cores[0], now)) >= limit:
            self.at(max(limit, now), self._fail, job)
            return
        end = begin + self._farm.server
        heapq.heapreplace(self._cores, end)
        if end <= limit:
            self.at(end, self._done, job)
        else:
            self.at(limit, self._fail, job)

    def _done(self, now: float, job: _Job) -> None:
        self._leave(now, job)
        if job.deadline == math.inf:
            self.back.append(now)
        elif now > job.deadline:
            self._refuse(now, job)

    def _fail(self, now: float, job: _Job) -> None:
        self._leave(now, job)
        self.failed += 1
        if job.deadline < math.inf:
            self._refuse(now, job)
            return
        job.wait = min(max(job.wait * 2, SECOND_WAIT), LONGEST_WAIT)
        rest = now + job.wait * self._chance.uniform(0.5, 1.0)
        self.at(rest, self._paced, job)

    def _paced(self, now: float, job: _Job) -> None:
        due = max(job.holder.next_paced, now)
        job.holder.next_paced = due + 1.0 / CONNECTS_A_SECOND_AFTER_FAILURE
        self.at(due, self.begin, job)

    def _refuse(self, now: float, job: _Job) -> None:
        """The phone is told 504 at its deadline, and comes again."""
        self.refused += 1
        again = max(now, job.deadline) + self._farm.retry * self._chance.uniform(0.5, 1.5)
        self.log_in(again, job.holder, again)

    def log_in(self, asked: float, holder: _Holder, served_from: float) -> None:
        job = _Job(holder, self._farm.login / self._farm.core_share, asked + LOGIN_SECONDS)
        self.at(max(asked, served_from), self.begin, job)

    def refused_until(self, asked: float, served_from: float) -> float:
        """When the phone asks for the last time before its shard has a holder: each time before, it was refused."""
        while asked + LOGIN_SECONDS < served_from:
            self.refused += 1
            asked += LOGIN_SECONDS + self._farm.retry * self._chance.uniform(0.5, 1.5)
        return asked

    def _leave(self, now: float, job: _Job) -> None:
        job.holder.connecting -= 1
        if job.holder.waiting:
            self.at(now, self.begin, job.holder.waiting.popleft())


# --- faults ---


def holders_die(farm: Farm, dead: int, seed: int) -> Recovery:
    """So many holders die at once, as those of one host do; the others take their shards and resume their streams."""
    chance = random.Random(seed)
    taken = hand_over(farm, dead, chance)
    storm = _Storm(farm, chance)
    holders: dict[int, _Holder] = {}
    for each in taken:
        holder = holders.setdefault(each.holder, _Holder())
        for _ in range(farm.sessions_of(each.shard)):
            storm.resume(each.when, holder)
        for asked in _arrivals(farm.logins_a_second / farm.shards, LOGINS_FOR_SECONDS, chance):
            storm.log_in(storm.refused_until(asked, each.when), holder, each.when)
    storm.run()
    return _recovery(storm, max(each.when for each in taken))


def server_restarts(farm: Farm, away: float, seed: int) -> Recovery:
    """The XMPP server is away for so many seconds: every stream breaks, and every holder tries to make its streams again."""
    storm = _Storm(farm, random.Random(seed), server_back=away)
    holders = [_Holder() for _ in range(farm.holders)]
    for shard in range(farm.shards):
        for _ in range(farm.sessions_of(shard)):
            storm.resume(0.0, holders[shard // share(farm.holders, farm.shards)])
    storm.run()
    return _recovery(storm, 0.0)


def median(outcomes: Sequence[Recovery]) -> Recovery:
    """That of the outcomes whose last stream came back in the median time."""
    return sorted(outcomes, key=lambda each: each.all_back)[len(outcomes) // 2]


def _arrivals(a_second: float, seconds: float, chance: random.Random) -> list[float]:
    found, now = [], 0.0
    while a_second > 0 and (now := now + chance.expovariate(a_second)) < seconds:
        found.append(now)
    return found


def _recovery(storm: _Storm, shards_taken: float) -> Recovery:
    back = sorted(storm.back)
    return Recovery(len(back), shards_taken, back[len(back) // 2], back[-1], storm.refused, storm.failed)
