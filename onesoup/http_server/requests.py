"""HTTP/1.0 and 1.1 requests from bytes (RFC 9112). No sockets and no clock: `RequestParser` is fed what was read.

Strict about where a request ends, because a proxy in front may read it differently: any doubt ends the connection, and nothing
after it is read as a request. Tolerant where only one reading is possible: lines that end in LF, empty lines before a request,
folded fields, a repeated equal length."""

import re
from enum import Enum, auto
from typing import NoReturn
from urllib.parse import urlsplit

MAX_FIELDS = 100
MAX_REQUEST_LINE_BYTES = 8190
MAX_REQUEST_HEAD_BYTES = 32 * 1024
# Most bytes of line ends between two requests: some old proxies write CR LF after the body of a POST.
MAX_EMPTY = 8
# Most bytes of a chunk's first line with its extension; of the whole framing, as a constant and as a multiple of the body. Chunks
# of one byte take a factor of five.
MAX_CHUNK_LINE, FRAMING_BYTES, FRAMING_FACTOR = 1024, 16 * 1024, 8

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_VALUE = r"[^\x00-\x08\x0a-\x1f\x7f]*"
_END = re.compile(rb"\n\r?\n")
_EMPTY_LINES = re.compile(rb"(?:\r?\n)*")
_FIRST = re.compile(rf"({_TOKEN}) ([^\x00-\x20\x7f]+) (HTTP/1\.[01])\r?")
_FIELD_BLOCK = re.compile(rf"(?:{_TOKEN}:{_VALUE}\r?\n)*\r?\n")
_FIELD = re.compile(rf"({_TOKEN}):[ \t]*({_VALUE})\r?\n")
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")
# Fields that decide the end or the host of a request must not be folded: some servers skip the second line.
_FOLDED_FRAMING = re.compile(r"^(?:content-length|transfer-encoding|host|connection):[^\n]*\n[ \t]", re.IGNORECASE | re.MULTILINE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")
_TRAILER = re.compile(rf"{_TOKEN}:{_VALUE}\r\n".encode())
# Fields that must not be repeated with another value (request smuggling, RFC 9112 section 11.2).
_ONCE = frozenset({"content-length", "content-type", "host", "transfer-encoding"})
_TOKEN_BYTES = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class BadRequest(ValueError):
    """A request that this server does not accept. Its text quotes nothing that the client wrote."""


class Request:
    """The head of a request. `fields` has lower-case names; several fields of one name are joined (RFC 9110 section 5.3)."""

    __slots__ = ("chunked", "expects", "fields", "keep", "length", "method", "target", "version")

    def __init__(self, method: str, target: str, version: str, fields: dict[str, str]) -> None:
        self.method, self.target, self.version, self.fields = method, target, version, fields
        self.length = _length(fields.get("content-length"))
        self.chunked = _chunked(fields.get("transfer-encoding"), self.length, version)
        modern = version == "HTTP/1.1"
        wish = fields.get("connection")
        self.keep = modern if wish is None else _keeps(wish.lower(), modern)
        expect = fields.get("expect")
        self.expects = expect is not None and modern and expect.lower() == "100-continue"


def path_of(target: str) -> str:
    """Path and query of a target. A request to a proxy has a whole URL."""
    if target[0] in "/*":
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        raise BadRequest("request target") from None
    if parts.scheme not in ("http", "https"):
        raise BadRequest("request target")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _State(Enum):
    HEAD = auto()
    BODY = auto()  # of a known length
    CHUNK_LINE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILER = auto()
    BROKEN = auto()


class RequestParser:
    """The requests of one connection, in order: `request`, then `body` until `done`, then the next `request`.

    Both return None when they need more bytes. After a BadRequest every further call raises BadRequest too."""

    __slots__ = ("_at", "_data", "_empty", "_framing", "_left", "_read", "_searched", "_state")

    def __init__(self) -> None:
        self._data, self._at = b"", 0
        self._state = _State.HEAD
        self._searched = self._empty = 0
        self._left = self._framing = self._read = 0

    def feed(self, data: bytes) -> None:
        if self._at < len(self._data):
            data = self._data[self._at :] + data
        self._searched = max(self._searched - self._at, 0)
        self._data, self._at = data, 0

    @property
    def idle(self) -> bool:
        """Whether no byte of a next request has arrived."""
        return self._state is _State.HEAD and self._at >= len(self._data)

    @property
    def done(self) -> bool:
        """Whether the last request has been read to its end."""
        return self._state is _State.HEAD

    @property
    def broken(self) -> bool:
        return self._state is _State.BROKEN

    def end(self) -> None:
        """Call it when the client has closed. BadRequest in the middle of a request."""
        if self._state is not _State.HEAD or self._data[self._at :].strip(b"\r\n"):
            self._refuse("cut short")

    def request(self) -> Request | None:
        """The next request's head."""
        if self._state is not _State.HEAD:
            self._refuse("broken before")
        data = self._data
        if data[self._at : self._at + 1] in (b"\r", b"\n"):
            self._skip_empty_lines()
        begin = self._at
        found = _END.search(data, max(begin, self._searched))
        if found is None:
            self._check_beginning()
            return None
        self._at, self._searched, self._empty = found.end(), 0, 0
        try:
            request = _request(data[begin : self._at].decode("latin-1"))
        except BadRequest:
            self._state = _State.BROKEN
            raise
        if request.chunked:
            self._state, self._framing, self._read = _State.CHUNK_LINE, 0, 0
        elif request.length:
            self._state, self._left = _State.BODY, request.length
        return request

    def body(self, most: int) -> bytes | None:
        """The next bytes of the body, at most so many; b"" at its end."""
        while True:
            if self._state is _State.BODY:
                return self._take(most, _State.HEAD)
            if self._state is _State.CHUNK:
                return self._take(most, _State.CHUNK_END)
            if self._state is _State.HEAD:
                return b""
            if self._state is _State.BROKEN:
                self._refuse("broken before")
            if not self._frame():
                return None

    def _skip_empty_lines(self) -> None:
        found = _EMPTY_LINES.match(self._data, self._at)
        assert found is not None
        self._empty += found.end() - self._at
        self._at = found.end()
        if self._empty > MAX_EMPTY:
            self._refuse("too many empty lines")

    def _check_beginning(self) -> None:
        """Checks a head whose end has not arrived yet."""
        data, begin = self._data, self._at
        size = len(data) - begin
        self._searched = max(begin, len(data) - 2)
        if size > MAX_REQUEST_HEAD_BYTES or (
            size > MAX_REQUEST_LINE_BYTES and data.find(b"\n", begin, begin + MAX_REQUEST_LINE_BYTES) < 0
        ):
            self._refuse("head too long")
        if size and data[begin] not in _TOKEN_BYTES and data[begin:] != b"\r":
            self._refuse("request line")

    def _take(self, most: int, then: _State) -> bytes | None:
        data = self._data[self._at : self._at + min(most, self._left)]
        if not data:
            return None
        self._at += len(data)
        self._left -= len(data)
        self._read += len(data)
        if not self._left:
            self._state = then
        return data

    def _frame(self) -> bool:
        """Reads the framing between chunks; False when it has not all arrived."""
        if self._state is _State.CHUNK_END:
            return self._chunk_end()
        end = self._data.find(b"\n", self._at, self._at + MAX_CHUNK_LINE) + 1
        if not end:
            if len(self._data) - self._at >= MAX_CHUNK_LINE:
                self._refuse("chunk line too long")
            return False
        self._count(end - self._at)
        if self._state is _State.CHUNK_LINE:
            self._chunk_line(end)
        else:
            self._trailer(end)
        self._at = end
        return True

    def _chunk_line(self, end: int) -> None:
        found = _CHUNK.fullmatch(self._data, self._at, end)
        if found is None:
            self._refuse("chunk size")
        self._left = int(found[1], 16)
        self._state = _State.CHUNK if self._left else _State.TRAILER

    def _trailer(self, end: int) -> None:
        if self._data[self._at : end] == b"\r\n":
            self._state = _State.HEAD
        elif _TRAILER.fullmatch(self._data, self._at, end) is None:
            self._refuse("trailer")

    def _chunk_end(self) -> bool:
        there = self._data[self._at : self._at + 2]
        if not b"\r\n".startswith(there):
            self._refuse("chunk end")
        if len(there) < 2:
            return False
        self._count(2)
        self._at += 2
        self._state = _State.CHUNK_LINE
        return True

    def _count(self, size: int) -> None:
        self._framing += size
        if self._framing > FRAMING_BYTES + FRAMING_FACTOR * self._read:
            self._refuse("more framing than body")

    def _refuse(self, reason: str) -> NoReturn:
        self._state = _State.BROKEN
        raise BadRequest(reason)


def _request(head: str) -> Request:
    """A request from a whole head, with its empty line."""
    line, _, block = head.partition("\n")
    found = _FIRST.fullmatch(line)
    if found is None:
        raise BadRequest("request line")
    if len(head) > MAX_REQUEST_LINE_BYTES:
        _check_sizes(head)
    if _FIELD_BLOCK.fullmatch(block) is None:
        block = _unfolded(block)
    pairs = _FIELD.findall(block)
    if len(pairs) > MAX_FIELDS:
        raise BadRequest("too many header fields")
    method, target, version = found.groups()
    return Request(method, target, version, _fields(pairs))


def _check_sizes(head: str) -> None:
    if len(head) > MAX_REQUEST_HEAD_BYTES or any(len(line) > MAX_REQUEST_LINE_BYTES for line in head.split("\n")):
        raise BadRequest("head too long")


def _unfolded(block: str) -> str:
    """The head with folded fields joined (RFC 9112 section 5.2). BadRequest when something else is wrong with it."""
    if block[:1] in (" ", "\t") or _FOLDED_FRAMING.search(block):
        raise BadRequest("folded header field")
    block = _FOLD.sub(" ", block)
    if _FIELD_BLOCK.fullmatch(block) is None:
        raise BadRequest("header field")
    return block


def _fields(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        name, value = name.lower(), value.rstrip(" \t")
        if name not in fields:
            fields[name] = value
        elif name not in _ONCE:
            fields[name] += ("; " if name == "cookie" else ",") + value
        elif name != "content-length" or fields[name] != value:
            raise BadRequest(f"two fields {name}")
    return fields


def _length(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise BadRequest("Content-Length")
    return int(value)


def _chunked(coding: str | None, length: int | None, version: str) -> bool:
    """Whether the body is chunked. `identity` means it is not (RFC 2616 section 3.6)."""
    if coding is None or coding.lower() == "identity":
        return False
    if coding.lower() != "chunked" or version == "HTTP/1.0":
        raise BadRequest("Transfer-Encoding")
    if length is not None:
        raise BadRequest("length and chunks")
    return True


def _keeps(wish: str, modern: bool) -> bool:
    words = {word.strip() for word in wish.split(",")}
    return "close" not in words and (modern or "keep-alive" in words)
