"""Presence attributes: always the full set, always qualified; and what a phone says of itself."""

import pytest

from onesoup.csp import presence
from onesoup.csp.binding import read, write
from onesoup.csp.elements import (
    CommC,
    CommCap,
    OnlineStatus,
    PresenceSubList,
    StatusMood,
    StatusText,
    UserAvailability,
)
from onesoup.csp.errors import CspError
from onesoup.csp.presence import OFFLINE, UNKNOWN, Shown

HERE = Shown(online=True, availability="DISCREET", text="busy", client_type="MOBILE_PHONE", mood="HAPPY", alias="Romeo")
USUAL = ["online_status", "client_info", "comm_cap", "user_availability", "status_text"]


def told(sub_list):
    return {name: getattr(sub_list, name) for name in presence.ATTRIBUTES if getattr(sub_list, name) is not None}


# --- what the phone is told ---


def test_a_notification_carries_the_full_set():
    assert set(told(presence.notification(HERE, []))) == {*USUAL, "status_mood", "alias"}


@pytest.mark.parametrize("shown", [HERE, OFFLINE, Shown(online=True, availability="AVAILABLE")])
def test_every_value_is_qualified(shown):
    for value in told(presence.notification(shown, [])).values():
        assert value.qualifier is True


@pytest.mark.parametrize("shown", [HERE, OFFLINE, UNKNOWN, Shown(online=True)])
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_qualifier_is_the_first_child(shown, version):
    for attribute in write(presence.notification(shown, []), version).children:
        assert attribute.children[0].name == "Qualifier"


def test_only_what_was_subscribed_is_told():
    assert set(told(presence.notification(HERE, ["online_status", "alias"]))) == {"online_status", "alias"}


def test_registration_is_told_by_name_only():
    assert presence.notification(HERE, []).registration is None
    assert presence.notification(HERE, ["registration"]).registration.presence_value == "T"


def test_the_state_of_somebody_who_is_there():
    shown = presence.notification(HERE, [])
    assert shown.online_status.presence_value == "T"
    assert shown.user_availability.presence_value == "DISCREET"
    assert shown.status_text.presence_value == "busy"
    assert shown.status_mood.presence_value == "HAPPY"
    assert shown.alias.presence_value == "Romeo"
    assert shown.client_info.client_type == "MOBILE_PHONE"
    assert shown.comm_cap.comm_c == [CommC(cap="IM", status="OPEN")]


def test_the_state_of_somebody_who_is_not():
    """Once for each contact, and with a value: phones need to hear of everybody."""
    gone = presence.notification(OFFLINE, [])
    assert gone.online_status == OnlineStatus(qualifier=True, presence_value="F")
    assert gone.user_availability.presence_value == "NOT_AVAILABLE"
    assert gone.comm_cap.comm_c[0].status == "CLOSED"
    assert gone.status_text is None


def test_of_somebody_unknown_nothing_is_claimed():
    assert told(presence.notification(UNKNOWN, [])) == {"online_status": OnlineStatus(qualifier=False)}


def test_a_status_text_is_as_long_as_a_phone_reads():
    assert len(presence.notification(Shown(online=True, text="x" * 500), []).status_text.presence_value) == 200


def test_a_request_names_attributes_by_empty_elements():
    asked = PresenceSubList(online_status=OnlineStatus(), status_text=StatusText())
    assert presence.wanted(asked) == ["online_status", "status_text"]


@pytest.mark.parametrize("asked", [None, PresenceSubList()])
def test_no_list_of_attributes_means_all(asked):
    assert presence.wanted(asked) == []


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
    both = presence.published(presence.own_list({**first, **second}))
    assert (both.text, both.availability) == ("two", "DISCREET")


@pytest.mark.parametrize("value", ["AVAILABLE", "NOT_AVAILABLE", "DISCREET"])
def test_availability_is_published(value):
    assert presence.published(own(user_availability=available(value))).availability == value


@pytest.mark.parametrize("value", ["NOTAVAILABLE", "not_available", " NotAvailable "])
def test_other_spellings_of_not_available(value):
    assert presence.published(own(user_availability=available(value))).availability == "NOT_AVAILABLE"


def test_an_availability_that_does_not_exist_is_751():
    with pytest.raises(CspError) as refused:
        own(user_availability=available("INVISIBLE"))
    assert refused.value.code == 751


@pytest.mark.parametrize("status", [None, OnlineStatus(), OnlineStatus(qualifier=True), OnlineStatus(True, "T")])
def test_online_status_without_a_value_means_online(status):
    """S60 sends it so at each start."""
    assert presence.published(own(online_status=status)).online is True


@pytest.mark.parametrize("value", ["F", "f"])
def test_online_status_f_hides(value):
    assert presence.published(own(online_status=OnlineStatus(True, value))).online is False


def test_a_text_that_is_not_qualified_is_not_published():
    assert presence.published(own(status_text=StatusText(False, "old"))).text == ""


@pytest.mark.parametrize(("status", "im"), [("OPEN", True), ("CLOSED", False), ("closed", False), (None, True)])
def test_closed_im_is_published(status, im):
    assert presence.published(own(comm_cap=CommCap(True, [CommC(cap="IM", status=status)]))).im is im


def test_nothing_said_is_available():
    assert presence.published(PresenceSubList()) == presence.Published(True, "AVAILABLE", "", True)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_a_list_of_attributes_is_read_as_it_was_written(version):
    shown = presence.notification(HERE, [])
    assert read(write(shown, version), PresenceSubList) == shown
