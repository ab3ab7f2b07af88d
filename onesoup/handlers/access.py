"""Log-in: verifies what can be verified here, asks a holder to open the XMPP side, and answers in a Login-Response.

It never answers `Status` in the first phase of a four-way log-in, and never 401 in the second (flows.md 4.2)."""

import hashlib
import secrets
import time
from dataclasses import dataclass

import structlog

from onesoup.csp import access, handsets
from onesoup.csp.elements import LoginRequest, LoginResponse
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.session import Session
from onesoup.handlers import records
from onesoup.handlers.context import Peer, Services, token
from onesoup.store import keys
from onesoup.store.accounts import Link

log = structlog.get_logger()

SID_RANDOM = 26  # letters of 5 bits: 130 random bits behind the two that name the shard
NONCE_LENGTH = 24


@dataclass(slots=True)
class Outcome:
    """The answer, and the session that it opened or None."""

    response: LoginResponse
    sid: str | None = None


def login(
    services: Services, request: LoginRequest, transaction_id: str | None, version: str, peer: Peer, deadline: float
) -> Outcome:
    """The Login-Response to a Login-Request of either phase, before the monotonic clock shows `deadline`."""
    began = time.monotonic()
    scheme = _scheme(request)
    try:
        outcome = _login(services, request, transaction_id, version, peer, deadline)
        code, reason = outcome.response.result.code if outcome.response.result else 0, ""
    except (CspError, BackendError) as error:
        outcome = Outcome(LoginResponse(client_id=request.client_id, result=access.result(error.code, error.description)))
        code, reason = error.code, error.description
    took = round((time.monotonic() - began) * 1000)
    log.info("login", result=code, scheme=scheme, reason=reason, csp=version, agent=peer.user_agent[:40], ms=took)
    return outcome


def _scheme(request: LoginRequest) -> str:
    if request.password is not None:
        return "pwd"
    return "digest" if request.digest_bytes is not None else "challenge"


def _login(
    services: Services, request: LoginRequest, transaction_id: str | None, version: str, peer: Peer, deadline: float
) -> Outcome:
    policy = services.policy
    wish = access.wish(request.user_id, policy.domain or None)
    client_id, kind = access.client_id_text(request.client_id)
    handset = handsets.find(client_id, peer.user_agent, transaction_id or "")
    attempt = _attempt(wish.jid, client_id, request.session_cookie or "", transaction_id or "")
    link = services.accounts.find(wish.jid)
    domain = (link.jid if link else wish.jid).rpartition("@")[2]
    if domain not in policy.domains:
        raise CspError(516, "domain not served here")
    if request.password is None and request.digest_bytes is None:
        return _challenge(services, request, attempt, link, handset)
    jid, password = _credentials(services, request, attempt, link, wish.jid)
    ttl = access.granted(request.time_to_live, policy.ttl_min, policy.ttl_max)
    resource = access.resource(client_id, services.ring.digest(client_id, "resource"))
    session = Session(
        jid=jid,
        own=wish.own,
        version=version,
        resource=resource,
        client_id=client_id,
        client_kind=kind,
        short=wish.short,
        cookie=request.session_cookie or "",
        handset=handset.name,
        ttl=ttl,
    )
    sid = _open(services, session, password, deadline)
    response = LoginResponse(
        client_id=request.client_id,
        result=access.result(),
        session_id=sid,
        keep_alive_time=ttl,
        capability_request=True,
        user_id=request.user_id if version == "1.3" else None,
    )
    return Outcome(response, sid)


def _attempt(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _challenge(services: Services, request: LoginRequest, attempt: str, link: Link | None, handset: handsets.Handset) -> Outcome:
    """Phase one: a fresh nonce for this attempt, and the schema of the second request."""
    offered = access.schemas(request)
    if not offered:
        raise CspError(409, "invalid password")
    schema = access.choose_schema(offered, link is not None, handset.takes_pwd)
    nonce = secrets.token_hex(NONCE_LENGTH // 2)
    services.logins.put_nonce(attempt, nonce)
    result = access.result(401, "Further authorization required")
    return Outcome(LoginResponse(client_id=request.client_id, result=result, nonce=nonce, digest_schema=schema))


def _credentials(services: Services, request: LoginRequest, attempt: str, link: Link | None, jid: str) -> tuple[str, str]:
    """The XMPP account and password that the request proves or gives. 409 when it proves nothing."""
    if request.password is not None:
        if len(request.password) > access.MAX_PASSWORD:
            raise CspError(409, "invalid password")
        if link is not None and secrets.compare_digest(request.password.encode(), link.phone_password.encode()):
            return link.jid, link.password
        return jid, request.password
    nonce = services.logins.take_nonce(attempt)
    if nonce is None or link is None or not access.digest_matches(request.digest_bytes or "", nonce, link.phone_password):
        raise CspError(409, "invalid password")
    return link.jid, link.password


def _open(services: Services, session: Session, password: str, deadline: float) -> str:
    """Asks the holder of the session's shard to log in. The new SessionID, or the error that the phone is told."""
    wrong = services.ring.digest(password, f"wrong:{session.jid}").hex()
    if services.logins.wrong(wrong):
        raise CspError(409, "invalid password")
    shard = keys.shard_of(session.jid, session.resource)
    sid = f"{shard:02x}{token(SID_RANDOM)}"
    if not services.replies.ready(within=2.0):
        raise BackendError(503, "not ready")
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise BackendError(504, "no time left")
    with services.replies.expect() as expected:
        job = {
            "sid": sid,
            "r": records.pack_session(session),
            "cred": services.ring.seal(password.encode("utf-8", "surrogatepass"), f"cred:{session.jid}"),
            "check": services.ring.digest(password, f"check:{session.jid}"),
            "reply": services.replies.channel,
            "name": expected.name,
            "until": time.time() + remaining,
        }
        services.shards.ask(shard, records.pack_command(job))
        payload = expected.wait(remaining)
    if payload is None:
        raise BackendError(504, "the XMPP side did not answer in time")
    answer = records.unpack_answer(payload)
    if answer["code"] == 409:
        services.logins.put_wrong(wrong)
    if answer["code"] != 200:
        raise CspError(answer["code"], answer.get("text", ""))
    return sid
