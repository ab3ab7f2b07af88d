"""Contact lists over a roster: which contact is where, and how a list is called."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp.lists import (
    DEFAULT_TOKEN,
    ContactList,
    Item,
    all_lists,
    belongs_to_list,
    free_group,
    list_members,
    token_of,
    with_list,
    without_list,
)

FRIENDS = ContactList("friends", "Friends", "Friends", default=True)
WORK = ContactList("work", "Work", "Work")
ROMEO = Item("romeo@x.org", "Romeo", subscription="both")
JULIET = Item("juliet@x.org", "Juliet", ("Work",), "both")


def test_without_anything_there_is_a_default_list():
    lists = all_lists({}, [])
    assert list(lists) == [DEFAULT_TOKEN]
    assert lists[DEFAULT_TOKEN].default
    assert lists[DEFAULT_TOKEN].name == "Friends"


def test_contacts_without_a_group_are_in_the_default_list():
    lists = all_lists({}, [ROMEO, JULIET])
    assert [item.jid for item in list_members(lists["friends"], [ROMEO, JULIET])] == ["romeo@x.org"]
    assert [item.jid for item in list_members(lists["work"], [ROMEO, JULIET])] == ["juliet@x.org"]


def test_contacts_in_the_group_of_the_default_list_are_in_it_too():
    grouped = Item("nurse@x.org", "Nurse", ("Friends", "Work"), "to")
    lists = all_lists({}, [grouped])
    assert set(lists) == {"friends", "work"}
    assert all(belongs_to_list(each, grouped) for each in lists.values())


def test_a_plain_group_is_its_own_token_in_small_letters():
    assert token_of("Work") == "work"


def test_a_group_that_cannot_stand_in_an_address_gets_a_digest():
    for group in ("Café", "my friends", "a/b", "x" * 21, "~pep1.0_block", ""):
        token = token_of(group)
        assert len(token) == 9
        assert token[0] == "g"
        assert token[1:].isalnum()


def test_of_two_groups_with_one_token_the_second_takes_the_digest():
    roster = [Item("a@x", "A", ("Work",)), Item("b@x", "B", ("work",))]
    lists = all_lists({}, roster)
    assert len(lists) == 3
    assert {each.group for each in lists.values()} == {"Friends", "Work", "work"}


def test_tokens_differ_in_more_than_case():
    """A list that a phone has made keeps its spelling; a group that folds to it must not hide behind it."""
    stored = {"MyList": ContactList("MyList", "Mine", "Mine")}
    lists = all_lists(stored, [Item("a@x", "A", ("mylist",))])
    assert len({token.lower() for token in lists}) == len(lists) == 3


def test_a_group_that_is_the_default_list_but_for_case_hides_nobody():
    roster = [Item("a@x", "A", ("friends",)), Item("b@x", "B", ("Friends",)), Item("c@x", "C")]
    shown = {item.jid for each in all_lists({}, roster).values() for item in list_members(each, roster)}
    assert shown == {"a@x", "b@x", "c@x"}


GROUPS = st.lists(st.sampled_from(["Friends", "friends", "FRIENDS", "Work", "work", "Café", "~odd", "g", ""]), max_size=3)
ITEMS = st.lists(st.builds(Item, st.sampled_from(["a@x", "b@x", "c@x"]), st.just("N"), GROUPS.map(tuple)), max_size=6)
STORED = st.lists(
    st.builds(
        ContactList,
        st.sampled_from(["friends", "Work", "other", "~pep1.0_privatelist"]),
        st.just("Name"),
        st.sampled_from(["Friends", "Work", "work", "Other"]),
        order=st.integers(0, 3),
    ),
    max_size=3,
)


@given(ITEMS, STORED)
def test_every_contact_is_in_some_list_and_one_list_is_the_default(items, stored):
    items = [Item(each.jid, each.name, tuple(group for group in each.groups if group)) for each in items]
    stored_lists = {each.token: ContactList(each.token, "Name", "" if each.private else each.group) for each in stored}
    lists = all_lists(stored_lists, items)
    assert sum(each.default for each in lists.values()) == 1
    assert all(token == each.token for token, each in lists.items())
    for item in items:
        assert any(belongs_to_list(each, item) for each in lists.values() if not each.private)


def test_leftovers_of_the_roster_are_not_contacts():
    assert list_members(FRIENDS, [Item("gone@x.org")]) == []


def test_a_transport_is_a_contact():
    roster = [Item("irc.x.org", "Gateway", subscription="both")]
    assert list_members(FRIENDS, roster) == roster


def test_a_request_under_way_is_a_contact():
    assert list_members(FRIENDS, [Item("new@x.org", ask=True)]) != []


def test_a_contact_joins_the_default_list_without_getting_a_group():
    assert with_list(Item("new@x.org"), FRIENDS).groups == ()


def test_a_contact_of_another_list_joins_the_default_one_by_its_group():
    assert with_list(JULIET, FRIENDS).groups == ("Work", "Friends")


def test_a_contact_joins_a_list_once():
    assert with_list(JULIET, WORK).groups == ("Work",)
    assert with_list(with_list(ROMEO, WORK), WORK).groups == ("Friends", "Work")


def test_off_one_of_two_lists_a_contact_stays_in_the_other():
    both = Item("a@x", "A", ("Work", "Friends"))
    assert without_list(both, WORK) == Item("a@x", "A", ("Friends",))


def test_off_its_last_list_a_contact_leaves_the_roster():
    assert without_list(JULIET, WORK) is None
    assert without_list(ROMEO, FRIENDS) is None


def test_lists_of_presence_clients_keep_their_members_themselves():
    private = ContactList("~pep1.0_privatelist", "Mine", members={"romeo@x.org": "R"})
    assert list_members(private, [JULIET]) == [Item("romeo@x.org", "R")]
    assert not belongs_to_list(private, ROMEO)


def test_members_come_by_name():
    roster = [Item("z@x", "bob"), Item("a@x", "Carol"), Item("m@x", "Alice")]
    assert [item.name for item in list_members(FRIENDS, roster)] == ["Alice", "bob", "Carol"]


# --- a contact on several lists ---


def test_a_contact_of_the_default_list_stays_there_when_it_joins_another():
    """Without a group it is in the default list; the first group would take it off."""
    both = with_list(ROMEO, WORK)
    assert both.groups == ("Friends", "Work")
    assert belongs_to_list(FRIENDS, both)
    assert belongs_to_list(WORK, both)


def test_the_default_list_may_be_called_anything():
    assert with_list(ROMEO, WORK, "Amici").groups == ("Amici", "Work")


def test_somebody_new_is_on_the_list_that_was_named_alone():
    assert with_list(Item("new@x.org"), WORK).groups == ("Work",)


PRIVATE = ContactList("~pep1.0_privatelist", "Mine", members={"romeo@x.org": "R"})


def test_a_list_of_a_presence_client_holds_a_contact_too():
    left = without_list(ROMEO, FRIENDS, [FRIENDS, WORK, PRIVATE])
    assert left is not None
    roster = [left]
    shown = all_lists({"~pep1.0_privatelist": PRIVATE}, roster)
    assert set(shown) == {"friends", "~pep1.0_privatelist"}
    assert list_members(shown["friends"], roster) == []
    assert without_list(left, PRIVATE, [FRIENDS, WORK]) is None


def test_two_lists_never_share_a_group():
    assert free_group("Club", "club", [FRIENDS, WORK]) == "Club"
    assert free_group("Work", "club", [FRIENDS, WORK]) == "club"
    assert free_group("Work", "Friends", [FRIENDS, WORK]) == "Work 2"
    assert free_group("Work", "work", [FRIENDS, WORK]) == "Work"


def test_a_list_of_a_presence_client_is_never_the_default():
    """It could not show the contacts without a group: nobody would see them any more."""
    stored = {"~pep1.0_privatelist": ContactList("~pep1.0_privatelist", "Mine", default=True)}
    lists = all_lists(stored, [ROMEO])
    assert [token for token, each in lists.items() if each.default] == ["friends"]


CLUB = ContactList("club", "Club", "Club")
KNOWN = {"friends": FRIENDS, "work": WORK, "club": CLUB}
STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(sorted(KNOWN))), max_size=12)


@given(st.sampled_from([(), ("Friends",), ("Work",), ("Work", "Club")]), STEPS)
def test_lists_are_sets(groups, steps):
    """Whatever is added and removed: a contact is on exactly the lists that it was put on and not taken off, and leaves the
    roster with the last of them."""
    item = Item("romeo@x.org", "Romeo", groups, "both")
    on = {token for token, each in KNOWN.items() if belongs_to_list(each, item)}
    for adds, token in steps:
        if item is None:
            item = Item("romeo@x.org")
        if adds:
            item = replace(with_list(item, KNOWN[token]), name="Romeo", subscription="both")
            on.add(token)
        elif belongs_to_list(KNOWN[token], item):
            item = without_list(item, KNOWN[token], KNOWN.values())
            on.discard(token)
        assert on == {each for each in KNOWN if item is not None and item.shown and belongs_to_list(KNOWN[each], item)}
