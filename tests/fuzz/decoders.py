"""What holds for any bytes that a decoder is given: a tree or WireError, and a tree survives our own encoding."""

from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_DOCUMENT_BYTES
from onesoup.wire.tree import Element
from tests.wire.vectors import NAMESPACED, copy, into


def decoded(data: bytes) -> Document | None:
    """None where the decoder says in words, and at which place, why it does not read this."""
    try:
        return codec.decode(data)
    except WireError as caught:
        error = caught
    assert str(error)
    assert error.offset is None or 0 <= error.offset <= len(data)
    return None


def survives(document: Document) -> None:
    """In its own encoding as it is; in the other one as far as its text can say it."""
    for encoding in ANY_TREE:
        octets = codec.encode(into(document, encoding))
        if len(octets) > MAX_DOCUMENT_BYTES:
            continue  # the other encoding takes more bytes, and a document may have only so many
        again = codec.decode(octets)
        other = encoding is not document.encoding
        left, right = copy(again.root, trim=other), copy(document.root, trim=other)
        if other:
            left, right = settled(left), settled(right)
        assert left == right
        assert again.version == document.version or document.root.name not in NAMESPACED


def settled(root: Element) -> Element:
    """Without the names that one token gives to two elements: they differ between the encodings by design."""
    todo = [root]
    while todo:
        element = todo.pop()
        if element.name in ("BlockUser-Request", "BlockEntity-Request"):
            element.name = "Block"
        todo.extend(element.children)
    return root


def any_tree(data: bytes) -> bool:
    """Whether it was a message."""
    document = decoded(data)
    if document is None or document.root.name != "WV-CSP-Message":
        return False
    survives(document)
    return True


def any_line(data: bytes) -> bool:
    """The same of the plain text syntax. Written and read again, a message may have lost what has no word; from then on nothing
    changes."""
    document = decoded(data)
    if document is None or document.encoding is not Encoding.PTS:
        return False
    survives(document)
    once = codec.encode(document)
    assert codec.encode(codec.decode(once)) == once
    return True
