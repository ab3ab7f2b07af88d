"""What operators do, and that it is noted; the commands and the console only show it."""

import sys

import pytest

from onesoup.operators.announce import announce
from onesoup.operators.blocks import put_block, standing_blocks
from onesoup.operators.kick import kick
from onesoup.operators.operator import OperatorError
from onesoup.store.audit import AuditLog
from onesoup.store.errors import StoreDown
from onesoup.store.session.gateway_side import GatewaySessionStore


def test_a_user_is_kicked_and_it_is_noted_by_whom(client, operator, opened):
    names = [opened("alice@example.org", "00one"), opened("alice@example.org", "01two")]
    opened("bob@example.org", "02three")
    assert kick(operator, "wv:alice").said == "ended 2 sessions of alice@example.org"
    assert [GatewaySessionStore(client).lives(sid) for sid in ("00one", "01two", "02three")] == [False, False, True]
    (entry,) = AuditLog(client).last(9)
    assert (entry.by, entry.what, entry.whom) == ("root@one", "kick", "alice@example.org")
    assert all(name in entry.more for name in names)


def test_who_is_not_there_is_not_kicked_and_nothing_is_noted(client, operator):
    with pytest.raises(OperatorError, match=r"bob@example\.org is not logged in"):
        kick(operator, "bob")
    with pytest.raises(OperatorError, match="not a wv: address"):
        kick(operator, "sip:bob")
    assert AuditLog(client).last(9) == []


TOKENS = {jid: f"login-tokens:{{{jid}}}" for jid in ("alice@example.org", "bob@example.org", "carol@other.example")}


@pytest.mark.parametrize(
    ("deed", "left"),
    [
        (lambda operator: kick(operator, "alice"), ["bob@example.org", "carol@other.example"]),
        (lambda operator: put_block(operator, "user", "alice", "spam"), ["bob@example.org", "carol@other.example"]),
        (lambda operator: put_block(operator, "user", "alice", "spam", keep=True), ["bob@example.org", "carol@other.example"]),
        (lambda operator: put_block(operator, "domain", "example.org", "spam"), ["carol@other.example"]),
        (lambda operator: put_block(operator, "handset", "s60", "spam"), list(TOKENS)),
    ],
    ids=["kick", "block", "block that keeps sessions", "block of a domain", "block of a handset"],
)
def test_who_is_put_out_leaves_no_log_in_token_behind(client, operator, opened, deed, left):
    """Otherwise a sealed credential would outlive the session by a day (XEP-0484)."""
    for key in TOKENS.values():
        client.hset(key, "a phone", b"sealed")
    opened("alice@example.org", "00one")
    deed(operator)
    assert [jid for jid, key in TOKENS.items() if client.exists(key)] == left


def test_one_session_that_is_kicked_leaves_the_tokens_of_the_others(client, operator, opened):
    name = opened("alice@example.org", "00one")
    opened("alice@example.org", "01two")
    client.hset(TOKENS["alice@example.org"], "a phone", b"sealed")
    kick(operator, name)
    assert client.exists(TOKENS["alice@example.org"])


def test_how_many_are_told_is_noted_and_no_word_of_the_text(client, operator, opened):
    for sid, jid in (("00one", "alice@example.org"), ("01two", "bob@example.org"), ("02three", "carol@other.example")):
        opened(jid, sid)
    told = []
    assert announce(operator, "hello there", domain="example.org", told_so_far=told.append) == 2
    assert told == [1, 2]
    assert announce(operator, "hello there", user="carol@other.example") == 1
    assert [(each.what, each.whom, each.more) for each in AuditLog(client).last(9)] == [
        ("announce", "carol@other.example", "letters=11 told=1"),
        ("announce", "@example.org", "letters=11 told=2"),
    ]


def test_an_announcement_that_breaks_off_is_noted_as_far_as_it_came(client, operator, opened):
    opened("alice@example.org", "00one")
    opened("bob@example.org", "01two")

    def break_off(told):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        announce(operator, "hello", told_so_far=break_off)
    assert AuditLog(client).last(9)[0].more == "letters=5 told=1"


def test_without_a_text_nobody_is_told(client, operator):
    with pytest.raises(OperatorError, match="no text"):
        announce(operator, "  \n ")
    assert AuditLog(client).last(9) == []


def break_at_second(monkeypatch, module):
    """Redis goes away when the second session is to be ended."""
    ended, whole = [], module.end_session

    def end(store, sid):
        if ended:
            raise StoreDown("ConnectionError")
        ended.append(sid)
        whole(store, sid)

    monkeypatch.setattr(module, "end_session", end)


def test_a_kick_that_breaks_off_is_noted_as_far_as_it_came(client, operator, opened, monkeypatch):
    for sid in ("00one", "01two", "02three"):
        opened("alice@example.org", sid)
    break_at_second(monkeypatch, sys.modules["onesoup.operators.kick"])
    with pytest.raises(StoreDown):
        kick(operator, "alice")
    (entry,) = AuditLog(client).last(9)
    assert (entry.what, entry.whom) == ("kick", "alice@example.org")
    assert entry.more.count(",") == 0, "one session"


def test_a_block_is_noted_although_its_sessions_could_not_be_ended(client, operator, opened, monkeypatch):
    for sid in ("00one", "01two", "02three"):
        opened("alice@example.org", sid)
    break_at_second(monkeypatch, sys.modules["onesoup.operators.blocks"])
    with pytest.raises(StoreDown):
        put_block(operator, "domain", "example.org", "spam")
    assert [each.field for each in standing_blocks(operator)] == ["domain:example.org"]
    (entry,) = AuditLog(client).last(9)
    assert (entry.what, entry.whom) == ("block", "domain:example.org")
    assert "ended=1" in entry.more
