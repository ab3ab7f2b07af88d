"""Requests of a stream that wait for an answer, and their ids."""

from gevent.event import AsyncResult
from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.events import TooBig
from onesoup.xmpp.stream.serializer import SerializedElement

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class OpenRequests:
    """Id -> the request under way. Only the answer of the one whom it went to counts; `jid` is our own address."""

    __slots__ = ("_counter", "_prefix", "_waiting")

    def __init__(self, prefix: str) -> None:
        """`prefix` begins all ids."""
        self._prefix, self._counter = prefix, 0
        self._waiting: dict[str, tuple[str, AsyncResult]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def new_id(self) -> str:
        """An id that no other stanza of this stream has."""
        self._counter += 1
        return f"{self._prefix}-{base36(self._counter)}"

    def add(self, id: str, to: str) -> AsyncResult:
        """A request to that address. The result gets its answer, or the failure."""
        answer = AsyncResult()
        self._waiting[id] = (to, answer)
        return answer

    def remove(self, id: str) -> None:
        self._waiting.pop(id, None)

    def fail(self, failure: StreamFailure) -> None:
        """Nothing will be answered any more."""
        waiting, self._waiting = self._waiting, {}
        for _, answer in waiting.values():
            answer.set_exception(failure)

    def waits_for(self, stanza: Node, jid: str) -> bool:
        """Whether the stanza is the answer to a request."""
        return self._request_of(stanza, jid) is not None

    def answer(self, stanza: Node, jid: str) -> bool:
        """Gives an answer to the request that waits for it; False for any other stanza."""
        found = self._request_of(stanza, jid)
        if found is None:
            return False
        found.set(_unread(stanza) if isinstance(stanza, TooBig) else stanza)
        return True

    def _request_of(self, stanza: Node, jid: str) -> AsyncResult | None:
        if stanza.name != "iq" or stanza.attrs.get("type") not in ("result", "error"):
            return None
        found = self._waiting.get(stanza.attrs.get("id"))
        if found is None or not _comes_from(stanza.attrs.get("from"), found[0], jid):
            return None
        return found[1]


def _comes_from(sender: str | None, to: str, jid: str) -> bool:
    """RFC 6120 section 8.1.2.1: our server answers for our account without an address, or with one of ours."""
    jid = jid.lower()
    bare = jid.partition("/")[0]
    ours = {"", bare, jid, bare.rpartition("@")[2]}
    sender, to = (sender or "").lower(), to.lower()
    return sender == to or (to in ours and sender in ours)


def _unread(answer: Node) -> Node:
    """In the place of an answer that was too large to be read: an error, so that the request ends."""
    error = SerializedElement("error", {"type": "wait"}, [SerializedElement(f"{namespaces.STANZA_ERRORS} resource-constraint")])
    return SerializedElement("iq", {**answer.attrs, "type": "error"}, [error])


def base36(number: int) -> str:
    """Digits and small letters."""
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
