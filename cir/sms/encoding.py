"""A CIR in one short message: user data with a port header (WAPSMS, SSMS), packed text, and the TPDUs around it
(cir.md 6 and 7; 3GPP 23.038, 23.040). Bytes and values.

One CIR is one message: what does not fit is refused here, since gateways cut it silently."""

from dataclasses import dataclass

from cir.sms import wsp_push
from cir.wvci import CirError

MAX_SMS_BYTES = 140
SSMS_PORT = 3716
# Where CSP itself is spoken by SMS.
DATA_PORT = 3590
# Septets of one message behind the port header, which takes the room of 8 septets.
MAX_SEPTETS = 152
HEADER_SEPTETS = 8
_PORT_ELEMENT = 0x05
# Elements that say which part this is, with their lengths: the reference has one octet or two.
_CONCATENATION = frozenset({(0x00, 3), (0x08, 4)})
# Characters whose GSM code is their ASCII code: what CIRs are made of. Others have no place in a septet here.
_SAME_AS_ASCII = frozenset(range(0x20, 0x7F)) - frozenset(b"$@[\\]^_`{|}~")
_GSM_OF_SPECIAL = {ord("@"): 0x00, ord("$"): 0x02, ord("_"): 0x11, ord("\r"): 0x0D, ord("\n"): 0x0A}
_ASCII_OF_SPECIAL = {code: char for char, code in _GSM_OF_SPECIAL.items()}


@dataclass(frozen=True, slots=True)
class UserData:
    """User data with its header: the ports (0: none), and which part of how many it is. `ref` is what parts of one message
    have in common."""

    port: int
    source_port: int
    payload: bytes
    part: int = 1
    parts: int = 1
    ref: int = 0


def port_header(destination: int, source: int) -> bytes:
    """The user data header with 16-bit ports."""
    return bytes((6, _PORT_ELEMENT, 4)) + destination.to_bytes(2, "big") + source.to_bytes(2, "big")


WAP_HEADER = port_header(wsp_push.WAP_PUSH_PORT, wsp_push.WSP_SOURCE_PORT)
SSMS_HEADER = port_header(SSMS_PORT, SSMS_PORT)


def fits_one_sms(header: bytes, payload: bytes) -> bool:
    return len(header) + len(payload) <= MAX_SMS_BYTES


def longest_cookie(content_type: str = "short") -> int:
    """The bytes that a cookie may have so that its CIR fits into one WAPSMS."""
    return MAX_SMS_BYTES - len(WAP_HEADER) - 3 - len(wsp_push.PUSH_HEADERS[content_type]) - len("WVCI 1.2 ")


def read_user_data(octets: bytes) -> UserData:
    """User data that begins with a header. CirError when it does not."""
    if not octets or len(octets) <= octets[0]:
        raise CirError("no user data header")
    header, payload = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
    found, part, parts, ref, at = (0, 0), 1, 1, 0, 0
    while at + 2 <= len(header):
        kind, value = header[at], header[at + 2 : at + 2 + header[at + 1]]
        if kind == _PORT_ELEMENT and len(value) == 4:
            found = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        elif (kind, len(value)) in _CONCATENATION:
            ref, parts, part = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
        at += 2 + header[at + 1]
    return UserData(*found, payload, part, parts, ref)


# --- 7-bit text ---


def septets(octets: bytes) -> bytes | None:
    """The GSM codes of an ASCII text, or None when one of its characters has none of a single septet."""
    codes = bytearray()
    for octet in octets:
        if octet in _SAME_AS_ASCII:
            codes.append(octet)
        elif octet in _GSM_OF_SPECIAL:
            codes.append(_GSM_OF_SPECIAL[octet])
        else:
            return None
    return bytes(codes)


def pack_septets(codes: bytes, pad: bool = False) -> bytes:
    """Seven bits a character, the lowest first. `pad` puts CR into a spare septet, which otherwise reads as "@"."""
    if pad and len(codes) % 8 == 7:
        codes += b"\r"
    bits = 0
    for place, code in enumerate(codes):
        bits |= code << 7 * place
    return bits.to_bytes((7 * len(codes) + 7) // 8, "little")


def unpack_septets(octets: bytes) -> bytes:
    """The text of packed septets as ASCII. A spare septet at the end is left out, whether it is empty or CR."""
    bits, count = int.from_bytes(octets, "little"), len(octets) * 8 // 7
    codes = [bits >> 7 * place & 0x7F for place in range(count)]
    if count and count % 8 == 0 and codes[-1] in (0x00, 0x0D):
        codes.pop()
    return ascii_of(bytes(codes))


def ascii_of(codes: bytes) -> bytes:
    """Characters of the GSM alphabet, one an octet, as far as ASCII has them."""
    return bytes(_ASCII_OF_SPECIAL.get(code, code) for code in codes)


def encode_ssms(text: bytes) -> bytes:
    """The packed payload of a CIR for SSMS. CirError when it does not fit or has a character that GSM has not."""
    codes = septets(text)
    if codes is None:
        raise CirError("a character that the GSM alphabet does not have")
    if len(codes) > MAX_SEPTETS:
        raise CirError(f"{len(codes)} characters, and an SSMS takes {MAX_SEPTETS}")
    return pack_septets(codes)


def read_ssms(octets: bytes) -> bytes:
    """The text of an SSMS from either side: packed, or packed behind its number of septets as Android sends HELO."""
    plain = unpack_septets(octets)
    if plain[:4].upper() in (b"WVCI", b"HELO"):
        return plain
    return unpack_septets(octets[1:])[: octets[0]] if octets else b""


# --- TPDUs, for modems and for the phone of the tests ---


@dataclass(frozen=True, slots=True)
class DeliverTpdu:
    """An SMS-DELIVER as a phone gets it. `data` is the user data, its header included where `has_header`."""

    sender: str
    dcs: int
    has_header: bool
    data: bytes


def submit_tpdu(number: str, data: bytes, dcs: int = 0x04, validity: int = 5) -> bytes:
    """An SMS-SUBMIT with a header in its user data and a relative validity (5: 30 minutes), without the SMSC prefix."""
    return b"\x51\x00" + _address(number) + bytes((0x00, dcs, validity, len(data))) + data


def deliver_tpdu(sender: str, data: bytes, when: str, dcs: int = 0x04, septets_: int | None = None, header: bool = True) -> bytes:
    """An SMS-DELIVER. `when` is YYMMDDhhmmss in UTC; 7-bit data says its number of septets."""
    first = 0x44 if header else 0x04
    length = len(data) if septets_ is None else septets_
    return bytes((first,)) + _address(sender) + bytes((0x00, dcs)) + _swapped(when + "00") + bytes((length,)) + data


def read_deliver_tpdu(octets: bytes) -> DeliverTpdu:
    """Takes an SMS-DELIVER apart. CirError for anything else."""
    if len(octets) < 13 or octets[0] & 0x03:
        raise CirError("no SMS-DELIVER")
    digits, at = octets[1], 3 + (octets[1] + 1) // 2
    if len(octets) < at + 10:
        raise CirError("an SMS-DELIVER that ends early")
    plus = "+" if octets[2] == 0x91 else ""
    number = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in octets[3:at])[:digits]
    return DeliverTpdu(plus + number, octets[at + 1], bool(octets[0] & 0x40), octets[at + 10 :])


def _address(number: str) -> bytes:
    digits = number.removeprefix("+")
    if not digits.isdigit():
        raise CirError("a number has digits only")
    return bytes((len(digits), 0x91 if number.startswith("+") else 0x81)) + _swapped(digits)


def _swapped(digits: str) -> bytes:
    if len(digits) % 2:
        digits += "f"
    return bytes(int(digits[place + 1] + digits[place], 16) for place in range(0, len(digits), 2))
