"""The first page, `GET /`: what to type into a phone, and whether a phone's own browser reaches this server.

Phones post their requests to the same paths; a browser only ever gets pages."""

import falcon
import structlog

from onesoup.handlers.context import GatewayServices, Peer
from workers.gateway.client_address import Peers
from workers.gateway.web.rendering import show

log = structlog.get_logger()

MAX_SHOWN = 120


class LandingPage:
    """`account` is the path of the account page, "" where it is not served."""

    def __init__(self, services: GatewayServices, peers: Peers, account: str = "") -> None:
        self._services, self._peers, self._account = services, peers, account

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        peer = self._peers.of(req)
        visited(peer, req.path)
        policy, server = self._services.policy, server_url(self._services, self._peers, req)
        values = {
            "server": server,
            "port": port_of(server),
            "domain": policy.domain or "example.org",
            "account": self._account,
            "address": peer.address,
            "model": peer.user_agent[:MAX_SHOWN] or "an unnamed browser",
        }
        show(req, resp, "landing.xhtml", values)

    on_head = on_get


def not_found(req: falcon.Request, resp: falcon.Response) -> None:
    show(req, resp, "not_found.xhtml", {}, falcon.HTTP_404)


def visited(peer: Peer, path: str) -> None:
    """One line for each page that is opened: whether a phone has come this far is what operators are asked first."""
    log.info("page", path=path[:60], peer=peer.address, model=peer.user_agent[:MAX_SHOWN])


def server_url(services: GatewayServices, peers: Peers, req: falcon.Request) -> str:
    """What is typed into a phone. Behind a proxy phones come to its port for plain HTTP."""
    peer = peers.of(req)
    host = services.policy.public_host or (peer.host if peers.trusted(req) else req.netloc)
    return f"http://{host}/"


def port_of(url: str) -> int:
    _, _, port = url.removeprefix("http://").rstrip("/").rpartition(":")
    return int(port) if port.isdigit() else 80
