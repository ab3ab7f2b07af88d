"""The spans of an XML document: its head, tags and texts, as the parser comes by them."""

from __future__ import annotations

from xml.parsers import expat

from onesoup.captures.spans import SpanList, quoted
from onesoup.wire import names, xmltext
from onesoup.wire.errors import WireError
from onesoup.wire.limits import MAX_ELEMENT_DEPTH, too_deep


class XmlSpans:
    """Walks over one document. `list` has the spans up to the end of the root, or up to the error."""

    def __init__(self, data: bytes, charset: str | None = None) -> None:
        self.data = data
        self.list = SpanList()
        self.begun = ("header", "before the document")  # kind and note of what is not over yet
        self.text = ""
        parser = self.parser = expat.ParserCreate(xmltext.xml_encoding(data, charset))
        parser.ordered_attributes = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.refuse
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.finish
        parser.CharacterDataHandler = self.characters
        parser.CommentHandler = self.comment
        parser.ProcessingInstructionHandler = self.instruction

    def walk(self) -> int:
        """The offset behind all that is in the document. WireError when it has no end."""
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise WireError(f"XML: {expat.ErrorString(error.code)}", self.parser.ErrorByteIndex) from None
        self.flush(len(self.data))
        return len(self.data)

    def flush(self, end: int) -> None:
        """What had begun is over: a span, at the depth that it had."""
        kind, note = self.begun
        if kind == "text":
            note = f"text {quoted(self.text)}" if self.text.strip() else "white space"
            self.text = ""
        if kind == "end":
            if end > self.list.end:
                self.list.close(end)
            else:
                self.list.names.pop()  # <a/>: the tag was the end too
        else:
            self.list.add(end, kind, note, inside=kind != "tag")

    def begin(self, kind: str, note: str = "") -> None:
        self.flush(self.parser.CurrentByteIndex)
        self.begun = (kind, note)

    def declaration(self, *_: object) -> None:
        self.begin("header", "XML declaration")

    def doctype(self, name: str, *_: object) -> None:
        self.begin("header", f"DOCTYPE {name}")

    def refuse(self, *_: object) -> None:
        raise WireError("XML: DOCTYPE with an internal subset is refused", self.parser.CurrentByteIndex)

    def comment(self, text: str) -> None:
        self.begin("header" if not self.list.names else "token", f"comment {quoted(text.strip())}")

    def instruction(self, target: str, _: str) -> None:
        self.begin("header" if not self.list.names else "token", f"processing instruction {target}")

    def start(self, name: str, attributes: list[str]) -> None:
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        name = names.canonical_name(names.local_name(name))
        self.begin("tag", " ".join((name, *(f"{key}={quoted(value)}" for key, value in pairs))))
        if len(self.list.names) >= MAX_ELEMENT_DEPTH:
            raise too_deep(self.parser.CurrentByteIndex)
        self.list.names.append(name)

    def finish(self, _: str) -> None:
        self.begin("end")

    def characters(self, text: str) -> None:
        if self.begun[0] != "text":
            self.begin("text")
        self.text += text
