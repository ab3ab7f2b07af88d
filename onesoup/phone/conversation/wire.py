"""What goes over the network: one POST at a time in any encoding, and the line that wakes the phone. Knows no script."""

import http.client
import select
import socket
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from onesoup.phone.conversation.paths import PathNode, of_element
from onesoup.phone.errors import Unreachable
from onesoup.wire import codec, xmltext
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError

HTTP_TIMEOUT_SECONDS = 45.0
CONTINUE_TIMEOUT_SECONDS = 2.0


@dataclass
class Answer:
    """One HTTP answer. `root` is None when the body is empty or cannot be read; `error` says why."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    root: PathNode | None = None
    version: str = ""
    encoding: Encoding | None = None
    namespaces: dict[str, str] = field(default_factory=dict)  # element -> xmlns, XML only
    error: str = ""
    continued: bool = True

    @property
    def content(self) -> PathNode | None:
        """The primitive: the first element of the first TransactionContent."""
        return self.root.first("Session/Transaction/TransactionContent/*") if self.root else None

    def descriptor(self, name: str) -> str | None:
        return self.root.value(f"Session/Transaction/TransactionDescriptor/{name}") if self.root else None


class ConversationChannel:
    """POSTs to one URL over a connection that is kept, with the headers of the phone."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float = HTTP_TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{url!r} is no http:// URL")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._link = kind(parts.hostname, parts.port, timeout=timeout)
        self._target = parts.path or "/"
        self._headers = dict(headers)

    def post(self, body: bytes, content_type: str, more: Mapping[str, str] | None = None) -> Answer:
        """Unreachable when there is no answer. The phone waits for 100 Continue when its headers ask for it."""
        headers = {**self._headers, **(more or {})}
        began = time.monotonic()
        for attempt in (0, 1):
            kept = self._link.sock is not None
            try:
                continued = self._send(body, content_type, headers)
                response = self._link.getresponse()
                octets = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._link.close()
                # The server may have closed a kept connection: then the request was never read.
                if attempt or not kept or not isinstance(error, ConnectionError | http.client.BadStatusLine):
                    raise Unreachable(str(error) or type(error).__name__) from None
        found = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, found, octets, time.monotonic() - began, continued=continued)
        read(answer)
        return answer

    def _send(self, body: bytes, content_type: str, headers: Mapping[str, str]) -> bool:
        """Whether 100 Continue came, True where it was not asked for."""
        link = self._link
        link.putrequest("POST", self._target, skip_accept_encoding=True)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            link.putheader(name, value)
        link.endheaders()
        waits = any(name.lower() == "expect" for name in headers)
        continued = not waits or bool(select.select([link.sock], [], [], CONTINUE_TIMEOUT_SECONDS)[0])
        link.send(body)
        return continued

    def close(self) -> None:
        self._link.close()


def request(text: str, encoding: Encoding) -> bytes:
    """The bytes of a request that a script holds as XML."""
    octets = text.strip().encode()
    if encoding is Encoding.XML:
        return octets
    root, version, _ = xmltext.decode(octets)
    return codec.encode(Document(root, version, encoding))


def read(answer: Answer) -> None:
    """Takes the body apart. XML is read by a second reader, which keeps white space and namespaces."""
    if not answer.body:
        return
    try:
        document = codec.decode(answer.body)
        answer.version, answer.encoding = document.version, document.encoding
        if document.encoding is Encoding.XML:
            answer.root = _of_xml(ET.fromstring(answer.body), answer.namespaces)
        else:
            answer.root = of_element(document.root)
    except (WireError, ET.ParseError) as error:
        answer.error = str(error)


def _of_xml(element: ET.Element, namespaces: dict[str, str], parent: PathNode | None = None) -> PathNode:
    uri, brace, name = element.tag.rpartition("}")
    if brace and (parent is None or name in ("TransactionContent", "PresenceSubList")):
        namespaces.setdefault(name, uri[1:])
    leaf = not len(element)
    node = PathNode(name, (element.text or "") if leaf else "", parent)
    node.children = [_of_xml(child, namespaces, node) for child in element]
    return node


class TcpLine:
    """The standalone TCP channel: lines that end with CR LF."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise Unreachable(f"{host}:{port}: {error.strerror or error}") from None
        self._rest, self._lines = b"", list[str]()

    def send(self, line: str) -> None:
        try:
            self._socket.sendall(line.encode() + b"\r\n")
        except OSError as error:
            raise Unreachable(f"the TCP line broke: {error}") from None

    def line(self, starts: str, seconds: float) -> str | None:
        """The next line that starts so, None when none comes in time. Others stay."""
        end = time.monotonic() + seconds
        while True:
            for place, line in enumerate(self._lines):
                if line.startswith(starts):
                    return self._lines.pop(place)
            if not self._more(end - time.monotonic()):
                return None

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def _more(self, seconds: float) -> bool:
        if seconds <= 0:
            return False
        try:
            self._socket.settimeout(seconds)
            data = self._socket.recv(4096)
        except OSError:
            return False
        if not data:
            time.sleep(min(seconds, 0.2))  # closed: waiting for a wake has become waiting
            return False
        *whole, self._rest = (self._rest + data).split(b"\r\n")
        self._lines += [line.decode("utf-8", "replace") for line in whole]
        return True
