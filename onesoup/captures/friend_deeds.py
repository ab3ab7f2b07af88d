"""What friends must have done, told from what came to a phone; and what they see of what the phone did. Sentences. Pure.

The sentences are those of `onesoup/phone/conversation/backend.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from onesoup.captures.exchanges import DocumentParts
from onesoup.captures.expectations import Check, message_checks, presence_checks, text_checks, user_checks
from onesoup.captures.people import CapturedPeople, read_address
from onesoup.wire.tree import Element

# UserAvailability -> the state of a friend in sentences, and back.
STATES = {"AVAILABLE": "available", "NOT_AVAILABLE": "away", "DISCREET": "dnd"}
GOOD_CODES = ("200", "201")


@dataclass(frozen=True)
class FriendDeed:
    """Why a server request came: the sentence that makes it come again, and how to know it."""

    sentence: str = ""
    where: list[Check] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


class FriendDeeds:
    """Tells deeds from documents, in the order in which they came."""

    def __init__(self, people: CapturedPeople) -> None:
        self._people = people
        self._shown: dict[str, tuple[str, str]] = {}  # name -> state and status as last seen
        self._messages: set[str] = set()  # MessageIDs that have come
        self._in_rooms: set[tuple[str, str]] = set()  # (friend, room)
        self._said_in_rooms: set[tuple[str, str]] = set()  # (room, text) by the phone itself, which may come back to it
        self.online: dict[str, None] = {}  # friends who are available from the start

    # --- what came to the phone ---

    def deed(self, parts: DocumentParts) -> FriendDeed | None:
        """None for what comes by itself, or of which nobody knows why it came."""
        tell: dict[str, Callable[[Element], FriendDeed | None]] = {
            "NewMessage": self._message,
            "MessageNotification": self._notification,
            "PresenceNotification-Request": self._presence,
            "PresenceAuth-Request": self._question,
            "DeliveryReport-Request": lambda _: FriendDeed(),
        }
        return tell[parts.content.name](parts.content) if parts.content.name in tell else None

    def _message(self, content: Element) -> FriendDeed | None:
        info = content.find("MessageInfo") or Element("")
        media = info.findtext("ContentType")
        if self._is_repeated(info) or info.findtext("ContentEncoding").upper() == "BASE64" or media.startswith("image/"):
            return None
        text = sayable(content.findtext("ContentData"))
        sender = info.find("Sender") or Element("")
        said = self._says(sender, text)
        return FriendDeed(said, text_checks(text), message_checks(media)) if said and text else None

    def _notification(self, content: Element) -> FriendDeed | None:
        info = content.find("MessageInfo") or Element("")
        said = self._says(info.find("Sender") or Element(""), "A message")
        return FriendDeed(said, [], message_checks("")) if said and not self._is_repeated(info) else None

    def _is_repeated(self, info: Element) -> bool:
        """A message that was not acknowledged comes again. A play acknowledges it at once."""
        message_id = info.findtext("MessageID")
        repeated = bool(message_id) and message_id in self._messages
        self._messages.add(message_id)
        return repeated

    def _says(self, sender: Element, text: str) -> str:
        user = sender.find("User")
        if user is not None:
            name = self._people.person(user.findtext("UserID"))
            if name and name != self._people.owner:
                self.online.setdefault(name)
                return f"{name} sends '{text}' to {self._people.owner}"
            return ""
        room = self._room_of(sender)
        friend = next((name for name, entered in self._in_rooms if entered == room), "")
        if (room, text) in self._said_in_rooms:
            return ""
        return f"{friend} says '{text}' in room '{room}'" if friend else ""

    def _presence(self, content: Element) -> FriendDeed | None:
        """The first contact that is seen at all, and from then on every change of one that was seen."""
        found: FriendDeed | None = None
        for presence in content.children:
            address, wanted = presence.findtext("UserID"), _attributes(presence)
            name = self._people.person(address)
            if not name or not wanted or name == self._people.owner:
                continue
            state = _state(wanted)
            status = sayable(wanted.get("StatusText", "")) if state != "offline" else ""
            before, self._shown[name] = self._shown.get(name), (state, status)
            if before == (state, status) or (before is None and (len(self._shown) > 1 or state == "offline")):
                continue
            found = self._change(name, state, status, self._people.rewritten("UserID", address), wanted, first=before is None)
        return found

    def _change(self, name: str, state: str, status: str, address: str, wanted: dict[str, str], first: bool) -> FriendDeed:
        self.online.setdefault(name)
        sentence = f"{name} is {state}" + (f" with status '{status}'" if status else "")
        wanted = {key: value for key, value in wanted.items() if key != "StatusText"} | ({"StatusText": status} if status else {})
        return FriendDeed("" if first and (state, status) == ("available", "") else sentence, presence_checks(address, wanted))

    def _question(self, content: Element) -> FriendDeed | None:
        address = content.findtext("UserID")
        name = self._people.person(address)
        if not name or name in self._people.roster:
            return None
        return FriendDeed(f"{name} is available; {name} asks to see {self._people.owner}", user_checks(name))

    # --- what the phone does ---

    def before(self, request: DocumentParts, code: str) -> str:
        """What friends must do first: a room is there once somebody is in it."""
        room = self.room(request.content.findtext("GroupID"))
        if request.content.name != "JoinGroup-Request" or code not in ("", *GOOD_CODES) or not room:
            return ""
        friend = self._people.some_friend()
        if (friend, room) in self._in_rooms:
            return ""
        self.online.setdefault(friend)
        self._in_rooms.add((friend, room))
        return f"{friend} joins room '{room}' as '{friend.title()}'"

    def seen(self, request: DocumentParts, code: str) -> str:
        """What friends see of a request that was answered with `code`, "" for nothing."""
        tell = {
            "SendMessage-Request": self._received,
            "UpdatePresence-Request": self._seen_presence,
            "PresenceAuth-User": self._decided,
        }.get(request.content.name)
        return tell(request.content) if tell and code in GOOD_CODES else ""

    def _received(self, content: Element) -> str:
        info = content.find("MessageInfo") or Element("")
        text, media = content.findtext("ContentData"), info.findtext("ContentType")
        recipients = info.find("Recipient") or Element("")
        users = [child.findtext("UserID") for child in recipients.children if child.name == "User"]
        names = [name for name in map(self._people.person, users) if name and name != self._people.owner]
        self._said_in_rooms.add((self._room_of(recipients), sayable(text)))
        if (media and not media.startswith("text/plain")) or text != sayable(text) or not text:
            return ""
        for name in names:
            self.online.setdefault(name)
        return "; ".join(f"{name} receives '{text}' once" for name in names)

    def _seen_presence(self, content: Element) -> str:
        """Friends who are there from the start see what the phone says of itself."""
        attributes = content.find("PresenceSubList") or Element("")
        availability = attributes.find("UserAvailability") or Element("")
        state = STATES.get(availability.findtext("PresenceValue"), "")
        friend = next((name for name in self.online if name in self._people.roster), "")
        return f"{friend} sees {self._people.owner} {state}" if state and friend else ""

    def _decided(self, content: Element) -> str:
        name, accepted = self._people.person(content.findtext("UserID")), content.findtext("Acceptance")
        known = name and name not in self._people.roster
        return f"{name} is {'accepted' if accepted == 'T' else 'refused'} by {self._people.owner}" if known else ""

    def _room_of(self, party: Element) -> str:
        """The room of a sender or a recipient, "" where it is none. A group is named alone, or by a name in it."""
        group = party.find("Group") or Element("")
        screen = group.find("ScreenName") or Element("")
        return self.room(screen.findtext("GroupID") or group.findtext("GroupID"))

    def room(self, group: str) -> str:
        """The name of the server's room for a group, "" for a group of another kind or domain."""
        address = read_address("GroupID", self._people.rewritten("GroupID", group)) if group else None
        if address is None or address.user or not address.list or address.domain.lower() not in ("", self._people.domain):
            return ""
        return address.list.removeprefix("/")


def _state(attributes: dict[str, str]) -> str:
    if attributes.get("OnlineStatus") == "F":
        return "offline"
    return STATES.get(attributes.get("UserAvailability", ""), "available")


def _attributes(presence: Element) -> dict[str, str]:
    """{attribute: value} of those that sentences can bring about."""
    shown = presence.find("PresenceSubList") or Element("")
    found = {}
    for name in ("OnlineStatus", "UserAvailability", "StatusText"):
        attribute = shown.find(name)
        value = attribute.findtext("PresenceValue") if attribute else ""
        if attribute and value and attribute.findtext("Qualifier") != "F":
            found[name] = value
    return found if "OnlineStatus" in found or "UserAvailability" in found else {}


def sayable(text: str) -> str:
    """The text as a sentence can hold it: on one line, without what ends a text in a sentence."""
    return " ".join(text.replace("'", ".").replace(";", ",").replace("${", "$(").split())
