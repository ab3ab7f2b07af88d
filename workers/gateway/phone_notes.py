"""Notes what phones do, and writes it to Redis every few seconds, for the page on which their owners look (web/doctor.py).

A request costs no round trip here. Polls are only counted, in memory; Redis is told of those counts while the owner looks. Of a
session's requests each kind is noted once, and each that failed. What was on its way when the phone logged out is refused, and
is not noted: it is no fault. A flood costs MOST_WAITING events and no more."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from onesoup.csp import access, handsets
from onesoup.csp.codec.envelope import Message, Unknown
from onesoup.csp.codec.generated_elements import LoginRequest, PollingRequest
from onesoup.csp.phone_events import HIDDEN, MAX_AGENT, MAX_EVENT_NAME, MAX_USER, MAX_VIA, EventKind, PhoneEvent, sameness
from onesoup.csp.session import Session
from onesoup.csp.status import StatusCode
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.login import linking, throttle
from onesoup.handlers.login.attempt import login_scheme
from onesoup.runtime import scheduler
from onesoup.runtime.ids import token

SCHEMAS = frozenset({*access.PASSWORD_DIGESTS, "PWD", "MD6"})
MOST_SCHEMAS = 6
# Events that wait to be written, sessions whose polls are counted, and sessions whose requests are remembered by name.
MOST_WAITING, MOST_COUNTED, MOST_NAMED = 1000, 10_000, 5000
# Kinds of requests that are remembered of one session.
MOST_NAMES = 60
# For so long after a log-out a phone may send what it had begun, seconds: polls are held, and resent.
AFTER_LOGOUT_SECONDS = 60
# Sessions that are over whose requests wait to be written, each by its name. Strangers can name as many as they like.
MOST_OVER = 100


class PhoneNotes:
    """`clock` counts seconds since 1970."""

    def __init__(self, services: GatewayServices, clock: Callable[[], float] = time.time) -> None:
        self._services, self._clock, self._process = services, clock, token(8)
        # By session and event: the event, to which further times are added.
        self._waiting: dict[tuple[object, ...], tuple[str, PhoneEvent]] = {}
        self._polls: dict[str, list[float]] = {}
        self._polled = False
        self._named: OrderedDict[str, set[str]] = OrderedDict()
        self._over: set[str] = set()

    def start(self) -> scheduler.PeriodicTask:
        return scheduler.every(scheduler.TASK_SECONDS, self.flush)

    # --- what happens ---

    def answered(self, message: Message, octets: int, peer: Peer, code: int) -> None:
        first, sid = message.transactions[0].content, message.session_id
        if type(first) is PollingRequest and code < 400 and sid is not None:
            self._count_poll(sid)
        elif isinstance(first, LoginRequest):
            self._note("", self._login(message, first, octets, peer, code))
        else:
            self._requests(message, octets, peer, code)

    def unreadable(self, peer: Peer, what: str, octets: int, media: str) -> None:
        if not octets and not peer.user_agent:
            return  # a health check, or whoever tries the port
        self._note(
            "", self._event(EventKind.UNREADABLE, peer, name=what[:MAX_EVENT_NAME], octets=octets, media=media[:MAX_EVENT_NAME])
        )

    def opened(self, peer: Peer, path: str) -> None:
        self._note("", self._event(EventKind.PAGE, peer, name=path[:MAX_EVENT_NAME]))

    def _count_poll(self, sid: str) -> None:
        counted = self._polls.get(sid)
        if counted is None:
            if len(self._polls) >= MOST_COUNTED:
                del self._polls[next(iter(self._polls))]
            counted = self._polls[sid] = [0, 0.0]
        counted[0] += 1
        counted[1] = self._clock()
        self._polled = True

    def _login(self, message: Message, request: LoginRequest, octets: int, peer: Peer, code: int) -> PhoneEvent:
        client_id, _ = access.client_id_text(request.client_id)
        jid, user = self._meant(request, peer)
        offered = access.offered_schemas(request)
        known = tuple(dict.fromkeys(name if name in SCHEMAS else "another" for name in offered[:MOST_SCHEMAS]))
        return self._event(
            EventKind.LOGIN,
            peer,
            name=request.NAME,
            code=code,
            version=message.version,
            encoding=message.encoding.value,
            octets=octets,
            scheme=login_scheme(request),
            offered=known,
            handset=handsets.find_handset(client_id, peer.user_agent, message.transactions[0].id or "").name,
            user=user,
            account=self._services.phone_requests.of_account(jid) if jid else "",
        )

    def _meant(self, request: LoginRequest, peer: Peer) -> tuple[str, str]:
        """The account that a log-in most likely means, "" for none, and the id as it was typed."""
        return linking.likely_account(self._services, request.user_id, peer), (request.user_id or "").strip()[:MAX_USER]

    def _requests(self, message: Message, octets: int, peer: Peer, code: int) -> None:
        sid, over = message.session_id or "", code == StatusCode.INVALID_SESSION
        if over:
            sid = self._over_and_named(sid)
        known = self._known(sid) if sid and not over else set()
        for number, transaction in enumerate(message.transactions[:8]):
            content, told = transaction.content, code if over or number == 0 else 0
            name = getattr(content, "NAME", "") or "another"
            if isinstance(content, Unknown):
                name = "another"
            if told < 400 and (name in known or len(known) >= MOST_NAMES):
                continue
            known.add(name)
            asked = {"version": message.version, "encoding": message.encoding.value, "octets": octets}
            self._note(sid, self._event(EventKind.REQUEST, peer, name=name[:MAX_EVENT_NAME], code=told, **asked))

    def _over_and_named(self, sid: str) -> str:
        """The session, "" where too many wait."""
        if sid not in self._over and len(self._over) >= MOST_OVER:
            return ""
        self._over.add(sid)
        return sid

    def _known(self, sid: str) -> set[str]:
        """The kinds of requests that were noted of a session."""
        known = self._named.get(sid)
        if known is None:
            known = self._named[sid] = set()
            if len(self._named) > MOST_NAMED:
                self._named.popitem(last=False)
        return known

    def _event(self, kind: EventKind, peer: Peer, **more: object) -> PhoneEvent:
        now = int(self._clock())
        at = throttle.address_key(self._services, peer)
        return PhoneEvent(kind, now, now, agent=peer.user_agent[:MAX_AGENT], via=peer.via[:MAX_VIA], at=at, **more)  # type: ignore[arg-type]

    def _note(self, sid: str, event: PhoneEvent) -> None:
        key = (sid, sameness(event))
        before = self._waiting.get(key)
        if before is not None:
            event = replace(before[1], last=event.last, times=before[1].times + 1, octets=event.octets)
        elif len(self._waiting) >= MOST_WAITING:
            return
        self._waiting[key] = sid, event

    # --- to Redis ---

    def flush(self) -> None:
        """Writes what waits. StoreDown leaves it waiting."""
        if self._waiting:
            noted = list(self._waiting.items())
            self._services.phone_requests.add(self._by_phone([each for _, each in noted]), int(self._clock()))
            for key, written in noted:
                if self._waiting.get(key) is written:
                    del self._waiting[key]
            self._over = {sid for sid, event in self._waiting.values() if event.code == StatusCode.INVALID_SESSION}
        if self._polled:
            self._polled = False
            self._tell_polls()

    def _tell_polls(self) -> None:
        store = self._services.phone_requests
        counted = {sid: self._polls[sid] for sid in store.looked_at(int(self._clock())) if sid in self._polls}
        store.tell_polls(self._process, {sid: (int(count), int(last)) for sid, (count, last) in counted.items()})

    def _by_phone(self, noted: list[tuple[str, PhoneEvent]]) -> dict[str, list[PhoneEvent]]:
        """Under which names events are kept: the account that an event is of or means; the address, for what nobody has
        proved."""
        store = self._services.phone_requests
        noted = self._without_requests_after_logout(noted)
        sids = list(dict.fromkeys(sid for sid, _ in noted if sid))
        owners = dict(zip(sids, self._services.sessions.records.sessions(sids), strict=True))
        sorted_out: dict[str, list[PhoneEvent]] = {}
        for sid, event in noted:
            event = self._owned(event, owners[sid]) if sid else event
            if event.account:
                sorted_out.setdefault(event.account, []).append(event)
            if not event.proved:
                # What another account's owner may see at this address tells no user id.
                sorted_out.setdefault(store.of_address(event.at), []).append(replace(event, user=HIDDEN if event.user else ""))
        return sorted_out

    def _without_requests_after_logout(self, noted: list[tuple[str, PhoneEvent]]) -> list[tuple[str, PhoneEvent]]:
        """All but what phones still sent when they had logged out. Sessions that are over are one from here on."""
        over = [(sid, event) for sid, event in noted if event.code == StatusCode.INVALID_SESSION]
        named = [sid for sid, _ in over if sid]
        left = dict(zip(named, self._services.sessions.records.logged_out(named), strict=True))
        kept: dict[tuple[object, ...], PhoneEvent] = {}
        for sid, event in over:
            if event.first > (left.get(sid) or 0) + AFTER_LOGOUT_SECONDS:
                before = kept.get(sameness(event))
                kept[sameness(event)] = _together(before, event) if before else event
        return [each for each in noted if each[1].code != StatusCode.INVALID_SESSION] + [("", event) for event in kept.values()]

    def _owned(self, event: PhoneEvent, session: Session | None) -> PhoneEvent:
        if session is None:
            return event
        return replace(event, account=self._services.phone_requests.of_account(session.jid), handset=session.handset)


def _together(one: PhoneEvent, other: PhoneEvent) -> PhoneEvent:
    return replace(one, first=min(one.first, other.first), last=max(one.last, other.last), times=one.times + other.times)
