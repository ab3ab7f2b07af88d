"""What Kannel's wapbox needs of an answer. With the real one: tests/networks/test_wapbox.py."""

import sys

import pytest
from falcon import Request
from falcon.testing import create_environ

from workers.gateway.client_address import PeerReader
from workers.gateway.wap_gateway import answer_room, passing_type

WBXML, XML = "application/vnd.wv.csp.wbxml", "application/vnd.wv.csp.xml; charset=utf-8"


@pytest.mark.parametrize(
    ("kind", "accept", "passing"),
    [
        (WBXML, "", WBXML),
        (WBXML, WBXML, WBXML),
        (WBXML, "text/plain, Application/VND.WV.CSP.wbxml;q=0.5", WBXML),
        (WBXML, "text/plain, */*", WBXML),
        (XML, "application/vnd.wv.csp.xml", XML),
        # Another spelling of the same, before anything else.
        (WBXML, "application/octet-stream, application/vnd.wv.csp+wbxml", "application/vnd.wv.csp+wbxml"),
        (XML, "application/vnd.wv.csp.wbxml, text/xml", "text/xml"),
        (WBXML, "text/plain, application/x-any, application/octet-stream;q=0.1", "application/octet-stream"),
        (WBXML, "text/plain, image/gif, application/vnd.wap.wmlc", "application/vnd.wap.wmlc"),
        (WBXML, "text/plain, image/gif", "text/plain"),
        # What wapbox would change, and what it would not take for a type.
        (WBXML, "text/vnd.wap.wml, text/vnd.wap.wmlscript, application/xhtml+xml", WBXML),
        (WBXML, "application/*, nonsense, ,;q=1", WBXML),
    ],
)
def test_an_answer_has_a_type_that_the_phone_accepts(kind, accept, passing):
    assert passing_type(kind, accept) == passing


@pytest.mark.parametrize(
    ("size", "room"),
    [("1400", 1400), ("512", 512), ("65000", 65000)]
    + [(each, sys.maxsize) for each in ("", "0", "511", "-1", "+900", "1400, 9000", "1e3", "\xb2\xb2\xb2\xb2", "9" * 5000)],
)
def test_an_answer_is_as_long_as_the_session_takes(size, room):
    assert answer_room(size) == room


def test_each_request_has_the_size_of_its_own_session():
    """Peers are remembered: two phones behind one gateway are two."""
    peers = PeerReader()
    for size in (1400, 9000, 1400):
        environ = create_environ(headers={"X-WAP-Client-SDU-Size": str(size), "X-WAP-Gateway": "Kannel/1.4.5"}, method="POST")
        assert peers.of(Request(environ)).room == size
