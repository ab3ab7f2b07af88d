"""Makes a CSP document safe to pass on: names, numbers and texts are replaced, lengths and forms stay. Pure.

What is kept is listed: truth values, numbers, dates, codes, tokens of the protocol, media types, and what a phone says of its own
make. Everything else is replaced, and so is every text of an unknown element. The same name becomes the same other name wherever
it stands, by a key that belongs to one recording: no state is needed, and without the key there is no way back."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote_to_bytes

from onesoup.captures.fillers import filler
from onesoup.captures.lookalikes import alike
from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.generated.doctypes import NAMESPACES
from onesoup.wire.generated.values import VALUES
from onesoup.wire.tree import Element

# Longer runs of digits are phone numbers, serial numbers, card numbers.
MAX_KEPT_DIGITS = 7

# What tables of values name: no person is called so.
_TOKENS = frozenset(text for table in VALUES.values() for text in table.values())
_UPPER_TOKEN = re.compile(r"[A-Z][A-Z_]{0,31}[0-9]{0,2}")
_NUMBER = re.compile(rf"\d{{1,{MAX_KEPT_DIGITS}}}|2147483647|4294967295")
_DATETIME = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d(Z|[+-]\d\d:?\d\d)?")
_MEDIA_TYPE = re.compile(r"[\w.+*-]{1,64}(/[\w.+*-]{1,64})?(;\s*charset=[\w-]{1,20})?", re.IGNORECASE | re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{2,8})?")
_TRANSACTION_ID = re.compile(r"[A-Za-z0-9_.-]{1,24}")
_SHORT_NUMBER = re.compile(r"\d{1,5}")
_LONG_DIGITS = re.compile(rf"\d{{{MAX_KEPT_DIGITS + 1},}}")
_PUBLIC_NAMESPACES = frozenset(uri for table in NAMESPACES.values() for uri in table.values())

_SCHEME = re.compile(r"(wv|xmpp|sips?|im|pres|mailto|tel):", re.IGNORECASE)
_WEB = re.compile(r"([a-z]{2,5}://)([^/:?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"(?:%[0-9A-Fa-f]{2})+|.", re.DOTALL)
# Domains that belong to nobody (RFC 2606), and labels that name a service and no person.
_NOBODYS_DOMAIN = re.compile(r"(.*\.)?(example(\.(org|com|net))?|test|invalid|localhost)", re.IGNORECASE)
_SERVICE_LABELS = frozenset({"conference", "conf", "muc", "rooms", "chat", "groups", "www", "wap", "imps"})

# Presence attributes whose PresenceValue is a token. That of any other attribute is the user's own.
_TOKEN_ATTRIBUTES = frozenset({"OnlineStatus", "Registration", "UserAvailability", "StatusMood"})
# Numbers that say where a user is.
_PRIVATE_NUMBERS = frozenset({"Accuracy", "Altitude"})
_MEDIA_TYPES = frozenset({"ContentType", "AcceptedContentType", "RichContentType"})
_CLIENT_FACTS = frozenset({"ApplicationID", "ClientProducer", "ClientVersion", "DevManufacturer", "Model"})
_NAMESPACE_NAMES = frozenset({"SessionNSName", "TransactionNSName", "PresenceAttributeNSName"})
_CONTENT = frozenset({"ContentData", "DirectContent"})

# HTTP headers that say what a phone is and takes. No other header is written down: gateways put phone numbers into theirs.
KEPT_HEADERS = (
    "User-Agent",
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Content-Type",
    "Expect",
    "x-wap-profile",
)
_KEPT_HEADERS_LOWER = {name.lower(): name for name in KEPT_HEADERS}
MAX_HEADER_CHARACTERS = 300


class Redactor:
    """Replaces by a key. Two redactors with one key replace alike."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32).digest()

    def redact(self, root: Element) -> Element:
        """The same tree with other texts. The tree that is given stays as it is."""
        return self._copy(root, Element(""))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those that say something about the phone, in the spelling of KEPT_HEADERS."""
        kept = {
            _KEPT_HEADERS_LOWER[name.lower()]: value for name, value in headers.items() if name.lower() in _KEPT_HEADERS_LOWER
        }
        return {name: self.client_fact(value[:MAX_HEADER_CHARACTERS]) for name, value in kept.items()}

    def text(self, text: str) -> str:
        """A name, an address, a number or a text: another one of the same form."""
        if web := _WEB.fullmatch(text):
            return web[1] + self._domain(web[2]) + self._replaced(web[3])
        scheme = _SCHEME.match(text)
        if scheme or (text.count("@") and not re.search(r"\s", text)):
            start = scheme[0] if scheme else ""
            return start + self._address(text[len(start) :])
        return self._replaced(text)

    def client_fact(self, text: str) -> str:
        """What a program says of itself. Serial numbers in it are replaced, and all of it where it is a user's address."""
        _, at, domain = text.partition("@")
        if (at and domain != domain.upper()) or not text.isascii():
            return self.text(text)
        return _LONG_DIGITS.sub(lambda found: self._replaced(found[0]), text)

    def _copy(self, element: Element, parent: Element) -> Element:
        attrs = {name: uri for name, uri in (element.attrs or {}).items() if name == "xmlns" and uri in _PUBLIC_NAMESPACES}
        text = self._text_of(element, parent) if element.text else ""
        children = [self._copy(child, element) for child in element.children]
        return Element(element.name, text, children, attrs or None)

    def _text_of(self, element: Element, parent: Element) -> str:
        name, text = element.name, element.text
        if name in _CONTENT:
            return self._content(text, parent)
        if name in _CLIENT_FACTS or (name == "URL" and parent.name == "ClientID" and " " not in text):
            return self.client_fact(text)
        return text if _is_kept(name, text, parent) else self.text(text)

    def _content(self, text: str, parent: Element) -> str:
        """A message or a picture. A picture becomes another one of the same type and length."""
        info = parent.find("MessageInfo") or parent
        media = info.findtext("ContentType").partition(";")[0].strip().lower()
        coded = info.findtext("ContentEncoding").upper() == "BASE64"
        if not coded and (not media or media.startswith("text/")):
            return self._replaced(text)
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return self._replaced(text)
        if not media.startswith("text/"):
            return base64.b64encode(filler(media, len(data))).decode()
        return base64.b64encode(self._replaced(data.decode("utf-8", "replace")).encode()[: len(data)]).decode()

    def _address(self, text: str) -> str:
        """user[/list]@domain. A user part may hold an address with %40."""
        local, at, domain = text.rpartition("@")
        if not at:
            local, domain = text, ""
        inner, escaped, inner_domain = local.rpartition("%40")
        if escaped and "/" not in local:
            return f"{self._replaced(inner)}%40{self._domain(inner_domain)}{at}{self._domain(domain)}"
        user, slash, resource = local.partition("/")
        return self._replaced(user) + slash + self._replaced(resource) + at + self._domain(domain)

    def _domain(self, domain: str) -> str:
        if _NOBODYS_DOMAIN.fullmatch(domain):
            return domain
        return ".".join(label if label.lower() in _SERVICE_LABELS else self._replaced(label) for label in domain.split("."))

    def _replaced(self, text: str) -> str:
        """Character for character: letters by letters of the same script and case, digits by digits, all else stays. Upper and
        lower case of one text go the same way, so that Alice and alice are still one."""
        pieces = _PIECE.findall(text)
        stream = iter(hashlib.shake_256(self._key + text.casefold().encode("utf-8", "surrogatepass")).digest(2 * len(text) + 2))
        out, digit_before = [], False
        for piece in pieces:
            escaped = len(piece) > 1
            for char in _decoded(piece) if escaped else piece:
                new = alike(char, next(stream) << 8 | next(stream), first_digit=not digit_before)
                digit_before = char.isdigit()
                out.append("".join(f"%{byte:02X}" for byte in new.encode()) if escaped else new)
        return "".join(out)


def _decoded(escapes: str) -> str:
    data = unquote_to_bytes(escapes)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _is_kept(name: str, text: str, parent: Element) -> bool:
    """Whether the text has the form that the element's type has: a name in the place of a number is a name."""
    if name == "PresenceValue":
        return _kept_presence(text, parent.name)
    if parent.name == "Property":
        return text in _TOKENS or (name == "Value" and _SHORT_NUMBER.fullmatch(text) is not None)
    if name in _MEDIA_TYPES:
        return _MEDIA_TYPE.fullmatch(text) is not None and not _LONG_DIGITS.search(text)
    if name in ("Language", "DefaultLanguage"):
        return _LANGUAGE.fullmatch(text) is not None
    if name in _NAMESPACE_NAMES:
        return text in _PUBLIC_NAMESPACES
    if name == "TransactionID":
        return _TRANSACTION_ID.fullmatch(text) is not None and not _LONG_DIGITS.search(text)
    form = _FORMS.get(_KINDS.get(name, ""))
    return form is not None and name not in _PRIVATE_NUMBERS and form(text)


def _kept_presence(text: str, attribute: str) -> bool:
    if attribute == "PreferredLanguage":
        return _LANGUAGE.fullmatch(text) is not None
    return attribute in _TOKEN_ATTRIBUTES and _is_token(text)


def _is_token(text: str) -> bool:
    return text in _TOKENS or _UPPER_TOKEN.fullmatch(text) is not None


_FORMS: dict[str, Callable[[str], bool]] = {
    "boolean": lambda text: text in ("T", "F", "0", "1"),
    "integer": lambda text: _NUMBER.fullmatch(text) is not None,
    "datetime": lambda text: _DATETIME.fullmatch(text) is not None,
    "enum": _is_token,
}
# Enumerations of tables/schema.tsv for which the wire has no type.
_KINDS = DATATYPES | dict.fromkeys(("Color", "Cstatus", "PrefC", "Size", "Status", "Style", "SupportedOfflineBearer"), "enum")
