"""From a fresh connection to a bound stream: header, STARTTLS, SASL, resume or bind, stream management.

Sequential, each step one function. The caller sets the limit of time and closes the wire when a step fails.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from xmpp.simplexml import Node

from onesoup.xmpp.stream import errors, ns, sasl
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.markup import escape, quote
from onesoup.xmpp.stream.parser import Broken, End, Event, Header
from onesoup.xmpp.stream.sm import KEEP_SECONDS, SmError, StreamManagement
from onesoup.xmpp.stream.tls import Tls
from onesoup.xmpp.stream.wire import Wire


def fail_on(event: Event) -> None:
    """Raises what a stream error, a closing tag or a broken document means."""
    if isinstance(event, Broken):
        raise StreamFailure(errors.PROTOCOL, event.condition, event.text)
    if isinstance(event, End):
        raise StreamFailure(errors.CLOSED, "end")
    if isinstance(event, Node) and event.namespace == ns.STREAM and event.name == "error":
        condition = _condition(event, ns.STREAM_ERRORS)
        # The address to go to instead stands inside the condition (RFC 6120 section 4.9.3.19).
        text = event.getTagData(condition) if condition == "see-other-host" else event.getTagData("text")
        raise StreamFailure(errors.STREAM, condition, text or "")


def _condition(node: Node, namespace: str = "") -> str:
    """The name of the first child that is no text."""
    for kid in node.kids:
        if kid and kid.name != "text" and (not namespace or kid.namespace == namespace):
            return str(kid.name)
    return "undefined-condition"


_ENABLE = f"<enable xmlns='{ns.SM}' resume='true' max='{KEEP_SECONDS}'/>".encode()


def _answers_enable(node: Node) -> bool:
    return bool(node.namespace == ns.SM and node.name in ("enabled", "failed"))


class Negotiation:
    """The client's side of one connection, before stanzas flow."""

    def __init__(self, wire: Wire, domain: str, language: str) -> None:
        self._wire, self._domain, self._language = wire, domain, language
        self.features = Node("features")
        self.early: list[Node] = []  # stanzas that came before their time; they count in no h

    def open(self) -> None:
        """A new document and the server's features."""
        self._wire.restart()
        header = (
            f"<?xml version='1.0'?><stream:stream to='{quote(self._domain)}' version='1.0' xml:lang='{quote(self._language)}'"
            f" xmlns='{ns.CLIENT}' xmlns:stream='{ns.STREAM}'>"
        )
        self._wire.send(header.encode())
        self._wire.hurry()
        self.features = self._await(lambda node: node.namespace == ns.STREAM and node.name == "features")

    def secure(self, tls: Tls) -> None:
        """STARTTLS. Clear text goes on for domains only that are listed for it: a missing offer may be an attack."""
        if not self._offers("starttls", ns.TLS):
            if tls.trusts_blindly(self._domain):
                return
            raise StreamFailure(errors.TLS, "not-offered")
        self._wire.send(f"<starttls xmlns='{ns.TLS}'/>".encode())
        if self._await(lambda node: node.namespace == ns.TLS).name != "proceed":
            raise StreamFailure(errors.TLS, "handshake", "the server refused STARTTLS")
        self._wire.start_tls(tls, self._domain)
        self.open()

    def authenticate(self, user: str, password: str, private: bool, derive: sasl.Derive, known: sasl.Known) -> None:
        """`private`: nobody but the domain's server reads what is written. `known`: what its servers offered before."""
        mechanism = self._mechanism(user, password, private, derive, known)
        try:
            self._exchange(mechanism)
        except sasl.SaslError as error:
            raise StreamFailure(errors.AUTH, "server-not-proved", str(error)) from None
        known.worked(self._domain, mechanism.name)
        self.open()

    def mechanisms(self) -> list[str]:
        """The names of the SASL mechanisms that the server offers just now."""
        offer = self.features.getTag("mechanisms", namespace=ns.SASL)
        return [tag.getData() for tag in offer.getTags("mechanism")] if offer else []

    def _mechanism(self, user: str, password: str, private: bool, derive: sasl.Derive, known: sasl.Known) -> sasl.Mechanism:
        names = self.mechanisms()
        if not names:  # never jabber:iq:auth instead: that is what an attacker hopes for
            raise StreamFailure(errors.NO_MECHANISM, "none-offered")
        channel = sasl.Channel(self._wire.bindings(), self._bindings_taken())
        mechanism = sasl.choose(names, user, password, private=private, derive=derive, channel=channel)
        if mechanism is None:
            raise StreamFailure(errors.NO_MECHANISM, "none-common", " ".join(names)[:200])
        if sasl.lost(known.best(self._domain), mechanism.name):
            raise StreamFailure(errors.NO_MECHANISM, "downgraded", " ".join(names)[:200])
        return mechanism

    def _bindings_taken(self) -> frozenset[str] | None:
        offer = self.features.getTag("sasl-channel-binding", namespace=ns.CHANNEL_BINDING)
        return frozenset(tag.getAttr("type") or "" for tag in offer.getTags("channel-binding")) if offer else None

    def _exchange(self, mechanism: sasl.Mechanism) -> None:
        first = sasl.encode(mechanism.first())
        self._wire.send(f"<auth xmlns='{ns.SASL}' mechanism='{mechanism.name}'>{first}</auth>".encode())
        while True:
            answer = self._await(lambda node: node.namespace == ns.SASL)
            if answer.name == "success":
                mechanism.finish(sasl.decode(answer.getData()))
                return
            if answer.name != "challenge":
                raise StreamFailure(errors.AUTH, _condition(answer, ns.SASL), answer.getTagData("text") or "")
            response = mechanism.step(sasl.decode(answer.getData()))
            data = sasl.encode(response) if response else ""
            self._wire.send(f"<response xmlns='{ns.SASL}'>{data}</response>".encode())

    def resume(self, sm: StreamManagement) -> tuple[bool, list[Any], int | None]:
        """Whether the session goes on, the keys of the stanzas that the server had got of it, and how many it had, if it says."""
        if not self._offers("sm", ns.SM):
            return False, [], None
        self._wire.send(f"<resume xmlns='{ns.SM}' previd='{quote(sm.id)}' h='{sm.h_in}'/>".encode())
        answer = self._await(lambda node: node.namespace == ns.SM and node.name in ("resumed", "failed"))
        h = number(answer, "h")  # XEP-0198 section 5: a failure may still tell how far the server had come
        try:
            return answer.name == "resumed", [] if h is None else sm.resumed(h), h
        except SmError as error:
            raise StreamFailure(errors.PROTOCOL, "undefined-condition", str(error)) from None

    def bind(self, resource: str) -> tuple[str, StreamManagement | None]:
        """The full JID, and stream management, resumable if the server likes, where it has that. A resource in use gets "-2"
        once; one that the server dislikes is left to the server."""
        # The question for stream management goes along: it is one journey less. A server that meets it before the resource is
        # bound refuses it (XEP-0198 section 3), and then it is put again.
        along = _ENABLE if self._offers("sm", ns.SM) and not self._old_session_needed else b""
        try:
            jid, said = self._bind(resource, along)
        except StreamFailure as failure:
            instead = {"conflict": f"{resource}-2", "bad-request": ""}.get(failure.condition)
            if failure.kind != errors.BIND or instead is None:
                raise
            along = b""
            jid, said = self._bind(instead)
        if self._old_session_needed:
            self._ask("session", f"<session xmlns='{ns.SESSION}'/>")
        return jid, self._enabled(said, bool(along))

    def _bind(self, resource: str, along: bytes = b"") -> tuple[str, Node | None]:
        """The full JID, and what the server has said to stream management before it."""
        wish = f"<resource>{escape(resource)}</resource>" if resource else ""
        said: list[Node] = []
        answer = self._ask("bind", f"<bind xmlns='{ns.BIND}'>{wish}</bind>", along, said)
        jid = (answer.getTag("bind") or answer).getTagData("jid")
        if not jid:
            raise StreamFailure(errors.BIND, "undefined-condition", "no JID in the answer")
        return str(jid), said[-1] if said else None

    @property
    def _old_session_needed(self) -> bool:
        """The session iq of RFC 3921, for a server that insists on it."""
        offer = self.features.getTag("session", namespace=ns.SESSION)
        return bool(offer and not offer.getTag("optional"))

    def _enabled(self, answer: Node | None, asked: bool) -> StreamManagement | None:
        """`answer`: of a server that has said it already; `asked`: the question is on its way."""
        if not self._offers("sm", ns.SM):
            return None
        if answer is None and asked:
            answer = self._await(_answers_enable)
        if answer is None or answer.name == "failed":
            if answer is not None and answer.getTag("unexpected-request") is None and asked:
                return None
            self._wire.send(_ENABLE)
            answer = self._await(_answers_enable)
        if answer.name == "failed":
            return None
        resumable = answer.getAttr("resume") in ("true", "1")
        return StreamManagement(
            (answer.getAttr("id") or "") if resumable else "", answer.getAttr("location") or "", number(answer, "max") or 0
        )

    def _offers(self, name: str, namespace: str) -> bool:
        return self.features.getTag(name, namespace=namespace) is not None

    def _ask(self, name: str, payload: str, along: bytes = b"", said: list[Node] | None = None) -> Node:
        """The result of an iq. `said` gets the answers to stream management that come before it."""
        self._wire.send(f"<iq type='set' id='{name}'>{payload}</iq>".encode() + along)
        while True:
            answer = self._await(lambda node: (node.name == "iq" and node.getAttr("id") == name) or _answers_enable(node))
            if not _answers_enable(answer):
                break
            if said is not None:
                said.append(answer)
        if answer.getAttr("type") != "result":
            error = answer.getTag("error") or answer
            raise StreamFailure(errors.BIND, _condition(error, ns.STANZA_ERRORS), error.getTagData("text") or "")
        return answer

    def _await(self, wanted: Callable[[Node], bool]) -> Node:
        """The next element that is wanted. Headers pass, stanzas are kept, what is behind it stays with the wire."""
        while True:
            events = self._wire.receive()
            for index, event in enumerate(events):
                fail_on(event)
                if isinstance(event, Node) and wanted(event):
                    self._wire.pending = events[index + 1 :]
                    return event
                if isinstance(event, Node) and event.namespace == ns.CLIENT:
                    self.early.append(event)
                elif isinstance(event, Header):
                    _check_version(event)


def _check_version(header: Header) -> None:
    # Without version 1.0 there are no features to wait for (RFC 6120 section 4.7.5).
    if not header.get("version", "").startswith("1."):
        raise StreamFailure(errors.STREAM, "unsupported-version")


def number(node: Node, name: str) -> int | None:
    """An attribute that counts, None when it is missing or no number."""
    text = node.getAttr(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def offered(features: Node) -> frozenset[str]:
    """The namespaces of what is offered. Streams of one server share the set."""
    return _shared(frozenset(str(kid.namespace) for kid in features.kids if kid))


@lru_cache(256)
def _shared(names: frozenset[str]) -> frozenset[str]:
    return names
