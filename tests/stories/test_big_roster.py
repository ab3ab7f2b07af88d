"""A thousand contacts: the log-in stays quick, the list comes whole, and no message waits behind their presence."""

import time

from onesoup.csp.elements import NewMessage
from tests.support.secrets import secret_text
from tests.support.world import World

MANY = 1000


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
