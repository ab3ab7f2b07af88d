"""The phone in the terminal: what a person types and sees."""

import signal

import pytest

from onesoup.runtime.ports import free_port
from tests.support.secrets import secret_text
from tests.support.typed import Typed
from tests.support.world import Person, World


def typed(world: World, person: Person, *more: str, password: str | None = None, terminal: bool = False) -> Typed:
    words = ["--url", world.stack.url, "--user", person.user, "--password", password or person.password, *more]
    if "--stcp" not in more:
        words.append("--no-stcp")  # a held poll brings things sooner than the line, which rests for 3 s after its OK
    return Typed(*words, terminal=terminal)


@pytest.mark.parametrize(
    "options",
    [
        ("--stcp",),
        ("--csp", "1.1", "--xml"),
        ("--csp", "1.3", "--way", "sha"),
        ("--encoding", "pts"),
        ("--way", "md5", "--profile", "s60"),
    ],
)
def test_two_people_talk(world: World, options: tuple[str, ...]) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob, status=(text := secret_text("hello ")))
    with typed(world, alice, *options) as phone:
        phone.see(f"wv:{alice.user} is logged in")
        phone.see("friends:")
        phone.see(f"Bob  wv:{bob.user}")
        if text not in phone.output:
            phone.see(f"* Bob is available: {text}")
        phone.type(f"Bob: {(said := secret_text('hi <there> '))}")
        phone.see(f"to Bob: {said}")
        assert there.message(sender=alice.jid).body == said
        there.send(alice.jid, answer := secret_text("and you? "))
        phone.see(f"Bob: {answer}")
        phone.type(again := secret_text("fine, "))
        assert there.message(sender=alice.jid).body == again
        phone.type(f"/w bob {(third := secret_text())}")
        assert there.message(sender=alice.jid).body == third
        phone.type("/quit")
        phone.see("logged out")
        assert phone.wait() == 0
    there.wait("presence", sender=alice.jid, type="unavailable")


def test_every_command_does_something(world: World) -> None:
    alice, bob, dave = (*world.cast("alice", "bob"), *world.cast("dave"))
    there = world.online(bob)
    with typed(world, alice) as phone:
        phone.see("/help tells")
        phone.type("/help")
        phone.see("/available [TEXT]")
        for command, show in (("/away", "away"), ("/dnd", "dnd"), ("/available", "available")):
            phone.type(f"{command} {(text := secret_text())}")
            there.wait("presence", sender=alice.jid, type=show, status=text)
        phone.type(f"/add {dave.jid} David the First")
        phone.see("is on the list")
        phone.type("/list")
        phone.see("David the First")
        phone.type("/who")
        phone.see(f"Bob  wv:{bob.user}")
        phone.type("/remove David the First")
        phone.see("is off the list")
        phone.type("/raw on")
        phone.type("/list")
        phone.see(">> <WV-CSP-Message")
        phone.see("<GetList-Request/>")
        phone.see("<< <WV-CSP-Message")
        phone.see("DefaultContactList")
        phone.type("/raw off")
        phone.type("/nonsense")
        phone.see("no command /nonsense")
        phone.type("/w nobody hello")
        phone.see("no contact nobody")
        phone.end_of_input()
        phone.see("logged out")
        assert phone.wait() == 0


def test_people_are_found_and_say_who_they_are(world: World) -> None:
    alice, _, zoe = (*world.cast("alice", "bob"), *world.cast("zoe"))
    world.online(zoe).vcard(nickname=f"{zoe.user}chen", locality="Oslo")
    with typed(world, alice, "--csp", "1.3") as phone:
        phone.see("/help tells")
        phone.type(f"/find {zoe.user}chen")
        phone.see(f"  wv:{zoe.user}")
        phone.type("/find nobody-of-that-name")
        phone.see("nobody is found")
        phone.type(f"/profile {zoe.jid}")
        phone.see("city: Oslo")
        phone.type("/profile Bob")
        phone.see("Bob says nothing")
        phone.type("/profile city = Bergen")
        phone.see("your city is Bergen")
        phone.type("/profile")
        phone.see("  city: Bergen")
        phone.type("/profile shoe = 44")
        phone.see("with one of name, text")
        phone.type("/profile city =")
        phone.see("your city is gone")
        phone.end_of_input()
        assert phone.wait() == 0


def test_the_first_documents_show_no_password(world: World) -> None:
    (alice,) = world.cast("alice")
    with typed(world, alice, "--raw", "--xml") as phone:
        phone.see("<Password>***</Password>")
        phone.see("<SessionID>")
        phone.end_of_input()
        phone.wait()
        assert alice.password not in phone.output


def test_a_wrong_password_is_one_line_and_status_1(world: World) -> None:
    (alice,) = world.cast("alice")
    for way in ("plain", "md5", "sha"):
        with typed(world, alice, "--way", way, password=secret_text("wrong")) as phone:
            assert phone.wait() == 1
            phone.see("onesoup phone: wrong user or password (409)")
            assert phone.output.count("\n") == 1


def test_no_server_is_one_line_and_status_1() -> None:
    with Typed("--url", f"http://127.0.0.1:{free_port()}/", "--user", "a", "--password", "b") as phone:
        assert phone.wait() == 1
        phone.see("cannot be reached")
        assert phone.output.count("\n") == 1


def test_a_url_that_is_none_is_one_line_and_status_1() -> None:
    with Typed("--url", "gopher://x", "--user", "a", "--password", "b") as phone:
        assert phone.wait() == 1
        phone.see("is no http:// URL")


def test_ctrl_c_logs_out(world: World) -> None:
    (alice,) = world.cast("alice")
    with typed(world, alice) as phone:
        phone.see("/help tells")
        phone.signal(signal.SIGINT)
        phone.see("logged out")
        assert phone.wait() == 0
        assert "Traceback" not in phone.output


def test_a_session_that_the_server_ends_ends_the_phone(world: World) -> None:
    """Another handset with the same ClientID has logged in."""
    (alice,) = world.cast("alice")
    with typed(world, alice) as phone:
        phone.see("/help tells")
        world.phone(alice, user=alice.user).login()
        phone.see("the server has ended the session")
        assert phone.wait() == 1
        assert "Traceback" not in phone.output


def test_the_line_being_typed_survives_what_arrives(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    with typed(world, alice, terminal=True) as phone:
        phone.see("/help tells")
        phone.see("> ")
        phone.keys("Bob: half a ")
        phone.see("half a ")
        there.send(alice.jid, text := secret_text())
        phone.see(f"Bob: {text}")
        phone.see("> Bob: half a ")
        phone.type("sentence")
        assert there.message(sender=alice.jid).body == "half a sentence"
        phone.see("> ")
        phone.keys("\x04")
        phone.see("logged out")
        assert phone.wait() == 0


def test_control_characters_of_others_do_not_drive_the_terminal(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    with typed(world, alice) as phone:
        phone.see("/help tells")
        there.send(alice.jid, secret_text("\x85\x9b31m evil ", " \u202e end"))
        phone.see(" end")
        assert not {"\x9b", "\x85", "\u202e"} & set(phone.output)
