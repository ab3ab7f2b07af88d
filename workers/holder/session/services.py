"""What all sessions of a holder share: the stores of accounts, the settings of streams, and the holder's timers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gevent.lock import BoundedSemaphore

from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.delivered_copies import DeliveredCopies
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.lists import AccountLists
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.domain_quotas import DomainQuotas
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.shards import Shards
from onesoup.xmpp.stream import Options
from workers.holder.lookup_cache import LookupCache
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.schedule import DeadlineQueue
from workers.holder.server_memory import ConnectPace
from workers.holder.service_cache import ServiceCache


@dataclass(slots=True)
class HolderServices:
    """One for a holder. Only XmppSession and what ends a session take it whole; the parts take what they need of it."""

    client: Any
    feed: HolderSessionStore
    clients: ClientSessions
    offline: OfflineInbox
    had: DeliveredCopies
    handsets: HandsetMemory
    lists: AccountLists
    blocks: BlockLists
    groups: GroupStore
    invites: InvitationStore
    shards: Shards
    quotas: DomainQuotas
    lookup_cache: LookupCache
    options: Options
    # Limit how many streams are being connected at once. A log-in, for which somebody waits, has no turn behind the thousands of
    # sessions of a dead holder that reconnect.
    connecting: BoundedSemaphore
    reconnecting: BoundedSemaphore
    pace: ConnectPace
    pictures: PictureTransfer
    # When the holder checks which session. Its keys are of XmppSession, which this module does not import.
    agenda: DeadlineQueue[Any]
    # Presence of the session with this id may be told in so many seconds.
    later: Callable[[str, float], None]
    # This session (of XmppSession) has ended here.
    gone: Callable[[Any], None]
    # Seconds of silence after which a room is asked whether the phone is still in it, 0 for never.
    room_check: float
    # The addresses at which the gateway answers this account's phones itself.
    reserved: Callable[[str], frozenset[str]] = lambda _own: frozenset()
    # Contacts of a transport come into the roster without a question to the user.
    transport_contacts: bool = True
    service_cache: ServiceCache = field(default_factory=ServiceCache)
