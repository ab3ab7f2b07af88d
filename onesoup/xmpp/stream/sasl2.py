"""SASL2 (XEP-0388) as values: what a server offers along with the log-in, the question, and what its success brings. No I/O.

Along with it go the resumption of a session (XEP-0198), or Bind 2 (XEP-0386) with stream management and carbons: the journeys
that these would need by themselves are saved, and the second stream header.
"""

import hashlib
import uuid
from dataclasses import dataclass
from functools import lru_cache

from xmpp.simplexml import Node

from onesoup.xmpp import namespaces
from onesoup.xmpp.stream import sasl
from onesoup.xmpp.stream.serializer import escape, quote
from onesoup.xmpp.stream.stream_management import RESUMPTION_SECONDS, StreamManagement

ENABLE_ELEMENT = f"<enable xmlns='{namespaces.STREAM_MANAGEMENT}' resume='true' max='{RESUMPTION_SECONDS}'/>"


@dataclass(frozen=True)
class Sasl2Offer:
    """`resume`: a session can be resumed along with it. `bind`: what Bind 2 enables along with it, None without Bind 2.
    `tokens`: mechanisms for tokens (XEP-0484)."""

    mechanisms: tuple[str, ...]
    resume: bool = False
    bind: frozenset[str] | None = None
    tokens: tuple[str, ...] = ()


def sasl2_offer(features: Node) -> Sasl2Offer | None:
    """None for a server that knows SASL as in RFC 6120 only."""
    found = features.getTag("authentication", namespace=namespaces.SASL2)
    if found is None:
        return None
    inline = found.getTag("inline")
    if inline is None:
        return Sasl2Offer(_mechanisms(found))
    bind, fast = inline.getTag("bind", namespace=namespaces.BIND2), inline.getTag("fast", namespace=namespaces.FAST)
    return Sasl2Offer(
        _mechanisms(found),
        inline.getTag("sm", namespace=namespaces.STREAM_MANAGEMENT) is not None,
        None if bind is None else _inline(bind),
        () if fast is None else _mechanisms(fast),
    )


def _mechanisms(node: Node) -> tuple[str, ...]:
    return tuple(kid.getData() for kid in node.kids if kid and kid.name == "mechanism")


def _inline(bind: Node) -> frozenset[str]:
    inner = bind.getTag("inline")
    return frozenset(kid.getAttr("var") or "" for kid in inner.kids if kid) if inner is not None else frozenset()


@dataclass(frozen=True)
class Ways:
    """All that features say of how to log in: the mechanisms of RFC 6120, SASL2, the channel bindings taken (XEP-0440)."""

    mechanisms: tuple[str, ...]
    sasl2: Sasl2Offer | None
    bindings: frozenset[str] | None


def login_ways(features: Node) -> Ways:
    """Nothing of it may be there."""
    names = features.getTag("mechanisms", namespace=namespaces.SASL)
    taken = features.getTag("sasl-channel-binding", namespace=namespaces.CHANNEL_BINDING)
    return Ways(
        tuple(tag.getData() for tag in names.getTags("mechanism")) if names else (),
        sasl2_offer(features),
        frozenset(tag.getAttr("type") or "" for tag in taken.getTags("channel-binding")) if taken else None,
    )


def authenticate(name: str, first: bytes, agent: str, along: str) -> str:
    """The question. `first`: of the mechanism; `agent`: of `agent_id`, empty to stay unknown."""
    who = f"<user-agent id='{agent}'><software>onesoup</software></user-agent>" if agent else ""
    response = f"<initial-response>{sasl.encode(first, '')}</initial-response>"
    return f"<authenticate xmlns='{namespaces.SASL2}' mechanism='{name}'>{response}{who}{along}</authenticate>"


def resume_element(sm: StreamManagement) -> str:
    """Goes along with either way to log in."""
    return f"<resume xmlns='{namespaces.STREAM_MANAGEMENT}' previd='{quote(sm.id)}' h='{sm.h_in}'/>"


def bind_element(tag: str, features: frozenset[str]) -> str:
    """`tag` becomes a part of the resource; `features`: what the server enables along with it."""
    carbons = f"<enable xmlns='{namespaces.CARBONS}'/>" if namespaces.CARBONS in features else ""
    managed = ENABLE_ELEMENT if namespaces.STREAM_MANAGEMENT in features else ""
    return f"<bind xmlns='{namespaces.BIND2}'><tag>{escape(tag)}</tag>{carbons}{managed}</bind>"


@lru_cache(4096)
def agent_id(address: str, resource: str) -> str:
    """A UUID that is the same at each log-in of one client of one account, and of no other. From it the server makes the
    resource, and knows the old stream of a client that comes anew."""
    digest = hashlib.sha256(f"onesoup {address}/{resource}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


@dataclass(frozen=True)
class Success:
    """`jid`: bare, or full when the stream is bound or resumed."""

    jid: str
    resumption: Node | None
    bound: Node | None


def read_success(answer: Node) -> Success:
    """What a <success/> says."""
    resumption = next(
        (
            kid
            for kid in answer.kids
            if kid and kid.namespace == namespaces.STREAM_MANAGEMENT and kid.name in ("resumed", "failed")
        ),
        None,
    )
    jid = answer.getTagData("authorization-identifier") or ""
    return Success(str(jid), resumption, answer.getTag("bound", namespace=namespaces.BIND2))
