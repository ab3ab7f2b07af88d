"""Packets of pcap and pcapng files, in both byte orders and with any unit of time. Knows nothing of what is in a packet.

No library: dpkt (last release 2022) takes link type and unit of time of the first interface for all, and scapy is large."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from onesoup.captures.documents import Notice
from onesoup.captures.errors import CaptureError

# Magic number, as it stands in a big-endian file -> (units of time in a second, bytes of a packet's header).
_MAGICS = {0xA1B2C3D4: (10**6, 16), 0xA1B23C4D: (10**9, 16), 0xA1B2CD34: (10**6, 24)}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER = 0x1A2B3C4D
_RESOLUTION, _OFFSET = 9, 14


@dataclass(frozen=True, slots=True)
class Packet:
    """`number` counts from 1, as Wireshark does. `link`: the LINKTYPE of tcpdump.org."""

    number: int
    at: float | None
    link: int
    data: bytes


def is_pcap(data: bytes) -> bool:
    return _order(data) is not None or _is_pcapng(data)


def read_packets(data: bytes, notice: Notice) -> Iterator[Packet]:
    """What can be read up to the first thing that is wrong, which `notice` is told."""
    return _Pcapng(data, notice).packets() if _is_pcapng(data) else _pcap(data, notice)


def _is_pcapng(data: bytes) -> bool:
    return data.startswith(b"\x0a\x0d\x0d\x0a") and data[8:12] in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")


def _order(data: bytes) -> str | None:
    for order in "><":
        if len(data) >= 4 and struct.unpack_from(f"{order}I", data)[0] in _MAGICS:
            return order
    return None


def _pcap(data: bytes, notice: Notice) -> Iterator[Packet]:
    order = _order(data)
    if len(data) < 24 or order is None:
        raise CaptureError("the file ends inside the header of a pcap file")
    units, size = _MAGICS[struct.unpack_from(f"{order}I", data)[0]]
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    at, number = 24, 0
    while at < len(data):
        number += 1
        if len(data) - at < size:
            notice(f"the file ends inside packet {number}")
            return
        seconds, fraction, length = struct.unpack_from(f"{order}III", data, at)
        if length > len(data) - at - size:
            notice(f"the file ends inside packet {number}, or is damaged there")
            return
        at += size
        yield Packet(number, seconds + fraction / units, link, data[at : at + length])
        at += length


@dataclass(slots=True)
class _Interface:
    link: int
    snap: int
    units: int = 10**6
    offset: int = 0


class _Pcapng:
    """Goes over the blocks. A section has its own byte order and its own interfaces."""

    def __init__(self, data: bytes, notice: Notice) -> None:
        self.data = data
        self.notice = notice
        self.order = "<"
        self.interfaces: list[_Interface] = []
        self.number = 0

    def packets(self) -> Iterator[Packet]:
        at = 0
        while at < len(self.data):
            kind = self.begin(at)
            length = self.number_at("I", at + 4) if len(self.data) - at >= 12 else 0
            if length < 12 or length % 4 or length > len(self.data) - at:
                self.notice(f"the file ends or is damaged behind packet {self.number}, at byte {at}")
                return
            try:
                packet = self.block(kind, self.data[at + 8 : at + length - 4])
            except (struct.error, IndexError):
                self.notice(f"the block at byte {at}, behind packet {self.number}, is damaged")
                packet = None
            if packet is not None:
                yield packet
            at += length

    def number_at(self, form: str, at: int) -> int:
        value: int = struct.unpack_from(self.order + form, self.data, at)[0]
        return value

    def begin(self, at: int) -> int:
        """The type of the block. That of a section reads the same in both orders."""
        if len(self.data) - at < 12:
            return 0
        if self.data.startswith(b"\x0a\x0d\x0d\x0a", at):
            self.order = "<" if self.data[at + 8] == _BYTE_ORDER & 0xFF else ">"
        return self.number_at("I", at)

    def block(self, kind: int, body: bytes) -> Packet | None:
        if kind == _SECTION:
            self.interfaces = []
        elif kind == _INTERFACE:
            self.interfaces.append(self.interface(body))
        elif kind in (_PACKET, _OLD_PACKET):
            return self.packet(kind, body)
        elif kind == _SIMPLE_PACKET:
            self.number += 1
            length = min(struct.unpack_from(self.order + "I", body)[0], self.interfaces[0].snap or len(body))
            return Packet(self.number, None, self.interfaces[0].link, body[4 : 4 + length])
        return None

    def packet(self, kind: int, body: bytes) -> Packet:
        self.number += 1
        place, high, low, length = struct.unpack_from(self.order + ("IIII" if kind == _PACKET else "HxxIII"), body)
        interface = self.interfaces[place]
        at = interface.offset + (high << 32 | low) / interface.units
        return Packet(self.number, at, interface.link, body[20 : 20 + length])

    def interface(self, body: bytes) -> _Interface:
        link, snap = struct.unpack_from(self.order + "HxxI", body)
        found = _Interface(link, snap)
        at = 8
        while at + 4 <= len(body):
            code, length = struct.unpack_from(self.order + "HH", body, at)
            value = body[at + 4 : at + 4 + length]
            if code == _RESOLUTION and length == 1:
                found.units = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
            elif code == _OFFSET and length == 8:
                found.offset = struct.unpack(self.order + "q", value)[0]
            at += 4 + (length + 3) // 4 * 4
        return found
