"""Two handsets do what they do after switching on, in their own order, and end with contacts and presence on the screen."""

import pytest

from onesoup.csp.codec.generated_elements import (
    PRIMITIVES,
    GetNewPasswordRequest,
    LoginRequest,
    PollingRequest,
    RegistrationRequest,
    Status,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.handlers.handler_table import PRIMITIVE_HANDLERS
from onesoup.phone.profiles import ANDROID_PROFILE, S60_PROFILE
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from tests.support.secrets import secret_text
from tests.support.timing import at_best
from tests.support.world import MATRIX, StoryPhone, World

OUTSIDE = {LoginRequest, PollingRequest, WVCSPVersionDiscoveryRequest, RegistrationRequest, GetNewPasswordRequest}
SERVED = {*PRIMITIVE_HANDLERS, *OUTSIDE}


def talks(world: World, phone: StoryPhone, alice, bob) -> None:  # type: ignore[no-untyped-def]
    """What the user tries next: a message in both directions."""
    there = world.online(bob)
    phone.start()
    assert phone.sees(bob, online=True).availability == "AVAILABLE"
    there.send(alice.jid, text := secret_text("Hi, "))
    phone.hears(text)
    phone.send(bob.wv, answer := secret_text("Grüße & Kuß "))
    assert there.message(sender=alice.jid).body == answer
    phone.keep_alive()
    phone.logout()


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_android_starts_with_a_four_way_log_in_and_loads_its_lists(world: World, version: str, encoding: Encoding) -> None:
    alice, bob, _ = world.cast("alice", "bob", "carol")
    phone = world.phone(alice, profile=ANDROID_PROFILE, version=version, encoding=encoding, cir=())
    talks(world, phone, alice, bob)
    assert {contact.name for contact in phone.contacts.values()} == {"Bob", "Carol"}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("way", ["plain", "MD5"])
def test_s60_asks_for_blocked_users_and_own_rooms_and_goes_on_when_told_501(world: World, version: str, way: str) -> None:
    alice, bob, _ = world.cast("alice", "bob", "carol")
    phone = world.phone(alice, profile=S60_PROFILE, version=version, way=way, cir=())
    talks(world, phone, alice, bob)
    assert {contact.name for contact in phone.contacts.values()} == {"Bob", "Carol"}


@pytest.mark.parametrize(("version", "encoding"), MATRIX)
def test_what_is_not_there_yet_costs_a_status_501_and_not_the_session(world: World, version: str, encoding: Encoding) -> None:
    (alice,) = world.cast("alice")
    phone = world.phone(alice, version=version, encoding=encoding)
    phone.login()
    missing = [each for name, each in PRIMITIVES.items() if name.endswith("-Request") and each not in SERVED]
    for primitive in missing:
        try:
            answer = phone.request(primitive())
        except WireError:
            continue  # this version has no token for it
        assert isinstance(answer, Status), primitive
        assert answer.result is not None
        assert answer.result.code == 501, primitive
    phone.keep_alive()


def test_s60_without_a_stored_secret_is_asked_for_the_password_itself(world: World) -> None:
    """PWD in the answer to an offer of MD5: then the phone sends its password, and the XMPP server decides."""
    (alice,) = world.cast("alice", linked=False)
    phone = world.phone(alice, profile=S60_PROFILE, way="MD5")
    phone.login()
    assert phone.session_id


def test_a_razr_writes_xml_and_names_nobody_s_domain(world: World) -> None:
    """The log-in id has no domain, so no address that this phone sees has one."""
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, user=f"wv:{alice.user}", profile="razr", version="1.1", encoding=Encoding.XML, cir=())
    phone.start()
    assert phone.default_list.startswith(f"wv:{alice.user}/")
    assert "@" not in phone.default_list
    assert [contact.user for contact in phone.list_contacts()] == [f"wv:{bob.user}"]
    phone.send(f"wv:{bob.user}", text := secret_text())
    assert there.message().body == text


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_phone_that_logs_in_and_polls_gets_what_waits(world: World, version: str) -> None:
    """It asks for no services and says nothing of itself; its first poll brings the message that came while it was away."""

    def attempt() -> None:
        alice, bob = world.cast("alice", "bob")
        there = world.online(bob)
        there.send(alice.jid, text := secret_text())
        phone = world.phone(alice, version=version)
        phone.login()
        phone.hears(text, within=3)

    at_best(attempt)
