"""The wall: two phones in a browser, an XMPP client between them, and what passes, in one order. Chromium and the stack are real.

A teacher opens one page. What alice writes is seen leaving her phone, passing carol's XMPP client, arriving at bob's phone."""

import base64
import json
import time
from collections.abc import Iterator

import pytest

from onesoup.demo import accounts
from onesoup.demo.stack import Stack
from onesoup.settings.masking import setting_text
from tests.support import pcap
from tests.support.browser import Browser, Page, missing
from tests.support.secrets import secret_text

PATIENCE = 60.0
ALICE, BOB, CAROL = "wv:alice@localhost", "wv:bob@localhost", "wv:carol@localhost"
LOBBY = "wv:/lobby@localhost"
ROWS = """[...document.querySelectorAll('.diagram-row')].map((row) => [
  [...row.classList].find((each) => each !== 'diagram-row').replace('diagram-', ''),
  row.querySelector('.diagram-request') ? 'sends' : 'gets',
  row.querySelector('.diagram-name')?.textContent ?? '',
  row.querySelector('.diagram-said')?.textContent ?? '',
])"""


@pytest.fixture(scope="module")
def stack(made_stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """As `make run` starts it, for this machine alone. Nobody else talks there: the diagram shows all that passes."""
    env = {"ONESOUP_BROWSER_PHONE": "true", "ONESOUP_BROWSER_PHONE_ACCOUNTS": setting_text(accounts.simple_passwords())}
    directory = tmp_path_factory.mktemp("wall")
    with made_stack(directory, env=env, companions=True, websocket=True, prosody_more={}) as running:
        yield running


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[Page]:
    """The wall with everybody logged in."""
    if reason := missing():
        pytest.skip(reason)
    with Browser() as browser:
        page = browser.page(1920, 1080)
        assert page.open(f"{stack.url}demo/wall") == 200
        until(page, "[wall.left, wall.right].every((each) => each.client?.state.phase === 'on')")
        until(
            page, "wall.xmpp.client.phase === 'on' && wall.xmpp.client.roomMembers.size > 0 && wall.xmpp.client.contacts.size > 2"
        )
        page.evaluate("window.focusedFirst = document.activeElement; null")
        yield page


def until(page: Page, condition: str) -> None:
    end = time.monotonic() + PATIENCE
    while not page.evaluate(f"Boolean({condition})"):
        if time.monotonic() > end:
            seen = page.evaluate("document.body.innerText")
            pytest.fail(f"not within {PATIENCE:g} s: {condition}; the diagram: {rows(page)[-15:]}; the page: {seen}")
        time.sleep(0.1)


def rows(page: Page) -> list[tuple[str, str, str, str]]:
    """Column, direction, name and text of each row of the diagram, without polls that brought nothing."""
    return [tuple(row) for row in page.evaluate(ROWS) if row[2]]


def wait_for(page: Page, *row: str) -> None:
    """Returns when the diagram has a row with this column, direction, name, and an end of its text."""
    column, direction, name, text = row
    wanted = (
        f"each[0] === {column!r} && each[1] === {direction!r} && each[2] === {name!r} && each[3].endsWith({json.dumps(text)})"
    )
    until(page, f"({ROWS}).some((each) => {wanted})")


def assert_in_order(page: Page, *wanted: tuple[str, str, str, str]) -> None:
    """These rows stand in the diagram in this order. One look: a poll's row gets its name late, and moves the places below it."""
    found = rows(page)
    places = [next(at for at, row in enumerate(found) if row[:3] == each[:3] and row[3].endswith(each[3])) for each in wanted]
    assert places == sorted(places), found


def click(page: Page, selector: str, text: str) -> None:
    buttons = f"[...document.querySelectorAll({selector!r})]"
    page.evaluate(f"{buttons}.find((each) => each.textContent.includes({text!r})).click()")


def test_one_phone_has_the_keyboard_at_once(page):
    assert page.evaluate("focusedFirst === wall.left.screen")


def test_a_message_from_phone_to_phone_is_seen_in_its_order(page):
    text = secret_text()
    page.evaluate(f"wall.left.client.send({BOB!r}, {text!r})")
    way = [("left", "sends", "SendMessage-Request", text), ("right", "gets", "NewMessage", text)]
    wait_for(page, *way[1])
    assert_in_order(page, *way)
    arrived = f"({ROWS}).findIndex((each) => each[0] === 'right' && each[3] === {text!r})"
    until(page, f"({ROWS}).slice({arrived}).some((each) => each[0] === 'right' && each[2] === 'MessageDelivered')")
    wait_for(page, "left", "gets", "SendMessage-Response", "")


def test_the_xmpp_client_gets_a_message_of_a_phone_and_answers(page):
    text, answer = secret_text(), secret_text()
    page.evaluate(f"wall.left.client.send({CAROL!r}, {text!r})")
    until(page, f"document.querySelector('.xmpp-talk').textContent.includes({text!r})")
    page.evaluate("wall.xmpp.recipient.value = 'alice@localhost'")
    page.fill(".xmpp-compose input", answer)
    page.press("Enter", 13, "\r")
    way = [
        ("left", "sends", "SendMessage-Request", text),
        ("middle", "gets", "<message/>", f"from alice: {text}"),
        ("middle", "sends", "<message/>", f"to alice: {answer}"),
        ("left", "gets", "NewMessage", answer),
        ("middle", "gets", "<message/>", "from alice: receipt: it has arrived"),
    ]
    for row in way:
        wait_for(page, *row)
    assert_in_order(page, *way)
    # The receipt comes when the phone has the message, and ticks it.
    mine = "[...document.querySelectorAll('.xmpp-mine')]"
    until(page, f"{mine}.some((each) => each.textContent.includes({answer!r}) && each.querySelector('.xmpp-tick'))")


def test_everybody_talks_in_the_lobby(page):
    text, answer = secret_text(), secret_text()
    page.evaluate(f"wall.right.client.joinGroup({LOBBY!r}, '<b>Bob</b>')")
    page.evaluate(f"wall.right.client.sendToGroup({LOBBY!r}, {text!r})")
    wait_for(page, "middle", "gets", "<message/>", f"from <b>Bob</b> in lobby: {text}")
    page.evaluate(f"wall.xmpp.client.send('lobby@conference.localhost', {answer!r})")
    wait_for(page, "right", "gets", "NewMessage", answer)
    # What somebody is called stays text.
    assert page.evaluate("document.querySelectorAll('.wall-xmpp .xmpp-talk b b, .diagram b').length") == 0
    assert "<b>Bob</b> in lobby" in page.evaluate("document.querySelector('.xmpp-talk').textContent")


def test_a_row_opens_the_document_with_its_bytes(page):
    click(page, ".diagram-left button", "Login-Request")
    shown = page.evaluate("document.querySelector('.wall-dialog').textContent")
    assert "Login-Request · alice's phone → server" in shown
    assert "<Password>hidden</Password>" in shown
    assert "alice-secret" not in shown
    page.evaluate("document.querySelector('.wall-dialog [role=treeitem][tabindex=\"0\"]').focus()")
    page.press("End", 35)
    assert (
        page.evaluate("document.querySelector('.wall-dialog .inspector-tree .inspector-lit').textContent") == "</WV-CSP-Message>"
    )
    page.press("Escape", 27)
    assert page.evaluate("document.querySelector('dialog').open") is False


def test_a_stanza_of_the_log_in_shows_no_password(page):
    click(page, ".diagram-middle button", "<auth/>")
    assert page.evaluate("document.querySelector('.wall-dialog pre').textContent") == (
        '<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="SCRAM-SHA-1">hidden</auth>'
    )
    page.evaluate("wall.window.close()")


def test_the_capture_of_the_wall_has_both_phones_and_no_password(page):
    data = base64.b64decode(page.evaluate("btoa([...wall.capture()].map((byte) => String.fromCharCode(byte)).join(''))"))
    found = pcap.conversations(data)
    assert {address for address, _ in (each.source for each in pcap.segments(data))} == {
        "198.51.100.1",
        "198.51.100.2",
        "192.0.2.1",
    }
    bodies = [each.body for asked, _ in found for each in asked]
    assert any(b"<Login-Request>" in body for body in bodies)
    assert any(body.startswith(b"\x03\x10") for body in bodies)
    for user in ("alice", "bob"):
        assert f"{user}-secret".encode() not in data
    assert b"<Password>xxxxxxxxxx</Password>" in data


def test_a_wrong_password_is_told(page):
    told = page.evaluate("""(async () => {
      const { XmppClient } = await import("/demo/files/xmpp/client.js");
      const client = new XmppClient({ url: wall.data.xmpp_websocket, domain: wall.data.domain });
      return client.login("carol", "wrong").catch((error) => [client.phase, error.message]);
    })()""")
    assert told == ["off", "wrong user name or password"]


BROKEN = """[...document.querySelectorAll('.diagram-name')].flatMap((name) => [...name.childNodes])
  .filter((word) => word.nodeType === Node.TEXT_NODE).filter((word) => {
    const range = document.createRange();
    range.selectNodeContents(word);
    return new Set([...range.getClientRects()].map((each) => each.top)).size > 1;
  }).map((word) => word.textContent)"""


def test_words_do_not_break_inside(page):
    for height in (720, 900):
        page.look(1280, height)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate(BROKEN) == [], height
    page.look(1920, 1080)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 780), (1280, 720), (1920, 1080)])
def test_everybody_can_read_it_at_once(page, width, height, dark):
    page.look(width, height, dark)
    assert page.faults() == []
    assert page.sideways() <= 0
    if width >= 1000:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
