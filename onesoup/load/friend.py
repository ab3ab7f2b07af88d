"""A small XMPP client for load: sends, receives, reconnects.

It shares no code with the stream of the holder, which it helps to judge.
A message counts as acknowledged when the server has answered a ping that was sent behind it: servers work off a stream in order.
"""

import base64
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.sax.saxutils import escape, quoteattr

import gevent
from gevent.lock import RLock

from onesoup.xmpp import namespaces

REPLY_TIMEOUT_SECONDS = 30.0
RECONNECT_DELAY_SECONDS = 1.0
CLIENT_SPACE, SASL_SPACE, BIND_SPACE, TLS_SPACE = (
    namespaces.CLIENT,
    namespaces.SASL,
    namespaces.BIND,
    namespaces.TLS,
)
STREAM_HEAD = (
    f"<?xml version='1.0'?><stream:stream to={{}} version='1.0' xmlns='{namespaces.CLIENT}' xmlns:stream='{namespaces.STREAM}'>"
)


class FriendError(Exception):
    """The server is not there, or refuses."""


class Friend:
    """One account. `start` returns when it is online; from then on it stays so until `close`."""

    def __init__(
        self,
        name: str,
        jid: str,
        password: str,
        address: tuple[str, int],
        ca_file: Path | None,
        on_message: Callable[[str, str, str], None],
        on_acknowledged: Callable[[object], None],
    ) -> None:
        """`on_message(bare sender, text, id)`; `on_acknowledged(what)` with what was given to `send`."""
        self.name, self.jid, self._password = name, jid, password
        self.domain = jid.rpartition("@")[2]
        self._address, self._ca_file = address, ca_file
        self._on_message, self._on_acknowledged = on_message, on_acknowledged
        self._socket: socket.socket | None = None
        self._parser: XMLPullParser[Element] = XMLPullParser(["start", "end"])
        self._depth = 0
        self._root: Element | None = None
        self._ready: list[Element] = []
        self._pings: dict[str, object] = {}
        self._number = 0
        self._lock = RLock()
        self._closing = False
        self.reconnects = 0
        # Bare JIDs that went away, and that came: what contacts see of a phone whose holder changes.
        self.went: Counter[str] = Counter()
        self.came: Counter[str] = Counter()

    def start(self) -> None:
        self._connect()
        gevent.spawn(self._live)

    def close(self) -> None:
        self._closing = True
        with suppress(OSError):
            if self._socket is not None:
                self._socket.sendall(b"<presence type='unavailable'/></stream:stream>")
        self._drop()

    @property
    def online(self) -> bool:
        return self._socket is not None

    def send(self, to: str, text: str, what: object) -> None:
        """A chat message. OSError when there is no connection: whether it was sent is not known."""
        with self._lock:
            self._number += 1
            ping = f"p{self._number}"
            self._pings[ping] = what
            self._write(
                f"<message to={quoteattr(to)} type='chat' id='{self.name}-{self._number}'><body>{escape(text)}</body></message>"
                f"<iq type='get' id='{ping}' to='{self.domain}'><ping xmlns='{namespaces.PING}'/></iq>"
            )

    # --- the connection ---

    def _live(self) -> None:
        while not self._closing:
            try:
                self._take(self._stanza())
            except (OSError, ValueError, FriendError, ParseError):  # ValueError: `close` has closed it
                self._drop()
                self._again()

    def _again(self) -> None:
        while not self._closing:
            gevent.sleep(RECONNECT_DELAY_SECONDS)
            with suppress(OSError, ValueError, FriendError, ParseError):
                self._connect()
                self.reconnects += 1
                return
            self._drop()

    def _drop(self) -> None:
        link, self._socket = self._socket, None
        self._pings.clear()
        if link is not None:
            with suppress(OSError):
                link.close()

    def _connect(self) -> None:
        link = socket.create_connection(self._address, REPLY_TIMEOUT_SECONDS)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._begin(link)
            self._ask(f"<starttls xmlns='{TLS_SPACE}'/>", f"{{{TLS_SPACE}}}proceed")
            context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
            link = context.wrap_socket(link, server_hostname=self.domain)
            self._begin(link)
            user = self.jid.rpartition("@")[0]
            proof = base64.b64encode(f"\0{user}\0{self._password}".encode()).decode()
            self._ask(f"<auth xmlns='{SASL_SPACE}' mechanism='PLAIN'>{proof}</auth>", f"{{{SASL_SPACE}}}success")
            self._begin(link)
            self._ask(
                f"<iq type='set' id='bind'><bind xmlns='{BIND_SPACE}'><resource>load</resource></bind></iq>",
                f"{{{CLIENT_SPACE}}}iq",
            )
        except BaseException:
            link.close()
            raise
        self._write("<presence/>")
        self._socket = link

    def _begin(self, link: socket.socket) -> None:
        """A new stream is a new document."""
        self._link = link
        self._parser, self._depth, self._root = XMLPullParser(["start", "end"]), 0, None
        self._ready.clear()
        self._ask(STREAM_HEAD.format(quoteattr(self.domain)), f"{{{namespaces.STREAM}}}features")

    def _ask(self, text: str, wanted: str) -> Element:
        self._write(text)
        answer = self._stanza(REPLY_TIMEOUT_SECONDS)
        if answer.tag != wanted or answer.get("type") == "error":
            raise FriendError(f"{self.jid}: {answer.tag} instead of {wanted}")
        return answer

    def _write(self, text: str) -> None:
        with self._lock:
            self._link.settimeout(REPLY_TIMEOUT_SECONDS)
            self._link.sendall(text.encode())

    def _stanza(self, timeout: float | None = None) -> Element:
        """The next child of the stream."""
        while not self._ready:
            self._link.settimeout(timeout)
            data = self._link.recv(65536)
            if not data:
                raise FriendError(f"{self.jid}: the server closed the stream")
            self._parser.feed(data)
            for event, element in self._parser.read_events():  # type: ignore[misc]
                self._parsed(event, element)  # type: ignore[arg-type]
        return self._ready.pop(0)

    def _parsed(self, event: str, element: Element) -> None:
        if event == "start":
            self._depth += 1
            if self._depth == 1:
                self._root = element
            return
        self._depth -= 1
        if self._depth == 0:
            raise FriendError(f"{self.jid}: end of stream")
        if self._depth == 1:
            self._ready.append(element)
            if self._root is not None:
                self._root.clear()

    # --- what comes in ---

    def _take(self, stanza: Element) -> None:
        kind = stanza.tag.partition("}")[2]
        sender = (stanza.get("from") or "").partition("/")[0]
        if kind == "message" and stanza.get("type") != "error":
            body = stanza.findtext(f"{{{CLIENT_SPACE}}}body")
            if body is not None:
                self._on_message(sender, body, stanza.get("id") or "")
        elif kind == "presence" and sender != self.jid:
            if stanza.get("type") == "unavailable":
                self.went[sender] += 1
            elif stanza.get("type") is None:
                self.came[sender] += 1
        elif kind == "iq":
            self._iq(stanza)

    def _iq(self, stanza: Element) -> None:
        if stanza.get("type") in ("result", "error"):
            what = self._pings.pop(stanza.get("id") or "", None)
            if what is not None:
                self._on_acknowledged(what)
        elif stanza.get("type") == "get":
            to, name = stanza.get("from"), stanza.get("id") or ""
            back = f" to={quoteattr(to)}" if to else ""
            error = f"<error type='cancel'><service-unavailable xmlns='{namespaces.STANZA_ERRORS}'/></error>"
            self._write(f"<iq type='error' id={quoteattr(name)}{back}>{error}</iq>")
