"""Documents on lines, for scripts: a line in, a line out at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from onesoup.captures.hiding import hide_secrets
from onesoup.captures.splitting import RootFinder, begins_anew
from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document
from onesoup.wire.errors import WireError


def decoded_line(line: bytes, secrets: bool) -> str:
    """XML on one line."""
    return one_line(line_document(line), secrets)


def one_line(document: Document, secrets: bool) -> str:
    if not secrets:
        hide_secrets(document.root)
    return xmltext.write_element(document.root).replace("\n", "&#10;")


def line_document(line: bytes) -> Document:
    """XML starts with < or a byte order mark; all else is hex, or plain text syntax, whose W is none. An empty line is an empty
    document, and so an error."""
    if line[:1] in (b"<", b"\xef", b""):
        return codec.decode(line)
    try:
        return codec.decode(bytes.fromhex(line.decode("ascii")))
    except WireError:
        raise
    except ValueError:
        return codec.decode(line)  # no hex: let the codec say what it is instead


def answer_lines(lines: Iterable[bytes], work: Callable[[bytes], bytes], output: BinaryIO) -> bool:
    """Writes a line for each, `error: ...` where there is one. Whether all were good."""
    good = True
    for line in lines:
        try:
            answer = work(line.strip())
        except WireError as error:
            good, answer = False, f"error: {error}\n".encode()
        output.write(answer)
        output.flush()
    return good


def joined_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Documents out of lines: XML is over where its root ends, on whatever line; any other line is one. Empty lines are none."""
    joiner = _Joiner()
    for line in lines:
        yield from joiner.feed(line)
    if joiner.buffer.strip():
        yield joiner.buffer


class _Joiner:
    """`lost`: the document before was broken on a line that was not its first; up to the next beginning all is part of it."""

    def __init__(self) -> None:
        self.buffer = b""
        self.finder = RootFinder()
        self.lost = False

    def feed(self, line: bytes) -> Iterator[bytes]:
        if not self.buffer:
            line = line.lstrip()
        while line:
            if self.lost and not begins_anew(line):
                return
            self.lost = False
            if not self.buffer and line[:1] not in (b"<", b"\xef"):
                yield line
                return
            many = bool(self.buffer)
            self.buffer += line
            self.finder.feed(line)
            if self.finder.end is None:
                return
            done, line = self.ended(many)
            yield done

    def ended(self, many_lines: bool) -> tuple[bytes, bytes]:
        """The document that is over, and what is behind it on its last line."""
        end = self.finder.end or 0
        if not self.finder.whole and not (end and begins_anew(self.buffer[end:])):
            end = len(self.buffer)
            self.lost = many_lines
        done, rest = self.buffer[:end], self.buffer[end:].lstrip()
        self.buffer, self.finder = b"", RootFinder()
        return done, rest
