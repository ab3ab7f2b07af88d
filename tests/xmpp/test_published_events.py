"""Mood, activity and nick of contacts become what a phone can show; the phone's own mood goes the other way."""

import pytest
from xmpp.simplexml import Node

from onesoup.csp.presence import OFFLINE_PRESENCE, Shown
from onesoup.xmpp import namespaces, published_events
from onesoup.xmpp.published_events import Extras

HERE = Shown(online=True, availability="AVAILABLE")


def event(node: str, payload: Node | None) -> Node:
    item = Node("item", {"id": "1"}, [payload] if payload is not None else [])
    return Node(
        "message", {"from": "romeo@x"}, [Node(f"{namespaces.PUBSUB_EVENT} event", {}, [Node("items", {"node": node}, [item])])]
    )


def test_a_mood_with_words_is_read():
    payload = Node(f"{namespaces.MOOD} mood", {}, [Node("in_love"), Node("text", {}, ["with Juliet"])])
    assert published_events.read_event(event(namespaces.MOOD, payload), Extras()) == Extras(
        mood="in_love", mood_text="with Juliet"
    )


def test_an_empty_mood_withdraws_the_old_one_and_leaves_the_rest():
    before = Extras(mood="sad", mood_text="alas", nick="R")
    assert published_events.read_event(event(namespaces.MOOD, Node(f"{namespaces.MOOD} mood")), before) == Extras(nick="R")


def test_an_activity_is_told_in_words():
    payload = Node(f"{namespaces.ACTIVITY} activity", {}, [Node("doing_chores", {}, [Node("buying_groceries")])])
    assert published_events.read_event(event(namespaces.ACTIVITY, payload), Extras()) == Extras(activity="buying groceries")


def test_an_event_about_something_else_changes_nothing():
    assert published_events.read_event(event("http://jabber.org/protocol/tune", None), Extras(nick="R")) is None
    assert published_events.read_event(Node("message"), Extras()) is None


def test_a_retracted_item_is_an_empty_one():
    assert published_events.read_event(event(namespaces.NICK, None), Extras(nick="R")) == Extras()


@pytest.mark.parametrize("mood", published_events.PHONE_MOODS)
def test_the_phones_moods_have_the_same_names_in_xmpp_both_ways(mood):
    assert published_events.with_published(HERE, Extras(mood=published_events.mood_of(mood))).mood == mood


@pytest.mark.parametrize(("mood", "shown"), [("tired", "SLEEPY"), ("worried", "ANXIOUS"), ("curious", ""), ("", "")])
def test_other_moods_go_to_the_nearest_or_are_left_out(mood, shown):
    assert published_events.with_published(HERE, Extras(mood=mood)).mood == shown


def test_a_mood_that_no_phone_has_withdraws():
    assert [published_events.mood_of(each) for each in (None, "", "HUNGRY")] == ["", "", ""]


def test_a_status_text_counts_before_the_words_of_a_mood():
    published = Extras(mood="sad", mood_text="alas", activity="working")
    assert published_events.with_published(Shown(online=True, text="brb"), published).text == "brb"
    assert published_events.with_published(HERE, published).text == "alas"
    assert published_events.with_published(HERE, Extras(activity="working")).text == "working"


def test_who_is_offline_has_a_name_but_no_mood():
    assert published_events.with_published(OFFLINE_PRESENCE, Extras(mood="sad", nick="Romeo")) == Shown(alias="Romeo")


def test_the_record_gives_back_what_was_put_in():
    published = Extras("sad", "alas", "working", "R")
    assert published_events.from_plain(published_events.to_plain(published)) == published
    assert published_events.from_plain(None) == Extras()
