"""`onesoup wire`: shows what is in captures, and makes documents of XML. For the curious and for scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import click

from onesoup.captures import shown
from onesoup.captures.annotate import Annotation, annotate, unknown_tokens
from onesoup.captures.documents import CapturedBody
from onesoup.captures.errors import CaptureError
from onesoup.captures.hiding import hide_secrets
from onesoup.captures.lines import answer_lines, decoded_line, joined_lines, line_document, one_line
from onesoup.captures.reading import is_line_of_documents, read_capture
from onesoup.captures.spans import Span
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError

_FILES = click.argument("files", nargs=-1, type=click.Path(allow_dash=True))


@click.group()
def wire() -> None:
    """Show what is in captures of phones, and make documents."""


@wire.command()
@_FILES
@click.option("--pretty/--lines", default=None, help="Indented XML, or one line a document.  [default: pretty on a terminal]")
@click.option("--annotate", "annotated", is_flag=True, help="The bytes beside the elements that they make.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a document; with --annotate, its bytes too.")
@click.option("--list", "listed", is_flag=True, help="A line a document: number, direction, time, size, messages.")
@click.option("--secrets", is_flag=True, help="Show passwords, digests and answers to security questions.")
def decode(files: tuple[str, ...], pretty: bool | None, annotated: bool, as_json: bool, listed: bool, secrets: bool) -> None:
    """Show the CSP documents in FILES: binary, XML, hex, hex dumps, C arrays, pcap or pcapng with HTTP, or saved HTTP.

    "-" is standard input. Without FILES and options, standard input has a document on each line (hex of WBXML, XML, or plain
    text syntax), and each gets a line of XML at once, or `error: ...`.

    \b
    onesoup wire decode --annotate phone.pcap
    """
    forms = {"list": listed, "json": as_json, "annotated": annotated, "pretty": pretty, "lines": pretty is False}
    form = next((name for name, wanted in forms.items() if wanted), "")
    view = _View(form or ("pretty" if sys.stdout.isatty() else "lines"), annotated, secrets)
    if files or form:
        sys.exit(not _each_file(files or ("-",), view))
    first = sys.stdin.buffer.readline()
    if first == b"\n":  # pcapng begins with a line end
        first += sys.stdin.buffer.readline()
    if not is_line_of_documents(first):
        sys.exit(not view.show_file(first + sys.stdin.buffer.read(), "standard input"))
    lines = chain(first.splitlines(keepends=True), sys.stdin.buffer)
    sys.exit(not answer_lines(lines, lambda line: decoded_line(line, secrets).encode() + b"\n", sys.stdout.buffer))


def _each_file(files: Iterable[str], view: _View) -> bool:
    good = True
    for path, data in _read_files(files):
        good = (view.show_file(data, path) if data is not None else False) and good
    return good


def _read_files(files: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """(name, bytes) of each; None where there is no such file, which is told."""
    for path in files:
        name = "standard input" if path == "-" else path
        try:
            yield name, sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except OSError as error:
            _tell(name, error.strerror or str(error))
            yield name, None


def _tell(name: str, text: str) -> None:
    click.echo(shown.harmless(f"{name}: {text}"), err=True)


def _reason(error: WireError) -> str:
    """The error with its offset first."""
    if error.offset is None:
        return str(error)
    what = str(error).removesuffix(f" at offset {error.offset}").rstrip(",")
    return f"offset {error.offset}: {what}"


def _not_in_tables(unknown: list[Span], found: Annotation) -> str:
    first, version = unknown[0], found.document.version if found.document else ""
    more = f"; and {len(unknown) - 1} more" if unknown[1:] else ""
    return f"offset {first.start}: a token that CSP {version} does not have: {first.note}{more}"


def _place(body: CapturedBody, name: str) -> str:
    """Where in the file the body is; "" when it is all of it."""
    return body.where.removeprefix(name).removeprefix(", ")


def _bodies(data: bytes, name: str) -> Iterator[tuple[str, CapturedBody | None]]:
    """(label, body) of each document in a file; None where the file cannot be read, which is told."""
    number = 0
    try:
        for body in read_capture(data, name, lambda text: _tell(name, text)):
            number += 1
            place = _place(body, name)
            yield f"document {number}" + (f" ({place})" if place else ""), body
    except CaptureError as error:
        _tell(name, str(error))
        yield "", None


class _View:
    """Writes documents in one form to standard output, and errors to standard error."""

    def __init__(self, form: str, annotated: bool, secrets: bool) -> None:
        self.form = form
        self.annotated = annotated
        self.secrets = secrets
        self.written = 0

    def show_file(self, data: bytes, name: str) -> bool:
        """Whether all in it was good."""
        good = True
        for number, (label, body) in enumerate(_bodies(data, name), 1):
            if body is None:
                good = False
                continue
            found = annotate(body.data, body.content_type)
            if found.document and not self.secrets:
                hide_secrets(found.document.root)
            if found.error and body.data:
                good = False
                _tell(name, f"{label}: {_reason(found.error)}")
            if unknown := unknown_tokens(found):
                _tell(name, f"{label}: {_not_in_tables(unknown, found)}")
            for line in self.lines(body, name, label, number, found):
                sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
            sys.stdout.buffer.flush()
        return good

    def lines(self, body: CapturedBody, name: str, label: str, number: int, found: Annotation) -> Iterator[str]:
        if self.form == "json":
            place: dict[str, Any] = {"file": name, "document": number, "place": _place(body, name) or None}
            yield shown.as_json(body, place, found, self.secrets, self.annotated)
        elif self.form == "list":
            if number == 1:
                yield shown.harmless(name)
            yield shown.listed(body, number, found.document)
        elif self.form == "lines":
            if found.document:
                yield one_line(found.document, True)  # what is secret is hidden by now
            elif not body.data:
                yield ""
        elif found.document or not body.data or (self.form == "annotated" and found.spans):
            yield from self.page(body, f"{name}: {label}", found)

    def page(self, body: CapturedBody, label: str, found: Annotation) -> Iterator[str]:
        if self.written:
            yield ""
        self.written += 1
        head = shown.heading(body, shown.harmless(label), found.document)
        if self.form == "annotated":
            yield from head
            yield from shown.annotated(body.data, found, self.secrets) if body.data else ()
            return
        yield shown.as_comment(head)
        if found.document:
            yield from shown.indented(found.document.root)


@wire.command()
@_FILES
@click.option("--version", type=click.Choice(["1.1", "1.2", "1.3"]), help="CSP version; the namespace tells it when absent.")
@click.option("--to", type=click.Choice(["wbxml", "xml", "pts"]), default="wbxml", show_default=True, help="WBXML comes as hex.")
@click.option("--raw", is_flag=True, help="Write the bytes themselves, one document behind the other.")
@click.option("-o", "--output", type=click.File("wb"), default="-", metavar="FILE", help="Write to a file.")
def encode(files: tuple[str, ...], version: str | None, to: str, raw: bool, output: BinaryIO) -> None:
    """Encode the documents in FILES, or on standard input: XML on any number of lines, one document behind the other.

    An XML document is over where its root ends. Hex of WBXML and plain text syntax are taken too, one document a line; FILES may
    be whatever `decode` reads. What is wrong becomes `error: ...`.
    """
    writer = _Writer(Encoding(to), version, raw)
    if not files:
        lines = joined_lines(sys.stdin.buffer)
        good = writer.raw_lines(lines, output) if raw else answer_lines(lines, writer.encoded_line, output)
        sys.exit(not good)
    good = True
    for name, data in _read_files(files):
        good = data is not None and writer.encode_file(data, name, output) and good
    sys.exit(not good)


class _Writer:
    def __init__(self, encoding: Encoding, version: str | None, raw: bool) -> None:
        self.encoding = encoding
        self.version = version
        self.raw = raw

    def encoded_line(self, line: bytes) -> bytes:
        return self.encoded(line_document(line))

    def encoded(self, document: Document) -> bytes:
        octets = codec.encode(Document(document.root, self.version or document.version, self.encoding))
        if self.raw:
            return octets
        return (octets.hex().encode() if self.encoding is Encoding.WBXML else octets.replace(b"\n", b" ")) + b"\n"

    def raw_lines(self, lines: Iterable[bytes], output: BinaryIO) -> bool:
        good = True
        for number, line in enumerate(lines, 1):
            try:
                output.write(self.encoded_line(line.strip()))
            except WireError as error:
                good = False
                _tell("standard input", f"document {number}: {_reason(error)}")
        return good

    def encode_file(self, data: bytes, name: str, output: BinaryIO) -> bool:
        good = True
        for label, body in _bodies(data, name):
            if body is None:
                good = False
            elif body.data:
                try:
                    output.write(self.encoded(codec.decode(body.data, body.content_type)))
                except WireError as error:
                    good = False
                    _tell(name, f"{label}: {_reason(error)}")
        return good
