"""What a row of the table of keys says (`onesoup.store.bounds`), and who may make a key grow."""

from dataclasses import dataclass

# Who makes a key grow.
BY_STRANGER, BY_CONTACT, BY_ROOM = "anybody on XMPP", "a contact on XMPP", "people in a joined room"
BY_SERVER, BY_PHONE, BY_UNKNOWN_PHONE = "the user's XMPP server", "a phone with log-in", "a phone without log-in"
BY_SMS, BY_CARRIER, BY_VISITOR, BY_ONESOUP = "an SMS", "the carrier's gateway", "a web visitor", "onesoup itself"


@dataclass(frozen=True, slots=True)
class Bound:
    """One row: the key as `onesoup.store.keys` writes it, and what limits it. `alone` says why a row needs no attack of its
    own: nobody else's bytes are in it."""

    key: str
    made_by: str
    lengths: str
    count: str
    expiry: str
    above: str
    alone: str = ""
