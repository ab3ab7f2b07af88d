"""Short addresses for phones that take no long ones: wv:x<10 letters>@domain stands for a user, wv:/x<10 letters>@domain for a
group (xmpp-mapping.md 1.3). What goes to the phone is shortened as the last step, what it sends is read back as the first, so
that everything in between knows full addresses only. Pure; who keeps which short address means what is somebody else's business.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from onesoup.csp.codec.node import Node
from onesoup.csp.session import Session
from onesoup.csp.text import addresses

ADDRESS_FIELDS = ("user_id", "group_id")
# A search may be for a user or a group.
READ_FIELDS = (*ADDRESS_FIELDS, "search_string")
_ALIAS = re.compile(r"(?:wv:)?/?(x[a-z2-7]{10})(?:@(.+))?", re.IGNORECASE)


def alias_of(address: str) -> str:
    """The letters that stand for an address: the same for all its spellings that differ in case only."""
    digest = hashlib.sha256(addresses.fold(address).encode("utf-8", "surrogatepass")).digest()
    return "x" + base64.b32encode(digest).decode().lower()[:10]


def shorten(answer: Node, session: Session) -> dict[str, str]:
    """Puts a short address in place of each in `answer` that is longer than the session's handset takes, save the user's own.
    What they stand for, by their letters: whoever sends the answer must keep that first."""
    limit, made = session.quirks.address_limit, {}
    if not limit:
        return {}

    def short(address: str) -> str:
        if len(address) <= limit or address == session.own:
            return address
        letters = alias_of(address)
        made[letters] = address
        slash = "/" if address.lower().startswith("wv:/") else ""
        spelled = f"wv:{slash}{letters}"
        return spelled if session.short or len(spelled) + 1 + len(session.domain) > limit else f"{spelled}@{session.domain}"

    _replace(answer, ADDRESS_FIELDS, short)
    return made


def aliases_in(requests: Iterable[Node], session: Session) -> list[str]:
    """The letters of what may be a short address in these requests."""
    if not session.quirks.address_limit:
        return []
    found: set[str] = set()
    for request in requests:
        for node, name in _fields(request, READ_FIELDS):
            value = getattr(node, name)
            found.update(_letters(each, session) for each in (value if isinstance(value, list) else [value]))
    return sorted(found - {""})


def lengthen(request: Node, session: Session, known: Mapping[str, str]) -> None:
    """Puts the full address in place of each short one that is known."""
    _replace(request, READ_FIELDS, lambda address: known.get(_letters(address, session), address))


def _letters(address: str, session: Session) -> str:
    """The letters of a short address; "" for any other."""
    match = _ALIAS.fullmatch(address.strip())
    if match is None or (match[2] or session.domain).lower() not in {session.domain, session.gateway}:
        return ""
    return match[1].lower()


def _replace(root: Node, names: tuple[str, ...], new: Callable[[str], str]) -> None:
    for node, name in _fields(root, names):
        value = getattr(node, name)
        setattr(node, name, [new(each) for each in value] if isinstance(value, list) else new(value))


def _fields(root: Node, names: tuple[str, ...]) -> Iterator[tuple[Node, str]]:
    """Each field of these names that is set, in the whole tree."""
    waiting: list[object] = [root]
    while waiting:
        node = waiting.pop()
        for name in getattr(node, "__slots__", ()):
            value = getattr(node, name)
            if name in names and value and isinstance(value, str | list):
                yield node, name  # type: ignore[misc]
            elif isinstance(value, Node):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [each for each in value if isinstance(each, Node)]
