"""Which requests the console answers at all: by the name that the browser asked for, the way it came, and the page that sent it.

What is feared, and what holds:
- The token or the cookie is read on the way: plain HTTP is answered on this host's loopback only (ssh -L leads there), and from
  `console_from`; anything else has to come through a trusted proxy by HTTPS.
- A page elsewhere makes its own name lead to this port (DNS rebinding): only localhost, addresses and `console_hosts` are known.
- A page elsewhere makes the browser post (CSRF): SameSite=Strict, the Origin must be our own, and each form has a token."""

import ipaddress
from urllib.parse import urlsplit

import falcon

from onesoup.runtime.networks import Nets
from onesoup.settings import Settings
from workers.gateway.client_address import LOOPBACK_HOSTS, PeerReader, host_name

FORWARDED_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
OWN_FETCHES = ("same-origin", "none")
WRONG_NAME = "This console does not answer under this name. Open it as localhost, or enter the name in the setting console_hosts."
WRONG_WAY = (
    "Tokens do not go over the network in plain text. Come through ssh (ssh -L 9471:127.0.0.1:9471 HOST, then "
    "http://localhost:9471/console), through a trusted proxy with HTTPS, or from a network in the setting console_from."
)
WRONG_ORIGIN = "Another page has sent this. Nothing was done."


class ConsoleGate:
    """Looks at the head of a request, and at nothing else."""

    def __init__(self, settings: Settings) -> None:
        self._peers = PeerReader(settings.trusted_proxies)
        self._from, self._hosts = Nets(settings.console_from), frozenset(name.lower() for name in settings.console_hosts)

    def address(self, req: falcon.Request) -> str:
        return self._peers.address(req)

    def is_https(self, req: falcon.Request) -> bool:
        """Whether the browser came by HTTPS, up to a trusted proxy."""
        return self._peers.trusted(req) and (req.get_header("X-Forwarded-Proto") or "").lower() == "https"

    def refusal(self, req: falcon.Request) -> tuple[str, str]:
        """(HTTP status, reason) for a request that is not answered; ("", "") for any other."""
        host = host_name(req.get_header("Host") or "")
        if not self._is_known(host):
            return falcon.HTTP_421, WRONG_NAME
        if not (self._is_local(req, host) or self.is_https(req) or (req.remote_addr or "") in self._from):
            return falcon.HTTP_403, WRONG_WAY
        if req.method == "POST" and not self._is_own_page(req):
            return falcon.HTTP_403, WRONG_ORIGIN
        return "", ""

    def _is_known(self, host: str) -> bool:
        """An address leads nowhere else, whatever DNS says."""
        if host in LOOPBACK_HOSTS or host in self._hosts:
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True

    def _is_local(self, req: falcon.Request, host: str) -> bool:
        """A browser, or the end of a tunnel, on this host. A proxy here carries others."""
        here = req.remote_addr in LOOPBACK_HOSTS and host in LOOPBACK_HOSTS
        return here and not any(req.get_header(name) for name in FORWARDED_HEADERS)

    def _is_own_page(self, req: falcon.Request) -> bool:
        """Browsers say both. What says neither is no browser, and needs cookie and form token all the same."""
        if req.get_header("Sec-Fetch-Site", default=OWN_FETCHES[0]) not in OWN_FETCHES:
            return False
        origin, host = req.get_header("Origin"), (req.get_header("Host") or "").lower()
        if origin is None:
            return True
        return _place(origin) == host or (self.is_https(req) and host_name(_place(origin)) == host_name(host))


def _place(origin: str) -> str:
    """Host and port of an Origin, "" for none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
