"""One phone of a crowd. What it does is a script: a generator that asks and gets the answer. A phone that does nothing costs
nothing but its record.

It behaves as real ones do (docs/protocol/flows.md): odd ones repeat a message as Android does, after five seconds under a new
TransactionID, even ones as S60 does, the same bytes when a connection breaks (`http_pool`). A poll goes beside other requests."""

import time
from collections.abc import Callable, Generator
from functools import partial

from onesoup.csp.codec.codec import UnreadableBody
from onesoup.csp.codec.generated_elements import ClientCapabilityResponse, GetListResponse, LoginResponse, NewMessage
from onesoup.load.crowd import requests
from onesoup.load.crowd.answers import NO_ANSWER, CrowdAnswer, message_in, primitive_of, read_answer
from onesoup.load.crowd.lane import Ask, CrowdLane, Script
from onesoup.load.crowd.line import CrowdLine
from onesoup.load.crowd.plan import POLL_BEARER, SMS_BEARER, STCP_BEARER
from onesoup.load.crowd.site import CrowdSite
from onesoup.load.series import HELD_POLL_KIND
from onesoup.wire import codec
from onesoup.wire.document import Encoding

ANDROID_WAITS = (5.0, 10.0, 20.0, 40.0)
DEFAULT_POLL_SECONDS = 10.0
LOGOUT_LOOK_SECONDS = 0.1
# Their scripts go on by themselves where more waits.
POLLING_KINDS = ("poll", HELD_POLL_KIND, "answer")
_CONTENT_TYPE = f"Content-Type: {codec.media_type(requests.CROWD_VERSION, Encoding.WBXML)}\r\n".encode()
_USER_ID_TAG = b"z\x03"


class CrowdPhone:
    """`online` is True from the end of its start until its session is over."""

    __slots__ = (
        "_acts",
        "_cookie",
        "_headers",
        "_host",
        "_list",
        "_looks",
        "_polls",
        "_sid",
        "_site",
        "_tid",
        "_woken",
        "_woken_by",
        "address",
        "bearer",
        "jid",
        "keep_alive_time",
        "line",
        "number",
        "online",
        "poll_every",
        "user",
    )

    def __init__(self, number: int, site: CrowdSite) -> None:
        plan = site.plan
        self.number, self._site = number, site
        self.user, self.jid, self.bearer = plan.user(number), plan.jid(number), plan.bearer(number)
        self.address = f"wv:{self.jid}".encode()
        self._cookie = f"wv:crowd.{number}".encode()
        self._headers = _CONTENT_TYPE
        if self.bearer == SMS_BEARER:
            self._headers += f"X-MSISDN: {plan.msisdn(number)}\r\n".encode()
        self._host = plan.addresses[number % len(plan.addresses)]
        self._acts, self._polls = CrowdLane(self), CrowdLane(self)
        self._sid = self._list = b""
        self._tid = 0
        self._woken, self._woken_by = 0.0, ""
        self.line: CrowdLine | None = None
        self.online = self._looks = False
        self.poll_every, self.keep_alive_time = DEFAULT_POLL_SECONDS, requests.CROWD_TTL_SECONDS

    @property
    def sid(self) -> bytes:
        return self._sid

    # --- requests and answers ---

    def post(self, body: bytes, finished: Callable[[int, bytes], None]) -> None:
        self._site.pool.post(self._headers, body, finished)

    def heard(self, kind: str, planned: float, sid: bytes, status: int, body: bytes) -> CrowdAnswer:
        """The answer to what was asked in that session, entered among the figures."""
        figures, answer = self._site.figures, NO_ANSWER
        if status != 200:
            figures.failed(kind, f"HTTP {status}" if status else "no answer")
            return answer
        try:
            answer = read_answer(body)
        except UnreadableBody:
            figures.failed(kind, "unreadable")
            return answer
        if answer.good:
            figures.answered(kind, time.monotonic() - planned)
        else:
            figures.failed(kind, f"CSP {answer.code}")
        if answer.over and sid and sid == self._sid:
            self._over()
        elif answer.more and self.online and kind not in POLLING_KINDS:
            self.want_poll(time.monotonic())
        return answer

    def _over(self) -> None:
        """The server says so."""
        was_online = self.online
        self._leave()
        if was_online:
            self._site.figures.logged_out += 1
            self._site.over(self.number)

    def _leave(self) -> None:
        self._sid, self.online = b"", False
        if self.line is not None:
            self.line.close()
            self.line = None

    def _next(self) -> bytes:
        self._tid += 1
        return b"%d" % self._tid

    # --- log-in and log-out ---

    def log_in(self, then: Callable[[bool], None]) -> None:
        """`then` is told whether it worked."""
        self._acts.begin(self._log_in(then))

    def _log_in(self, then: Callable[[bool], None]) -> Script:
        began = time.monotonic()
        password = self._site.plan.password.encode()
        answer = yield "login", began, requests.LOGIN_FORMAT % (self._next(), self.address, password, self._cookie)
        if answer.good:
            self._has_session(answer)
            answer = yield from self._start()
        if answer.good:
            self.online = True
            self._site.figures.counts["logins"] += 1
            self._site.figures.latency["logged in"].enter(time.monotonic() - began)
            self._after_start(answer.more)
        elif self._sid:
            self._leave()
        then(self.online)

    def _has_session(self, answer: CrowdAnswer) -> None:
        content = primitive_of(answer)
        assert isinstance(content, LoginResponse)
        self._sid = (content.session_id or "").encode()
        self.keep_alive_time = content.keep_alive_time or requests.CROWD_TTL_SECONDS

    def _start(self) -> Generator[Ask, CrowdAnswer, CrowdAnswer]:
        """What a phone does behind its log-in. The first bad answer ends it."""
        answer = yield self._asking("start", requests.CAPABILITY_FORMATS[self.bearer])
        if not answer.good:
            return answer
        self._agreed(answer)
        for form in (requests.SERVICE_FORMAT, requests.PUBLISH_FORMAT, requests.GET_LIST_FORMAT):
            answer = yield self._asking("start", form)
            if not answer.good:
                return answer
        self._listed(answer)
        answer = yield self._asking("start", requests.LIST_MANAGE_FORMAT, self._list)
        if not answer.good:
            return answer
        if answer.body.count(_USER_ID_TAG) < len(self._site.plan.contacts(self.number)):
            self._site.figures.failed("start", "contacts missing")
        return (yield self._asking("start", requests.SUBSCRIBE_FORMAT, self._list))

    def _asking(self, kind: str, form: bytes, *values: bytes, planned: float = 0.0) -> Ask:
        return kind, planned or time.monotonic(), form % (self._sid, self._next(), *values)

    def _agreed(self, answer: CrowdAnswer) -> None:
        content = primitive_of(answer)
        if not isinstance(content, ClientCapabilityResponse) or content.agreed_capability_list is None:
            return
        agreed = content.agreed_capability_list
        self.poll_every = float(agreed.server_poll_min or DEFAULT_POLL_SECONDS)
        methods = agreed.supported_cir_method
        if "STCP" in methods and self.bearer == STCP_BEARER:
            where = self._site.plan.stcp or (agreed.tcp_address or "127.0.0.1", agreed.tcp_port or 3171)
            self.line = CrowdLine(where, self._host, self._sid, self._site.clock, self._called, self._line_back)
            self.line.open()
        elif self.bearer != POLL_BEARER and not methods:
            self._site.figures.failed("start", f"no {self.bearer} agreed")
        # Who is not called looks by itself.
        self._looks = not methods

    def _listed(self, answer: CrowdAnswer) -> None:
        content = primitive_of(answer)
        assert isinstance(content, GetListResponse)
        self._list = (content.default_contact_list or "").encode()

    def _after_start(self, more: bool) -> None:
        now = time.monotonic()
        if more or self._woken:
            self.want_poll(now)
        if self._looks:
            self._site.clock.at(now + self._site.dice.uniform(0.0, self.poll_every), partial(self._poll_due, self._sid))
            return
        rate = self._site.plan.rates.get("keepalive", 0.0)
        every = min(self.keep_alive_time / 2 - 60, 3600 / rate if rate else float("inf"))
        self._site.clock.at(now + every * self._site.dice.random(), partial(self._keep_alive_due, self._sid, every))

    def log_out(self, then: Callable[[bool], None]) -> None:
        """Answers first what it has got: what was not answered would come again at the next log-in."""
        self.online = False
        if self._polls.free:
            self._acts.begin(self._log_out(then))
        else:
            self._site.clock.after(LOGOUT_LOOK_SECONDS, partial(self.log_out, then))

    def _log_out(self, then: Callable[[bool], None]) -> Script:
        answer = NO_ANSWER
        if self._sid:
            if self.line is not None:
                self.line.close()
            sid, self._sid = self._sid, b""
            answer = yield "logout", time.monotonic(), requests.LOGOUT_FORMAT % (sid, self._next())
            self._leave()
        then(answer.good)

    # --- what it does by itself ---

    def send(self, reader: str, to: str, planned: float) -> None:
        self._acts.begin(self._send(reader, to.encode(), planned))

    def _send(self, reader: str, to: bytes, planned: float) -> Script:
        name, text = self._site.books.write(self.user, reader, time.monotonic())
        self._site.figures.counts["sent"] += 1
        waits = ANDROID_WAITS if self.number % 2 else ()
        yield from self._send_text(name, to, text.encode(), planned, waits)

    def _send_text(self, name: str, to: bytes, text: bytes, planned: float, waits: tuple[float, ...]) -> Script:
        """A message counts as acknowledged when the server's 200 has come, and not before."""
        if not self._sid:
            return
        self._site.sending += 1
        answer = yield self._asking("send", requests.SEND_FORMAT, to, self.address, text, planned=planned)
        self._site.sending -= 1
        if answer.good:
            self._site.books.acknowledge(name)
        elif waits and self._site.writing:
            again = self._send_text(name, to, text, planned, waits[1:])
            self._site.figures.counts["repeated_requests"] += 1
            self._site.clock.after(waits[0], partial(self._acts.begin, again))

    def change_presence(self, planned: float) -> None:
        text = b"busy %d" % self._site.dice.randrange(1000)
        self._acts.begin(self._once("presence", requests.STATUS_TEXT_FORMAT, planned, text))

    def _once(self, kind: str, form: bytes, planned: float, *values: bytes) -> Script:
        if self._sid:
            yield self._asking(kind, form, *values, planned=planned)

    def _keep_alive_due(self, sid: bytes, every: float) -> None:
        if sid == self._sid and self.online:
            now = time.monotonic()
            self._acts.begin(self._once("keep-alive", requests.KEEP_ALIVE_FORMAT, now))
            if self.line is not None:
                self.line.ping()
            self._site.clock.at(now + every, partial(self._keep_alive_due, sid, every))

    # --- what comes ---

    def _poll_due(self, sid: bytes) -> None:
        if sid == self._sid and self.online:
            now = time.monotonic()
            self.want_poll(now)
            self._site.clock.at(now + self.poll_every, partial(self._poll_due, sid))

    def _called(self, line: bytes) -> None:
        if self._cookie in line:
            self.wake(STCP_BEARER)

    def _line_back(self) -> None:
        self.want_poll(time.monotonic())

    def wake(self, bearer: str) -> None:
        """A call has come over this bearer."""
        now = time.monotonic()
        self._woken, self._woken_by = self._woken or now, bearer
        self.want_poll(now)

    def want_poll(self, planned: float) -> None:
        """Polls, unless a poll is under way and none is needed behind it."""
        if self.online and (self._polls.free or self._woken == planned):
            self._polls.begin(self._poll(planned))

    def _poll(self, planned: float) -> Script:
        """Polls and answers until the server has nothing more."""
        kind = HELD_POLL_KIND if self._looks else "poll"
        sid = self._sid
        if not sid:
            return
        answer = yield kind, planned, requests.POLL_FORMAT % sid
        while sid == self._sid:
            if answer.tid is not None:
                answer = yield from self._answer(answer, answer.tid)
            elif answer.good and answer.more:
                answer = yield "poll", time.monotonic(), requests.POLL_FORMAT % sid
            else:
                break
        self._woken = 0.0

    def _answer(self, answer: CrowdAnswer, tid: bytes) -> Generator[Ask, CrowdAnswer, CrowdAnswer]:
        """Takes a transaction of the server, and says so. Returns what follows."""
        now, more = time.monotonic(), answer.more
        if answer.kind == NewMessage.NAME:
            message_id, text = message_in(answer)
            name = self._sees(message_id.decode(), text, now)
            following = yield "answer", now, requests.DELIVERED_FORMAT % (self._sid, tid, message_id)
            if following.good:
                self._site.books.close(name, message_id.decode())
        else:
            self._site.figures.counts["presence"] += 1
            following = yield "answer", now, requests.OK_FORMAT % (self._sid, tid)
        if more and following.tid is None and not following.more and following.good:
            return CrowdAnswer(following.kind, following.code, None, True)
        return following

    def _sees(self, message_id: str, text: str, now: float) -> str:
        site = self._site
        site.last_message = now
        seen = site.books.see(self.user, text, message_id, now)
        if seen is None:
            return ""
        name, written, first = seen
        site.figures.counts["received"] += first
        if first and self._woken > written:
            site.figures.woken(self._woken_by, self._woken - written, name.partition(">")[0] in site.friends)
            self._woken = 0.0
        return name
