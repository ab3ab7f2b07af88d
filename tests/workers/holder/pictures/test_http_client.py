"""Ring 3: the web as strangers make it: nothing takes long, nothing grows large, and nobody is led home."""

import gevent
import pytest

from onesoup.xmpp.stream.tls import Tls
from tests.support.flood import flooding_server
from tests.support.turns import turns_beside
from tests.workers.holder.pictures.conftest import Hostile
from workers.holder.http_client import MAX_HTTP_REDIRECTS, HttpClient, WebError

MOST, WITHIN = 10_000, 60.0


def reason(web, url, within=WITHIN):
    with pytest.raises(WebError) as failed:
        web.get(url, MOST, within)
    return failed.value.reason


def test_what_is_there_is_had(web, hostile):
    hostile.gives(b"octets")
    assert web.get(hostile.url, MOST, WITHIN) == b"octets"
    assert hostile.requests[0].startswith(b"GET /view.png HTTP/1.1\r\n")
    assert f"Host: {hostile.host}\r\n".encode() in hostile.requests[0]


def test_without_a_length_it_ends_with_the_connection(web, hostile):
    hostile.says(b"HTTP/1.0 200 OK\r\n\r\nocte", b"ts")
    assert web.get(hostile.url, MOST, WITHIN) == b"octets"


def test_an_address_may_have_any_letters(web, hostile):
    hostile.gives(b"x")
    web.get(f"http://{hostile.host}/ä b%20c?q=ü&r=1#part", MOST, WITHIN)
    assert hostile.requests[0].startswith(b"GET /%C3%A4%20b%20c?q=%C3%BC&r=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n", "too large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "too large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb", "packed, although nobody asked for it"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nx", "status 206"),
        (b"nonsense\r\n\r\n", "broken: BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "broken: HTTPException"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "broken: LineTooLong"),
        (b"", "broken: RemoteDisconnected"),
    ],
)
def test_a_bad_answer_has_a_name(web, hostile, head, why):
    hostile.says(head)
    assert reason(web, hostile.url) == why


@pytest.mark.parametrize(
    ("head", "more", "pause", "why"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 4096, 0, "too large"),  # a body without end
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n", 0, "too large"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05, "too slow"),  # one that drips
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01, "too slow"),  # an answer that never comes
        (b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05, "too slow"),
        (b"", b"", 0.05, "too slow"),
    ],
)
def test_nothing_goes_on_for_ever(web, hostile, forever, head, more, pause, why):
    hostile.answer = forever(head, more, pause)
    assert reason(web, hostile.url, 0.5 if why == "too slow" else WITHIN) == why


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    ],
)
def test_a_host_that_never_leaves_a_pause_is_too_slow_and_holds_up_nobody(first, again):
    """Interim answers and trailers: http.client reads them for ever, and finds more at once."""
    with flooding_server(first, again) as port:
        web = HttpClient(Tls(), [f"127.0.0.1:{port}"])
        asking = gevent.spawn(reason, web, f"http://127.0.0.1:{port}/", 1.0)
        turns = turns_beside(asking)
    assert asking.get() == "too slow"
    assert turns > 50


def test_a_redirection_is_followed_a_few_times(web, hostile):
    hostile.gives(b"", f"Location: {hostile.url}?on", status="302 Found")
    assert reason(web, hostile.url) == "status 302"
    assert len(hostile.requests) == MAX_HTTP_REDIRECTS + 1


@pytest.mark.parametrize("way", ["get", "put"])
@pytest.mark.parametrize(
    "home", ["http://127.0.0.1:{}/", "http://localhost:{}/", "https://127.0.0.1:{}/", "https://2130706433:{}/"]
)
def test_a_redirection_leads_nobody_home(hostile, way, home):
    """The first server is listed, the place that it names is not, and hears nothing."""
    inner = Hostile()
    try:
        hostile.gives(b"", "Location: " + home.format(inner.server.server_port), status="307 Temporary Redirect")
        web = HttpClient(Tls(), [hostile.host])
        with pytest.raises(WebError):
            web.get(hostile.url, MOST, WITHIN) if way == "get" else web.put(hostile.url, {}, b"x", WITHIN)
        assert len(hostile.requests) == 1
        assert inner.requests == []
    finally:
        inner.server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "http://{}/x", "https://{}/x", "ftp://{}/x", "file:///etc/passwd", "gopher://{}/x", "//{}/x", "x", "", "https://",
        "https://user:word@{}/x", "https://[::1/x", "https://{}:99999/x", "https://\u2025/x", "https://a..b/x",
        "https://" + "x" * 3000,
        "https://127.0.0.1/x", "https://127.1/x", "https://2130706433/x", "https://0x7f000001/x", "https://[::ffff:127.0.0.1]/x",
        "https://[::]/x", "https://0.0.0.0/x", "https://localhost/x", "https://169.254.169.254/x", "https://[fe80::1%25lo]/x",
    ],
)  # fmt: skip
def test_without_leave_nobody_at_home_is_asked(hostile, url):
    assert reason(HttpClient(Tls()), url.format(hostile.host)) in (
        "no address of the web", "not over TLS", "not-permitted", "no-such-domain", "lookup-failed", "broken: InvalidURL",
    )  # fmt: skip
    assert hostile.requests == []


def test_a_host_is_listed_with_or_without_its_port(hostile):
    hostile.gives(b"x")
    assert HttpClient(Tls(), ["127.0.0.1"]).get(hostile.url, MOST, WITHIN) == b"x"
    assert reason(HttpClient(Tls(), ["127.0.0.1:1"]), hostile.url) == "not over TLS"


def test_a_listed_host_without_tls_is_not_spoken_to_as_if_it_had(hostile):
    hostile.says(b"HTTP/1.1 200 OK\r\n\r\n")
    assert reason(HttpClient(Tls(), [hostile.host]), hostile.url.replace("http:", "https:")) == "no trusted TLS"


# --- put ---


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content"])
def test_octets_are_put_with_their_headers(web, hostile, status):
    hostile.gives(b"", status=status)
    web.put(hostile.url, {"Content-Type": "image/png", "Authorization": "a b"}, b"octets", WITHIN)
    request = hostile.requests[0]
    assert request.startswith(b"PUT /view.png HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 6\r\n" in request
    assert b"\r\nAuthorization: a b\r\n" in request


@pytest.mark.parametrize(
    ("status", "again"), [("403 Forbidden", False), ("413 Too Large", False), ("503 Busy", True), ("302 Found", False)]
)
def test_a_refusal_says_whether_it_may_go_later(web, hostile, status, again):
    hostile.gives(b"", status=status)
    with pytest.raises(WebError) as failed:
        web.put(hostile.url, {}, b"x", WITHIN)
    assert failed.value.again is again


def test_a_header_that_would_begin_another_is_none(web, hostile):
    with pytest.raises(WebError):
        web.put(hostile.url, {"Cookie": "a\r\nHost: elsewhere"}, b"x", WITHIN)
    assert hostile.requests in ([], [b""])
