"""Every command says its own name, what it does, and fits into 80 columns. Whoever adds a command is told here what it lacks."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from onesoup.commands.exit_codes import EXIT_CODES
from onesoup.commands.main import LAZY_COMMANDS, main
from onesoup.commands.tree import FoundCommand, walk_commands

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
COMMANDS = list(walk_commands(main))
LEAVES = [each for each in COMMANDS if not each.is_group]
# A command's help begins with what it does.
_VERBS = """
    Add Allow Announce Answer Ask Back Begin Block Change Check Clear Compare Copy Count Create Delete Drain Encode Encrypt
    End Erase Export Fetch Find Follow Forget Give Grant Import Keep Let Lift List Look Make Manage Measure Move Open Play
    Print Put Read Remove Rename Replace Restore Return Revoke Rotate Run Save Search Send Set Show Shut Start Stop Take
    Tell Test Try Unblock Undo Update Upgrade Use Wait Watch Write
"""
VERBS = frozenset(_VERBS.split())
# Those that show or check one thing or several: scripts want to read it.
LISTING = ("Check", "Find", "Follow", "List", "Show", "Watch")
# "onesoup NAME" -> why it has no --json all the same.
NOT_LISTING = {
    "onesoup ota show": "shows a document and its bytes, which --out writes",
}


def name_of(found: FoundCommand) -> str:
    return found.name


def verb_of(found: FoundCommand) -> str:
    return re.split(r"[ :,.]", (found.command.help or "").strip())[0]


@pytest.mark.parametrize("found", COMMANDS, ids=name_of)
def test_help_says_the_name_of_its_command(found: FoundCommand) -> None:
    shown = CliRunner().invoke(main, [*found.words, "--help"], prog_name="onesoup")
    assert shown.exit_code == 0, shown.output
    usage, *rest = shown.output.splitlines()
    assert usage.startswith(f"Usage: {found.name} [OPTIONS]")
    assert any(line.strip() for line in rest)
    assert max(map(len, shown.output.splitlines())) <= 80


@pytest.mark.parametrize("found", COMMANDS, ids=name_of)
def test_help_begins_with_what_the_command_does(found: FoundCommand) -> None:
    verb = verb_of(found)
    assert verb in VERBS, f"the help of `{found.name}` must begin with a verb; add {verb!r} to VERBS if it is one"
    first = (found.command.help or "").strip().split("\n\n")[0]
    assert first.endswith("."), f"the first paragraph of the help of `{found.name}` must end as a sentence does"


@pytest.mark.parametrize("found", COMMANDS, ids=name_of)
def test_every_option_says_what_it_is_for(found: FoundCommand) -> None:
    silent = [each.opts[0] for each in found.options if not each.help]
    assert not silent, f"`{found.name}` has options without help=: {', '.join(silent)}"


@pytest.mark.parametrize("found", LEAVES, ids=name_of)
def test_what_lists_prints_json_too(found: FoundCommand) -> None:
    own = {option: each for each in found.options for option in each.opts}
    if verb_of(found) in LISTING and found.name not in NOT_LISTING:
        assert "--json" in own, (
            f"`{found.name}` {verb_of(found).lower()}s something, so it needs --json: @json_option and as_json of "
            "onesoup.commands.common; or say in NOT_LISTING why not"
        )
    # What documents of wire are is told there; `spec --json FILE` writes one file.
    if "--json" in own and own["--json"].is_flag and found.words[0] != "wire":
        assert (own["--json"].help or "").startswith("Print one JSON object"), (
            f"--json of `{found.name}` prints one JSON object per line: @json_option of onesoup.commands.common says so"
        )


def test_the_list_of_commands_says_of_each_what_it_does() -> None:
    for name, (_, _, text) in LAZY_COMMANDS.items():
        assert text.split(" ")[0] in VERBS, f"{name} in LAZY_COMMANDS: {text}"
        assert text.endswith("."), f"{name} in LAZY_COMMANDS: {text}"


def test_the_exceptions_are_commands_that_exist() -> None:
    assert set(NOT_LISTING) <= {each.name for each in COMMANDS}


def test_help_says_what_the_exit_status_means() -> None:
    shown = CliRunner().invoke(main, ["--help"], prog_name="onesoup").output
    found = re.findall(r"^  (\d+) +\S", shown.partition("Exit status")[2], re.MULTILINE)
    assert found == [str(code) for code in EXIT_CODES]


def test_an_error_of_the_command_line_names_the_command_too() -> None:
    found = CliRunner().invoke(main, ["phone", "play", "--no-such"], prog_name="onesoup")
    assert found.exit_code == 2
    assert "Usage: onesoup phone play" in found.output
    assert "'onesoup phone play --help'" in found.output


def test_all_commands_are_looked_at() -> None:
    paths = {each.words for each in COMMANDS}
    assert {("wire", "decode"), ("phone", "play"), ("ota", "show"), ("record",), ("cir", "send"), ("all",)} <= paths


def test_the_reference_says_one_default_of_an_option() -> None:
    options = [line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if line.startswith("| `-")]
    assert len(options) > len(LEAVES)
    assert [line for line in options if line.lower().count("default:") > 1 or '[default: ""]' in line] == []
