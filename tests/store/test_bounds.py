"""Each key that somebody else's bytes can make is attacked: names and values of 200 KB, thousands of them. Redis grows by at most
1 MiB. What an attack may cost stands in onesoup.store.bounds.TABLE; rows whose limit is a rule of a handler or of the holder
are attacked where that is (tests/workers/holder/test_bounds.py, tests/handlers/test_bounds.py)."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from onesoup.csp.groups import KeptProperties
from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.csp.invitations import Invitation
from onesoup.csp.lists import ContactList, Item
from onesoup.csp.messages import Text
from onesoup.csp.phone_events import EventKind, PhoneEvent
from onesoup.csp.session import Capabilities
from onesoup.store import bounds, keys, operator_bounds
from onesoup.store.account.address_aliases import AddressAliases
from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.delivered_copies import DeliveredCopies
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.lists import AccountLists, AttributeList, PendingRequests
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.account.login_tokens import LoginTokens, StoredLoginToken
from onesoup.store.account.page_links import PageLinks, new_link
from onesoup.store.account.page_sessions import PageSession, PageSessions
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.account.phone_requests import PhoneRequests
from onesoup.store.account.settings_links import LinkedSettings, SettingsLinks
from onesoup.store.account.tries import HourlyTries
from onesoup.store.bounds import KEY_BOUNDS, TooMuch
from onesoup.store.console_access import ConsoleAccess, ConsoleRole
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from onesoup.store.errors import OutboxFull
from onesoup.store.history import History, HistoryNote
from onesoup.store.number_doubts import NumberDoubts
from onesoup.store.number_probes import NumberProbes
from onesoup.store.pictures import ScaledPictures
from onesoup.store.recordings import MAX_RECORDING_SECONDS, Recording, Recordings
from onesoup.store.servers import SaslMechanisms, XmppServerStates
from onesoup.store.session.contacts import Subscription
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.group_histories import GroupHistories
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.store.session.search_hits import SearchHits
from onesoup.store.session.segments import Segments
from onesoup.store.session.shards import Shards
from onesoup.store.session.stream_changes import LIVE, Delivery, StreamChanges, kept_since
from onesoup.store.wakeup.ota_queue import SettingsJob, SettingsQueue
from onesoup.store.wakeup.sms_budget import SmsJobs
from onesoup.store.wakeup.sms_inbound import InboundSmsStore
from onesoup.store.wakeup.wakes import WakeStore
from tests.support.in_redis import SESSION
from tests.support.memory import memory

MEBIBYTE = 1024 * 1024
LONG = "x" * 200_000
JID = "alice@example.org"
TESTS = Path(__file__).resolve().parents[1]
Attack = Callable[["Field"], None]
ATTACKS: dict[str, Attack] = {}
# Rows whose limit is not the store's: the test that attacks them.
ELSEWHERE = {
    "q:{sid}": "workers/holder/test_bounds.py::test_messages_that_nobody_fetches",
    "i:{sid}": "workers/holder/test_bounds.py::test_messages_that_nobody_fetches",
    "offline:{jid}": "workers/holder/test_bounds.py::test_messages_that_sessions_have_left_count_in_the_next_one",
    "nonce:*": "handlers/test_bounds.py::test_first_phases_of_log_ins",
    "logging:*": "handlers/test_bounds.py::test_first_phases_of_log_ins",
    "failed:{jid}": "handlers/test_bounds.py::test_log_ins_of_users_whom_nobody_knows",
    "login:*": "handlers/test_bounds.py::test_a_log_in_with_parts_that_are_too_long",
}


class Field:
    """A store with one session."""

    def __init__(self, client, sid: str) -> None:
        self.client, self.sid, self.feed, self.sessions = (
            client,
            sid,
            HolderSessionStore(client),
            GatewaySessionStore(client, unknown_presence_ms=0),
        )
        self.count = 0

    def stranger(self, length: int = 0) -> str:
        self.count += 1
        return f"{'m' * length}{self.count}@evil.example"

    def store(self, **changes) -> None:
        self.feed.store(self.sid, 1, StreamChanges(**changes))

    def commit(self, reply: bytes = b"", **effects) -> None:
        self.count += 1
        with suppress(TooMuch, OutboxFull):
            self.sessions.commit(self.sid, str(self.count), "digest", reply, RequestEffects(**effects))

    def used(self) -> int:
        """Memory of all keys, bytes."""
        return memory(self.client)


def attacks(*rows: str) -> Callable[[Attack], Attack]:
    def note(attack: Attack) -> Attack:
        ATTACKS.update(dict.fromkeys(rows, attack))
        return attack

    return note


# --- what comes over XMPP ---


@attacks("seen:{sid}")
def ids_of_stanzas(field: Field) -> None:
    """The phone fetches all: only the names stay."""
    for number in range(5000):
        seen = f"{number} {LONG}" if number < 300 else f"i a@b {number}"
        said = kept_since(-62_135_596_800 + number) if number % 2 else LIVE
        field.store(items=[Delivery(f"m{number}", "a@b", b"", seen=seen, said=said)])
        field.client.delete(*keys.of(field.sid, "i", "q"))
    field.client.delete(*keys.of(field.sid, "i", "q"))


@attacks("rc:{sid}")
def receipts(field: Field) -> None:
    for number in range(300):
        field.store(items=[Delivery(f"m{number}", "a@b", b"", receipt=LONG.encode())])
    for number in range(100):
        field.store(items=[Delivery(f"n{number}", "a@b", b"", receipt=b"x" * bounds.RECEIPT_BYTES)])


@attacks("topic:{room}")
def topics(field: Field) -> None:
    groups = GroupStore(field.client)
    for number in range(bounds.MOST_ROOMS):
        groups.keep_topic(f"{number}@rooms.evil.example", LONG)
        groups.keep_topic(f"{number}{LONG}@rooms.evil.example", LONG)


@attacks("had:{jid}", "had:{sid}")
def copies_that_were_read(field: Field) -> None:
    had = DeliveredCopies(field.client)
    for number in range(3000):
        had.keep(JID, {f"s{number:037}": number, f"a{number:037}": number})
        field.store(items=[Delivery(f"m{number}", "a@b", b"", copy=f"s{number:037}")])
        field.commit(dropped_items=[f"m{number}"])


@attacks("handsets:{jid}")
def what_handsets_have_published(field: Field) -> None:
    remembered = HandsetMemory(field.client)
    for number in range(100):
        for name, size in ((f"handset{number}", 99_000), (f"handset{number}{LONG}", 200_000)):
            remembered.keep_own_presence(JID, name, {"text": "x" * size})
            remembered.keep_pep_nodes(JID, name, ["x" * size])


@attacks("login-tokens:{jid}")
def tokens_of_a_server(field: Field) -> None:
    """A server chooses the token and SCRAM's salt; a phone how many clients the account has."""
    tokens = LoginTokens(field.client, KeyRing([("k1", b"k" * 32)]))
    for number in range(200):
        for secret, salt in (("x" * 1500, b"s"), (LONG, b"s"), ("x", LONG.encode())):
            with suppress(TooMuch):
                tokens.put(JID, f"{number:036}", StoredLoginToken("HT-SHA-256-NONE", secret, 2e9, "sha1", salt, 1, b"k" * 20))
        with suppress(TooMuch):
            tokens.put(JID, f"{number}{LONG}", StoredLoginToken("HT-SHA-256-NONE", "x", 2e9, "sha1", b"s", 1, b"k" * 20))


@attacks("alias:{jid}")
def long_addresses_of_strangers(field: Field) -> None:
    aliases = AddressAliases(field.client)
    for number in range(3000):
        aliases.keep(JID, {f"x{number:010}": f"wv:{LONG}{number}@example.net", f"y{number:010}": "wv:" + "x" * 5000})


@attacks("moved:{sid}")
def log_ins_in_the_name_of_sessions(field: Field) -> None:
    for number in range(2000):
        field.sessions.note_move(f"session{number % 100}", "")


@attacks("out:{sid}")
def links_and_messages(field: Field) -> None:
    for number in range(400):
        field.store(items=[Delivery(f"m{number}", "a@b", b"", job=b"x" * 2000)])
    for _ in range(20):
        field.commit(commands=[b"x" * 60_000])
        field.commit(commands=[b"x" * 60_000] * 20)
        field.commit(commands=[b"x"])
    for _ in range(1000):
        with suppress(OutboxFull):
            field.sessions.push(field.sid, b"x" * 100)


@attacks("ros:{sid}", "res:{sid}", "pres:{sid}", "pep:{sid}")
def presence(field: Field) -> None:
    """One contact, and strangers."""
    field.store(roster={JID: b"x" * 1000})
    for size in (1000, 20_000, 60_000, 200_000):
        value = b"x" * size
        field.store(roster={JID: value}, resources={JID: value}, presence={JID: value}, extras={JID: value})
    for _ in range(3000):
        who = field.stranger()
        field.store(resources={who: b"x" * 10_000}, presence={who: b"x" * 10_000}, extras={who: b"x" * 10_000})
    for _ in range(100):
        who = field.stranger(3000)
        field.store(roster={who: b"x"}, presence={who: b"x"})


@attacks("rooms:{sid}")
def rooms_with_long_descriptions(field: Field) -> None:
    for number in range(200):
        field.store(rooms={f"room{number}@rooms.example": b"x" * (200_000 if number % 2 else 8000)})


@attacks("occ:{sid}")
def crowded_rooms(field: Field) -> None:
    for number in range(4000):
        nick = LONG if number < 100 else "n" * 210
        field.store(occupants={f"room1@rooms.example/{nick}{number}": b"x" * 256})


@attacks("asks:{jid}")
def requests_for_presence(field: Field) -> None:
    pending = PendingRequests(field.client)
    for number in range(3000):
        with suppress(TooMuch):
            pending.put(JID, field.stranger(3000 if number % 2 else 400), "x" * 890)
        with suppress(TooMuch):
            pending.put(JID, field.stranger(), LONG)


@attacks("invites-in:{jid}", "invites-out:{jid}")
def invitations(field: Field) -> None:
    invites = InvitationStore(field.client)
    for number in range(1500):
        with suppress(TooMuch):
            password = "x" * (200_000 if number % 3 == 0 else 4000)
            invites.received.put(JID, f"invite{number}", Invitation("GR", "r@x", "wv:/r@x", "a@x", password=password))


@attacks("hist:{sid}")
def history(field: Field) -> None:
    histories = GroupHistories(field.client)
    for _ in range(3):
        histories.put(field.sid, [Text(f"h{number}", "club@rooms", "x" * 100_000, 1) for number in range(50)])


@attacks("find:{sid}")
def hits(field: Field) -> None:
    searches = SearchHits(field.client)
    for number in range(50):
        searches.put(field.sid, number, [f"{'x' * (3000 if each % 2 else 200)}{each}@x" for each in range(1000)], False, 1)


@attacks("pic:{name}")
def pictures(field: Field) -> None:
    scaled = ScaledPictures(field.client)
    for number in range(2000):
        scaled.put(f"hash{number}.form", b"x" * 24_000, "romeo@example.org")


# --- what a phone says ---


@attacks("s:{sid}")
def fields(field: Field) -> None:
    for length in (200_000, 60_000):
        long = "x" * length
        field.commit(update=SessionUpdate(own_presence={"text": long}))
        field.commit(update=SessionUpdate(capabilities=Capabilities(methods=(long,))))
        field.commit(update=SessionUpdate(group_methods={long: ("N", 0)}))
        field.commit(update=SessionUpdate(session=replace(SESSION, cookie=long)))
        field.commit(update=SessionUpdate(unsaid=long.encode()))


@attacks("sub:{sid}", "spell:{sid}", "dirty:{sid}", "sent:{sid}")
def subscriptions(field: Field) -> None:
    inbox = Inbox(field.client, RedeliveryPolicy(repeat_ms=60_000, contacts=100))
    for number in range(300):
        who = [field.stranger(3000 if number % 2 else 60) for _ in range(30)]
        wishes = dict.fromkeys(who, Subscription(["x" * 100]))
        field.commit(subscriptions=wishes, presence_due=who, spellings={jid: "wv:" + jid for jid in who})
        item = inbox.take(field.sid)
        inbox.take(field.sid, answered=getattr(item, "tid", ""), only_answer=True)
        field.commit(unsubscribed=who)


@attacks("asked:{sid}", "valid:{sid}")
def reports(field: Field) -> None:
    for number in range(3000):
        field.commit(
            reports_wanted={f"id{number}": field.stranger(3000 if number % 2 else 400)},
            report_within_ms={f"id{number}": 3_600_000},
        )


@attacks("a:{sid}:*")
def replies(field: Field) -> None:
    for number in range(500):
        field.commit(reply=b"x" * (200_000 if number % 5 == 0 else 30_000))
    for _ in range(5000):
        field.commit(reply=b"x")


@attacks("seg:{sid}:*")
def segments(field: Field) -> None:
    kept = Segments(field.client)
    for number in range(100):
        kept.put(field.sid, str(number), ["x" * 30_000] * (8 if number % 2 else 50))


@attacks("open:{sid}", "try:{sid}", "tid:{sid}")
def items_without_an_answer(field: Field) -> None:
    inbox = Inbox(field.client, RedeliveryPolicy(repeat_ms=0, repeats=3))
    for number in range(2500):
        field.store(items=[Delivery(f"e-{number}", "a@b", b"")])
        for _ in range(4):
            inbox.take(field.sid)


@attacks("lists:{jid}", "attrs:{jid}", "groups:{jid}", "joins:{jid}", "block:{jid}", "service:{jid}")
def what_an_account_keeps(field: Field) -> None:
    """One kind after the other: each may take a mebibyte."""
    lists, groups, blocks = AccountLists(field.client), GroupStore(field.client), BlockLists(field.client)

    def all_of(put: Callable[[str, bytes], object], name: str) -> None:
        before = field.used()
        for number in range(600):
            for who, size in (
                (f"n{number}", 60_000),
                (f"n{number}{'x' * 3000}", 10),
                (f"l{number}", 200_000),
                (f"s{number}", 3000),
            ):
                with suppress(TooMuch):
                    put(who, b"x" * size)
        assert field.used() - before < MEBIBYTE, name
        field.client.delete(keys.account(JID, name))

    all_of(lambda name, value: lists.contacts.put(JID, [ContactList(name, value.decode())]), "lists")
    all_of(lambda name, value: lists.attributes.put(JID, {name: AttributeList([value.decode()], [])}), "attrs")
    all_of(lambda name, value: lists.service_contact.put_item(JID, Item(name, value.decode())), "service")
    all_of(lambda name, value: groups.keep_settings(JID, name, KeptProperties(value.decode())), "groups")
    all_of(lambda name, value: groups.keep_joins(JID, name, value), "joins")
    all_of(lambda name, value: blocks.add(JID, "b", [name + "@x" * 200]), "block")
    all_of(lambda name, value: blocks.spell(JID, {name: "wv:" + "x" * len(value)}), "block")
    blocks.sync(JID, [f"{number}{'x' * 400}@x" for number in range(20_000)])
    blocks.confirm(JID, [f"{number}{'y' * 400}@x" for number in range(20_000)])


@attacks("clients:{jid}", "num:{jid}", "known:{jid}")
def handsets(field: Field) -> None:
    numbers, guard, clients = PhoneNumbers(field.client), LoginLimits(field.client), ClientSessions(field.client)
    for number in range(1000):
        numbers.learn(JID, f"+1555{number:07}", "code", now=number)
        guard.passed(JID, f"place{number}", "digest")
        clients.put(JID, "imps-abcdefghij", f"{number:028}")


@attacks("muc:{domain}", "muc-of:{service}", "sasl:{domain}", "xmpp:{domain}")
def domains(field: Field) -> None:
    groups, servers, states = GroupStore(field.client), SaslMechanisms(field.client), XmppServerStates(field.client)
    for number in range(300):
        groups.keep_service(f"{number}{LONG}.example", f"rooms.{number}.example")
        groups.keep_service(f"{number}.example", f"rooms.{number}{LONG}.example")
        servers.remember(f"{number}{LONG}.example", "SCRAM-SHA-1")
        states.note(f"{number}{LONG}.example", number)
        states.note("xmpp.example", number, LONG, LONG)


@attacks("cir:cookie:*", "cir:token:*", "cir:due, cir:smsin")
def cookies(field: Field) -> None:
    wakes = WakeStore(field.client)
    for number in range(500):
        wakes.put_cookie("cookie", f"{number:028}")
        wakes.put_token("token", f"{number:028}")
        wakes.due.soon(field.sid, 1000)
    assert len(wakes.of_cookie("cookie")) <= bounds.MOST_COOKIE_SESSIONS


# --- before a log-in, on the web, by SMS ---


@attacks("logins:{shard}")
def jobs_of_log_ins(field: Field) -> None:
    shards = Shards(field.client)
    for number in range(500):
        with suppress(TooMuch):
            shards.ask(7, b"x" * (200_000 if number % 2 else 8000))


@attacks("wrong:*", "refused:{domain}", "from:*, stray:*, forms:*, links:*, challenges:*", "tries:*, tried:*")
def guesses(field: Field) -> None:
    """From one address, at one domain."""
    guard, tries = LoginLimits(field.client), HourlyTries(field.client)
    for number in range(1500):
        ticket = LoginTicket(f"user{number % 50}@x", "x", f"digest{number}", "place", "address", f"slot{number}")
        if guard.reserve(ticket) == 1:
            guard.settle(ticket, 409)
        guard.stray("address")
        guard.busy("forms", "address", 30)
        guard.busy("challenges", "address", 30)
        tries.count("register", "address")
    for number in range(3):  # as many accounts as an address may make in an hour
        tries.keep("register", f"digest{number}", 403, LONG)


@attacks("pagelink:*")
def links_to_the_account_page(field: Field) -> None:
    """One that was followed again and again, and many that nobody has made."""
    ring = KeyRing([("k1", b"k" * 32)])
    links, link = PageLinks(field.client, ring), new_link(ring, 0)
    for number in range(2000):
        links.use(link, 1)
        links.use(f"AAAD6{number:025}", 1)
        links.use(LONG, 1)


@attacks("console-sessions:{console}", "console-tries:{console}")
def log_ins_to_the_console(field: Field) -> None:
    """From many addresses, with the token and without it."""
    console = ConsoleAccess(field.client)
    token = console.ensure_token(RING, ConsoleRole.OPERATOR, 0)
    for number in range(3000):
        console.reserve_try(f"{number}{LONG if number % 100 == 0 else ''}")
        console.log_in(LONG if number % 100 == 0 else f"wrong {number}", f"{number}", number)
    for number in range(500):
        console.log_in(token, f"{number}{LONG}", 5000 + number)
    assert len(console.sessions(5500)) == operator_bounds.MOST_CONSOLE_SESSIONS


@attacks("smsin:{number}", "smspart:{number}:*", "smsseen:{number}:*")
def short_messages(field: Field) -> None:
    incoming = InboundSmsStore(field.client)
    for number in range(1500):
        incoming.keep("+15550100", f"whole{number}", True, "m", 0, 1, b"x" * 500, b"head")
        incoming.keep("+15550101", f"long{number}", True, f"m{number}{LONG}", 0, 2, b"x", b"head")
        incoming.keep("+15550102", f"large{number}", True, "m", 0, 1, LONG.encode(), b"head")
        incoming.keep("+15550103", f"part{number}", True, f"m{number}", number % 26, 26, b"x" * 900, b"head")


@attacks("code:{jid}", "codes:{number}, codesto:{jid}", "cir:codes")
def codes(field: Field) -> None:
    numbers = PhoneNumbers(field.client)
    for _ in range(2000):
        if numbers.issue(JID, "+15550100", "123456"):
            numbers.send(b"x" * 200)


RING = KeyRing([("k1", b"k" * 32)])


@attacks("page:{jid}")
def sessions_of_the_account_page(field: Field) -> None:
    sessions = PageSessions(field.client, RING)
    for number in range(2000):
        with suppress(TooMuch):
            sessions.begin(PageSession(JID, str(number), LONG if number % 2 else "x" * 200))
        with suppress(TooMuch):
            sessions.change(PageSession(JID, str(number), "x", apn=LONG))


@attacks("phone:{who}")
def events_of_one_phone(field: Field) -> None:
    """Each is another one, with and without a password, and some have texts that no phone sends."""
    store = PhoneRequests(field.client, RING)
    who = store.of_account(JID)
    for number in range(400):
        kind = EventKind.REQUEST if number % 2 else EventKind.LOGIN
        some = [
            PhoneEvent(
                kind, number, number, name=f"{number} {each}", user=LONG if each % 2 else "u" * 80, agent="a" * 60, account=who
            )
            for each in range(20)
        ]
        store.add({who: some}, number)


@attacks("phones-seen")
def events_of_many_phones(field: Field) -> None:
    store = PhoneRequests(field.client, RING)
    for number in range(100):
        store.add(
            {store.of_address(f"{number}.{each}"): [PhoneEvent(EventKind.PAGE, 1, 1, name="/")] for each in range(50)}, number
        )


@attacks("history:{who}")
def what_happens_to_one_user(field: Field) -> None:
    """Each event is another one, some with texts that nobody writes."""
    history = History(field.client, RING, 3600)
    for number in range(60):
        some = []
        for kind in HistoryKind:
            for each in range(20):
                long = LONG if each % 2 else "x" * 100
                more = {"address": long, "number": long, "handset": long, "reason": f"{number % 7}{long}", "detail": str(each)}
                event = HistoryEvent(kind, number, number, user=JID, session=f"{number}.{each}", bearer=str(number), **more)
                some.append(HistoryNote(event))
        history.add(some, number)


@attacks("history-failed:{who}")
def failures_under_many_names(field: Field) -> None:
    history = History(field.client, RING, 3600)
    for number in range(30):
        some = []
        for each in range(100):
            failed = HistoryEvent(
                HistoryKind.FAILURE, number, number, user=field.stranger(), reason=LONG if each % 2 else "r" * 80
            )
            some += [HistoryNote(failed), HistoryNote(replace(failed, user=field.stranger(200_000)))]
            some += [HistoryNote(replace(failed, user="made-up@evil.example", reason=f"{chr(97 + each % 26)}{number}"))]
        history.add(some, number)


@attacks("history-addresses, history-strangers, history-names")
def failures_from_many_addresses(field: Field) -> None:
    history = History(field.client, RING, 3600)
    for number in range(30):
        failures = [
            HistoryEvent(HistoryKind.FAILURE, number, number, user="?", address=f"2001:db8:{number:x}:{each:x}::1", code=409)
            for each in range(100)
        ]
        history.add(map(HistoryNote, failures), number)


@attacks("recordings")
def phones_that_log_in_again_and_again(field: Field) -> None:
    """Who is recorded, and whose phone takes a session a second."""
    recordings = Recordings(field.client)
    for number in range(8):
        recordings.start(Recording(f"{number}", JID, time.time() + MAX_RECORDING_SECONDS, b"k" * 32))
        for each in range(500):
            recordings.follow(f"{number}", f"{each}{LONG if each % 2 else ''}", LONG if number % 2 else "")


@attacks("number-doubts")
def numbers_that_phones_write(field: Field) -> None:
    """Through every address of a network of trusted proxies, which all pass them on."""
    doubts = NumberDoubts(field.client)
    for number in range(1000):
        for sign in ("twice", "disagree", LONG):
            doubts.note(f"10.0.{number // 256}.{number % 256}", sign, LONG)


@attacks("number-probe:*")
def probes_that_the_doctor_has_not_begun(field: Field) -> None:
    probes = NumberProbes(field.client)
    probes.begin("begun")
    for number in range(1000):
        probes.answer("begun", LONG)
        probes.answer(f"{number}", "+15550100123")
        probes.answer(f"{number}{LONG}", LONG)


@attacks("settings:*")
def links_to_settings(field: Field) -> None:
    """As many as one account makes in an hour; the handler counts them."""
    links = SettingsLinks(field.client, RING)
    for number in range(10):
        for document in (b"x" * 1000, LONG.encode()):
            with suppress(TooMuch):
                links.keep(str(number), LinkedSettings(document, 1, "A" * 40))


@attacks("cir:ota")
def settings_by_sms(field: Field) -> None:
    queue = SettingsQueue(field.client, RING)
    for number in range(3000):
        for document in (b"x" * 1100, LONG.encode()):
            with suppress(TooMuch):
                queue.send(SettingsJob(JID, "+15550100", document, 1, "A" * 40, number))


@attacks("cir:smsid:*")
def ids_of_a_gateway(field: Field) -> None:
    jobs = SmsJobs(field.client)
    for number in range(1000):
        jobs.name(f"job{number}", "gateway", f"{number}{LONG if number % 2 else ''}")


@attacks("sessions-at:{domain}", "logins-at:{domain}")
def log_ins_at_a_domain_with_limits(field: Field) -> None:
    """A gateway that dies in the middle gives no place back."""
    quotas = DomainQuotas(field.client, QuotaPolicy({"example.org": 2000}, {"example.org": 2000, "any": 50}))
    for number in range(5000):
        quotas.take("example.org", f"{number:028}")
    for number in range(500):
        quotas.take("evil.example", f"{number:028}")


# --- the test ---

ROWS = {row.key: row for row in KEY_BOUNDS}
# Keys that end with something else: a session, an account, a piece of work.
LASTING = {
    name.partition(":")[0]
    for row in KEY_BOUNDS
    if row.expiry in ("none", "with the session", "with the sessions", "when done")
    for name in row.key.split(", ")
}


@pytest.fixture
def field(client, sid) -> Field:
    """Scripts, buffers and the like are there before anything is measured."""
    field = Field(client, sid)
    field.store(items=[Delivery("warm", "a@b", b"")])
    field.commit(reply=b"x")
    return field


@pytest.mark.parametrize("attack", sorted(set(ATTACKS.values()), key=lambda each: each.__name__), ids=lambda each: each.__name__)
def test_an_attack_costs_at_most_one_mebibyte(field, attack):
    before = field.used()
    attack(field)
    grown = field.used() - before
    assert grown <= MEBIBYTE, f"{grown:,} bytes"
    stays = {key.decode().partition(":")[0] for key in field.client.scan_iter() if field.client.ttl(key) < 0}
    assert stays <= LASTING


def test_every_row_is_attacked():
    named = set(ATTACKS) | set(ELSEWHERE) | {row.key for row in KEY_BOUNDS if row.alone}
    assert set(ROWS) == named
    for place in ELSEWHERE.values():
        path, _, name = place.partition("::")
        assert f"def {name}(" in (TESTS / path).read_text(encoding="utf-8"), place


def test_every_key_of_the_store_has_its_row():
    """Names of keys as the modules of the store write them."""
    source = "".join(path.read_text(encoding="utf-8") for path in (TESTS.parent / "onesoup" / "store").rglob("*.py"))
    written = set(re.findall(r'f"([a-z-]+):\{(?:\{|address|what|attempt|request|password|digest)', source))
    written |= set(re.findall(r'keys\.account\(\w+, "([a-z-]+)"', source))
    written |= {name for found in re.findall(r"keys\.of\(\w+, ([^)]*)\)", source) for name in re.findall(r'"([a-z]+)"', found)}
    known = {name.partition(":")[0] for row in KEY_BOUNDS for name in row.key.split(", ")}
    named_beside = {
        found
        for row in KEY_BOUNDS
        for found in re.findall(r"(\w+):\{+\w+\}+ has|\((\w+):", row.count)
        for found in found
        if found
    }
    ours = {
        "lease",
        "fence",
        "shard",
        "link",
        "number",
        "smsday",
        "smsd",
        "smsdt",
        "finds",
        "codes",
        "e",
        "s",
        "trace",
        "wake",
        "cred",
    }
    assert written - known - named_beside - ours == set()
