"""What the terminal remembers, and how it finds people and groups by the names that users type."""

from dataclasses import dataclass, field

from onesoup.phone.addresses import local_part, user_key
from onesoup.phone.engine import Phone
from onesoup.phone.terminal.names import Unclear, full_address, group_name, is_address, is_group, near_words, without_scheme
from onesoup.phone.terminal.questions import Questions
from onesoup.phone.terminal.words import printable

# Of how many messages the words are remembered until their delivery report comes.
MAX_REPORTED = 100
MAX_PROMPT_NAME = 30
# How many people who are on no list are known by the name that was shown; the one that was shown longest ago goes.
MAX_STRANGERS = 100


@dataclass
class TerminalState:
    """Belongs to one phone."""

    phone: Phone
    # Show documents as XML.
    raw: bool = False
    # Ask for delivery reports.
    reports: bool = True
    # Where a line without a name goes: a user or a group. Only what the user types changes it, never what arrives.
    partner: str = ""
    # user_key -> the presence that was last shown, in words.
    shown_presence: dict[str, str] = field(default_factory=dict)
    questions: Questions = field(default_factory=Questions)
    # MessageID -> the text of a message whose report is due.
    sent: dict[str, str] = field(default_factory=dict)
    # user_key -> the address of somebody who is on no list and whose name was shown.
    strangers: dict[str, str] = field(default_factory=dict)

    def prompt(self) -> str:
        """To whom text without a name goes. Harmless and short whatever they are called."""
        name = self.name_of(self.partner) if self.partner else "nobody"
        return f"{printable(' '.join(name.split()))[:MAX_PROMPT_NAME]}> "

    def group_of(self, name: str) -> str:
        """The GroupID for an id or a name: a group that the phone is in, else a public group of its domain."""
        name = name.strip()
        for gid in self._groups():
            if name.lower() in (gid.lower(), group_name(gid).lower()):
                return gid
        return name if name.lower().startswith("wv:") else f"wv:/{name}"

    def knows(self, name: str) -> bool:
        """Whether a contact, or a group that the phone is in, is called so. No stranger: one called 10 would get 10:30."""
        return bool(self._matches(name))

    def address_of(self, name: str) -> str:
        """The address of a contact or group by name or address, of anybody by the name that was shown, or any other address.
        Unclear for anything else, and where two are called so."""
        name = name.strip()
        matches = list((self._matches(name) | self._shown_strangers(name)).values())
        if len(matches) == 1:
            return matches[0]
        if matches:
            spelled = [without_scheme(each) if "@" in each else each for each in matches]
            raise Unclear(f"{name} may be {' or '.join(spelled)}; type the whole address")
        if is_address(name):
            return self._whole(name)
        raise Unclear(f"nobody is called {name}{near_words(name, self._names())}")

    def contact_of(self, name: str) -> str:
        """The address of somebody on a list."""
        found = self.address_of(name)
        if user_key(found) not in self.phone.contacts:
            raise Unclear(f"{without_scheme(found)} is not on your list")
        return found

    def is_stranger(self, user: str) -> bool:
        """Whether an address is on no list. Unknown, so False, where the lists may spell it without the own domain."""
        spelled_whole = "@" in self.phone.address or "@" not in user
        return spelled_whole and not is_group(user) and user_key(user) not in self.phone.contacts

    def name_of(self, user: str) -> str:
        """The name of a contact or group, else the address as people write it. From now on this name is understood."""
        contact = self.phone.contacts.get(user_key(user))
        if contact and contact.name:
            return contact.name
        if is_group(user):
            return group_name(user)
        self._remember_stranger(user)
        return without_scheme(user)

    def remember(self, message_id: str, text: str) -> None:
        self.sent[message_id] = text
        while len(self.sent) > MAX_REPORTED:
            del self.sent[next(iter(self.sent))]

    def _remember_stranger(self, user: str) -> None:
        key = user_key(user)
        if user.lower().startswith("wv:") and key not in self.phone.contacts:
            self.strangers.pop(key, None)
            self.strangers[key] = user
            while len(self.strangers) > MAX_STRANGERS:
                del self.strangers[next(iter(self.strangers))]

    def _shown_strangers(self, name: str) -> dict[str, str]:
        """The stranger who was shown under exactly this name."""
        return {key: user for key, user in list(self.strangers.items()) if without_scheme(user).lower() == name.lower()}

    def _matches(self, name: str) -> dict[str, str]:
        """Every contact and group that is called so: by name or address, and, unless an address was typed, by its first part."""
        name = name.strip()
        folded, whole = without_scheme(name).lower(), user_key(self._whole(name)) if is_address(name) else ""
        if not folded:
            return {}
        found: dict[str, str] = {}
        for contact in list(self.phone.contacts.values()):
            address = user_key(self._whole(contact.user))
            if whole == address or folded == contact.name.strip().lower() or (not whole and folded == local_part(address)):
                found[address] = contact.user
        for gid in self._groups():
            if whole == user_key(gid) or (not whole and folded in (group_name(gid).lower(), without_scheme(gid).lower())):
                found[user_key(gid)] = gid
        return found

    def _whole(self, address: str) -> str:
        """A user's address with wv:, and with the own domain where it has none and the own domain is known."""
        address, (_, at, domain) = full_address(address), self.phone.address.partition("@")
        return address if "@" in address or is_group(address) else address + at + domain

    def _names(self) -> list[str]:
        """What people and groups can be called by."""
        contacts = list(self.phone.contacts.values())
        names = [each.name for each in contacts] + [without_scheme(each.user).partition("@")[0] for each in contacts]
        names += [without_scheme(each) for each in list(self.strangers.values())]
        return list(dict.fromkeys(names + [group_name(gid) for gid in self._groups()]))

    def _groups(self) -> list[str]:
        return list(self.phone.groups.values())
