"""Blocks in the console: looked at before they are made, listed with who and why, ended after a question."""

import html
import re
from functools import partial

import gevent
import pytest

from onesoup.store.audit import AuditLog
from onesoup.store.blocks import OperatorBlocks
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.session_records import SessionRecords
from tests.support.in_redis import living_session
from workers.gateway.console import acting

ALICE = "alice@example.org"
FORM = {"what": "user", "name": "wv:alice", "reason": "sends <spam>", "span": "2d"}


@pytest.fixture
def make_console(make_console):
    return partial(make_console, domain="example.org", trusted_proxies=("10.9.9.9",))


@pytest.fixture
def opened(client):
    return partial(living_session, client)


def names(client):
    return sorted(each.field for each in OperatorBlocks(client).all())


def lives(client, sid):
    return GatewaySessionStore(client).lives(sid)


def test_a_user_is_shut_out_after_a_question(operator, client, opened):
    opened(ALICE, "00one")
    page = operator.open(f"/console/blocks?what=user&name={ALICE}")
    assert "Nobody." in page.text
    assert f'name="name" value="{ALICE}"' in page.text
    page = operator.send("/console/blocks", action="look at it", **FORM)
    assert f"Block user {ALICE}?" in page.text
    assert "onesoup block user wv:alice --reason 'sends <spam>' --for 2d" in html.unescape(page.text)
    assert (names(client), lives(client, "00one")) == ([], True)
    page = operator.send("/console/blocks", action="block", **FORM)
    assert re.search(rf"Blocked user {ALICE}, until 20..-..-.. ..:.. UTC. Ended 1 session.", page.text)
    assert "sends &lt;spam&gt;" in page.text
    assert (names(client), lives(client, "00one")) == ([f"user:{ALICE}"], False)
    (entry, *_) = AuditLog(client).last(1)
    assert (entry.what, entry.whom) == ("block", f"user:{ALICE}")
    assert entry.by.startswith("operator@127.0.0.1 ")


def test_who_is_shut_out_is_said_on_their_page_and_can_be_let_in(operator, client, opened):
    assert "/console/blocks?what=user" in operator.open(f"/console/users/one?who={ALICE}").text
    operator.send("/console/blocks", action="block", **FORM)
    page = operator.open(f"/console/users/one?who={ALICE}")
    assert f"Blocked: user {ALICE}, by operator@127.0.0.1" in html.unescape(page.text)
    (number,) = re.findall(r"/console/blocks\?end=([0-9a-f]+)", page.text)
    page = operator.open(f"/console/blocks?end={number}")
    assert f"Let user {ALICE} in again?" in page.text
    assert f"onesoup unblock {number}" in page.text
    assert names(client)
    page = operator.send("/console/blocks", action="unblock", number=number)
    assert f"user {ALICE} can log in again." in page.text
    assert names(client) == []
    assert AuditLog(client).last(1)[0].what == "block end"
    assert "This block does not exist any more." in operator.open(f"/console/blocks?end={number}").text
    assert operator.send("/console/blocks", action="unblock", number=number).status_code == 400


@pytest.mark.parametrize(
    ("form", "shown", "told"),
    [
        ({"what": "address", "name": "192.0.2.0/24"}, "address 192.0.2.0/24", "Its lines end; its sessions run out."),
        ({"what": "domain", "name": "Example.ORG"}, "domain example.org", "Ended 1 session."),
        ({"what": "user", "name": "alice", "keep": "yes"}, f"user {ALICE}", "Existing sessions go on."),
        ({"what": "handset", "name": "Nokia6600/"}, "handset nokia6600/", "end at their next request."),
    ],
)
def test_what_becomes_of_sessions_is_said(operator, client, opened, form, shown, told):
    opened(ALICE, "00one")
    operator.open("/console/blocks")
    page = operator.send("/console/blocks", action="look at it", reason="why", **form)
    assert f"Block {shown}?" in page.text
    assert ("--keep-sessions" in page.text) is ("keep" in form)
    page = operator.send("/console/blocks", action="block", reason="why", **form)
    assert f"Blocked {shown}, until somebody ends it." in page.text
    assert told in page.text


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"name": "alice"}, "Say what is to be blocked"),
        ({"what": "all", "name": "alice"}, "Say what is to be blocked"),
        ({"what": "user", "name": ""}, "Say who is to be blocked"),
        ({"what": "user", "name": "alice", "reason": ""}, "a reason is missing"),
        ({"what": "user", "name": "alice", "reason": "x" * 201}, "the reason has 201 letters"),
        ({"what": "user", "name": "alice", "span": "soon"}, "is no span of time"),
        ({"what": "address", "name": "0.0.0.0/0"}, "is everybody"),
        ({"what": "address", "name": "10.9.9.9"}, "trusted_proxies"),
        ({"what": "user", "name": "sip:x"}, "not a wv: address"),
    ],
)
@pytest.mark.parametrize("action", ["look at it", "block"])
def test_what_cannot_be_blocked_is_told_and_nothing_typed_is_lost(operator, client, form, reason, action):
    operator.open("/console/blocks")
    page = operator.send("/console/blocks", action=action, **{"reason": "why"} | form)
    assert page.status_code == 400
    assert reason in html.unescape(page.text)
    assert f'name="name" value="{form["name"]}"' in page.text
    assert names(client) == []


def test_who_may_only_look_sees_blocks_and_changes_none(operator, reader, client):
    operator.open("/console/blocks")
    operator.send("/console/blocks", action="block", **FORM)
    (block,) = OperatorBlocks(client).all()
    page = reader.open(f"/console/blocks?end={block.id}")
    assert ALICE in page.text
    assert "unblock" not in page.text
    assert 'value="look at it"' not in page.text
    assert "/console/blocks?end" not in reader.open(f"/console/users/one?who={ALICE}").text
    for action in ("look at it", "block", "unblock"):
        assert reader.send("/console/blocks", action=action, number=block.id, **FORM | {"name": "bob"}).status_code == 403
    assert names(client) == [f"user:{ALICE}"]


def test_the_sessions_of_many_end_behind_the_page(operator, client, opened, monkeypatch):
    opened(ALICE, "00one")
    monkeypatch.setattr(acting, "DEED_WAIT_SECONDS", 0.0)
    go_on, read = gevent.event.Event(), SessionRecords.sessions
    monkeypatch.setattr(SessionRecords, "sessions", lambda *args: go_on.wait(60) and read(*args))
    operator.open("/console/blocks")
    page = operator.send("/console/blocks", action="block", what="domain", name="example.org", reason="why")
    assert "Blocked domain example.org. Sessions are being ended" in page.text
    go_on.set()
    with gevent.Timeout(60):
        while not any(each.what == "block" for each in AuditLog(client).last(9)):
            gevent.sleep(0.01)
    assert not lives(client, "00one")
