"""wv: addresses <-> JIDs: the examples of the mapping, what is refused, and that nothing is lost there and back."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onesoup.csp.errors import CspError
from onesoup.csp.text import addresses

HOME = "example.org"

EXAMPLES = {
    "WV:Alice%20B@Example.ORG": "alice\\20b@example.org",
    "wv:bob%40msn.com@msn.example.org": "bob\\40msn.com@msn.example.org",
    "wv:o'neil@x.org": "o\\27neil@x.org",
    "wv:a\\20b@x.org": "a\\5c20b@x.org",
}
SPELLINGS = {
    "romeo": "romeo@example.org",
    "wv:romeo": "romeo@example.org",
    "  wv:Romeo@EXAMPLE.org ": "romeo@example.org",
    "xmpp:romeo@example.net": "romeo@example.net",
    "wv:+358401234@example.net": "+358401234@example.net",
    "wv:+358401234": "+358401234@example.org",
    "wv:b%F6rje@x.org": "börje@x.org",  # Latin-1 of a phone that knows no UTF-8
    "wv:b%C3%B6rje@x.org": "börje@x.org",
    "wv:BÖRJE@x.org": "börje@x.org",
    "wv:a@xn--bcher-kva.example": "a@bücher.example",
    "wv:a@XN--BCHER-KVA.Example": "a@bücher.example",
    "wv:a@straße.example": "a@strasse.example",  # as servers prepare it
    "wv:a@xn--strae-oqa.example": "a@xn--strae-oqa.example",  # another domain than that one
    "wv:a@xn--9.example": "a@xn--9.example",  # Punycode of nothing
    "wv:a@BÜCHER.example": "a@bücher.example",
    "wv:a@bu\u0308cher.example": "a@bücher.example",
    "wv:a%25b@x.org": "a%b@x.org",
    "wv:a%5Cb@x.org": "a\\b@x.org",
    "wv:a%2Fb@x.org": "a\\2fb@x.org",
    "wv:a&b@x.org": "a\\26b@x.org",
    "wv:ｗｉｄｅ@x.org": "wide@x.org",
    # Servers and transports have no user part.
    "wv:irc.example.net@irc.example.net": "irc.example.net",
    "IRC.example.net@irc.EXAMPLE.net": "irc.example.net",
    "wv:@irc.example.net": "irc.example.net",
    "xmpp:@irc.example.net": "irc.example.net",
    "wv:b%C3%BCcher.example@xn--bcher-kva.example": "bücher.example",
    "wv:xn--bcher-kva.example@bücher.example": "bücher.example",
    "wv:example.org": "example.org",
    "wv:irc.example.net": "irc.example.net@example.org",
    "wv:[2001:db8::1]@[2001:db8::1]": "[2001:db8::1]",
    "wv:example.org@x.org": "example.org@x.org",
}
REFUSED = [
    "",
    "wv:",
    "wv:@",
    "wv:%20@",
    "wv:@x y.org",
    "wv:/room@x.org",
    "sip:a@x.org",
    "mailto:a@x.org",
    "tel:+358401234",
    "wv:a%00b@x.org",
    "wv:a%0Ab@x.org",
    "wv:%20@x.org",
    "wv:%C2%A8a@x.org",  # folds to a blank in front
    "wv:a@x y.org",
    'wv:a@x".org',
    "wv:a@xn--\u00fc.org",
    f"wv:{'a' * 1024}@x.org",
    f"wv:a@{'x' * 1024}",
]


@pytest.mark.parametrize(("text", "jid"), [*EXAMPLES.items(), *SPELLINGS.items()])
def test_a_phone_means_this_jid(text, jid):
    assert addresses.to_jid(text, HOME) == jid


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_users_address_is_refused(text):
    with pytest.raises(CspError) as refused:
        addresses.to_jid(text, HOME)
    assert refused.value.code == 901


def test_without_any_domain_an_address_is_refused():
    with pytest.raises(CspError):
        addresses.to_jid("wv:romeo", None)


@pytest.mark.parametrize("char", ["＠", "／", "＆", "：", "＜", "\u3000b"])
def test_wide_forms_of_reserved_characters_are_escaped_like_the_narrow_ones(char):
    """They fold to characters that would end the local part: an address must not turn into another one's."""
    jid = addresses.to_jid(f"wv:a{char}b@x.org", HOME)
    local = jid.partition("@")[0]
    assert jid == f"{local}@x.org"
    assert not set(local) & set(" \"&'/:<>")
    assert addresses.bare(jid) == jid


@pytest.mark.parametrize(
    ("jid", "address"),
    [
        ("romeo@example.net", "wv:romeo@example.net"),
        ("romeo@example.net/orchard", "wv:romeo@example.net"),
        ("alice\\20b@example.net", "wv:alice%20b@example.net"),
        ("bob\\40msn.com@msn.example.net", "wv:bob%40msn.com@msn.example.net"),
        ("a\\2fb@x.org", "wv:a%2Fb@x.org"),
        ("börje@x.org", "wv:b%C3%B6rje@x.org"),
        ("50%@x.org", "wv:50%25@x.org"),
        ("+358401234@x.org", "wv:+358401234@x.org"),
        ("+plus@x.org", "wv:%2Bplus@x.org"),
        ("a.b-c_d~e@x.org", "wv:a.b-c_d~e@x.org"),
        ("irc.example.net", "wv:irc.example.net@irc.example.net"),
        ("bücher.example/gateway", "wv:b%C3%BCcher.example@bücher.example"),
    ],
)
def test_a_jid_is_spelled_for_a_phone(jid, address):
    assert addresses.from_jid(jid) == address


def test_the_own_domain_is_left_out_for_a_phone_that_leaves_it_out():
    assert addresses.from_jid("romeo@example.org", HOME) == "wv:romeo"
    assert addresses.from_jid("romeo@example.net", HOME) == "wv:romeo@example.net"


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
PLAIN = st.text("abcXYZ 019\"&'/:<>@\\+%~.-_2f5c\u00e9", min_size=1, max_size=12)
DOMAINS = st.sampled_from(["example.org", "x.org", "bücher.example", "192.0.2.1", "[2001:db8::1]"])


@given(st.one_of(PLAIN, TEXTS), DOMAINS)
def test_a_jid_survives_the_way_to_the_phone_and_back(user, domain):
    try:
        jid = addresses.to_jid(f"wv:{addresses.encode_part(user)}@{domain}", None)
    except CspError:
        assume(False)
    assert addresses.to_jid(addresses.from_jid(jid), None) == jid
    assert addresses.to_jid(addresses.from_jid(jid, domain), domain) == jid


@given(DOMAINS, DOMAINS)
def test_a_server_survives_the_way_to_the_phone_and_back(server, home):
    assert addresses.to_jid(addresses.from_jid(server), home) == server
    assert addresses.to_jid(addresses.from_jid(server, home), home) == server


@given(st.one_of(PLAIN, TEXTS))
def test_escaping_of_a_local_part_is_undone_by_unescaping(text):
    escaped = addresses.escape_local(text)
    assert addresses.unescape_local(escaped) == text
    assert not set(escaped) & set(" \"&'/:<>@")


@given(TEXTS)
def test_a_part_of_an_address_is_percent_encoded_and_back(text):
    part = addresses.encode_part(text)
    assert part.isascii()
    assert "@" not in part
    assert "/" not in part
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        with pytest.raises(CspError):
            addresses.parse_address(f"wv:{part}")
    else:
        assert addresses.parse_address(f"wv:{part}").user == text


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_is_refused(text):
    """And what comes out is one JID: at most one @, nothing that would end the local part."""
    try:
        jid = addresses.to_jid(text, HOME)
    except CspError:
        return
    local, at, domain = jid.partition("@")
    assert local
    domain = domain if at else local
    assert domain
    assert "@" not in domain
    assert "/" not in jid
    assert addresses.bare(jid) == jid


def test_the_parts_of_a_list_address():
    address = addresses.parse_address("wv:alice/Old%20friends@Example.org")
    assert (address.user, address.resource, address.domain) == ("alice", "Old friends", "example.org")


def test_a_list_goes_between_user_and_domain():
    assert addresses.list_address("wv:alice@example.org", "friends") == "wv:alice/friends@example.org"
    assert addresses.list_address("wv:alice", "friends") == "wv:alice/friends"


def test_the_domain_is_behind_the_last_at():
    assert addresses.parse_address("wv:a@b@c.org").domain == "c.org"


@pytest.mark.parametrize(
    ("jid", "bare"),
    [("Romeo@Example.ORG/Orchard", "romeo@example.org"), ("Example.org", "example.org"), ("", ""), ("a@b/c@d", "a@b")],
)
def test_jids_are_compared_in_their_bare_folded_form(jid, bare):
    assert addresses.bare(jid) == bare


def test_a_local_part_is_read_by_people():
    assert addresses.local_of("alice\\20b@example.org/x") == "alice b"
    assert addresses.local_of("irc.example.net/gateway") == "irc.example.net"


@pytest.mark.parametrize("form", ["bob@xn--bcher-kva.example/r", "Bob@BÜCHER.example", "bob@bu\u0308cher.example/r/s"])
def test_a_domain_is_one_in_both_its_forms(form):
    """Whether a phone writes it or a server."""
    assert addresses.bare(form) == "bob@bücher.example"
    assert addresses.domain_of(form) == "bücher.example"
    assert addresses.to_jid(f"wv:{form.partition('/')[0]}", None) == "bob@bücher.example"


def test_what_is_no_domain_stays_as_it_is_in_what_a_server_says():
    assert addresses.bare("bob@xn--\u00fc.org/r") == "bob@xn--\u00fc.org"
    assert addresses.bare("XN--Bcher-KVA.example") == "bücher.example"


@pytest.mark.parametrize(
    ("domain", "written"),
    [("bücher.example", "xn--bcher-kva.example"), ("example.org", "example.org"), ("ü" * 70, "ü" * 70), (".ü", ".ü")],
)
def test_a_domain_as_the_dns_writes_it(domain, written):
    assert addresses.ascii_domain(domain) == written


@given(st.text(max_size=30))
def test_whatever_a_server_calls_a_domain_is_read(domain):
    """And reading it again changes nothing."""
    once = addresses.bare(f"a@{domain}")
    assert addresses.bare(once) == once or "@" in domain or "/" in domain
