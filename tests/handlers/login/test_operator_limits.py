"""What operators allow at a log-in: blocks, limits of domains; and what becomes of sessions that there are."""

from dataclasses import replace

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    Disconnect,
    KeepAliveRequest,
    LoginResponse,
    RegistrationRequest,
    Status,
    User,
)
from onesoup.csp.errors import CspError
from onesoup.handlers.context import Peer
from onesoup.handlers.login import linking, operator_limits, registration
from onesoup.operators.blocks import end_block, put_block
from onesoup.operators.operator import Operator
from onesoup.store.audit import AuditLog
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from onesoup.store.errors import StoreDown
from onesoup.wire.document import Encoding

VERSIONS = [("1.1", Encoding.XML), ("1.2", Encoding.WBXML), ("1.3", Encoding.PTS)]


@pytest.fixture
def operator(services):
    return Operator(services.accounts._client, "root@one", "example.org")


@pytest.fixture
def blocks(services, operator):
    """Blocks as an operator does; the gateway knows of it, as after the news."""

    def block(what, name, **more):
        made = put_block(operator, what, name, "spam", **more)
        services.orders.look()
        return made

    return block


def code(answer):
    assert isinstance(answer, LoginResponse | Status)
    return answer.result.code


def over(phone):
    """Whether the server says that the session is over."""
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, phone.next_id(), KeepAliveRequest())))
    (answered,) = reply.transactions
    if isinstance(answered.content, Status | Disconnect):
        assert answered.content.result.code == 601
        return True
    return False


@pytest.mark.parametrize(("version", "encoding"), VERSIONS)
@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("user", "alice"),
        ("user", "xmpp:alice@example.org"),
        ("domain", "Example.ORG"),
        ("handset", "s60"),
        ("handset", "Nokia6600"),
    ],
)
def test_who_is_blocked_is_told_so_with_the_number_of_the_block(new_phone, blocks, holder, version, encoding, what, name):
    number = blocks(what, name).block.id
    phone = new_phone(version=version, encoding=encoding, client_id="WV:IMPEC01", agent="Nokia6600/1.0")
    answer = phone.log_in("wv:alice@example.org")
    assert (code(answer), answer.session_id) == (403, None)
    assert number in answer.result.description
    assert "spam" not in answer.result.description
    assert not holder.logins, "nobody was asked"


def test_others_get_in(new_phone, blocks):
    blocks("user", "alice")
    blocks("domain", "evil.example")
    blocks("handset", "siemens")
    blocks("handset", "MOT-V3")
    blocks("address", "10.0.0.0/30")
    assert code(new_phone(agent="MOT-V5", client_id="x").log_in("wv:bob@example.org")) == 200


def test_the_account_behind_a_link_is_blocked_too(services, new_phone, blocks):
    services.accounts.link("alice@example.org", "real@xmpp.example.net", "xmpp-secret", "phone-secret")
    blocks("user", "real@xmpp.example.net")
    assert code(new_phone().log_in("wv:alice@example.org", "phone-secret")) == 403


def test_a_block_ends_the_sessions_that_it_concerns_and_no_others(services, new_phone, blocks):
    alice, also, bob = (new_phone(client_id=name) for name in ("a1", "a2", "b"))
    for phone, user in ((alice, "alice"), (also, "alice"), (bob, "bob")):
        phone.log_in(f"wv:{user}@example.org")
        services.clients.put(f"{user}@example.org", phone.client_id, phone.sid)  # as its holder does
    assert len(blocks("user", "alice").ended) == 2
    for phone in (alice, also):
        assert over(phone)
    assert not over(bob)
    assert len(blocks("domain", "example.org").ended) == 1
    assert over(bob)


def test_sessions_of_a_model_end_and_may_be_kept(new_phone, blocks):
    nokia, other = new_phone(client_id="WV:IMPEC01"), new_phone(client_id="other")
    nokia.log_in("wv:alice@example.org")
    other.log_in("wv:bob@example.org")
    assert blocks("handset", "s60", keep=True).ended == ()
    assert not over(nokia)
    assert len(blocks("handset", "s60").ended) == 1
    assert over(nokia)
    assert not over(other)


@pytest.mark.parametrize("keep", [False, True])
def test_sessions_of_a_user_agent_end_at_their_next_request(new_phone, blocks, keep):
    phone, other = new_phone(agent="Evil/1.0 (x)"), new_phone(agent="Good", client_id="b")
    phone.log_in("wv:alice@example.org")
    other.log_in("wv:bob@example.org")
    assert blocks("handset", "evil/1", keep=keep).ended == ()
    assert over(phone) is not keep
    assert not over(other)


@pytest.mark.parametrize("tells", [True, False])
def test_a_log_in_that_was_under_way_does_not_slip_through(services, holder, new_phone, operator, monkeypatch, tells):
    """The block comes after the first look, and its sessions are ended before this one is there. A holder of a version before
    does not tell of it."""
    holder.tells = tells
    first_look = operator_limits.refuse_blocked

    def look(attempt):
        first_look(attempt)
        put_block(operator, "user", "alice", "spam")

    monkeypatch.setattr(operator_limits, "refuse_blocked", look)
    phone = new_phone()
    assert code(phone.log_in("wv:alice@example.org")) == 403
    assert not [sid for sid in services.clients.all("alice@example.org").values() if services.sessions.lives(sid)]


def test_a_block_that_is_over_or_ended_lets_everybody_in(services, new_phone, blocks, operator):
    number = blocks("user", "alice").block.id
    assert code(new_phone().log_in("wv:alice@example.org")) == 403
    end_block(operator, number)
    services.orders.look()
    assert code(new_phone().log_in("wv:alice@example.org")) == 200
    assert [each.what for each in AuditLog(operator.client).last(5)] == ["block end", "block"]


def test_while_redis_is_away_the_list_stays(services, new_phone, blocks, monkeypatch):
    blocks("user", "alice")

    def away():
        raise StoreDown("ConnectionError")

    monkeypatch.setattr(services.orders._blocks, "all", away)
    services.orders.look()
    assert code(new_phone().log_in("wv:alice@example.org")) == 403


@pytest.mark.parametrize(("what", "name"), [("user", "alice"), ("domain", "example.org")])
def test_who_is_blocked_cannot_use_the_account_page_or_register_either(services, blocks, what, name):
    blocks(what, name)
    services.policy = replace(services.policy, registration=True)
    with pytest.raises(CspError, match="403 blocked"):
        linking.verify_password(services, Peer(address="10.0.0.7"), "alice@example.org", "secret", 0.0)
    request = RegistrationRequest(user=User(user_id="wv:alice@example.org"), password="secret")
    assert registration.register_account(services, request, "digest", Peer(address="10.0.0.7")).result.code == 403


# --- limits of a domain ---


@pytest.fixture
def limit(services):
    def put(sessions=None, logins=None):
        services.quotas = DomainQuotas(services.accounts._client, QuotaPolicy(sessions or {}, logins or {}))

    return put


@pytest.mark.parametrize(("version", "encoding"), VERSIONS)
def test_a_full_domain_says_so(new_phone, limit, version, encoding):
    limit({"example.org": 1})
    assert code(new_phone(client_id="a").log_in("wv:alice@example.org")) == 200
    answer = new_phone(client_id="b", version=version, encoding=encoding).log_in("wv:bob@example.org")
    assert code(answer) == 503
    assert answer.result.description == "example.org is full, try again later"
    assert code(new_phone(client_id="a").log_in("wv:alice@example.org")) == 200, "the same handset again"
    assert code(new_phone(client_id="c").log_in("wv:carol@xmpp.example.net")) == 200, "another domain"


def test_a_log_in_that_fails_gives_its_place_back(new_phone, holder, limit):
    limit({"any": 1})
    holder.login_code = 409
    assert code(new_phone(client_id="a").log_in("wv:alice@example.org", "wrong")) == 409
    holder.login_code = 200
    assert code(new_phone(client_id="b").log_in("wv:bob@example.org")) == 200


def test_too_many_log_ins_in_a_minute_have_to_wait(new_phone, holder, limit):
    limit(logins={"example.org": 2})
    assert [code(new_phone(client_id=f"p{n}").log_in(f"wv:user{n}@example.org")) for n in range(3)] == [200, 200, 503]
    assert len(holder.logins) == 2, "the XMPP server does not hear of the third"


def test_a_log_in_that_worked_does_not_fail_over_the_place_of_the_session_before(new_phone, limit, services, monkeypatch):
    """The holder gives that back too, when it ends the session."""
    limit({"example.org": 2})
    assert code(new_phone(client_id="a").log_in("wv:alice@example.org")) == 200

    def away(*_):
        raise StoreDown("ConnectionError")

    monkeypatch.setattr(services.quotas, "leave", away)
    assert code(new_phone(client_id="a", version="1.1").log_in("wv:alice@example.org")) == 200, "not the same bytes again"
