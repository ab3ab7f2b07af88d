"""A phone's side of WAP 1.x (WAP-224 WTP, WAP-230 WSP), as far as posts need it: connectionless over UDP 9200, and in a session
over WTP on 9201, with segments both ways. It stands where `PhoneHttpClient` stands in a phone."""

import itertools
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from onesoup.phone.errors import Unreachable
from onesoup.phone.http import HttpReply

CONNECTIONLESS, SESSIONS = 9200, 9201
CSP = "application/vnd.wv.csp.wbxml"
# Bytes of one segment of a long request. A group of so many segments is acknowledged at once.
SEGMENT, GROUP = 1200, 3
RESEND_SECONDS = 5.0
MAX_DATAGRAM = 65_535

# Types of PDUs (WSP table 34; WTP table 6).
CONNECT, CONNECT_REPLY, REPLY, DISCONNECT, POST = 0x01, 0x02, 0x04, 0x05, 0x60
INVOKE, RESULT, ACK, ABORT, MORE_INVOKE, MORE_RESULT = 1, 2, 3, 4, 5, 6
# Flags of WTP in the first byte.
GTR, TTR, TID_VERIFY, CONTINUES = 4, 2, 4, 0x80
CLIENT_SDU, SERVER_SDU = 0x80, 0x81
WELL_KNOWN = {"accept": 0x00, "accept-charset": 0x01, "user-agent": 0x29}
WSP_STATUS = {0x20: 200, 0x40: 400, 0x44: 404, 0x46: 406, 0x4D: 413, 0x4F: 415, 0x60: 500, 0x62: 502, 0x63: 503}


class Aborted(Unreachable):
    """The gateway has given the transaction up."""


def uintvar(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def read_uintvar(data: bytes, at: int) -> tuple[int, int]:
    """(value, where it ends)."""
    value = 0
    while True:
        octet = data[at]
        at, value = at + 1, value << 7 | octet & 0x7F
        if octet < 0x80:
            return value, at


def text(value: str) -> bytes:
    return value.encode("latin-1") + b"\0"


def header(name: str, value: str) -> bytes:
    """A header field: well-known names as a token, others as text."""
    token = WELL_KNOWN.get(name.lower())
    if token is None:
        return text(name) + text(value)
    return bytes([0x80 | token]) + (b"\x80" if value == "*/*" else text(value))


def post_pdu(url: str, body: bytes, content_type: str, headers: Sequence[tuple[str, str]]) -> bytes:
    told = text(content_type) + b"".join(header(*each) for each in headers)
    return bytes([POST]) + uintvar(len(url)) + uintvar(len(told)) + url.encode() + told + body


def connect_pdu(headers: Sequence[tuple[str, str]], client_sdu: int | None) -> bytes:
    told = b"".join(header(*each) for each in headers)
    able = b""
    if client_sdu is not None:
        for kind in (CLIENT_SDU, SERVER_SDU):
            size = uintvar(client_sdu)
            able += uintvar(1 + len(size)) + bytes([kind]) + size
    return bytes([CONNECT, 0x10]) + uintvar(len(able)) + uintvar(len(told)) + able + told


def read_reply(pdu: bytes) -> HttpReply:
    """A Reply PDU, whose end is that of its transaction. Of its headers only the type is read, where it is text."""
    assert pdu[0] == REPLY, pdu[:20]
    length, at = read_uintvar(pdu, 2)
    told = pdu[at : at + length]
    kind = told.partition(b"\0")[0].decode("latin-1") if told[:1].isalpha() else f"token {told[:4].hex()}"
    body = pdu[at + length :]
    return HttpReply(WSP_STATUS.get(pdu[1], pdu[1]), {"content-type": kind, "content-length": str(len(body))}, body)


class Posts(Protocol):
    """What a phone needs of a transport."""

    def post(self, body: bytes, content_type: str, timeout: float | None = None, resends: int = 0) -> HttpReply: ...
    def close(self) -> None: ...


@dataclass
class Connectionless:
    """Each post is one datagram, and so is its answer. None of them is sent again."""

    gateway: str
    url: str
    headers: Sequence[tuple[str, str]] = (("Accept", CSP),)
    timeout: float = 60.0
    _tids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((self.gateway, CONNECTIONLESS))

    def post(self, body: bytes, content_type: str, timeout: float | None = None, resends: int = 0) -> HttpReply:
        tid = next(self._tids) & 0xFF
        self._socket.send(bytes([tid]) + post_pdu(self.url, body, content_type, self.headers))
        end = time.monotonic() + self.timeout
        while (answer := _received(self._socket, end))[:1] != bytes([tid]):
            pass
        return read_reply(answer[1:])

    def close(self) -> None:
        self._socket.close()


class Session:
    """A WSP session: headers and sizes are agreed once, then every post is a WTP transaction of class 2."""

    def __init__(
        self,
        gateway: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (("Accept", CSP),),
        client_sdu: int | None = 65_000,
        always_segments: bool = False,
        timeout: float = 60.0,
    ) -> None:
        """`client_sdu` is the longest answer that is asked for, None leaves it out. `always_segments`: short requests too say
        that they can be segmented, which is how a gateway knows that their answers may."""
        self.url, self.timeout, self._segments = url, timeout, always_segments
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((gateway, SESSIONS))
        self._tids = itertools.count(1)
        # How many datagrams the last answer came in.
        self.datagrams = 0
        answer = self._transact(connect_pdu(headers, client_sdu))
        assert answer[0] == CONNECT_REPLY, answer[:20]
        self.session_id, at = read_uintvar(answer, 1)
        size, at = read_uintvar(answer, at)
        _, at = read_uintvar(answer, at)
        self.agreed = _capabilities(answer[at : at + size])

    def post(self, body: bytes, content_type: str, timeout: float | None = None, resends: int = 0) -> HttpReply:
        return read_reply(self._transact(post_pdu(self.url, body, content_type, ())))

    def close(self) -> None:
        self._socket.send(self._invoke(next(self._tids), 0, GTR | TTR) + bytes([DISCONNECT]) + uintvar(self.session_id))
        self._socket.close()

    def _transact(self, pdu: bytes) -> bytes:
        """The answer of one transaction."""
        tid, end = next(self._tids) & 0x7FFF, time.monotonic() + self.timeout
        if len(pdu) > SEGMENT:
            self._send_segments(tid, pdu, end)
        else:
            # The last of a transmission but of no group: it could have been a segment.
            self._socket.send(self._invoke(tid, 2, TTR if self._segments else GTR | TTR) + pdu)
        return self._result(tid, end)

    @staticmethod
    def _invoke(tid: int, kind: int, flags: int) -> bytes:
        return bytes([INVOKE << 3 | flags]) + tid.to_bytes(2) + bytes([kind])

    def _send_segments(self, tid: int, pdu: bytes, end: float) -> None:
        pieces = [pdu[at : at + SEGMENT] for at in range(0, len(pdu), SEGMENT)]
        for number, piece in enumerate(pieces):
            last, group = number == len(pieces) - 1, number % GROUP == GROUP - 1
            flags = TTR if last else GTR if group else 0
            if number == 0:
                self._socket.send(self._invoke(tid, 2, flags) + piece)
            else:
                self._socket.send(bytes([MORE_INVOKE << 3 | flags]) + tid.to_bytes(2) + bytes([number]) + piece)
            if group and not last:
                self._await_ack(tid, number, end)

    def _await_ack(self, tid: int, number: int, end: float) -> None:
        """Waits until the gateway has all segments up to this one."""
        while True:
            kind, octets = self._next(tid, end)
            if kind == ACK and octets[0] & CONTINUES and octets[4] == number:
                return

    def _result(self, tid: int, end: float) -> bytes:
        pieces: dict[int, bytes] = {}
        last: int | None = None
        while last is None or len(pieces) <= last:
            kind, octets = self._next(tid, end)
            if kind not in (RESULT, MORE_RESULT):
                continue
            number = 0 if kind == RESULT else octets[3]
            pieces[number] = octets[3:] if kind == RESULT else octets[4:]
            if octets[0] & TTR:
                last = number
            if octets[0] & (GTR | TTR):
                self._acknowledge(tid, number)
        self.datagrams = len(pieces)
        return b"".join(pieces[number] for number in sorted(pieces))

    def _acknowledge(self, tid: int, number: int) -> None:
        """Of a group of segments, which is named by its last."""
        if number:
            self._socket.send(bytes([CONTINUES | ACK << 3]) + tid.to_bytes(2) + bytes([3 << 3 | 1, number]))
        else:
            self._socket.send(bytes([ACK << 3]) + tid.to_bytes(2))

    def _next(self, tid: int, end: float) -> tuple[int, bytes]:
        """(type, PDU) of the next one of this transaction. A gateway that asks whether there is one is told so."""
        while True:
            octets = _received(self._socket, end)
            if len(octets) < 3 or int.from_bytes(octets[1:3]) & 0x7FFF != tid:
                continue
            kind = octets[0] >> 3 & 0x0F
            if kind == ABORT:
                raise Aborted(f"aborted, reason {octets[3]:#x}")
            if kind == ACK and octets[0] & TID_VERIFY:
                self._socket.send(bytes([ACK << 3 | TID_VERIFY]) + tid.to_bytes(2))
                continue
            return kind, octets


def _received(link: socket.socket, end: float) -> bytes:
    link.settimeout(max(end - time.monotonic(), 0.001))
    try:
        return link.recv(MAX_DATAGRAM)
    except TimeoutError:
        raise Unreachable("no answer over WSP") from None
    except OSError as error:
        raise Unreachable(f"no WSP gateway: {error.strerror}") from None


def _capabilities(data: bytes) -> Mapping[int, bytes]:
    found, at = {}, 0
    while at < len(data):
        size, at = read_uintvar(data, at)
        found[data[at]] = data[at + 1 : at + size]
        at += size
    return found
