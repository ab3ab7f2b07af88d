"""What is remembered of handsets: a little of a few, for a while."""

from onesoup.store.account.handsets import MAX_HANDSET_VALUE_BYTES, MAX_HANDSETS, HandsetMemory

ALICE = "alice@x"
SAID = {"text": "said"}


def test_each_handset_has_its_own(client):
    handsets = HandsetMemory(client)
    handsets.keep_own_presence(ALICE, "Razr V3", SAID)
    handsets.keep_poll_min(ALICE, "Razr V3", 15)
    assert handsets.own_presence(ALICE, "Razr V3") == SAID
    assert handsets.poll_min(ALICE, "Razr V3") == 15
    assert handsets.own_presence(ALICE, "Razr") == {}
    assert handsets.own_presence("bob@x", "Razr V3") == {}
    assert 0 < client.pttl(f"handsets:{{{ALICE}}}") <= 90 * 86_400_000


def test_a_handset_that_subscribes_nothing_differs_from_one_that_is_not_known(client):
    handsets = HandsetMemory(client)
    assert handsets.pep_nodes(ALICE, "Razr V3") is None
    for nodes in ([], ["urn:mood", "urn:nick"]):
        handsets.keep_pep_nodes(ALICE, "Razr V3", nodes)
        assert handsets.pep_nodes(ALICE, "Razr V3") == nodes


def test_only_so_many_are_remembered_and_the_newest_is_among_them(client):
    """Whoever logs in chooses what the handset is called."""
    handsets = HandsetMemory(client)
    for number in range(50):
        handsets.keep_own_presence(ALICE, f"phone{number}", SAID)
        handsets.keep_poll_min(ALICE, f"phone{number}", number)
        assert handsets.own_presence(ALICE, f"phone{number}") == SAID
    assert client.hlen(f"handsets:{{{ALICE}}}") == 2 * MAX_HANDSETS


def test_what_is_too_much_is_not_remembered(client):
    handsets = HandsetMemory(client)
    assert not handsets.keep_own_presence(ALICE, "phone", {"text": "x" * MAX_HANDSET_VALUE_BYTES})
    assert client.keys("*") == []
