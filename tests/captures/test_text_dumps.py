"""Bytes written down as text, by people and by their tools."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onesoup.captures.reading import read_capture
from onesoup.captures.text_dumps import is_text, read_text
from tests.captures.packets import PHONE, SERVER, Talk, ipv4, ok, post, tcp
from tests.wire.vectors import GOOD

HEAD = b"\x03\x11\x6a\x00\xc9\x08\x03"
LOGIN, STATUS = GOOD[0].octets, GOOD[1].octets


def shown(octets: bytes) -> str:
    return "".join(chr(octet) if 32 <= octet < 127 else "." for octet in octets)


def rows(data: bytes, width: int = 16) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + width]) for at in range(0, len(data), width)]


def xxd(data: bytes, width: int = 16) -> str:
    lines = []
    for at, row in rows(data, width):
        groups = " ".join(row[place : place + 2].hex() for place in range(0, len(row), 2))
        lines.append(f"{at:08x}: {groups:<{width // 2 * 5 - 1}}  {shown(row)}")
    return "\n".join(lines)


def hexdump_c(data: bytes) -> str:
    lines = [f"{at:08x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}  |{shown(row)}|" for at, row in rows(data)]
    return "\n".join([*lines, f"{len(data):08x}"])


def words(data: bytes) -> list[str]:
    return [data[at : at + 2][::-1].rjust(2, b"\0").hex() for at in range(0, len(data), 2)]


def hexdump(data: bytes) -> str:
    return "\n".join([*(f"{at:07x} {' '.join(words(row))}" for at, row in rows(data)), f"{len(data):07x}"])


def od_words(data: bytes) -> str:
    return "\n".join([*(f"{at:07o} {' '.join(words(row))}" for at, row in rows(data)), f"{len(data):07o}"])


def od_bytes(data: bytes) -> str:
    return "\n".join([*(f"{at:07o} {row.hex(' ')}" for at, row in rows(data)), f"{len(data):07o}"])


def od_octal(data: bytes) -> str:
    return (
        "\n".join(f"{at:07o} {' '.join(f'{int(word, 16):06o}' for word in words(row))}" for at, row in rows(data))
        + f"\n{len(data):07o}"
    )


def od_decimal_offsets(data: bytes) -> str:
    return "\n".join([*(f"{at:07d} {row.hex(' ')}" for at, row in rows(data)), f"{len(data):07d}"])


def od_with_characters(data: bytes) -> str:
    return "\n".join(f"{at:06x} {row.hex(' '):<47}  >{shown(row)}<" for at, row in rows(data)) + f"\n{len(data):06x}"


def wireshark(data: bytes) -> str:
    return "\n".join(f"{at:04x}   {row.hex(' '):<47}   {shown(row)}" for at, row in rows(data))


def wireshark_with_gap(data: bytes) -> str:
    return "\n".join(
        f"{at:04x}  {row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}   {shown(row[:8])} {shown(row[8:])}" for at, row in rows(data)
    )


def tcpdump_x(data: bytes) -> str:
    lines = []
    for at, row in rows(data):
        groups = " ".join(row[place : place + 2].hex() for place in range(0, len(row), 2))
        lines.append(f"\t0x{at:04x}:  {groups:<39}  {shown(row)}")
    return "\n".join(lines)


def c_array(data: bytes) -> str:
    body = ",\n  ".join(", ".join(f"0x{octet:02x}" for octet in row) for _, row in rows(data, 12))
    return f"unsigned char x_bin[] = {{\n  {body}\n}};\nunsigned int x_bin_len = {len(data)};\n"


def c_array_of_wireshark(data: bytes) -> str:
    body = ", /* {x} // */\n".join(", ".join(f"0x{octet:02x}" for octet in row) for _, row in rows(data, 8))
    return f"/* Frame ({len(data)} bytes) */\nstatic const unsigned char pkt1[{len(data)}] = {{\n{body}  /* ab */\n}};\n"


def wrapped(data: bytes, width: int = 64) -> str:
    return "\n".join(data.hex()[at : at + width] for at in range(0, len(data) * 2, width))


FORMS = {
    "plain": bytes.hex,
    "capitals": lambda data: data.hex().upper(),
    "wrapped": wrapped,
    "blanks": lambda data: data.hex(" "),
    "aa:bb": lambda data: data.hex(":"),
    "AA-BB": lambda data: data.hex("-").upper(),
    "0x03 0x11": lambda data: " ".join(f"0x{octet:02X}" for octet in data),
    r"\x03\x11": lambda data: "".join(rf"\x{octet:02x}" for octet in data),
    "wrapped aa:bb": lambda data: "\n".join(f"{row.hex(':')}:" for _, row in rows(data)),
    "from a PDF": lambda data: "Listing 4: a log-in\n\n" + "\n\n".join(f"  {row.hex(' ')} " for _, row in rows(data, 20)),
    "xxd": xxd,
    "xxd -c 32": lambda data: xxd(data, 32),
    "hexdump -C": hexdump_c,
    "hexdump": hexdump,
    "od": od_octal,
    "od -x": od_words,
    "od -t x1": od_bytes,
    "od -A d -t x1": od_decimal_offsets,
    "od -A x -t x1z": od_with_characters,
    "Wireshark": wireshark,
    "Wireshark's streams": wireshark_with_gap,
    "tcpdump -X": tcpdump_x,
    "xxd -i": c_array,
    "Wireshark's C": c_array_of_wireshark,
}


def found(text: bytes) -> list[bytes]:
    assert is_text(text)
    return [written.data for written in read_text(text)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_vectors_in_every_form(form, line_end):
    for vector in GOOD[:: 1 if form == "xxd" else 5]:
        text = FORMS[form](vector.octets).replace("\n", line_end)
        assert found(text.encode()) == [vector.octets], text


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20)
@given(st.binary(max_size=70))
def test_any_bytes_behind_a_head_in_every_form(form, tail):
    data = HEAD + tail
    assert found(FORMS[form](data).encode()) == [data]


@pytest.mark.parametrize("form", FORMS)
def test_two_documents_in_every_form(form):
    text = f"{FORMS[form](LOGIN)}\n\n{FORMS[form](STATUS)}\n".encode()
    assert [body.data for body in read_capture(text, "x")] == [LOGIN, STATUS]


@pytest.mark.parametrize(
    "command",
    [
        "xxd",
        "xxd -p",
        "xxd -i",
        "xxd -u -g 1",
        "hexdump",
        "hexdump -C",
        "od",
        "od -x",
        "od -b",
        "od -t x1",
        "od -A x -t x1z",
        "od -A n -t x1",
    ],
)
def test_what_the_tools_themselves_write(command, tmp_path):
    tool, *options = command.split()
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    file = tmp_path / "x.bin"
    for vector in GOOD[::40]:
        file.write_bytes(vector.octets)
        text = subprocess.run([tool, *options, file], capture_output=True, check=True).stdout
        assert found(text) == [vector.octets], text


def test_a_dump_with_rows_that_are_the_same():
    data = HEAD.ljust(16, b"\x01") + bytes(16 * 5) + b"\x01" * 7
    text = hexdump_c(data).splitlines()
    assert found("\n".join([*text[:2], "*", *text[6:]]).encode()) == [data]


def test_a_dump_that_claims_gigabytes_of_the_same_row_stays_small():
    text = hexdump_c(HEAD.ljust(32, b"\x01")).splitlines()
    (data,) = found("\n".join([*text[:2], "*", "fffffff0 00 00"]).encode())
    assert len(data) < 100_000


@pytest.mark.parametrize(
    ("before", "behind"), [("2004-11-09 11:33:20 IN body=", ""), ('POST "', '" 200 OK'), ("<- ", ""), ("request [", "]")]
)
def test_hex_in_the_lines_of_a_log(before, behind):
    lines = [f"{before}{octets.hex()}{behind}" for octets in (LOGIN, STATUS)]
    log = "\n".join(["2004-11-09", "11:33", "server started", lines[0], "", "12:00:01", lines[1], "end"])
    assert [(body.data, body.where) for body in read_capture(log.encode(), "x")] == [(LOGIN, "x, line 4"), (STATUS, "x, line 7")]


def test_the_number_of_a_page_behind_hex_is_no_part_of_it():
    page = f"Listing 3\n\n{LOGIN.hex(' ')}\n\n18\n\nThe server answers.\n"
    assert [body.data for body in read_capture(page.encode(), "x")] == [LOGIN]


def test_xml_in_the_lines_of_a_log():
    document = "<WV-CSP-Message>\n<Session/></WV-CSP-Message>"
    log = f"11:33 <- {document}\n11:34 -> <?xml version='1.0'?>{document} sent\n"
    assert [body.where for body in read_capture(log.encode(), "x")] == ["x, line 1", "x, line 3"]


def test_utf_16_as_windows_redirects_it():
    for codec in ("utf-16", "utf-16-be"):
        text = ("\ufeff" if codec == "utf-16-be" else "") + xxd(LOGIN)
        assert found(text.encode(codec)) == [LOGIN]


def conversation() -> list[tuple[bool, bytes]]:
    return [(True, post(LOGIN)), (False, ok(STATUS)), (True, post(STATUS)), (False, ok(b""))]


def as_read(text: str) -> list[tuple[bytes, str]]:
    told: list[str] = []
    bodies = [(body.data, body.direction.value) for body in read_capture(text.encode(), "x.txt", told.append)]
    assert not told
    return bodies


WANTED = [(LOGIN, "request"), (STATUS, "response"), (STATUS, "request"), (b"", "response")]


def test_a_stream_that_wireshark_shows_as_hex():
    """Each side counts its own bytes on; the server's are set in."""
    counts, lines = {True: 0, False: 0}, []
    for phone, data in conversation():
        for at, row in rows(data):
            hexes = f"{row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}   {shown(row[:8])} {shown(row[8:])}"
            lines.append(f"{'' if phone else '    '}{counts[phone] + at:08X}  {hexes}")
        counts[phone] += len(data)
    assert as_read("\n".join(lines)) == WANTED


def test_a_stream_that_wireshark_shows_as_c_arrays():
    arrays = []
    for number, (phone, data) in enumerate(conversation()):
        octets = ", ".join(f"0x{octet:02x}" for octet in data)
        arrays.append(f"char peer{int(not phone)}_{number}[] = {{ /* Packet {number} */\n{octets} }};")
    assert as_read("\n".join(arrays)) == WANTED


def test_packets_that_wireshark_exports_as_text():
    talk = Talk(most=60).opened()
    for phone, data in conversation():
        talk.say(phone, data)
    head = "No.     Time           Source                Destination           Protocol Length Info\n"
    packets = [
        f"{head}{number:>7} 0.000000       10.0.0.5              192.0.2.1             TCP      {len(frame)}     1034 > 80\n\n"
        f"Frame {number}: {len(frame)} bytes on wire\nEthernet II, Src: 02:00:00:00:00:02\n\n{wireshark(frame)}\n"
        for number, frame in enumerate(talk.frames, 1)
    ]
    assert as_read("\n".join(packets)) == WANTED


def test_packets_that_tcpdump_prints():
    sequence = {True: 1, False: 1}
    text = []
    for phone, data in conversation():
        ends = (PHONE, SERVER) if phone else (SERVER, PHONE)
        text.append(f"11:33:20.250000 IP {ends[0][0]}.{ends[0][1]} > {ends[1][0]}.{ends[1][1]}: Flags [P.], length {len(data)}")
        text.append(tcpdump_x(ipv4(*ends, tcp(*ends, sequence[phone], data))))
        sequence[phone] += len(data)
    assert as_read("\n".join(text)) == WANTED
