"""A capture that is sent in becomes a conversation by one command, and says nothing of its user."""

import itertools
import runpy
import subprocess
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from onesoup.captures.adding import bodies_conversation, captured_conversation
from onesoup.captures.documents import CapturedBody, Direction
from onesoup.captures.errors import CaptureError
from onesoup.phone.conversation import friend_clients, script
from tests.captures.packets import Talk, ok, pcap, pcapng, post
from tests.captures.test_conversation_writer import LOGIN, POLL, SENT, known_sentences, presence, send

ROOT = Path(__file__).resolve().parents[2]
XML = "application/vnd.wv.csp.xml"
PAIRS = [LOGIN, (send("Meet me at noon"), SENT), (POLL, presence("AVAILABLE")), (POLL, b"")]
SECRETS = ("alice", "bobby", "geheim", "noon")


def talk(pairs: list[tuple[bytes, bytes]] = PAIRS) -> Talk:
    made = Talk().opened()
    for request, response in pairs:
        made.ask(request, response, XML)
    return made


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_packets_become_a_conversation(write) -> None:
    written = captured_conversation(write(talk().frames), "razr.pcap", "Motorola Razr", b"key")
    assert [step["name"] for step in written.data["steps"]] == ["login", "send-message", "presence-notification"]
    assert written.data["content_type"] == XML
    assert not [word for word in SECRETS if word in written.text()]
    assert script.make("razr", yaml.safe_load(written.text())).people()


def test_headers_of_the_phone_come_with_it_and_no_number() -> None:
    told = b'User-Agent: MOT-V3/0E\r\nX-MSISDN: 358401234567\r\nx-wap-profile: "http://m.example/V3.xml"\r\nHost:'
    asked = post(LOGIN[0], XML).replace(b"Host:", told)
    packets = Talk().opened().say(True, asked).say(False, ok(LOGIN[1], XML)).frames
    written = captured_conversation(pcap(packets), "razr.pcap", "", b"key")
    assert written.data["client"] == written.data["user_agent"] == "MOT-V3/0E"
    assert written.data["headers"] == {"x-wap-profile": '"http://m.example/V3.xml"'}
    assert "358401234567" not in written.text()


def test_documents_in_a_row_will_do() -> None:
    """One from an old server's log after the other, without directions."""
    hexed = b"\n".join(each.hex().encode() for pair in PAIRS for each in pair if each)
    written = captured_conversation(hexed, "log.txt", "", b"key")
    assert [step["name"] for step in written.data["steps"]] == ["login", "send-message", "presence-notification"]


def test_of_several_users_the_first_is_taken() -> None:
    other = tuple(each.replace(b"alice", b"dorothy").replace(b"S1<", b"S2<") for each in LOGIN)
    second = tuple(each.replace(b"S1<", b"S2<") for each in (send("Hello"), SENT))
    written = captured_conversation(pcap(talk([LOGIN, other, second, PAIRS[1]]).frames), "two.pcap", "", b"key")
    assert [step["name"] for step in written.data["steps"]] == ["login", "send-message"]
    assert "left out: 2 exchanges of other users" in written.notes[0]


@pytest.mark.parametrize("data", [b"", b"hello", pcap([])])
def test_what_holds_no_conversation_is_told(data: bytes) -> None:
    with pytest.raises(CaptureError):
        captured_conversation(data, "x", "", b"key")


@pytest.mark.parametrize("pairs", [[(LOGIN[0], b"")], [(POLL, b"")], [(send("Meet me at noon"), b"")]])
def test_requests_without_their_answers_are_no_test(pairs: list[tuple[bytes, bytes]], tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(pcap(talk(pairs).frames))
    found = CliRunner().invoke(tool(), [str(tmp_path / "x.pcap"), "--name", "x", "--into", str(tmp_path)])
    assert (found.exit_code, "no request in it has an answer" in found.output) == (1, True), found.output
    assert not (tmp_path / "x.yaml").exists()


def test_a_single_body_with_a_log_in_is_no_test() -> None:
    with pytest.raises(CaptureError, match=r"no request in it has an answer.*Login-Request 1"):
        captured_conversation(LOGIN[0], "log-in.bin", "", b"key")


def test_a_conversation_without_steps_is_no_test(tmp_path: Path) -> None:
    data = captured_conversation(pcap(talk().frames), "razr.pcap", "", b"key").data | {"steps": []}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(data))
    found = CliRunner().invoke(tool(), [str(tmp_path / "x.yaml"), "--name", "new", "--into", str(tmp_path)])
    assert (found.exit_code, "no steps" in found.output) == (1, True)


def tool() -> click.Command:
    """The command of tools/add_capture.py."""
    command: click.Command = runpy.run_path(str(ROOT / "tools" / "add_capture.py"))["add_capture"]
    return command


def test_the_command_writes_the_file_once(tmp_path: Path) -> None:
    (tmp_path / "razr.pcap").write_bytes(pcap(talk().frames))
    words = [str(tmp_path / "razr.pcap"), "--name", "razr-v3", "--client", "Razr V3", "--into", str(tmp_path), "--no-play"]
    started = [str(ROOT / "tools" / "add_capture"), *words]
    done = subprocess.run(started, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3 steps" in done.stdout
    loaded = script.load(tmp_path / "razr-v3.yaml")
    assert loaded.data["client"] == "Razr V3"
    again = CliRunner().invoke(tool(), words)
    assert (again.exit_code, "there already; --again" in again.output) == (1, True)
    (tmp_path / "razr-v3.yaml").write_text("did not hold")
    assert CliRunner().invoke(tool(), [*words, "--again"]).exit_code == 0
    assert [step["name"] for step in script.load(tmp_path / "razr-v3.yaml").steps] == [step["name"] for step in loaded.steps]
    loaded = script.load(tmp_path / "razr-v3.yaml")
    words[0], words[2] = str(tmp_path / "razr-v3.yaml"), "second"
    assert CliRunner().invoke(tool(), words).exit_code == 0
    assert script.load(tmp_path / "second.yaml").data == loaded.data


@pytest.mark.parametrize(("status", "said"), [(1, "does not hold"), (2, "cannot be played")])
def test_what_to_do_with_one_that_does_not_hold_is_said(
    status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "razr.pcap").write_bytes(pcap(talk().frames))
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, status))
    found = CliRunner().invoke(tool(), [str(tmp_path / "razr.pcap"), "--name", "razr", "--into", str(tmp_path)])
    file = tmp_path / "razr.yaml"
    assert found.exit_code == status
    for word in (f"{file} {said}", f"onesoup phone play {file} --stack", "known_gap: reason", f"rm {file}", "--again"):
        assert word in found.output


def test_without_slixmpp_nothing_is_written_and_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "razr.pcap").write_bytes(pcap(talk().frames))
    monkeypatch.setattr(friend_clients, "available", lambda: False)
    words = [str(tmp_path / "razr.pcap"), "--name", "razr", "--into", str(tmp_path)]
    found = CliRunner().invoke(tool(), words)
    assert (found.exit_code, "make setup" in found.output) == (1, True)
    assert not (tmp_path / "razr.yaml").exists()
    assert CliRunner().invoke(tool(), [*words, "--no-play"]).exit_code == 0


@pytest.mark.parametrize("name", ["../x", "a b", "-x", ""])
def test_a_name_stays_in_its_directory(name: str, tmp_path: Path) -> None:
    (tmp_path / "razr.pcap").write_bytes(pcap(talk().frames))
    words = [str(tmp_path / "razr.pcap"), f"--name={name}", "--into", str(tmp_path), "--no-play"]
    assert CliRunner().invoke(tool(), words).exit_code != 0
    assert list(tmp_path.glob("**/*.yaml")) == []


VECTORS = [path.read_bytes() for path in sorted((ROOT / "tests" / "vectors").glob("*.xml"))]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*VECTORS, b"", *(each for pair in PAIRS for each in pair)]), max_size=12), st.booleans())
def test_any_documents_in_any_order_make_a_file_that_loads_or_an_error(bodies: list[bytes], directed: bool) -> None:
    sides = itertools.cycle((Direction.REQUEST, Direction.RESPONSE) if directed else (Direction.UNKNOWN,))
    captured = [CapturedBody(body, side) for body, side in zip(bodies, sides, strict=False)]
    try:
        written = bodies_conversation(captured, "", b"key", [])
    except CaptureError:
        return
    data = yaml.safe_load(written.text())
    assert data == written.data
    loaded = script.make("any", data)
    assert script.cast(loaded, {each.name: f"{each.name}1" for each in loaded.people()}, "example.net").people()
    for step in loaded.steps:
        assert {"send", "poll_until", "resend"} & set(step)
        assert known_sentences(step)
