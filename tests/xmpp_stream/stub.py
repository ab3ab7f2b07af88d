"""A server of a few lines that does what real ones do not: it stalls, lies, strips STARTTLS, floods."""

import datetime
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from gevent import socket, ssl
from gevent.server import StreamServer

from onesoup.xmpp.stream import Options, Resolver, Tls

NS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
SM = "urn:xmpp:sm:3"


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.seen = sock, b""

    def send(self, text: str | bytes) -> None:
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

    def offer(self, *mechanisms: str) -> None:
        names = "".join(f"<mechanism>{name}</mechanism>" for name in mechanisms)
        self.open(f"<mechanisms xmlns='{SASL}'>{names}</mechanisms>")

    def log_in(self, sm: bool = False) -> None:
        """In clear text with PLAIN, up to the bound stream; with `sm` up to <enabled/>."""
        self.offer("PLAIN")
        self.until("</auth>")
        self.send(f"<success xmlns='{SASL}'/>")
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
