"""Log-in rules: who is meant, which schema, what a digest proves, how long a session lasts."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import access
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest
from onesoup.csp.errors import CspError
from onesoup.csp.session import Session
from onesoup.csp.text.md4 import md4

NONCE, SECRET = "n0nce123", "secret"
MD5, SHA = "iWlVv8u5cBtEufH3QCVcCA==", "M9uHLBArrUiLjRvpGTQyei3OGnA="
MD4 = base64.b64encode(md4(f"{NONCE}{SECRET}".encode())).decode()


# --- who ---


@pytest.mark.parametrize(
    ("typed", "jid", "own", "bare"),
    [
        ("wv:alice@example.org", "alice@example.org", "wv:alice@example.org", False),
        ("alice@example.org", "alice@example.org", "wv:alice@example.org", False),
        ("alice", "alice@home.org", "wv:alice", True),
        ("wv:alice", "alice@home.org", "wv:alice", True),
        ("WV:Alice@Example.ORG", "alice@example.org", "WV:Alice@Example.ORG", False),
        (" wv:alice ", "alice@home.org", "wv:alice", True),
        ("+358401234", "+358401234@home.org", "wv:+358401234", True),
        ("xmpp:alice@example.org", "alice@example.org", "wv:alice@example.org", False),
        # A second @ that a handset's screen refuses, and the gateway's own name behind it.
        ("alice%40gmail.com@gw.net", "alice@gmail.com", "wv:alice%40gmail.com@gw.net", False),
        ("wv:Alice%40Gmail.com@GW.net", "alice@gmail.com", "wv:Alice%40Gmail.com@GW.net", False),
        ("wv:a%2Fb%40unknown.org@gw.net", "a\\2fb@unknown.org", "wv:a%2Fb%40unknown.org@gw.net", False),
        ("alice%example.org@gw.net", "alice@example.org", "wv:alice%example.org@gw.net", False),
        ("alice@gw.net", "alice@home.org", "wv:alice@gw.net", False),
        ("alice%example.org", "alice@example.org", "wv:alice%example.org", False),
        ("wv:alice%cafe.org", "alice@cafe.org", "wv:alice%cafe.org", False),  # %ca is hexadecimal as well
        ("alice%40example.org", "alice@example.org", "wv:alice%40example.org", False),
        # Anything else with a percent sign is a user name.
        ("alice%unknown.org", "alice%unknown.org@home.org", "wv:alice%unknown.org", True),
        ("bob%40msn.com@msn.example.org", "bob\\40msn.com@msn.example.org", "wv:bob%40msn.com@msn.example.org", False),
    ],
)
def test_a_log_in_id_means_an_account_and_is_echoed_as_it_was_typed(typed, jid, own, bare):
    domains = access.DomainPolicy("home.org", {"home.org", "example.org", "cafe.org"}, {"gw.net"})
    assert access.login_address(typed, domains) == access.LoginWish(
        jid, own, bare, "gw.net" if typed.lower().endswith("@gw.net") else ""
    )


@pytest.mark.parametrize(
    ("written", "jid"),
    [
        ("wv:alice%40example.org@gw.net", "alice@example.org"),
        ("wv:ALICE%40example.org@gw.net", "alice@example.org"),
        ("wv:bob@gw.net", "bob@example.org"),  # completed by the phone with the domain of its own id
        ("wv:bob%40x.org@GW.net", "bob@x.org"),
        ("wv:%40x.org@gw.net", "x.org@example.org"),
        ("wv:bob", "bob@example.org"),
        ("wv:bob@x.org", "bob@x.org"),
    ],
)
def test_a_phone_that_logged_in_under_the_gateway_s_name_means_accounts_by_it(written, jid):
    session = Session("alice@example.org", "wv:alice%40example.org@gw.net", "1.2", "r", gateway="gw.net")
    assert session.jid_of(written) == jid


PLACES = {"imps.example.org": "example.org", "/imps/a": "a.org", "/imps/a/b/": "b.org"}


@pytest.mark.parametrize(
    ("host", "path", "domain"),
    [
        ("imps.example.org", "/", "example.org"),
        ("IMPS.example.org", "", "example.org"),
        ("elsewhere", "/imps/a", "a.org"),
        ("imps.example.org", "/IMPS/A/", "a.org"),
        ("elsewhere", "/imps/a/b/c", "b.org"),
        ("elsewhere", "/imps/abc", "home.org"),
        ("elsewhere", "/", "home.org"),
    ],
)
def test_the_default_domain_is_chosen_by_path_then_host_then_setting(host, path, domain):
    assert access.default_domain(PLACES, host, path, "home.org") == domain


@pytest.mark.parametrize(
    "typed", [None, "", "  ", "wv:", "wv:/room@x.org", "wv:a/b@x.org", "sip:a@x.org", "a\0b@x.org", "a" * 300]
)
def test_a_malformed_log_in_id_is_531(typed):
    with pytest.raises(CspError) as refused:
        access.login_address(typed, access.DomainPolicy("home.org"))
    assert refused.value.code == 531


def test_an_id_without_domain_where_no_default_is_set_is_516():
    with pytest.raises(CspError) as refused:
        access.login_address("alice", access.DomainPolicy(None))
    assert refused.value.code == 516


@given(st.text(max_size=80))
def test_any_log_in_id_is_an_account_or_an_error_that_a_phone_knows(text):
    try:
        wish = access.login_address(text, access.DomainPolicy("home.org", {"x.org"}, {"gw.net"}))
    except CspError as error:
        assert error.code in (516, 531)  # noqa: PT017
        return
    assert wish.own[:3].lower() == "wv:"


# --- the handset ---


@pytest.mark.parametrize(
    ("client_id", "text"),
    [
        (None, ("", "URL")),
        (ClientID(url="WV:IMPEC01$00001@NOK.S60"), ("WV:IMPEC01$00001@NOK.S60", "URL")),
        (ClientID(url="JiMMY", msisdn="+358401234"), ("JiMMY", "URL")),
        (ClientID(msisdn="+358401234"), ("+358401234", "MSISDN")),
        (ClientID(text=" old "), ("old", "URL")),
    ],
)
def test_the_client_id_of_every_form(client_id, text):
    assert access.client_id_text(client_id) == text


DIGEST = hashlib.sha256(b"client").digest()


@pytest.mark.parametrize("client_id", ["JiMMY", "WV:IMPEC01$00001", "imps.1"])
def test_a_harmless_client_id_is_the_resource(client_id):
    assert access.resource_of(client_id, DIGEST) == client_id


@pytest.mark.parametrize(
    "client_id",
    ["", "+358401234567", "IMEI354987001234567", "me@handset", "with blank", "ümlaut", "x" * 33, "WV:IMPEC01$00001@NOK.S60"],
)
def test_contacts_never_see_a_number_or_an_address_of_the_handset(client_id):
    resource = access.resource_of(client_id, DIGEST)
    assert resource.startswith("imps-")
    assert len(resource) == 15
    assert not client_id or client_id not in resource


# --- schemas ---


def test_schemas_come_repeated_or_as_one_comma_list():
    assert access.offered_schemas(LoginRequest(digest_schema=["MD5", "SHA"])) == ["MD5", "SHA"]
    assert access.offered_schemas(LoginRequest(digest_schema=["pwd, SHA,MD4 ,,MD5"])) == ["PWD", "SHA", "MD4", "MD5"]


@pytest.mark.parametrize(
    ("offered", "takes_pwd", "chosen"),
    [
        (["MD5", "SHA"], False, "MD5"),
        (["SHA", "MD5"], False, "SHA"),
        (["PWD", "SHA", "MD5"], False, "PWD"),
        (["MD4", "MD5"], False, "MD5"),
        (["PWD"], False, "PWD"),
        (["MD5"], True, "PWD"),  # S60 offers MD5 only and answers PWD with its password
        (["MD4", "MD6"], True, "PWD"),
        (["MD4"], False, "MD4"),
        (["MD6", "MD4", "SHA"], False, "SHA"),
    ],
)
def test_the_schema_of_the_second_request(offered, takes_pwd, chosen):
    assert access.choose_schema(offered, takes_pwd) == chosen


@pytest.mark.parametrize("offered", [["MD6"], ["MD6", "X"], [], ["PWDX"]])
def test_schemas_that_nobody_knows_are_543(offered):
    with pytest.raises(CspError) as refused:
        access.choose_schema(offered, takes_pwd=False)
    assert refused.value.code == 543


# --- digests ---


@pytest.mark.parametrize(("digest", "schema"), [(MD5, "MD5"), (SHA, "SHA"), (f" {MD5[:10]}\r\n{MD5[10:]} ", "MD5"), (MD4, "MD4")])
def test_the_digest_of_a_real_handset_matches(digest, schema):
    assert access.digest_matches(digest, NONCE, SECRET) == schema


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        ("abc", "a448017aaf21d8525fc10ae87aa6729d"),
        ("message digest", "d9130a8164549fe818874806e1c7014b"),
        ("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"),
        ("1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_is_that_of_rfc_1320(text, digest):
    assert md4(text.encode()).hex() == digest


@pytest.mark.parametrize("digest", ["", "====", "not base64!", MD5[:-4], base64.b64encode(b"").decode(), SHA.lower(), "ü"])
def test_anything_else_does_not(digest):
    assert not access.digest_matches(digest, NONCE, SECRET)


def test_neither_another_nonce_nor_another_password_matches():
    assert not access.digest_matches(MD5, "n0nce124", SECRET)
    assert not access.digest_matches(MD5, NONCE, "Secret")


@pytest.mark.parametrize("charset", ["latin-1", "utf-8"])
def test_a_password_with_umlauts_matches_in_either_charset(charset):
    digest = hashlib.sha1(NONCE.encode() + "pässwörd".encode(charset)).digest()
    assert access.digest_matches(base64.b64encode(digest).decode(), NONCE, "pässwörd")


def test_what_android_cannot_write_it_writes_as_a_question_mark():
    digest = hashlib.md5(NONCE.encode() + "пароль?".encode("latin-1", "replace")).digest()
    assert access.digest_matches(base64.b64encode(digest).decode(), NONCE, "пароль?")


# --- times ---


@pytest.mark.parametrize(
    ("asked", "granted"), [(None, 7200), (0, 7200), (7205, 7200), (86400, 7200), (3600, 3600), (120, 120), (10, 120)]
)
def test_keep_alive_is_what_the_phone_asks_within_the_limits(asked, granted):
    assert access.granted_keep_alive(asked, 120, 7200) == granted


@pytest.mark.parametrize(("keep_alive", "expiry"), [(60, 90), (120, 150), (3600, 4500), (7200, 9000)])
def test_a_silent_session_has_a_quarter_of_its_time_as_grace_and_half_a_minute_at_least(keep_alive, expiry):
    assert access.session_expiry_seconds(keep_alive) == expiry


def test_a_description_is_as_long_as_a_phone_reads():
    assert len(access.result(500, "x" * 300).description) == 200
    assert access.result().description is None
