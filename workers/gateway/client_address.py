"""Who is at the other end of a request: the address, the phone's number, whether the way is encrypted. What a proxy says is
believed of the listed ones only; anybody else may write any header."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

import falcon

from onesoup.csp.text import numbers
from onesoup.handlers.context import Peer
from onesoup.runtime.networks import Nets

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Any of these says that the request came through something, whoever the peer is.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
# Phones that are remembered, and how much may be known of each.
MOST_KNOWN, MOST_LETTERS = 2000, 1000


class Peers:
    """Reads requests. `proxies` are addresses and networks; `number_headers` are looked at in order, the first number counts."""

    def __init__(self, proxies: Iterable[str] = (), number_headers: Iterable[str] = (), country: str = "") -> None:
        self._proxies, self._number_headers, self._country = Nets(proxies), tuple(number_headers), country
        # What a peer is made of: the same for each poll of a phone.
        self._told_by = (
            "REMOTE_ADDR",
            "HTTP_HOST",
            "HTTP_USER_AGENT",
            "HTTP_X_FORWARDED_FOR",
            *map(_variable, self._number_headers),
        )
        self._known: dict[tuple[str | None, ...], Peer] = {}

    def of(self, req: falcon.Request) -> Peer:
        told = (req.path, *map(req.env.get, self._told_by))
        peer = self._known.get(told)
        if peer is None:
            peer = self._read(req)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            if sum(len(word) for word in told if word) <= MOST_LETTERS:
                self._known[told] = peer
        return peer

    def _read(self, req: falcon.Request) -> Peer:
        return Peer(
            host=host(req.get_header("Host") or ""),
            address=self.address(req),
            user_agent=req.user_agent or "",
            path=req.path,
            number=self.number(req),
        )

    def trusted(self, req: falcon.Request) -> bool:
        return (req.remote_addr or "") in self._proxies

    def address(self, req: falcon.Request) -> str:
        """The last address of X-Forwarded-For that is no proxy of ours: what stands before it the client has written."""
        address = req.remote_addr or ""
        if not self.trusted(req):
            return address
        for hop in reversed((req.get_header("X-Forwarded-For") or "").split(",")):
            hop = hop.strip()
            if hop and hop not in self._proxies:
                return hop
        return address

    def number(self, req: falcon.Request) -> str:
        """The phone number that a proxy states, "" for none."""
        if not self._number_headers or not self.trusted(req):
            return ""
        for name in self._number_headers:
            number = numbers.normal_number(req.get_header(name) or "", self._country)
            if number:
                return number
        return ""

    def private(self, req: falcon.Request) -> bool:
        """Whether nobody on the way can read along: HTTPS up to a proxy of ours, or a browser on this machine."""
        if self.trusted(req):
            return (req.get_header("X-Forwarded-Proto") or "").lower() == "https"
        local = req.remote_addr in LOOPBACK and host(req.get_header("Host") or "") in LOOPBACK
        return local and not any(req.get_header(name) for name in _FORWARDED)


def _variable(header: str) -> str:
    """A header's name in the environment of WSGI."""
    return "HTTP_" + header.upper().replace("-", "_")


@lru_cache(maxsize=64)  # phones send the same one again and again
def host(header: str) -> str:
    """The name in a Host header."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
