"""The PROXY protocol, versions 1 and 2, as a load balancer writes it in front of a connection. Bytes in, an address out."""

import ipaddress

_V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
# The longest header of version 1, its line end included.
MAX_V1_HEADER_BYTES = 107


class ProxyError(ValueError):
    """The connection does not begin with a PROXY header."""


def read_proxy_header(data: bytes) -> tuple[str, int] | None:
    """(the client's address, bytes of the header); None when more is to come. The address is "" where the proxy speaks of
    a connection of its own, such as a health check."""
    if data.startswith(_V2_SIGNATURE[: len(data)]) and data[:1] == b"\r":
        return _version_2(data)
    if not b"PROXY ".startswith(data[:6]) and not data.startswith(b"PROXY "):
        raise ProxyError("no PROXY header")
    line, end, _ = data.partition(b"\r\n")
    if not end:
        if len(data) > MAX_V1_HEADER_BYTES:
            raise ProxyError("a PROXY header without an end")
        return None
    words = line.decode("latin-1").split(" ")
    if words[1:2] == ["UNKNOWN"]:
        return "", len(line) + 2
    if len(words) != 6 or words[1] not in ("TCP4", "TCP6"):
        raise ProxyError("a PROXY header of an unknown form")
    return _address(words[2]), len(line) + 2


def _version_2(data: bytes) -> tuple[str, int] | None:
    if len(data) < 16:
        return None
    command, family, size = data[12], data[13] >> 4, int.from_bytes(data[14:16], "big")
    if command >> 4 != 2 or size > 512:
        raise ProxyError("a PROXY header of an unknown version")
    if len(data) < 16 + size:
        return None
    width = {1: 4, 2: 16}.get(family, 0)
    if command & 0x0F == 0 or not width:
        return "", 16 + size
    if size < 2 * width:
        raise ProxyError("a PROXY header that is too short for its addresses")
    return str(ipaddress.ip_address(data[16 : 16 + width])), 16 + size


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ProxyError("a PROXY header without an address") from None
