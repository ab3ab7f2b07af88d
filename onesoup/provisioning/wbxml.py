"""OMA Client Provisioning as WBXML 1.3 (ota.md 3): a document to bytes and back."""

from typing import NoReturn

from onesoup.provisioning.documents import Characteristic, SettingsParameter
from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.tokens import ATTRIBUTES, CHARACTERISTIC, CHARSET_UTF8, DOCUMENT, PARAMETER, PUBLIC_ID, VALUES

PROV_HEADER = bytes((0x03, PUBLIC_ID, CHARSET_UTF8, 0x00))
PROV_SWITCH_PAGE, PROV_END, INLINE_STRING = 0x00, 0x01, 0x03
PROV_HAS_ATTRIBUTES, PROV_HAS_CONTENT, TAG_MASK = 0x80, 0x40, 0x3F
# Values stand from here on, attribute starts below.
FIRST_VALUE = 0x80
# A document of ours has 3 levels and about 40 elements.
MAX_BYTES, MAX_DEPTH = 4096, 8

_STARTS = [{token: name for name, token in page.items()} for page in ATTRIBUTES]
_WORDS = [{token: word for word, token in page.items()} for page in VALUES]


def encode(root: Characteristic) -> bytes:
    """The bytes of a document: the same that Kannel makes of its XML."""
    return PROV_HEADER + _Writer().document(root)


def decode(data: bytes) -> Characteristic:
    """The document in these bytes. ProvisioningError, with the offset, for bytes that are none."""
    if len(data) > MAX_BYTES:
        raise ProvisioningError(f"{len(data)} bytes, and a settings document has at most {MAX_BYTES}")
    if data[: len(PROV_HEADER)] != PROV_HEADER:
        raise ProvisioningError("no settings document: it does not begin with 03 0B 6A 00")
    return _Reader(data).document()


class _Writer:
    """Remembers the attribute page: it stays until the next switch, over the end of an element."""

    def __init__(self) -> None:
        self._page = 0
        self._out = bytearray()

    def document(self, root: Characteristic) -> bytes:
        self._out.append(DOCUMENT | PROV_HAS_ATTRIBUTES | PROV_HAS_CONTENT)
        self._attribute("version", "1.1")
        self._out.append(PROV_END)
        self._content(root)
        self._out.append(PROV_END)
        return bytes(self._out)

    def _content(self, group: Characteristic) -> None:
        for each in group.content:
            if isinstance(each, SettingsParameter):
                self._parameter(each)
            else:
                self._group(each)

    def _group(self, group: Characteristic) -> None:
        self._out.append(CHARACTERISTIC | PROV_HAS_ATTRIBUTES | (PROV_HAS_CONTENT if group.content else 0))
        self._attribute("type", group.type)
        self._out.append(PROV_END)
        if group.content:
            self._content(group)
            self._out.append(PROV_END)

    def _parameter(self, each: SettingsParameter) -> None:
        self._out.append(PARAMETER | PROV_HAS_ATTRIBUTES)
        self._attribute("name", each.name)
        self._attribute("value", each.value)
        self._out.append(PROV_END)

    def _attribute(self, name: str, value: str) -> None:
        """One token for name and value where there is one; else the name's token, and the value as a token or a string."""
        if self._token(ATTRIBUTES, f"{name}={value}"):
            return
        self._token(ATTRIBUTES, name)
        if not self._token(VALUES, value):
            self._out += bytes((INLINE_STRING,)) + value.encode() + b"\0"

    def _token(self, pages: tuple[dict[str, int], ...], name: str) -> bool:
        for number, page in enumerate(pages):
            if name in page:
                if number != self._page:
                    self._out += bytes((PROV_SWITCH_PAGE, number))
                    self._page = number
                self._out.append(page[name])
                return True
        return False


class _Reader:
    """Reads what phones have to read: both pages, tokens and inline strings, in any mixture."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._page = data, len(PROV_HEADER), 0

    def document(self) -> Characteristic:
        tag = self._byte()
        if tag & TAG_MASK != DOCUMENT:
            self._fail("the root is no wap-provisioningdoc")
        if tag & PROV_HAS_ATTRIBUTES:
            self._attributes()
        content = self._content(1) if tag & PROV_HAS_CONTENT else ()
        if self._at != len(self._data):
            self._fail("bytes behind the document")
        return Characteristic("", content)

    def _content(self, depth: int) -> tuple[SettingsParameter | Characteristic, ...]:
        if depth > MAX_DEPTH:
            self._fail("elements in too many levels")
        found: list[SettingsParameter | Characteristic] = []
        while (tag := self._byte()) != PROV_END:
            if tag == PROV_SWITCH_PAGE:  # the tags of both pages are the same
                self._byte()
                continue
            named = self._attributes() if tag & PROV_HAS_ATTRIBUTES else {}
            inside = self._content(depth + 1) if tag & PROV_HAS_CONTENT else ()
            if tag & TAG_MASK == PARAMETER:
                found.append(SettingsParameter(named.get("name", ""), named.get("value", "")))
            elif tag & TAG_MASK == CHARACTERISTIC:
                found.append(Characteristic(named.get("type", ""), inside))
            else:
                self._fail(f"unknown element {tag & TAG_MASK:#04x}")
        return tuple(found)

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        name = ""
        while (token := self._byte()) != PROV_END:
            if token == PROV_SWITCH_PAGE:
                self._page = self._byte()
                if self._page >= len(ATTRIBUTES):
                    self._fail(f"unknown page {self._page}")
            elif token == INLINE_STRING:
                found[name] = found.get(name, "") + self._string()
            elif token >= FIRST_VALUE:
                found[name] = found.get(name, "") + self._known(_WORDS, token)
            else:
                name, _, value = self._known(_STARTS, token).partition("=")
                found[name] = value
        return found

    def _known(self, pages: list[dict[int, str]], token: int) -> str:
        if token not in pages[self._page]:
            self._fail(f"unknown token {token:#04x} on page {self._page}")
        return pages[self._page][token]

    def _string(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            self._fail("a string without an end")
        text, self._at = self._data[self._at : end].decode("utf-8", "replace"), end + 1
        return text

    def _byte(self) -> int:
        if self._at >= len(self._data):
            self._fail("the document ends early")
        self._at += 1
        return self._data[self._at - 1]

    def _fail(self, what: str) -> NoReturn:
        raise ProvisioningError(f"{what} (byte {self._at})")
