"""The messages that carry a settings document: a WSP push unit (ota.md 5), cut into SMS with a user data header."""

from collections.abc import Iterator

from onesoup.provisioning.errors import ProvisioningError
from onesoup.provisioning.signature import Signature

# Destination and source: WAP push, as Kannel writes it.
PORT = 2948
PUSH, TRANSACTION = 0x06, 0x01
CONTENT_TYPE, SHORT_CONTENT_TYPE = "application/vnd.wap.connectivity-wbxml", 0xB6
_SEC, _MAC, _LENGTH_QUOTE = 0x91, 0x92, 0x1F
_PORTS = bytes((0x05, 0x04)) + PORT.to_bytes(2, "big") * 2
MAX_SMS = 140
# What a part takes beside its header; 255 parts is what the header can count, and no settings need so many.
MAX_WHOLE, MAX_PART_BYTES, MAX_PARTS = MAX_SMS - 7, MAX_SMS - 12, 9


def push_unit(document: bytes, signature: Signature | None) -> bytes:
    """The document behind its WSP header. Unsigned ones are refused by most phones."""
    if signature is None:
        return bytes((TRANSACTION, PUSH, 1, SHORT_CONTENT_TYPE)) + document
    value = bytes((SHORT_CONTENT_TYPE, _SEC, 0x80 | signature.security, _MAC)) + signature.mac.encode("ascii") + b"\0"
    headers = bytes((_LENGTH_QUOTE, len(value))) + value
    return bytes((TRANSACTION, PUSH, len(headers))) + headers + document


def messages(unit: bytes, reference: int) -> Iterator[tuple[bytes, bytes]]:
    """(user data header, user data) of each SMS. Parts of one document have `reference`, modulo 256, in common."""
    if len(unit) <= MAX_WHOLE:
        yield bytes((len(_PORTS),)) + _PORTS, unit
        return
    total = -(-len(unit) // MAX_PART_BYTES)
    if total > MAX_PARTS:
        raise ProvisioningError(f"the settings need {total} SMS, and at most {MAX_PARTS} are sent: choose shorter names")
    for number in range(total):
        header = _PORTS + bytes((0x00, 0x03, reference & 0xFF, total, number + 1))
        yield bytes((len(header),)) + header, unit[number * MAX_PART_BYTES : (number + 1) * MAX_PART_BYTES]
