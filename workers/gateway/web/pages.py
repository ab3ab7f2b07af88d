"""Which page a path shows: browsers get pages where phones post. Upper case and strokes at the end make no difference, since
people type paths on number keys."""

import falcon

from onesoup.handlers.context import GatewayServices
from onesoup.handlers.request_notes import NO_NOTES, RequestNotes
from workers.gateway.client_address import PeerReader
from workers.gateway.web.landing import LandingPage, not_found
from workers.gateway.web.phones import PhonePages
from workers.gateway.web.rendering import wants_wml

MAX_PATH = 100
# What people type for the page that has its place below the account page, since its cookie is for there only.
SHORT_DOCTOR = "/doctor"


class Pages:
    """The pages for phones, which need no Redis. `account`, `doctor` and `demo` are paths of other pages, "" where they are not
    served. `notes` hears of who opens which page."""

    def __init__(
        self,
        services: GatewayServices,
        peers: PeerReader,
        account: str = "",
        doctor: str = "",
        notes: RequestNotes = NO_NOTES,
        demo: str = "",
    ) -> None:
        self._peers, self._notes = peers, notes
        self._landing = LandingPage(services, peers, account, SHORT_DOCTOR if doctor else "", demo)
        self._phones = PhonePages(services, peers, account, SHORT_DOCTOR if doctor else "")
        self._paths = frozenset(self._phones.paths())
        # Pages that have a route of their own are found under it.
        self._routed = {account.strip("/"): account} if account else {}
        if doctor:
            self._routed |= {SHORT_DOCTOR.strip("/"): doctor, doctor.strip("/"): doctor}

    def show(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answers a GET or HEAD. Whoever reads WML only gets its one card for each of them."""
        path = req.path[:MAX_PATH].strip("/").lower()
        if path in self._routed:
            resp.status, resp.location = falcon.HTTP_302, self._routed[path]
            return
        self._notes.opened(self._peers.of(req), f"/{path}")
        if path and path not in self._paths:
            not_found(req, resp)
        elif wants_wml(req.get_header("Accept") or ""):
            self._landing.card(req, resp)
        elif path:
            self._phones.show(req, resp, path)
        else:
            self._landing.on_get(req, resp)
