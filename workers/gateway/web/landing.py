"""The first page, `GET /`: what to type into a phone, and whether a phone's own browser reaches this server. It asks no Redis.

Phones post their requests to the same paths; a browser only ever gets pages."""

import re

import falcon

from onesoup.csp.access import default_domain
from onesoup.csp.service_contact import service_address
from onesoup.guide.phones import ServerValues, guide
from onesoup.handlers.context import GatewayServices
from workers.gateway.client_address import LOOPBACK_HOSTS, PeerReader
from workers.gateway.web.rendering import show
from workers.gateway.web.visits import MAX_SHOWN, visited

ANY = "any"
MOST_DOMAINS = 5
CARD = "card.wml"
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)


class LandingPage:
    """`account`, `doctor` and `demo` are paths of pages, "" where they are not served."""

    def __init__(self, services: GatewayServices, peers: PeerReader, account: str = "", doctor: str = "", demo: str = "") -> None:
        self._services, self._peers, self._account, self._doctor, self._demo = services, peers, account, doctor, demo

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        self._show(req, resp, "landing.xhtml")

    on_head = on_get

    def card(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The same in few words, for browsers that know WML only."""
        self._show(req, resp, CARD)

    def _show(self, req: falcon.Request, resp: falcon.Response, template: str) -> None:
        peer, server = self._peers.of(req), server_of(self._services, self._peers, req)
        visited(peer, "/", peer.via)
        values = {
            "server": server,
            "local": server.host.strip("[]") in LOOPBACK_HOSTS,
            "others": other_domains(self._services, server.domain),
            "any_domain": ANY in self._services.policy.domains,
            "account": self._account,
            "doctor": self._doctor,
            "demo": self._demo,
            "address": peer.address[:60],
            "model": peer.user_agent[:MAX_SHOWN],
            "family": guide().by_user_agent(peer.user_agent),
            "via": peer.via,
        }
        show(req, resp, template, values)


def not_found(req: falcon.Request, resp: falcon.Response) -> None:
    show(req, resp, "not_found.xhtml", {}, falcon.HTTP_404)


def server_of(services: GatewayServices, peers: PeerReader, req: falcon.Request) -> ServerValues:
    """This server's own values, as whoever asks here types them into a phone."""
    policy, peer = services.policy, peers.of(req)
    domain = default_domain(policy.by_place, peer.host, "/", policy.domain or None) or "example.org"
    helper = service_address(policy.service_contact, domain)
    return ServerValues(server_url(services, peers, req), domain, helper)


def server_url(services: GatewayServices, peers: PeerReader, req: falcon.Request) -> str:
    """What is typed into a phone: the host that this browser typed, with its port unless it came by HTTPS, which phones cannot.
    Where the request names no host that can be one, the domain stands for it."""
    policy, host = services.policy, req.netloc.removesuffix(":80")
    if peers.trusted(req) and peers.private(req):
        named = peers.of(req).host
        host = f"[{named}]" if ":" in named else named
    host = policy.site(host)
    return f"http://{host if _HOST.fullmatch(host) else policy.domain or 'example.org'}/"


def other_domains(services: GatewayServices, domain: str) -> list[str]:
    """Some of the domains whose users may log in here, beside this one."""
    return sorted(each for each in services.policy.domains if each not in (ANY, domain))[:MOST_DOMAINS]
