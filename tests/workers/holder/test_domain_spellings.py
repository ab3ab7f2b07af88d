"""A domain has two forms, in Unicode and in Punycode. For us and for phones it is one; servers take them for two, so what we do
to a contact is done to the one that the server has."""

import re

import pytest

from onesoup.xmpp import commands
from tests.support.secrets import secret_text
from tests.xmpp.stream.harness import eventually

BOB, WRITTEN = "bob@bücher.example", "bob@xn--bcher-kva.example"


@pytest.fixture
def held(lab, server):
    """A session whose server has a contact in Punycode."""
    holder = lab.holder(server.stub)
    sid = lab.log_in(holder)
    item = f"<item jid='{WRITTEN}' name='Bob' subscription='both'/>"
    server.peers[0].send(f"<iq type='set' id='push'><query xmlns='jabber:iq:roster'>{item}</query></iq>")
    eventually(lambda: lab.feed.contacts.roster_item(sid, BOB))
    eventually(lambda: holder.subscriber.connected)
    return holder.sessions[sid]


def named(server, pattern):
    """The JIDs that the server was told in stanzas of this form, in order."""
    return [
        jid for stanza in server.seen if re.search(pattern, stanza) for jid in re.findall(r'(?:jid|to)="([^"]*@[^"]*)"', stanza)
    ]


def test_a_contact_is_changed_and_removed_as_the_server_has_it(lab, server, held):
    lab.push(held.sid, commands.SetRosterItem(BOB, "Robert", ("Work",)))
    eventually(lambda: named(server, "<group>Work"))
    lab.push(held.sid, commands.RemoveRosterItem(BOB))
    eventually(lambda: len(named(server, "subscription=.remove")) == 2)
    assert named(server, "<group>Work") == [WRITTEN]
    assert named(server, "subscription=.remove") == [WRITTEN, BOB]
    eventually(lambda: lab.feed.contacts.roster_item(held.sid, BOB) is None)


def test_a_message_and_a_subscription_go_where_the_contact_is(lab, server, held):
    lab.push(held.sid, commands.SendMessage("m1", BOB, text := secret_text(), False))
    lab.push(held.sid, commands.SendSubscription("subscribe", BOB))
    eventually(lambda: server.messages() == [text] and named(server, "type=.subscribe"))
    assert named(server, "^<message") == [WRITTEN]
    assert named(server, "type=.subscribe") == [WRITTEN]
    bounce = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    server.peers[0].send(f"<message type='error' id='m1' from='{WRITTEN}/x'>{bounce}</message>")
    eventually(lambda: any("not delivered" in each for each in lab.inbox(held.sid)))


@pytest.mark.parametrize("kind", [commands.Block, commands.Unblock])
def test_a_block_is_of_both_forms(lab, server, held, kind):
    lab.push(held.sid, kind((BOB, "eve@x.example")))
    eventually(lambda: named(server, "urn:xmpp:blocking.*item"))
    assert named(server, "urn:xmpp:blocking.*item") == [WRITTEN, BOB, "eve@x.example"]


def test_a_stranger_is_answered_at_the_address_that_he_wrote_from(lab, server, held):
    mallory = "eve@xn--strae-oqa.example", "eve@xn--fiqs8s.example"
    for number, jid in enumerate(mallory):
        server.peers[0].send(f"<message from='{jid}/c' type='chat' id='{number}'><body>{secret_text()}</body></message>")
    eventually(lambda: len(lab.inbox(held.sid)) == 2)
    for jid in ("eve@xn--strae-oqa.example", "eve@中国.example"):
        lab.push(held.sid, commands.SendMessage(f"to {jid}", jid, secret_text(), False))
    eventually(lambda: len(named(server, "^<message")) == 2)
    assert named(server, "^<message") == list(mallory)


def test_of_strangers_domains_only_so_many_are_remembered(lab, server, held):
    for number in range(60):
        label = f"{'ü' * 3}{number}".encode("idna").decode()
        server.peers[0].send(f"<presence from='eve@{label}.example/c'/>")
    server.peers[0].send(f"<message from='eve@x.example/c' type='chat' id='1'><body>{(last := secret_text())}</body></message>")
    eventually(lambda: last in lab.inbox(held.sid))
    assert len(held._spelling._domains) == 50
