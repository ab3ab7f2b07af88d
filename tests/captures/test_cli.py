"""`onesoup wire`."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from onesoup.commands.main import main
from tests.wire.vectors import GOOD, reference

MESSAGE = '<WV-CSP-Message xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"><Code>200</Code></WV-CSP-Message>'
OCTETS = "03116a00c90803312e3200014bc301c80101"


def run(command: str, text: str | bytes, *options: str):
    return CliRunner().invoke(main, ["wire", command, *options], input=text)


def test_decode_prints_a_line_for_each_line():
    result = run("decode", f"{OCTETS}\n{OCTETS.upper()}\n\n03 11 6a\n{MESSAGE}\n")
    lines = result.output.splitlines()
    assert lines[0] == lines[1] == lines[4] == MESSAGE
    assert lines[2] == "error: empty document at offset 0"
    assert lines[3] == "error: document ends inside an element at offset 3"
    assert len(lines) == 5
    assert result.exit_code == 1


def test_decode_prints_no_namespace_that_the_octets_do_not_have():
    result = run("decode", "03116a004b03323030000101")
    assert result.output == "<Code>200</Code>\n"
    assert result.exit_code == 0


def test_every_vector_is_one_line():
    result = run("decode", "".join(f"{vector.octets.hex()}\n" for vector in GOOD), "--secrets")
    lines = result.output.splitlines()
    assert len(lines) == len(GOOD)
    for vector, line in zip(GOOD, lines, strict=True):
        assert reference(line.encode()) == reference(vector.xml)


def test_a_line_feed_in_a_text_does_not_end_the_line():
    assert run("decode", "03116a0052 03 61 0a 62 00 01").output == "<Description>a&#10;b</Description>\n"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("zz", "error: neither WBXML nor XML nor PTS: the document starts with octet 7A at offset 0"),
        ("WV12LR3 UI=(a", "error: PTS: the group is not closed at offset 13"),
        ("<a><b></a>", "error: XML: mismatched tag at offset 8"),
        ("é", "error: neither WBXML nor XML nor PTS: the document starts with octet C3 at offset 0"),
    ],
)
def test_errors_name_what_is_wrong_and_where(line, error):
    for command in ("decode", "encode"):
        result = run(command, f"{line}\n")
        assert result.output == f"{error}\n"
        assert result.exit_code == 1


def test_encode_takes_the_version_from_the_namespace_or_the_option():
    assert run("encode", f"{MESSAGE}\n").output == f"{OCTETS}\n"
    assert run("encode", f"{MESSAGE}\n", "--version", "1.3").output == "03126a00c90b03312e3300014bc301c80101\n"
    assert run("encode", f"{MESSAGE}\n", "--version", "2.0").exit_code == 2


def test_plain_text_syntax_goes_in_and_comes_out():
    line = "WV12MD3 SI=s1 ID=m1"
    assert "<MessageDelivered><MessageID>m1</MessageID></MessageDelivered>" in run("decode", f"{line}\n").output
    octets = run("encode", f"{line}\n").output.strip()
    assert octets.startswith("03116a00")
    assert run("encode", f"{octets}\n", "--to", "pts").output == f"{line}\n"
    assert run("encode", f"{line}\n", "--to", "xml", "--version", "1.3").output.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>'
    )
    assert (
        run("encode", f"{MESSAGE}\n", "--to", "pts").output == "error: PTS: only a message with one transaction can be written\n"
    )


def test_no_input_is_no_output():
    assert run("decode", "").output == ""
    assert run("decode", "").exit_code == 0


def test_the_command_starts_without_the_network_stack():
    names = "('gevent', 'redis', 'socket', 'asyncio')"
    code = f"import sys, onesoup.captures.cli; sys.exit(any(name in sys.modules for name in {names}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
