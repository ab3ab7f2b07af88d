"""Keys of one account, or of one session, are in one slot of a Redis Cluster: scripts take several of them at once."""

import pytest
from redis.crc import key_slot

from onesoup.store import keys

NAMES = ("lists", "known", "failed", "handsets")


@pytest.mark.parametrize("jid", ["alice@example.org", "}@example.org", "}{x}@example.org", "{@example.org", "{}@x", "a}b{c}@x"])
def test_the_keys_of_an_account_are_in_one_slot(jid):
    assert len({key_slot(keys.account(jid, name).encode()) for name in NAMES}) == 1


def test_two_accounts_have_no_key_in_common():
    jids = ["}@x", "{}@x", "}}@x", "@x"]
    assert len({keys.account(jid, "lists") for jid in jids}) == len(jids)
