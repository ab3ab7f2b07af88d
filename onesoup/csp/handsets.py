"""The quirk table: what client families need beside the protocol. Data, looked up once at log-in; no handset name occurs in
any condition elsewhere. An unknown phone gets the safest behaviour, which is `Handset()`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handset:
    """What to do for one family. Each field names its reason; the row that sets it is proved by a test."""

    name: str = "unknown"
    # The default list stands only in DefaultContactList in 1.1 too: Android would load it twice (flows.md 8.2).
    default_list_once: bool = False
    # ContactList stands bare in 1.3 too: Android does not look into ContactListIDList (flows.md 8.2).
    bare_lists: bool = False
    # Idle, it polls at twice the ServerPollMin that it was told (flows.md 4.6).
    halve_poll_min: bool = False
    # It writes the five XML entities into the text of WBXML documents (wire.md 5).
    unescape_content: bool = False
    # It sends a message again under a new TransactionID when it got no answer: the repeat is told by its content (flows.md 1.3).
    repeats_under_new_id: bool = False
    # It understands SSMS whatever its version: the method came with 1.3 only (cir.md 2.4).
    takes_ssms: bool = False
    # It can answer the PWD schema with its password (flows.md 4.2).
    takes_pwd: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Matches when every given sign is there. Signs are compared ignoring case; the best ones come first in the table."""

    handset: Handset
    client_id: str = ""
    user_agent: str = ""
    transaction_id: str = ""

    def matches(self, client_id: str, user_agent: str, transaction_id: str) -> bool:
        signs = ((self.client_id, client_id), (self.user_agent, user_agent), (self.transaction_id, transaction_id))
        return all(value.lower().startswith(sign.lower()) for sign, value in signs)


ANDROID = Handset(
    "android", default_list_once=True, bare_lists=True, halve_poll_min=True, repeats_under_new_id=True, takes_ssms=True
)
S60 = Handset("s60", unescape_content=True, takes_pwd=True)

TABLE = (
    Row(ANDROID, client_id="JiMMY"),
    Row(ANDROID, user_agent="Android-Imps"),
    Row(S60, client_id="WV:IMPEC"),
    Row(S60, transaction_id="nok"),
)
BY_NAME = {handset.name: handset for handset in (ANDROID, S60, Handset())}


def find(client_id: str, user_agent: str, transaction_id: str) -> Handset:
    """The family of a phone by what its Login-Request shows."""
    for row in TABLE:
        if row.matches(client_id, user_agent, transaction_id):
            return row.handset
    return Handset()


def named(name: str) -> Handset:
    """The family that a session record names; a family that a newer version knew is unknown here."""
    return BY_NAME.get(name, Handset())
