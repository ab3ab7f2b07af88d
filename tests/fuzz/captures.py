"""What holds for any file that is given as a capture: bodies, or CaptureError in words. And of each body: spans that cover it."""

import gzip
import re
from collections.abc import Sequence
from functools import cache

from onesoup.captures.annotate import annotate
from onesoup.captures.documents import CapturedBody
from onesoup.captures.errors import CaptureError
from onesoup.captures.hiding import without_secrets
from onesoup.captures.reading import read_capture
from onesoup.captures.shown import annotated, as_json
from tests.captures.packets import SYN, Talk, frame, ok, pcap, pcapng, post
from tests.captures.test_http_bodies import chunked, encoded
from tests.captures.test_text_dumps import FORMS
from tests.fuzz.mutants import Language
from tests.wire.vectors import GOOD

_SOME = GOOD[::20]


def any_capture(data: bytes) -> bool:
    """Whether there was a body in it that could be read."""
    told: list[str] = []
    try:
        bodies = list(read_capture(data, "name", told.append))
    except CaptureError as caught:
        return not str(caught)
    assert len(bodies) + len(told) <= len(data) + 2
    good = [_shown(body) for body in bodies]
    return any(good)


def _shown(body: CapturedBody) -> bool:
    found = annotate(body.data, body.content_type)
    end = 0
    for span in found.spans:
        assert (span.start, span.end > span.start) == (end, True)
        end = span.end
    assert end == len(body.data) or found.error is not None
    without_secrets(found)
    assert all(line.isprintable() for line in annotated(body.data, found, True))
    assert "\n" not in as_json(body, {}, found, False, True)
    return found.document is not None


@cache
def recordings() -> Sequence[bytes]:
    """pcap, pcapng and saved HTTP."""
    found = []
    for vector in _SOME:
        answer = gzip.compress(vector.octets)
        talk = (
            Talk(most=60).opened().ask(vector.octets, GOOD[0].octets).say(True, chunked(vector.octets) + encoded(answer, "gzip"))
        )
        frames = [*talk.frames, frame(("10.0.0.5", 1034), ("192.0.2.1", 80), 99, flags=SYN)]
        found += [pcap(frames), pcapng(frames), pcap([each[14:] for each in frames], 101, ">")]
        found.append(post(vector.octets) + ok(vector.octets) + chunked(vector.octets))
    return tuple(found)


@cache
def texts() -> Sequence[bytes]:
    """Dumps in every form, and documents one behind the other."""
    found = [form(vector.octets).encode() for vector in _SOME for form in FORMS.values()]
    return (*found, *(vector.xml * 2 for vector in _SOME), *(vector.octets * 2 for vector in _SOME))


_HTTP_WORDS = (b"POST / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n")
RECORDED = Language(
    re.compile(rb"(?s)."),
    (
        *_HTTP_WORDS,
        b"\r\n\r\n",
        b"ffffffff\r\n",
        b"0\r\n\r\n",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x08\x00",
        b"\x81\x00",
        b"\x45",
        b"\x60",
    ),
)
WRITTEN = Language(
    re.compile(rb"[0-9A-Fa-f]+|\S"),
    (
        b"0000",
        b"00000000: ",
        b"*\n",
        b"ffffffff",
        b"03116a00",
        b"{",
        b"}",
        b"/*",
        b"*/",
        b"0x03,",
        b"\n\n",
        b"    ",
        b"<?xml ",
        b"WV12PO",
    ),
)
