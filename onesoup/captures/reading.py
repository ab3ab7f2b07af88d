"""One door to captures: tells the forms of files apart, and hands out the CSP bodies in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onesoup.captures.documents import CapturedBody
from onesoup.captures.errors import CaptureError
from onesoup.captures.splitting import split_documents
from onesoup.captures.text_dumps import is_text, read_text

Notice = Callable[[str], None]


def _quiet(_: str) -> None:
    pass


def read_capture(data: bytes, name: str, notice: Notice = _quiet) -> Iterator[CapturedBody]:
    """The bodies in a file of that name, in the order in which they passed.

    `notice` is told what is missing or was left out, in a sentence. CaptureError when there is nothing to read.
    """
    if not data:
        raise CaptureError("the file is empty")
    if is_text(data):
        for written in read_text(data):
            yield from _bodies(written.data, f"{name}, line {written.line}")
    else:
        yield from _bodies(data, name)


def _bodies(data: bytes, where: str) -> Iterator[CapturedBody]:
    for at, document in split_documents(data):
        yield CapturedBody(document, where=f"{where}, byte {at}" if at else where)
