"""L2, L4, L5, L6: what must stay flat, what must scale, the morning, and a long time with a fault now and then."""

import json
import os
import random
import signal
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean

import gevent
import redis
from gevent.pool import Pool

from bench import scaling
from bench.parts import FULL
from onesoup.load.series import percentile
from onesoup.phone.errors import PhoneError
from tests.chaos.case import Field, case
from tests.chaos.figures import Figure, just, least, most

SAMPLE = 5.0
PAGE = os.sysconf("SC_PAGE_SIZE")
# What is allowed to a count that must be flat: so many parts of it, and a few more.
FLAT, FEW = 0.10, 20
# Characters that a SessionID has at least.
SESSION_ID = 20


# --- what is watched ---


class Watch:
    """Memory, files and greenlets of all processes of a stack, again and again."""

    def __init__(self, field: Field) -> None:
        self._field, self._began = field, time.monotonic()
        # name of a process -> [(seconds, MB)], and so on
        self.memory: dict[str, list[tuple[float, float]]] = {}
        self.files: dict[str, list[tuple[float, float]]] = {}
        self.greenlets: dict[str, list[tuple[float, float]]] = {}

    def processes(self) -> dict[str, int]:
        found = {"holder": self._field.stack.processes["holder"].pid, "cir": self._field.stack.processes["cir"].pid}
        return found | {f"worker {number + 1}": pid for number, pid in enumerate(sorted(self._field.workers()))}

    def sample(self) -> None:
        now = time.monotonic() - self._began
        for name, pid in self.processes().items():
            with suppress(OSError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                self.memory.setdefault(name, []).append((now, pages * PAGE / 1e6))
                self.files.setdefault(name, []).append((now, float(len(os.listdir(f"/proc/{pid}/fd")))))
        for role in ("holder", "cir", "web"):
            with suppress(OSError, KeyError, ValueError):
                name, count = self._greenlets(role)
                self.greenlets.setdefault(name, []).append((now, count))

    def _greenlets(self, role: str) -> tuple[str, float]:
        """Of a gateway any worker answers."""
        url = f"http://127.0.0.1:{self._field.stack.admin_port(role)}/greenlets"
        with urllib.request.urlopen(url, timeout=5) as answer:
            found = json.loads(answer.read())
        return role if role != "web" else f"worker {found['pid']}", float(found["greenlets"])

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sample()
            self._field.work(min(SAMPLE, max(end - time.monotonic(), 0.1)))


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Growth a minute, by least squares."""
    if len(points) < 3:
        return 0.0
    middle, level = fmean(at for at, _ in points), fmean(value for _, value in points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    return 60.0 * sum((at - middle) * (value - level) for at, value in points) / spread if spread else 0.0


def _later(points: Sequence[tuple[float, float]], since: float) -> list[tuple[float, float]]:
    return [point for point in points if point[0] >= since]


def _flat(what: str, found: Mapping[str, Sequence[tuple[float, float]]], since: float) -> Figure:
    """The largest growth of any process between the first and the last third, as far as it is above what is allowed."""
    grown = [0.0]
    for points in found.values():
        values = [value for _, value in _later(points, since)]
        third = max(len(values) // 3, 1)
        if len(values) >= 3:
            first, last = fmean(values[:third]), fmean(values[-third:])
            grown.append((last - first - FEW) / max(first, 1.0))
    return most(f"growth of the number of {what}, beyond {FEW}", 100 * max(grown), 100 * FLAT, "%")


def _p95(field: Field, since: float) -> float:
    """Milliseconds of requests that are not held, from a moment of the run on."""
    first = since - field.run.series.began
    return 1000 * percentile([took for at, took in field.run.series.waits if at >= first], 0.95)


def _ended(field: Field) -> int:
    return sum(user.sessions_ended for user in field.run.users)


# --- the cases ---


@case(
    "L2",
    "1,000 phones, half of them with an STCP line",
    "as L1; no process grows by 1 MB a minute after the first quarter; the numbers of greenlets and sockets stay the same",
    phones=1000,
    interval=20.0,
)
def steady(field: Field) -> list[Figure]:
    minutes = field.span.minutes or 20.0
    watch, began = Watch(field), time.monotonic()
    watch.run(minutes * 60)
    since = min(300.0, minutes * 15)  # the first quarter, five minutes at most
    growth = {name: slope(_later(points, since)) for name, points in watch.memory.items()}
    return [
        just("minutes", minutes),
        *(most(f"growth of {name}", each, 1.0, "MB/min") for name, each in sorted(growth.items())),
        *(just(f"memory of {name} at the end", points[-1][1], "MB") for name, points in sorted(watch.memory.items())),
        _flat("greenlets", watch.greenlets, since),
        _flat("open files and sockets", watch.files, since),
        most("p95 of requests that are not held", _p95(field, began), 150.0, "ms"),
        most("sessions ended", _ended(field), 0),
    ]


@case(
    "L4",
    "two workers and two holders in the place of one",
    "80 % of what twice as many could do, at least",
    alone=True,
)
def scales(_directory: Path, tell: Callable[[str], None]) -> list[Figure]:
    """By the CPU that a request takes, which a machine of two cores can tell; what limits more of them is in docs/scaling.md."""
    found = []
    for each in scaling.run(FULL):
        assert each.ratio is not None
        tell(f"{each.name}: {each.value.median:.0f} {each.unit}, {each.ratio.median:.2f} of that of one")
        found.append(least(f"efficiency: {each.name}", 100 / each.ratio.median, 80.0, "%"))
    return found


@case(
    "L5",
    "500 phones log in within 30 s, then the XMPP server restarts",
    "no log-in is refused, and nothing breaks down; all is normal again within 60 s",
    phones=500,
    interval=10.0,
    spread=30.0,
)
def morning(field: Field) -> list[Figure]:
    phones = len(field.run.users)
    logins = field.run.series.by_kind().get("log-in", [])
    refused = field.run.series.total("failed")
    field.work(10.0)
    restarted = field.mark("the XMPP server restarts")
    field.stack.prosody.restart()
    back = field.until(lambda: field.open_streams() >= phones, 120.0, step=0.5)
    field.mark("all streams are back")
    again = field.recovered(restarted)
    field.work(15.0)
    return [
        most("the last phone is logged in, after the last began", field.run.login_seconds - 30.0, 10.0, "s"),
        most("log-ins that had to be repeated", refused, 0),
        just("p95 of a log-in with its start-up requests", percentile(logins, 0.95) if logins else 0.0, "s"),
        most("all streams are back", back, 60.0, "s"),
        most("time until requests succeed", again, 60.0, "s"),
        most("slowest answer from the restart on", field.slowest(restarted), 10.0, "s"),
        most("sessions ended", _ended(field), 0),
    ]


# --- faults of L6: each leaves everything running ---


def _kill_worker(field: Field) -> None:
    with suppress(ProcessLookupError, IndexError):
        os.kill(random.choice(field.workers()), signal.SIGKILL)


def _reload(field: Field) -> None:
    os.kill(field.stack.processes["web"].pid, signal.SIGHUP)


def _kill_role(role: str) -> Callable[[Field], None]:
    def kill(field: Field) -> None:
        field.stack.kill(role)
        gevent.sleep(1.0)
        field.stack.start(role)

    return kill


def _stop_holder(field: Field) -> None:
    field.stack.stop("holder")
    field.stack.start("holder")


def _pause_holder(field: Field) -> None:
    field.pause("holder")
    gevent.sleep(15.0)
    field.resume("holder")


def _kill_redis(field: Field) -> None:
    field.stack.redis.kill()
    gevent.sleep(2.0)
    field.stack.redis.start()


def _restart_xmpp(field: Field) -> None:
    field.stack.prosody.restart()


FAULTS: dict[str, Callable[[Field], None]] = {
    "kill -9 of a worker": _kill_worker,
    "reload of the gateway": _reload,
    "kill -9 of the holder": _kill_role("holder"),
    "restart of the holder": _stop_holder,
    "the holder is paused for 15 s": _pause_holder,
    "kill -9 of the CIR process": _kill_role("cir"),
    "kill -9 of Redis": _kill_redis,
    "restart of the XMPP server": _restart_xmpp,
}


@case(
    "L6",
    "300 phones for a long time, with a fault now and then",
    "nothing lost, nothing twice; when everybody has logged out Redis has no key of a session that does not go by itself",
    phones=300,
    interval=12.0,
)
def soak(field: Field) -> list[Figure]:
    minutes, every = field.span.minutes or 60.0, field.span.every or 5.0
    watch, end = Watch(field), time.monotonic() + minutes * 60
    left: list[str] = []
    counts = dict.fromkeys(FAULTS, 0)
    slowest = 0.0
    while end - time.monotonic() > every * 60:
        watch.run(every * 60)
        if not left:
            left = random.sample(list(FAULTS), len(FAULTS))
        fault = left.pop()
        began = field.mark(fault)
        FAULTS[fault](field)
        counts[fault] += 1
        took = field.recovered(began, quiet=10.0)
        field.tell(f"-- requests no longer fail {took:.1f} s after: {fault}")
        slowest = max(slowest, took)
    watch.run(max(end - time.monotonic(), 10.0))
    figures = [
        just("minutes", minutes),
        *(just(f"faults: {name}", count) for name, count in counts.items()),
        most("longest time until requests no longer failed after a fault", slowest, 60.0, "s"),
        just("sessions ended", _ended(field)),
    ]
    field.afterwards.append(lambda: figures.extend(_logged_out(field)))
    return figures


def _logged_out(field: Field) -> list[Figure]:
    """Twice: what the second round adds is growth."""
    client = redis.Redis.from_url(field.stack.redis_url)
    before = _staying(client)[0]
    client.close()
    first = _log_out(field)
    Pool(20).map(lambda user: user.phone.start(), field.run.users)
    second = _log_out(field)
    return [
        least("keys of sessions, while all are logged in", before, len(field.run.users)),
        most("keys of sessions that stay, when all have logged out", second[0], 0),
        most("other keys that stay, more than after the log-out before", second[1] - first[1], 0),
        just("other keys that stay", second[1]),
    ]


def _log_out(field: Field) -> tuple[int, int]:
    """Keys without an expiry: of sessions, and others."""
    Pool(20).map(_leave, field.run.users)
    client = redis.Redis.from_url(field.stack.redis_url)
    try:
        end = time.monotonic() + 60.0
        while (found := _staying(client))[0] and time.monotonic() < end:
            gevent.sleep(1.0)
        return found
    finally:
        client.close()


def _leave(user: object) -> None:
    phone = user.phone  # type: ignore[attr-defined]
    with suppress(PhoneError):
        if phone.session_id is not None:
            phone.logout()


def _staying(client: redis.Redis) -> tuple[int, int]:
    """A session's keys have its id as their tag; accounts, domains and shards are shorter tags, or others."""
    names = list(client.scan_iter(count=1000))
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.ttl(name)
    stay = [name.decode() for name, ttl in zip(names, pipe.execute(), strict=True) if ttl == -1]
    tags = [name.partition("{")[2].partition("}")[0] for name in stay]
    sessions = sum(len(tag) >= SESSION_ID and "@" not in tag and "." not in tag for tag in tags)
    return sessions, len(stay) - sessions
