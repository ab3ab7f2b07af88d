"""What fits into one document of a phone: lengths as they are in its own encoding, with escapes and all that stands around the
content. Pure. Texts are cut into parts before they are stored; an answer that is too long loses its end."""

from collections.abc import Callable
from dataclasses import replace

from onesoup.csp import capabilities, messages
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    ContactListProperties,
    ListManageResponse,
    NickList,
    NickName,
    Primitive,
    Result,
)
from onesoup.csp.messages import Text
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element

# The most octets that one character takes in any encoding: & in XML.
MAX_CHARACTER_BYTES = 5
# Ids as long as they may be: what is computed with them holds for every answer.
_TID, _SID = "0" * 50, "0" * 50
# The least room of one part of a text, bytes.
MIN_TEXT_PART_BYTES = 16

# Elements of which there may be many in an answer, and texts that a user reads: what a long answer is cut at. Everything else
# is an address, or says how to read the rest.
LIST_ENTRY_ELEMENTS = frozenset(
    {"User", "UserID", "NickName", "Presence", "Watcher", "Mapping", "UserMapping", "MessageInfo", "GroupID", "Group"}
    | {"ReactiveAuthStatus", "ContactList", "ScreenName", "MessageID", "DetailedResult"}
)
CUTTABLE_TEXT_ELEMENTS = frozenset(
    {"ContentData", "PresenceValue", "InviteNote", "ResponseNote", "Description", "Name", "Value", "SystemMessageText"}
    | {"SName", "NamedArea", "City", "Street", "Building", "Crossing1", "Crossing2", "Note", "Text"}
)
# What is of no use in part: it goes whole, with the element that it is the content of.
INDIVISIBLE_ELEMENTS = frozenset({"DirectContent", "ContainedvCard"})
# Texts are not cut below this, in characters, before entries of lists are left out.
MIN_TEXT_CHARACTERS = 60


def encoding(session: Session) -> Encoding:
    """The encoding of a phone, as its log-in shows it. XML, the longest, where a record of before does not tell."""
    return Encoding(session.encoding) if session.encoding else Encoding.XML


def document_bytes_around(content: Primitive, version: str, encoding: Encoding) -> int:
    """The octets of a document with this content, at most."""
    transaction = Transaction(Mode.REQUEST, _TID if encoding is not Encoding.PTS else "999", content)
    message = Message(version, encoding, [transaction], _SID, SessionType.INBAND, True, True, doctype=True)
    return len(write_message(message))


def text_parts(text: Text, session: Session, caps: Capabilities, most: int = 0, spelling: str | None = None) -> list[str]:
    """The body in parts that the phone takes, one message each. `most`: a limit of the group that the text is from."""
    accepted = min(most or caps.accepted, caps.accepted)
    if len(text.body) * MAX_CHARACTER_BYTES <= min(accepted, caps.parser - 2 * capabilities.MAX_ENVELOPE_BYTES):
        return [text.body]
    how = encoding(session)
    # ContentSize is longer when there is content.
    empty = (
        document_bytes_around(messages.new_message(replace(text, body="", data=b""), session, spelling), session.version, how) + 8
    )
    room = max(caps.parser - empty, MIN_TEXT_PART_BYTES)
    return messages.split_text(text.body, accepted, lambda part: codec.encoded_size(part, how) <= room)


class Members:
    """How much of a contact list goes into one answer."""

    def __init__(self, version: str, encoding: Encoding, properties: ContactListProperties) -> None:
        def octets(*members: NickName) -> int:
            listed = ListManageResponse(Result(code=StatusCode.SUCCESSFUL), NickList(nick_name=list(members)), properties)
            return document_bytes_around(listed, version, encoding)

        one = NickName(name="a", user_id="a")
        self._encoding = encoding
        self._each = octets(one, one) - octets(one) - 2 * codec.encoded_size("a", encoding)
        # What stands around the entries.
        self.frame = octets(one)

    def octets(self, name: str, user_id: str) -> int:
        """Of one entry."""
        return self._each + codec.encoded_size(name, self._encoding) + codec.encoded_size(user_id, self._encoding)


# --- an answer that is too long ---


def shortened_document(document: Document, room: int) -> bytes | None:
    """The document in at most so many octets: long texts are cut, then long lists. None when that is not enough."""
    content = _content(document.root)
    if content is None:
        return None
    whole = content.children

    def written(limit: Callable[[Element, int], Element], most: int) -> bytes:
        content.children = [limit(each, most) for each in whole]
        return codec.encode(document)

    longest = max((len(each.text) for each in _all(content)), default=0)
    if (octets := _longest(lambda most: written(_with_texts, most), MIN_TEXT_CHARACTERS, longest, room)) is not None:
        return octets
    whole = [_with_texts(each, MIN_TEXT_CHARACTERS) for each in whole]
    most = max((len(each.children) for each in _all(content)), default=0)
    return _longest(lambda most: written(_with_lists, most), 1, max(most, 1), room)


def _longest(written: Callable[[int], bytes], least: int, most: int, room: int) -> bytes | None:
    """What the highest limit gives that fits; None when the lowest does not."""
    best = written(least)
    if len(best) > room:
        return None
    while most - least > max(least // 16, 1):
        middle = (least + most) // 2
        octets = written(middle)
        if len(octets) <= room:
            best, least = octets, middle
        else:
            most = middle
    return best


def _content(root: Element) -> Element | None:
    return next((each for each in _all(root) if each.name == "TransactionContent"), None)


def _all(root: Element) -> list[Element]:
    found = [root]
    for element in found:
        found.extend(element.children)
    return found


def _with_texts(element: Element, most: int) -> Element:
    if element.name in CUTTABLE_TEXT_ELEMENTS and len(element.text) > most:
        return Element(element.name, element.text[: most - 1] + "…", (), element.attrs)
    kept = [each for each in element.children if not _too_long(each, most)]
    return Element(element.name, element.text, [_with_texts(each, most) for each in kept] or (), element.attrs)


def _too_long(element: Element, most: int) -> bool:
    return any(each.name in INDIVISIBLE_ELEMENTS and len(each.text) > most for each in element.children)


def _with_lists(element: Element, most: int) -> Element:
    """Of each kind of entries the first ones."""
    kept: list[Element] = []
    counts: dict[str, int] = {}
    for each in element.children:
        counts[each.name] = counts.get(each.name, 0) + 1
        if each.name not in LIST_ENTRY_ELEMENTS or counts[each.name] <= most:
            kept.append(_with_lists(each, most))
    return Element(element.name, element.text, kept or (), element.attrs)
