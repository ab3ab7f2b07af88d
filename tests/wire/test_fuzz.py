"""Any octets end in a tree or in WireError, and a tree that came out survives our own encoding.

ONESOUP_MUTATIONS sets how many mutants are tried for each encoding, ONESOUP_EXAMPLES how many examples hypothesis makes.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.names import ALIASES
from onesoup.wire.tables.tags import TAGS
from onesoup.wire.tables.values import VALUES
from onesoup.wire.tree import Element

from .vectors import ALL, GOOD, NAMESPACED, copy, into

MUTATIONS = int(os.environ.get("ONESOUP_MUTATIONS", "12000"))
EXAMPLES = int(os.environ.get("ONESOUP_EXAMPLES", "300"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WBXML = [vector.octets for vector in ALL if vector.octets]
XML = [codec.encode(into(codec.decode(octets), Encoding.XML)) for octets in (vector.octets for vector in GOOD)]


def tried(octets: bytes) -> Document | None:
    try:
        return codec.decode(octets)
    except WireError as caught:
        error = caught
    assert str(error)
    assert error.offset is None or 0 <= error.offset <= len(octets)
    return None


def survives(document: Document) -> None:
    """In its own encoding as it is; in the other one as far as its text can say it."""
    for encoding in ANY_TREE:
        again = codec.decode(codec.encode(into(document, encoding)))
        other = encoding is not document.encoding
        left, right = copy(again.root, trim=other), copy(document.root, trim=other)
        if other:
            left, right = settled(left), settled(right)
        assert left == right
        assert again.version == document.version or not named(document.root)


def named(root: Element) -> bool:
    return root.name in NAMESPACED


def settled(root: Element) -> Element:
    """Without the names that one token gives to two elements: they differ between the encodings by design."""
    todo = [root]
    while todo:
        element = todo.pop()
        if element.name in ("BlockUser-Request", "BlockEntity-Request"):
            element.name = "Block"
        todo.extend(element.children)
    return root


@pytest.mark.parametrize("octets", WBXML, ids=[vector.name for vector in ALL if vector.octets])
def test_a_vector_cut_anywhere(octets):
    for end in range(len(octets)):
        assert tried(octets[:end]) is None


@pytest.mark.parametrize("octets", WBXML, ids=[vector.name for vector in ALL if vector.octets])
def test_a_vector_with_any_octet_changed(octets):
    for at in range(len(octets)):
        for octet in (0x00, 0x7F, 0x80, 0xFF):
            tried(octets[:at] + bytes((octet,)) + octets[at + 1 :])


def mutant(rng: random.Random, seeds: list[bytes]) -> bytes:
    """A few small wounds to a seed: octets changed, dropped, doubled, moved in from another seed."""
    octets = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(octets) + 1), rng.randint(1, 8)
        what = rng.randrange(5)
        if what == 0 and at < len(octets):
            octets[at] = rng.randrange(256)
        elif what == 1:
            del octets[at : at + length]
        elif what == 2:
            octets[at:at] = octets[at : at + length]
        elif what == 3:
            other = rng.choice(seeds)
            start = rng.randrange(len(other))
            octets[at:at] = other[start : start + length * 4]
        else:
            octets[at:at] = rng.randbytes(length)
    return bytes(octets)


@pytest.mark.parametrize("seeds", [WBXML, XML], ids=["wbxml", "xml"])
def test_mutants_end_in_a_tree_that_survives_or_in_an_error(seeds):
    rng = random.Random(20010925)
    trees = 0
    for _ in range(MUTATIONS):
        document = tried(mutant(rng, seeds))
        if document is not None and document.root.name == "WV-CSP-Message":
            trees += 1
            survives(document)
    assert trees > MUTATIONS // 50


@SETTINGS
@given(st.binary(max_size=600))
def test_any_octets(octets):
    tried(octets)


@SETTINGS
@given(
    st.sampled_from([b"\x03\x10\x6a\x00\x49", b"\x03\x11\x6a\x05a\0b\0c\x49", b"<a>", b"<WV-CSP-Message>&", b"\xff\xfe<\0"]),
    st.binary(max_size=300),
)
def test_any_octets_after_a_good_start(start, octets):
    document = tried(start + octets)
    if document is not None:
        survives(document)


NAMES = sorted({name for tags in TAGS.values() for name in tags.values()} | set(ALIASES.values()) | {"X-Vendor", "unknown-00-3E"})
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(sorted({text for texts in VALUES.values() for text in texts.values()})),
    st.integers(0, 2**32 - 1).map(str),
)


LEAVES = st.builds(Element, st.sampled_from(NAMES), TEXTS)
TREES = st.recursive(
    LEAVES,
    lambda trees: st.builds(
        lambda name, kids: Element(name, "", kids), st.sampled_from(NAMES), st.lists(trees, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@SETTINGS
@given(TREES, st.sampled_from(["1.0", "1.1", "1.2", "1.3"]))
def test_any_tree_that_a_caller_builds_settles_after_one_trip(tree, version):
    """What a caller may spell in two ways comes back in one; from then on nothing changes."""
    root = Element("WV-CSP-Message", children=[tree])
    for encoding in ANY_TREE:
        once = codec.decode(codec.encode(Document(root, version, encoding)))
        assert once.version == version
        survives(once)
