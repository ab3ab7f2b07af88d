"""TLS towards XMPP servers: one shared context, the certificate checked against the XMPP domain, never below TLS 1.2."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from gevent import ssl
from gevent.socket import socket

from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.socket import StreamSocket

# What a client says on a port that it may share with a web server (XEP-0368).
ALPN_PROTOCOL = "xmpp-client"
# RFC 5929 section 4.1: for certificates signed with one of these the binding takes SHA-256.
_WEAK = (hashes.MD5, hashes.SHA1)


class Tls:
    """Encrypts connections. Domains listed as insecure are not verified, and may even stay in clear text."""

    def __init__(self, ca_file: str | Path | None = None, insecure: Iterable[str] = ()) -> None:
        """OSError when the file cannot be read or holds no certificate."""
        self._insecure = frozenset(domain.lower() for domain in insecure)
        # Contexts are shared by all streams: one for each would cost 12 KB more. (verified, direct) -> context
        self._contexts = {(True, direct): _context(ca_file, direct) for direct in (False, True)}
        if self._insecure:
            self._contexts |= {(False, direct): _unverified(direct) for direct in (False, True)}

    def trusts_blindly(self, domain: str) -> bool:
        """The operator listed this domain as one without proper TLS."""
        return domain.lower() in self._insecure

    def wrap(self, sock: socket, domain: str, direct: bool = False) -> socket:
        """An ordinary socket, for HTTP."""
        with _explained():
            wrapped: socket = self._context(domain, direct).wrap_socket(sock, server_hostname=_ascii(domain))
        return wrapped

    def secure(self, link: StreamSocket, domain: str, direct: bool = False) -> None:
        """Handshakes. The name checked is the XMPP domain, not the host that SRV named (RFC 6120 section 13.7.2)."""
        with _explained():
            link.secure(self._context(domain, direct), _ascii(domain))

    def _context(self, domain: str, direct: bool) -> ssl.SSLContext:
        return self._contexts[not self.trusts_blindly(domain), direct]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise StreamFailure(errors.FAILURE_TLS, "certificate", error.verify_message) from None
    except (OSError, ValueError) as error:  # SSLError is an OSError; a peer that hangs up in mid-handshake is one too
        raise StreamFailure(errors.FAILURE_TLS, "handshake", getattr(error, "reason", None) or str(error)) from None


def end_point(certificate: bytes) -> bytes:
    """The tls-server-end-point of a DER certificate (RFC 5929 section 4): its digest, by its own signature's hash."""
    try:
        kind = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        kind = None
    digest = hashes.Hash(hashes.SHA256() if kind is None or isinstance(kind, _WEAK) else kind)
    digest.update(certificate)
    return digest.finalize()


def _ascii(domain: str) -> str:
    try:
        return domain.encode("ascii").decode()
    except UnicodeEncodeError:
        return domain.encode("idna").decode()


def _context(ca_file: str | Path | None, direct: bool) -> ssl.SSLContext:
    context = _trusting_nobody(direct)
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _trusting_nobody(direct: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # no write has to wait for a read
    if direct:
        context.set_alpn_protocols([ALPN_PROTOCOL])
    return context


def _unverified(direct: bool) -> ssl.SSLContext:
    context = _trusting_nobody(direct)  # the authorities of the system would take 0.8 MB
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
