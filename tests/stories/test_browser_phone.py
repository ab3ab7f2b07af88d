"""The engine of the browser phone in a real Chromium, with a real XMPP client at the other end. The drawn phone is not there."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onesoup.csp.codec.envelope import document_from_message, message_from_document
from onesoup.wire import codec
from tests.stories.test_groups import a_room
from tests.stories.test_pictures import had, opened, picture
from tests.support.browser import Browser, Page
from tests.support.secrets import keep_secret, secret_text
from tests.support.world import Person, World

DRIVER = Path(__file__).parent / "browser_client.js"
# Far more than it takes: the machine may be busy.
WITHIN = 90.0
# After so long without the news that a story waits for, the user of the phone looks for them.
LOOK_MS = 1500
LANGUAGES = [("1.2", "wbxml"), ("1.1", "xml"), ("1.3", "wbxml")]


@pytest.fixture(scope="module")
def page(browser: Browser, stack: Any) -> Iterator[Page]:
    page = browser.page()
    assert page.open(f"{stack.url}demo") == 200
    page.evaluate(DRIVER.read_text(encoding="utf-8"))
    yield page
    page.close()


class Refused(Exception):
    """What a method of the client threw."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["text"])
        self.name, self.code = told["error"], told["code"]


class BrowserClient:
    """One client in the page."""

    def __init__(self, page: Page, person: Person, version: str, encoding: str, handset: str = "generic") -> None:
        self.page, self.person, self.name = page, person, person.user
        self._run(f"story.make({json.dumps([self.name, handset, {'version': version, 'encoding': encoding}])[1:-1]})")

    def __getattr__(self, method: str) -> Any:
        def called(*given: object) -> Any:
            self._run(f"story.call({json.dumps([self.name, method, *given])[1:-1]})")
            return self._outcome(method)

        return called

    def _outcome(self, method: str) -> Any:
        end = time.monotonic() + WITHIN
        while not (told := self._run(f"story.outcome({json.dumps(self.name)}, {LOOK_MS})")):
            assert time.monotonic() < end, f"{self.name}: {method} takes more than {WITHIN:g} s"
        if "error" in told:
            raise Refused(told)
        return told["value"]

    def start(self) -> "BrowserClient":
        self.login(self.person.jid, self.person.password)
        keep_secret(self.look("client.state.sessionId"))
        return self

    def send_picture(self, peer: str, kind: str, data: bytes) -> str:
        given = json.dumps([self.name, peer, kind, base64.b64encode(data).decode()])[1:-1]
        self._run(f"story.sendPicture({given})")
        return self._outcome("sendPicture")

    def look(self, expression: str) -> Any:
        """The value of an expression in which `client` is this one."""
        return self._run(f"(({{ client }}) => {expression})(story.clients[{json.dumps(self.name)}])")

    def until(self, look: str, within: float = WITHIN) -> Any:
        """Waits until an expression of `client` and `told` is true; its value. Looked at whenever the client tells something."""
        end = time.monotonic() + within
        asked = f"story.until({json.dumps(self.name)}, async (client, told) => {look}, {LOOK_MS})"
        while not (found := self._run(asked)):
            assert time.monotonic() < end, f"{self.name}: not within {within:g} s: {look}; state {self.look('client.state')}"
            self.look("client.pollNow()")
        return found

    def hears(self, text: str, peer: str) -> dict[str, Any]:
        fits = f"({{ text, mine }}) => !mine && text === {json.dumps(text)}"
        return self.until(f"story.message(client, {json.dumps(peer)}, {fits})")

    def sees(self, person: Person, **wanted: str) -> dict[str, Any]:
        fits = " && ".join(f"found.{name} === {json.dumps(value)}" for name, value in wanted.items())
        return self.until(f"{{ const found = client.contacts.get({json.dumps(person.wv)}); return found && {fits} && found; }}")

    def documents(self) -> list[dict[str, Any]]:
        return self._run(f"story.clients[{json.dumps(self.name)}].documents")

    def _run(self, script: str) -> Any:
        return self.page.evaluate(script)


def proper(client: BrowserClient) -> None:
    """Every document that left the page is what the server itself would write: the elements of its version in the order of the
    schema, each value in its form; and every answer came with 200 and in the same encoding."""
    for each in client.documents():
        if each["direction"] == "response":
            assert each["status"] == 200
            continue
        body = base64.b64decode(each["bytes"])
        document = codec.decode(body, each["contentType"])
        assert each["contentType"] == codec.media_type(document.version, document.encoding)
        again = document_from_message(message_from_document(document))
        assert codec.encode(again).decode("latin-1") == body.decode("latin-1")


@pytest.mark.parametrize(("version", "encoding"), LANGUAGES)
def test_a_page_talks_with_an_xmpp_client(world: World, page: Page, version: str, encoding: str) -> None:
    alice, bob, carol = world.cast("alice", "bob", "carol")
    there = world.online(bob, show="away", status=(gone := secret_text("gone fishing, ", " & back <soon>")))
    phone = BrowserClient(page, alice, version, encoding).start()
    assert phone.look("[client.state.phase, client.state.csp, client.state.encoding]") == ["on", version, encoding]
    there.wait("presence", sender=alice.jid, type="available")

    seen = phone.sees(bob, availability="NOT_AVAILABLE", statusText=gone)
    assert seen["nickname"] == "Bob"
    assert phone.sees(carol, availability="")["nickname"] == "Carol"

    text = secret_text("Grüße 😀 \"quoted\" 'single' & <b>not bold</b> ", " €\nsecond line")
    message_id = phone.send(bob.wv, text)
    came = there.message(sender=alice.jid)
    assert (came.body, came.id) == (text, message_id)
    fits = f"({{ messageId, delivered }}) => delivered && messageId === {json.dumps(message_id)}"
    phone.until(f"story.message(client, {json.dumps(bob.wv)}, {fits})")

    there.send(alice.jid, answer := secret_text("And <you> & 'yours' ", ' "too" 🎉'))
    assert phone.hears(answer, bob.wv)["from"] == bob.wv

    phone.setPresence({"availability": "DISCREET", "text": (busy := secret_text("in a meeting, "))})
    there.wait("presence", sender=alice.jid, show="dnd", status=busy)
    there.presence(show="dnd", status="")
    phone.sees(bob, availability="DISCREET", statusText="")

    phone.logout()
    there.wait("presence", sender=alice.jid, type="unavailable")
    assert phone.look("client.state.phase") == "off"
    proper(phone)


@pytest.mark.parametrize("handset", ["s40", "s60", "sony-ericsson", "razr", "samsung", "siemens", "android", "colibria"])
def test_every_handset_logs_in_as_it_was_sold(world: World, page: Page, handset: str) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    told = page.evaluate(f"import('/demo/files/engine/handsets.js').then((file) => file.HANDSETS[{json.dumps(handset)}])")
    phone = BrowserClient(page, alice, told["version"], told["encoding"], handset).start()
    phone.sees(bob, availability="AVAILABLE")
    there.send(alice.jid, text := secret_text())
    phone.hears(text, bob.wv)
    phone.logout()
    proper(phone)


@pytest.mark.parametrize(("version", "encoding"), LANGUAGES)
def test_a_page_speaks_in_a_group(world: World, page: Page, version: str, encoding: str) -> None:
    alice, bob = world.cast("alice", "bob")
    jid, gid = a_room(world)
    there = world.online(bob)
    there.join(jid, "Bob")
    phone = BrowserClient(page, alice, version, encoding).start()
    phone.joinGroup(gid, "Alice")
    assert phone.look(f"client.groups.get({json.dumps(gid)}).members") == ["Bob"]

    phone.sendToGroup(gid, text := secret_text())
    there.wait("message", body=text, type="groupchat")
    there.say(jid, answer := secret_text())
    assert phone.hears(answer, gid)["from"] == "Bob"

    there.leave(jid, "Bob")
    phone.until(f"client.groups.get({json.dumps(gid)}).members.length === 0")
    phone.leaveGroup(gid)
    assert phone.look("client.groups.size") == 0
    phone.logout()
    proper(phone)


def test_two_pages_make_a_group_and_invite_each_other(world: World, page: Page) -> None:
    alice, bob = world.cast("alice", "bob")
    hers = BrowserClient(page, alice, "1.2", "wbxml").start()
    his = BrowserClient(page, bob, "1.1", "xml").start()
    gid = hers.createGroup("Soup & friends", "Alice")
    hers.inviteToGroup(gid, bob.wv, "come")
    invitation = his.until("[...client.invitations.values()][0]")
    assert (invitation["groupId"], invitation["note"]) == (gid, "come")
    his.answerInvitation(invitation["inviteId"], True)
    assert hers.until("told.invited[0]")["accepted"] is True
    his.sendToGroup(gid, text := secret_text())
    hers.hears(text, gid)
    for phone in (hers, his):
        phone.logout()
        proper(phone)


@pytest.mark.parametrize(("version", "encoding"), LANGUAGES[:2])
def test_strangers_become_friends_both_ways(world: World, page: Page, version: str, encoding: str) -> None:
    alice, bob = world.cast("alice", "bob", strangers=True)
    there = world.online(bob)
    there.passive()
    phone = BrowserClient(page, alice, version, encoding).start()

    phone.addContact(bob.wv, "Bobby")
    there.wait("presence", sender=alice.jid, type="subscribe")
    there.subscription(alice.jid, "subscribed")
    phone.sees(bob, nickname="Bobby", availability="AVAILABLE")

    there.subscription(alice.jid, "subscribe")
    assert phone.until("[...client.requests.values()][0]")["userId"] == bob.wv
    phone.answerRequest(bob.wv, True)
    there.wait("presence", sender=alice.jid, type="subscribed")
    assert phone.look("client.requests.size") == 0

    phone.removeContact(bob.wv)
    there.wait("presence", sender=alice.jid, type="unsubscribe")
    phone.logout()
    proper(phone)


@pytest.mark.parametrize(("version", "encoding"), LANGUAGES[:2])
def test_pictures_go_both_ways(world: World, page: Page, version: str, encoding: str) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = BrowserClient(page, alice, version, encoding).start()
    data = picture(size=(64, 48))
    phone.send_picture(bob.wv, "image/jpeg", data)
    came = there.message(sender=alice.jid)
    assert had(came.body) == data
    keep_secret(came.body)

    there.share(alice.jid, link := there.upload("photo.jpg", "image/jpeg", picture()))
    keep_secret(link)
    got = phone.until(f"story.message(client, {json.dumps(bob.wv)}, (each) => !each.mine && each.picture)")
    assert opened(base64.b64decode(got["picture"]["data"])).width > 1
    phone.logout()
    proper(phone)


def test_a_wrong_password_is_refused_by_its_code(world: World, page: Page) -> None:
    (alice,) = world.cast("alice")
    for handset in ("generic", "android"):
        phone = BrowserClient(page, alice, "1.2", "wbxml", handset)
        with pytest.raises(Refused) as why:
            phone.login(alice.jid, "wrong-password")
        assert (why.value.name, why.value.code) == ("CspError", 409)
        assert phone.look("client.state.phase") == "off"


def test_a_session_that_is_replaced_ends_with_its_code(world: World, page: Page) -> None:
    """Another phone with the same ClientID logs in."""
    (alice,) = world.cast("alice")
    phone = BrowserClient(page, alice, "1.2", "wbxml").start()
    other = world.phone(alice, client_id="onesoup-phone")
    other.login()
    assert phone.until("told.ended[0]")["code"] in (601, 604)
    assert phone.look("client.state.phase") == "ended"
    other.logout()


def test_whoever_closes_the_page_is_logged_out(world: World, browser: Browser) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    page = browser.page()
    assert page.open(f"{world.stack.url}demo") == 200
    page.evaluate(DRIVER.read_text(encoding="utf-8"))
    BrowserClient(page, alice, "1.2", "wbxml").start()
    there.wait("presence", sender=alice.jid, type="available")
    page.open(world.stack.url)
    there.wait("presence", sender=alice.jid, type="unavailable")
    page.close()


def test_what_somebody_wrote_meanwhile_comes_with_its_own_time(world: World, page: Page) -> None:
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    there.send(alice.jid, text := secret_text())
    phone = BrowserClient(page, alice, "1.1", "xml").start()
    came = phone.hears(text, bob.wv)
    assert abs(came["at"] / 1000 - time.time()) < 600
    phone.logout()
