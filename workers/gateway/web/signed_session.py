"""Who is signed in on the account page: a cookie that names the account and the visit, and nothing that could be read in it.

What is feared, and what holds:
- The cookie is read (a shared computer, a backup of the browser): it is sealed, and holds no password. The XMPP password lies
  sealed in Redis for the visit (PageSessions): a cookie could not be called back, a record can. Signing out, signing in anew
  and forgetting the account delete it.
- The cookie is copied and used again: until the owner signs out, ten minutes after the last step, and an hour after signing in at
  the latest. It shows a phone password only if that was made on the same visit, and never the XMPP password. What changes
  something is shown to the XMPP server first, so an XMPP password that was changed ends the visit.
- The cookie is made up, or of another account: it does not open without the key ring.
- The cookie is planted (session fixation): a visit begins with a new token after the password was checked, and nothing of before
  counts. A browser that sends two such cookies is signed in with neither.
- Other sites use the browser (CSRF, clickjacking): SameSite=Strict, tokens in forms that are bound to the visit, no frames.
- It is read on the way: Secure, and the page is served over HTTPS only (PeerReader.private). On the gateway's own machine there
  is none, and so no Secure.
"""

import base64
import binascii
import secrets
import time
from dataclasses import replace
from typing import Any

import falcon

from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.page_sessions import PageSession, PageSessions
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack
from workers.gateway.client_address import PeerReader

ACCOUNT_COOKIE, FORM_COOKIE = "onesoup-account", "onesoup-form"
ACCOUNT_PATH = "/account"
VERSION = 1
MAX_COOKIE = 3000
MAX_SECONDS = 3600
_PURPOSE = "account-cookie"


class SignedSessions:
    """Begins, finds, changes and ends visits."""

    def __init__(self, store: PageSessions, ring: KeyRing, peers: PeerReader) -> None:
        self._store, self._ring, self._peers = store, ring, peers

    def begin(self, req: falcon.Request, resp: falcon.Response, jid: str, password: str) -> None:
        """A visit of somebody whose XMPP password was just found to be right."""
        session = PageSession(jid, secrets.token_urlsafe(24), password)
        self._store.begin(session)
        sealed = self._ring.seal(_packed(jid, session.token, int(time.time()) + MAX_SECONDS), _PURPOSE)
        self._set(req, resp, ACCOUNT_COOKIE, base64.urlsafe_b64encode(sealed).decode())

    def find(self, req: falcon.Request) -> PageSession | None:
        """The visit that the request belongs to. Asks Redis only for a cookie that is ours."""
        cookies = req.get_cookie_values(ACCOUNT_COOKIE) or []
        if len(cookies) != 1 or len(cookies[0]) > MAX_COOKIE:
            return None
        try:
            sealed = base64.urlsafe_b64decode(cookies[0].encode("ascii"))
            jid, token, until = _unpacked(self._ring.open(sealed, _PURPOSE))
        except (KeyRingError, BadRecord, binascii.Error, UnicodeEncodeError):
            return None
        return self._store.find(jid, token) if time.time() < until else None

    def change(self, session: PageSession, **fields: Any) -> None:
        self._store.change(replace(session, **fields))

    def end(self, resp: falcon.Response, session: PageSession) -> None:
        self._store.end(session.jid)
        resp.unset_cookie(ACCOUNT_COOKIE, path=ACCOUNT_PATH, same_site="Strict")

    def form_key(self, req: falcon.Request, resp: falcon.Response) -> str:
        """The secret of a browser that is not signed in, for the tokens of its forms; a new one where it has none."""
        key = self.known_form_key(req)
        if not key:
            key = secrets.token_urlsafe(24)
            self._set(req, resp, FORM_COOKIE, key)
        return key

    def known_form_key(self, req: falcon.Request) -> str:
        key = next(iter(req.get_cookie_values(FORM_COOKIE) or []), "")
        return key if 20 <= len(key) <= 64 else ""

    def _set(self, req: falcon.Request, resp: falcon.Response, name: str, value: str) -> None:
        resp.set_cookie(name, value, secure=self._peers.trusted(req), http_only=True, same_site="Strict", path=ACCOUNT_PATH)


def _packed(jid: str, token: str, until: int) -> bytes:
    return pack(VERSION, {"j": jid, "t": token, "u": until})


@reader
def _unpacked(record: bytes) -> tuple[str, str, int]:
    fields = unpack(record, VERSION)
    return str(fields["j"]), str(fields["t"]), int(fields["u"])
