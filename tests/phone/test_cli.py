"""The phone in the terminal: what a person types and sees."""

import os
import re
import signal
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from onesoup.phone.cli import phone as phone_command
from onesoup.phone.profiles import PROFILES
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
        phone.see(f"{alice.user} is logged in")
        phone.see("friends:")
        phone.see(f"Bob  {bob.user}")
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
        assert re.search(rf"^\d\d:\d\d Bob: {re.escape(answer)}", phone.output, re.MULTILINE)
        phone.type("/quit")
        phone.see("logged out")
        assert phone.wait() == 0
    there.wait("presence", sender=alice.jid, type="unavailable")


def test_every_command_does_something(world: World) -> None:
    alice, bob, dave = (*world.cast("alice", "bob"), *world.cast("dave"))
    there = world.online(bob)
    with typed(world, alice) as phone:
        phone.see("/help shows")
        phone.type("/help")
        phone.see("/available [TEXT]")
        for command, show in (("/away", "away"), ("/dnd", "dnd"), ("/available", "available")):
            phone.type(f"{command} {(text := secret_text())}")
            there.wait("presence", sender=alice.jid, type=show, status=text)
        phone.type(f"/add {dave.jid} David the First")
        phone.see("is on your list and is asked")
        phone.type("/list")
        phone.see("David the First")
        phone.type("/who")
        phone.see(f"Bob  {bob.user}")
        phone.type("/remove David the First")
        phone.see("is off your list")
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
        phone.see("nobody is called nobody")
        phone.end_of_input()
        phone.see("logged out")
        assert phone.wait() == 0


def test_people_are_found_and_say_who_they_are(world: World) -> None:
    alice, _, zoe = (*world.cast("alice", "bob"), *world.cast("zoe"))
    world.online(zoe).vcard(nickname=f"{zoe.user}chen", locality="Oslo")
    with typed(world, alice, "--csp", "1.3") as phone:
        phone.see("/help shows")
        phone.type(f"/find {zoe.user}chen")
        phone.see(f"  {zoe.user}")
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
        phone.see("WORD is one of name, text")
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
            phone.see("onesoup phone: wrong user or password")
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


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://[::1/", "http://exämple.org/"])
def test_a_url_with_a_slip_is_one_line_and_status_1(url: str) -> None:
    with Typed("--url", url, "--user", "a", "--password", "b") as phone:
        assert phone.wait() == 1
        phone.see("is no http:// URL")
        assert phone.output.count("\n") == 1


def test_a_host_that_is_none_is_one_line_and_status_1() -> None:
    with Typed("--url", f"http://{'a' * 70}.example/", "--user", "a", "--password", "b") as phone:
        assert phone.wait() == 1
        phone.see("cannot be reached")
        assert phone.output.count("\n") == 1


def test_a_web_server_is_said_to_be_no_server_for_phones() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with Typed("--url", f"127.0.0.1:{server.server_port}", "--user", "a", "--password", "b") as phone:
            assert phone.wait() == 1
            phone.see("does not answer as an IMPS server does: HTTP 501")
            assert phone.output.count("\n") == 1
    finally:
        server.shutdown()
        server.server_close()


def test_a_digest_that_the_server_cannot_check_is_told_with_the_way_out(world: World) -> None:
    (alice,) = world.cast("alice", linked=False)
    with typed(world, alice, "--profile", "android") as phone:
        assert phone.wait() == 1
        phone.see("needs a phone password; try --way plain")
    with typed(world, alice, "--profile", "android", "--way", "plain") as phone:
        phone.see("is logged in (Android 1.x: CSP 1.2, WBXML")
        phone.end_of_input()
        assert phone.wait() == 0


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_logs_in_and_writes(world: World, name: str) -> None:
    alice, bob = world.cast("alice", "bob")
    profile, there = PROFILES[name], world.online(bob)
    with typed(world, alice, "--profile", name) as phone:
        phone.see(f"is logged in ({profile.title}: CSP {profile.version}, {profile.encoding.upper()}")
        phone.see("/help shows")
        phone.type(f"Bob: {(text := secret_text())}")
        assert there.message(sender=alice.jid).body == text
        phone.type("/dnd")
        phone.see("you do not want to be disturbed")
        phone.end_of_input()
        phone.see("logged out")
        assert phone.wait() == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_a_password_is_asked_for_and_not_shown(world: World, terminal: bool) -> None:
    (alice,) = world.cast("alice")
    with Typed("--url", world.stack.url, "--user", alice.user, terminal=terminal) as phone:
        if terminal:
            phone.see("Password: ")
        phone.type(alice.password)
        phone.see("is logged in")
        phone.type("/quit")
        phone.see("logged out")
        assert phone.wait() == 0
        assert alice.password not in phone.output


def test_handsets_are_shown_with_what_they_rest_on() -> None:
    for option in ("--profiles", "--help"):
        shown = CliRunner(env={"COLUMNS": "80"}).invoke(phone_command, [option])
        assert shown.exit_code == 0
        assert max(len(line) for line in shown.output.splitlines()) <= 80
        assert re.search(r"razr +Motorola Razr V3: CSP 1.1, XML; tested", shown.output)
        assert re.search(r"s40 +Nokia S40: CSP 1.1, WBXML; assumed", shown.output)
        assert all(f"{name} " in shown.output for name in PROFILES)


def test_two_who_do_not_know_each_other_become_friends_and_meet_in_a_group(world: World) -> None:
    """Two people with the terminal alone, a Razr and a Sony Ericsson: a friend request each way, text, a slip, a group."""
    alice, dave = world.cast("alice", "dave", strangers=True)
    with (
        typed(world, alice, "--profile", "razr", terminal=True) as hers,
        typed(world, dave, "--profile", "sony-ericsson", terminal=True) as his,
    ):
        for phone in (hers, his):
            phone.see("nobody yet; /add ADDRESS")
            phone.see("nobody> ")
        hers.type(f"/add {dave.jid} Davy")
        his.see(f"{alice.user} asks to see when you are online")
        his.see("/allow 1 or /deny 1")
        his.type(f"/allow {alice.user}")
        his.see("to see them too: /add")
        hers.see("* Davy is available")
        his.type(f"/add {alice.jid} Ally")
        hers.see(f"Davy ({dave.jid}) asks to see when you are online")
        hers.type("/allow 1")
        hers.see("Davy sees now when you are online")
        his.see("* Ally is available")

        hers.type(f"Davy: {(hello := secret_text())}")
        his.see(f"Ally: {hello}")
        hers.see("* Davy has got")
        assert "nobody> " in his.output
        assert "Ally> " not in his.output
        his.type(lost := secret_text("for whom? "))
        his.see("not sent: to whom?")
        his.type(f"Aly: {lost}")
        his.see("nobody is called Aly; near it: Ally")
        his.type(f"Ally: {(found := secret_text())}")
        his.see("Ally> ")
        hers.see(f"Davy: {found}")

        his.type("/dnd")
        hers.see("* Davy does not want to be disturbed")
        hers.type(f"/create {(group := f'soup{os.getpid()}')}")
        hers.see(f"you have made {group}")
        hers.see(f"{group}> ")
        hers.type("/invite Davy")
        his.see(f"invites you into {group}")
        his.see("/accept 2 or /decline 2")
        his.type("/accept 2")
        his.see(f"you are in {group} with")
        hers.see("Davy accepts your invitation")
        his.type(all_of_you := secret_text())
        hers.see(f"in {group}: {all_of_you}")
        assert lost not in hers.output
        his.see(f"to {group}: {all_of_you}")
        his.see(f"{group}> ")  # between two prompts the terminal takes Ctrl-D for the end of a line

        hers.type("/profile")
        hers.see("your phone speaks CSP 1.1, which has no profiles")
        his.keys("\x04")
        his.see("logged out")
        assert his.wait() == 0
        hers.see("* Davy is offline")
        hers.signal(signal.SIGTERM)
        hers.see("logged out")
        assert hers.wait() == 0


def test_ctrl_c_logs_out(world: World) -> None:
    (alice,) = world.cast("alice")
    with typed(world, alice) as phone:
        phone.see("/help shows")
        phone.signal(signal.SIGINT)
        try:
            phone.see("logged out", within=20)
        except AssertionError:  # Python notices a signal that comes just before it waits for a line with the next one
            phone.signal(signal.SIGINT)
            phone.see("logged out")
        assert phone.wait() == 0
        assert "Traceback" not in phone.output


def test_a_session_that_the_server_ends_ends_the_phone(world: World) -> None:
    """Another handset with the same ClientID has logged in."""
    (alice,) = world.cast("alice")
    with typed(world, alice) as phone:
        phone.see("/help shows")
        world.phone(alice, user=alice.user).login()
        phone.see("the server has ended the session")
        assert phone.wait() == 1
        assert "Traceback" not in phone.output


def test_the_line_being_typed_survives_what_arrives(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    with typed(world, alice, terminal=True) as phone:
        phone.see("/help shows")
        phone.see("nobody> ")
        phone.keys("Bob: half a ")
        phone.see("half a ")
        there.send(alice.jid, text := secret_text())
        phone.see(f"Bob: {text}")
        phone.see("nobody> Bob: half a ")
        phone.type("sentence")
        assert there.message(sender=alice.jid).body == "half a sentence"
        phone.see("Bob> ")
        phone.keys("\x04")
        phone.see("logged out")
        assert phone.wait() == 0


def test_control_characters_of_others_do_not_drive_the_terminal(world: World) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    with typed(world, alice) as phone:
        phone.see("/help shows")
        there.send(alice.jid, secret_text("\x85\x9b31m evil ", " \u202e end"))
        phone.see(" end")
        assert not {"\x9b", "\x85", "\u202e"} & set(phone.output)
