"""What stands around the primitive in an ordinary XML document, seen at once: one transaction, its ids in plain ASCII, all in the
order of the schema, and the version in the namespace of the root.

For fast_xml_reader alone. Anything else does not match, and is left to the tree.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from onesoup.csp.codec.envelope import MAX_ID_LENGTH, Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.wire.document import Encoding
from onesoup.wire.names import DEFAULT_VERSION, version_of_namespace

_ANY_SPACE = rb"[ \t\r\n]*"
# Printable ASCII that XML gives no meaning.
_PLAIN = rb"[!#-%'-;=?-~]"
_NAMESPACE = rb'xmlns="(%s*)"' % _PLAIN


def _id(name: bytes, least: int) -> bytes:
    return rb"<%s>(%s{%d,%d})</%s>" % (name, _PLAIN, least, MAX_ID_LENGTH, name)


def _flag(name: bytes) -> bytes:
    return rb"(?:<%s>([TF])</%s>)?" % (name, name)


# Up to the first element in TransactionContent.
_HEAD = re.compile(
    _ANY_SPACE.join(
        (
            rb'(?:<\?xml version="1\.0"(?: encoding="([Uu][Tt][Ff]-8)")? ?\?>)?',
            rb'(<!DOCTYPE WV-CSP-Message PUBLIC "[-A-Za-z0-9 ./]*" "%s*">)?' % _PLAIN,
            rb"<WV-CSP-Message(?: %s)?>" % _NAMESPACE,
            rb"<Session>",
            rb"<SessionDescriptor>",
            rb"<SessionType>(Inband|Outband)</SessionType>",
            rb"(?:%s)?" % _id(b"SessionID", 1),
            rb"</SessionDescriptor>",
            rb"<Transaction>",
            rb"<TransactionDescriptor>",
            rb"<TransactionMode>(Request|Response)</TransactionMode>",
            rb"(?:%s|(<TransactionID/>))?" % _id(b"TransactionID", 0),
            _flag(b"Poll"),
            rb"</TransactionDescriptor>",
            rb"<TransactionContent(?: %s)?>" % _NAMESPACE,
            rb"(?=<[A-Za-z])",
        )
    )
)
_CONTENT_END = b"</TransactionContent>"
# From there on.
_TAIL = re.compile(
    _ANY_SPACE.join((_CONTENT_END, rb"</Transaction>", _flag(b"Poll"), _flag(b"CIR"), rb"</Session>", rb"</WV-CSP-Message>", b""))
)

_FLAGS = {b"T": True, b"F": False, None: None}
_MODES = {mode.value.encode(): mode for mode in Mode}
# Members of an enumeration are looked up at each mention.
_XML, _INBAND, _OUTBAND = Encoding.XML, SessionType.INBAND, SessionType.OUTBAND


class XmlFrame(NamedTuple):
    """The octets of the primitive are those from `begin` to `end`."""

    begin: int
    end: int
    version: str
    head: tuple[Any, ...]
    tail: tuple[Any, ...]

    def message(self, content: Primitive) -> Message:
        """The whole of it."""
        _, doctype, _, kind, sid, mode, tid, empty, own_poll, _ = self.head
        poll, cir = self.tail
        return Message(
            self.version,
            _XML,
            [Transaction(_MODES[mode], tid.decode() if tid is not None else None if empty is None else "", content)],
            None if sid is None else sid.decode(),
            _INBAND if sid is not None or kind == b"Inband" else _OUTBAND,
            _FLAGS[poll if own_poll is None else own_poll],
            _FLAGS[cir],
            doctype is not None,
        )


def find_frame(data: bytes) -> XmlFrame | None:
    """The frame of a document that says to be UTF-8, or is ASCII: HTTP may say another encoding."""
    head = _HEAD.match(data)
    end = data.rfind(_CONTENT_END)
    tail = _TAIL.fullmatch(data, end) if head and end > 0 else None
    if head is None or tail is None or not (head[1] or data.isascii()):
        return None
    version = _version(head)
    return None if version is None else XmlFrame(head.end(), end, version, head.groups(), tail.groups())


def _version(head: re.Match[bytes]) -> str | None:
    """None where not the root tells it, but something else."""
    _, doctype, own, *_, of_content = head.groups()
    if own is not None:
        return version_of_namespace(own.decode())
    return DEFAULT_VERSION if doctype is None and of_content is None else None
