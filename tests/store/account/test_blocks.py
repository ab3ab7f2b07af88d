"""Block and grant lists of an account: the phone's wishes beside what the server has confirmed."""

import pytest

from onesoup.store.account.blocks import BLOCK, BLOCK_CHANGES_CHANNEL, GRANT, BlockLists

ME, BOB, EVE = "alice@example.org", "bob@example.org", "eve@example.net"


@pytest.fixture
def blocks(client):
    return BlockLists(client)


def blocked(blocks):
    return blocks.read(ME)[0][BLOCK]


def test_an_account_begins_with_nothing(blocks):
    assert blocks.read(ME) == ({BLOCK: set(), GRANT: set()}, {})


def test_each_list_has_its_members_and_its_switch(blocks):
    blocks.add(ME, BLOCK, [BOB, EVE])
    blocks.add(ME, GRANT, [BOB])
    blocks.remove(ME, BLOCK, [EVE, "nobody@example.org"])
    blocks.use(ME, GRANT, True)
    assert blocks.read(ME) == ({BLOCK: {BOB}, GRANT: {BOB}}, {GRANT: True})
    assert blocks.read("other@example.org") == ({BLOCK: set(), GRANT: set()}, {})


def test_what_another_client_unblocked_goes_and_a_wish_stays(blocks):
    blocks.confirm(ME, [BOB])
    blocks.add(ME, BLOCK, [EVE])
    blocks.sync(ME, ["new@example.net"])
    assert blocked(blocks) == {EVE, "new@example.net"}
    blocks.lift(ME, [EVE])
    assert blocked(blocks) == {"new@example.net"}


def test_a_list_out_of_use_is_not_lost_when_the_server_has_nobody_of_it(blocks):
    blocks.confirm(ME, [BOB])
    blocks.use(ME, BLOCK, False)
    blocks.lift(ME, [BOB])
    blocks.sync(ME, [])
    assert blocked(blocks) == {BOB}


def test_whoever_keeps_the_lists_is_told_of_changes_and_of_nothing_else(blocks, listen):
    heard = listen(BLOCK_CHANGES_CHANNEL)
    blocks.sync(ME, [])
    blocks.lift(ME, [BOB])
    blocks.add(ME, GRANT, [])
    assert heard() == []
    for change in (
        lambda: blocks.add(ME, GRANT, [BOB]),
        lambda: blocks.use(ME, GRANT, True),
        lambda: blocks.remove(ME, GRANT, [BOB]),
        lambda: blocks.confirm(ME, [EVE]),
        lambda: blocks.sync(ME, [BOB, EVE]),
        lambda: blocks.lift(ME, [EVE]),
        lambda: blocks.sync(ME, []),
    ):
        change()
        assert heard() == [ME.encode()]
    blocks.sync(ME, [])
    assert heard() == []
