"""CSP in the plain text syntax (PTS), which phones send over SMS: a line of parameters for each message. Which words stand for
which elements is in tables/pts.tsv; how they are written is ptstext's.

A message holds one transaction, and the mode of it follows from its code. What the syntax has no word for goes under its element
name, where the reader is ours. The primitives in CLOSED are those that a known client reads, and it fails on a word that it does
not know: there, what has no word is left out. So are the flags Poll and CIR, which have no place at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from onesoup.wire import names, ptstext
from onesoup.wire.datatypes import KIND_OF_ELEMENT, normal_value
from onesoup.wire.errors import WireError
from onesoup.wire.generated import pts as tables
from onesoup.wire.limits import MAX_ELEMENTS, check_size, too_many
from onesoup.wire.ptstext import Group, Parameter, Preamble, Said, Word
from onesoup.wire.tree import Element

CLOSED = frozenset(tables.CLOSED)
# The code of a primitive that has none: a parameter names it.
ANY, NAMED_BY = "ZZ", "Primitive"
MODE = "TransactionMode"
DISCOVERY = "XX"

# Answers that no table has a code for, and that say no more than a Status does.
WRITTEN_AS = {"CreateList-Response": "Status"}
# Transactions whose names do not end in what they are.
ANSWERS = frozenset({"Status", "MessageDelivered", "Disconnect"})

_MSISDN = re.compile(r"\+?[0-9]+")
_BREAKS = re.compile("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")


class Words:
    """What the codes of one part of the syntax stand for, and back."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.codes = names, {name: code for code, name in names.items()}


GENERAL = Words({code: rows[0][0] for code, rows in tables.PARAMETERS.items() if not rows[0][1]})
CAPABILITIES, SERVICES, PRESENCE = Words(tables.CAPABILITIES), Words(tables.SERVICES), Words(tables.PRESENCE)
PROPERTIES = Words(tables.PROPERTIES)
TRANSACTIONS = Words({code: name for code, name in tables.TRANSACTIONS.items() if name})
VALUES = {element: Words(values) for element, values in tables.VALUES.items()}
NO_WORDS = Words({})
# Elements whose members have words of their own, down to the leaves.
FAMILIES = {
    "CapabilityList": CAPABILITIES,
    "AgreedCapabilityList": CAPABILITIES,
    "Functions": SERVICES,
    "AllFunctions": SERVICES,
    "PresenceSubList": PRESENCE,
}
# What may stand in Presence where more than presence is told.
BESIDE = frozenset({"ContactList", "UserNotify", "ContactListNotify"})
# What stands inside an attribute and never is one.
PARTS = frozenset(part for parts in tables.PARTS.values() for part in parts)


def mode_of(primitive: str) -> str:
    """The mode that a transaction has when nothing else is said."""
    return "Response" if primitive.endswith("-Response") or primitive in ANSWERS else "Request"


# ---- reading


def decode(data: bytes) -> tuple[Element, str]:
    """The root element and the CSP version of a message in one piece."""
    check_size(data)
    head = ptstext.preamble(data)
    version = _version(head)
    reader = _Reader(head, version)
    try:
        if head.last:
            raise WireError(f"PTS: part {head.part + 1} of {head.last + 1} alone", head.end)
        reader.read(ptstext.parameters(data, head.length))
    except WireError as error:
        error.partial, error.version = reader.document(), version
        raise
    return reader.document(), version


def _version(head: Preamble) -> str:
    if head.version == DISCOVERY:
        return names.DEFAULT_VERSION
    version = f"{head.version[0]}.{head.version[1]}"
    if version not in names.CSP_VERSIONS:
        raise WireError(f"PTS: there is no CSP {version}", 2)
    return version


class _Reader:
    """Builds the tree from parameters. `words` are those of the element whose members are read."""

    def __init__(self, head: Preamble, version: str) -> None:
        self.head, self.version = head, version
        self.primitive = Element(tables.TRANSACTIONS.get(head.code) or f"unknown-pts-{head.code}")
        self.children: list[Element] = []
        self.session: str | None = None
        self.mode: str | None = None
        self.elements = 0

    def document(self) -> Element:
        descriptor = [Element("SessionType", "Outband" if self.session is None else "Inband")]
        if self.session is not None:
            descriptor.append(Element("SessionID", self.session))
        about = [Element("TransactionMode", self.mode or mode_of(self.primitive.name))]
        if self.head.id is not None:
            about.append(Element("TransactionID", self.head.id))
        self.primitive.children = self.children or ()
        content = Element("TransactionContent", "", [self.primitive])
        transaction = Element("Transaction", "", [Element("TransactionDescriptor", "", about), content])
        session = Element("Session", "", [Element("SessionDescriptor", "", descriptor), transaction])
        return Element("WV-CSP-Message", "", [session])

    def read(self, parameters: Iterable[Parameter]) -> None:
        for each in parameters:
            code = each.name.upper()
            if code == "SI" and self.primitive.name != "Login-Response":
                self.session = _word(each.value)
            elif code == MODE.upper():
                self.mode = _word(each.value)
            elif code == NAMED_BY.upper():
                if self.head.code == ANY:
                    self.take_name(_word(each.value), each.value.offset)
            else:
                self.parameter(each)

    def take_name(self, name: str, offset: int) -> None:
        if not names.is_name(name):
            raise WireError("PTS: no name of a primitive", offset)
        self.primitive.name = names.of_version(name, self.version)

    def parameter(self, given: Parameter) -> None:
        wrapper, slash, name = _path(given.name, self.primitive.name, self.version).partition("/")
        if not slash:
            self.children += self.made(wrapper, given.value, GENERAL)
            return
        found = self.made(name, given.value, GENERAL)
        if wrapper.endswith("List"):
            self.children.append(self.element(wrapper, given.offset, found))
        else:
            self.children += [self.element(wrapper, given.offset, [each]) for each in found]

    def element(self, name: str, offset: int, children: Sequence[Element] = (), text: str = "") -> Element:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise too_many(offset)
        return Element(name, text, children or ())

    def leaf(self, name: str, word: Word, values: Words | None = None) -> Element:
        known = values or VALUES.get(name, NO_WORDS)
        text = known.names.get(word.text.upper(), word.text)
        kind = KIND_OF_ELEMENT.get(name)
        return self.element(name, word.offset, text=normal_value(kind, text) if kind else text)

    def made(self, name: str, value: Word | Group, words: Words) -> list[Element]:
        """The elements of that name: one, or one for each member where a group holds nothing but texts."""
        if special := _READ.get(name):
            return special(self, name, value)
        if (own := FAMILIES.get(name)) is not None:
            return [self.element(name, value.offset, self.items(value, own))]
        if isinstance(value, Word):
            return [self.leaf(name, value)]
        if words is not SERVICES and words is not PRESENCE:
            texts = [each for each in value.members if isinstance(each, Word)]
            if len(texts) == len(value.members):
                return [self.leaf(name, each) for each in texts]
        return [self.element(name, value.offset, self.items(value, words))]

    def items(self, value: Word | Group, words: Words) -> list[Element]:
        members = _members(value)
        return [child for each in members for child in self.item(each, words)]

    def item(self, value: Word | Group, words: Words) -> list[Element]:
        """A name alone, or a name with its value."""
        members = _members(value)
        name = self.name(members, value.offset, words)
        if len(members) == 1:
            return [self.element(name, value.offset)]
        if len(members) > 2:
            raise WireError(f"PTS: {len(members)} members where a name and a value are expected", value.offset)
        return self.made(name, members[1], words)

    def name(self, members: Sequence[Word | Group], offset: int, words: Words) -> str:
        first = members[0] if members else None
        if not isinstance(first, Word):
            raise WireError("PTS: a group that does not begin with a name", offset)
        found = names.of_version(words.names.get(first.text.upper(), first.text), self.version)
        if not names.is_name(found):
            raise WireError("PTS: no name", first.offset)
        return found

    # ---- elements with a form of their own

    def address(self, name: str, value: Word | Group) -> list[Element]:
        if isinstance(value, Group):
            return [self.element(name, value.offset, self.items(value, GENERAL))]
        if not value.text:
            return [self.element(name, value.offset)]
        kind = "MSISDN" if name == "ClientID" and _MSISDN.fullmatch(value.text) else "URL"
        return [self.element(name, value.offset, [self.leaf(kind, value)])]

    def result(self, name: str, value: Word | Group) -> list[Element]:
        """A code; or the code, its text, and what else there is."""
        members = _members(value)
        children = []
        for kind, each in zip(("Code", "Description"), members, strict=False):
            if not isinstance(each, Word):
                raise WireError(f"PTS: a group where {kind} is expected", each.offset)
            if each.text or kind == "Code":
                children.append(self.leaf(kind, each))
        for each in members[2:]:
            children += self.items(each, GENERAL)
        return [self.element(name, value.offset, children)]

    def nicks(self, name: str, value: Word | Group) -> list[Element]:
        """Pairs of nickname and user; a user alone has none, and in a list of those to remove it does not count."""
        children = []
        for each in _members(value):
            if isinstance(each, Word):
                children.append(self.leaf("UserID", each))
                continue
            if len(each.members) != 2:
                raise WireError("PTS: no pair of nickname and user", each.offset)
            nick, user = each.members
            if not isinstance(nick, Word) or not isinstance(user, Word):
                raise WireError("PTS: a group where nickname and user are expected", each.offset)
            if name == "RemoveNickList":
                children.append(self.leaf("UserID", user))
            else:
                pair = [self.leaf("Name", nick), self.leaf("UserID", user)]
                children.append(self.element("NickName", each.offset, pair))
        return [self.element(name, value.offset, children)]

    def properties(self, name: str, value: Word | Group) -> list[Element]:
        children = []
        for each in _members(value):
            members = _members(each)
            pair = []
            for kind, word in zip(("Name", "Value"), members, strict=False):
                if not isinstance(word, Word):
                    raise WireError(f"PTS: a group where {kind} is expected", word.offset)
                pair.append(self.leaf(kind, word, PROPERTIES if kind == "Name" else None))
            children.append(self.element("Property", each.offset, pair))
        return [self.element(name, value.offset, children)]

    def presence(self, name: str, value: Word | Group) -> list[Element]:
        """(user), (user,attributes), or a group of those."""
        if isinstance(value, Word) or (value.members and isinstance(value.members[0], Word)):
            each: list[Word | Group] = [value]
        else:
            each = value.members
        return [self.one_presence(name, one) for one in each]

    def one_presence(self, name: str, value: Word | Group) -> Element:
        members = _members(value)
        children = []
        for place, each in enumerate(members):
            if place and (beside := self.beside(each)):
                children.append(beside)
            elif place:
                children += self.attributes("PresenceSubList", each)
            elif isinstance(each, Word):
                children += [self.leaf("UserID", each)] if each.text else []
            else:
                raise WireError("PTS: a group where a user is expected", each.offset)
        return self.element(name, value.offset, children)

    def beside(self, value: Word | Group) -> Element | None:
        """What stands in Presence beside user and attributes: a name of such an element, and a text."""
        name, *rest = _members(value) or [_NOTHING]
        known = GENERAL.names.get(name.text.upper(), name.text) if isinstance(name, Word) else ""
        if known not in BESIDE or len(rest) != 1 or not isinstance(rest[0], Word):
            return None
        return self.leaf(known, rest[0])

    def attributes(self, name: str, value: Word | Group) -> list[Element]:
        members = _members(value)
        if len(members) == 2 and _has_parts(members):
            # COMPAT(Android): an attribute that is asked for alone stands without the parentheses around it.
            members = [Group(members, value.offset)]
        return [self.element(name, value.offset, [self.attribute(each) for each in members])]

    def attribute(self, value: Word | Group) -> Element:
        """A name; with its value; or with its qualifier and its value."""
        members = _members(value)
        name = self.name(members, value.offset, PRESENCE)
        if len(members) > 3:
            raise WireError(f"PTS: {len(members)} members in a presence attribute", value.offset)
        children: list[Element] = []
        if len(members) == 3:
            qualifier = members[1]
            if not isinstance(qualifier, Word):
                raise WireError("PTS: a group where a qualifier is expected", qualifier.offset)
            children += [self.leaf("Qualifier", qualifier)] if qualifier.text else []
        given = members[-1] if len(members) > 1 else None
        if isinstance(given, Group):
            children += self.parts(given)
        elif given is not None and (len(members) == 3 or name in tables.VALUED):
            children += [self.leaf("PresenceValue", given, VALUES.get(name, NO_WORDS))] if given.text else []
        elif given is not None:
            return self.leaf(name, given)
        return self.element(name, value.offset, children)

    def parts(self, value: Group) -> list[Element]:
        """Parts of an attribute: names alone, pairs, or one pair without parentheses around it."""
        texts = [each.text.upper() for each in value.members if isinstance(each, Word)]
        if value.members and isinstance(value.members[0], Word) and not all(text in PRESENCE.names for text in texts):
            return self.item(value, PRESENCE)
        return self.items(value, PRESENCE)

    def functions(self, name: str, value: Word | Group) -> list[Element]:
        """The features stand without the WVCSPFeat around them."""
        found = self.items(value, SERVICES)
        features = [each for each in found if each.name != "WVCSPFeat"]
        for each in found:
            features += each.children if each.name == "WVCSPFeat" else ()
        around = [self.element("WVCSPFeat", value.offset, features)] if found else []
        return [self.element(name, value.offset, around)]


_READ: dict[str, Callable[[_Reader, str, Word | Group], list[Element]]] = {
    "ClientID": _Reader.address,
    "CIRURL": _Reader.address,
    "CIRHTTPAddress": _Reader.address,
    "Result": _Reader.result,
    "NickList": _Reader.nicks,
    "AddNickList": _Reader.nicks,
    "RemoveNickList": _Reader.nicks,
    "ContactListProperties": _Reader.properties,
    "Presence": _Reader.presence,
    "PresenceSubList": _Reader.attributes,
    "Functions": _Reader.functions,
    "AllFunctions": _Reader.functions,
}


def _has_parts(members: Sequence[Word | Group]) -> bool:
    """Whether this is an attribute with its parts, and not two attributes."""
    first, second = members
    if not isinstance(first, Word) or not isinstance(second, Group) or not second.members:
        return False
    part = second.members[0]
    return isinstance(part, Word) and PRESENCE.names.get(part.text.upper()) in PARTS


def _path(code: str, primitive: str, version: str) -> str:
    """The element that a parameter is, with the one around it where there is one: User/UserID. Rows of a scope go first."""
    rows = tables.PARAMETERS.get(code.upper(), ())
    for path, scope, versions in rows:
        if primitive in scope and (not versions or version in versions):
            return path
    return next((path for path, scope, _ in rows if not scope), names.of_version(code, version))


_NOTHING = Word("", 0)


def _members(value: Word | Group) -> list[Word | Group]:
    """The members of a group; one that stands without parentheses, and none where there is nothing."""
    if isinstance(value, Group):
        return value.members
    return [value] if value.text else []


def _word(value: Word | Group) -> str:
    if isinstance(value, Group):
        raise WireError("PTS: a group where a text is expected", value.offset)
    return value.text


# ---- writing


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
    code = TRANSACTIONS.codes.get(name, ANY)
    said: list[tuple[str, Said]] = []
    session_id = (session.find("SessionDescriptor") or session).find("SessionID")
    if session_id is not None and name != "Login-Response":
        said.append(("SI", session_id.text))
    if code == ANY:
        said.append((NAMED_BY, name))
    if name not in CLOSED and about.findtext("TransactionMode", mode_of(name)) != mode_of(name):
        said.append((MODE, about.findtext("TransactionMode")))
    said += _Writer(name, version).parameters(primitive)
    vv = DISCOVERY if name.startswith("WV-CSP-VersionDiscovery") else version.replace(".", "")
    return ptstext.write(vv, code, about.findtext("TransactionID") or None, said)


class _Writer:
    def __init__(self, primitive: str, version: str) -> None:
        self.primitive, self.version = primitive, version
        self.closed = primitive in CLOSED

    def parameters(self, primitive: Element) -> list[tuple[str, Said]]:
        """Each child with its word; texts of one word together, and so Presence."""
        together: dict[str, list[Said]] = {}
        said: list[tuple[str, Said]] = []
        for child in primitive.children:
            code, values = self.parameter(child)
            if code is None:
                continue
            if child.name == "Presence" or (child.name not in _WRITE and child.name not in FAMILIES and _texts(values)):
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
        code = _SCOPED.get((self.primitive, child.name)) or GENERAL.codes.get(child.name)
        if code == "SI" and self.primitive != "Login-Response":
            code = None  # SI is the session of the message
        if code is None and self.closed:
            return None, []
        return code or child.name, [self.said(child, GENERAL)]

    def text(self, element: Element, known: str | None = None) -> str:
        """The text, or its word. A line break has no place where a known client reads: it takes the message for none."""
        text = VALUES.get(known or element.name, NO_WORDS).codes.get(element.text, element.text)
        return _BREAKS.sub(" ", text) if self.closed else text

    def said(self, element: Element, words: Words) -> Said:
        if special := _WRITE.get(element.name):
            return special(self, element)
        if not element.children:
            return self.text(element)
        return self.items(element.children, FAMILIES.get(element.name, words))

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
        return name if words is SERVICES else [name]

    def name(self, element: Element, words: Words) -> str | None:
        known = "CIRHTTPAddress" if element.name in names.CIR_ADDRESS else element.name
        code = words.codes.get(known)
        # A client that reads functions does not look at them: leaving one out would only change what is said.
        return code or (None if self.closed and words is not SERVICES else element.name)

    # ---- elements with a form of their own

    def address(self, element: Element) -> Said:
        if not element.children:
            return self.text(element)
        if len(element.children) == 1 or self.closed:
            return self.text(element.find("URL") or element.find("MSISDN") or element.children[0])
        return self.items(element.children, GENERAL)

    def result(self, element: Element) -> Said:
        code, text = element.find("Code") or Element("Code"), element.find("Description")
        more = [] if self.closed else [each for each in element.children if each.name not in ("Code", "Description")]
        if not more:
            return self.text(code) if text is None else [self.text(code), self.text(text)]
        return [self.text(code), self.text(text) if text else "", self.items(more, GENERAL)]

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
            code = PROPERTIES.codes.get(name)
            if code is None and self.closed:
                continue
            said.append([code or name] if value is None else [code or name, self.text(value)])
        return said

    def presence(self, element: Element) -> Said:
        lists = [each for each in element.children if each.name == "PresenceSubList"]
        said: list[Said] = [self.text(element.find("UserID") or _NONE), *(self.attributes(each) for each in lists)]
        if not self.closed:
            said += [self.item(each, GENERAL) or "" for each in element.children if each.name in BESIDE]
        return said

    def attributes(self, element: Element) -> Said:
        return [said for each in element.children if (said := self.attribute(each)) is not None]

    def attribute(self, element: Element) -> Said | None:
        name = self.name(element, PRESENCE)
        if name is None:
            return None
        if not element.children:
            return [name, self.text(element)] if element.text else name
        qualifier = element.find("Qualifier")
        rest = [each for each in element.children if each is not qualifier]
        value: Said = self.items(rest, PRESENCE) or ""
        if len(rest) == 1 and rest[0].name == "PresenceValue" and not rest[0].children:
            value = self.text(rest[0], known=element.name)
            if qualifier is None and element.name not in tables.VALUED:
                return [name, "", value]
        return [name, value] if qualifier is None else [name, self.text(qualifier), value]

    def functions(self, element: Element) -> Said:
        features: list[Said] = []
        for each in element.children:
            features += self.items(each.children, SERVICES) if each.name == "WVCSPFeat" else []
        return features or (["WV"] if element.children else "")


def _texts(values: Iterable[Said]) -> bool:
    return all(isinstance(each, str) for each in values)


_NONE = Element("")
_WRITE: dict[str, Callable[[_Writer, Element], Said]] = {
    "ClientID": _Writer.address,
    "CIRURL": _Writer.address,
    "CIRHTTPAddress": _Writer.address,
    "Result": _Writer.result,
    "NickList": _Writer.nicks,
    "AddNickList": _Writer.nicks,
    "RemoveNickList": _Writer.nicks,
    "ContactListProperties": _Writer.properties,
    "Presence": _Writer.presence,
    "PresenceSubList": _Writer.attributes,
    "Functions": _Writer.functions,
    "AllFunctions": _Writer.functions,
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
