"""Whether XMPP servers take streams, as holders have noted it."""

from onesoup.store.servers import XmppServerState, XmppServerStates


def test_the_last_success_and_the_last_failure_are_both_known(client):
    states = XmppServerStates(client)
    states.note("a.example", 100)
    states.note("a.example", 90, "tls", "certificate")
    states.note("b.example", 100)
    states.note("b.example", 110, "refused", "refused")
    a, b, c = states.of(["a.example", "b.example", "c.example"])
    assert (a, a.is_away) == (XmppServerState(100, 90, "tls", "certificate"), False)
    assert (b, b.is_away) == (XmppServerState(100, 110, "refused", "refused"), True)
    assert (c, c.is_away) == (XmppServerState(), False)
    assert client.ttl("xmpp:{a.example}") > 86_400


def test_a_record_of_a_later_version_says_nothing(client):
    XmppServerStates(client).note("a.example", 100, "dns")
    client.hset("xmpp:{a.example}", "ok", b"\x81\xa1v\x09")
    assert XmppServerStates(client).of(["a.example"]) == [XmppServerState(0, 100, "dns")]
