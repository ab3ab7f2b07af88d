"""The holder: owns shards by lease, and for each session of them an XMPP stream.

It renews its leases, takes free shards up to its share, gives back what is above it, serves the log-ins of its shards, and
ends the sessions that expire. Its memory can be lost at any time: another holder goes on from what is in Redis.
"""

from gevent import monkey

monkey.patch_all()

import math
import resource
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any
from weakref import WeakValueDictionary

import gevent
import structlog
from gevent.event import Event
from gevent.lock import BoundedSemaphore
from prometheus_client import REGISTRY, Gauge
from prometheus_client import Counter as Counted

from onesoup.csp import access
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.observability import admin_server, tracing
from onesoup.observability.logs import short
from onesoup.runtime import scheduler, systemd
from onesoup.runtime.ids import token
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.settings.settings import Settings, unusable_ca
from onesoup.store import (
    keys,
    records,
)
from onesoup.store.account import blocks
from onesoup.store.account.accounts import ClientSessions, DeliveredCopies, Lists, OfflineInbox
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.errors import Fenced, StoreDown
from onesoup.store.pictures import ScaledPictures
from onesoup.store.redis import sharded_channels
from onesoup.store.redis.channels import Subscriber, send_reply
from onesoup.store.redis.client import connect, writable
from onesoup.store.redis.clock import ClockJumps
from onesoup.store.servers import SaslMechanisms
from onesoup.store.session.gateway_side import FIRST_POLL
from onesoup.store.session.holder_side import HolderSessionStore, SessionStatus
from onesoup.store.session.shards import Lease, Leases, Shards
from onesoup.xmpp import errors
from onesoup.xmpp.stream import Options, Resolver, Stream, StreamFailure, Tls, address_policy
from workers.holder import registration
from workers.holder.http_client import HttpClient
from workers.holder.metrics import HolderMetrics
from workers.holder.picture_transfer import PictureTransfer
from workers.holder.schedule import DeadlineQueue
from workers.holder.server_memory import ConnectPace, SaslMechanismMemory
from workers.holder.session.contact_lookups import Library
from workers.holder.session.session import CONNECT_SECONDS, EXPIRED_TOTAL, IDLE_MS, HolderServices, XmppSession
from workers.holder.session.state import Phase

log = structlog.get_logger()

STREAMS = Gauge("onesoup_xmpp_streams", "XMPP streams by state", ["state"])
CONNECTS = Counted("onesoup_xmpp_connects_total", "Log-ins at XMPP servers", ["result"])
LEASES = Gauge("onesoup_leases_held", "Shards that this holder owns", ["holder"])
LOST = Counted("onesoup_lease_lost_total", "Leases that went to another holder", ["holder"])

CONNECTS_AT_ONCE = 40
# What is due, sessions and streams, is seen to at most so often.
TICK = 1.0
# Log-ins whose wake-up was lost are found this soon, commands after so many sweeps: each looks at a part of the sessions. A
# connection that broke on the way is known, and then all are looked at: this is for what gets lost without a sign. On a cluster
# the news of a command is a step of its own, and a worker that dies before it leaves no sign; one Redis does both or neither.
SWEEP, SWEEPS, CLUSTER_SWEEPS = scheduler.SECONDS, 100, 20
# Sessions that could not be taken up when their shard came are found this soon, by their number; by their names after so many.
LOOK, LOOKS = 10.0, 60
# How long a new log-in waits for the old session's end to finish, and how far clocks of two machines may be apart.
ENDING = 6.0
CLOCKS_APART = 5.0
# Shards given back in one turn, so that sessions move in small groups.
GIVE_BACK = 16
# So long a session that is over is kept while messages of its phone wait for a server that is away.
LINGER = 600.0
# A session at rest is looked at so often. What has a time of its own is looked at then, what changes is told, and when something
# may have been missed all are looked at within GAP_CHECK: this is for what nobody has thought of.
MAX_CHECK, GAP_CHECK = 3600.0, 60.0
# And this soon when Redis did not answer.
AGAIN = 5.0
# Those at rest are looked at together, in one awakening for so many seconds.
TOGETHER = 60.0
# Log-ins that are taken with one command.
LOGINS_AT_ONCE = 16
# Sessions that are asked for in one round trip.
CHECKS_AT_ONCE = 100
# Open files for a holder of the usual size, and those that are no streams.
ENOUGH_FILES, SPARE_FILES = 6000, 500
# Failures whose text comes from our side of the connection, or is a list of mechanisms. What a server says may be anything.
EXPLAINED = {"tls", "dns", "no-mechanism", "refused"}
TAKE_OVER = ("r", "cred", "caps", "sm", "h", "shown", "end")


class Holder:
    """One holder process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.name = uuid.uuid4().hex
        self._lost = LOST.labels(self.name[:8])
        client = connect(settings.redis_url, max_connections=128, shared=True)
        self._client, self._ring = client, KeyRing.load(settings.keys_file)
        self._guard = LoginLimits(client)
        self._leases = Leases(client, self.name, round(settings.lease_ttl * 1000))
        self._clock = ClockJumps()
        self._owned: dict[int, Lease] = {}
        self._renewed: dict[int, float] = {}
        self._held: dict[str, XmppSession] = {}
        self._ended: dict[str, float] = {}
        # Log-ins under way, by domain.
        self._opening: Counter[str] = Counter()
        # Kept by whoever waits or works: an account that nobody works on has no lock.
        self._accounts: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()
        # Sessions that are just being opened or taken up here.
        self._coming: set[str] = set()
        self._rings: dict[str, float] = {}
        self._subscriber = Subscriber(settings.redis_url, self._woken, on_gap=self._sweep_soon)
        self._sweep_all, self._sweep_turn = True, 0
        self._sweeps = CLUSTER_SWEEPS if sharded_channels.available(client) else SWEEPS
        self._looks = 0
        # Duties of the process that have no period, or are wanted earlier sometimes, once it has begun.
        self._ticks: PeriodicTask | None = None
        self._sweeping: PeriodicTask | None = None
        self._lapse: PeriodicTask | None = None
        self._ticked = 0.0
        self.draining = False
        tls = _tls(settings)
        self._shared = HolderServices(
            client=client,
            feed=HolderSessionStore(client, round(settings.presence_gap * 1000)),
            clients=ClientSessions(client),
            offline=OfflineInbox(client),
            had=DeliveredCopies(client),
            handsets=HandsetMemory(client),
            lists=Lists(client),
            blocks=blocks.BlockLists(client),
            groups=GroupStore(client),
            invites=InvitationStore(client),
            shards=Shards(client),
            library=Library(ScaledPictures(client)),
            options=Options(
                tls=tls,
                resolver=Resolver(settings.xmpp_routes),
                known=SaslMechanismMemory(SaslMechanisms(client)),
                address_allowed=self._address_allowed,
                not_stored=(StoreDown, OSError),
            ),
            connecting=BoundedSemaphore(CONNECTS_AT_ONCE),
            pace=ConnectPace(),
            pictures=PictureTransfer(HttpClient(tls, settings.media_hosts), settings.fetch_pictures, settings.picture_octets),
            agenda=DeadlineQueue(self._tick_by),
            later=self._later,
            gone=self._gone,
            room_check=settings.room_check,
        )
        self._shared.options.watch.told = self._tick_by

    # --- where streams may go ---

    def _address_allowed(self, domain: str, address: str, port: int) -> bool:
        """Domains that the operator listed may be anywhere. Where a phone's user chose the domain, our own network is closed."""
        if self._settings.allowed_domains.listed(domain) or address_policy.permitted(address, port):
            return True
        log.warning("address-refused", domain=domain, address=address, port=port)
        return False

    def _crowded(self, domain: str) -> bool:
        """A domain that the operator did not list has as many streams as it may."""
        if self._settings.allowed_domains.listed(domain):
            return False
        there = sum(held.session.domain == domain for held in self._held.values())
        return there + self._opening[domain] > self._settings.xmpp_any_streams

    # --- leases ---

    def renew(self) -> None:
        """Once every few seconds: keeps what it has, and has its share."""
        now = time.monotonic()
        owned = list(self._owned.values())
        found = scheduler.together(lambda: self._leases.renew_all(owned), self._leases.alive)
        kept: list[Lease] = found[0]
        living, redis_ms = found[1]
        for lease in kept:
            if self._owned.get(lease.shard) is lease:
                self._renewed[lease.shard] = now
        for lease in set(owned) - set(kept) if len(kept) < len(owned) else set():
            if self._owned.get(lease.shard) is lease:
                self._lost.inc()
                self._lose(lease.shard)
        self._await_lapse()
        if by := self._clock.by(redis_ms, now, time.monotonic()):
            log.warning("clock-jumped", seconds=round(by / 1000))
            self._check_all()
            return  # leases that ran out by that are their owners', who renew them before the next turn
        share = -(-keys.SHARDS // max(living, 1))
        for shard in sorted(self._owned)[share:][:GIVE_BACK]:
            self._give_back(shard)
        if len(self._owned) < share:
            self._take(share - len(self._owned))
        LEASES.labels(self.name[:8]).set(len(self._owned))

    def _check_all(self) -> None:
        """Redis's clock has jumped: each session sees to its own times."""
        for held in self._held.values():
            held.check_now()

    def _take(self, most: int) -> None:
        began = time.monotonic()
        leases = self._leases.acquire_all(self._leases.free()[:most])
        for lease in leases:
            self._owned[lease.shard], self._renewed[lease.shard] = lease, began
        self._await_lapse()
        self._subscriber.want([blocks.BLOCK_CHANGES_CHANNEL, *(keys.wake_channel(shard) for shard in self._owned)])
        if leases:
            gevent.spawn(self._adopt_shards, leases)
            gevent.spawn(self._sweep)

    def watch_leases(self) -> None:
        """A lease that could not be renewed in time is no longer ours, whatever Redis will say later."""
        limit = time.monotonic() - self._settings.lease_ttl
        for shard, renewed in list(self._renewed.items()):
            if renewed < limit:
                self._lost.inc()
                self._lose(shard)
        self._await_lapse()

    def _await_lapse(self) -> None:
        """The leases are watched when the first of them would run out: never, while they are renewed."""
        if self._lapse is not None:
            self._lapse.at(min(self._renewed.values(), default=math.inf) + self._settings.lease_ttl)

    def _lose(self, shard: int) -> None:
        """Another holder may have these sessions already: let go without a word to the server."""
        self._owned.pop(shard, None)
        self._renewed.pop(shard, None)
        for held in [each for each in self._held.values() if each.shard == shard]:
            held.drop()

    def _give_back(self, shard: int) -> None:
        """Streams are left resumable, then the lease goes: the next owner finds everything in Redis."""
        lease = self._owned.pop(shard)
        self._renewed.pop(shard, None)
        for held in [each for each in self._held.values() if each.shard == shard]:
            held.hand_over()
        self._leases.release(lease)

    # --- sessions of others ---

    def _adopt_shards(self, leases: Sequence[Lease]) -> None:
        """Sessions of the shards that nobody here holds yet. What fails is found again by the next look."""
        try:
            found = self._shared.shards.sessions_of([lease.shard for lease in leases])
        except StoreDown as error:
            log.warning("adopt-failed", reason=str(error))
            return
        for lease, sids in zip(leases, found, strict=True):
            for sid in sids:
                if sid not in self._held and sid not in self._coming and self._owned.get(lease.shard) is lease:
                    self._coming.add(sid)
                    gevent.spawn(self._adopt, sid, lease)

    def look_for_sessions(self) -> None:
        """Sessions of owned shards that an earlier look could not take up, or whose end was cut short."""
        leases = list(self._owned.values())
        self._looks += 1
        if self._looks % LOOKS:
            here = Counter(held.shard for held in self._held.values())
            there = self._shared.shards.counts([lease.shard for lease in leases])
            leases = [lease for lease, count in zip(leases, there, strict=True) if count != here[lease.shard]]
        if leases:
            self._adopt_shards(leases)

    def _adopt(self, sid: str, lease: Lease) -> None:
        """Goes on with a session that another holder had: resumes its stream, or logs in again."""
        held = resume = None
        try:
            record = self._shared.feed.read(sid, "r")
            with self._one_at_a_time(_name(records.unpack_session(record)) if record else sid):
                if self._owned.get(lease.shard) is lease and sid not in self._held:
                    held, resume = self._taken_up(sid, lease)
        except Fenced:
            return
        except StoreDown as error:
            log.warning("adopt-failed", shard=lease.shard, reason=str(error))
        finally:
            self._coming.discard(sid)
        if held is not None:
            held.reconnect(resume)

    def _taken_up(self, sid: str, lease: Lease) -> tuple[XmppSession | None, dict[str, Any] | None]:
        """A session of an earlier holder as one of ours, and the state of its stream; or its end, where that was cut short."""
        values = self._shared.feed.claim(sid, lease.fence, TAKE_OVER)
        if values is None:
            # Nobody knows any more whose session it was. What it left goes as an offline message would.
            self._shared.feed.age(sid)
            self._shared.shards.remove(lease.shard, sid)
            return None, None
        record, sealed, caps, state, h, shown, over = values
        if record is None:
            self._shared.shards.remove(lease.shard, sid)
            return None, None
        session = records.unpack_session(record)
        if sealed is None:
            self._shared.close_session(sid, session, lease.shard, lease.fence, StatusCode.FORCED_LOGOUT)
            return None, None
        try:
            password = self._ring.open(sealed, f"cred:{session.jid}").decode("utf-8", "surrogatepass")
        except KeyRingError as error:
            log.warning("credentials-lost", sid=short(sid), reason=str(error))
            self._shared.close_session(sid, session, lease.shard, lease.fence, StatusCode.FORCED_LOGOUT)
            return None, None
        check = self._ring.digest(password, f"check:{session.jid}")
        held = XmppSession(self._shared, sid, session, password, check, lease.fence, lease.shard, records.unpack_caps(caps))
        held.state.enter(Phase.LIVE)
        held.adopt(shown)
        held.rooms.load()
        self._held[sid] = held
        held.check_now()
        if over is not None:
            held.outbox.kick()
        resume = records.unpack_plain(state, None)
        if resume is not None and h is not None:
            resume["h_in"] = int(h)
        return held, resume

    # --- log-ins ---

    def _woken(self, channel: str, data: bytes) -> None:
        if data == b"login":
            gevent.spawn(self._logins, int(channel.partition(":")[2], 16))
            return
        if channel == blocks.BLOCK_CHANGES_CHANNEL:
            self._rules_changed(data.decode())
            return
        word, _, rest = data.decode("ascii", "replace").partition(" ")
        held = self._held.get(rest or word)
        if held is None:
            return
        if word == "poll":
            held.polled()
            return
        if rest:  # its TTL has changed
            held.check_now()
            return
        held.awake()
        held.outbox.kick()

    def _rules_changed(self, jid: str = "") -> None:
        """The block and grant lists of an account; of all without a JID."""
        for held in self._held.values():
            if jid in ("", held.session.jid):
                held.rules_changed()

    def _logins(self, shard: int) -> None:
        more = True
        while more and shard in self._owned and not self.draining:
            try:
                jobs = self._shared.shards.next_logins(shard, LOGINS_AT_ONCE)
            except StoreDown:
                return
            more = len(jobs) == LOGINS_AT_ONCE
            for job in jobs:
                command = records.unpack_command(job)
                gevent.spawn(self._register if command.get("op") == "register" else self._login, shard, command, job)

    def _register(self, _shard: int, job: dict[str, Any], _stored: bytes) -> None:
        payload = registration.run(job, self._shared.options, self._ring)
        with suppress(StoreDown):
            send_reply(self._client, job["reply"], job["name"], payload)

    @contextmanager
    def _one_at_a_time(self, name: str) -> Iterator[None]:
        lock = self._accounts.get(name)
        if lock is None:
            lock = self._accounts[name] = BoundedSemaphore(1)
        with lock:
            yield

    def _login(self, shard: int, job: dict[str, Any], stored: bytes) -> None:
        """One log-in job, answered in any case: by the shard's next holder where it has gone there meanwhile."""
        began = time.monotonic()
        if "verify" in job:
            domain = addresses.domain_of(job["verify"])
            payload = self._outcome(domain, lambda: self._verify(job))
        else:
            session = records.unpack_session(job["r"])
            self._coming.add(job["sid"])
            try:
                payload = self._outcome(session.domain, lambda: self._open_alone(_name(session), shard, job))
            finally:
                self._coming.discard(job["sid"])
        took = round((time.monotonic() - began) * 1000)
        log.debug("login-job", shard=shard, ms=took)
        try:
            ticket = LoginTicket.unpack(job.get("ticket"))
            if self._gone_on(shard, job, payload):
                self._shared.shards.ask(shard, stored)
                return
            if ticket is not None:
                self._guard.settle(ticket, records.unpack_answer(payload)["code"])
            send_reply(self._client, job["reply"], job["name"], payload)
        except StoreDown:
            log.warning("store-down", reason="a log-in could not be answered")

    def _gone_on(self, shard: int, job: dict[str, Any], payload: bytes) -> bool:
        """Whether a log-in failed here only because its shard is another holder's by now, and that one has time for it."""
        ours = shard in self._owned and not self.draining
        return (
            not ours
            and records.unpack_answer(payload)["code"] == StatusCode.SERVICE_UNAVAILABLE
            and time.time() < job.get("until", 0)
        )

    def _outcome(self, domain: str, work: Callable[[], bytes]) -> bytes:
        """The answer to a job, whatever goes wrong with it."""
        try:
            return work()
        except StreamFailure as failure:
            code = errors.login_code(failure.kind, failure.condition)
            CONNECTS.labels(failure.kind).inc()
            why = failure.text if failure.kind in EXPLAINED else None
            fields = {"kind": failure.kind, "condition": failure.condition, "reason": why, "domain": domain}
            log.info("xmpp-login-failed", **{name: value for name, value in fields.items() if value})
            return records.pack_answer(code, _told(failure))
        except (StoreDown, Fenced, KeyRingError) as error:
            log.warning("login-broke", reason=type(error).__name__)
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again later")
        except Exception as error:
            log.exception("bug", kind=type(error).__name__)
            return records.pack_answer(StatusCode.INTERNAL_ERROR, "internal error")

    def _verify(self, job: dict[str, Any]) -> bytes:
        """Whether a password is the account's: a stream that nobody sees, closed again."""
        local, _, domain = job["verify"].rpartition("@")
        password = self._ring.open(job["cred"], f"cred:{job['verify']}").decode("utf-8", "surrogatepass")
        options = self._shared.options
        stream = Stream(domain, local, password, f"imps-{token(8)}", options=options, on_stanzas=_nothing, on_acked=_nothing)
        try:
            with self._shared.connecting:
                stream.connect(CONNECT_SECONDS)
        finally:
            stream.close(polite=stream.open)
        CONNECTS.labels("verified").inc()
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _open_alone(self, name: str, shard: int, job: dict[str, Any]) -> bytes:
        with self._one_at_a_time(name):
            return self._open(shard, job)

    def _open(self, shard: int, job: dict[str, Any]) -> bytes:
        lease = self._owned.get(shard)
        if lease is None or self.draining:
            return records.pack_answer(StatusCode.SERVICE_UNAVAILABLE, "try again")
        if time.time() > job["until"] + CLOCKS_APART:
            EXPIRED_TOTAL.labels("login").inc()
            return records.pack_answer(StatusCode.TIMEOUT, "too late")
        session, sid = records.unpack_session(job["r"]), job["sid"]
        fields = {
            "r": job["r"],
            "cred": job["cred"],
            "ttl": access.expiry(session.ttl) * 1000,
            "fence": lease.fence,
            "idle": FIRST_POLL,
        }
        old_sid = self._shared.clients.get(session.jid, session.resource)
        if old_sid == sid:
            return records.pack_answer(StatusCode.SUCCESSFUL)  # the job came twice
        old = self._held.get(old_sid) if old_sid else None
        if old is not None and old.closing:
            old.ended.wait(ENDING)
            old = None
        with old.still() if old is not None else nullcontext():
            return self._begin(shard, lease, job, fields, session, old_sid)

    def _begin(
        self, shard: int, lease: Lease, job: dict[str, Any], fields: dict[str, Any], session: Session, old_sid: str | None
    ) -> bytes:
        """The new session, in the place of the handset's last one, whose stream it takes over where that is there."""
        sid = job["sid"]
        old = self._held.get(old_sid) if old_sid else None
        if old is not None and old.closing:
            old = None
        if old is not None and old.stream is not None and old.stream.open and old.check == job["check"]:
            self._shared.shards.add(shard, sid)
            if old.move(sid, session, fields):
                self._held.pop(old_sid or "", None)
                self._held[sid] = old
                self._settle_in(old)
                CONNECTS.labels("kept").inc()
                return records.pack_answer(StatusCode.SUCCESSFUL)
        password = self._ring.open(job["cred"], f"cred:{session.jid}").decode("utf-8", "surrogatepass")
        held = XmppSession(self._shared, sid, session, password, job["check"], lease.fence, shard, records.unpack_caps(None))
        self._opening[session.domain] += 1
        try:
            if self._crowded(session.domain):
                raise StreamFailure("refused", "too-many")
            held.connect()
        finally:
            self._opening[session.domain] -= 1
            self._opening += Counter()  # drops what is zero
        CONNECTS.labels("ok").inc()
        try:
            if self._owned.get(shard) is not lease or self.draining:
                raise Fenced("the shard went to another holder")
            old = self._held.get(old_sid) if old_sid else None
            if old is not None:
                old.end(StatusCode.FORCED_LOGOUT, polite=False)
                old.ended.wait(ENDING)  # it may have been ending already; what it leaves is for this one
            elif old_sid:
                self._shared.close_session(old_sid, session, lease.shard, lease.fence, StatusCode.FORCED_LOGOUT)
            self._shared.shards.add(shard, sid)
            self._shared.feed.create(sid, fields, ())
            self._held[sid] = held
            held.begin()
            self._settle_in(held)
        except BaseException:
            held.drop()
            raise
        return records.pack_answer(StatusCode.SUCCESSFUL)

    def _settle_in(self, held: XmppSession) -> None:
        """The account knows its new session, and the session gets what waited for the account."""
        session, shared = held.session, self._shared
        shared.clients.put(session.jid, session.resource, held.sid)
        waiting = shared.offline.all(session.jid)
        if waiting:
            news = shared.news(session.jid, waiting, shared.clients.all(session.jid).values())
            if news:
                shared.feed.take_in(held.sid, held.fence, records.in_order(news))
                held.took_in()
            shared.offline.remove(session.jid, waiting)
        held.doors.take_up()
        held.check_now()

    def _gone(self, held: XmppSession) -> None:
        if self._held.get(held.sid) is held:
            del self._held[held.sid]
        self._shared.agenda.drop(held)
        self._ended.pop(held.sid, None)

    # --- upkeep ---

    def tick(self) -> None:
        """Sessions whose time has come, streams that are silent. Who rests costs nothing here."""
        now = self._ticked = time.monotonic()
        due = [held for held in self._shared.agenda.due(now) if not held.closing]
        for start in range(0, len(due), CHECKS_AT_ONCE):
            gevent.spawn(self._check, due[start : start + CHECKS_AT_ONCE])
        streams = self._shared.options.watch.turn(now)
        for stream in streams.silent:
            stream.give_up()
        for stream in streams.ask:
            stream.probe()
        self._tick_by(min(self._shared.agenda.next(), self._shared.options.watch.next()))

    def _tick_by(self, when: float) -> None:
        """Something is due then. What is due within a second is seen to together."""
        if self._ticks is not None:
            self._ticks.by(max(when, self._ticked + TICK))

    def _open_streams(self) -> int:
        return sum(held.stream is not None and held.stream.open for held in list(self._held.values()))

    def _later(self, sid: str, seconds: float) -> None:
        """Presence of this session may be told in so many seconds. One bell a session, the earliest."""
        due = time.monotonic() + seconds
        if self._rings.get(sid, due + 1) <= due:
            return
        self._rings[sid] = due
        gevent.spawn_later(seconds, self._ring_session, sid, due)

    def _ring_session(self, sid: str, due: float) -> None:
        if self._rings.get(sid) != due:
            return  # an earlier bell has rung
        del self._rings[sid]
        try:
            left = self._shared.feed.ring(sid)
        except StoreDown:
            left = 1000
        if left >= 0 and sid in self._held:
            self._later(sid, max(left / 1000, 0.05))

    def _check(self, due: list[XmppSession]) -> None:
        """Looks at sessions together; what is to be done is done for each alone."""
        sids, before = [held.sid for held in due], time.monotonic()
        try:
            found = self._shared.feed.look_all(sids)
        except Exception as error:  # nobody is forgotten for it
            if not isinstance(error, StoreDown):
                log.exception("bug", kind=type(error).__name__)
            for held in due:
                held.check_in(AGAIN)
            return
        after = time.monotonic()
        for held, sid, seen in zip(due, sids, found, strict=True):
            if self._held.get(sid) is not held:
                continue
            by, seen = held.lifetime.judge(seen, before, after)
            if by:
                gevent.spawn(self._jumped, held, sid, by)
            else:
                self._checked(held, sid, seen)

    def _jumped(self, held: XmppSession, sid: str, by: int) -> None:
        with suppress(StoreDown, Fenced):
            self._shared.feed.jumped(sid, held.fence, by)
        held.check_now()

    def _checked(self, held: XmppSession, sid: str, seen: SessionStatus) -> None:
        if seen.code is not None:
            gevent.spawn(self._over, held, sid, seen.code)
            return
        if held.concerns(seen):
            gevent.spawn(self._attend, held, seen)
        until_idle = IDLE_MS - seen.quiet if seen.quiet >= 0 else 0
        soon = (each / 1000 + 0.5 for each in (seen.left, seen.valid, until_idle) if each > 0)
        rest = held.rest(MAX_CHECK)
        rest += TOGETHER - (time.monotonic() + rest) % TOGETHER
        held.check_in(min([rest, held.rooms.until_silent(), *soon]))

    def _attend(self, held: XmppSession, seen: SessionStatus) -> None:
        """A phone that is idle, messages that are not valid any more, rooms that are silent."""
        try:
            held.quiet(seen.quiet)
            if seen.valid == 0:
                held.report_overdue()
            held.doors.look_in()
        except StoreDown:
            held.check_by(time.monotonic() + AGAIN)

    def _over(self, held: XmppSession, sid: str, code: int) -> None:
        """Ends a session, once its last messages are out."""
        since = self._ended.setdefault(sid, time.monotonic())
        try:
            waits = bool(self._shared.feed.commands(sid, 1))
        except StoreDown:
            waits = True
        if waits and time.monotonic() - since < LINGER:
            held.outbox.kick()
            held.check_in(SWEEP)
            return
        held.end(code, polite=True, sid=sid)

    def _sweep_soon(self) -> None:
        """Wakes may have been lost, of any session, and that lists have changed, or that a session is over."""
        self._sweep_all = True
        soon = time.monotonic() + GAP_CHECK
        for held in self._held.values():
            held.check_by(soon)
        if self._sweeping is not None:
            self._sweeping.by(0.0)
        self._rules_changed()

    def _sweep(self) -> None:
        """Log-ins and commands whose wake was lost."""
        everybody, self._sweep_all = self._sweep_all, False
        self._sweep_turn = (self._sweep_turn + 1) % self._sweeps
        looked_at = list(self._held) if everybody else list(self._held)[self._sweep_turn :: self._sweeps]
        shards, feed = self._shared.shards, self._shared.feed
        try:
            waiting, wanting = scheduler.together(
                lambda: shards.waiting_logins(list(self._owned)), lambda: feed.with_commands(looked_at)
            )
            for shard in waiting:
                gevent.spawn(self._logins, shard)
            for held in wanting:
                if held in self._held:
                    self._held[held].outbox.kick()
        except StoreDown as error:
            self._sweep_all |= everybody
            log.warning("store-down", reason=str(error))

    # --- life ---

    def start(self) -> None:
        gevent.spawn(self._subscriber.run)
        tracing.start(self._client, "holder")
        # Counted when somebody asks: who watches a takeover wants to see it as it is.
        STREAMS.labels("open").set_function(self._open_streams)
        STREAMS.labels("down").set_function(lambda: len(self._held) - self._open_streams())
        REGISTRY.register(HolderMetrics(self._client, self._shared.feed, lambda: list(self._held.values())))
        admin_server.start(self._settings, "holder", [self.redis, self.owns_shards])

    def duties(self) -> list[PeriodicTask]:
        """Begins with all that a holder does again and again."""
        self._ticks, self._lapse = scheduler.when(self.tick), scheduler.when(self.watch_leases)
        self._sweeping = scheduler.every(SWEEP, self._sweep)
        renewing, looking = scheduler.every(self._settings.lease_renew, self.renew), scheduler.every(LOOK, self.look_for_sessions)
        self._ticks.by(0.0)
        self._await_lapse()
        return [renewing, self._ticks, self._lapse, self._sweeping, looking]

    def redis(self) -> object:
        """For /readyz."""
        return writable(self._client)

    def owns_shards(self) -> object:
        """For /readyz: without a shard nobody can log in here."""
        return bool(self._owned) and self._subscriber.connected

    def hand_over(self) -> None:
        """Clean stop: shard by shard, streams left resumable and leases released one by one."""
        self.draining = True
        try:
            for shard in list(self._owned):
                self._give_back(shard)
            self._leases.leave()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))


def _tls(settings: Settings) -> Tls:
    try:
        return Tls(settings.xmpp_ca or None, settings.xmpp_insecure)
    except OSError as error:
        raise unusable_ca(settings.xmpp_ca, error) from None


def _name(session: Session) -> str:
    """Whoever this names works on one of its sessions at a time."""
    return f"{session.jid}/{session.resource}"


def _nothing(_: object) -> None:
    """Of a stream that is closed again at once."""


def _told(failure: StreamFailure) -> str:
    """A word for the phone's user, without the server's own text."""
    return {"tls": "TLS to the server failed", "auth": "invalid password", "dns": "server not found"}.get(failure.kind, "")


def _allow_many_streams() -> None:
    """As many open files as we may have: each stream is one. Shells give programs 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else max(soft, ENOUGH_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < ENOUGH_FILES:
        log.warning("few-open-files", limit=most, streams=most - SPARE_FILES)


def main(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT, then hands its sessions over."""
    _allow_many_streams()
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopping.set)
    holder = Holder(settings)
    holder.start()
    holder.renew()
    duties = holder.duties()
    systemd.ready()
    stopping.wait()
    systemd.stopping()
    with gevent.Timeout(settings.drain_seconds, False):
        scheduler.stop(duties, 2.0)
        holder.hand_over()
    return 0
