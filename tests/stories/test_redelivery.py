"""What a phone has not answered comes again, under a new TransactionID and with the same MessageID, whoever died between."""

import time

from onesoup.csp.codec.envelope import Transaction
from onesoup.csp.codec.generated_elements import NewMessage
from tests.support.secrets import secret_text
from tests.support.world import StoryPhone, World

REPEAT = 1.5


def impatient(world: World, person) -> StoryPhone:  # type: ignore[no-untyped-def]
    """A phone whose polls are not held, since it has an STCP line."""
    phone = world.phone(person, cir=["STCP"])
    phone.start()
    assert phone.stcp
    return phone


def message_id(transaction: Transaction) -> str:
    return transaction.content.message_info.message_id  # type: ignore[attr-defined]


def no_message_waits(phone: StoryPhone) -> None:
    while (transaction := phone.poll()) is not None:  # the presence of a contact may come late
        assert not isinstance(transaction.content, NewMessage)
        phone.answer(transaction)


def test_a_message_survives_the_kill_of_the_worker_that_handed_it_out(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = impatient(world, alice), world.online(bob)
    there.send(alice.jid, text := secret_text())
    first = phone.handed()
    world.kill_workers()
    again = phone.handed()
    assert again.id != first.id
    assert message_id(again) == message_id(first)
    assert again.content.content_data == text  # type: ignore[attr-defined]
    phone.answer(again)
    assert phone.said() == [text]


def test_it_does_not_come_again_before_its_time_and_never_once_it_is_answered(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = impatient(world, alice), world.online(bob)
    there.send(alice.jid, secret_text())
    sent_at = time.monotonic()
    first = phone.handed()
    again = phone.handed()
    assert time.monotonic() - sent_at > REPEAT
    assert (message_id(again), again.id != first.id) == (message_id(first), True)
    phone.answer(again)
    time.sleep(REPEAT * 1.2)  # longer than the repeat time, and nothing to wait for
    no_message_waits(phone)


def test_an_answer_under_the_old_transaction_id_counts(world: World) -> None:
    """The phone took the first try in after all; its acknowledgement was late."""
    alice, bob = world.cast("alice", "bob")
    phone, there = impatient(world, alice), world.online(bob)
    there.send(alice.jid, secret_text())
    first = phone.handed()
    phone.handed()
    phone.answer(first)
    time.sleep(REPEAT * 1.2)
    no_message_waits(phone)


def test_messages_come_in_the_order_in_which_they_were_written(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = impatient(world, alice), world.online(bob)
    texts = [secret_text(f"{number}: ") for number in range(12)]
    for text in texts:
        there.send(alice.jid, text)
    phone.hears(texts[-1])
    assert phone.said() == texts


def test_the_receipt_goes_out_when_the_phone_has_the_message_and_not_before(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, there = impatient(world, alice), world.online(bob)
    there.send(alice.jid, secret_text(), id="m1", receipt=True)
    handed = phone.handed()
    assert not there.all("receipt")
    phone.answer(handed)
    assert there.wait("receipt", sender=alice.jid).id == "m1"
