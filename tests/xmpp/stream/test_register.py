"""A new account at a server that is found by DNS, as most are: nobody has written down where it is."""

from dataclasses import replace

import pytest

from onesoup.xmpp.stream import Resolver, StreamFailure
from onesoup.xmpp.stream.register import register_account
from onesoup.xmpp.stream.resolve import Srv
from tests.xmpp.stream.stub import self_signed

FORM = "<iq type='result' id='form'><query xmlns='jabber:iq:register'><instructions/><username/><password/></query></iq>"


class Dns:
    """One server, with STARTTLS."""

    def __init__(self, port):
        self.port = port

    def srv(self, name):
        return ([Srv(1, 1, self.port, "127.0.0.1")] if name.startswith("_xmpp-client.") else []), 60


@pytest.fixture
def makes_accounts(stub, tmp_path):
    """Options that lead to a server by DNS, what it was told, and the addresses that were asked about."""
    authority, context = self_signed(tmp_path, "stub.example")
    told, asked = [], []

    def talk(peer):
        peer.start_tls(context)
        peer.open("<register xmlns='http://jabber.org/features/iq-register'/>")
        peer.until("</iq>")
        peer.send(FORM)
        told.append(peer.until("</iq>"))
        peer.send("<iq type='result' id='register'/>")

    server = stub(talk)

    def options(allowed):
        where = Resolver(lookup=Dns(server.port))
        allow = lambda *place: asked.append(place) or allowed  # noqa: E731
        return replace(server.options(ca=authority, insecure=False), resolver=where, address_allowed=allow)

    return options, told, asked, server.port


def test_the_account_is_made(makes_accounts):
    options, told, asked, port = makes_accounts
    register_account("stub.example", "romeo", "a<b", "", options(True), 10)
    assert asked == [("stub.example", "127.0.0.1", port)]
    assert "<username>romeo</username><password>a&lt;b</password>" in told[0]


def test_an_address_that_is_not_for_phones_is_not_asked(makes_accounts):
    options, told, _, _ = makes_accounts
    with pytest.raises(StreamFailure) as refused:
        register_account("stub.example", "romeo", "secret", "", options(False), 10)
    assert (refused.value.kind, refused.value.condition, told) == ("refused", "not-permitted", [])
