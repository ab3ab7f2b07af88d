"""The codec of the phone in the browser and the server's agree: on every vector, on what each writes, on what both refuse."""

import base64
import random
from collections.abc import Iterator

import pytest

from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tokens import ELEMENT_FORMS
from onesoup.wire.tree import Element
from tests.wire.vectors import ALL, REPOSITORY, XML_REQUESTS

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
KINDS = {"header", "page", "tag", "end", "text", "opaque", "token", "integer", "attribute"}
SCRIPT = "through_the_codec.js"


def documents() -> Iterator[tuple[str, bytes]]:
    """Every vector in both encodings, every request of a phone, every example of the protocol pages."""
    for vector in ALL:
        yield f"{vector.name}.wbxml", vector.octets
        if vector.ok:
            yield f"{vector.name}.xml", vector.xml
    for folder in (XML_REQUESTS, REPOSITORY / "docs" / "protocol" / "examples"):
        for path in sorted(folder.glob("*.xml")):
            yield path.name, path.read_bytes()


def as_list(root: Element) -> list[object]:
    return [root.name, root.text, [as_list(child) for child in root.children], root.attrs or None]


def sent(body: bytes, content_type: str = "", write: bool = True) -> list[object]:
    return [base64.b64encode(body).decode(), content_type, write]


def written(root: Element) -> dict[str, object]:
    """What the server writes of a tree, in every version and encoding."""
    found: dict[str, object] = {}
    for version in VERSIONS:
        for encoding in (Encoding.WBXML, Encoding.XML):
            try:
                found[f"{version} {encoding}"] = base64.b64encode(codec.encode(Document(root, version, encoding))).decode()
            except WireError:
                found[f"{version} {encoding}"] = None
    return found


def differs(body: bytes, told: dict[str, object], content_type: str = "") -> str:
    """In what the browser's answer is not the server's, "" for nothing."""
    try:
        document = codec.decode(body, content_type)
    except WireError as error:
        return "" if "error" in told else f"only the server refuses it: {error}"
    if "error" in told:
        return f"only the browser refuses it: {told['error']}"
    if (told["version"], told["encoding"]) != (document.version, document.encoding.value):
        return f"{told['version']} {told['encoding']} is {document.version} {document.encoding}"
    if told["tree"] != as_list(document.root):
        return f"{told['tree']} is {as_list(document.root)}"
    theirs = {name: None if isinstance(each, dict) else each for name, each in told["written"].items()}
    wrong = [name for name, ours in written(document.root).items() if theirs and theirs[name] != ours]
    return f"written otherwise: {', '.join(wrong)}" if wrong else ""


@pytest.fixture(scope="module")
def both(run):
    """(name, bytes, what the browser says) of every document, in one call."""
    found = list(documents())
    told = run(SCRIPT, [sent(body) for _, body in found])
    return [(name, body, each) for (name, body), each in zip(found, told, strict=True)]


def test_every_vector_is_the_same_tree_and_the_same_bytes_again_or_refused_by_both(both):
    assert len(both) > 200
    assert [f"{name}: {wrong}" for name, body, told in both if (wrong := differs(body, told))] == []


def test_bad_vectors_are_refused(both):
    bad = {f"{vector.name}.wbxml" for vector in ALL if not vector.ok}
    assert {name for name, _, told in both if "error" in told} == bad


def test_spans_cover_every_byte_in_order(both):
    for name, body, told in both:
        if "error" in told:
            continue
        places = told["places"]
        assert [start for start, *_ in places] == [0, *(end for _, end, *_ in places[:-1])], name
        assert places[-1][1] == len(body), name
        assert all(start < end for start, end, *_ in places), name
        assert {kind for _, _, kind, *_ in places} <= KINDS, name


def test_every_element_has_spans_of_its_name(both):
    for name, _, told in both:
        if "error" not in told:
            tags = [place[5] for place in told["places"] if place[2] == "tag"]
            assert tags == list(names_of(told["tree"])), name


def names_of(tree: list) -> Iterator[str]:
    yield tree[0]
    for child in tree[2]:
        yield from names_of(child)


def test_a_span_says_what_stands_there(run):
    root = Element("WV-CSP-Message", children=[Element("Session", children=[Element("SessionID", "ab")])])
    body = codec.encode(Document(root, "1.2", Encoding.WBXML))
    [told] = run(SCRIPT, [sent(body)])
    shown = [(body[start:end].hex(), kind, depth, note) for start, end, kind, depth, note, _ in told["places"]]
    assert shown == [
        ("03", "header", 0, "WBXML 1.3"),
        ("11", "header", 0, "public id 0x11: CSP 1.2"),
        ("6a", "header", 0, "character set utf-8"),
        ("00", "header", 0, "no string table"),
        ("c9", "tag", 0, "WV-CSP-Message"),
        ("0803312e3200", "attribute", 1, 'xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"'),
        ("01", "end", 1, "end of attributes"),
        ("6d", "tag", 1, "Session"),
        ("6f", "tag", 2, "SessionID"),
        ("03616200", "text", 3, 'text "ab"'),
        ("01", "end", 2, "end of SessionID"),
        ("01", "end", 1, "end of Session"),
        ("01", "end", 0, "end of WV-CSP-Message"),
    ]


def test_places_in_xml_are_bytes_and_not_characters(run):
    body = '<?xml version="1.0"?><A>é\U0001f600€</A>\n'.encode()
    [told] = run(SCRIPT, [sent(body)])
    assert [body[start:end].decode() for start, end, *_ in told["places"]] == [
        '<?xml version="1.0"?>',
        "<A>",
        "é\U0001f600€",
        "</A>\n",
    ]


# ---- every element, every value


TEXTS = (
    "",
    "T",
    "F",
    "true",
    "0",
    "7",
    "007",
    "4294967295",
    "4294967296",
    "IM",
    "SMS",
    "GROUP_ID",
    "History",
    "Name",
    "AVAILABLE",
)
MORE_TEXTS = ("text/plain", 'a & <b> "c"\r\n\td', "\x00\x1b\x85\u202e\ufffe", "\ud800", "é€\U0001f600", "GR", "MD5")


def trees() -> Iterator[Element]:
    """Each element of each version with each kind of text, and names that are in no table."""
    names = dict.fromkeys(name for version in VERSIONS for name in ELEMENT_FORMS[version])
    for name in (*names, "X-Vendor", "x", "sessionid", "_", "WV-CSP-Message"):
        yield Element(name, children=[Element(name, text) for text in (*TEXTS, *MORE_TEXTS)])
    yield Element("Session", children=[Element("X", "1", attrs={"a": 'b\n\t"&', "c-d": ""}), Element("Status", attrs={"e": "f"})])
    yield Element("Session", children=[Element("X y")])
    yield Element("Session", children=[Element("A", attrs={"no name": "b"})])


def test_every_element_with_every_kind_of_value_is_written_alike(run):
    found = list(trees())
    told = run("write_trees.js", [as_list(root) for root in found])
    for root, theirs in zip(found, told, strict=True):
        ours = written(root)
        assert [name for name in ours if ours[name] != theirs[name]] == [], (root.name, ours, theirs)


# ---- what nobody wrote


SEED, MUTANTS = 17, 1500


def mutants() -> Iterator[bytes]:
    """Vectors with a few bytes changed, taken out, put in or cut off: always the same ones."""
    chance = random.Random(SEED)
    originals = [body for _, body in documents() if 0 < len(body) < 4000]
    for _ in range(MUTANTS):
        body = bytearray(chance.choice(originals))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(body)) if body else 0
            kind = chance.randrange(4)
            if kind == 0 and body:
                body[at] = chance.randrange(256)
            elif kind == 1 and body:
                del body[at : at + chance.randint(1, 4)]
            elif kind == 2:
                body[at:at] = chance.choice(
                    (b"\x00\x01", b"\x43\x05\x01", b"\xc3\x02ab", b"&#65;", b"<!-- -->", b"\xed\xa0\xbd", b"]]>")
                )
            else:
                del body[at:]
        yield bytes(body)


def test_both_make_the_same_of_damaged_documents(run):
    found = [body for body in mutants() if body[:1] in (b"\x01", b"\x02", b"\x03", b"<")]
    told = run(SCRIPT, [sent(body, write=False) for body in found])
    assert [(body, wrong) for body, each in zip(found, told, strict=True) if (wrong := differs(body, each))] == []
    assert 0.1 < sum("error" in each for each in told) / len(told) < 0.9


@pytest.mark.parametrize(
    "charset",
    ["", "utf-8", "UTF8", "iso-8859-1", "iso-8859-2", "iso-8859-9", "windows-1251", "us-ascii", "utf-16", "constructor"],
)
def test_the_character_set_of_http_counts_alike(run, charset):
    kind = f"application/vnd.wv.csp.xml; charset={charset}" if charset else ""
    bodies = [
        bytes.fromhex("03110000") + b"\x49" + b"\x6d\x03caf\xe9 \x9d\xd0\xb9\x00\x01\x01",
        "<A>é</A>".encode(),
        b"<A>\xe9</A>",
    ]
    bodies += ["<?xml version='1.0' encoding='iso-8859-1'?><A>é</A>".encode("latin-1"), "\ufeff<A>é</A>".encode("utf-16")]
    bodies += [b"<?xml version='1.0' encoding='koi8-r'?><A/>", b"<\0A\0/\0>\0"]
    told = run(SCRIPT, [sent(body, kind, write=False) for body in bodies])
    assert [(body, wrong) for body, each in zip(bodies, told, strict=True) if (wrong := differs(body, each, kind))] == []
