"""Every vector decodes to its XML, and what we write of it, in either encoding, decodes to the same tree."""

import pytest

from onesoup.wire import codec, xmltext
from onesoup.wire.document import ANY_TREE, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

from .vectors import ALL, GOOD, OTHERS, XML_REQUESTS, copy, each, each_bad, into, reference, rows


def test_the_other_vectors_are_here():
    if not rows(OTHERS):
        pytest.skip("no vectors-other folder beside the repository (ONESOUP_OTHER_VECTORS names one): only our own were run")
    assert len(ALL) > 200


@each
def test_vector_decodes_to_its_xml(vector):
    document = codec.decode(vector.octets)
    assert document.root == reference(vector.xml)
    assert document.version == vector.version
    assert document.encoding is Encoding.WBXML


@each_bad
def test_bad_vector_is_refused(vector):
    with pytest.raises(WireError):
        codec.decode(vector.octets)


@each
def test_xml_of_a_vector_decodes_to_the_same_tree(vector):
    assert codec.decode(vector.xml).root == codec.decode(vector.octets).root


@each
@pytest.mark.parametrize("encoding", ANY_TREE)
def test_what_we_write_of_a_vector_decodes_to_the_same_tree(vector, encoding):
    document = codec.decode(vector.octets)
    again = codec.decode(codec.encode(into(document, encoding)))
    assert copy(again.root) == copy(document.root)
    assert again.version == document.version


@pytest.mark.parametrize("name", [row["name"] for row in rows(XML_REQUESTS)])
def test_a_request_of_a_phone_in_xml(name):
    octets = (XML_REQUESTS / f"{name}.xml").read_bytes()
    document = codec.decode(octets)
    assert document.root == reference(octets)
    for encoding in ANY_TREE:
        assert copy(codec.decode(codec.encode(into(document, encoding))).root) == copy(document.root)


def test_android_says_the_same_in_xml_and_in_wbxml():
    """The same client, the same message: the emoji comes as CESU-8 in one and as UTF-8 in the other."""
    texts = []
    for octets in (
        next(vector for vector in GOOD if vector.name == "cap-android-send-emoji").octets,
        (XML_REQUESTS / "cap-android-send-emoji.xml").read_bytes(),
    ):
        texts.append(text_of(codec.decode(octets).root, "ContentData"))
    assert texts[0] == texts[1]
    assert "\U0001f600" in texts[0]


def text_of(root: Element, name: str) -> str:
    todo = [root]
    while todo:
        element = todo.pop()
        if element.name == name:
            return element.text
        todo.extend(element.children)
    raise LookupError(name)


def test_the_plain_writer_prints_the_attributes_that_were_there():
    vector = next(vector for vector in GOOD if vector.name == "ow11-literal-element")
    assert '<X-Vendor kind="demo">abc</X-Vendor>' in xmltext.write_element(codec.decode(vector.octets).root)
