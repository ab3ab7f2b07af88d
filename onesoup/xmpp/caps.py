"""What clients are and can do: service discovery (XEP-0030) and its hash in presence (XEP-0115), both ways. Pure."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from onesoup.xmpp import namespaces

MAX_CAPS_NAME_LENGTH = 200
_HASHES = {"sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512"}

# Identity of category client -> the phone's ClientType, and back (xmpp-mapping.md 2 and 5.2).
_TYPES = {"phone": "MOBILE_PHONE", "handheld": "PDA", "pc": "COMPUTER", "web": "COMPUTER", "console": "CLI"}
_KINDS = {"MOBILE_PHONE": "phone", "PDA": "handheld", "COMPUTER": "pc", "CLI": "console"}
USUAL_TYPE, USUAL_KIND = "COMPUTER", "phone"


def kind_of(client_type: str | None) -> str:
    """The identity under which a phone of this ClientType is known."""
    return _KINDS.get((client_type or "").strip().upper(), USUAL_KIND)


def name_of(stanza: Any) -> str:
    """Under which name the abilities of a presence can be asked for: hash, node and version, "" when it has none."""
    tag = stanza.getTag("c", namespace=namespaces.CAPS)
    if tag is None:
        return ""
    parts = [str(tag.getAttr(each) or "") for each in ("hash", "node", "ver")]
    # Without a hash it is the form of 2003, which cannot be verified.
    if parts[0] not in _HASHES or not all(parts) or any(" " in each for each in parts):
        return ""
    name = " ".join(parts)
    return name if len(name) <= MAX_CAPS_NAME_LENGTH else ""


def node_of(name: str) -> str:
    """The node to ask for a name."""
    _, node, version = name.split(" ")
    return f"{node}#{version}"


def client_type(query: Any) -> str:
    """The phone's word for the client that answered; a bot and anything unknown is a computer."""
    for tag in query.getTags("identity") if query is not None else ():
        if tag.getAttr("category") == "client" and tag.getAttr("type") in _TYPES:
            return _TYPES[tag.getAttr("type")]
    return USUAL_TYPE


def caps_match(name: str, query: Any) -> bool:
    """Whether the answer is what its hash names: then it holds for everybody who shows this name."""
    if query is None:
        return False
    algorithm, _, version = name.split(" ")
    return digest(_described(query), _HASHES[algorithm]) == version


def digest(description: str, algorithm: str = "sha1") -> str:
    octets = description.encode("utf-8", "replace")
    return base64.b64encode(hashlib.new(algorithm, octets, usedforsecurity=False).digest()).decode()


def description(identities: Iterable[str], features: Iterable[str], forms: str = "") -> str:
    """XEP-0115 section 5.1: identities, then features, in order, each followed by <; forms behind them."""
    return "".join(f"{each}<" for each in sorted(identities)) + "".join(f"{each}<" for each in sorted(features)) + forms


def _described(query: Any) -> str:
    identities = [
        "/".join(str(tag.getAttr(name) or "") for name in ("category", "type", "xml:lang", "name"))
        for tag in query.getTags("identity")
    ]
    features = [str(tag.getAttr("var") or "") for tag in query.getTags("feature")]
    forms = sorted(_form(tag) for tag in query.getTags("x", namespace=namespaces.DATA_FORMS))
    return description(identities, features, "".join(forms))


def _form(tag: Any) -> str:
    values = {
        str(each.getAttr("var") or ""): sorted(str(value.getData() or "") for value in each.getTags("value"))
        for each in tag.getTags("field")
    }
    kind = "".join(f"{each}<" for each in values.pop("FORM_TYPE", []))
    return kind + "".join(f"{name}<" + "".join(f"{each}<" for each in values[name]) for name in sorted(values))
