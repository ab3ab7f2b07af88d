"""One phone under load: it does what its plan says at the time that the plan says, and everything it does is entered.

The plan is fixed beforehand (open loop): a slow server gets no less load, and time in which a request waited for its turn
counts as the server's.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

import gevent
from gevent.event import Event

from onesoup.load.ledger import Ledger, text_of
from onesoup.load.series import HELD_POLL_KIND, LOGIN_REQUEST_KIND, Series
from onesoup.phone import http
from onesoup.phone.engine import Phone
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.messages import ReceivedMessage
from onesoup.phone.profiles import GENERIC_PROFILE
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.wire.document import ANY_TREE, Encoding

T = TypeVar("T")

# What phones do, in hundredths (reliability.md 4: the mix of L1).
ACTION_WEIGHTS = {"poll": 70, "keep-alive": 10, "send": 10, "presence": 10}
LOAD_VARIANTS = [(version, encoding) for version in ("1.1", "1.2", "1.3") for encoding in ANY_TREE]
LOGIN_DELAY_SECONDS = 1.0, 10.0
LINE_DELAY_SECONDS = 1.0
MAX_RESENDS = 3


@dataclass(frozen=True)
class Partner:
    """Somebody whom a user writes to."""

    name: str
    jid: str


class LoadPhone(Phone):
    """A phone that counts what HTTP says. When a connection breaks it sends the same bytes again, as S60 does."""

    series: Series

    def raw(self, octets: bytes, content_type: str | None = None, timeout: float | None = None) -> http.HttpReply:
        for left in reversed(range(MAX_RESENDS + 1)):
            try:
                reply = super().raw(octets, content_type, timeout)
                break
            except Unreachable as error:
                self.series.count("broken", time.monotonic())
                if not left or "within" in str(error):  # a time-out is no broken connection
                    raise
        if reply.status >= 500:
            self.series.count("http_5xx", time.monotonic())
        return reply


class User:
    """One phone under load. `run` acts until `stop`."""

    def __init__(
        self,
        url: str,
        name: str,
        jid: str,
        password: str,
        number: int,
        partners: Sequence[Partner],
        ledger: Ledger,
        series: Series,
        *,
        line: bool,
        timeout: float = 45.0,
    ) -> None:
        """`line`: it offers STCP, so that its polls are not held and it is woken."""
        version, encoding = LOAD_VARIANTS[number % len(LOAD_VARIANTS)]
        self.name, self.partners = name, partners
        self._ledger, self._series, self._line = ledger, series, line
        self._random = random.Random(number)
        profile = replace(GENERIC_PROFILE, timeout=timeout, poll_timeout=timeout)
        self.phone = LoadPhone(
            url,
            f"wv:{jid}",
            password,
            version=version,
            encoding=encoding,
            client_id=f"load-{number}",
            profile=profile,
            cir=["STCP"] if line else [],
        )
        self.phone.series = series
        self.phone.on_message = self._hears
        self.logins = self.sessions_ended = self.lines_opened = 0
        self._stopping = Event()
        self._wanted = Event()
        self._planned = 0.0
        self.sending = True

    @property
    def lined(self) -> bool:
        return self._line

    @property
    def logged_in(self) -> bool:
        return self.phone.session_id is not None

    @property
    def encoding(self) -> Encoding:
        return self.phone.encoding

    def login(self) -> bool:
        """Logs in and does what handsets do at start; tries until it works. False when it was stopped first."""
        wait = LOGIN_DELAY_SECONDS[0]
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self.phone.start()
            except PhoneError as error:
                self.phone.session_id = None
                self._failed(LOGIN_REQUEST_KIND, error, began)
                gevent.sleep(wait * self._random.uniform(0.5, 1.0))
                wait = min(wait * 2, LOGIN_DELAY_SECONDS[1])
                continue
            self._series.answered(LOGIN_REQUEST_KIND, began, time.monotonic())
            self.logins += 1
            return True
        return False

    def run(self, begin: float, interval: float) -> None:
        """Acts from `begin` on, every `interval` seconds; polls beside, as phones with more than one transaction do."""
        beside = [gevent.spawn(self._poller)]
        if self._line:
            beside.append(gevent.spawn(self._listen))
        try:
            for planned in self._plan(begin, interval):
                if self._stopping.wait(max(planned - time.monotonic(), 0.0)):
                    return
                self._act(planned)
        finally:
            self._stopping.set()
            gevent.killall(beside)

    def stop(self) -> None:
        self._stopping.set()

    def poll_now(self) -> None:
        """Looks for messages beside the plan, as after a wake."""
        self._want(time.monotonic())

    def log_in_again(self) -> None:
        """Replaces the session by a new one, as a user does who misses messages."""
        self.phone.session_id = None
        self.login()

    def _plan(self, begin: float, interval: float) -> Iterator[float]:
        planned = begin + self._random.uniform(0.0, interval)
        while True:
            yield planned
            planned += interval

    def _act(self, planned: float) -> None:
        if not self.logged_in and not self.login():
            return
        (kind,) = self._random.choices(list(ACTION_WEIGHTS), list(ACTION_WEIGHTS.values()))
        if kind == "send" and not (self.sending and self.partners):
            kind = "poll"
        if kind == "poll":
            self._want(planned)
        else:
            {"keep-alive": self._keep_alive, "send": self._send, "presence": self._presence}[kind](planned)

    def _timed(self, kind: str, planned: float, call: Callable[[], T]) -> T | None:
        """Calls, and enters the time. Returns the result, None for a failure."""
        try:
            found = call()
        except PhoneError as error:
            self._failed(kind, error, planned)
            return None
        self._series.answered(kind, planned, time.monotonic())
        return found

    def _failed(self, kind: str, error: PhoneError, planned: float) -> None:
        why = "broken"
        if isinstance(error, SessionOver):
            why = f"session over, {error.code}"
            self.sessions_ended += 1
        elif isinstance(error, Refused):
            why = str(error.code)
        elif isinstance(error, Unreachable):
            why = "no answer" if "within" in str(error) else "no connection"
        else:
            why = str(error)[:60]
        self._series.failed(kind, why, planned, time.monotonic())

    # --- what it does ---

    def _keep_alive(self, planned: float) -> None:
        self._timed("keep-alive", planned, self.phone.keep_alive)

    def _presence(self, planned: float) -> None:
        text = f"busy {self._random.randrange(1000)}"
        self._timed("presence", planned, lambda: self.phone.update_presence(text=text))

    def _send(self, planned: float) -> None:
        to = self._random.choice(self.partners)
        now = time.monotonic()
        entry = self._ledger.write(self.name, to.name, now)
        self._series.count("sent", now)
        if self._timed("send", planned, lambda: self.phone.send(f"wv:{to.jid}", text_of(entry))) is not None:
            self._ledger.acknowledge(entry)

    # --- what comes ---

    def _want(self, planned: float) -> None:
        if not self._wanted.is_set():
            self._planned = planned
            self._wanted.set()

    def _poller(self) -> None:
        """One poll at a time. A poll that was wanted while another was held follows it."""
        while True:
            self._wanted.wait()
            planned = self._planned
            self._wanted.clear()
            if self.logged_in:
                self._poll(planned)

    def _poll(self, planned: float) -> None:
        kind = "poll" if self._line else HELD_POLL_KIND
        began = planned if self._line else time.monotonic()
        transaction = self._timed(kind, began, self.phone.poll)
        while transaction is not None or self.phone.more:
            began, last = time.monotonic(), transaction
            if last is not None:
                transaction = self._timed("answer", began, lambda last=last: self.phone.answer(last))  # type: ignore[misc]
            else:
                transaction = self._timed(kind, began, self.phone.poll)
            if not self.logged_in:
                return

    def _hears(self, message: ReceivedMessage) -> None:
        now = time.monotonic()
        if self._ledger.receive(self.name, message.text, message.id, now) is not None:
            self._series.count("received", now)

    def _listen(self) -> None:
        """Keeps a line while there is a session; every wake is a poll."""
        while True:
            where, sid = self.phone.stcp, self.phone.session_id
            if where is not None and sid is not None:
                with suppress(PhoneError), PhoneStcpLine(*where, sid, self.phone.cookie) as line:
                    self.lines_opened += 1
                    self.poll_now()
                    line.listen(self.poll_now)
            gevent.sleep(LINE_DELAY_SECONDS)
