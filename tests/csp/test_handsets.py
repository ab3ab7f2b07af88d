"""The quirk table: who is recognised, and a proof for each field that a row sets."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from onesoup.csp import access, capabilities, handsets, messages
from onesoup.csp.codec.generated_elements import CapabilityList, ClientCapabilityRequest, MessageInfo, SendMessageRequest
from onesoup.csp.handsets import (
    ANDROID_HANDSET,
    COLIBRIA_HANDSET,
    HANDSETS,
    MOTOROLA_HANDSET,
    S40_HANDSET,
    S60_HANDSET,
    SAMSUNG_HANDSET,
    SIEMENS_HANDSET,
    SONY_ERICSSON,
    Handset,
)

ROOT = Path(__file__).resolve().parents[2]
MSIE = "Mozilla/4.0 (compatible; MSIE 6.0)"
SIGNS = [
    ("JiMMY", "", "1", ANDROID_HANDSET),
    ("jimmy", "", "", ANDROID_HANDSET),
    ("other", "Android-Imps/0.1", "17", ANDROID_HANDSET),
    ("WV:IMPEC01$00001@NOK.S60", "", "nok1", S60_HANDSET),
    ("wv:impec01$00001@nok.s60", "", "", S60_HANDSET),
    ("unknown", "", "nok17", S60_HANDSET),
    ("", "", "", Handset()),
    ("WV:InstantMessenger-1.0.2309.16485@COLIBRIA.PC-CLIENT", MSIE, "1", COLIBRIA_HANDSET),
    ("unknown", MSIE, "1", Handset()),
    ("http://www.motorola.com/v3", "MOT-V3/0E.40.3CR", "1", MOTOROLA_HANDSET),
    ("", "SonyEricssonK700i/R2AG", "1", SONY_ERICSSON),
    ("", "SAMSUNG-SGH-D500", "1", SAMSUNG_HANDSET),
    ("", "SEC-SGHE700", "1", SAMSUNG_HANDSET),
    ("", "SIE-SXG75/1.0", "1", SIEMENS_HANDSET),
    ("", "Nokia6220/2.0", "1", S40_HANDSET),
    ("", "Nokia6630/1.0 Series60/2.6", "nok1", S60_HANDSET),  # the surer sign wins
]


@pytest.mark.parametrize(("client_id", "agent", "tid", "handset"), SIGNS)
def test_a_phone_is_known_by_its_signs(client_id, agent, tid, handset):
    assert handsets.find_handset(client_id, agent, tid) == handset


def test_every_row_is_met_by_a_sign_above():
    met = {handsets.find_handset(*signs[:3]).name for signs in SIGNS}
    assert {row.handset.name for row in HANDSETS} <= met
    for row in HANDSETS:
        assert any(row.matches(*signs[:3]) for signs in SIGNS)


def test_a_record_of_a_family_that_is_not_known_here_gets_the_safest_behaviour():
    assert handsets.handset_named("android") == ANDROID_HANDSET
    assert handsets.handset_named("series-80") == Handset()


@pytest.mark.parametrize(
    "row", HANDSETS, ids=lambda row: f"{row.handset.name}-{row.client_id or row.user_agent or row.transaction_id}"
)
def test_a_row_has_a_story_that_its_signs_match(row):
    """The conversation is played by tests/conversations; one that rests on no real phone says so in its first line."""
    story = yaml.safe_load((ROOT / "scripts" / f"{row.story}.yaml").read_text(encoding="utf-8"))
    assert ("assumed profile" in story["client"]) is row.assumed
    if row.user_agent and not row.client_id and row.user_agent != "SEC-":
        assert story["user_agent"].startswith(row.user_agent)


def test_a_family_that_is_only_assumed_gets_no_quirk():
    for row in HANDSETS:
        assert not row.assumed or row.handset == Handset(row.handset.name)


OWNERS = {
    "default_list_once": ANDROID_HANDSET,
    "bare_lists": ANDROID_HANDSET,
    "halve_poll_min": ANDROID_HANDSET,
    "repeats_under_new_id": ANDROID_HANDSET,
    "flat_members": ANDROID_HANDSET,
    "no_system_messages": ANDROID_HANDSET,
    "unescape_content": S60_HANDSET,
    "takes_pwd": S60_HANDSET,
    "takes_ssms": ANDROID_HANDSET,
    "cir_true_is_down": S60_HANDSET,
    "reads_chunks": S60_HANDSET,
    "address_limit": S60_HANDSET,
}


@pytest.mark.parametrize("quirk", [each for each in fields(Handset) if each.name != "name"], ids=lambda each: each.name)
def test_a_quirk_has_a_reason_and_a_test_that_exists(quirk):
    assert quirk.metadata["help"].endswith(".")
    assert quirk.metadata["source"]
    path, _, name = quirk.metadata["proof"].partition("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_each_quirk_is_set_by_somebody_and_off_for_everybody_else():
    assert {each.name for each in fields(Handset)} - {"name"} == set(OWNERS)
    for name, owner in OWNERS.items():
        for handset in handsets.HANDSETS_BY_NAME.values():
            assert bool(getattr(handset, name)) is (handset == owner)


def test_halve_poll_min():
    offer = capabilities.Offer(frozenset(), "", 0, 10)
    request = ClientCapabilityRequest(capability_list=CapabilityList(server_poll_min=30))
    for handset in handsets.HANDSETS_BY_NAME.values():
        answer = capabilities.negotiate(request, "1.2", offer, handset, "")[0]
        assert answer.agreed_capability_list.server_poll_min == (15 if handset == ANDROID_HANDSET else 30)


def test_takes_ssms():
    offer = capabilities.Offer(frozenset({"SSMS"}), "", 0, 10)
    request = ClientCapabilityRequest(capability_list=CapabilityList(supported_cir_method=["SSMS"]))
    agreed = {
        each.name: capabilities.negotiate(request, "1.2", offer, each, "c")[1].methods
        for each in handsets.HANDSETS_BY_NAME.values()
    }
    assert {name for name, methods in agreed.items() if methods} == {"android"}


def test_unescape_content():
    request = SendMessageRequest(message_info=MessageInfo(), content_data="a &amp; b &lt;3")
    for handset in handsets.HANDSETS_BY_NAME.values():
        text = messages.message_content(request, handset.unescape_content)
        assert text == ("a & b <3" if handset == S60_HANDSET else "a &amp; b &lt;3")


def test_takes_pwd():
    assert access.choose_schema(["MD5"], S60_HANDSET.takes_pwd) == "PWD"


def test_what_a_handset_asks_for_because_it_was_told_so_is_not_halved_again():
    def told(asked, last, own=10):
        offer = capabilities.Offer(frozenset(), "", 0, own)
        request = ClientCapabilityRequest(capability_list=CapabilityList(server_poll_min=asked))
        return capabilities.told_poll_min(capabilities.negotiate(request, "1.1", offer, ANDROID_HANDSET, "", last)[0])

    assert told(30, None) == told(15, 15) == told(30, 15) == 15
    assert told(15, 15, own=60) == 30  # the operator wants less traffic now
    assert told(5, 5) == 5
    assert told(None, None) == 5
