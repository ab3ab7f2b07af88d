"""`onesoup wire`: documents on standard input, one a line, and one line of output for each. For scripts and for the curious."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError


@click.group()
def wire() -> None:
    """Decode and encode CSP documents, one a line."""


@wire.command()
def decode() -> None:
    """Hex of WBXML, one-line XML, or plain text syntax, to XML on one line, or to `error: ...`."""
    _each_line(lambda line: xmltext.write_element(_document(line).root).replace("\n", "&#10;"))


@wire.command()
@click.option("--version", type=click.Choice(["1.1", "1.2", "1.3"]), help="CSP version; the namespace tells it when absent.")
@click.option("--to", type=click.Choice(["wbxml", "xml", "pts"]), default="wbxml", show_default=True, help="WBXML comes as hex.")
def encode(version: str | None, to: str) -> None:
    """One-line XML, hex of WBXML, or plain text syntax, to another encoding, or to `error: ...`."""
    encoding = Encoding(to)

    def encoded(line: bytes) -> str:
        document = _document(line)
        octets = codec.encode(Document(document.root, version or document.version, encoding))
        return octets.hex() if encoding is Encoding.WBXML else octets.decode().replace("\n", " ")

    _each_line(encoded)


def _document(line: bytes) -> Document:
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


def _each_line(work: Callable[[bytes], str]) -> None:
    failed = False
    for line in sys.stdin.buffer:
        try:
            answer = work(line.strip())
        except WireError as error:
            failed, answer = True, f"error: {error}"
        sys.stdout.buffer.write(answer.encode() + b"\n")
        sys.stdout.buffer.flush()
    sys.exit(failed)
