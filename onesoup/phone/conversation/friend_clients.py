"""People on ordinary XMPP clients, which run in a process of their own. Nothing here sleeps: callers wait for events.

with FriendClients() as clients:
    bob = clients.connect("bob@localhost/desk", "secret", ("127.0.0.1", 5222), ca_file)
    bob.presence()
    bob.send("alice@localhost", "hello")
    bob.wait("message", sender="alice@localhost", body="hi")
"""

import importlib.util
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
from xml.sax.saxutils import escape, quoteattr

from onesoup.xmpp import namespaces

EVENT_TIMEOUT_SECONDS = 30.0
MUC_SPACE = namespaces.MUC
UPLOAD_SPACE, ROSTER_TAG_PREFIX = namespaces.HTTP_UPLOAD, f"{{{namespaces.ROSTER}}}"
_PING = f"<ping xmlns='{namespaces.PING}'/>"


class BackendFailed(Exception):
    """An expected event on the XMPP side did not come. The text says what came."""


MISSING = "slixmpp is not installed: type `make setup` in the source tree, or `pip install slixmpp`"


def available() -> bool:
    """Whether slixmpp is installed here."""
    return importlib.util.find_spec("slixmpp") is not None


@dataclass
class Event:
    """One event of a client. Its fields are attributes, too. `taken`: a wait has returned it."""

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0  # monotonic
    taken: bool = False

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None

    def fits(self, kind: str, wanted: dict[str, object]) -> bool:
        """Whether it is of that kind and its fields are as wanted. A wanted callable is asked."""
        return self.kind == kind and all(
            value(self.fields.get(name)) if callable(value) else self.fields.get(name) == value for name, value in wanted.items()
        )


class FriendClients:
    """The process with all clients in it. A context manager. `log` is the file for what slixmpp complains of."""

    def __init__(self, log: Path | None = None) -> None:
        self._log, self._numbers = log, itertools.count(1)
        self._changed = threading.Condition()
        self._events: dict[str, list[Event]] = {}
        self._process: subprocess.Popen[str] | None = None
        self._writing = threading.Lock()  # conversations are played side by side

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("friend_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log.open("w") if self._log else subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def connect(self, jid: str, password: str, address: tuple[str, int], ca: Path | None) -> "FriendClient":
        """A client that is connected and has sent no presence. It accepts no subscription by itself."""
        return FriendClient(self, self.open(jid, password, address, ca, accepts=False), jid.partition("/")[0])

    def open(self, jid: str, password: str, address: tuple[str, int], ca: Path | None, accepts: bool) -> str:
        """Connects a client. Its name in this process."""
        name = f"{jid}#{next(self._numbers)}"
        self._events[name] = []
        place = {"host": address[0], "port": address[1], "ca": str(ca) if ca else None}
        self.order(name, "connect", jid=jid, password=password, accepts=accepts, **place)
        found = self.find(name, _first(lambda event: event.kind in ("connected", "refused")), EVENT_TIMEOUT_SECONDS)
        if found is None or found.kind == "refused":
            raise BackendFailed(f"{jid} cannot log in to the XMPP server")
        return name

    def order(self, name: str, do: str, **fields: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(json.dumps({"client": name, "do": do, **fields}) + "\n")
            self._process.stdin.flush()

    def find(self, name: str, wanted: Callable[[list[Event]], Event | None], within: float) -> Event | None:
        """The event that `wanted` finds among those so far; it is asked again at each new one."""
        end = time.monotonic() + within
        with self._changed:
            while (found := wanted(self._events[name])) is None:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            found.taken = True
            return found

    def events(self, name: str) -> list[Event]:
        with self._changed:
            return list(self._events[name])

    def _listen(self, lines: Iterable[str]) -> None:
        for line in lines:
            fields = json.loads(line)
            name, kind = fields.pop("client"), fields.pop("event")
            with self._changed:
                self._events[name].append(Event(kind, fields, time.monotonic()))
                self._changed.notify_all()


def _first(wanted: Callable[[Event], bool]) -> Callable[[list[Event]], Event | None]:
    return lambda events: next((each for each in events if not each.taken and wanted(each)), None)


class FriendClient:
    """One person's client. Waits return each event once, in the order of arrival among those that fit."""

    def __init__(self, clients: FriendClients, name: str, jid: str) -> None:
        self._clients, self._name, self.jid = clients, name, jid
        self._numbers = itertools.count(1)

    def order(self, do: str, **fields: object) -> None:
        self._clients.order(self._name, do, **fields)

    def close(self) -> None:
        """Breaks the connection."""
        self.order("abort")

    # --- events ---

    def wait_for(self, wanted: Callable[[Event], bool], within: float = EVENT_TIMEOUT_SECONDS) -> Event:
        """The next event that fits. BackendFailed when none comes."""
        return self._found(_first(wanted), within)

    def wait(self, kind: str, within: float = EVENT_TIMEOUT_SECONDS, after: Event | None = None, **wanted: object) -> Event:
        """The next event of a kind whose fields are as wanted. `after`: only what came later than that event."""
        since = after.at if after is not None else 0.0
        return self.wait_for(lambda event: event.at >= since and event.fits(kind, wanted), within)

    def newest(self, of: Callable[[Event], bool], wanted: Callable[[Event], bool]) -> Event:
        """Waits until the newest of some events fits, taken or not."""

        def last(events: list[Event]) -> Event | None:
            found = next((each for each in reversed(events) if of(each)), None)
            return found if found is not None and wanted(found) else None

        return self._found(last, EVENT_TIMEOUT_SECONDS)

    def untaken(self, kind: str) -> list[Event]:
        return [each for each in self._clients.events(self._name) if each.kind == kind and not each.taken]

    def all(self, kind: str, **wanted: object) -> list[Event]:
        """Every event so far that fits, taken or not."""
        return [each for each in self._clients.events(self._name) if each.fits(kind, wanted)]

    def _found(self, wanted: Callable[[list[Event]], Event | None], within: float) -> Event:
        found = self._clients.find(self._name, wanted, within)
        if found is None:
            raise BackendFailed(self._last_events())
        return found

    def _last_events(self) -> str:
        events = [each for each in self._clients.events(self._name) if each.kind not in ("connected", "iq", "interested")]
        return "; ".join(f"{each.kind} {each.fields}" for each in events[-5:]) or "nothing"

    # --- requests ---

    def iq(self, kind: str, xml: str, to: str | None = None) -> Event:
        """Sends a request of kind get or set. The answer has `type`, `condition` and `xml`."""
        number = next(self._numbers)
        self.order("iq", number=number, kind=kind, xml=xml, to=to)
        return self.wait("iq", EVENT_TIMEOUT_SECONDS * 2, number=number)

    def request(self, xml: str, to: str | None = None) -> None:
        """Sets something. BackendFailed with the condition of a refusal."""
        if (answer := self.iq("set", xml, to)).type != "result":
            raise BackendFailed(answer.condition or answer.type)

    def publish(self, node: str, payload: str, item: str = "current") -> None:
        """An item of the account's own PEP node."""
        publish = f"<publish node='{node}'><item id='{item}'>{payload}</item></publish>"
        self.request(f"<pubsub xmlns='{namespaces.PUBSUB}'>{publish}</pubsub>")

    def interests(self, *nodes: str) -> None:
        """Wants to hear what contacts publish there. Before the first presence."""
        self.order("interests", nodes=list(nodes))
        self.wait("interested")

    def roster(self) -> dict[str, dict[str, Any]]:
        """The roster on the server: {jid: name, subscription, groups}."""
        answer = ElementTree.fromstring(self.iq("get", f"<query xmlns='{namespaces.ROSTER}'/>").xml)
        return {item.get("jid", ""): _roster_item(item) for item in answer.iter(f"{ROSTER_TAG_PREFIX}item")}

    def presence(self, show: str | None = None, status: str | None = None, kind: str | None = None) -> None:
        """Returns when the server has it: it works off a stream in order, and has answered what came behind."""
        self.order("presence", show=show, status=status, kind=kind)
        self.iq("get", _PING)

    def unavailable(self, status: str | None = None) -> None:
        self.presence(status=status, kind="unavailable")

    def subscription(self, to: str, kind: str) -> None:
        """subscribe, subscribed, unsubscribe or unsubscribed."""
        self.order("subscription", to=to, kind=kind)

    # --- messages ---

    def send(self, to: str, body: str, id: str | None = None, receipt: bool = False, extra: str = "") -> None:
        """`extra` is one more element of the stanza, as XML."""
        self.order("send", to=to, body=body, id=id, receipt=receipt, extra=extra)

    def share(self, to: str, url: str, id: str | None = None, receipt: bool = False) -> None:
        """A link to a file, as today's clients send it (XEP-0066)."""
        self.send(to, url, id, receipt, f"<x xmlns='{namespaces.OUT_OF_BAND}'><url>{escape(url)}</url></x>")

    def upload(self, name: str, kind: str, data: bytes) -> str:
        """Uploads a file (XEP-0363). Its URL."""
        request = f"<request xmlns='{UPLOAD_SPACE}' filename='{name}' size='{len(data)}' content-type='{kind}'/>"
        answer = self.iq("get", request, f"upload.{self.jid.rpartition('@')[2]}")
        slot = ElementTree.fromstring(answer.xml) if answer.type == "result" else ElementTree.Element("none")
        put, get = slot.find(f".//{{{UPLOAD_SPACE}}}put"), slot.find(f".//{{{UPLOAD_SPACE}}}get")
        if put is None or get is None:
            raise BackendFailed(f"no upload slot: {answer.condition or answer.type}")
        headers = {each.get("name", ""): each.text or "" for each in put} | {"Content-Type": kind}
        with urlopen(Request(put.get("url", ""), data, headers, method="PUT"), timeout=EVENT_TIMEOUT_SECONDS):
            return get.get("url", "")

    def raw(self, xml: str) -> None:
        """Text for the stream, valid or not."""
        self.order("raw", xml=xml)

    # --- rooms ---

    def join(self, room: str, nick: str, password: str = "") -> None:
        """Enters a room, and creates it if it does not exist. Returns when the client is in."""
        inner = f"<password>{password}</password>" if password else ""
        self.raw(f"<presence to='{room}/{nick}'><x xmlns='{MUC_SPACE}'>{inner}<history maxstanzas='0'/></x></presence>")
        own = {"sender": room, "kind": "available", "codes": lambda codes: 110 in codes}
        if 201 in self.wait_for(lambda event: event.fits("presence", own)).codes:
            self.configure(room)

    def configure(self, room: str, **values: str) -> None:
        fields = "".join(f"<field var='muc#roomconfig_{name}'><value>{value}</value></field>" for name, value in values.items())
        form_type = f"<field var='FORM_TYPE'><value>{MUC_SPACE}#roomconfig</value></field>"
        self.request(
            f"<query xmlns='{MUC_SPACE}#owner'><x xmlns='{namespaces.DATA_FORMS}' type='submit'>{form_type}{fields}</x></query>",
            room,
        )

    def leave(self, room: str, nick: str) -> None:
        self.raw(f"<presence to='{room}/{nick}' type='unavailable'/>")

    def say(self, room: str, body: str, private: bool = False) -> None:
        """A message to a room. `private`: `room` is room/nick."""
        kind, mark = ("chat", f"<x xmlns='{MUC_SPACE}#user'/>") if private else ("groupchat", "")
        self.raw(f"<message to='{room}' type='{kind}' id='r{next(self._numbers)}'><body>{escape(body)}</body>{mark}</message>")

    def invite(self, room: str, whom: str, reason: str = "") -> None:
        """Invites through the room."""
        inner = f"<reason>{escape(reason)}</reason>" if reason else ""
        self.raw(f"<message to='{room}'><x xmlns='{MUC_SPACE}#user'><invite to={quoteattr(whom)}>{inner}</invite></x></message>")


def _roster_item(item: ElementTree.Element) -> dict[str, Any]:
    groups = [each.text or "" for each in item.findall(f"{ROSTER_TAG_PREFIX}group")]
    return {"name": item.get("name") or "", "subscription": item.get("subscription"), "groups": groups}
