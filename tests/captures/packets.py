"""Packets, pcap and pcapng files, written field by field. Shares no code with what reads them."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

PHONE, SERVER = ("10.0.0.5", 1034), ("192.0.2.1", 80)
FIN, SYN, ACK = 1, 2, 16
AT = 1_100_000_000.25
Address = tuple[str, int]


def tcp(source: Address, target: Address, seq: int, data: bytes = b"", flags: int = ACK) -> bytes:
    """A segment with an option, so that the length of its header counts."""
    header = struct.pack(">HHIIBBHHH", source[1], target[1], seq % 2**32, 0, 6 << 4, flags, 8192, 0, 0)
    return header + b"\x01\x01\x01\x00" + data


def _v4(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def ipv4(source: Address, target: Address, payload: bytes, protocol: int = 6, fragment: int = 0x4000) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0)
    return head + _v4(source[0]) + _v4(target[0]) + payload


def ipv6(source: Address, target: Address, payload: bytes, extensions: bytes = b"", first: int = 6) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(extensions) + len(payload), first, 64)
    return head + bytes(12) + _v4(source[0]) + bytes(12) + _v4(target[0]) + extensions + payload


def ethernet(packet: bytes, tags: bytes = b"") -> bytes:
    """Padded, as short frames are."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return (b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02" + tags + kind + packet).ljust(60, b"\0")


def frame(source: Address, target: Address, seq: int, data: bytes = b"", flags: int = ACK) -> bytes:
    return ethernet(ipv4(source, target, tcp(source, target, seq, data, flags)))


def pcap(frames: Sequence[bytes], link: int = 1, order: str = "<", magic: int = 0xA1B2C3D4, units: int = 10**6) -> bytes:
    """One packet a second from AT on."""
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, each in enumerate(frames):
        out += struct.pack(order + "IIII", int(AT) + number, int(AT % 1 * units), len(each), len(each)) + each
    return out


def block(order: str, kind: int, body: bytes) -> bytes:
    body = body.ljust((len(body) + 3) // 4 * 4, b"\0")
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link: int, resolution: int | None = None) -> bytes:
    options = b"" if resolution is None else struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order: str, place: int, ticks: int, data: bytes) -> bytes:
    head = struct.pack(order + "IIIII", place, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    comment = struct.pack(order + "HH", 1, 4) + b"\xff\xfe\xfd\xfc" + bytes(4)
    return block(order, 6, head + data.ljust((len(data) + 3) // 4 * 4, b"\0") + comment)


def pcapng(frames: Sequence[bytes], link: int = 1, order: str = "<") -> bytes:
    out = section(order) + interface(order, link)
    for number, each in enumerate(frames):
        out += enhanced(order, 0, int((AT + number) * 10**6), each)
    return out


@dataclass
class Talk:
    """A connection in the making: what each side says next becomes packets."""

    source: Address = PHONE
    target: Address = SERVER
    first: int = 2**32 - 20  # numbers pass 2**32 soon
    most: int = 100

    def __post_init__(self) -> None:
        self.frames: list[bytes] = []
        self.numbers = {True: self.first, False: 5000}

    def put(self, phone: bool, data: bytes = b"", flags: int = ACK) -> None:
        ends = (self.source, self.target) if phone else (self.target, self.source)
        self.frames.append(frame(*ends, self.numbers[phone], data, flags))
        self.numbers[phone] += len(data) + bool(flags & (SYN | FIN))

    def opened(self) -> "Talk":
        self.put(True, flags=SYN)
        self.put(False, flags=SYN | ACK)
        self.put(True)
        return self

    def say(self, phone: bool, data: bytes) -> "Talk":
        for start in range(0, len(data), self.most):
            self.put(phone, data[start : start + self.most])
        return self

    def ask(self, body: bytes, answer: bytes, kind: str = "application/vnd.wv.csp.wbxml") -> "Talk":
        return self.say(True, post(body, kind)).say(False, ok(answer, kind))


def post(body: bytes, kind: str = "application/vnd.wv.csp.wbxml") -> bytes:
    return f"POST / HTTP/1.1\r\nHost: imps\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def ok(body: bytes, kind: str = "application/vnd.wv.csp.wbxml") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
