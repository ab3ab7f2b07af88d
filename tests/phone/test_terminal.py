"""What the terminal makes of typed lines and of what arrives, without a server."""

import io
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from onesoup.csp import handsets
from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    GroupChangeNotice,
    GroupProperties,
    InviteUserRequest,
    LeaveGroupResponse,
    MessageInfo,
    OnlineStatus,
    PresenceAuthRequest,
    PresenceSubList,
    Property,
    Recipient,
    Result,
    Sender,
    User,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.contacts import ListedContact, ShownPresence
from onesoup.phone.engine import Phone
from onesoup.phone.errors import Refused
from onesoup.phone.messages import ReceivedMessage
from onesoup.phone.profiles import PROFILES
from onesoup.phone.terminal.command_table import COMMANDS, COMMANDS_BY_NAME, help_text
from onesoup.phone.terminal.commands import TerminalCommands
from onesoup.phone.terminal.lines import addressed, longest_name
from onesoup.phone.terminal.names import Unclear
from onesoup.phone.terminal.questions import FRIEND, INVITATION, MAX_QUESTIONS, Questions
from onesoup.phone.terminal.refusals import DIGEST_ADVICE, LOGIN_SENTENCES, SENTENCES, in_words, login_refusal
from onesoup.phone.terminal.screen import Style, TerminalScreen
from onesoup.phone.terminal.state import MAX_STRANGERS, TerminalState
from onesoup.phone.terminal.terminal import Terminal
from onesoup.phone.terminal.times import local_time
from onesoup.phone.terminal.words import describe_message, describe_news, describe_presence, describe_report, printable
from onesoup.wire.document import Encoding

SCRIPTS = Path(__file__).parents[2] / "scripts"


class RecordingPhone(Phone):
    """Has friends and a group, and keeps what it would send."""

    def __init__(self, **options: str) -> None:
        super().__init__("http://127.0.0.1:9/", "alice@example.org", **options)  # type: ignore[arg-type]
        self.said: list[tuple[str, str]] = []
        self.groups = {"wv:/lobby@example.org": "wv:/lobby@example.org"}
        for user, name in (("bob@example.org", "Bob"), ("rob@example.org", "Big Rob"), ("carol@example.org", "Carol")):
            self.contacts[f"wv:{user}"] = ListedContact(f"wv:{user}", name, "wv:alice/friends@example.org")

    def send(self, to, text, report=False):  # type: ignore[no-untyped-def]
        self.said.append((to, text))
        return f"id{len(self.said)}"

    def say(self, gid, text, nick=""):  # type: ignore[no-untyped-def]
        self.said.append((gid, text))
        return f"id{len(self.said)}"


class Table:
    """A terminal without a terminal: type lines, read the screen."""

    def __init__(self, **options: str) -> None:
        self.phone, self._out = RecordingPhone(**options), io.StringIO()
        self.terminal = Terminal(self.phone, io.StringIO(), self._out)
        self.state = self.terminal._state
        self._commands = self.terminal._commands

    def type(self, *lines: str) -> str:
        """What the screen shows for them."""
        self._out.truncate(self._out.seek(0))
        for line in lines:
            self._commands.run(line)
        return self._out.getvalue()

    def arrives(self, sender: str, text: str) -> None:
        self.terminal._show_message(ReceivedMessage("m", sender, text, None, "t"))


# --- whom text goes to ---


def test_a_message_that_arrives_does_not_change_to_whom_text_goes() -> None:
    table = Table()
    table.type("Bob: hi")
    table.arrives("wv:carol@example.org", "hello")
    table.arrives("wv:stranger@example.net", "buy")
    table.type("and you?")
    assert table.phone.said == [("wv:bob@example.org", "hi"), ("wv:bob@example.org", "and you?")]
    assert table.state.prompt() == "Bob> "


def test_before_somebody_is_chosen_text_goes_to_nobody() -> None:
    table = Table()
    assert table.state.prompt() == "nobody> "
    table.arrives("wv:carol@example.org", "hello")
    assert "to whom?" in table.type("hello yourself")
    assert table.phone.said == []


@pytest.mark.parametrize(
    "line", ["Bbo: my secret", "Bog Rob: my secret", "Bbo:secret", "wv:: secret", "dave: secret", "/w Bbo x"]
)
def test_an_unknown_name_is_an_error_and_not_text_to_the_one_before(line: str) -> None:
    table = Table()
    table.type("/chat Carol")
    assert "nobody is called" in table.type(line)
    assert table.phone.said == []
    assert table.state.partner == "wv:carol@example.org"


def test_an_unknown_name_is_told_with_those_near_it() -> None:
    table = Table()
    assert "near it: Bob" in table.type("Bbo: x")
    assert "Big Rob" in table.type("Big Bob: x")
    assert "near it: lobby" in table.type("loby: x")
    assert "/list" in table.type("/lsit")


def test_two_of_one_name_are_told_and_neither_gets_the_text() -> None:
    table = Table()
    table.phone.contacts["wv:bob@example.net"] = ListedContact("wv:bob@example.net", "Bob", "l")
    told = table.type("Bob: x")
    assert "bob@example.org or bob@example.net" in told
    assert table.phone.said == []
    table.type("bob@example.net: y")
    assert table.phone.said == [("wv:bob@example.net", "y")]


def test_a_bare_name_is_no_whole_address() -> None:
    table = Table()
    table.phone.contacts["wv:bob@example.net"] = ListedContact("wv:bob@example.net", "Robert", "l")
    assert "bob may be bob@example.org or bob@example.net" in table.type("bob: x")
    table.type("wv:bob: y", "robert: z")
    assert table.phone.said == [("wv:bob@example.org", "y"), ("wv:bob@example.net", "z")]


def test_an_address_without_a_domain_is_of_the_own_one() -> None:
    table = Table()
    del table.phone.contacts["wv:bob@example.org"]
    table.phone.contacts["wv:bob@example.net"] = ListedContact("wv:bob@example.net", "Robert", "l")
    assert "to bob@example.org (not on your list): x" in table.type("wv:bob: x")


def test_a_name_that_looks_like_an_address_is_told_from_the_address() -> None:
    table = Table()
    table.phone.contacts["wv:eve@example.net"] = ListedContact("wv:eve@example.net", "bob@example.org", "l")
    table.phone.contacts["wv:kim@example.net"] = ListedContact("wv:kim@example.net", "Kim @ work", "l")
    assert "may be" in table.type("bob@example.org: x")
    table.type("kim @ work: y")
    assert table.phone.said == [("wv:kim@example.net", "y")]


def test_a_group_that_was_left_gets_no_text_nor_does_a_user_of_that_name() -> None:
    table = Table()
    table.type("lobby: hi")
    table.phone.groups.clear()  # put out
    assert "you are not in lobby" in table.type("still there?")
    assert table.phone.said == [("wv:/lobby@example.org", "hi")]


def test_who_is_left_or_removed_is_not_written_to_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    monkeypatch.setattr(table.phone, "leave_group", lambda gid: table.phone.groups.clear())
    monkeypatch.setattr(table.phone, "remove_contact", lambda user: None)
    table.type("/chat Carol", "/leave lobby", "/remove Bob")
    assert table.state.prompt() == "Carol> "
    table.type("/remove Carol")
    assert table.state.prompt() == "nobody> "


def test_a_name_in_the_prompt_cannot_drive_the_terminal() -> None:
    table = Table()
    table.phone.contacts["wv:eve@example.net"] = ListedContact("wv:eve@example.net", "Eve\x1b[2J\nBob> " + "x" * 100, "l")
    table.type("/chat eve")
    prompt = table.state.prompt()
    assert prompt.startswith("Eve [2J Bob> x")
    assert len(prompt) == 32


def test_a_whisper_and_the_choice_of_a_name() -> None:
    table = Table()
    table.type("/chat Big Rob", "/w Carol only you", "both of us", "/say note: this")
    assert table.phone.said == [
        ("wv:carol@example.org", "only you"),
        ("wv:rob@example.org", "both of us"),
        ("wv:rob@example.org", "note: this"),
    ]


def test_an_address_that_is_on_no_list_is_said_to_be_none() -> None:
    assert "to bob@exmaple.org (not on your list): x" in Table().type("bob@exmaple.org: x")


# --- names that were shown ---


def test_who_has_written_is_answered_by_the_name_that_was_shown() -> None:
    table = Table()
    table.arrives("wv:onesoup", "Welcome! Write me: help")
    assert " onesoup: Welcome!" in table._out.getvalue()
    told = table.type("onesoup: help", "and you?", "/w OneSoup who")
    assert "to onesoup" in told
    assert table.phone.said == [("wv:onesoup", "help"), ("wv:onesoup", "and you?"), ("wv:onesoup", "who")]


def test_a_name_that_was_shown_and_is_that_of_a_friend_too_goes_to_neither() -> None:
    table = Table()
    table.arrives("wv:bob", "it is me")
    assert "Bob may be bob@example.org or wv:bob; type the whole address" in table.type("Bob: x")
    assert table.phone.said == []


def test_who_was_found_or_has_asked_is_written_to_by_the_name_that_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    monkeypatch.setattr("onesoup.phone.lookup.find", lambda phone, words: ["wv:dora"])
    assert "  dora\n" in table.type("/find do")
    table.terminal._show_news(PresenceAuthRequest(user_id="wv:eve"))
    table.type("Dora: hello", "eve: who are you?")
    assert table.phone.said == [("wv:dora", "hello"), ("wv:eve", "who are you?")]


def test_a_friend_is_written_to_by_each_name_that_the_list_shows() -> None:
    table = Table()
    table.phone.contacts["wv:dora"] = ListedContact("wv:dora", "", "l")
    table.phone.contacts["wv:kim@example.net"] = ListedContact("wv:kim@example.net", " Kim ", "l")
    table.type("dora: a", "Kim: b")
    assert table.phone.said == [("wv:dora", "a"), ("wv:kim@example.net", "b")]


def test_the_name_of_a_stranger_is_near_a_mistyped_one_but_takes_no_text_that_is_none_of_his() -> None:
    table = Table()
    table.arrives("wv:10", "hi")
    table.arrives("wv:http", "hi")
    table.arrives("wv:eve@example.net", "hi")
    table.type("/chat Carol", "10:30: go", "http://example.org/")
    assert [to for to, _ in table.phone.said] == ["wv:carol@example.org"] * 2
    assert "near it: eve@example.net" in table.type("eve: hi")


def test_strangers_who_were_shown_are_not_remembered_without_end() -> None:
    table = Table()
    for number in range(MAX_STRANGERS + 10):
        table.arrives(f"wv:x{number}", "hi")
    assert len(table.state.strangers) == MAX_STRANGERS
    assert "nobody is called x0" in table.type("x0: hi")
    table.arrives("wv:x20", "still here")
    table.arrives("wv:y", "hi")
    assert "to x20" in table.type("x20: hi")


KNOWN = {"bob", "dr: no", "big rob"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Bob: hi", ("Bob", "hi")),
        ("Bob:hi", ("Bob", "hi")),
        ("Bob:<3", ("Bob", "<3")),
        ("Dr: No: hi", ("Dr: No", "hi")),
        ("wv:bob@example.org: hi", ("wv:bob@example.org", "hi")),
        ("wv:bob@example.org hi", ("wv:bob@example.org", "hi")),
        ("Bbo: hi", ("Bbo", "hi")),
        ("Bbo:hi", ("Bbo", "hi")),
        ("Bog Rob: hi", ("Bog Rob", "hi")),
        ("Bob :)", None),
        ("ok :)", None),
        ("at 10:30 we go", None),
        ("10:30: go", None),
        ("http://example.org/", None),
        ("see http://example.org/: good", None),
        ("what I wanted to tell you: no", None),
        (": hi", None),
        ("hello", None),
    ],
)
def test_lines_that_name_somebody(line: str, expected: tuple[str, str] | None) -> None:
    assert addressed(line, lambda name: name.lower() in KNOWN) == expected


def test_the_longest_name_counts() -> None:
    assert longest_name("Big Rob hello  there", lambda name: name.lower() in KNOWN) == ("Big Rob", "hello there")
    assert longest_name("Bob hello  there", lambda name: name.lower() in KNOWN) == ("Bob", "hello  there")
    assert longest_name("who hello", lambda name: False) == ("who", "hello")


# --- friend requests and invitations ---


def name_of(user: str) -> str:
    return {"wv:bob@example.org": "Bob"}.get(user, user.removeprefix("wv:"))


def test_a_friend_request_is_answered_by_name_or_number() -> None:
    questions = Questions()
    bob, eve = questions.ask(FRIEND, "wv:bob@example.org"), questions.ask(FRIEND, "wv:eve@example.net")
    assert questions.ask(FRIEND, "wv:Bob@example.org").number == bob.number
    for word in ("1", "Bob", "bob", "bob@example.org", "wv:bob@example.org"):
        assert questions.pick(word, FRIEND, name_of).number == bob.number
    assert questions.pick("eve", FRIEND, name_of) == eve
    questions.close(eve)
    assert questions.pick("", FRIEND, name_of).number == bob.number


@pytest.mark.parametrize(
    ("word", "kind", "told"),
    [
        ("", FRIEND, r"which friend request\? Say the number: 1 \(Bob\), 2 \(eve@example.net\)"),
        ("Bbo", FRIEND, "no friend request from bbo; near it: bob"),
        ("3", FRIEND, "3 is no friend request: /accept 3 or /decline 3"),
        ("9", FRIEND, "has the number 9"),
        ("2", INVITATION, "2 is no invitation: /allow 2 or /deny 2"),
    ],
)
def test_who_is_not_clear_gets_no_answer(word: str, kind: str, told: str) -> None:
    questions = Questions()
    questions.ask(FRIEND, "wv:bob@example.org")
    questions.ask(FRIEND, "wv:eve@example.net")
    questions.ask(INVITATION, "wv:bob@example.org", "wv:/lobby")
    with pytest.raises(Unclear, match=told):
        questions.pick(word, kind, name_of)


def test_nobody_has_asked() -> None:
    with pytest.raises(Unclear, match="no friend request"):
        Questions().pick("", FRIEND, name_of)


def test_strangers_cannot_ask_without_end() -> None:
    questions = Questions()
    for number in range(MAX_QUESTIONS + 10):
        questions.ask(FRIEND, f"wv:x{number}")
    assert len(questions.open()) == MAX_QUESTIONS
    assert questions.open()[-1].number == MAX_QUESTIONS + 10


def test_a_question_stays_open_when_the_answer_cannot_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()
    table.terminal._show_news(PresenceAuthRequest(user_id="wv:eve@example.net"))

    def refuse(user: str, allow: bool) -> None:
        raise Refused(503)

    monkeypatch.setattr(table.phone, "decide", refuse)
    assert "not done: the server is busy; try again later (status 503)" in table.type("/allow")
    assert [each.who for each in table.state.questions.open()] == ["wv:eve@example.net"]
    monkeypatch.setattr(table.phone, "decide", lambda user, allow: None)
    assert "to see them too: /add eve@example.net" in table.type("/allow eve")
    assert table.state.questions.open() == []


def invited(table: Table, *groups: str) -> None:
    for number, group in enumerate(groups):
        bob = Sender(user=User(user_id="wv:bob@example.org"))
        table.terminal._show_news(InviteUserRequest(invite_id=f"i{number}", invite_type="GR", sender=bob, group_id=group))


def test_an_invitation_is_declined_with_a_reason_or_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    table, answered = Table(), []
    monkeypatch.setattr(
        table.phone, "answer_invitation", lambda asked, acceptance, note: answered.append((asked.invite_id, acceptance, note))
    )
    invited(table, "wv:/den")
    assert "* Bob (bob@example.org) invites you into den\n    /accept 1 or /decline 1" in table._out.getvalue()
    table.type("/decline sorry, no time")
    invited(table, "wv:/den", "wv:/kitchen")
    assert "which invitation?" in table.type("/decline Bob not today")
    table.type("/decline kitchen", "/decline 2 too late")
    assert answered == [("i0", False, "sorry, no time"), ("i1", False, ""), ("i0", False, "too late")]
    assert table.type("/requests") == "nobody waits for an answer of yours\n"


def test_an_invitation_stays_open_when_the_group_cannot_be_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()

    def refuse(gid: str, nick: str) -> None:
        raise Refused(817)

    monkeypatch.setattr(table.phone, "join_group", refuse)
    invited(table, "wv:/den")
    table.type("Bob: hi")
    assert "not done: the group is full (status 817)" in table.type("/accept")
    assert "invites you into den" in table.type("/requests")
    assert table.state.prompt() == "Bob> "


def test_a_server_without_groups_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table()

    def refuse(gid: str, nick: str) -> None:
        raise Refused(405)

    monkeypatch.setattr(table.phone, "join_group", refuse)
    assert table.type("/join den") == "this server has no groups\n"


# --- words ---


@pytest.mark.parametrize("code", StatusCode)
def test_every_status_is_a_sentence(code: StatusCode) -> None:
    words = SENTENCES[code]
    assert words[0].islower() or words.startswith("CSP")
    assert not any(char.isdigit() for char in words)
    assert in_words(Refused(code)) == f"{words} (status {int(code)})"


def test_a_refusal_says_what_the_server_says_where_that_is_more() -> None:
    assert in_words(Refused(800, "No such group")) == "there is no such group (status 800)"
    assert in_words(Refused(403, "forbidden")) == "that is forbidden (status 403)"
    assert in_words(Refused(403, "you have blocked them")) == "that is forbidden (status 403: you have blocked them)"
    assert in_words(Refused(999)) == "the server says no (status 999)"


def test_a_refused_log_in_says_what_to_do() -> None:
    assert login_refusal(Refused(409)) == "wrong user or password (status 409)"
    assert DIGEST_ADVICE in login_refusal(Refused(409), digest=True)
    assert DIGEST_ADVICE not in login_refusal(Refused(503), digest=True)
    assert set(LOGIN_SENTENCES) <= set(SENTENCES)


def test_a_log_in_that_the_operator_has_blocked_says_so_and_other_403s_stay_what_they_are() -> None:
    blocked = "blocked by the operator, no. 7f3"
    assert login_refusal(Refused(403, blocked)) == f"the operator has shut you out (status 403: {blocked})"
    assert login_refusal(Refused(403, "account closed")) == "the account is closed (status 403: account closed)"


@pytest.mark.parametrize(
    ("online", "availability", "text", "words"),
    [
        ("T", "AVAILABLE", "", "is available"),
        ("T", "NOT_AVAILABLE", "back at six", "is away: back at six"),
        ("T", "DISCREET", "", "does not want to be disturbed"),
        ("T", None, "", "is online"),
        ("F", None, "gone", "is offline"),
        (None, None, "", "does not show you when they are online"),
    ],
)
def test_presence_in_words(online: str | None, availability: str | None, text: str, words: str) -> None:
    attributes = PresenceSubList(online_status=OnlineStatus(qualifier=online is not None, presence_value=online))
    assert describe_presence(ShownPresence("wv:bob", online == "T", availability, text, attributes)) == words


def test_delivery_reports_in_words() -> None:
    info = MessageInfo(message_id="m", recipient=Recipient(user=[User(user_id="wv:bob@example.org")]))
    good = DeliveryReportRequest(result=Result(code=200), message_info=info)
    assert describe_report(good, name_of, "hi\nthere") == (True, 'Bob has got "hi there"')
    bad = DeliveryReportRequest(result=Result(code=532), message_info=info)
    assert describe_report(bad, name_of, "") == (
        False,
        "not delivered to Bob: a message; they have blocked you, or take nothing from you (status 532)",
    )


def test_groups_in_words() -> None:
    properties = GroupProperties(
        property=[Property("Name", "lobby"), Property("Topic", "soup"), Property("AutoDelete", "F"), Property("New", "x")]
    )
    notice = GroupChangeNotice(group_id="wv:/lobby@example.org", group_properties=properties)
    told = ["the topic of lobby is soup", "lobby stays when all have left", "lobby: New is x"]
    assert describe_news(notice, name_of) == told
    for code, why in ((803, "you were put out"), (899, "the server says no (status 899)")):
        out = LeaveGroupResponse(group_id="wv:/lobby@example.org", result=Result(code=code))
        assert describe_news(out, name_of) == [f"you are out of lobby: {why}"]


def test_a_picture_is_said_to_be_one() -> None:
    message = ReceivedMessage("m", "wv:bob@example.org", "", None, "t", "image/png", b"x" * 3000)
    assert describe_message(message, name_of) == "Bob sends a picture (image/png, 2 KB)"


def test_times_are_local() -> None:
    zone, now = timezone(timedelta(hours=2)), datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert local_time("20261129T230500Z", now, zone) == "01:05"
    assert local_time("20261129T2305Z", now, zone) == "01:05"
    assert local_time("20261129T120000Z", now, zone) == "29 Nov 14:00"
    assert local_time("20251129T120000Z", now, zone) == "29 Nov 2025 14:00"
    assert local_time("soon", now, zone) == local_time(None, now, zone) == "01:30"


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_what_a_version_does_not_have_is_said_in_words(version: str) -> None:
    told = Table(version=version).type("/profile")
    assert told == f"your phone speaks CSP {version}, which has no profiles: they came with 1.3\n"


def test_help_fits_into_80_columns_and_names_every_command() -> None:
    text = help_text()
    assert max(len(line) for line in text.splitlines()) <= 80
    for title, commands in COMMANDS.items():
        assert f"{title}\n" in text
        assert all(f"  {each.usage}  " in text for each in commands)


# --- the screen ---


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("screen", "env", "coloured"),
    [
        (Tty(), {"TERM": "xterm"}, True),
        (Tty(), {"TERM": "dumb"}, False),
        (Tty(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colours_are_for_terminals(
    screen: io.StringIO, env: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    TerminalScreen(io.StringIO(), screen, lambda: "> ").show("hello", Style.ERROR)
    assert screen.getvalue() == ("\x1b[31mhello\x1b[0m\n" if coloured else "hello\n")


def test_further_lines_of_a_message_cannot_pose_as_lines_of_the_phone() -> None:
    assert printable("hi\n* the server has ended the session\x1b[2J") == "hi\n    * the server has ended the session [2J"
    table = Table()
    table.arrives("wv:bob@example.org", "hi\n* you are out")
    assert "\n* " not in table._out.getvalue()


def test_a_reader_who_went_away_is_no_error() -> None:
    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    TerminalScreen(io.StringIO(), Gone(), lambda: "> ").show("hello")


# --- handsets ---


@pytest.mark.parametrize("row", handsets.HANDSETS, ids=lambda row: row.handset.name)
def test_each_family_of_the_handset_table_has_its_profile(row: handsets.Row) -> None:
    (profile,) = [each for each in PROFILES.values() if each.family == row.handset.name]
    assert handsets.find_handset(profile.client_id, profile.user_agent, profile.tid.format(1)) is row.handset
    assert profile.assumed == row.assumed


@pytest.mark.parametrize(
    ("name", "version", "encoding"),
    [
        ("s40", "1.1", "wbxml"),
        ("s60", "1.1", "wbxml"),
        ("sony-ericsson", "1.1", "wbxml"),
        ("razr", "1.1", "xml"),
        ("samsung", "1.1", "wbxml"),
        ("siemens", "1.1", "wbxml"),
        ("android", "1.2", "wbxml"),
        ("colibria", "1.2", "xml"),
    ],
)
def test_a_phone_speaks_the_version_and_encoding_of_its_handset(name: str, version: str, encoding: str) -> None:
    phone = Phone("http://127.0.0.1:9/", "a", profile=name)
    assert (phone.version, phone.encoding) == (version, Encoding(encoding))
    other = Phone("http://127.0.0.1:9/", "a", profile=name, version="1.3", encoding=Encoding.XML)
    assert (other.version, other.encoding) == ("1.3", Encoding.XML)


@pytest.mark.parametrize("row", handsets.HANDSETS, ids=lambda row: row.handset.name)
def test_profile_and_conversation_of_a_family_agree(row: handsets.Row) -> None:
    script = yaml.safe_load((SCRIPTS / f"{row.story}.yaml").read_text(encoding="utf-8"))
    (profile,) = [each for each in PROFILES.values() if each.family == row.handset.name]
    assert profile.encoding == script["encoding"]
    if row.handset is not handsets.S60_HANDSET:  # sold with 1.1; its conversation is the one with 1.2
        assert profile.version == script["csp_version"]


def test_profiles_and_the_guide_agree() -> None:
    path = Path(handsets.__file__).parents[1] / "guide" / "phones.toml"
    for family in tomllib.loads(path.read_text(encoding="utf-8"))["family"]:
        profile = next(each for each in PROFILES.values() if each.family == family["handset"])
        if profile.family != "unknown":
            assert family["protocol"].startswith(f"CSP {profile.version}"), profile.name
            assert profile.encoding.upper() in family["protocol"], profile.name
            assert (family["basis"]["protocol"]["kind"] == "assumed") == profile.assumed, profile.name


def test_commands_of_a_state_need_no_screen() -> None:
    phone = RecordingPhone()
    state = TerminalState(phone)
    screen = TerminalScreen(io.StringIO(), out := io.StringIO(), state.prompt)
    TerminalCommands(state, screen, COMMANDS_BY_NAME, help_text()).run("/chat lobby")
    assert out.getvalue() == "your text goes to lobby (/lobby@example.org)\n"
    assert state.prompt() == "lobby> "
