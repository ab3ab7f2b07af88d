"""The link that opens the account page of a demo over plain HTTP: `onesoup demo link` prints it, its owner opens it elsewhere.

The page is for HTTPS or this machine, since passwords are typed there. A demo on a rented machine has neither: its owner, and
nobody else, may decide that demo passwords go over the network as they are. So the gateway takes links only with the setting
`account_link`, and none from a proxy of ours, which can have HTTPS."""

import time
from collections.abc import Iterable

import falcon
import structlog

from onesoup.store.account.page_links import PASS_SECONDS, PageLinks
from onesoup.store.errors import StoreDown
from workers.gateway.client_address import PeerReader
from workers.gateway.web.rendering import harden, show
from workers.gateway.web.signed_session import ACCOUNT_PATH

log = structlog.get_logger()

LINK_PATH = f"{ACCOUNT_PATH}/link"
LINK_KEY, PASS_COOKIE = "key", "onesoup-pass"
LINK_USED = "It was opened before, or it is more than 15 minutes old."
LATER = "The server cannot look the link up just now. Open it again in a minute."


class LinkedPeers(PeerReader):
    """Like PeerReader, and a browser that has followed a link counts as one on this machine."""

    def __init__(self, links: PageLinks, proxies: Iterable[str] = (), headers: Iterable[str] = (), country: str = "") -> None:
        super().__init__(proxies, headers, country)
        self._links = links

    def private(self, req: falcon.Request) -> bool:
        return super().private(req) or (not self.trusted(req) and self._has_pass(req))

    def _has_pass(self, req: falcon.Request) -> bool:
        now = time.time()
        return any(self._links.admits(each, now) for each in req.get_cookie_values(PASS_COOKIE) or [])


class DemoLink:
    """GET takes a link and leads to the account page. A look at it (HEAD) uses nothing up."""

    def __init__(self, links: PageLinks, peers: PeerReader) -> None:
        self._links, self._peers = links, peers

    def serve(self, req: falcon.Request, resp: falcon.Response) -> None:
        if req.method == "HEAD":
            harden(resp)
        else:
            self._use(req, resp)

    def _use(self, req: falcon.Request, resp: falcon.Response) -> None:
        try:
            given = self._links.use(req.get_param(LINK_KEY) or "", time.time())
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            _refuse(req, resp, LATER, falcon.HTTP_503)
            return
        log.info("account-link", result="opened" if given else "refused", peer=self._peers.address(req))
        if not given:
            _refuse(req, resp, LINK_USED, falcon.HTTP_403)
            return
        harden(resp)
        # Lax: the link may stand in a message that is read in the browser. Not Secure: there is no HTTPS.
        resp.set_cookie(
            PASS_COOKIE, given, max_age=PASS_SECONDS, secure=False, http_only=True, same_site="Lax", path=ACCOUNT_PATH
        )
        resp.status = falcon.HTTP_303
        resp.set_header("Location", ACCOUNT_PATH)


def _refuse(req: falcon.Request, resp: falcon.Response, text: str, status: str) -> None:
    show(req, resp, "demo_link.html", {"text": text}, status)
