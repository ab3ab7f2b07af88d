"""SMPP 3.4 PDUs, as far as a client of an SMSC needs them for short messages in both directions (cir.md 12.7). Bytes and values;
no socket, no clock."""

import re
import struct
from dataclasses import dataclass, field

from cir.wvci import CirError

HEADER = 16
MAX_PDU = 64 * 1024
BIND, BIND_RESP = 0x00000009, 0x80000009
SUBMIT, SUBMIT_RESP = 0x00000004, 0x80000004
DELIVER, DELIVER_RESP = 0x00000005, 0x80000005
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006
ENQUIRE, ENQUIRE_RESP = 0x00000015, 0x80000015
NACK = 0x80000000
OK, THROTTLED, QUEUE_FULL = 0x00, 0x58, 0x14
TEMPORARY = frozenset({QUEUE_FULL, THROTTLED})
BIND_REFUSED = frozenset({0x0D, 0x0E, 0x0F})
INVALID_COMMAND = 0x03
# A message could not be taken just now: bring it again.
NOT_NOW = 0x64
# Store and forward; a user data header is in front of the text.
UDHI, MODE = 0x40, 0x03
RECEIPT = 0x04
DEST_PORT, SOURCE_PORT, PAYLOAD, MESSAGE_STATE, RECEIPTED_ID = 0x020B, 0x020A, 0x0424, 0x0427, 0x001E


@dataclass(frozen=True, slots=True)
class Pdu:
    command: int
    status: int
    sequence: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SmppAddress:
    """TON, NPI and digits without a plus."""

    number: str
    ton: int = 0
    npi: int = 1


@dataclass(frozen=True, slots=True)
class Submit:
    """What submit_sm says. `ports` (source, destination) puts the payload into a TLV and leaves the header out."""

    source: SmppAddress
    destination: SmppAddress
    data: bytes
    esm_class: int = UDHI | MODE
    data_coding: int = 0x04
    registered: int = 1
    validity: str = ""
    tlvs: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmppReport:
    """A delivery receipt: the message's id at the SMSC, its final state as the receipt words it, and its error."""

    id: str
    state: str
    error: str


def encode(pdu: Pdu) -> bytes:
    return struct.pack(">IIII", HEADER + len(pdu.body), pdu.command, pdu.status, pdu.sequence) + pdu.body


def length(head: bytes) -> int:
    """The octets of the PDU that begins so. CirError when no PDU can."""
    (size,) = struct.unpack(">I", head[:4])
    if not HEADER <= size <= MAX_PDU:
        raise CirError(f"a PDU of {size} octets")
    return int(size)


def decode(octets: bytes) -> Pdu:
    size, command, status, sequence = struct.unpack(">IIII", octets[:HEADER])
    if size != len(octets):
        raise CirError("a PDU of another length than it says")
    return Pdu(command, status, sequence, octets[HEADER:])


def bind(sequence: int, user: str, password: str, system_type: str = "") -> Pdu:
    """bind_transceiver."""
    names = _cstring(user) + _cstring(password) + _cstring(system_type)
    return Pdu(BIND, OK, sequence, names + b"\x34\x00\x00\x00")


def validity(seconds: int) -> str:
    """A relative time of whole minutes, at least one."""
    minutes = max(seconds // 60, 1)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"0000{days:02}{hours:02}{minutes:02}00000R"


def submit(sequence: int, message: Submit) -> Pdu:
    """submit_sm. CirError when the text is longer than one short message."""
    if len(message.data) > 140:
        raise CirError(f"{len(message.data)} octets, and a short message takes 140")
    body = b"\0" + _address(message.source) + _address(message.destination)
    body += bytes((message.esm_class, 0, 0)) + b"\0" + _cstring(message.validity)
    body += bytes((message.registered, 0, message.data_coding, 0, len(message.data))) + message.data
    return Pdu(SUBMIT, OK, sequence, body + b"".join(_tlv(tag, value) for tag, value in message.tlvs.items()))


def with_ports(message: Submit, payload: bytes, source_port: int, port: int) -> Submit:
    """The same for an SMSC that wants the ports outside of the text."""
    tlvs = {SOURCE_PORT: source_port.to_bytes(2, "big"), DEST_PORT: port.to_bytes(2, "big"), PAYLOAD: payload}
    return Submit(message.source, message.destination, b"", MODE, message.data_coding, message.registered, "", tlvs)


def read_submit(pdu: Pdu) -> Submit:
    """What an SMSC reads in a submit_sm; deliver_sm has the same form."""
    reader = _Reader(pdu.body)
    reader.cstring()
    source, destination = reader.address(), reader.address()
    esm_class, _, _ = reader.octets(3)
    reader.cstring()
    until = reader.cstring()
    registered, _, coding, _, size = reader.octets(5)
    return Submit(source, destination, reader.octets(size), esm_class, coding, registered, until, reader.tlvs())


def deliver(sequence: int, source: SmppAddress, destination: SmppAddress, text: bytes, esm_class: int = RECEIPT) -> Pdu:
    """deliver_sm, as an SMSC sends a receipt."""
    made = submit(sequence, Submit(source, destination, text, esm_class, 0, 0))
    return Pdu(DELIVER, OK, sequence, made.body)


def message_id(pdu: Pdu) -> str:
    return _Reader(pdu.body).cstring() if pdu.body else ""


def answer(pdu: Pdu, body: bytes = b"", status: int = OK) -> Pdu:
    return Pdu(pdu.command | 0x80000000, status, pdu.sequence, body)


_FIELD = re.compile(r"(id|stat|err):([^ ]*)", re.IGNORECASE)


def receipt(pdu: Pdu) -> SmppReport | None:
    """The receipt in a deliver_sm, or None when it is an ordinary message."""
    message = read_submit(pdu)
    if not message.esm_class & 0x3C:
        return None
    text = (message.data or message.tlvs.get(PAYLOAD, b"")).decode("latin-1")
    found = {name.lower(): value for name, value in _FIELD.findall(text)}
    told = message.tlvs.get(RECEIPTED_ID, b"").rstrip(b"\0").decode("latin-1")
    return SmppReport(told or found.get("id", ""), found.get("stat", "").upper(), found.get("err", ""))


def forms(text: str) -> tuple[str, ...]:
    """The forms under which the SMSC may have named the same message before: as it is, then its value in the other base."""
    found = [text.lower()]
    if text.isascii() and text.isdigit():
        found.append(f"{int(text):x}")
    if re.fullmatch(r"[0-9A-Fa-f]{1,32}", text):
        found.append(str(int(text, 16)))
    return tuple(dict.fromkeys(found))


class _Reader:
    """Hands out the fields of a body in order. Never reads past its end."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def octets(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) < count:
            raise CirError("a PDU that ends early")
        self._at += count
        return taken

    def cstring(self) -> str:
        end = self._body.find(b"\0", self._at)
        if end < 0:
            raise CirError("a text without an end")
        text, self._at = self._body[self._at : end].decode("latin-1"), end + 1
        return text

    def address(self) -> SmppAddress:
        ton, npi = self.octets(2)
        return SmppAddress(self.cstring(), ton, npi)

    def tlvs(self) -> dict[int, bytes]:
        found = {}
        while self._at < len(self._body):
            tag, size = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(size)
        return found


def _cstring(text: str) -> bytes:
    return text.encode("latin-1").replace(b"\0", b"") + b"\0"


def _address(address: SmppAddress) -> bytes:
    return bytes((address.ton, address.npi)) + _cstring(address.number)


def _tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value
