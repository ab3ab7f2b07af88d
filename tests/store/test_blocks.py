"""Whom operators have shut out: the list that processes look into, and its place in Redis."""

from dataclasses import replace

import pytest

from onesoup.store import bounds, operator_bounds
from onesoup.store.blocks import OPERATOR_BLOCKS_KEY, BlockedKind, BlockList, OperatorBlock, OperatorBlocks
from onesoup.store.keys import ORDERS_CHANNEL
from onesoup.store.redis import msgpack

NOW = 1_800_000_000


def block(kind, name, until=0):
    return OperatorBlock(BlockedKind(kind), name, "root@one", NOW, "spam", until)


@pytest.mark.parametrize(
    ("blocked", "address", "found"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.0/24", "192.0.2.200", True),
        ("192.0.2.0/24", "2001:db8::1", False),
        ("2001:db8::/48", "2001:db8::77", True),
        ("2001:db8::/48", "2001:db9::77", False),
        ("2001:db8::/48", "no address", False),
        ("2001:db8::/48", "", False),
    ],
)
def test_an_address_is_blocked_alone_or_with_its_network(blocked, address, found):
    blocks = BlockList([block("address", blocked)])
    assert (blocks.of_address(address, NOW) is not None) == found
    assert (blocks.of_address(address, NOW) is not None) == found, "it is remembered"


def test_a_block_holds_until_its_time_is_over_also_where_the_answer_is_remembered():
    wide, narrow = block("address", "192.0.2.0/24"), block("address", "192.0.2.7", NOW + 60)
    blocks = BlockList([wide, narrow, block("user", "alice@example.org", NOW + 60)])
    assert blocks.of_address("192.0.2.7", NOW) == narrow
    assert blocks.of_address("192.0.2.7", NOW + 60) == wide
    assert blocks.of_user(["alice@example.org"], NOW + 59.9)
    assert not blocks.of_user(["alice@example.org"], NOW + 60)


def test_a_user_is_blocked_by_the_name_or_the_domain_of_any_of_the_accounts():
    blocks = BlockList([block("user", "alice@example.org"), block("domain", "evil.example")])
    assert blocks.of_user(["bob@example.org", "alice@example.org"], NOW)
    assert blocks.of_user(["bob@example.org", "bob@evil.example"], NOW)
    assert not blocks.of_user(["bob@example.org", "bob@sub.evil.example"], NOW)


@pytest.mark.parametrize("agent", ["", "(", "[", ".*", "mot-.*", "x" * 100_000, "MO"])
def test_what_a_stranger_sends_is_no_pattern(agent):
    blocks = BlockList([block("agent", "mot-"), block("agent", "a.c"), block("handset", "s60")])
    assert blocks.of_agent("MOT-V3/08", NOW)
    assert not blocks.of_agent("abc", NOW)
    assert bool(blocks.of_agent(agent, NOW)) == agent.lower().startswith("mot-")
    assert not blocks.of_handset(agent, NOW)


def test_blocks_are_kept_told_and_ended(client, listen):
    heard, store = listen(ORDERS_CHANNEL), OperatorBlocks(client)
    spam, old = block("user", "alice@example.org"), block("domain", "evil.example", NOW + 5)
    store.put(old, NOW)
    store.put(spam, NOW)
    store.put(replace(spam, reason="more spam"), NOW)
    assert sorted(store.all(), key=lambda each: each.name) == [replace(spam, reason="more spam"), old]
    assert client.pttl(OPERATOR_BLOCKS_KEY) == -1, "they outlive everything"
    assert store.holds_now(["alice@example.org"], "s60", NOW).reason == "more spam"
    assert store.holds_now(["bob@evil.example"], "s60", NOW) == old
    assert not store.holds_now(["bob@evil.example"], "s60", NOW + 5)
    store.put(block("handset", "s60"), NOW + 5)
    assert {each.name for each in store.all()} == {"alice@example.org", "s60"}, "what has run out goes"
    assert store.holds_now(["bob@example.org"], "s60", NOW)
    store.end([spam])
    assert [each.name for each in store.all()] == ["s60"]
    assert len(heard()) == 5


def test_there_are_never_too_many_and_none_is_too_long(client):
    store = OperatorBlocks(client)
    client.hset(OPERATOR_BLOCKS_KEY, mapping={f"user:{n}": b"x" for n in range(operator_bounds.MOST_OPERATOR_BLOCKS - 1)})
    store.put(block("user", "alice@example.org"), NOW)
    store.put(replace(block("user", "alice@example.org"), reason="again"), NOW)
    with pytest.raises(bounds.TooMuch):
        store.put(block("user", "bob@example.org"), NOW)
    with pytest.raises(bounds.TooMuch):
        store.put(block("user", "alice@example.org" * 200), NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 9},
        {"kind": "planet"},
        {"kind": "address", "name": "everywhere"},
        {"name": 7},
        {"until": "soon"},
    ],
)
def test_a_record_that_cannot_be_read_is_left_out(client, fields):
    good = {"kind": "user", "name": "a@x", "by": "root", "at": NOW, "reason": "spam", "until": 0, "keeps": False} | fields
    client.hset(OPERATOR_BLOCKS_KEY, "user:a@x", msgpack.pack(good.pop("v", 1), good))
    store = OperatorBlocks(client)
    store.put(block("domain", "evil.example"), NOW)
    assert [each.name for each in store.all() if each.kind is BlockedKind.DOMAIN] == ["evil.example"]
    assert all(each.name != "everywhere" for each in store.all())


def test_what_is_remembered_of_strangers_is_short():
    """What calls itself an address is as long as a header, and a scope may follow an IPv6 address."""
    blocks = BlockList([block(BlockedKind.ADDRESS, "2001:db8::/32")])
    for text in ("x" * 8000, "fe80::1%" + "x" * 8000, "2001:db8::1%" + "x" * 8000):
        assert blocks.of_address(text, 0.0) is None
    assert blocks._judged == {}
    assert blocks.of_address("2001:db8::1", 0.0) is not None
