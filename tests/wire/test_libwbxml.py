"""An independent reader, libwbxml's wbxml2xml, reads what we emit for 1.1 and 1.2. It knows no 1.3."""

import shutil
import subprocess

import pytest

from onesoup.wire import codec, wbxml_writer
from onesoup.wire.names import canonical_name
from onesoup.wire.tree import Element

from .vectors import GOOD, copy, reference

READER = shutil.which("wbxml2xml")
LANGUAGES = {"1.1": "CSP11", "1.2": "CSP12"}

# Tokens that libwbxml's tables lack.
UNKNOWN_TO_IT = {"CIRURL", "CIRHTTPAddress"}
VALUES_UNKNOWN_TO_IT = {"SSMS", "SHTTP"}

pytestmark = pytest.mark.skipif(READER is None, reason="wbxml2xml is not installed (Debian package libwbxml2-utils)")


def known_to_it(root: Element) -> bool:
    todo = [root]
    while todo:
        element = todo.pop()
        if element.name in UNKNOWN_TO_IT or element.text in VALUES_UNKNOWN_TO_IT or element.name.startswith("unknown-"):
            return False
        todo.extend(element.children)
    return True


def spelled_as_ours(root: Element) -> Element:
    """Names by our spelling; dates without the seconds and zones that it leaves out or adds are not compared."""
    todo = [root]
    while todo:
        element = todo.pop()
        element.name = canonical_name(element.name)
        if element.name == "BlockUser-Request":
            element.name = "BlockEntity-Request"
        if element.name in ("DateTime", "DeliveryTime"):
            element.text = ""
        todo.extend(element.children)
    return root


@pytest.mark.parametrize("vector", [vector for vector in GOOD if vector.version in LANGUAGES], ids=lambda vector: vector.name)
def test_libwbxml_reads_what_we_emit(vector):
    root = codec.decode(vector.octets).root
    if not known_to_it(root):
        pytest.skip("an element or value that libwbxml has no token for")
    octets = wbxml_writer.encode(root, vector.version)
    command = [READER, "-l", LANGUAGES[vector.version], "-m", "0", "-o", "-", "-"]
    result = subprocess.run(command, input=octets, capture_output=True, check=False)
    assert result.stdout, result.stderr
    read = copy(reference(result.stdout), trim=True)
    assert spelled_as_ours(read) == spelled_as_ours(copy(root, trim=True))
