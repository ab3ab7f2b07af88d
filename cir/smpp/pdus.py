"""SMPP 3.4 PDUs, as far as a client of an SMSC needs them for short messages in both directions (cir.md 12.7). Bytes and values;
no socket, no clock."""

import re
import struct
from dataclasses import dataclass, field, replace

from cir.wvci import CirError

PDU_HEADER_BYTES = 16
MAX_PDU_BYTES = 64 * 1024
BIND_TRANSCEIVER, BIND_TRANSCEIVER_RESP = 0x00000009, 0x80000009
SUBMIT_SM, SUBMIT_SM_RESP = 0x00000004, 0x80000004
DELIVER_SM, DELIVER_SM_RESP = 0x00000005, 0x80000005
UNBIND, UNBIND_RESP = 0x00000006, 0x80000006
ENQUIRE_LINK, ENQUIRE_LINK_RESP = 0x00000015, 0x80000015
GENERIC_NACK = 0x80000000
STATUS_OK, STATUS_THROTTLED, STATUS_QUEUE_FULL = 0x00, 0x58, 0x14
TEMPORARY_STATUSES = frozenset({STATUS_QUEUE_FULL, STATUS_THROTTLED})
BIND_REFUSED_STATUSES = frozenset({0x0D, 0x0E, 0x0F})
STATUS_INVALID_COMMAND = 0x03
# "ESME_RX_T_APPN": the message could not be taken just now; the SMSC brings it again.
STATUS_TEMPORARY_APP_ERROR = 0x64
# Store and forward; a user data header is in front of the text.
ESM_CLASS_UDHI, ESM_CLASS_STORE_AND_FORWARD = 0x40, 0x03
ESM_CLASS_RECEIPT = 0x04
TLV_DESTINATION_PORT, TLV_SOURCE_PORT, TLV_MESSAGE_PAYLOAD = 0x020B, 0x020A, 0x0424
TLV_PARTS_REFERENCE, TLV_PARTS, TLV_PART = 0x020C, 0x020E, 0x020F
TLV_MESSAGE_STATE, TLV_RECEIPTED_MESSAGE_ID = 0x0427, 0x001E

# The states of a receipt -> those of our delivery reports (cir.md 12.8).
RECEIPT_STATES = {"DELIVRD": "delivered", "ACCEPTD": "accepted", "ENROUTE": "accepted", "EXPIRED": "failed", "UNDELIV": "failed"}
RECEIPT_STATES |= {"DELETED": "failed", "REJECTD": "refused", "UNKNOWN": "failed"}


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
class SubmitSm:
    """The fields of a submit_sm or deliver_sm that we write or read."""

    source: SmppAddress
    destination: SmppAddress
    data: bytes
    esm_class: int = ESM_CLASS_UDHI | ESM_CLASS_STORE_AND_FORWARD
    data_coding: int = 0x04
    registered: int = 1
    validity: str = ""
    tlvs: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmppReceipt:
    """A delivery receipt: the message's id at the SMSC, its final state as the receipt words it, and its error."""

    id: str
    state: str
    error: str


def encode_pdu(pdu: Pdu) -> bytes:
    return struct.pack(">IIII", PDU_HEADER_BYTES + len(pdu.body), pdu.command, pdu.status, pdu.sequence) + pdu.body


def pdu_length(head: bytes) -> int:
    """The length in bytes of the PDU that begins with `head`. CirError when no PDU can begin so."""
    (size,) = struct.unpack(">I", head[:4])
    if not PDU_HEADER_BYTES <= size <= MAX_PDU_BYTES:
        raise CirError(f"a PDU of {size} bytes")
    return int(size)


def decode_pdu(octets: bytes) -> Pdu:
    size, command, status, sequence = struct.unpack(">IIII", octets[:PDU_HEADER_BYTES])
    if size != len(octets):
        raise CirError("a PDU of another length than it says")
    return Pdu(command, status, sequence, octets[PDU_HEADER_BYTES:])


def bind_transceiver(sequence: int, user: str, password: str, system_type: str = "") -> Pdu:
    """bind_transceiver."""
    names = _cstring(user) + _cstring(password) + _cstring(system_type)
    return Pdu(BIND_TRANSCEIVER, STATUS_OK, sequence, names + b"\x34\x00\x00\x00")


def relative_time(seconds: int) -> str:
    """A relative time of whole minutes, at least one."""
    minutes = max(seconds // 60, 1)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"0000{days:02}{hours:02}{minutes:02}00000R"


def submit_sm(sequence: int, message: SubmitSm) -> Pdu:
    """submit_sm. CirError when the text is longer than one short message."""
    if len(message.data) > 140:
        raise CirError(f"{len(message.data)} bytes, and a short message takes 140")
    body = b"\0" + _address(message.source) + _address(message.destination)
    body += bytes((message.esm_class, 0, 0)) + b"\0" + _cstring(message.validity)
    body += bytes((message.registered, 0, message.data_coding, 0, len(message.data))) + message.data
    return Pdu(SUBMIT_SM, STATUS_OK, sequence, body + b"".join(_tlv(tag, value) for tag, value in message.tlvs.items()))


def with_ports(
    message: SubmitSm, payload: bytes, source_port: int, port: int, parts: tuple[int, int, int] | None = None
) -> SubmitSm:
    """The message for an SMSC that wants the ports in TLVs, and the payload in another one. `parts`: (reference, parts, part) of
    one part of several, in TLVs too."""
    ports = {TLV_SOURCE_PORT: source_port.to_bytes(2, "big"), TLV_DESTINATION_PORT: port.to_bytes(2, "big")}
    tlvs = ports | {TLV_MESSAGE_PAYLOAD: payload}
    if parts is not None:
        reference, total, part = parts
        tlvs |= {TLV_PARTS_REFERENCE: reference.to_bytes(2, "big"), TLV_PARTS: bytes((total,)), TLV_PART: bytes((part,))}
    return replace(message, data=b"", esm_class=ESM_CLASS_STORE_AND_FORWARD, validity="", tlvs=tlvs)


def read_submit(pdu: Pdu) -> SubmitSm:
    """Reads a submit_sm, or a deliver_sm, which has the same form. CirError."""
    reader = _Reader(pdu.body)
    reader.cstring()
    source, destination = reader.address(), reader.address()
    esm_class, _, _ = reader.octets(3)
    reader.cstring()
    until = reader.cstring()
    registered, _, coding, _, size = reader.octets(5)
    return SubmitSm(source, destination, reader.octets(size), esm_class, coding, registered, until, reader.tlvs())


def deliver_sm(
    sequence: int, source: SmppAddress, destination: SmppAddress, text: bytes, esm_class: int = ESM_CLASS_RECEIPT
) -> Pdu:
    """deliver_sm, as an SMSC sends a receipt."""
    made = submit_sm(sequence, SubmitSm(source, destination, text, esm_class, 0, 0))
    return Pdu(DELIVER_SM, STATUS_OK, sequence, made.body)


def read_message_id(pdu: Pdu) -> str:
    return _Reader(pdu.body).cstring() if pdu.body else ""


def answer_pdu(pdu: Pdu, body: bytes = b"", status: int = STATUS_OK) -> Pdu:
    return Pdu(pdu.command | 0x80000000, status, pdu.sequence, body)


_RECEIPT_FIELD = re.compile(r"(id|stat|err):([^ ]*)", re.IGNORECASE)


def read_delivery_receipt(pdu: Pdu) -> SmppReceipt | None:
    """The receipt in a deliver_sm, or None when it is an ordinary message."""
    message = read_submit(pdu)
    if not message.esm_class & 0x3C:
        return None
    text = (message.data or message.tlvs.get(TLV_MESSAGE_PAYLOAD, b"")).decode("latin-1")
    found = {name.lower(): value for name, value in _RECEIPT_FIELD.findall(text)}
    told = message.tlvs.get(TLV_RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    return SmppReceipt(told or found.get("id", ""), found.get("stat", "").upper(), found.get("err", ""))


def message_id_forms(text: str) -> tuple[str, ...]:
    """The ids that the SMSC may have used for this message before: the same text, then its value in the other base (decimal,
    hexadecimal)."""
    found = [text.lower()]
    if text.isascii() and text.isdigit():
        found.append(f"{int(text):x}")
    if re.fullmatch(r"[0-9A-Fa-f]{1,32}", text):
        found.append(str(int(text, 16)))
    return tuple(dict.fromkeys(found))


class _Reader:
    """Reads the fields of a body in order. CirError past its end."""

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
