"""People on ordinary XMPP clients (slixmpp, in a process of its own), for tests. Nothing here sleeps: tests wait for events.

with Peers() as peers:
    bob = peers.connect("bob@localhost", "secret", stack.xmpp, stack.ca_file)
    bob.send("alice@localhost", "hello")
    assert bob.message(sender="alice@localhost").body == "hello"
"""

import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen
from xml.etree import ElementTree
from xml.sax.saxutils import escape

WITHIN = 15.0
MUC = "http://jabber.org/protocol/muc"
_ids = itertools.count(1)


@dataclass(frozen=True)
class Event:
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0  # monotonic

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None


class Peers:
    """The process, and all clients in it."""

    def __init__(self, log: Path | None = None) -> None:
        self._log, self._numbers = log, itertools.count(1)
        self._changed = threading.Condition()
        self._events: dict[str, list[Event]] = {}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        errors = self._log.open("w") if self._log else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def connect(self, jid: str, password: str, address: tuple[str, int], ca: Path) -> "Peer":
        """A client that is online, its roster fetched, its presence not sent yet."""
        name = f"{jid}#{next(self._numbers)}"
        self._events[name] = []
        self.order(name, "connect", jid=jid, password=password, host=address[0], port=address[1], ca=str(ca))
        peer = Peer(self, name, jid.partition("/")[0])
        peer.wait("connected")
        return peer

    def order(self, name: str, do: str, **fields: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"client": name, "do": do, **fields}) + "\n")
        self._process.stdin.flush()

    def wait(self, name: str, wanted: Callable[[Event], bool], within: float, past: set[int] | None = None) -> Event | None:
        """The first event, old or new, that is wanted; `past` holds the places of those that were given out already."""
        end = time.monotonic() + within
        with self._changed:
            place = 0
            while True:
                events = self._events[name]
                while place < len(events):
                    if (past is None or place not in past) and wanted(events[place]):
                        if past is not None:
                            past.add(place)
                        return events[place]
                    place += 1
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return None

    def events(self, name: str) -> list[Event]:
        with self._changed:
            return list(self._events[name])

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            fields = json.loads(line)
            name, kind = fields.pop("client"), fields.pop("event")
            with self._changed:
                self._events[name].append(Event(kind, fields, time.monotonic()))
                self._changed.notify_all()


PING = "<ping xmlns='urn:xmpp:ping'/>"
VCARD = {
    "full": "FN", "given": "N/GIVEN", "family": "N/FAMILY", "nickname": "NICKNAME", "birthday": "BDAY", "title": "TITLE",
    "locality": "ADR/LOCALITY", "country": "ADR/CTRY", "email": "EMAIL/USERID", "tel": "TEL/NUMBER", "note": "DESC",
    "photo_type": "PHOTO/TYPE", "photo": "PHOTO/BINVAL",
}  # fmt: skip


class Peer:
    """One person's client. Every event is given out once by `wait`, in the order of arrival among those that match."""

    def __init__(self, peers: Peers, name: str, jid: str) -> None:
        self._peers, self._name, self.jid = peers, name, jid
        self._given: set[int] = set()

    def send(self, to: str, body: str, id: str | None = None, receipt: bool = False, extra: str = "") -> None:
        """`extra` is one more element of the stanza, as XML."""
        self._peers.order(self._name, "send", to=to, body=body, id=id, receipt=receipt, extra=extra)

    def share(self, to: str, url: str, id: str | None = None, receipt: bool = False) -> None:
        """A link to a file, as today's clients send it."""
        self.send(to, url, id, receipt, f"<x xmlns='jabber:x:oob'><url>{escape(url)}</url></x>")

    def ask(self, to: str, kind: str, payload: str) -> ElementTree.Element:
        """The answer to an iq."""
        self._peers.order(self._name, "ask", to=to, kind=kind, payload=payload)
        return ElementTree.fromstring(self.wait("answer").xml)

    def upload(self, name: str, kind: str, data: bytes) -> str:
        """Where a file of this person can be had now (XEP-0363)."""
        space = "urn:xmpp:http:upload:0"
        request = f"<request xmlns='{space}' filename='{name}' size='{len(data)}' content-type='{kind}'/>"
        slot = self.ask(f"upload.{self.jid.rpartition('@')[2]}", "get", request)
        put, get = slot.find(f".//{{{space}}}put"), slot.find(f".//{{{space}}}get")
        assert put is not None
        assert get is not None
        headers = {each.get("name", ""): each.text or "" for each in put} | {"Content-Type": kind}
        with urlopen(Request(put.get("url", ""), data, headers, method="PUT"), timeout=WITHIN) as answer:
            assert answer.status == 201
        return get.get("url", "")

    def presence(self, show: str | None = None, status: str | None = None) -> None:
        """Returns when the server has it: it works off a stream in order, and answers what came behind."""
        self._peers.order(self._name, "presence", show=show, status=status)
        self.ask("", "get", PING)

    def unavailable(self) -> None:
        self._peers.order(self._name, "presence", kind="unavailable")
        self.ask("", "get", PING)

    def end(self) -> None:
        """Goes offline, if the server is there, without waiting for it."""
        self._peers.order(self._name, "presence", kind="unavailable")

    def forget_absences(self) -> None:
        """Who was offline so far is no news: `wait` finds those who go from now on."""
        for place, _ in self.all("presence", type="unavailable"):
            self._given.add(place)

    def subscription(self, to: str, kind: str) -> None:
        """subscribe, subscribed, unsubscribe or unsubscribed."""
        self._peers.order(self._name, "subscription", to=to, kind=kind)

    def iq(self, kind: str, xml: str, to: str | None = None) -> Event:
        """Sends a request of kind get or set; what came back, as `type` and `xml`."""
        for event in self.all("iq"):
            self._given.add(event[0])
        self._peers.order(self._name, "iq", kind=kind, xml=xml, to=to)
        return self.wait("iq")

    def publish(self, node: str, payload: str, id: str = "current") -> None:
        """An item of the account's own PEP node."""
        item = f"<publish node='{node}'><item id='{id}'>{payload}</item></publish>"
        done = self.iq("set", f"<pubsub xmlns='http://jabber.org/protocol/pubsub'>{item}</pubsub>")
        assert done.type == "result", done.xml

    def interests(self, *nodes: str) -> None:
        """Wants to hear what contacts publish there. Before the first presence."""
        self._peers.order(self._name, "interests", nodes=list(nodes))
        self.wait("interested")

    def passive(self) -> None:
        """Lets nobody in by itself from now on."""
        self._peers.order(self._name, "passive")

    def _room(self, room: str, payload: str) -> None:
        assert self.iq("set", payload, room).type == "result"

    def raw(self, xml: str) -> None:
        """Octets for the stream, whatever they are."""
        self._peers.order(self._name, "raw", xml=xml)

    def roster(self) -> dict[str, dict[str, str]]:
        """As the server has it now."""
        for event in self.all("roster"):
            self._given.add(event[0])
        self._peers.order(self._name, "roster")
        return self.wait("roster").items

    # --- rooms ---

    def join(self, room: str, nick: str, password: str = "") -> None:
        """Enters a room, and makes it if it is not there."""
        inner = f"<password>{password}</password>" if password else ""
        self.raw(f"<presence to='{room}/{nick}'><x xmlns='{MUC}'>{inner}<history maxstanzas='0'/></x></presence>")
        if 201 in self.wait("presence", sender=room, codes=lambda codes: 110 in codes).codes:
            self.configure(room)

    def configure(self, room: str, **values: str) -> None:
        fields = "".join(f"<field var='muc#roomconfig_{name}'><value>{value}</value></field>" for name, value in values.items())
        form = (
            f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{MUC}#roomconfig</value></field>{fields}</x>"
        )
        self._room(room, f"<query xmlns='{MUC}#owner'>{form}</query>")

    def leave(self, room: str, nick: str) -> None:
        self.raw(f"<presence to='{room}/{nick}' type='unavailable'/>")

    def say(self, room: str, body: str, private: bool = False) -> None:
        """`private`: `room` is room/nick."""
        kind, mark = ("chat", f"<x xmlns='{MUC}#user'/>") if private else ("groupchat", "")
        self.raw(f"<message to='{room}' type='{kind}' id='m{next(_ids)}'><body>{body}</body>{mark}</message>")

    def topic(self, room: str, text: str) -> None:
        self.raw(f"<message to='{room}' type='groupchat'><subject>{text}</subject></message>")

    def invite(self, room: str, whom: str, reason: str = "", direct: bool = False) -> None:
        if direct:
            self.raw(f"<message to='{whom}'><x xmlns='jabber:x:conference' jid='{room}' reason='{reason}'/></message>")
        else:
            invite = f"<invite to='{whom}'><reason>{reason}</reason></invite>"
            self.raw(f"<message to='{room}'><x xmlns='{MUC}#user'>{invite}</x></message>")

    def decline(self, room: str, whom: str, reason: str = "") -> None:
        decline = f"<decline to='{whom}'><reason>{reason}</reason></decline>"
        self.raw(f"<message to='{room}'><x xmlns='{MUC}#user'>{decline}</x></message>")

    def affiliate(self, room: str, jid: str, affiliation: str) -> None:
        self._room(room, f"<query xmlns='{MUC}#admin'><item jid='{jid}' affiliation='{affiliation}'/></query>")

    def kick(self, room: str, nick: str) -> None:
        self._room(room, f"<query xmlns='{MUC}#admin'><item nick='{nick}' role='none'/></query>")

    def destroy(self, room: str) -> None:
        self._room(room, f"<query xmlns='{MUC}#owner'><destroy/></query>")

    def rename(self, jid: str, name: str) -> None:
        """Gives a contact another name in the roster."""
        self._peers.order(self._name, "rename", jid=jid, to=name)
        self.wait("renamed")

    def vcard(self, **fields: str) -> None:
        """Publishes a vCard of these and nothing else; their names are those of VCARD."""
        card = ElementTree.Element("vCard", {"xmlns": "vcard-temp"})
        for name, value in fields.items():
            node = card
            for part in VCARD[name].split("/"):
                inner = node.find(part)
                node = inner if inner is not None else ElementTree.SubElement(node, part)
            node.text = value
        assert self.iq("set", ElementTree.tostring(card, encoding="unicode")).type == "result"

    def own_vcard(self) -> str:
        """The vCard that the server has now, as XML."""
        return str(self.iq("get", "<vCard xmlns='vcard-temp'/>").xml)

    def disconnect(self) -> None:
        self._peers.order(self._name, "disconnect")
        self.wait("disconnected")

    def wait(self, kind: str, within: float = WITHIN, after: Event | None = None, **wanted: object) -> Event:
        """The next event of a kind whose fields are as wanted. A wanted callable is asked. `after`: only what came later than
        that. AssertionError when none comes."""
        since = after.at if after is not None else 0.0
        found = self._peers.wait(self._name, lambda event: event.at >= since and _fits(event, kind, wanted), within, self._given)
        if found is None:
            seen = [f"{event.kind} {event.fields}" for event in self._peers.events(self._name)][-8:]
            raise AssertionError(f"{self.jid}: no {kind} {wanted} within {within:g} s; last events: {seen}")
        return found

    def message(self, within: float = WITHIN, **wanted: object) -> Event:
        return self.wait("message", within, **wanted)

    def all(self, kind: str, **wanted: object) -> list[tuple[int, Event]]:
        """Every event so far that fits, with its place, given out or not."""
        return [(n, event) for n, event in enumerate(self._peers.events(self._name)) if _fits(event, kind, wanted)]

    def bodies(self) -> list[str]:
        """The texts of all messages so far."""
        return [event.body for _, event in self.all("message", type="chat")]


def _fits(event: Event, kind: str, wanted: dict[str, object]) -> bool:
    pairs: Iterable[tuple[object, object]] = [(event.fields.get(name), value) for name, value in wanted.items()]
    return event.kind == kind and all(value(found) if callable(value) else found == value for found, value in pairs)
