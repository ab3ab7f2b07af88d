"""The page on which users choose a phone password. Plain HTML that works without scripts, in old browsers too.

Every form carries the XMPP password, so there is no session to steal; its token stops forms of other sites. onesoup.handlers
decides what is asked, and how often."""

import base64
import hashlib
import html
import secrets
import time
from dataclasses import dataclass
from string import Template
from typing import Protocol
from urllib.parse import parse_qs

import falcon
import structlog

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.numbers import Issued
from onesoup.store.account.phone_numbers import CodeCheck
from onesoup.store.errors import StoreDown
from workers.gateway.client_address import PeerReader

log = structlog.get_logger()

ACCOUNT_PAGE_PATH = "/account"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
COOKIE = "onesoup-form"
TOKEN_SECONDS = 3600
TITLE = "Your phone's password"
MAX_FORM = 8192
# Most forms of one address in ten minutes.
MOST_FORMS = 30
_CREDENTIALS = "The address or the XMPP password is wrong."
REFUSALS: dict[int, str] = {
    StatusCode.INVALID_PASSWORD: _CREDENTIALS,
    StatusCode.UNKNOWN_USER: _CREDENTIALS,
    StatusCode.DOMAIN_NOT_SUPPORTED: "This server does not serve that domain.",
    StatusCode.FORBIDDEN: "That account is closed, or its log-in here is managed by the operator.",
    StatusCode.TIMEOUT: "The XMPP server did not answer in time. Please try again.",
}
ISSUED = {
    Issued.NO_NUMBER: "That is no phone number. It begins with + and the country code.",
    Issued.NOT_SERVED: "This server sends no SMS to that number.",
    Issued.TOO_OFTEN: "Too many codes were asked for. Please try again tomorrow.",
}
CODE_SENT = "A code is on its way to the phone. Type it below, with your address and your XMPP password."
CHECKED = {
    CodeCheck.WRONG: "That is not the code.",
    CodeCheck.OVER: "No code is waiting for this account, or it was too old. Please have a new one sent.",
}
_LATER = "This cannot be done just now. Please try again in a few minutes."

STYLE = """
body { font: 16px/1.5 sans-serif; color: #222; background: #fff; max-width: 34em; margin: 1.5em auto; padding: 0 1em }
h1 { font-size: 1.5em; line-height: 1.2 } h2 { font-size: 1.15em; margin-top: 2em }
label { display: block; margin-top: .9em; font-weight: bold } small { display: block; font-weight: normal; color: #555 }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .45em; border: 1px solid #888; border-radius: 3px }
button { font: inherit; margin: 1.2em .5em 0 0; padding: .5em 1em; border: 1px solid #14532d; border-radius: 3px;
         background: #14532d; color: #fff }
button.plain { background: #fff; color: #222; border-color: #888 }
.note { border-left: 4px solid #14532d; background: #f1f7f2; padding: .7em 1em }
.bad { border-left-color: #a11; background: #fdf1f1 }
code { font: 1.15em monospace; background: #eee; padding: .1em .35em }
table { border-collapse: collapse } td, th { text-align: left; padding: .35em 1em .35em 0; vertical-align: top }
th { white-space: nowrap }
"""

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

_PAGE = Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>$style</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
"""
)

_FORM = Template(
    """$note
<p>Your phone's chat client logs in to your XMPP account through this server. Choose a password for the phone alone: some phones
cannot log in without one, and your XMPP password does not have to be on the phone then.</p>
<form method="post" action="$path" autocomplete="off">
<input type="hidden" name="token" value="$token">
<label for="address">XMPP address <small>such as alice@$domain</small></label>
<input id="address" name="address" type="text" value="$address" required maxlength="255" autocapitalize="none" spellcheck="false"
 autocomplete="username">
<label for="password">XMPP password</label>
<input id="password" name="password" type="password" required maxlength="255" autocomplete="current-password">
<label for="phone">New phone password <small>$least to $most plain letters, digits or signs; leave it empty, and one that is easy
to type is made for you</small></label>
<input id="phone" name="phone" type="password" maxlength="$most" autocomplete="new-password">
<label for="again">New phone password again</label>
<input id="again" name="again" type="password" maxlength="$most" autocomplete="new-password">
<button type="submit" name="do" value="choose">Save the phone password</button>
<button type="submit" name="do" value="forget" class="plain">Forget my account here</button>
</form>
<h2>What is stored</h2>
<p>Both passwords, encrypted; the key is not in the database. The XMPP password is needed to log in for you whenever your phone
does. &ldquo;Forget my account here&rdquo; deletes both; it needs your address and your XMPP password, and no phone password.</p>
$number
"""
)

_NUMBER = Template(
    """<h2>Wake-up by SMS</h2>
<p>A phone that cannot keep a connection open can be told by SMS that a message waits. Its number has to be proved first: have a
code sent to it, then come back and type the code here.</p>
<form method="post" action="$path" autocomplete="off">
<input type="hidden" name="token" value="$token">
<label for="address2">XMPP address</label>
<input id="address2" name="address" type="text" value="$address" required maxlength="255" autocapitalize="none"
 spellcheck="false" autocomplete="username">
<label for="password2">XMPP password</label>
<input id="password2" name="password" type="password" required maxlength="255" autocomplete="current-password">
<label for="number">Number of the phone <small>with the country code, such as +358401234567</small></label>
<input id="number" name="number" type="tel" value="$stated" maxlength="40">
<button type="submit" name="do" value="send-code" class="plain">Send a code to this number</button>
<label for="code">Code from the SMS</label>
<input id="code" name="code" type="text" inputmode="numeric" maxlength="12" autocomplete="one-time-code">
<button type="submit" name="do" value="confirm">Confirm the number</button>
</form>
"""
)

_DONE = Template(
    """<p class="note">Saved. Your phone can log in now.</p>
<table>
<tr><th>User name</th><td><code>$user</code></td></tr>
<tr><th>Password</th><td>$shown</td></tr>
<tr><th>Server</th><td><code>$server</code></td></tr>
</table>
<p>If the phone adds <code>wv:</code> in front of the user name by itself, that is right too. If its screen refuses the sign @,
write <code>%</code> instead.</p>
<p>When you change your XMPP password, come back here and save again.</p>
<p><a href="$path">Back</a></p>
"""
)

_MADE = Template("<code>$password</code><br>It is shown this once: write it down, or type it into the phone now.")


class Phones(Protocol):
    """The resource that answers phones."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """A user who states that an account is theirs, and the deadline of the answer."""

    peer: Peer
    jid: str
    password: str
    deadline: float


class AccountPage:
    """GET shows the form, POST carries it out. Served only over a private connection. A POST that is no form comes from a
    phone whose user typed this path."""

    def __init__(self, services: GatewayServices, peers: PeerReader, phones: Phones | None = None) -> None:
        self._services, self._peers, self._phones = services, peers, phones

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self._open(req, resp):
            self._form(req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self._phones is not None and not (req.content_type or "").startswith(FORM_MEDIA_TYPE):
            self._phones.on_post(req, resp)
            return
        if not self._open(req, resp):
            return
        peer, form = self._peers.of(req), _fields(req)
        try:
            problem = self._refusal(req, peer, form)
            if problem is None:
                self._do(req, resp, peer, form)
                return
        except (CspError, BackendError) as error:
            problem = REFUSALS.get(error.code, _LATER)
            log.info("account-page", result=error.code)
        except StoreDown as error:
            problem = _LATER
            log.warning("store-down", reason=str(error))
        self._form(req, resp, problem, form)

    def _open(self, req: falcon.Request, resp: falcon.Response) -> bool:
        _harden(resp)
        if self._peers.private(req):
            return True
        _show(
            resp,
            "Not over this connection",
            "<p>Passwords are typed here, so this page is served over HTTPS only. Ask the operator of this server for its "
            "address.</p>",
            falcon.HTTP_403,
        )
        return False

    def _refusal(self, req: falcon.Request, peer: Peer, form: dict[str, str]) -> str | None:
        if self._services.guard.busy("forms", throttle.address_key(self._services, peer), MOST_FORMS):
            return _LATER
        if not self._token_good(form.get("token", ""), req.get_cookie_values(COOKIE) or []):
            return "This form was too old, or cookies are off. Please fill it in again."
        if form.get("do", "choose") != "choose":
            return None
        if form.get("phone", "") != form.get("again", ""):
            return "The two phone passwords differ."
        if form.get("phone"):
            return linking.phone_password_objection(form["phone"], form.get("password", ""))
        return None

    def _do(self, req: falcon.Request, resp: falcon.Response, peer: Peer, form: dict[str, str]) -> None:
        jid = linking.account_of(self._services, peer, form.get("address", ""))
        owner = Owner(peer, jid, form.get("password", ""), time.monotonic() + self._services.policy.deadline)
        actions = {"forget": self._forget, "send-code": self._send_code, "confirm": self._confirm}
        actions.get(form.get("do", ""), self._choose)(req, resp, owner, form)

    def _choose(self, req: falcon.Request, resp: falcon.Response, owner: Owner, form: dict[str, str]) -> None:
        phone = form.get("phone") or linking.easy_phone_password()
        linking.set_phone_password(self._services, owner.peer, owner.jid, owner.password, phone, owner.deadline)
        shown = "the one that you have just chosen" if form.get("phone") else _MADE.substitute(password=html.escape(phone))
        server = html.escape(self._server(req, owner.peer))
        body = _DONE.substitute(user=html.escape(owner.jid), shown=shown, server=server, path=ACCOUNT_PAGE_PATH)
        _show(resp, TITLE, body)

    def _forget(self, _req: falcon.Request, resp: falcon.Response, owner: Owner, _form: dict[str, str]) -> None:
        found = linking.remove_phone_password(self._services, owner.peer, owner.jid, owner.password, owner.deadline)
        _note(resp, "Your account is forgotten here." if found else "Nothing was stored for this account.")

    def _send_code(self, req: falcon.Request, resp: falcon.Response, owner: Owner, form: dict[str, str]) -> None:
        number = form.get("number", "")
        issued = linking.send_code(self._services, owner.peer, owner.jid, owner.password, number, owner.deadline)
        self._form(req, resp, ISSUED.get(issued), form, None if issued in ISSUED else CODE_SENT)

    def _confirm(self, req: falcon.Request, resp: falcon.Response, owner: Owner, form: dict[str, str]) -> None:
        code = form.get("code", "")
        checked = linking.confirm_code(self._services, owner.peer, owner.jid, owner.password, code, owner.deadline)
        if checked is CodeCheck.RIGHT:
            _note(resp, "The number is yours. Your phone can be woken by SMS from its next log-in on.")
        else:
            self._form(req, resp, CHECKED[checked], form)

    def _server(self, req: falcon.Request, peer: Peer) -> str:
        """The address that is typed into the phone. Behind a proxy phones use its port for plain HTTP."""
        host = self._services.policy.public_host or (peer.host if self._peers.trusted(req) else req.netloc)
        return f"http://{host}/"

    def _form(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        problem: str | None = None,
        sent: dict[str, str] | None = None,
        told: str | None = None,
    ) -> None:
        """Shows the form, filled with what was sent, secrets excepted."""
        key = next(iter(req.get_cookie_values(COOKIE) or []), "")
        if not 20 <= len(key) <= 64:
            key = secrets.token_urlsafe(24)
            secure = self._peers.trusted(req)
            resp.set_cookie(COOKIE, key, secure=secure, http_only=True, same_site="Strict", path=ACCOUNT_PAGE_PATH)
        kept = {name: html.escape((sent or {}).get(name, "").strip()) for name in ("address", "number")}
        shared = {"token": self._token(key, int(time.time())), "address": kept["address"], "path": ACCOUNT_PAGE_PATH}
        number = _NUMBER.substitute(shared, stated=kept["number"]) if self._wakes_by_sms() else ""
        note = f'<p class="note bad" role="alert">{html.escape(problem)}</p>' if problem else ""
        note += f'<p class="note" role="status">{html.escape(told)}</p>' if told else ""
        domain = html.escape(self._services.policy.domain or "example.org")
        body = _FORM.substitute(
            shared, note=note, domain=domain, least=linking.MIN_PHONE_PASSWORD, most=linking.MAX_PHONE_PASSWORD, number=number
        )
        _show(resp, TITLE, body, falcon.HTTP_400 if problem else falcon.HTTP_200)

    def _wakes_by_sms(self) -> bool:
        try:
            return linking.wakes_by_sms(self._services)
        except StoreDown:
            return False

    def _token(self, key: str, now: int) -> str:
        """A token that is good for an hour, in the browser that has the cookie."""
        return f"{now}.{self._services.ring.digest(f'{now}.{key}', 'form').hex()[:32]}"

    def _token_good(self, token: str, keys: list[str]) -> bool:
        made, _, _ = token.partition(".")
        if not made.isascii() or not made.isdigit() or len(made) > 12 or not keys:
            return False
        fresh = 0 <= time.time() - int(made) <= TOKEN_SECONDS
        return secrets.compare_digest(token.encode(), self._token(keys[0], int(made)).encode()) and fresh


def _fields(req: falcon.Request) -> dict[str, str]:
    """The fields of a form. The first of each name counts."""
    body = req.bounded_stream.read(MAX_FORM + 1)
    if len(body) > MAX_FORM:
        raise falcon.HTTPContentTooLarge()
    try:
        found = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, encoding="utf-8", errors="strict")
    except ValueError:
        raise falcon.HTTPBadRequest() from None
    return {name: values[0] for name, values in found.items()}


def _harden(resp: falcon.Response) -> None:
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Content-Security-Policy", _POLICY)
    resp.set_header("X-Frame-Options", "DENY")
    resp.set_header("X-Content-Type-Options", "nosniff")
    resp.set_header("Referrer-Policy", "no-referrer")


def _note(resp: falcon.Response, told: str) -> None:
    _show(resp, TITLE, f'<p class="note">{told}</p><p><a href="{ACCOUNT_PAGE_PATH}">Back</a></p>')


def _show(resp: falcon.Response, title: str, body: str, status: str = falcon.HTTP_200) -> None:
    resp.status = status
    resp.content_type = "text/html; charset=utf-8"
    resp.text = _PAGE.substitute(title=html.escape(title), style=STYLE, body=body)
