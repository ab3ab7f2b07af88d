"""Where each document ends, in bytes that hold several. What cannot be read goes up to where the next begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from onesoup.captures.wbxml_spans import WbxmlSpans
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_DOCUMENT_BYTES, MAX_ELEMENT_DEPTH

# What begins a document where nobody says that one begins: strict, because any bytes may be before it.
_NEXT = re.compile(
    rb"[\x01-\x03](?:[\x0f-\x12]\x6a\x00|\x01\x6a.|\x00[\x00-\x7f]\x6a)[\x40-\xff]|<\?xml|<!DOCTYPE|<(?:\w{1,40}:)?WV-CSP-",
    re.DOTALL,
)
# What begins a document where one may begin, or a line of hex may go on: few bytes inside of documents look like this.
_BEGIN = re.compile(
    rb"\x03(?:[\x01\x0f-\x12]|\x00[\x00-\x7f])[\x00\x03\x04\x6a]|[\x01\x02][\x0f-\x12]\x6a|<[?!A-Za-z_]|\xef\xbb\xbf\s*<"
    rb"|WV(?:\d\d|XX)[A-Za-z]{2}"
)
_BETWEEN = b" \t\r\n\f\0"
_WBXML, _XML, _UTF_16 = (b"\x01", b"\x02", b"\x03"), (b"<", b"\xef\xbb\xbf"), (b"\xff\xfe", b"\xfe\xff")
_PTS = re.compile(rb"WV(?:\d\d|XX)[A-Za-z]{2}[^\r\n]*", re.IGNORECASE)
_PIECE = 16 * 1024


def begins_document(data: bytes) -> bool:
    return _BEGIN.match(data) is not None


def begins_anew(data: bytes) -> bool:
    """Whether a document begins here for sure, and not a part of one."""
    return bool(_NEXT.match(data) or _PTS.match(data) or re.match(rb"0[1-3][0-9A-Fa-f ]{6}", data))


def split_documents(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, document) of each. White space and zeros between documents belong to none."""
    at = 0
    tries = WalkBudget(len(data))
    while (at := _skipped(data, at)) < len(data):
        end = _wbxml_end(data, at, tries) if data.startswith(_WBXML, at) else document_end(data, at)
        yield at, data[at:end].rstrip(b"\r\n") if data[at : at + 1] not in _WBXML else data[at:end]
        at = end


def _skipped(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BETWEEN:
        at += 1
    return at


def document_end(data: bytes, at: int) -> int:
    """The offset behind the document that begins at `at`, which is not WBXML."""
    if data.startswith(_XML, at):
        end, whole = xml_end(data, at)
        return end if whole else next_start(data, max(end, at + 1))
    if data.startswith(_UTF_16, at):
        return len(data)
    if line := _PTS.match(data, at):
        return line.end()
    return next_start(data, at + 1)


def next_start(data: bytes, at: int) -> int:
    found = _NEXT.search(data, at)
    return found.start() if found else len(data)


def _wbxml_end(data: bytes, at: int, tries: WalkBudget) -> int:
    """Where the root ends; else where the next document seems to begin."""
    following = next_start(data, at + 4)
    end = _walked(data, at, following)
    if end is None and following < len(data):  # a document may hold what looks like the beginning of one
        end = tries.walked(data, at)
    return following if end is None else end


def _walked(data: bytes, at: int, limit: int) -> int | None:
    try:
        return at + WbxmlSpans(data[at : min(limit, at + MAX_DOCUMENT_BYTES)]).walk()
    except WireError:
        return None


class WalkBudget:
    """Bounds what is read in vain: as many bytes as the file has, and a little more."""

    def __init__(self, size: int) -> None:
        self.left = size + MAX_DOCUMENT_BYTES

    def walked(self, data: bytes, at: int) -> int | None:
        window = _PIECE
        while self.left > 0 and window < MAX_DOCUMENT_BYTES * 4:
            self.left -= min(window, len(data) - at)
            if (end := _walked(data, at, at + window)) is not None:
                return end
            if at + window >= len(data):
                break
            window *= 4
        return None


class _RootEnded(Exception):
    pass


class _NotOne(Exception):
    pass


def xml_end(data: bytes, at: int) -> tuple[int, bool]:
    """The offset behind the root element, and True; else the offset of what is wrong, and False."""
    finder = RootFinder()
    limit = min(len(data), at + MAX_DOCUMENT_BYTES)
    for start in range(at, limit, _PIECE):
        finder.feed(data[start : min(start + _PIECE, limit)])
        if finder.end is not None:
            return at + finder.end, finder.whole
    return limit, False


class RootFinder:
    """Reads XML up to where its root ends, or up to what is wrong: `end`. Another root inside of the first is wrong too."""

    def __init__(self) -> None:
        self.end: int | None = None
        self.whole = False
        self.depth = 0
        self.tail = b""  # of what was fed, to look for the end of the last tag
        self.fed = 0
        self.at = 0  # where the last event was
        self.parser = expat.ParserCreate()
        if hasattr(self.parser, "SetReparseDeferralEnabled"):  # newer parsers would tell of the end of the root too late
            self.parser.SetReparseDeferralEnabled(False)
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.stop_at_end
        self.parser.EntityDeclHandler = self.refuse

    def feed(self, piece: bytes) -> None:
        """`piece` goes on where the last one ended; a tag may go over several."""
        self.tail = self.tail[-_PIECE:] + piece
        self.fed += len(piece)
        try:
            self.parser.Parse(piece, False)
        except _RootEnded:
            self.end, self.whole = self.behind_root(self.at), True
        except _NotOne:
            self.end = self.at
        except (expat.ExpatError, ValueError, LookupError):
            self.end = min(max(self.parser.ErrorByteIndex, 0), self.fed)

    def behind_root(self, at: int) -> int:
        before = self.fed - len(self.tail)
        if not self.tail.startswith(b"</", at - before):
            return at  # <a/>: the parser is behind it
        return before + self.tail.index(b">", at - before) + 1

    def start(self, name: str, _: dict[str, str]) -> None:
        self.at = self.parser.CurrentByteIndex  # told rightly inside of a handler only
        if self.depth and (self.depth > MAX_ELEMENT_DEPTH or name.endswith("WV-CSP-Message")):
            raise _NotOne
        self.depth += 1

    def stop_at_end(self, _: str) -> None:
        self.depth -= 1
        self.at = self.parser.CurrentByteIndex
        if not self.depth:
            raise _RootEnded

    def refuse(self, *_: object) -> None:
        self.at = self.parser.CurrentByteIndex
        raise _NotOne
