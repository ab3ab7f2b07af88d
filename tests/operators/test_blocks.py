"""Blocking and letting in again, as commands and the console call it: what a word means, what is refused, what is noted."""

import pytest

from onesoup.operators.blocks import end_block, put_block, span_seconds, standing_blocks
from onesoup.operators.operator import OperatorError
from onesoup.store import operator_bounds
from onesoup.store.audit import AuditLog
from onesoup.store.blocks import OPERATOR_BLOCKS_KEY


@pytest.mark.parametrize(
    ("what", "typed", "field"),
    [
        ("user", "Alice", "user:alice@example.org"),
        ("user", "wv:alice@Example.NET", "user:alice@example.net"),
        ("domain", "EXAMPLE.net.", "domain:example.net"),
        ("address", "192.0.2.7", "address:192.0.2.7"),
        ("address", "192.0.2.0/24", "address:192.0.2.0/24"),
        ("address", "::ffff:192.0.2.7", "address:192.0.2.7"),
        ("address", "2001:DB8::/48", "address:2001:db8::/48"),
        ("address", "2001:db8::1/128", "address:2001:db8::1"),
        ("handset", "S60", "handset:s60"),
        ("handset", " MOT-V3 ", "agent:mot-v3"),
    ],
)
def test_a_word_means_one_thing_however_it_is_written(operator, what, typed, field):
    made = put_block(operator, what, typed, "spam")
    assert made.block.field == field
    assert [each.field for each in standing_blocks(operator)] == [field]
    assert put_block(operator, what, typed, "spam again").renews
    for word in (typed, made.block.id):
        put_block(operator, what, typed, "spam")
        assert [each.field for each in end_block(operator, word.strip())] == [field]
    assert standing_blocks(operator) == []


@pytest.mark.parametrize(
    ("what", "typed", "reason", "says"),
    [
        ("user", "", "spam", "user"),
        ("domain", "a b", "spam", "domain"),
        ("address", "192.0.2.7/24", "spam", "192.0.2.7 or 192.0.2.0/24"),
        ("address", "everywhere", "spam", "no address or network"),
        ("address", "0.0.0.0/0", "spam", "everybody"),
        ("address", "10.0.0.1", "spam", "trusted_proxies"),
        ("handset", "", "spam", "User-Agent"),
        ("handset", "N", "spam", "s60"),
        ("handset", "x" * 101, "spam", "letters"),
        ("user", "alice", "  ", "reason"),
        ("user", "alice", "x" * 201, "201 letters"),
    ],
)
def test_what_cannot_be_blocked_is_refused_and_not_noted(operator, what, typed, reason, says):
    with pytest.raises(OperatorError, match=says):
        put_block(operator, what, typed, reason, proxies=("10.0.0.1",))
    assert standing_blocks(operator) == []
    assert AuditLog(operator.client).last(5) == []


def test_a_network_with_a_proxy_in_it_can_be_blocked_since_phones_are_told_apart_from_it(operator):
    assert put_block(operator, "address", "10.0.0.0/8", "spam", proxies=("10.0.0.1",)).block.name == "10.0.0.0/8"


def test_a_span_of_time():
    assert [span_seconds(each) for each in ("90s", "30m", "12h", "2d", "1w")] == [90, 1800, 43_200, 172_800, 604_800]
    for wrong in ("", "0d", "2", "d", "-1d", "2 days", "999999999w", "2d " * 2):
        with pytest.raises(OperatorError):
            span_seconds(wrong)


def test_who_when_what_and_why_are_noted(operator):
    made = put_block(operator, "user", "alice", "sends\n spam ", 3600)
    (entry,) = AuditLog(operator.client).last(5)
    assert (entry.by, entry.what, entry.whom) == ("root@one", "block", "user:alice@example.org")
    assert f"id={made.block.id}" in entry.more
    assert "ended=0" in entry.more
    assert "sessions=" not in entry.more
    assert entry.more.endswith("reason=sends spam")
    end_block(operator, "alice")
    assert AuditLog(operator.client).last(1)[0].what == "block end"


def test_nothing_that_is_not_blocked_is_ended(operator):
    put_block(operator, "user", "alice", "spam")
    for word in ("bob", "", "12345678", "*", "user:*"):
        with pytest.raises(OperatorError, match="nothing is blocked"):
            end_block(operator, word)


def test_a_block_is_ended_by_what_the_audit_log_calls_it(operator):
    put_block(operator, "handset", "MOT-V3", "spam")
    (entry,) = AuditLog(operator.client).last(1)
    assert entry.whom == "handset:mot-v3"
    end_block(operator, entry.whom)
    assert standing_blocks(operator) == []


def test_a_full_list_says_so(operator):
    operator.client.hset(OPERATOR_BLOCKS_KEY, mapping={str(n): b"x" for n in range(operator_bounds.MOST_OPERATOR_BLOCKS)})
    with pytest.raises(OperatorError, match="500 blocks already"):
        put_block(operator, "user", "alice", "spam")
