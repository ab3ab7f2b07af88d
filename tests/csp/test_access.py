"""Log-in rules: who is meant, which schema, what a digest proves, how long a session lasts."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp import access
from onesoup.csp.elements import ClientID, LoginRequest
from onesoup.csp.errors import CspError

NONCE, SECRET = "n0nce123", "secret"
MD5, SHA = "iWlVv8u5cBtEufH3QCVcCA==", "M9uHLBArrUiLjRvpGTQyei3OGnA="


# --- who ---


@pytest.mark.parametrize(
    ("typed", "jid", "own", "short"),
    [
        ("wv:alice@example.org", "alice@example.org", "wv:alice@example.org", None),
        ("alice@example.org", "alice@example.org", "wv:alice@example.org", None),
        ("alice", "alice@home.org", "wv:alice", "home.org"),
        ("wv:alice", "alice@home.org", "wv:alice", "home.org"),
        ("WV:Alice@Example.ORG", "alice@example.org", "WV:Alice@Example.ORG", None),
        (" wv:alice ", "alice@home.org", "wv:alice", "home.org"),
        ("+358401234", "+358401234@home.org", "wv:+358401234", "home.org"),
        ("xmpp:alice@example.org", "alice@example.org", "wv:alice@example.org", None),
    ],
)
def test_a_log_in_id_means_an_account_and_is_echoed_as_it_was_typed(typed, jid, own, short):
    assert access.wish(typed, "home.org") == access.Wish(jid, own, short)


@pytest.mark.parametrize(
    "typed", [None, "", "  ", "wv:", "wv:/room@x.org", "wv:a/b@x.org", "sip:a@x.org", "a\0b@x.org", "a" * 300]
)
def test_a_malformed_log_in_id_is_531(typed):
    with pytest.raises(CspError) as refused:
        access.wish(typed, "home.org")
    assert refused.value.code == 531


def test_an_id_without_domain_where_no_default_is_set_is_516():
    with pytest.raises(CspError) as refused:
        access.wish("alice", None)
    assert refused.value.code == 516


@given(st.text(max_size=80))
def test_any_log_in_id_is_an_account_or_an_error_that_a_phone_knows(text):
    try:
        wish = access.wish(text, "home.org")
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
    assert access.resource(client_id, DIGEST) == client_id


@pytest.mark.parametrize(
    "client_id",
    ["", "+358401234567", "IMEI354987001234567", "me@handset", "with blank", "ümlaut", "x" * 33, "WV:IMPEC01$00001@NOK.S60"],
)
def test_contacts_never_see_a_number_or_an_address_of_the_handset(client_id):
    resource = access.resource(client_id, DIGEST)
    assert resource.startswith("imps-")
    assert len(resource) == 15
    assert not client_id or client_id not in resource


# --- schemas ---


def test_schemas_come_repeated_or_as_one_comma_list():
    assert access.schemas(LoginRequest(digest_schema=["MD5", "SHA"])) == ["MD5", "SHA"]
    assert access.schemas(LoginRequest(digest_schema=["pwd, SHA,MD4 ,,MD5"])) == ["PWD", "SHA", "MD4", "MD5"]


@pytest.mark.parametrize(
    ("offered", "has_secret", "takes_pwd", "chosen"),
    [
        (["MD5", "SHA"], True, False, "MD5"),
        (["SHA", "MD5"], True, False, "SHA"),
        (["PWD", "SHA", "MD5"], True, False, "SHA"),
        (["MD4", "MD5"], True, True, "MD5"),
        (["PWD", "MD5"], False, False, "PWD"),
        (["PWD"], True, False, "PWD"),
        (["MD5"], False, True, "PWD"),  # S60 offers MD5 only and answers PWD with its password
        (["MD4", "MD6"], False, True, "PWD"),
    ],
)
def test_the_schema_of_the_second_request(offered, has_secret, takes_pwd, chosen):
    assert access.choose_schema(offered, has_secret, takes_pwd) == chosen


@pytest.mark.parametrize(
    ("offered", "has_secret", "code"),
    [(["MD5", "SHA"], False, 409), (["MD4"], True, 543), (["MD4"], False, 543), ([], True, 543)],
)
def test_a_log_in_that_could_never_be_verified_ends_at_once(offered, has_secret, code):
    with pytest.raises(CspError) as refused:
        access.choose_schema(offered, has_secret, takes_pwd=False)
    assert refused.value.code == code


# --- digests ---


@pytest.mark.parametrize("digest", [MD5, SHA, f" {MD5[:10]}\r\n{MD5[10:]} "])
def test_the_digest_of_a_real_handset_matches(digest):
    assert access.digest_matches(digest, NONCE, SECRET)


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
    assert access.granted(asked, 120, 7200) == granted


@pytest.mark.parametrize(("keep_alive", "expiry"), [(60, 90), (120, 150), (3600, 4500), (7200, 9000)])
def test_a_silent_session_has_a_quarter_of_its_time_as_grace_and_half_a_minute_at_least(keep_alive, expiry):
    assert access.expiry(keep_alive) == expiry


def test_a_description_is_as_long_as_a_phone_reads():
    assert len(access.result(500, "x" * 300).description) == 200
    assert access.result().description is None
