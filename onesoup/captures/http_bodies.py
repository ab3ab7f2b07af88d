"""CSP bodies out of recorded HTTP: which of the messages are CSP, requests with their answers, compression taken off."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onesoup.captures.documents import CapturedBody, Direction, Notice
from onesoup.captures.errors import CaptureError
from onesoup.captures.frames import FragmentFound, Segment, is_known_link, read_segment
from onesoup.captures.http_stream import HttpMessage, HttpStream
from onesoup.captures.pcap import Packet
from onesoup.captures.tcp_streams import Connection, connections
from onesoup.wire.limits import MAX_DOCUMENT_BYTES

_CSP = re.compile(rb"[\x01-\x03][\x0f-\x12]|[\x01-\x03]\x00|[\x01-\x03]\x01\x6a|WV(?:\d\d|XX)[A-Za-z]{2}")
_CSP_XML = re.compile(rb"\s*(?:\xef\xbb\xbf)?<[^\0]{0,1000}?WV-CSP-")
_TYPES = ("vnd.wv.csp", "vnd.wv.imps")


@dataclass(frozen=True)
class _Passed:
    message: HttpMessage
    connection: str


def bodies_of_packets(packets: Iterable[Packet], name: str, notice: Notice) -> Iterator[CapturedBody]:
    """The bodies in recorded packets, by the time at which they were complete."""
    passed: list[_Passed] = []
    counts = {"other": 0, "csp": 0}
    for label, connection in connections(_segments(packets, notice)):
        messages = _messages(connection, notice)
        chosen = list(_csp_of(messages, notice))
        counts["other"] += len(messages) - len(chosen)
        counts["csp"] += len(chosen)
        passed += [_Passed(message, label) for message in chosen]
    if not counts["csp"]:
        raise CaptureError(_nothing(counts["other"]))
    if counts["other"]:
        notice(f"left out: HTTP messages that are not CSP ({counts['other']})")
    passed.sort(key=lambda each: each.message.packet)
    for each in passed:
        yield from _body(each.message, f"{name}, packet {each.message.packet}", each.connection, notice)


def _nothing(other: int) -> str:
    if other:
        return f"none of the {other} HTTP messages in it is CSP"
    return "no HTTP messages in it; packets of HTTPS cannot be read"


def bodies_of_saved_http(data: bytes, name: str, notice: Notice) -> Iterator[CapturedBody]:
    """The bodies of HTTP messages that somebody saved as they passed, both sides one after the other."""

    def told(text: str) -> None:
        notice(text.removeprefix("packet 0: "))

    stream = HttpStream(told)
    messages = [*stream.feed(data), *stream.close()]
    chosen = list(_csp_of(messages, told))
    if not chosen:
        raise CaptureError(_nothing(len(messages)))
    for number, message in enumerate(chosen, 1):
        yield from _body(message, f"{name}, HTTP message {number}", "1", told)


def _segments(packets: Iterable[Packet], notice: Notice) -> Iterator[Segment]:
    fragments = cut = 0
    unknown: set[int] = set()
    for packet in packets:
        if not is_known_link(packet.link):
            unknown.add(packet.link)
            continue
        try:
            segment = read_segment(packet)
        except FragmentFound:
            fragments += 1
            continue
        if segment is not None:
            cut += len(segment.data) < segment.length
            yield segment
    if fragments:
        notice(f"left out: fragments of IP packets ({fragments})")
    if cut:
        notice(f"packets that were not recorded whole ({cut}): tcpdump needs `-s 0`")
    for link in sorted(unknown):
        notice(f"left out: packets of link type {link}, which is not read here")


def _messages(connection: Connection, notice: Notice) -> list[HttpMessage]:
    """Those of both directions, by the packets that completed them."""
    found: list[HttpMessage] = []
    for half in connection.halves.values():
        stream = HttpStream(notice)
        for piece in half.pieces():
            if piece.missing:
                stream.gap(piece.missing, piece.packet)
            else:
                found += stream.feed(piece.data, piece.packet, piece.at)
        found += stream.close()
    return sorted(found, key=lambda message: (message.packet, message.status > 0))


def _csp_of(messages: Iterable[HttpMessage], notice: Notice) -> Iterator[HttpMessage]:
    """The CSP messages of one connection. An answer to one counts, if it is good, even when it is empty."""
    asked: list[bool] = []
    for message in messages:
        csp = _is_csp(message)
        if message.status == 0:
            asked.append(csp)
            if csp:
                yield message
            continue
        answers_csp = asked.pop(0) if asked else csp
        if answers_csp and message.status != 200:
            notice(f"packet {message.packet}: the server answered HTTP {message.status}")
        elif csp or (answers_csp and not message.body):
            yield message


def _is_csp(message: HttpMessage) -> bool:
    if any(name in message.header("content-type").lower() for name in _TYPES):
        return True
    if message.header("content-encoding") and message.body:
        return "xml" in message.header("content-type") and bool(_CSP_XML.match(_inflated(message.body, 31)[0]))
    return bool(_CSP.match(message.body) or _CSP_XML.match(message.body))


def _body(message: HttpMessage, where: str, connection: str, notice: Notice) -> Iterator[CapturedBody]:
    try:
        data = _plain(message)
    except CaptureError as error:
        notice(f"packet {message.packet}: {error}")
        return
    direction = Direction.RESPONSE if message.status else Direction.REQUEST
    yield CapturedBody(data, direction, message.header("content-type"), message.at, where, connection, message.headers)


def _plain(message: HttpMessage) -> bytes:
    """The body without its codings, the last one first."""
    codings = f"{message.header('content-encoding')},{message.header('transfer-encoding')}".lower().split(",")
    data = message.body
    for coding in reversed([each.strip() for each in codings]):
        if coding in ("", "identity", "chunked") or not data:
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise CaptureError(f"content coding {coding[:20]!r} is not read here")
        for bits in (47, -15):  # gzip or zlib by its header; deflate without one
            inflated, whole = _inflated(data, bits)
            if inflated or whole:
                break
        if not whole:
            raise CaptureError(f"the {coding} of a body is broken, or larger than {MAX_DOCUMENT_BYTES} bytes")
        data = inflated
    return data


def _inflated(data: bytes, bits: int) -> tuple[bytes, bool]:
    """At most a little more than a document may have, and whether that is all."""
    inflater = zlib.decompressobj(bits)
    try:
        return inflater.decompress(data, MAX_DOCUMENT_BYTES + 1), inflater.eof
    except zlib.error:
        return b"", False
