"""Short addresses: long ones are told as short ones in every place where an address stands, and read back in every place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import short_addresses
from onesoup.csp.codec import generated_elements
from onesoup.csp.codec.generated_elements import (
    GetPresenceRequest,
    Group,
    MessageInfo,
    NewMessage,
    Recipient,
    ScreenName,
    SearchPairList,
    SearchRequest,
    Sender,
    User,
)
from onesoup.csp.codec.node import Node
from onesoup.csp.session import Session

S60 = Session("alice@example.org", "wv:alice@example.org", "1.2", "imps-x", handset="s60")
LONG = "wv:%2315551234567%25whatsapp@whatsapp.bridge.example.net"
ROOM = "wv:/%23feature-phones%25irc.libera.chat@irc.bridge.example.net"
# Every element with a field for an address.
PLACES = [
    (kind, name)
    for kind in vars(generated_elements).values()
    if isinstance(kind, type) and issubclass(kind, Node)
    for name in kind.__slots__
    if name in short_addresses.ADDRESS_FIELDS
]


def test_there_are_places():
    assert len(PLACES) > 40


@pytest.mark.parametrize(("kind", "name"), PLACES, ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_address_goes_out_short_and_comes_back_whole(kind, name, wrapped):
    value = [LONG, "wv:bob@example.org"] if kind().__getattribute__(name) == [] else LONG
    told = kind(**{name: value})
    known = short_addresses.shorten(told, S60)
    assert list(known.values()) == [LONG]
    sent = getattr(told, name)
    for each in sent if isinstance(sent, list) else [sent]:
        assert len(each) <= 50
    assert short_addresses.aliases_in([told], S60) == list(known)
    short_addresses.lengthen(told, S60, known)
    assert getattr(told, name) == value


def test_an_address_is_found_however_deep_it_stands():
    told = NewMessage(
        message_info=MessageInfo(
            message_id="m1",
            sender=Sender(group=Group(screen_name=ScreenName(s_name="Bob", group_id=ROOM))),
            recipient=Recipient(user=[User(user_id=LONG), User(user_id="wv:bob@example.org")]),
        )
    )
    known = short_addresses.shorten(told, S60)
    assert sorted(known.values()) == sorted([LONG, ROOM])
    group = told.message_info.sender.group.screen_name.group_id
    assert group.startswith("wv:/x")
    assert group.endswith("@example.org")
    assert told.message_info.recipient.user[1].user_id == "wv:bob@example.org"


def test_a_search_for_a_short_address_finds_the_whole_one():
    letters = short_addresses.alias_of(LONG)
    asked = SearchRequest(search_pair_list=[SearchPairList("USER_ID", f"wv:{letters}@example.org")])
    assert short_addresses.aliases_in([asked], S60) == [letters]
    short_addresses.lengthen(asked, S60, {letters: LONG})
    assert asked.search_pair_list[0].search_string == LONG


@pytest.mark.parametrize("spelled", ["wv:{}@example.org", "{}", "wv:{}", "WV:{}@Example.ORG", "wv:/{}@example.org"])
def test_a_phone_may_write_a_short_address_in_its_own_way(spelled):
    letters = short_addresses.alias_of(LONG)
    asked = GetPresenceRequest(user=[User(user_id=spelled.format(letters.upper()))])
    assert short_addresses.aliases_in([asked], S60) == [letters]


@pytest.mark.parametrize("other", ["wv:x234567abc@example.org", "wv:xavier@example.org", "wv:x234567abcd@example.net", "", "wv:"])
def test_what_is_no_short_address_is_not_looked_up(other):
    assert short_addresses.aliases_in([GetPresenceRequest(user=[User(user_id=other)])], S60) == []


def test_a_short_address_that_is_not_known_stays():
    """It may be an account's name."""
    asked = GetPresenceRequest(user=[User(user_id="wv:xaaaaaaaaaa@example.org")])
    short_addresses.lengthen(asked, S60, {})
    assert asked.user[0].user_id == "wv:xaaaaaaaaaa@example.org"


def test_other_handsets_get_whole_addresses():
    told = User(user_id=LONG)
    assert short_addresses.shorten(told, replace(S60, handset="android")) == {}
    assert told.user_id == LONG


def test_the_users_own_address_stays_as_the_phone_wrote_it():
    own = f"wv:{'a' * 60}@example.org"
    told = User(user_id=own)
    assert short_addresses.shorten(told, replace(S60, own=own)) == {}


@pytest.mark.parametrize("session", [replace(S60, short="example.org"), replace(S60, jid=f"alice@{'d' * 40}.example")])
def test_a_short_address_has_no_domain_where_that_is_left_out_or_too_long(session):
    told = User(user_id=LONG)
    known = short_addresses.shorten(told, session)
    assert told.user_id == f"wv:{short_addresses.alias_of(LONG)}"
    short_addresses.lengthen(told, session, known)
    assert told.user_id == LONG


@given(st.text(min_size=40, max_size=200))
def test_a_short_address_is_the_same_every_time(text):
    address = f"wv:{text}@example.net"
    assert short_addresses.alias_of(address) == short_addresses.alias_of(address)
    told = User(user_id=address)
    short_addresses.shorten(told, S60)
    assert len(told.user_id) <= 50
