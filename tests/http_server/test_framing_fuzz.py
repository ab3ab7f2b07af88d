"""Any bytes on a connection end in requests, a clean end, or a refusal that ends it. No request is read that was not sent, and
nothing behind a broken body. 20,000 seeded cases; ONESOUP_FUZZ_CASES takes more.

gunicorn's own parser is the second opinion: whatever both take, both read in the same way."""

import os
import random
from collections.abc import Callable, Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from tests.http_server.reading import BAD, CLEAN, Served, read

CASES = int(os.environ.get("ONESOUP_FUZZ_CASES", "20000"))
BEHIND = b"POST /behind HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
# What a body may say without being a request.
SMUGGLED = b"POST /smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
WORDS = [
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n\n", b" ", b"\t", b":", b";", b",", b"0", b"5", b"a", b"\x00", b"\xff", b"-", b"+"),
    *(
        b"0\r\n\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"X: y\r\n",
        b"\r\n z",
    ),
    *(b"POST", b"GET", b" /x ", b"HTTP/1.1", b"HTTP/1.0", b"http://h/", b"Transfer-Encoding: identity\r\n", SMUGGLED),
]
CONFIG = Config()


def body_of(rng: random.Random) -> bytes:
    return rng.choice([b"", b"x", b"hello", SMUGGLED, b"0\r\n\r\n" + SMUGGLED, rng.randbytes(rng.randrange(40))])


def framed(rng: random.Random, body: bytes) -> tuple[bytes, bytes]:
    """(field, body as it is sent), in one of the ways to send it."""
    if rng.random() < 0.4:
        return b"Content-Length: %d\r\n" % len(body), body
    sent = b""
    while body:
        size = rng.randrange(1, len(body) + 1)
        extension = rng.choice([b"", b"", b";a=b", b";x"])
        sent += b"%x%s\r\n%s\r\n" % (size, extension, body[:size])
        body = body[size:]
    return b"Transfer-Encoding: chunked\r\n", sent + b"0\r\n" + rng.choice([b"", b"", b"A: b\r\n"]) + b"\r\n"


def request(rng: random.Random, number: int) -> tuple[bytes, tuple[str, bytes]]:
    body = body_of(rng)
    field, sent = framed(rng, body)
    fields = [field, b"Host: a\r\n", b"X-%d: y\r\n" % number]
    rng.shuffle(fields)
    return b"POST /%d HTTP/1.1\r\n" % number + b"".join(fields) + b"\r\n" + sent, (f"/{number}", body)


def connection(rng: random.Random) -> tuple[bytes, Served, list[int]]:
    """(bytes, the requests in them, where each ends)."""
    data, sent, ends = b"", [], []
    for number in range(rng.randrange(1, 4)):
        more, what = request(rng, number)
        data += more + (b"\r\n" if rng.random() < 0.1 else b"")
        sent.append(what)
        ends.append(len(data))
    return data, sent, ends


def damaged(rng: random.Random, data: bytes) -> tuple[bytes, int]:
    """(bytes, where the first damage is)."""
    first = len(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        first = min(first, at)
        gone = rng.choice([0, 0, 1, 2, rng.randrange(20)])
        data = data[:at] + rng.choice([b"", rng.choice(WORDS), rng.randbytes(1)]) + data[at + gone :]
    return data, first


def soup(rng: random.Random) -> bytes:
    return b"".join(rng.choice(WORDS) if rng.random() < 0.9 else rng.randbytes(3) for _ in range(rng.randrange(30)))


def cuts(rng: random.Random, data: bytes) -> list[int]:
    return sorted(rng.sample(range(len(data)), min(len(data), rng.randrange(4))))


def second_opinion(data: bytes) -> tuple[Served, bool]:
    """What gunicorn reads of it, and whether it took all of it without a doubt."""
    served: Served = []
    try:
        for each in RequestParser(CONFIG, iter([data]), ("127.0.0.1", 1)):
            served.append((each.uri, each.body.read()))
    except Exception:
        return served, False
    return served, True


def cases(seed: int, count: int) -> Iterator[random.Random]:
    for number in range(count):
        yield random.Random(f"{seed}-{number}")


def agree(data: bytes, served: Served) -> None:
    theirs, _ = second_opinion(data)
    common = min(len(served), len(theirs))
    assert served[:common] == theirs[:common], data


def test_what_was_sent_is_read_however_it_is_cut():
    for rng in cases(1, CASES * 2 // 10):
        data, sent, _ = connection(rng)
        assert read(data, *cuts(rng, data)) == (sent, CLEAN), data


def test_damage_brings_no_request_that_nobody_sent():
    """What stands before the damage is served, and all that is served both parsers read in the same way."""
    for rng in cases(2, CASES * 4 // 10):
        data, sent, ends = connection(rng)
        data, first = damaged(rng, data)
        served, outcome = read(data)
        safe = sum(end < first for end in ends)
        assert served[:safe] == sent[:safe], data
        assert read(data, *cuts(rng, data)) == (served, outcome), data
        agree(data, served)


def test_any_bytes_end_in_requests_or_a_refusal():
    for rng in cases(3, CASES * 2 // 10):
        data = soup(rng)
        served, outcome = read(data)
        assert read(data, *cuts(rng, data)) == (served, outcome), data
        agree(data, served)


def replaced(sent: bytes, end: bytes) -> bytes:
    """With another end of the first line."""
    return sent.replace(b"\r\n", end, 1)


# Ways to break the framing of a body, each certain to be none.
BREAKS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "no size": lambda _rng, sent: sent[sent.index(b"\r\n") :],
    "no number": lambda rng, sent: rng.choice([b"g", b"-", b"+", b" ", b"0x", b"\x00", b";", b"\n"]) + sent,
    "no CR behind the size": lambda _rng, sent: replaced(sent, b"\n"),
    "no LF behind the size": lambda _rng, sent: replaced(sent, b"\r"),
    "a word behind the size": lambda rng, sent: replaced(sent, rng.choice([b" x", b"\x00", b";\x01", b"\t5"]) + b"\r\n"),
    "a huge size": lambda rng, sent: b"1" * rng.randrange(17, 60) + sent,
    "a long extension": lambda rng, sent: b"1;" + b"a" * rng.randrange(1024, 9000) + b"\r\nx\r\n" + sent,
    "a byte too many": lambda rng, sent: b"1\r\nx" + rng.choice([b"y", b"\n", b"\r", b"\r\r"]) + b"\r\n" + sent,
    "two bytes in the place of a line end": lambda rng, sent: b"1\r\nx" + rng.choice([b"yy", b"\n\n", b"\n\r", b"0\r"]) + sent,
    "no trailer": lambda rng, sent: sent[:-2] + rng.choice([b"x", b" a: b", b": b", b"a\x00: b", b"a: b\n"]) + b"\r\n\r\n",
}


def test_nothing_behind_a_broken_body_is_read():
    for number, rng in enumerate(cases(4, CASES // 10)):
        name = sorted(BREAKS)[number % len(BREAKS)]
        body = body_of(rng) or b"x"
        sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        whole = b"POST /0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + BREAKS[name](rng, sent) + SMUGGLED + BEHIND
        assert read(whole, *cuts(rng, whole)) == ([], BAD), (name, whole)


# Two words about one length.
TWICE = [
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
    b"Content-Length: %d\r\nContent-Length: 0%d\r\n",
    b"Content-Length: 1%d\r\nX: y\r\nContent-Length: %d\r\n",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nX-%d: y\r\n",
    b"Content-Length: %d\r\n 0\r\n",
    b"Content-Length: %d, 5\r\n",
]


def test_two_words_about_one_length_are_refused():
    for number, rng in enumerate(cases(5, CASES // 10)):
        body = body_of(rng)
        field = TWICE[number % len(TWICE)].replace(b"%d", b"%d" % len(body))
        whole = b"POST /0 HTTP/1.1\r\nHost: a\r\n" + field + b"\r\n" + body + SMUGGLED + BEHIND
        assert read(whole, *cuts(rng, whole)) == ([], BAD), whole


def test_the_second_opinion_has_one():
    data, sent, _ = connection(random.Random(5))
    assert second_opinion(data) == (sent, True)
    with pytest.raises(AssertionError):
        agree(data, [("/other", b"")])
