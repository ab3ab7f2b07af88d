"""The inspector beside the phone in the browser, in a real Chromium: bytes and elements belong together, secrets stay hidden,
captures are right, and what strangers are called stays text. The client here says what a test wants."""

import base64
import json
import re
from itertools import pairwise

import pytest

from onesoup.wire import tokens, wbxml_reader, wbxml_writer, xmltext
from onesoup.wire.tree import Element
from tests.support import pcap

SECRET = "alice-secret"
WBXML, XML = "application/vnd.wv.csp.wbxml", "application/vnd.wv.csp.xml"

BEFORE = """(async () => {
  const { Inspector } = await import("/demo/files/inspector/inspector.js");
  document.body.replaceChildren();
  document.title = "Inspector";
  const main = document.createElement("main");
  document.body.append(Object.assign(document.createElement("h1"), { textContent: "A phone" }), main);
  window.inspector = new Inspector(main);
  window.time = 1700000000000;
  window.client = new EventTarget();
  client.state = { phase: "off", transactions: [] };
  inspector.follow(client, "alice");
  window.pass = (direction, base64, contentType, more = {}) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    time += 250;
    const answer = direction === "response" ? { tookMs: 250, status: 200 } : {};
    const detail = { direction, bytes, contentType, at: time, ...answer, ...more };
    client.dispatchEvent(new CustomEvent("document", { detail }));
  };
})()"""


def message(primitive: Element, sid: str = "s1") -> Element:
    """A document around one primitive."""
    descriptor = Element("SessionDescriptor", children=[Element("SessionType", "Inband"), Element("SessionID", sid)])
    transaction = Element(
        "Transaction",
        children=[
            Element("TransactionDescriptor", children=[Element("TransactionMode", "Request"), Element("TransactionID", "7")]),
            Element("TransactionContent", children=[primitive]),
        ],
    )
    return Element("WV-CSP-Message", children=[Element("Session", children=[descriptor, transaction])])


def login(password: str = SECRET) -> Element:
    parts = [Element("UserID", "wv:alice"), Element("Password", password), Element("DigestBytes", "bG9uZ2xvbmdkaWdlc3Q=")]
    return message(Element("Login-Request", children=parts))


def spoken(text: str) -> Element:
    info = Element("MessageInfo", children=[Element("ContentType", "text/plain"), Element("ContentSize", str(len(text)))])
    return message(Element("SendMessage-Request", children=[info, Element("ContentData", text)]))


POLL = wbxml_writer.encode(message(Element("Polling-Request")), "1.1")


@pytest.fixture
def page(page):
    """The page with an inspector that has seen nothing yet."""
    page.look(1280, 900)
    page.evaluate(BEFORE)
    return page


def passes(page, direction: str, data: bytes, kind: str = WBXML, **more) -> None:
    told = [direction, base64.b64encode(data).decode(), kind, more]
    page.evaluate(f"pass(...{json.dumps(told)})")


def choose(page, number: int) -> None:
    page.evaluate(f"document.querySelectorAll('.inspector-list button')[{number}].click()")


def texts(page, selector: str) -> list[str]:
    return page.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.textContent)")


def lit_bytes(page) -> bytes:
    return bytes.fromhex("".join(texts(page, ".inspector-hex .inspector-lit")).replace(" ", ""))


def point_at(page, selector: str, number: int = 0) -> None:
    """Moves the pointer there."""
    box = page.evaluate(
        f"(() => {{ const each = document.querySelectorAll({json.dumps(selector)})[{number}];"
        " each.scrollIntoView({ block: 'center' });"
        " const { x, y, width, height } = each.getClientRects()[0]; return [x + width / 2, y + height / 2]; })()"
    )
    for x, y in ((1, 1), box):  # a pointer that is there already would not move
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


def document_bytes(page) -> bytes:
    """All bytes that the page shows."""
    return bytes.fromhex("".join(texts(page, ".inspector-hex")).replace(" ", "").replace("··", "00"))


@pytest.mark.parametrize("encoding", ["wbxml", "xml"])
def test_every_byte_belongs_to_a_piece_of_the_tree(page, encoding):
    root = spoken("Hello Bob")
    data = wbxml_writer.encode(root, "1.2") if encoding == "wbxml" else xmltext.encode(root, "1.2")
    passes(page, "request", data, WBXML if encoding == "wbxml" else XML)
    choose(page, 0)
    assert document_bytes(page) == data
    in_tree = page.evaluate("[...document.querySelectorAll('.inspector-tree [data-span]')].map((each) => +each.dataset.span)")
    in_bytes = page.evaluate("[...document.querySelectorAll('.inspector-hex [data-span]')].map((each) => +each.dataset.span)")
    assert in_tree == sorted(set(in_bytes)) == list(range(len(in_tree)))


def test_an_element_under_the_pointer_shows_its_bytes_and_bytes_their_element(page):
    data = wbxml_writer.encode(spoken("Hello Bob"), "1.2")
    passes(page, "request", data)
    choose(page, 0)
    values = texts(page, ".inspector-tree .inspector-text")
    point_at(page, ".inspector-tree .inspector-text", values.index("Hello Bob"))
    assert lit_bytes(page) == b"\x03Hello Bob\0"
    start = data.index(b"\x03Hello Bob")
    assert f"bytes {start} to {start + 10} (11)" in texts(page, ".inspector-told")[0]
    span = page.evaluate("+document.querySelector('.inspector-tree .inspector-lit').dataset.span")
    point_at(page, f".inspector-hex [data-span='{span - 1}']")
    assert texts(page, ".inspector-tree .inspector-lit") == ["<ContentData>"]
    # What the element holds is lit dimly, up to its end.
    assert texts(page, ".inspector-tree .inspector-held") == ["Hello Bob", "</ContentData>"]


def test_code_pages_tokens_and_the_string_table_are_told(page):
    strange = message(Element("Status", children=[Element("X-Strange", "x")]))
    passes(page, "response", wbxml_writer.encode(strange, "1.1"))
    choose(page, 0)
    told = " ".join(texts(page, ".inspector-tree .inspector-piece"))
    assert "string table of 10 bytes" in told
    assert "X-Strange" in told
    passes(page, "request", wbxml_writer.encode(spoken("x"), "1.1"))
    choose(page, 1)
    assert "page 6" in texts(page, ".inspector-tree .inspector-page")
    assert any("value token" in str(note) for note in page.evaluate(
        "[...document.querySelectorAll('.inspector-tree .inspector-token')].map((each) => each.title)"
    ))  # fmt: skip


def test_the_keyboard_goes_where_the_pointer_goes(page):
    passes(page, "request", wbxml_writer.encode(spoken("Hello Bob"), "1.2"))
    page.evaluate("document.querySelector('.inspector-list button').focus()")
    page.press("Enter", 13, "\r")
    page.evaluate("document.querySelector('.inspector-tree [tabindex=\"0\"]').focus()")
    page.press("End", 35)
    assert texts(page, ".inspector-tree .inspector-lit") == ["</WV-CSP-Message>"]
    page.press("ArrowUp", 38)
    assert texts(page, ".inspector-tree .inspector-lit") == ["</Session>"]
    assert lit_bytes(page) == b"\x01"
    page.evaluate("document.querySelector('.inspector-bytes').focus()")
    page.press("Home", 36)
    page.press("ArrowRight", 39)
    assert texts(page, ".inspector-tree .inspector-lit") == ["public id 0x11: CSP 1.2"]
    assert page.evaluate("document.querySelectorAll('.inspector-list button[tabindex=\"0\"]').length") == 1


def test_a_pointer_that_rests_does_not_disturb_the_keyboard(page):
    """When the tree scrolls below it, the browser tells of what is under the pointer now."""
    passes(page, "request", wbxml_writer.encode(spoken("Hello Bob"), "1.2"))
    choose(page, 0)
    page.evaluate("addEventListener('pointermove', ({ screenX, screenY }) => (window.rests = { screenX, screenY }))")
    point_at(page, ".inspector-tree .inspector-tag", 3)
    page.evaluate("document.querySelector('.inspector-tree [tabindex=\"0\"]').focus()")
    page.press("End", 35)
    page.evaluate("""["pointerover", "pointermove"].forEach((name) => {
      const below = document.querySelectorAll(".inspector-tree .inspector-tag")[5];
      below.dispatchEvent(new PointerEvent(name, { bubbles: true, ...rests }));
    })""")
    assert texts(page, ".inspector-tree .inspector-lit") == ["</WV-CSP-Message>"]


@pytest.mark.parametrize("encoding", ["wbxml", "xml"])
def test_passwords_are_hidden_everywhere_unless_asked_for(page, encoding):
    data = wbxml_writer.encode(login(), "1.1") if encoding == "wbxml" else xmltext.encode(login(), "1.1")
    passes(page, "request", data, WBXML if encoding == "wbxml" else XML)
    choose(page, 0)
    everything = page.evaluate("document.documentElement.outerHTML")
    shown = document_bytes(page)
    secrets = (SECRET, "bG9uZ2xvbmdkaWdlc3Q=")
    for secret in secrets:
        assert secret not in everything
        assert secret.encode() not in shown
        assert secret.encode() not in exported(page)
    # It is a document as before, and the same but for those bytes.
    ((request,), _), = pcap.conversations(exported(page))  # fmt: skip
    assert len(request.body) == len(data)
    read = wbxml_reader.decode(request.body)[0] if encoding == "wbxml" else xmltext.decode(request.body)[0]
    values = {each.name: each.text for each in walk(read)}
    assert values["Password"] == "x" * len(SECRET)
    assert values["UserID"] == "wv:alice"
    page.evaluate("document.querySelector('.inspector-tools input').click()")
    assert all(secret.encode() in document_bytes(page) and secret.encode() in exported(page) for secret in secrets)


def test_a_password_that_is_a_token_or_in_the_string_table_is_hidden_too(page):
    """No phone writes it so, but the reader takes it."""
    plain = wbxml_writer.encode(login("#"), "1.1")
    assert plain[3] == 0
    from_table = b"".join((plain[:3], b"\x07secret\0", plain[4:])).replace(b"\x03#\0", b"\x83\0", 1)
    opaque = plain.replace(b"\x03#\0", b"\xc3\x06secret", 1)
    entities = plain.replace(b"\x03#\0", b"\x02\x81\x21", 1)
    token = plain.replace(b"\x03#\0", b"\x80\x0b", 1)
    for data in (from_table, opaque, entities, token):
        passes(page, "request", data)
    (requests, _), *more = pcap.conversations(exported(page))
    bodies = [each.body for each in requests] + [each.body for asked, _ in more for each in asked]
    passwords = [next(e.text for e in walk(wbxml_reader.decode(body)[0]) if e.name == "Password") for body in bodies]
    assert passwords == ["xxxxxx", "xxxxxx", "x", wbxml_value(0)]
    assert b"secret" not in exported(page)
    for number in range(4):
        choose(page, number)
        assert "secret" not in page.evaluate("document.querySelector('main').outerHTML")


def test_a_request_that_cannot_be_read_shows_no_bytes(page):
    passes(page, "request", b"\x03\x11\x6a\0\x49Password alice-secret")
    choose(page, 0)
    assert "cannot be read" in texts(page, ".inspector-head")[0]
    assert SECRET not in page.evaluate("document.documentElement.outerHTML")
    assert b"secret" not in document_bytes(page)
    assert b"secret" not in exported(page)


def test_the_capture_is_one_that_wireshark_opens(page):
    """Two connections: the first one's request got no answer. And a text that takes several packets."""
    long = "x" * 5000
    passes(page, "request", POLL)
    passes(page, "request", wbxml_writer.encode(spoken(long), "1.2"))
    passes(page, "response", wbxml_writer.encode(message(Element("Status")), "1.2"))
    passes(page, "request", POLL)
    passes(page, "response", b"", "")
    (asked, answered), (asked_then, answered_then) = pcap.conversations(exported(page))
    assert [each.body for each in asked] == [POLL]
    assert answered == []
    assert [each.first_line for each in asked_then] == ["POST / HTTP/1.1"] * 2
    assert long.encode() in asked_then[0].body
    assert [each.first_line for each in answered_then] == ["HTTP/1.1 200 OK"] * 2
    assert answered_then[1].body == b""
    assert asked_then[0].headers["content-type"] == WBXML
    assert pcap.segments(exported(page))[0].at == pytest.approx(1700000000.25)


def test_who_saves_a_capture_is_told_how_to_read_it(page):
    page.evaluate("HTMLAnchorElement.prototype.click = function () { window.saved = this.download; }; null")
    passes(page, "request", POLL)
    page.evaluate(
        "[...document.querySelectorAll('.inspector-tools button')].find((each) => /capture/.test(each.textContent)).click()"
    )
    assert texts(page, ".inspector-saved code") == [f"onesoup wire decode --annotate {page.evaluate('saved')}"]


def test_polls_that_brought_nothing_are_one_row(page):
    for _ in range(12):
        passes(page, "request", POLL)
        passes(page, "response", b"", "")
    assert texts(page, ".inspector-list li") == ["12 empty polls"]
    passes(page, "request", POLL)
    assert texts(page, ".inspector-list li") == ["12 empty polls, one under way"]
    passes(page, "response", wbxml_writer.encode(message(Element("NewMessage")), "1.1"))
    assert texts(page, ".inspector-list .inspector-name") == ["Polling-Request", "NewMessage"]
    passes(page, "request", POLL)
    passes(page, "response", b"", "")
    rows = ["12 empty polls", "→Polling-Request", "←NewMessage", "1 empty poll"]
    assert [text.startswith(row) for text, row in zip(texts(page, ".inspector-list li"), rows, strict=True)] == [True] * 4


def test_a_poll_that_is_held_while_a_message_goes_keeps_its_answer(page):
    """Each answer says how long it took, and so to what it belongs."""
    sent, status = wbxml_writer.encode(spoken("x"), "1.1"), wbxml_writer.encode(message(Element("Status")), "1.1")
    passes(page, "request", POLL)
    passes(page, "request", sent)
    passes(page, "response", status)
    passes(page, "response", b"", "", tookMs=750)
    rows = ["1 empty poll", "→SendMessage-Request", "←Status"]
    assert [text.startswith(row) for text, row in zip(texts(page, ".inspector-list li"), rows, strict=True)] == [True] * 3
    (polls, empty), (asked, answered) = pcap.conversations(exported(page))
    assert [each.body for each in (*polls, *empty)] == [POLL, b""]
    assert [each.body for each in (*asked, *answered)] == [sent, status]


def test_a_poll_that_was_lost_is_no_poll_under_way(page):
    passes(page, "request", POLL)
    passes(page, "request", POLL)
    passes(page, "response", b"", "")
    assert [text[:16] for text in texts(page, ".inspector-list li")] == ["→Polling-Request", "1 empty poll"]


def test_the_list_has_an_end_and_says_so(page):
    page.evaluate(
        "for (let count = 0; count < 510; count++) pass('request', "
        f"{json.dumps(base64.b64encode(wbxml_writer.encode(spoken('x'), '1.1')).decode())}, {json.dumps(WBXML)})"
    )
    assert len(texts(page, ".inspector-list li")) == 500
    assert "last 500 documents" in texts(page, ".inspector-note")[0]
    assert "10 older ones are gone" in texts(page, ".inspector-note")[0]


def test_what_somebody_is_called_stays_text(page):
    name = "<img src=x onerror='window.ran=1'><b>Bob</b>"
    for data, kind in ((wbxml_writer.encode(spoken(name), "1.1"), WBXML), (xmltext.encode(spoken(name), "1.1"), XML)):
        passes(page, "request", data, kind)
    for number in (0, 1):
        choose(page, number)
        assert name in texts(page, ".inspector-tree .inspector-text")
    state = {"phase": "on", "sessionId": name, "services": [name]}
    page.evaluate(f"client.state = {json.dumps(state)}; client.dispatchEvent(new Event('state'))")
    assert name in texts(page, ".inspector-state dd")
    assert page.evaluate("document.querySelectorAll('main img, main b').length") == 0
    assert page.evaluate("window.ran") is None


def test_a_large_picture_is_shown_by_its_ends(page):
    data = wbxml_writer.encode(spoken("A" * 60_000), "1.1")
    passes(page, "request", data)
    choose(page, 0)
    assert any(row.endswith("bytes") and "…" in row for row in texts(page, ".inspector-row"))
    assert page.evaluate("document.querySelectorAll('.inspector *').length") < 2000


def test_a_document_that_is_chosen_is_seen_at_once(page):
    """Elements, bytes and what to do with them, in a window in which the list ends near the lower edge."""
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    page.evaluate("document.body.firstChild.style.height = '500px'; scrollTo(0, 0)")
    for _ in range(20):
        passes(page, "request", wbxml_writer.encode(spoken("Hello Bob"), "1.2"))
    choose(page, 19)
    places = page.evaluate("""[".inspector-head", ".inspector-told", ".inspector-tree", ".inspector-bytes"].map((name) => {
      const { top, bottom } = document.querySelector(name).getBoundingClientRect();
      return [top, bottom];
    })""")
    assert all(0 <= top < bottom <= 900 for top, bottom in places), places
    assert page.evaluate("document.querySelector('.inspector-session').open") is False
    page.call("Emulation.setEmulatedMedia", features=[])


def test_what_is_pointed_at_is_said_once(page):
    passes(page, "request", wbxml_writer.encode(spoken("Hello Bob"), "1.2"))
    choose(page, 0)
    count = len(texts(page, ".inspector-tree [data-span]"))
    page.evaluate("document.querySelector('.inspector-bytes').focus()")
    for _ in range(count):
        page.press("ArrowRight", 39)
        words = re.split(r"[ ,]+", texts(page, ".inspector-told")[0].split(": ", 1)[1])
        assert [one for one, other in pairwise(words) if one == other] == []


def test_a_picture_is_called_so(page):
    info = Element("MessageInfo", children=[Element("ContentType", "image/png"), Element("ContentEncoding", "BASE64")])
    picture = message(Element("SendMessage-Request", children=[info, Element("ContentData", "iVBORw0KGgo=")]))
    passes(page, "request", wbxml_writer.encode(picture, "1.1"))
    assert texts(page, ".inspector-said") == ["picture"]


@pytest.mark.parametrize("phase", ["off", "ended"])
def test_of_a_client_that_has_ended_nothing_is_under_way(page, phase):
    on = {"phase": "on", "sessionId": "s1", "keepAlive": 60, "services": ["IM"], "transactions": []}
    page.evaluate(f"client.state = {json.dumps(on)}; client.dispatchEvent(new Event('state'))")
    passes(page, "request", POLL)
    assert texts(page, ".inspector-list li") == ["a poll under way"]
    assert "60 s" in texts(page, ".inspector-state dd")
    page.evaluate(f"client.state.phase = '{phase}'; client.dispatchEvent(new Event('state'))")
    assert "under way" not in "".join(texts(page, ".inspector-list li"))
    assert len(texts(page, ".inspector-state dd")) == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_it(page, width, dark):
    page.look(width, 900, dark)
    passes(page, "request", wbxml_writer.encode(spoken("Hello Bob"), "1.1"))
    passes(page, "response", wbxml_writer.encode(message(Element("Status")), "1.1"))
    passes(page, "request", POLL)
    passes(page, "response", b"", "")
    choose(page, 0)
    page.evaluate("document.querySelector('.inspector-tree [data-main]').focus()")
    assert page.faults() == []
    assert page.sideways() <= 0


def exported(page) -> bytes:
    return base64.b64decode(page.evaluate("btoa(String.fromCharCode(...inspector.capture()))"))


def walk(element: Element):
    yield element
    for child in element.children:
        yield from walk(child)


def wbxml_value(number: int) -> str:
    return tokens.VALUE_TEXTS["1.1"][number]
