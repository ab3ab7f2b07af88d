"""Repeated log-ins: a phone whose connection broke sends the same bytes again, and gets the answer of the first (flows.md 15)."""

import time

from onesoup.csp.codec.envelope import Message
from onesoup.csp.codec.generated_elements import LoginRequest
from onesoup.csp.errors import BackendError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import answer_to
from onesoup.handlers import metrics
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import access, linking, reasons
from onesoup.handlers.login.attempt import KnownAccount, account_commands
from onesoup.handlers.login.report import KnownOfLogin, report_login
from onesoup.handlers.replies import Reply, answer_code, encode_reply
from onesoup.store.account.login_replies import LoginClaim
from onesoup.store.errors import StoreDown
from onesoup.store.redis.commands import RedisCommand

CLAIM_POLL_SECONDS = 0.1
# How much longer than the log-in its claim lasts, in case this process dies.
CLAIM_SPARE_SECONDS = 2


def login_once(services: GatewayServices, message: Message, raw: bytes, peer: Peer) -> Reply:
    """The answer to a log-in and its code. A repeated one gets the stored answer while the session that it made lives."""
    # Keyed: the bytes hold a password, and the rest of them can be guessed.
    digest = services.ring.digest(raw.decode("latin-1"), "login").hex()
    deadline = time.monotonic() + services.policy.deadline
    request = message.transactions[0].content
    assert isinstance(request, LoginRequest)
    jid = linking.meant_account(services, request.user_id, peer)
    try:
        claim = _claimed(services, digest, deadline, *account_commands(services, jid, peer) if jid else ())
    except (BackendError, StoreDown) as error:
        _report_unclaimed(services, message, peer, error)
        raise
    answered = False
    try:
        if claim.reply is not None and services.sessions.lives(claim.reply[0]):
            metrics.DUPLICATES.labels("login").inc()
            return claim.reply[1], StatusCode.SUCCESSFUL
        account = KnownAccount(jid, *claim.told) if jid else None
        reply, code, sid = _login(services, message, peer, deadline, account)
        if sid is not None:
            services.logins.put_reply(digest, sid, reply)
            answered = True
        return reply, code
    finally:
        if not answered:
            services.logins.unclaim(digest)


def _login(
    services: GatewayServices, message: Message, peer: Peer, deadline: float, account: KnownAccount | None
) -> tuple[bytes, int, str | None]:
    """The answer, its code, and the session that was opened, or None."""
    transaction = message.transactions[0]
    assert isinstance(transaction.content, LoginRequest)
    outcome = access.login(
        services,
        transaction.content,
        transaction.id,
        message.version,
        peer,
        deadline,
        message.session_id,
        message.encoding.value,
        account,
    )
    reply = encode_reply(message, [answer_to(transaction, outcome.response)])
    return reply, answer_code(outcome.response), outcome.sid


def _report_unclaimed(services: GatewayServices, message: Message, peer: Peer, error: Exception) -> None:
    transaction = message.transactions[0]
    assert isinstance(transaction.content, LoginRequest)
    known = KnownOfLogin(services, transaction.content, transaction.id or "", message.version, peer)
    report_login(services, known.failed(error), known.origin())


def _claim(services: GatewayServices, digest: str, began: float, *more: RedisCommand) -> LoginClaim:
    """Nothing has been done for the log-in yet, so it may wait for a store that is away."""
    try:
        return services.logins.claim(digest, round(services.policy.deadline) + CLAIM_SPARE_SECONDS, *more)
    except StoreDown as error:
        if not services.patience.wait(error, began):
            raise
        return LoginClaim(False, None)


def _claimed(services: GatewayServices, digest: str, deadline: float, *more: RedisCommand) -> LoginClaim:
    """The claim, when no other worker answers the same bytes any more; with the answers to `more`. BackendError 504 when that
    takes too long."""
    began = time.monotonic()
    while not (claim := _claim(services, digest, began, *more)).first:
        if time.monotonic() > deadline:
            raise BackendError(StatusCode.TIMEOUT, "the first attempt is still running", reasons.FIRST_TRY_RUNS)
        time.sleep(CLAIM_POLL_SECONDS)
    return claim
