"""Each Login-Request is one line, which says who, from where, with what, and why it failed."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, LogoutRequest
from onesoup.handlers.context import Peer
from onesoup.handlers.login import throttle
from onesoup.observability.logs import short
from onesoup.observability.request_id import continued_request
from onesoup.store.errors import StoreDown
from tests.handlers.login.test_access import digest, first, second
from tests.support.topologies import until

ALICE = "alice@example.org"


@pytest.fixture
def logins():
    """Calls something; gives the one `login` line that it made."""

    def line_of(call, *args, **more):
        with capture_logs() as lines:
            call(*args, **more)
        (line,) = [line for line in lines if line["event"] == "login"]
        return line

    return line_of


@pytest.fixture
def linked(services):
    services.accounts.link(ALICE, ALICE, "xmpp-secret", "phone-secret")


def test_a_log_in_says_who_from_where_with_what(new_phone, logins):
    phone = new_phone(client_id="JiMMY", version="1.1")
    line = logins(phone.log_in, "wv:Alice")
    told = {name: line[name] for name in ("user", "address", "handset", "csp", "scheme", "step", "result", "reason")}
    assert told == {
        "user": ALICE,
        "address": "10.0.0.7",
        "handset": "android",
        "csp": "1.1",
        "scheme": "pwd",
        "step": "open",
        "result": 200,
        "reason": "",
    }
    assert line["session"] == short(phone.sid)
    assert line["ms"] >= 0


def test_a_handset_of_no_known_family_is_called_by_its_user_agent(new_phone, logins):
    assert logins(new_phone(agent="Frobozz/1.0\x07").log_in)["handset"] == "Frobozz/1.0?"
    assert logins(new_phone(client_id="x").log_in)["handset"] == "unknown"


def test_the_session_of_such_a_handset_keeps_the_user_agent_as_the_log_has_it(new_phone, services):
    stranger = new_phone(agent="Frobozz/1.0\x07" + "x" * 100)
    known = new_phone(client_id="JiMMY", version="1.1", agent="Other/1.0")
    for phone in (stranger, known):
        phone.log_in()
    found = [each.session for each in services.sessions.overview([stranger.sid, known.sid])]
    assert [(each.handset, each.agent) for each in found] == [("unknown", "Frobozz/1.0?" + "x" * 48), ("android", "")]


def test_the_phases_of_a_four_way_log_in_differ(new_phone, linked, logins):
    phone = new_phone()
    nonces = []
    line = logins(lambda: nonces.append(first(phone, "MD5").nonce))
    assert (line["step"], line["scheme"], line["result"], line["reason"]) == ("challenge", "challenge", 401, "")
    line = logins(second, phone, digest_bytes=digest(nonces[0]))
    assert (line["step"], line["scheme"], line["result"], line["session"]) == ("open", "md5", 200, short(phone.sid))


def test_a_resumed_session_is_told_from_a_new_one(phone, logins):
    request = LoginRequest(user_id="alice", client_id=ClientID(url=phone.client_id), session_id=phone.sid)
    line = logins(phone.ask, request)
    assert (line["step"], line["result"], line["session"]) == ("resume", 200, short(phone.sid))
    gone = LoginRequest(user_id="alice", client_id=ClientID(url=phone.client_id), session_id="00gone")
    line = logins(phone.ask, gone)
    assert (line["step"], line["result"], line["session"]) == ("resume", 502, "")
    assert "no such session" in line["reason"]


def test_a_wrong_password_says_what_the_server_said(new_phone, holder, logins):
    holder.login_code, holder.login_failure = 409, {"kind": "auth", "condition": "not-authorized"}
    line = logins(new_phone().log_in, "alice", "hunter2hunter2")
    assert (line["user"], line["result"]) == (ALICE, 409)
    assert line["reason"] == "the XMPP server refused user or password (auth/not-authorized)"
    assert "hunter2" not in str(line)
    assert "as before" in logins(new_phone().log_in, "alice", "hunter2hunter2")["reason"]


def test_a_holder_of_the_version_before_says_no_kind(new_phone, holder, logins):
    holder.login_code = 409
    assert logins(new_phone().log_in)["reason"] == "as the server says"


def test_wrong_digests_say_which_of_the_reasons_it_was(new_phone, services, linked, logins):
    phone = new_phone()
    nonce = first(phone, "MD5").nonce
    assert logins(second, phone, digest_bytes=digest(nonce, "wrong"))["reason"] == "wrong phone password (digest)"
    assert "nonce" in logins(second, phone, digest_bytes=digest(nonce))["reason"]
    bob = first(phone, "MD5", user="wv:bob").nonce
    line = logins(second, phone, user="wv:bob", digest_bytes=digest(bob))
    assert (line["user"], line["scheme"]) == ("bob@example.org", "digest")
    assert line["reason"].startswith("no phone password is stored")


def test_what_a_phone_typed_is_shown_where_it_means_no_account_here(new_phone, services, logins):
    line = logins(new_phone().log_in, "wv:eve@elsewhere.org")
    assert (line["user"], line["result"], line["reason"]) == ("eve@elsewhere.org", 516, "domain not served here")
    line = logins(new_phone().log_in, "sip:eve\x7f" + "e" * 500)
    assert (line["user"], line["result"]) == (("sip:eve?" + "e" * 500)[:100], 531)
    assert logins(new_phone().log_in, "")["user"] == ""


def test_a_throttled_log_in_says_so(new_phone, holder, logins):
    holder.login_code = 409
    for number in range(12):
        line = logins(new_phone().log_in, "alice", f"wrong-one-{number}")
        if line["result"] == 503:
            break
    assert line["reason"].startswith("throttled: too many wrong passwords")


def test_no_holder_and_a_slow_server_are_told_apart(new_phone, services, holder, logins):
    services.policy = replace(services.policy, deadline=0.5)
    holder.deaf = True
    line = logins(new_phone().log_in)
    assert line["result"] == 504
    assert line["reason"].startswith("no holder took the log-in in time: does one run that owns shard")
    holder.deaf, holder.reply = False, lambda job, code: None
    assert logins(new_phone().log_in, "bob")["reason"].startswith("a holder took the log-in")


def test_a_log_in_that_redis_refuses_has_a_line(new_phone, services, logins, monkeypatch):
    def refuse(_shard, _job):
        raise StoreDown("READONLY")

    monkeypatch.setattr(services.shards, "ask", refuse)
    line = logins(new_phone().log_in, "alice")
    assert (line["user"], line["result"], line["reason"]) == (ALICE, 503, "Redis: READONLY")


def test_the_holder_is_told_which_request_a_job_and_a_command_come_from(new_phone, holder):
    phone = new_phone()
    with continued_request("5bc0e6aa8a5e4a3b"):
        phone.log_in()
        phone.ask(LogoutRequest())
    assert holder.logins[0]["request"] == "5bc0e6aa8a5e4a3b"
    until(lambda: [command["request"] for command in holder.done if command["op"] == "logout"] == ["5bc0e6aa8a5e4a3b"])


def test_a_closed_domain_says_so(new_phone, services, logins):
    for number in range(services.guard.policy.limit_at("example.org")):
        ticket = throttle.login_ticket(services, Peer(address=f"198.51.100.{number}"), ALICE, ALICE, f"wrong{number}")
        services.guard.reserve(ticket)
        services.guard.settle(ticket, 409)
    line = logins(new_phone().log_in, "bob", "right")
    assert line["result"] == 503
    assert line["reason"].startswith("domain closed: too many wrong passwords for example.org, wait ")


def test_a_throttled_address_is_told_from_a_throttled_account(new_phone, services, logins):
    for _ in range(100):
        services.guard.failed("whoever@example.org", "p", throttle.address_key(services, Peer(address="10.1.1.1")))
    assert logins(new_phone(address="10.1.1.1").log_in)["reason"].endswith(", for this address")
    for _ in range(5):
        services.guard.failed("bob@example.org", throttle.place_key(services, Peer(address="10.2.2.2")), "a")
    assert logins(new_phone(address="10.2.2.2").log_in, "bob")["reason"].endswith(", for this account")
