"""XMPP servers whose TLS must be refused, each for one reason. What clients send them is kept."""

from collections.abc import Callable
from pathlib import Path

from gevent import ssl

from onesoup.demo.stack import Stack
from onesoup.settings import ENV_PREFIX
from tests.xmpp.stream.stub import Peer, Stub, self_signed

WRONG_NAME, EXPIRED, SELF_SIGNED, STRIPPED = "wrong-name.test", "expired.test", "self-signed.test", "stripped.test"


class Untrusted:
    """One server for each reason. Only the one with a certificate of nobody's has no authority that is trusted."""

    def __init__(self, directory: Path) -> None:
        self.heard: dict[str, list[Peer]] = {}
        other, wrong = self_signed(directory, "elsewhere.test")
        old, expired = self_signed(directory, EXPIRED, days=-1)
        _, nobody = self_signed(directory, SELF_SIGNED)
        self._authorities = [other, old]
        self._servers = {
            WRONG_NAME: Stub(self._talk(WRONG_NAME, wrong)),
            EXPIRED: Stub(self._talk(EXPIRED, expired)),
            SELF_SIGNED: Stub(self._talk(SELF_SIGNED, nobody)),
            STRIPPED: Stub(self._talk(STRIPPED, None)),
        }

    def _talk(self, domain: str, context: ssl.SSLContext | None) -> Callable[[Peer], None]:
        def talk(peer: Peer) -> None:
            self.heard.setdefault(domain, []).append(peer)
            if context is None:
                peer.offer("PLAIN", "SCRAM-SHA-1")
            else:
                peer.start_tls(context)
                peer.offer("PLAIN")
            while data := peer.sock.recv(4096):
                peer.seen += data

        return talk

    def join(self, stack: Stack) -> None:
        """Lets a stack that does not run yet serve these domains too."""
        bundle = stack.dir / "authorities.pem"
        bundle.write_bytes(b"".join(path.read_bytes() for path in (stack.ca_file, *self._authorities)))
        routes = [f"{domain}=127.0.0.1:{server.port}" for domain, server in self._servers.items()]
        stack.env[f"{ENV_PREFIX}XMPP_CA"] = str(bundle)
        stack.env[f"{ENV_PREFIX}XMPP_ROUTES"] = ",".join([stack.env[f"{ENV_PREFIX}XMPP_ROUTES"], *routes])
        stack.env[f"{ENV_PREFIX}DOMAINS"] = ",".join([stack.domain, *self._servers])

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()
