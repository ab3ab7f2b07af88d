"""Reads the sender of an HTTP request: address, phone number, whether the connection is private. Forwarded headers count only
from the listed proxies; any other client may write any header."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import falcon

from onesoup.csp.phone_events import MAX_VIA
from onesoup.csp.text.stated_numbers import StatedNumber, stated_number
from onesoup.handlers.context import Peer
from onesoup.runtime.networks import Nets
from workers.gateway.wap_gateway import ANSWER_SIZE, WAP_GATEWAY, answer_room

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
# Headers that show that the request came through a proxy of any kind.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
# Most requests whose Peer is remembered, and most letters of each one's key.
MAX_REMEMBERED_PEERS, MAX_REMEMBERED_LETTERS = 2000, 1000
_REQUEST_OPTIONS = falcon.RequestOptions()


class PeerReader:
    """Reads the Peer of a request. `proxies` are addresses and networks; of `number_headers` the first with a number counts,
    unless the phone may have written one: then none does, and `doubts` is told the proxy."""

    def __init__(
        self,
        proxies: Iterable[str] = (),
        number_headers: Iterable[str] = (),
        country: str = "",
        doubts: Callable[[str, StatedNumber], None] = lambda _proxy, _stated: None,
    ) -> None:
        self._doubts = doubts
        self._proxies, self._number_headers, self._country = Nets(proxies), tuple(number_headers), country
        # What a Peer is made of: the same for each poll of a phone.
        self._told_by = (
            "PATH_INFO",
            "REMOTE_ADDR",
            "HTTP_HOST",
            "HTTP_USER_AGENT",
            "HTTP_X_FORWARDED_FOR",
            "HTTP_FORWARDED",
            "HTTP_VIA",
            WAP_GATEWAY,
            ANSWER_SIZE,
            *map(_variable, self._number_headers),
        )
        self._known: dict[tuple[str | None, ...], Peer] = {}

    def of(self, req: falcon.Request) -> Peer:
        return self.of_environ(req.env)

    def of_environ(self, environ: dict[str, Any]) -> Peer:
        """As of(), from the WSGI environment of the request."""
        told = tuple(map(environ.get, self._told_by))
        peer = self._known.get(told)
        if peer is None:
            peer = self._read(falcon.Request(environ, _REQUEST_OPTIONS))
            if len(self._known) >= MAX_REMEMBERED_PEERS:
                self._known.clear()
            if sum(len(word) for word in told if word) <= MAX_REMEMBERED_LETTERS:
                self._known[told] = peer
        return peer

    def _read(self, req: falcon.Request) -> Peer:
        return Peer(
            host=host_name(req.get_header("Host") or ""),
            address=self.address(req),
            user_agent=req.user_agent or "",
            path=req.path,
            number=self.number(req),
            site=req.get_header("Host") or "",
            via=self.between(req),
            room=answer_room(req.env.get(ANSWER_SIZE, "")),
        )

    def between(self, req: falcon.Request) -> str:
        """What calls itself a gateway or proxy between the client and us, "" for nothing. Ours is none."""
        named = req.get_header("Via") or req.get_header("X-WAP-Gateway") or ""
        if not named and not self.trusted(req) and (req.get_header("X-Forwarded-For") or req.get_header("Forwarded")):
            named = "a proxy without a name"
        return named[:MAX_VIA]

    def trusted(self, req: falcon.Request) -> bool:
        return (req.remote_addr or "") in self._proxies

    def address(self, req: falcon.Request) -> str:
        """The last address of X-Forwarded-For that is no listed proxy. What stands before it was written by the client."""
        address = req.remote_addr or ""
        if not self.trusted(req):
            return address
        for hop in reversed((req.get_header("X-Forwarded-For") or "").split(",")):
            hop = hop.strip()
            if hop and hop not in self._proxies:
                return hop
        return address

    def number(self, req: falcon.Request) -> str:
        """The phone number that a listed proxy states, "" for none."""
        if not self._number_headers or not self.trusted(req):
            return ""
        fields = ((name, req.get_header(name) or "") for name in self._number_headers)
        stated = stated_number(fields, self._country, wapbox=WAP_GATEWAY in req.env)
        if stated.sign:
            self._doubts(req.remote_addr or "", stated)
        return stated.number

    def private(self, req: falcon.Request) -> bool:
        """Whether the request cannot be read on its way: HTTPS up to a listed proxy, or a browser on this machine."""
        if self.trusted(req):
            return (req.get_header("X-Forwarded-Proto") or "").lower() == "https"
        local = req.remote_addr in LOOPBACK_HOSTS and host_name(req.get_header("Host") or "") in LOOPBACK_HOSTS
        return local and not any(req.get_header(name) for name in _FORWARDED)


def _variable(header: str) -> str:
    """The WSGI environment variable of a header."""
    return "HTTP_" + header.upper().replace("-", "_")


@lru_cache(maxsize=64)  # phones send the same one again and again
def host_name(header: str) -> str:
    """The name in a Host header."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
