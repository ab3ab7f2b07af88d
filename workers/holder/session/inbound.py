"""Stanzas of one read -> changes of the session, and answers to send. What the changes mean was decided by the pure mapping;
here is only what must be looked up for it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog
from xmpp.simplexml import Node

from onesoup.csp import copies, messages, presence
from onesoup.csp.lists import Item
from onesoup.csp.presence import OFFLINE_PRESENCE, Shown
from onesoup.csp.status import StatusCode
from onesoup.csp.text import addresses
from onesoup.runtime.ids import ordered_id, token
from onesoup.store import records
from onesoup.store.bounds import MOST_ROSTER
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.holder_side import ALWAYS, LIVE, UNSURE, ContactRecord, Delivery, StreamChanges, kept_since
from onesoup.xmpp import blocking, bounces, commands, contacts, errors, extras, namespaces, vcards
from onesoup.xmpp import messages as xmpp_messages
from onesoup.xmpp.bounces import Bounce
from onesoup.xmpp.contacts import Resource
from onesoup.xmpp.extras import Extras
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.events import TooBig
from onesoup.xmpp.stream.stream import log_given_up

if TYPE_CHECKING:
    from workers.holder.session.rooms.table import Rooms

log = structlog.get_logger(__name__)

MESSAGE_ID = 16
# The ids of our messages. Of one that was sent long ago, or by another holder, a bounce is known by that.
_OURS = re.compile(rf"[2-7a-z]{{{MESSAGE_ID}}}(\.\d{{1,3}})?")
# What is wrong with the session or its store, and not with one stanza.
NOT_OF_A_STANZA = (StoreDown, Fenced, NoSession, StreamFailure, OSError)
# Entries in one push; there is one (RFC 6121 section 2.1.6).
MAX_PUSHED = 100
# So much of a roster is kept, whatever the server says: entries, and octets of them all.
MOST_OCTETS = 8 * 1024 * 1024
PUSHES = (("query", namespaces.ROSTER), ("block", namespaces.BLOCKING), ("unblock", namespaces.BLOCKING))
# How long a message waits for the picture that its link leads to.
FETCH_SECONDS = 30
# The longest text that is taken, bytes of UTF-8: ten times what a phone reads, and as much as a phone may send.
MAX_BODY = 200_000
# Of the note with which somebody asks for presence, and of the id for which a receipt is sent.
MAX_NOTE, MAX_RECEIPT_ID = 500, 512
EXPIRED = StatusCode.MESSAGE_HAS_EXPIRED


class Where(NamedTuple):
    """Of a text in a group: its GroupID, who wrote it, whether to this phone alone, and how the phone wants it (see Room)."""

    group: str = ""
    nick: str = ""
    private: bool = False
    delivery: str = ""
    length: int = 0


NOWHERE = Where()


class Written(NamedTuple):
    """A message of the phone: to whom it went, and how it began."""

    to: str
    words: str = ""


class ContactFacts(Protocol):
    """What the intake looks up, and remembers, about contacts."""

    def kept(self, jids: list[str]) -> dict[str, ContactRecord]:
        """What is stored of contacts."""

    def item(self, jid: str) -> Item | None:
        """The roster item of a contact."""

    def granted(self, jid: str) -> bool:
        """Whether the user has granted presence to this one in advance."""

    def waits(self, jid: str) -> bool:
        """Whether this one has asked for presence, and the user has not decided yet."""

    def written(self, stanza_id: str) -> Written | None:
        """The message of this id, if the phone sent it a short while ago."""

    def blocks(self, jid: str) -> bool:
        """As refuses(), but only whom the user has named."""

    def refuses(self, jid: str) -> bool:
        """Whether the user does not want to hear from this one."""

    def blocked(self, kind: str, jids: list[str]) -> None:
        """The server says that it blocks these from now on, or blocks them no more; `kind` is block or unblock."""

    def wrote_to(self, jid: str) -> bool:
        """Whether the phone has sent this one anything a short while ago."""

    def lists_changed(self, items: Mapping[str, Item | None]) -> list[str]:
        """Tokens of the contact lists that another client changes with this push, if the phone wants to be told; None for an
        item that goes."""

    def asks(self, jid: str, note: str) -> None:
        """Somebody waits for the user's decision."""


@dataclass(frozen=True, slots=True)
class ContactLookup:
    """Something of a contact that must be fetched: its picture of this name (SHA-1), or what a client of this name is."""

    kind: str
    jid: str
    name: str
    resource: str = ""


PICTURE, CLIENT = "picture", "client"
Change = Callable[[dict[str, Resource], Extras], tuple[dict[str, Resource], Extras]]


@dataclass(slots=True)
class InboundBatch:
    """What becomes of the stanzas of one read. `again`: they may be some that were read before."""

    changes: StreamChanges = field(default_factory=StreamChanges)
    answers: list[Node] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    looks: list[ContactLookup] = field(default_factory=list)
    again: bool = False
    # Too much waits for the phone: nothing new is put to it.
    full: bool = False
    # To be called when the changes are stored.
    after: list[Callable[[], None]] = field(default_factory=list)


class InboundStanzas:
    """`own` is the bare JID of the session, `accepted` the longest text that the phone takes in one message. Keeps nothing of a
    contact; only the order of presences. `phone` tells the account's phones apart. `kinds` is what clients of some names are
    known to be, and grows elsewhere; `profile` is what is told of the phone to whoever asks."""

    __slots__ = ("_directory", "_kinds", "_order", "_phone", "_pictures", "_rooms", "accepted", "cut", "full", "own", "profile")

    def __init__(
        self,
        own: str,
        directory: ContactFacts,
        accepted: int,
        kinds: Mapping[str, str] = MappingProxyType({}),
        rooms: "Rooms | None" = None,
        phone: str = "",
    ) -> None:
        self.own, self._directory, self.accepted, self._kinds = own, directory, accepted, kinds
        self._phone = phone
        self._pictures, self._rooms = False, rooms
        self._order = int(time.time())
        self.profile = stanzas.DEFAULT_PHONE_PROFILE
        # A text, and a limit of the group that it is from, in parts that the phone takes.
        self.cut: Callable[[messages.Text, int], list[str]] = self._by_length
        # Too much waits for the phone: what people write is refused until it has fetched some.
        self.full = False

    def accept(self, octets: int, pictures: bool = False) -> None:
        """The longest text that the phone takes in one message, and whether links to pictures are to become pictures."""
        self.accepted, self._pictures = octets, pictures

    def _by_length(self, text: messages.Text, most: int) -> list[str]:
        return messages.split_text(text.body, min(most or self.accepted, self.accepted))

    def read(self, batch: list[Node], again: bool = False) -> InboundBatch:
        """Presence counts in the order it came; of each contact only the last state is stored. `again`: the stream has just been
        taken up, so the server may send what it sent before."""
        done = InboundBatch(again=again, full=self.full)
        if any(type(each) is TooBig for each in batch):
            batch = [each for each in batch if not (isinstance(each, TooBig) and self._too_big(each, done))]
        if self._rooms is not None:
            batch = self._rooms.read(batch, done, self)
        events = [
            each for each in batch if each.getName() == "message" and each.getTag("event", namespace=namespaces.PUBSUB_EVENT)
        ]
        self._presences([each for each in batch if each.getName() == "presence"] + events, done)
        for stanza in batch:
            if stanza.getName() == "message" and not any(stanza is each for each in events):
                self.attempt(done, stanza, partial(self._message, stanza, done), self._plainly)
            elif stanza.getName() == "iq":
                self.attempt(done, stanza, partial(self._iq, stanza, done), self._unreadable)
        return done

    def attempt(
        self,
        done: InboundBatch,
        stanza: Node,
        work: Callable[[], None],
        instead: Callable[[Node, InboundBatch], None] | None = None,
    ) -> bool:
        """Reads one stanza. A mistake of ours about it costs no other, and then `instead` has to save what it can: what is read
        is acknowledged, and does not come again. False when nothing was saved."""
        items, answers, after = len(done.changes.items), len(done.answers), len(done.after)
        try:
            work()
            return True
        except NOT_OF_A_STANZA:
            raise
        except Exception as error:
            log_given_up(stanza, error)
        del done.changes.items[items:], done.answers[answers:], done.after[after:]
        return instead is not None and self.attempt(done, stanza, partial(instead, stanza, done))

    def _too_big(self, stanza: TooBig, done: InboundBatch) -> bool:
        """Whether a stanza of which only the attributes were read is done with. Presence and errors say enough by these."""
        kind, sender = stanza.getAttr("type") or "", stanza.getAttr("from") or ""
        log.warning("stanza-too-big", stanza=stanza.getName(), kind=kind)
        if stanza.getName() == "presence" or kind == "error":
            return False
        if kind == "groupchat":
            if self._rooms is not None:
                self._rooms.unread(sender, done, self)
        elif stanza.getName() == "iq" and kind in ("get", "set"):
            done.answers.append(stanzas.iq_error(stanza, "resource-constraint"))
        elif stanza.getName() == "message" and not self._hands_on(sender):
            done.answers += stanzas.message_refusal(stanza, "this message is too long")
        return True

    def _hands_on(self, sender: str) -> bool:
        """Whether a message holds what somebody else wrote: a carbon, or what the account or a room has kept."""
        jid = addresses.bare(sender)
        of_room = "/" not in sender and self._rooms is not None and self._rooms.find(jid) is not None
        return jid in ("", self.own) or of_room

    # --- presence ---

    def _presences(self, present: list[Node], done: InboundBatch) -> None:
        about: dict[str, list[Node]] = {}
        for stanza in present:
            jid = addresses.bare(stanza.getAttr("from") or "")
            kind = stanza.getAttr("type") or ""
            if not jid or jid == self.own:
                continue
            if stanza.getName() == "message" or kind in ("", "unavailable", "error", "unsubscribed"):
                about.setdefault(jid, []).append(stanza)
            if kind in ("subscribed", "unsubscribed") and self._rooms is not None:
                self._rooms.invitations.agreed(jid, kind == "subscribed", done)
            if kind == "subscribe":
                self.attempt(done, stanza, partial(self._asked, jid, stanza, done))
        known = self._directory.kept(list(about)) if about else {}
        for jid, its in about.items():
            self.attempt(done, its[-1], partial(self._contact, jid, its, known[jid], done))

    def _contact(self, jid: str, its: list[Node], kept: ContactRecord, done: InboundBatch) -> None:
        """All that came from one contact, in order."""
        resources, published, shown = _unpacked(kept)
        before = published
        for stanza in its:
            if stanza.getName() == "message":
                published = extras.read_event(stanza, published) or published
                continue
            self._order += 1
            name = (stanza.getAttr("from") or "").partition("/")[2]
            resources, shown = contacts.with_presence(resources, name, stanza, self._order, self.profile.language, self._kinds)
            photo = vcards.photo_hash(stanza)
            if photo is not None and name:
                published = replace(published, photo=photo)
            done.seen.add(jid)
            done.changes.resources[jid] = records.pack_plain(contacts.to_plain(resources)) if resources else b""
        if published != before:
            done.changes.extras[jid] = records.pack_plain(extras.to_plain(published))
        self._show(jid, kept, extras.with_published(shown, published), done)
        done.looks += looks(jid, resources, published, kept.wishes)

    def _show(self, jid: str, kept: ContactRecord, shown: Shown, done: InboundBatch) -> None:
        """The phone hears of it when something has changed that it has subscribed."""
        done.changes.presence[jid] = records.pack_shown(shown)
        before = records.unpack_shown(kept.presence)
        if before is None or kept.wishes is None:
            return
        if not presence.presence_differs(before, shown, records.unpack_wishes(kept.wishes)[0]):
            done.changes.quiet.add(jid)

    def learned(self, jid: str, kept: ContactRecord, change: Change) -> InboundBatch:
        """What was fetched of a contact, put into what is kept of it."""
        done = InboundBatch()
        resources, published, shown = _unpacked(kept)
        resources, published = change(resources, published)
        if resources:
            shown = contacts.aggregate(resources.values())
            done.changes.resources[jid] = records.pack_plain(contacts.to_plain(resources))
        done.changes.extras[jid] = records.pack_plain(extras.to_plain(published))
        self._show(jid, kept, extras.with_published(shown, published), done)
        return done

    def _asked(self, jid: str, stanza: Node, done: InboundBatch) -> None:
        """Somebody wants our presence (xmpp-mapping.md 5.3): granted in advance, or the user is asked, once in a session."""
        asker = (stanza.getAttr("from") or "").partition("/")[0]
        if "@" not in jid:
            # A transport: nothing that a user could decide. It is let in when the roster has it.
            if self._directory.item(jid) is not None:
                done.answers.append(stanzas.directed_presence("subscribed", asker))
            return
        if self._directory.refuses(jid):
            if self._directory.blocks(jid):  # whoever is only not named now may be later: the server will ask again
                done.answers.append(stanzas.directed_presence("unsubscribed", asker))
            return
        if self._directory.granted(jid):
            done.answers.append(stanzas.directed_presence("subscribed", asker))
            return
        if self.full:
            return  # nothing is decided: the server asks again with the next log-in
        note = xmpp_messages.text_in(stanza, "status", self.profile.language).strip()[:MAX_NOTE]
        asked_before = self._directory.waits(jid)
        self._directory.asks(jid, note)
        # Whoever was answered, and asks once more, has asked anew. Where too many wait nobody is noted.
        said = LIVE if not asked_before and self._directory.waits(jid) else ALWAYS
        now = int(time.time())
        if note:
            self.deliver(done, jid, note, now, f"note {jid} {note}", b"", said=said)
        identity = f"e-{token(MESSAGE_ID)}"
        event = records.pack_event("auth", jid, now)
        done.changes.items.append(Delivery(identity, jid, event, seen=f"auth {jid}", said=said))

    # --- messages ---

    def _message(self, stanza: Node, done: InboundBatch) -> None:
        incoming = xmpp_messages.read_message(stanza, self.own, self.profile.language)
        if incoming is not None:
            self._written(incoming, stanza, done)
            return
        receipt_for = xmpp_messages.read_receipt(stanza)
        if receipt_for is not None:
            self.report(done, *receipt_for, code=StatusCode.SUCCESSFUL)
            return
        bounce = bounces.read_bounce(stanza)
        if bounce is not None:
            self._bounced(bounce, done)

    def _plainly(self, stanza: Node, done: InboundBatch) -> None:
        """What could be read of a message that something in it made us fail at."""
        incoming = xmpp_messages.read_plainly(stanza, self.own)
        if incoming is not None:
            self._written(incoming, stanza, done)

    def _written(self, incoming: xmpp_messages.InboundMessage, stanza: Node, done: InboundBatch) -> None:
        if self._directory.refuses(incoming.sender):
            return
        if self.full or too_long(incoming.body):
            done.answers += stanzas.message_refusal(stanza)
            return
        self._incoming(incoming, done)

    def _bounced(self, bounce: Bounce, done: InboundBatch) -> None:
        """What the phone wrote did not arrive. It was told 200, so now it is told otherwise."""
        sender, written = addresses.bare(bounce.sender), self._directory.written(bounce.id)
        if written is None:
            # Sent long ago, or by another holder; or it is somebody's invention, who may as well write to the user.
            if self.full or not _OURS.fullmatch(bounce.id) or not sender or self._directory.refuses(sender):
                return
            written = Written(sender)
        elif sender not in (addresses.bare(written.to), self.own, addresses.domain_of(self.own), ""):
            return  # not from whom it went to
        self.report(done, written.to, bounce.id, errors.bounce_code(bounce.condition))
        text = bounces.bounce_text(bounces.bounce_reason(bounce.condition), bounce.text, written.words or bounce.words)
        self._tell(done, written.to, bounce.id, text)

    def _incoming(self, incoming: xmpp_messages.InboundMessage, done: InboundBatch) -> None:
        receipt = b""
        known = bool(incoming.receipt or incoming.url) and self._may_know(incoming.sender)
        if incoming.receipt and known and len(incoming.receipt) <= MAX_RECEIPT_ID:
            receipt = records.pack_command(commands.receipt(incoming.sender_full, incoming.receipt))
        sender, url, when, seen = incoming.sender, incoming.url, incoming.time, incoming.seen
        said = said_at(when, incoming.copied or done.again)
        # Whoever owns the place that a link leads to sees that it was fetched: that the phone is there.
        if not (url and known and self._pictures and len(url.encode()) <= self.accepted):
            self.deliver(done, sender, incoming.body, when, seen, receipt, said=said)
            return
        words = incoming.body.replace(url, "", 1).strip()
        copy = self._copy(sender, NOWHERE, seen, incoming.body)
        if words:
            self.deliver(done, sender, words, when, seen and f"{seen} words", b"", said=said, copy=copies.copy_part_name(copy))
        now = int(time.time())
        text = messages.Text(ordered_id(time.time()), sender, url, now if when is None else min(when, now), copy=copy)
        job = records.pack_command(commands.fetch(text.id, sender, url, now + FETCH_SECONDS))
        payload = records.pack_text(text)
        done.changes.items.append(Delivery(text.id, sender, payload, receipt, seen, job=job, copy=copy, said=said))

    def _may_know(self, jid: str) -> bool:
        """Whether this one may learn that the user's phone is there (XEP-0184 section 8)."""
        item = self._directory.item(jid)
        return (item is not None and item.subscription in ("from", "both")) or self._directory.wrote_to(jid)

    def failed(self, recipient: str, stanza_id: str, code: int, reason: str) -> StreamChanges:
        """A message of the phone that never left us: the report that was asked for, and words for the user."""
        done = InboundBatch()
        self.report(done, recipient, stanza_id, code)
        self._tell(done, recipient, stanza_id, bounces.bounce_text(reason))
        return done.changes

    def expired(self, overdue: list[tuple[str, str]]) -> StreamChanges:
        """Messages whose receipt did not come while they were valid, (stanza id, recipient): 542, as a report."""
        done = InboundBatch()
        for stanza_id, recipient in overdue:
            self.report(done, recipient, stanza_id, EXPIRED)
        return done.changes

    def _tell(self, done: InboundBatch, recipient: str, stanza_id: str, text: str) -> None:
        jid, _, nick = recipient.partition("/")
        room = self._rooms.find(jid) if self._rooms is not None else None
        where = Where(room.gid, nick, bool(nick)) if room is not None else NOWHERE
        self.deliver(done, jid, text, None, f"b {recipient} {stanza_id}", b"", where)

    def report(self, done: InboundBatch, recipient: str, stanza_id: str, code: int) -> None:
        """What became of a message of the phone; stored only if the phone asked for a report of it."""
        message_id = stanza_id.partition(".")[0]
        payload = records.pack_event("report", recipient, int(time.time()), id=message_id, code=code)
        done.changes.items.append(Delivery(f"e-{token(MESSAGE_ID)}", recipient, payload, needs=stanza_id))

    def _copy(self, sender: str, where: Where, seen: str, body: str) -> str:
        """What this copy of a message is called. It comes to every phone of the account under the same name; the text that is
        read of it may differ, as the languages of the phones do."""
        numbered = seen.startswith(xmpp_messages.ARCHIVE_NUMBERED_PREFIX)
        what = [seen] if numbered else [sender, where.nick, seen or body]
        return copies.copy_name(what, self._phone, time.time(), numbered)

    def deliver(
        self,
        done: InboundBatch,
        sender: str,
        body: str,
        when: int | None,
        seen: str,
        receipt: bytes,
        where: Where = NOWHERE,
        said: str = ALWAYS,
        copy: str = "",
    ) -> None:
        """A text for the phone, in parts where it is longer than it takes. The sender of one in a group is the room. `seen` and
        `said` as in a Delivery. `copy` is for what is a part of a message itself."""
        copy = copy or self._copy(sender, where, seen, body)
        now = int(time.time())
        at = now if when is None else min(when, now)
        whole = messages.Text("0" * 20, sender, body, at, group=where.group, nick=where.nick, private=where.private)
        parts = self.cut(whole, where.length)
        for number, part in enumerate(parts):
            id_ = (f"{where.delivery.lower()}." if where.delivery else "") + ordered_id(time.time())
            text = replace(whole, id=id_, body=part)
            last = number == len(parts) - 1
            # The receipt goes out when the last part has arrived.
            part_seen = seen and (seen if last else f"{seen} {number}")
            # A server is no user: what it says is an announcement.
            payload = records.pack_text(text) if "@" in sender else records.pack_announcement(text)
            part_copy, part_receipt = (copy, receipt) if last else (copies.copy_part_name(copy), b"")
            done.changes.items.append(Delivery(text.id, sender, payload, part_receipt, part_seen, copy=part_copy, said=said))

    # --- iq ---

    def _unreadable(self, stanza: Node, done: InboundBatch) -> None:
        """Whoever asks gets an answer."""
        if stanza.getAttr("type") in ("get", "set"):
            done.answers.append(stanzas.iq_error(stanza, "internal-server-error"))

    def _iq(self, stanza: Node, done: InboundBatch) -> None:
        if stanza.getAttr("type") not in ("get", "set"):
            return
        push = self._push(stanza)
        if push is None:
            done.answers.append(stanzas.iq_answer(stanza, self.own, self.profile, time.time()))
        elif push.getName() == "query":
            self._lists_changed(push, done)
            roster_changes(push, done.changes)
            done.answers.append(stanzas.iq_result(stanza))
        else:
            self._directory.blocked(push.getName(), blocking.read_items(push))
            done.answers.append(stanzas.iq_result(stanza))

    def _lists_changed(self, push: Node, done: InboundBatch) -> None:
        """Tells a phone that wants to know it (1.3) which lists another client has changed."""
        items = {addresses.bare(tag.getAttr("jid") or ""): contacts.read_item(tag) for tag in push.getTags("item")}
        tokens = self._directory.lists_changed(items)
        if tokens and not self.full:
            event = records.pack_event("lists", self.own, int(time.time()), tokens=tokens)
            done.changes.items.append(Delivery(f"e-{token(MESSAGE_ID)}", self.own, event))

    def _push(self, stanza: Node) -> Node | None:
        """What our own account has pushed. From anybody else it would let strangers write the roster."""
        if stanza.getAttr("type") != "set":
            return None
        if stanza.getAttr("from") and addresses.bare(stanza.getAttr("from")) not in (self.own, addresses.domain_of(self.own)):
            return None
        for name, namespace in PUSHES:
            if (push := stanza.getTag(name, namespace=namespace)) is not None:
                return push
        return None


def too_long(body: str) -> bool:
    """Whether a text is none that anybody's phone is given."""
    return len(body.encode("utf-8", "replace")) > MAX_BODY


def said_at(when: int | None, again: bool) -> str:
    """For a Delivery: what a stanza that was kept on the way since `when` may repeat; `again`: it may have come before."""
    if when is not None:
        return kept_since(when)
    return UNSURE if again else LIVE


def _unpacked(kept: ContactRecord) -> tuple[dict[str, Resource], Extras, Shown]:
    """Who is not there shows what was stored last: a status text may have come with the farewell."""
    resources = contacts.from_plain(records.unpack_plain(kept.resources, {}))
    shown = contacts.aggregate(resources.values())
    last = records.unpack_shown(kept.presence)
    if not resources and last is not None and not last.online:
        shown = last
    return resources, extras.from_plain(records.unpack_plain(kept.extras, None)), shown


def looks(
    jid: str, resources: Mapping[str, Resource], published: Extras, wishes: bytes | None, again: bool = False
) -> list[ContactLookup]:
    """What a subscription with these wishes needs of a contact and is not known. What was tried before is tried `again` only
    when the phone asks anew: a picture that broke the stream would break it for ever."""
    if wishes is None:
        return []
    names = records.unpack_wishes(wishes)[0]
    found = []
    if presence.wants_attribute(names, "status_content") and published.wanted:
        fresh = published.tried != published.wanted
        if fresh or (again and not published.picture):
            found.append(ContactLookup(PICTURE, jid, published.wanted))
    if presence.wants_attribute(names, "client_info"):
        for resource, each in resources.items():
            if each.caps and not each.client:
                found.append(ContactLookup(CLIENT, jid, each.caps, resource))
    return found


def roster_changes(query: Node, changes: StreamChanges) -> None:
    """Puts the items of a roster push into the changes."""
    for tag in query.getTags("item")[:MAX_PUSHED]:
        item = contacts.read_item(tag)
        if item is None:
            jid = addresses.bare(tag.getAttr("jid") or "")
            changes.roster.pop(jid, None)
            changes.unroster.append(jid)
            changes.presence[jid] = records.pack_shown(OFFLINE_PRESENCE)
        else:
            # The last push of one read counts: removals are stored behind all else.
            changes.unroster = [jid for jid in changes.unroster if jid != item.jid]
            changes.roster[item.jid] = records.pack_item(item)


class Roster:
    """The entries of a roster as they come, packed; as many as are kept. `left` is how many more there were."""

    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}
        self.left = self._octets = 0

    def add(self, tag: Node) -> None:
        if isinstance(tag, TooBig):
            self.left += 1
            return
        try:
            item = contacts.read_item(tag) if tag.getName() == "item" else None
            record = records.pack_item(item) if item is not None else b""
        except Exception as error:  # whatever is wrong with one entry, the others count
            log.warning("roster-item-failed", kind=type(error).__name__)
            return
        if item is None:
            return
        octets = len(item.jid) + len(record)
        if len(self.items) >= MOST_ROSTER or self._octets + octets > MOST_OCTETS:
            self.left += 1
        else:
            self._octets += octets
            self.items[item.jid] = record

    def told(self, own: str) -> Delivery:
        """What the user hears when some are left out."""
        words = f"Your contact list is too long. {self.left} contacts are not shown."
        text = messages.Text(ordered_id(time.time()), addresses.domain_of(own), words, int(time.time()))
        return Delivery(text.id, text.sender, records.pack_announcement(text))


def offline(jids: list[str]) -> StreamChanges:
    """These contacts are not to be seen any more."""
    return StreamChanges(resources=dict.fromkeys(jids, b""), presence={jid: records.pack_shown(Shown()) for jid in jids})
