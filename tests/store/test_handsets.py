"""What is remembered of handsets: a little of a few, for a while."""

from onesoup.store.account.handsets import MAX_HANDSET_VALUE_BYTES, MAX_HANDSETS, OWN, POLL, HandsetMemory

ALICE = "alice@x"


def test_each_handset_has_its_own(client):
    handsets = HandsetMemory(client)
    handsets.put(ALICE, "Razr V3", OWN, b"said")
    handsets.put(ALICE, "Razr V3", POLL, 15)
    assert handsets.get(ALICE, "Razr V3", OWN) == b"said"
    assert handsets.get(ALICE, "Razr V3", POLL) == b"15"
    assert handsets.get(ALICE, "Razr", OWN) is None
    assert handsets.get("bob@x", "Razr V3", OWN) is None
    assert 0 < client.pttl(f"handsets:{{{ALICE}}}") <= 90 * 86_400_000


def test_only_so_many_are_remembered_and_the_newest_is_among_them(client):
    """Whoever logs in chooses what the handset is called."""
    handsets = HandsetMemory(client)
    for number in range(50):
        handsets.put(ALICE, f"phone{number}", OWN, b"said")
        handsets.put(ALICE, f"phone{number}", POLL, number)
        assert handsets.get(ALICE, f"phone{number}", OWN) == b"said"
    assert client.hlen(f"handsets:{{{ALICE}}}") == 2 * MAX_HANDSETS


def test_what_is_too_much_is_not_remembered(client):
    handsets = HandsetMemory(client)
    assert not handsets.put(ALICE, "phone", OWN, b"x" * (MAX_HANDSET_VALUE_BYTES + 1))
    assert client.keys("*") == []
