"""The gateway: a Falcon app that reads, decodes, dispatches and encodes. No rule of the protocol is here, and no state."""

from gevent import monkey

monkey.patch_all()

import socket
import time
from collections.abc import Callable, Iterator
from functools import cache

import falcon
import gevent.event
import structlog
from gevent import socket as gevent_socket
from prometheus_client import Counter, Histogram

from onesoup.csp.codec import envelope, fast_wbxml
from onesoup.csp.codec.fast_polls import Polls
from onesoup.csp.codec.generated_elements import LoginRequest, LoginResponse
from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses
from onesoup.handlers import wiring
from onesoup.handlers.dispatch import Exchange, unreadable
from onesoup.observability import logs, tracing
from onesoup.runtime import batched_metrics
from onesoup.settings.settings import Settings, load
from onesoup.store.account.page_links import PageLinks
from onesoup.store.errors import StoreDown
from onesoup.store.redis.client import connect, guarded
from onesoup.wire import codec, ptstext
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element
from workers.gateway import account_page
from workers.gateway.client_address import Peers
from workers.gateway.web import demo_link
from workers.gateway.web.landing import LandingPage, not_found

log = structlog.get_logger()

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SECONDS = Histogram("onesoup_csp_request_seconds", "Time to answer", ["primitive"], buckets=BUCKETS)
BAD = Counter("onesoup_codec_errors_total", "Bodies that are no CSP", ["encoding", "reason"])

# Set when the worker is asked to stop: held polls are answered at once.
draining = gevent.event.Event()
_checks: list[Callable[[], object]] = []


class CspResource:
    """Every path is the CSP URL: phones keep whatever their user typed."""

    def __init__(self, exchange: Exchange, peers: Peers, max_body: int, domain: str = "") -> None:
        """`domain` is that of a log-in that names none."""
        self._exchange, self._peers, self._max_body, self._domain = exchange, peers, max_body, domain
        self._polls = Polls()

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        began = time.perf_counter()
        peer = self._peers.of(req)
        body = self._body(req)
        message = self._polls.read(body) or self._read(req, resp, body)
        if message is None:
            return
        written: list[Callable[[], None]] = []
        reply = self._exchange.run(message, body, peer, written)
        if tracing.watched:
            self._trace(message, len(body), reply, began)
        if written:
            resp.set_stream(_then(reply, written), len(reply))
        else:
            resp.data = reply
        resp.content_type = codec.media_type(message.version, message.encoding, req.content_type)
        name = getattr(message.transactions[0].content, "NAME", "other")
        _seconds(name)(time.perf_counter() - began)

    def _read(self, req: falcon.Request, resp: falcon.Response, body: bytes) -> envelope.Message | None:
        """The message in a body; None when there is none, and the phone is told so."""
        message = fast_wbxml.decode(body)
        if message is None:
            try:
                document = codec.decode(body, req.content_type)
                message = envelope.read(document)
            except WireError as error:
                self._unreadable(req, resp, body, error, error.partial)
                return None
            except CspError as error:
                self._unreadable(req, resp, body, error, document.root)
                return None
        self._polls.learn(body, message)
        return message

    def _trace(self, message: envelope.Message, octets: int, reply: bytes, began: float) -> None:
        """For operators who follow this session, or this user's log-in."""
        told = envelope.read(codec.decode(reply)) if reply else None
        sid = message.session_id or (told.session_id if told else None)
        names = [logs.short(sid)] if sid else []
        for content in (each.content for each in (*message.transactions, *(told.transactions if told else ()))):
            if isinstance(content, LoginRequest):
                names += self._whom(content.user_id)
            elif isinstance(content, LoginResponse) and content.session_id:
                names.append(logs.short(content.session_id))
        tracing.tell(
            "request",
            names,
            sid=names[0] if sid else None,
            asks=[_named(each) for each in message.transactions],
            gets=[_named(each) for each in told.transactions] if told else [],
            csp=message.version,
            encoding=message.encoding.value,
            octets=f"{octets}/{len(reply)}",
            more="yes" if told and told.poll else None,
            ms=round((time.perf_counter() - began) * 1000),
        )

    def _whom(self, user_id: str | None) -> list[str]:
        try:
            return [addresses.to_jid(user_id or "", self._domain)]
        except CspError:
            return []

    def _body(self, req: falcon.Request) -> bytes:
        if req.env.get("HTTP_CONTENT_ENCODING", "").lower() not in ("identity", ""):
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

    def _unreadable(
        self, req: falcon.Request, resp: falcon.Response, body: bytes, error: WireError | CspError, partial: Element | None
    ) -> None:
        """A Status in the phone's own encoding where its ids could be read; else 400 without a body (wire.md 9)."""
        self._reject(req, str(error), octets=len(body))
        message = unreadable(body, error, partial)
        if message is None:
            resp.status = falcon.HTTP_415 if _foreign(body, req.content_type) else falcon.HTTP_400
            return
        resp.data = codec.encode(envelope.write_message(message))
        resp.content_type = codec.media_type(message.version, message.encoding, req.content_type)

    def _reject(self, req: falcon.Request, reason: str, octets: int | None = None) -> None:
        BAD.labels(_claimed(req.content_type or ""), reason.split(" ")[0][:20]).inc()
        log.info("unreadable", reason=reason[:200], octets=octets, type=(req.content_type or "")[:60], peer=req.remote_addr)


@cache
def _seconds(primitive: str) -> Callable[[float], None]:
    """Looking a histogram up costs more than counting."""
    return batched_metrics.times(SECONDS.labels(primitive))


def _then(reply: bytes, written: list[Callable[[], None]]) -> Iterator[bytes]:
    """The reply; what comes behind it runs only when the server has written it to the connection."""
    yield reply
    for call in written:
        try:
            call()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))


def _named(transaction: envelope.Transaction) -> str:
    """A transaction for a trace: its id, its name, and the code if it has one."""
    name = getattr(transaction.content, "NAME", "other")
    result = getattr(transaction.content, "result", None)
    return f"{transaction.id or '-'}:{name}" + (f":{result.code}" if result is not None and result.code else "")


def _claimed(content_type: str) -> str:
    return "wbxml" if "wbxml" in content_type else "pts" if "csp.sms" in content_type else "xml"


def _foreign(body: bytes, content_type: str | None) -> bool:
    """Bytes that do not even pretend to be CSP, with a type that says so."""
    claims = (content_type or "").lower()
    looks = body[:1] in (b"\x01", b"\x02", b"\x03", b"<", b"") or body[:3] == b"\xef\xbb\xbf" or ptstext.is_pts(body)
    return bool(claims) and not looks and "wv.csp" not in claims and "xml" not in claims


def _empty_error(_req: falcon.Request, resp: falcon.Response, _error: falcon.HTTPError) -> None:
    """No JSON for phones: the status code alone."""
    resp.data, resp.content_type = b"", "text/plain"


def _broken(req: falcon.Request, resp: falcon.Response, error: Exception, _params: object) -> None:
    """A bug of ours. The phone gets the status line; the operator the stack, without what the phone wrote."""
    if isinstance(error, falcon.HTTPError | falcon.HTTPStatus):
        raise error
    log.exception("bug", kind=type(error).__name__)
    resp.status, resp.data = falcon.HTTP_500, b""


def create_app(settings: Settings | None = None) -> falcon.App[falcon.Request, falcon.Response]:
    """The WSGI application of one worker. Refuses to run on unpatched sockets."""
    if socket.socket is not gevent_socket.socket:
        raise RuntimeError("gevent has not patched the sockets: import workers.gateway before anything that uses them")
    settings = settings or load()
    client = connect(settings.redis_url, shared=True)
    services = wiring.services(settings, client, draining=draining.is_set)
    tracing.start(client, "web")
    services.replies.start()
    gevent.spawn(_release_when_draining, services.replies.release_all)

    def redis() -> object:
        return guarded(services.sessions.writable)

    _checks[:] = [redis]
    app = falcon.App()
    app.set_error_serializer(_empty_error)
    app.add_error_handler(Exception, _broken)
    peers = Peers(settings.trusted_proxies, settings.number_headers, settings.country_code)
    resource = CspResource(Exchange(services), peers, settings.max_body, settings.domain)
    account = account_page.PATH if settings.account_page else ""
    app.add_route("/", PhonesAndPages(resource, LandingPage(services, peers, account)), compile=True)
    if settings.account_page and settings.account_link:
        links = PageLinks(client, services.ring)
        app.add_route(demo_link.PATH, PhonesAndPages(resource, demo_link.DemoLink(links, peers)))
        peers = demo_link.LinkedPeers(links, settings.trusted_proxies, settings.number_headers, settings.country_code)
    if settings.account_page:
        app.add_route(account_page.PATH, account_page.AccountPage(services, peers, resource))
    app.add_sink(_sink(resource), r"/")
    return app


class PhonesAndPages:
    """A path where phones post and browsers look."""

    def __init__(self, resource: CspResource, page: LandingPage | demo_link.DemoLink) -> None:
        self.on_post, self.on_get, self.on_head = resource.on_post, page.on_get, page.on_head


def _sink(resource: CspResource) -> Callable[..., None]:
    """Any other path: phones may post to it, since their users type what they like; a browser is told that it is none."""

    def serve(req: falcon.Request, resp: falcon.Response, **_: object) -> None:
        if req.method == "POST":
            resource.on_post(req, resp)
        elif req.method in ("GET", "HEAD"):
            not_found(req, resp)
        else:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD", "POST"])

    return serve


def _release_when_draining(release: Callable[[], None]) -> None:
    draining.wait()
    release()


def checks() -> list[Callable[[], object]]:
    """What /readyz asks of this worker."""
    return _checks
