"""The fast ways of onesoup.csp.codec beside the way over the element tree: for any bytes they say the same, or
the fast one leaves the document to the tree."""

import re

from onesoup.csp.codec import envelope, fast_wbxml_reader, fast_xml_reader
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message
from onesoup.csp.codec.fast_polls import KnownPolls
from onesoup.csp.errors import CspError
from onesoup.wire import codec
from onesoup.wire.errors import WireError

# What HTTP may say of a body. A document that does not tell its character set is in that of the Content-Type.
CONTENT_TYPES = (None, "application/vnd.wv.csp.wbxml; charset=iso-8859-1")
# An id in the place of another: longer, shorter, and no plain one.
OTHER_IDS = (b"Zz09", b"q", b"a b")
MOST_OTHERS = 12


def over_the_tree(data: bytes, content_type: str | None = None) -> Message | None:
    """None for a document that cannot be read, or that is no message."""
    try:
        return envelope.message_from_document(codec.decode(data, content_type))
    except (WireError, CspError):
        return None


def agrees(data: bytes) -> bool:
    """Whether the short way took it. It must not differ from the long one, and take nothing that that one refuses."""
    message = fast_wbxml_reader.decode(data) or fast_xml_reader.decode(data)
    if message is None:
        return False
    for content_type in CONTENT_TYPES:
        long = over_the_tree(data, content_type)
        assert long is not None, f"refused by the tree alone; Content-Type {content_type}"
        assert message == long, f"Content-Type {content_type}"
    return True


def written(message: Message) -> bytes | None:
    """Both ways write it in the same bytes, or neither can."""
    try:
        long = codec.encode(envelope.document_from_message(message))
    except (KeyError, WireError) as refused:
        try:
            write_message(message)
        except type(refused):
            return None
        raise AssertionError("written by the short way alone") from refused
    assert write_message(message) == long
    return long


def both_ways(data: bytes) -> bool:
    """Reading and writing."""
    taken = agrees(data)
    message = over_the_tree(data)
    octets = written(message) if message is not None else None
    if octets is not None:
        agrees(octets)
        again = over_the_tree(octets)
        assert again is not None
        assert written(again) == octets, "what we write reads otherwise"
    return taken


def by_sight(data: bytes) -> bool:
    """Whether this is a poll that is known again. Whatever looks like it is what the long way reads, or is not taken."""
    message = over_the_tree(data)
    if message is None:
        return False
    known = KnownPolls()
    known.learn(data, message)
    first = known.match(data)
    assert first is None or first == message
    for other in _with_other_ids(data, message):
        read = known.match(other)
        assert read is None or read == over_the_tree(other)
    return first is not None


def _with_other_ids(data: bytes, message: Message) -> list[bytes]:
    found = []
    for text in {message.session_id, message.transactions[0].id}:
        for place in re.finditer(re.escape(text.encode()), data) if text else ():
            found += [data[: place.start()] + new + data[place.end() :] for new in OTHER_IDS]
    return found[:MOST_OTHERS]
