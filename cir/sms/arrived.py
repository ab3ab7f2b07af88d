"""Short messages that a carrier's gateway brings: the forms in which gateways hand them over, and what phones say by them: HELO,
which proves a number (cir.md 7), and CSP in plain text syntax (wire.md, appendix). Bytes and values; acts on nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from cir.smpp import pdu as smpp
from cir.sms import encoding
from cir.wvci import CirError
from onesoup.wire import ptstext
from onesoup.wire import sms as pts
from onesoup.wire.errors import WireError

PATH = "/hook/sms"
UCS2 = 2


@dataclass(frozen=True, slots=True)
class Short:
    """One message. `id` is the gateway's, "" where it has none."""

    sender: str
    data: encoding.Data
    id: str = ""


@dataclass(frozen=True, slots=True)
class Helo:
    """The phone of this session has the sender's number."""

    sid: str


@dataclass(frozen=True, slots=True)
class Part:
    """Part `place` of `count` of a message of the sender's. `cut` says that the network has cut it: the parts are only joined."""

    message: str
    place: int
    count: int
    octets: bytes
    cut: bool = False


# --- how gateways hand messages over; CirError for what none of them can have meant ---


def kannel(query: str, fields: Mapping[str, str], body: bytes | None) -> Short:
    """Kannel's sms-service. With get-url all is in the query: from=%p, udh=%u, text=%b, coding=%c, id=%I. With post-url (`body`
    is not None) the text is the body and the header with its ports a field; Kannel 1.4.5 leaves the sender out: from=%p."""
    found = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True, encoding="latin-1").items()}
    text = found.get("text", "").encode("latin-1") if body is None else body
    udh = found.get("udh", "").encode("latin-1") or unquote_to_bytes(fields.get("x-kannel-udh", ""))
    coding = found.get("coding") or fields.get("x-kannel-coding", "")
    sender = found.get("from") or fields.get("x-kannel-from", "")
    return _short(sender, udh, _utf8(text) if coding == str(UCS2) else text, found.get("id", ""))


def webhook(body: bytes) -> Short:
    """A document: id and msisdn; payload and udh in hexadecimal digits, or text. Ports may stand beside them."""
    try:
        found: Any = json.loads(body)
        payload, udh = bytes.fromhex(found.get("payload") or ""), bytes.fromhex(found.get("udh") or "")
        ports = int(found.get("dest_port") or 0), int(found.get("src_port") or 0)
        text = payload or str(found.get("text") or "").encode()
        id_, sender = found["id"], found["msisdn"]
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise CirError(f"not the document of a message: {type(error).__name__}") from None
    if not (isinstance(id_, str) and id_ and isinstance(sender, str)):
        raise CirError("a message without id or msisdn")
    return _short(sender, udh, text, id_, ports)


def deliver(pdu: smpp.Pdu) -> Short:
    """A deliver_sm that is no receipt."""
    message = smpp.read_submit(pdu)
    octets = message.data or message.tlvs.get(smpp.PAYLOAD, b"")
    udh, text = b"", octets
    if message.esm_class & smpp.UDHI and octets:
        udh, text = octets[: octets[0] + 1], octets[octets[0] + 1 :]
    if message.data_coding == 0:
        text = encoding.ascii_of(text)
    elif message.data_coding == 8:
        text = _utf8(text)
    named = (smpp.DEST_PORT, smpp.SOURCE_PORT)
    ports = int.from_bytes(message.tlvs.get(named[0], b""), "big"), int.from_bytes(message.tlvs.get(named[1], b""), "big")
    plus = "+" if message.source.ton == 1 else ""
    return _short(plus + message.source.number, udh, text, "", ports)


def _short(sender: str, udh: bytes, text: bytes, id_: str, ports: tuple[int, int] = (0, 0)) -> Short:
    if not sender:
        raise CirError("a message without a sender")
    data = encoding.read_data(udh + text) if udh else encoding.Data(*ports, text)
    return Short(sender, data, id_)


def _utf8(text: bytes) -> bytes:
    try:
        return text.decode("utf-16-be").encode()
    except UnicodeError:
        raise CirError("no UCS-2") from None


# --- what they are ---


def what(data: encoding.Data) -> Helo | Part | None:
    """What the phone says; None when it is nothing for us."""
    if data.parts > 1:
        if not 1 <= data.part <= data.parts <= ptstext.MAX_PTS_PARTS:
            return None
        return Part(f"c{data.ref}.{data.parts}", data.part - 1, data.parts, data.payload, cut=True)
    text = data.payload
    if text[:5].upper() != b"HELO " and data.port == encoding.SSMS_PORT:
        text = encoding.read_ssms(text)
    if text[:5].upper() == b"HELO ":
        return Helo(text[5:].strip(b" \r\n\0").decode("ascii", "replace"))
    if not ptstext.is_pts(text):
        return None
    try:
        message, place, count = pts.key(text)
    except WireError:
        return None
    return Part(f"{message}.{count}", place, count, text)


def back_to(data: encoding.Data) -> tuple[int, int]:
    """(destination, source) of an answer's ports. COMPAT(Android): names no port of its own, and listens where it sends to."""
    here = data.port or encoding.DATA_PORT
    return data.source_port or here, here
