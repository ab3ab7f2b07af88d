"""What is kept of groups beside a session: the room services of domains, topics of rooms, the groups that an account has to do
with, the joins of a session that ended and may be taken up again, and invitations that wait for an answer."""

from contextlib import suppress

import redis

from onesoup.csp.groups import KeptProperties
from onesoup.csp.invitations import Invitation
from onesoup.store import bounds, keys, records
from onesoup.store.account.bounded_hash import BoundedHash, HashLimits
from onesoup.store.bounds import DOMAIN_BYTES, JID_BYTES, TooMuch
from onesoup.store.redis.client import guarded
from onesoup.store.redis.commands import RedisCommand

SERVICE_MS, NO_SERVICE_MS = 86_400_000, 600_000
JOINS_MS = 86_400_000
INVITATION_MS = 7 * 86_400_000
GROUP_LIMITS = HashLimits(bounds.MOST_GROUPS, JID_BYTES, bounds.GROUP_BYTES)
JOIN_LIMITS = HashLimits(bounds.MOST_JOINS, 255, bounds.JOINS_BYTES, JOINS_MS, evict=True)
# Strangers do not fill Redis: old invitations make room for new ones.
INVITATION_LIMITS = HashLimits(bounds.MOST_INVITES, 128, bounds.INVITE_BYTES, INVITATION_MS, evict=True)
# The topic of a room that nobody here has been in for so long is forgotten.
TOPIC_MS, MAX_STORED_TOPIC = 14 * 86_400_000, 500


class GroupStore:
    """Keys:

    groups:{jid}      hash, room -> what an account has settled for it; does not expire
    joins:{jid}       hash, resource -> the joins of a session that is over; for a day
    muc:{domain}      string, the room service of a domain, "" for none; for a day, or ten minutes where there is none
    muc-of:{service}  string, the domain of a room service; for a day
    topic:{room}      string; for 14 days"""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._bounded = client, BoundedHash(client)

    # --- services ---

    def service(self, domain: str) -> str | None:
        """The room service of a domain, "" when it has none, None when nobody has looked lately."""
        found = guarded(lambda: self._client.get(_service(domain)))
        return None if found is None else found.decode()

    def domain_of(self, service: str) -> str | None:
        """The domain whose rooms a service below it has."""
        found = guarded(lambda: self._client.get(_domain(service)))
        return None if found is None else found.decode()

    def keep_service(self, domain: str, service: str) -> None:
        """For a day; that there is none, for ten minutes."""
        if max(len(domain.encode()), len(service.encode())) > DOMAIN_BYTES:
            return  # no such name is in DNS

        def write() -> None:
            # Two keys of two hash tags: no transaction, and none is needed.
            self._client.set(_service(domain), service, px=SERVICE_MS if service else NO_SERVICE_MS)
            # A domain may name any service; only with one below it that is its own for certain.
            if service.endswith(f".{domain}"):
                self._client.set(_domain(service), domain, px=SERVICE_MS)

        guarded(write)

    # --- topics ---

    def keep_topic(self, room: str, topic: str) -> None:
        """What a room is about, as it tells those who are in it; "" for nothing."""
        if len(room.encode("utf-8", "surrogatepass")) > JID_BYTES:
            return
        guarded(
            lambda: (
                self._client.set(_topic(room), topic[:MAX_STORED_TOPIC], px=TOPIC_MS)
                if topic
                else self._client.delete(_topic(room))
            )
        )

    def topic(self, room: str) -> str:
        """Whoever asks has to see to it that the room is open: this is told to people who are not in it."""
        found = guarded(lambda: self._client.get(_topic(room)))
        return "" if found is None else found.decode()

    # --- groups of an account ---

    def all_settings(self, jid: str) -> dict[str, KeptProperties]:
        """By room, of every group that this account has created or has settings for."""
        found = guarded(lambda: self._client.hgetall(keys.account(jid, "groups")))
        return {room.decode(): records.unpack_kept(record, "") for room, record in found.items()}

    def settings(self, jid: str, room: str, gid: str) -> KeptProperties:
        """What the account has settled for a room, the defaults for nothing. `gid` is how the phone calls the room now."""
        return records.unpack_kept(guarded(lambda: self._client.hget(keys.account(jid, "groups"), room)), gid)

    def keep_settings(self, jid: str, room: str, settings: KeptProperties) -> None:
        """TooMuch when the account has too many."""
        self._bounded.put(keys.account(jid, "groups"), {room: records.pack_kept(settings)}, GROUP_LIMITS)

    def remove(self, jid: str, room: str) -> None:
        """Forgets what was settled for a room."""
        guarded(lambda: self._client.hdel(keys.account(jid, "groups"), room))

    # --- joins of a session that is over ---

    def keep_joins(self, jid: str, resource: str, record: bytes) -> None:
        """Not when the record is too long: the phone joins anew then."""
        with suppress(TooMuch):
            self._bounded.put(keys.account(jid, "joins"), {resource: record}, JOIN_LIMITS)

    def joins_command(self, jid: str, resource: str) -> RedisCommand:
        """What keep_joins() has kept, None for nothing."""
        return RedisCommand(("HGET", keys.account(jid, "joins"), resource))

    def forget_joins(self, jid: str, resource: str) -> None:
        guarded(lambda: self._client.hdel(keys.account(jid, "joins"), resource))


class InvitationTable:
    """Invitations of an account by the InviteID that its phone knows, in a hash; for a week after the last one. Those that are
    over are the reader's business."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client, self._bounded, self._name = client, BoundedHash(client), name

    def put(self, jid: str, invite_id: str, invitation: Invitation) -> None:
        """Above a number an older one goes. TooMuch when it is too long."""
        self._bounded.put(self._key(jid), {invite_id: records.pack_invitation(invitation)}, INVITATION_LIMITS)

    def get(self, jid: str, invite_id: str) -> Invitation | None:
        record = guarded(lambda: self._client.hget(self._key(jid), invite_id))
        return None if record is None else records.unpack_invitation(record)

    def all(self, jid: str) -> dict[str, Invitation]:
        found = guarded(lambda: self._client.hgetall(self._key(jid)))
        return {
            invite_id.decode("utf-8", "surrogatepass"): records.unpack_invitation(record) for invite_id, record in found.items()
        }

    def remove(self, jid: str, *invite_ids: str) -> None:
        if invite_ids:
            guarded(lambda: self._client.hdel(self._key(jid), *invite_ids))

    def _key(self, jid: str) -> str:
        return keys.account(jid, self._name)


class InvitationStore:
    """invites-in:{jid}, invitations that came for an account, and invites-out:{jid}, those that it has sent."""

    def __init__(self, client: redis.Redis) -> None:
        self.received, self.sent = InvitationTable(client, "invites-in"), InvitationTable(client, "invites-out")


def _service(domain: str) -> str:
    return f"muc:{{{domain}}}"


def _topic(room: str) -> str:
    return f"topic:{{{room}}}"


def _domain(service: str) -> str:
    return f"muc-of:{{{service}}}"
