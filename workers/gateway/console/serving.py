"""The checks of each request, in their order: the gate, the session, the role; for a post the form's token, then an action of
the page, and the role that this needs. What a page does not list as an action is refused."""

import time
from urllib.parse import urlencode

import falcon
import structlog

from onesoup.observability.bugs import log_bug
from onesoup.store.errors import StoreDown
from workers.gateway.console.pages import ActionProblem, ConsoleAction, ConsolePage, ConsoleSite, ConsoleVisit
from workers.gateway.console.rendering import CONSOLE_PATH, OUR_MISTAKE, protect, render_console
from workers.gateway.web import forms

log = structlog.get_logger(__name__)

CONSOLE_COOKIE = "onesoup-console"
LOGIN_PATH = f"{CONSOLE_PATH}/login"
# Sent by the script that renews a page: nobody need be looking, so the session does not live on by it.
RENEWAL_HEADER = "X-Console-Renewal"
ACTION_FIELD = "action"
STALE_FORM = "This page was too old. Nothing was done; here it is anew."
LOOK_ONLY = "Your log-in is read-only. Nothing was done."


def gated(site: ConsoleSite, req: falcon.Request, resp: falcon.Response) -> bool:
    """Whether the request may be answered. If not, it has been."""
    status, reason = site.gate.refusal(req)
    if reason:
        log.warning("console-refused", reason=status[:3], path=req.path[:80], peer=req.remote_addr)
        render_console(resp, "refused.html", {"reason": reason}, status)
    return not reason


def cookie_of(req: falcon.Request, name: str) -> str:
    """The cookie's value; "" for none, for one that is too long, and where a browser sends two."""
    found = req.get_cookie_values(name) or []
    return found[0] if len(found) == 1 and len(found[0]) <= 100 else ""


def set_console_cookie(site: ConsoleSite, req: falcon.Request, resp: falcon.Response, name: str, value: str) -> None:
    secure = site.gate.is_https(req)
    resp.set_cookie(name, value, secure=secure, http_only=True, same_site="Strict", path=CONSOLE_PATH)


def show_store_down(resp: falcon.Response, error: StoreDown) -> None:
    """While Redis is away nobody can be logged in; what is wrong with it is no secret."""
    log.warning("store-down", reason=str(error))
    render_console(resp, "store_down.html", {"reason": str(error)}, falcon.HTTP_503)


class PageResource:
    """Serves one page."""

    def __init__(self, site: ConsoleSite, page: ConsolePage) -> None:
        self._site, self._page = site, page

    def on_get(self, req: falcon.Request, resp: falcon.Response, **params: str) -> None:
        try:
            visit = self._visit(req, resp, params)
            if visit is not None:
                self._page.answer(visit)
        except StoreDown as error:
            show_store_down(resp, error)

    def on_post(self, req: falcon.Request, resp: falcon.Response, **params: str) -> None:
        try:
            visit = self._visit(req, resp, params)
            if visit is not None:
                self._act(visit)
        except StoreDown as error:
            show_store_down(resp, error)

    def _visit(self, req: falcon.Request, resp: falcon.Response, params: dict[str, str]) -> ConsoleVisit | None:
        """None when the request has been answered: refused, or led to the log-in."""
        if not gated(self._site, req, resp):
            return None
        secret, renewal = cookie_of(req, CONSOLE_COOKIE), bool(req.get_header(RENEWAL_HEADER))
        session = self._site.access.find(secret, time.time(), touch=not renewal) if secret else None
        if session is None:
            _to_login(req, resp, renewal)
            return None
        visit = ConsoleVisit(req, resp, session, secret, self._site.gate.address(req), params)
        if not visit.may(self._page.role):
            render_console(resp, "refused.html", {"reason": LOOK_ONLY}, falcon.HTTP_403)
            return None
        return visit

    def _act(self, visit: ConsoleVisit) -> None:
        page = self._page
        if not forms.is_form(visit.req):
            raise falcon.HTTPUnsupportedMediaType()
        visit.form = forms.fields(visit.req)
        if not self._site.tokens.good(visit.form.get(forms.TOKEN, ""), visit.secret, time.time()):
            page.answer(visit, problem=STALE_FORM, status=falcon.HTTP_403)
            return
        action = next((each for each in page.actions if each.name == visit.form.get(ACTION_FIELD)), None)
        if action is None:
            raise falcon.HTTPNotFound()
        if not visit.may(action.role):
            log.warning("console-action", action=action.name, result="refused", role=visit.session.role, peer=visit.address)
            page.answer(visit, problem=LOOK_ONLY, status=falcon.HTTP_403)
            return
        self._run(action, visit)

    def _run(self, action: ConsoleAction, visit: ConsoleVisit) -> None:
        try:
            said = action.run(self._page, visit)
        except ActionProblem as problem:
            self._page.answer(visit, problem=str(problem), status=falcon.HTTP_400)
            return
        if not action.notes_itself:
            self._site.note(visit.by, action.name, action.whom(visit))
        log.info("console-action", action=action.name, result="done", role=visit.session.role, peer=visit.address)
        self._page.answer(visit, said=said)


def _to_login(req: falcon.Request, resp: falcon.Response, renewal: bool) -> None:
    protect(resp)
    if renewal:  # the script leads there
        resp.status = falcon.HTTP_401
        return
    wanted = req.path if req.method == "GET" and req.path != CONSOLE_PATH else ""
    resp.status = falcon.HTTP_303
    resp.set_header("Location", f"{LOGIN_PATH}?{urlencode({'to': wanted})}" if wanted else LOGIN_PATH)


def answer_http_error(_req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Errors of Falcon's own: unknown paths, other methods, forms that are none."""
    protect(resp)
    resp.content_type, resp.text = "text/plain; charset=utf-8", f"{error.status}\n"


def answer_bug(req: falcon.Request, resp: falcon.Response, error: Exception, _params: object) -> None:
    if isinstance(error, falcon.HTTPError | falcon.HTTPStatus):
        raise error
    log_bug(error, path=req.path[:80])
    render_console(resp, "refused.html", {"reason": OUR_MISTAKE}, falcon.HTTP_500)
