"""The holder process: puts its parts together, and hands each wake-up to the part that it is for.

A holder owns shards by lease, and keeps an XMPP stream for each session of them. Its memory can be lost at any time: another
holder goes on from what is in Redis.
"""

from gevent import monkey

monkey.patch_all()

import resource
import uuid
from functools import partial

import gevent
import redis
import structlog
from gevent.lock import BoundedSemaphore
from prometheus_client import REGISTRY, Gauge

from onesoup.csp.service_contact import service_addresses
from onesoup.observability import admin_server, history_notes
from onesoup.observability.minute_report import MinuteReport
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.observability.process_beat import ProcessBeat
from onesoup.runtime import scheduler
from onesoup.runtime.role_process import StartedRole, run_roles
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.settings import Settings, unusable_ca
from onesoup.store import keys
from onesoup.store.account import blocks
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.delivered_copies import DeliveredCopies
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.guard_state import GuardState
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.lists import AccountLists
from onesoup.store.account.login_limits import LoginPolicy
from onesoup.store.account.login_tokens import LoginTokens
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from onesoup.store.errors import StoreDown
from onesoup.store.pictures import ScaledPictures
from onesoup.store.redis import sharded_channels
from onesoup.store.redis.channels import Subscriber
from onesoup.store.redis.client import connect, writable
from onesoup.store.servers import SaslMechanisms, XmppServerStates
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.shards import Lease, Leases, Shards
from onesoup.xmpp.stream import Options, Resolver, Tls
from workers.holder.domain_limits import DomainLimits
from workers.holder.garbage import SessionGarbage
from workers.holder.http_client import HttpClient
from workers.holder.login_tokens import LoginTokenMemory
from workers.holder.logins import LoginJobs
from workers.holder.lookup_cache import LookupCache
from workers.holder.metrics import HolderMetrics, LoginGuardMetrics
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.predecessors import HolderFile
from workers.holder.presence_timers import PresenceTimers
from workers.holder.schedule import DeadlineQueue
from workers.holder.server_memory import ConnectPace, SaslMechanismMemory, ServerHealth
from workers.holder.session.services import HolderServices
from workers.holder.session.session import XmppSession
from workers.holder.session_opening import SessionOpener
from workers.holder.sessions import SessionTable
from workers.holder.shard_leases import ShardLeases
from workers.holder.sweeps import CLUSTER_SWEEPS_PER_ROUND, SWEEPS_PER_ROUND, LostWakeSweep
from workers.holder.takeover import MISSING_SESSIONS_SECONDS, SessionTakeover
from workers.holder.upkeep import SessionUpkeep, TickTimer

log = structlog.get_logger()

OPEN_STREAMS = Gauge("onesoup_xmpp_streams", "XMPP streams by state", ["state"])

# Streams that are being connected at once, for log-ins; and as many more for sessions that reconnect.
MAX_PARALLEL_CONNECTS = 40
MAX_REDIS_CONNECTIONS = 128
# How often the sessions of domains with a limit are counted anew.
NOTE_SESSIONS_SECONDS = 30.0
# Open files for a holder of the usual size, and how many of them are no streams.
USUAL_OPEN_FILES, NON_STREAM_FILES = 6000, 500


class Holder:
    """One holder process. Its parts do not know it; each is given those that it needs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.name = uuid.uuid4().hex
        self.file = HolderFile(settings.data, self.name)
        client = connect(settings.redis_url, max_connections=MAX_REDIS_CONNECTIONS, shared=True)
        self.ring = ring = KeyRing.load(settings.keys_file)
        self.client, self.sessions = client, SessionTable()
        self.garbage = SessionGarbage(self.sessions)
        self.subscriber = Subscriber(settings.redis_url, self.on_wake, on_gap=self._on_gap)
        self.domains = DomainLimits(settings, self.sessions)
        self.orders = OperatorOrders(client)
        self.orders.on_change = self._on_orders
        self._renewal: PeriodicTask | None = None
        timer = TickTimer()
        self.services = self._make_services(timer)
        leases = Leases(client, self.name, round(settings.lease_ttl * 1000))
        self.leases = ShardLeases(leases, self.name, settings.lease_ttl, self.sessions, self._on_shards_taken)
        self.upkeep = SessionUpkeep(self.services, self.sessions, timer)
        self.takeover = SessionTakeover(self.services, ring, self.leases, self.sessions)
        self.opener = SessionOpener(self.services, ring, self.leases, self.sessions, self.domains, self.takeover)
        self.logins = LoginJobs(client, self.services, ring, self.leases, self.sessions, self.opener)
        per_round = CLUSTER_SWEEPS_PER_ROUND if sharded_channels.available(client) else SWEEPS_PER_ROUND
        self.sweeps = LostWakeSweep(self.services, self.sessions, self.leases, self._on_login, per_round)
        self._listen()  # on a host that drains it gets no shard to begin with

    def _make_services(self, timer: TickTimer) -> HolderServices:
        settings, client, tls = self._settings, self.client, _tls(self._settings)
        feed = HolderSessionStore(client, round(settings.presence_gap * 1000))
        shared = HolderServices(
            client=client,
            feed=feed,
            clients=ClientSessions(client),
            offline=OfflineInbox(client),
            had=DeliveredCopies(client),
            handsets=HandsetMemory(client),
            lists=AccountLists(client),
            blocks=blocks.BlockLists(client),
            groups=GroupStore(client),
            invites=InvitationStore(client),
            shards=Shards(client),
            quotas=DomainQuotas(client, QuotaPolicy(settings.domain_sessions, settings.domain_logins)),
            lookup_cache=LookupCache(ScaledPictures(client)),
            options=Options(
                tls=tls,
                resolver=Resolver(settings.xmpp_routes),
                known=SaslMechanismMemory(SaslMechanisms(client)),
                tokens=self._login_tokens(),
                address_allowed=self.domains.address_allowed,
                tried=ServerHealth(XmppServerStates(client), settings.allowed_domains.listed).tried,
                not_stored=(StoreDown, OSError),
            ),
            connecting=BoundedSemaphore(MAX_PARALLEL_CONNECTS),
            reconnecting=BoundedSemaphore(MAX_PARALLEL_CONNECTS),
            pace=ConnectPace(),
            pictures=PictureTransfer(HttpClient(tls, settings.media_hosts), settings.fetch_pictures, settings.picture_octets),
            agenda=DeadlineQueue(timer.by),
            later=PresenceTimers(feed, self.sessions).set,
            gone=self._on_gone,
            room_check=settings.room_check,
            reserved=partial(service_addresses, settings.service_contact, settings.allowed_domains),
            transport_contacts=settings.transport_contacts,
        )
        shared.options.watch.told = timer.by
        return shared

    def _login_tokens(self) -> LoginTokenMemory | None:
        seconds = self._settings.xmpp_token_seconds
        return LoginTokenMemory(LoginTokens(self.client, self.ring), seconds) if seconds else None

    # --- news ---

    def on_wake(self, channel: str, data: bytes) -> None:
        """A message of a channel of Redis: a log-in waits in a shard, an account's block list changed, or news of a session."""
        if channel == self.orders.channel:
            self.orders.heard()
        elif data == b"login":
            gevent.spawn(self._on_login, int(channel.partition(":")[2], 16))
        elif channel == blocks.BLOCK_CHANGES_CHANNEL:
            self._on_rules_changed(data.decode())
        else:
            self._on_session_news(data.decode("ascii", "replace"))

    def _on_login(self, shard: int) -> None:
        if self.leases.leaving:
            self.leases.pass_on(shard)
        else:
            self.logins.serve_shard(shard)

    def _on_orders(self) -> None:
        """Operators have taken this host out of service, or back."""
        if self.orders.draining != self.leases.leaving:
            self.leases.leave(self.orders.draining)
            if self._renewal is not None:
                self._renewal.by(0.0)

    def _on_session_news(self, text: str) -> None:
        """SID: commands wait. poll SID: the phone polls for the first time. Any other word before SID: its TTL has changed."""
        word, _, sid = text.partition(" ")
        session = self.sessions.get(sid or word)
        if session is None:
            return
        if word == "poll":
            session.polled()
        elif sid:
            session.schedule.check_now()
        else:
            session.idle.awake()
            session.outbox.wake()

    def _on_rules_changed(self, jid: str = "") -> None:
        """The block and grant lists of an account, or of all without a JID."""
        for session in self.sessions.all():
            if jid in ("", session.session.jid):
                session.rules.changed()

    def _on_gap(self) -> None:
        """News of any kind may have been lost."""
        self.orders.heard()
        self.sweeps.after_gap()
        self._on_rules_changed()

    def _on_shards_taken(self, leases: list[Lease]) -> None:
        self._listen()
        if leases:
            gevent.spawn(self.takeover.take_over_shards, leases)
            gevent.spawn(self.sweeps.sweep)

    def _listen(self) -> None:
        always = (blocks.BLOCK_CHANGES_CHANNEL, self.orders.channel)
        self.subscriber.want([*always, *(keys.wake_channel(shard) for shard in self.leases.owned)])

    def _on_gone(self, session: XmppSession) -> None:
        self.sessions.remove(session)
        self.upkeep.forget(session)
        self.garbage.session_ended()

    # --- life ---

    def start(self) -> None:
        """Listens for news, and counts."""
        gevent.spawn(self.subscriber.run)
        history_notes.start_history(self.client, self.ring, self._settings.history_hours)
        # Counted when they are asked for: a takeover is seen as it goes on.
        OPEN_STREAMS.labels("open").set_function(self.sessions.count_open_streams)
        OPEN_STREAMS.labels("down").set_function(lambda: len(self.sessions) - self.sessions.count_open_streams())
        REGISTRY.register(HolderMetrics(self.client, self.services.feed, self.sessions.all))
        REGISTRY.register(_guard_metrics(self._settings, self.client))
        self.report = MinuteReport(self.client, levels={"phones": lambda: len(self.sessions)}).start()

    def start_tasks(self) -> list[PeriodicTask]:
        """Begins with what a holder does periodically."""
        self._renewal = scheduler.every(self._settings.lease_renew, self.leases.renew)
        return [
            self._renewal,
            self.upkeep.start(),
            self.leases.start(),
            self.sweeps.start(),
            scheduler.every(MISSING_SESSIONS_SECONDS, self.takeover.find_missing),
            *([scheduler.every(NOTE_SESSIONS_SECONDS, self._note_sessions)] if self._settings.domain_sessions else []),
        ]

    def checks(self) -> list[admin_server.Check]:
        return [self.redis, self.owns_shards, admin_server.not_drained(self.orders.says_draining)]

    def beat(self, admin: tuple[str, int]) -> ProcessBeat:
        """What says in Redis that this holder lives. `admin`: where its admin port is."""
        return ProcessBeat(self.client, "holder", admin, self.ring, left=self.leases.left, holder=self.name)

    def _note_sessions(self) -> None:
        """Sessions of domains with a limit are counted, whoever made them, and when."""
        for domain, sids in self.sessions.by_domain().items():
            self.services.quotas.note(domain, sids)

    def redis(self) -> object:
        """For /readyz."""
        return writable(self.client)

    def owns_shards(self) -> object:
        """For /readyz: without a shard no phone can log in here."""
        return bool(self.leases.owned) and self.subscriber.connected


def _tls(settings: Settings) -> Tls:
    try:
        return Tls(settings.xmpp_ca or None, settings.xmpp_insecure)
    except OSError as error:
        raise unusable_ca(settings.xmpp_ca, error) from None


def _guard_metrics(settings: Settings, client: redis.Redis) -> LoginGuardMetrics:
    policy = LoginPolicy(settings.refusals_at_server, settings.refusals_of_address, frozenset(settings.xmpp_own))
    listed = sorted(filter(settings.allowed_domains.listed, settings.allowed_domains))
    return LoginGuardMetrics(GuardState(client, policy), listed)


def _allow_many_streams() -> None:
    """As many open files as the process may have: each stream is one. Shells give programs 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else max(soft, USUAL_OPEN_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < USUAL_OPEN_FILES:
        log.warning("few-open-files", limit=most, streams=most - NON_STREAM_FILES)


def start(settings: Settings) -> StartedRole:
    """Takes shards, and serves their sessions until it is stopped, which hands them over."""
    _allow_many_streams()
    holder = Holder(settings)
    holder.start()
    holder.orders.look()  # before it takes a shard
    holder.orders.start()
    holder.file.write()
    for dead in holder.file.take_dead():
        holder.leases.inherit(dead)
    holder.leases.renew()
    tasks = holder.start_tasks()

    def stop() -> None:
        with gevent.Timeout(settings.drain_seconds, False):
            scheduler.stop_tasks(tasks, 2.0)
            holder.leases.give_back_all()
            holder.logins.finish()
        holder.file.remove()
        holder.report.stop()
        history_notes.stop_history()

    return StartedRole(holder.client, holder.checks(), holder.beat, stop)


def main(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT, then hands its sessions over."""
    return run_roles(settings, "holder", {"holder": start})
