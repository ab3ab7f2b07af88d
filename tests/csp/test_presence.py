"""Presence attributes: always the full set, always qualified; and what a phone says of itself."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import presence
from onesoup.csp.codec.binding import read_node, write_node
from onesoup.csp.codec.generated_elements import (
    ClientInfo,
    CommC,
    CommCap,
    OnlineStatus,
    PreferredLanguage,
    PresenceSubList,
    StatusContent,
    StatusMood,
    StatusText,
    TimeZone,
    UserAvailability,
)
from onesoup.csp.errors import CspError
from onesoup.csp.places import Place
from onesoup.csp.presence import OFFLINE_PRESENCE, UNKNOWN_PRESENCE, Shown

HERE = Shown(online=True, availability="DISCREET", text="busy", client_type="MOBILE_PHONE", mood="HAPPY", alias="Romeo")
USUAL = ["online_status", "client_info", "comm_cap", "user_availability", "status_text"]


def told(sub_list):
    return {name: getattr(sub_list, name) for name in presence.PRESENCE_ATTRIBUTES if getattr(sub_list, name) is not None}


# --- what the phone is told ---


def test_a_notification_carries_the_full_set():
    assert set(told(presence.presence_notification(HERE, []))) == {*USUAL, "status_mood", "alias"}


@pytest.mark.parametrize("shown", [HERE, OFFLINE_PRESENCE, Shown(online=True, availability="AVAILABLE")])
def test_every_value_is_qualified(shown):
    for value in told(presence.presence_notification(shown, [])).values():
        assert value.qualifier is True


@pytest.mark.parametrize("shown", [HERE, OFFLINE_PRESENCE, UNKNOWN_PRESENCE, Shown(online=True)])
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_qualifier_is_the_first_child(shown, version):
    for attribute in write_node(presence.presence_notification(shown, []), version).children:
        assert attribute.children[0].name == "Qualifier"


def test_only_what_was_subscribed_is_told():
    assert set(told(presence.presence_notification(HERE, ["online_status", "alias"]))) == {"online_status", "alias"}


def test_registration_is_told_by_name_only():
    assert presence.presence_notification(HERE, []).registration is None
    assert presence.presence_notification(HERE, ["registration"]).registration.presence_value == "T"


def test_the_state_of_somebody_who_is_there():
    shown = presence.presence_notification(HERE, [])
    assert shown.online_status.presence_value == "T"
    assert shown.user_availability.presence_value == "DISCREET"
    assert shown.status_text.presence_value == "busy"
    assert shown.status_mood.presence_value == "HAPPY"
    assert shown.alias.presence_value == "Romeo"
    assert shown.client_info.client_type == "MOBILE_PHONE"
    assert shown.comm_cap.comm_c == [CommC(cap="IM", status="OPEN")]


def test_the_state_of_somebody_who_is_not():
    """Once for each contact, and with a value: phones need to hear of everybody."""
    gone = presence.presence_notification(OFFLINE_PRESENCE, [])
    assert gone.online_status == OnlineStatus(qualifier=True, presence_value="F")
    assert gone.user_availability.presence_value == "NOT_AVAILABLE"
    assert gone.comm_cap.comm_c[0].status == "CLOSED"
    assert gone.status_text is None


def test_of_somebody_unknown_nothing_is_claimed():
    assert told(presence.presence_notification(UNKNOWN_PRESENCE, [])) == {"online_status": OnlineStatus(qualifier=False)}


# --- attributes that somebody must want ---

PLACE = Place(60.1699, -24.9384, 20, 5, "FI", "Helsinki", "Main St", "4", "Port", "at the port")


def test_a_place_is_told_in_three_ways():
    shown = presence.presence_notification(Shown(online=True, place=PLACE), [])
    assert (shown.geo_location.latitude, shown.geo_location.longitude) == ("60 10 11.640N", "24 56 18.240W")
    assert (shown.geo_location.altitude, shown.geo_location.accuracy) == (20, 5)
    assert (shown.address.country, shown.address.city, shown.address.named_area) == ("FI", "Helsinki", "Port")
    assert shown.free_text_location.presence_value == "at the port"


def test_who_is_not_there_is_nowhere():
    assert presence.presence_notification(Shown(place=PLACE), []).address is None
    assert presence.presence_notification(Shown(place=PLACE), ["address"]).address.qualifier is False


@pytest.mark.parametrize("wishes", [[], ["status_content"]])
def test_a_picture_is_told_by_name_or_to_who_wants_all(wishes):
    picture = ("image/png", b"\x89PNG")
    assert presence.presence_notification(HERE, ["online_status"], picture).status_content is None
    assert presence.contact_bytes(wishes, 6000) > presence.contact_bytes(["status_text"], 6000) + 8000
    content = presence.presence_notification(HERE, wishes, picture).status_content
    assert (content.qualifier, base64.b64decode(content.direct_content), content.content_type) == (True, b"\x89PNG", "image/png")


def test_what_was_asked_for_by_name_and_is_not_known_says_so():
    """Every attribute of the page, and no other; in its place, so that nothing old stands."""
    shown = presence.presence_notification(Shown(online=True, alias="R"), presence.PRESENCE_ATTRIBUTES)
    said = told(shown)
    assert set(said) == set(presence.PRESENCE_ATTRIBUTES)
    unknown = {name for name, value in said.items() if value.qualifier is False}
    assert unknown == {
        "time_zone", "geo_location", "address", "free_text_location", "plmn", "preferred_contacts", "preferred_language",
        "status_text", "status_mood", "status_content", "contact_info", "info_link",
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_every_attribute_is_written_in_the_form_of_each_version(version):
    shown = presence.presence_notification(
        Shown(online=True, place=PLACE, text="t", mood="SAD"), presence.PRESENCE_ATTRIBUTES, ("image/png", b"x")
    )
    names = [each.name for each in write_node(shown, version).children]
    assert len(names) == len(presence.PRESENCE_ATTRIBUTES)
    assert read_node(write_node(shown, version), PresenceSubList).geo_location == shown.geo_location


def test_only_a_change_of_what_is_covered_counts():
    assert presence.wants_attribute([], "status_text")
    assert presence.wants_attribute(["status_content"], "status_content")
    assert presence.wants_attribute([], "status_content")
    assert not presence.wants_attribute(["online_status"], "status_text")


@given(st.lists(st.sampled_from(presence.PRESENCE_ATTRIBUTES), max_size=4), st.data())
def test_who_is_told_is_told_something_new(wishes, data):
    """Whatever changes what a phone would be told is seen as a change."""
    states = st.builds(
        Shown,
        online=st.booleans(),
        availability=st.sampled_from(presence.AVAILABILITY_VALUES),
        text=st.sampled_from(["", "a", "b"]),
        client_type=st.sampled_from(["PDA", "CLI"]),
        mood=st.sampled_from(["", "SAD"]),
        alias=st.sampled_from(["", "R"]),
        known=st.booleans(),
        im=st.booleans(),
        place=st.sampled_from([Place(), PLACE]),
    )
    before, now = data.draw(states), data.draw(states)
    if presence.presence_notification(before, wishes) != presence.presence_notification(now, wishes):
        assert presence.presence_differs(before, now, wishes)
    assert not presence.presence_differs(now, now, wishes)


@pytest.mark.parametrize(("field", "most"), [("text", presence.MAX_STATUS_TEXT), ("alias", presence.MAX_ALIAS)])
def test_a_change_behind_what_a_phone_is_shown_is_no_news(field, most):
    before, now, seen = ({"online": True, field: "x" * (most - 1) + tail} for tail in ("ab", "ac", "bb"))
    assert not presence.presence_differs(Shown(**before), Shown(**now), [])
    assert presence.presence_differs(Shown(**before), Shown(**seen), [])


def test_a_status_text_is_as_long_as_a_phone_reads():
    assert len(presence.presence_notification(Shown(online=True, text="x" * 500), []).status_text.presence_value) == 200


def test_a_request_names_attributes_by_empty_elements():
    asked = PresenceSubList(online_status=OnlineStatus(), status_text=StatusText())
    assert presence.wanted_attributes(asked) == ["online_status", "status_text"]


@pytest.mark.parametrize("asked", [None, PresenceSubList()])
def test_no_list_of_attributes_means_all(asked):
    assert presence.wanted_attributes(asked) == []


# --- what the phone says ---


def own(**attributes):
    return presence.own_list(presence.own_fields(PresenceSubList(**attributes), "1.2"))


def available(value, qualifier=True):
    return UserAvailability(qualifier=qualifier, presence_value=value)


def test_own_attributes_come_back_from_the_record_as_they_were():
    update = PresenceSubList(
        online_status=OnlineStatus(qualifier=True),
        user_availability=available("DISCREET"),
        status_text=StatusText(qualifier=True, presence_value="grüß"),
        status_mood=StatusMood(qualifier=True, presence_value="SAD"),
        comm_cap=CommCap(qualifier=True, comm_c=[CommC(cap="IM", status="OPEN"), CommC(cap="SMS", status="CLOSED")]),
    )
    fields = presence.own_fields(update, "1.2")
    assert list(fields) == ["online_status", "comm_cap", "user_availability", "status_text", "status_mood"]
    assert presence.own_list(fields) == update


def test_attributes_that_are_not_named_stay():
    first = presence.own_fields(
        PresenceSubList(status_text=StatusText(True, "one"), user_availability=available("DISCREET")), "1.2"
    )
    second = presence.own_fields(PresenceSubList(status_text=StatusText(True, "two")), "1.2")
    both = presence.published_presence(presence.own_list({**first, **second}))
    assert (both.text, both.availability) == ("two", "DISCREET")


@pytest.mark.parametrize("value", ["AVAILABLE", "NOT_AVAILABLE", "DISCREET"])
def test_availability_is_published(value):
    assert presence.published_presence(own(user_availability=available(value))).availability == value


@pytest.mark.parametrize("value", ["NOTAVAILABLE", "not_available", " NotAvailable "])
def test_other_spellings_of_not_available(value):
    assert presence.published_presence(own(user_availability=available(value))).availability == "NOT_AVAILABLE"


def test_an_availability_that_does_not_exist_is_751():
    with pytest.raises(CspError) as refused:
        own(user_availability=available("INVISIBLE"))
    assert refused.value.code == 751


@pytest.mark.parametrize("status", [None, OnlineStatus(), OnlineStatus(qualifier=True), OnlineStatus(True, "T")])
def test_online_status_without_a_value_means_online(status):
    """S60 sends it so at each start."""
    assert presence.published_presence(own(online_status=status)).online is True


@pytest.mark.parametrize("value", ["F", "f"])
def test_online_status_f_hides(value):
    assert presence.published_presence(own(online_status=OnlineStatus(True, value))).online is False


def test_a_text_that_is_not_qualified_is_not_published():
    assert presence.published_presence(own(status_text=StatusText(False, "old"))).text == ""


@pytest.mark.parametrize(("status", "im"), [("OPEN", True), ("CLOSED", False), ("closed", False), (None, True)])
def test_closed_im_is_published(status, im):
    assert presence.published_presence(own(comm_cap=CommCap(True, [CommC(cap="IM", status=status)]))).im is im


def test_nothing_said_is_available():
    assert presence.published_presence(PresenceSubList()) == presence.Published(True, "AVAILABLE", "", True)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_a_list_of_attributes_is_read_as_it_was_written(version):
    shown = presence.presence_notification(HERE, [])
    assert read_node(write_node(shown, version), PresenceSubList) == shown


# --- what of it goes beyond show and status ---


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("+0530", "+05:30"),
        ("+02", "+02:00"),
        ("-3", "-03:00"),
        ("+05:30", "+05:30"),
        ("+99", ""),
        ("", ""),
        ("Z", ""),
        ("+0", "+00:00"),
    ],
)
def test_the_zone_as_xmpp_writes_it(zone, offset):
    assert presence.published_presence(own(time_zone=TimeZone(True, zone))).zone == offset


def test_the_model_is_told_only_when_the_user_has_said_so():
    phone = own(client_info=ClientInfo(True, client_type="PDA", dev_manufacturer="Nokia", model="E61"))
    assert (presence.published_presence(phone).model, presence.published_presence(phone).client_type) == ("", "PDA")
    assert presence.published_presence(phone, ["client_info"]).model == "Nokia E61"
    assert presence.published_presence(phone, ["online_status"]).client_type == ""


def test_the_language_of_texts():
    assert presence.published_presence(own(preferred_language=PreferredLanguage(True, "fin"))).language == "fi"
    assert presence.published_presence(own(preferred_language=PreferredLanguage(True, "fin")), ["alias"]).language == ""


def content(data, kind="image/png", qualifier=True):
    return StatusContent(qualifier, direct_content=data, content_type=kind)


@pytest.mark.parametrize(
    ("data", "text"), [("aGVsbG8=", "hello"), ("hello there", "hello there"), ("Home", "Home"), ("%%", "%%")]
)
def test_a_text_as_content_is_a_status_text_where_there_is_none(data, text):
    assert presence.published_presence(own(status_content=content(data, "text/plain"))).text == text
    both = own(status_content=content(data, "text/plain"), status_text=StatusText(True, "own"))
    assert presence.published_presence(both).text == "own"
    assert presence.own_picture(own(status_content=content(data, "text/plain"))) is None


def test_the_phones_own_picture():
    octets = b"\x89PNG and more"
    assert presence.own_picture(own(status_content=content(base64.b64encode(octets).decode()))) == octets
    assert presence.own_picture(own(status_content=content("x", qualifier=False))) == b""
    assert presence.own_picture(PresenceSubList()) == b""


@pytest.mark.parametrize(
    "odd",
    [
        StatusContent(True, referred_content="http://example.net/me.png"),
        StatusContent(True, direct_content="%%%", content_type="image/png"),
        StatusContent(True, direct_content="A" * 100_000, content_type="image/png"),
        StatusContent(True, direct_content="QUJD", content_type="audio/midi"),
    ],
)
def test_what_is_no_picture_changes_nothing(odd):
    assert presence.own_picture(PresenceSubList(status_content=odd)) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_content_is_survived(data, kind):
    own = PresenceSubList(status_content=StatusContent(True, direct_content=data, content_type=kind))
    presence.own_picture(own)
    presence.published_presence(own)
