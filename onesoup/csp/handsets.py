"""The quirk table: what client families need beside the protocol. Data, looked up once at log-in; no handset name occurs in
any condition elsewhere. An unknown phone gets the safest behaviour, which is `Handset()`.
`docs/handsets.md` is written from it."""

from dataclasses import dataclass, field


def quirk(help: str, source: str, proof: str) -> bool:
    """A field that is off but for the families that set it: what it does and why, where that is known from, what proves it."""
    return field(default=False, metadata={"help": help, "source": source, "proof": proof})


def limit(help: str, source: str, proof: str) -> int:
    """As quirk(), for a number; 0 for no limit."""
    return field(default=0, metadata={"help": help, "source": source, "proof": proof})


@dataclass(frozen=True, slots=True)
class Handset:
    """What to do for one family. `name` is what logs and session records call it."""

    name: str = "unknown"
    default_list_once: bool = quirk(
        "The default list is sent only in DefaultContactList, in 1.1 too: otherwise the phone loads the list twice.",
        "flows.md 8.2",
        "tests/handlers/test_contacts.py::test_android_gets_the_default_list_once_in_1_1",
    )
    bare_lists: bool = quirk(
        "ContactList is sent without ContactListIDList in 1.3 too: the phone does not read ContactListIDList.",
        "flows.md 8.2",
        "tests/handlers/test_contacts.py::test_android_gets_bare_lists_in_1_3",
    )
    halve_poll_min: bool = quirk(
        "Half of ServerPollMin is sent: an idle phone polls at twice the interval that it was told.",
        "flows.md 4.6",
        "tests/csp/test_handsets.py::test_halve_poll_min",
    )
    unescape_content: bool = quirk(
        "The five XML entities in the text of a WBXML message are read as characters: the phone writes entities there.",
        "wire.md 5",
        "tests/csp/test_handsets.py::test_unescape_content",
    )
    repeats_under_new_id: bool = quirk(
        "A repeated message whose first answer could not be written is recognized by its content: without an answer the "
        "phone sends it again with a new TransactionID.",
        "flows.md 1.3",
        "tests/handlers/test_repeats.py::test_a_repeat_whose_answer_was_lost_is_the_same_message",
    )
    takes_ssms: bool = quirk(
        "SSMS is granted in every version, not only in 1.3, which introduced it: the phone understands it.",
        "cir.md 2.4",
        "tests/csp/test_handsets.py::test_takes_ssms",
    )
    flat_members: bool = quirk(
        "Members of a group are sent flat: each UserMapping in UserMapList is one member, and the list is directly in the "
        "answer to JoinGroup, in every version. With nested mappings the phone never finishes the join.",
        "messages.md 13, flows.md 11",
        "tests/csp/test_groups.py::test_android_gets_members_flat",
    )
    no_system_messages: bool = quirk(
        "Announcements of the operator are sent as a message: the phone does not know SystemMessage, and its user would "
        "never see it.",
        "flows.md 5.2",
        "tests/handlers/test_system.py::test_android_gets_an_announcement_as_a_message_in_1_3",
    )
    takes_pwd: bool = quirk(
        "Schema PWD is requested although the phone offers only MD5: the phone answers PWD with its password.",
        "flows.md 4.2",
        "tests/handlers/login/test_access.py::test_s60_takes_pwd_although_it_offers_only_md5",
    )
    cir_true_is_down: bool = quirk(
        "A missing STCP line is reported with CIR=T: this phone reads T as an error of the channel, others read F.",
        "cir.md 9",
        "tests/handlers/test_wakeups.py::test_a_phone_without_its_line_is_told_once_in_ten_minutes",
    )
    reads_chunks: bool = quirk(
        "On the STCP line nothing follows an OK for three seconds: the phone takes everything that it reads at once for the "
        "answer.",
        "cir.md 3.3",
        "tests/cir/stcp/test_server.py::test_after_every_ok_there_is_quiet",
    )
    address_limit: int = limit(
        "An address with more characters is replaced by a short one of ours: the phone cannot send a long address back.",
        "messages.md 3",
        "tests/handlers/test_short_addresses.py::test_an_s60_gets_a_short_address_and_is_understood_by_it",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One way to know a family. It matches when every given sign begins what the phone sent, compared ignoring case; the
    surest signs stand first in the table. `story` is a whole conversation of that family (scripts/); `assumed` says that no
    conversation of a real one was seen, so that the family gets a name and nothing else."""

    handset: Handset
    story: str
    client_id: str = ""
    user_agent: str = ""
    transaction_id: str = ""
    assumed: bool = False

    def matches(self, client_id: str, user_agent: str, transaction_id: str) -> bool:
        signs = ((self.client_id, client_id), (self.user_agent, user_agent), (self.transaction_id, transaction_id))
        return all(value.lower().startswith(sign.lower()) for sign, value in signs)


ANDROID_HANDSET = Handset(
    "android",
    default_list_once=True,
    bare_lists=True,
    halve_poll_min=True,
    repeats_under_new_id=True,
    takes_ssms=True,
    flat_members=True,
    no_system_messages=True,
)
S60_HANDSET = Handset("s60", unescape_content=True, takes_pwd=True, cir_true_is_down=True, reads_chunks=True, address_limit=50)
# Known, and in need of nothing: what they do is in the protocol, or harmless to anybody, and done for all.
COLIBRIA_HANDSET = Handset("colibria")
MOTOROLA_HANDSET = Handset("motorola")
S40_HANDSET = Handset("s40")
SAMSUNG_HANDSET = Handset("samsung")
SIEMENS_HANDSET = Handset("siemens")
SONY_ERICSSON = Handset("sony-ericsson")

HANDSETS = (
    Row(ANDROID_HANDSET, "android-contacts", client_id="JiMMY"),
    Row(ANDROID_HANDSET, "android-contacts", user_agent="Android-Imps"),
    Row(S60_HANDSET, "nokia-s60-1.2", client_id="WV:IMPEC"),
    Row(S60_HANDSET, "nokia-s60-1.2", transaction_id="nok"),
    Row(COLIBRIA_HANDSET, "colibria-pc", client_id="WV:InstantMessenger"),
    # The ClientID of a Motorola is a URL of unknown text, and those of the others are not known at all: what is left is the
    # word with which the makers begin the User-Agent of their phones.
    Row(MOTOROLA_HANDSET, "motorola-razr", user_agent="MOT-"),
    Row(SONY_ERICSSON, "sony-ericsson", user_agent="SonyEricsson", assumed=True),
    Row(SAMSUNG_HANDSET, "samsung", user_agent="SAMSUNG", assumed=True),
    Row(SAMSUNG_HANDSET, "samsung", user_agent="SEC-", assumed=True),
    Row(SIEMENS_HANDSET, "siemens-sxg75", user_agent="SIE-", assumed=True),
    Row(S40_HANDSET, "nokia-s40", user_agent="Nokia", assumed=True),
)
_UNKNOWN_HANDSET = Handset()
HANDSETS_BY_NAME = {row.handset.name: row.handset for row in HANDSETS} | {_UNKNOWN_HANDSET.name: _UNKNOWN_HANDSET}


def find_handset(client_id: str, user_agent: str, transaction_id: str) -> Handset:
    """The family of a phone by what its Login-Request shows."""
    for row in HANDSETS:
        if row.matches(client_id, user_agent, transaction_id):
            return row.handset
    return _UNKNOWN_HANDSET


def handset_named(name: str) -> Handset:
    """The family that a session record names; a family that a newer version knew is unknown here."""
    return HANDSETS_BY_NAME.get(name, _UNKNOWN_HANDSET)
