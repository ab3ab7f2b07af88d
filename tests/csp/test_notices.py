"""Which lists look different after somebody else has changed the roster."""

from onesoup.csp import notices
from onesoup.csp.lists import ContactList, Cut, Item, item_order

WORK = ContactList("work", "Work", "Work")
OWN = ContactList("~pep", "~pep")


def changed(old, new):
    return sorted(notices.changed_lists({"work": WORK, "~pep": OWN}, [(old, new)]))


def test_joining_leaving_and_renaming_change_a_list_and_subscriptions_do_not():
    there = Item("a@x", "A", ("Work",), "both")
    assert changed(None, there) == changed(there, None) == ["work"]
    assert changed(there, Item("a@x", "B", ("Work",), "both")) == ["work"]
    assert changed(there, Item("a@x", "A", (), "both")) == ["friends", "work"]
    assert changed(there, Item("a@x", "A", ("Work",), "none", ask=True)) == []
    assert changed(None, Item("a@x", "A", ("New",), "both")) == ["new"]
    assert changed(None, None) == []


def test_of_a_list_in_parts_the_part_is_named():
    cut = Cut(("work", "work-2"), (item_order(Item("m@x", "M")),))
    of = lambda name: Item(f"{name}@x", name, ("Work",), "both")  # noqa: E731
    for old, new, wanted in ((None, of("A"), ["work"]), (of("Z"), None, ["work-2"]), (None, None, [])):
        assert notices.changed_lists({"work": WORK}, [(old, new)], {"work": cut}) == wanted
