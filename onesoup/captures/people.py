"""Who is in a capture: the owner of the phone, friends with accounts at the same domain, rooms. Pure.

Names go into a conversation as plays need them: small letters, the same everywhere, no word of the language of friends."""

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from onesoup.captures.exchanges import CapturedExchange, is_login, parts_of
from onesoup.wire.tree import Element

# Accounts cost time when a play makes them; further contacts are only names.
MAX_FRIENDS = 8
FALLBACK_DOMAIN = "example.org"
# The owner of a capture without a log-in.
_NAMELESS = "nameless"
_SAFE_NAME = re.compile(r"[a-z][a-z0-9._-]{3,40}")
_ADDRESS = re.compile(r"(?P<scheme>wv:)?(?P<user>[^@/]*)(?P<list>/[^@]*)?(?:@(?P<domain>[^@]+))?", re.IGNORECASE)
# Words that a play reads in sentences about friends, and words of the protocol in small letters.
_TAKEN_NAMES = frozenset(
    {
        "available",
        "calls",
        "sends",
        "sees",
        "that",
        "with",
        "status",
        "picture",
        "room",
        "says",
        "joins",
        "leaves",
        "asks",
        "accepts",
    }
    | {
        "accepts",
        "refuses",
        "stops",
        "showing",
        "seeing",
        "feels",
        "because",
        "himself",
        "herself",
        "shows",
        "card",
        "invites",
        "into",
    }
    | {"receives", "nothing", "more", "roster", "named", "group", "away", "offline", "onesoup", "http", "https", "plain", "text"}
)
# Of names that are made up. No word of a language or of the protocol is made of these alone, but for the scheme of addresses;
# no account of a demo either, which has a password of its own.
_MADE_UP_LETTERS, _SCHEME = "bfghjkvwz", "wv"
_MADE_UP_LENGTH, _LONGEST_MADE_UP = 5, 40
SERVICE_CONTACT = "onesoup"
# Elements whose text is somebody's address even without wv: and domain.
ADDRESS_ELEMENTS = frozenset({"UserID", "ContactList", "DefaultContactList", "GroupID", "SearchString", "ValidUserID"})


@dataclass(frozen=True)
class WrittenAddress:
    """The parts of an address as they are written."""

    scheme: str
    user: str
    list: str
    domain: str


def read_address(name: str, text: str) -> WrittenAddress | None:
    """None for what is no address. `name` is the element's: in some, a bare word is a user."""
    found = _ADDRESS.fullmatch(text)
    if found is None or " " in text or not (found["scheme"] or found["domain"] or name in ADDRESS_ELEMENTS):
        return None
    return WrittenAddress(found["scheme"] or "", found["user"], found["list"] or "", found["domain"] or "")


@dataclass
class CapturedPeople:
    """`names`: user as in the capture, in small letters -> name in the conversation. The owner is the first."""

    domain: str
    names: dict[str, str] = field(default_factory=dict)
    roster: list[str] = field(default_factory=list)  # names whom the owner has as contacts from the start
    groups: set[str] = field(default_factory=set)  # users of addresses that are groups of the server

    @property
    def owner(self) -> str:
        return next(iter(self.names.values()))

    @property
    def somebody(self) -> str:
        """Anybody but the owner, "" where there is nobody."""
        return next((name for name in self.names.values() if name != self.owner), "")

    def some_friend(self) -> str:
        """A contact, or anybody else; a new account where the capture has nobody but the owner."""
        friend = next(iter(self.roster), "") or self.somebody
        if not friend:
            friend = self.names["a friend"] = _made_up(_MADE_UP_LENGTH, "a friend", set(self.names.values()))
        return friend

    def person(self, text: str) -> str:
        """The name of a user of the phone's domain, "" for anybody else."""
        address = read_address("UserID", text)
        if address is None or (address.domain and address.domain.lower() != self.domain):
            return ""
        return self.names.get(address.user.lower(), "")

    def rewritten(self, name: str, text: str) -> str:
        """The text of an element, with names as the conversation has them. A room of the server gets a name of its own for each
        owner, so that plays beside each other do not meet in it."""
        address = read_address(name, text)
        if address is None:
            return text
        user = self.names.get(address.user.lower(), address.user) if self._is_here(address) else address.user
        room = name == "GroupID" and not (address.list and address.user)
        lists = address.list
        if room and lists:
            lists = f"{lists}-of-{self.owner}"
        elif room:
            user = f"{user}-of-{self.owner}"
        return f"{address.scheme}{user}{lists}" + (f"@{address.domain}" if address.domain else "")

    def _is_here(self, address: WrittenAddress) -> bool:
        return not address.domain or address.domain.lower() == self.domain


def find_people(exchanges: Iterable[CapturedExchange]) -> CapturedPeople:
    """The people of a capture."""
    seen = list(exchanges)
    owner, domain = _owner(seen)
    people = CapturedPeople(domain, {})
    used: set[str] = set()
    people.names[owner] = _free_name(owner, used)
    added: set[str] = set()  # by the phone itself, in this capture
    for exchange in seen:
        request, response = parts_of(exchange.request), parts_of(exchange.response)
        for user in _users(request.content, domain) if request else ():
            _take(people, user, used)
            if request is not None and request.content.name in ("CreateList-Request", "ListManage-Request"):
                added.add(user)
        for user in _users(response.content, domain) if response else ():
            _take(people, user, used)
            name = people.names.get(user, "")
            known = response is not None and response.content.name in _TELLS_CONTACTS
            if known and user not in added and name and name != people.owner and name not in people.roster:
                people.roster.append(name)
    return people


_TELLS_CONTACTS = frozenset(
    {"ListManage-Response", "GetPresence-Response", "PresenceNotification-Request", "CreateList-Response"}
)


def walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from walk(child)


def _users(content: Element, domain: str) -> Iterator[str]:
    """Users of the domain that a document names, in small letters."""
    for element in walk(content):
        address = read_address("UserID", element.text) if element.name == "UserID" else None
        if address and address.user and not address.list and address.domain.lower() in ("", domain):
            yield address.user.lower()


def _take(people: CapturedPeople, user: str, used: set[str]) -> None:
    if user not in people.names and user != SERVICE_CONTACT and len(people.names) <= MAX_FRIENDS:
        people.names[user] = _free_name(user, used)


def _free_name(user: str, used: set[str]) -> str:
    """The user's own name where a play can use it, else letters of the same length."""
    good = _SAFE_NAME.fullmatch(user) and user not in _TAKEN_NAMES and user not in used
    name = user if good else _made_up(min(len(user), _LONGEST_MADE_UP) or _MADE_UP_LENGTH, user, used)
    used.add(name)
    return name


def _made_up(length: int, user: str, used: Collection[str]) -> str:
    """Letters that follow from `user`, longer ones where all of that length are taken."""
    for number in itertools.count():
        size = length + number // 100
        stream = hashlib.shake_256(f"{number} {user}".encode("utf-8", "surrogatepass")).digest(size)
        name = "".join(_MADE_UP_LETTERS[byte % len(_MADE_UP_LETTERS)] for byte in stream)
        if name not in used and name != _SCHEME:
            return name
    raise AssertionError("there are always longer names")


def _owner(exchanges: list[CapturedExchange]) -> tuple[str, str]:
    """Who logs in, and the domain: as the log-in says it, else the one that most users have, else most groups and lists."""
    users: Counter[str] = Counter()
    others: Counter[str] = Counter()
    owner = domain = ""
    for exchange in exchanges:
        for document in (exchange.request, exchange.response):
            for element in walk(document.root) if document else ():
                address = read_address(element.name, element.text) if element.name in ADDRESS_ELEMENTS else None
                if address is None:
                    continue
                if address.domain:
                    (users if element.name == "UserID" else others)[address.domain.lower()] += 1
                if element.name == "UserID" and not owner and is_login(exchange):
                    owner, domain = address.user.lower(), address.domain.lower()
    most = next((each.most_common(1)[0][0] for each in (users, others) if each), "")
    return owner or _NAMELESS, domain or most or FALLBACK_DOMAIN
