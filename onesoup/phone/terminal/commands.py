"""What users type: messages and slash commands."""

import contextlib
from collections.abc import Callable

from onesoup.phone import lookup
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ListedContact
from onesoup.phone.errors import PhoneError, Refused, SessionOver
from onesoup.phone.terminal.screen import TerminalScreen
from onesoup.phone.terminal.state import TerminalState, full_address
from onesoup.phone.terminal.words import AVAILABILITY_WORDS, describe_presence, list_name

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


class TerminalCommands:
    """Turns typed lines into requests of the phone, and prints what comes of them."""

    def __init__(self, state: TerminalState, screen: TerminalScreen) -> None:
        self._state, self._screen, self._phone = state, screen, state.phone

    def run(self, line: str) -> None:
        """Does what a typed line says. Prints errors; SessionOver and Quit end the phone."""
        line = line.strip()
        if not line:
            return
        try:
            if line.startswith("/"):
                word, _, rest = line[1:].partition(" ")
                command = _COMMANDS.get(word.lower())
                if command is None:
                    self._screen.print_line(f"no command /{word}; /help tells what there is")
                else:
                    command(self, rest.strip())
            else:
                self._talk(line)
        except SessionOver:
            raise
        except Refused as error:
            self._screen.print_line(f"refused: {error.description or 'no reason given'} ({error.code})")
        except PhoneError as error:
            self._screen.print_line(f"not done: {error}")

    def _talk(self, line: str) -> None:
        name, colon, text = line.partition(":")
        to = self._state.address_of(name) if colon and text.strip() else ""
        if not to and name.strip().lower() == "wv" and colon:
            to, _, text = line.partition(" ")
            to = to.rstrip(":")
        if to:
            self._send(to, text.strip())
        elif self._state.last_partner:
            self._send(self._state.last_partner, line)
        else:
            self._screen.print_line("to whom? NAME: text; /list shows the names")

    def _send(self, to: str, text: str) -> None:
        if not text:
            self._screen.print_line("nothing to send")
            return
        if user_key(to) in self._phone.groups:
            self._phone.say(to, text)
        else:
            self._phone.send(to, text)
        self._state.last_partner = to
        self._screen.print_line(f"to {self._state.name_of(to)}: {text}")

    def _whisper(self, rest: str) -> None:
        name, _, text = rest.partition(" ")
        for contact in self._phone.contacts.values():  # names may hold blanks
            if rest.lower().startswith(contact.name.lower() + " ") and len(contact.name) > len(name):
                name, text = contact.name, rest[len(contact.name) :]
        to = self._state.address_of(name)
        if to:
            self._send(to, text.strip())
        else:
            self._screen.print_line(f"no contact {name}; /list shows them, an address works as well" if name else "/w NAME text")

    def show_lists(self, _rest: str = "") -> None:
        phone = self._phone
        for address in phone.get_lists():
            members = phone.list_contacts(address)
            with contextlib.suppress(Refused):
                phone.get_presence(lists=[address])
            self._screen.print_line(f"{list_name(address)}:" + ("" if members else " nobody yet; /add ADDRESS"))
            for contact in members:
                self._screen.print_line(f"  {self._contact_line(contact)}")

    def _show_online(self, _rest: str) -> None:
        phone = self._phone
        online = [each for each in phone.contacts.values() if (seen := phone.presences.get(user_key(each.user))) and seen.online]
        for contact in online:
            self._screen.print_line(f"  {self._contact_line(contact)}")
        if not online:
            self._screen.print_line("nobody is online")

    def _contact_line(self, contact: ListedContact) -> str:
        shown = self._phone.presences.get(user_key(contact.user))
        state = describe_presence(shown) if shown else "unknown"
        self._state.shown_presence[user_key(contact.user)] = state
        return f"{contact.name or contact.user}  {contact.user}  {state}"

    def _add(self, rest: str) -> None:
        address, _, name = rest.partition(" ")
        if not address:
            self._screen.print_line("/add ADDRESS [NAME]")
            return
        user = full_address(address)
        self._phone.add_contact(user, name.strip() or None)
        if self._phone.version not in self._phone.profile.auto_subscribe:
            self._phone.subscribe(users=[user])
        self._screen.print_line(f"{user} is on the list; it shows presence when they agree")

    def _remove(self, rest: str) -> None:
        user = self._state.address_of(rest)
        if not user:
            self._screen.print_line(f"no contact {rest}" if rest else "/remove NAME")
            return
        self._phone.remove_contact(user)
        self._screen.print_line(f"{user} is off the list")

    def _show_groups(self, _rest: str) -> None:
        for gid in self._phone.groups.values():
            self._screen.print_line(f"  {gid}")
        if not self._phone.groups:
            self._screen.print_line("you are in no group; /join GROUP, /create GROUP")

    def _join(self, rest: str) -> None:
        gid, _, nick = rest.partition(" ")
        if not gid:
            self._screen.print_line("/join GROUP [AS], such as /join lobby")
            return
        gid = self._state.group_of(gid)
        present = self._phone.join_group(gid, nick.strip())
        self._state.last_partner = gid
        self._screen.print_line(f"you are in {gid}" + (f" with {', '.join(present)}" if present else ", alone"))

    def _create(self, rest: str) -> None:
        name, _, title = rest.partition(" ")
        if not name:
            self._screen.print_line("/create GROUP [TITLE]")
            return
        gid = self._state.group_of(name)
        self._phone.create_group(gid, title.strip() or name)
        self._state.last_partner = gid
        self._screen.print_line(f"you have made {gid}")

    def _leave_group(self, rest: str) -> None:
        gid = self._state.group_of(rest) if rest else self._state.last_partner
        if user_key(gid) not in self._phone.groups:
            self._screen.print_line("you are not in that group; /groups shows where you are")
            return
        self._phone.leave_group(gid)
        self._state.last_partner = ""
        self._screen.print_line(f"you have left {gid}")

    def _invite(self, rest: str) -> None:
        name, _, group = rest.partition(" ")
        user, gid = self._state.address_of(name), self._state.group_of(group) if group.strip() else self._state.last_partner
        if not user or user_key(gid) not in self._phone.groups:
            self._screen.print_line("/invite NAME [GROUP], while you are in the group")
            return
        self._phone.invite(gid, [user])
        self._screen.print_line(f"{self._state.name_of(user)} is invited into {gid}")

    def _accept(self, _rest: str) -> None:
        asked, self._state.invitation = self._state.invitation, None
        if asked is None:
            self._screen.print_line("nobody has invited you")
            return
        self._join(asked.group_id or "")
        self._phone.answer_invitation(asked, acceptance=True)

    def _decline(self, rest: str) -> None:
        asked, self._state.invitation = self._state.invitation, None
        if asked is None:
            self._screen.print_line("nobody has invited you")
            return
        self._phone.answer_invitation(asked, acceptance=False, note=rest)
        self._screen.print_line("declined")

    def _find(self, rest: str) -> None:
        if not rest:
            self._screen.print_line("/find NAME")
            return
        found = lookup.find(self._phone, rest)
        for user in found:
            self._screen.print_line(
                f"  {self._state.name_of(user)}  {user}" if self._state.name_of(user) != user else f"  {user}"
            )
        self._screen.print_line("/add ADDRESS makes one a contact" if found else f"nobody is found for {rest}")

    def _profile(self, rest: str) -> None:
        """Shows a profile, or changes a line of one's own: city = Oslo; nothing behind the sign takes it away."""
        if self._phone.version != "1.3":
            self._screen.print_line("profiles are there in CSP 1.3 only: --csp 1.3")
            return
        name, sign, value = (part.strip() for part in rest.partition("="))
        if sign and name.lower() not in lookup.PROPERTY_OF_WORD:
            self._screen.print_line(f"/profile NAME = VALUE, with one of {', '.join(lookup.PROPERTY_OF_WORD)}")
        elif sign:
            lookup.change_profile(self._phone, {lookup.PROPERTY_OF_WORD[name.lower()]: value})
            self._screen.print_line(f"your {name.lower()} is {value}" if value else f"your {name.lower()} is gone")
        elif user := self._state.address_of(rest) if rest else self._phone.address:
            values = lookup.profile(self._phone, user)
            for word, value in values.items():
                self._screen.print_line(f"  {word.removeprefix('PP_').replace('_', ' ').lower()}: {value}")
            if not values:
                self._screen.print_line(f"{self._state.name_of(user)} says nothing")
        else:
            self._screen.print_line(f"no contact {rest}; /find looks for people")

    def _set_availability(self, availability: str) -> Callable[[str], None]:
        def change(text: str) -> None:
            self._phone.update_presence(availability, text)
            self._screen.print_line(f"you are {AVAILABILITY_WORDS[availability]}" + (f": {text}" if text else ""))

        return change

    def _set_raw(self, rest: str) -> None:
        if rest.lower() not in ("on", "off"):
            self._screen.print_line("/raw on or /raw off")
            return
        self._state.raw = rest.lower() == "on"

    def _help(self, _rest: str) -> None:
        self._screen.print_help(HELP)

    def _quit(self, _rest: str) -> None:
        raise Quit


_COMMANDS: dict[str, Callable[[TerminalCommands, str], None]] = {
    "w": TerminalCommands._whisper,
    "list": TerminalCommands.show_lists,
    "who": TerminalCommands._show_online,
    "add": TerminalCommands._add,
    "remove": TerminalCommands._remove,
    "groups": TerminalCommands._show_groups,
    "join": TerminalCommands._join,
    "create": TerminalCommands._create,
    "leave": TerminalCommands._leave_group,
    "invite": TerminalCommands._invite,
    "accept": TerminalCommands._accept,
    "decline": TerminalCommands._decline,
    "find": TerminalCommands._find,
    "profile": TerminalCommands._profile,
    "available": lambda commands, text: commands._set_availability("AVAILABLE")(text),
    "away": lambda commands, text: commands._set_availability("NOT_AVAILABLE")(text),
    "dnd": lambda commands, text: commands._set_availability("DISCREET")(text),
    "raw": TerminalCommands._set_raw,
    "help": TerminalCommands._help,
    "quit": TerminalCommands._quit,
}
