"""Requests from bytes, without sockets: where one ends, what is refused, what is read although it is odd.

The odd cases follow what h11 and llhttp publish as theirs: sizes of chunks, lengths, codings, line ends."""

import pytest

from onesoup.http_server.requests import MAX_EMPTY, BadRequest, RequestParser, path_of
from tests.http_server.reading import BAD, CLEAN, CUT, read, whole

BEHIND = b"POST /behind HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"


def post(*fields: str, body: bytes = b"", target: str = "/", version: str = "HTTP/1.1", end: str = "\r\n") -> bytes:
    return end.join([f"POST {target} {version}", *fields, "", ""]).encode("latin-1") + body


def chunked(body: bytes) -> bytes:
    return post("Transfer-Encoding: chunked", body=body)


def one(data: bytes):
    parser = RequestParser()
    parser.feed(data)
    return parser.request()


GOOD = {
    "length": (post("Content-Length: 5", body=b"hello"), b"hello"),
    "length with zeros": (post("Content-Length: 005", body=b"hello"), b"hello"),
    "length between spaces": (post("Content-Length: \t 5 \t", body=b"hello"), b"hello"),
    "length in odd letters": (post("cOnTENT-length:5", body=b"hello"), b"hello"),
    "the same length twice": (post("Content-Length: 5", "X: a", "content-length: 5", body=b"hello"), b"hello"),
    "no body": (post("Host: a"), b""),
    "length of HTTP/1.0": (post("Content-Length: 5", version="HTTP/1.0", body=b"hello"), b"hello"),
    "identity": (post("Transfer-Encoding: identity", "Content-Length: 5", body=b"hello"), b"hello"),
    "identity without a length": (post("Transfer-Encoding: Identity"), b""),
    "lines that end in LF": (post("Content-Length: 5", end="\n", body=b"hello"), b"hello"),
    "lines that end in either": (b"POST / HTTP/1.1\r\nContent-Length: 5\nX: a\r\n\nhello", b"hello"),
    "folded": (post("X: a", "\tb", "   c", "Content-Length: 5", body=b"hello"), b"hello"),
    "folded, with an empty line": (post("X: a", " ", "Content-Length: 5", body=b"hello"), b"hello"),
    "an empty field": (post("X:", "Y:  ", "Content-Length: 5", body=b"hello"), b"hello"),
    "empty lines before": (b"\r\n\n\r\n" + post("Content-Length: 5", body=b"hello"), b"hello"),
    "chunks": (chunked(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), b"hello world"),
    "sizes in small letters": (chunked(b"a\r\n0123456789\r\n0\r\n\r\n"), b"0123456789"),
    "sizes in capitals": (chunked(b"A\r\n0123456789\r\n0\r\n\r\n"), b"0123456789"),
    "sizes with zeros": (chunked(b"0005\r\nhello\r\n000\r\n\r\n"), b"hello"),
    "spaces behind a size": (chunked(b"5   \t \r\nhello\r\n0  \r\n\r\n"), b"hello"),
    "extensions": (chunked(b'5;a;b=c;d="e; f"\r\nhello\r\n0;last\r\n\r\n'), b"hello"),
    "trailers": (chunked(b"5\r\nhello\r\n0\r\nVary: *\r\nX-Sum: 1\r\n\r\n"), b"hello"),
    "coding in capitals": (post("Transfer-Encoding: CHUNKED", body=b"1\r\nx\r\n0\r\n\r\n"), b"x"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_has_one_reading_is_read(name):
    data, body = GOOD[name]
    assert read(data + BEHIND) == ([("/", body), ("/behind", b"hi")], CLEAN)


@pytest.mark.parametrize("name", GOOD)
def test_pieces_make_no_difference(name):
    data, body = GOOD[name]
    bytewise = range(1, len(data + BEHIND))
    assert read(data + BEHIND, *bytewise) == ([("/", body), ("/behind", b"hi")], CLEAN)


@pytest.mark.parametrize("name", GOOD)
def test_what_is_cut_short_is_no_request(name):
    data, _ = GOOD[name]
    for end in range(1, len(data)):
        served, outcome = read(data[:end])
        assert not served or data[end:].strip(b"\r\n") == b""
        assert outcome == (CUT if data[:end].strip(b"\r\n") and not served else CLEAN)


HEADS = {
    "two lengths": post("Content-Length: 3", "Content-Length: 4"),
    "a list of lengths": post("Content-Length: 3, 3"),
    "length and chunks": post("Content-Length: 3", "Transfer-Encoding: chunked"),
    "two codings": post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "chunked and identity": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "a coding that nobody knows": post("Transfer-Encoding: pigeons"),
    "a coding before chunked": post("Transfer-Encoding: gzip, chunked"),
    "a coding behind chunked": post("Transfer-Encoding: chunked, deflate"),
    "an empty coding": post("Transfer-Encoding:", "Content-Length: 3"),
    "a coding that looks like chunked": post("Transfer-Encoding: xchunked"),
    "a tab that is none": post("Transfer-Encoding:\x0bchunked"),
    "chunks in HTTP/1.0": post("Transfer-Encoding: chunked", version="HTTP/1.0"),
    "a space before the colon": post("Content-Length : 3"),
    "a tab before the colon": post("Transfer-Encoding\t: chunked"),
    "a sign": post("Content-Length: +3"),
    "below zero": post("Content-Length: -3"),
    "an underscore": post("Content-Length: 3_0"),
    "hexadecimal": post("Content-Length: 0x3"),
    "digits of another script": post("Content-Length: \xb2"),
    "two numbers": post("Content-Length: 4 2"),
    "an empty length": post("Content-Length:"),
    "21 digits": post("Content-Length: 1" + "0" * 20),
    "5,000 digits": post("Content-Length: " + "9" * 5000),
    "two hosts": post("Host: a", "Host: b"),
    "two types": post("Content-Type: text/xml", "Content-Type: text/html"),
    "a folded length": post("Content-Length: 1", " 2"),
    "a folded coding": post("Transfer-Encoding:", " chunked"),
    "a fold before the first field": post(" X: a"),
    "a folded name": post("X", " : a"),
    "a NUL": post("X: a\x00b"),
    "CR alone": post("X: a\rTransfer-Encoding: chunked"),
    "CR CR LF": post("X: a\r"),
    "CR in a name": post("Content\rLength: 3"),
    "no colon": post("no colon"),
    "no name": post(": no name"),
    "a name with an at sign": post("X@: a"),
    "a name that is no ASCII": post("\xe4: a"),
    "a long field": post("X: " + "a" * 9000),
    "a long head": post(*(f"X-{number}: {'a' * 800}" for number in range(50))),
    "many fields": post(*(f"X-{number}: a" for number in range(101))),
    "no version": b"POST /\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": post(version="HTTP/2.0"),
    "HTTP/1.2": post(version="HTTP/1.2"),
    "HTTP/5.6": post(version="HTTP/5.6"),
    "small letters": post(version="http/1.1"),
    "another protocol": post(version="ICE/1.0"),
    "nearly HTTP": post(version="IHTTP/1.1"),
    "a space behind the version": post(version="HTTP/1.1 "),
    "two spaces": b"POST  / HTTP/1.1\r\n\r\n",
    "a space in the target": b"POST / x HTTP/1.1\r\n\r\n",
    "a tab in the target": b"POST /\tx HTTP/1.1\r\n\r\n",
    "no method": b" / HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    "many empty lines": b"\r\n" * (MAX_EMPTY // 2 + 1),
    "a long first line": b"POST /" + b"a" * 9000,
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_two_servers_could_read_in_two_ways_is_refused(name):
    assert read(HEADS[name] + BEHIND) == ([], BAD)
    assert read(BEHIND + HEADS[name] + BEHIND) == ([("/behind", b"hi")], BAD)


CHUNKS = {
    "no size": b"\r\nhello\r\n0\r\n\r\n",
    "an extension without a size": b";a=b\r\nhello\r\n0\r\n\r\n",
    "no number": b"zz\r\n",
    "below zero": b"-5\r\nhello\r\n0\r\n\r\n",
    "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "a space before": b" 5\r\nhello\r\n0\r\n\r\n",
    "words behind a space": b"5 words\r\nhello\r\n0\r\n\r\n",
    "a NUL": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "a NUL in an extension": b"5;\x00\r\nhello\r\n0\r\n\r\n",
    "100 digits": b"9" * 100 + b"\r\nxxx",
    "LF alone behind the size": b"5\nhello\r\n0\r\n\r\n",
    "CR alone behind the size": b"5\rhello\r\n0\r\n\r\n",
    "LF alone in an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "more than was said": b"5\r\nhello!\r\n0\r\n\r\n",
    "nothing behind the data": b"3\r\nxxx__1a\r\n0\r\n\r\n",
    "CR alone behind the data": b"3\r\nxxx\r_1a\r\n0\r\n\r\n",
    "LF alone behind the data": b"3\r\nxxx\n1a\r\n0\r\n\r\n",
    "LF alone behind the last size": b"5\r\nhello\r\n0\n\r\n",
    "LF alone at the end": b"5\r\nhello\r\n0\r\n\n",
    "a trailer without a colon": b"0\r\ntrailer\r\n\r\n",
    "a trailer that ends in LF": b"0\r\nA: b\n\r\n",
    "a folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "a long extension": b"1;" + b"a" * 5000 + b"\r\nx\r\n0\r\n\r\n",
    "long trailers": b"0\r\n" + b"A: b\r\n" * 4000 + b"\r\n",
    "much framing around little": (b"1;" + b"a" * 900 + b"\r\nx\r\n") * 30 + b"0\r\n\r\n",
}


@pytest.mark.parametrize("name", CHUNKS)
def test_nothing_behind_a_broken_body_is_read(name):
    assert read(chunked(CHUNKS[name]) + BEHIND) == ([], BAD)


def test_a_broken_connection_stays_broken():
    parser = RequestParser()
    parser.feed(chunked(b"zz\r\n"))
    parser.request()
    for _ in range(3):
        with pytest.raises(BadRequest):
            parser.body(100)
        with pytest.raises(BadRequest):
            parser.request()
        parser.feed(BEHIND)


def test_a_body_is_read_before_the_next_request():
    parser = RequestParser()
    parser.feed(post("Content-Length: 5", body=b"hello") + BEHIND)
    parser.request()
    with pytest.raises(BadRequest):
        parser.request()


def test_one_byte_a_chunk_is_a_body():
    body = bytes(range(256)) * 16
    framed = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    assert read(chunked(framed + b"0\r\n\r\n")) == ([("/", body)], CLEAN)


def test_fields():
    found = one(post("Via: one", "VIA:\ttwo ", "Cookie: a=b", "Cookie: c=d", "X: a", "  folded\t ", "\tagain", "Y:"))
    assert found.fields == {"via": "one,two", "cookie": "a=b; c=d", "x": "a folded again", "y": ""}


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        ("HTTP/1.1", None, True),
        ("HTTP/1.1", "close", False),
        ("HTTP/1.1", "TE, Close", False),
        ("HTTP/1.1", "keep-alive", True),
        ("HTTP/1.1", "upgrade", True),
        ("HTTP/1.0", None, False),
        ("HTTP/1.0", "Keep-Alive", True),
        ("HTTP/1.0", "keep-alive, close", False),
    ],
)
def test_whether_the_connection_goes_on(version, connection, keeps):
    fields = [f"Connection: {connection}"] if connection else []
    assert one(post(*fields, version=version)).keep is keeps


@pytest.mark.parametrize(
    ("target", "path"),
    [("/a?b", "/a?b"), ("*", "*"), ("http://h/a?b=c", "/a?b=c"), ("HTTPS://h", "/"), ("http://h?x", "/?x")],
)
def test_targets(target, path):
    assert path_of(target) == path


@pytest.mark.parametrize("target", ["h:80", "ftp://h/", "a/b", "http://[::1", "//[/"[2:]])
def test_targets_that_are_none(target):
    with pytest.raises(BadRequest):
        path_of(target)


def test_a_head_that_comes_byte_by_byte_costs_no_more_than_its_length():
    """32 KiB, a byte at a time, within the time of a few megabytes."""
    parser = RequestParser()
    for byte in post(*(f"X-{number}: {'a' * 400}" for number in range(70))):
        parser.feed(bytes([byte]))
        found = parser.request()
    assert found is not None
    assert whole(parser, found) == b""
