"""From an encrypted connection to a bound or resumed stream: SASL, or SASL2 with what goes along with it, and then the rest.

Two questions wait for an answer in any case: who we are, and the proof of it. What else can be asked goes along with them: the
header and the first where the server is known (onesoup.xmpp.stream.feature_cache), the resumption or the binding where it has
SASL2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import errors, sasl, sasl2
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.events import StreamEvent
from onesoup.xmpp.stream.feature_cache import NOTHING_TOLD, Told, features_told
from onesoup.xmpp.stream.login_tokens import HashedToken, TokenLogin, TokenMemory
from onesoup.xmpp.stream.negotiate import (
    AFTER_LOGIN,
    BEFORE_LOGIN,
    Negotiation,
    are_features,
    condition_of,
    fail_on,
    number_attribute,
)
from onesoup.xmpp.stream.serializer import escape
from onesoup.xmpp.stream.stream_management import SmError, StreamManagement

# What may be said to a server before it has told its features this time: nothing that a password could be read from.
_HARMLESS = ("SCRAM-", "HT-", "ANONYMOUS")


@dataclass
class StreamAccount:
    """Whose stream it will be. An empty user logs in anonymously."""

    domain: str
    user: str
    password: str
    resource: str

    @property
    def address(self) -> str:
        return f"{self.user}@{self.domain}" if self.user else ""


@dataclass(frozen=True)
class Terms:
    """`private`: only the domain's server reads what is written. `known`: what its servers offered before. `bind2`: it
    keeps no messages for who is offline, which Bind 2 would throw away (XEP-0386 section 3.2). `tokens`: see Options."""

    private: bool
    derive: sasl.Derive
    known: sasl.Known
    bind2: bool = False
    tokens: TokenMemory | None = None


@dataclass
class Begun:
    """How a stream begins. `jid` is empty after a resumption. `confirmed`: how many stanzas the server had got of the session
    that was to be resumed, None where it does not tell; `acked`: the keys of those that were not known to be there."""

    jid: str
    sm: StreamManagement | None
    resumed: bool = False
    acked: list[Any] = field(default_factory=list)
    confirmed: int | None = None
    carbons: bool = False
    bind2: bool = False  # the server has it
    proof: sasl.PasswordProof | None = None  # of the password, None where there is none


@dataclass
class _Way:
    """One way to prove who we are: a mechanism, in the words of SASL or of SASL2."""

    mechanism: sasl.Mechanism
    offer: sasl2.Sasl2Offer | None

    @property
    def space(self) -> str:
        return namespaces.SASL if self.offer is None else namespaces.SASL2

    @property
    def by_token(self) -> bool:
        return isinstance(self.mechanism, HashedToken)


class Login(Negotiation):
    """`sm`: a session to resume, if it is still there; its counters are then up to date."""

    def __init__(
        self,
        wire: Wire,
        account: StreamAccount,
        language: str,
        terms: Terms,
        sm: StreamManagement | None,
        past: Mapping[str, Told] = NOTHING_TOLD,
    ) -> None:
        super().__init__(wire, account.domain, language, past)
        self._account, self._terms = account, terms
        self._sm = sm if sm is not None and sm.resumable else None
        self._done = Begun("", None)
        self._agent = sasl2.agent_id(account.address, account.resource) if account.user else ""
        # What a token proves could be used again by whoever reads it.
        memory = terms.tokens if terms.private and account.user else None
        self._tokens = TokenLogin(memory, account.address, self._agent, account.password, terms.derive)

    def run(self, anew: bool) -> Begun:
        """`anew`: the document has to begin; else it has, and its features are there."""
        way = self._introduced(anew)
        try:
            way, success = self._authenticated(way)
        except sasl.SaslError as error:
            self._tokens.refused()
            raise StreamFailure(errors.FAILURE_AUTH, "server-not-proved", str(error)) from None
        if not way.by_token:
            self._terms.known.worked(self._domain, way.mechanism.name)
        self._tokens.given(way.mechanism, success)
        self._done.proof = way.mechanism.proof
        if way.offer is None:
            return self._restarted()
        return self._went_along(sasl2.read_success(success))

    # --- who we are ---

    def _introduced(self, anew: bool) -> _Way:
        """The first question has gone out, with the header where that is still to go and the answer is known."""
        if anew:
            before = self.past.get(BEFORE_LOGIN)
            way = self._way(before.ways) if before is not None else None
            if way is not None and way.mechanism.name.startswith(_HARMLESS):
                self.open(BEFORE_LOGIN, self._question(way), self._sender)
                return way
            self.open(BEFORE_LOGIN, sender=self._sender)
        return self._introduced_as_offered()

    def _introduced_as_offered(self) -> _Way:
        names = self.mechanisms()
        way = self._way(sasl2.login_ways(self.features))
        if way is None:  # never jabber:iq:auth instead: that is what an attacker hopes for
            raise StreamFailure(errors.FAILURE_NO_MECHANISM, "none-common" if names else "none-offered", " ".join(names)[:200])
        if not way.by_token and sasl.password_newly_exposed(self._terms.known.best(self._domain), way.mechanism.name):
            raise StreamFailure(errors.FAILURE_NO_MECHANISM, "downgraded", " ".join(names)[:200])
        self._wire.expect(self._words(AFTER_LOGIN))  # with SASL2 they follow without a header
        self._wire.send(self._question(way).encode())
        return way

    @property
    def _sender(self) -> str:
        """Told inside TLS only (RFC 6120 section 4.7.1); XEP-0388 section 2.1 asks for it."""
        return self._account.address if self._wire.secure else ""

    def _way(self, ways: sasl2.Ways) -> _Way | None:
        channel = sasl.ChannelBinding(self._wire.bindings(), ways.bindings)
        if ways.sasl2 is not None:
            token = self._tokens.mechanism(ways.sasl2.tokens, self._account.user, channel.bindings)
            if (mechanism := token or self._mechanism(ways.sasl2.mechanisms, channel)) is not None:
                return _Way(mechanism, ways.sasl2)
        mechanism = self._mechanism(ways.mechanisms, channel)
        return None if mechanism is None else _Way(mechanism, None)

    def _mechanism(self, names: Iterable[str], channel: sasl.ChannelBinding) -> sasl.Mechanism | None:
        account, terms = self._account, self._terms
        return sasl.choose_mechanism(
            names, account.user, account.password, private=terms.private, derive=terms.derive, channel=channel
        )

    def _question(self, way: _Way) -> str:
        name, first, offer = way.mechanism.name, way.mechanism.first(), way.offer
        if offer is None:
            return f"<auth xmlns='{namespaces.SASL}' mechanism='{name}'>{sasl.encode(first)}</auth>"
        account = self._account
        self._done.bind2 = offer.bind is not None
        along = sasl2.resume_element(self._sm) if self._sm is not None and offer.resume else ""
        # Bind 2 beside a resumption that cannot go along would come first, and leave nothing to resume.
        if offer.bind is not None and self._terms.bind2 and (self._sm is None or offer.resume):
            along += sasl2.bind_element(account.resource, offer.bind)
            self._done.carbons = namespaces.CARBONS in offer.bind
        along += self._tokens.along(way.mechanism, offer.tokens, self._wire.bindings())
        return sasl2.authenticate(name, first, self._agent, along)

    # --- the proof ---

    def _authenticated(self, way: _Way) -> tuple[_Way, Node]:
        """The way that the server took, and its <success/>. A token that is refused is forgotten, and the password asked: on the
        same connection, if that lives."""
        try:
            return way, self._proved(way)
        except StreamFailure as failure:
            refused = failure.kind == errors.FAILURE_AUTH
            if way.by_token or refused:
                self._tokens.refused()
            if not way.by_token or not refused:
                raise
        way = self._introduced_as_offered()
        return way, self._proved(way)

    def _proved(self, way: _Way) -> Node:
        """The server's <success/>, and ours: it knows the password too."""
        mechanism, space = way.mechanism, way.space
        while True:
            answer = self._await(lambda node: node.namespace == space)
            if answer.name == "success":
                proof = answer.getData() if way.offer is None else answer.getTagData("additional-data") or ""
                mechanism.finish(sasl.decode(proof))
                return answer
            if answer.name == "continue":  # XEP-0388 section 2.6.3: a second factor, a new password
                raise StreamFailure(errors.FAILURE_AUTH, "task-required")
            if answer.name != "challenge":
                raise StreamFailure(errors.FAILURE_AUTH, condition_of(answer, namespaces.SASL), answer.getTagData("text") or "")
            response = mechanism.step(sasl.decode(answer.getData()))
            data = sasl.encode(response, "") if response else ""
            self._wire.send(f"<response xmlns='{space}'>{data}</response>".encode())

    # --- behind it, as in RFC 6120 ---

    def _restarted(self) -> Begun:
        """A new document, and in it what remains to be asked."""
        before = self.past.get(AFTER_LOGIN)
        if before is None:
            self.open(AFTER_LOGIN, sender=self._sender)
            return self._resumed_or_bound()
        self.features = before.features
        resuming = self._sm is not None and self._offers("sm", namespaces.STREAM_MANAGEMENT)
        along = sasl2.resume_element(self._sm) if resuming and self._sm is not None else self._binding() + self._managing
        self.open(AFTER_LOGIN, along, self._sender)
        return self._resumed_or_bound(asked=True)

    def _resumed_or_bound(self, asked: bool = False) -> Begun:
        """`asked`: the first question of this is on its way."""
        if self._sm is not None and self._offers("sm", namespaces.STREAM_MANAGEMENT):
            if not asked:
                self._wire.send(sasl2.resume_element(self._sm).encode())
            if self._resumption(
                self._await(lambda node: node.namespace == namespaces.STREAM_MANAGEMENT and node.name in ("resumed", "failed"))
            ):
                return self._done
            asked = False
        self._done.jid, self._done.sm = self.bind(asked)
        return self._done

    def _resumption(self, answer: Node) -> bool:
        """Whether the session goes on."""
        assert self._sm is not None
        done = self._done
        done.confirmed = number_attribute(answer, "h")  # XEP-0198 section 5: a failure may still tell how far the server had come
        try:
            done.acked = [] if done.confirmed is None else self._sm.resumed(done.confirmed)
        except SmError as error:
            raise StreamFailure(errors.FAILURE_PROTOCOL, "undefined-condition", str(error)) from None
        done.resumed = answer.name == "resumed"
        if done.resumed:
            done.sm = self._sm
        self._sm = None  # it is not asked for again
        return done.resumed

    def bind(self, asked: bool = False) -> tuple[str, StreamManagement | None]:
        """The full JID, and stream management, resumable if the server likes, where it has that. A resource in use gets "-2"
        once; one that the server dislikes is left to the server. `asked`: both are on their way."""
        # The question for stream management goes along: it is one journey less. A server that meets it before the resource is
        # bound refuses it (XEP-0198 section 3), and then it is put again.
        along = self._managing
        if not asked:
            self._wire.send((self._binding() + along).encode())
        try:
            jid, said = self._bound()
        except StreamFailure as failure:
            instead = {"conflict": f"{self._account.resource}-2", "bad-request": ""}.get(failure.condition)
            if failure.kind != errors.FAILURE_BIND or instead is None:
                raise
            along = ""
            self._wire.send(self._binding(instead).encode())
            jid, said = self._bound()
        if self._old_session_needed:
            self._wire.send(f"<iq type='set' id='session'><session xmlns='{namespaces.SESSION}'/></iq>".encode())
            self._result("session")
        return jid, self._enabled(said, bool(along))

    @property
    def _managing(self) -> str:
        return sasl2.ENABLE_ELEMENT if self._offers("sm", namespaces.STREAM_MANAGEMENT) and not self._old_session_needed else ""

    def _binding(self, resource: str | None = None) -> str:
        resource = self._account.resource if resource is None else resource
        wish = f"<resource>{escape(resource)}</resource>" if resource else ""
        return f"<iq type='set' id='bind'><bind xmlns='{namespaces.BIND}'>{wish}</bind></iq>"

    def _bound(self) -> tuple[str, Node | None]:
        """The full JID, and what the server has said to stream management before it."""
        said: list[Node] = []
        answer = self._result("bind", said)
        jid = (answer.getTag("bind") or answer).getTagData("jid")
        if not jid:
            raise StreamFailure(errors.FAILURE_BIND, "undefined-condition", "no JID in the answer")
        return str(jid), said[-1] if said else None

    @property
    def _old_session_needed(self) -> bool:
        """The session iq of RFC 3921, for a server that insists on it."""
        offer = self.features.getTag("session", namespace=namespaces.SESSION)
        return bool(offer and not offer.getTag("optional"))

    def _enabled(self, answer: Node | None, asked: bool) -> StreamManagement | None:
        """`answer`: of a server that has said it already; `asked`: the question is on its way."""
        if answer is None and not self._offers("sm", namespaces.STREAM_MANAGEMENT):
            return None
        if answer is None and asked:
            answer = self._await(_answers_enable)
        if answer is None or answer.name == "failed":
            if answer is not None and answer.getTag("unexpected-request") is None and asked:
                return None
            self._wire.send(sasl2.ENABLE_ELEMENT.encode())
            answer = self._await(_answers_enable)
        if answer.name == "failed":
            return None
        resumable = answer.getAttr("resume") in ("true", "1")
        return StreamManagement(
            (answer.getAttr("id") or "") if resumable else "",
            answer.getAttr("location") or "",
            number_attribute(answer, "max") or 0,
        )

    def _result(self, name: str, said: list[Node] | None = None) -> Node:
        """The result of the iq with this id. `said` gets the answers to stream management that come before it."""
        while True:
            answer = self._await(lambda node: (node.name == "iq" and node.getAttr("id") == name) or _answers_enable(node))
            if not _answers_enable(answer):
                break
            if said is not None:
                said.append(answer)
        if answer.getAttr("type") != "result":
            error = answer.getTag("error") or answer
            raise StreamFailure(
                errors.FAILURE_BIND, condition_of(error, namespaces.STANZA_ERRORS), error.getTagData("text") or ""
            )
        return answer

    # --- behind it, with SASL2 ---

    def _went_along(self, success: sasl2.Success) -> Begun:
        """The features come without a new document. What was asked along has its answer already."""
        done, before = self._done, self.past.get(AFTER_LOGIN)
        if before is not None:
            self.features = before.features  # until they are read
        if success.resumption is not None and self._sm is not None and self._resumption(success.resumption):
            # Stanzas may come before the features, and count: both are the stream's from here on.
            return done
        if success.bound is None:
            done.carbons = False
            self._features_follow()
            return self._resumed_or_bound()
        if not success.jid.partition("/")[2]:
            raise StreamFailure(errors.FAILURE_BIND, "undefined-condition", "no JID in the answer")
        done.jid = success.jid
        answer = next((kid for kid in success.bound.kids if kid and _answers_enable(kid)), None)
        if answer is None:
            self._features_follow()
        elif before is None:
            self._features_come()
        done.sm = self._enabled(answer, answer is not None)
        return done

    def _features_follow(self) -> None:
        self.features = self._await(are_features)
        self._told_ready()

    def _features_come(self) -> None:
        """What comes before them is the stream's: it is bound, and counts."""
        kept: list[StreamEvent] = []
        while True:
            events = self._wire.receive()
            for index, event in enumerate(events):
                if isinstance(event, Node) and are_features(event):
                    self.features, self._wire.pending = event, kept + events[index + 1 :]
                    self._told_ready()
                    return
                fail_on(event)
                kept.append(event)

    def _told_ready(self) -> None:
        if AFTER_LOGIN not in self.past:
            self.told[AFTER_LOGIN] = features_told(self.features, self._wire.words())


def _answers_enable(node: Node) -> bool:
    return bool(node.namespace == namespaces.STREAM_MANAGEMENT and node.name in ("enabled", "failed"))
