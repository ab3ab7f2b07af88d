"""Carriers' gateways for tests: an HTTP one that does as it is told, an SMSC that speaks SMPP, and a real Kannel."""

import os
import re
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote_to_bytes, urlencode

import gevent
from gevent.event import Event
from gevent.server import StreamServer

from cir.smpp import pdus
from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.runtime.ports import free_port

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
OK = "HTTP/1.1 202 Accepted\r\nContent-Length: 26\r\n\r\n0: Accepted for delivery.."


@dataclass
class Asked:
    """One request as it came, octet for octet."""

    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n")[0]

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@dataclass
class HttpGateway:
    """Answers with what `script` says, one entry a request, then with `otherwise`. "hang" never answers, "close" closes after
    it has read, "refuse" closes at once."""

    script: list[str] = field(default_factory=list)
    otherwise: str = OK
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = StreamServer(("127.0.0.1", free_port()), self._serve)  # which nobody takes when it has stopped
        self._server.start()
        self._held: list[socket.socket] = []
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        """From now on nobody listens."""
        self._server.stop(timeout=0)

    def until(self, count: int, within: float = 60.0) -> list[Asked]:
        with gevent.Timeout(within):
            while len(self.asked) < count:
                gevent.sleep(0.01)
        return self.asked

    def _serve(self, sock: socket.socket, _address: Any) -> None:
        data = b""
        with suppress(OSError):
            while True:
                while b"\r\n\r\n" not in data:
                    more = sock.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, data = data.partition(b"\r\n\r\n")
                request = Asked(head, b"")
                length = int(request.headers.get("content-length", 0))
                while len(data) < length:
                    data += sock.recv(65536)
                request.body, data = data[:length], data[length:]
                self.asked.append(request)
                answer = self.script.pop(0) if self.script else self.otherwise
                if answer == "hang":
                    self._held.append(sock)
                    gevent.sleep(60)
                if answer == "close":
                    sock.close()
                    return
                sock.sendall(answer.encode())


def answer(status: int, body: str = "", **headers: str) -> str:
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", body])


@dataclass
class Smsc:
    """A small SMSC: takes binds and messages, and sends receipts. `statuses` are what submits are answered with, in turn."""

    password: str = "soup"
    statuses: list[int] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)
    silent: bool = False

    def __enter__(self) -> Self:
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.sock: socket.socket | None = None
        self.bound, self.answers, self._number = Event(), [], 0
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0)
        if self.sock is not None:
            self.sock.close()

    @property
    def url(self) -> str:
        return f"smpp://127.0.0.1:{self._server.server_port}"

    def drop(self) -> None:
        """The connection breaks."""
        assert self.sock is not None
        self.bound.clear()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def receipt(self, message_id: str, state: str = "DELIVRD") -> None:
        text = f"id:{message_id} sub:001 dlvrd:001 submit date:2611221539 done date:2611221540 stat:{state} err:000 text:"
        pdu = pdus.deliver_sm(900, pdus.SmppAddress("15550100123", 1, 1), pdus.SmppAddress("100"), text.encode())
        assert self.sock is not None
        self.sock.sendall(pdus.encode_pdu(pdu))

    def deliver(self, text: bytes, udh: bytes = b"", sequence: int = 901) -> None:
        """A message of a phone's."""
        source, target = pdus.SmppAddress("15550100123", 1, 1), pdus.SmppAddress("100")
        said = pdus.SubmitSm(source, target, udh + text, pdus.ESM_CLASS_UDHI if udh else 0, 4, 0)
        assert self.sock is not None
        self.sock.sendall(pdus.encode_pdu(pdus.Pdu(pdus.DELIVER_SM, 0, sequence, pdus.submit_sm(1, said).body)))

    def ask(self) -> None:
        """enquire_link from our side."""
        assert self.sock is not None
        self.sock.sendall(pdus.encode_pdu(pdus.Pdu(pdus.ENQUIRE_LINK, 0, 77)))

    def until(self, count: int) -> list[bytes]:
        with gevent.Timeout(60):
            while len(self.got) < count:
                gevent.sleep(0.01)
        return self.got

    def _serve(self, sock: socket.socket, _address: Any) -> None:
        self.sock = sock
        with suppress(OSError):
            for octets in _pdus(sock):
                pdu = pdus.decode_pdu(octets)
                if pdu.command & 0x80000000:
                    self.answers.append(pdu)
                    continue
                if pdu.command == pdus.BIND_TRANSCEIVER:
                    good = pdu.body.split(b"\0")[1] == self.password.encode()
                    sock.sendall(pdus.encode_pdu(pdus.answer_pdu(pdu, b"smsc\0", 0 if good else 0x0E)))
                    if not good:
                        return
                    self.bound.set()
                elif pdu.command == pdus.SUBMIT_SM:
                    self.got.append(octets)
                    if self.silent:
                        continue
                    status = self.statuses.pop(0) if self.statuses else 0
                    self._number += 1
                    sock.sendall(
                        pdus.encode_pdu(pdus.answer_pdu(pdu, b"%d\0" % (self._number + 25) if not status else b"", status))
                    )
                else:
                    sock.sendall(pdus.encode_pdu(pdus.answer_pdu(pdu)))


def _pdus(sock: socket.socket) -> Iterator[bytes]:
    data = b""
    while True:
        while len(data) < 16 or len(data) < pdus.pdu_length(data):
            more = sock.recv(65536)
            if not more:
                return
            data += more
        size = pdus.pdu_length(data)
        yield data[:size]
        data = data[size:]


class Kannel:
    """bearerbox, smsbox and, where asked, wapbox, with Kannel's own test SMSC behind them, all on this machine."""

    def __init__(self, directory: Path, wapbox: bool = False, hook: str = "", carrier: bool = False) -> None:
        """`hook` is a get-url or post-url line for messages of phones. With `carrier` Kannel's test SMSC is not started: a
        `FakeCarrier` takes its place, which can also send."""
        self._hook, self._carrier = hook, carrier
        self.dir = directory
        self.dir.mkdir(parents=True, exist_ok=True)
        names = ("admin", "smsbox", "smsc", "sendsms", "wapbox", "ppg")
        self.ports = {name: free_port() for name in names}
        self._wapbox = wapbox
        (self.dir / "kannel.conf").write_text(self._config())
        conf = str(self.dir / "kannel.conf")
        self._boxes = [self._box("bearerbox", conf), self._box("smsbox", conf)] + ([self._box("wapbox", conf)] if wapbox else [])
        self._smsc: subprocess.Popen[bytes] | None = None

    @staticmethod
    def here() -> bool:
        return bool(_which("bearerbox")) and bool(_which("smsbox")) and os.access(FAKESMSC, os.X_OK)

    def _box(self, name: str, conf: str) -> Process:
        return Process(name, [_which(name) or name, "-v", "2", conf], os.environ, self.dir / f"{name}.log")

    def _config(self) -> str:
        ports = self.ports
        core = f"""group = core
admin-port = {ports["admin"]}
admin-interface = 127.0.0.1
admin-password = change-me
smsbox-port = {ports["smsbox"]}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = "*.*.*.*"
dlr-storage = internal
"""
        # Without wdp-interface-name: Kannel's UDP ports are the same for all, and who finds them taken ends.
        wap = f"wapbox-port = {ports['wapbox']}\n" if self._wapbox else ""
        retries = "http-request-retry = 5\nhttp-queue-delay = 1"
        rest = f"""
group = smsc
smsc = fake
smsc-id = carrier
allowed-smsc-id = carrier
port = {ports["smsc"]}
connect-allow-ip = 127.0.0.1

group = smsbox
smsbox-id = onesoup
bearerbox-host = 127.0.0.1
sendsms-port = {ports["sendsms"]}
sendsms-interface = 127.0.0.1
sendsms-chars = "0123456789+ "
{retries if self._hook else ""}

group = sendsms-user
username = onesoup
password = soup
user-allow-ip = 127.0.0.1
default-smsc = carrier
max-messages = 1

group = sendsms-user
username = sendota
password = soup
user-allow-ip = 127.0.0.1
default-smsc = carrier
max-messages = 9
concatenation = true
"""
        ppg = f"""
group = wapbox
bearerbox-host = 127.0.0.1

group = ppg
ppg-url = /wappush
ppg-port = {ports["ppg"]}
ppg-allow-ip = 127.0.0.1
trusted-pi = false
service-name = ppg
ppg-smsbox-id = onesoup
default-smsc = carrier

group = wap-push-user
wap-push-user = onesoup
ppg-username = onesoup
ppg-password = soup
allow-ip = 127.0.0.1
default-smsc = carrier
"""
        # A box with a name gets messages only where a route names it.
        service = f"""
group = smsbox-route
smsbox-id = onesoup
smsc-id = carrier

group = sms-service
keyword = default
catch-all = true
max-messages = 0
{self._hook}
"""
        return core + wap + rest + (ppg if self._wapbox else "") + (service if self._hook else "")

    @property
    def sendsms(self) -> str:
        return f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms"

    def sendota(self, number: str, xml: str, pin: str) -> str:
        """Has Kannel make a settings document of its own, sign it with a user PIN, and send it. Its answer."""
        asked = {"username": "sendota", "password": "soup", "from": "100", "to": number, "type": "oma-settings"}
        asked |= {"sec": "userpin", "pin": pin, "text": xml}
        url = f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendota?{urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=10) as said:
            return str(said.read().decode("latin-1"))

    @property
    def ppg(self) -> str:
        return f"http://127.0.0.1:{self.ports['ppg']}/wappush"

    def __enter__(self) -> Self:
        waits = {"bearerbox": "smsbox", "smsbox": "sendsms", "wapbox": "ppg"}
        for box in self._boxes:
            box.start()
            box.wait_until(lambda name=waits[box.name]: connects("127.0.0.1", self.ports[name]))
        if self._carrier:
            # A message that comes before the box is there waits for a minute.
            self._boxes[0].wait_until(lambda: "smsbox:onesoup" in self._status())
            return self
        with (self.dir / "fakesmsc.log").open("wb") as log:
            # With an open standard input it only listens, and prints what it gets.
            argv = [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.ports["smsc"])]
            self._smsc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        if self._smsc is not None:
            self._smsc.kill()
            self._smsc.wait()
        for box in reversed(self._boxes):
            box.kill()

    def _status(self) -> str:
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=change-me"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode("latin-1"))

    def output(self) -> str:
        return (self.dir / "fakesmsc.log").read_text("latin-1")

    def parts(self, number: str, within: float = 60.0) -> list[tuple[bytes, bytes]]:
        """(header, octets) of all parts of the message to this number, in order."""
        found: list[tuple[bytes, bytes]] = []
        with gevent.Timeout(within):
            while not found or len(found) < found[0][0][-2]:
                lines = re.findall(rf"<\S+ {re.escape(number)} udh (\S+) data (\S+)>", self.output())
                found = sorted((_octets(udh), _octets(data)) for udh, data in lines)
                gevent.sleep(0.05)
        return found

    def until(self, text: str, within: float = 60.0) -> str:
        """What the SMSC has printed, once `text` is in it."""
        with gevent.Timeout(within):
            while text not in self.output():
                gevent.sleep(0.05)
        return self.output()


class FakeCarrier:
    """The other end of Kannel's fake SMSC: phones send through it, and what they get comes here."""

    def __init__(self, kannel: Kannel) -> None:
        self._sock = socket.create_connection(("127.0.0.1", kannel.ports["smsc"]), timeout=60)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def send(self, sender: str, udh: bytes, data: bytes) -> None:
        line = f"{sender} 100 udh {quote(udh, safe='')} {quote(data, safe='')}\n"
        self._sock.sendall(line.encode())

    def got(self) -> tuple[str, bytes, bytes]:
        """(number, header, octets) of the next message to a phone."""
        while b"\n" not in self._rest:
            more = self._sock.recv(4096)
            assert more, "Kannel has closed the connection"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        _, number, _, udh, _, data = line.decode("latin-1").strip().split(" ")
        return number, _octets(udh), _octets(data)


def _octets(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " "))


def _which(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
