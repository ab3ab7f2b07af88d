"""Files that want to fill the memory, or to be read for ever."""

import tracemalloc
from contextlib import suppress

import pytest

from onesoup.captures.errors import CaptureError
from onesoup.captures.reading import read_capture
from tests.captures.packets import Talk, interface, pcap, pcapng, section

MANY = 6_000
FILES = {
    "documents cut off in their attributes": bytes.fromhex("03116a00c9") * MANY,
    "documents cut off in their content": bytes.fromhex("03116a0040") * MANY,
    "page switches without end": bytes.fromhex("03116a006d") + bytes(10 * MANY),
    "the same as hex": b"03116a00c9 " * MANY,
    "roots in CDATA": b"<WV-CSP-a><![CDATA[" * MANY,
    "roots in roots": b"<WV-CSP-Message>" * MANY,
    "elements in elements": b"<a>" * MANY,
    "tags without end": b"<a" * MANY,
    "prologs": b"<?xml version='1.0'?>\n" * MANY,
    "rows of a dump of one byte": b"\n".join(b"%08x  03" % place for place in range(MANY)),
    "a dump of stars": b"00000000  03\n" + b"*\n" * MANY + b"00000010  03\n",
    "dumps that begin again": b"0000 03 11\n" * MANY,
    "braces": b"{0x01," * MANY,
    "comments without end": b"0x01, /*" * MANY,
    "page numbers without end": b"03116a006d 4040404040404040\n" + b"17\n40404040404040404040\n" * MANY,
    "hex that no line ends in a whole byte": b"03116a006d4\n" + b"40404040404040404\n" * MANY,
    "five page numbers in each block": (b"03116a006d 4040404040404040\n" + b"17\n40404040404040404040\n" * 5) * (MANY // 10),
    "hex in prose": b"03 " * MANY + b"g",
    "plain text syntax": b"WV12AA" * MANY,
    "HTTP without bodies": b"GET / HTTP/1.1\r\n\r\n" * MANY,
    "a head without end": b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * MANY,
    "chunks of one byte": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * MANY,
    "packets of one byte": pcap(Talk(most=1).opened().say(True, b"POST / HTTP/1.1\r\nX: " + b"a" * 3000).frames),
    "connections": pcap([frame for port in range(2000) for frame in Talk(("10.0.0.5", port)).opened().frames]),
    "interfaces": section("<") + interface("<", 1) * MANY,
    "a packet of four gigabytes": pcap([b"a"])[:32] + b"\xff" * 100,
    "blocks of nothing": pcapng([b""] * 3000),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_in_memory_bounded_by_its_size(name):
    data = FILES[name]
    tracemalloc.start()
    try:
        with suppress(CaptureError):
            for _ in read_capture(data, "name"):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # An element of a list and its object take a hundred bytes and more, for what may be five bytes of a file.
    assert peak < 100 * len(data) + 4_000_000
