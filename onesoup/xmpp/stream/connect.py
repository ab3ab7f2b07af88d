"""From a domain to a negotiated stream: targets in turn, each with TCP, TLS, and a log-in (onesoup.xmpp.stream.login)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import gevent
from xmpp.simplexml import Node

from onesoup.xmpp.stream import errors
from onesoup.xmpp.stream.connection import Wire
from onesoup.xmpp.stream.errors import StreamFailure
from onesoup.xmpp.stream.login import Begun, Login, StreamAccount, Terms
from onesoup.xmpp.stream.negotiate import Negotiation, offered_namespaces
from onesoup.xmpp.stream.options import Options
from onesoup.xmpp.stream.resolve import XMPP_PORT, Target
from onesoup.xmpp.stream.stream_management import StreamManagement
from onesoup.xmpp.stream.tcp import connect_tcp

WorkT = TypeVar("WorkT")

# After one of these another target of the domain may do better. A refused password would be refused there too.
_NEXT = {errors.FAILURE_REFUSED, errors.FAILURE_DNS, errors.FAILURE_TIMEOUT, errors.FAILURE_TLS, errors.FAILURE_CLOSED}
_LOST = "lost"
# What a server has said of the account, and not of how it was asked.
_ANSWERS = {errors.FAILURE_AUTH, errors.FAILURE_NO_MECHANISM, errors.FAILURE_BIND, errors.FAILURE_TLS, errors.FAILURE_TIMEOUT}
# So long a target may take while another one is left: a server that is dead without a word must not use up the whole log-in.
PATIENCE_SECONDS = 3.0
# How many see-other-host a domain may send us through.
MAX_STREAM_REDIRECTS = 2


@dataclass(frozen=True)
class ConnectOffer:
    """What a server shows before anybody has logged in: where it is, whether the way is encrypted, its SASL mechanisms."""

    place: str
    secure: bool
    mechanisms: tuple[str, ...]


@dataclass
class Connected:
    """A stream ready for stanzas. `features` may still be on their way."""

    wire: Wire
    features: frozenset[str]
    begun: Begun
    early: list[Node]


class _Again(StreamFailure):
    """What was remembered of the server did not hold. It is forgotten, and the same place may be asked step by step."""


def connect(account: StreamAccount, options: Options, sm: StreamManagement | None) -> Connected:
    """Raises StreamFailure. `sm`: a session to resume, if it is still there; its counters are then up to date."""
    targets = _targets(account.domain, options, sm)
    return try_targets(targets, account.domain, options, lambda wire, target: _negotiated(wire, target, account, options, sm))


def probe_server(domain: str, options: Options) -> ConnectOffer:
    """What a server of the domain offers to who would log in; then the connection is closed. Raises StreamFailure."""

    def meet(wire: Wire, target: Target) -> ConnectOffer:
        talk = Negotiation(wire, domain, options.language)
        if encrypted(talk, wire, target, domain, options):
            talk.open()
        offer = ConnectOffer(f"{target.host}:{target.port}", wire.secure, tuple(talk.mechanisms()))
        wire.close()
        return offer

    return try_targets(options.resolver.targets(domain), domain, options, meet)


def try_targets(targets: list[Target], domain: str, options: Options, work: Callable[[Wire, Target], WorkT]) -> WorkT:
    """The targets in turn, and those that they send us to."""
    failure = StreamFailure(errors.FAILURE_DNS, "no-service")
    redirects = 0
    while targets:
        target = targets.pop(0)
        try:
            with gevent.Timeout(PATIENCE_SECONDS if targets else None, StreamFailure(errors.FAILURE_TIMEOUT, "silent")):
                return _at(target, domain, options, work)
        except _Again as error:
            failure = error
            targets.insert(0, target)
        except StreamFailure as error:
            failure = error
            if error.condition == "see-other-host" and redirects < MAX_STREAM_REDIRECTS:
                redirects += 1
                targets = [_place(error.text)]
            elif error.kind not in _NEXT:
                raise
    raise failure


def _targets(domain: str, options: Options, sm: StreamManagement | None) -> list[Target]:
    targets = options.resolver.targets(domain)
    # XEP-0198 section 4: the server would like us back at this place, if it is there.
    return [_place(sm.location), *targets] if sm is not None and sm.location else targets


def _place(text: str) -> Target:
    """host, host:port, [v6], [v6]:port, or a bare IPv6 address."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        host, port = text.strip(), str(XMPP_PORT)
    return Target(host.strip("[]"), int(port[:5]), False)


def _at(target: Target, domain: str, options: Options, work: Callable[[Wire, Target], WorkT]) -> WorkT:
    allowed = None
    if options.address_allowed is not None and not options.resolver.is_static(domain, target):
        allowed = partial(options.address_allowed, domain)
    wire = Wire(connect_tcp(target.host, target.port, allowed))
    try:
        return work(wire, target)
    except BaseException:  # of any kind: only this function knows the socket
        wire.close()
        raise


def encrypted(talk: Negotiation, wire: Wire, target: Target, domain: str, options: Options) -> bool:
    """TLS where it has to be; whether a new document has to begin."""
    if target.direct_tls:
        wire.start_tls(options.tls, domain, direct=True)
        return True
    return talk.secure(options.tls)


def _negotiated(wire: Wire, target: Target, account: StreamAccount, options: Options, sm: StreamManagement | None) -> Connected:
    domain, past = account.domain, options.past
    place = (domain, target.host, target.port)
    private = not options.tls.trusts_blindly(domain)
    terms = Terms(private, options.derive, options.known, bind2=past.stores(domain) is False, tokens=options.tokens)
    talk = Login(wire, account, options.language, terms, sm, past.recall(place))
    # A server that loses what comes along with a header leaves us waiting.
    patience = gevent.Timeout(PATIENCE_SECONDS if talk.past else None, StreamFailure(errors.FAILURE_TIMEOUT, _LOST))
    try:
        with patience:
            anew = encrypted(talk, wire, target, domain, options)
            begun = talk.run(anew)
    except StreamFailure as failure:
        if not talk.guessed or _meant(failure):
            raise
        past.doubt(place)
        raise _Again(failure.kind, failure.condition, failure.text) from None
    if not talk.guessed:
        past.keep(place, talk.told)
    return Connected(wire, offered_namespaces(talk.features), begun, talk.early)


def _meant(failure: StreamFailure) -> bool:
    """Whether a server that was asked along would say the same step by step, or no time is left to ask again."""
    return (failure.kind in _ANSWERS and failure.condition != _LOST) or failure.condition == "see-other-host"
