"""The drawn phone in a real Chromium, with a client of its seam that has no server: writing by keys, screens, what arrives."""

import json
from pathlib import Path
from types import SimpleNamespace

import falcon
import pytest
from PIL import Image

from onesoup.handlers.context import Policy
from tests.support.browser import served
from workers.gateway.client_address import PeerReader
from workers.gateway.web.demo_pages import DEMO_PATHS, DemoPages, DemoValues, page_policy

HERE = Path(__file__).parent
BENCH = """<!DOCTYPE html><html lang="en"><head><title>Bench</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/demo/files/demo.css"><link rel="stylesheet" href="/demo/files/phone/phone.css"></head>
<body><main><h1>Bench</h1><div id="place"></div></main></body></html>"""
BOB, CAROL, LOBBY = "wv:bob@localhost", "wv:carol@localhost", "wv:/lobby@localhost"


class BenchPage:
    """A page with nothing but a phone, under the policy of the real ones."""

    def on_get(self, req, resp):
        resp.set_header("Content-Security-Policy", page_policy())
        resp.content_type, resp.text = "text/html; charset=utf-8", BENCH


@pytest.fixture(scope="module")
def tab(browser):
    services = SimpleNamespace(policy=Policy("localhost", frozenset({"localhost"})))
    pages, app = DemoPages(services, PeerReader(), DemoValues()), falcon.App()
    app.add_route("/bench", BenchPage())
    app.add_sink(lambda req, resp, **_: pages.show(req, resp), DEMO_PATHS)
    with served(app) as url:
        page = browser.page(1280, 900)
        page.open(f"{url}/bench")
        page.evaluate((HERE / "fake_client.js").read_text(encoding="utf-8") + "; null")
        yield page
        page.close()


class DrawnPhone:
    """A phone on the bench, and what it shows."""

    def __init__(self, tab):
        self.tab = tab

    def start(self, **options):
        self.tab.evaluate(f"newPhone({json.dumps(options)})")
        return self

    def logged_in(self, **options):
        self.start(**options)
        self.keys("ok")
        assert self.title() == "Contacts"
        return self

    def keys(self, *names):
        self.tab.evaluate(f"keys({', '.join(map(json.dumps, names))})")

    def types(self, text):
        self.tab.evaluate(f"typed({json.dumps(text)})")

    def tell(self, script):
        """Something comes from the server."""
        self.tab.evaluate(f"{script}; quiet()")

    def passes(self, milliseconds):
        self.tab.evaluate(f"time += {milliseconds}; null")

    def lines(self):
        return self.tab.evaluate("shown()")

    def title(self):
        return self.lines()[0]

    def chosen(self):
        return next((line[2:] for line in self.lines() if line.startswith("> ")), "")

    def said(self):
        return self.tab.evaluate("document.querySelector('.phone-live').textContent")

    def asked(self):
        return self.tab.evaluate("client.asked")

    def pick(self, words):
        """Goes down to the row that begins with these words, and presses OK."""
        for _ in range(20):
            if self.chosen().startswith(words):
                self.keys("ok")
                return
            self.keys("down")
        raise AssertionError(f"no row {words}: {self.lines()}")


@pytest.fixture
def phone(tab):
    return DrawnPhone(tab)


@pytest.fixture(scope="module")
def edited(tab):
    """The text that comes of presses (key, ms) in an editor with these options: [before the cursor, after it, mode]."""

    def editing(presses, **options):
        script = """(async () => {
            const { Editor } = await import("/demo/files/phone/multitap.js");
            const editor = new Editor(OPTIONS);
            for (const [act, ...values] of PRESSES) editor[act](...values);
            return [editor.before, editor.after, editor.mode];
        })()"""
        return tab.evaluate(script.replace("OPTIONS", json.dumps(options)).replace("PRESSES", json.dumps(presses)))

    return editing


def presses(keys, every=100):
    return [("press", key, number * every) for number, key in enumerate(keys)]


# --- multi-tap ---


@pytest.mark.parametrize(
    ("keys", "every", "text"),
    [
        ("2", 0, "a"),
        ("222", 100, "c"),
        ("2222", 100, "2"),
        ("22223", 100, "2d"),
        ("23", 100, "ad"),
        ("22", 999, "b"),
        ("22", 1000, "aa"),
        ("0", 0, " "),
        ("1", 0, "."),
        ("1111", 100, "!"),
        ("7777", 100, "s"),
    ],
)
def test_a_key_pressed_again_in_time_gives_its_next_letter(edited, keys, every, text):
    assert edited(presses(keys, every)) == [text, "", "abc"]


def test_the_letters_of_a_key_come_round_again(edited):
    assert edited(presses("5555")) == ["5", "", "abc"]
    assert edited(presses("55555")) == ["j", "", "abc"]


def test_hash_changes_between_small_capital_and_digits(edited):
    assert edited([("nextMode",), ("press", "2", 0), ("settle",), ("press", "2", 10)])[0] == "Aa"
    assert edited([("nextMode",), ("nextMode",), ("press", "2", 0), ("settle",), ("press", "2", 10)])[0] == "AA"
    assert edited([("nextMode",)] * 3 + presses("2233")) == ["2233", "", "123"]
    assert edited([("nextMode",)] * 4)[2] == "abc"


def test_a_sentence_begins_with_a_capital(edited):
    assert edited([("type", "Well. "), ("press", "4", 0), ("settle",)], sentences=True) == ["Well. G", "", "abc"]
    assert edited([("press", "4", 0), ("press", "4", 100), ("press", "3", 200)], sentences=True)[0] == "Hd"


def test_clear_deletes_what_is_before_the_cursor_and_the_cursor_moves(edited):
    assert edited([("type", "abc"), ("left",), ("clear",), ("press", "9", 0)]) == ["aw", "c", "abc"]
    assert edited([("type", "abc"), ("start",), ("press", "9", 0), ("end",)])[:2] == ["wabc", ""]
    assert edited([("type", "abc"), ("clearAll",)])[:2] == ["", ""]
    assert edited([("type", "a😀"), ("clear",)])[0] == "a"


def test_a_key_that_is_held_gives_its_digit(edited):
    assert edited([("press", "5", 0), ("hold", "5")])[0] == "5"


def test_a_text_ends_at_its_limit(edited):
    assert edited([("type", "abcdef")], limit=4)[0] == "abcd"
    assert edited([("type", "abc"), *presses("22233")], limit=4)[0] == "abcc"


# --- text on the screen ---


def test_every_key_writes_what_the_screen_can_show(tab):
    script = """(async () => {
        const { LETTERS, SYMBOLS } = await import("/demo/files/phone/multitap.js");
        const { glyph } = await import("/demo/files/phone/font.js");
        const drawn = (each) => each !== "\\n" && each.codePointAt(0) < 0x2500; // emoji come from the browser's font
        const all = [...Object.values(LETTERS).join(""), ...SYMBOLS].filter(drawn);
        return all.flatMap((each) => [each, each.toUpperCase()]).filter((each) => each.length === 1 && !glyph(each));
    })()"""
    assert tab.evaluate(script) == []


@pytest.mark.parametrize(
    "text", ["two words", "a-word-that-is-much-longer-than-one-line-of-the-screen", "a\n\nb", "", "é😀 привет " * 9]
)
def test_lines_fit_and_lose_nothing(tab, text):
    script = """import("/demo/files/phone/font.js").then(({ wrap, measure }) => {
        const lines = wrap(TEXT, 100);
        return [lines.join(""), Math.max(...lines.map((line) => measure(line.trimEnd())))];
    })"""
    joined, width = tab.evaluate(script.replace("TEXT", json.dumps(text)))
    assert joined == text.replace("\n", "")
    assert width <= 100


# --- the way to a chat ---


def test_an_account_of_the_list_is_two_keys_from_its_contacts(phone):
    phone.start()
    assert phone.title() == "Log in as"
    phone.keys("down")
    assert phone.chosen() == "bob"
    phone.keys("ok")
    assert phone.asked() == [["login", "bob", "bob-secret"]]
    assert phone.lines()[:3] == ["Contacts", "> Bob, available, At home", "Echo, available, I answer with your own words"]


def test_somebody_else_writes_user_and_password(phone):
    phone.start(accounts=[])
    phone.keys("ok", "ok")
    assert phone.title() == "User"
    phone.keys("6", "7", "7", "7")  # m r
    phone.types("eve")
    phone.keys("soft-left", "ok")
    phone.types("s3cret")
    assert "s3cret" not in "".join(phone.lines())
    phone.keys("ok")
    assert phone.chosen() == "Log in"
    phone.keys("ok")
    assert phone.asked() == [["login", "mreve", "s3cret"]]


def test_a_refused_login_shows_code_and_meaning(phone):
    phone.start(refuse={"login": {"code": 409, "description": "Invalid password"}})
    phone.keys("ok")
    assert phone.lines()[:3] == ["Error 409", "Not logged in", "Wrong user or password."]
    phone.keys("ok")
    assert phone.title() == "Log in as"


def test_a_login_that_the_operator_has_blocked_says_so_with_the_number(phone):
    phone.start(refuse={"login": {"code": 403, "description": "blocked by the operator, no. 7f3"}})
    phone.keys("ok")
    assert phone.lines()[:3] == ["Error 403", "Not logged in", "The operator has shut you out, no. 7f3."]


def test_a_login_can_be_cancelled(phone):
    phone.start()
    phone.tab.evaluate("FakeClient.prototype.slow = new Promise((done) => (window.go = done)); null")
    phone.keys("ok")
    assert phone.lines()[:2] == ["Log in", "Logging in\nLogin-Request"]
    phone.keys("soft-right")
    phone.tell("go(); delete FakeClient.prototype.slow")
    assert phone.title() == "Log in as"
    assert phone.asked()[-2:] == [["login", "alice", "alice-secret"], ["logout"]]


def test_a_server_that_is_away_is_told_in_words(phone):
    phone.start(refuse={"login": {"message": "the server cannot be reached"}})
    phone.keys("ok")
    assert phone.lines()[:3] == ["Error", "Not logged in", "The server cannot be reached"]


def test_the_handset_is_chosen_before_the_login_and_has_its_own_screen(phone):
    phone.start()
    phone.pick("Handset")
    phone.pick("Nokia S60")
    assert any(line.startswith("Handset, 1.1 WBXML, Nokia S60") for line in phone.lines())
    assert phone.tab.evaluate("(({ width, height }) => [width, height])(document.querySelector('canvas'))") == [176, 208]


def test_after_the_choice_of_a_handset_one_key_logs_in_and_the_phone_says_how_to_change_it(phone):
    phone.start()
    phone.pick("Handset")
    phone.pick("Nokia S60")
    phone.keys("ok")
    assert phone.asked() == [["login", "alice", "alice-secret"]]
    menu(phone, "This phone")
    assert "Log out to change the handset." in phone.lines()


def test_a_contact_who_is_offline_is_said_to_get_it_later(phone):
    note = "Dave is offline and will get it later."
    phone.logged_in()
    phone.pick("Dave")
    assert note in phone.lines()
    assert note in phone.said()
    phone.types("x")
    phone.keys("ok")
    assert phone.lines()[1:3] == ["Me, 14:01: x", note]
    phone.tell("client.contacts.get('wv:dave@localhost').availability = 'AVAILABLE'; client.tell('contacts')")
    assert note not in phone.lines()
    phone.keys("end", "right")
    phone.pick("Bob")
    assert "offline" not in "".join(phone.lines())


def test_a_message_is_written_on_twelve_keys(phone):
    phone.logged_in()
    phone.keys("ok")
    assert phone.lines()[:2] == ["Bob", "No messages yet"]
    phone.keys("4", "4", "4")
    assert phone.title() == "To Bob"
    phone.passes(1000)
    phone.keys("0", "1", "1", "1", "*")
    assert phone.title() == "Symbols"
    phone.keys("right", "right", "right", "ok", "ok")
    assert ["send", BOB, "I ?!"] in phone.asked()
    assert phone.lines()[:2] == ["Bob", "Me, 14:01: I ?!"]


def test_a_letter_becomes_fixed_by_time(phone):
    """The one test that waits for the phone's own timer."""
    phone.logged_in()
    phone.keys("ok", "5")
    wait = "new Promise((done) => { const look = () => phone.top.editor.pending ? setTimeout(look, 50) : done(1); look(); })"
    assert phone.tab.evaluate(wait) == 1


def test_letters_of_a_keyboard_and_a_pasted_text_are_written_as_they_are(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.types("Hi 2u")
    paste = "new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })"
    phone.tell(f"const data = new DataTransfer(); data.setData('text/plain', ' é*#'); phone.screen.dispatchEvent({paste})")
    phone.keys("ok")
    assert ["send", BOB, "Hi 2u é*#"] in phone.asked()


def test_the_keys_that_lead_back_change_nothing_on_the_first_screen(phone):
    phone.start()
    phone.keys("down")
    shown = phone.lines()
    assert phone.chosen().startswith("bob")
    phone.keys("escape", "clear")
    assert phone.lines() == shown
    phone.keys("soft-right")
    assert phone.title() == "Help"
    phone.keys("escape", "escape")
    assert phone.lines() == shown
    assert phone.tab.evaluate("clients.length") == 0


@pytest.mark.parametrize("key", ["escape", "clear"])
def test_the_keys_that_lead_back_close_an_error(phone, key):
    phone.start(refuse={"login": {"code": 409, "description": "Invalid password"}})
    phone.keys("ok")
    assert phone.title() == "Error 409"
    phone.keys(key)
    assert phone.title() == "Log in as"


def test_what_is_not_sent_is_kept(phone):
    phone.logged_in(refuse={"send": {"code": 531, "description": "Unknown user"}})
    phone.keys("ok")
    phone.types("keep me")
    phone.keys("ok")
    assert phone.lines()[:3] == ["Error 531", "Message failed", "There is no such user."]
    phone.keys("ok", "ok")
    assert phone.lines()[:2] == ["To Bob", "Text: keep me"]
    phone.keys("escape", "escape")
    phone.keys("ok", "ok")
    assert phone.lines()[1] == "Text: keep me"


def test_the_red_key_leaves_everything_and_loses_nothing(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.types("half a thought")
    phone.keys("end")
    assert "No new messages" in phone.lines()
    phone.keys("right", "ok", "ok")
    assert phone.lines()[1] == "Text: half a thought"


def test_a_delivered_message_has_its_tick(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.types("x")
    phone.keys("ok")
    phone.tell(f"client.conversations.get('{BOB}')[0].delivered = true; client.tell('delivered', {{ messageId: 'm1' }})")
    assert phone.lines()[1] == "Me, 14:01, delivered: x"


# --- what arrives ---


def test_a_message_that_nobody_looks_at_is_told_on_every_screen(phone):
    phone.logged_in()
    phone.tell(f"client.add('{CAROL}', {{ from: '{CAROL}', text: 'hello' }})")
    assert "1 new: Carol" in phone.lines()
    assert phone.said().startswith("1 new: Carol")
    assert phone.tab.evaluate("document.querySelector('.phone').classList.contains('phone-shakes')")
    phone.keys("end")
    assert "1 new: Carol" in phone.lines()
    phone.keys("soft-left")
    assert phone.lines()[:2] == ["Carol", "Carol, 14:01: hello"]
    phone.keys("end")
    assert "No new messages" in phone.lines()


def test_the_green_key_opens_the_newest_message(phone):
    phone.logged_in()
    phone.tell(f"client.add('{CAROL}', {{ from: '{CAROL}', text: 'hello' }})")
    phone.keys("soft-left", "call")
    assert phone.title() == "Carol"


def test_a_message_in_the_open_chat_is_seen_at_once(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.tell(f"client.add('{BOB}', {{ from: '{BOB}', text: 'hello' }})")
    assert phone.lines()[1] == "Bob, 14:01: hello"
    assert phone.said() == "Bob. Bob, 14:01: hello"


def test_text_of_others_is_never_markup(phone):
    phone.logged_in()
    phone.keys("ok")
    bad = "<img src=x onerror=window.bad=1><script>window.bad=1</script>"
    phone.tell(f"client.add('{BOB}', {{ from: '{BOB}', text: {json.dumps(bad)} }})")
    assert phone.lines()[1].endswith(bad)
    assert phone.tab.evaluate("document.querySelectorAll('.phone img, .phone script').length") == 0


def test_a_friend_request_waits_until_nobody_writes(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.types("hello")
    phone.tell("client.tell('request', { userId: 'wv:mallory@example.org' })")
    assert phone.title() == "To Bob"
    phone.keys("ok")
    assert phone.title() == "Friend request"
    assert "mallory" in phone.lines()[1]
    phone.keys("soft-left")
    assert ["answerRequest", "wv:mallory@example.org", True] in phone.asked()
    assert phone.title() == "Bob"


def test_two_questions_are_asked_one_after_the_other(phone):
    phone.logged_in()
    for user in ("mallory", "trudy"):
        phone.tell(f"client.tell('request', {{ userId: 'wv:{user}@example.org' }})")
    phone.keys("soft-right", "ok")
    assert [each for each in phone.asked() if each[0] == "answerRequest"] == [
        ["answerRequest", "wv:mallory@example.org", False],
        ["answerRequest", "wv:trudy@example.org", True],
    ]
    assert phone.title() == "Contacts"


INVITATION = f"{{ inviteId: 'i1', groupId: 'wv:/tea@localhost', from: '{BOB}', note: 'At four' }}"


def test_an_invitation_leads_into_the_group(phone):
    phone.logged_in()
    phone.tell(f"client.tell('invitation', {INVITATION})")
    assert phone.lines()[:3] == ["Invitation", "Bob invites you into the group tea.", "At four"]
    phone.keys("soft-left")
    assert ["answerInvitation", "i1", True] in phone.asked()
    assert phone.title() == "tea"


def test_an_invitation_that_is_taken_back_asks_nothing(phone):
    phone.logged_in()
    phone.tell(f"client.tell('invitation', {INVITATION})")
    phone.tell("client.tell('invitation', { inviteId: 'i1', cancelled: true })")
    assert phone.title() == "Contacts"


def test_who_is_put_out_of_a_group_is_told_why(phone):
    phone.logged_in()
    phone.tell(f"client.joinGroup('{LOBBY}', 'alice')")
    menu(phone, "Groups")
    phone.pick("lobby")
    phone.tell(f"client.groups.delete('{LOBBY}'); client.tell('group', {{ groupId: '{LOBBY}', left: true, code: 809 }})")
    assert phone.lines()[:2] == ["Group", "You are out of lobby."]
    phone.keys("soft-right")
    assert phone.title() == "Groups"


def test_a_server_that_does_not_answer_is_seen(phone):
    phone.logged_in()
    phone.tell("client.state.connected = false; client.tell('state')")
    assert "No connection" in phone.lines()
    assert phone.said().startswith("No connection")
    phone.tell("client.state.connected = true; client.tell('state')")
    assert "No connection" not in phone.lines()


def test_a_message_that_was_not_delivered_says_so(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.types("x")
    phone.keys("ok")
    phone.tell(f"client.conversations.get('{BOB}')[0].failed = 531; client.tell('delivered', {{ messageId: 'm1', code: 531 }})")
    assert phone.lines()[1] == "Me, 14:01, not delivered: x"


def test_a_session_that_ends_says_why_and_logs_in_again(phone):
    phone.logged_in()
    phone.keys("ok")
    phone.tell("client.tell('ended', { code: 600, description: 'Session expired' })")
    assert phone.lines()[:4] == ["Logged out", "Connection lost", "The phone was silent for too long.", "(status 600)"]
    phone.keys("soft-left")
    assert phone.title() == "Contacts"
    assert phone.tab.evaluate("clients.map((each) => each.asked[0])") == [["login", "alice", "alice-secret"]] * 2


def test_an_old_client_is_heard_no_more(phone):
    phone.logged_in()
    phone.keys("end", "ok")
    phone.pick("Log out")
    phone.tell(f"client.add('{BOB}', {{ from: '{BOB}', text: 'late' }})")
    assert phone.title() == "Log in as"
    assert ["logout"] in phone.asked()


# --- groups, pictures, contacts, status ---


def menu(phone, words):
    phone.keys("end", "ok")
    phone.pick(words)


def test_the_lobby_is_suggested_and_joined(phone):
    phone.logged_in()
    menu(phone, "Groups")
    phone.keys("ok")
    assert phone.lines()[:2] == ["Join a group", "Text: lobby"]
    phone.keys("ok")
    assert ["joinGroup", LOBBY, "alice"] in phone.asked()
    assert phone.title() == "lobby"
    phone.types("hello all")
    phone.keys("ok")
    assert ["sendToGroup", LOBBY, "hello all"] in phone.asked()
    phone.keys("soft-left", "ok")
    assert phone.lines()[:3] == ["Members", "> alice", "bob"]
    phone.keys("escape", "soft-left")
    phone.pick("Invite")
    phone.pick("Carol")
    assert ["inviteToGroup", LOBBY, CAROL] in phone.asked()
    phone.keys("soft-left")
    phone.pick("Leave")
    phone.keys("soft-left")
    assert ["leaveGroup", LOBBY] in phone.asked()
    assert phone.title() == "Groups"


def test_a_group_is_made(phone):
    phone.logged_in()
    menu(phone, "Groups")
    phone.pick("Make")
    phone.types("tea")
    phone.keys("ok")
    assert ["createGroup", "tea"] in phone.asked()
    assert phone.title() == "tea"


def test_a_drawn_picture_is_looked_at_and_sent(phone):
    phone.logged_in()
    phone.keys("ok", "soft-left", "ok", "ok")
    until(phone, "Picture")
    phone.keys("ok")
    name, to, kind, size = phone.asked()[-1]
    assert (name, to, kind, 0 < size < 20_000) == ("sendPicture", BOB, "image/png", True)
    assert phone.lines()[:2] == ["Bob", "Me, 14:01: a picture"]


def test_a_file_of_the_computer_is_made_to_fit(phone, tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (1600, 900), "red").save(path)
    phone.logged_in()
    phone.keys("ok", "soft-left", "ok")
    phone.tab.evaluate("document.querySelector('.phone input').click = () => {}; null")  # no window of the system opens
    phone.pick("From this computer")
    found = phone.tab.call("Runtime.evaluate", expression="document.querySelector('.phone input')")
    phone.tab.call("DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"])
    until(phone, "Picture")
    sizes = "phone.images.of(phone.top._blob); createImageBitmap(phone.top._blob).then((image) => [image.width, image.height])"
    assert phone.tab.evaluate(sizes) == [128, 72]
    phone.keys("ok")
    assert phone.asked()[-1][2] == "image/jpeg"


def test_a_file_that_is_no_picture_is_refused_in_words(phone, tmp_path):
    path = tmp_path / "no.png"
    path.write_bytes(b"\x89PNG, but nothing follows")
    phone.logged_in()
    phone.keys("ok", "soft-left", "ok")
    phone.tab.evaluate("document.querySelector('.phone input').click = () => {}; null")
    phone.pick("From this computer")
    found = phone.tab.call("Runtime.evaluate", expression="document.querySelector('.phone input')")
    phone.tab.call("DOM.setFileInputFiles", files=[str(path)], objectId=found["result"]["objectId"])
    until(phone, "Error")
    assert phone.lines()[1:3] == ["Picture failed", "The phone cannot read this file as a picture."]


def until(phone, title):
    """Waits for a screen that comes when a picture is ready."""
    script = f"new Promise((done) => {{ const look = () => shown()[0] === '{title}' ? done(1) : setTimeout(look, 20); look(); }})"
    assert phone.tab.evaluate(script) == 1


def test_contacts_are_added_and_removed(phone):
    phone.logged_in()
    phone.keys("soft-left")
    phone.pick("Add")
    phone.types("eve@example.org")
    phone.keys("ok")
    assert ["addContact", "wv:eve@example.org", "eve"] in phone.asked()
    assert phone.title() == "Contacts"
    phone.keys("soft-left")
    phone.pick("Remove")
    phone.keys("soft-left")
    assert ["removeContact", BOB] in phone.asked()
    assert "Bob" not in "".join(phone.lines())


def test_a_phone_that_logs_in_without_a_domain_knows_all_of_its_server_without_it(phone):
    phone.logged_in()
    phone.tell("client.domain = ''")
    for typed in ("Eve", "eve@localhost"):
        phone.keys("soft-left")
        phone.pick("Add")
        phone.types(typed)
        phone.keys("ok")
        assert phone.asked()[-1][1] == "wv:eve"
    menu(phone, "Groups")
    phone.keys("ok", "ok")
    assert phone.asked()[-1] == ["joinGroup", "wv:/lobby", "alice"]


def test_contacts_stand_in_their_lists(phone):
    phone.logged_in()
    phone.tell(f"client.contacts.get('{CAROL}').list = 'wv:alice/work@localhost'; client.tell('contacts')")
    assert [line for line in phone.lines() if line.endswith(":")] == ["friends:", "work:"]
    phone.keys("up")
    assert phone.chosen().startswith("Carol")


def test_own_status_is_told_to_the_server(phone):
    phone.logged_in()
    menu(phone, "My status")
    phone.pick("away")
    phone.pick("Text")
    phone.types("at lunch")
    phone.keys("ok")
    told = [each for each in phone.asked() if each[0] == "setPresence"]
    assert told == [["setPresence", "NOT_AVAILABLE", ""], ["setPresence", "NOT_AVAILABLE", "at lunch"]]
    phone.keys("end")
    assert "alice, away" in phone.lines()


def test_sounds_are_off_until_they_are_switched_on(phone):
    phone.logged_in()
    assert phone.tab.evaluate("phone.sounds.on") is False
    menu(phone, "Sounds")
    assert phone.chosen() == "Sounds, on"
    phone.keys("up", "down")
    phone.keys("ok")
    assert phone.chosen() == "Sounds, off"


# --- everybody can use it ---


def test_tab_stops_at_the_screen_and_once_at_the_keys_where_arrows_go_on(phone):
    phone.start()
    focused = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
    assert phone.tab.evaluate(focused).startswith("Phone screen")
    phone.tab.press("Tab", 9)
    assert phone.tab.evaluate(focused) == "Left soft key"
    for _ in range(8):
        phone.tab.press("ArrowRight", 39)
    assert phone.tab.evaluate(focused) == "C, delete"
    phone.tab.press("ArrowRight", 39)
    phone.tab.press("ArrowRight", 39)
    assert phone.tab.evaluate(focused) == "1 . , ?"
    phone.tab.press("Tab", 9)
    assert not phone.tab.evaluate("Boolean(document.activeElement.dataset?.key)")


def test_enter_on_a_key_that_has_the_focus_presses_that_key(phone):
    phone.start()
    phone.tab.evaluate("document.querySelector('[data-key=down]').focus(); null")
    phone.tab.press("Enter", 13, "\r")
    phone.tab.evaluate("quiet()")
    assert phone.chosen() == "bob"


def test_a_mouse_presses_keys_and_holds_them(phone):
    phone.logged_in()
    phone.keys("ok")
    middle = "(({ x, y, width, height }) => [x + width / 2, y + height / 2])(FIVE.getBoundingClientRect())"
    place = phone.tab.evaluate(middle.replace("FIVE", "document.querySelector('[data-key=\"5\"]')"))
    mouse = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
    phone.tab.call("Input.dispatchMouseEvent", type="mousePressed", **mouse)
    until_text = """new Promise((done) => {
        const look = () => phone.top.editor?.text === "5" ? done(1) : setTimeout(look, 20);
        look();
    })"""
    assert phone.tab.evaluate(until_text) == 1
    phone.tab.call("Input.dispatchMouseEvent", type="mouseReleased", **mouse)
    phone.tab.evaluate("quiet()")
    assert phone.tab.evaluate("phone.top.editor.text") == "5"
    assert phone.tab.evaluate("document.activeElement.classList.contains('phone-screen')")


def test_who_points_at_the_screen_chooses_there(phone):
    phone.start()
    point(phone, 0.5, 0.24)  # the second account
    assert phone.asked() == [["login", "bob", "bob-secret"]]
    point(phone, 0.1, 0.97)
    assert phone.title() == "Options"
    point(phone, 0.9, 0.97)
    assert phone.title() == "Contacts"
    point(phone, 0.5, 0.97)
    assert phone.title() == "Bob"
    point(phone, 0.5, 0.5)
    assert phone.title() == "To Bob"


def point(phone, x, y):
    """Clicks at a place on the screen, from 0 to 1 each way."""
    box = "(({ x, y, width, height }) => [x, y, width, height])(document.querySelector('canvas').getBoundingClientRect())"
    left, top, width, height = phone.tab.evaluate(box)
    place = {"x": left + x * width, "y": top + y * height, "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        phone.tab.call("Input.dispatchMouseEvent", type=kind, **place)
    phone.tab.evaluate("quiet()")


def test_nothing_moves_for_who_wants_that(phone):
    phone.tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    phone.logged_in()
    phone.tell(f"client.add('{CAROL}', {{ from: '{CAROL}', text: 'hello' }})")
    assert phone.tab.evaluate("getComputedStyle(document.querySelector('.phone-case')).animationName") == "none"
    assert phone.tab.evaluate("phone.still")
    phone.tab.call("Emulation.setEmulatedMedia", features=[])


def test_pixels_of_the_screen_are_whole_pixels_of_the_display(phone):
    phone.start()
    for width, handset, shown in (
        (1280, "HANDSET", 256),
        (360, "HANDSET", 256),
        (1280, "BIG_HANDSET", 352),
        (1280, "{ ...BIG_HANDSET, screen: { width: 176, height: 220 } }", 352),
        (360, "FINE_HANDSET", 240),
    ):
        phone.tab.look(width)
        phone.tell(f"phone.handset = {handset}; new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert phone.tab.evaluate("document.querySelector('canvas').getBoundingClientRect().width") == shown, (width, handset)
        assert phone.tab.sideways() <= 0
    phone.tab.look(1280, 900)


def test_colours_of_the_screen_can_be_told_apart(tab):
    """Text has 4.5 to 1 on its ground (WCAG 2.2, 1.4.3); icons have 3 to 1 (1.4.11)."""
    colours = tab.evaluate("import('/demo/files/phone/painter.js').then(({ COLOURS }) => COLOURS)")
    on_paper = ("ink", "quiet", "mine", "theirs", "bad")
    pairs = [(name, ground) for name in on_paper for ground in ("paper",)]
    pairs += [("ink", "soft"), ("ink", "note"), ("bar", "soft"), ("barText", "bar"), ("chosenText", "chosen")]
    assert [pair for pair in pairs if contrast(*(colours[name] for name in pair)) < 4.5] == []
    icons = ("available", "away", "busy", "offline")
    assert [name for name in icons if contrast(colours[name], colours["paper"]) < 3] == []


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
