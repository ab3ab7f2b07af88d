"""What users type: messages and slash commands."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from onesoup.csp.errors import CspError
from onesoup.csp.status import StatusCode
from onesoup.phone import lookup
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ListedContact
from onesoup.phone.errors import PhoneError, Refused, SessionOver, Unreachable
from onesoup.phone.terminal.lines import addressed, longest_name
from onesoup.phone.terminal.names import Unclear, full_address, group_name, is_group, near_words, without_scheme
from onesoup.phone.terminal.questions import ANSWERS, FRIEND, INVITATION, OpenQuestion
from onesoup.phone.terminal.refusals import in_words
from onesoup.phone.terminal.screen import Style, TerminalScreen
from onesoup.phone.terminal.state import TerminalState
from onesoup.phone.terminal.words import OWN_AVAILABILITY_WORDS, describe_presence, list_name
from onesoup.wire.errors import WireError

NOT_ON_SERVER = (StatusCode.SERVICE_NOT_SUPPORTED, StatusCode.NOT_IMPLEMENTED, StatusCode.SERVICE_NOT_AGREED)


class Quit(Exception):
    """The user wants to leave."""


@dataclass(frozen=True, slots=True)
class TerminalCommand:
    """`since`: the first version of CSP that has the `thing` that it is about."""

    usage: str
    help: str
    run: Callable[["TerminalCommands", str], None]
    since: str = "1.1"
    thing: str = ""

    @property
    def name(self) -> str:
        return self.usage.partition(" ")[0].removeprefix("/")


class TerminalCommands:
    """Turns typed lines into requests of the phone, and prints what comes of them."""

    def __init__(
        self, state: TerminalState, screen: TerminalScreen, commands: Mapping[str, TerminalCommand], help_page: str
    ) -> None:
        """`commands` by name, and the page that explains them: see command_table.py."""
        self._state, self._screen, self._phone = state, screen, state.phone
        self._known, self._help_page = commands, help_page

    def run(self, line: str) -> None:
        """Does what a typed line says. Prints errors; SessionOver and Quit end the phone."""
        line = line.strip()
        if not line:
            return
        try:
            if line.startswith("/"):
                self._command(line)
            else:
                self._talk(line)
        except SessionOver:
            raise
        except Unclear as error:
            self._error(str(error))
        except Refused as error:
            self._error(f"not done: {in_words(error)}")
        except Unreachable as error:
            self._error(f"no answer from the server, so it is not known whether that was done: {error}")
        except PhoneError as error:
            self._error(f"not done; a real phone would break here: {error}")
        except (WireError, CspError) as error:
            self._error(f"your phone speaks {self._speaks()}, which cannot say that: {error}")

    def show_lists(self, _rest: str = "") -> None:
        for address in self._phone.get_lists():
            members = self._phone.list_contacts(address)
            with contextlib.suppress(Refused):
                self._phone.get_presence(lists=[address])
            self._say(f"{list_name(address)}:" + ("" if members else " nobody yet; /add ADDRESS"))
            self._show_contacts(members)

    def show_question(self, question: OpenQuestion) -> None:
        """What somebody has asked, and what to type."""
        who = self._with_address(question.who)
        asks = "asks to see when you are online"
        if question.kind == INVITATION:
            note = question.request.invite_note if question.request else None
            asks = f"invites you into {group_name(question.group)}" + (f": {note}" if note else "")
        yes, no = ANSWERS[question.kind]
        number = question.number
        self._screen.show(f"* {who} {asks}\n{yes} {number} or {no} {number}", Style.QUESTION)

    # --- text ---

    def _talk(self, line: str) -> None:
        found = addressed(line, self._state.knows)
        if found is None:
            self._say_as_it_is(line)
            return
        name, text = found
        try:
            to = self._state.address_of(name)
        except Unclear as error:
            partner = (
                f"; /say sends the line to {self._state.name_of(self._state.partner)} as it is" if self._state.partner else ""
            )
            raise Unclear(f"not sent: {error}{partner}") from None
        self._send(to, text)
        self._state.partner = to

    def _say_as_it_is(self, text: str) -> None:
        if not self._state.partner:
            raise Unclear("not sent: to whom? NAME: text writes to somebody; /list shows the names")
        self._send(self._state.partner, text)

    def _send(self, to: str, text: str) -> None:
        name = self._state.name_of(to)
        if not text:
            raise Unclear("nothing to send")
        if is_group(to):
            if user_key(to) not in self._phone.groups:
                raise Unclear(f"not sent: you are not in {name}; /join {name}")
            self._phone.say(to, text)
        else:
            message_id = self._phone.send(to, text, report=self._state.reports)
            if self._state.reports:
                self._state.remember(message_id, text)
        stranger = " (not on your list)" if self._state.is_stranger(to) else ""
        self._screen.show(f"to {name}{stranger}: {text}", Style.QUIET)

    def _whisper(self, rest: str) -> None:
        name, text = longest_name(rest, self._state.knows)
        if not text:
            raise Unclear("type /w NAME text")
        self._send(self._state.address_of(name), text)

    def _chat(self, rest: str) -> None:
        """Chooses to whom text without a name goes."""
        if not rest:
            partner = self._state.partner
            self._say(f"your text goes to {self._with_address(partner)}" if partner else "your text goes to nobody; /chat NAME")
            return
        to = self._state.address_of(rest)
        if is_group(to) and user_key(to) not in self._phone.groups:
            raise Unclear(f"you are not in {group_name(to)}; /join {group_name(to)}")
        self._state.partner = to
        self._say(f"your text goes to {self._with_address(to)}")

    # --- friends ---

    def _show_online(self, _rest: str) -> None:
        phone = self._phone
        online = [each for each in phone.contacts.values() if (seen := phone.presences.get(user_key(each.user))) and seen.online]
        self._show_contacts(online)
        if not online:
            self._say("nobody is online")

    def _show_contacts(self, contacts: Iterable[ListedContact]) -> None:
        rows = [(self._state.name_of(each.user), without_scheme(each.user), each) for each in contacts]
        name_width = max((len(name) for name, _, _ in rows), default=0)
        address_width = max((len(address) for _, address, _ in rows), default=0)
        for name, address, contact in rows:
            shown = self._phone.presences.get(user_key(contact.user))
            state = describe_presence(shown) if shown else "is not known"
            self._state.shown_presence[user_key(contact.user)] = state
            self._say(f"  {name:{name_width}}  {address:{address_width}}  {state.removeprefix('is ')}")

    def _add(self, rest: str) -> None:
        address, _, name = rest.partition(" ")
        if not address:
            raise Unclear("type /add ADDRESS [NAME]")
        user = full_address(address)
        self._phone.add_contact(user, name.strip() or None)
        if self._phone.version not in self._phone.profile.auto_subscribe:
            self._phone.subscribe(users=[user])
        self._say(f"{without_scheme(user)} is on your list and is asked; when they agree, you see when they are online")

    def _remove(self, rest: str) -> None:
        if not rest:
            raise Unclear("type /remove NAME")
        user = self._state.contact_of(rest)
        self._phone.remove_contact(user)
        if user_key(self._state.partner) == user_key(user):
            self._state.partner = ""
        self._say(f"{without_scheme(user)} is off your list")

    def _show_questions(self, _rest: str) -> None:
        for question in self._state.questions.open():
            self.show_question(question)
        if not self._state.questions.open():
            self._say("nobody waits for an answer of yours")

    def _allow(self, rest: str) -> None:
        question = self._answer_friend(rest, True)
        more = "" if user_key(question.who) in self._phone.contacts else f"; to see them too: /add {without_scheme(question.who)}"
        self._say(f"{self._state.name_of(question.who)} sees now when you are online{more}")

    def _deny(self, rest: str) -> None:
        question = self._answer_friend(rest, False)
        self._say(f"{self._state.name_of(question.who)} does not see when you are online")

    def _answer_friend(self, rest: str, allow: bool) -> OpenQuestion:
        question = self._state.questions.pick(rest, FRIEND, self._state.name_of)
        self._phone.decide(question.who, allow)
        self._state.questions.close(question)
        return question

    # --- groups ---

    def _show_groups(self, _rest: str) -> None:
        for gid in list(self._phone.groups.values()):
            self._say(f"  {group_name(gid)}  {without_scheme(gid)}")
        if not self._phone.groups:
            self._say("you are in no group; /join GROUP, /create GROUP")

    def _join(self, rest: str) -> None:
        gid, _, nick = rest.partition(" ")
        if not gid:
            raise Unclear("type /join GROUP [AS], such as /join lobby")
        self._go_in(self._state.group_of(gid), nick.strip())

    def _go_in(self, gid: str, nick: str = "") -> None:
        with self._groups_needed():
            present = self._phone.join_group(gid, nick)
        self._state.partner = gid
        others = ", ".join(without_scheme(each) for each in present)
        self._say(f"you are in {group_name(gid)}" + (f" with {others}" if present else ", alone") + "; your text goes there")

    def _create(self, rest: str) -> None:
        name, _, title = rest.partition(" ")
        if not name:
            raise Unclear("type /create GROUP [TITLE]")
        gid = self._state.group_of(name)
        with self._groups_needed():
            self._phone.create_group(gid, title.strip() or name)
        self._state.partner = gid
        self._say(f"you have made {group_name(gid)} ({without_scheme(gid)}) and are in it; your text goes there")

    @contextlib.contextmanager
    def _groups_needed(self) -> Iterator[None]:
        """Says in words that a server has no groups."""
        try:
            yield
        except Refused as error:
            if error.code in NOT_ON_SERVER:
                raise Unclear("this server has no groups") from None
            raise

    def _leave_group(self, rest: str) -> None:
        gid = self._state.group_of(rest) if rest else self._state.partner
        if user_key(gid) not in self._phone.groups:
            near = near_words(rest, [group_name(each) for each in self._phone.groups.values()])
            raise Unclear(f"you are not in {f'a group {rest}' if rest else 'a group'}{near}; /groups shows where you are")
        self._phone.leave_group(gid)
        if user_key(self._state.partner) == user_key(gid):
            self._state.partner = ""
        self._say(f"you have left {group_name(gid)}")

    def _invite(self, rest: str) -> None:
        name, group = longest_name(rest, self._state.knows)
        if not name:
            raise Unclear("type /invite NAME [GROUP], while you are in the group")
        user, gid = self._state.address_of(name), self._state.group_of(group) if group else self._state.partner
        if user_key(gid) not in self._phone.groups:
            raise Unclear(
                f"you are not in {f'a group {group}' if group else 'a group'}; /invite NAME GROUP, with a group of /groups"
            )
        self._phone.invite(gid, [user])
        self._say(f"{self._state.name_of(user)} is invited into {group_name(gid)}")

    def _accept(self, rest: str) -> None:
        question = self._state.questions.pick(rest, INVITATION, self._state.name_of)
        self._go_in(question.group)
        self._answer_invitation(question, True)

    def _decline(self, rest: str) -> None:
        """Of a WHO that means an invitation, or a reason for the only one."""
        who, note = longest_name(rest, self._state.knows)
        questions = self._state.questions
        try:
            question = questions.pick(who, INVITATION, self._state.name_of)
        except Unclear:
            if who.isdigit() or len([each for each in questions.open() if each.kind == INVITATION]) != 1:
                raise
            question, note = questions.pick("", INVITATION, self._state.name_of), rest
        self._answer_invitation(question, False, note)
        self._say(f"you do not come into {group_name(question.group)}")

    def _answer_invitation(self, question: OpenQuestion, acceptance: bool, note: str = "") -> None:
        """A question whose invitation the server has forgotten is closed, too."""
        assert question.request is not None
        try:
            self._phone.answer_invitation(question.request, acceptance, note)
        except Refused as error:
            if error.code != StatusCode.INVALID_INVITATION_ID:
                raise
        self._state.questions.close(question)

    # --- people ---

    def _find(self, rest: str) -> None:
        if not rest:
            raise Unclear("type /find NAME")
        found = lookup.find(self._phone, rest)
        for user in found:
            self._say(f"  {self._with_address(user)}")
        self._say("/add ADDRESS makes one a friend" if found else f"nobody is found for {rest}")

    def _profile(self, rest: str) -> None:
        """Shows a profile, or changes a line of one's own: city = Oslo; nothing behind the sign takes it away."""
        name, sign, value = (part.strip() for part in rest.partition("="))
        if sign and name.lower() not in lookup.PROPERTY_OF_WORD:
            raise Unclear(f"type /profile WORD = TEXT; WORD is one of {', '.join(lookup.PROPERTY_OF_WORD)}")
        if sign:
            lookup.change_profile(self._phone, {lookup.PROPERTY_OF_WORD[name.lower()]: value})
            self._say(f"your {name.lower()} is {value}" if value else f"your {name.lower()} is gone")
            return
        user = self._state.address_of(rest) if rest else self._phone.address
        values = lookup.profile(self._phone, user)
        for word, value in values.items():
            self._say(f"  {word.removeprefix('PP_').replace('_', ' ').lower()}: {value}")
        if not values:
            self._say(f"{self._state.name_of(user)} says nothing")

    # --- the user and the phone ---

    def _set_availability(self, availability: str, text: str) -> None:
        self._phone.update_presence(availability, text)
        self._say(f"you {OWN_AVAILABILITY_WORDS[availability]}" + (f": {text}" if text else ""))

    def _available(self, rest: str) -> None:
        self._set_availability("AVAILABLE", rest)

    def _away(self, rest: str) -> None:
        self._set_availability("NOT_AVAILABLE", rest)

    def _dnd(self, rest: str) -> None:
        self._set_availability("DISCREET", rest)

    def _set_raw(self, rest: str) -> None:
        self._state.raw = _on_or_off("raw", rest)

    def _set_reports(self, rest: str) -> None:
        self._state.reports = _on_or_off("reports", rest)
        self._say("you are told when a message has arrived" if self._state.reports else "you are told of failures only")

    def _help(self, _rest: str) -> None:
        self._screen.show_unchanged(self._help_page)

    def _quit(self, _rest: str) -> None:
        raise Quit

    def _command(self, line: str) -> None:
        word, _, rest = line[1:].partition(" ")
        command = self._known.get(word.lower())
        if command is None:
            near = near_words(f"/{word}", [f"/{name}" for name in self._known])
            raise Unclear(f"no command /{word}{near}; /help shows them all")
        if self._phone.version < command.since:
            raise Unclear(
                f"your phone speaks CSP {self._phone.version}, which has no {command.thing}: they came with {command.since}"
            )
        command.run(self, rest.strip())

    def _say(self, text: str) -> None:
        self._screen.show(text)

    def _error(self, text: str) -> None:
        self._screen.show(text, Style.ERROR)

    def _speaks(self) -> str:
        return f"CSP {self._phone.version} in {self._phone.encoding.upper()}"

    def _with_address(self, user: str) -> str:
        name, address = self._state.name_of(user), without_scheme(user)
        return name if name == address else f"{name} ({address})"


def _on_or_off(name: str, word: str) -> bool:
    if word.lower() not in ("on", "off"):
        raise Unclear(f"type /{name} on or /{name} off")
    return word.lower() == "on"
