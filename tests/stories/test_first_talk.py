"""A phone logs in, sees its contacts and how they are, talks with one of them, says how it is itself, and logs out."""

import pytest

from onesoup.csp.codec.generated_elements import Disconnect, Status
from onesoup.phone.errors import SessionOver
from onesoup.wire.document import Encoding
from tests.support.secrets import secret_text
from tests.support.world import MATRIX, World

PLAIN_TEXT = [(version, Encoding.PTS) for version in ("1.1", "1.2", "1.3")]


@pytest.mark.parametrize(("version", "encoding"), [*MATRIX, *PLAIN_TEXT])
def test_a_phone_of_any_version_and_encoding_talks_with_an_xmpp_client(world: World, version: str, encoding: Encoding) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    there = world.online(bob, show="away", status=(gone := secret_text("gone fishing, ", " & back <soon>")))
    phone = world.phone(alice, version=version, encoding=encoding)

    phone.login()
    phone.negotiate()
    phone.publish()
    there.wait("presence", sender=alice.jid, type="available")
    phone.get_lists()
    assert {contact.name: contact.user for contact in phone.list_contacts()} == {"Bob": bob.wv, "Carol": carol.wv}

    phone.subscribe(lists=[phone.default_list])
    shown = phone.sees(bob, online=True)
    assert (shown.availability, shown.text) == ("NOT_AVAILABLE", gone)
    assert not phone.sees(carol, online=False).online
    assert phone.get_presence([bob.wv])[0].text == gone

    text = secret_text("Grüße 😀 \"quoted\" 'single' & <b>not bold</b> ", " €\nsecond line")
    message_id = phone.send(bob.wv, text)
    came = there.message(sender=alice.jid)
    assert (came.body, bool(message_id)) == (text, True)

    there.send(alice.jid, answer := secret_text("And <you> & 'yours' ", ' "too" 🎉'))
    heard = phone.hears(answer)
    assert heard.sender == bob.wv
    assert heard.id

    phone.update_presence("DISCREET", busy := secret_text("in a meeting, "))
    there.wait("presence", sender=alice.jid, show="dnd", status=busy)

    goodbye = phone.logout()
    assert isinstance(goodbye, Disconnect if version == "1.1" else Status)
    there.wait("presence", sender=alice.jid, type="unavailable")


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_after_the_log_out_the_session_is_unknown(world: World, version: str, encoding: Encoding) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version=version, encoding=encoding)
    phone.login()
    old = phone.session_id
    phone.logout()
    phone.session_id = old
    with pytest.raises(SessionOver) as over:
        phone.poll()
    assert over.value.code == 604


def test_the_family_that_plain_text_syntax_is_known_from_starts_with_it(world: World) -> None:
    """Whole start of Android: digest log-in, negotiation, own presence, block list, lists, subscriptions."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, encoding=Encoding.PTS, profile="android")
    phone.start()
    there.send(alice.jid, text := secret_text("are you there, "))
    phone.hears(text)
    phone.logout()
