"""Faults of servers as data: what each does, which cases are run, and which of them must fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onesoup.spec.exchange import elements_of
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element
from tests.spec.wrong_server import Answer, Fault

# Quick cases of all kinds; those of a fault's own are added.
USUAL = (
    "transport.status transport.content-length transport.chunked transport.compressed transport.keep-alive "
    "transport.content-type encoding.readable encoding.same encoding.version encoding.one-transaction encoding.flags "
    "encoding.trimmed encoding.tags encoding.namespaces encoding.xml-start encoding.wbxml-header encoding.wbxml-booleans "
    "encoding.wbxml-strings encoding.xml.bare encoding.wbxml.string-table session.login.plain session.login.md5 "
    "session.login.session-id session.login.wrong-digest session.capabilities session.services session.keep-alive "
    "session.poll.unknown session.id-echo session.transaction-id session.mode session.server-transaction-id lists.get "
    "presence.own messages.date-time errors.unknown-request errors.description errors.status-result"
)


@dataclass(frozen=True)
class FaultyServer:
    spoil: Fault
    fails: tuple[str, ...]
    version: str = "1.2"
    encoding: Encoding = Encoding.WBXML
    before: Callable[[bytes], bytes] = lambda body: body
    cases: str = USUAL


def other_transaction_id(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "TransactionDescriptor"):
            if each.findtext("TransactionMode") == "Response":
                for tid in each.children:
                    tid.text += "x" if tid.name == "TransactionID" else ""

    answer.alter(alter)


def other_version(answer: Answer) -> None:
    def alter(document: Document) -> None:
        document.version = "1.3"

    answer.alter(alter)


def other_encoding(answer: Answer) -> None:
    def alter(document: Document) -> None:
        document.encoding = Encoding.XML

    answer.alter(alter)


def not_found_for_polls(answer: Answer) -> None:
    if answer.primitive == "Polling-Request":
        answer.status, answer.body = "404 Not Found", b""


def not_found(answer: Answer) -> None:
    answer.status, answer.body = "404 Not Found", b"nothing here"


def in_chunks(answer: Answer) -> None:
    answer.length = False


def plain_xml_type(answer: Answer) -> None:
    answer.content_type = "application/xml"


def closing(answer: Answer) -> None:
    answer.headers.append(("Connection", "close"))


def other_session_id(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "SessionDescriptor"):
            for child in each.children:
                child.text = "another" if child.name == "SessionID" else child.text

    answer.alter(alter)


def silent_to_strangers(answer: Answer) -> None:
    codes = elements_of(codec.decode(answer.body), "Code") if answer.body else []
    if answer.primitive == "Polling-Request" and any(each.text == "604" for each in codes):
        answer.body = b""


def digest_unauthorized(answer: Answer) -> None:
    message = answer.asked.asked
    if message and getattr(message.transactions[0].content, "digest_bytes", None):
        answer.set_text("Code", lambda code: "401" if code == "409" else code)


def long_session_id(answer: Answer) -> None:
    answer.set_text("SessionID", lambda text: text + PADDING if "no-such" not in text else text)


PADDING = "-" + "x" * 40


def without_padding(body: bytes) -> bytes:
    return body.replace(PADDING.encode(), b"")


def inline_booleans(answer: Answer) -> None:
    answer.body = answer.body.replace(b"\x80\x2c", b"\x03T\x00")


def latin_1_header(answer: Answer) -> None:
    if answer.body:
        answer.body = answer.body[:2] + b"\x04" + answer.body[3:]


def line_break_first(answer: Answer) -> None:
    if answer.body:
        answer.body = b"\n" + answer.body.partition(b"?>")[2]


def twice(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "Session"):
            place = next(number for number, child in enumerate(each.children) if child.name == "Transaction")
            each.children = [*each.children[:place], each.children[place], *each.children[place:]]

    answer.alter(alter)


def always_requests(answer: Answer) -> None:
    if answer.primitive != "Polling-Request":
        answer.set_text("TransactionMode", lambda _: "Request")


def denies_all(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "Service-Response"):
            each.children = [Element("Functions", "", [Element("WVCSPFeat")]), *each.children]

    answer.alter(alter)


def client_id_first(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "ClientCapability-Response"):
            each.children = [Element("ClientID", "", [Element("URL", "somebody")]), *each.children]

    answer.alter(alter)


def local_times(answer: Answer) -> None:
    answer.set_text("DateTime", lambda _: "yesterday")


def long_descriptions(answer: Answer) -> None:
    def alter(document: Document) -> None:
        for each in elements_of(document, "Result"):
            each.children = [
                *(child for child in each.children if child.name != "Description"),
                Element("Description", "no " * 99 + "!"),
            ]

    answer.alter(alter)


FAULTS: Mapping[str, FaultyServer] = {
    "another TransactionID": FaultyServer(other_transaction_id, ("session.transaction-id",)),
    "another version": FaultyServer(other_version, ("encoding.version",)),
    "another encoding": FaultyServer(other_encoding, ("encoding.same",)),
    "404 for polls": FaultyServer(
        not_found_for_polls,
        ("transport.status", "session.poll.no-id", "session.poll.unknown"),
        cases="transport.status session.login.plain session.keep-alive session.poll.no-id session.poll.unknown",
    ),
    "answers in chunks": FaultyServer(in_chunks, ("transport.content-length", "transport.chunked")),
    "application/xml": FaultyServer(plain_xml_type, ("transport.content-type",)),
    "closed connections": FaultyServer(closing, ("transport.keep-alive",), "1.1", Encoding.XML),
    "another SessionID": FaultyServer(other_session_id, ("session.id-echo",)),
    "silent to unknown sessions": FaultyServer(silent_to_strangers, ("session.poll.unknown",), "1.3"),
    "401 to a wrong digest": FaultyServer(digest_unauthorized, ("session.login.wrong-digest",), "1.1"),
    "a long SessionID": FaultyServer(
        long_session_id,
        ("session.login.plain", "session.login.md5", "session.login.session-id"),
        before=without_padding,
        encoding=Encoding.XML,
    ),
    "booleans as text": FaultyServer(inline_booleans, ("encoding.wbxml-booleans",)),
    "another character set": FaultyServer(latin_1_header, ("encoding.wbxml-header",)),
    "a line break before the XML": FaultyServer(line_break_first, ("encoding.xml-start",), encoding=Encoding.XML),
    "every transaction twice": FaultyServer(twice, ("encoding.one-transaction",)),
    "answers as requests": FaultyServer(always_requests, ("session.mode",)),
    "services with an empty feature": FaultyServer(denies_all, ("session.services",)),
    "ClientID before the capabilities": FaultyServer(client_id_first, ("session.capabilities",)),
    "no date": FaultyServer(local_times, ("messages.date-time",)),
    "long descriptions": FaultyServer(long_descriptions, ("errors.description",)),
}
