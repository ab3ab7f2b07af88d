"""Three letters on phones, two in XML."""

import pytest

from onesoup.csp.text import languages


@pytest.mark.parametrize(
    ("code", "tag"),
    [("eng", "en"), ("FIN", "fi"), ("ger", "de"), ("deu", "de"), ("de", "de"), ("en-US", "en"), ("en_GB", "en"), ("gsw", "gsw")],
)
def test_languages_have_their_short_names(code, tag):
    assert languages.language_tag(code) == tag


@pytest.mark.parametrize("code", ["", None, "xx", "english", "12", "e", "e<x", "日本語"])
def test_what_is_no_language_is_none(code):
    assert languages.language_tag(code) == ""
