"""Reads the pcap files of the browser's inspector, and holds them to the letter: checksums, sequence numbers, HTTP."""

import struct
from dataclasses import dataclass
from itertools import pairwise

LINKTYPE_RAW = 101
FIN, SYN, ACK = 1, 2, 16


@dataclass(frozen=True)
class HttpMessage:
    first_line: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Segment:
    at: float
    source: tuple[str, int]
    target: tuple[str, int]
    sequence: int
    acknowledged: int
    flags: int
    data: bytes


def segments(data: bytes) -> list[Segment]:
    """All packets of a capture, each with the right checksums."""
    magic, _, _, _, _, _, link = struct.unpack(">IHHiIII", data[:24])
    assert (magic, link) == (0xA1B2C3D4, LINKTYPE_RAW)
    found, place = [], 24
    while place < len(data):
        seconds, micros, kept, length = struct.unpack(">IIII", data[place : place + 16])
        assert kept == length
        assert micros < 1_000_000
        found.append(_segment(seconds + micros / 1e6, data[place + 16 : place + 16 + kept]))
        place += 16 + kept
    assert [each.at for each in found] == sorted(each.at for each in found)
    return found


def conversations(data: bytes) -> list[tuple[list[HttpMessage], list[HttpMessage]]]:
    """Requests and responses of each TCP connection, in their order."""
    sides: dict[tuple[tuple[str, int], tuple[str, int]], list[Segment]] = {}
    for each in segments(data):
        sides.setdefault((each.source, each.target), []).append(each)
    pairs = [(found, sides[target, source]) for (source, target), found in sides.items() if found[0].flags == SYN]
    for client, server in pairs:
        _check_numbers(client, server)
    return [(_messages(_text(client)), _messages(_text(server))) for client, server in pairs]


def _segment(at: float, packet: bytes) -> Segment:
    assert packet[0] == 0x45
    assert struct.unpack(">H", packet[2:4]) == (len(packet),)
    assert packet[9] == 6
    assert _sum(packet[:20]) == 0xFFFF
    tcp = packet[20:]
    assert _sum(packet[12:20] + struct.pack(">HH", 6, len(tcp)) + tcp) == 0xFFFF
    source, target, sequence, acknowledged, offset, flags = struct.unpack(">HHIIBB", tcp[:14])
    addresses = [".".join(map(str, packet[place : place + 4])) for place in (12, 16)]
    body = tcp[(offset >> 4) * 4 :]
    return Segment(at, (addresses[0], source), (addresses[1], target), sequence, acknowledged, flags, body)


def _sum(data: bytes) -> int:
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _check_numbers(client: list[Segment], server: list[Segment]) -> None:
    for side in (client, server):
        assert side[0].flags & SYN
        for before, after in pairwise(side):
            counted = len(before.data) + bool(before.flags & (SYN | FIN))
            assert after.sequence == (before.sequence + counted) % 2**32
    assert server[0].flags == SYN | ACK
    assert server[0].acknowledged == client[0].sequence + 1
    assert client[-1].acknowledged == (server[-1].sequence + 1) % 2**32
    assert all(side[-1].flags & FIN for side in (client[:-1], server))


def _text(side: list[Segment]) -> bytes:
    return b"".join(each.data for each in side)


def _messages(text: bytes) -> list[HttpMessage]:
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers["content-length"])
        found.append(HttpMessage(first, headers, text[:length]))
        assert len(text) >= length
        text = text[length:]
    return found
