"""The beginning of a connection: header, features, STARTTLS. Knows nothing of accounts.

Sequential, each step one function. The caller sets the limit of time and closes the wire when a step fails.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors, sasl2
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.events import Broken, End, Header, StreamEvent
from onesoup.xmpp.stream.feature_cache import NOTHING_TOLD, Told, features_shape, features_told
from onesoup.xmpp.stream.parser import KnownElement
from onesoup.xmpp.stream.serializer import quote
from onesoup.xmpp.stream.tls import Tls

# When a server tells its features: in clear text, before and after the log-in.
BEFORE_TLS, BEFORE_LOGIN, AFTER_LOGIN = "clear", "offered", "ready"
# The condition of a server that offers something else than before.
FEATURES_CHANGED = "features-changed"
_STARTTLS = f"<starttls xmlns='{namespaces.TLS}'/>"


def fail_on(event: StreamEvent) -> None:
    """Raises what a stream error, a closing tag or a broken document means."""
    if isinstance(event, Broken):
        raise StreamFailure(errors.FAILURE_PROTOCOL, event.condition, event.text)
    if isinstance(event, End):
        raise StreamFailure(errors.FAILURE_CLOSED, "end")
    if isinstance(event, Node) and event.namespace == namespaces.STREAM and event.name == "error":
        condition = condition_of(event, namespaces.STREAM_ERRORS)
        # The address to go to instead stands inside the condition (RFC 6120 section 4.9.3.19).
        text = event.getTagData(condition) if condition == "see-other-host" else event.getTagData("text")
        raise StreamFailure(errors.FAILURE_STREAM, condition, text or "")


def condition_of(node: Node, namespace: str = "") -> str:
    """The name of the first child that is no text."""
    for kid in node.kids:
        if kid and kid.name != "text" and (not namespace or kid.namespace == namespace):
            return str(kid.name)
    return "undefined-condition"


class Negotiation:
    """The client's side of one connection, before stanzas flow.

    `past`: features as the server told them last, by moment. Where they are there, a question goes along with the header that
    will bring them again; should they be others this time, the connection fails as `guessed`, and has to be made anew.
    """

    def __init__(self, wire: Wire, domain: str, language: str, past: Mapping[str, Told] = NOTHING_TOLD) -> None:
        self._wire, self._domain, self._language, self.past = wire, domain, language, past
        self.features = Node("features")
        self.told: dict[str, Told] = {}
        self.guessed = False
        self.early: list[Node] = []  # stanzas that came before their time; they count in no h

    def open(self, moment: str = BEFORE_LOGIN, along: str = "", sender: str = "") -> None:
        """A new document and the server's features. `sender`: the account, for a server that is known to be the right one."""
        before = self.past.get(moment)
        self._wire.restart(self._words(moment) + (self._words(AFTER_LOGIN) if along and moment == BEFORE_LOGIN else ()))
        who = f" from='{quote(sender)}'" if sender else ""
        header = (
            f"<?xml version='1.0'?><stream:stream to='{quote(self._domain)}'{who} version='1.0'"
            f" xml:lang='{quote(self._language)}' xmlns='{namespaces.CLIENT}' xmlns:stream='{namespaces.STREAM}'>{along}"
        )
        self.guessed = self.guessed or bool(along)
        self._wire.send(header.encode())
        self._wire.hurry()
        self.features = self._await(are_features)
        if before is None:
            self.told[moment] = features_told(self.features, self._wire.words())
        elif (
            along
            and moment != BEFORE_TLS
            and self.features is not before.features
            and features_shape(self.features) != before.shape
        ):
            raise StreamFailure(errors.FAILURE_PROTOCOL, FEATURES_CHANGED)

    def _words(self, moment: str) -> tuple[KnownElement, ...]:
        """What the server has said at such a moment, and may say again."""
        before = self.past.get(moment)
        return before.ready if before is not None else ()

    def secure(self, tls: Tls) -> bool:
        """STARTTLS; whether a new document has to begin. Clear text goes on for domains only that are listed for it: a missing
        offer may be an attack."""
        blind = tls.trusts_blindly(self._domain)
        before = self.past.get(BEFORE_TLS)
        along = _STARTTLS if before is not None and not blind else ""
        self.open(BEFORE_TLS, along)
        if not self._offers("starttls", namespaces.TLS):
            if blind:
                return False
            raise StreamFailure(errors.FAILURE_TLS, "not-offered")
        if not along:
            self._wire.send(_STARTTLS.encode())
        if self._await(lambda node: node.namespace == namespaces.TLS).name != "proceed":
            raise StreamFailure(errors.FAILURE_TLS, "handshake", "the server refused STARTTLS")
        self._wire.start_tls(tls, self._domain)
        return True

    def mechanisms(self) -> list[str]:
        """The names of the SASL mechanisms that the server offers now, over SASL or SASL2."""
        ways = sasl2.login_ways(self.features)
        return list(dict.fromkeys([*ways.mechanisms, *(ways.sasl2.mechanisms if ways.sasl2 else ())]))

    def _offers(self, name: str, namespace: str) -> bool:
        return self.features.getTag(name, namespace=namespace) is not None

    def _await(self, wanted: Callable[[Node], bool]) -> Node:
        """The next element that is wanted. Headers pass, stanzas are kept, what is behind it stays with the wire."""
        while True:
            events = self._wire.receive()
            for index, event in enumerate(events):
                fail_on(event)
                if isinstance(event, Node) and wanted(event):
                    self._wire.pending = events[index + 1 :]
                    return event
                if isinstance(event, Node) and event.namespace == namespaces.CLIENT:
                    self.early.append(event)
                elif isinstance(event, Header):
                    _check_version(event)


def are_features(node: Node) -> bool:
    return bool(node.namespace == namespaces.STREAM and node.name == "features")


def _check_version(header: Header) -> None:
    # Without version 1.0 there are no features to wait for (RFC 6120 section 4.7.5).
    if not header.get("version", "").startswith("1."):
        raise StreamFailure(errors.FAILURE_STREAM, "unsupported-version")


def number_attribute(node: Node, name: str) -> int | None:
    """An attribute that counts, None when it is missing or no number."""
    text = node.getAttr(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def offered_namespaces(features: Node) -> frozenset[str]:
    """The namespaces of what is offered. Streams of one server share the set."""
    return _shared(frozenset(str(kid.namespace) for kid in features.kids if kid))


@lru_cache(256)
def _shared(names: frozenset[str]) -> frozenset[str]:
    return names
