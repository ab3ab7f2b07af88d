"""What a session keeps of contacts, for both sides: roster, presence, subscriptions, and how the phone spells them."""

from collections.abc import Sequence
from typing import NamedTuple

import redis

from onesoup.csp.lists import Item
from onesoup.csp.presence import Shown
from onesoup.store import keys, records
from onesoup.store.redis.client import guarded

# In the hash of subscriptions, what the token of a contact list begins with: no JID does.
LIST_MARK = "/"


class ContactRecord(NamedTuple):
    """What a session keeps of a contact: records of its resources, of what it has published, of how it is shown, and of what
    the phone has subscribed."""

    resources: bytes | None = None
    extras: bytes | None = None
    presence: bytes | None = None
    wishes: bytes | None = None


class Subscription(NamedTuple):
    """What the phone has subscribed of a contact: names of presence attributes, none for all of them, and whether the contact
    lets the user see its presence."""

    attributes: Sequence[str]
    visible: bool = True

    def pack(self) -> bytes:
        return records.pack_wishes(self.attributes, self.visible)


class SessionContacts:
    """Reads the contacts of a session. Keys, all of them hashes by bare JID that live as long as the session:

    ros:{sid}    roster items
    res:{sid}    resources of a contact that are online
    pep:{sid}    what a contact has published (PEP)
    pres:{sid}   presence as the phone is told of it
    sub:{sid}    what the phone has subscribed; of a whole contact list behind a slash, by token
    spell:{sid}  how the phone writes the address

    Records of resources and of published data belong to onesoup.xmpp; here they are bytes."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def roster(self, sid: str) -> dict[str, Item]:
        """The whole roster, by bare JID."""
        found = guarded(lambda: self._client.hgetall(_roster(sid)))
        return {jid.decode(): records.unpack_item(jid.decode(), record) for jid, record in found.items()}

    def roster_item(self, sid: str, jid: str) -> Item | None:
        """The roster item of a contact, None for one that is not in the roster."""
        record = guarded(lambda: self._client.hget(_roster(sid), jid))
        return None if record is None else records.unpack_item(jid, record)

    def roster_items(self, sid: str, jids: Sequence[str]) -> dict[str, Item]:
        """Of these contacts, those that are in the roster."""
        found = zip(jids, self._values(_roster(sid), jids), strict=True)
        return {jid: records.unpack_item(jid, record) for jid, record in found if record is not None}

    def roster_jids(self, sid: str) -> list[str]:
        """The bare JIDs in the roster."""
        return _names(guarded(lambda: self._client.hkeys(_roster(sid))))

    def online_jids(self, sid: str) -> list[str]:
        """The contacts of which a resource is online, by bare JID."""
        return _names(guarded(lambda: self._client.hkeys(keys.of(sid, "res")[0])))

    def read(self, sid: str, jids: Sequence[str]) -> dict[str, ContactRecord]:
        """What is kept of these contacts, by bare JID."""
        if not jids:
            return {}

        def all_four() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for key in keys.of(sid, "res", "pep", "pres", "sub"):
                pipe.hmget(key, list(jids))
            return pipe.execute()

        found = guarded(all_four)
        return {jid: ContactRecord(*values) for jid, *values in zip(jids, *found, strict=True)}

    def presence(self, sid: str, jids: Sequence[str]) -> dict[str, Shown | None]:
        """How these contacts are shown, None for those of which nothing is known."""
        found = self._values(keys.of(sid, "pres")[0], jids)
        return {jid: records.unpack_shown(record) for jid, record in zip(jids, found, strict=True)}

    def subscriptions(self, sid: str) -> dict[str, Subscription]:
        """What the phone has subscribed, by bare JID; of whole lists by their token behind a slash."""
        found = guarded(lambda: self._client.hgetall(_subscriptions(sid)))
        # Nearly all of a phone's subscriptions are the same.
        unpacked = {record: Subscription(*records.unpack_wishes(record)) for record in set(found.values())}
        return {jid.decode(): unpacked[record] for jid, record in found.items()}

    def list_subscription(self, sid: str, token: str) -> Subscription | None:
        """What the phone has subscribed of all members of a contact list, later ones included. None for nothing."""
        record = guarded(lambda: self._client.hget(_subscriptions(sid), LIST_MARK + token))
        return None if record is None else Subscription(*records.unpack_wishes(record))

    def spellings(self, sid: str, jids: Sequence[str]) -> dict[str, str]:
        """How the phone spells these contacts, as far as it has named them."""
        found = self._values(keys.of(sid, "spell")[0], jids)
        return {jid: value.decode() for jid, value in zip(jids, found, strict=True) if value is not None}

    def all_spellings(self, sid: str) -> dict[str, str]:
        """How the phone spells every contact that it has named."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, "spell")[0]))
        return {jid.decode(): value.decode() for jid, value in found.items()}

    def _values(self, key: str, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        found: list[bytes | None] = guarded(lambda: self._client.hmget(key, list(names)))
        return found


def _roster(sid: str) -> str:
    return keys.of(sid, "ros")[0]


def _subscriptions(sid: str) -> str:
    return keys.of(sid, "sub")[0]


def _names(found: Sequence[bytes]) -> list[str]:
    return [name.decode() for name in found]
