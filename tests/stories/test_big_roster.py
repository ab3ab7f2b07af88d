"""A thousand contacts: the log-in stays quick, the list comes whole, and no message waits behind their presence. Ten thousand:
every one of them is on a list that the phone can read."""

import time
from dataclasses import replace
from pathlib import Path

from onesoup.csp.codec.generated_elements import NewMessage
from onesoup.phone.profiles import GENERIC_PROFILE
from tests.support.secrets import secret_text
from tests.support.world import World

MANY, MOST = 1000, 10_000
PARSER = 32_767
MIB = 1024 * 1024
SMALL = replace(GENERIC_PROFILE, capabilities={**GENERIC_PROFILE.capabilities, "parser_size": PARSER})


def test_a_thousand_contacts_and_a_message_in_time(world: World) -> None:
    alice, bob = world.cast("alice", "bob", strangers=True)
    friends = {bob.user: "Bob"} | {f"friend{number}": f"Friend {number}" for number in range(MANY - 1)}
    world.stack.prosody.add_account(alice.user, alice.password, friends)
    world.phone(bob).start().logout()  # the server knows what our client is: it asks once for all, and not for each contact
    there = world.online(bob)
    phone = world.phone(alice)
    began = time.monotonic()
    phone.login()
    assert time.monotonic() - began < 8.0  # the promise to any phone
    phone.negotiate()
    phone.publish()
    assert len(phone.list_contacts()) == MANY
    phone.subscribe(lists=phone.get_lists())
    there.send(alice.jid, text := secret_text())
    world.waits(phone, text)  # the server is busy with a thousand contacts, and not what is looked at here
    handed, transaction = 0, phone.poll()
    while transaction is None or not isinstance(transaction.content, NewMessage):
        handed += transaction is not None
        assert handed < 10, "presence of a thousand contacts went before a message"
        transaction = phone.answer(transaction) if transaction is not None else phone.poll()
    assert transaction.content.content_data == text


def test_ten_thousand_contacts_and_each_is_on_a_list_that_the_phone_reads(world: World) -> None:
    (alice,) = world.cast("alice", strangers=True)
    friends = {f"friend{number}": f"Friend {number} & co." for number in range(MOST)}
    world.stack.prosody.add_account(alice.user, alice.password, friends)
    holder = world.stack.processes["holder"].pid
    before = _memory(holder, "VmRSS")
    _forget_peak(holder)
    phone = world.phone(alice, profile=SMALL)
    began = time.monotonic()
    phone.login()
    took = time.monotonic() - began
    grown = _memory(holder, "VmHWM") - before
    phone.negotiate()
    found = {each.user: name for name in phone.get_lists() for each in phone.list_contacts(name)}
    all_took = time.monotonic() - began
    print(f"log-in {took:.2f} s, with all lists {all_took:.2f} s, holder grows by {grown / MIB:.1f} MiB at most")
    assert found.keys() == {f"wv:{user}@{alice.domain}" for user in friends}
    assert len(set(found.values())) > 15
    assert took < 8.0
    assert all_took < 90.0
    assert grown < 60 * MIB


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _memory(pid: int, name: str) -> int:
    """Bytes of a process, from the status that Linux shows of it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))
