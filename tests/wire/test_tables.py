"""What the codec builds of the generated tables agrees with its inverse."""

import pytest

from onesoup.wire import names, tokens
from onesoup.wire.generated import tags
from onesoup.wire.generated.values import VALUES
from onesoup.wire.tokens import ELEMENT_FORMS, TAG_NAMES, TAG_PAGES, VALUE_TEXTS

VERSIONS = ("1.0", "1.1", "1.2", "1.3")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_tag_is_written_as_a_token_that_is_read_as_the_same_name(version):
    for name, form in ELEMENT_FORMS[version].items():
        found = TAG_NAMES[version][form.page << 8 | form.empty[0] & 0x3F]
        assert found == name or {found, name} in tokens.RENAMED_ELEMENTS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_tag_of_a_version_can_be_written_in_it_with_its_own_token(version):
    own = tags.TAGS[version]
    for name in map(names.canonical_name, own.values()):
        form = ELEMENT_FORMS[version][name]
        assert names.canonical_name(own[form.page << 8 | form.empty[0] & 0x3F]) == name


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_every_value_token_is_read_as_the_text_that_it_is_written_for(version):
    for name, form in ELEMENT_FORMS[version].items():
        for text, octets in (form.texts or {}).items():
            number = octets[1] if octets[1] < 0x80 else (octets[1] & 0x7F) << 7 | octets[2]
            assert number in VALUES[version]
            read = VALUE_TEXTS[version][number]
            if number == tokens.HISTORY and version == "1.3":
                assert text == ("History" if name == "Name" else "GROUP_ID")
            else:
                assert read == text


def test_pages_hold_no_tag_where_global_tokens_are():
    for pages in TAG_PAGES.values():
        for page in pages.values():
            assert len(page) == 256
            assert not any(page[flags | token] for flags in (0, 0x40, 0x80, 0xC0) for token in range(5))


def test_names_that_differ_in_case_only_are_one_element():
    folded: dict[str, set[str]] = {}
    for version in VERSIONS:
        for name in TAG_NAMES[version].values():
            folded.setdefault(name.lower(), set()).add(name)
    assert [spellings for spellings in folded.values() if len(spellings) > 1] == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("AcceptedCharSet", "AcceptedCharset"),
        ("auto-subscribe", "AutoSubscribe"),
        ("Auto-Subscribe", "AutoSubscribe"),
        ("Extended-Data", "ExtendedData"),
        ("KeepAliveResponse", "KeepAlive-Response"),
        ("PreferredContent", "ReferredContent"),
        ("PreferredvCard", "ReferredvCard"),
        ("CName", "Cname"),
        ("CAddr", "Caddr"),
        ("Inf-link", "Inf_link"),
        ("WV-CSP-NSDiscovery-Request", "WV-CSP-VersionDiscovery-Request"),
        ("BlockUser-Request", "BlockUser-Request"),
        ("BlockEntity-Request", "BlockEntity-Request"),
        ("X-Vendor", "X-Vendor"),
    ],
)
def test_spellings_of_other_implementations(written, name):
    assert names.canonical_name(written) == name


@pytest.mark.parametrize(
    ("uri", "version"),
    [
        ("http://www.wireless-village.org/CSP1.1", "1.1"),
        ("http://www.wireless-village.org/CSP", "1.1"),
        ("http://www.openmobilealliance.org/WV-CSP1.2", "1.2"),
        ("http://www.openmobilealliance.org/DTD/WV-TRC", "1.2"),
        ("http://www.openmobilealliance.org/DTD/IMPS-CSP", "1.3"),
        ("http://www.openmobilealliance.org/DTD/IMPS-TRC1.3", "1.3"),
        ("http://www.wireless -village.org/CSP1.1", "1.1"),
        ("http://wirelessvillage.org/CSP1.2", "1.2"),
        ("www.nokia.com/apiclient", None),
        ("", None),
    ],
)
def test_the_version_that_a_namespace_names(uri, version):
    assert names.version_of_namespace(uri) == version
