"""What goes out beside presence, and what a phone is told of pictures and cards. The XMPP side is told by commands."""

import base64

import pytest

from onesoup.csp import presence
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    Address,
    Alias,
    CapabilityList,
    ClientCapabilityRequest,
    ContactInfo,
    CreateAttributeListRequest,
    DeleteAttributeListRequest,
    GetPresenceRequest,
    LogoutRequest,
    OnlineStatus,
    PollingRequest,
    PreferredContacts,
    PresenceSubList,
    Result,
    Status,
    StatusContent,
    StatusMood,
    StatusText,
    SubscribePresenceRequest,
    TimeZone,
    UnsubscribePresenceRequest,
    UpdatePresenceRequest,
    User,
    UserAvailability,
)
from onesoup.csp.lists import Item
from onesoup.handlers.context import Policy
from onesoup.store import records
from tests.support import in_redis

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"
PICTURE = base64.b64encode(b"octets of a picture").decode()
IMAGE = StatusContent(True, direct_content=PICTURE, content_type="image/png")
HELSINKI = Address(True, country="FI", city="Helsinki")
CARD = ContactInfo(True, contained_vcard="BEGIN:VCARD\r\nFN:A\r\nEND:VCARD")
BESIDE = ("mood", "nick", "avatar", "place", "card")


@pytest.fixture
def publishing(services):
    """An operator who lets places and cards out."""
    services.policy = Policy("example.org", frozenset({"example.org"}), publish_location=True, publish_contact_info=True)


def says(phone, **attributes):
    assert phone.ask(UpdatePresenceRequest(presence_sub_list=PresenceSubList(**attributes))).result.code == 200


def default_list(phone, *names):
    asked = presence.attribute_request(names)
    assert phone.ask(CreateAttributeListRequest(presence_sub_list=asked, default_list=True)).result.code == 200


def sent(phone, holder):
    """What went out beside presence, in order."""
    holder.settle(phone)
    found = [each for each in holder.done if each["op"] in BESIDE]
    holder.done.clear()
    return [(each["op"], each.get("value", each.get("data", each.get("text")))) for each in found]


def asked(phone, *names, user=ROMEO):
    request = GetPresenceRequest(user=[User(user_id=user)], presence_sub_list=presence.attribute_request(names))
    return phone.ask(request).presence[0].presence_sub_list[0]


# --- the phone's own ---


def test_a_picture_goes_out_when_it_is_named(phone, holder):
    says(phone, status_content=IMAGE)
    says(phone, alias=Alias(True, "A"))
    says(phone, status_content=StatusContent(qualifier=False))
    assert sent(phone, holder) == [("avatar", b"octets of a picture"), ("nick", "A"), ("avatar", b"")]


def test_what_is_no_picture_does_not_go_out(phone, holder):
    says(phone, status_content=StatusContent(True, direct_content="%%%", content_type="image/png"))
    says(phone, status_content=StatusContent(True, referred_content="http://example.net/a.png"))
    assert sent(phone, holder) == []


def test_the_default_list_takes_back_and_gives_out_again(phone, holder):
    says(phone, status_content=IMAGE, status_mood=StatusMood(True, "HAPPY"))
    assert sent(phone, holder) == [("mood", "happy"), ("avatar", b"octets of a picture")]
    default_list(phone, "online_status", "status_mood")
    assert sent(phone, holder) == [("avatar", b"")]
    says(phone, status_content=IMAGE)
    assert sent(phone, holder) == []
    phone.ask(DeleteAttributeListRequest(default_list=True))
    assert sent(phone, holder) == [("avatar", b"octets of a picture")]


def test_the_same_default_list_again_changes_nothing(phone, holder):
    """S60 sends it at each start."""
    says(phone, status_content=IMAGE)
    default_list(phone, "status_content")
    default_list(phone, "status_content")
    assert sent(phone, holder) == [("avatar", b"octets of a picture")]


def test_a_place_stays_here_unless_operator_and_user_say_otherwise(phone, holder):
    says(phone, address=HELSINKI, contact_info=CARD)
    default_list(phone, "address", "contact_info")
    says(phone, address=HELSINKI, contact_info=CARD)
    assert sent(phone, holder) == []


def test_a_place_goes_out_when_both_allow_it(publishing, phone, holder):
    says(phone, address=HELSINKI, contact_info=CARD)
    assert sent(phone, holder) == []
    default_list(phone, "address", "contact_info")
    helsinki = [None, None, None, None, "FI", "Helsinki", "", "", "", ""]
    assert sent(phone, holder) == [("place", helsinki), ("card", CARD.contained_vcard)]
    default_list(phone, "online_status")
    assert sent(phone, holder) == [("place", [None] * 4 + [""] * 6)]


def test_what_has_no_counterpart_is_kept_and_given_back(every_phone, holder):
    """Time zone, preferred contacts, place, card and picture: every attribute that a phone can set."""
    values = {
        "time_zone": TimeZone(True, "+0530"),
        "preferred_contacts": PreferredContacts(True),
        "address": HELSINKI,
        "contact_info": CARD,
        "status_content": IMAGE,
    }
    says(every_phone, **values)
    mine = asked(every_phone, *values, user="wv:alice@example.org")
    assert {name: getattr(mine, name) for name in values} == values


def test_a_picture_that_the_phone_cannot_read_is_not_given_back(phone):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=4000)))
    large = StatusContent(True, direct_content=base64.b64encode(b"x" * 9000).decode(), content_type="image/png")
    says(phone, status_content=large)
    assert asked(phone, "status_content", user="wv:alice@example.org").status_content is None


# --- the phone's own, after its next log-in ---

ALICE = "wv:alice@example.org"
MINE = {
    "user_availability": UserAvailability(True, "DISCREET"),
    "status_text": StatusText(True, "at work"),
    "status_content": IMAGE,
    "alias": Alias(True, "Al"),
}


def again(phone, **more):
    """The same user logs in anew."""
    phone.ask(LogoutRequest())
    phone.sid = None
    for name, value in more.items():
        setattr(phone, name, value)
    phone.log_in(ALICE)


def test_what_the_phone_said_of_its_user_holds_at_the_next_log_in(every_phone, holder):
    """Android believes GetPresence of itself."""
    says(every_phone, **MINE)
    again(every_phone)
    mine = asked(every_phone, *MINE, user=ALICE)
    assert {name: getattr(mine, name) for name in MINE} == MINE
    says(every_phone, status_text=StatusText(True, "at home"))
    last = holder.ops(every_phone, "presence")[-1]
    assert (last["status"], last["show"]) == ("at home", "dnd")


def test_what_is_of_the_moment_or_of_the_handset_does_not_hold(phone):
    says(phone, online_status=OnlineStatus(True, "F"), address=HELSINKI, time_zone=TimeZone(True, "+0530"), **MINE)
    again(phone)
    mine = asked(phone, "online_status", "address", "time_zone", "status_text", user=ALICE)
    assert (mine.online_status.presence_value, mine.status_text.presence_value) == ("T", "at work")
    assert (mine.address.qualifier, mine.time_zone.qualifier) == (False, False)


def test_another_handset_of_the_user_says_what_it_says_itself(phone):
    says(phone, **MINE)
    again(phone, client_id="another")
    assert asked(phone, "status_text", user=ALICE).status_text.qualifier is False


def test_a_picture_that_is_too_much_does_not_keep_the_rest_from_being_remembered(phone, monkeypatch):
    monkeypatch.setattr("onesoup.store.account.handsets.MAX_HANDSET_VALUE_BYTES", 300)
    says(phone, **MINE | {"status_content": StatusContent(True, direct_content="QUJD" * 200, content_type="image/png")})
    again(phone)
    mine = asked(phone, "status_text", "status_content", user=ALICE)
    assert mine.status_text.presence_value == "at work"
    assert mine.status_content.qualifier is False


# --- what of contacts ---


def test_a_subscription_says_what_it_uses(phone, holder):
    holder.roster(phone.sid, Item("romeo@example.net", "R", subscription="both"))
    phone.ask(SubscribePresenceRequest(user=[User(user_id=ROMEO)], presence_sub_list=presence.attribute_request(["alias"])))
    phone.ask(UnsubscribePresenceRequest(user=[User(user_id=ROMEO)]))
    assert [each["interests"] for each in holder.ops(phone, "online")] == [True, True]
    phone.ask(GetPresenceRequest(user=[User(user_id=ROMEO)]))
    *_, last = holder.ops(phone, "online")
    assert (last["interests"], "status_mood" in last["asked"], "status_content" in last["asked"]) == (False, True, False)


def subscribed(phone, holder, services, octets=b"picture", *names):
    holder.roster(phone.sid, Item("romeo@example.net", "R", subscription="both"))
    services.pictures.put("p", records.pack_picture(("image/jpeg", octets)), "romeo@example.org")
    asked = presence.attribute_request(names or ("online_status", "status_content"))
    phone.ask(SubscribePresenceRequest(user=[User(user_id=ROMEO)], presence_sub_list=asked))
    holder.shows(phone.sid, "romeo@example.net", online=True, picture="p")


def notified(phone):
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    return reply.transactions[0].content.presence[0].presence_sub_list[0]


def test_a_picture_comes_with_presence(every_phone, holder, services):
    subscribed(every_phone, holder, services)
    content = notified(every_phone).status_content
    assert (base64.b64decode(content.direct_content), content.content_type) == (b"picture", "image/jpeg")


def test_a_subscription_that_names_nothing_means_pictures_too(every_phone, holder, services):
    """Android subscribes so."""
    holder.roster(every_phone.sid, Item("romeo@example.net", "R", subscription="both"))
    services.pictures.put("p", records.pack_picture(("image/jpeg", b"picture")), "romeo@example.org")
    every_phone.ask(SubscribePresenceRequest(user=[User(user_id=ROMEO)]))
    (online,) = [each for each in holder.ops(every_phone, "online") if each["interests"]]
    assert online
    holder.shows(every_phone.sid, "romeo@example.net", online=True)
    assert notified(every_phone).status_content is None  # there is none yet
    every_phone.tell(every_phone.reply.transactions[0].id, Status(result=Result(code=200)))
    holder.client.delete(f"sent:{{{every_phone.sid}}}")  # five seconds later
    holder.shows(every_phone.sid, "romeo@example.net", online=True, picture="p")
    assert base64.b64decode(notified(every_phone).status_content.direct_content) == b"picture"


def test_who_asks_for_all_again_and_again_gets_no_pictures(phone, holder, services):
    subscribed(phone, holder, services)
    answer = phone.ask(GetPresenceRequest(user=[User(user_id=ROMEO)]))
    assert answer.presence[0].presence_sub_list[0].status_content is None
    assert "status_content" not in holder.ops(phone, "online")[-1]["asked"]


def test_it_comes_only_when_it_was_subscribed(phone, holder, services):
    subscribed(phone, holder, services, b"picture", "online_status")
    assert notified(phone).status_content is None


def test_a_picture_that_is_gone_or_too_large_does_not_keep_presence_back(phone, holder, services):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=4000)))
    subscribed(phone, holder, services, b"x" * 6000)
    told = notified(phone)
    assert (told.online_status.presence_value, told.status_content.qualifier) == ("T", False)


def test_fewer_contacts_at_once_when_pictures_come_along(phone, holder, services):
    phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(parser_size=32_768)))
    subscribed(phone, holder, services)
    assert in_redis.fields(services.sessions, phone.sid, ["batch"]) == [b"3"]
    subscribed(phone, holder, services, b"p", "online_status")
    assert in_redis.fields(services.sessions, phone.sid, ["batch"]) == [b"3"]


def test_cards_and_pictures_are_looked_up_for_who_asks_by_name(phone, holder, services):
    holder.roster(phone.sid, Item("romeo@example.net", "R", subscription="both"))
    holder.shows(phone.sid, "romeo@example.net", online=True)
    services.pictures.put("p", records.pack_picture(("image/jpeg", b"picture")), "romeo@example.org")
    holder.looked = {"cards": {"romeo@example.net": "BEGIN:VCARD"}, "pictures": {"romeo@example.net": "p"}}
    found = asked(phone, "contact_info", "status_content")
    assert found.contact_info.contained_vcard == "BEGIN:VCARD"
    assert base64.b64decode(found.status_content.direct_content) == b"picture"
    (look,) = holder.ops(phone, "look")
    assert (look["cards"], look["pictures"]) == (["romeo@example.net"], ["romeo@example.net"])


def test_without_an_answer_they_are_not_known(phone, holder, services):
    object.__setattr__(services.policy, "deadline", 2.0)
    holder.deaf = True
    holder.roster(phone.sid, Item("romeo@example.net", "R", subscription="both"))
    holder.shows(phone.sid, "romeo@example.net", online=True)
    found = asked(phone, "contact_info", "online_status")
    assert (found.contact_info.qualifier, found.online_status.presence_value) == (False, "T")


@pytest.mark.parametrize("odd", [{}, {"cards": None}, {"cards": "x", "pictures": 7}, {"cards": {"other@x": "y"}}])
def test_an_odd_answer_of_the_holder_is_none(phone, holder, odd):
    holder.looked = odd
    assert asked(phone, "contact_info").contact_info.qualifier is False


def test_nothing_is_looked_up_for_who_asks_for_all(phone, holder):
    phone.ask(GetPresenceRequest(user=[User(user_id=ROMEO)]))
    assert holder.ops(phone, "look") == []
