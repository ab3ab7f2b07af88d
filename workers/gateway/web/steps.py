"""The frame of the account page: one step has one page with one form. GET shows it; POST does it and leads to the next page by
303, so a reload does nothing twice. What a step asks and does is in account.py, account_number.py and account_settings.py.

Redirects and links name paths only, so a made-up Host leads nobody away. What was typed goes into no log."""

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import falcon
import structlog

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import throttle
from onesoup.handlers.login.locks import duration, lock_of
from onesoup.handlers.login.report import MAX_LOGGED_USER, printable
from onesoup.store.account.page_sessions import PageSession
from onesoup.store.bounds import TooMuch
from onesoup.store.errors import StoreDown
from workers.gateway.client_address import PeerReader
from workers.gateway.web import forms
from workers.gateway.web.landing import server_url
from workers.gateway.web.rendering import show
from workers.gateway.web.signed_session import ACCOUNT_PATH, SignedSessions

log = structlog.get_logger()

# Forms in ten minutes: of one address that is not signed in, and of one account that is.
MOST_FORMS, MOST_STEPS = 30, 60
_CREDENTIALS = "The address or the XMPP password is wrong."
_LATER = "This cannot be done just now. Try again in a few minutes."
TOLD: dict[int, str] = {
    StatusCode.INVALID_PASSWORD: _CREDENTIALS,
    StatusCode.UNKNOWN_USER: _CREDENTIALS,
    StatusCode.DOMAIN_NOT_SUPPORTED: "This server has no accounts with this ending. Check what stands after the @.",
    StatusCode.FORBIDDEN: "This account is closed, or the operator of this server manages its log-in or has blocked it.",
    StatusCode.TIMEOUT: "The XMPP server did not answer in time. Try again.",
}
REFUSED_CODES = (StatusCode.INVALID_PASSWORD, StatusCode.SERVICE_UNAVAILABLE)
OLD_FORM = "This form was too old, or your browser does not keep cookies. Fill it in again."
PLAIN = (
    "You type passwords on this page, so it opens only at an address that begins with https://. Ask the operator of this server "
    "for that address. If this is your own demo, the command onesoup demo link prints a link that opens the page."
)
SIGNED_OUT = "You are not signed in any more: ten minutes have passed. Nothing was changed. Sign in again."


class Phones(Protocol):
    """Who answers phones."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None: ...


class StepProblem(Exception):
    """What is wrong with what was typed, for its user. `field` is the id of the field that is to be mended, "" for none."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.text, self.field = text, field


@dataclass(slots=True)
class Visit:
    """One request for a page of the account."""

    req: falcon.Request
    resp: falcon.Response
    peer: Peer
    session: PageSession | None
    form: dict[str, str] = field(default_factory=dict)
    # The account that is asked for, as far as it is known; for the words about its locks.
    jid: str = ""

    @property
    def owner(self) -> PageSession:
        """The session of a step that has one."""
        if self.session is None:
            raise RuntimeError("a step without session asks for it")
        return self.session

    def typed(self, name: str) -> str:
        return self.form.get(name, "").strip()


class AccountSite:
    """What all steps share. `phones` gets what is posted here and is no form: that comes from a phone with this path in it."""

    def __init__(self, services: GatewayServices, peers: PeerReader, phones: Phones | None = None, doctor: str = "") -> None:
        self.services, self.peers, self.phones, self.doctor = services, peers, phones, doctor
        self.sessions = SignedSessions(services.page_sessions, services.ring, peers)
        self._tokens = forms.FormTokens(services.ring)

    def deadline(self) -> float:
        return time.monotonic() + self.services.policy.deadline

    def server(self, visit: Visit) -> str:
        return server_url(self.services, self.peers, visit.req)

    def page(self, visit: Visit, template: str, values: dict[str, Any], problem: StepProblem | None = None) -> None:
        """Shows a step, with what is wrong in it, if anything."""
        key = visit.session.token if visit.session else self.sessions.form_key(visit.req, visit.resp)
        shared = {
            "token": self._tokens.make(key, int(time.time())),
            "path": visit.req.path,
            "account": visit.session.jid if visit.session else "",
            "problem": problem,
            "doctor": self.doctor,
        }
        show(visit.req, visit.resp, f"account/{template}", shared | values, falcon.HTTP_400 if problem else falcon.HTTP_200)

    def admit(self, visit: Visit) -> None:
        """Problem for a form of another site, or one of too many."""
        who = throttle.address_key(self.services, visit.peer)
        most = MOST_FORMS
        if visit.session:
            who, most = self.services.ring.digest(visit.session.jid, "forms").hex()[:16], MOST_STEPS
        if self.services.guard.busy("forms", who, most):
            wait = duration(self.services.guard.busy_wait("forms", who))
            raise StepProblem(f"Too many forms came from here. Try again in {wait}.")
        key = visit.session.token if visit.session else self.sessions.known_form_key(visit.req)
        if not self._tokens.good(visit.form.get(forms.TOKEN, ""), key, time.time()):
            raise StepProblem(OLD_FORM)

    def told(self, visit: Visit, error: CspError | BackendError) -> StepProblem:
        """A refusal in words, with the length of the wait where there is one."""
        text = TOLD.get(error.code, "")
        lock = lock_of(self.services, visit.peer, visit.jid) if visit.jid and error.code in REFUSED_CODES else None
        told = " ".join(part for part in (text, lock.words if lock else "") if part) or _LATER
        wrong: dict[int, str] = {StatusCode.INVALID_PASSWORD: "password", StatusCode.DOMAIN_NOT_SUPPORTED: "address"}
        return StepProblem(told, wrong.get(error.code, ""))


class Step:
    """One page with one form, below the account page."""

    path: ClassVar[str] = ACCOUNT_PATH
    template: ClassVar[str] = ""
    # Whether one has to be signed in, and where that is done.
    closed: ClassVar[bool] = True
    sign_in: ClassVar[str] = ACCOUNT_PATH

    def __init__(self, site: AccountSite) -> None:
        self.site = site

    def values(self, visit: Visit) -> dict[str, Any]:
        """What the template shows."""
        return {}

    def elsewhere(self, visit: Visit) -> str:
        """The path where one has to be first, "" when the step can be shown."""
        return ""

    def do(self, visit: Visit) -> str:
        """Does what the form says; the path of the next page. Problem, CspError or BackendError when it was not done."""
        raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        visit = self._visit(req, resp)
        if visit is None:
            return
        where = self._where(visit)
        if where:
            _lead(resp, where)
            return
        self._show(visit)

    on_head = on_get

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self.site.phones is not None and not forms.is_form(req):
            self.site.phones.on_post(req, resp)
            return
        visit = self._visit(req, resp)
        if visit is None:
            return
        visit.form = forms.fields(req)
        if self.closed and visit.session is None:
            self.site.page(visit, "sign_in.html", sign_in_values(self.site, visit), StepProblem(SIGNED_OUT))
            return
        where = self._try(visit)
        if where:
            _lead(resp, where)

    def _try(self, visit: Visit) -> str:
        """Where to go next; "" when the page says what is wrong."""
        try:
            self.site.admit(visit)
            where = self.do(visit)
            _log_step(visit, self.path, "done")
            return where
        except StepProblem as found:
            problem = found
        except (CspError, BackendError) as error:
            _log_step(visit, self.path, int(error.code), error.reason)
            if visit.session and error.code == StatusCode.INVALID_PASSWORD:
                self.site.sessions.end(visit.resp, visit.session)
                visit.session = None
                self.site.page(
                    visit, "sign_in.html", sign_in_values(self.site, visit), StepProblem(f"{_CREDENTIALS} Sign in again.")
                )
                return ""
            problem = self._told(visit, error)
        except (StoreDown, TooMuch) as error:
            log.warning("store-down", reason=str(error))
            problem = StepProblem(_LATER)
        self._show(visit, problem)
        return ""

    def _told(self, visit: Visit, error: CspError | BackendError) -> StepProblem:
        try:
            return self.site.told(visit, error)
        except StoreDown:
            return StepProblem(_LATER)

    def _show(self, visit: Visit, problem: StepProblem | None = None) -> None:
        try:
            values = self.values(visit)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            refuse(visit.req, visit.resp, "Not just now", _LATER, falcon.HTTP_503)
            return
        self.site.page(visit, self.template, values, problem)

    def _visit(self, req: falcon.Request, resp: falcon.Response) -> Visit | None:
        """None when the request has been answered."""
        if not self.site.peers.private(req):
            refuse(
                req,
                resp,
                "Not over this connection",
                PLAIN,
                falcon.HTTP_403,
            )
            return None
        try:
            session = self.site.sessions.find(req)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            refuse(req, resp, "Not just now", _LATER, falcon.HTTP_503)
            return None
        return Visit(req, resp, self.site.peers.of(req), session, jid=session.jid if session else "")

    def _where(self, visit: Visit) -> str:
        if self.closed and visit.session is None:
            return self.sign_in
        try:
            return self.elsewhere(visit)
        except StoreDown:
            return ""


def sign_in_values(site: AccountSite, visit: Visit) -> dict[str, Any]:
    return {
        "domain": site.services.policy.domain or "example.org",
        "address": visit.form.get("address", "").strip()[:255],
        "path": ACCOUNT_PATH,
    }


def refuse(req: falcon.Request, resp: falcon.Response, title: str, text: str, status: str) -> None:
    show(req, resp, "account/refused.html", {"title": title, "text": text}, status)


def _lead(resp: falcon.Response, path: str) -> None:
    """303: whatever was posted, the browser gets the next page, and a reload gets that again."""
    resp.status = falcon.HTTP_303
    resp.set_header("Location", path)
    resp.set_header("Cache-Control", "no-store")


def _log_step(visit: Visit, step: str, result: int | str, reason: str = "") -> None:
    user = printable(visit.jid or visit.typed("address"), MAX_LOGGED_USER)
    log.info("account-page", step=step, user=user, address=visit.peer.address, result=result, reason=reason)
