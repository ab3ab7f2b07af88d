"""Texts of the service contact: complete in every language, short enough for a phone, and its words are understood."""

import string
import tomllib

import pytest

from onesoup.words import service
from onesoup.words.service import LANGUAGES, MAX_TEXT, TEXTS_FILE, Wish, say, understood

TOLD = tomllib.loads(TEXTS_FILE.read_text(encoding="utf-8"))
TEXTS, WORDS = TOLD["text"], TOLD["word"]


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_there_in_every_language_with_the_same_placeholders(key):
    assert tuple(TEXTS[key]) == LANGUAGES
    assert len({frozenset(placeholders(text)) for text in TEXTS[key].values()}) == 1


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_is_short_enough_for_a_phone(key, language):
    text = TEXTS[key][language]
    assert text == text.strip()
    assert 0 < len(text) <= MAX_TEXT


def test_every_wish_has_words_in_every_language_and_no_word_has_two_meanings():
    assert set(WORDS) == {wish.value for wish in Wish}
    meanings = {}
    for wish, languages in WORDS.items():
        assert tuple(languages) == LANGUAGES
        for words in languages.values():
            assert words
            for word in words:
                assert meanings.setdefault(service._plain(word), wish) == wish


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wish", Wish)
def test_help_names_the_first_word_of_each_wish_in_its_language(language, wish):
    for key in ("help", "unknown"):
        assert WORDS[wish.value][language][0] in TEXTS[key][language]


@pytest.mark.parametrize(
    ("text", "wish", "rest"),
    [
        ("help", Wish.HELP, ""),
        ("  Help! ", Wish.HELP, ""),
        ("?", Wish.HELP, ""),
        ("WHO AM I?", Wish.WHO, ""),
        ("Wer  bin ich?", Wish.WHO, ""),
        ("¿Quién soy?", Wish.WHO, ""),
        ("quien soy", Wish.WHO, ""),
        ("Réglages", Wish.SETTINGS, ""),
        ("mi numero", Wish.NUMBER, ""),
        ("Echo  one two ", Wish.ECHO, "one two"),
        ("echo", Wish.ECHO, ""),
        ("eco olá", Wish.ECHO, "olá"),
        ("echo\tx", None, ""),
        ("", None, ""),
        (" ", None, ""),
        ("helpless", None, ""),
        ("help " + "x" * 100_000, None, ""),
        ("\N{COMBINING ACUTE ACCENT}" * 10_000, None, ""),
    ],
)
def test_what_is_understood(text, wish, rest):
    assert understood(text) == (wish, rest)


def test_a_language_without_texts_gets_english():
    assert say("help", "fi") == say("help", "") == TEXTS["help"]["en"]
    assert say("too_often", "de", minutes=7).endswith("in 7 Minuten.")
