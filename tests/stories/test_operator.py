"""What operators do: tell everybody something, let new people in."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    NewMessage,
    NotificationRequest,
    NotificationTypeList,
    RegistrationRequest,
    RegistrationResponse,
    SubscribeNotificationRequest,
    SystemMessageRequest,
    User,
)
from onesoup.phone.engine import Phone
from onesoup.phone.errors import Refused, SessionOver
from onesoup.wire.document import Encoding
from tests.support.peer import WITHIN
from tests.support.secrets import keep_password, secret_text
from tests.support.world import StoryPhone, World


def announce(world: World, *words: str) -> str:
    return operate(world, "announce", *words)


def operate(world: World, *words: str) -> str:
    """What a command of an operator says."""
    command = [str(Path(sys.prefix, "bin", "onesoup")), *words]
    done = subprocess.run(command, env=world.stack.env, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def taken(phone: StoryPhone, kind: Any) -> Any:
    """The next server transaction of a kind; everything is answered, also on the way."""
    end = time.monotonic() + WITHIN
    while True:
        transaction = phone.poll()
        while transaction is not None:
            content, transaction = transaction.content, phone.answer(transaction)
            if isinstance(content, kind):
                return content
        assert time.monotonic() < end, f"no {kind} within {WITHIN:g} s"
        if phone.stcp:
            time.sleep(0.05)  # polls of this phone are not held


def test_an_announcement_reaches_every_phone_that_is_meant(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    old, new, other = (
        world.phone(alice, client_id="old", version="1.1").start(),
        world.phone(alice, client_id="new", version="1.3").start(),
        world.phone(bob, version="1.2").start(),
    )
    text = secret_text("Maintenance at noon ")
    assert "told 2 sessions" in announce(world, text, "--user", alice.jid)
    assert old.hears(text).sender == f"wv:{world.stack.domain}@{world.stack.domain}"
    told = taken(new, SystemMessageRequest)
    assert told.system_message_list is not None
    assert told.system_message_list.system_message[0].system_message_text == text
    again = secret_text("All is well ")
    assert "told " in announce(world, again, "--domain", world.stack.domain)
    other.hears(again)
    assert text not in other.said()


def test_a_phone_is_told_which_lists_a_desk_client_has_changed(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    desk, bobs = world.online(alice), world.online(bob)
    phone = world.phone(alice, version="1.3").start()
    phone.request(SubscribeNotificationRequest(NotificationTypeList(["CLC", "ANU"])))
    phone.add_contact(f"wv:own-choice@{alice.domain}", "Mine")  # no news to the phone
    desk.rename(bob.jid, "Robert")
    bobs.send(alice.jid, secret_text())
    told = []
    while not isinstance(content := taken(phone, NotificationRequest | NewMessage), NewMessage):
        told.append(content)
    (notification,) = told
    assert notification.notification_type == "CLC"
    assert [each.lower() for each in notification.contact_list_id_list.contact_list] == [phone.default_list.lower()]
    phone.get_lists()
    assert "Robert" in {contact.name for contact in phone.list_contacts(phone.default_list)}


def test_a_user_is_shut_out_by_every_gateway_and_let_in_again(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    phone, other = world.phone(alice).start(), world.phone(bob).start()
    assert "ended 1 session" in operate(world, "block", "user", alice.jid, "--reason", "sends spam")
    with pytest.raises(SessionOver):
        phone.keep_alive()
    other.keep_alive()
    for version in ("1.1", "1.2", "1.3"):
        with pytest.raises(Refused) as refused:
            world.phone(alice, version=version).login()
        assert refused.value.code == 403
    assert f"user {alice.jid} is not blocked any more" in operate(world, "unblock", alice.jid)
    end = time.monotonic() + WITHIN
    while True:  # the gateways hear of it at once, but not before the command has ended
        try:
            world.phone(alice).start().send(bob.wv, text := secret_text())
            break
        except Refused:
            assert time.monotonic() < end
            time.sleep(0.1)
    other.hears(text)


@pytest.fixture
def open_door(world: World) -> str:
    """The address of a gateway that makes new accounts."""
    from onesoup.runtime.ports import free_port

    port = free_port()
    env = {"ONESOUP_HTTP_PORT": str(port), "ONESOUP_REGISTRATION": "true", "ONESOUP_REMEMBER_PASSWORD": "true"}
    world.stack.start("web", "web-open", env | {"ONESOUP_REGISTRATIONS_PER_HOUR": "2"})
    yield f"http://127.0.0.1:{port}/"  # type: ignore[misc]
    world.stack.stop("web-open")
    del world.stack.processes["web-open"]


def registers(url: str, user: str, password: str) -> int | None:
    phone = Phone(url, user, password, version="1.2", encoding=Encoding.XML)
    request = RegistrationRequest(user=User(user_id=f"wv:{user}"), password=password)
    message = Message("1.2", Encoding.XML, [Transaction(Mode.REQUEST, "1", request)], None, SessionType.OUTBAND)
    _, answer = phone.post(message)
    phone.close()
    assert answer is not None
    (transaction,) = answer.transactions
    assert isinstance(transaction.content, RegistrationResponse)
    assert transaction.content.result is not None
    return transaction.content.result.code


def test_somebody_makes_an_account_on_the_phone_and_logs_in_with_a_digest(world: World, open_door: str) -> None:
    (alice,) = world.cast("alice")
    user, password = f"new{alice.user}", secret_text()
    keep_password(user, password)
    assert registers(world.stack.url, user, password) == 405
    assert registers(open_door, user, password) == 200
    phone = StoryPhone(world.stack.url, f"{user}@{world.stack.domain}", password, way="MD5")
    phone.start()
    phone.send(alice.wv, text := secret_text())
    world.phone(alice).start().hears(text)
    phone.logout()
    assert registers(open_door, alice.user, password) == 403
    assert registers(open_door, f"more{alice.user}", password) == 503
