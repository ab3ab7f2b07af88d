"""TLS towards XMPP servers: one shared context, the certificate checked against the XMPP domain, never below TLS 1.2."""

from collections.abc import Iterable
from pathlib import Path

from gevent import ssl
from gevent.socket import socket

from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.errors import StreamFailure


class Tls:
    """Wraps connected sockets. Domains listed as insecure are not verified, and may even stay in clear text."""

    def __init__(self, ca_file: str | Path | None = None, insecure: Iterable[str] = ()) -> None:
        self._insecure = frozenset(domain.lower() for domain in insecure)
        # One context for all streams: each of its own would cost 12 KB more.
        self._verified = _context(ca_file)
        self._unverified = _unverified() if self._insecure else None

    def trusts_blindly(self, domain: str) -> bool:
        """The operator listed this domain as one without proper TLS."""
        return domain.lower() in self._insecure

    def wrap(self, sock: socket, domain: str) -> socket:
        """Handshakes. The name checked is the XMPP domain, not the host that SRV named (RFC 6120 section 13.7.2)."""
        context = self._unverified if self._unverified and self.trusts_blindly(domain) else self._verified
        try:
            return context.wrap_socket(sock, server_hostname=_ascii(domain))
        except ssl.SSLCertVerificationError as error:
            raise StreamFailure(errors.TLS, "certificate", error.verify_message) from None
        except (OSError, ValueError) as error:  # SSLError is an OSError; a peer that hangs up in mid-handshake is one too
            raise StreamFailure(errors.TLS, "handshake", getattr(error, "reason", None) or str(error)) from None


def _ascii(domain: str) -> str:
    try:
        return domain.encode("ascii").decode()
    except UnicodeEncodeError:
        return domain.encode("idna").decode()


def _context(ca_file: str | Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies chain and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
