"""The runner fails when it must: a server that answers what a test tells it to, and scripts of one step."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from onesoup.phone.conversation import report, rules, script
from onesoup.phone.conversation.backend import UnknownSentence, sentences
from onesoup.phone.conversation.checks import CHECK_OPERATIONS, check
from onesoup.phone.conversation.outcome import PlayOutcome
from onesoup.phone.conversation.paths import PathError, find, of_element
from onesoup.phone.conversation.player import Player
from onesoup.phone.play import play as command
from onesoup.wire import xmltext
from onesoup.wire.document import Encoding
from onesoup.wire.generated.doctypes import NAMESPACES

NS = NAMESPACES["1.2"]
XML = "application/vnd.wv.csp.xml"
EMPTY = b""


def message(body: str, tid: str | None = "1", mode: str = "Response", sid: str = "S1", ns: dict[str, str] = NS) -> str:
    """A document with one transaction."""
    named = "" if tid is None else f"<TransactionID>{tid}</TransactionID>"
    return (
        f'<WV-CSP-Message xmlns="{ns["WV-CSP-Message"]}"><Session><SessionDescriptor><SessionType>Inband</SessionType>'
        f"<SessionID>{sid}</SessionID></SessionDescriptor><Transaction><TransactionDescriptor><TransactionMode>{mode}"
        f"</TransactionMode>{named}</TransactionDescriptor>"
        f'<TransactionContent xmlns="{ns["TransactionContent"]}">{body}</TransactionContent></Transaction></Session>'
        "</WV-CSP-Message>"
    )


GOOD = message("<Status><Result><Code>200</Code></Result></Status>")
TWO = GOOD.replace("</Transaction>", "</Transaction><Transaction/>")
POLL = message("<Polling-Request/>", "", "Request")
ALWAYS = [
    "HTTP status 200; never 204 or 304",
    "response Content-Type and encoding equal the request's; CSP namespace/version equal the request's",
    "exactly one Transaction in a response",
    "SessionID, when present, equals ${sid} byte for byte and has at most 50 characters",
    "a server request has TransactionMode Request and a non-empty TransactionID, at most 50 characters, never used "
    "before and never one of the client's",
    "no white space around values",
]


class Told:
    """Answers one request after the other with what it was given: (status, content type, body), or the body alone."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[bytes] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                told.requests.append(self.rfile.read(int(self.headers["Content-Length"])))
                answer = told.answers.pop(0)
                status, kind, body = answer if isinstance(answer, tuple) else (200, XML, answer)
                octets = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def told() -> Iterator[Told]:
    server = Told()
    threading.Thread(target=server.server.serve_forever, daemon=True).start()
    yield server
    server.server.shutdown()
    server.server.server_close()


Run = Callable[..., PlayOutcome]


@pytest.fixture
def run(told: Told) -> Run:
    """Plays steps against the answers."""

    def play(steps: list[dict[str, Any]], answers: list[Any], **more: Any) -> PlayOutcome:
        told.answers[:] = answers
        data = {
            "csp_version": "1.2",
            "encoding": "xml",
            "always": ALWAYS,
            "vars": {"sid": "S1"},
            "given": {"accounts": {"alice@example.org": "secret"}},
            "poll": {"send": POLL},
            "on_server_request": {"other": message("<Status/>", "${stid}")},
            "steps": steps,
            **more,
        }
        made = script.make("test", data)
        player = Player(made, told.url, made.people())
        player.exchange.state.sid = "S1"
        return player.play()

    return play


def step(name: str = "ask", **expect: Any) -> dict[str, Any]:
    return {"name": name, "send": message("<Logout-Request/>", "1", "Request"), "expect": expect}


def failure(outcome: PlayOutcome) -> str:
    """What failed, "" when nothing did."""
    assert outcome.passed == (outcome.failed is None)
    return ", ".join(each.what for each in outcome.failed.failures) if outcome.failed else ""


def test_a_good_answer_passes(run: Run) -> None:
    wanted = step(primitive=["Status", "Disconnect"], mode="Response", transaction_id="1", http_status=200)
    wanted["expect"]["checks"] = [{"path": "Result/Code", "op": "equals", "value": "200"}]
    assert failure(run([wanted], [GOOD])) == ""


REPLY = of_element(
    xmltext.decode(
        b"<R><Code>200</Code><List><Code>201</Code><Code/></List><Other>x</Other><D>x</D>"
        b"<P><Name>A</Name><Value>1</Value></P><P><Name>B</Name><Value>2</Value></P></R>"
    )[0]
)

HOLDS = [
    ("equals", "Code", "200"),
    ("in", "Code", ["200", "201"]),
    ("in", "Missing", ["", "x"]),
    ("present", "List/Code", None),
    ("absent", "Missing", None),
    ("nonempty", "Code", None),
    ("max_len", "Code", 3),
    ("matches", "Code", "^2..$"),
    ("only_from", "Missing", ["a"]),
    ("int", "Code", None),
    ("count", "//Code", 3),
    ("min_count", "P", 2),
]
FAILS = [
    ("equals", "Code", "201"),
    ("equals", "Missing", "200"),
    ("equals", "List/Code", "201"),  # each of them
    ("in", "Code", ["404"]),
    ("in", "Missing", ["a"]),
    ("present", "Missing", None),
    ("absent", "Code", None),
    ("nonempty", "List/Code", None),
    ("nonempty", "Missing", None),
    ("max_len", "Code", 2),
    ("matches", "Code", "^4"),
    ("matches", "Missing", "^x"),
    ("only_from", "P/Name", ["A"]),
    ("int", "Other", None),
    ("int", "Missing", None),
    ("count", "P", 1),
    ("min_count", "P", 3),
    ("likes", "Code", "200"),
]


def test_every_operation_is_tried() -> None:
    assert {each[0] for each in HOLDS} == set(CHECK_OPERATIONS)
    assert {each[0] for each in FAILS} >= set(CHECK_OPERATIONS)


@pytest.mark.parametrize(("op", "path", "value"), HOLDS)
def test_an_operation_holds(op: str, path: str, value: Any) -> None:
    assert check(REPLY, {"path": path, "op": op, "value": value}, lambda each: each) is None


@pytest.mark.parametrize(("op", "path", "value"), FAILS)
def test_an_operation_fails(op: str, path: str, value: Any) -> None:
    found = check(REPLY, {"path": path, "op": op, "value": value, "why": "so"}, lambda each: each)
    assert found is not None
    assert found.what == path


PATHS = [
    ("*[1]", ["200"]),
    ("*[2]/Code", ["201", ""]),
    ("//Code[1]", ["200"]),
    ("List/Code[2]", [""]),
    ("P[Name=B]/Value", ["2"]),
    ("P[Name=C]/Value", []),
    ("Other[text()=../D]", ["x"]),
    ("Code[text()=../D]", []),
    ("List[not(*)]", []),
    ("Other[not(*)]", ["x"]),
    ("P[not(Name=A)]/Value", ["2"]),
    ("/R/Code", ["200"]),
    ("P//Name", ["A", "B"]),
    ("Code/../Other", ["x"]),
]


@pytest.mark.parametrize(("path", "texts"), PATHS)
def test_paths(path: str, texts: list[str]) -> None:
    assert [node.text for node in find(REPLY, path)] == texts


def test_a_path_that_cannot_be_read() -> None:
    with pytest.raises(PathError):
        find(REPLY, "a b")


WRONG = [
    (1, (204, XML, EMPTY), "HTTP status"),
    (1, (500, XML, GOOD), "HTTP status"),
    (2, (200, "text/xml", GOOD), "Content-Type"),
    (2, (200, XML, message("<Status/>", ns=NAMESPACES["1.3"])), "CSP version"),
    (2, (200, XML, GOOD.replace(NS["TransactionContent"], "urn:x")), "namespace of TransactionContent"),
    (2, (200, XML, "<WV-CSP-Message>"), "the body"),
    (3, TWO, "Transaction elements"),
    (4, message("<Status/>", sid="S2"), "SessionID"),
    (5, message("<Status/>", mode="Request"), "TransactionID of the server"),  # the client's own
    (5, message("<Status/>", "", mode="Request"), "TransactionID of the server"),
    (5, message("<Status/>", None, mode="Request"), "TransactionID of the server"),
    (5, message("<Status/>", "x" * 51, mode="Request"), "TransactionID of the server"),
    (5, message("<Status/>", "2", mode="Maybe"), "TransactionMode"),
    (6, GOOD.replace("200", " 200 "), "Code"),
]


@pytest.mark.parametrize(("number", "answer", "what"), WRONG)
def test_a_condition_that_always_holds_is_broken(run: Run, number: int, answer: Any, what: str) -> None:
    assert failure(run([step(primitive="Status")], [answer])) == what
    others = [each for place, each in enumerate(ALWAYS, 1) if place != number]
    if number > 2:  # what nobody asks for is not looked at
        assert what not in failure(run([step()], [answer], always=others))


def test_every_condition_is_broken_above() -> None:
    assert {each[0] for each in WRONG} == set(range(1, len(ALWAYS) + 1))
    found, other = rules.known([*ALWAYS, "the moon is full"])
    assert len(found) == len(ALWAYS)
    assert other == ["the moon is full"]


def test_a_server_transaction_id_comes_once(run: Run) -> None:
    handed = message("<MessageNotification/>", "s1", "Request")
    steps = [{"name": name, "poll_until": "MessageNotification", "max_polls": 1} for name in ("first", "again")]
    assert failure(run(steps, [handed, handed])) == "TransactionID of the server"


EXPECTED = [
    ({"primitive": "Disconnect"}, GOOD, "the primitive"),
    ({"primitive": ["Disconnect", "Login-Response"]}, GOOD, "the primitive"),
    ({"mode": "Request"}, GOOD, "TransactionMode"),
    ({"transaction_id": "2"}, GOOD, "TransactionID"),
    ({"body": "empty"}, GOOD, "the body"),
    ({"body": "empty_or_server_request"}, GOOD, "the body"),
    ({"primitive": "Status"}, EMPTY, "the body"),
    ({"within_s": 0}, GOOD, "time"),
]


@pytest.mark.parametrize(("expect", "answer", "what"), EXPECTED)
def test_an_expectation_is_not_met(run: Run, expect: dict[str, Any], answer: Any, what: str) -> None:
    assert failure(run([step(**expect)], [answer])) == what


def test_an_error_status_may_stand_in_for_a_tolerant_step(run: Run) -> None:
    wanted = step(primitive=["Search-Response", "Status"], checks=[{"path": "SearchID", "op": "int"}])
    assert failure(run([wanted], [GOOD.replace("200", "501")])) == ""
    wanted["expect"]["checks"].append({"path": "Result/Code", "op": "equals", "value": "200"})
    assert failure(run([wanted], [GOOD.replace("200", "501")])) == "Result/Code"


def test_the_same_octets_get_the_same_answer(run: Run) -> None:
    again = {"name": "again", "resend": "ask", "expect": {"primitive": "Status"}}
    assert failure(run([step(), again], [GOOD, GOOD])) == ""
    assert failure(run([step(), again], [GOOD, GOOD.replace("200", "201")])) == "the answer to the same octets"


def new_message(tid: str) -> str:
    return message("<NewMessage><MessageInfo><MessageID>m1</MessageID></MessageInfo></NewMessage>", tid, "Request")


def test_an_acknowledged_message_does_not_come_again(run: Run) -> None:
    first = {"name": "in", "poll_until": "NewMessage", "answer": message("<Status/>", "${stid}")}
    first |= {"max_polls": 1, "after": "the same MessageID does not come again"}
    second = {"name": "more", "poll_until": "NewMessage", "max_polls": 1}
    assert failure(run([first, second], [new_message("s1"), EMPTY, new_message("s2")])) == "MessageInfo/MessageID"


def test_what_is_not_waited_for_is_answered_on_the_way(run: Run, told: Told) -> None:
    wanted = {"name": "in", "poll_until": "NewMessage", "max_polls": 2}
    other = message("<PresenceNotification-Request/>", "s1", "Request")
    assert failure(run([wanted], [other, EMPTY, new_message("s2")])) == ""
    assert b"<TransactionID>s1</TransactionID>" in told.requests[1]
    assert failure(run([wanted], [EMPTY, EMPTY])) == "poll"
    assert failure(run([wanted], [GOOD])) == "poll"


def test_what_came_on_the_way_may_count_for_a_later_step(run: Run) -> None:
    early = message("<PresenceNotification-Request><X>1</X></PresenceNotification-Request>", "s1", "Request")
    steps: list[dict[str, Any]] = [{"name": "in", "poll_until": "NewMessage", "max_polls": 2}]
    steps.append({"name": "seen", "poll_until": "PresenceNotification-Request", "max_polls": 1, "may_have_come": True})
    assert failure(run(steps, [early, EMPTY, new_message("s2")])) == ""
    steps[1]["where"] = [{"path": "X", "op": "equals", "value": "2"}]
    assert failure(run(steps, [early, EMPTY, new_message("s2"), EMPTY])) == "poll"
    del steps[1]["where"], steps[1]["may_have_come"]
    assert failure(run(steps, [early, EMPTY, new_message("s2"), EMPTY])) == "poll"


def test_a_reply_to_an_answer_is_kept_for_the_next_step(run: Run) -> None:
    steps: list[dict[str, Any]] = [
        {"name": name, "poll_until": "NewMessage", "max_polls": 1, "answer": message("<Status/>", "${stid}")}
        for name in ("one", "two")
    ]
    assert failure(run(steps, [new_message("s1"), new_message("s2"), EMPTY])) == ""


def test_variables_and_digests(run: Run, told: Told) -> None:
    first = step("one", capture={"nonce": "Result/Code", "gone": "Nothing"})
    second = step("two")
    second["compute"] = {"digest": "base64(MD5(nonce + password)), no line breaks"}
    second["send"] = message("<X>${digest} ${text} ${Code}</X>", "2", "Request")
    outcome = run([first, second], [GOOD, GOOD], vars={"password": "secret", "text": "<&>"})
    assert outcome.passed
    digest = base64.b64encode(hashlib.md5(b"200secret").digest()).decode()
    assert f"<X>{digest} &lt;&amp;&gt; 200</X>".encode() in told.requests[1]
    second["send"] = message("<X>${gone}</X>", "2", "Request")
    assert failure(run([first, second], [GOOD, GOOD], vars={"password": "secret"})) == "variable"


def test_a_known_gap_is_told_and_passed_over(run: Run) -> None:
    broken = step("broken", primitive="Disconnect") | {"known_gap": "not there yet"}
    outcome = run([broken, step("after")], [GOOD, GOOD])
    assert outcome.passed
    assert [each.gap for each in outcome.gaps] == ["not there yet"]
    assert "not there yet" in report.whole(outcome)
    healed = run([step("healed") | {"known_gap": "not there yet"}], [GOOD])
    assert "take known_gap away" in report.whole(healed)
    assert (healed.gaps, len(healed.healed)) == ([], 1)


def test_a_play_is_shown_as_two_columns(run: Run) -> None:
    waits = {"name": "in", "poll_until": "NewMessage", "max_polls": 2, "answer": message("<MessageDelivered/>", "${stid}")}
    shown = report.whole(run([step("out", primitive="Status"), waits], [GOOD, EMPTY, new_message("s1"), EMPTY])).splitlines()
    heads, talk = shown[1], [line.split() for line in shown if "->" in line]
    assert heads.split() == ["phone", "server"]
    assert [(each[0], each[each.index("->") + 1]) for each in talk] == [
        ("Logout-Request", "Status"),
        ("Polling-Request", "(empty)"),
        ("Polling-Request", "NewMessage"),
        ("MessageDelivered", "(empty)"),
    ]
    assert talk[0][-3:] == ["200", str(len(GOOD)), "B"]
    assert all(line.index("->") == heads.index("server") - 3 for line in shown if "->" in line)
    assert max(map(len, shown)) <= 80


def test_a_failure_is_readable(run: Run) -> None:
    wanted = step("list", checks=[{"path": "Result/Code", "op": "in", "value": ["200", "201"], "why": "S60 counts it"}])
    text = report.whole(run([wanted], [GOOD.replace("200", "404")]))
    for part in ("FAIL  list", "Result/Code", "one of '200', '201'", "came     '404'", "S60 counts it", "<Code>404</Code>"):
        assert part in text


def test_steps_left_out_and_repeated(run: Run, told: Told) -> None:
    lists = "<GetList-Response><ContactList>a</ContactList><DefaultContactList>b</DefaultContactList></GetList-Response>"
    get, manage, subscribe = step("get-list"), step("manage", transaction_id="1"), step("subscribe")
    manage["send"] = message("<M>${list}</M>", "1", "Request")
    manage["for_each"] = "list address of get-list, manage and subscribe alternate"
    later = step("later") | {"when": "schema is PWD or MD5"}
    answers = [message(lists), GOOD, GOOD, GOOD.replace(">1<", ">1.1<"), GOOD]
    outcome = run([get, manage, subscribe, later], answers)
    assert outcome.passed, report.whole(outcome)
    assert [each.name for each in outcome.steps] == ["get-list", "manage", "subscribe", "manage", "subscribe", "later"]
    assert b"<M>a</M>" in told.requests[1]
    assert b"<M>b</M>" in told.requests[3]
    assert outcome.steps[-1].skipped == "schema is absent"


def test_a_step_without_its_xmpp_side_fails(run: Run) -> None:
    assert failure(run([{"name": "x", "backend": "bob sends 'hi' to alice"}], [])) == "the script"


def test_sentences() -> None:
    assert sentences("bob sends 'a; b' to alice; bob is away") == ["bob sends 'a; b' to alice", "bob is away"]
    assert sentences("bob sends 'it's; so' to alice") == ["bob sends 'it's; so' to alice"]


def test_only_versions_that_the_file_names() -> None:
    made = script.make("x", {"csp_version": "1.2", "encoding": "xml", "steps": [], "given": {"accounts": {"a@b.c": "p"}}})
    with pytest.raises(script.ScriptError):
        script.in_version(made, "1.3")
    with pytest.raises(script.ScriptError):
        script.with_alternative(made, "none")
    assert script.in_encoding(made, Encoding.WBXML).content_type == "application/vnd.wv.csp.wbxml"


def test_names_and_domain_move_to_the_server() -> None:
    data = {
        "csp_version": "1.2",
        "encoding": "xml",
        "given": {
            "accounts": {"bob@example.org": "x", "al@example.org": "y"},
            "roster of bob": "al@example.org (both)",
            "at start": "al available",
        },
        "steps": [{"name": "bob", "send": "<A>wv:bob@example.org wv:bob/l bobby</A>"}],
    }
    moved = script.cast(script.make("x", data), {"bob": "rob7"}, "chat.test")
    assert moved.steps == [{"name": "bob", "send": "<A>wv:rob7@chat.test wv:rob7/l bobby</A>"}]
    rob, al = moved.people()
    assert (rob.jid, rob.roster, rob.online) == ("rob7@chat.test", {"al": "Al"}, False)
    assert (al.jid, al.roster, al.online) == ("al@chat.test", {"rob7": "Rob7"}, True)


def test_a_pattern_moves_to_the_servers_domain_and_a_user_who_is_not_in_the_file_is_refused() -> None:
    checks = [{"path": "Sender", "op": "matches", "value": r"^wv:bob@example\.org$"}]
    steps = [{"name": "one", "expect": {"checks": checks}}]
    given = {"accounts": {"bob@example.org": "x", "al@example.org": "y"}}
    made = script.make("x", {"csp_version": "1.2", "encoding": "xml", "given": given, "steps": steps})
    (step,) = script.cast(made, {"bob": "rob"}, "chat.test").steps
    assert step["expect"]["checks"][0]["value"] == r"^wv:rob@chat\.test$"
    with pytest.raises(script.ScriptError, match="has no NAME; its accounts are bob, al"):
        script.cast(made, {"NAME": "rob"}, "chat.test")


def test_the_command_exits_with_1_where_a_check_fails(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(
        "csp_version: '1.2'\nencoding: xml\ngiven: {accounts: {alice@example.org: secret}}\n"
        f"steps:\n- name: ask\n  send: '{message('<Logout-Request/>', '1', 'Request')}'\n  expect: {{primitive: Status}}\n"
    )
    told.answers[:] = [GOOD]
    good = CliRunner().invoke(command, [str(file), "--url", told.url])
    assert (good.exit_code, "1 of 1 steps good" in good.output) == (0, True), good.output
    told.answers[:] = [GOOD.replace("Status", "Disconnect")]
    bad = CliRunner().invoke(command, [str(file), "--url", told.url])
    assert bad.exit_code == 1
    assert "came     Disconnect 200" in bad.output
    assert CliRunner().invoke(command, [str(file)]).exit_code == 2
    assert CliRunner().invoke(command, [str(file), "--url", told.url, "--csp", "1.1"]).exit_code == 2


def test_an_unknown_sentence_is_not_guessed() -> None:
    from onesoup.phone.conversation.backend import XmppBackend
    from onesoup.phone.conversation.friend_clients import FriendClients

    backend = XmppBackend(FriendClients(), {}, "alice", ("", 0), None)
    for text in ("bob dances", "bob sends 'x' to alice"):
        with pytest.raises(UnknownSentence):
            backend.act(text)
