"""Where a gateway with an HTTP interface is, and whether it can be reached: a connection, with TLS where the URL has it, on which
nothing is asked."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import gevent

PLACE_CONNECT_SECONDS = 2.0
# Looking up the name, connecting, and TLS.
PLACE_TOTAL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class GatewayPlace:
    host: str
    port: int
    tls: bool

    @property
    def shown(self) -> str:
        return f"{self.host}:{self.port}"

    def unreachable(self) -> str:
        """Why it cannot be reached, "" where it can."""
        try:
            with gevent.Timeout(PLACE_TOTAL_SECONDS, TimeoutError("no answer in time")):
                self._connect()
        except OSError as error:  # of names, connections, TLS and time alike
            return f"{type(error).__name__}: {error.strerror or error}"[:120]
        return ""

    def _connect(self) -> None:
        with socket.create_connection((self.host, self.port), timeout=PLACE_CONNECT_SECONDS) as link:
            if self.tls:
                ssl.create_default_context().wrap_socket(link, server_hostname=self.host).close()


def gateway_place(url: str) -> GatewayPlace | None:
    """None where the host is part of a template: it is known with a message only."""
    parts = urlsplit(url)
    if not parts.hostname or "{" in parts.netloc.rpartition("@")[2]:
        return None
    tls = parts.scheme == "https"
    return GatewayPlace(parts.hostname, parts.port or (443 if tls else 80), tls)
