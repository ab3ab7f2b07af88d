"""Log-in and keep-alive rules (flows.md 4). Pure: nonces, times and secrets are arguments."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from onesoup.csp import addresses
from onesoup.csp.elements import ClientID, LoginRequest, Result
from onesoup.csp.errors import CspError

# Schemas that can be verified with a stored secret, best first. MD4 and MD6 have no counterpart in hashlib everywhere.
DIGESTS = {"SHA": "sha1", "MD5": "md5"}
GRACE_SHARE, GRACE_LEAST = 0.25, 30
MAX_USER_ID = 255
MAX_PASSWORD = 255
_RESOURCE = re.compile(r"[!-~]{1,32}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user id of a Login-Request asks for."""

    jid: str
    own: str
    short: str | None


def wish(user_id: str | None, default_domain: str | None) -> Wish:
    """The account that a log-in id means (xmpp-mapping.md 1.4). 531 when it is malformed, 516 without a domain."""
    text = (user_id or "").strip()
    if not text or len(text) > MAX_USER_ID:
        raise CspError(531, "user id missing or too long")
    try:
        address = addresses.parse(text)
        if address.resource is not None or not address.user:
            raise CspError(531, "not a user id")
        if address.domain is None and default_domain is None:
            raise CspError(516, "no domain given, and no default")
        jid = addresses.to_jid(text, default_domain)
    except CspError as error:
        raise CspError(531 if error.code == 901 else error.code, error.description) from None
    own = text if text[:3].lower() == "wv:" else f"wv:{text[5:] if text[:5].lower() == 'xmpp:' else text}"
    return Wish(jid, own, default_domain if address.domain is None else None)


def client_id_text(client_id: ClientID | None) -> tuple[str, str]:
    """(text, kind) of a ClientID: its URL, else its MSISDN, else the bare text of version 1.0."""
    if client_id is None:
        return "", "URL"
    if client_id.url:
        return client_id.url, "URL"
    if client_id.msisdn:
        return client_id.msisdn, "MSISDN"
    return (client_id.text or "").strip(), "URL"


def resource(client_id: str, digest: bytes) -> str:
    """The XMPP resource of a handset: its ClientID where that shows nothing private, else a keyed digest of it
    (xmpp-mapping.md 1.6). `digest` is the keyed digest of the ClientID."""
    private = re.search(r"[0-9]{7}|@", client_id)
    if _RESOURCE.fullmatch(client_id) and not private:
        return client_id
    return "imps-" + base64.b32encode(digest[:10]).decode().lower()[:10]


def schemas(request: LoginRequest) -> list[str]:
    """The digest schemas that a request offers: repeated elements, or one with a comma list; upper case."""
    return [name.strip().upper() for text in request.digest_schema for name in text.split(",") if name.strip()]


def choose_schema(offered: Iterable[str], has_secret: bool, takes_pwd: bool) -> str:
    """The schema of the second request (flows.md 4.2). 409 when the log-in could never be verified, 543 when no offered
    schema is known."""
    offered = list(offered)
    if has_secret:
        for name in offered:
            if name in DIGESTS:
                return name
    if "PWD" in offered or takes_pwd:
        return "PWD"
    if has_secret or not any(name in DIGESTS for name in offered):
        raise CspError(543, "no matching digest schema")
    raise CspError(409, "invalid password")


def digest_matches(digest_bytes: str, nonce: str, password: str) -> bool:
    """Whether DigestBytes is base64(H(nonce, password)) for a schema that we know. The phone may have taken the password
    as ISO-8859-1 or as UTF-8; every comparison takes the same time."""
    try:
        given = base64.b64decode("".join(digest_bytes.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    matches = False
    for octets in {password.encode("latin-1", "replace"), password.encode("utf-8")}:
        for name in DIGESTS.values():
            expected = hashlib.new(name, nonce.encode("latin-1", "replace") + octets, usedforsecurity=False).digest()
            matches |= hmac.compare_digest(given, expected)
    return matches


def granted(asked: int | None, least: int, most: int) -> int:
    """Seconds of keep-alive: what the phone asks for within what the server allows."""
    return min(max(asked or most, least), most)


def expiry(keep_alive: int) -> int:
    """Seconds after which a silent session is over: the granted time and some grace."""
    return keep_alive + max(round(keep_alive * GRACE_SHARE), GRACE_LEAST)


def result(code: int = 200, description: str | None = None) -> Result:
    return Result(code=code, description=description[:200] if description else None)
