"""The XMPP client of the wall: what it proves, what it believes, and the page where it is not."""

import json

import pytest

PLAIN, LOCAL = "<mechanism>PLAIN</mechanism>", "ws://127.0.0.1:5282/xmpp-websocket"


@pytest.fixture
def login(run):
    """Logs a client in at a server in the page: "in", or why not."""
    return lambda url=LOCAL: run("xmpp_server.js", url, PLAIN)


def says(page, text: str) -> None:
    page.evaluate(f"server.say({json.dumps(text)})")


def test_scram_proves_the_password_and_wants_proof_of_the_server(page):
    """The example of RFC 5802, section 5."""
    told = page.evaluate("""(async () => {
      const { Scram } = await import("/demo/files/xmpp/sasl.js");
      const scram = new Scram("user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
      const first = atob(await scram.first());
      const challenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
      const proof = atob(await scram.answer(btoa(challenge)));
      await scram.finish(btoa("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
      const wrong = await scram.finish(btoa("v=AAAA")).catch((error) => error.message);
      const foreign = await scram.answer(btoa("r=other,s=QSXC,i=4096")).catch((error) => error.message);
      const endless = await scram.answer(btoa(challenge.replace("4096", "99999999999"))).catch((error) => error.message);
      return [first, proof, wrong, foreign, endless];
    })()""")
    assert told[0] == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
    assert told[1] == "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    assert told[2:] == [
        "the server did not prove that it knows the password",
        "the challenge is not for us",
        "the server wants 99999999999 rounds",
    ]


def test_a_password_goes_in_the_clear_to_this_machine_alone(page, login):
    assert login() == "in"
    assert login("wss://xmpp.example.org/") == "in"
    assert "no way to log in" in login("ws://xmpp.example.org/")
    assert page.evaluate("server.sent.some((each) => each.startsWith('<auth'))") is False


def test_our_own_server_alone_says_who_the_contacts_are(page, login):
    login()
    roster = "<query xmlns='jabber:iq:roster'><item jid='{}@localhost' name='{}' subscription='both'/></query>"
    says(page, f"<iq xmlns='jabber:client' type='result' id='1'>{roster.format('alice', 'Alice')}</iq>")
    says(page, f"<iq xmlns='jabber:client' type='set' id='2'>{roster.format('bob', '&lt;b>Bob')}</iq>")
    pushed = roster.format("evil", "Evil")
    says(page, f"<iq xmlns='jabber:client' type='set' id='3' from='evil@example.org/x'>{pushed}</iq>")
    assert page.evaluate("[...client.contacts.values()].map((each) => each.name)") == ["Alice", "<b>Bob"]
    answers = page.evaluate("server.sent.slice(-2)")
    assert 'type="result"' in answers[0]
    assert "service-unavailable" in answers[1]


def test_a_receipt_of_somebody_else_ticks_nothing(page, login):
    login()
    page.evaluate("window.id = client.send('alice@localhost', 'hello')")
    receipt = "<message xmlns='jabber:client' from='{}@localhost/x'><received xmlns='urn:xmpp:receipts' id='ID'/></message>"
    for sender, expected in (("bob", False), ("alice", True)):
        page.evaluate(f"server.say({json.dumps(receipt.format(sender))}.replace('ID', id))")
        assert page.evaluate("client.messages[0].isReceived") is expected


def test_what_is_no_xml_ends_the_stream(page, login):
    login()
    page.evaluate("window.told = []; client.addEventListener('close', (event) => told.push(event.detail.reason))")
    says(page, "<message><unclosed>")
    assert page.evaluate("told") == ["the server sends what is no XML"]
    assert page.evaluate("client.phase") == "off"


def test_messages_and_contacts_have_an_end(page, login):
    login()
    page.evaluate("for (let count = 0; count < 150; count++) client.send('alice@localhost', `text ${count}`)")
    assert page.evaluate("client.messages.map((each) => each.text).slice(0, 1)") == ["text 50"]
    items = "".join(f"<item jid='u{number}@localhost' subscription='both'/>" for number in range(300))
    says(page, f"<iq xmlns='jabber:client' type='result' id='1'><query xmlns='jabber:iq:roster'>{items}</query></iq>")
    assert page.evaluate("client.contacts.size") == 200


@pytest.mark.parametrize("width", [360, 1280])
def test_without_a_websocket_the_phones_stand_alone_and_the_page_says_why(page, width):
    page.look(width, 780)
    page.open(page.evaluate("location.origin") + "/demo/wall")
    assert "opens no WebSocket" in page.evaluate("document.querySelector('.wall-xmpp').textContent")
    assert page.evaluate("document.querySelectorAll('.wall .phone-case').length") == 2
    assert page.evaluate("document.querySelectorAll('.diagram-row').length") == 0
    assert page.faults() == []
    assert page.sideways() <= 0
