"""What stands around the primitive in an ordinary WBXML document, seen at once: one transaction, its ids in plain ASCII, all
in the order of the schema and in the shortest form. That is what phones send, and half of the octets of most documents.

For fast_wbxml_reader alone. Anything else does not match, and is read element by element.
"""

import re

from onesoup.csp.codec.envelope import MAX_ID_LENGTH, Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.wire import tokens
from onesoup.wire.document import Encoding
from onesoup.wire.tokens import END, HAS_ATTRIBUTES, STR_I

WBXML_VERSIONS = ("1.1", "1.2", "1.3")
# More elements than a frame can have, and as many as stand around the primitive.
FRAME_ELEMENTS, FRAME_DEPTH = 14, 4

_END = re.escape(bytes((END,)))


def _pattern(version: str) -> re.Pattern[bytes]:
    """From behind the header to the first octet in TransactionContent. Groups: the root with its namespace, SessionID, mode,
    TransactionID, an empty one, Poll as it stands in 1.1."""
    forms = tokens.ELEMENT_FORMS[version]

    def opened(*names: str) -> bytes:
        return b"".join(re.escape(forms[name].open) for name in names)

    def value(name: str, text: str) -> bytes:
        return re.escape((forms[name].texts or {})[text])

    def plain(name: str, least: int) -> bytes:
        return opened(name) + bytes((STR_I,)) + b"([!-~]{%d,%d})\\0" % (least, MAX_ID_LENGTH) + _END

    inband = opened("SessionType") + value("SessionType", "Inband") + plain("SessionID", 1)
    outband = opened("SessionType") + value("SessionType", "Outband")
    modes = b"|".join(value("TransactionMode", mode) for mode in Mode)
    polls = b"|".join(value("Poll", flag) for flag in "TF")

    def bare(name: str) -> bytes:
        return re.escape(bytes((forms[name].open[0] & ~HAS_ATTRIBUTES,)))

    def either(name: str) -> bytes:
        return b"(?:%s|%s)" % (opened(name), bare(name))

    empty = b"(%s|%s)" % (re.escape(forms["TransactionID"].empty), opened("TransactionID") + _END)
    return re.compile(
        b"(?:(%s)|%s)" % (opened("WV-CSP-Message"), bare("WV-CSP-Message"))
        + opened("Session", "SessionDescriptor")
        + b"(?:%s|%s)" % (inband, outband)
        + _END
        + opened("Transaction", "TransactionDescriptor", "TransactionMode")
        + b"(%s)" % modes
        + b"(?:%s|%s)?" % (plain("TransactionID", 0), empty)
        + b"(?:%s(%s))?" % (opened("Poll"), polls)
        + _END
        + either("TransactionContent"),
        re.DOTALL,
    )


FRAME_PATTERNS = {version: _pattern(version) for version in WBXML_VERSIONS}


# What stands behind TransactionContent.
FRAME_TAIL = bytes((END,)) * 3

_FLAGS = {(tokens.ELEMENT_FORMS["1.1"]["Poll"].texts or {})[flag]: truth for flag, truth in (("T", True), ("F", False))}
_MODES = {(tokens.ELEMENT_FORMS["1.1"]["TransactionMode"].texts or {})[mode]: mode for mode in Mode}
_WBXML, _INBAND, _OUTBAND = Encoding.WBXML, SessionType.INBAND, SessionType.OUTBAND


def message_in_frame(version: str, frame: re.Match[bytes], content: Primitive) -> Message:
    """The whole of it."""
    _, sid, mode, tid, empty, flag = frame.groups()
    transaction = Transaction(_MODES[mode], tid.decode() if tid is not None else None if empty is None else "", content)
    poll = None if flag is None else _FLAGS[flag]
    if sid is None:
        return Message(version, _WBXML, [transaction], None, _OUTBAND, poll)
    return Message(version, _WBXML, [transaction], sid.decode(), _INBAND, poll)
