"""Block and grant lists in the forms of each version; the server is told by commands."""

import pytest

from onesoup.csp.blocking import Rules
from onesoup.csp.codec.generated_elements import (
    AddList,
    BlockEntityRequest,
    BlockList,
    GetBlockedListRequest,
    GrantList,
    RemoveList,
    ScreenName,
)
from onesoup.csp.lists import Item
from onesoup.xmpp import namespaces

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"


def listed(phone):
    """(blocked, granted, block list in use, grant list in use), wherever the version puts them."""
    answer = phone.ask(GetBlockedListRequest())
    inside = phone.version != "1.3"
    assert (answer.block_list.in_use is not None) is inside
    assert (answer.block_list_in_use is not None) is not inside
    return (
        answer.block_list.entity_list.user_id,
        answer.grant_list.entity_list.user_id if answer.grant_list.entity_list else [],
        answer.block_list.in_use if inside else answer.block_list_in_use,
        answer.grant_list.in_use if inside else answer.grant_list_in_use,
    )


def block(*users, in_use=None):
    return BlockEntityRequest(block_list=BlockList(in_use=in_use, add_list=AddList(user_id=list(users))))


def unblock(*users):
    return BlockEntityRequest(block_list=BlockList(remove_list=RemoveList(user_id=list(users))))


def told(phone, holder):
    return [(op, each["jids"]) for op in ("block", "unblock") for each in holder.ops(phone, op)]


def test_lists_in_the_form_of_each_version(every_phone, holder):
    phone = every_phone
    assert listed(phone) == ([], [], False, False)
    assert phone.ask(block(ROMEO, NURSE)).result.code == 200
    assert listed(phone) == ([NURSE, ROMEO], [], True, False)
    assert phone.ask(unblock(NURSE)).result.code == 200
    assert listed(phone) == ([ROMEO], [], True, False)
    assert told(phone, holder) == [
        ("block", ["nurse@example.net", "romeo@example.net"]),
        ("unblock", ["nurse@example.net"]),
    ]


def test_a_contact_list_stands_for_those_who_are_in_it(new_phone, holder):
    phone = new_phone(version="1.3")
    phone.log_in("wv:alice@example.org")
    holder.roster(phone.sid, Item("romeo@example.net", "Romeo", ("Friends",), "both"))
    mine, nobodys = "wv:alice/friends@example.org", "wv:alice/nobody@example.org"
    friends = GrantList(add_list=AddList(contact_list=[mine]))
    assert phone.ask(BlockEntityRequest(grant_list=friends, grant_list_in_use=True)).result.code == 200
    assert listed(phone)[1::2] == ([ROMEO], True)
    both = BlockList(add_list=AddList(user_id=[NURSE], contact_list=[nobodys]))
    answer = phone.ask(BlockEntityRequest(block_list=both))
    assert [(each.code, each.contact_list) for each in answer.result.detailed_result] == [(700, [nobodys])]
    gone = GrantList(remove_list=RemoveList(contact_list=[mine]))
    assert phone.ask(BlockEntityRequest(grant_list=gone)).result.code == 200
    assert listed(phone)[:2] == ([NURSE], [])


def test_the_server_is_told_whatever_the_record_says(phone, holder, services):
    """Pushes about earlier changes come late: for a moment the record has whom the server blocks no more, or lacks whom it
    blocks. A block that stayed here would be none."""
    jid, romeo = "alice@example.org", "romeo@example.net"
    services.blocks.confirm(jid, [romeo])
    phone.ask(block(ROMEO))
    assert told(phone, holder) == [("block", [romeo])]
    services.blocks.lift(jid, [romeo])
    phone.ask(unblock(ROMEO))
    assert told(phone, holder) == [("block", [romeo]), ("unblock", [romeo])]


def test_a_list_out_of_use_keeps_its_members_and_leaves_the_server(phone, holder):
    phone.ask(block(ROMEO))
    phone.ask(BlockEntityRequest(block_list=BlockList(in_use=False)))
    assert listed(phone) == (["wv:romeo@example.net"], [], False, False)
    phone.ask(BlockEntityRequest(block_list=BlockList(in_use=True)))
    assert told(phone, holder) == [("block", ["romeo@example.net"])] * 2 + [("unblock", ["romeo@example.net"])]


def test_flags_beside_the_lists_and_lists_without_members(phone):
    wish = BlockEntityRequest(
        block_list=BlockList(add_list=AddList(), remove_list=RemoveList()),
        grant_list=GrantList(add_list=AddList(user_id=[NURSE])),
        grant_list_in_use=True,
    )
    assert phone.ask(wish).result.code == 200
    assert listed(phone)[1::2] == ([NURSE], True)


def test_one_entry_that_is_no_user_does_not_stop_the_others(phone, holder):
    wish = block("sip:somebody", ROMEO)
    wish.block_list.add_list.group_id = ["wv:/room@conference.example.org"]
    wish.block_list.add_list.screen_name = [ScreenName(s_name="Tybalt", group_id="wv:/room@conference.example.org")]
    result = phone.ask(wish).result
    assert result.code == 201
    assert [each.code for each in result.detailed_result] == [531, 516, 516]  # nobody has heard of rooms there
    assert result.detailed_result[0].user_id == ["sip:somebody"]
    assert listed(phone)[0] == [ROMEO]


def test_a_group_whose_domain_is_silent_does_not_stop_the_others(phone, holder):
    holder.iqs["far.example", namespaces.DISCO_INFO] = "remote-server-timeout"
    names = AddList(user_id=[ROMEO], group_id=["wv:/tea@far.example"])
    answer = phone.ask(BlockEntityRequest(block_list=BlockList(add_list=names)))
    assert [(each.code, each.group_id) for each in answer.result.detailed_result] == [(504, ["wv:/tea@far.example"])]
    assert told(phone, holder) == [("block", ["romeo@example.net"])]


def test_nobody_blocks_himself(phone, holder):
    assert phone.ask(block("wv:alice@example.org")).result.code == 200
    assert listed(phone)[0] == []
    assert told(phone, holder) == []


@pytest.mark.parametrize(
    ("rules", "heard"),
    [
        (Rules(), True),
        (Rules(blocked=frozenset({"r"})), False),
        (Rules(blocked=frozenset({"r"}), block_in_use=False), True),
        (Rules(grant_in_use=True), False),
        (Rules(granted=frozenset({"r"}), grant_in_use=True), True),
        (Rules(granted=frozenset({"r"}), blocked=frozenset({"r"}), grant_in_use=True), False),
    ],
)
def test_whom_an_account_hears(rules, heard):
    assert rules.refuse("r") is not heard
