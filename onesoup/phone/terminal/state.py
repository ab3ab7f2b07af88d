"""What the terminal remembers, and how it finds people and groups by the names that users type."""

from dataclasses import dataclass, field

from onesoup.csp.codec.generated_elements import InviteUserRequest
from onesoup.phone.addresses import user_key
from onesoup.phone.engine import Phone
from onesoup.phone.terminal.words import printable


@dataclass
class TerminalState:
    """Belongs to one phone."""

    phone: Phone
    # Show documents as XML.
    raw: bool = False
    # Where a line without a name goes: a user or a group.
    last_partner: str = ""
    # user_key -> the presence that was last shown, in words.
    shown_presence: dict[str, str] = field(default_factory=dict)
    invitation: InviteUserRequest | None = None

    def group_of(self, name: str) -> str:
        """The GroupID for an id or a name: a group that the phone is in, else a public group of its domain."""
        name = name.strip()
        for gid in self.phone.groups.values():
            if name.lower() in (gid.lower(), gid.lower().partition("@")[0].removeprefix("wv:").rpartition("/")[2]):
                return gid
        return name if name.lower().startswith("wv:") else f"wv:/{name}"

    def address_of(self, name: str) -> str:
        """The address for a name or address of a contact or group, or for any address. "" for another word."""
        name = name.strip()
        folded = name.lower()
        if user_key(self.group_of(name)) in self.phone.groups:
            return self.group_of(name)
        for contact in list(self.phone.contacts.values()):
            user = user_key(contact.user)
            if folded in (contact.name.lower(), user, user.removeprefix("wv:"), user.removeprefix("wv:").partition("@")[0]):
                return contact.user
        is_address = "@" in name and " " not in name
        return full_address(name) if is_address or folded.startswith("wv:") else ""

    def name_of(self, user: str) -> str:
        """The name of a contact, else the address."""
        contact = self.phone.contacts.get(user_key(user))
        return printable(contact.name) if contact and contact.name else user


def full_address(address: str) -> str:
    return address if address.lower().startswith("wv:") else f"wv:{address}"
