"""A server of a few lines that does what real ones do not: it stalls, lies, strips STARTTLS, floods."""

import base64
import datetime
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gevent import socket, ssl
from gevent.lock import BoundedSemaphore
from gevent.server import StreamServer

from onesoup.xmpp.stream import Options, Resolver, Tls

NS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SASL2 = "urn:xmpp:sasl:2"
SM = "urn:xmpp:sm:3"


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.seen = sock, b""
        self._writing = BoundedSemaphore(1)

    def send(self, text: str | bytes) -> None:
        """Greenlets that flood and greenlets that answer write one after the other: a socket has one writer at a time."""
        with self._writing:
            self.sock.sendall(text.encode() if isinstance(text, str) else text)

    def until(self, mark: str) -> str:
        """Reads up to and with the mark."""
        while mark.encode() not in self.seen:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the client went away")
            self.seen += data
        head, _, self.seen = self.seen.partition(mark.encode())
        return head.decode() + mark

    def open(self, features: str) -> None:
        self.until("xmlns:stream='http://etherx.jabber.org/streams'>")
        self.send(f"<?xml version='1.0'?><stream:stream {NS} id='1' from='stub.example' version='1.0'>")
        self.send(f"<stream:features>{features}</stream:features>")

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.open("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>")
        self.until("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def offer(self, *mechanisms: str, bindings: tuple[str, ...] = ()) -> None:
        names = "".join(f"<mechanism>{name}</mechanism>" for name in mechanisms)
        types = "".join(f"<channel-binding type='{name}'/>" for name in bindings)
        more = f"<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>{types}</sasl-channel-binding>" if bindings else ""
        self.open(f"<mechanisms xmlns='{SASL}'>{names}</mechanisms>{more}")

    def offer2(self, *mechanisms: str, inline: str = "", more: str = "") -> None:
        """SASL2."""
        names = "".join(f"<mechanism>{name}</mechanism>" for name in mechanisms)
        self.open(f"<authentication xmlns='{SASL2}'>{names}<inline>{inline}</inline></authentication>{more}")

    def introduced2(self) -> tuple[str, str]:
        """What the client says first over SASL2: of SCRAM, and what goes along."""
        first = self._said("</initial-response>")
        return first, self.until("</authenticate>").removesuffix("</authenticate>")

    def scram2(self, first: str, inside: str = "", jid: str = "a@stub.example", password: str = "secret") -> None:
        """The rest of it, up to <success/> with all that is inside."""
        proof = self._prove(SASL2, first, password)[1]
        self.send(f"<success xmlns='{SASL2}'><additional-data>{proof}</additional-data>")
        self.send(f"<authorization-identifier>{jid}</authorization-identifier>{inside}</success>")

    def scram(self, *, password: str = "secret", success: bool = True) -> tuple[str, str]:
        """The server's half of SCRAM-SHA-1 (RFC 5802). Returns the client's gs2 header and its c= attribute, decoded."""
        said = self._said("</auth>")
        last, words = self._prove(SASL, said, password)
        if success:
            self.send(f"<success xmlns='{SASL}'>{words}</success>")
        return said.partition("n=")[0], base64.b64decode(last.partition("c=")[2].partition(",")[0]).decode("latin-1")

    def _prove(self, space: str, said: str, password: str) -> tuple[str, str]:
        """The client's last words, and ours."""
        bare = "n=" + said.partition("n=")[2]
        first = f"r={bare.partition('r=')[2]}server,s={base64.b64encode(b'salt').decode()},i=1"
        self.send(f"<challenge xmlns='{space}'>{base64.b64encode(first.encode()).decode()}</challenge>")
        last = self._said("</response>")
        salted = hashlib.pbkdf2_hmac("sha1", password.encode(), b"salt", 1)
        signed = f"{bare},{first},{last.rpartition(',p=')[0]}".encode()
        proof = hmac.digest(hmac.digest(salted, b"Server Key", "sha1"), signed, "sha1")
        words = base64.b64encode(b"v=" + base64.b64encode(proof)).decode()
        return last, words

    def _said(self, end: str) -> str:
        """The decoded content of the element that ends here."""
        return base64.b64decode(self.until(end).removesuffix(end).rpartition(">")[2]).decode()

    def log_in(self, sm: bool = False) -> None:
        """In clear text, where a password may not go: with SCRAM, up to the bound stream; with `sm` up to <enabled/>."""
        self.offer("SCRAM-SHA-1")
        self.scram()
        self.open(
            f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='{SM}'/>"
            if sm
            else "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        )
        self.until("</iq>")
        self.send(
            "<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@stub.example/r</jid></bind></iq>"
        )
        if sm:
            self.until("max='300'/>")
            self.send(f"<enabled xmlns='{SM}' id='one' resume='true'/>")


class Stub:
    """Runs `talk` for each connection."""

    def __init__(self, talk: Callable[[Peer], None]) -> None:
        self.errors: list[Exception] = []
        self._talk = talk
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.port = int(self._server.server_port)

    def _serve(self, sock: socket.socket, _address: object) -> None:
        try:
            self._talk(Peer(sock))
        except (OSError, ValueError) as error:
            self.errors.append(error)

    def stop(self) -> None:
        self._server.stop(timeout=0.1)

    def options(self, *, ca: Path | None = None, insecure: bool = True, **more: object) -> Options:
        tls = Tls(ca, ["stub.example"] if insecure else [])
        return Options(tls=tls, resolver=Resolver({"stub.example": ("127.0.0.1", self.port)}), **more)  # type: ignore[arg-type]


def self_signed(directory: Path, name: str, *, days: int = 1) -> tuple[Path, ssl.SSLContext]:
    """A certificate that is its own authority; with negative days it has expired. (its file, a server's context)"""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    both = directory / f"{name}.pem"
    both.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + certificate.public_bytes(pem)
    )
    authority = directory / f"{name}.crt"
    authority.write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return authority, context
