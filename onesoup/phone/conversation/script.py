"""A conversation file: loaded, checked, moved to other accounts, another domain, another version. Knows no network.

The `format` block of each file describes the language. This runner knows a few words more, for the files in `scripts/`:
`pause_s` (wait before the step), `headers` (more HTTP headers), `known_gap` (a reason: a failure of the step is told and
passed over), `may_have_come` (what `poll_until` waits for counts as well when it was answered on the way to an earlier step), and
`body: empty` beside `empty_or_server_request`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Encoding
from onesoup.wire.generated.doctypes import NAMESPACES

SCRIPT_VERSIONS = ("1.1", "1.2", "1.3")
_JID = re.compile(r"([A-Za-z0-9._-]+)@([A-Za-z0-9.-]+\.[A-Za-z0-9-]+|localhost)")


class ScriptError(ValueError):
    """The file is no conversation that can be played, or not in the way that was asked for."""


@dataclass(frozen=True)
class ScriptPerson:
    """An account of `given`: how the script calls it, and what it is on the server."""

    name: str
    user: str
    domain: str
    password: str
    roster: Mapping[str, str] = field(default_factory=dict)  # user -> name; both see each other
    online: bool = False

    @property
    def jid(self) -> str:
        return f"{self.user}@{self.domain}"


@dataclass
class ConversationScript:
    """One conversation. `steps` are those that will be played."""

    name: str
    data: dict[str, Any]
    version: str
    encoding: Encoding
    content_type: str
    steps: list[dict[str, Any]]

    @property
    def always(self) -> list[str]:
        return [" ".join(str(each).split()) for each in self.data.get("always", [])]

    @property
    def wbxml_rules(self) -> list[str]:
        return [" ".join(str(each).split()) for each in self.data.get("wbxml_rules", [])]

    @property
    def versions(self) -> list[str]:
        """The file's own version, and those that its `other_settings` name."""
        own = str(self.data["csp_version"])
        named = re.findall(r"\d\.\d", str((self.data.get("other_settings") or {}).get("csp_version", "")))
        return [own, *(each for each in dict.fromkeys(named) if each in SCRIPT_VERSIONS and each != own)]

    @property
    def encodings(self) -> list[Encoding]:
        """Those that carry any tree, and plain text syntax where `other_settings` names it: it lacks words for much."""
        named = str((self.data.get("other_settings") or {}).get("encoding", ""))
        return [*ANY_TREE, *([Encoding.PTS] if Encoding.PTS in named else [])]

    @property
    def alternatives(self) -> dict[str, dict[str, Any]]:
        """Those that can be played: some are notes only."""
        found = self.data.get("alternatives") or {}
        return {name: each for name, each in found.items() if isinstance(each, dict) and each.get("steps")}

    def people(self) -> list[ScriptPerson]:
        """The accounts of `given`, the one that the phone logs in with first, as the script writes them."""
        given = self.data.get("given") or {}
        accounts = given.get("accounts") or {}
        start = str(given.get("at start", ""))
        found = []
        for jid, password in accounts.items():
            user, _, domain = str(jid).partition("@")
            online = re.search(rf"\b{re.escape(user)} available\b", start) is not None
            found.append(ScriptPerson(user, user, domain, str(password), _roster(given, user), online))
        if not found:
            raise ScriptError(f"{self.name}: no accounts in `given`")
        return found

    @property
    def domain(self) -> str:
        return self.people()[0].domain


def _roster(given: Mapping[str, Any], user: str) -> dict[str, str]:
    """Contacts of a user. Rosters are symmetric: both sides are subscribed."""
    found: dict[str, str] = {}
    for key, text in given.items():
        if not str(key).startswith("roster of "):
            continue
        owner, contacts = str(key).removeprefix("roster of ").strip(), [each[0] for each in _JID.findall(str(text))]
        if owner == user:
            found |= {each: each.title() for each in contacts}
        elif user in contacts:
            found[owner] = owner.title()
    return found


def load(path: str | Path) -> ConversationScript:
    """Reads a file. ScriptError says what is wrong with it."""
    try:
        import yaml
    except ImportError:
        raise ScriptError("conversation files need PyYAML: pip install PyYAML") from None
    path = Path(path)
    try:
        # The reader in C, where PyYAML has it, takes a tenth of the time.
        reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        data = yaml.load(path.read_text(encoding="utf-8"), reader)
    except (OSError, yaml.YAMLError) as error:
        raise ScriptError(f"{path}: {error}") from None
    return make(path.stem, data)


def make(name: str, data: Any) -> ConversationScript:
    """The script in its own version and encoding."""
    missing = [key for key in ("csp_version", "encoding", "steps", "given") if not isinstance(data, dict) or key not in data]
    if missing:
        raise ScriptError(f"{name}: no {missing[0]}")
    version, encoding = str(data["csp_version"]), Encoding(str(data["encoding"]).lower())
    content_type = str(data.get("content_type") or codec.media_type(version, encoding))
    return ConversationScript(name, data, version, encoding, content_type, list(data["steps"]))


def in_encoding(script: ConversationScript, encoding: Encoding) -> ConversationScript:
    """The same conversation in that encoding, with its content type."""
    if encoding is script.encoding:
        return script
    kind = codec.media_type(script.version, encoding)
    return ConversationScript(script.name, script.data, script.version, encoding, kind, script.steps)


def in_version(script: ConversationScript, version: str) -> ConversationScript:
    """The same conversation in another version, where the file allows it: other namespaces, another content type."""
    if version == script.version:
        return script
    if version not in script.versions:
        raise ScriptError(f"{script.name}: says nothing about CSP {version}, only {', '.join(script.versions)}")
    old, new = NAMESPACES[script.version], NAMESPACES[version]

    def moved(text: str) -> str:
        for element, uri in old.items():
            text = text.replace(f'"{uri}"', f'"{new[element]}"')
        return text

    data = _mapped(script.data, moved)
    data["csp_version"] = version
    return ConversationScript(
        script.name, data, version, script.encoding, codec.media_type(version, script.encoding), list(data["steps"])
    )


def with_alternative(script: ConversationScript, name: str) -> ConversationScript:
    """The steps of an alternative in place of the step that it replaces."""
    if name not in script.alternatives:
        raise ScriptError(f"{script.name}: no alternative {name}; there is {', '.join(script.alternatives) or 'none'}")
    other = script.alternatives[name]
    steps: list[dict[str, Any]] = []
    for step in script.steps:
        steps += other["steps"] if step["name"] == other.get("replaces") else [step]
    return ConversationScript(script.name, script.data, script.version, script.encoding, script.content_type, steps)


def cast(script: ConversationScript, users: Mapping[str, str], domain: str) -> ConversationScript:
    """The script with other user names and another domain. Names are whole words in small letters, wherever they stand, so
    that what is sent and what is expected change alike. ScriptError names a user whom the file does not have."""
    own = script.domain
    names = {person.name: users.get(person.name, person.name) for person in script.people()}
    if strangers := sorted(users.keys() - names.keys()):
        raise ScriptError(f"{script.name} has no {strangers[0]}; its accounts are {', '.join(names)}")
    pattern = re.compile(r"(?<![A-Za-z0-9])(" + "|".join(map(re.escape, names)) + r")(?![A-Za-z0-9])")

    def renamed(text: str) -> str:
        moved = pattern.sub(lambda found: names[found[0]], text)
        # The domain stands in patterns as well.
        return moved.replace(own, domain).replace(re.escape(own), re.escape(domain))

    data = _mapped(script.data, renamed)
    return ConversationScript(
        script.name, data, script.version, script.encoding, script.content_type, _mapped(script.steps, renamed)
    )


def _mapped(value: Any, change: Any) -> Any:
    """Every text of a structure changed, keys included; step names stay, since they are what reports speak of."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    if isinstance(value, dict):
        return {change(str(key)): each if key == "name" else _mapped(each, change) for key, each in value.items()}
    return value
