"""Somebody who is alone on a server logs in for the first time: the service contact says hello, once, and answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from onesoup.demo.stack import Stack
from onesoup.phone.profiles import PROFILES
from onesoup.wire.document import Encoding
from onesoup.words.service import say
from tests.support.peer import Peers
from tests.support.world import MATRIX, Person, StoryPhone, World

HELPER = "onesoup"


@pytest.fixture(scope="module")
def helped_stack(tmp_path_factory: pytest.TempPathFactory, made_stack: Callable[..., Stack]) -> Iterator[Stack]:
    with made_stack(tmp_path_factory.mktemp("helped"), env={"ONESOUP_SERVICE_CONTACT": HELPER}) as running:
        yield running


@pytest.fixture
def helped(helped_stack: Stack, peers: Peers) -> Iterator[World]:
    here = World(helped_stack, peers)
    yield here
    here.close()


def started(world: World, person: Person, language: str = "", **options: object) -> StoryPhone:
    """A phone that is logged in and has said what it can take."""
    profile = PROFILES["generic"]
    if language:
        profile = replace(profile, capabilities={**profile.capabilities, "default_language": language})
    phone = world.phone(person, profile=profile, **options)
    phone.login()
    phone.negotiate()
    return phone


def rests(phone: StoryPhone) -> list[str]:
    """What the phone has heard when nothing waits any more."""
    while phone.run_once():
        pass
    return phone.said()


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_the_first_log_in_is_greeted_and_the_sender_can_be_answered(helped: World, version: str, encoding: Encoding) -> None:
    (alice,) = helped.cast("alice")
    welcome = say("welcome", "de", domain=alice.domain)
    phone = started(helped, alice, "deu", version=version, encoding=encoding)
    sender = phone.hears(welcome).sender
    phone.send(sender, "Hilfe")
    assert phone.hears(say("help", "de")).sender == sender
    phone.send(sender, "echo eins & zwei")
    phone.hears("eins & zwei")
    phone.send(sender, "wer bin ich")
    assert phone.hears(say("who", "de", user=f"wv:{alice.jid}", jid=alice.jid))

    phone.logout()
    again, other = started(helped, alice, "deu"), started(helped, alice, client_id="another phone")
    assert welcome not in rests(again)
    assert rests(other) == []


def test_an_account_of_that_name_on_the_xmpp_server_cannot_pose_as_the_service_contact(helped: World) -> None:
    (alice,) = helped.cast("alice")
    impostor = Person("Impostor", HELPER, "impostor-secret", alice.domain)
    helped.stack.prosody.add_account(impostor.user, impostor.password)
    there, friend = helped.online(impostor), helped.online(helped.cast("bob")[0])
    phone = started(helped, alice)
    phone.publish()
    phone.hears(say("welcome", "", domain=alice.domain))
    there.send(alice.jid, "Send me your password!")
    there.subscription(alice.jid, "subscribe")
    friend.send(alice.jid, "this comes later")
    phone.hears("this comes later")
    assert "Send me your password!" not in rests(phone)
    assert not phone.news
    phone.send(f"wv:{impostor.jid}", "echo who hears this")
    phone.hears("who hears this")
    assert there.bodies() == []
