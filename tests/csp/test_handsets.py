"""The quirk table: who is recognised, and a proof for each field that a row sets."""

from dataclasses import fields

import pytest

from onesoup.csp import access, capabilities, handsets, messages
from onesoup.csp.elements import CapabilityList, ClientCapabilityRequest, MessageInfo, SendMessageRequest
from onesoup.csp.handsets import ANDROID, S60, TABLE, Handset

SIGNS = [
    ("JiMMY", "", "1", ANDROID),
    ("jimmy", "", "", ANDROID),
    ("other", "Android-Imps/0.1", "17", ANDROID),
    ("WV:IMPEC01$00001@NOK.S60", "", "nok1", S60),
    ("wv:impec01$00001@nok.s60", "", "", S60),
    ("unknown", "", "nok17", S60),
    ("", "", "", Handset()),
    ("WV:InstantMessenger-1.0.2309.16485@COLIBRIA.PC-CLIENT", "Mozilla/4.0 (compatible; MSIE 6.0)", "1", Handset()),
]


@pytest.mark.parametrize(("client_id", "agent", "tid", "handset"), SIGNS)
def test_a_phone_is_known_by_its_signs(client_id, agent, tid, handset):
    assert handsets.find(client_id, agent, tid) == handset


def test_every_row_is_met_by_a_sign_above():
    met = {handsets.find(*signs[:3]).name for signs in SIGNS}
    assert {row.handset.name for row in TABLE} <= met
    for row in TABLE:
        assert any(row.matches(*signs[:3]) for signs in SIGNS)


def test_a_record_of_a_family_that_is_not_known_here_gets_the_safest_behaviour():
    assert handsets.named("android") == ANDROID
    assert handsets.named("series-80") == Handset()


PROVED = {
    "default_list_once": ANDROID,  # tests/handlers: test_android_gets_the_default_list_once_in_1_1
    "bare_lists": ANDROID,  # tests/handlers: test_android_gets_bare_lists_in_1_3
    "halve_poll_min": ANDROID,
    "repeats_under_new_id": ANDROID,  # tests/handlers/test_repeats.py
    "unescape_content": S60,
    "takes_pwd": S60,
    "takes_ssms": ANDROID,
}


def test_each_field_is_set_by_somebody_and_off_for_everybody_else():
    assert {each.name for each in fields(Handset)} - {"name"} == set(PROVED)
    for name, owner in PROVED.items():
        for handset in handsets.BY_NAME.values():
            assert getattr(handset, name) is (handset == owner)


def test_halve_poll_min():
    offer = capabilities.Offer(frozenset(), "", 0, 10)
    request = ClientCapabilityRequest(capability_list=CapabilityList(server_poll_min=30))
    told = {
        handset.name: capabilities.negotiate(request, "1.2", offer, handset, "")[0].agreed_capability_list.server_poll_min
        for handset in handsets.BY_NAME.values()
    }
    assert told == {"android": 15, "s60": 30, "unknown": 30}


def test_takes_ssms():
    offer = capabilities.Offer(frozenset({"SSMS"}), "", 0, 10)
    request = ClientCapabilityRequest(capability_list=CapabilityList(supported_cir_method=["SSMS"]))
    agreed = {
        each.name: capabilities.negotiate(request, "1.2", offer, each, "c")[1].methods for each in handsets.BY_NAME.values()
    }
    assert agreed == {"android": ("SSMS",), "s60": (), "unknown": ()}


def test_unescape_content():
    request = SendMessageRequest(message_info=MessageInfo(), content_data="a &amp; b &lt;3")
    texts = {each.name: messages.content(request, each.unescape_content) for each in handsets.BY_NAME.values()}
    assert texts == {"android": "a &amp; b &lt;3", "s60": "a & b <3", "unknown": "a &amp; b &lt;3"}


def test_takes_pwd():
    assert access.choose_schema(["MD5"], False, S60.takes_pwd) == "PWD"
