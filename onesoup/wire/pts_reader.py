"""Messages in the plain text syntax (PTS) to a tree. The words are in pts_words, groups and quotes in ptstext."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from onesoup.wire import names, ptstext
from onesoup.wire.datatypes import KIND_OF_ELEMENT, normal_value
from onesoup.wire.errors import WireError
from onesoup.wire.generated import pts as tables
from onesoup.wire.limits import MAX_ELEMENTS, check_size, too_many
from onesoup.wire.pts_words import (
    ANY_PRIMITIVE_CODE,
    ATTRIBUTE_PARTS,
    BESIDE_PRESENCE,
    DISCOVERY_VERSION,
    GENERAL_WORDS,
    MODE_PARAMETER,
    NO_WORDS,
    PRESENCE_WORDS,
    PRIMITIVE_PARAMETER,
    PROPERTY_WORDS,
    SERVICE_WORDS,
    VALUE_WORDS,
    WORDS_OF_MEMBERS,
    Words,
    mode_of,
)
from onesoup.wire.ptstext import Group, Parameter, Preamble, Word
from onesoup.wire.tree import Element

_MSISDN = re.compile(r"\+?[0-9]+")


def decode(data: bytes) -> tuple[Element, str]:
    """The root element and the CSP version of a message in one piece."""
    check_size(data)
    head = ptstext.read_preamble(data)
    version = _version(head)
    reader = PtsReader(head, version)
    try:
        if head.last:
            raise WireError(f"PTS: part {head.part + 1} of {head.last + 1} alone", head.end)
        reader.read(ptstext.read_parameters(data, head.length))
    except WireError as error:
        error.partial, error.version = reader.document(), version
        raise
    return reader.document(), version


def _version(head: Preamble) -> str:
    if head.version == DISCOVERY_VERSION:
        return names.DEFAULT_VERSION
    version = f"{head.version[0]}.{head.version[1]}"
    if version not in names.CSP_VERSIONS:
        raise WireError(f"PTS: there is no CSP {version}", 2)
    return version


class PtsReader:
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
            elif code == MODE_PARAMETER.upper():
                self.mode = _word(each.value)
            elif code == PRIMITIVE_PARAMETER.upper():
                if self.head.code == ANY_PRIMITIVE_CODE:
                    self.take_name(_word(each.value), each.value.offset)
            else:
                self.parameter(each)

    def take_name(self, name: str, offset: int) -> None:
        if not names.is_name(name):
            raise WireError("PTS: no name of a primitive", offset)
        self.primitive.name = names.of_version(name, self.version)

    def parameter(self, given: Parameter) -> None:
        wrapper, slash, name = parameter_path(given.name, self.primitive.name, self.version).partition("/")
        if not slash:
            self.children += self.made(wrapper, given.value, GENERAL_WORDS)
            return
        found = self.made(name, given.value, GENERAL_WORDS)
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
        known = values or VALUE_WORDS.get(name, NO_WORDS)
        text = known.names.get(word.text.upper(), word.text)
        kind = KIND_OF_ELEMENT.get(name)
        return self.element(name, word.offset, text=normal_value(kind, text) if kind else text)

    def made(self, name: str, value: Word | Group, words: Words) -> list[Element]:
        """The elements of that name: one, or one for each member where a group holds nothing but texts."""
        if special := _READ.get(name):
            return special(self, name, value)
        if (own := WORDS_OF_MEMBERS.get(name)) is not None:
            return [self.element(name, value.offset, self.items(value, own))]
        if isinstance(value, Word):
            return [self.leaf(name, value)]
        if words is not SERVICE_WORDS and words is not PRESENCE_WORDS:
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
            return [self.element(name, value.offset, self.items(value, GENERAL_WORDS))]
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
            children += self.items(each, GENERAL_WORDS)
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
                pair.append(self.leaf(kind, word, PROPERTY_WORDS if kind == "Name" else None))
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
        known = GENERAL_WORDS.names.get(name.text.upper(), name.text) if isinstance(name, Word) else ""
        if known not in BESIDE_PRESENCE or len(rest) != 1 or not isinstance(rest[0], Word):
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
        name = self.name(members, value.offset, PRESENCE_WORDS)
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
            children += [self.leaf("PresenceValue", given, VALUE_WORDS.get(name, NO_WORDS))] if given.text else []
        elif given is not None:
            return self.leaf(name, given)
        return self.element(name, value.offset, children)

    def parts(self, value: Group) -> list[Element]:
        """Parts of an attribute: names alone, pairs, or one pair without parentheses around it."""
        texts = [each.text.upper() for each in value.members if isinstance(each, Word)]
        if value.members and isinstance(value.members[0], Word) and not all(text in PRESENCE_WORDS.names for text in texts):
            return self.item(value, PRESENCE_WORDS)
        return self.items(value, PRESENCE_WORDS)

    def functions(self, name: str, value: Word | Group) -> list[Element]:
        """The features stand without the WVCSPFeat around them."""
        found = self.items(value, SERVICE_WORDS)
        features = [each for each in found if each.name != "WVCSPFeat"]
        for each in found:
            features += each.children if each.name == "WVCSPFeat" else ()
        around = [self.element("WVCSPFeat", value.offset, features)] if found else []
        return [self.element(name, value.offset, around)]


_READ: dict[str, Callable[[PtsReader, str, Word | Group], list[Element]]] = {
    "ClientID": PtsReader.address,
    "CIRURL": PtsReader.address,
    "CIRHTTPAddress": PtsReader.address,
    "Result": PtsReader.result,
    "NickList": PtsReader.nicks,
    "AddNickList": PtsReader.nicks,
    "RemoveNickList": PtsReader.nicks,
    "ContactListProperties": PtsReader.properties,
    "Presence": PtsReader.presence,
    "PresenceSubList": PtsReader.attributes,
    "Functions": PtsReader.functions,
    "AllFunctions": PtsReader.functions,
}


def _has_parts(members: Sequence[Word | Group]) -> bool:
    """Whether this is an attribute with its parts, and not two attributes."""
    first, second = members
    if not isinstance(first, Word) or not isinstance(second, Group) or not second.members:
        return False
    part = second.members[0]
    return isinstance(part, Word) and PRESENCE_WORDS.names.get(part.text.upper()) in ATTRIBUTE_PARTS


def parameter_path(code: str, primitive: str, version: str) -> str:
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
