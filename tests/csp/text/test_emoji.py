"""Emoji become what a phone of 2004 can show; nothing else changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp.text.emoji import SMILEYS, readable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hi 😀", "hi :-D"),
        ("❤️", "<3"),
        ("👍🏽 ok", "(y) ok"),
        ("🦔", "(hedgehog)"),
        ("Grüße, привет, 你好 & <b>", "Grüße, привет, 你好 & <b>"),
        ("10 €, ½, →", "10 €, ½, →"),
        ("", ""),
    ],
)
def test_examples(text, shown):
    assert readable(text) == shown


def test_every_smiley_is_ascii():
    assert all(each.isascii() for each in SMILEYS.values())


@given(st.text())
def test_what_is_readable_stays_so(text):
    assert readable(readable(text)) == readable(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x24FF)))
def test_ordinary_letters_stay(text):
    assert readable(text) == text.replace("\u200d", "").replace("\u20e3", "")
