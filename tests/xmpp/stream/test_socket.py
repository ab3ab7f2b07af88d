"""Octets through a link: in clear, under both versions of TLS, in pieces and in heaps, to the end."""

import time

import gevent
import pytest
from gevent import socket, ssl
from gevent.event import Event

from onesoup.runtime.pace import Pace
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.socket import READ_CHUNK_BYTES, StreamSocket
from onesoup.xmpp.stream.tls import Tls
from tests.xmpp.stream.stub import self_signed

NAME = "link.example"
VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
PATIENCE = 20.0


@pytest.fixture
def authority(tmp_path):
    """The file of a certificate, and a server's context with it."""
    return self_signed(tmp_path, NAME, days=30)


@pytest.fixture
def two():
    """Both ends of a TCP connection."""
    with gevent.Timeout(PATIENCE), socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
        yield near, far
        near.close()
        far.close()


@pytest.fixture(params=["clear", *VERSIONS])
def ends(request, two, authority):
    """A link, and the ordinary socket at its other end."""
    near, far = two
    link = StreamSocket(near)
    if request.param != "clear":
        file, context = authority
        context.minimum_version = context.maximum_version = VERSIONS[request.param]
        shaken = gevent.spawn(context.wrap_socket, far, server_side=True)
        Tls(file).secure(link, NAME)
        far = shaken.get()
        assert link.tls.version() == request.param.replace(" ", "v")
    yield link, far
    link.close()
    far.close()


def shaken_apart(context, far):
    """A server's TLS that is not tied to its socket, and what it says; its last words of the handshake are not sent yet."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(into, out, server_side=True)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            far.sendall(out.read())
            into.write(far.recv(65536))
        else:
            return tls, out


def received(link, count):
    found = b""
    while len(found) < count:
        data = link.receive()
        assert data
        found += data
    return found


def test_both_ways(ends):
    link, far = ends
    assert link.offer(b"there")
    assert far.recv(100) == b"there"
    far.sendall(b"and back")
    assert received(link, 8) == b"and back"


def test_records_that_lie_there_come_at_once(ends):
    link, far = ends
    words = [b"<r%d/>" % number for number in range(200)]
    for word in words:
        far.sendall(word)
    whole = b"".join(words)
    found = link.receive()
    # The kernel may deliver the last of them a moment later.
    assert found
    assert whole.startswith(found)
    assert found + received(link, len(whole) - len(found)) == whole


def test_who_waits_without_a_greenlet_is_called_when_something_comes(ends):
    link, far = ends
    link.offer(b"there")  # as after a log-in: the tickets of TLS may come before
    called = Event()
    for words in (b"once", b"again"):
        called.clear()
        link.call_when_readable(called.set)
        gevent.sleep(0.01)
        far.sendall(words)
        assert called.wait(PATIENCE)
        assert received(link, len(words)) == words


def test_who_waits_without_a_greenlet_is_called_at_the_end(ends):
    link, _ = ends
    called = Event()
    link.call_when_readable(called.set)
    link.close()
    assert called.wait(PATIENCE)


@pytest.mark.parametrize("size", [1, READ_CHUNK_BYTES - 1, READ_CHUNK_BYTES, READ_CHUNK_BYTES + 1, 3 * READ_CHUNK_BYTES, 400_000])
def test_any_number_of_octets_comes_whole(ends, size):
    link, far = ends
    octets = bytes(number % 251 for number in range(size))
    sending = gevent.spawn(far.sendall, octets)
    assert received(link, size) == octets
    sending.get()


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())
def test_records_that_come_octet_by_octet(two, authority, version):
    """The far end is encrypted apart from its socket, which gets the octets singly."""
    near, far = two
    file, context = authority
    context.minimum_version = context.maximum_version = version
    link = StreamSocket(near)
    shaking = gevent.spawn(Tls(file).secure, link, NAME)
    tls, out = shaken_apart(context, far)
    tls.write(b"slowly, and on")
    # The session tickets of the handshake stand before it; with TLS 1.2 the last of the handshake itself does.
    for octet in out.read():
        far.sendall(bytes([octet]))
        gevent.sleep(0)
    shaking.get()
    assert received(link, 14) == b"slowly, and on"
    link.close()


def test_what_does_not_leave_at_once_waits_and_keeps_its_place(ends):
    link, far = ends
    octets = b"0123456789" * 20_000
    count = 0
    while link.offer(octets):
        count += 1
    assert link.waiting > 0
    assert not link.offer(b"the end")
    count += 1
    pushing = gevent.spawn(link.push)
    found = bytearray()
    while not found.endswith(b"the end"):
        found += far.recv(65536)
    pushing.get()
    assert bytes(found) == octets * count + b"the end"
    assert link.waiting == 0


def test_who_waits_hears_of_the_end(ends):
    link, _ = ends
    assert not link.offer(b"x" * 30_000_000)
    waiting = [gevent.spawn(link.push), gevent.spawn(link.receive)]
    gevent.sleep(0.01)
    link.close()
    for each in waiting:
        with pytest.raises((OSError, ValueError)):
            each.get()


def test_a_peer_that_never_stops_leaves_others_their_turn(ends):
    link, far = ends
    sending = gevent.spawn(far.sendall, b"<r/>" * 500_000)
    reading = gevent.spawn(lambda: [link.receive() for _ in range(100)])
    turns = 0
    while not reading.dead:
        gevent.sleep(0)
        turns += 1
    assert turns >= 100
    sending.kill()


def test_a_peer_has_a_budget(ends):
    link, far = ends
    link._pace = Pace(20_000, 10_000)
    began = time.monotonic()
    sending = gevent.spawn(far.sendall, b"x" * 20_000)
    received(link, 20_000)
    waiting = gevent.spawn(link.receive)
    far.sendall(b"more")
    assert waiting.get() == b"more"
    assert time.monotonic() - began > 0.3
    sending.get()


def test_who_waits_for_its_budget_hears_of_the_end(ends):
    link, far = ends
    link._pace = Pace(50_000, 1)
    far.sendall(b"x" * 10_000)
    link.receive()
    waiting = gevent.spawn(link.receive)
    gevent.sleep(0.01)
    link.close()
    with pytest.raises((OSError, ValueError)):
        waiting.get()


def test_the_end_of_the_other_side_comes_behind_its_last_words(ends):
    link, far = ends
    far.sendall(b"last")
    far.close()
    assert received(link, 4) == b"last"
    assert link.receive() == b""


def test_the_end_of_tls_is_the_end_though_the_connection_stays(two, authority):
    near, far = two
    file, context = authority
    link = StreamSocket(near)
    shaken = gevent.spawn(context.wrap_socket, far, server_side=True)
    Tls(file).secure(link, NAME)
    with shaken.get() as secured:
        secured.sendall(b"last")
        closing = gevent.spawn(secured.unwrap)  # says so, and waits for our word
        assert received(link, 4) == b"last"
        assert link.receive() == b""
        assert link.receive() == b""
        closing.kill()
    link.close()


def test_a_connection_that_breaks_is_an_error(ends):
    link, far = ends
    broken = getattr(far, "_sock", far)
    broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    far.close()
    with pytest.raises(OSError, match=r"reset|closed|EOF"):
        link.receive()


def test_what_follows_the_handshake_at_once_is_not_left_lying(two, authority):
    near, far = two
    file, context = authority
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    link = StreamSocket(near)
    shaking = gevent.spawn(Tls(file).secure, link, NAME)
    tls, out = shaken_apart(context, far)
    tls.write(b"at once")
    far.sendall(out.read())
    shaking.get()
    assert received(link, 7) == b"at once"
    link.close()


@pytest.mark.parametrize("octets", [b"", b"\x16\x03\x03\x00\x20", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 1000])
def test_a_handshake_that_is_none(two, authority, octets):
    near, far = two
    link = StreamSocket(near)
    shaking = gevent.spawn(Tls(authority[0]).secure, link, NAME)
    far.recv(10_000)
    far.sendall(octets)
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(StreamFailure) as refused:
        shaking.get()
    assert (refused.value.kind, refused.value.condition) == ("tls", "handshake")
    assert link.tls is None
    link.close()


def test_a_refused_certificate_is_told_to_the_server(two, authority, tmp_path):
    near, far = two
    _, other = self_signed(tmp_path, "elsewhere.example")
    link = StreamSocket(near)
    shaken = gevent.spawn(other.wrap_socket, far, server_side=True)
    with pytest.raises(StreamFailure) as refused:
        Tls(authority[0]).secure(link, NAME)
    assert refused.value.condition == "certificate"
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        shaken.get().recv(1)
    link.close()
