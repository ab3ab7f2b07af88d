"""Forms of directories, old and new, what goes into them, and what comes back."""

import pytest
from xmpp.simplexml import NodeBuilder

from onesoup.xmpp import searching
from onesoup.xmpp.searching import SearchForm


def node(xml):
    return NodeBuilder(xml).getDom()


OLD = node("<query xmlns='jabber:iq:search'><instructions>Fill in</instructions><first/><last/><nick/><email/></query>")
VJUD = node(
    "<query xmlns='jabber:iq:search'><instructions>You need x:data</instructions><x xmlns='jabber:x:data' type='form'>"
    "<instructions>Add * to the end of a field to match a part</instructions>"
    "<field type='text-single' var='user'/><field var='fn'/><field var='last'/><field var='nick'/><field var='email'/>"
    "<field var='locality'/><field var='ctry'/></x></query>"
)


def test_both_kinds_of_forms_are_read():
    assert searching.read_form(OLD) == SearchForm(frozenset({"first", "last", "nick", "email"}), False, False)
    form = searching.read_form(VJUD)
    assert (form.data, form.wild_cards) == (True, True)
    assert {"user", "fn", "ctry"} <= form.fields


@pytest.mark.parametrize(
    ("wanted", "old", "vjud"),
    [
        ({"USER_ID": "ben@example.org"}, {}, {"user": "ben*"}),
        ({"USER_FIRST_NAME": "ben", "USER_LAST_NAME": "li"}, {"first": "ben", "last": "li"}, {"fn": "ben*", "last": "li*"}),
        ({"USER_ALIAS": "b", "USER_COUNTRY": "no"}, {"nick": "b"}, {"nick": "b*", "ctry": "no*"}),
        ({"USER_MOBILE_NUMBER": "+47 22"}, {}, {"user": "4722*"}),
        ({"USER_ONLINE_STATUS": "t"}, {}, {}),
    ],
)
def test_what_of_a_search_a_directory_can_be_asked(wanted, old, vjud):
    assert searching.fill_search_form(searching.read_form(OLD), wanted) == old
    assert searching.fill_search_form(searching.read_form(VJUD), wanted) == vjud


def test_hits_are_read_from_both_forms_and_nobody_without_an_address():
    old = node(
        "<query xmlns='jabber:iq:search'><item jid='Ben@Example.org'><first>Ben</first><nick/></item>"
        "<item jid='example.org'/><item/></query>"
    )
    assert searching.read_hits(old) == [("ben@example.org", {"first": ["Ben"]})]
    new = node(
        "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='result'><reported><field var='jid'/></reported>"
        "<item><field var='jid'><value>cleo@example.org</value></field><field var='locality'><value>Lagos</value></field></item>"
        "<item><field var='fn'><value>Nobody</value></field></item></x></query>"
    )
    assert searching.read_hits(new) == [("cleo@example.org", {"city": ["Lagos"]})]


def test_services_are_known_by_what_they_say():
    people = "<identity category='directory' type='user'/><feature var='jabber:iq:search'/>"
    rooms = "<identity category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/>"
    for inside, is_people, is_rooms in ((people, True, False), (rooms, False, True), ("", False, False)):
        info = node(f"<query xmlns='http://jabber.org/protocol/disco#info'>{inside}</query>")
        assert (searching.is_directory(info), searching.is_rooms(info)) == (is_people, is_rooms)


def test_a_room_is_about_its_subject_and_its_description():
    fields = "<field var='muc#roominfo_subject'><value>Hats</value></field><field var='muc#roominfo_description'/>"
    form = f"<x xmlns='jabber:x:data' type='result'>{fields}</x>"
    assert searching.topic_of(node(f"<query>{form}</query>")) == "Hats"
    assert searching.topic_of(node("<query/>")) == ""
