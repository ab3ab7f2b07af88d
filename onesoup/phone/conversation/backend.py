"""What scripts say of the XMPP side, in sentences: done, or looked for, by ordinary XMPP clients.

`backend` sentences: bob sends 'text' to alice [and asks for a receipt]; bob shares a picture with alice [and asks for a receipt];
bob is available|away|xa|dnd|offline [with status 'text']; bob asks to see alice; bob accepts|refuses alice; bob stops showing
alice; bob stops seeing alice; bob feels happy [because 'text']; bob calls himself 'name'; bob is at 60.17, 24.94 in 'city'; bob
shows a picture; bob has the card 'name', 'number'; bob joins|leaves room 'name' as 'nick'; bob says 'text' in room 'name'; bob
invites alice into room 'name'.
`backend_expect` sentences: bob receives [exactly] 'text' [once]; bob receives a picture [once]; bob receives nothing more; bob
sees alice available|away|xa|dnd|offline [with status 'text']; bob is asked by alice; bob is accepted|refused by alice; bob has
[no] receipt; the roster of alice has bob [named 'name'] [in group 'group']; the roster of alice has no bob; available presence is
sent to the XMPP server; bob sees that alice feels happy|nothing; bob sees that alice calls herself 'name'; bob sees a|no picture
of alice; bob sees alice nowhere; bob sees 'nick' in|out of room 'name'; bob is invited into room 'name'; bob is declined in room
'name'.
Several are separated by semicolons. Names may be written as addresses.
"""

import base64
import hashlib
import io
import itertools
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from xml.sax.saxutils import escape

from PIL import Image

from onesoup.images import fit
from onesoup.phone.conversation.friend_clients import (
    EVENT_TIMEOUT_SECONDS,
    BackendFailed,
    Event,
    FriendClient,
    FriendClients,
)
from onesoup.phone.conversation.script import ScriptPerson
from onesoup.xmpp import namespaces

# How long "nothing more" and "once" look for more.
SETTLE_SECONDS = 0.15
_PART = re.compile(r"(?:'[^']*(?:'(?=\w)[^']*)*'|[^;'])+")


class UnknownSentence(ValueError):
    """No such sentence: the runner does not guess."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, which semicolons separate; not those inside quotes."""
    return [sentence for part in _PART.findall(text) if (sentence := " ".join(part.split()))]


class XmppBackend:
    """The people of one conversation on a server. They connect when a sentence first needs them."""

    def __init__(
        self, clients: FriendClients, people: Mapping[str, ScriptPerson], phone: str, address: tuple[str, int], ca: Path | None
    ):
        self._clients, self._people, self._phone, self._address, self._ca = clients, people, phone, address, ca
        self._online: dict[str, FriendClient] = {}
        self._watchers: dict[str, FriendClient] = {}  # clients without presence, which only look at a roster
        self._last_sent: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self.sent_at = 0.0

    def start(self) -> None:
        """Connects the people who are available at the start."""
        for person in self._people.values():
            if person.online:
                self.act(f"{person.user} is available")

    def act(self, text: str) -> None:
        """Does what the sentences say. BackendFailed, UnknownSentence."""
        self._each(text, _ACTS)

    def expect(self, text: str) -> None:
        """Returns when what the sentences say has happened; BackendFailed when it has not."""
        self._each(text, _EXPECTATIONS)

    def close(self) -> None:
        for client in (*self._online.values(), *self._watchers.values()):
            with suppress(OSError):
                client.close()

    def _each(self, text: str, table: "list[tuple[re.Pattern[str], Callable[..., None]]]") -> None:
        for sentence in sentences(text):
            found = next(((run, match) for pattern, run in table if (match := pattern.fullmatch(sentence))), None)
            if found is None:
                raise UnknownSentence(sentence)
            run, match = found
            try:
                run(self, **match.groupdict())
            except BackendFailed as error:
                raise BackendFailed(f"{sentence}: came {error}") from None

    # --- who ---

    def _person(self, name: str) -> ScriptPerson:
        found = self._people.get(name.partition("@")[0])
        if found is None:
            raise UnknownSentence(f"{name} is nobody of `given`")
        return found

    def _jid(self, name: str) -> str:
        return self._person(name).jid

    def _client(self, name: str) -> FriendClient:
        person = self._person(name)
        if person.user not in self._online:
            self._online[person.user] = self._connect(person, "desk")
        return self._online[person.user]

    def _connect(self, person: ScriptPerson, resource: str) -> FriendClient:
        client = self._clients.connect(f"{person.jid}/{resource}", person.password, self._address, self._ca)
        client.interests(*INTERESTS)
        return client

    def _watcher(self, name: str) -> FriendClient:
        person = self._person(name)
        if person.user not in self._watchers:
            self._watchers[person.user] = self._connect(person, "watch")
        return self._watchers[person.user]

    # --- deeds ---

    def send(self, who: str, text: str, to: str, receipt: str | None) -> None:
        self._last_sent[self._person(who).user] = stanza_id = f"m{next(self._numbers)}"
        self.sent_at = time.time()
        self._client(who).send(self._jid(to), text, stanza_id, bool(receipt))

    def share(self, who: str, to: str, receipt: str | None) -> None:
        """Uploads a picture (XEP-0363) and sends its address (XEP-0066)."""
        self._last_sent[self._person(who).user] = stanza_id = f"m{next(self._numbers)}"
        self.sent_at = time.time()
        client = self._client(who)
        client.share(self._jid(to), client.upload("view.jpg", "image/jpeg", _picture()), stanza_id, bool(receipt))

    def become(self, who: str, state: str, status: str | None) -> None:
        """Returns when the server knows it: what the phone does next meets this state and not the one before."""
        client = self._client(who)
        if state == "offline":
            client.unavailable(status)
        else:
            client.presence(None if state == "available" else state, status)

    def subscription(self, who: str, to: str, kind: str) -> None:
        self._client(who).subscription(self._jid(to), kind)

    def feels(self, who: str, mood: str, text: str | None) -> None:
        words = f"<text>{escape(text)}</text>" if text else ""
        self._client(who).publish(MOOD_NODE, f"<mood xmlns='{MOOD_NODE}'><{mood}/>{words}</mood>")

    def calls(self, who: str, name: str) -> None:
        self._client(who).publish(NICK_NODE, f"<nick xmlns='{NICK_NODE}'>{escape(name)}</nick>")

    def place(self, who: str, lat: str, lon: str, city: str) -> None:
        where = f"<lat>{lat}</lat><locality>{escape(city)}</locality><lon>{lon}</lon>"
        self._client(who).publish(GEOLOC_NODE, f"<geoloc xmlns='{GEOLOC_NODE}'>{where}</geoloc>")

    def picture(self, who: str) -> None:
        octets = base64.b64decode(AVATAR_BASE64)
        name = hashlib.sha1(octets, usedforsecurity=False).hexdigest()
        self._client(who).publish(AVATAR_DATA_NODE, f"<data xmlns='{AVATAR_DATA_NODE}'>{AVATAR_BASE64}</data>", name)
        info = f"<info bytes='{len(octets)}' id='{name}' type='image/png'/>"
        self._client(who).publish(AVATAR_NODE, f"<metadata xmlns='{AVATAR_NODE}'>{info}</metadata>", name)

    def card(self, who: str, name: str, number: str) -> None:
        inside = f"<FN>{escape(name)}</FN><TEL><CELL/><NUMBER>{escape(number)}</NUMBER></TEL>"
        self._client(who).request(f"<vCard xmlns='{namespaces.VCARD}'>{inside}</vCard>")

    def _room(self, name: str) -> str:
        return f"{name}@conference.{self._jid(self._phone).partition('@')[2]}"

    def enter(self, who: str, name: str, nick: str) -> None:
        self._client(who).join(self._room(name), nick)

    def go(self, who: str, name: str, nick: str) -> None:
        self._client(who).leave(self._room(name), nick)

    def say(self, who: str, text: str, name: str) -> None:
        self.sent_at = time.time()
        self._client(who).say(self._room(name), text)

    def invite(self, who: str, to: str, name: str) -> None:
        self._client(who).invite(self._room(name), self._jid(to))

    # --- expectations ---

    def _published(self, who: str, whom: str, node: str, fits: Callable[[Event], bool]) -> None:
        """Waits until the newest of a node fits."""
        sender = self._jid(whom)
        self._client(who).newest(lambda event: event.fits("published", {"sender": sender, "node": node}), fits)

    def sees_mood(self, who: str, whom: str, mood: str) -> None:
        wanted = [] if mood == "nothing" else [mood]
        self._published(who, whom, MOOD_NODE, lambda event: [each for each in event.fields["told"] if each != "text"] == wanted)

    def sees_name(self, who: str, whom: str, name: str) -> None:
        self._published(who, whom, NICK_NODE, lambda event: event.fields["text"] == name)

    def sees_picture(self, who: str, whom: str, which: str) -> None:
        self._published(who, whom, AVATAR_NODE, lambda event: ("info" in event.fields["told"]) == (which == "a"))

    def sees_nowhere(self, who: str, whom: str) -> None:
        sender, seen = self._jid(whom), self._client(who).untaken("published")
        if any(each.fields["sender"] == sender and each.fields["node"] == GEOLOC_NODE and each.fields["told"] for each in seen):
            raise BackendFailed("a place")

    def in_room(self, who: str, nick: str, where: str, name: str) -> None:
        room, kind = self._room(name), "available" if where == "in" else "unavailable"
        self._client(who).wait_for(lambda event: event.fits("presence", {"sender": room, "resource": nick, "kind": kind}))

    def invited(self, who: str, what: str, name: str) -> None:
        room, kind = self._room(name), "invite" if what == "invited into" else "decline"
        self._client(who).wait(kind, room=room)

    def receives(self, who: str, text: str, once: str | None) -> None:
        client = self._client(who)
        client.wait("message", body=text)
        if once:
            time.sleep(SETTLE_SECONDS)
            again = [each for each in client.untaken("message") if each.fields["body"] == text]
            if again:
                raise BackendFailed(f"it {len(again) + 1} times")

    def receives_picture(self, who: str, once: str | None) -> None:
        """A link that clients show, and what is there is a picture."""
        client = self._client(who)
        event = client.wait("message", oob=bool)
        url = event.fields["oob"]
        if url != event.fields["body"]:
            raise BackendFailed(f"{event.fields['body']!r} beside it")
        with urlopen(url, timeout=EVENT_TIMEOUT_SECONDS) as answer:
            if fit.kind(answer.read()) is None:
                raise BackendFailed(f"something else at {url}")
        if once:
            self.nothing_more(who)

    def nothing_more(self, who: str) -> None:
        time.sleep(SETTLE_SECONDS)
        more = [each.fields["body"] for each in self._client(who).untaken("message")]
        if more:
            raise BackendFailed(f"{more}")

    def sees(self, who: str, whom: str, state: str, status: str | None) -> None:
        def fits(event: Event) -> bool:
            kind, show = event.fields["kind"], event.fields["show"]
            now = "offline" if kind == "unavailable" else show or "available" if kind == "available" else kind
            return now == state and (status is None or event.fields["status"] == status)

        sender = self._jid(whom)
        self._client(who).newest(lambda event: event.fits("presence", {"sender": sender}), fits)

    def presence_kind(self, who: str, whom: str, kind: str) -> None:
        sender = self._jid(whom)
        self._client(who).wait_for(lambda event: event.fits("presence", {"kind": kind, "sender": sender}))

    def receipt(self, who: str, no: str | None) -> None:
        sent = self._last_sent.get(self._person(who).user)

        def fits(event: Event) -> bool:
            return event.kind == "receipt" and event.fields["id"] == sent

        if not no:
            self._client(who).wait_for(fits)
            return
        time.sleep(SETTLE_SECONDS)
        if any(fits(event) for event in self._client(who).untaken("receipt")):
            raise BackendFailed("a receipt")

    def in_roster(self, who: str, whom: str, no: str | None, name: str | None = None, group: str | None = None) -> None:
        jid, end = self._jid(whom) if "@" not in whom else whom, time.monotonic() + 5
        while True:
            item = self._watcher(who).roster().get(jid)
            if bool(no) == (item is None) and (item is None or _is(item, name, group)):
                return
            if time.monotonic() > end:
                raise BackendFailed(f"{item}")
            time.sleep(0.1)

    def phone_is_available(self) -> None:
        """Somebody who may see the phone's user sees that."""
        friends = [each.user for each in self._people.values() if self._phone in each.roster and each.user in self._online]
        if not friends:
            raise UnknownSentence("nobody is online who could see presence")
        self.sees(friends[0], self._phone, "available", None)


def _picture() -> bytes:
    """A photograph of nothing, larger than phones take."""
    out = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def _is(item: Mapping[str, Any], name: str | None, group: str | None) -> bool:
    return (name is None or item["name"] == name) and (group is None or group in item["groups"])


# What people publish, and the picture of everybody here: 40 by 30 pixels in one colour.
MOOD_NODE, NICK_NODE = namespaces.MOOD, namespaces.NICK
GEOLOC_NODE, AVATAR_NODE, AVATAR_DATA_NODE = (
    namespaces.GEOLOC,
    namespaces.AVATAR_METADATA,
    namespaces.AVATAR_DATA,
)
# What people want to hear of each other.
INTERESTS = (MOOD_NODE, NICK_NODE, GEOLOC_NODE, AVATAR_NODE)
AVATAR_BASE64 = "iVBORw0KGgoAAAANSUhEUgAAACgAAAAeAQAAAAB2pmFwAAAADElEQVR42mNgGHoAAAC0AAGxr1xMAAAAAElFTkSuQmCC"

_NAME = r"[\w.+-]+(?:@[\w.-]+)?"
_STATE = r"(?P<state>available|away|xa|dnd|chat|offline)(?: with status '(?P<status>.*)')?"


def _row(pattern: str, run: Callable[..., None]) -> "tuple[re.Pattern[str], Callable[..., None]]":
    text = pattern.replace("WHOM", f"(?P<whom>{_NAME})").replace("WHO", f"(?P<who>{_NAME})").replace("TO", f"(?P<to>{_NAME})")
    return re.compile(text.replace("STATE", _STATE)), run


def _kind(kind: str) -> Callable[..., None]:
    return lambda backend, who, to: backend.subscription(who, to, kind)


def _heard(kind: str) -> Callable[..., None]:
    return lambda backend, who, whom: backend.presence_kind(who, whom, kind)


_ACTS = [
    _row(r"WHO sends '(?P<text>.*)' to TO(?P<receipt> and asks for a receipt)?", XmppBackend.send),
    _row(r"WHO shares a picture with TO(?P<receipt> and asks for a receipt)?", XmppBackend.share),
    _row(r"WHO (?:is|becomes|goes) STATE", XmppBackend.become),
    _row(r"WHO asks to see TO", _kind("subscribe")),
    _row(r"WHO accepts TO", _kind("subscribed")),
    _row(r"WHO (?:refuses|stops showing) TO", _kind("unsubscribed")),
    _row(r"WHO stops seeing TO", _kind("unsubscribe")),
    _row(r"WHO feels (?P<mood>[a-z_]+)(?: because '(?P<text>.*)')?", XmppBackend.feels),
    _row(r"WHO calls (?:him|her)self '(?P<name>.*)'", XmppBackend.calls),
    _row(r"WHO is at (?P<lat>-?[\d.]+), (?P<lon>-?[\d.]+) in '(?P<city>.*)'", XmppBackend.place),
    _row(r"WHO shows a picture", XmppBackend.picture),
    _row(r"WHO has the card '(?P<name>.*)', '(?P<number>.*)'", XmppBackend.card),
    _row(r"WHO joins room '(?P<name>[^']+)' as '(?P<nick>[^']+)'", XmppBackend.enter),
    _row(r"WHO leaves room '(?P<name>[^']+)' as '(?P<nick>[^']+)'", XmppBackend.go),
    _row(r"WHO says '(?P<text>.*)' in room '(?P<name>[^']+)'", XmppBackend.say),
    _row(r"WHO invites TO into room '(?P<name>[^']+)'", XmppBackend.invite),
]
_EXPECTATIONS = [
    _row(r"WHO receives(?: exactly)? '(?P<text>.*)'(?P<once> once)?", XmppBackend.receives),
    _row(r"WHO receives a picture(?P<once> once)?", XmppBackend.receives_picture),
    _row(r"WHO receives nothing more", XmppBackend.nothing_more),
    _row(r"WHO sees WHOM STATE", XmppBackend.sees),
    _row(r"WHO sees that WHOM feels (?P<mood>[a-z_]+)", XmppBackend.sees_mood),
    _row(r"WHO sees that WHOM calls (?:him|her)self '(?P<name>.*)'", XmppBackend.sees_name),
    _row(r"WHO sees (?P<which>a|no) picture of WHOM", XmppBackend.sees_picture),
    _row(r"WHO sees WHOM nowhere", XmppBackend.sees_nowhere),
    _row(r"WHO sees '(?P<nick>[^']+)' (?P<where>in|out of) room '(?P<name>[^']+)'", XmppBackend.in_room),
    _row(r"WHO is (?P<what>invited into|declined in) room '(?P<name>[^']+)'", XmppBackend.invited),
    _row(r"WHO is asked by WHOM", _heard("subscribe")),
    _row(r"WHO is accepted by WHOM", _heard("subscribed")),
    _row(r"WHO is refused by WHOM", _heard("unsubscribed")),
    _row(r"WHO has (?P<no>no )?(?:the )?receipt", XmppBackend.receipt),
    _row(
        r"the roster of WHO has (?P<no>no )?WHOM(?: named '(?P<name>.*?)')?(?: in group '(?P<group>.*?)')?", XmppBackend.in_roster
    ),
    _row(r"available presence is sent to the XMPP server", XmppBackend.phone_is_available),
    # The player itself compares the answers to the same bytes.
    _row(r"the MessageID is that of the first answer", lambda _: None),
]
