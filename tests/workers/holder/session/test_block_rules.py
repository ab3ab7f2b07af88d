"""The cached block and grant lists of an account, and what the server's pushes change in them. No Redis."""

import pytest

from onesoup.csp.blocking import Rules
from onesoup.csp.session import Session
from onesoup.store.errors import StoreDown
from workers.holder.session.block_rules import BlockRules
from workers.holder.session.state import SessionState

EVE, BOB, OWN = "eve@x.example", "bob@x.example", "alice@example.org"


class Account:
    """The lists of one account. `on_read` is called while they are read."""

    def __init__(self):
        self.blocked, self.reads, self.on_read, self.down = {EVE}, 0, lambda: None, False

    def rules(self, jid):
        assert jid == OWN
        self.reads += 1
        found = Rules(frozenset(self.blocked))
        self.on_read()
        return found

    def confirm(self, _jid, jids):
        self.blocked |= set(jids)

    def lift(self, _jid, jids):
        self.blocked -= set(jids)

    def sync(self, _jid, jids):
        if self.down:
            raise StoreDown("away")
        self.blocked = set(jids)


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def unblocked():
    return []


@pytest.fixture
def rules(account, unblocked):
    state = SessionState("s", Session(OWN, "wv:alice", "1.2", "phone", ttl=600), fence=1, shard=0)
    return BlockRules(state, account, unblocked.append)


def test_lists_are_read_once_until_they_change(account, rules):
    assert [rules.refuses(each) for each in (EVE, BOB, EVE)] == [True, False, True]
    assert account.reads == 1
    account.blocked = {BOB}
    rules.changed()
    assert not rules.cached
    assert [rules.refuses(each) for each in (EVE, BOB)] == [False, True]
    assert account.reads == 2


def test_a_change_while_the_lists_are_read_is_not_missed(account, rules):
    def change():
        account.on_read = lambda: None
        account.blocked = {BOB}
        rules.changed()

    account.on_read = change
    assert rules.refuses(BOB)


def test_a_block_that_the_server_pushes_counts_from_the_next_stanza(rules, unblocked):
    assert not rules.refuses(BOB)
    rules.server_pushed("block", [BOB])
    assert rules.refuses(BOB)
    assert unblocked == []


def test_the_presence_of_those_that_are_unblocked_is_asked_for(rules, unblocked):
    rules.server_pushed("unblock", [EVE])
    assert not rules.refuses(EVE)
    assert unblocked == [[EVE]]


def test_an_unblock_that_names_nobody_means_everybody(account, rules, unblocked):
    account.blocked = {EVE, BOB}
    rules.server_pushed("unblock", [])
    assert not rules.refuses(EVE)
    assert unblocked == [[BOB, EVE]]


def test_the_servers_list_is_not_needed_while_redis_is_away(account, rules):
    account.down = True
    rules.server_list([BOB])
    assert rules.refuses(EVE)
