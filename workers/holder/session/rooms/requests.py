"""Asks rooms and other services, and waits for the replies."""

from gevent.pool import Group
from xmpp.simplexml import Node

from onesoup.csp.errors import BackendError
from onesoup.csp.status import StatusCode
from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.xmpp import rooms, xml
from onesoup.xmpp.room_requests import RoomReply, RoomRequest
from onesoup.xmpp.stream import StreamFailure, stanzas
from workers.holder.session.interfaces import IqClient

ROOM_REQUEST_TIMEOUT_SECONDS = 6.0
# Failures of work in the background. The next stream repeats it.
BACKGROUND_FAILURES = (StreamFailure, StoreDown, Fenced, NoSession, BackendError)


class RoomClient:
    """Sends a RoomRequest as an iq, and reads the RoomReply."""

    def __init__(self, iq: IqClient) -> None:
        self._iq = iq

    def request(self, request: RoomRequest) -> RoomReply:
        """The reply; a peer that does not answer counts as remote-server-timeout. StreamFailure when there is no stream."""
        attrs = {"type": request.type, **({"to": request.to} if request.to else {})}
        iq = Node("iq", attrs, [stanzas.xml_to_node(request.payload)])
        try:
            found = stanzas.stanza_to_xml(self._iq.request(iq, ROOM_REQUEST_TIMEOUT_SECONDS))
        except StreamFailure as failure:
            if failure.kind != "no-answer":
                raise
            return RoomReply(error="remote-server-timeout")
        if found.get("type") == "error":
            return RoomReply(error=rooms.error_condition(found))
        return RoomReply(payload=next(iter(found.children), xml.Xml("query")))

    def query(self, *requests: RoomRequest) -> list[RoomReply]:
        """The replies to several requests, which are sent together; as Context.query of the gateway. BackendError when there is
        no stream."""
        replies = Group().map(self._request_or_failure, requests)
        if failure := next((each for each in replies if isinstance(each, StreamFailure)), None):
            raise BackendError(StatusCode.TIMEOUT, failure.kind)
        return list(replies)

    def _request_or_failure(self, request: RoomRequest) -> RoomReply | StreamFailure:
        """Returns the failure: gevent would log an exception that ends a greenlet, with its traceback."""
        try:
            return self.request(request)
        except StreamFailure as failure:
            return failure
