"""`onesoup wire` with files: what is shown, what is hidden, what is said of errors."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onesoup.commands.main import main
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.tree import Element
from tests.captures.packets import Talk, pcap, pcapng
from tests.captures.test_text_dumps import hexdump_c
from tests.wire.vectors import GOOD, copy

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
LOGIN, STATUS = GOOD[0].octets, GOOD[1].octets
PASSWORD, DIGEST, ANSWER = "s3cr3t-word", "ZGlnZXN0Lw==", "my-first-cat"


def run(*arguments: str, text: str | bytes = b"") -> Result:
    return CliRunner().invoke(main, ["wire", *arguments], input=text)


def written(path, data: bytes | str) -> str:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def secret_tree() -> Element:
    login = Element(
        "Login-Request", "", [Element("UserID", "alice"), Element("Password", PASSWORD), Element("DigestBytes", DIGEST)]
    )
    lost = Element("GetNewPassword-Request", "", [Element("Answer", ANSWER)])
    transactions = []
    for primitive in (login, lost):
        content = Element("TransactionContent", "", [primitive])
        transactions.append(
            Element("Transaction", "", [Element("TransactionDescriptor", "", [Element("TransactionID", "1")]), content])
        )
    session = Element("Session", "", [Element("SessionDescriptor", "", [Element("SessionID", "id-of-session")]), *transactions])
    return Element("WV-CSP-Message", "", [session])


def in_string_table(octets: bytes) -> bytes:
    """The same with the password in the string table."""
    inline = b"\x03" + PASSWORD.encode() + b"\0"
    assert inline in octets
    size = octets[3]
    table = octets[4 : 4 + size] + PASSWORD.encode() + b"\0"
    return octets[:3] + bytes((len(table),)) + table + octets[4 + size :].replace(inline, bytes((0x83, size)))


WBXML = codec.encode(Document(secret_tree(), "1.2", Encoding.WBXML))
XML = codec.encode(Document(secret_tree(), "1.2", Encoding.XML))
PTS = f'WV12LR3 UI=alice PW="{PASSWORD}" DB={DIGEST} Answer={ANSWER} SI=id-of-session'.encode()
SECRET_FILES = {
    "x.wbxml": WBXML,
    "table.wbxml": in_string_table(WBXML),
    "x.xml": XML,
    "x.pts": PTS,
    "x.txt": hexdump_c(WBXML).encode(),
    "x.pcap": pcap(Talk().opened().ask(WBXML, STATUS).frames),
    "cut.wbxml": WBXML[:-5],
    "wrong.wbxml": in_string_table(WBXML).replace(b"\x03alice\0", b"\x83\x7f"),
    "cut.xml": XML[:-20],
    "cut.pts": PTS + b" UI=(",
}
FORMS = [["--lines"], ["--pretty"], ["--annotate"], ["--json"], ["--json", "--annotate"]]


def gives_away(text: str) -> list[str]:
    """The secrets that are in a text: as such, or as hex with anything between."""
    digits = re.sub(r"[^0-9a-f]", "", re.sub(r"(?m)^ *\d+ {2}", "", text.lower()))
    return [word for word in (PASSWORD, DIGEST, ANSWER) if word in text or word.encode().hex() in digits]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
@pytest.mark.parametrize("name", SECRET_FILES)
def test_no_form_of_output_gives_a_secret_away(tmp_path, name, form):
    file = written(tmp_path / name, SECRET_FILES[name])
    result = run("decode", file, *form)
    assert gives_away(result.stdout + result.stderr) == []
    if not name.startswith(("cut", "wrong")):
        assert "alice" in result.stdout
        assert "id-of-session" in result.stdout
        assert set(gives_away(run("decode", file, *form, "--secrets").stdout)) >= {PASSWORD, DIGEST}


@pytest.mark.parametrize(
    "line", [WBXML.hex(), in_string_table(WBXML).hex(), XML.decode(), PTS.decode()], ids=["hex", "table", "xml", "pts"]
)
def test_lines_of_standard_input_give_no_secret_away(line):
    assert gives_away(run("decode", text=f"{line}\n").stdout) == []
    assert set(gives_away(run("decode", "--secrets", text=f"{line}\n").stdout)) >= {PASSWORD, DIGEST}


def test_several_files_and_standard_input(tmp_path):
    files = [written(tmp_path / "a.bin", LOGIN * 2), "-", written(tmp_path / "b.hex", STATUS.hex())]
    result = run("decode", "--json", *files, text=LOGIN)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["file"], row["document"]) for row in rows] == [
        (files[0], 1),
        (files[0], 2),
        ("standard input", 1),
        (files[2], 1),
    ]
    assert all(row["root"]["name"] == "WV-CSP-Message" for row in rows)
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "data",
    [
        pcap(Talk().opened().ask(LOGIN, STATUS).frames),
        hexdump_c(LOGIN).encode(),
        LOGIN,
        pcapng(Talk().opened().ask(LOGIN, STATUS).frames),
    ],
)
def test_standard_input_may_be_a_capture_without_saying_so(data):
    result = run("decode", text=data)
    assert result.exit_code == 0
    assert result.stdout.startswith("<WV-CSP-Message")


def test_an_error_names_file_document_and_offset_and_the_others_are_shown(tmp_path):
    talk = Talk(most=1000).opened().ask(LOGIN, STATUS).ask(LOGIN[:40], b"").ask(LOGIN, STATUS)
    file = written(tmp_path / "razr.pcap", pcap(talk.frames))
    result = run("decode", file)
    assert result.stderr == f"{file}: document 3 (packet 6): offset 40: document ends inside an element\n"
    assert len(result.stdout.splitlines()) == 5  # one of them is the empty answer
    assert result.exit_code == 1


def test_a_broken_document_is_annotated_up_to_where_it_breaks(tmp_path):
    lines = run("decode", "--annotate", written(tmp_path / "a.bin", LOGIN[:12])).stdout.splitlines()
    assert lines[-2].split() == ["11", "01", "end", "of", "attributes"]
    assert lines[-1] == "    12  here it breaks off: document ends inside an element at offset 12"
    wrong = run("decode", "--annotate", written(tmp_path / "b.bin", b"<a><b></a>")).stdout.splitlines()
    assert wrong[-1] == "     3  7 bytes are not read: XML: mismatched tag at offset 8"
    assert run("decode", "--annotate", written(tmp_path / "c.jpg", b"\xff\xd8\xff\0")).stdout == ""


def test_an_error_in_one_of_several_lines_and_files(tmp_path):
    files = [
        written(tmp_path / "a.hex", f"{LOGIN.hex()}\n{STATUS[:-2].hex()}\n{LOGIN.hex()}\n"),
        str(tmp_path / "none"),
        written(tmp_path / "c", "words\n"),
    ]
    result = run("decode", *files)
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.splitlines() == [
        f"{files[0]}: document 2 (line 2): offset {len(STATUS) - 2}: document ends inside an element",
        f"{files[1]}: No such file or directory",
        f"{files[2]}: no document is in it: neither WBXML, XML nor plain text syntax, nor hex of one, nor packets",
    ]
    assert result.exit_code == 1


def test_a_page_says_who_when_and_what(tmp_path):
    file = written(tmp_path / "a.pcap", pcap(Talk(most=1000).opened().ask(LOGIN, b"").frames))
    lines = run("decode", file, "--pretty").stdout.splitlines()
    assert lines[0] == f"<!-- {file}: document 1 (packet 4): PresenceAuth-User"
    assert lines[1] == f"     phone -> server, 2004-11-09 11:33:23.250 UTC, WBXML, CSP 1.2, {len(LOGIN)} bytes -->"
    assert lines[-2:] == [f"<!-- {file}: document 2 (packet 5)", "     server -> phone, 2004-11-09 11:33:24.250 UTC, empty -->"]


def test_headings_and_json_name_the_messages(tmp_path):
    several = Element("WV-CSP-Message", "", [copy(secret_tree()).children[0]])
    file = written(tmp_path / "a.bin", codec.encode(Document(several, "1.2", Encoding.WBXML)) + bytes.fromhex(OCTETS))
    names = "Login-Request, GetNewPassword-Request"
    assert run("decode", file, "--annotate").stdout.splitlines()[0] == f"{file}: document 1: {names}"
    pages = run("decode", file, "--pretty").stdout
    assert f"<!-- {file}: document 1: {names}\n" in pages
    assert f"<!-- {file}: document 2 (byte " in pages
    rows = [json.loads(line) for line in run("decode", file, "--json").stdout.splitlines()]
    assert [row["messages"] for row in rows] == [["Login-Request", "GetNewPassword-Request"], []]


def test_a_heading_says_plain_text_syntax(tmp_path):
    head = run("decode", "--annotate", written(tmp_path / "a.pts", PTS)).stdout.splitlines()[:2]
    assert head == [f"{tmp_path / 'a.pts'}: document 1 (line 1): Login-Request", f"plain text syntax, CSP 1.2, {len(PTS)} bytes"]


def test_a_heading_has_room_for_few_names(tmp_path):
    tree = secret_tree()
    session = tree.children[0]
    session.children = [*session.children, *session.children[1:] * 3]
    head = run("decode", "--annotate", written(tmp_path / "a", codec.encode(Document(tree, "1.2", Encoding.WBXML)))).stdout
    assert head.splitlines()[0].endswith(": Login-Request, GetNewPassword-Request, Login-Request and 5 more")


def test_a_list_has_a_line_for_each_document(tmp_path):
    talk = Talk(most=1000).opened().ask(LOGIN, STATUS).ask(LOGIN[:40], b"")
    file = written(tmp_path / "razr.pcap", pcap(talk.frames))
    result = run("decode", "--list", file, written(tmp_path / "b.bin", STATUS))
    lines = result.stdout.splitlines()
    assert lines[0] == file
    assert lines[1] == f"   1  phone -> server  2004-11-09 11:33:23  {len(LOGIN):>7}  PresenceAuth-User"
    assert [line.split()[0] for line in lines[1:5]] == ["1", "2", "3", "4"]
    assert lines[3].endswith("     40  cannot be read")
    assert lines[4].endswith("      0  empty")
    assert lines[-2:] == [str(tmp_path / "b.bin"), f"   1{'':38}  {len(STATUS):>7}  UpdatePresence-Request"]
    assert "document 3 (packet 6): offset 40" in result.stderr
    assert result.exit_code == 1


def test_a_token_that_the_version_does_not_have_is_told(tmp_path):
    """One wrong byte may leave all else intact, and the document decodes."""
    octets = bytes.fromhex(OCTETS)
    file = written(tmp_path / "a.bin", octets[:12] + b"\x7f\x01" + octets[12:])
    for form in FORMS:
        result = run("decode", file, *form)
        assert result.stderr == f"{file}: document 1: offset 12: a token that CSP 1.2 does not have: unknown-00-3F\n"
        assert result.exit_code == 0
    several = written(tmp_path / "b.bin", octets[:12] + b"\x7f\x7f\x01\x01" + octets[12:])
    assert run("decode", several).stderr == (
        f"{several}: document 1: offset 12: a token that CSP 1.2 does not have: unknown-00-3F; and 1 more\n"
    )
    assert run("decode", written(tmp_path / "c.bin", octets)).stderr == ""


@pytest.mark.parametrize("name", ["motorola-razr.yaml", "captured/android.yaml"])
@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_conversation_is_sent_to_the_command_that_plays_it(name, form):
    file = SCRIPTS / name
    result = run("decode", str(file), *form)
    told = f"{file}: this is a conversation file, not a capture: play it with `onesoup phone play FILE --stack`\n"
    assert (result.stdout, result.stderr, result.exit_code) == ("", told, 1)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "it is a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is a PNG picture"),
        (b"%PDF-1.4\n\0\1\2", "it is a PDF; copy the bytes out of it as text"),
        (b"\x1f\x8b\x08\0\0", "it is packed (gzip); unpack it first"),
        (b"\x82\x11\0\1\2", "it begins with 82 11 00 01, and neither WBXML, XML nor plain text syntax does"),
    ],
)
@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_file_without_documents_is_called_what_it_is(tmp_path, data, what, form):
    file = written(tmp_path / "x", data)
    result = run("decode", file, *form)
    assert (result.stdout, result.stderr) == ("", f"{file}: no document is in it: {what}\n")
    assert result.exit_code == 1


def test_pages_fit_into_80_columns(tmp_path):
    """Except texts and tags that are longer themselves."""
    file = written(tmp_path / "a.bin", b"".join(vector.octets for vector in GOOD))
    for line in run("decode", file, "--annotate").stdout.splitlines():
        assert len(line) <= 80 or line.startswith(str(tmp_path))
    for line in run("decode", file, "--pretty").stdout.splitlines():
        assert len(line) <= 80 or re.fullmatch(r" *<(\S+)>.*</\1>|<!-- .*", line), line


def test_what_pretty_shows_encodes_to_the_same_trees(tmp_path):
    trees = [copy(codec.decode(vector.octets).root, trim=True) for vector in GOOD]
    file = written(tmp_path / "a.bin", b"".join(vector.octets for vector in GOOD))
    pages = run("decode", file, "--pretty", "--secrets").stdout
    for again in (run("encode", "--to", "xml", text=pages), run("encode", "--to", "xml", written(tmp_path / "p.xml", pages))):
        assert again.exit_code == 0, again.output
        assert [copy(codec.decode(line.encode()).root, trim=True) for line in again.stdout.splitlines()] == trees


INDENTED = """<?xml version="1.0"?>
<!-- one -->
<WV-CSP-Message xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2">
  <Code>
    200
  </Code>
</WV-CSP-Message>

<WV-CSP-Message
    xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"><Code>200</Code
></WV-CSP-Message> <WV-CSP-Message/>
"""
OCTETS = "03116a00c90803312e3200014bc301c80101"


def test_encode_takes_indented_xml_several_documents():
    result = run("encode", text=INDENTED)
    assert result.stdout.splitlines() == [OCTETS, OCTETS, "03116a00890803312e320001"]
    assert result.exit_code == 0


def test_encode_writes_the_bytes_themselves_to_a_file(tmp_path):
    out = tmp_path / "out.bin"
    for arguments in (["encode"], ["encode", written(tmp_path / "in.xml", INDENTED)]):
        assert run(*arguments, "--raw", "-o", str(out), text=INDENTED).exit_code == 0
        assert out.read_bytes() == bytes.fromhex(OCTETS * 2 + "03116a00890803312e320001")
    assert run("decode", str(out)).stdout.count("<Code>200</Code>") == 2


def test_encode_goes_on_behind_a_broken_document(tmp_path):
    broken = INDENTED.replace("</Code>", "</Kode>", 1)
    result = run("encode", text=broken)
    assert result.stdout.splitlines()[1:] == [OCTETS, "03116a00890803312e320001"]
    assert result.stdout.startswith("error: XML: mismatched tag at offset ")
    assert result.exit_code == 1
    cut = INDENTED.replace("</Code>\n</WV-CSP-Message>", "", 1)
    assert run("encode", text=cut).stdout.splitlines()[1:] == [OCTETS, "03116a00890803312e320001"]
    file = written(tmp_path / "in.xml", broken)
    of_file = run("encode", file)
    assert of_file.stdout.splitlines() == [OCTETS, "03116a00890803312e320001"]
    assert re.match(re.escape(f"{file}: document 1 (line 1): offset ") + r"\d+: XML: mismatched tag\n", of_file.stderr)


def test_a_script_that_writes_a_line_gets_its_line_before_it_writes_the_next():
    import subprocess
    import sys

    command = [sys.executable, "-m", "onesoup.commands.main"]
    code = "from onesoup.commands.main import main; main()"
    command = [sys.executable, "-c", code, "wire", "decode"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(f"{OCTETS}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().startswith(b"<WV-CSP-Message")
        process.stdin.close()
        assert process.wait() == 0


def test_a_name_of_a_file_cannot_drive_the_terminal(tmp_path):
    result = run("decode", str(tmp_path / "a\x1b[2J"))
    assert "\x1b" not in result.stderr
    assert result.exit_code == 1
    file = written(tmp_path / "b\x1b[2J--", LOGIN)
    for form in FORMS:
        assert "\x1b" not in run("decode", file, *form).stdout
