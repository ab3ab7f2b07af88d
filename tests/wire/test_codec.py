"""The door to both encodings, the forms that each must read, and what they make of odd input."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.wire import codec, wbxml_writer, xmltext
from onesoup.wire.datatypes import legal_text
from onesoup.wire.document import ANY_TREE, Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element
from tests.support.characters import NOT_FOR_PHONES

URI = "http://www.openmobilealliance.org/DTD/WV-CSP1.2"


def xml(inside: str, head: str = "") -> bytes:
    return f'{head}<WV-CSP-Message xmlns="{URI}">{inside}</WV-CSP-Message>'.encode()


def wb(inside: str, version: str = "1.2", table: bytes = b"") -> bytes:
    """A root around octets in hex, page 0."""
    number = 15 + int(version[2])
    return bytes((3, number, 0x6A, len(table))) + table + b"\x49" + bytes.fromhex(inside) + b"\x01"


def only(body: bytes) -> Element:
    (child,) = codec.decode(body).root.children
    return child


# ---- which encoding, which type


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"\x03\x11\x6a\x00", "text/xml", Encoding.WBXML),
        (b"\x01", None, Encoding.WBXML),
        (b" \r\n<a/>", "application/vnd.wv.csp.wbxml", Encoding.XML),
        (b"\xef\xbb\xbf<a/>", None, Encoding.XML),
        ("<a/>".encode("utf-16"), None, Encoding.XML),
        (b"", "application/vnd.wv.csp.wbxml", Encoding.WBXML),
        (b"", "application/vnd.wv.csp+XML", Encoding.XML),
        (b"WV12LR3 UI=a", "text/xml", Encoding.PTS),
        (b"wvxxzz1", None, Encoding.PTS),
        (b"", "application/vnd.wv.csp.sms; charset=utf-8", Encoding.PTS),
    ],
)
def test_detect(body, content_type, encoding):
    assert codec.detect(body, content_type) is encoding


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"XXST", "octet 58"),
        (b"WV1", "octet 57"),
        (b"\x00\x11", "octet 00"),
        (b"GET / HTTP", "octet 47"),
    ],
)
def test_what_is_no_document(body, says):
    with pytest.raises(WireError, match=says) as caught:
        codec.decode(body, None)
    assert caught.value.offset == 0
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("version", "encoding", "asked", "answer"),
    [
        ("1.2", Encoding.WBXML, None, "application/vnd.wv.csp.wbxml"),
        ("1.3", Encoding.PTS, "text/plain", "application/vnd.wv.csp.sms"),
        ("1.3", Encoding.WBXML, None, "application/vnd.wv.csp+wbxml"),
        ("1.1", Encoding.XML, "", "application/vnd.wv.csp.xml"),
        ("1.2", Encoding.WBXML, "application/vnd.wv.csp+wbxml", "application/vnd.wv.csp+wbxml"),
        ("1.2", Encoding.XML, "Text/XML", "Text/XML"),
        ("1.2", Encoding.XML, "text/xml; charset=UTF-8", "text/xml; charset=UTF-8"),
        ("1.2", Encoding.XML, "text/xml;charset=iso-8859-1", "text/xml"),
        ("1.2", Encoding.XML, "application/vnd.wv.csp.wbxml", "application/vnd.wv.csp.xml"),
        ("1.2", Encoding.WBXML, "text/plain", "application/vnd.wv.csp.wbxml"),
        ("1.3", Encoding.XML, "text/html\r\nX: y", "application/vnd.wv.csp+xml"),
    ],
)
def test_media_type_of_the_answer(version, encoding, asked, answer):
    assert codec.media_type(version, encoding, asked) == answer


# ---- WBXML forms


@pytest.mark.parametrize(
    ("inside", "name", "text"),
    [
        ("4B 03 32 30 30 00 01", "Code", "200"),
        ("4B 03 20 30 30 37 20 00 01", "Code", "7"),
        ("4B C3 05 00 00 00 00 01 01", None, "5 octets"),
        ("4B C3 00 01", "Code", "0"),
        ("4B 01", "Code", ""),
        ("0B", "Code", ""),
        ("4B 03 00 01", "Code", ""),
        ("4B C3 01 02 C3 01 03 01", "Code", "23"),
        ("45 03 74 72 75 65 00 01", "Acceptance", "T"),
        ("45 03 4E 00 01", "Acceptance", "F"),
        ("45 C3 01 00 01", "Acceptance", "F"),
        ("45 C3 01 01 01", "Acceptance", "T"),
        ("45 C3 01 46 01", "Acceptance", "F"),
        ("45 80 2C 01", "Acceptance", "T"),
        ("51 C3 06 1F 46 73 0E BB 5A 01", "DateTime", "20010925T165859Z"),
        ("51 C3 06 1F 46 73 0E BB 00 01", "DateTime", "20010925T165859"),
        ("51 C3 06 1F 46 73 0E BB 4A 01", "DateTime", "20010925T165859"),
        ("52 03 61 00 02 81 69 80 28 40 78 00 81 05 C1 03 62 00 01", "Description", "a\xe9text/plainb"),
        ("52 03 20 61 20 00 01", "Description", " a "),
        ("52 80 81 7F 01", "Description", ""),
        ("52 03 61 ED A0 BD ED B8 80 62 00 01", "Description", "a\U0001f600b"),
        ("52 03 61 ED A0 BD 62 00 01", "Description", "a\ufffdb"),
        ("52 03 61 E9 62 00 01", "Description", "a\ufffdb"),
        ("52 03 61 07 62 00 01", "Description", "ab"),
        ("52 02 00 03 62 00 01", "Description", "b"),
        ("52 43 04 00 03 78 00 01 03 62 00 01", "Description", "b"),
        ("52 02 83 B0 00 01", None, "entity"),
        ("52 02 C4 80 00 01", None, "entity"),
        ("52 03 61 62", None, "NUL"),
        ("52 C3 7F 61 01", None, "beyond the document"),
        ("52 83 09 01", None, "outside"),
    ],
)
def test_a_value_in_wbxml(inside, name, text):
    body = wb(inside, table=b"kind\0")
    if name is None:
        with pytest.raises(WireError, match=text):
            codec.decode(body)
        return
    element = only(body)
    assert (element.name, element.text) == (name, text)


def test_text_beside_children_is_ignored():
    child = only(wb("55 03 61 00 56 03 67 00 01 03 62 00 01"))
    assert child == Element("Group", children=[Element("GroupID", "g")])


def test_the_string_table_is_read_from_the_middle_and_without_its_last_nul():
    table = b"abc\0def"
    assert only(wb("52 83 01 83 05 01", table=table)).text == "bcef"


def test_a_charset_left_open_is_that_of_http():
    body = bytes.fromhex("03 11 00 00 49 52 03 E9 00 01 01")
    assert codec.decode(body, "application/vnd.wv.csp.wbxml; charset=ISO-8859-1").root.findtext("Description") == "é"
    assert codec.decode(body).root.findtext("Description") == "\ufffd"


@pytest.mark.parametrize("name", ["foo", "utf-16", "rot13", "UTF-8", "Utf8"])
def test_a_charset_of_http_that_is_not_read_is_utf_8(name):
    body = bytes.fromhex("03 11 00 00 49 52 03 C3 A9 00 01 01")
    assert codec.decode(body, f"application/vnd.wv.csp.wbxml; charset={name}").root.findtext("Description") == "é"


@pytest.mark.parametrize("mib", ["87 67", "87 68", "87 77", "FF 7F", "01"])  # UCS-2, UCS-4, UTF-16, nothing, nothing
def test_a_charset_that_is_not_read(mib):
    with pytest.raises(WireError, match="character set"):
        codec.decode(bytes.fromhex(f"03 11 {mib} 00 49 01"))


@pytest.mark.parametrize(
    ("head", "version"),
    [
        ("03 01 6A 00", "1.1"),
        ("03 05 6A 00", "1.2"),
        ("03 0F 6A 00", "1.0"),
        ("02 12 6A 00", "1.3"),
        ("01 10 00 00", "1.1"),
        ("03 00 00 6A 03 61 62 00", "1.2"),
    ],
)
def test_the_version_of_a_document_without_namespaces(head, version):
    assert codec.decode(bytes.fromhex(head + "49 0B 01")).version == version


def test_the_namespace_wins_over_the_public_id():
    body = bytes.fromhex("03 10 6A 00 C9 0B 03 31 2E 33 00 01 4B C3 01 01 01 01")
    assert codec.decode(body).version == "1.3"


def test_the_namespace_of_the_content_speaks_when_the_root_has_none():
    inside = "6D 72 F3 0D 03 31 2E 33 00 01 01 01 01"
    assert codec.decode(wb(inside, "1.1")).version == "1.3"


def test_an_error_carries_what_was_read_so_far():
    octets = wbxml_writer.encode(Element("WV-CSP-Message", children=[Element("Code", "1"), Element("Description", "abc")]), "1.3")
    with pytest.raises(WireError) as caught:
        codec.decode(octets[:-4])
    assert caught.value.partial is not None
    assert caught.value.partial.findtext("Code") == "1"
    assert caught.value.version == "1.3"
    with pytest.raises(WireError) as caught:
        codec.decode(xml("<Code>1</Code><Descr"))
    assert caught.value.partial is not None
    assert caught.value.partial.findtext("Code") == "1"
    assert caught.value.version == "1.2"


# ---- opaque content


@pytest.mark.parametrize(
    ("info", "octets", "text"),
    [
        ({"ContentType": "text/plain"}, "grüß".encode(), "grüß"),
        ({}, "grüß".encode(), "grüß"),
        ({}, b"\xff\xd8", base64.b64encode(b"\xff\xd8").decode()),
        ({"ContentType": "image/gif"}, b"GIF89a", base64.b64encode(b"GIF89a").decode()),
        ({"ContentType": "image/gif", "ContentEncoding": "BASE64"}, b"R0lGODlh", "R0lGODlh"),
        ({"ContentType": "image/gif", "ContentEncoding": "BASE64"}, b"\xff\xd8", base64.b64encode(b"\xff\xd8").decode()),
    ],
)
def test_opaque_content(info, octets, text):
    message = Element("NewMessage", children=[Element("MessageInfo", children=[Element(k, v) for k, v in info.items()])])
    written = wbxml_writer.encode(Element("WV-CSP-Message", children=[message]), "1.2")
    body = written[:-2] + b"\0\0\x4d\xc3" + bytes((len(octets),)) + octets + b"\1\1\1"
    assert only(body).findtext("ContentData") == text


@pytest.mark.parametrize(
    ("octets", "text"), [(b"\x89PNG\xff", base64.b64encode(b"\x89PNG\xff").decode()), (b"iVBORw==", "iVBORw==")]
)
def test_a_picture_in_presence_as_octets_or_as_base64(octets, text):
    """Its ContentType stands behind it, so it cannot tell."""
    content = Element(
        "StatusContent", children=[Element("Qualifier", "T"), Element("DirectContent", "x"), Element("ContentType", "y")]
    )
    tree = Element("WV-CSP-Message", children=[Element("PresenceSubList", children=[content])])
    written = wbxml_writer.encode(tree, "1.2").replace(b"\x03x\0", b"\xc3" + bytes((len(octets),)) + octets)
    found = codec.decode(written).root.children[0].children[0]
    assert (found.findtext("DirectContent"), found.findtext("ContentType")) == (text, "y")


# ---- XML forms


@pytest.mark.parametrize(
    "body",
    [
        xml("<Code>200</Code>"),
        b"\xef\xbb\xbf" + xml("<Code>200</Code>"),
        xml("<Code> \n 200\t</Code>", '<?xml version="1.0" encoding="UTF-8"?>\n'),
        xml("<!-- c --><Code><![CDATA[200]]></Code><?p i?>"),
        xml("<Code>&#50;0&#x30;</Code>"),
        xml("<code>200</code>"),
        xml("<x:Code xmlns:x='urn:x'>200</x:Code>"),
        f'<w:WV-CSP-Message xmlns:w="{URI}"><w:Code>200</w:Code></w:WV-CSP-Message>'.encode(),
        xml("<Code>200</Code>").decode().encode("utf-16"),
        b"\xfe\xff" + xml("<Code>200</Code>").decode().encode("utf-16-be"),
        xml("<Code>200</Code>", '<!DOCTYPE WV-CSP-Message PUBLIC "-//OMA//DTD WV-CSP 1.1//EN" "http://x/y.dtd">'),
    ],
)
def test_a_document_in_xml(body):
    document = codec.decode(body)
    assert document.version == "1.2"
    assert document.root.attrs == {"xmlns": URI}
    assert document.root.children[0].name == "Code"
    assert document.root.findtext("Code") == "200"


def test_the_doctype_is_answered_with_one_and_tells_the_version_when_nothing_else_does():
    body = b'<!DOCTYPE WV-CSP-Message PUBLIC "-//OMA//DTD IMPS-CSP 1.3//EN" "x"><WV-CSP-Message/>'
    document = codec.decode(body)
    assert (document.version, document.doctype) == ("1.3", True)
    assert b"<!DOCTYPE WV-CSP-Message PUBLIC" in codec.encode(document)
    document.doctype = False
    assert b"DOCTYPE" not in codec.encode(document)


def test_charsets_of_xml():
    latin = xml("<Description>é</Description>").decode()
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?>' + latin
    assert only(declared.encode("latin-1")).text == "é"
    assert codec.decode(latin.encode("latin-1"), "text/xml; charset=iso-8859-1").root.findtext("Description") == "é"


@pytest.mark.parametrize(
    "charset", ["utf8mb4", "x-unknown", "unicode-1-1", "iso-8859-15", "us-ascii", "utf-16", "utf-7", '"UTF-8"', "iso-8859-1"]
)
def test_a_document_that_says_what_it_is_counts_more_than_http(charset):
    text = '<?xml version="1.0" encoding="UTF-8"?>' + xml("<Description>é</Description>").decode()
    for body in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.replace("UTF-8", "UTF-16").encode("utf-16")):
        assert codec.decode(body, f"text/xml; charset={charset}").root.findtext("Description") == "é"
    latin = text.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert codec.decode(latin, f"text/xml; charset={charset}").root.findtext("Description") == "é"


@pytest.mark.parametrize("charset", ["utf8mb4", "x-unknown", "iso-8859-15", "us-ascii", "utf-16"])
def test_a_charset_that_is_not_read_does_not_refuse_what_is_utf_8(charset):
    text = xml("<Description>é</Description>").decode()
    assert codec.decode(text.encode(), f"text/xml; charset={charset}").root.findtext("Description") == "é"


def test_http_helps_where_the_declaration_names_what_is_not_read():
    text = '<?xml version="1.0" encoding="windows-1252"?>' + xml("<Description>é</Description>").decode()
    assert codec.decode(text.encode("latin-1"), "text/xml; charset=iso-8859-1").root.findtext("Description") == "é"
    with pytest.raises(WireError):
        codec.decode(text.encode("latin-1"), "text/xml")


@pytest.mark.parametrize("before", [b"", b"\r\n", b" \t\n" * 20])
@pytest.mark.parametrize("behind", [b"", b"\0", b"\0" * 600, b"\r\n\0\r\n"])
def test_what_stacks_put_around_a_document_is_no_part_of_it(before, behind):
    """White space before a declaration, which wire.md takes, and the NULs of a C string."""
    text = b'<?xml version="1.0" encoding="UTF-8"?>' + xml("<Description>a</Description>")
    assert codec.decode(before + text + behind).root.findtext("Description") == "a"


@pytest.mark.parametrize("body", [b"\0" * 9, b" \n ", b"<\0", xml("<Description>a\0b</Description>"), xml("") + b"\0<a/>"])
def test_nothing_else_may_be_nul(body):
    with pytest.raises(WireError):
        codec.decode(body, "text/xml")


def test_a_document_that_was_recoded_on_its_way_is_what_http_says():
    text = '<?xml version="1.0" encoding="UTF-8"?>' + xml("<Description>é</Description>").decode()
    assert codec.decode(text.encode("latin-1"), "text/xml; charset=iso-8859-1").root.findtext("Description") == "é"
    for unsaid in (None, "text/xml", "text/xml; charset=utf-8"):
        with pytest.raises(WireError):
            codec.decode(text.encode("latin-1"), unsaid)


@pytest.mark.parametrize(
    ("name", "version", "answer"),
    [("CIRURL", "1.3", "CIRHTTPAddress"), ("CIRHTTPAddress", "1.2", "CIRURL"), ("cirurl", "1.2", "CIRURL")],
)
def test_the_renamed_cir_address_has_the_name_of_the_version_in_both_encodings(name, version, answer):
    empty = Element("WV-CSP-Message", children=[Element(name, "x")])
    for encoding in ANY_TREE:
        assert only(codec.encode(Document(empty, version, encoding))).name == answer


def test_block_user_keeps_its_name_in_xml_and_takes_that_of_the_version_in_wbxml():
    root = Element("WV-CSP-Message", children=[Element("BlockUser-Request")])
    assert only(codec.encode(Document(root, "1.2", Encoding.XML))).name == "BlockUser-Request"
    assert only(codec.encode(Document(root, "1.2", Encoding.WBXML))).name == "BlockEntity-Request"
    assert only(codec.encode(Document(root, "1.1", Encoding.WBXML))).name == "BlockUser-Request"


def test_the_namespaces_are_those_of_the_version_whatever_the_tree_carries():
    tree = Element("WV-CSP-Message", attrs={"xmlns": "urn:x", "id": "1"}, children=[Element("TransactionContent")])
    written = xmltext.encode(tree, "1.1").decode()
    assert written == (
        '<?xml version="1.0" encoding="UTF-8"?><WV-CSP-Message xmlns="http://www.wireless-village.org/CSP1.1">'
        '<TransactionContent xmlns="http://www.wireless-village.org/TRC1.1"/></WV-CSP-Message>'
    )
    assert codec.decode(wbxml_writer.encode(tree, "1.1")).root.attrs == {"xmlns": "http://www.wireless-village.org/CSP1.1"}


# ---- any text


@given(st.text(st.characters(blacklist_categories=())), st.sampled_from(["1.1", "1.2", "1.3"]))
def test_any_text_arrives_in_wbxml(text, version):
    tree = Element("WV-CSP-Message", children=[Element("ContentData", text)])
    assert codec.decode(wbxml_writer.encode(tree, version)).root.findtext("ContentData") == legal_text(text)


@given(st.text(st.characters(blacklist_categories=())), st.booleans())
def test_any_text_arrives_in_xml(text, attribute):
    """Reading trims the ends; all that is between arrives, and nothing becomes an element."""
    attrs = {"kind": text} if attribute else None
    tree = Element("WV-CSP-Message", children=[Element("ContentData", text, attrs=attrs)])
    child = only(xmltext.encode(tree, "1.2"))
    assert child.text == legal_text(text).strip(" \t\r\n")
    assert (child.attrs or {}).get("kind") == (legal_text(text) if attribute else None)


def test_legal_drops_what_xml_cannot_write_and_what_no_phone_may_be_shown():
    assert legal_text("a\0b\x0bc\ud800d\ufffee\t\r\n\x7f\u200e\ufffd\U0010ffff") == "abcde\t\r\n\x7f\u200e\ufffd\U0010ffff"
    assert legal_text("photo\u202egnp.exe") == "photognp.exe"
    assert legal_text(NOT_FOR_PHONES) == ""


# ---- trees


def test_trees_compare_by_structure():
    assert Element("a", "x") == Element("a", "x", [], {})
    assert Element("a", "x") != Element("a", "y")
    assert Element("a", children=[Element("b")]) != Element("a")
    assert Element("a", attrs={"k": "v"}) != Element("a")
    assert repr(Element("a", "x", attrs={"k": "v"})) == "Element('a', 'x', attrs={'k': 'v'})"
    assert Element("a") != "a"
