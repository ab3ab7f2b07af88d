"""The gateway: a Falcon app that reads, decodes, dispatches and encodes. It holds no rule of the protocol and no state."""

from gevent import monkey

monkey.patch_all()

import socket
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import falcon
import gevent.event
import redis
import structlog
from gevent import socket as gevent_socket
from prometheus_client import Counter, Histogram

from onesoup.csp.codec.codec import MessageReader, UnreadableBody, read_message, write_message
from onesoup.csp.codec.envelope import Message, Transaction
from onesoup.csp.codec.generated_elements import LoginRequest, LoginResponse, PollingRequest
from onesoup.handlers import wiring
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.handlers.login import linking
from onesoup.handlers.metrics import GATEWAY_SERIES
from onesoup.handlers.request_notes import NO_NOTES, RequestNotes
from onesoup.handlers.unreadable import unreadable_answer
from onesoup.http_server.wsgi import Application
from onesoup.observability import admin_server, history_notes, tracing
from onesoup.observability.bugs import log_bug
from onesoup.observability.minute_report import MinuteReport
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.observability.process_beat import ProcessBeat
from onesoup.runtime import batched_metrics
from onesoup.settings import Settings, load_settings
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.page_links import PageLinks
from onesoup.store.console_access import ConsoleAccess
from onesoup.store.errors import StoreDown
from onesoup.store.number_probes import NumberProbes
from onesoup.store.recordings import Recordings
from onesoup.store.redis.client import connect
from onesoup.wire import codec, ptstext
from workers.gateway.client_address import PeerReader
from workers.gateway.console.app import create_console
from workers.gateway.console.login import prepare_token
from workers.gateway.console.rendering import CONSOLE_PATH
from workers.gateway.doubts import DoubtNotes, answer_probe
from workers.gateway.front_door import FrontDoor, refused_login
from workers.gateway.phone_notes import PhoneNotes
from workers.gateway.polls_first import PollsFirst
from workers.gateway.recorder import NO_RECORDER, Recorder
from workers.gateway.wap_gateway import WAP_GATEWAY, passing_type
from workers.gateway.web import demo_link
from workers.gateway.web.account import add_account_pages
from workers.gateway.web.demo_pages import DEMO_PATH, DEMO_PATHS, DemoPages, DemoValues
from workers.gateway.web.doctor import DOCTOR_PATH, add_doctor_page
from workers.gateway.web.pages import Pages
from workers.gateway.web.signed_session import ACCOUNT_PATH

log = structlog.get_logger()

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
CSP_REQUEST_SECONDS = Histogram("onesoup_csp_request_seconds", "Time to answer", ["primitive"], buckets=BUCKETS)
CODEC_ERRORS = Counter("onesoup_codec_errors_total", "Bodies that are not CSP", ["encoding", "reason"])
# What is wrong with a body before anybody reads it, in the words of this module.
NAMED_FAULTS = frozenset({"content-encoding", "incomplete", "too-large"})

# Content-Encodings that change nothing. A proxy may add one to that of the phone.
IDENTITY = frozenset({"identity", ""})

# Set when the worker is asked to stop. Held polls are then answered at once.
draining = gevent.event.Event()
_checks: list[Callable[[], object]] = []
# What says in Redis that this worker lives, and what it needs for that.
_beats: list[ProcessBeat] = []
_reports: list[MinuteReport] = []
_beat_parts: list[tuple[redis.Redis, KeyRing]] = []
# Path -> what is served there on the admin port.
_admin_pages: dict[str, Application] = {}


class CspResource:
    """Answers phones at every path: phones keep the path that their user typed."""

    def __init__(
        self,
        exchange: Exchange,
        peers: PeerReader,
        max_body: int,
        whom: Callable[[str, Peer], str] = lambda _user_id, _peer: "",
        notes: RequestNotes = NO_NOTES,
        recorder: Recorder = NO_RECORDER,
        orders: OperatorOrders | None = None,
        asked_by: Callable[[Peer], None] = lambda _peer: None,
    ) -> None:
        """`whom` says which account the user id of a log-in means, "" for none. `notes` hears of bodies that nobody can read,
        `asked_by` of every request that goes the long way (polls_first.py)."""
        self._orders = orders
        self._exchange, self._peers, self._max_body, self._whom = exchange, peers, max_body, whom
        self._notes, self._recorder, self._asked_by = notes, recorder, asked_by
        self._reader = MessageReader()

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        began = time.perf_counter()
        peer = self._peers.of(req)
        self._asked_by(peer)
        body, content_type = self._body(req), req.content_type
        try:
            message = self._reader.read(body, content_type)
        except UnreadableBody as error:
            self._unreadable(req, resp, body, error)
            return
        if self._orders is not None and (refusal := refused_login(self._orders, message, peer)) is not None:
            resp.status, resp.data = falcon.HTTP_503, refusal
            resp.content_type = codec.media_type(message.version, message.encoding, content_type)
            return
        written: list[Callable[[], None]] = []
        reply = self._exchange.run(message, body, peer, written)
        self._tell_operators(req.env, message, body, reply, began, peer)
        if written:
            resp.set_stream(_then(reply, written), len(reply))
        else:
            resp.data = reply
        resp.content_type = _media_type(req.env, message)
        name = getattr(message.transactions[0].content, "NAME", "other")
        _seconds(name)(time.perf_counter() - began)

    def answers_polls(self) -> bool:
        """See polls_first.py. Not while operators have blocked addresses: the long way sees to that."""
        return self._orders is None or not self._orders.blocks.has_addresses

    def answer_poll(self, body: bytes, environ: dict[str, Any]) -> tuple[bytes, str] | None:
        """See polls_first.py."""
        began = time.perf_counter()
        poll = self._reader.known_poll(body)
        if poll is None:
            return None
        peer = self._peers.of_environ(environ)
        reply = self._exchange.run(poll, body, peer)
        self._tell_operators(environ, poll, body, reply, began, peer)
        kind = _media_type(environ, poll)
        _seconds(PollingRequest.NAME)(time.perf_counter() - began)
        return reply, kind

    def _tell_operators(
        self, environ: dict[str, Any], message: Message, body: bytes, reply: bytes, began: float, peer: Peer
    ) -> None:
        """Tells those who trace or record requests."""
        if tracing.watched:
            self._trace(message, len(body), reply, began, peer)
        if self._recorder.active:
            self._recorder.record(falcon.Request(environ), peer, body, reply, message.session_id)

    def _trace(self, message: Message, octets: int, reply: bytes, began: float, peer: Peer) -> None:
        """Sends an event to operators who trace this session or its user, or the user of this log-in."""
        logins = [each.content for each in message.transactions if isinstance(each.content, LoginRequest)]
        if not logins and not tracing.follows(message.session_id or ""):
            return
        told = read_message(reply) if reply else None
        answers = [each.content for each in told.transactions] if told else []
        opened = next((each.session_id for each in answers if isinstance(each, LoginResponse) and each.session_id), None)
        tracing.trace_event(
            "request",
            [self._whom(each.user_id or "", peer) for each in logins],
            opened or message.session_id or (told.session_id if told else None) or "",
            asks=[_named(each) for each in message.transactions],
            gets=[_named(each) for each in told.transactions] if told else [],
            csp=message.version,
            encoding=message.encoding.value,
            octets=f"{octets}/{len(reply)}",
            more="yes" if told and told.poll else None,
            ms=round((time.perf_counter() - began) * 1000),
        )

    def _body(self, req: falcon.Request) -> bytes:
        coding = req.env.get("HTTP_CONTENT_ENCODING")
        if coding and not IDENTITY.issuperset(each.strip().lower() for each in coding.split(",")):
            self._reject(req, "content-encoding")
            raise falcon.HTTPUnsupportedMediaType()
        try:
            body = req.stream.read(self._max_body + 1)  # our server ends it where the request does
        except OSError:  # the phone has gone, or its chunks are none
            self._reject(req, "incomplete")
            raise falcon.HTTPBadRequest() from None
        if len(body) > self._max_body:
            self._reject(req, "too-large")
            raise falcon.HTTPContentTooLarge()
        return body

    def _unreadable(self, req: falcon.Request, resp: falcon.Response, body: bytes, error: UnreadableBody) -> None:
        """A Status in the phone's own encoding when its ids can be read; otherwise 400 without a body (wire.md 9)."""
        self._reject(req, str(error), octets=len(body))
        message = unreadable_answer(error)
        if message is None:
            resp.status = falcon.HTTP_415 if _foreign(body, req.content_type) else falcon.HTTP_400
            return
        resp.data = write_message(message)
        resp.content_type = _media_type(req.env, message)

    def _reject(self, req: falcon.Request, reason: str, octets: int | None = None) -> None:
        CODEC_ERRORS.labels(_claimed(req.content_type or ""), reason.split(" ")[0][:20]).inc()
        what = reason if reason in NAMED_FAULTS else "unreadable"
        peer, media = self._peers.of(req), req.content_type or ""
        self._notes.unreadable(peer, what, octets or 0, media.partition(";")[0])
        known = {"address": peer.address, "handset": peer.user_agent[:60]}
        log.info("unreadable", reason=reason[:200], octets=octets, type=media[:60], **known)


def _media_type(environ: dict[str, Any], message: Message) -> str:
    """The Content-Type of the answer to this message."""
    kind = codec.media_type(message.version, message.encoding, environ.get("CONTENT_TYPE"))
    return passing_type(kind, environ.get("HTTP_ACCEPT", "")) if WAP_GATEWAY in environ else kind


@cache
def _seconds(primitive: str) -> Callable[[float], None]:
    """The observer for one primitive. Cached: looking a histogram up costs more than observing."""
    return batched_metrics.batched_observe(CSP_REQUEST_SECONDS.labels(primitive))


def _then(reply: bytes, written: list[Callable[[], None]]) -> Iterator[bytes]:
    """Yields the reply; calls `written` after the server has written it to the connection."""
    yield reply
    for call in written:
        try:
            call()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))


def _named(transaction: Transaction) -> str:
    """A transaction for a trace: its id, its name, and the code if it has one."""
    name = getattr(transaction.content, "NAME", "other")
    result = getattr(transaction.content, "result", None)
    return f"{transaction.id or '-'}:{name}" + (f":{result.code}" if result is not None and result.code else "")


def _claimed(content_type: str) -> str:
    return "wbxml" if "wbxml" in content_type else "pts" if "csp.sms" in content_type else "xml"


def _foreign(body: bytes, content_type: str | None) -> bool:
    """Whether a body is no CSP at all, by its type and its first bytes."""
    claims = (content_type or "").lower()
    looks = body[:1] in (b"\x01", b"\x02", b"\x03", b"<", b"") or body[:3] == b"\xef\xbb\xbf" or ptstext.is_pts(body)
    return bool(claims) and not looks and "wv.csp" not in claims and "xml" not in claims


def _empty_error(_req: falcon.Request, resp: falcon.Response, _error: falcon.HTTPError) -> None:
    """Errors without a JSON body: phones read the status code only."""
    resp.data, resp.content_type = b"", "text/plain"


def _broken(req: falcon.Request, resp: falcon.Response, error: Exception, _params: object) -> None:
    """A bug. The phone gets the status line; the log gets the stack, without what the phone wrote."""
    if isinstance(error, falcon.HTTPError | falcon.HTTPStatus):
        raise error
    log_bug(error)
    resp.status, resp.data = falcon.HTTP_500, b""


def create_app(settings: Settings | None = None) -> Application:
    """The WSGI application of one worker. Refuses to run on unpatched sockets."""
    if socket.socket is not gevent_socket.socket:
        raise RuntimeError("gevent has not patched the sockets: import workers.gateway before anything that uses them")
    settings = settings or load_settings()
    client = connect(settings.redis_url, shared=True)
    services = wiring.gateway_services(settings, client, draining=draining.is_set)
    history_notes.start_history(client, services.ring, settings.history_hours)
    recorder = Recorder(Recordings(client), partial(linking.meant_account, services))
    recorder.start()
    services.replies.start()
    gevent.spawn(_release_when_draining, services.replies.release_all)

    def redis() -> object:
        return services.sessions.writable()

    _checks[:] = [redis, admin_server.not_drained(services.orders.says_draining)]
    _beat_parts[:] = [(client, services.ring)]
    if settings.console:
        _admin_pages[CONSOLE_PATH] = create_console(settings, client, services.ring)
        gevent.spawn(prepare_token, ConsoleAccess(client), services.ring)
    services.replies.follow(services.orders.channel, services.orders.heard)
    services.orders.start()
    return routed_app(settings, client, services, _notes(settings, services), recorder)


def routed_app(
    settings: Settings,
    client: redis.Redis,
    services: GatewayServices,
    notes: RequestNotes = NO_NOTES,
    recorder: Recorder = NO_RECORDER,
) -> Application:
    """The application with all of its routes, over services that somebody else has started."""
    whom = partial(linking.meant_account, services)
    peers = PeerReader(settings.trusted_proxies, settings.number_headers, settings.country_code, DoubtNotes(client))
    app = falcon.App(middleware=[FrontDoor(services.orders, peers)])
    app.set_error_serializer(_empty_error)
    app.add_error_handler(Exception, _broken)
    asked_by = partial(answer_probe, NumberProbes(client))
    resource = CspResource(Exchange(services, notes), peers, settings.max_body, whom, notes, recorder, services.orders, asked_by)
    account = ACCOUNT_PATH if settings.account_page else ""
    doctor = DOCTOR_PATH if settings.account_page and settings.doctor_page else ""
    pages = Pages(services, peers, account, doctor, notes, DEMO_PATH if settings.browser_phone else "")
    app.add_route("/", PhonesAndPages(resource, pages.show), compile=True)
    if settings.account_page and settings.account_link:
        links = PageLinks(client, services.ring)
        app.add_route(demo_link.LINK_PATH, PhonesAndPages(resource, demo_link.DemoLink(links, peers).serve))
        peers = demo_link.LinkedPeers(links, settings.trusted_proxies, settings.number_headers, settings.country_code)
    if settings.account_page:
        add_account_pages(app, services, peers, resource, doctor)
    if doctor:
        add_doctor_page(app, services, peers, resource)
    app.add_sink(_sink(resource, pages), r"/")
    if settings.browser_phone:
        values = DemoValues(settings.browser_phone_xmpp, settings.browser_phone_accounts)
        app.add_sink(_sink(resource, DemoPages(services, peers, values)), DEMO_PATHS)
    return PollsFirst(resource, app)


def _notes(settings: Settings, services: GatewayServices) -> RequestNotes:
    """Who hears of phones: nobody, where no page shows it."""
    if not (settings.account_page and settings.doctor_page):
        return NO_NOTES
    notes = PhoneNotes(services)
    notes.start()
    return notes


class PhonesAndPages:
    """A path where phones post and browsers look."""

    def __init__(self, resource: CspResource, show: Callable[..., None]) -> None:
        self.on_post, self.on_get, self.on_head = resource.on_post, show, show


def _sink(resource: CspResource, pages: Pages | DemoPages) -> Callable[..., None]:
    """Any other path: phones may post to it, since their users type what they like; browsers get a page, if there is one."""

    def serve(req: falcon.Request, resp: falcon.Response, **_: object) -> None:
        if req.method == "POST":
            resource.on_post(req, resp)
        elif req.method in ("GET", "HEAD"):
            pages.show(req, resp)
        else:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD", "POST"])

    return serve


def _release_when_draining(release: Callable[[], None]) -> None:
    draining.wait()
    release()


def start_beat(admin: tuple[str, int], master: int) -> None:
    """This worker says from now on that it lives, and what operators follow. `admin`: where its admin port is."""
    for client, _ in _beat_parts:
        tracing.start_tracing(client, "web")
    _beats[:] = [ProcessBeat(client, "web", admin, ring, master).start() for client, ring in _beat_parts]
    _reports[:] = [MinuteReport(client, GATEWAY_SERIES).start() for client, _ in _beat_parts]


def stop_beat() -> None:
    for report in _reports:
        report.stop()
    history_notes.stop_history()
    for each in _beats:
        each.leave()


def worker_parts() -> tuple[redis.Redis, KeyRing]:
    """The Redis client and the key ring of this worker, once its application is made."""
    return _beat_parts[0]


def readiness_checks() -> list[Callable[[], object]]:
    """The checks of /readyz for this worker."""
    return _checks


def admin_pages() -> dict[str, Application]:
    """What this worker serves on the admin port beside the pages of every role."""
    return _admin_pages
