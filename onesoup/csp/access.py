"""Log-in and keep-alive rules (flows.md 4). Pure: nonces, times and secrets are arguments."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, Result
from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.csp.text.md4 import md4

# Schemas that can be verified with a stored secret. MD6 is missing: no document defines it.
PASSWORD_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "SHA": lambda octets: hashlib.sha1(octets, usedforsecurity=False).digest(),
    "MD5": lambda octets: hashlib.md5(octets, usedforsecurity=False).digest(),
    "MD4": md4,
}
# Taken only when the phone offers nothing better.
LAST_RESORT = "MD4"
GRACE_SHARE, GRACE_LEAST = 0.25, 30
MAX_USER_ID = 255
MAX_PASSWORD_LENGTH = 255
_RESOURCE = re.compile(r"[!-~]{1,32}")


@dataclass(frozen=True, slots=True)
class LoginWish:
    """What the user id of a Login-Request asks for: an account, the phone's spelling of it, whether that names no domain, and
    the name of this gateway in it, if any."""

    jid: str
    own: str
    bare: bool
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class DomainPolicy:
    """Where accounts are. `default` is meant by an id without a domain; `gateways` are names of this gateway that are no
    XMPP domains: the account's own domain stands inside the user part."""

    default: str | None
    served: Collection[str] = frozenset()
    gateways: Collection[str] = frozenset()


def login_address(user_id: str | None, domains: DomainPolicy) -> LoginWish:
    """The account that a log-in id means (xmpp-mapping.md 1.4). 531 when it is malformed, 516 without a domain."""
    text = (user_id or "").strip()
    if not text or len(text) > MAX_USER_ID:
        raise CspError(StatusCode.UNKNOWN_USER, "user id missing or too long")
    try:
        address = addresses.parse_address(text)
        if address.resource is not None or not address.user:
            raise CspError(StatusCode.UNKNOWN_USER, "not a user id")
        user, domain = _inner(text, address, domains)
        if domain is None and domains.default is None:
            raise CspError(StatusCode.DOMAIN_NOT_SUPPORTED, "no domain given, and no default")
        jid = addresses.make_jid(user, domain or domains.default or "")
        if "@" not in jid:
            raise CspError(StatusCode.UNKNOWN_USER, "the address of a server, not of a user")
    except CspError as error:
        raise CspError(
            StatusCode.UNKNOWN_USER if error.code == StatusCode.GENERAL_ADDRESS_ERROR else error.code, error.description
        ) from None
    own = text if text[:3].lower() == "wv:" else f"wv:{text[5:] if text[:5].lower() == 'xmpp:' else text}"
    gateway = address.domain if address.domain in domains.gateways else None
    return LoginWish(jid, own, domain is None and gateway is None, gateway or "")


def _inner(text: str, address: addresses.Address, domains: DomainPolicy) -> tuple[str, str | None]:
    """User and domain of the account. Screens that refuse a second @ are given alice%40example.org@gateway, or
    alice%example.org; the latter counts only for a domain that is served, since % may stand in any user part."""
    if address.domain is not None and address.domain not in domains.gateways:
        return address.user, address.domain
    user, at, domain = address.user.rpartition("@")
    if at and (address.domain is not None or domain.lower() in domains.served):
        return user, domain
    user, percent, domain = addresses.written_user(text).rpartition("%")
    if percent and domain.lower() in domains.served:
        return addresses.decode_part(user), domain
    return address.user, None


def default_domain(by_place: dict[str, str], host: str, path: str, otherwise: str | None) -> str | None:
    """The domain of an id that names none: by the longest path that the request's begins with, else by its host."""
    folded = path.lower().rstrip("/") + "/"
    paths = [place for place in by_place if place.startswith("/") and folded.startswith(place.rstrip("/") + "/")]
    if paths:
        return by_place[max(paths, key=len)]
    return by_place.get(host.lower(), otherwise)


def client_id_text(client_id: ClientID | None) -> tuple[str, str]:
    """(text, kind) of a ClientID: its URL, else its MSISDN, else the bare text of version 1.0."""
    if client_id is None:
        return "", "URL"
    if client_id.url:
        return client_id.url, "URL"
    if client_id.msisdn:
        return client_id.msisdn, "MSISDN"
    return (client_id.text or "").strip(), "URL"


def resource_of(client_id: str, digest: bytes) -> str:
    """The XMPP resource of a handset: its ClientID where that shows nothing private, else a keyed digest of it
    (xmpp-mapping.md 1.6). `digest` is the keyed digest of the ClientID."""
    if _RESOURCE.fullmatch(client_id) and not is_private(client_id):
        return client_id
    return "imps-" + base64.b32encode(digest[:10]).decode().lower()[:10]


def is_private(client_id: str) -> bool:
    """Whether a ClientID may show a phone number, a serial number or an address."""
    return re.search(r"[0-9]{7}|@", client_id) is not None


def offered_schemas(request: LoginRequest) -> list[str]:
    """The digest schemas that a request offers: repeated elements, or one with a comma list; upper case."""
    return [name.strip().upper() for text in request.digest_schema for name in text.split(",") if name.strip()]


def choose_schema(offered: Iterable[str], takes_pwd: bool) -> str:
    """The schema of the second request (flows.md 4.2). 543 when no offered schema is known.

    It depends on the phone alone: if it depended on the account, anybody could learn who has a phone password here. A phone
    that can give its password gives it, since nearly everybody's can only be verified so; one that can only do digests is
    asked for one although nothing may be stored that could verify it."""
    offered = list(offered)
    if "PWD" in offered or takes_pwd:
        return "PWD"
    known = [name for name in offered if name in PASSWORD_DIGESTS]
    best = next((name for name in known if name != LAST_RESORT), known[0] if known else None)
    if best is None:
        raise CspError(StatusCode.NO_DIGEST_SCHEME, "no matching digest schema")
    return best


def digest_matches(digest_bytes: str, nonce: str, password: str) -> str | None:
    """The schema for which DigestBytes is base64(H(nonce, password)), or None. The phone may have taken the password as
    ISO-8859-1 or as UTF-8; every comparison takes the same time."""
    try:
        given = base64.b64decode("".join(digest_bytes.split()), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    found = None
    for octets in (password.encode("latin-1", "replace"), password.encode("utf-8", "surrogatepass")):
        for name, digest in PASSWORD_DIGESTS.items():
            if hmac.compare_digest(given, digest(nonce.encode("latin-1", "replace") + octets)):
                found = name
    return found


def granted_keep_alive(asked: int | None, least: int, most: int) -> int:
    """Seconds of keep-alive: what the phone asks for within what the server allows."""
    return min(max(asked or most, least), most)


def session_expiry_seconds(keep_alive: int) -> int:
    """Seconds after which a silent session is over: the granted time and some grace."""
    return keep_alive + max(round(keep_alive * GRACE_SHARE), GRACE_LEAST)


def result(code: int = StatusCode.SUCCESSFUL, description: str | None = None) -> Result:
    return Result(code=code, description=description[:200] if description else None)
