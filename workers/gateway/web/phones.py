"""`/phones`: which phones there are, how each family is set up for this server, and what an access point is. Made of
onesoup/guide/phones.toml; asks no Redis. The pages are the same for everybody who names the same host, so they are kept."""

from functools import lru_cache

import falcon

from onesoup.guide.phones import BASES, ServerValues, guide
from onesoup.handlers.context import GatewayServices
from workers.gateway.client_address import PeerReader
from workers.gateway.web import rendering
from workers.gateway.web.landing import server_of
from workers.gateway.web.visits import visited

LIST, ACCESS_POINT = "phones", "phones/access-point"
CACHE_SECONDS = 300


class PhonePages:
    """`account` and `doctor` are paths of pages, "" where they are not served."""

    def __init__(self, services: GatewayServices, peers: PeerReader, account: str = "", doctor: str = "") -> None:
        self._services, self._peers, self._account, self._doctor = services, peers, account, doctor

    def paths(self) -> list[str]:
        return [LIST, ACCESS_POINT, *(f"{LIST}/{family.id}" for family in guide().families)]

    def show(self, req: falcon.Request, resp: falcon.Response, path: str) -> None:
        """The page of one of `paths`."""
        visited(self._peers.of(req), f"/{path}")
        server = server_of(self._services, self._peers, req)
        kind = rendering.content_type("family.xhtml", req.get_header("Accept") or "")
        rendering.send(resp, kind, _page(path, server, (self._account, self._doctor), kind), cache_seconds=CACHE_SECONDS)


@lru_cache(maxsize=64)  # one host has a dozen; a stranger may name any
def _page(path: str, server: ServerValues, others: tuple[str, str], kind: str) -> str:
    """`others` are the paths of the account page and of the doctor."""
    account, doctor = others
    values = {"server": server, "account": account, "doctor": doctor, "guide": guide(), "bases": BASES}
    if path == LIST:
        return rendering.render("phones.xhtml", values, kind)
    if path == ACCESS_POINT:
        return rendering.render("access_point.xhtml", values, kind)
    return rendering.render("family.xhtml", values | {"family": guide().family(path.removeprefix(f"{LIST}/"))}, kind)
