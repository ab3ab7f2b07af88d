"""Where a phone's user may not send us, in every disguise of an address."""

import pytest
from gevent import socket
from hypothesis import given
from hypothesis import strategies as st

from onesoup.xmpp.stream import Options, Resolver, StreamFailure, tcp
from onesoup.xmpp.stream.address_policy import address_permitted, is_public_address
from onesoup.xmpp.stream.resolve import Srv

INSIDE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::a00:1",
    "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:c0a8:101::1",
    "2001:0:7f00:1::1", "", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "172.32.0.1",
    "192.169.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:1.1.1.1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside(address):
    assert not is_public_address(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside(address):
    assert is_public_address(address)


@pytest.mark.parametrize(
    ("port", "may"), [(5222, True), (443, True), (5223, True), (1024, True), (22, False), (25, False), (80, False)]
)
def test_ports(port, may):
    assert address_permitted("1.1.1.1", port) is may


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_as_public_as_the_one_inside(address):
    assert is_public_address(f"::ffff:{address}") == is_public_address(str(address)) == is_public_address(f"64:ff9b::{address}")


@given(st.text(max_size=40))
def test_any_text_is_answered(text):
    assert is_public_address(text) in (True, False)


class Rebinding:
    """A DNS that says something harmless first, and 127.0.0.1 to whoever asks again."""

    def __init__(self):
        self.asked = 0

    def __call__(self, host, port, **_):
        self.asked += 1
        address = "1.1.1.1" if self.asked == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(monkeypatch):
    """DNS rebinding: between the look and the connection there is no second look."""
    dns, met = Rebinding(), []
    monkeypatch.setattr(tcp.socket, "getaddrinfo", dns)
    monkeypatch.setattr(tcp, "_connected", lambda family, address: met.append(address))
    tcp.connect_tcp("evil.example", 5222, address_permitted)
    assert (dns.asked, met) == (1, [("1.1.1.1", 5222)])
    with pytest.raises(StreamFailure) as caught:
        tcp.connect_tcp("evil.example", 5222, address_permitted)
    assert (caught.value.kind, caught.value.condition, len(met)) == ("refused", "not-permitted", 1)


def test_the_addresses_that_may_be_are_tried_and_no_others(monkeypatch):
    met = []
    found = [(socket.AF_INET, 1, 6, "", (address, 5222)) for address in ("127.0.0.1", "1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(tcp.socket, "getaddrinfo", lambda *_, **__: found)

    def connected(family, address):
        met.append(address[0])
        raise StreamFailure("refused", "refused")

    monkeypatch.setattr(tcp, "_connected", connected)
    with pytest.raises(StreamFailure) as caught:
        tcp.connect_tcp("evil.example", 5222, address_permitted)
    assert (met, caught.value.condition) == (["1.1.1.1"], "refused")


@pytest.mark.parametrize("place", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_srv_records_lead_nowhere_inside(client, stub, place):
    """From the log-in on: the server is there and would answer, and gets no connection."""
    met = []
    server = stub(met.append)

    class Dns:
        def srv(self, name):
            return [Srv(0, 0, server.port, place)], 60

    asked = []
    options = Options(
        resolver=Resolver(lookup=Dns()),
        address_allowed=lambda domain, address, port: asked.append((domain, address)) or address_permitted(address, port),
    )
    with pytest.raises(StreamFailure) as caught:
        client("a", domain="evil.example", options=options).stream.connect(5)
    assert (caught.value.kind, caught.value.condition) == ("refused", "not-permitted")
    assert asked
    assert {domain for domain, _ in asked} == {"evil.example"}
    assert met == []
