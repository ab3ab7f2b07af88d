"""An ordinary XMPP client of the least kind: logs in, writes what it is told, notes when the text it waits for comes in.

It stands for somebody else's client, so it shares nothing with the project's own stream.
"""

import base64
import re
import socket
import ssl
import time
from pathlib import Path
from typing import Self

PEER_TIMEOUT_SECONDS = 30.0
# The longest stretch that a pattern may have to be found in.
PEER_BUFFER_BYTES = 8192


class Peer:
    """One account over direct TLS. All calls come from one greenlet at a time."""

    def __init__(self, user: str, password: str, domain: str, address: tuple[str, int], ca_file: Path) -> None:
        self.jid, self._domain = f"{user}@{domain}", domain
        self._login = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self._address, self._ca_file = address, ca_file
        self._buffer = b""

    def __enter__(self) -> Self:
        context = ssl.create_default_context(cafile=str(self._ca_file))
        link = socket.create_connection(self._address, PEER_TIMEOUT_SECONDS)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link = context.wrap_socket(link, server_hostname=self._domain)
        self._open()
        self._ask(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{self._login}</auth>", "<success")
        self._open()
        self._ask("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "id=.bind.")
        self.send("<presence/>")
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def _open(self) -> None:
        head = f"<stream:stream to='{self._domain}' version='1.0' xmlns='jabber:client'"
        self._ask(f"<?xml version='1.0'?>{head} xmlns:stream='http://etherx.jabber.org/streams'>", "</stream:features>")

    def _ask(self, text: str, answer: str) -> None:
        self.send(text)
        self.wait(answer)

    def send(self, text: str) -> None:
        self._link.sendall(text.encode())

    def message(self, to: str, body: str) -> None:
        self.send(f"<message to='{to}' type='chat' id='{body}'><body>{body}</body></message>")

    def wait(self, pattern: str) -> float:
        """Waits for bytes that match; returns their time of arrival (perf_counter) and forgets earlier ones. TimeoutError."""
        wanted = re.compile(pattern.encode())
        self._link.settimeout(PEER_TIMEOUT_SECONDS)
        while (found := wanted.search(self._buffer)) is None:
            data = self._link.recv(65536)
            if not data:
                raise ConnectionError(f"{self.jid}: closed while waiting for {pattern}")
            self._buffer = self._buffer[-PEER_BUFFER_BYTES:] + data
        self._buffer = self._buffer[found.end() :]
        return time.perf_counter()
