"""Any octets end in a tree or in WireError, and a tree that came out survives our own encoding. Mutants of good documents are
in tests/fuzz."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Document
from onesoup.wire.generated.tags import TAGS
from onesoup.wire.generated.values import VALUES
from onesoup.wire.names import NAME_ALIASES
from onesoup.wire.tree import Element
from tests.fuzz.decoders import decoded, survives

from .vectors import ALL

SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WBXML = [vector.octets for vector in ALL if vector.octets]


@pytest.mark.parametrize("octets", WBXML, ids=[vector.name for vector in ALL if vector.octets])
def test_a_vector_cut_anywhere(octets):
    for end in range(len(octets)):
        assert decoded(octets[:end]) is None


@pytest.mark.parametrize("octets", WBXML, ids=[vector.name for vector in ALL if vector.octets])
def test_a_vector_with_any_octet_changed(octets):
    for at in range(len(octets)):
        for octet in (0x00, 0x7F, 0x80, 0xFF):
            decoded(octets[:at] + bytes((octet,)) + octets[at + 1 :])


@SETTINGS
@given(st.binary(max_size=600))
def test_any_octets(octets):
    decoded(octets)


@SETTINGS
@given(
    st.sampled_from([b"\x03\x10\x6a\x00\x49", b"\x03\x11\x6a\x05a\0b\0c\x49", b"<a>", b"<WV-CSP-Message>&", b"\xff\xfe<\0"]),
    st.binary(max_size=300),
)
def test_any_octets_after_a_good_start(start, octets):
    document = decoded(start + octets)
    if document is not None:
        survives(document)


NAMES = sorted(
    {name for tags in TAGS.values() for name in tags.values()} | set(NAME_ALIASES.values()) | {"X-Vendor", "unknown-00-3E"}
)
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
