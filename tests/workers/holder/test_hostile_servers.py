"""Whatever a server sends costs the stream that it comes on at most."""

import re
from contextlib import suppress

import gevent
import pytest

from onesoup.store import keys
from tests.support.secrets import secret_text
from tests.workers.holder.conftest import Lab, server_with
from tests.xmpp.stream.harness import eventually
from workers.holder.session.inbox_limit import MOST_ITEMS

DEEP = "<a>" * 100 + "</a>" * 100
HOSTILE = {
    "huge": "<message><body>" + "x" * 2_000_000 + "</body></message>",
    "huge-attribute": "<message id='" + "x" * 2_000_000 + "'/>",
    "huge-presence": "<presence from='a@b/c'><status>" + "x" * 2_000_000 + "</status></presence>",
    "huge-question": "<iq from='a@b/c' type='get' id='1'><x xmlns='urn:x'>" + "x" * 2_000_000 + "</x></iq>",
    "endless": "<message><body>" + "x" * 18_000_000 + "</body></message>",
    "endless-tag": "<message id='" + "x" * 4_000_000 + "'/>",
    "nested": f"<message>{DEEP}</message>",
    "entity": "<!DOCTYPE x [<!ENTITY a 'b'>]><message><body>&a;</body></message>",
    "entity-reference": "<message><body>&a;</body></message>",
    "processing-instruction": "<?php x?>",
    "comment": "<message><!-- x --></message>",
    "not-utf-8": b"<message><body>\xff\xfe</body></message>",
    "control-character": "<message><body>\x01</body></message>",
    "not-well-formed": "<message></iq>",
    "unknown-prefix": "<x:message/>",
    "unbound-stream": "</stream:stream>",
    "false-acknowledgement": "<a xmlns='urn:xmpp:sm:3' h='4000000000'/>",
    "acknowledgement-of-nothing": "<a xmlns='urn:xmpp:sm:3'/>",
    "unknown-stanza": "<nonsense xmlns='jabber:client'/><x xmlns='urn:unknown'/>",
    "many-attributes": "<message " + " ".join(f"a{n}='{n}'" for n in range(5000)) + "/>",
    "many-namespaces": "<message>" + "".join(f"<x xmlns='urn:{n}'/>" for n in range(5000)) + "</message>",
    "bad-jids": "".join(
        f"<{kind} from='{jid}' to='{jid}' type='{type}' id='1'><body>x</body></{kind}>"
        for kind in ("message", "presence", "iq")
        for type in ("", "error", "subscribe", "set", "chat", "groupchat", "\u00e9")
        for jid in ("", "@", "/", "@/", "a@", "@b", "a@b/", "a@@b", "a b@c", "\u2100@x", "a@b/\u0130", "x" * 3000, "&quot;&lt;")
    ),
    "no-from": "<message><body>hello</body></message><presence/><iq type='set'/><iq/>",
    "spoofed-roster": "<iq type='set' id='1' from='evil@x'><query xmlns='jabber:iq:roster'><item jid='evil@x'/></query></iq>",
    "odd-roster": "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item/><item jid=''/><item jid='@'/><x/></query></iq>",
    "spoofed-carbon": "<message from='evil@x'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
    "<message from='friend@x'><body>lie</body></message></forwarded></received></message>",
    "malformed-link": "<message from='a@b/c'><body>http://[test</body><x xmlns='jabber:x:oob'><url>http://[</url></x></message>",
    "empty-carbon": "<message><sent xmlns='urn:xmpp:carbons:2'/><received xmlns='urn:xmpp:carbons:2'>"
    "<forwarded xmlns='urn:xmpp:forward:0'/></received></message>",
    "odd-delay": "<message from='a@b'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='99999-99-99T99:99:99Z'/></message>",
    "odd-priority": "<presence from='a@b/c'><priority>" + "9" * 5000 + "</priority><show>\u00e9</show></presence>",
    "odd-event": "<message from='a@b'><event xmlns='http://jabber.org/protocol/pubsub#event'><items/><purge/></event></message>",
    "odd-receipt": "<message from='a@b'><received xmlns='urn:xmpp:receipts'/><request xmlns='urn:xmpp:receipts'/></message>",
}

# What no stream may hold (RFC 6120 sections 4.9.3 and 11): that stream has to end.
ENDS = {
    "endless", "endless-tag", "entity", "entity-reference", "processing-instruction", "comment", "not-utf-8",
    "control-character", "not-well-formed", "unknown-prefix", "unbound-stream", "false-acknowledgement",
}  # fmt: skip


@pytest.fixture(scope="module")
def field(redis_server, tmp_path_factory, large_budget):
    """One holder for all of them: what one stanza breaks, the next test finds broken."""
    lab = Lab(tmp_path_factory.mktemp("hostile"), redis_server, secret_text())
    with server_with(lab.password) as server:
        holder = lab.holder(server.stub)
        good = lab.log_in(holder)
        yield lab, server, holder, good, server.peers[0]
    lab.close()


def send(peer, stanza):
    with suppress(OSError):  # the stream was ended in the middle of it
        peer.send(stanza)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_stanza_costs_that_stream_at_most(field, name, capsys):
    """Its session goes on, with a new stream if need be; another is not disturbed; nothing of the stanza is in the log."""
    lab, server, holder, good, other = field
    before = len(server.peers)
    evil = lab.log_in(holder)
    eventually(lambda: len(server.peers) == before + 1)
    gevent.spawn(send, server.peers[before], HOSTILE[name])
    other.send(message(text := secret_text()))
    eventually(lambda: text in lab.inbox(good))
    if name in ENDS:
        eventually(lambda: len(server.peers) == before + 2)
    else:
        eventually(lambda: answers(server, server.peers[before]))
    eventually(lambda: holder.sessions[evil].connection.stream.open)
    assert len(server.peers) == before + 1 + (name in ENDS)
    server.peers[-1].send(message(after := secret_text()))
    eventually(lambda: after in lab.inbox(evil))
    assert "lie" not in lab.inbox(evil)
    assert not lab.feed.contacts.roster_item(evil, "evil@x")
    assert holder.sessions[good].connection.stream.open
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    assert "] bug" not in shown.out


def test_a_message_that_is_too_large_is_bounced_and_its_neighbours_arrive(field):
    """In one packet, so that they are read together."""
    lab, server, holder, _good, _other = field
    before = len(server.peers)
    phone = lab.log_in(holder)
    eventually(lambda: len(server.peers) == before + 1)
    huge = f"<message from='a@b/c' type='chat' id='huge'><body>{'x' * 2_000_000}</body></message>"
    server.peers[before].send(message("first") + huge + message("last") + "<r xmlns='urn:xmpp:sm:3'/>")
    eventually(lambda: sorted(lab.inbox(phone)) == ["first", "last"])
    eventually(lambda: any('id="huge"' in each for each in server.seen))
    (error,) = [each for each in server.seen if 'id="huge"' in each]
    assert error.startswith('<message to="a@b/c" type="error"')
    assert "resource-constraint" in error

    def told() -> bool:
        """Asked again, since answers to the holder's own questions may come behind the first <r/>."""
        server.peers[before].send("<r xmlns='urn:xmpp:sm:3'/>")
        gevent.sleep(0.05)
        return holder.sessions[phone].connection.stream.h_in == int(re.search("h='([0-9]+)'", server.other[-1])[1])

    eventually(told)
    assert len(server.peers) == before + 1


def test_a_malformed_link_arrives(field):
    lab, server, holder, _good, _other = field
    before = len(server.peers)
    phone = lab.log_in(holder)
    eventually(lambda: len(server.peers) == before + 1)
    server.peers[before].send(message("http://[test") + message("behind"))
    eventually(lambda: sorted(lab.inbox(phone)) == ["behind", "http://[test"])


def test_a_flood_for_a_phone_that_does_not_come_is_refused_and_told_so(field, capsys):
    """What was taken is kept; above the limit its sender gets an error; when the phone has fetched some, it goes on."""
    lab, server, holder, good, other = field
    before, refusals = len(server.peers), len(refused_messages(server))
    phone = lab.log_in(holder)
    eventually(lambda: len(server.peers) == before + 1)
    flood = [secret_text() for _ in range(MOST_ITEMS + 400)]
    for text in flood:  # one read takes few of them
        server.peers[before].send(message(text))
        gevent.sleep(0)
    refused = f'id="{flood[-1]}"'
    eventually(lambda: any(refused in each for each in server.seen[-20:]))
    error = next(each for each in server.seen if refused in each)
    assert "resource-constraint" in error
    assert 'to="a@b/c"' in error
    kept = lab.feed.items.count(phone)
    assert MOST_ITEMS <= kept < MOST_ITEMS + 400
    assert kept + len(refused_messages(server)) - refusals == len(flood)
    assert capsys.readouterr().out.count("inbox-full") == 1
    other.send(message(text := secret_text()))
    eventually(lambda: text in lab.inbox(good))
    lab.client.delete(*keys.of(phone, "i", "q"))  # the phone has fetched it all
    server.peers[before].send(message(text := secret_text()))
    eventually(lambda: text in lab.inbox(phone))


def refused_messages(server):
    return [each for each in server.seen if each.startswith("<message") and "resource-constraint" in each]


def message(text):
    return f"<message from='a@b/c' type='chat' id='{text}'><body>{text}</body></message>"


def answers(server, peer):
    """It acknowledges what it was sent."""
    asked = len([each for each in server.other if each.startswith("<a ")])
    try:
        peer.send("<r xmlns='urn:xmpp:sm:3'/>")
    except OSError:
        return False
    gevent.sleep(0.02)
    return len([each for each in server.other if each.startswith("<a ")]) > asked
