"""Contacts that a transport brings: by a request for presence, or by roster item exchange (XEP-0144)."""

import pytest

from onesoup.csp.lists import Item
from tests.workers.holder.session.test_inbound import OWN, Directory, inbound_of, node

TRANSPORT = "whatsapp.example.net"
BOB = f"+15551234567@{TRANSPORT}"
REQUEST = f"<presence from='{BOB}' type='subscribe'><nick xmlns='http://jabber.org/protocol/nick'>Bob</nick></presence>"


@pytest.fixture
def directory():
    """The roster has the transport, under a name."""
    directory = Directory()
    directory.items[TRANSPORT] = Item(TRANSPORT, "WhatsApp", subscription="both")
    return directory


def answers(directory, xml, **more):
    """What a stanza is answered with, in short: kind, to whom, and of a roster item its JID, name and groups."""
    found = []
    for each in inbound_of(directory, **more).read_stanzas([node(xml)]).answers:
        query = each.getTag("query")
        if each.getName() == "presence":
            found.append((each.getAttr("type"), each.getAttr("to")))
        elif query is not None:
            item = query.getTag("item")
            assert each.getAttr("id")
            removed = item.getAttr("subscription") == "remove"
            groups = [group.getData() for group in item.getTags("group")]
            found.append(("remove" if removed else "set", item.getAttr("jid"), item.getAttr("name"), groups))
        else:
            found.append((each.getAttr("type"), each.getAttr("id")))
    return found


def exchange(*items, sender=TRANSPORT, kind="message", id="x1"):
    suggested = f"<x xmlns='http://jabber.org/protocol/rosterx'>{''.join(items)}</x>"
    more = " type='set'" if kind == "iq" else ""
    return f"<{kind} from='{sender}' id='{id}'{more}>{suggested}</{kind}>"


def test_a_contact_of_a_transport_is_let_in_and_listed_under_its_name(directory):
    assert answers(directory, REQUEST) == [("subscribed", BOB), ("set", BOB, "Bob", ["WhatsApp"]), ("subscribe", BOB)]
    assert directory.asked == []


def test_the_list_has_the_domain_as_its_name_where_the_transport_has_none(directory):
    directory.items[TRANSPORT] = Item(TRANSPORT, subscription="from")
    assert answers(directory, REQUEST)[1] == ("set", BOB, "Bob", [TRANSPORT])


def test_a_contact_that_is_there_keeps_its_name_and_list(directory):
    directory.items[BOB] = Item(BOB, "Bobby", ("Friends",), "none")
    assert answers(directory, REQUEST) == [("subscribed", BOB), ("set", BOB, "Bobby", ["Friends"]), ("subscribe", BOB)]


@pytest.mark.parametrize("item", [Item(BOB, subscription="to"), Item(BOB, ask=True)])
def test_a_contact_that_is_subscribed_is_only_let_in(directory, item):
    directory.items[BOB] = item
    assert answers(directory, REQUEST) == [("subscribed", BOB)]


def test_a_blocked_contact_of_a_transport_stays_out(directory):
    directory.refused, directory.by_name = {BOB}, {BOB}
    assert answers(directory, REQUEST) == [("unsubscribed", BOB)]


@pytest.mark.parametrize("item", [None, Item(TRANSPORT, "WhatsApp")])
def test_without_a_registered_transport_the_user_is_asked(directory, item):
    directory.items = {TRANSPORT: item} if item else {}
    assert answers(directory, REQUEST) == []
    assert [jid for jid, _ in directory.asked] == [BOB]


def test_the_user_is_asked_where_the_setting_says_so(directory):
    assert answers(directory, REQUEST, transport_contacts=False) == []
    assert [jid for jid, _ in directory.asked] == [BOB]


def test_a_transport_speaks_for_its_own_users_only(directory):
    assert answers(directory, "<presence from='eve@example.net' type='subscribe'/>") == []
    assert answers(directory, exchange("<item jid='eve@example.net' action='add'/>")) == []
    assert answers(directory, exchange(f"<item jid='{BOB}'/>", sender="eve@example.net/x")) == []


@pytest.mark.parametrize("kind", ["message", "iq"])
def test_suggested_contacts_are_added(directory, kind):
    items = f"<item jid='{BOB}' name='Bob'/>", f"<item jid='ann@{TRANSPORT}' action='add' name='Ann'><group>Work</group></item>"
    expected = [
        ("set", BOB, "Bob", ["WhatsApp"]),
        ("subscribe", BOB),
        ("set", f"ann@{TRANSPORT}", "Ann", ["Work"]),
        ("subscribe", f"ann@{TRANSPORT}"),
    ]
    assert answers(directory, exchange(*items, kind=kind)) == expected + ([("result", "x1")] if kind == "iq" else [])


def test_suggested_changes_and_removals_are_done(directory):
    directory.items[BOB] = Item(BOB, "Bob", ("Friends",), "both")
    directory.items["ann@" + TRANSPORT] = Item("ann@" + TRANSPORT, "Ann", (), "both")
    items = f"<item jid='{BOB}' action='modify' name='Robert'/>", f"<item jid='ann@{TRANSPORT}' action='delete'/>"
    assert answers(directory, exchange(*items)) == [
        ("set", BOB, "Robert", ["Friends"]),
        ("remove", f"ann@{TRANSPORT}", None, []),
    ]
    assert answers(directory, exchange(f"<item jid='nobody@{TRANSPORT}' action='delete'/>")) == []


def test_nonsense_in_an_exchange_is_left_out(directory):
    items = "<item/>", f"<item jid='{TRANSPORT}'/>", f"<item jid='{BOB}' action='explode'/>", f"<item jid='{OWN}'/>"
    assert answers(directory, exchange(*items)) == []


def test_the_items_of_one_exchange_are_bounded(directory):
    items = [f"<item jid='u{number}@{TRANSPORT}'/>" for number in range(700)]
    assert len(answers(directory, exchange(*items))) == 2 * 500
