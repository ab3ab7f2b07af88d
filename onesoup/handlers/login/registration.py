"""Registration of new accounts by phones, over XEP-0077, where the operator and the XMPP server allow it. GetNewPassword is
refused: XMPP has no such request."""

import time

import structlog

from onesoup.csp import access
from onesoup.csp.codec.generated_elements import (
    GetNewPasswordRequest,
    GetNewPasswordResponse,
    RegistrationRequest,
    RegistrationResponse,
    Result,
)
from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text.numbers import hidden_number
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.login.report import MAX_LOGGED_USER, printable
from onesoup.observability.request_id import current_request
from onesoup.store import keys, records

log = structlog.get_logger()

MAX_EMAIL = 200


def register_account(services: GatewayServices, request: RegistrationRequest, digest: str, peer: Peer) -> RegistrationResponse:
    """200 with the user's address. A repeated request gets the first answer and makes no second try."""
    user_id = (request.user.user_id or "") if request.user else ""
    try:
        result = access.result(*_register(services, request, user_id, digest, peer))
        reason = "" if result.code == StatusCode.SUCCESSFUL else result.description or ""
    except (CspError, BackendError) as error:
        result, reason = access.result(error.code, error.description), error.reason
    user = linking.meant_account(services, user_id, peer) or printable(user_id, MAX_LOGGED_USER)
    address = peer.address or hidden_number(peer.sender)
    log.info("registration", user=user, address=address, result=result.code, reason=reason)
    return RegistrationResponse(user_id=user_id or None, result=result)


def _register(services: GatewayServices, request: RegistrationRequest, user_id: str, digest: str, peer: Peer) -> tuple[int, str]:
    policy, deadline = services.policy, time.monotonic() + services.policy.deadline
    if not policy.registration:
        raise CspError(StatusCode.SERVICE_NOT_SUPPORTED, "this server makes no new accounts")
    wish = access.login_address(user_id, throttle.domain_policy(policy, peer))
    domain = wish.jid.rpartition("@")[2]
    password = request.password or ""
    if domain not in policy.domains:
        raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "domain not served here")
    throttle.refuse_blocked_account(services, wish.jid)
    if not password or len(password) > access.MAX_PASSWORD_LENGTH:
        raise CspError(StatusCode.BAD_PARAMETER, "a password is needed")
    stored = services.tries.outcome("register", digest)
    if stored is not None:
        return stored
    if services.tries.count("register", throttle.address_key(services, peer)) > policy.registrations_per_hour:
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "too many new accounts; try again later")
    if linking.find_link(services, wish.jid) is not None:
        raise CspError(StatusCode.FORBIDDEN, "name taken")
    code, text = _ask(services, wish.jid, password, (request.email_id or "").strip()[:MAX_EMAIL], deadline)
    if code == StatusCode.SUCCESSFUL and policy.remember:
        # As after a first plain log-in: then a phone that only does digest log-in can log in too.
        services.accounts.link(wish.jid, wish.jid, password, password, origin="registration", made=int(time.time()))
    services.tries.keep("register", digest, code, text)
    return code, text


def _ask(services: GatewayServices, jid: str, password: str, email: str, deadline: float) -> tuple[int, str]:
    """Asks a holder to register the account at the XMPP server."""
    if not services.replies.ready(within=2.0):
        raise BackendError(StatusCode.SERVICE_UNAVAILABLE, "not ready")
    with services.replies.expect() as expected:
        job = {
            "op": "register",
            "jid": jid,
            "cred": services.ring.seal(password.encode("utf-8", "surrogatepass"), f"register:{jid}"),
            "email": email,
            "reply": services.replies.channel,
            "name": expected.name,
            "until": time.time() + max(deadline - time.monotonic(), 0.0),
            "request": current_request(),
        }
        services.shards.ask(keys.shard_of(jid, ""), records.pack_command(job))
        payload = expected.wait(deadline - time.monotonic())
    if payload is None:
        raise BackendError(StatusCode.TIMEOUT, "the XMPP side did not answer in time")
    answer = records.unpack_answer(payload)
    return int(answer["code"]), str(answer.get("text", ""))


def refuse_new_password(_request: GetNewPasswordRequest) -> GetNewPasswordResponse:
    return GetNewPasswordResponse(
        result=Result(code=StatusCode.SERVICE_NOT_SUPPORTED, description="ask the operator of your account")
    )
