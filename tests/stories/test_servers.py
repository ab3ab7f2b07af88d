"""Every way to log in works with Prosody and with ejabberd, and a phone talks, loses its holder and leaves with either."""

import pytest

from onesoup.phone.errors import Refused
from tests.support.secrets import secret_text
from tests.support.world import World

WAYS = ["plain", "MD5", "SHA", "MD4", "PWD", "MD5,PWD"]


@pytest.mark.parametrize("way", WAYS)
def test_every_form_of_log_in(either: World, way: str) -> None:
    """Right and wrong password, an id with and without domain, and once more inside the old session."""
    (alice,) = either.cast("alice")
    with pytest.raises(Refused) as refused:
        either.phone(alice, password=secret_text("wrong"), way=way).login()
    assert refused.value.code == 409
    phone = either.phone(alice, way=way)
    assert phone.login().session_id
    phone.negotiate()
    assert phone.login(inband=True).session_id
    assert either.phone(alice, user=alice.user, way=way).login().session_id
    phone.close()


def test_an_unknown_user_is_refused(either: World) -> None:
    (alice,) = either.cast("alice")
    with pytest.raises(Refused) as refused:
        either.phone(alice, user=f"nobody@{alice.domain}").login()
    assert refused.value.code == 409


def test_a_conversation(either: World) -> None:
    """Presence, lists, messages both ways, a delivery report, and the end."""
    alice, bob = either.cast("alice", "bob")
    there = either.online(bob, show="away")
    phone = either.phone(alice).start()
    there.wait("presence", sender=alice.jid, type="available")
    assert [contact.user for contact in phone.list_contacts()] == [bob.wv]
    assert phone.sees(bob, online=True).availability == "NOT_AVAILABLE"
    phone.send(bob.wv, out := secret_text("out & <about> "))
    there.message(sender=alice.jid, body=out)
    there.send(alice.jid, back := secret_text("and back € "))
    phone.hears(back)
    phone.logout()
    there.wait("presence", sender=alice.jid, type="unavailable")


def test_the_same_handset_again_keeps_its_stream(either: World) -> None:
    alice, bob = either.cast("alice", "bob")
    there = either.online(bob)
    either.phone(alice, client_id="handset").start()
    there.wait("presence", sender=alice.jid, type="available")
    phone = either.phone(alice, client_id="handset").start()
    there.send(alice.jid, text := secret_text())
    phone.hears(text)
    assert not there.all("presence", sender=alice.jid, type="unavailable", resource="handset")
