"""The words of the plain text syntax (PTS), which phones send over SMS: which codes stand for which elements and values. They are
in tables/pts.tsv.

A message is a line of parameters and holds one transaction; its mode follows from its code. What the syntax has no word for goes
under its element name, where the reader is ours. The primitives in CLOSED_PRIMITIVES are those that a known client reads, and it
fails on a word that it does not know: there, what has no word is left out. So are the flags Poll and CIR, which have no place.
"""

from __future__ import annotations

from onesoup.wire.generated import pts as tables

CLOSED_PRIMITIVES = frozenset(tables.CLOSED)

# The code of a primitive that has none: a parameter names it.
ANY_PRIMITIVE_CODE, PRIMITIVE_PARAMETER = "ZZ", "Primitive"

MODE_PARAMETER = "TransactionMode"

DISCOVERY_VERSION = "XX"

# Answers that no table has a code for, and that say no more than a Status does.
WRITTEN_AS = {"CreateList-Response": "Status"}

# Transactions whose names do not end in what they are.
ANSWERS_BY_NAME = frozenset({"Status", "MessageDelivered", "Disconnect"})


class Words:
    """What the codes of one part of the syntax stand for, and back."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.codes = names, {name: code for code, name in names.items()}


GENERAL_WORDS = Words({code: rows[0][0] for code, rows in tables.PARAMETERS.items() if not rows[0][1]})

CAPABILITY_WORDS, SERVICE_WORDS, PRESENCE_WORDS = Words(tables.CAPABILITIES), Words(tables.SERVICES), Words(tables.PRESENCE)

PROPERTY_WORDS = Words(tables.PROPERTIES)

TRANSACTION_WORDS = Words({code: name for code, name in tables.TRANSACTIONS.items() if name})

VALUE_WORDS = {element: Words(values) for element, values in tables.VALUES.items()}

NO_WORDS = Words({})

# Elements whose members have words of their own, down to the leaves.
WORDS_OF_MEMBERS = {
    "CapabilityList": CAPABILITY_WORDS,
    "AgreedCapabilityList": CAPABILITY_WORDS,
    "Functions": SERVICE_WORDS,
    "AllFunctions": SERVICE_WORDS,
    "PresenceSubList": PRESENCE_WORDS,
}

# What may stand in Presence where more than presence is told.
BESIDE_PRESENCE = frozenset({"ContactList", "UserNotify", "ContactListNotify"})

# What stands inside an attribute and never is one.
ATTRIBUTE_PARTS = frozenset(part for parts in tables.PARTS.values() for part in parts)


def mode_of(primitive: str) -> str:
    """The mode that a transaction has when nothing else is said."""
    return "Response" if primitive.endswith("-Response") or primitive in ANSWERS_BY_NAME else "Request"
