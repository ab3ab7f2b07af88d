"""The page on which people choose a password for their phone. Plain HTML that works without scripts, in old browsers too.

Every form carries the XMPP password, so there is no session to steal; the token in it stops forms of other sites. What is
asked of whom, and how often, is decided by onesoup.handlers."""

import base64
import hashlib
import html
import secrets
import time
from string import Template
from typing import Protocol
from urllib.parse import parse_qs

import falcon
import structlog

from onesoup.csp.errors import BackendError, CspError
from onesoup.handlers import linking, numbers, throttle
from onesoup.handlers.context import Peer, Services
from onesoup.store.errors import StoreDown
from workers.peers import Peers

log = structlog.get_logger()

PATH = "/account"
FORM = "application/x-www-form-urlencoded"
COOKIE = "onesoup-form"
TOKEN_SECONDS = 3600
MAX_FORM = 8192
# Forms that one address may send in ten minutes, whatever is in them.
MOST_FORMS = 30
_CREDENTIALS = "The address or the XMPP password is wrong."
TOLD = {
    409: _CREDENTIALS,
    531: _CREDENTIALS,
    516: "This server does not serve that domain.",
    403: "That account is closed, or its log-in here is managed by the operator.",
    504: "The XMPP server did not answer in time. Please try again.",
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


_NUMBER = Template(
    """<h2>Wake-ups by SMS</h2>
<p>A phone that cannot be reached in another way is woken by a message to its number, once you have shown that it is yours:
a code is sent to it, which you type in here.</p>
<form method="post" action="$path" autocomplete="off">
<input type="hidden" name="token" value="$token">
<label for="owner">XMPP address</label>
<input id="owner" name="address" type="text" value="$address" required maxlength="255" autocapitalize="none" spellcheck="false">
<label for="proof">XMPP password</label>
<input id="proof" name="password" type="password" required maxlength="255">
<label for="number">Phone number <small>with + and the country code</small></label>
<input id="number" name="number" type="tel" maxlength="30">
<label for="code">Code <small>once you have it</small></label>
<input id="code" name="code" type="text" inputmode="numeric" maxlength="10">
<button type="submit" name="do" value="number">Send me a code</button>
<button type="submit" name="do" value="code" class="plain">This is the code</button>
</form>
"""
)

_ISSUED = {
    numbers.Issued.SENT: "A code is on its way to your phone, if messages to it are not too many already.",
    numbers.Issued.NO_NUMBER: "That is no phone number: write + and the country code first.",
    numbers.Issued.NOT_SERVED: "No messages are sent to that country from here.",
    numbers.Issued.TOO_OFTEN: "Too many codes were asked for. Please try again tomorrow.",
}
_CHECKED = {
    numbers.Checked.RIGHT: "The number is yours. Your phone learns of it when it logs in next.",
    numbers.Checked.WRONG: "That is not the code.",
    numbers.Checked.OVER: "There is no code to compare with any more. Please ask for a new one.",
}
_GOOD = (_ISSUED[numbers.Issued.SENT], _CHECKED[numbers.Checked.RIGHT])


class Phones(Protocol):
    """Who answers phones."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None: ...


class AccountPage:
    """GET shows the form, POST does what it says. Served only where nobody on the way can read along. What is posted here
    and is no form comes from a phone whose user typed this path."""

    def __init__(self, services: Services, peers: Peers, phones: Phones | None = None) -> None:
        self._services, self._peers, self._phones = services, peers, phones

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self._open(req, resp):
            self._form(req, resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        if self._phones is not None and not (req.content_type or "").startswith(FORM):
            self._phones.on_post(req, resp)
            return
        if not self._open(req, resp):
            return
        peer, form = self._peers.of(req), _fields(req)
        address = form.get("address", "").strip()
        try:
            problem = self._refusal(req, peer, form)
            if problem is None:
                self._do(req, resp, peer, form)
                return
        except (CspError, BackendError) as error:
            problem = TOLD.get(error.code, _LATER)
            log.info("account-page", result=error.code)
        except StoreDown as error:
            problem = _LATER
            log.warning("store-down", reason=str(error))
        self._form(req, resp, problem, address)

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
        if self._services.guard.busy("forms", throttle.address(self._services, peer), MOST_FORMS):
            return _LATER
        if not self._token_good(form.get("token", ""), req.get_cookie_values(COOKIE) or []):
            return "This form was too old, or cookies are off. Please fill it in again."
        if form.get("do") in ("forget", "number", "code"):
            return None
        if form.get("phone", "") != form.get("again", ""):
            return "The two phone passwords differ."
        if form.get("phone"):
            return linking.objection(form["phone"], form.get("password", ""))
        return None

    def _do(self, req: falcon.Request, resp: falcon.Response, peer: Peer, form: dict[str, str]) -> None:
        services, password = self._services, form.get("password", "")
        deadline = time.monotonic() + services.policy.deadline
        jid = linking.whose(services, peer, form.get("address", ""))
        if form.get("do") in ("number", "code"):
            linking.verify(services, peer, jid, password, deadline)
            if form["do"] == "number":
                told = _ISSUED[numbers.issue_code(services, jid, form.get("number", ""))]
            else:
                told = _CHECKED[numbers.check_code(services, jid, form.get("code", ""))]
            self._form(req, resp, told, jid)
            return
        if form.get("do") == "forget":
            found = linking.forget(services, peer, jid, password, deadline)
            told = "Your account is forgotten here." if found else "Nothing was stored for this account."
            _show(resp, "Your phone's password", f'<p class="note">{told}</p><p><a href="{PATH}">Back</a></p>')
            return
        phone = form.get("phone") or linking.easy_password()
        linking.choose(services, peer, jid, password, phone, deadline)
        shown = "the one that you have just chosen" if form.get("phone") else _MADE.substitute(password=html.escape(phone))
        body = _DONE.substitute(user=html.escape(jid), shown=shown, server=html.escape(self._server(req, peer)), path=PATH)
        _show(resp, "Your phone's password", body)

    def _server(self, req: falcon.Request, peer: Peer) -> str:
        """What is typed into the phone. Behind a proxy phones come to its port for plain HTTP."""
        host = self._services.policy.public_host or (peer.host if self._peers.trusted(req) else req.netloc)
        return f"http://{host}/"

    def _form(self, req: falcon.Request, resp: falcon.Response, problem: str | None = None, address: str = "") -> None:
        key = next(iter(req.get_cookie_values(COOKIE) or []), "")
        if not 20 <= len(key) <= 64:
            key = secrets.token_urlsafe(24)
            secure = self._peers.trusted(req)
            resp.set_cookie(COOKIE, key, secure=secure, http_only=True, same_site="Strict", path=PATH)
        token, good = self._token(key, int(time.time())), problem in _GOOD
        kind = "note" if good else "note bad"
        body = _FORM.substitute(
            note=f'<p class="{kind}" role="alert">{html.escape(problem)}</p>' if problem else "",
            token=token,
            address=html.escape(address),
            domain=html.escape(self._services.policy.domain or "example.org"),
            path=PATH,
            least=linking.LEAST,
            most=linking.MOST,
        )
        if self._services.policy.sms_prefixes:
            body += _NUMBER.substitute(token=token, address=html.escape(address), path=PATH)
        _show(resp, "Your phone's password", body, falcon.HTTP_400 if problem and not good else falcon.HTTP_200)

    def _token(self, key: str, now: int) -> str:
        """Good for an hour, in the browser that has the cookie."""
        return f"{now}.{self._services.ring.digest(f'{now}.{key}', 'form').hex()[:32]}"

    def _token_good(self, token: str, keys: list[str]) -> bool:
        made, _, _ = token.partition(".")
        if not made.isascii() or not made.isdigit() or len(made) > 12 or not keys:
            return False
        fresh = 0 <= time.time() - int(made) <= TOKEN_SECONDS
        return secrets.compare_digest(token.encode(), self._token(keys[0], int(made)).encode()) and fresh


def _fields(req: falcon.Request) -> dict[str, str]:
    """The fields of a form; a second one of the same name does not count."""
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


def _show(resp: falcon.Response, title: str, body: str, status: str = falcon.HTTP_200) -> None:
    resp.status = status
    resp.content_type = "text/html; charset=utf-8"
    resp.text = _PAGE.substitute(title=html.escape(title), style=STYLE, body=body)
