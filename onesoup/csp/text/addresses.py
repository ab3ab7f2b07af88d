"""wv: addresses <-> JIDs (xmpp-mapping.md 1, messages.md 3). Pure text; the spelling a phone used is kept by the caller.

wv:user@domain          a user             wv:user/list@domain     a contact list, or a private group
wv:/group@domain        a public group     wv:domain@domain        a server or a transport, which has no user part

Every bare JID that has an address here comes back as itself: `to_jid(from_jid(jid), ...) == jid`. One cannot be named: the
account whose name is its own domain.
"""

import re
import unicodedata
from dataclasses import dataclass
from encodings.idna import nameprep
from urllib.parse import unquote_to_bytes

from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode

_ESCAPES = {
    " ": "20", '"': "22", "&": "26", "'": "27", "/": "2f", ":": "3a", "<": "3c", ">": "3e", "@": "40",
}  # fmt: skip
_UNESCAPES = {code: char for char, code in _ESCAPES.items()} | {"5c": "\\"}
_ESCAPED = re.compile(r"\\(20|22|26|27|2f|3a|3c|3e|40|5c)", re.IGNORECASE)
_OTHER_SCHEMES = re.compile(r"^(sip|sips|mailto|tel|im|pres|http|https):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What stands in an address as it is: nearly every part.
_PLAIN_PART = re.compile(r"(?!\+)[!-$&-.0-?A-~]*")
MAX_PART = 1023


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a wv: address, unescaped. `user` is "" for a public group, `resource` None without a slash."""

    user: str
    resource: str | None
    domain: str | None


def parse_address(text: str) -> Address:
    """The parts of an address. CspError(901) when it has the syntax of something else."""
    text = _without_scheme(text)
    user, at, domain = text.rpartition("@")
    if not at:
        user, domain = text, ""
    user, slash, resource = user.partition("/")
    address = Address(decode_part(user), decode_part(resource) if slash else None, domain.lower() or None)
    if _CONTROL.search(address.user + (address.resource or "") + (domain or "")):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "control characters in an address")
    return address


def _without_scheme(text: str) -> str:
    text = text.strip()
    if text[:3].lower() == "wv:":
        return text[3:]
    if text[:5].lower() == "xmpp:":
        return text[5:]
    if _OTHER_SCHEMES.match(text):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "not a wv: address")
    return text


def written_user(text: str) -> str:
    """The part before the domain as it was written, percent signs and all."""
    text = _without_scheme(text)
    return text.rpartition("@")[0] or text


def decode_part(part: str) -> str:
    """%XX are octets of UTF-8; phones that mean Latin-1 are understood too."""
    if "%" not in part:
        return part
    octets = unquote_to_bytes(part)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def escape_local(text: str) -> str:
    """XEP-0106: a local part from free text. A backslash is escaped only where it would read as an escape."""
    text = re.sub(r"\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)", r"\\5c", text, flags=re.IGNORECASE)
    return "".join(f"\\{_ESCAPES[char]}" if char in _ESCAPES else char for char in text)


def unescape_local(local: str) -> str:
    return _ESCAPED.sub(lambda match: _UNESCAPES[match.group(1).lower()], local)


def to_jid(text: str, default_domain: str | None) -> str:
    """The bare JID that a phone means by a user's address, normalised for comparison (RFC 7622 in its common part)."""
    address = parse_address(text)
    if not address.user and address.resource is None and address.domain:
        return normal_domain(address.domain)
    return make_jid(address.user, address.domain or default_domain or "")


def make_jid(user: str, domain: str) -> str:
    """The normalised bare JID of an unescaped user part and a domain. A domain in both places is that of a server or a
    transport, which has no user part."""
    if not user or not domain:
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "an address needs a user and a domain")
    # Folded before it is escaped: a wide @ or / folds to one that would end the local part.
    name = fold(user.strip())
    domain = normal_domain(domain)
    if _is_domain(name, domain):
        return domain
    local = escape_local(name)
    if not local or len(local.encode()) > MAX_PART or local.startswith("\\20") or local.endswith("\\20"):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "user part empty, too long or with blanks at an end")
    return f"{local}@{domain}"


def _is_domain(name: str, domain: str) -> bool:
    try:
        return unicode_domain(name) == domain
    except UnicodeError:
        return False


def fold(local: str) -> str:
    """UsernameCaseMapped: width mapping, lower case, NFC; NFKC stands for the width mapping."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", local).lower())


def normal_domain(domain: str) -> str:
    domain = fold(domain).strip().rstrip(".")
    if not domain or len(domain) > MAX_PART or re.search(r"[\s/@<>\"'&]", domain):
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "domain empty or malformed")
    try:
        return unicode_domain(domain)
    except UnicodeError:
        raise CspError(StatusCode.GENERAL_ADDRESS_ERROR, "domain is no valid IDNA") from None


def unicode_domain(domain: str) -> str:
    """A domain as XMPP servers write it: in Unicode (RFC 7622 section 3.2.1), prepared as servers do it. A label of Punycode
    that stands for nothing which that could give back is left as it is. UnicodeError for what is no domain."""
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.lower()
    return ".".join(_unicode_label(label) for label in domain.split("."))


def _unicode_label(label: str) -> str:
    if not label.isascii():
        prepared = nameprep(label)
        if prepared.startswith("xn--"):
            raise UnicodeError("Punycode with other letters in it")
        return prepared
    label = label.lower()
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label


def ascii_domain(domain: str) -> str:
    """The same domain as the DNS writes it; itself where there is no such form."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain


def bare(jid: str) -> str:
    """Folded bare JID of any JID: split at the first slash, then at the first @ (RFC 7622 3.1). Both forms of a domain, in
    Unicode and in Punycode, are one; what is no domain stays as it is."""
    node = jid.partition("/")[0]
    local, at, domain = node.partition("@")
    domain = domain if at else node
    try:
        domain = unicode_domain(domain)
    except UnicodeError:
        domain = domain.lower()
    return f"{fold(local)}@{domain}" if at else domain


def domain_of(jid: str) -> str:
    return bare(jid).rpartition("@")[2]


def local_of(jid: str) -> str:
    """The local part as people read it, unescaped; of a server or a transport its domain."""
    local, at, domain = jid.partition("/")[0].rpartition("@")
    return unescape_local(local) if at else domain


def encode_part(text: str) -> str:
    """Percent-encodes what may not stand in a part of an address: controls, non-ASCII, space, %, /, @, a leading plus."""
    if _PLAIN_PART.fullmatch(text):
        return text
    head = ""
    if text.startswith("+") and not text[1:].isdigit():
        head, text = "%2B", text[1:]
    safe = "".join(
        char
        if "!" <= char <= "~" and char not in "%/@"
        else "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "replace"))
        for char in text
    )
    return head + safe


def from_jid(jid: str, short_domain: str | None = None) -> str:
    """The wv: address of a bare JID; without its domain when that is `short_domain` (a log-in id without domain)."""
    node = jid.partition("/")[0]
    local, _, domain = node.rpartition("@")
    # A server or a transport has no user part, and phones know no address without one.
    user = encode_part(unescape_local(local) or domain)
    return f"wv:{user}" if domain == short_domain else f"wv:{user}@{domain}"


def list_address(owner: str, token: str) -> str:
    """`owner` is the owner's wv: address; the list's token goes between user and domain."""
    user, at, domain = owner.partition("@")
    return f"{user}/{token}{at}{domain}"
