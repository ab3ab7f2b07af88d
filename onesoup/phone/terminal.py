"""The screen and keys of the terminal phone: what is typed becomes requests, what arrives becomes lines.

One thread reads the keys, one polls. The engine knows nothing of either.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from onesoup.csp.codec.generated_elements import (
    GroupChangeNotice,
    InviteResponse,
    InviteUserRequest,
    LeaveGroupResponse,
    Primitive,
)
from onesoup.csp.status import StatusCode
from onesoup.phone import lookup
from onesoup.phone.engine import OPERATOR, ListedContact, Phone, Received, ShownPresence, key, members_of
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.stcp import LineClosed, PhoneStcpLine
from onesoup.wire import codec, xmltext
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

PROMPT = "> "
# Where the server neither holds polls nor wakes, ask this often, in seconds; and at most so often after a failure.
INTERVAL, LATER = 2.0, 15.0
# A poll that took this long was held.
HELD = 0.5
GONE: dict[int, str] = {
    StatusCode.GROUP_DOES_NOT_EXIST: "the group has ended",
    StatusCode.GROUP_IS_RESTRICTED: "you were put out",
    StatusCode.REJECTED: "you are not wanted there",
    StatusCode.NOT_A_GROUP_MEMBER: "members only now",
}
MARKS = {"AVAILABLE": "available", "NOT_AVAILABLE": "away", "DISCREET": "do not disturb"}

HELP = """\
  NAME: text          a message; /w NAME text does the same; text alone goes to the last one
  /list               contacts and how they are         /who            who is online
  /add ADDRESS [NAME] /remove NAME                      contacts
  /groups             where you are; /join GROUP [AS], /leave [GROUP], /create GROUP [TITLE]: go in, go out, make one
  /invite NAME [GROUP]   /accept   /decline [WHY]       invitations; to a group: text alone, or GROUP: text
  /find NAME          people by name, address, number or mail
  /profile [NAME]     what somebody says of himself, or you do; /profile city = Oslo changes yours
  /available [TEXT]   /away [TEXT]   /dnd [TEXT]        what others see of you
  /raw on|off         show the documents as XML         /help  /quit"""


class Quit(Exception):
    """The user wants to leave."""


@dataclass
class Terminal:
    """`run` is the whole conversation. Incoming lines do not destroy the line that is being typed."""

    phone: Phone
    keys: TextIO
    screen: TextIO
    raw: bool = False
    last: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _ended: str = ""
    _typing: bool = False
    _line: PhoneStcpLine | None = None
    _told: dict[str, str] = field(default_factory=dict)
    _invitation: InviteUserRequest | None = None

    def run(self) -> int:
        """Logs in, talks until the end of input, logs out. The exit status; PhoneError when the log-in fails."""
        phone = self.phone
        phone.trace = self._trace
        phone.on_message, phone.on_presence, phone.on_news = self._heard, self._seen, self._news
        # A shell that starts us in the background has SIGINT ignored; sent on purpose, it means the end all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        phone.start()
        try:
            with contextlib.suppress(Quit, KeyboardInterrupt):
                self._greet()
                threading.Thread(target=self._poll, daemon=True).start()
                for line in self._typed():
                    self._do(line)
        finally:
            self._leave()
        return 1 if self._ended else 0

    # --- out ---

    def say(self, text: str) -> None:
        """One or more lines above the one that is being typed."""
        with self._lock:
            if self._typing:
                import readline

                self.screen.write(f"\r\x1b[K{text}\n{PROMPT}{readline.get_line_buffer()}")
            else:
                self.screen.write(text + "\n")
            self.screen.flush()

    def _interactive(self) -> bool:
        return self.keys.isatty() and self.screen.isatty()

    def _greet(self) -> None:
        phone = self.phone
        how = f"CSP {phone.version}, {phone.encoding.upper()}, {phone.way or 'password'}"
        self._plain(f"{phone.address} is logged in ({how}{', woken over STCP' if phone.stcp else ''})")
        self._list()
        self._plain("/help tells what can be typed")

    def _plain(self, text: str) -> None:
        """A line while nothing is being typed."""
        with self._lock:
            self.screen.write(_clean(text) + "\n")
            self.screen.flush()

    def _heard(self, message: Received) -> None:
        if message.sender == OPERATOR:
            self.say(f"* from the operator: {_clean(message.text)}")
            return
        self.last = message.sender
        when = f" ({message.time})" if message.time else ""
        name = self._name(message.sender)
        if message.group:
            nick = _clean(message.nick) or "the group"
            name = f"{nick} in {_clean(message.sender)}" + (" to you alone" if message.private else "")
        self.say(f"{name}: {_clean(message.text)}{when}")

    def _news(self, content: Primitive) -> None:
        """What has happened in a group, and invitations."""
        if isinstance(content, InviteUserRequest):
            self._invitation = content
        for line in news(content, self._name):
            self.say(f"* {line}")

    def _seen(self, shown: ShownPresence) -> None:
        state = describe(shown)
        if self._told.get(key(shown.user)) != state:
            self._told[key(shown.user)] = state
            self.say(f"* {self._name(shown.user)} is {state}")

    def _trace(self, way: str, octets: bytes) -> None:
        if self.raw:
            self.say(f"{'>>' if way == 'sent' else '<<'} {as_xml(octets)}")

    # --- in ---

    def _typed(self) -> Iterator[str]:
        while True:
            try:
                if self._interactive():
                    yield self._edited()
                else:
                    line = self.keys.readline()
                    if not line:
                        return
                    yield line.rstrip("\r\n")
            except EOFError:
                return

    def _edited(self) -> str:
        import readline  # noqa: F401 - its import gives input() a line editor

        self._typing = True
        try:
            return input(PROMPT)
        finally:
            self._typing = False

    def _do(self, line: str) -> None:
        """A line that was typed. What goes wrong is one line; only the end of the session ends the phone."""
        line = line.strip()
        if not line:
            return
        try:
            if line.startswith("/"):
                word, _, rest = line[1:].partition(" ")
                command = _COMMANDS.get(word.lower())
                if command is None:
                    self._plain(f"no command /{word}; /help tells what there is")
                else:
                    command(self, rest.strip())
            else:
                self._talk(line)
        except SessionOver as error:
            self._over(error)
            raise Quit from None
        except Refused as error:
            self._plain(f"refused: {error.description or 'no reason given'} ({error.code})")
        except PhoneError as error:
            self._plain(f"not done: {error}")

    def _talk(self, line: str) -> None:
        name, colon, text = line.partition(":")
        to = self._address(name) if colon and text.strip() else ""
        if not to and name.strip().lower() == "wv" and colon:
            to, _, text = line.partition(" ")
            to = to.rstrip(":")
        if to:
            self._send(to, text.strip())
        elif self.last:
            self._send(self.last, line)
        else:
            self._plain("to whom? NAME: text; /list shows the names")

    def _send(self, to: str, text: str) -> None:
        if not text:
            self._plain("nothing to send")
            return
        if key(to) in self.phone.groups:
            self.phone.say(to, text)
        else:
            self.phone.send(to, text)
        self.last = to
        self._plain(f"to {self._name(to)}: {text}")

    def _whisper(self, rest: str) -> None:
        name, _, text = rest.partition(" ")
        for contact in self.phone.contacts.values():  # names may hold blanks
            if rest.lower().startswith(contact.name.lower() + " ") and len(contact.name) > len(name):
                name, text = contact.name, rest[len(contact.name) :]
        to = self._address(name)
        if to:
            self._send(to, text.strip())
        else:
            self._plain(f"no contact {name}; /list shows them, an address works as well" if name else "/w NAME text")

    def _list(self, _rest: str = "") -> None:
        phone = self.phone
        for address in phone.get_lists():
            members = phone.list_contacts(address)
            with contextlib.suppress(Refused):
                phone.get_presence(lists=[address])
            self._plain(f"{_list_name(address)}:" + ("" if members else " nobody yet; /add ADDRESS"))
            for contact in members:
                self._plain(f"  {self._row(contact)}")

    def _who(self, _rest: str) -> None:
        phone = self.phone
        online = [each for each in phone.contacts.values() if (seen := phone.presences.get(key(each.user))) and seen.online]
        for contact in online:
            self._plain(f"  {self._row(contact)}")
        if not online:
            self._plain("nobody is online")

    def _row(self, contact: ListedContact) -> str:
        shown = self.phone.presences.get(key(contact.user))
        state = describe(shown) if shown else "unknown"
        self._told[key(contact.user)] = state
        return f"{contact.name or contact.user}  {contact.user}  {state}"

    def _add(self, rest: str) -> None:
        address, _, name = rest.partition(" ")
        if not address:
            self._plain("/add ADDRESS [NAME]")
            return
        user = self._full(address)
        self.phone.add_contact(user, name.strip() or None)
        if self.phone.version not in self.phone.profile.auto_subscribe:
            self.phone.subscribe(users=[user])
        self._plain(f"{user} is on the list; it shows presence when they agree")

    def _remove(self, rest: str) -> None:
        user = self._address(rest)
        if not user:
            self._plain(f"no contact {rest}" if rest else "/remove NAME")
            return
        self.phone.remove_contact(user)
        self._plain(f"{user} is off the list")

    # --- groups ---

    def _groups(self, _rest: str) -> None:
        for gid in self.phone.groups.values():
            self._plain(f"  {gid}")
        if not self.phone.groups:
            self._plain("you are in no group; /join GROUP, /create GROUP")

    def _join(self, rest: str) -> None:
        gid, _, nick = rest.partition(" ")
        if not gid:
            self._plain("/join GROUP [AS], such as /join lobby")
            return
        gid = self._group(gid)
        present = self.phone.join_group(gid, nick.strip())
        self.last = gid
        self._plain(f"you are in {gid}" + (f" with {', '.join(present)}" if present else ", alone"))

    def _create(self, rest: str) -> None:
        name, _, title = rest.partition(" ")
        if not name:
            self._plain("/create GROUP [TITLE]")
            return
        gid = self._group(name)
        self.phone.create_group(gid, title.strip() or name)
        self.last = gid
        self._plain(f"you have made {gid}")

    def _leave_group(self, rest: str) -> None:
        gid = self._group(rest) if rest else self.last
        if key(gid) not in self.phone.groups:
            self._plain("you are not in that group; /groups shows where you are")
            return
        self.phone.leave_group(gid)
        self.last = ""
        self._plain(f"you have left {gid}")

    def _invite(self, rest: str) -> None:
        name, _, group = rest.partition(" ")
        user, gid = self._address(name), self._group(group) if group.strip() else self.last
        if not user or key(gid) not in self.phone.groups:
            self._plain("/invite NAME [GROUP], while you are in the group")
            return
        self.phone.invite(gid, [user])
        self._plain(f"{self._name(user)} is invited into {gid}")

    def _accept(self, _rest: str) -> None:
        asked, self._invitation = self._invitation, None
        if asked is None:
            self._plain("nobody has invited you")
            return
        self._join(asked.group_id or "")
        self.phone.answer_invitation(asked, acceptance=True)

    def _decline(self, rest: str) -> None:
        asked, self._invitation = self._invitation, None
        if asked is None:
            self._plain("nobody has invited you")
            return
        self.phone.answer_invitation(asked, acceptance=False, note=rest)
        self._plain("declined")

    def _group(self, name: str) -> str:
        """A GroupID: one that the phone is in, by its name too, else a public group of the own domain."""
        name = name.strip()
        for gid in self.phone.groups.values():
            if name.lower() in (gid.lower(), gid.lower().partition("@")[0].removeprefix("wv:").rpartition("/")[2]):
                return gid
        return name if name.lower().startswith("wv:") else f"wv:/{name}"

    def _find(self, rest: str) -> None:
        if not rest:
            self._plain("/find NAME")
            return
        found = lookup.find(self.phone, rest)
        for user in found:
            self._plain(f"  {self._name(user)}  {user}" if self._name(user) != user else f"  {user}")
        self._plain("/add ADDRESS makes one a contact" if found else f"nobody is found for {rest}")

    def _profile(self, rest: str) -> None:
        """Shows a profile, or changes a line of one's own: city = Oslo; nothing behind the sign takes it away."""
        if self.phone.version != "1.3":
            self._plain("profiles are there in CSP 1.3 only: --csp 1.3")
            return
        name, sign, value = (part.strip() for part in rest.partition("="))
        if sign and name.lower() not in lookup.PROPERTIES:
            self._plain(f"/profile NAME = VALUE, with one of {', '.join(lookup.PROPERTIES)}")
        elif sign:
            lookup.change_profile(self.phone, {lookup.PROPERTIES[name.lower()]: value})
            self._plain(f"your {name.lower()} is {value}" if value else f"your {name.lower()} is gone")
        elif user := self._address(rest) if rest else self.phone.address:
            values = lookup.profile(self.phone, user)
            for word, value in values.items():
                self._plain(f"  {word.removeprefix('PP_').replace('_', ' ').lower()}: {value}")
            if not values:
                self._plain(f"{self._name(user)} says nothing")
        else:
            self._plain(f"no contact {rest}; /find looks for people")

    def _be(self, availability: str) -> Callable[[str], None]:
        def change(text: str) -> None:
            self.phone.update_presence(availability, text)
            self._plain(f"you are {MARKS[availability]}" + (f": {text}" if text else ""))

        return change

    def _set_raw(self, rest: str) -> None:
        if rest.lower() not in ("on", "off"):
            self._plain("/raw on or /raw off")
            return
        self.raw = rest.lower() == "on"

    def _help(self, _rest: str) -> None:
        with self._lock:
            self.screen.write(HELP + "\n")
            self.screen.flush()

    def _quit(self, _rest: str) -> None:
        raise Quit

    # --- names ---

    def _address(self, name: str) -> str:
        """The address of a contact by its name or address, or of anybody by an address; "" when it is neither."""
        name = name.strip()
        folded = name.lower()
        if key(self._group(name)) in self.phone.groups:
            return self._group(name)
        for contact in list(self.phone.contacts.values()):
            user = key(contact.user)
            if folded in (contact.name.lower(), user, user.removeprefix("wv:"), user.removeprefix("wv:").partition("@")[0]):
                return contact.user
        is_address = "@" in name and " " not in name
        return self._full(name) if is_address or folded.startswith("wv:") else ""

    def _full(self, address: str) -> str:
        return address if address.lower().startswith("wv:") else f"wv:{address}"

    def _name(self, user: str) -> str:
        contact = self.phone.contacts.get(key(user))
        return _clean(contact.name) if contact and contact.name else user

    # --- what arrives ---

    def _poll(self) -> None:
        """Takes in what arrives until the end, however the server tells: held polls, STCP, or asking now and then."""
        failed = False
        while not self._stop.is_set():
            try:
                self._fetch()
                if failed:
                    self.say("* the server is back")
                failed = False
            except SessionOver as error:
                self._over(error)
                return
            except (Unreachable, Refused) as error:
                if not failed and not self._stop.is_set():
                    self.say(f"* the server does not answer: {error}; trying again")
                failed = True
                self._stop.wait(LATER if isinstance(error, Refused) else INTERVAL)
            except PhoneError as error:
                if not self._stop.is_set():
                    self.say(f"* a real phone would break here: {error}")
                self._stop.wait(INTERVAL)

    def _fetch(self) -> None:
        """One round: polls, then waits for a reason to poll again."""
        began = time.monotonic()
        came = self.phone.run_once()
        if self._stop.is_set() or came or time.monotonic() - began > HELD:
            return
        line = self._stcp()
        if line is None:
            self._stop.wait(INTERVAL)
            return
        try:
            # The server counts on a sign of life now and then, woken or not.
            if not line.wait((self.phone.keep_alive_time or 240) / 2):
                line.ping()
        except LineClosed:
            self._line = None

    def _stcp(self) -> PhoneStcpLine | None:
        """The line that wakes, opened when it is not open; None where none was agreed or it cannot be had."""
        phone = self.phone
        if self._line is None and phone.stcp is not None:
            try:
                self._line = PhoneStcpLine(*phone.stcp, phone.session_id or "", phone.cookie).open()
            except (LineClosed, Unreachable):
                return None
        return self._line

    # --- the end ---

    def _over(self, error: SessionOver) -> None:
        """The session has gone: the thread that reads keys is told, too."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._ended = f"the server has ended the session: {error.description or error.code}"
        self.say(f"* {self._ended}")
        if threading.current_thread() is not threading.main_thread():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _leave(self) -> None:
        """Logs out, whatever the state of the server; a second Ctrl-C leaves at once."""
        self._stop.set()
        if self._line is not None:
            self._line.close()
        if self.phone.session_id is None:
            return
        try:
            self.phone.logout()
            self._plain("logged out")
        except PhoneError as error:
            self._plain(f"left without log-out: {error}")


_COMMANDS: dict[str, Callable[[Terminal, str], None]] = {
    "w": Terminal._whisper,
    "list": Terminal._list,
    "who": Terminal._who,
    "add": Terminal._add,
    "remove": Terminal._remove,
    "groups": Terminal._groups,
    "join": Terminal._join,
    "create": Terminal._create,
    "leave": Terminal._leave_group,
    "invite": Terminal._invite,
    "accept": Terminal._accept,
    "decline": Terminal._decline,
    "find": Terminal._find,
    "profile": Terminal._profile,
    "available": lambda terminal, text: terminal._be("AVAILABLE")(text),
    "away": lambda terminal, text: terminal._be("NOT_AVAILABLE")(text),
    "dnd": lambda terminal, text: terminal._be("DISCREET")(text),
    "raw": Terminal._set_raw,
    "help": Terminal._help,
    "quit": Terminal._quit,
}


def news(content: Primitive, name: Callable[[str], str]) -> list[str]:
    """What has happened, in words."""
    if isinstance(content, GroupChangeNotice):
        gid = content.group_id or ""
        lines = [f"{_clean(nick)} comes into {gid}" for nick, _ in members_of(content.joined)]
        lines += [f"{_clean(nick)} has left {gid}" for nick, _ in members_of(content.left)]
        blocks = [block for block in (content.group_properties, content.own_properties) if block is not None]
        return lines + [f"{gid}: {each.name} is {_clean(each.value or '')}" for block in blocks for each in block.property]
    if isinstance(content, LeaveGroupResponse):
        code = content.result.code if content.result else 0
        return [f"you are out of {content.group_id} ({GONE.get(code or 0, code)})"]
    if isinstance(content, InviteUserRequest):
        group = content.sender.group if content.sender else None
        nick = (group.screen_name.s_name if group is not None and group.screen_name is not None else "") or ""
        user = content.sender.user.user_id if content.sender and content.sender.user else ""
        note = f": {_clean(content.invite_note)}" if content.invite_note else ""
        return [f"{_clean(nick or name(user or ''))} invites you into {content.group_id}{note}; /accept or /decline"]
    if isinstance(content, InviteResponse):
        user = content.sender.user.user_id if content.sender and content.sender.user else ""
        reason = content.response_note or content.invite_note
        return [
            f"{name(user or '')} {'comes' if content.acceptance else 'does not come'}" + (f": {_clean(reason)}" if reason else "")
        ]
    return []


def describe(shown: ShownPresence) -> str:
    """Presence in words."""
    state = MARKS.get(shown.availability or "", "online") if shown.online else "offline"
    return f"{state}: {_clean(shown.text)}" if shown.text and shown.online else state


def as_xml(octets: bytes) -> str:
    """A document on one line, in the form that `onesoup wire encode` reads. Passwords are hidden."""
    if not octets:
        return "(empty)"
    try:
        root = codec.decode(octets).root
    except WireError as error:
        return f"({len(octets)} octets that are no CSP: {error})"
    _hide(root)
    return xmltext.write_element(root).replace("\n", "&#10;")


def _hide(element: Element) -> None:
    for child in element.children:
        _hide(child)
        if child.name == "Password":
            child.text = "***"


def _list_name(address: str) -> str:
    return address.partition("/")[2].partition("@")[0] or address


def _clean(text: str) -> str:
    """What other people write must not drive the terminal: control characters become blanks."""
    return "".join(char if char in "\n\t" or char.isprintable() else " " for char in text).replace("\n", "\n    ")
