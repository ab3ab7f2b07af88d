"""All phones of one process, and what they are told to do: log in, live, be quiet, log out."""

import random
import resource
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import gevent
from gevent.event import Event

from onesoup.load.crowd.clock import CrowdClock
from onesoup.load.crowd.friends import CrowdFriends
from onesoup.load.crowd.http_pool import HttpPool
from onesoup.load.crowd.phone import CrowdPhone
from onesoup.load.crowd.plan import SMS_BEARER, CrowdPlan
from onesoup.load.crowd.site import CrowdSite
from onesoup.load.crowd.sms_sink import sms_sink

LOGIN_AGAIN_SECONDS = 1.0, 10.0
# A phone whose session the server has ended is taken up by its user again.
NOTICED_SECONDS = 5.0, 10.0
MAX_QUIET_SECONDS = 180.0
# Phones that look for messages by themselves, a second, before silence is believed.
LOOKS_PER_SECOND = 200.0

Then = Callable[[bool], None]


class _Parade:
    """Phones that do one thing, so many at the same time."""

    def __init__(self, phones: Iterable[CrowdPhone], parallel: int, start: Callable[[CrowdPhone, Then], None]) -> None:
        self.waiting = deque(phones)
        self._left, self._start = len(self.waiting), start
        self.done = Event()
        if not self._left:
            self.done.set()
        for _ in range(min(parallel, self._left)):
            self._next()

    def _next(self) -> None:
        if self.waiting:
            self._start(self.waiting.popleft(), self._finished)

    def _finished(self, _worked: bool) -> None:
        self._left -= 1
        if not self._left:
            self.done.set()
        # From the loop, so that failures at once do not pile up on the stack.
        gevent.get_hub().loop.run_callback(self._next)


class Crowd:
    """Commands return when they are carried out; each may be called in a greenlet of its own."""

    def __init__(self, plan: CrowdPlan) -> None:
        self.plan = plan
        pool, self._clock = HttpPool(plan.url, plan.addresses, plan.connections), CrowdClock()
        dice = random.Random(plan.seed)
        names = frozenset(jid.partition("@")[0] for jid in plan.xmpp.jids) if plan.xmpp else frozenset()
        self.site = CrowdSite(plan, pool, self._clock, self._logged_out, dice=dice, friends=names)
        self.phones = [CrowdPhone(number, self.site) for number in plan.numbers]
        self._friends = CrowdFriends(plan.xmpp, self.site, plan.numbers) if plan.xmpp else None
        self._names = names | {phone.user for phone in self.phones}
        self._by_msisdn = {plan.msisdn(phone.number): phone for phone in self.phones if phone.bearer == SMS_BEARER}
        self._sink = sms_sink(plan.sms_listen, self._sms) if plan.sms_listen else None
        self._wanted = False
        # Counts the mixes, so that traffic of one that was ended stops.
        self._mix = 0

    def _sms(self, msisdn: str) -> None:
        phone = self._by_msisdn.get(msisdn)
        if phone is not None:
            phone.wake(SMS_BEARER)

    # --- log-in and log-out ---

    def login(self, parallel: int) -> None:
        """All phones that are off, so many at a time, again and again until every one is online."""
        self._wanted = True
        if self._friends is not None and not any(friend.online for friend in self._friends.friends):
            self._friends.start()
        offline = [phone for phone in self.phones if not phone.online]
        self.site.dice.shuffle(offline)
        _Parade(offline, parallel, partial(self._log_in, LOGIN_AGAIN_SECONDS[0])).done.wait()

    def _log_in(self, wait: float, phone: CrowdPhone, then: Then) -> None:
        def tried(worked: bool) -> None:
            if worked and not self._wanted:  # told to leave in the meantime
                phone.log_out(then)
                return
            if worked or not self._wanted:
                then(worked)
                return
            later = partial(self._log_in, min(wait * 2, LOGIN_AGAIN_SECONDS[1]), phone, then)
            self._clock.after(wait * self.site.dice.uniform(0.5, 1.0), later)

        phone.log_in(tried)

    def _logged_out(self, number: int) -> None:
        """The server has ended its session: its user notices and logs in again."""
        if self._wanted:
            phone = self.phones[number - self.plan.first]
            again = partial(self._log_in, LOGIN_AGAIN_SECONDS[0], phone, lambda _worked: None)
            self._clock.after(self.site.dice.uniform(*NOTICED_SECONDS), again)

    def logout(self, parallel: int) -> None:
        self._wanted = False
        self._stop_traffic()
        online = [phone for phone in self.phones if phone.online]
        self.site.dice.shuffle(online)
        _Parade(online, parallel, CrowdPhone.log_out).done.wait()

    # --- traffic ---

    def mix(self, seconds: float) -> None:
        """Messages and presence as the plan says, each at its time, however slow the server is."""
        self._mix += 1
        mine, self.site.writing = self._mix, True
        acts = {"messages": self._message, "presence": CrowdPhone.change_presence, "logins": self._renew}
        for kind, act in acts.items():
            rate = self.plan.rates.get(kind, 0.0) / 3600 * len(self.phones)
            if rate:
                self._plan_next(mine, rate, time.monotonic(), act)
        if self._friends is not None:
            self._friends.writing = True
        end = time.monotonic() + seconds
        while mine == self._mix and time.monotonic() < end:
            gevent.sleep(min(0.5, max(end - time.monotonic(), 0.0)))
        if mine == self._mix:
            self._stop_traffic()

    def _stop_traffic(self) -> None:
        self._mix += 1
        self.site.writing = False
        if self._friends is not None:
            self._friends.writing = False

    def _plan_next(self, mix: int, rate: float, last: float, act: Callable[[CrowdPhone, float], None]) -> None:
        planned = last + self.site.dice.expovariate(rate)
        self._clock.at(planned, partial(self._act, mix, rate, planned, act))

    def _act(self, mix: int, rate: float, planned: float, act: Callable[[CrowdPhone, float], None]) -> None:
        if mix == self._mix:
            self._plan_next(mix, rate, planned, act)
            phone = self.site.dice.choice(self.phones)
            if phone.online:
                act(phone, planned)

    def _message(self, phone: CrowdPhone, planned: float) -> None:
        if self.plan.xmpp is not None and self.site.dice.random() < self.plan.to_friends:
            jid = self.site.dice.choice(self.plan.xmpp.jids)
            phone.send(jid.partition("@")[0], f"wv:{jid}", planned)
        elif contacts := self.plan.contacts(phone.number):
            to = self.site.dice.choice(contacts)
            phone.send(self.plan.user(to), f"wv:{self.plan.jid(to)}", planned)

    def _renew(self, phone: CrowdPhone, _planned: float) -> None:
        """Logs out, and in again at once."""
        self.site.moving += 1

        def back(_worked: bool) -> None:
            self.site.moving -= 1

        phone.log_out(lambda _worked: self._log_in(LOGIN_AGAIN_SECONDS[0], phone, back))

    def quiet(self) -> dict[str, Any]:
        """No new traffic. Returns when every phone has looked once, nothing has come for a while, no message is under way to the
        server, and none is missing that somebody here wrote to somebody here; others are for who joins the books.
        Says what it has waited for last."""
        self._stop_traffic()
        began = time.monotonic()
        for place, phone in enumerate(self.phones):
            self._clock.at(began + place / LOOKS_PER_SECOND, partial(self._look, phone))
        looked, why = began + len(self.phones) / LOOKS_PER_SECOND, ""
        while time.monotonic() < looked + MAX_QUIET_SECONDS and (reason := self._unrest(looked)):
            why = reason
            gevent.sleep(0.5)
        return {"seconds": round(time.monotonic() - began, 1), "why": why}

    def _unrest(self, looked: float) -> str:
        """Why it is not quiet yet."""
        if time.monotonic() < max(looked, self.site.last_message) + self.plan.quiet_seconds:
            return "a message came"
        if self.site.sending:
            return f"{self.site.sending} messages under way"
        missing = self.site.books.missing(self._names)
        return f"{missing} messages missing" if missing else ""

    def _look(self, phone: CrowdPhone) -> None:
        phone.want_poll(time.monotonic())

    # --- what it says ---

    def state(self) -> dict[str, Any]:
        """Everything since the last call, and what there is now. `online`: has a session and, if it is to have one, its line;
        `moving`: logs out and in again as the plan says."""
        self.site.pool.sweep(time.monotonic())
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "at": round(time.monotonic(), 3),
            "online": sum(phone.online and (phone.line is None or phone.line.answered) for phone in self.phones),
            "moving": self.site.moving,
            "lines": sum(phone.line is not None and phone.line.answered for phone in self.phones),
            "connections": self.site.pool.open,
            "cpu": round(used.ru_utime + used.ru_stime, 3),
            **self.site.figures.taken(),
        }

    def report(self) -> dict[str, Any]:
        """Writes the ledger; what failed since the beginning."""
        self.site.books.save(self.plan.ledger)
        return {"ledger": str(self.plan.ledger), "failures": dict(self.site.figures.failures), "strays": self.site.books.strays}

    def close(self) -> None:
        """Leaves sessions open on the server."""
        self._wanted = False
        self._stop_traffic()
        if self._friends is not None:
            self._friends.close()
        if self._sink is not None:
            self._sink.stop()
        for phone in self.phones:
            if phone.line is not None:
                phone.line.close()
        self.site.pool.close()
