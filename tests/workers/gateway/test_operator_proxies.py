"""Requests as operators' HTTP proxies of 2003 to 2009 passed them on: each is answered like the phone's own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, Transaction
from onesoup.csp.codec.generated_elements import LoginResponse, PollingRequest, SendMessageRequest, SendMessageResponse, Status
from onesoup.phone.stcp import PhoneStcpLine
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from tests.support.peer import Peer, Peers
from tests.support.secrets import keep_secret, secret_text
from tests.support.world import Person, StoryPhone, World

WITHIN = 30.0
PHONE = {"User-Agent": "Proxied-Phone/1.0", "Accept": "*/*"}


@dataclass(frozen=True)
class Wire:
    """A request on its way. `framed` is the body with whatever framing a proxy gives it."""

    body: bytes
    content_type: str | None
    line: str = "POST / HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = (("Host", "imps.example.org"), *PHONE.items())
    framed: bytes | None = None
    end: str = "\r\n"
    length: bool = True
    # Whether the body is held back until the server says that it may come.
    waits: bool = False
    names: Callable[[str], str] = field(default=str)

    def head(self) -> bytes:
        fields = list(self.headers)
        if self.content_type is not None:
            fields.append(("Content-Type", self.content_type))
        if self.length:
            fields.append(("Content-Length", str(len(self.sent_body()))))
        lines = [self.line, *(f"{self.names(name)}: {value}" for name, value in fields), "", ""]
        return self.end.join(lines).encode("latin-1")

    def sent_body(self) -> bytes:
        return self.body if self.framed is None else self.framed


def adds(**headers: str) -> Callable[[Wire], Wire]:
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda wire: replace(wire, headers=wire.headers + more)


def without(*names: str) -> Callable[[Wire], Wire]:
    return lambda wire: replace(wire, headers=tuple(each for each in wire.headers if each[0] not in names))


def sets(**changes: object) -> Callable[[Wire], Wire]:
    return lambda wire: replace(wire, **changes)  # type: ignore[arg-type]


def chunks(*sizes: int, extension: str = "", trailer: str = "") -> Callable[[Wire], Wire]:
    """Chunks of these sizes, the rest in one more."""

    def change(wire: Wire) -> Wire:
        rest, out = wire.body, b""
        for size in (*sizes, len(wire.body)):
            piece, rest = rest[:size], rest[size:]
            if piece:
                out += f"{len(piece):X}{extension}\r\n".encode() + piece + b"\r\n"
        out += f"0{extension}\r\n{trailer}\r\n".encode()
        return replace(wire, framed=out, length=False, headers=(*wire.headers, ("Transfer-Encoding", "chunked")))

    return change


def typed(suffix: str) -> Callable[[Wire], Wire]:
    """A parameter behind the phone's type."""
    return lambda wire: replace(wire, content_type=f"{wire.content_type}{suffix}")


def respelled(change: Callable[[str], str]) -> Callable[[Wire], Wire]:
    return lambda wire: replace(wire, content_type=change(wire.content_type or ""))


def ends(more: bytes) -> Callable[[Wire], Wire]:
    return lambda wire: replace(wire, body=wire.body + more)


def together(*changes: Callable[[Wire], Wire]) -> Callable[[Wire], Wire]:
    def change(wire: Wire) -> Wire:
        for each in changes:
            wire = each(wire)
        return wire

    return change


PROXIES: dict[str, Callable[[Wire], Wire]] = {
    "nothing": lambda wire: wire,
    # Headers of its own.
    "Via": adds(Via="1.1 wap.operator.example (Squid/2.4), WAP/1.1 gw1 (Kannel/1.3)"),
    "the phone's profile": adds(X_WAP_Profile='"http://nds1.example.com/uaprof/N6600r100.xml"', Profile_Diff='1;"<?xml"'),
    "Openwave's": adds(x_up_calling_line_id="n/a", x_up_subno="1131_gw", x_up_bear_type="GPRS", x_up_devcap_iscolor="1"),
    "numbers": adds(X_MSISDN="15550100999", X_Nokia_MSISDN="15550100999", X_Network_Info="GPRS,10.1.2.3,unsecured"),
    "Max-Forwards": adds(Max_Forwards="10"),
    "Proxy-Connection": adds(Proxy_Connection="Keep-Alive", Proxy_Authorization="Basic eDp5"),
    "caches": adds(Cache_Control="no-cache, max-age=0", Pragma="no-cache", If_Modified_Since="0", Age="0"),
    "Connection of its own": adds(Connection="Keep-Alive, Proxy-Connection", Keep_Alive="300"),
    "TE": adds(TE="trailers, chunked;q=0.5", Connection="TE"),
    "X-Forwarded-For of many": adds(X_Forwarded_For="unknown, 10.9.8.7, 10.1.2.3"),
    "Cookie": adds(Cookie="$Version=0; UP.SESSION=abc", Cookie2="$Version=1"),
    "30 headers": adds(**{f"X_Operator_{number}": "v" * 100 for number in range(30)}),
    "a header folded": adds(X_Folded="one\r\n two"),
    "letters that are no ASCII": adds(X_Operator="T\xe9l\xe9com"),
    "an empty header": adds(X_Nothing="", X_Space="   "),
    # The first line, the protocol, the host.
    "HTTP/1.0 without Host": together(sets(line="POST / HTTP/1.0"), without("Host")),
    "HTTP/1.0 kept alive": together(sets(line="POST / HTTP/1.0"), adds(Connection="keep-alive")),
    "HTTP/1.0 by Via": together(sets(line="POST / HTTP/1.0"), adds(Via="1.0 proxy", Connection="close")),
    "an absolute URL": sets(line="POST http://imps.example.org/ HTTP/1.1"),
    "an absolute URL with a port": sets(line="POST http://imps.example.org:80/imps HTTP/1.1"),
    "an absolute URL without a path": sets(line="POST http://imps.example.org:8080 HTTP/1.1"),
    "an absolute URL in capitals": sets(line="POST HTTP://IMPS.EXAMPLE.ORG/ HTTP/1.1"),
    "an absolute URL over HTTP/1.0": together(sets(line="POST http://imps.example.org/ HTTP/1.0"), without("Host")),
    "no Host": without("Host"),
    "a Host with a port": together(without("Host"), adds(Host="IMPS.example.org.:80")),
    "a query of its own": sets(line="POST /imps?sid=0&x=%7E HTTP/1.1"),
    "two slashes": sets(line="POST //imps//server HTTP/1.1"),
    "lines that end in LF": sets(end="\n"),
    "names in capitals": sets(names=str.upper),
    "names in small letters": sets(names=str.lower),
    # Framing.
    "chunked": chunks(10),
    "chunked by bytes": chunks(*[1] * 20),
    "chunked with extensions and trailers": chunks(7, 30, extension=";ieof;a=b", trailer="X-Sum: 1\r\nVary: *\r\n"),
    "chunked with sizes from a table": chunks(7, extension="   "),
    "Expect": together(adds(Expect="100-continue"), sets(waits=True)),
    "Expect without waiting": adds(Expect="100-Continue"),
    "identity": adds(Content_Encoding="identity", Transfer_Encoding="identity"),
    "identity twice": adds(Content_Encoding="Identity, identity"),
    "an empty encoding": adds(Content_Encoding=""),
    # What it makes of types.
    "charset": typed("; charset=utf-8"),
    "charset in quotes": typed(';charset="utf8"'),
    "charset in capitals": typed("; CHARSET=UTF8"),
    "a charset that is none": typed("; charset=unknown-8bit"),
    "an empty charset": typed("; charset="),
    "a parameter of its own": typed("; x=y; boundary=--"),
    "a semicolon": typed(";"),
    "the type in capitals": respelled(str.upper),
    "the type with a plus": respelled(lambda kind: kind.replace("csp.", "csp+")),
    "application/octet-stream": sets(content_type="application/octet-stream"),
    "a form": sets(content_type="application/x-www-form-urlencoded"),
    "text/plain": sets(content_type="text/plain; charset=us-ascii"),
    "text/xml": sets(content_type="text/xml;charset=UTF8"),
    "WBXML of WAP": sets(content_type="application/vnd.wap.wbxml"),
    "an empty type": sets(content_type=""),
    "no type": sets(content_type=None),
    "a type that is none": sets(content_type="*/*"),
    "Accept rewritten": together(without("Accept"), adds(Accept="text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2")),
    "Accept without ours": together(without("Accept"), adds(Accept="text/vnd.wap.wml")),
    "no Accept": without("Accept"),
    "Accept-Encoding": adds(Accept_Encoding="gzip, deflate, compress;q=0.9", Accept_Charset="iso-8859-1,*;q=0"),
    # What stands behind the body.
    "a line end inside": ends(b"\r\n"),
    "a NUL inside": ends(b"\0"),
    "eight NULs inside": ends(b"\0" * 8),
    "blanks inside": ends(b"  \n"),
}

MARK = b"\xef\xbb\xbf"
XML_ONLY: dict[str, Callable[[Wire], Wire]] = {
    "a byte order mark": lambda wire: replace(wire, body=MARK + wire.body),
    "UTF-16": lambda wire: replace(wire, body=wire.body.decode().replace("UTF-8", "UTF-16").encode("utf-16")),
    "UTF-16 with the declaration left": lambda wire: replace(wire, body=wire.body.decode().encode("utf-16")),
    "no declaration": lambda wire: replace(wire, body=undeclared(wire.body)),
    "an empty line before": lambda wire: replace(wire, body=b"\r\n" + wire.body),
    "a DOCTYPE": lambda wire: replace(wire, body=declared(wire.body, "UTF-8", '<!DOCTYPE WV-CSP-Message SYSTEM "wv.dtd">')),
}


def undeclared(body: bytes) -> bytes:
    return body.partition(b"?>")[2].lstrip() if body.startswith(b"<?xml") else body


def declared(body: bytes, charset: str, more: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="{charset}"?>{more}'.encode() + undeclared(body)


@dataclass
class Operator:
    """Phones of one user, by encoding, and a contact of that user on an ordinary XMPP client."""

    world: World
    bob: Person
    there: Peer
    logins: dict[Encoding, StoryPhone]
    polls: dict[Encoding, StoryPhone]

    def exchange(self, wire: Wire) -> tuple[int, dict[str, str], bytes]:
        with closing(socket.create_connection(("127.0.0.1", self.world.stack.http_port), WITHIN)) as link:
            link.settimeout(WITHIN)
            link.sendall(wire.head())
            if wire.waits:
                assert read_head(link) == b"HTTP/1.1 100 Continue\r\n\r\n"
            link.sendall(wire.sent_body())
            head = read_head(link).decode("latin-1")
            while head.startswith("HTTP/1.1 100 "):
                head = read_head(link).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
            body = b""
            while len(body) < int(headers["content-length"]):
                body += (piece := link.recv(65536))
                assert piece, "cut short"
            if headers.get("connection", "").lower() != "close":
                # The request ended where we think that it did: the next one is read.
                link.sendall(b"HEAD /phones HTTP/1.1\r\nHost: a\r\n\r\n")
                assert read_head(link).split()[1] in (b"200", b"404")
            return int(first.split()[1]), headers, body


def read_head(link: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += (octet := link.recv(1))
        assert octet, head
    return head


@pytest.fixture(scope="module")
def operator(stack, peers: Peers) -> Iterator[Operator]:
    world = World(stack, peers)
    alice, bob = world.cast("alice", "bob")
    made = Operator(world, bob, world.online(bob), {}, {})
    lines = []
    for encoding in (Encoding.XML, Encoding.WBXML):
        made.logins[encoding] = world.phone(
            alice, encoding=encoding, version="1.2", way="plain", client_id=f"in-{encoding.value}"
        )
        made.logins[encoding].login()
        poller = world.phone(alice, encoding=encoding, version="1.2", client_id=f"poll-{encoding.value}", cir=("STCP",))
        poller.start()
        poller.run_once()
        # With a line open no poll is held.
        lines.append(PhoneStcpLine(*(poller.stcp or ("", 0)), poller.session_id or "", poller.cookie).open())
        made.polls[encoding] = poller
    yield made
    for line in lines:
        line.close()
    world.close()


def login(operator: Operator, encoding: Encoding) -> Wire:
    phone = operator.logins[encoding]
    request = phone._login_request(password=phone.password)
    body = codec.encode(
        envelope.document_from_message(phone._message([Transaction(Mode.REQUEST, phone._next_tid(), request)], True))
    )
    return Wire(body, phone.content_type)


def poll(operator: Operator, encoding: Encoding) -> Wire:
    phone = operator.polls[encoding]
    body = codec.encode(envelope.document_from_message(phone._message([Transaction(Mode.REQUEST, None, PollingRequest())])))
    return Wire(body, phone.content_type)


def read(body: bytes) -> Message:
    return envelope.message_from_document(codec.decode(body))


ROWS = [(name, change, encoding) for name, change in PROXIES.items() for encoding in (Encoding.XML, Encoding.WBXML)]
ROWS += [(name, change, Encoding.XML) for name, change in XML_ONLY.items()]
every_proxy = pytest.mark.parametrize(
    ("change", "encoding"),
    [(change, encoding) for _, change, encoding in ROWS],
    ids=[f"{name}, {encoding.value}" for name, _, encoding in ROWS],
)


@every_proxy
def test_a_log_in_is_answered(operator: Operator, change, encoding) -> None:
    status, headers, body = operator.exchange(change(login(operator, encoding)))
    assert status == 200
    document = codec.decode(body)
    assert document.encoding is encoding
    said = envelope.message_from_document(document).transactions[0].content
    assert isinstance(said, LoginResponse)
    assert said.result is not None
    assert said.result.code == 200
    keep_secret(said.session_id or "")
    assert encoding.value in headers["content-type"].lower()


@every_proxy
def test_a_poll_is_answered(operator: Operator, change, encoding) -> None:
    status, _, body = operator.exchange(change(poll(operator, encoding)))
    assert status == 200
    if body:
        said = read(body)
        content = said.transactions[0].content
        assert said.session_id == operator.polls[encoding].session_id
        assert not isinstance(content, Status) or (content.result is not None and content.result.code == 200)


RECODED: dict[str, Callable[[Wire], Wire]] = {
    "declared": lambda wire: replace(wire, body=recoded(wire.body, "ISO-8859-1")),
    "declared, in small letters": lambda wire: replace(wire, body=recoded(wire.body, "iso-8859-1")),
    "declared, the type says UTF-8": lambda wire: replace(
        wire, body=recoded(wire.body, "ISO-8859-1"), content_type="application/vnd.wv.csp.xml; charset=utf-8"
    ),
    "the declaration is left, the type says it": lambda wire: replace(
        wire, body=recoded(wire.body, "UTF-8"), content_type='text/xml; charset="iso-8859-1"'
    ),
    "no declaration, the type says it": lambda wire: replace(
        wire, body=undeclared(recoded(wire.body, "UTF-8")), content_type="application/xml;charset=ISO-8859-1"
    ),
    "the type alone is changed": lambda wire: replace(wire, content_type="application/vnd.wv.csp.xml; charset=iso-8859-1"),
    "as references": lambda wire: replace(
        wire, body=undeclared(wire.body).decode().encode("ascii", "xmlcharrefreplace"), content_type="text/xml; charset=us-ascii"
    ),
}


def recoded(body: bytes, charset: str) -> bytes:
    """The body in ISO-8859-1, which says that it is in this character set."""
    return declared(body, charset).decode().encode("latin-1")


@pytest.mark.parametrize("name", RECODED)
def test_a_text_that_was_recoded_arrives_as_it_was_typed(operator: Operator, name) -> None:
    phone, text = operator.polls[Encoding.XML], secret_text("Grüße, Ægir Ñandú ", "")
    request = SendMessageRequest(message_info=phone._to_users(operator.bob.wv), content_data=text)
    message = phone._message([Transaction(Mode.REQUEST, phone._next_tid(), request)])
    wire = RECODED[name](Wire(codec.encode(envelope.document_from_message(message)), phone.content_type))
    status, _, body = operator.exchange(wire)
    assert status == 200
    assert isinstance(read(body).transactions[0].content, SendMessageResponse)
    assert operator.there.message(body=text)
