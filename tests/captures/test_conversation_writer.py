"""Captures become conversations: what is kept, what becomes a variable, what is expected of another server."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from onesoup.captures.conversation_writer import ANSWER_CONDITIONS, NothingCaptured, WrittenConversation, write_conversation
from onesoup.captures.documents import CapturedBody, Direction
from onesoup.captures.exchanges import CapturedExchange, exchanges_of, pack_exchange, redacted, unpack_exchange
from onesoup.captures.people import _MADE_UP_LETTERS, _free_name
from onesoup.captures.redaction import Redactor
from onesoup.demo import accounts
from onesoup.phone.conversation import rules, script
from onesoup.phone.conversation.backend import _ACTS, _EXPECTATIONS, sentences
from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document, Encoding

DEMO_NAMES = {*accounts.DEMO_USERS, accounts.ECHO, accounts.LOBBY}
TRC = "http://www.openmobilealliance.org/DTD/WV-TRC1.2"
CSP = "http://www.openmobilealliance.org/DTD/WV-CSP1.2"
OK = "<Result><Code>200</Code></Result>"


def document(content: str, tid: str = "", mode: str = "Request", sid: str = "S1") -> bytes:
    inside = f"<SessionType>Inband</SessionType><SessionID>{sid}</SessionID>" if sid else "<SessionType>Outband</SessionType>"
    return (
        f'<WV-CSP-Message xmlns="{CSP}"><Session><SessionDescriptor>{inside}</SessionDescriptor><Transaction>'
        f"<TransactionDescriptor><TransactionMode>{mode}</TransactionMode><TransactionID>{tid}</TransactionID>"
        f'</TransactionDescriptor><TransactionContent xmlns="{TRC}">{content}</TransactionContent></Transaction></Session>'
        "</WV-CSP-Message>"
    ).encode()


def inside(**texts: str) -> str:
    """Elements with texts, in a row."""
    return "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())


def login(more: str, tid: str = "1") -> bytes:
    return document(f"<Login-Request><UserID>wv:alice@example.org</UserID>{more}</Login-Request>", tid, sid="")


def answer(content: str, tid: str, sid: str = "S1") -> bytes:
    return document(content, tid, "Response", sid)


LOGIN = (login("<Password>geheim</Password>"), answer(f"<Login-Response>{OK}<SessionID>S1</SessionID></Login-Response>", "1", ""))
POLL = document("<Polling-Request/>")
STATUS = f"<Status>{OK}</Status>"


def bodies(pairs: list[tuple[bytes, bytes]]) -> Iterator[CapturedBody]:
    for request, response in pairs:
        yield CapturedBody(request, Direction.REQUEST, connection="1")
        yield CapturedBody(response, Direction.RESPONSE, connection="1")


def written(*pairs: tuple[bytes, bytes]) -> WrittenConversation:
    problems: list[str] = []
    exchanges = list(exchanges_of(bodies(list(pairs)), problems))
    assert not problems
    return write_conversation(exchanges, "A phone", "made up")


def steps(*pairs: tuple[bytes, bytes]) -> dict[str, dict[str, Any]]:
    """{name: step} of a conversation that loads, whose sentences and rules are known."""
    made = written(*pairs)
    data = yaml.safe_load(made.text())
    assert data == made.data
    loaded = script.make("made", data)
    assert rules.known(loaded.always)[1] == []
    for step in loaded.steps:
        assert known_sentences(step), step
    return {step["name"]: step for step in loaded.steps}


def known_sentences(step: dict[str, Any]) -> bool:
    """Whether a play understands what the step says of friends."""
    tables = (("backend", _ACTS), ("backend_expect", _EXPECTATIONS))
    said = [(sentence, table) for key, table in tables for sentence in sentences(step.get(key, ""))]
    return all(any(pattern.fullmatch(sentence) for pattern, _ in table) for sentence, table in said)


def test_what_a_server_gave_becomes_a_variable() -> None:
    made = steps(LOGIN, (document("<Logout-Request/>", "2"), answer(STATUS, "2")))
    assert list(made) == ["login", "logout"]
    assert "<Password>${password}</Password>" in made["login"]["send"]
    assert made["login"]["expect"]["capture"] == {"sid": "SessionID"}
    assert "<SessionID>${sid}</SessionID>" in made["logout"]["send"]
    assert made["logout"]["expect"]["transaction_id"] == "2"
    assert made["logout"]["expect"]["checks"] == [{"path": "Result/Code", "op": "equals", "value": "200"}]


def test_a_digest_is_computed_from_the_nonce_of_the_play() -> None:
    told = f"<Result><Code>401</Code></Result>{inside(Nonce='n0', DigestSchema='SHA')}"
    asked = answer(f"<Login-Response>{told}</Login-Response>", "1", "")
    first = (login("<DigestSchema>SHA</DigestSchema>"), asked)
    made = steps(first, (login("<DigestBytes>iWlVv8u5cBtEufH3QCVcCA==</DigestBytes>"), LOGIN[1]))
    assert made["login"]["expect"]["capture"] == {"nonce": "Nonce", "schema": "DigestSchema"}
    assert {"path": "Nonce", "op": "nonempty"} in made["login"]["expect"]["checks"]
    assert made["login-2"]["compute"]["digest"].startswith("base64(")
    assert "<DigestBytes>${digest}</DigestBytes>" in made["login-2"]["send"]


def test_a_refused_password_is_a_wrong_one_in_the_play_too() -> None:
    refused = answer("<Status><Result><Code>409</Code></Result></Status>", "1", "")
    made = steps((LOGIN[0], refused), LOGIN)
    assert "${wrong_password}" in made["login"]["send"]
    assert "${password}" in made["login-2"]["send"]


def test_a_message_comes_because_a_friend_sends_it() -> None:
    sender = inside(Sender=inside(User=inside(UserID="wv:bobby@example.org")))
    info = inside(MessageInfo=inside(MessageID="m7", ContentType="text/plain") + sender)
    comes = document(f"<NewMessage>{info}<ContentData>It's me; really</ContentData></NewMessage>", "s1")
    read = document("<MessageDelivered><MessageID>m7</MessageID></MessageDelivered>", "s1", "Response")
    made = steps(LOGIN, (POLL, comes), (read, b""), (POLL, comes.replace(b">s1<", b">s2<")))
    assert list(made) == ["login", "new-message"]  # the same message does not come twice
    step = made["new-message"]
    assert step["backend"] == "bobby sends 'It.s me, really' to alice"
    assert step["where"] == [{"path": "ContentData", "op": "equals", "value": "It.s me, really"}]
    assert "<TransactionID>${stid}</TransactionID>" in step["answer"]
    assert "<MessageID>${mid}</MessageID>" in step["answer"]
    assert step["expect"]["capture"] == {"mid": "MessageInfo/MessageID"}
    data = written(LOGIN, (POLL, comes), (read, b"")).data
    assert data["given"]["at start"] == "bobby available"
    assert "MessageDelivered" in data["on_server_request"]["NewMessage"]


def send(text: str, to: str = "wv:bobby@example.org") -> bytes:
    who = f"<Recipient><User><UserID>{to}</UserID></User></Recipient>"
    return document(
        f"<SendMessage-Request><MessageInfo>{who}</MessageInfo><ContentData>{text}</ContentData></SendMessage-Request>", "5"
    )


SENT = answer(f"<SendMessage-Response>{OK}<MessageID>x1</MessageID></SendMessage-Response>", "5")


@pytest.mark.parametrize(
    ("text", "to", "seen"),
    [
        ("Hello", "wv:bobby@example.org", "bobby receives 'Hello' once"),
        ("Hello", "bobby", "bobby receives 'Hello' once"),
        ("Hello", "wv:bobby@example.net", None),  # no account of the play
        ("It's; me", "wv:bobby@example.org", None),  # no sentence can hold it
    ],
)
def test_a_friend_receives_what_the_phone_sends(text: str, to: str, seen: str | None) -> None:
    assert steps(LOGIN, (send(text, to), SENT))["send-message"].get("backend_expect") == seen


def presence(state: str, text: str = "") -> bytes:
    status = f"<StatusText><Qualifier>T</Qualifier><PresenceValue>{text}</PresenceValue></StatusText>" if text else ""
    inside = f"<UserAvailability><Qualifier>T</Qualifier><PresenceValue>{state}</PresenceValue></UserAvailability>{status}"
    who = f"<Presence><UserID>wv:bobby@example.org</UserID><PresenceSubList>{inside}</PresenceSubList></Presence>"
    return document(f"<PresenceNotification-Request>{who}</PresenceNotification-Request>", "s1")


def test_a_contact_who_changes_does_so_in_the_play() -> None:
    made = steps(LOGIN, (POLL, presence("AVAILABLE")), (POLL, presence("AVAILABLE")), (POLL, presence("DISCREET", "Busy")))
    assert list(made) == ["login", "presence-notification", "presence-notification-2"]
    assert "backend" not in made["presence-notification"]
    assert made["presence-notification"]["may_have_come"] is True
    assert made["presence-notification-2"]["backend"] == "bobby is dnd with status 'Busy'"
    assert written(LOGIN, (POLL, presence("AVAILABLE"))).data["given"]["roster of alice"] == "bobby@example.org (both)"


def test_a_question_comes_because_somebody_asks() -> None:
    asked = document("<PresenceAuth-Request><UserID>wv:dorothy@example.org</UserID></PresenceAuth-Request>", "s1")
    said = document(
        "<PresenceAuth-User><UserID>wv:dorothy@example.org</UserID><Acceptance>T</Acceptance></PresenceAuth-User>", "9"
    )
    made = steps(LOGIN, (POLL, asked), (said, answer(STATUS, "9")))
    assert made["presence-auth"]["backend"] == "dorothy is available; dorothy asks to see alice"
    assert made["presence-auth-user"]["backend_expect"] == "dorothy is accepted by alice"


def test_lists_of_the_server_are_those_of_the_play() -> None:
    both = inside(ContactList="wv:alice/a@example.org", DefaultContactList="wv:alice/b@example.org")
    lists = f"<GetList-Response>{both}</GetList-Response>"
    asks = document("<ListManage-Request><ContactList>wv:alice/a@example.org</ContactList></ListManage-Request>", "3")
    own = document("<DeleteList-Request><ContactList>wv:alice/own@example.org</ContactList></DeleteList-Request>", "4")
    made = steps(
        LOGIN,
        (document("<GetList-Request/>", "2"), answer(lists, "2")),
        (asks, answer(f"<ListManage-Response>{OK}</ListManage-Response>", "3")),
        (own, answer(STATUS, "4")),
    )
    assert "<ContactList>${list}</ContactList>" in made["list-manage"]["send"]
    assert made["get-list"]["expect"]["capture"] == {"list": "//DefaultContactList"}
    assert "<ContactList>wv:alice/own@example.org</ContactList>" in made["delete-list"]["send"]


def test_a_server_that_could_not_is_no_measure() -> None:
    cannot = answer("<Status><Result><Code>501</Code></Result></Status>", "2")
    expect = steps(LOGIN, (document("<Search-Request/>", "2"), cannot))["search"]["expect"]
    assert expect["primitive"] == ["Search-Response", "Status"]
    assert expect["checks"] == []


def test_a_repeated_request_is_sent_again_as_it_was() -> None:
    made = steps(LOGIN, (send("Hello"), SENT), (send("Hello"), SENT))
    assert made["send-message-again"]["resend"] == "send-message"


@pytest.mark.parametrize("named", ["{}", "<ScreenName><SName>Al</SName>{}</ScreenName>"])
def test_a_room_is_there_before_the_phone_joins_it(named: str) -> None:
    group = "<GroupID>wv:/kitchen@example.org</GroupID>"
    joins = document(f"<JoinGroup-Request>{group}</JoinGroup-Request>", "6")
    sender = inside(Sender=inside(Group=inside(ScreenName=inside(SName="Xy") + group)))
    info = inside(MessageInfo=inside(MessageID="g1") + sender)
    says = document(f"<NewMessage>{info}<ContentData>Soup</ContentData></NewMessage>", "s3")
    to = inside(MessageInfo=inside(Recipient=inside(Group=named.format(group))), ContentData="Tea")
    own = document(f"<SendMessage-Request>{to}</SendMessage-Request>", "5")
    echo = says.replace(b"Soup", b"Tea").replace(b">g1<", b">g2<")
    joined = (joins, answer("<JoinGroup-Response/>", "6"))
    made = steps(LOGIN, (POLL, presence("AVAILABLE")), joined, (own, SENT), (POLL, echo), (POLL, says))
    assert made["join-group"]["backend"] == "bobby joins room 'kitchen-of-alice' as 'Bobby'"
    assert "wv:/kitchen-of-alice@example.org" in made["join-group"]["send"]
    assert made["new-message"]["backend"] == "bobby says 'Soup' in room 'kitchen-of-alice'"
    assert "new-message-2" not in made  # what the phone said itself is nobody's deed


def test_a_capture_that_begins_in_a_session_gets_a_log_in() -> None:
    made = written((send("Hello"), SENT))
    assert [step["name"] for step in made.data["steps"]] == ["login-made-up", "send-message"]
    assert "a log-in was put before it" in made.notes[0]
    assert "${sid}" in made.data["steps"][1]["send"]


def test_what_has_no_answer_and_what_is_no_request_is_told() -> None:
    assert "left out" in written(LOGIN, (document("<Logout-Request/>", "2"), b"")).notes[0]
    with pytest.raises(NothingCaptured):
        write_conversation([], "", "")


@pytest.mark.parametrize("user", ["bob", "zoe", "al", "x", "sends", "+35840123", "иван"])
def test_a_name_that_a_play_cannot_use_becomes_letters_of_the_same_length(user: str) -> None:
    data = written((LOGIN[0].replace(b"alice", user.encode()), LOGIN[1]), (send("Hello", "wv:+35840123@example.org"), SENT)).data
    names = [each.partition("@")[0] for each in data["given"]["accounts"]]
    assert user not in names
    assert len(names[0]) == len(user)
    assert all(name.isalpha() and name.isascii() and name.islower() for name in names)
    assert not DEMO_NAMES & set(names)
    assert f"wv:{names[0]}@example.org" in data["steps"][0]["send"]


def test_made_up_names_are_told_apart_and_are_none_of_the_demo() -> None:
    used: set[str] = set()
    names = [_free_name(f"{number}", used) for number in range(40)]
    assert len(set(names)) == len(names)
    assert "wv" not in {_free_name(f"{number}", set()) for number in range(10, 100)}
    assert all(set(each) - set(_MADE_UP_LETTERS) for each in DEMO_NAMES)


def test_a_room_of_a_server_of_which_only_the_room_tells_the_domain() -> None:
    """As one types it into a phone whose user ID has no domain: nobody but the owner is in the capture."""
    joins = document("<JoinGroup-Request><GroupID>wv:/lobby@localhost</GroupID></JoinGroup-Request>", "6")
    short = LOGIN[0].replace(b"wv:alice@example.org", b"zoe")
    safe = [redacted(each, Redactor(b"k")) for each in exchanges_of(bodies([(short, LOGIN[1]), (joins, SENT)]), [])]
    data = write_conversation(safe, "A phone", "made up").data
    (owner, domain), (friend, other) = (each.split("@") for each in data["given"]["accounts"])
    assert (domain, other) == ("localhost", "localhost")
    step = data["steps"][1]
    room = step["backend"].split("'")[1]
    assert room.endswith(f"-of-{owner}")
    assert step["backend"] == f"{friend} joins room '{room}' as '{friend.title()}'"
    assert f"wv:/{room}@localhost" in step["send"]
    assert f"{friend} available" in data["given"]["at start"]
    assert known_sentences(step)


def test_an_exchange_travels_as_json() -> None:
    problems: list[str] = []
    for exchange in exchanges_of(bodies([LOGIN, (POLL, b""), (send("é\r\n\u2028"), SENT)]), problems):
        assert unpack_exchange(pack_exchange(exchange)) == exchange
    for broken in (b"", b"{}", b'{"request": null, "sizes": [1, 2], "types": ["", ""]}'):
        with pytest.raises((ValueError, KeyError)):
            unpack_exchange(broken)


def test_directions_are_found_where_nobody_tells_them() -> None:
    comes, read = presence("AVAILABLE"), document(STATUS, "s1", "Response")
    found = list(exchanges_of((CapturedBody(each) for each in (*LOGIN, POLL, comes, read, POLL)), []))
    assert [each.response is not None for each in found] == [True, True, False, False]


def test_what_cannot_be_read_is_told_with_its_place() -> None:
    problems: list[str] = []
    assert list(exchanges_of([CapturedBody(b"\x03\x11", Direction.REQUEST, where="a.pcap, packet 3")], problems)) == []
    assert problems[0].startswith("a.pcap, packet 3: ")


def test_a_redacted_capture_says_nothing_of_its_user() -> None:
    """The whole way: capture, redaction, file."""
    problems: list[str] = []
    secret = "Meet me at noon"
    pairs = [LOGIN, (send(secret, "wv:bobby@wonderland.net"), SENT), (POLL, presence("AVAILABLE", "In the garden"))]
    safe = [redacted(each, Redactor(b"k")) for each in exchanges_of(bodies(pairs), problems)]
    text = write_conversation(safe, "A phone", "made up").text()
    assert script.make("x", yaml.safe_load(text)).people()
    for word in ("geheim", "alice", "bobby", "wonderland", "noon", "garden", "S1<"):
        assert word not in text


def test_a_content_type_with_a_number_in_it_gives_the_number_not_away() -> None:
    odd = CapturedExchange(codec.decode(POLL), request_type="application/vnd.wv.csp.xml; id=358401234567")
    kept = redacted(odd, Redactor(b"k")).request_type
    assert kept.startswith("application/vnd.wv.csp.xml; id=")
    assert "358401234567" not in kept


def test_the_conditions_are_those_of_the_player() -> None:
    assert len(rules.known(ANSWER_CONDITIONS)[0]) == len(ANSWER_CONDITIONS)


def test_a_request_in_wbxml_is_the_same_conversation() -> None:
    def coded(data: bytes) -> bytes:
        return codec.encode(Document(xmltext.decode(data)[0], "1.2", Encoding.WBXML)) if data else b""

    def change(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        return coded(pair[0]), coded(pair[1])

    plain, binary = written(LOGIN, (send("Hello"), SENT)).data, written(change(LOGIN), change((send("Hello"), SENT))).data
    assert binary["encoding"] == "wbxml"
    assert binary["steps"] == plain["steps"]
