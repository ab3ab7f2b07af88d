"""Caps on one document. They hold in every encoding; an error names the limit that was passed."""

from onesoup.wire.errors import WireError

# The deepest vector nests 10 levels. 32 leaves room and stops a nesting bomb.
MAX_ELEMENT_DEPTH = 32

# The largest vector has 202. Page switches, attributes, comments and processing instructions count as elements.
MAX_ELEMENTS = 4000

# Text items of WBXML that do not come alone in their element. An encoder may write every character as an entity; a message of
# that many is not one that a phone can send.
MAX_TEXT_ITEMS = 16_000

# Octets of a document, and characters of all its text: one figure, because only string tables and value tokens can make text
# longer than its octets. The gateway refuses bodies beyond its own, smaller limit before they come here.
MAX_DOCUMENT_BYTES = 256 * 1024

# No element or attribute of CSP has a name longer than 32 characters.
MAX_NAME_LENGTH = 128


def check_size(body: bytes) -> None:
    if len(body) > MAX_DOCUMENT_BYTES:
        raise WireError(f"document of {len(body)} bytes: limit is {MAX_DOCUMENT_BYTES} bytes", MAX_DOCUMENT_BYTES)


def too_deep(offset: int) -> WireError:
    return WireError(f"elements nest too deep: limit is depth {MAX_ELEMENT_DEPTH},", offset)


def too_many(offset: int) -> WireError:
    return WireError(f"too many elements: limit is {MAX_ELEMENTS} elements (page switches and attributes count),", offset)


def too_long(offset: int) -> WireError:
    return WireError(f"too much text: limit is {MAX_DOCUMENT_BYTES} characters of decoded text,", offset)


def too_split(offset: int) -> WireError:
    return WireError(f"text in too many pieces: limit is {MAX_TEXT_ITEMS} text items,", offset)
