"""Log-in: makes the nonce of a four-way log-in, checks digests and whatever else can be checked here, asks a holder to open the
XMPP side, and answers with a Login-Response.

The first phase of a four-way log-in is never answered with `Status`, the second never with 401 (flows.md 4.2). A wrong user
and a wrong password get the same refusal."""

import math
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import structlog

from onesoup.csp import access
from onesoup.csp.codec.generated_elements import ClientCapabilityRequest, LoginRequest, LoginResponse, ServiceRequest
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.history_events import EndReason
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.handlers import system
from onesoup.handlers.context import Context, GatewayServices, Peer
from onesoup.handlers.login import operator_limits, reasons, throttle
from onesoup.handlers.login.attempt import KnownAccount, LoginContext, start_attempt
from onesoup.handlers.login.report import KnownOfLogin, agent_of_unknown, report_login
from onesoup.handlers.session import negotiate_capabilities, negotiate_services
from onesoup.observability import history_notes
from onesoup.observability.request_id import current_request
from onesoup.runtime.ids import token
from onesoup.store import keys, records
from onesoup.store.errors import NoSession
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.xmpp import commands

log = structlog.get_logger()

SID_RANDOM_LETTERS = 26  # letters of 5 bits: 130 random bits behind the two that name the shard
NONCE_LENGTH = 24
# Most first phases of log-ins from one address within ten minutes: many phones share an address of a carrier.
MAX_CHALLENGES = 2000
# Compared with when no phone password is stored, so that both cases take the same time.
_NOBODYS = secrets.token_hex(8)
ORIGIN_REMEMBERED = "remembered"
# SessionIDs are shorter than this.
MAX_SID_LENGTH = 50


@dataclass(slots=True)
class LoginOutcome:
    """The answer, and the session that the log-in opened, or None."""

    response: LoginResponse
    sid: str | None = None


def login(
    services: GatewayServices,
    request: LoginRequest,
    transaction_id: str | None,
    version: str,
    peer: Peer,
    deadline: float,
    old: str | None = None,
    encoding: str = "",
    account: KnownAccount | None = None,
) -> LoginOutcome:
    """The Login-Response to a Login-Request of either phase. `deadline` is on the monotonic clock. `old` is the session in
    whose descriptor the request came; `account` what was read of the account that its user id means."""
    known = KnownOfLogin(services, request, transaction_id or "", version, peer)
    try:
        known.attempt = start_attempt(services, request, transaction_id or "", version, peer, deadline, old, encoding, account)
        outcome = _login(known.attempt)
    except (CspError, BackendError) as error:
        report_login(services, known.failed(error), known.origin())
        return LoginOutcome(LoginResponse(client_id=request.client_id, result=access.result(error.code, error.description)))
    except Exception as error:
        report_login(services, known.failed(error), known.origin())
        raise
    code = outcome.response.result.code if outcome.response.result else 0
    report_login(services, known.report(code or 0, sid=outcome.sid), known.origin())
    return outcome


def _login(attempt: LoginContext) -> LoginOutcome:
    operator_limits.refuse_blocked(attempt)
    if attempt.scheme == "challenge":
        return _challenge(attempt)
    if attempt.old and attempt.scheme == "none":
        return _resume(attempt, attempt.old)
    session, password, sid, answer = _opened(attempt)
    if (blocked := operator_limits.blocked_meanwhile(attempt, answer.get("blocks"))) is not None:
        with suppress(NoSession):
            end_session(attempt.services.sessions, sid)
        raise blocked
    _keep(attempt, session.jid, password)
    # A holder of a version before does not tell how many sessions the account has.
    if answer.get("sessions", math.inf) > attempt.services.policy.sessions:
        _make_room(attempt.services, session, sid)
    system.tell_terms(attempt.services, sid, session)
    response = _welcome(attempt, sid, session.ttl, True)
    if attempt.version == "1.3":
        _negotiate(attempt, session, sid, response)
    return LoginOutcome(response, sid)


def _negotiate(attempt: LoginContext, session: Session, sid: str, response: LoginResponse) -> None:
    """A log-in of 1.3 may carry capabilities and services; then the phone need not ask for them again (messages.md 5)."""
    request = attempt.request
    ctx = Context(attempt.services, sid, session, attempt.version, attempt.peer, records.unpack_caps(None))
    if request.capability_list is not None:
        answer = negotiate_capabilities(ctx, ClientCapabilityRequest(capability_list=request.capability_list))
        response.agreed_capability_list = getattr(answer, "agreed_capability_list", None)
        response.capability_request = False
    if request.functions is not None:
        negotiate_services(ctx, ServiceRequest(functions=request.functions))  # all are granted, so none is listed
    if request.capability_list is not None or request.functions is not None:
        attempt.services.sessions.commit(sid, None, token(SID_RANDOM_LETTERS), b"", ctx.effects)


def _welcome(attempt: LoginContext, sid: str, ttl: int, new: bool) -> LoginResponse:
    return LoginResponse(
        client_id=attempt.request.client_id,
        result=access.result(),
        session_id=sid,
        keep_alive_time=ttl,
        capability_request=new,
        user_id=attempt.request.user_id if attempt.version == "1.3" else None,
    )


def _session(attempt: LoginContext, jid: str) -> Session:
    services, request = attempt.services, attempt.request
    return Session(
        jid=jid,
        own=attempt.wish.own,
        version=attempt.version,
        resource=access.resource_of(attempt.client_id, services.ring.digest(attempt.client_id, "resource")),
        client_id=attempt.client_id,
        client_kind=attempt.client_kind,
        short=addresses.domain_of(jid) if attempt.wish.bare else None,
        cookie=request.session_cookie or "",
        handset=attempt.handset.name,
        ttl=access.granted_keep_alive(request.time_to_live, services.policy.ttl_min, services.policy.ttl_max),
        began=int(time.time()),
        gateway=attempt.wish.gateway,
        encoding=attempt.encoding,
        agent=agent_of_unknown(attempt.handset, attempt.peer),
    )


# --- the first phase ---


def _challenge(attempt: LoginContext) -> LoginOutcome:
    """Answers the first phase: a fresh nonce, and the schema for the second request."""
    services, request, link = attempt.services, attempt.request, attempt.link
    offered = access.offered_schemas(request)
    if not offered:
        raise CspError(StatusCode.INVALID_PASSWORD, throttle.WRONG_PASSWORD, reasons.NO_KNOWN_DIGEST)
    schema = access.choose_schema(offered, attempt.handset.takes_pwd)
    stored = link is not None and bool(link.phone_password)
    if schema != "PWD" and not stored and services.policy.tell_unknown:
        raise CspError(StatusCode.UNKNOWN_USER, "no phone password is stored for this user")
    if services.guard.busy("challenges", throttle.address_key(services, attempt.peer), MAX_CHALLENGES):
        told = "too many log-ins at once, try again later"
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, told, reasons.MANY_CHALLENGES)
    if attempt.old and len(attempt.old) <= MAX_SID_LENGTH:
        services.sessions.note_move(attempt.old, "")
    nonce = secrets.token_hex(NONCE_LENGTH // 2)
    services.logins.put_nonce(attempt.name, nonce, attempt.handset_name)
    result = access.result(StatusCode.UNAUTHORIZED, "Further authorization required")
    return LoginOutcome(LoginResponse(client_id=request.client_id, result=result, nonce=nonce, digest_schema=schema))


# --- an old session ---


def _resume(attempt: LoginContext, sid: str) -> LoginOutcome:
    """Resumes a living session without a password, for the handset that has its id. 502 for others, who may log in with a
    password (reliability.md 7)."""
    services, sessions = attempt.services, attempt.services.sessions
    try:
        session = sessions.living(sid)
        owners = (attempt.wish.jid, attempt.link.jid if attempt.link else attempt.wish.jid)
        if session.jid not in owners or session.client_id != attempt.client_id:
            raise NoSession(StatusCode.INVALID_SESSION)
        ttl = session.ttl
        if attempt.request.time_to_live is not None:
            ttl = access.granted_keep_alive(attempt.request.time_to_live, services.policy.ttl_min, services.policy.ttl_max)
        cookie = attempt.request.session_cookie or session.cookie
        again = replace(session, version=attempt.version, ttl=ttl, cookie=cookie)
        update = SessionUpdate(session=again, ttl_ms=access.session_expiry_seconds(ttl) * 1000)
        sessions.commit(sid, None, token(SID_RANDOM_LETTERS), b"", RequestEffects(update=update))
    except NoSession:
        throttle.note_unknown_session(services, attempt.peer)
        told = "could not recover the session"
        raise CspError(StatusCode.COULD_NOT_RECOVER_SESSION, told, reasons.NOTHING_TO_RESUME) from None
    return LoginOutcome(_welcome(attempt, sid, ttl, False), sid)


# --- proofs ---


class OpenedLogin(NamedTuple):
    """A new session and its id, the XMPP password that opened it, and what the holder has answered."""

    session: Session
    password: str
    sid: str
    answer: dict[str, Any]


def _opened(attempt: LoginContext) -> OpenedLogin:
    """The new session. Where the server no longer accepts the XMPP password of a
    link, the password that the phone gave may be the new one."""
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


def _opened_with(attempt: LoginContext, found: tuple[str, str] | None) -> OpenedLogin:
    """Opens a session with an XMPP account and its password, if the limits of guessing allow it. 409 without a password."""
    word = throttle.password_key(attempt.services, *found) if found else None
    entry, attempt.entry = attempt.entry, None  # a second try looks again: the first may have failed
    good = throttle.admit_login(attempt.services, attempt.peer, attempt.wish.jid, word, attempt.unproved, entry)
    assert found is not None
    jid, password = found
    session = _session(attempt, jid)
    return OpenedLogin(session, password, *_open(attempt, session, password, good))


def _proved(attempt: LoginContext) -> tuple[str, str] | None:
    link, request = attempt.link, attempt.request
    if attempt.vouched and link is not None:
        return link.jid, link.password
    if request.digest_bytes is not None and request.password is None:
        nonces = attempt.services.logins.take_nonces(attempt.name, attempt.handset_name)
        if not nonces:
            # Too late, or used before: this is no guess, so it does not count as one.
            raise CspError(StatusCode.INVALID_PASSWORD, throttle.WRONG_PASSWORD, reasons.NO_NONCE)
        secret = link.phone_password if link is not None and link.phone_password else _NOBODYS
        matches = [access.digest_matches(request.digest_bytes, nonce, secret) for nonce in nonces]
        schema = next(filter(None, matches), None)
        attempt.scheme = schema.lower() if schema else attempt.scheme
        attempt.unproved = reasons.WRONG_DIGEST if link is not None and link.phone_password else reasons.NOT_LINKED
        return (link.jid, link.password) if schema and link is not None and link.phone_password else None
    password = request.password
    if not password or len(password) > access.MAX_PASSWORD_LENGTH:
        attempt.unproved = reasons.LONG_PASSWORD if password else reasons.NO_PASSWORD
        return None
    same = secrets.compare_digest(_octets(password), _octets(link.phone_password if link else _NOBODYS))
    return (link.jid, link.password) if link is not None and same else (attempt.wish.jid, password)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --- the XMPP side ---


def _open(attempt: LoginContext, session: Session, password: str, good: bool) -> tuple[str, dict[str, Any]]:
    """Asks the holder of the session's shard to log in; `good`: the password is the account's last good one. The new SessionID,
    and its answer; CspError with what the phone is told."""
    services = attempt.services
    shard = keys.shard_of(session.jid, session.resource)
    sid = f"{shard:02x}{token(SID_RANDOM_LETTERS)}"
    job = {
        "sid": sid,
        "r": records.pack_session(session),
        "cred": services.ring.seal(_octets(password), f"cred:{session.jid}"),
        "check": services.ring.digest(password, f"check:{session.jid}"),
        "watch": operator_limits.watched_blocks(attempt),
    }
    _note_move(attempt, session, sid)
    ticket = throttle.login_ticket(services, attempt.peer, attempt.wish.jid, session.jid, password)
    with operator_limits.place_at_domain(services, session, sid):
        answer = throttle.ask_holder(services, shard, job, ticket, good, attempt.deadline)
        if answer["code"] != StatusCode.SUCCESSFUL:
            raise CspError(answer["code"], answer.get("text", ""), reasons.holder_reason(answer))
    return sid, answer


def _note_move(attempt: LoginContext, session: Session, sid: str) -> None:
    """COMPAT(Android): requests that it sent before its log-in was answered name the old session, and 601 to those ends the
    new one (flows.md 4.5). Requests are carried over only from a session of the same handset and account; polls of an unknown
    session are answered empty."""
    old, services = attempt.old, attempt.services
    if not old or len(old) > MAX_SID_LENGTH:
        return
    before = services.sessions.records.session(old)
    if before is None:
        services.sessions.note_move(old, "")
    elif (before.jid, before.client_id) == (session.jid, session.client_id):
        services.sessions.note_move(old, sid)


def _keep(attempt: LoginContext, jid: str, password: str) -> None:
    """After a log-in: a changed XMPP password replaces the linked one; a first one is remembered where that is configured."""
    link, services = attempt.link, attempt.services
    if attempt.request.password is None or attempt.vouched:
        return
    if link is None:
        if services.policy.remember:
            services.accounts.link(attempt.wish.jid, jid, password, password, origin=ORIGIN_REMEMBERED, made=int(time.time()))
            log.info("account-linked", origin=ORIGIN_REMEMBERED)
    elif link.jid == jid and link.password != password:
        phone = password if link.origin == ORIGIN_REMEMBERED else link.phone_password
        services.accounts.link(
            attempt.wish.jid, jid, password, phone, origin=link.origin, number=link.number, made=int(time.time())
        )


def _make_room(services: GatewayServices, session: Session, sid: str) -> None:
    """Ends a user's oldest sessions with 601 when there are too many (flows.md 4.5)."""
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
            history_notes.note_end(session.jid, other, EndReason.TOO_MANY)


def end_session(sessions: GatewaySessionStore, sid: str) -> None:
    """Ends a session: the phone gets 601 to its next request, the holder closes the stream. NoSession if it has ended."""
    goodbye = commands.of_request(commands.LogOut(), current_request())
    effects = RequestEffects(commands=[commands.pack(goodbye)], end_code=StatusCode.FORCED_LOGOUT)
    sessions.commit(sid, None, token(SID_RANDOM_LETTERS), b"", effects)
