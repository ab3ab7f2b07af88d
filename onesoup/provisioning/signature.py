"""How a settings document is signed (ota.md 5): HMAC-SHA1 over its bytes, keyed by what only the network or the user knows.

A phone asks its user for the PIN; a wrong one, and most unsigned documents, are refused."""

import hmac
from dataclasses import dataclass
from enum import IntEnum

from onesoup.provisioning.errors import ProvisioningError

MIN_PIN, MAX_PIN = 4, 16
IMSI_DIGITS = range(6, 16)


class Security(IntEnum):
    """The parameter SEC of the content type."""

    NETWPIN = 0  # the key is the IMSI: the user types nothing
    USERPIN = 1
    USERNETWPIN = 2  # both


@dataclass(frozen=True, slots=True)
class Signature:
    """What goes into the header of the push: `mac` is 40 hexadecimal digits in upper case."""

    security: Security
    mac: str


def sign(document: bytes, security: Security, pin: str = "", imsi: str = "") -> Signature:
    """ProvisioningError for a PIN or an IMSI that is none."""
    key = b""
    if security in (Security.NETWPIN, Security.USERNETWPIN):
        key += imsi_key(imsi)
    if security in (Security.USERPIN, Security.USERNETWPIN):
        key += pin_key(pin)
    return Signature(security, hmac.new(key, document, "sha1").hexdigest().upper())


def pin_key(pin: str) -> bytes:
    if not (pin.isascii() and pin.isdigit() and MIN_PIN <= len(pin) <= MAX_PIN):
        raise ProvisioningError(f"a PIN has {MIN_PIN} to {MAX_PIN} digits")
    return pin.encode()


def imsi_key(imsi: str) -> bytes:
    """The IMSI in semi-octets: the first octet holds digit 1 and whether their number is odd; F fills."""
    if not (imsi.isascii() and imsi.isdigit() and len(imsi) in IMSI_DIGITS):
        raise ProvisioningError("an IMSI has 6 to 15 digits")
    odd = len(imsi) % 2
    rest = imsi[1:] if odd else imsi[1:] + "F"
    first = int(imsi[0]) << 4 | (8 if odd else 0) | 1
    return bytes((first, *(int(rest[place + 1] + rest[place], 16) for place in range(0, len(rest), 2))))
