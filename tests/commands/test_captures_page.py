"""What docs/captures.md tells people to type can be typed."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from onesoup.captures.adding import captured_conversation
from onesoup.captures.columns import heads
from onesoup.commands.main import main
from tests.captures.packets import pcap
from tests.captures.test_adding import talk, tool

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "captures.md").read_text(encoding="utf-8")
# Lines of code, continued ones in one, and code inside sentences.
LINES = re.findall(r"^    (\S.*)", PAGE.replace("\\\n", " "), re.MULTILINE) + re.findall(r"`([^`\n]+)`", PAGE)
# As `onesoup` is called in the source tree, with settings before it.
LINES = [re.sub(r"^(ONESOUP_\w+=\S+ )?\.venv/bin/", "", line) for line in LINES]
TYPED = [shlex.split(line, comments=True) for line in LINES if re.match(r"(onesoup|tools/add_capture) .*(-|@|\.)", line)]
CA = ".run/prosody/certs/ca.crt"
FILTERS = sorted({found for line in LINES for found in re.findall(r"tcpdump .*?(tcp port [^'>]*)", line)})


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with the files of which the page speaks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phone.pcap").write_bytes(pcap(talk().frames))
    written = captured_conversation(pcap(talk().frames), "phone.pcap", "", b"key").text()
    for name in (
        "6230i.yaml",
        "scripts/captured/nokia-s60.yaml",
        "scripts/captured/motorola-razr.yaml",
        "scripts/captured/nokia-6230i.yaml",
        CA,
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_a_command_is_understood(words: list[str], directory: Path) -> None:
    """As far as it goes without a server: names, options, files."""
    name, *rest = words
    if name != "onesoup":
        tool().make_context(name, rest)
        return
    command, path = main, ["onesoup"]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, words
        command, path, rest = found, [*path, rest[0]], rest[1:]
    if rest == ["--profiles"]:
        assert "assumed" in CliRunner().invoke(main, words[1:]).output
        return
    rest = [each.replace("6230i.yaml", "new.yaml") if path[-1] == "record" else each for each in rest]
    command.make_context(" ".join(path), [word.replace("USER", "alice") for word in rest])


def test_the_page_has_all_of_them() -> None:
    named = {tuple(words[:2]) for words in TYPED}
    assert {("onesoup", "record"), ("onesoup", "phone"), ("onesoup", "wire"), ("tools/add_capture", "6230i.yaml")} <= named
    assert len(FILTERS) >= 4


def test_the_documents_of_a_packet_capture_are_shown(directory: Path) -> None:
    found = CliRunner().invoke(main, ["wire", "decode", "--pretty", "phone.pcap"])
    assert found.exit_code == 0
    assert "Login-Request" in found.output
    assert "geheim" not in found.output


@pytest.mark.parametrize("words", FILTERS)
def test_tcpdump_takes_the_filter(words: str) -> None:
    if not (tcpdump := shutil.which("tcpdump", path="/usr/sbin:/usr/bin:/sbin:/bin")):
        pytest.skip("no tcpdump here")
    done = subprocess.run([tcpdump, "-y", "EN10MB", "-d", words.strip()], capture_output=True, text=True, check=False)
    if "permission" in done.stderr.lower():
        pytest.skip("tcpdump may not be run here")
    assert done.returncode == 0, done.stderr


def test_the_search_for_names_finds_none(directory: Path) -> None:
    (line,) = [each for each in LINES if each.startswith("grep -n")]
    found = subprocess.run(shlex.split(line), cwd=directory, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, "")


def test_the_columns_of_the_page_are_those_of_the_commands() -> None:
    block = [line for line in PAGE.splitlines() if line.startswith("    ")]
    shown = [line.removeprefix("    ") for line in block if "   -> " in line or line.split() == ["phone", "server"]]
    assert shown[0] == heads()
    assert {line.index("->") for line in shown[1:]} == {heads().index("server") - 3}
