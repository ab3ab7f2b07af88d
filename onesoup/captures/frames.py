"""TCP segments out of packets: the link layers on which phones and routers are recorded, IPv4, IPv6. Joins no IP fragments."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from onesoup.captures.pcap import Packet

ETHERNET, RAW_IP = 1, 101
SYN = 2

_IPV4, _IPV6, _PPPOE = 0x0800, 0x86DD, 0x8864
_VLANS = (0x8100, 0x88A8, 0x9100)
_PPP = {0x21: _IPV4, 0x57: _IPV6}
_TCP, _FRAGMENT, _AUTHENTICATION = 6, 44, 51
# Headers of IPv6 that stand before the one of TCP: hop by hop, routing, fragment, authentication, destination.
_EXTENSIONS = (0, 43, _FRAGMENT, _AUTHENTICATION, 60)


class FragmentFound(Exception):
    """The packet is a part of an IP packet."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`length`: the payload on the wire, of which `data` is what was recorded. Addresses are "10.0.0.5:1034"."""

    source: str
    target: str
    sequence: int
    flags: int
    data: bytes
    length: int
    packet: int
    at: float | None


def read_segment(packet: Packet) -> Segment | None:
    """The TCP segment in a packet; None where there is none. FragmentFound."""
    try:
        strip = _LINKS.get(packet.link)
        return _ip(strip(packet.data), packet) if strip else None
    except (struct.error, IndexError, ValueError):
        return None


def is_known_link(link: int) -> bool:
    return link in _LINKS


def guess_link(data: bytes) -> int | None:
    """The link type of a packet that somebody wrote down without it: Ethernet or IP; None: it is no packet."""
    for link in (RAW_IP, ETHERNET):
        try:
            if read_segment(Packet(0, None, link, data)) is not None:
                return link
        except FragmentFound:
            return link
    return None


# ---- link layers: the IP packet in a frame, b"" where there is another thing in it


def _ethernet(data: bytes) -> bytes:
    return _of_type(struct.unpack_from(">H", data, 12)[0], data[14:])


def _of_type(ether_type: int, data: bytes) -> bytes:
    while ether_type in _VLANS:
        ether_type, data = struct.unpack_from(">H", data, 2)[0], data[4:]
    if ether_type == _PPPOE:
        ether_type, data = _PPP.get(struct.unpack_from(">H", data, 6)[0], 0), data[8:]
    return data if ether_type in (_IPV4, _IPV6) else b""


def _ppp(data: bytes) -> bytes:
    if data.startswith(b"\xff\x03"):
        data = data[2:]
    size = 1 if data[0] & 1 else 2
    return data[size:] if int.from_bytes(data[:size], "big") in _PPP else b""


_LINKS: dict[int, Callable[[bytes], bytes]] = {
    0: lambda data: data[4:],  # null: the family, in the order of the machine that recorded; the IP packet tells it too
    ETHERNET: _ethernet,
    9: _ppp,
    12: bytes,
    14: bytes,
    RAW_IP: bytes,
    108: lambda data: data[4:],  # loopback of OpenBSD
    113: lambda data: _of_type(struct.unpack_from(">H", data, 14)[0], data[16:]),  # Linux cooked
    228: bytes,
    229: bytes,
    276: lambda data: _of_type(struct.unpack_from(">H", data)[0], data[20:]),  # Linux cooked, version 2
}

# ---- IP and TCP


def _ip(data: bytes, packet: Packet) -> Segment | None:
    version = data[0] >> 4 if data else 0
    if version == 4:
        return _ipv4(data, packet)
    return _ipv6(data, packet) if version == 6 else None


def _ipv4(data: bytes, packet: Packet) -> Segment | None:
    total, fragment, protocol = struct.unpack_from(">2xH2xHxB", data)
    header = (data[0] & 15) * 4
    if protocol != _TCP or header < 20:
        return None
    if fragment & 0x3FFF:
        raise FragmentFound
    total = total or len(data)  # 0: the network card cuts it into packets after it was recorded
    return _tcp(data[12:16], data[16:20], data[header:total], total - header, packet)


def _ipv6(data: bytes, packet: Packet) -> Segment | None:
    length, protocol = struct.unpack_from(">4xHB", data)
    at, end = 40, 40 + (length or len(data) - 40)
    while protocol in _EXTENSIONS:
        if protocol == _FRAGMENT and struct.unpack_from(">2xH", data, at)[0] & 0xFFF9:
            raise FragmentFound
        size = {_FRAGMENT: 8, _AUTHENTICATION: data[at + 1] * 4 + 8}.get(protocol, data[at + 1] * 8 + 8)
        protocol, at = data[at], at + size
    return _tcp(data[8:24], data[24:40], data[at:end], end - at, packet) if protocol == _TCP else None


def _tcp(source: bytes, target: bytes, data: bytes, length: int, packet: Packet) -> Segment | None:
    from_port, to_port, sequence, offset, flags = struct.unpack_from(">HHI4xBB", data)
    header = (offset >> 4) * 4
    if header < 20 or header > length:
        return None
    ends = _endpoint(source, from_port), _endpoint(target, to_port)
    return Segment(*ends, sequence, flags, data[header:], length - header, packet.number, packet.at)


@lru_cache(maxsize=1024)
def _endpoint(address: bytes, port: int) -> str:
    text = str(ip_address(address))
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
