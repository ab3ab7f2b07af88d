"""What the gateway refuses before it does anything else: requests from addresses that an operator has blocked, and new log-ins
while its host is being taken out of service."""

import falcon
import structlog

from onesoup.csp import transactions
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message
from onesoup.csp.status import StatusCode
from onesoup.csp.transactions import Kind
from onesoup.handlers.context import Peer
from onesoup.observability.operator_orders import OperatorOrders
from workers.gateway.client_address import PeerReader

log = structlog.get_logger()


class FrontDoor:
    """Falcon middleware: 403 without a body for a blocked address, whatever it asks for. Only the head of the request has been
    read then."""

    def __init__(self, orders: OperatorOrders, peers: PeerReader) -> None:
        self._orders, self._peers = orders, peers

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        if not self._orders.blocks.has_addresses:
            return
        if not self._orders.admits(self._peers.address(req)):
            resp.append_header("Connection", "close")
            raise falcon.HTTPForbidden


def refused_login(orders: OperatorOrders, message: Message, peer: Peer) -> bytes | None:
    """The answer to a log-in while the host drains, None for anything else. It goes with HTTP 503, by which nginx gives the
    log-in to the next gateway, which answers, counts and reports it; a phone that has only this one reads the CSP status."""
    if not orders.draining or transactions.classify(message) is not Kind.LOGIN:
        return None
    log.info("login-passed-on", address=peer.address, reason="this host drains")
    refusal = transactions.refuse_message(message, StatusCode.SERVICE_UNAVAILABLE, "this server is closing, try again")
    return write_message(refusal)
