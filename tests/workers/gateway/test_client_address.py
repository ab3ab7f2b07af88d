"""What a proxy says is believed of listed proxies only; from anybody else headers change nothing."""

import pytest
from falcon import Request
from falcon.testing import create_environ

from workers.gateway.client_address import PeerReader

PROXY, CLIENT = "10.0.0.7", "203.0.113.9"
HEADERS = ("X-MSISDN", "X-Network-MSISDN")


def request(remote: str, headers: dict[str, str] | None = None, path: str = "/", host: str = "imps.example.org") -> Request:
    environ = create_environ(path=path, host=host, headers=headers or {}, method="POST")
    environ["REMOTE_ADDR"] = remote
    return Request(environ)


@pytest.fixture
def peers():
    return PeerReader([PROXY, "10.0.0.8"], HEADERS, "358")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", CLIENT),
        ("6.6.6.6, 203.0.113.9", CLIENT),
        ("203.0.113.9, 10.0.0.8", CLIENT),
        ("", PROXY),
        ("10.0.0.8", PROXY),
        (" , ", PROXY),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy(peers, forwarded, address):
    assert peers.of(request(PROXY, {"X-Forwarded-For": forwarded})).address == address


def test_a_client_that_forwards_itself_stays_who_it_is(peers):
    spoofed = {"X-Forwarded-For": "10.1.1.1", "X-MSISDN": "358401234567", "X-Forwarded-Proto": "https"}
    found = request(CLIENT, spoofed)
    assert (peers.of(found).address, peers.of(found).number, peers.private(found)) == (CLIENT, "", False)


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"X-MSISDN": "358401234567"}, "+358401234567"),
        ({"X-MSISDN": "a81fc9", "X-Network-MSISDN": "0401234567"}, "+358401234567"),
        ({"X-MSISDN": "358401234567,358407654321"}, ""),
        ({"X-Up-Calling-Line-Id": "358401234567"}, ""),
        ({}, ""),
    ],
)
def test_a_proxy_states_the_number_in_a_listed_header(peers, headers, number):
    assert peers.of(request(PROXY, headers)).number == number


def test_numbers_are_off_unless_headers_are_named():
    assert PeerReader([PROXY]).of(request(PROXY, {"X-MSISDN": "358401234567"})).number == ""


@pytest.mark.parametrize(
    ("remote", "host", "headers", "private"),
    [
        (PROXY, "imps.example.org", {"X-Forwarded-Proto": "https"}, True),
        (PROXY, "imps.example.org", {"X-Forwarded-Proto": "http"}, False),
        (PROXY, "localhost", {}, False),
        ("127.0.0.1", "localhost:8080", {}, True),
        ("::1", "[::1]:8080", {}, True),
        # A proxy on this machine that nobody has listed.
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "203.0.113.9"}, False),
        ("127.0.0.1", "imps.example.org", {}, False),
        (CLIENT, "localhost", {}, False),
    ],
)
def test_nobody_reads_along_over_https_to_a_listed_proxy_or_on_this_machine(peers, remote, host, headers, private):
    assert peers.private(request(remote, headers, host=host)) is private


def test_path_host_and_agent_are_taken_as_they_are(peers):
    found = peers.of(request(CLIENT, {"User-Agent": "MOT-V3"}, "/imps/example.org/", "IMPS.example.org:8080"))
    assert (found.path, found.host, found.user_agent) == ("/imps/example.org/", "imps.example.org", "MOT-V3")


def test_proxies_may_be_networks():
    peers = PeerReader(["10.0.0.0/24", "fd00:1::/64"], HEADERS)
    forwarded = {"X-Forwarded-For": "198.51.100.7, fd00:1::9, 10.0.0.200", "X-MSISDN": "+358401234567"}
    for proxy in ("10.0.0.99", "fd00:1::1", "::ffff:10.0.0.3"):
        peer = peers.of(request(proxy, forwarded))
        assert (peer.address, peer.number) == ("198.51.100.7", "+358401234567")
    assert peers.of(request("10.0.1.1", forwarded)).address == "10.0.1.1"


def test_who_is_remembered_is_who_would_be_read(monkeypatch):
    """Whatever differs between two requests makes another peer, in any order, and only so many are remembered."""
    monkeypatch.setattr("workers.gateway.client_address.MAX_REMEMBERED_PEERS", 7)
    remembering = PeerReader([PROXY], HEADERS, "358")
    requests = [
        request(remote, {name: text} if text else {}, path, host)
        for remote in (CLIENT, PROXY)
        for name in ("X-Forwarded-For", "X-MSISDN", "X-Network-MSISDN", "User-Agent")
        for text in ("", "198.51.100.7", "+358401234567", "+358401234568", "x" * 2000)
        for path in ("/", "/imps")
        for host in ("a.example", "b.example")
    ]
    for each in [*requests, *reversed(requests), *requests[::3]]:
        assert remembering.of(each) == PeerReader([PROXY], HEADERS, "358").of(each)
        assert len(remembering._known) <= 7
