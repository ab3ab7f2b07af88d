"""The spans of a message in plain text syntax (PTS): the words before the first blank, names of parameters, and their values."""

from __future__ import annotations

from onesoup.captures.spans import SpanList, quoted
from onesoup.wire import ptstext
from onesoup.wire.generated import pts as tables
from onesoup.wire.pts_reader import parameter_path


class PtsSpans:
    """Walks over one message. `list` has the spans up to its end, or up to the error."""

    def __init__(self, data: bytes, _charset: str | None = None) -> None:
        self.data = data
        self.list = SpanList()

    def walk(self) -> int:
        """The offset behind the last parameter. WireError when one cannot be read."""
        head = ptstext.read_preamble(self.data)
        primitive = tables.TRANSACTIONS.get(head.code) or f"unknown-pts-{head.code}"
        self.list.names = ["WV-CSP-Message", "Session", "Transaction", "TransactionContent", primitive]
        self.list.add(head.length, "header", f"{primitive}, CSP {'.'.join(head.version)}, transaction {head.id or 'without id'}")
        version = ".".join(head.version)
        reader = ptstext.ParameterReader(self.data, head.length)
        while (parameter := reader.parameter()) is not None:
            self.parameter(parameter, reader.at, parameter_path(parameter.name, primitive, version))
        self.list.add(len(self.data), "end", "end of the line")
        return len(self.data)

    def parameter(self, given: ptstext.Parameter, end: int, path: str) -> None:
        base = list(self.list.names)
        self.list.names += path.split("/")
        name_end = given.value.offset if given.value.offset <= end else end
        self.list.add(name_end, "tag", f"{given.name}: {path}", inside=False)
        said = self.data[name_end:end].decode("utf-8", "replace")
        self.list.add(end, "text", f"text {quoted(said)}" if isinstance(given.value, ptstext.Word) else f"group {quoted(said)}")
        self.list.names = base
