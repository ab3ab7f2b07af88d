"""The Communication Initiation Request itself: `WVCI version cookie` (cir.md 1). Bytes and values; knows no bearer."""

from dataclasses import dataclass


class CirError(ValueError):
    """Bytes that are no CIR, or a CIR that does not fit its bearer."""


@dataclass(frozen=True, slots=True)
class WvciText:
    """What a CIR says: the CSP version of the session, and the cookie that the phone chose."""

    version: str
    cookie: str


def wvci_text(version: str, cookie: str) -> bytes:
    """The CIR without an end: as SUDP, WAPUDP, WAPSMS and SSMS carry it. The cookie goes back exactly as it came."""
    return f"WVCI {version} {cookie}".encode()


def read_wvci(octets: bytes) -> WvciText:
    """What a phone makes of a CIR: the word in any case at the very start, then the version, then the cookie."""
    words = octets.rstrip(b"\r\n\0").decode("utf-8", "replace").split(" ", 2)
    if len(words) != 3 or words[0].upper() != "WVCI":
        raise CirError("no CIR")
    return WvciText(words[1], words[2])
