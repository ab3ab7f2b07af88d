"""What people do with a deployment: phones of two kinds, ordinary XMPP clients, a group, a picture, a line, an SMS."""

import hashlib
import json
import random
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import gevent

from onesoup.phone.stcp import PhoneStcpLine
from onesoup.wire.document import Encoding
from tests.containers.deployment import DOMAIN, HTTP, STCP, XMPP, Deployment, accounts
from tests.support.peer import Peers
from tests.support.world import StoryPhone

PASSWORD, PHONE_PASSWORD = "container-secret", "phone-4711"
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
NUMBER = "+15550100001"
URL = f"http://127.0.0.1:{HTTP}/"
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"


def phone(
    name: str, password: str = PASSWORD, version: str = "1.2", encoding: Encoding = Encoding.WBXML, cir: tuple[str, ...] = ()
) -> StoryPhone:
    return StoryPhone(URL, f"wv:{name}@{DOMAIN}", password, version=version, encoding=encoding, client_id=f"c-{name}", cir=cir)


def everything(deployment: Deployment, ca: Path, where: Path) -> list[str]:
    """All of it, once; a line for each thing that works."""
    accounts(deployment, PEOPLE, PASSWORD)
    done = []
    with Peers(where / "peers.log") as peers:
        carol = peers.connect(f"carol@{DOMAIN}", PASSWORD, XMPP, ca)
        carol.presence()
        with phone("alice", version="1.1", encoding=Encoding.XML) as alice, phone("bob", cir=("STCP",)) as bob:
            alice.start()
            bob.start()
            alice.send(bob.user, "from 1.1 to 1.2")
            bob.hears("from 1.1 to 1.2")
            bob.send(alice.user, "from 1.2 to 1.1")
            alice.hears("from 1.2 to 1.1")
            done.append("phone 1.1/XML and phone 1.2/WBXML, both ways")

            bob.send(f"wv:carol@{DOMAIN}", "to a client")
            assert carol.message(sender=f"bob@{DOMAIN}").body == "to a client"
            carol.send(f"bob@{DOMAIN}", "to a phone")
            bob.hears("to a phone")
            done.append("phone and XMPP client, both ways")

            _line(bob, lambda text: carol.send(f"bob@{DOMAIN}", text))
            done.append("STCP wakes through nginx's stream")

            _group(alice, bob)
            done.append("two phones in a group")

            data = bytes(random.Random(1).randrange(256) for _ in range(3000))
            bob.send_file(f"wv:carol@{DOMAIN}", "image/jpeg", b"\xff\xd8\xff" + data)
            link = carol.message(sender=f"bob@{DOMAIN}").body
            assert hashlib.sha256(_fetched(link, ca)).digest() == hashlib.sha256(b"\xff\xd8\xff" + data).digest()
            done.append("a phone's picture, fetched from the upload service over TLS")
        _sms(deployment, where, lambda text: carol.send(f"dave@{DOMAIN}", text))
        done.append("WAPSMS through Kannel to the centre")
    return done


def _line(bob: StoryPhone, write: object) -> None:
    where = bob.stcp
    assert where == ("127.0.0.1", STCP), where
    with PhoneStcpLine(*where, bob.session_id or "", bob.cookie) as line:
        line.ping()
        write("wake up")  # type: ignore[operator]
        assert line.wait(60.0), "no wake on the line"
        bob.hears("wake up")


def _group(alice: StoryPhone, bob: StoryPhone) -> None:
    gid = f"wv:bob/talk@{DOMAIN}"
    bob.create_group(gid, "Talk", "Bob")
    (gid,) = bob.groups.values()
    alice.join_group(gid, "Alice")
    alice.say(gid, "hello group")
    bob.hears("hello group")


def _fetched(link: str, ca: Path) -> bytes:
    """From where the server's name leads to for those who are on its network."""
    parts = urlsplit(link)
    context = ssl.create_default_context(cafile=str(ca))
    plain = socket.create_connection((XMPP[0], parts.port or 443), 15)
    with context.wrap_socket(plain, server_hostname=parts.hostname) as server:
        server.sendall(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: server.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    return body


@contextmanager
def centre(deployment: Deployment, where: Path) -> Iterator[Path]:
    """Kannel's fake centre for SMS; what it gets is in the file."""
    log = where / "fakesmsc.log"
    argv = deployment.engine.docker("exec", "-i", deployment.name("kannel"), FAKESMSC, "-H", "127.0.0.1", "-r", "10000")
    with log.open("wb") as file:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=file, stderr=file)
        try:
            yield log
        finally:
            process.kill()
            process.wait()


def _sms(deployment: Deployment, where: Path, write: object) -> None:
    deployment.admin("accounts", "add", f"dave@{DOMAIN}", "--number", NUMBER, "--stdin", text=f"{PASSWORD}\n{PHONE_PASSWORD}\n")
    with centre(deployment, where) as log, phone("dave", PHONE_PASSWORD, cir=("WAPSMS",)) as dave:
        gevent.sleep(1.0)
        dave.start()
        assert "WAPSMS" in (dave.agreed.supported_cir_method if dave.agreed else []), dave.agreed
        while dave.run_once():
            pass
        write("look at your phone")  # type: ignore[operator]
        deployment.until(lambda: NUMBER in log.read_text("latin-1"), 90.0, why="the centre gets the SMS")
        dave.hears("look at your phone")
    password = deployment.run("kannel", "cat", "/sms/password").strip()
    assert password
    assert password not in deployment.logs(), "Kannel's password is in a log"


def targets(deployment: Deployment) -> list[str]:
    """What Prometheus cannot reach; empty when all is well. Raises while it has not asked all of them."""
    said = deployment.run("prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/targets")
    active = json.loads(said)["data"]["activeTargets"]
    assert len(active) == 6, active
    return [f"{each['scrapeUrl']} {each['health']} {each['lastError']}" for each in active if each["health"] != "up"]
