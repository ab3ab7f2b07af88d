"""One phone of a crowd against a server that answers as the test says: what it repeats, what it believes, when it goes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.pywsgi import WSGIServer

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    AgreedCapabilityList,
    ClientCapabilityRequest,
    ClientCapabilityResponse,
    GetListRequest,
    GetListResponse,
    ListManageRequest,
    ListManageResponse,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    MessageDelivered,
    MessageInfo,
    NewMessage,
    NickList,
    NickName,
    PollingRequest,
    Primitive,
    Result,
    Sender,
    SendMessageRequest,
    SendMessageResponse,
    ServiceRequest,
    ServiceResponse,
    Status,
    User,
)
from onesoup.load.crowd import phone as phones
from onesoup.load.crowd.books import crowd_totals, joined
from onesoup.load.crowd.clock import CrowdClock
from onesoup.load.crowd.http_pool import HttpPool
from onesoup.load.crowd.phone import CrowdPhone
from onesoup.load.crowd.plan import CrowdPlan
from onesoup.load.crowd.site import CrowdSite
from onesoup.wire.document import Encoding

GOOD = Result(code=200)
LIST = "wv:p1/friends@one.test"


class Server:
    """Answers as a good server does; `answers` says what it does otherwise, by the kind of request."""

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.sessions = 0
        self.waiting: list[Primitive] = []
        self.answers: dict[type[Primitive], Callable[[Message], bytes | None]] = {}
        self.server = WSGIServer(("127.0.0.1", 0), self._app, log=None, error_log=None)
        self.server.start()

    def kinds(self) -> list[str]:
        return [each.transactions[0].content.NAME for each in self.asked]

    def _app(self, environ: dict, start_response: Callable[..., object]) -> list[bytes]:  # type: ignore[type-arg]
        message = read_message(environ["wsgi.input"].read())
        self.asked.append(message)
        own = self.answers.get(type(message.transactions[0].content))
        body = own(message) if own else self.good(message)
        if body is None:
            start_response("502 Bad Gateway", [("Content-Length", "0")])
            return []
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def good(self, message: Message) -> bytes:
        content = message.transactions[0].content
        if isinstance(content, PollingRequest | MessageDelivered):
            return self._next(message)
        return self.answer(message, self._response(content), poll=bool(self.waiting))

    def _response(self, content: Primitive) -> Primitive:
        if isinstance(content, LoginRequest):
            self.sessions += 1
            return LoginResponse(result=GOOD, session_id=f"session{self.sessions}", keep_alive_time=7200)
        made: dict[type[Primitive], Primitive] = {
            ClientCapabilityRequest: ClientCapabilityResponse(agreed_capability_list=AgreedCapabilityList(server_poll_min=3600)),
            ServiceRequest: ServiceResponse(),
            GetListRequest: GetListResponse(default_contact_list=LIST),
            ListManageRequest: ListManageResponse(
                result=GOOD, nick_list=NickList(nick_name=[NickName(name="P2", user_id="wv:p2@one.test")])
            ),
            SendMessageRequest: SendMessageResponse(result=GOOD, message_id="m"),
        }
        return made.get(type(content), Status(result=GOOD))

    def _next(self, message: Message) -> bytes:
        """What waits, as a transaction of ours."""
        if not self.waiting:
            return b""
        reply = self.reply(message, Transaction(Mode.REQUEST, f"s{len(self.asked)}", self.waiting.pop(0)))
        reply.poll = bool(self.waiting)
        return write_message(reply)

    def reply(self, message: Message, transaction: Transaction) -> Message:
        sid = message.session_id
        kind = SessionType.OUTBAND if sid is None else SessionType.INBAND
        return Message("1.2", Encoding.WBXML, [transaction], sid, kind)

    def answer(self, message: Message, content: Primitive, *, poll: bool = False) -> bytes:
        reply = self.reply(message, Transaction(Mode.RESPONSE, message.transactions[0].id, content))
        reply.poll = poll or None
        return write_message(reply)

    def code(self, code: int) -> Callable[[Message], bytes]:
        return lambda message: self.answer(message, Status(result=Result(code=code)))


class World:
    """One phone of two, whose waits are short."""

    def __init__(self, number: int, tmp_path: Path) -> None:
        self.server = Server()
        url = f"http://127.0.0.1:{self.server.server.server_port}/"
        plan = CrowdPlan("crowd-1", url, ("one.test",), 1, 2, 3, "secret", tmp_path / "ledger", bearers={"poll": 1.0})
        self.over: list[int] = []
        pool = HttpPool(url, plan.addresses, 10)
        self.site = CrowdSite(plan, pool, CrowdClock(), self.over.append, writing=True)
        self.phone = CrowdPhone(number, self.site)

    def log_in(self) -> bool:
        told: list[bool] = []
        self.phone.log_in(told.append)
        self.until(lambda: told)
        return told[0]

    def until(self, condition: Callable[[], object]) -> None:
        with gevent.Timeout(30):
            while not condition():
                gevent.sleep(0.005)

    def send(self) -> None:
        self.phone.send("p2", "wv:p2@one.test", gevent.get_hub().loop.now())

    @property
    def acknowledged(self) -> int:
        self.site.books.save(self.site.plan.ledger)
        return crowd_totals(joined([self.site.plan.ledger])).acknowledged

    def close(self) -> None:
        self.site.pool.close()
        self.server.server.stop()


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], World]]:
    monkeypatch.setattr(phones, "ANDROID_WAITS", (0.02, 0.02))
    worlds: list[World] = []

    def made(number: int) -> World:
        worlds.append(World(number, tmp_path))
        return worlds[-1]

    yield made
    for world in worlds:
        world.close()


def letter(number: int) -> NewMessage:
    info = MessageInfo(message_id=f"m{number}", sender=Sender(user=User(user_id="wv:p2@one.test")))
    return NewMessage(message_info=info, content_data=f"p2>p1 #{number} 1.0000")


def test_it_starts_as_phones_do(make: Callable[[int], World]) -> None:
    world = make(1)
    assert world.log_in()
    start = ["Login", "ClientCapability", "Service", "UpdatePresence", "GetList", "ListManage", "SubscribePresence"]
    assert world.server.kinds() == [f"{each}-Request" for each in start]
    assert world.phone.online
    assert world.site.figures.failures == {"start: contacts missing": 1}, "it has two contacts, and the list one"


def test_a_start_that_is_refused_is_no_log_in(make: Callable[[int], World]) -> None:
    world = make(1)
    world.server.answers[GetListRequest] = world.server.code(503)
    assert not world.log_in()
    assert (world.phone.online, world.over, world.site.figures.logged_out) == (False, [], 0)
    del world.server.answers[GetListRequest]
    assert world.log_in()


def test_the_flag_poll_is_followed_to_the_end(make: Callable[[int], World]) -> None:
    world = make(1)
    world.log_in()
    world.server.waiting = [letter(1), letter(2), letter(3)]
    world.send()
    world.until(lambda: world.server.kinds().count("MessageDelivered") == 3)
    assert world.site.figures.counts["received"] == 3
    said = [each.transactions[0].content for each in world.server.asked]
    assert [each.message_id for each in said if isinstance(each, MessageDelivered)] == ["m1", "m2", "m3"]


def test_a_message_is_acknowledged_by_a_200_alone(make: Callable[[int], World]) -> None:
    """An even number is an S60: it does not make the request anew."""
    world = make(2)
    world.log_in()
    world.server.answers[SendMessageRequest] = world.server.code(503)
    world.send()
    world.until(lambda: world.site.figures.failures["send: CSP 503"])
    assert world.acknowledged == 0
    del world.server.answers[SendMessageRequest]
    world.send()
    world.until(lambda: world.acknowledged == 1)
    assert world.server.kinds().count("SendMessage-Request") == 2


def test_android_repeats_what_failed_under_a_new_transaction_id(make: Callable[[int], World]) -> None:
    world = make(1)
    world.log_in()
    world.server.answers[SendMessageRequest] = lambda message: None
    world.send()
    world.until(lambda: world.server.kinds().count("SendMessage-Request") == 2)
    assert world.acknowledged == 0
    del world.server.answers[SendMessageRequest]
    world.until(lambda: world.acknowledged == 1)
    sent = [each.transactions[0] for each in world.server.asked if isinstance(each.transactions[0].content, SendMessageRequest)]
    assert len({each.id for each in sent}) == len(sent) == 3
    assert len({each.content.content_data for each in sent}) == 1  # type: ignore[attr-defined]


def test_only_the_server_ends_a_session(make: Callable[[int], World]) -> None:
    world = make(1)
    world.log_in()
    world.server.answers[PollingRequest] = lambda message: None
    world.phone.want_poll(0.0)
    world.until(lambda: world.site.figures.failures["held poll: HTTP 502"])
    assert (world.phone.online, world.over) == (True, [])
    world.server.answers[PollingRequest] = world.server.code(604)
    world.phone.want_poll(0.0)
    world.until(lambda: world.over)
    assert (world.phone.online, world.site.figures.logged_out) == (False, 1)


def test_an_answer_to_the_old_session_does_not_end_the_new_one(make: Callable[[int], World]) -> None:
    world = make(1)
    world.log_in()
    late = gevent.event.Event()

    def too_late(message: Message) -> bytes:
        late.wait()
        return world.server.code(604)(message)

    world.server.answers[PollingRequest] = too_late
    world.phone.want_poll(0.0)
    world.until(lambda: "Polling-Request" in world.server.kinds())
    assert world.log_in(), "the user does so, whatever the phone waits for"
    late.set()
    world.until(lambda: world.site.figures.failures["held poll: CSP 604"])
    assert (world.phone.online, world.over, world.site.figures.logged_out) == (True, [], 0)


def test_it_answers_what_it_has_before_it_logs_out(make: Callable[[int], World]) -> None:
    world = make(1)
    world.log_in()
    world.server.waiting = [letter(1)]
    world.phone.want_poll(0.0)
    told: list[bool] = []
    world.phone.log_out(told.append)
    world.until(lambda: told)
    assert world.server.kinds()[-3:] == ["Polling-Request", "MessageDelivered", "Logout-Request"]
    assert isinstance(world.server.asked[-1].transactions[0].content, LogoutRequest)
    assert world.site.figures.logged_out == 0
