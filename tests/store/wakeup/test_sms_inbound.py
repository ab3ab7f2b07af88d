"""Short messages that make up CSP messages, on a real Redis: each once, whole, in order, and no answer sent twice."""

import itertools

import pytest

from onesoup.store.wakeup.sms_inbound import MAX_WAITING_SMS, InboundSmsStore, KeptParts

NUMBER = "+15550100123"
_ids = itertools.count()


@pytest.fixture
def incoming(client):
    return InboundSmsStore(client)


def part(incoming, place, count, octets, message="WV12LR1", delivery=""):
    return incoming.keep(NUMBER, delivery or f"d{next(_ids)}", True, message, place, count, octets, b"h%d" % place)


def test_parts_in_any_order_become_one_message(incoming):
    binary = bytes(range(256))
    assert part(incoming, 2, 3, b"c:1") is KeptParts.PART
    assert part(incoming, 0, 3, binary) is KeptParts.PART
    assert part(incoming, 1, 2, b"of another", message="WV12LR2") is KeptParts.PART
    assert incoming.first(NUMBER) is None
    assert incoming.due.take(1000)[1] == []
    assert part(incoming, 1, 3, b"") is KeptParts.MESSAGE
    assert incoming.first(NUMBER).parts == (binary, b"", b"c:1")
    assert incoming.due.take(1000)[1] == [NUMBER]


def test_a_gateway_that_repeats_itself_is_heard_once(incoming):
    assert [part(incoming, 0, 1, b"x", delivery="d").value for _ in range(3)] == [2, 0, 0]
    entry = incoming.first(NUMBER)
    assert incoming.answered(NUMBER, entry, b"")
    assert part(incoming, 0, 1, b"x", delivery="d") is KeptParts.REPEAT
    assert incoming.first(NUMBER) is None
    assert part(incoming, 0, 1, b"x", delivery="another") is KeptParts.MESSAGE, "the phone itself asks again"


def test_what_was_kept_by_a_process_that_died_is_found_when_the_gateway_repeats_it(incoming, client):
    part(incoming, 0, 1, b"x", delivery="d")
    client.delete("cir:smsin")
    part(incoming, 0, 1, b"x", delivery="d")
    assert incoming.due.take(1000)[1] == [NUMBER]


def test_messages_are_answered_in_order_and_by_one_process(incoming):
    part(incoming, 0, 1, b"one")
    part(incoming, 0, 1, b"two")
    mine, others = incoming.first(NUMBER), incoming.first(NUMBER)
    assert incoming.answered(NUMBER, mine, b"answer to one")
    assert not incoming.answered(NUMBER, others, b"answer to one, again")
    assert incoming.first(NUMBER).parts == (b"two",)
    assert incoming.answered(NUMBER, incoming.first(NUMBER), b"")
    assert (incoming.first(NUMBER), incoming.answer(NUMBER)) == (None, b"answer to one")


def test_an_answer_is_noted_as_sent_by_one_process(incoming):
    part(incoming, 0, 1, b"one")
    incoming.answered(NUMBER, incoming.first(NUMBER), b"2 parts")
    assert incoming.advance(NUMBER, b"2 parts", b"1 part")
    assert not incoming.advance(NUMBER, b"2 parts", b"1 part")
    assert incoming.advance(NUMBER, b"1 part", b"")
    assert incoming.answer(NUMBER) is None


def test_a_flood_is_turned_away_and_not_forgotten(incoming):
    kept = [part(incoming, 0, 1, b"x%d" % n, delivery=f"d{n}") for n in range(MAX_WAITING_SMS + 1)]
    assert kept[-1] is KeptParts.FULL
    incoming.answered(NUMBER, incoming.first(NUMBER), b"")
    assert part(incoming, 0, 1, b"x", delivery=f"d{MAX_WAITING_SMS}") is KeptParts.MESSAGE, "as the gateway tries again"
