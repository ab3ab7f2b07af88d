"""Forms and tokens from anybody: any bytes are fields or a refusal, any text is a token or none."""

import falcon
import pytest
from falcon.testing import create_req
from hypothesis import given
from hypothesis import strategies as st

from onesoup.store.account.keyring import KeyRing
from workers.gateway.web import forms

TOKENS = forms.FormTokens(KeyRing([("k1", b"k" * 32)]))
KEY, NOW = "a-secret-of-this-browser", 1_700_000_000


@given(st.binary(max_size=300))
def test_any_bytes_are_fields_or_a_bad_request(body):
    request = create_req(method="POST", body=body, headers={"Content-Length": str(len(body))})
    try:
        found = forms.fields(request)
    except falcon.HTTPBadRequest:
        return
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in found.items())


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_no_token(token, key):
    assert not TOKENS.good(token, key, NOW)


def test_a_token_is_good_for_an_hour_in_its_browser():
    token = TOKENS.make(KEY, NOW)
    assert TOKENS.good(token, KEY, NOW)
    assert TOKENS.good(token, KEY, NOW + forms.TOKEN_SECONDS)
    assert not TOKENS.good(token, KEY, NOW + forms.TOKEN_SECONDS + 1)
    assert not TOKENS.good(token, KEY, NOW - 1)
    assert not TOKENS.good(token, "another browser's", NOW)
    assert not TOKENS.good(token, "", NOW)
    assert not TOKENS.good(token.replace(str(NOW), str(NOW + 1)), KEY, NOW + 1)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("application/x-www-form-urlencoded", True),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", True),
        ("application/vnd.wv.csp.wbxml", False),
        ("", False),
    ],
)
def test_what_is_no_form_is_a_phones(kind, form):
    assert forms.is_form(create_req(method="POST", headers={"Content-Type": kind} if kind else {})) == form


def test_of_two_fields_of_one_name_the_first_counts():
    body = b"do=no&do=yes"
    request = create_req(method="POST", body=body, headers={"Content-Length": str(len(body))})
    assert forms.fields(request) == {"do": "no"}
