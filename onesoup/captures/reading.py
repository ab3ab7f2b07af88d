"""Entry point to captures: detects the kinds of files, and hands out the CSP bodies in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onesoup.captures.documents import CapturedBody, Notice, no_notice
from onesoup.captures.dump_rows import read_row
from onesoup.captures.errors import CaptureError
from onesoup.captures.frames import guess_link
from onesoup.captures.http_bodies import bodies_of_packets, bodies_of_saved_http
from onesoup.captures.http_stream import begins_http
from onesoup.captures.pcap import Packet, is_pcap, read_packets
from onesoup.captures.splitting import split_documents
from onesoup.captures.text_dumps import WrittenBytes, is_text, read_text
from onesoup.wire import codec

# Keys that every conversation file has (onesoup.phone.conversation.script).
_CONVERSATION_KEYS = (rb"(?m)^csp_version:", rb"(?m)^given:", rb"(?m)^steps:")
# How other files begin.
_OTHER_FILES = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF; copy the bytes out of it as text"),
    (b"PK\3\4", "packed (zip, or an office document); unpack it first"),
    (b"\x1f\x8b", "packed (gzip); unpack it first"),
    (b"BZh", "packed (bzip2); unpack it first"),
    (b"\xfd7zXZ", "packed (xz); unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an office document; copy the bytes out of it as text"),
)


def read_capture(data: bytes, name: str, notice: Notice = no_notice) -> Iterator[CapturedBody]:
    """The bodies in a file of that name, in the order in which they passed.

    `notice` is told, in a sentence, what is missing and what was left out. CaptureError when there is nothing to read.
    """
    if not data.strip():
        raise CaptureError("the file is empty")
    if is_pcap(data):
        yield from bodies_of_packets(read_packets(data, notice), name, notice)
    elif begins_http(data):
        yield from bodies_of_saved_http(data, name, notice)
    elif _is_conversation(data):
        raise CaptureError("this is a conversation file, not a capture: play it with `onesoup phone play FILE --stack`")
    elif is_text(data):
        yield from _of_text(list(read_text(data, notice)), name, notice)
    else:
        bodies = list(_of_bytes(data, name))
        if not any(codec.is_document(body.data) for body in bodies):
            raise CaptureError(f"no document is in it: {_kind_of(data)}")
        yield from bodies


def _kind_of(data: bytes) -> str:
    """What a file is that holds no documents."""
    for mark, kind in _OTHER_FILES:
        if data.startswith(mark):
            return f"it is {kind}"
    return f"it begins with {data[:4].hex(' ')}, and neither WBXML, XML nor plain text syntax does"


def _is_conversation(data: bytes) -> bool:
    """Whether a file is a conversation in YAML. Its documents have variables in them, so they are nothing to decode."""
    return is_text(data) and all(re.search(key, data) for key in _CONVERSATION_KEYS)


def is_line_of_documents(line: bytes) -> bool:
    """Whether a file that begins with this line has its documents on lines, one on each; else it is a capture of another form."""
    return is_text(line) and not (
        line.startswith(b"\n\r\r\n") or is_pcap(line) or begins_http(line) or read_row(line.decode("latin-1").rstrip(), ())
    )


def _of_text(written: list[WrittenBytes], name: str, notice: Notice) -> Iterator[CapturedBody]:
    """Documents; or packets, or HTTP messages in pieces, written down as dumps."""
    if not written:
        raise CaptureError("no document is in it: neither WBXML, XML nor plain text syntax, nor hex of one, nor packets")
    if any(begins_http(each.data) for each in written):
        yield from bodies_of_saved_http(b"".join(each.data for each in written), name, notice)
        return
    links = [guess_link(each.data) for each in written]
    if any(link is not None for link in links):
        packets = (
            Packet(number, None, link, each.data)
            for number, (link, each) in enumerate(zip(links, written, strict=True), 1)
            if link
        )
        yield from bodies_of_packets(packets, name, notice)
        return
    for each in written:
        yield from _of_bytes(each.data, f"{name}, line {each.line}")


def _of_bytes(data: bytes, where: str) -> Iterator[CapturedBody]:
    for at, document in split_documents(data):
        yield CapturedBody(document, where=f"{where}, byte {at}" if at else where)
