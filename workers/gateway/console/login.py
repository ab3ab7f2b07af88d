"""Logging in to the console with its token, and out."""

import math
import secrets
import time

import falcon
import structlog

from onesoup.store.account.keyring import KeyRing
from onesoup.store.console_access import ConsoleAccess, ConsoleRole
from onesoup.store.errors import StoreDown
from workers.gateway.console.pages import ConsoleAction, ConsolePage, ConsoleSite, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH, protect, render_console
from workers.gateway.console.serving import CONSOLE_COOKIE, STALE_FORM, cookie_of, gated, set_console_cookie, show_store_down
from workers.gateway.web import forms

log = structlog.get_logger(__name__)

# The secret of a browser that is not logged in, for the token of the log-in form.
BEFORE_LOGIN_COOKIE = "onesoup-console-form"
MAX_TOKEN_LETTERS = 200
WRONG_TOKEN = "This is not the token. On a host of onesoup, `onesoup console` shows it."


class LoginResource:
    """The log-in form. GET shows it; POST takes the token, begins a session, and leads to the page that was wanted."""

    def __init__(self, site: ConsoleSite, paths: frozenset[str]) -> None:
        """`paths`: the pages to which a log-in may lead."""
        self._site, self._paths = site, paths

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        if gated(self._site, req, resp):
            self._show(req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        if not gated(self._site, req, resp):
            return
        if not forms.is_form(req):
            raise falcon.HTTPUnsupportedMediaType()
        form, key = forms.fields(req), cookie_of(req, BEFORE_LOGIN_COOKIE)
        if not self._site.tokens.good(form.get(forms.TOKEN, ""), key, time.time()):
            self._show(req, resp, STALE_FORM, falcon.HTTP_403)
            return
        try:
            self._log_in(req, resp, form.get("access", "").strip()[:MAX_TOKEN_LETTERS])
        except StoreDown as error:
            show_store_down(resp, error)

    def _log_in(self, req: falcon.Request, resp: falcon.Response, token: str) -> None:
        access, address = self._site.access, self._site.gate.address(req)
        if wait := access.reserve_try(address):
            log.warning("console-login", result="too-many", peer=address)
            minutes = math.ceil(wait / 60)
            reason = f"Too many wrong tokens. Try again in {minutes} min; `onesoup console` shows the token and ends the wait."
            self._show(req, resp, reason, falcon.HTTP_429)
            return
        found = access.log_in(token, address, time.time())
        if found is None:
            log.warning("console-login", result="denied", peer=address)
            self._show(req, resp, WRONG_TOKEN, falcon.HTTP_403)
            return
        secret, session = found
        log.info("console-login", result="ok", role=session.role, peer=address)
        self._site.note(f"{session.role}@{address} (console)", "console log-in")
        set_console_cookie(self._site, req, resp, CONSOLE_COOKIE, secret)
        protect(resp)
        resp.status = falcon.HTTP_303
        resp.set_header("Location", self._wanted(req) or CONSOLE_PATH)

    def _show(self, req: falcon.Request, resp: falcon.Response, problem: str = "", status: str = falcon.HTTP_200) -> None:
        key = cookie_of(req, BEFORE_LOGIN_COOKIE)
        if not key:
            key = secrets.token_urlsafe(24)
            set_console_cookie(self._site, req, resp, BEFORE_LOGIN_COOKIE, key)
        token = self._site.tokens.make(key, int(time.time()))
        render_console(resp, "login.html", {"form_token": token, "problem": problem, "to": self._wanted(req)}, status)

    def _wanted(self, req: falcon.Request) -> str:
        """The page of ours that the browser wanted, "" for none."""
        wanted = req.get_param("to", default="")
        return wanted if wanted in self._paths else ""


def _leave(page: ConsolePage, visit: ConsoleVisit) -> str:
    page.site.access.end(visit.secret)
    visit.resp.unset_cookie(CONSOLE_COOKIE, path=CONSOLE_PATH, same_site="Strict")
    return "You are logged out."


class LeavePage(ConsolePage):
    """Logs out. There is nothing to look at: whoever opens it is led to the first page."""

    path = f"{CONSOLE_PATH}/leave"
    title = "Log out"
    template = "left.html"
    in_navigation = False
    actions = (ConsoleAction("console log-out", "onesoup console --end", _leave, role=ConsoleRole.READER),)

    def answer(self, visit: ConsoleVisit, said: str = "", problem: str = "", status: str = falcon.HTTP_200) -> None:
        if said:
            render_console(visit.resp, self.template, {"said": said}, status)
            return
        protect(visit.resp)
        visit.resp.status = falcon.HTTP_303
        visit.resp.set_header("Location", CONSOLE_PATH)


def prepare_token(access: ConsoleAccess, ring: KeyRing) -> None:
    """At the first start the token is made, which `onesoup console` shows. While Redis is away, that command makes it."""
    try:
        access.ensure_token(ring, ConsoleRole.OPERATOR, time.time())
    except StoreDown as error:
        log.warning("store-down", reason=str(error))
