"""A tree to a message in the plain text syntax (PTS). The words are in pts_words, groups and quotes in ptstext."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from onesoup.wire import names, ptstext
from onesoup.wire.errors import WireError
from onesoup.wire.generated import pts as tables
from onesoup.wire.pts_words import (
    ANY_PRIMITIVE_CODE,
    BESIDE_PRESENCE,
    CLOSED_PRIMITIVES,
    DISCOVERY_VERSION,
    GENERAL_WORDS,
    MODE_PARAMETER,
    NO_WORDS,
    PRESENCE_WORDS,
    PRIMITIVE_PARAMETER,
    PROPERTY_WORDS,
    SERVICE_WORDS,
    TRANSACTION_WORDS,
    VALUE_WORDS,
    WORDS_OF_MEMBERS,
    WRITTEN_AS,
    Words,
    mode_of,
)
from onesoup.wire.ptstext import Said
from onesoup.wire.tree import Element

_BREAKS = re.compile("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


def encode(root: Element, version: str) -> bytes:
    """The message in one piece. WireError when the tree is no message of one transaction, or its id is no number."""
    session = root.find("Session")
    transactions = [each for each in session.children if each.name == "Transaction"] if session else []
    if root.name != "WV-CSP-Message" or session is None or len(transactions) != 1:
        raise WireError("PTS: only a message with one transaction can be written")
    about = transactions[0].find("TransactionDescriptor") or Element("TransactionDescriptor")
    content = transactions[0].find("TransactionContent")
    if content is None or not content.children:
        raise WireError("PTS: no primitive to be written")
    primitive = content.children[0]
    name = WRITTEN_AS.get(primitive.name, primitive.name)
    code = TRANSACTION_WORDS.codes.get(name, ANY_PRIMITIVE_CODE)
    said: list[tuple[str, Said]] = []
    session_id = (session.find("SessionDescriptor") or session).find("SessionID")
    if session_id is not None and name != "Login-Response":
        said.append(("SI", session_id.text))
    if code == ANY_PRIMITIVE_CODE:
        said.append((PRIMITIVE_PARAMETER, name))
    if name not in CLOSED_PRIMITIVES and about.findtext("TransactionMode", mode_of(name)) != mode_of(name):
        said.append((MODE_PARAMETER, about.findtext("TransactionMode")))
    said += PtsWriter(name, version).parameters(primitive)
    vv = DISCOVERY_VERSION if name.startswith("WV-CSP-VersionDiscovery") else version.replace(".", "")
    return ptstext.write_line(vv, code, about.findtext("TransactionID") or None, said)


class PtsWriter:
    def __init__(self, primitive: str, version: str) -> None:
        self.primitive, self.version = primitive, version
        self.closed = primitive in CLOSED_PRIMITIVES

    def parameters(self, primitive: Element) -> list[tuple[str, Said]]:
        """Each child with its word; texts of one word together, and so Presence."""
        together: dict[str, list[Said]] = {}
        said: list[tuple[str, Said]] = []
        for child in primitive.children:
            code, values = self.parameter(child)
            if code is None:
                continue
            if child.name == "Presence" or (child.name not in _WRITE and child.name not in WORDS_OF_MEMBERS and _texts(values)):
                if code not in together:
                    said.append((code, together.setdefault(code, [])))
                together[code] += values
            else:
                said += [(code, each) for each in values]
        return [(code, each[0] if each is together.get(code) and len(each) == 1 else each) for code, each in said]

    def parameter(self, child: Element) -> tuple[str | None, list[Said]]:
        flat = _FLAT.get((self.primitive, child.name))
        if flat and child.children and all(each.name == flat[1] and not each.children for each in child.children):
            return flat[0], [self.text(each) for each in child.children]
        if flat and not child.children and child.name.endswith("List"):
            return None, []
        code = _SCOPED.get((self.primitive, child.name)) or GENERAL_WORDS.codes.get(child.name)
        if code == "SI" and self.primitive != "Login-Response":
            code = None  # SI is the session of the message
        if code is None and self.closed:
            return None, []
        return code or child.name, [self.said(child, GENERAL_WORDS)]

    def text(self, element: Element, known: str | None = None) -> str:
        """The text, or its word. A line break has no place where a known client reads: it takes the message for none."""
        text = VALUE_WORDS.get(known or element.name, NO_WORDS).codes.get(element.text, element.text)
        return _BREAKS.sub(" ", text) if self.closed else text

    def said(self, element: Element, words: Words) -> Said:
        if special := _WRITE.get(element.name):
            return special(self, element)
        if not element.children:
            return self.text(element)
        return self.items(element.children, WORDS_OF_MEMBERS.get(element.name, words))

    def items(self, elements: Iterable[Element], words: Words) -> list[Said]:
        return [said for each in elements if (said := self.item(each, words)) is not None]

    def item(self, element: Element, words: Words) -> Said | None:
        """A name with its value; a name alone, in parentheses where it could be taken for a text."""
        name = self.name(element, words)
        if name is None:
            return None
        said = self.said(element, words)
        if said:
            return [name, said]
        return name if words is SERVICE_WORDS else [name]

    def name(self, element: Element, words: Words) -> str | None:
        known = "CIRHTTPAddress" if element.name in names.CIR_ADDRESS else element.name
        code = words.codes.get(known)
        # A client that reads functions does not look at them: leaving one out would only change what is said.
        return code or (None if self.closed and words is not SERVICE_WORDS else element.name)

    # ---- elements with a form of their own

    def address(self, element: Element) -> Said:
        if not element.children:
            return self.text(element)
        if len(element.children) == 1 or self.closed:
            return self.text(element.find("URL") or element.find("MSISDN") or element.children[0])
        return self.items(element.children, GENERAL_WORDS)

    def result(self, element: Element) -> Said:
        code, text = element.find("Code") or Element("Code"), element.find("Description")
        more = [] if self.closed else [each for each in element.children if each.name not in ("Code", "Description")]
        if not more:
            return self.text(code) if text is None else [self.text(code), self.text(text)]
        return [self.text(code), self.text(text) if text else "", self.items(more, GENERAL_WORDS)]

    def nicks(self, element: Element) -> Said:
        """COMPAT(Android): whom it removes it writes as pairs without a nickname, and so it is done here."""
        said: list[Said] = []
        for each in element.children:
            if each.name == "NickName":
                said.append([self.text(each.find("Name") or _NONE), self.text(each.find("UserID") or _NONE)])
            else:
                said.append(["", self.text(each)] if element.name == "RemoveNickList" else self.text(each))
        return said

    def properties(self, element: Element) -> Said:
        said: list[Said] = []
        for each in element.children:
            name, value = (each.findtext("Name"), each.find("Value")) if each.name == "Property" else (each.name, each)
            code = PROPERTY_WORDS.codes.get(name)
            if code is None and self.closed:
                continue
            said.append([code or name] if value is None else [code or name, self.text(value)])
        return said

    def presence(self, element: Element) -> Said:
        lists = [each for each in element.children if each.name == "PresenceSubList"]
        said: list[Said] = [self.text(element.find("UserID") or _NONE), *(self.attributes(each) for each in lists)]
        if not self.closed:
            said += [self.item(each, GENERAL_WORDS) or "" for each in element.children if each.name in BESIDE_PRESENCE]
        return said

    def attributes(self, element: Element) -> Said:
        return [said for each in element.children if (said := self.attribute(each)) is not None]

    def attribute(self, element: Element) -> Said | None:
        name = self.name(element, PRESENCE_WORDS)
        if name is None:
            return None
        if not element.children:
            return [name, self.text(element)] if element.text else name
        qualifier = element.find("Qualifier")
        rest = [each for each in element.children if each is not qualifier]
        value: Said = self.items(rest, PRESENCE_WORDS) or ""
        if len(rest) == 1 and rest[0].name == "PresenceValue" and not rest[0].children:
            value = self.text(rest[0], known=element.name)
            if qualifier is None and element.name not in tables.VALUED:
                return [name, "", value]
        return [name, value] if qualifier is None else [name, self.text(qualifier), value]

    def functions(self, element: Element) -> Said:
        features: list[Said] = []
        for each in element.children:
            features += self.items(each.children, SERVICE_WORDS) if each.name == "WVCSPFeat" else []
        return features or (["WV"] if element.children else "")


def _texts(values: Iterable[Said]) -> bool:
    return all(isinstance(each, str) for each in values)


_NONE = Element("")

_WRITE: dict[str, Callable[[PtsWriter, Element], Said]] = {
    "ClientID": PtsWriter.address,
    "CIRURL": PtsWriter.address,
    "CIRHTTPAddress": PtsWriter.address,
    "Result": PtsWriter.result,
    "NickList": PtsWriter.nicks,
    "AddNickList": PtsWriter.nicks,
    "RemoveNickList": PtsWriter.nicks,
    "ContactListProperties": PtsWriter.properties,
    "Presence": PtsWriter.presence,
    "PresenceSubList": PtsWriter.attributes,
    "Functions": PtsWriter.functions,
    "AllFunctions": PtsWriter.functions,
}

# (primitive, element) -> code, and (primitive, element around) -> (code, element), for what is said so in some primitives only.
_SCOPED: dict[tuple[str, str], str] = {}

_FLAT: dict[tuple[str, str], tuple[str, str]] = {}
for _code, _rows in tables.PARAMETERS.items():
    for _name, _scope, _ in _rows:
        _outer, _slash, _inner = _name.partition("/")
        for _primitive in _scope:
            if _slash:
                _FLAT[_primitive, _outer] = (_code, _inner)
            else:
                _SCOPED[_primitive, _name] = _code
