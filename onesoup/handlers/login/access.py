"""Log-in: verifies what can be verified here, asks a holder to open the XMPP side, and answers in a Login-Response.

It never answers `Status` in the first phase of a four-way log-in, and never 401 in the second (flows.md 4.2). What is refused
is refused alike, whether the user or the password was wrong."""

import hashlib
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from onesoup.csp import access, handsets
from onesoup.csp.codec.generated_elements import ClientCapabilityRequest, LoginRequest, LoginResponse, ServiceRequest
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers import metrics, system
from onesoup.handlers import session as basic
from onesoup.handlers.context import Context, GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.runtime.ids import token
from onesoup.store import keys, records
from onesoup.store.account.accounts import LinkedAccount
from onesoup.store.errors import NoSession
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.xmpp import commands

log = structlog.get_logger()

SID_RANDOM = 26  # letters of 5 bits: 130 random bits behind the two that name the shard
NONCE_LENGTH = 24
MAX_CLIENT_ID, MAX_COOKIE = 500, 1000
# First phases of log-ins from one address within ten minutes: many phones are behind one of a carrier's.
MOST_CHALLENGES = 2000
# Compared with where there is nothing to compare with, so that both take the same time.
_NOBODYS = secrets.token_hex(8)
REMEMBERED = "remembered"
# Ids of sessions are shorter; longer ones are nobody's.
MAX_SID = 50


@dataclass(slots=True)
class LoginOutcome:
    """The answer, and the session that it opened or None."""

    response: LoginResponse
    sid: str | None = None


@dataclass(slots=True)
class Try:
    """One Login-Request and what is known about it. `old` is the session in whose name it comes."""

    services: GatewayServices
    request: LoginRequest
    transaction_id: str
    version: str
    peer: Peer
    deadline: float
    old: str | None
    wish: access.LoginWish
    client_id: str
    client_kind: str
    link: LinkedAccount | None
    # The network says that this is the number of the account.
    vouched: bool
    scheme: str
    encoding: str

    @property
    def handset_name(self) -> str:
        """What both phases of a four-way log-in have in common (flows.md 4.2): the account, and the handset by all that it
        says of itself. Some give the second phase a TransactionID of its own."""
        return self._name()

    @property
    def name(self) -> str:
        """This phase, and the other where it has the same TransactionID."""
        return self._name(self.transaction_id)

    def _name(self, *more: str) -> str:
        parts = self.wish.jid, self.client_id, self.request.session_cookie or "", *more
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def handset(self) -> handsets.Handset:
        return handsets.find(self.client_id, self.peer.user_agent, self.transaction_id)

    @property
    def proves(self) -> bool:
        """Whether the request itself says who it is; else it is a first phase, or wants an old session back."""
        return self.request.password is not None or self.request.digest_bytes is not None


def login(
    services: GatewayServices,
    request: LoginRequest,
    transaction_id: str | None,
    version: str,
    peer: Peer,
    deadline: float,
    old: str | None = None,
    encoding: str = "",
) -> LoginOutcome:
    """The Login-Response to a Login-Request of either phase, before the monotonic clock shows `deadline`. `old` is the
    session in whose descriptor it came."""
    began = time.monotonic()
    scheme = _scheme(request)
    try:
        attempt = _try(services, request, transaction_id or "", version, peer, deadline, old, encoding)
        try:
            outcome = _login(attempt)
        finally:
            scheme = attempt.scheme
        code, reason = outcome.response.result.code if outcome.response.result else 0, ""
    except (CspError, BackendError) as error:
        outcome = LoginOutcome(LoginResponse(client_id=request.client_id, result=access.result(error.code, error.description)))
        code, reason = error.code, error.description
    took = round((time.monotonic() - began) * 1000)
    metrics.LOGINS.labels(code, scheme).inc()
    log.info("login", result=code, scheme=scheme, reason=reason, csp=version, agent=peer.user_agent[:40], ms=took)
    return outcome


def _scheme(request: LoginRequest) -> str:
    if request.password is not None:
        return "pwd"
    if request.digest_bytes is not None:
        return "digest"
    return "challenge" if request.digest_schema else "none"


def _try(
    services: GatewayServices,
    request: LoginRequest,
    transaction_id: str,
    version: str,
    peer: Peer,
    deadline: float,
    old: str | None,
    encoding: str,
) -> Try:
    """Who is meant. 531 and 516 where that can be nobody here."""
    policy, scheme = services.policy, _scheme(request)
    numbered = services.accounts.of_number(peer.number) if peer.number else None
    if numbered is not None and (owner := linking.found(services, numbered)) is not None and owner.number != peer.number:
        numbered = None  # that log-in has another number since
    if numbered and not (request.user_id or "").strip():
        wish = access.LoginWish(numbered, addresses.from_jid(numbered), False)
    else:
        wish = access.wish(request.user_id, throttle.domains(policy, peer))
    client_id, kind = access.client_id_text(request.client_id)
    link = linking.found(services, wish.jid)
    if len(client_id) > MAX_CLIENT_ID or len(request.session_cookie or "") > MAX_COOKIE:
        raise CspError(StatusCode.BAD_PARAMETER, "ClientID or SessionCookie too long")
    if addresses.domain_of(link.jid if link else wish.jid) not in policy.domains:
        raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "domain not served here")
    vouched = link is not None and numbered == wish.jid
    if vouched and scheme != "challenge":
        scheme = "msisdn"
    old = request.session_id or old
    who = wish, client_id, kind, link, vouched, scheme
    return Try(services, request, transaction_id, version, peer, deadline, old, *who, encoding=encoding)


def _login(attempt: Try) -> LoginOutcome:
    if attempt.scheme == "challenge":
        return _challenge(attempt)
    if attempt.old and attempt.scheme == "none":
        return _resume(attempt, attempt.old)
    session, sid, password = _opened(attempt)
    _keep(attempt, session.jid, password)
    _make_room(attempt.services, session, sid)
    system.at_login(attempt.services, sid, session)
    response = _welcome(attempt, sid, session.ttl, True)
    if attempt.version == "1.3":
        _negotiate(attempt, session, sid, response)
    return LoginOutcome(response, sid)


def _negotiate(attempt: Try, session: Session, sid: str, response: LoginResponse) -> None:
    """A log-in of 1.3 may bring capabilities and services along; then it need not ask for them again (messages.md 5)."""
    request = attempt.request
    ctx = Context(attempt.services, sid, session, attempt.version, attempt.peer, records.unpack_caps(None))
    if request.capability_list is not None:
        answer = basic.capability(ctx, ClientCapabilityRequest(capability_list=request.capability_list))
        response.agreed_capability_list = getattr(answer, "agreed_capability_list", None)
        response.capability_request = False
    if request.functions is not None:
        basic.service(ctx, ServiceRequest(functions=request.functions))  # all are granted, so none is listed
    if request.capability_list is not None or request.functions is not None:
        attempt.services.sessions.commit(sid, None, token(SID_RANDOM), b"", ctx.effects)


def _welcome(attempt: Try, sid: str, ttl: int, new: bool) -> LoginResponse:
    return LoginResponse(
        client_id=attempt.request.client_id,
        result=access.result(),
        session_id=sid,
        keep_alive_time=ttl,
        capability_request=new,
        user_id=attempt.request.user_id if attempt.version == "1.3" else None,
    )


def _session(attempt: Try, jid: str) -> Session:
    services, request = attempt.services, attempt.request
    return Session(
        jid=jid,
        own=attempt.wish.own,
        version=attempt.version,
        resource=access.resource(attempt.client_id, services.ring.digest(attempt.client_id, "resource")),
        client_id=attempt.client_id,
        client_kind=attempt.client_kind,
        short=addresses.domain_of(jid) if attempt.wish.bare else None,
        cookie=request.session_cookie or "",
        handset=attempt.handset.name,
        ttl=access.granted(request.time_to_live, services.policy.ttl_min, services.policy.ttl_max),
        began=int(time.time()),
        gateway=attempt.wish.gateway,
        encoding=attempt.encoding,
    )


# --- the first phase ---


def _challenge(attempt: Try) -> LoginOutcome:
    """A fresh nonce for this attempt, and the schema of the second request."""
    services, request, link = attempt.services, attempt.request, attempt.link
    offered = access.schemas(request)
    if not offered:
        raise CspError(StatusCode.INVALID_PASSWORD, throttle.WRONG)
    schema = access.choose_schema(offered, attempt.handset.takes_pwd)
    stored = link is not None and bool(link.phone_password)
    if schema != "PWD" and not stored and services.policy.tell_unknown:
        raise CspError(StatusCode.UNKNOWN_USER, "no phone password is stored for this user")
    if services.guard.busy("challenges", throttle.address(services, attempt.peer), MOST_CHALLENGES):
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "too many log-ins at once, try again later")
    if attempt.old and len(attempt.old) <= MAX_SID:
        services.sessions.note_move(attempt.old, "")
    nonce = secrets.token_hex(NONCE_LENGTH // 2)
    services.logins.put_nonce(attempt.name, nonce, attempt.handset_name)
    result = access.result(StatusCode.UNAUTHORIZED, "Further authorization required")
    return LoginOutcome(LoginResponse(client_id=request.client_id, result=result, nonce=nonce, digest_schema=schema))


# --- an old session ---


def _resume(attempt: Try, sid: str) -> LoginOutcome:
    """A living session for the handset that has it, without a password: whoever has its id is that handset already. 502 for
    anybody else, who may log in with a password (reliability.md 7)."""
    services, sessions = attempt.services, attempt.services.sessions
    try:
        session = sessions.living(sid)
        owners = (attempt.wish.jid, attempt.link.jid if attempt.link else attempt.wish.jid)
        if session.jid not in owners or session.client_id != attempt.client_id:
            raise NoSession(StatusCode.INVALID_SESSION)
        ttl = session.ttl
        if attempt.request.time_to_live is not None:
            ttl = access.granted(attempt.request.time_to_live, services.policy.ttl_min, services.policy.ttl_max)
        cookie = attempt.request.session_cookie or session.cookie
        again = replace(session, version=attempt.version, ttl=ttl, cookie=cookie)
        update = SessionUpdate(session=again, ttl_ms=access.expiry(ttl) * 1000)
        sessions.commit(sid, None, token(SID_RANDOM), b"", RequestEffects(update=update))
    except NoSession:
        throttle.stray(services, attempt.peer)
        raise CspError(StatusCode.COULD_NOT_RECOVER_SESSION, "could not recover the session") from None
    return LoginOutcome(_welcome(attempt, sid, ttl, False), sid)


# --- proofs ---


def _opened(attempt: Try) -> tuple[Session, str, str]:
    """The session, its id and the XMPP password that opened it. Where the phone password of a link was given and the server
    does not take the link's XMPP password any more, the one that was given may be the new one."""
    found = _proved(attempt)
    given, own = attempt.request.password, attempt.wish.jid
    if found is not None and found[0] == own and given and found[1] != given and not attempt.vouched:
        try:
            return _opened_with(attempt, found)
        except CspError as error:
            if error.code != StatusCode.INVALID_PASSWORD:
                raise
        found = own, given
    return _opened_with(attempt, found)


def _opened_with(attempt: Try, found: tuple[str, str] | None) -> tuple[Session, str, str]:
    """With an XMPP account and its password, where guessing allows it. 409 when there is none."""
    word = throttle.word(attempt.services, *found) if found else None
    throttle.admit(attempt.services, attempt.peer, attempt.wish.jid, word)
    assert found is not None
    jid, password = found
    session = _session(attempt, jid)
    return session, _open(attempt, session, password), password


def _proved(attempt: Try) -> tuple[str, str] | None:
    link, request = attempt.link, attempt.request
    if attempt.vouched and link is not None:
        return link.jid, link.password
    if request.digest_bytes is not None and request.password is None:
        nonces = attempt.services.logins.take_nonces(attempt.name, attempt.handset_name)
        if not nonces:
            raise CspError(
                StatusCode.INVALID_PASSWORD, throttle.WRONG
            )  # late, or said before: no guess, so it does not count as one
        secret = link.phone_password if link is not None and link.phone_password else _NOBODYS
        matches = [access.digest_matches(request.digest_bytes, nonce, secret) for nonce in nonces]
        schema = next(filter(None, matches), None)
        attempt.scheme = schema.lower() if schema else attempt.scheme
        return (link.jid, link.password) if schema and link is not None and link.phone_password else None
    password = request.password
    if not password or len(password) > access.MAX_PASSWORD:
        return None
    same = secrets.compare_digest(_octets(password), _octets(link.phone_password if link else _NOBODYS))
    return (link.jid, link.password) if link is not None and same else (attempt.wish.jid, password)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --- the XMPP side ---


def _open(attempt: Try, session: Session, password: str) -> str:
    """Asks the holder of the session's shard to log in. The new SessionID, or the error that the phone is told."""
    services = attempt.services
    shard = keys.shard_of(session.jid, session.resource)
    sid = f"{shard:02x}{token(SID_RANDOM)}"
    job = {
        "sid": sid,
        "r": records.pack_session(session),
        "cred": services.ring.seal(_octets(password), f"cred:{session.jid}"),
        "check": services.ring.digest(password, f"check:{session.jid}"),
    }
    _note_move(attempt, session, sid)
    ticket = throttle.ticket(services, attempt.peer, attempt.wish.jid, session.jid, password)
    answer = throttle.ask_holder(services, shard, job, ticket, attempt.deadline)
    if answer["code"] != StatusCode.SUCCESSFUL:
        raise CspError(answer["code"], answer.get("text", ""))
    return sid


def _note_move(attempt: Try, session: Session, sid: str) -> None:
    """COMPAT(Android): what it had on its way when its log-in was answered names the old session, and 601 to that ends it
    (flows.md 4.5). Only what the same handset of the same account had before is carried on; of a session that nobody knows
    any more there is nothing to carry on, and its polls are empty."""
    old, services = attempt.old, attempt.services
    if not old or len(old) > MAX_SID:
        return
    before = services.sessions.records.session(old)
    if before is None:
        services.sessions.note_move(old, "")
    elif (before.jid, before.client_id) == (session.jid, session.client_id):
        services.sessions.note_move(old, sid)


def _keep(attempt: Try, jid: str, password: str) -> None:
    """After a good log-in: a changed XMPP password replaces the linked one; a first one is remembered where that is wanted."""
    link, services = attempt.link, attempt.services
    if attempt.request.password is None or attempt.vouched:
        return
    if link is None:
        if services.policy.remember:
            services.accounts.link(attempt.wish.jid, jid, password, password, origin=REMEMBERED, made=int(time.time()))
            log.info("account-linked", origin=REMEMBERED)
    elif link.jid == jid and link.password != password:
        phone = password if link.origin == REMEMBERED else link.phone_password
        services.accounts.link(
            attempt.wish.jid, jid, password, phone, origin=link.origin, number=link.number, made=int(time.time())
        )


def _make_room(services: GatewayServices, session: Session, sid: str) -> None:
    """One user's oldest sessions end with 601 when there are too many (flows.md 4.5)."""
    others = {resource: other for resource, other in services.clients.all(session.jid).items() if other != sid}
    if len(others) < services.policy.sessions:
        return
    found = []
    for resource, other in others.items():
        before = services.sessions.records.unended_session(other)
        if before is not None:
            found.append((before.began, resource, other))
    for _, _, other in sorted(found)[: max(0, len(found) + 1 - services.policy.sessions)]:
        with suppress(NoSession):
            end_session(services.sessions, other)
            log.info("session-limit", sid=other)


def end_session(sessions: GatewaySessionStore, sid: str) -> None:
    """The server ends it: the phone is told 601 with its next request, the holder closes the stream. NoSession if it is over."""
    effects = RequestEffects(commands=[records.pack_command(commands.logout())], end_code=StatusCode.FORCED_LOGOUT)
    sessions.commit(sid, None, token(SID_RANDOM), b"", effects)
