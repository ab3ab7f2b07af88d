"""A run: phones and friends, their plan, and the account at the end."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool

from onesoup.load import plot
from onesoup.load.friend import Friend
from onesoup.load.ledger import Entry, Ledger, text_of
from onesoup.load.series import Series, percentile
from onesoup.load.text import columns, wrapped
from onesoup.load.users import Partner, User

MAX_PARALLEL_LOAD_LOGINS = 20
PHONE_SIDE, XMPP_SIDE = "phone", "XMPP"


@dataclass(frozen=True)
class Plan:
    """How many phones and friends there are, and what they do. Users are `{phones}0@domain` and so on."""

    url: str
    domain: str
    phones: int
    friends: int = 10
    # Between two actions of one phone, seconds; friends write as much as phones do.
    interval: float = 4.0
    # The part of the phones that have an STCP line.
    lines: float = 0.5
    phone_name: str = "load"
    friend_name: str = "friend"
    password: str = "load-secret"
    # Without it everybody writes to phones only.
    xmpp: tuple[str, int] | None = None
    ca_file: Path | None = None
    timeout: float = 45.0
    # Seconds over which the log-ins are spread, each at its time; 0: as fast as it goes, a few at a time.
    spread: float = 0.0

    def user(self, number: int) -> Partner:
        name = f"{self.phone_name}{number}"
        return Partner(name, f"{name}@{self.domain}")

    def friend(self, number: int) -> Partner:
        name = f"{self.friend_name}{number}"
        return Partner(name, f"{name}@{self.domain}")

    def partners(self, number: int) -> list[Partner]:
        """A friend, and the next phone: every direction has its messages."""
        found = [self.user((number + 1) % self.phones)] if self.phones > 1 else []
        return [*found, self.friend(number % self.friends)] if self.xmpp else found

    def rosters(self) -> Iterator[tuple[str, dict[str, str]]]:
        """(user, {contact: name}) for every account that the run needs."""
        contacts: dict[str, dict[str, str]] = {}
        for number in range(self.phones):
            me = self.user(number)
            for other in self.partners(number):
                contacts.setdefault(me.name, {})[other.name] = other.name.title()
                contacts.setdefault(other.name, {})[me.name] = me.name.title()
        return iter(contacts.items())


@dataclass
class LoadResult:
    """The result of a run. `seconds` is the time under load."""

    plan: Plan
    seconds: float
    ledger: Ledger
    series: Series
    logins: int
    sessions_ended: int
    lines_opened: int
    went: int
    drained: float
    # Messages that came only when their phones had logged in again.
    next_login: int
    logged_in: int
    # Seconds from writing to reading, of messages to phones with a line.
    woken: list[float]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        return self.ledger.total().lost

    @property
    def http_5xx(self) -> int:
        return self.series.total("http_5xx")

    def as_json(self) -> dict[str, Any]:
        times = self.series.times
        directions = self.ledger.directions()
        return {
            "phones": self.plan.phones,
            "seconds": round(self.seconds, 1),
            "requests": self.series.total("requests"),
            "failed": dict(self.series.failures),
            "http_5xx": self.http_5xx,
            "ms": {name: _ms(times, part) for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))},
            "kinds": {kind: {"n": len(values), "p95_ms": _ms(values, 0.95)} for kind, values in self.series.by_kind().items()},
            "directions": {name: account.figures() | _delays(account.delays) for name, account in directions.items()},
            "total": self.ledger.total().figures() | {"unknown": self.ledger.unknown},
            "missing": [text_of(entry) for entry in self.ledger.missing()[:20]],
            "woken": {"n": len(self.woken)} | _delays(self.woken),
            "broken": self.series.total("broken"),
            "logins": self.logins,
            "sessions_ended": self.sessions_ended,
            "logged_in": self.logged_in,
            "lines_opened": self.lines_opened,
            "presence_went": self.went,
            "next_login": self.next_login,
            "drain_seconds": round(self.drained, 1),
            "marks": [(round(at, 1), what) for at, what in self.series.marks],
        } | self.notes

    def table(self) -> str:
        """For people."""
        messages: list[Sequence[object]] = [
            ("messages", "sent", "acked", "received", "lost", "repeated", "doubled", "out of order")
        ]
        delays: list[Sequence[object]] = [("from writing to reading", "n", "p50 ms", "p95 ms")]
        for name, each in {**self.ledger.directions(), "all": self.ledger.total()}.items():
            counts = (each.sent, each.acknowledged, each.received, each.lost, each.repeated, each.doubled, each.out_of_order)
            messages.append((name, *counts))
            delays.append((name, len(each.delays), *(percentile(each.delays, part) * 1000 for part in (0.5, 0.95))))
        woken = (percentile(self.woken, part) * 1000 for part in (0.5, 0.95))
        delays.append(("to phones with a line", len(self.woken), *woken))
        kinds: list[Sequence[object]] = [("requests", "n", "p50 ms", "p95 ms", "p99 ms", "most ms")]
        for kind, values in [*self.series.by_kind().items(), ("all but the held and log-ins", self.series.times)]:
            kinds.append((kind, len(values), *(percentile(values, part) * 1000 for part in (0.5, 0.95, 0.99, 1.0))))
        failures: list[Sequence[object]] = [("failed", "n"), *sorted(self.series.failures.items())]
        rate = self.series.total("requests") / max(self.seconds, 1.0)
        ended = (
            f"{self.plan.phones} phones, {self.seconds:.0f} s, {rate:.0f} requests/s, "
            f"HTTP 5xx {self.http_5xx}, log-ins {self.logins}, sessions ended {self.sessions_ended}, "
            f"logged in at the end {self.logged_in}, drained in {self.drained:.1f} s, "
            f"{self.next_login} messages waited for the next log-in"
        )
        tables = [messages, delays, kinds, *([failures] if len(failures) > 1 else [])]
        return "\n\n".join([*(columns(each) for each in tables), "\n".join(wrapped(ended))])

    def svg(self, title: str) -> str:
        rows = self.series.rows()
        named: dict[str, Sequence[float]] = {
            name: [row[place] for row in rows] for place, name in enumerate(("s", "all", "failed", "5xx", "sent", "received"))
        }
        times: dict[str, Sequence[float]] = {name: [row[place] for row in rows] for place, name in ((6, "p50"), (7, "p95"))}
        panels = [
            plot.Panel("requests a second", {"all": named["all"], "failed": named["failed"]}),
            plot.Panel("messages a second", {"sent": named["sent"], "received": named["received"]}),
            plot.Panel("answers, ms", times),
        ]
        return plot.svg(title, panels, self.series.marks)


def _ms(values: Sequence[float], part: float) -> float | None:
    value = percentile(values, part)
    return None if math.isnan(value) else round(value * 1000, 1)


def _delays(delays: Sequence[float]) -> dict[str, float | None]:
    return {"p50_ms": _ms(delays, 0.5), "p95_ms": _ms(delays, 0.95), "most_ms": _ms(delays, 1.0)}


class Run:
    """Phones and friends at work.

    with Run(plan).working() as run:         # everybody is logged in
        gevent.sleep(60)
    print(run.result().table())              # what was on its way has had time to arrive
    """

    def __init__(self, plan: Plan, tell: Callable[[str], None] = lambda _text: None) -> None:
        self.plan, self._tell = plan, tell
        self.ledger = Ledger(self._direction)
        self.series = Series(time.monotonic())
        self._names = {plan.friend(number).name: XMPP_SIDE for number in range(plan.friends)}
        lined = round(plan.lines * 100)
        self.users = [
            User(
                plan.url,
                plan.user(number).name,
                plan.user(number).jid,
                plan.password,
                number,
                plan.partners(number),
                self.ledger,
                self.series,
                line=number * 37 % 100 < lined,
                timeout=plan.timeout,
            )
            for number in range(plan.phones)
        ]
        self.friends = self._friends() if plan.xmpp else []
        self._jids = {plan.user(number).jid: plan.user(number).name for number in range(plan.phones)}
        self._life: list[gevent.Greenlet] = []
        self._writers: list[gevent.Greenlet] = []
        self._ended = self._drained = self.login_seconds = 0.0
        self._waiting = 0

    def _direction(self, writer: str, reader: str) -> str:
        return f"{self._names.get(writer, PHONE_SIDE)} to {self._names.get(reader, PHONE_SIDE)}"

    def _friends(self) -> list[Friend]:
        plan = self.plan
        assert plan.xmpp is not None
        found = []
        for number in range(min(plan.friends, plan.phones)):
            who = plan.friend(number)
            found.append(
                Friend(who.name, who.jid, plan.password, plan.xmpp, plan.ca_file, self._hears(who.name), self.ledger.acknowledge)  # type: ignore[arg-type]
            )
        return found

    def _hears(self, reader: str) -> Callable[[str, str, str], None]:
        def hears(_sender: str, text: str, message_id: str) -> None:
            now = time.monotonic()
            if self.ledger.receive(reader, text, message_id, now) is not None:
                self.series.count("received", now)

        return hears

    # --- life ---

    @contextmanager
    def working(self) -> Iterator["Run"]:
        """Logs everybody in and lets them work. At the end writing stops, and messages on their way arrive."""
        self.series.began = time.monotonic()
        self.begin()
        try:
            yield self
            self.end()
        finally:
            self.close()

    def begin(self) -> None:
        for friend in self.friends:
            friend.start()
        began = time.monotonic()
        if self.plan.spread:
            gap = self.plan.spread / max(len(self.users), 1)
            gevent.joinall([gevent.spawn_later(number * gap, user.login) for number, user in enumerate(self.users)])
        else:
            Pool(MAX_PARALLEL_LOAD_LOGINS).map(lambda user: user.login(), self.users)
        self.login_seconds = time.monotonic() - began
        self._tell(f"{len(self.users)} phones logged in within {self.login_seconds:.1f} s")
        begin = time.monotonic()
        self._life = [gevent.spawn(user.run, begin, self.plan.interval) for user in self.users]
        self._write_on()

    def _write_on(self) -> None:
        for user in self.users:
            user.sending = True
        self._writers = [gevent.spawn(self._write, number, friend) for number, friend in enumerate(self.friends)]

    @contextmanager
    def silence(self, within: float = 30.0) -> Iterator[None]:
        """A time without writers, begun when messages on their way have arrived. For faults in which another server may lose
        messages."""
        self._write_no_more()
        self._drain(within)
        yield
        self._write_on()

    def _write_no_more(self) -> None:
        gevent.killall(self._writers)
        for user in self.users:
            user.sending = False

    def _write(self, number: int, friend: Friend) -> None:
        """Friends write to their phones, all together as much as the phones do."""
        readers = [self.plan.user(each) for each in range(number, self.plan.phones, self.plan.friends)]
        gap = self.plan.interval * 10 / len(readers)
        planned, turn = time.monotonic() + gap * (number + 1) / len(self.friends), 0
        while True:
            gevent.sleep(max(planned - time.monotonic(), 0.0))
            planned += gap
            if not friend.online:
                continue
            to, turn = readers[turn % len(readers)], turn + 1
            now = time.monotonic()
            entry = self.ledger.write(friend.name, to.name, now)
            self.series.count("sent", now)
            try:
                friend.send(to.jid, text_of(entry), entry)
            except OSError:
                continue  # its own greenlet sees to the connection

    def watch(self, seconds: float, every: float = 5.0) -> None:
        """Works for some seconds and tells the progress."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            gevent.sleep(min(left, every))
            self._tell(self.progress())

    def progress(self) -> str:
        now, last = time.monotonic(), 5
        rates = {name: self.series.last(name, now, last) for name in ("requests", "failed", "sent", "received")}
        recent = [row for row in self.series.rows()[-last - 1 : -1] if row[7]]
        p95 = max((row[7] for row in recent), default=0.0)
        here = sum(user.logged_in for user in self.users)
        text = (
            f"{now - self.series.began:.0f} s: {here}/{len(self.users)} phones, {rates['requests']:.0f} requests/s, "
            f"{rates['failed']:.0f} failed/s, messages {rates['sent']:.1f}/s out, {rates['received']:.1f}/s in, "
            f"p95 {p95:.0f} ms, on their way {len(self.ledger.missing())}"
        )
        return "\n".join(wrapped(text, "    "))

    def mark(self, what: str) -> None:
        """A fault, for the picture and the log."""
        self.series.mark(what, time.monotonic())
        self._tell(f"-- {what}")

    def end(self, within: float = 60.0) -> None:
        """Stops writing. Phones poll until all acknowledged messages have arrived, or the time is over. Then phones that miss
        messages log in again, since messages that were handed out in vain wait for the next log-in."""
        self._write_no_more()
        self._ended = time.monotonic()
        self._tell("writing has stopped; waiting for messages on their way")
        self._drain(within)
        self._drained = time.monotonic() - self._ended
        missing = {reader for _, reader, _ in self.ledger.missing()}
        self._waiting = len(self.ledger.missing())
        if missing:
            self._tell(f"{self._waiting} are missing; {len(missing)} phones log in again")
            for user in self.users:
                if user.name in missing:
                    user.log_in_again()
            self._drain(within / 2)

    def _drain(self, within: float) -> None:
        end, quiet = time.monotonic() + within, 0
        while time.monotonic() < end and quiet < 4:
            for user in self.users:
                user.poll_now()
            gevent.sleep(0.5)
            # A little longer than needed, so that doubles can arrive.
            quiet = 0 if self.ledger.missing() else quiet + 1

    def close(self) -> None:
        gevent.killall(self._writers)
        for user in self.users:
            user.stop()
        self.logged_in = sum(user.logged_in for user in self.users)
        gevent.joinall(self._life, timeout=2.0)
        gevent.killall(self._life)
        for friend in self.friends:
            friend.close()
        for user in self.users:
            user.phone.close()

    def result(self) -> LoadResult:
        return LoadResult(
            self.plan,
            (self._ended or time.monotonic()) - self.series.began,
            self.ledger,
            self.series,
            logins=sum(user.logins for user in self.users),
            sessions_ended=sum(user.sessions_ended for user in self.users),
            lines_opened=sum(user.lines_opened for user in self.users),
            went=sum(sum(friend.went[jid] for jid in self._jids) for friend in self.friends),
            drained=self._drained,
            next_login=self._waiting - len(self.ledger.missing()),
            logged_in=self.logged_in,
            woken=self.ledger.delays_to({user.name for user in self.users if user.lined}),
        )


__all__ = ["Entry", "LoadResult", "Plan", "Run"]
