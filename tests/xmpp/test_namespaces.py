"""Namespaces of XMPP stand once, in onesoup.xmpp.namespaces."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from onesoup.xmpp import namespaces

REPOSITORY = Path(namespaces.__file__).parents[2]
# The second one runs with slixmpp in a process of its own and imports nothing of ours.
ALLOWED = {"onesoup/xmpp/namespaces.py", "onesoup/phone/conversation/friend_process.py"}
VALUES = {name: value for name, value in vars(namespaces).items() if name.isupper()}
# The node of our entity capabilities is a URN and no namespace.
NO_NAMESPACES = ("urn:onesoup:client",)
NAMESPACE = re.compile(
    r"urn:(?:xmpp|ietf|onesoup):|jabber:(?:x|iq|client|server)\b|http://(?:jabber\.org|etherx\.jabber\.org)/|vcard-temp"
)


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module, without its docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_other_module_writes_a_namespace():
    modules = (path for package in ("onesoup", "workers", "cir") for path in (REPOSITORY / package).rglob("*.py"))
    found = [
        f"{path.relative_to(REPOSITORY)}:{line} {text}"
        for path in modules
        if path.relative_to(REPOSITORY).as_posix() not in ALLOWED
        for line, text in literals(path)
        if (text in VALUES.values() or NAMESPACE.search(text)) and text not in NO_NAMESPACES
    ]
    assert found == []


def test_no_namespace_has_two_names():
    assert len(set(VALUES.values())) == len(VALUES)
