"""vCards as profiles: what is read, what is written where, and that everything else stays."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xmpp.simplexml import Node, NodeBuilder

from onesoup.csp import profiles as csp_profiles
from onesoup.csp.codec.generated_elements import Property, PublicProfile
from onesoup.csp.errors import CspError
from onesoup.xmpp import profiles
from onesoup.xmpp.stream.serializer import serialise
from workers.holder.session.queries import change

TODAY = datetime.date(2026, 11, 22)
CARD = (
    "<vCard xmlns='vcard-temp'><FN>Alice Liddell</FN><N><GIVEN>Alice</GIVEN><FAMILY>Liddell</FAMILY></N>"
    "<PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO><ADR><HOME/><LOCALITY>Oxford</LOCALITY><PCODE>OX1</PCODE></ADR>"
    "<EMAIL><USERID>alice@mail.example</USERID></EMAIL><TEL><NUMBER>+44 1</NUMBER></TEL><BDAY>1990-11-23</BDAY>"
    "<X-OTHER xmlns='urn:example:x'>keep</X-OTHER></vCard>"
)


def node(xml):
    return NodeBuilder(xml).getDom()


def test_a_card_is_a_profile_and_a_set_of_facts():
    assert profiles.read_profile(node(CARD)) == {
        "PP_FRIENDLY_NAME": "Alice Liddell",
        "PP_CITY": "Oxford",
        "birthday": "1990-11-23",
    }
    facts = profiles.searchable_facts(node(CARD))
    assert facts["email"] == ["alice@mail.example"]
    assert (facts["first"], facts["last"], facts["full"]) == (["Alice"], ["Liddell"], ["Alice Liddell"])
    assert profiles.read_profile(None) == profiles.searchable_facts(None) == {}


def test_a_change_is_read_back_and_the_rest_stays():
    wanted = {"PP_FRIENDLY_NAME": "Al", "PP_CITY": "", "PP_COUNTRY": "UK", "PP_FREE_TEXT": "hello <you>", "PP_INTERESTS": "chess"}
    changed = change(node(CARD), wanted, clear=False)
    values = profiles.read_profile(changed)
    assert {name: value for name, value in wanted.items() if value} == {n: v for n, v in values.items() if n != "birthday"}
    octets = serialise(changed).decode()
    for kept in ("Alice Liddell", "<BINVAL>AAAA</BINVAL>", "<PCODE>OX1</PCODE>", 'X-OTHER xmlns="urn:example:x">keep', "+44 1"):
        assert kept in octets
    assert "Oxford" not in octets


def test_clearing_takes_what_is_not_named_and_nothing_else():
    filled = change(node(CARD), dict.fromkeys(csp_profiles.WRITABLE_PROPERTIES, "x"), clear=False)
    cleared = change(filled, {"PP_CITY": "Bath"}, clear=True)
    assert profiles.read_profile(cleared) == {"PP_FRIENDLY_NAME": "Alice Liddell", "PP_CITY": "Bath", "birthday": "1990-11-23"}
    assert "keep" in serialise(cleared).decode()


def test_a_note_that_was_shown_is_what_changes():
    changed = change(node("<vCard xmlns='vcard-temp'><NOTE>old</NOTE></vCard>"), {"PP_FREE_TEXT": "new"}, clear=False)
    assert profiles.read_profile(changed) == {"PP_FREE_TEXT": "new"}
    assert "old" not in serialise(changed).decode()


@given(st.dictionaries(st.sampled_from(csp_profiles.WRITABLE_PROPERTIES), st.text(max_size=30)))
def test_any_values_can_be_written_into_nothing(values):
    changed = change(None, values, clear=False)
    assert profiles.read_profile(node(serialise(changed).decode())).keys() <= values.keys()
    assert isinstance(changed, Node)


@pytest.mark.parametrize(
    ("birthday", "years"),
    [("1990-11-22", 36), ("1990-11-23", 35), ("19900101", 36), ("1852-05-04", None), ("2030-01-01", None), ("1990-13-01", None),
     ("--05-04", None), ("", None), ("1990-05-04T00:00:00Z", 36)],
)  # fmt: skip
def test_the_age_is_worked_out_where_it_can_be(birthday, years):
    assert csp_profiles.age_on(birthday, TODAY) == years
    names = [each.name for each in csp_profiles.shown_profile("wv:a", {"birthday": birthday}, TODAY).property]
    assert names == (["PP_AGE"] if years is not None else [])


@pytest.mark.parametrize("wrong", [Property("PP_SHOE", "1"), Property(None, "1"), Property("PP_CITY", "x" * 201)])
def test_a_property_that_no_profile_has_changes_nothing(wrong):
    with pytest.raises(CspError) as error:
        csp_profiles.profile_changes(PublicProfile("wv:a", [Property("PP_CITY", "Bath"), wrong]))
    assert error.value.code == 402
