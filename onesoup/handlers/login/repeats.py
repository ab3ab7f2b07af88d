"""Repeated log-ins: a phone whose connection broke sends the same bytes again, and gets the answer of the first (flows.md 15)."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from onesoup.csp.codec.envelope import Message
from onesoup.csp.codec.generated_elements import LoginRequest
from onesoup.csp.errors import BackendError
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import answer_to
from onesoup.handlers import metrics
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import access, reasons
from onesoup.handlers.login.report import KnownOfLogin, report_login
from onesoup.handlers.replies import Reply, answer_code, encode_reply
from onesoup.store.errors import StoreDown

CLAIM_POLL_SECONDS = 0.1
# How much longer than the log-in its claim lasts, in case this process dies.
CLAIM_SPARE_SECONDS = 2


def login_once(services: GatewayServices, message: Message, raw: bytes, peer: Peer) -> Reply:
    """The answer to a log-in and its code. A repeated one gets the stored answer while the session that it made lives."""
    # Keyed: the bytes hold a password, and the rest of them can be guessed.
    digest = services.ring.digest(raw.decode("latin-1"), "login").hex()
    deadline = time.monotonic() + services.policy.deadline
    with ExitStack() as stack:
        try:
            stack.enter_context(_claimed(services, digest, deadline))
        except (BackendError, StoreDown) as error:
            _report_unclaimed(services, message, peer, error)
            raise
        stored = services.logins.reply(digest)
        if stored is not None and services.sessions.lives(stored[0]):
            metrics.DUPLICATES.labels("login").inc()
            return stored[1], StatusCode.SUCCESSFUL
        return _login(services, message, peer, digest, deadline)


def _login(services: GatewayServices, message: Message, peer: Peer, digest: str, deadline: float) -> Reply:
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
    )
    reply = encode_reply(message, [answer_to(transaction, outcome.response)])
    if outcome.sid is not None:
        services.logins.put_reply(digest, outcome.sid, reply)
    return reply, answer_code(outcome.response)


def _report_unclaimed(services: GatewayServices, message: Message, peer: Peer, error: Exception) -> None:
    transaction = message.transactions[0]
    assert isinstance(transaction.content, LoginRequest)
    known = KnownOfLogin(services, transaction.content, transaction.id or "", message.version, peer)
    report_login(services, known.failed(error), known.origin())


def _claims(services: GatewayServices, digest: str, began: float) -> bool:
    """Nothing has been done for the log-in yet, so it may wait for a store that is away."""
    try:
        return services.logins.claim(digest, seconds=round(services.policy.deadline) + CLAIM_SPARE_SECONDS)
    except StoreDown as error:
        if not services.patience.wait(error, began):
            raise
        return False


@contextmanager
def _claimed(services: GatewayServices, digest: str, deadline: float) -> Iterator[None]:
    """Waits while another worker answers the same bytes. BackendError 504 when it takes too long."""
    began = time.monotonic()
    while not _claims(services, digest, began):
        if time.monotonic() > deadline:
            raise BackendError(StatusCode.TIMEOUT, "the first try is still running", reasons.FIRST_TRY_RUNS)
        time.sleep(CLAIM_POLL_SECONDS)
    try:
        yield
    finally:
        services.logins.unclaim(digest)
