"""What a conversation expects of an answer, by what was answered once: the primitive, its code, and which elements are there.

Strict where a phone would break, loose where servers are free: no text of a server, no count, no number that it chose. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from onesoup.captures.exchanges import DocumentParts
from onesoup.wire.tree import Element

Check = dict[str, Any]

# Codes by which a server says that it cannot do something. Another server may be able to.
UNABLE_CODES = frozenset({"405", "426", "500", "501", "503", "504", "506"})
LONGEST_GIVEN_ID = 50
# What an answer may hold or leave out as the server likes.
_SERVERS_CHOICE = frozenset(
    {
        "AllFunctions",
        "CIR",
        "CapabilityRequest",
        "ClientID",
        "Description",
        "Functions",
        "DigestSchema",
        "KeepAliveTime",
        "Poll",
        "SearchResult",
        "SearchIndex",
        "SystemMessageList",
        "TimeToLive",
        "Watcher",
        "WelcomeNote",
        "DateTime",
    }
)
# Ids that a server gives: phones cut long ones.
_GIVEN_IDS = ("MessageID", "SessionID")
_ASKS, _ANSWERS = "-Request", "-Response"


def expected_answer(request: DocumentParts, response: DocumentParts) -> Check:
    """The `expect` of a step: an answer like the one that was captured."""
    code, name = response.code, response.content.name
    found: Check = {"http_status": 200, "primitive": name, "mode": "Response", "transaction_id": request.tid}
    if code in UNABLE_CODES:
        return found | {"primitive": _either(request.content.name), "checks": []}
    checks: list[Check] = [{"path": "Result/Code", "op": "equals", "value": code}] if code else []
    if code in ("", "200", "201"):
        checks += _present(response.content)
    elif response.content.findtext("Nonce"):
        checks += [{"path": "Nonce", "op": "nonempty"}, {"path": "SessionID", "op": "absent"}]
    return found | {"checks": checks}


def _either(request: str) -> list[str]:
    """The names of a good answer, and of a refusal."""
    return [request.removesuffix(_ASKS) + _ANSWERS, "Status"] if request.endswith(_ASKS) else ["Status"]


def _present(content: Element) -> list[Check]:
    """Elements right below the primitive that must be there again. Those that repeat need not be as many."""
    left_out = _SERVERS_CHOICE | {"Result"} | ({"ContactList"} if content.find("DefaultContactList") else set())
    names = dict.fromkeys(child.name for child in content.children if child.name not in left_out)
    checks: list[Check] = []
    for name in names:
        child = content.find(name)
        assert child is not None
        if name in _GIVEN_IDS:
            checks += [{"path": name, "op": "nonempty"}, {"path": name, "op": "max_len", "value": LONGEST_GIVEN_ID}]
        elif child.text:
            checks.append({"path": name, "op": "nonempty"})
        elif _is_filled(child):
            checks.append({"path": name, "op": "present"})
    return checks


def _is_filled(element: Element) -> bool:
    """An empty container says no more than a missing one."""
    return any(child.text or child.children for child in element.children)


def presence_checks(address: str, wanted: Mapping[str, str]) -> list[Check]:
    """That a notification shows a contact so. `wanted`: {attribute: value}."""
    start = f"Presence[UserID={address}]/PresenceSubList"
    return [{"path": f"{start}/{name}/PresenceValue", "op": "equals", "value": value} for name, value in wanted.items()]


def user_checks(name: str) -> list[Check]:
    """That a question is about this user, however the server writes an address."""
    return [{"path": "UserID", "op": "matches", "value": f"^(wv:)?{name}(@.*)?$"}]


def text_checks(text: str) -> list[Check]:
    return [{"path": "ContentData", "op": "equals", "value": text}]


def message_checks(media: str) -> list[Check]:
    """What every message to a phone has."""
    found: list[Check] = [
        {"path": "MessageInfo/MessageID", "op": "nonempty"},
        {"path": "MessageInfo/MessageID", "op": "max_len", "value": LONGEST_GIVEN_ID},
    ]
    kind = media.partition("/")[0]
    return [*found, {"path": "MessageInfo/ContentType", "op": "matches", "value": f"^{kind}/"}] if kind else found


def paths_of(content: Element, names: Sequence[str], path: str = "") -> dict[str, str]:
    """{path below the primitive: text} of the first element of each of these names."""
    found: dict[str, str] = {}
    for child in content.children:
        here = f"{path}/{child.name}" if path else child.name
        if child.name in names and child.text:
            found.setdefault(here, child.text)
        for below, text in paths_of(child, names, here).items():
            found.setdefault(below, text)
    return found
