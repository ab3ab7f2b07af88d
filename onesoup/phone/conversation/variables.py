"""The variables of a script: ${name} in requests and checks."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from onesoup.phone.conversation.backend import UnknownSentence
from onesoup.phone.conversation.checks import Failure
from onesoup.phone.conversation.outcome import StepFailed
from onesoup.phone.conversation.paths import PathNode
from onesoup.phone.conversation.wire import Answer

_VARIABLE = re.compile(r"\$\{([\w.-]+)\}")


class ScriptVariables:
    """Values that the script gives or captures, and behind them the last value of each element that was received."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {str(name): str(value) for name, value in values.items()}
        self.last_seen: dict[str, str] = {}

    def fill_xml(self, text: str) -> str:
        """A document with the values in it, escaped."""
        return _VARIABLE.sub(lambda found: escape(self.value(found[1])), text)

    def fill(self, value: Any) -> Any:
        """A text, or a list of texts, with the values in it."""
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str):
            return _VARIABLE.sub(lambda found: self.value(found[1]), value)
        return value

    def value(self, name: str) -> str:
        """A variable, or the last value of an element of that name."""
        if name in self.values:
            return self.values[name]
        if name in self.last_seen:
            return self.last_seen[name]
        raise StepFailed(Failure("variable", "${" + name + "}", "never captured"))

    def compute(self, wanted: Mapping[str, str]) -> None:
        """Only digests are computed: base64(H(nonce + password))."""
        for name, words in wanted.items():
            if not str(words).startswith("base64("):
                raise UnknownSentence(f"compute {name}: {words}")
            schema = self.values.get("schema", "MD5") if "schema" in words else "SHA" if "SHA" in words else "MD5"
            data = (self.value("nonce") + self.value("password")).encode("latin-1", "replace")
            digest = hashlib.sha1(data) if schema.upper().startswith("SHA") else hashlib.md5(data)
            self.values[name] = base64.b64encode(digest.digest()).decode()

    def remember(self, answer: Answer) -> None:
        """Takes the values of all elements of an answer."""
        for node in answer.root.walk() if answer.root else ():
            if not node.children:
                self._remember_element(node)

    def _remember_element(self, node: PathNode) -> None:
        """Remembers the last value of each element; of an element that repeats, all values of one parent."""
        same = [each.text for each in node.parent.children if each.name == node.name] if node.parent else []
        self.last_seen[node.name] = ",".join(same)
