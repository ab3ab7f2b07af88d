"""New accounts: off unless the operator wants them, few for one address, and each asked for once."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import GetNewPasswordRequest, RegistrationRequest, User


@pytest.fixture
def phone(new_phone, services):
    services.policy = replace(services.policy, registration=True, remember=True)
    return new_phone(version="1.3")


def wish(user="wv:newcomer", password="s3cret", **more):
    return RegistrationRequest(user=User(user_id=user), password=password, **more)


def test_an_account_is_made_and_can_log_in_by_digest(phone, holder, services):
    answer = phone.ask(wish(email_id="n@mail.example"))
    assert (answer.result.code, answer.user_id) == (200, "wv:newcomer")
    (job,) = holder.registrations
    assert (job["jid"], job["email"]) == ("newcomer@example.org", "n@mail.example")
    assert b"s3cret" not in job["cred"]
    assert services.accounts.find("newcomer@example.org").phone_password == "s3cret"


def test_the_password_is_kept_only_where_passwords_are_remembered(phone, services):
    services.policy = replace(services.policy, remember=False)
    assert phone.ask(wish()).result.code == 200
    assert services.accounts.find("newcomer@example.org") is None


def test_the_same_octets_again_are_the_same_account(phone, holder):
    request = phone.message(Transaction(Mode.REQUEST, "7", wish()))
    first = phone.post(request)
    assert phone.post(request).transactions == first.transactions
    assert len(holder.registrations) == 1


def test_a_name_is_taken_once(phone, holder, services):
    phone.ask(wish())
    assert phone.ask(wish(password="other")).result.code == 403
    holder.register_code = 403
    assert phone.ask(wish("wv:somebody")).result.code == 403
    assert services.accounts.find("somebody@example.org") is None


def test_one_address_gets_few(phone, holder, services):
    holder.register_code = 402
    codes = [phone.ask(wish(f"wv:n{number}")).result.code for number in range(5)]
    assert codes == [402, 402, 402, 503, 503]
    assert len(holder.registrations) == 3


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (RegistrationRequest(), 531),
        (wish(password=""), 402),
        (wish(password="x" * 300), 402),
        (wish("sip:x"), 531),
        (wish("wv:a/b@example.org"), 531),
        (wish("wv:x@elsewhere.example"), 516),
    ],
)
def test_what_is_no_account_is_not_asked_for(phone, holder, request_, code):
    assert phone.ask(request_).result.code == code
    assert holder.registrations == []


def test_by_default_none_are_made_and_nobody_gets_a_new_password(new_phone, holder):
    phone = new_phone(version="1.2")
    assert phone.ask(wish()).result.code == 405
    assert phone.ask(GetNewPasswordRequest(user=User(user_id="wv:alice"))).result.code == 405
    phone.log_in("wv:alice@example.org")
    assert phone.ask(wish()).result.code == 405  # the same inside a session
    assert holder.registrations == []


def test_a_registration_says_who_from_where_and_why_not(phone):
    with capture_logs() as lines:
        phone.ask(wish())
        phone.ask(wish(password="other"))
    told = [
        {name: line[name] for name in ("user", "address", "result", "reason")}
        for line in lines
        if line["event"] == "registration"
    ]
    who = {"user": "newcomer@example.org", "address": "10.0.0.7"}
    assert told == [who | {"result": 200, "reason": ""}, who | {"result": 403, "reason": "name taken"}]
