"""What an account keeps in hashes of a few entries: contact lists, attribute lists, requests that wait, and what it was told."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import redis

from onesoup.csp.lists import ContactList, Item
from onesoup.store import bounds, keys, records
from onesoup.store.account.bounded_hash import BoundedHash, HashLimits
from onesoup.store.bounds import JID_BYTES, KIB
from onesoup.store.redis.client import guarded
from onesoup.store.redis.commands import RedisCommand, send

PENDING_REQUEST_MS = 90 * 86_400_000
CONTACT_LIST_LIMITS = HashLimits(bounds.MOST_LISTS, JID_BYTES, 640 * KIB)
ATTRIBUTE_LIST_LIMITS = HashLimits(bounds.MOST_GRANTS, JID_BYTES, 64 * KIB)
# Strangers ask for these.
PENDING_REQUEST_LIMITS = HashLimits(bounds.MOST_PENDING, bounds.NAMED_BYTES, 1 * KIB, PENDING_REQUEST_MS)
SMALL_HASH_LIMITS = HashLimits(bounds.MOST_OTHERS, JID_BYTES, 4 * KIB, evict=True)

# Targets of attribute lists: everybody, a user by bare JID, a contact list by token.
DEFAULT_TARGET, USER_TARGET, LIST_TARGET = "default", "user:", "list:"


class _AccountHash:
    """One hash of each account."""

    def __init__(self, client: redis.Redis, name: str, limits: HashLimits) -> None:
        self._client, self._bounded, self._name, self._limits = client, BoundedHash(client), name, limits

    def has(self, jid: str, entry: str) -> bool:
        return bool(guarded(lambda: self._client.hexists(self._key(jid), entry)))

    def count(self, jid: str) -> int:
        return int(send(self._client, self.count_command(jid)))

    def count_command(self, jid: str) -> RedisCommand:
        """As count()."""
        return RedisCommand(("HLEN", self._key(jid)), int)

    def remove(self, jid: str, entries: Iterable[str]) -> None:
        names = list(entries)
        if names:
            guarded(lambda: self._client.hdel(self._key(jid), *names))

    def _key(self, jid: str) -> str:
        return keys.account(jid, self._name)

    def _all(self, jid: str) -> dict[str, bytes]:
        found = guarded(lambda: self._client.hgetall(self._key(jid)))
        return {name.decode(): value for name, value in found.items()}

    def _get(self, jid: str, entry: str) -> bytes | None:
        found: bytes | None = guarded(lambda: self._client.hget(self._key(jid), entry))
        return found

    def _put(self, jid: str, entries: Mapping[str, bytes]) -> None:
        """All of them, or TooMuch and none."""
        self._bounded.put(self._key(jid), entries, self._limits)


class ContactLists(_AccountHash):
    """lists:{jid}: contact lists by token, without the members that the roster has. They do not expire."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "lists", CONTACT_LIST_LIMITS)

    def all(self, jid: str) -> dict[str, ContactList]:
        return {token: records.unpack_list(token, record) for token, record in self._all(jid).items()}

    def put(self, jid: str, contact_lists: Iterable[ContactList]) -> None:
        """All of them, or TooMuch and none."""
        self._put(jid, {each.token: records.pack_list(each) for each in contact_lists})

    def records(self, jid: str) -> dict[str, bytes]:
        """As all(), packed."""
        return self._all(jid)

    def put_records(self, jid: str, packed: Mapping[str, bytes]) -> None:
        """As put(), of packed lists from outside; what is no contact list is left out."""
        self._put(jid, {token: record for token, record in packed.items() if records.is_list(record)})


class AttributeList(NamedTuple):
    """The presence attributes that its target may see, none for all, and the bare JIDs that see us because of this list."""

    attributes: list[str]
    granted: list[str]


class AttributeLists(_AccountHash):
    """attrs:{jid}: attribute lists by target. They do not expire."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "attrs", ATTRIBUTE_LIST_LIMITS)

    def all(self, jid: str) -> dict[str, AttributeList]:
        return {target: AttributeList(*records.unpack_grant(record)) for target, record in self._all(jid).items()}

    def default(self, jid: str) -> list[str]:
        """The attributes of the default list, none without one."""
        return records.unpack_grant(self._get(jid, DEFAULT_TARGET))[0]

    def has_user(self, jid: str, user: str) -> bool:
        """Whether there is a list for this user alone, by bare JID."""
        return self.has(jid, USER_TARGET + user)

    def put(self, jid: str, lists: Mapping[str, AttributeList]) -> None:
        """All of them, or TooMuch and none."""
        self._put(jid, {target: records.pack_grant(*each) for target, each in lists.items()})


class PendingRequests(_AccountHash):
    """asks:{jid}: who has asked to see the user's presence and has no answer yet, by bare JID, with the note of the request. For
    90 days after the last one."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "asks", PENDING_REQUEST_LIMITS)

    def all(self, jid: str) -> frozenset[str]:
        return frozenset(self._all(jid))

    def put(self, jid: str, other: str, note: str) -> None:
        """TooMuch when too many have asked."""
        self._put(jid, {other: records.pack_plain(note)})


class Notices(_AccountHash):
    """told:{jid}: names of what the user was told, and is not told again. No expiry; new ones take the place of others."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "told", SMALL_HASH_LIMITS)

    def all(self, jid: str) -> frozenset[str]:
        return frozenset(self._all(jid))

    def add(self, jid: str, name: str) -> None:
        self._put(jid, {name: b"1"})


class TermsOfUse(_AccountHash):
    """terms:{jid}: terms that the user has accepted, or was told of on a phone that cannot answer, by their id. They do not
    expire; new ones take the place of others."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "terms", SMALL_HASH_LIMITS)

    def note_told(self, jid: str, terms: str) -> None:
        self._put(jid, {terms: b"told"})

    def note_accepted(self, jid: str, terms: str) -> None:
        self._put(jid, {terms: b"accepted"})


class PrivateProfile(_AccountHash):
    """profile:{jid}: fields of the user's profile that no vCard has. They do not expire; new ones take the place of others."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "profile", SMALL_HASH_LIMITS)

    def all(self, jid: str) -> dict[str, str]:
        return {name: value.decode("utf-8", "replace") for name, value in self._all(jid).items()}

    def put(self, jid: str, fields: Mapping[str, str]) -> None:
        """TooMuch when one is too long. An empty text removes its field."""
        self._put(jid, {name: value.encode("utf-8", "replace") for name, value in fields.items() if value})
        self.remove(jid, [name for name, value in fields.items() if not value])


class ServiceContactRecords(_AccountHash):
    """service:{jid}: the place of the service contact in the account's contact lists, by each of its bare JIDs, and that it has
    greeted. They do not expire; new ones take the place of others."""

    _GREETED = "greeted"

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client, "service", SMALL_HASH_LIMITS)

    def items(self, jid: str, contacts: Iterable[str]) -> dict[str, Item]:
        """Its items under these bare JIDs, as far as it is in a list."""
        kept = self._all(jid)
        return {each: records.unpack_item(each, kept[each]) for each in contacts if each in kept}

    def put_item(self, jid: str, item: Item) -> None:
        """TooMuch for one that is too long."""
        self._put(jid, {item.jid: records.pack_item(item)})

    def note_greeted(self, jid: str) -> bool:
        """False when the account has been greeted before."""
        return bool(guarded(lambda: self._client.hsetnx(self._key(jid), self._GREETED, b"1")))

    def has_greeted(self, jid: str) -> bool:
        return self.has(jid, self._GREETED)


class AccountLists:
    """The hashes of an account, one attribute each."""

    def __init__(self, client: redis.Redis) -> None:
        self.contacts, self.attributes = ContactLists(client), AttributeLists(client)
        self.pending, self.notices = PendingRequests(client), Notices(client)
        self.terms, self.profile = TermsOfUse(client), PrivateProfile(client)
        self.service_contact = ServiceContactRecords(client)
