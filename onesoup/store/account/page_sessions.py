"""Who is signed in on the account page: one record an account, sealed with the key ring, gone ten minutes after its last use.

The record holds the XMPP password, because each change is shown to the XMPP server first. It is here and not in the browser's
cookie, so that signing out, signing in anew and forgetting the account end it at once, and a copied cookie with it."""

import hmac
from dataclasses import dataclass

import redis

from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.client import guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

VERSION = 1
PAGE_IDLE_MS = 600_000


@dataclass(frozen=True, slots=True)
class PageSession:
    """One visit of an account's owner. `token` is what the cookie must name. `made`: the phone password was made on this visit,
    and may be shown. `number` is one that is to be proved; the rest is what the settings are to hold."""

    jid: str
    token: str
    password: str
    made: bool = False
    number: str = ""
    apn: str = ""
    apn_user: str = ""
    apn_password: str = ""
    with_password: bool = False
    # The link to the settings and their PIN; the number that the settings went to by SMS, and the PIN of those.
    link: str = ""
    link_pin: str = ""
    sent_to: str = ""
    sms_pin: str = ""


class PageSessions:
    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring = client, ring

    def begin(self, session: PageSession) -> None:
        """The account's session from now on; an older one is over. TooMuch for texts that are too long."""
        record = self._sealed(session)
        guarded(lambda: self._client.set(_key(session.jid), record, px=PAGE_IDLE_MS))

    def change(self, session: PageSession) -> None:
        """Other fields, for ten minutes; nothing when the session has ended meanwhile."""
        record = self._sealed(session)
        guarded(lambda: self._client.set(_key(session.jid), record, px=PAGE_IDLE_MS, xx=True))

    def find(self, jid: str, token: str) -> PageSession | None:
        """The account's session, if this is its token. It lasts ten minutes from now."""
        record = guarded(lambda: self._client.get(_key(jid)))
        try:
            session = None if record is None else _session(self._ring.open(record, f"page:{jid}"))
        except (BadRecord, KeyRingError):
            return None
        if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
            return None
        guarded(lambda: self._client.pexpire(_key(jid), PAGE_IDLE_MS))
        return session

    def end(self, jid: str) -> None:
        guarded(lambda: self._client.delete(_key(jid)))

    def _sealed(self, session: PageSession) -> bytes:
        fields = {name: getattr(session, name) for name in PageSession.__slots__}
        record = self._ring.seal(pack(VERSION, {"f": fields}), f"page:{session.jid}")
        if len(record) > bounds.PAGE_BYTES:
            raise TooMuch("a session of the account page")
        return record


@reader
def _session(record: bytes) -> PageSession:
    fields = unpack(record, VERSION)["f"]
    return PageSession(**{name: fields[name] for name in PageSession.__slots__ if name in fields})


def _key(jid: str) -> str:
    return keys.account(jid, "page")
