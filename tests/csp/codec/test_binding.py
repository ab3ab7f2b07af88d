"""Typed primitives through both encodings and back, in every version: what was written is what is read.

The values come from FIELDS, so a new field is under test the moment the generator writes it."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.csp.codec import envelope
from onesoup.csp.codec.binding import read_boolean, read_integer, read_node, read_primitive, write_node
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.codec.generated_elements import FIELDS, ORDER, PRIMITIVES, ListManageRequest, LoginRequest, Node, StatusText
from onesoup.csp.errors import CspError
from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Document, Encoding
from onesoup.wire.generated.datatypes import DATATYPES
from onesoup.wire.tree import Element
from tests.wire.vectors import GOOD, Vector

VERSIONS = ("1.1", "1.2", "1.3")
REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLES = REPOSITORY / "docs" / "protocol" / "examples"


def table(name: str) -> list[dict[str, str]]:
    with (REPOSITORY / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


# --- there and back ---

# No text keeps the controls that turn the direction of writing.
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zs", "Zl", "Zp"), exclude_characters=TURNING)
TEXT = st.text(LETTERS, min_size=1, max_size=12)
DATE = st.datetimes().map(lambda moment: f"{moment.year:04}{moment:%m%dT%H%M%S}Z")
LEAF = {"int": st.integers(0, 2**32 - 1), "bool": st.booleans(), "flag": st.booleans()}
DEPTH = 4


def leaf(name: str, kind: str) -> st.SearchStrategy[Any]:
    if kind != "str":
        return LEAF[kind]
    datatype = DATATYPES.get(name)
    if datatype == "datetime":
        return DATE
    return st.integers(0, 2**32 - 1).map(str) if datatype == "integer" else TEXT


def known(cls: type[Node], version: str) -> list[tuple[str, str, Any, bool]]:
    """The fields that this version's schema knows, without what other clients put beside it."""
    allowed = {row["child"] for row in ROWS.get(cls.NAME, ()) if version in row["versions"].split(",")}
    return [field for field in FIELDS[cls] if field[1] in allowed]


ROWS: dict[str, list[dict[str, str]]] = {}
for _row in table("schema.tsv"):
    ROWS.setdefault(_row["parent"], []).append(_row)


@cache
def nodes(cls: type[Node], version: str, depth: int = DEPTH) -> st.SearchStrategy[Node]:
    parts: dict[str, st.SearchStrategy[Any]] = {}
    for attribute, name, kind, many in known(cls, version):
        if not isinstance(kind, str) and depth == 0:
            continue
        one = leaf(name, kind) if isinstance(kind, str) else nodes(kind, version, depth - 1)
        missing = st.just([]) if many else st.just(False if kind == "flag" else None)
        parts[attribute] = st.one_of(missing, st.lists(one, min_size=1, max_size=2) if many else one)
    return st.builds(cls, **parts)


def through(primitive: Node, version: str, encoding: Encoding) -> Node:
    """As a phone would send it and we would read it."""
    message = Message(version, encoding, [Transaction(Mode.REQUEST, "t1", primitive)], "S1", SessionType.INBAND)
    document = codec.decode(codec.encode(envelope.document_from_message(message)))
    assert document.version == version
    (transaction,) = envelope.message_from_document(document).transactions
    return transaction.content


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
@settings(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_primitive_survives_the_wire(name, data):
    """In each version and both encodings."""
    for version in VERSIONS:
        primitive = data.draw(nodes(PRIMITIVES[name], version, 2))
        for encoding in ANY_TREE:
            assert through(primitive, version, encoding) == primitive


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_reading_undoes_writing_for_every_element(version, data):
    for cls in FIELDS:
        node = data.draw(nodes(cls, version, 1))
        assert read_node(write_node(node, version), cls) == node


def test_every_primitive_of_the_table_is_typed():
    assert set(PRIMITIVES) == {row["primitive"] for row in table("primitives.tsv")}


# --- the order that a version's schema asks for ---


@pytest.mark.parametrize("version", VERSIONS)
def test_children_are_written_in_the_order_of_the_schema(version):
    """Phones with a DTD inside may refuse any other."""
    for cls, fields in FIELDS.items():
        rows = sorted(
            (int(row["pos"]), row["child"])
            for row in ROWS.get(cls.NAME, ())
            if version in row["versions"].split(",") and row["child"] not in ("(none)", "(text)")
        )
        written = [fields[index][1] for index in ORDER[cls][version]]
        assert written[: len(rows)] == [child for _, child in rows], cls.NAME
        assert sorted(written) == sorted(name for _, name, _, _ in fields)


# --- liberal reading ---


def test_children_in_any_order_are_read():
    element = Element(
        "ListManage-Request",
        "",
        [Element("ReceiveList", "F"), Element("AddNickList", "", [Element("UserID", "wv:a")]), Element("ContactList", "wv:me/x")],
    )
    request = read_node(element, ListManageRequest)
    assert (request.contact_list, request.receive_list, request.add_nick_list.user_id) == ("wv:me/x", False, ["wv:a"])


def test_unknown_children_are_skipped():
    element = Element("Login-Request", "", [Element("X-Vendor", "1", [Element("Y")]), Element("UserID", "wv:a")])
    assert read_node(element, LoginRequest) == LoginRequest(user_id="wv:a")


def test_of_a_child_that_came_twice_the_last_counts():
    element = Element("Login-Request", "", [Element("UserID", "one"), Element("UserID", "two")])
    assert read_node(element, LoginRequest).user_id == "two"


def test_an_unknown_primitive_is_none():
    assert read_primitive(Element("Frobnicate-Request")) is None


def test_the_older_name_of_block_entity_is_the_same_primitive():
    assert read_primitive(Element("BlockUser-Request")) is not None


def test_absent_fields_are_left_out():
    assert write_node(StatusText(qualifier=True), "1.2").children == [Element("Qualifier", "T")]


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("200", 200), (" 7 ", 7), ("4294967295", 2**32 - 1), ("", None), (" ", None)]
)
def test_a_number(text, value):
    assert read_integer(Element("Code", text)) == value


@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_leading_zeros_do_not_change_a_number(value, width):
    assert read_integer(Element("Code", str(value).zfill(width))) == value


@pytest.mark.parametrize("text", ["-1", "+1", "1.5", "0x10", "ten", "4294967296", "9" * 400, "²", "١", "1 2"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(CspError) as refused:
        read_integer(Element("TimeToLive", text))
    assert refused.value.code == 402
    assert "TimeToLive" in refused.value.description


@pytest.mark.parametrize(
    ("text", "value"),
    [("T", True), ("F", False), ("t", True), ("true", True), ("1", True), (" no ", False), ("0", False), ("", None)],
)
def test_a_truth(text, value):
    assert read_boolean(Element("ReceiveList", text)) is value


@pytest.mark.parametrize("text", ["maybe", "TF", "2", "ja"])
def test_what_is_no_truth_is_refused(text):
    with pytest.raises(CspError) as refused:
        read_boolean(Element("ReceiveList", text))
    assert refused.value.code == 402


# --- vectors and examples ---


def is_message(vector: Vector) -> bool:
    """Some vectors show a part of the encoding and hold no transaction; 1.0 is read but never written."""
    root = codec.decode(vector.octets).root
    session = root.find("Session")
    return vector.version != "1.0" and session is not None and session.find("Transaction") is not None


MESSAGES = [vector for vector in GOOD if is_message(vector)]


def names(element: Element, cls: type[Node] | None) -> set[str]:
    """Paths of the leaves below an element that the typed form has a place for."""
    found = set()
    for child in element.children:
        field = next((each for each in FIELDS[cls] if each[1] == child.name), None) if cls else None
        if field is None:
            continue
        kind = field[2]
        below = set() if isinstance(kind, str) else names(child, kind)
        found |= {f"{child.name}/{path}" for path in below} or {child.name}
    return found


def message_of(octets: bytes) -> tuple[Document, Message]:
    document = codec.decode(octets)
    return document, envelope.message_from_document(document)


def contents(document: Document) -> list[Element]:
    session = document.root.find("Session")
    assert session is not None
    return [each.find("TransactionContent").children[0] for each in session.children if each.name == "Transaction"]  # type: ignore[union-attr]


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda vector: vector.name)
def test_a_vector_becomes_typed_primitives_and_nothing_known_is_lost(vector: Vector):
    document, message = message_of(vector.octets)
    for element, transaction in zip(contents(document), message.transactions, strict=True):
        if isinstance(transaction.content, Unknown):
            continue
        assert not isinstance(transaction.content, envelope.Malformed), transaction.content
        again = write_node(transaction.content, message.version)
        assert names(again, type(transaction.content)) == names(element, type(transaction.content))
        assert read_node(again, type(transaction.content)) == transaction.content


def example_files() -> list[Path]:
    return sorted(EXAMPLES.glob("*.xml"))


def test_the_examples_are_here():
    assert len(example_files()) > 70


@pytest.mark.parametrize("path", example_files(), ids=lambda path: path.stem)
def test_an_example_is_read_and_written_as_it_stands(path: Path):
    """The examples follow the schema, so what is written again is the same tree, child by child."""
    document, message = message_of(path.read_bytes())
    for element, transaction in zip(contents(document), message.transactions, strict=True):
        assert not isinstance(transaction.content, Unknown | envelope.Malformed)
        assert plain(write_node(transaction.content, message.version)) == plain(element)


def plain(element: Element) -> tuple[str, str, list[Any]]:
    return element.name, element.text, [plain(child) for child in element.children]
