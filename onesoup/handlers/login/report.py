"""What is known of one Login-Request when it has been answered, and the one place that tells of it: log and metric."""

import time
from dataclasses import dataclass
from enum import StrEnum

import structlog

from onesoup.csp import access, handsets
from onesoup.csp.codec.generated_elements import LoginRequest
from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.csp.status import StatusCode
from onesoup.csp.text.numbers import hidden_number
from onesoup.handlers import metrics
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.login.attempt import LoginContext, login_scheme
from onesoup.handlers.login.reasons import failure_of
from onesoup.observability import history_notes
from onesoup.observability.logs import short
from onesoup.observability.request_id import current_request

log = structlog.get_logger()

# What a phone wrote itself is cut here.
MAX_LOGGED_USER, MAX_LOGGED_AGENT, MAX_REASON = 100, 60, 200


class LoginStep(StrEnum):
    """What a Login-Request is for. `challenge`: the first phase of a four-way log-in, which proves nothing and is answered with
    401. `resume`: a living session, without a password. `open`: a new session."""

    CHALLENGE = "challenge"
    RESUME = "resume"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class LoginReport:
    """One answered Login-Request. `user`: the account's bare JID, or what was typed where that means no account. `session`: the
    session's name in logs, "" for none. `handset`: the family in the quirk table, else the phone's User-Agent. `reason`: why it
    failed, for operators; the phone is told less. `request`: the request's id."""

    user: str
    address: str
    session: str
    handset: str
    csp: str
    scheme: str
    step: LoginStep
    result: int
    reason: str
    request: str
    ms: int


@dataclass(frozen=True, slots=True)
class LoginOrigin:
    """What the history has besides the report: the phone number that the network or the SMS states, the digest of the network
    where the phone is, and the account that the name means which the phone gave."""

    number: str
    place: str
    login: str


class KnownOfLogin:
    """What is known of one Login-Request while it is answered. `attempt` is set as soon as an account is found."""

    def __init__(self, services: GatewayServices, request: LoginRequest, transaction_id: str, version: str, peer: Peer) -> None:
        self._services, self._request, self._transaction_id = services, request, transaction_id
        self._version, self._peer, self._began = version, peer, time.monotonic()
        self.attempt: LoginContext | None = None

    def failed(self, error: Exception) -> LoginReport:
        return self.report(*failure_of(error))

    def report(self, result: int, reason: str = "", sid: str | None = None) -> LoginReport:
        """`sid`: the session that was opened or resumed."""
        scheme, peer = self.attempt.scheme if self.attempt else login_scheme(self._request), self._peer
        return LoginReport(
            user=self._user(),
            address=peer.address or hidden_number(peer.sender),
            session=short(sid or ""),
            handset=self._handset(),
            csp=self._version,
            scheme=scheme,
            step=self._step(scheme),
            result=int(result),
            reason=reason[:MAX_REASON],
            request=current_request(),
            ms=round((time.monotonic() - self._began) * 1000),
        )

    def origin(self) -> LoginOrigin:
        services, peer = self._services, self._peer
        typed = "" if self.attempt else linking.likely_account(services, self._request.user_id, peer)
        login = self.attempt.wish.jid if self.attempt else typed
        return LoginOrigin(peer.number or peer.sender, throttle.place_key(services, peer), login)

    def _user(self) -> str:
        if self.attempt is not None:
            return self.attempt.link.jid if self.attempt.link else self.attempt.wish.jid
        typed = self._request.user_id
        return linking.meant_account(self._services, typed, self._peer) or printable(typed or "", MAX_LOGGED_USER)

    def _handset(self) -> str:
        if self.attempt is not None:
            found = self.attempt.handset
        else:
            client_id, _ = access.client_id_text(self._request.client_id)
            found = handsets.find_handset(client_id, self._peer.user_agent, self._transaction_id)
        return agent_of_unknown(found, self._peer) or found.name

    def _step(self, scheme: str) -> LoginStep:
        if scheme == "challenge":
            return LoginStep.CHALLENGE
        old = self.attempt.old if self.attempt else self._request.session_id
        return LoginStep.RESUME if old and scheme == "none" else LoginStep.OPEN


def agent_of_unknown(handset: handsets.Handset, peer: Peer) -> str:
    """How the User-Agent of a phone begins that is of no known family, for operators; "" for others."""
    return printable(peer.user_agent, MAX_LOGGED_AGENT) if handset == handsets.Handset() else ""


def printable(text: str, most: int) -> str:
    """What somebody typed, for the log: cut, and without control characters."""
    return "".join(char if char.isprintable() else "?" for char in text[:most])


def report_login(services: GatewayServices, report: LoginReport, origin: LoginOrigin) -> None:
    """Logs a log-in, counts it, and notes it for `onesoup history`."""
    _note(report, origin)
    metrics.LOGINS.labels(report.result, report.scheme).inc()
    fields = {name: getattr(report, name) for name in LoginReport.__slots__ if name != "request" or report.request}
    log.info("login", **fields)


def _note(report: LoginReport, origin: LoginOrigin) -> None:
    """The first phase of a log-in is one half of it: that it was answered as it should be is no news."""
    if report.step is LoginStep.CHALLENGE and report.result == StatusCode.UNAUTHORIZED:
        return
    good, now = report.result == StatusCode.SUCCESSFUL, int(time.time())
    event = HistoryEvent(
        HistoryKind.LOGIN if good else HistoryKind.FAILURE,
        now,
        now,
        user=report.user,
        address=report.address,
        number=origin.number,
        session=report.session,
        handset=report.handset,
        csp=report.csp,
        scheme=report.scheme,
        code=report.result,
        reason=report.step if good else report.reason,
        request=report.request,
    )
    history_notes.note_login(event, origin.place, origin.login)
