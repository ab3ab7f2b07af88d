"""Cases about XML and WBXML: what the server reads, and how it writes."""

from collections.abc import Callable

from onesoup.csp.codec.generated_elements import KeepAliveRequest
from onesoup.spec.areas.judged import standing
from onesoup.spec.areas.marks import CHAT_LEVEL, CLIENT_SEEN, FROM_MEMORY, ONE, TWO, WBXML_ONLY, XML_ONLY
from onesoup.spec.case import Area, expect
from onesoup.spec.exchange import elements_of, name_of
from onesoup.spec.scene import Scene
from onesoup.wire.document import Document
from onesoup.wire.tree import Element

area = Area("encoding", "Encoding: XML and WBXML")


def understood(scene: Scene, change: Callable[[bytes], bytes], alter: Callable[[Document], None] = lambda _: None) -> None:
    """A keep-alive whose tree and bytes were changed is answered as one."""
    octets = change(scene.bytes_of(scene.alice, KeepAliveRequest(), alter))
    exchange = scene.sent(scene.alice, octets)
    content = exchange.message.transactions[0].content if exchange.message else None
    expect(content is not None and name_of(content) == "KeepAlive-Response", "no KeepAlive-Response")


@area.case(
    "xml.bare",
    "XML without declaration and DOCTYPE is read.",
    "wire.md 7",
    CLIENT_SEEN,
    "An Android writes neither.",
    CHAT_LEVEL,
    encodings=XML_ONLY,
)
def xml_bare(scene: Scene) -> None:
    understood(scene, lambda octets: octets.partition(b"?>")[2])


@area.case(
    "xml.doctype",
    "XML with a DOCTYPE of CSP is read.",
    "wire.md 7",
    ONE,
    "Phones that write one cannot be understood.",
    encodings=XML_ONLY,
)
def xml_doctype(scene: Scene) -> None:
    understood(scene, lambda octets: octets, lambda document: setattr(document, "doctype", True))


@area.case(
    "xml.bom",
    "XML behind a byte order mark is read.",
    "flows.md 1.1",
    FROM_MEMORY,
    "PC clients that write one cannot be understood.",
    encodings=XML_ONLY,
)
def xml_bom(scene: Scene) -> None:
    understood(scene, lambda octets: b"\xef\xbb\xbf" + octets)


@area.case(
    "xml.indented",
    "XML with line breaks and blanks between its elements is read.",
    "messages.md 1",
    TWO,
    "PC clients, which indent, cannot be understood.",
    encodings=XML_ONLY,
)
def xml_indented(scene: Scene) -> None:
    understood(scene, lambda octets: octets.replace(b"><", b">\r\n  <"))


@area.case(
    "xml.prefixes",
    "XML with namespace prefixes is read by the local names.",
    "wire.md 4",
    ONE,
    "Clients whose XML library writes prefixes cannot be understood.",
    encodings=XML_ONLY,
)
def xml_prefixes(scene: Scene) -> None:
    def prefixed(octets: bytes) -> bytes:
        text = octets.replace(b"xmlns=", b"xmlns:wv=", 1)
        return text.replace(b"<WV-CSP-Message", b"<wv:WV-CSP-Message").replace(b"</WV-CSP-Message", b"</wv:WV-CSP-Message")

    understood(scene, prefixed)


@area.case(
    "xml.comments",
    "Comments and CDATA in XML are read as XML has them.",
    "wire.md 7",
    CLIENT_SEEN,
    "Clients whose XML library writes CDATA cannot be understood.",
    encodings=XML_ONLY,
)
def xml_comments(scene: Scene) -> None:
    understood(scene, lambda octets: octets.replace(b"<SessionType>Inband", b"<!-- who -->\n<SessionType><![CDATA[Inband]]>", 1))


@area.case(
    "xml.latin-1",
    "XML that declares ISO-8859-1 is read.",
    "wire.md 7",
    FROM_MEMORY,
    "Clients set to a western character set cannot be understood.",
    encodings=XML_ONLY,
)
def xml_latin_1(scene: Scene) -> None:
    understood(scene, lambda octets: octets.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'))


@area.case(
    "wbxml.string-table",
    "WBXML whose SessionID stands in the string table is read.",
    "wire.md 3",
    ONE,
    "Clients whose WBXML library shares strings cannot be understood.",
    encodings=WBXML_ONLY,
)
def wbxml_string_table(scene: Scene) -> None:
    session = (scene.alice.session_id or "").encode()

    def shared(octets: bytes) -> bytes:
        table = session + b"\0"
        expect(len(table) < 128, "a SessionID too long for this case")
        return octets[:3] + bytes((len(table),)) + table + octets[4:].replace(b"\x03" + table, b"\x83\x00", 1)

    understood(scene, shared)


@area.case(
    "wbxml.header-versions",
    "WBXML that calls itself version 1.1 or 1.2 is read.",
    "wire.md 8",
    ONE,
    "Clients of older WBXML libraries cannot be understood.",
    encodings=WBXML_ONLY,
)
def wbxml_header_versions(scene: Scene) -> None:
    for first in (1, 2):
        understood(scene, lambda octets, first=first: bytes((first,)) + octets[1:])  # type: ignore[misc]


@area.case(
    "wbxml.inline-words",
    "WBXML with words in the place of value tokens is read.",
    "wire.md 5",
    CLIENT_SEEN,
    "Clients that write Inband and Request as text cannot be understood.",
    encodings=WBXML_ONLY,
)
def wbxml_inline_words(scene: Scene) -> None:
    def inline(octets: bytes) -> bytes:
        at = octets.find(b"\x80", 4)  # the first value token: SessionType
        return octets[:at] + b"\x03Inband\0" + octets[at + 2 :]

    understood(scene, inline)


@area.case(
    "unknown-element",
    "Elements that no table has are skipped.",
    "messages.md 1",
    ONE,
    "Clients with an extension of their maker cannot be understood.",
)
def unknown_element(scene: Scene) -> None:
    def extended(document: Document) -> None:
        for each in elements_of(document, "TransactionDescriptor"):
            each.children = [*each.children, Element("X-Maker", "1")]

    understood(scene, lambda octets: octets, extended)


standing(
    area,
    "readable",
    "Every answer is empty or a CSP document.",
    "flows.md 1.2",
    TWO,
    "Every phone shows an error, or stops.",
    CHAT_LEVEL,
)
standing(
    area,
    "same",
    "Every answer comes in the encoding of its request.",
    "flows.md 1.2",
    CLIENT_SEEN,
    "An Android cannot read the other one; a Nokia S60 reads WBXML only.",
    CHAT_LEVEL,
)
standing(
    area,
    "version",
    "Every answer has the CSP version of its request.",
    "messages.md 1",
    TWO,
    "A Nokia S60 reads lists and capabilities by version, and finds nothing.",
    CHAT_LEVEL,
)
standing(
    area,
    "one-transaction",
    "No answer to one request holds more than one transaction.",
    "flows.md 1.2",
    CLIENT_SEEN,
    "An Android keeps the last one, and loses the others without an answer.",
    CHAT_LEVEL,
)
standing(
    area,
    "flags",
    "The Poll flag stands in TransactionDescriptor in CSP 1.1 and in Session later; CIR not in 1.1.",
    "messages.md 1.4",
    TWO,
    "A Nokia S60 does not see that more waits, and polls minutes later.",
    CHAT_LEVEL,
)
standing(
    area,
    "trimmed",
    "Values of the protocol have no white space around them.",
    "messages.md 1",
    ONE,
    "Clients that compare ids do not find theirs.",
)
standing(
    area,
    "tags",
    "Every tag stands in the tables.",
    "wire.md 1",
    CLIENT_SEEN,
    "An Android fails the whole document.",
    encodings=WBXML_ONLY,
)
standing(
    area,
    "namespaces",
    "Every XML answer has the namespaces of its version.",
    "wire.md 4",
    TWO,
    "Clients that read namespaces take the answer for another version.",
    encodings=XML_ONLY,
)
standing(
    area,
    "xml-start",
    "Nothing stands before the XML.",
    "flows.md 2",
    CLIENT_SEEN,
    "An Android fails the whole document, over a single line break too.",
    CHAT_LEVEL,
    encodings=XML_ONLY,
)
standing(
    area,
    "wbxml-header",
    "WBXML begins with 03, the public id of its version, and 6A for UTF-8.",
    "wire.md 1",
    TWO,
    "A Nokia S60 and an Android refuse other character sets; an S60 takes the version from the public id.",
    CHAT_LEVEL,
    encodings=WBXML_ONLY,
)
standing(
    area,
    "wbxml-booleans",
    "T and F are value tokens, not text.",
    "wire.md 1",
    ONE,
    "A Nokia S60 loses the value, and spoils the text that follows.",
    CHAT_LEVEL,
    encodings=WBXML_ONLY,
)
standing(
    area,
    "wbxml-strings",
    "Text is one inline string: no string table, no entities, no opaque ContentData.",
    "wire.md 1",
    TWO,
    "A Nokia S60 keeps one byte of an entity; an Android drops opaque text.",
    encodings=WBXML_ONLY,
)
