"""Stanzas that a holder sends, built as trees: no text of a phone is put into markup by hand. The one that phones send all day
is written without a tree, and a test holds it to the octets of its tree for any text."""

import base64
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from onesoup import __version__
from onesoup.csp.places import Place
from onesoup.csp.text.vcards import Card
from onesoup.xmpp import caps, errors, geoloc, namespaces, published_events, vcards
from onesoup.xmpp.commands import SendGroupMessage, SendMessage
from onesoup.xmpp.stream.serializer import SerializedElement as Node
from onesoup.xmpp.stream.serializer import escape, is_plain, quote
from onesoup.xmpp.xml import Xml

CAPS_NODE, SOFTWARE_NAME = "urn:onesoup:client", "onesoup"

PHONE_FEATURES = (
    namespaces.DISCO_INFO,
    namespaces.PING,
    namespaces.SOFTWARE_VERSION,
    namespaces.ENTITY_TIME,
    namespaces.RECEIPTS,
    namespaces.CAPS,
    namespaces.MUC,
    namespaces.DIRECT_INVITATION,
)


@dataclass(frozen=True, slots=True)
class PhoneProfile:
    """What is shown of the phone to others: the kind of client, what it wants to be told of, its language, zone, model."""

    kind: str = caps.USUAL_KIND
    notify: tuple[str, ...] = ()
    language: str = ""
    zone: str = ""
    model: str = ""

    @property
    def features(self) -> list[str]:
        return sorted((*PHONE_FEATURES, *map(published_events.notify_feature, self.notify)))


DEFAULT_PHONE_PROFILE = PhoneProfile()


@lru_cache(maxsize=64)
def caps_hash(kind: str, notify: tuple[str, ...]) -> str:
    """The version that names what a client of ours can do."""
    return caps.digest(caps.description([f"client/{kind}//{SOFTWARE_NAME}"], PhoneProfile(kind, notify).features))


def text_node(name: str, data: str) -> Node:
    return Node(name, payload=[data])


def stanza_to_xml(stanza: Node) -> Xml:
    """A stanza as plain values."""
    attrs = {str(name): str(value) for name, value in stanza.getAttrs().items() if name != "xmlns"}
    children = [stanza_to_xml(child) for child in stanza.getChildren() if child]
    return Xml(str(stanza.getName()), str(stanza.getNamespace() or ""), attrs, children, str(stanza.getData() or ""))


def xml_to_node(element: Xml) -> Node:
    """Plain values as a stanza."""
    name = f"{element.ns} {element.name}" if element.ns else element.name
    payload: list[Any] = [xml_to_node(child) for child in element.children]
    return Node(name, dict(element.attrs), [*payload, element.text] if element.text else payload)


def message_octets(command: SendMessage, language: str = "") -> bytes:
    """A chat message on the wire, in a quarter of the time that its tree would take. Its id is the MessageID that the phone
    knows, and stays the same when it is sent again."""
    stanza_id, to, body, url = command.id, command.to, command.body, command.url
    shown, link, named = body, url, bool(language)
    if not is_plain(f"{stanza_id}{to}{body}{url}{language}"):
        stanza_id, to, language, shown, link = quote(stanza_id), quote(to), quote(language), escape(body), escape(url)
    lang = f' xml:lang="{language}"' if named else ""
    said = f"<body>{shown}</body>" if body else "<body/>"
    more = _REQUEST if command.receipt else ""
    if url:
        more += f'<x xmlns="{namespaces.OUT_OF_BAND}"><url>{link}</url></x>'
    if command.gid:
        more += _PRIVATE
    origin = f'<origin-id xmlns="{namespaces.STANZA_IDS}" id="{stanza_id}"/>'
    return f'<message type="chat" to="{to}" id="{stanza_id}"{lang}>{said}{origin}{more}</message>'.encode()


_REQUEST, _PRIVATE = f'<request xmlns="{namespaces.RECEIPTS}"/>', f'<x xmlns="{namespaces.MUC_USER}"/>'


def groupchat(command: SendGroupMessage) -> Node:
    """A message to a room. Its reflection is not shown: phones show their own line themselves."""
    payload = [text_node("body", command.body), Node(f"{namespaces.STANZA_IDS} origin-id", {"id": command.id})]
    if command.url:
        payload.append(Node(f"{namespaces.OUT_OF_BAND} x", {}, [text_node("url", command.url)]))
    return Node("message", {"type": "groupchat", "to": command.to, "id": command.id}, payload)


def receipt(to: str, message_id: str) -> Node:
    """A delivery receipt for a message (XEP-0184)."""
    return Node("message", {"to": to}, [Node(f"{namespaces.RECEIPTS} received", {"id": message_id})])


def presence(command: dict[str, Any]) -> Node:
    payload = []
    if command.get("show"):
        payload.append(text_node("show", command["show"]))
    if command.get("status"):
        payload.append(text_node("status", command["status"]))
    if command.get("priority"):
        payload.append(text_node("priority", str(command["priority"])))
    version = caps_hash(command.get("kind") or caps.USUAL_KIND, tuple(command.get("notify") or ()))
    payload.append(Node(f"{namespaces.CAPS} c", {"hash": "sha-1", "node": CAPS_NODE, "ver": version}))
    if command.get("photo") is not None:
        # Said only when it is known: an empty one would tell everybody that there is no picture.
        payload.append(Node(f"{namespaces.VCARD_AVATAR} x", {}, [text_node("photo", command["photo"])]))
    return Node("presence", {"xml:lang": command["lang"]} if command.get("lang") else {}, payload)


def directed_presence(kind: str, jid: str) -> Node:
    """Directed presence: subscribe, subscribed, unsubscribe, unsubscribed, probe."""
    return Node("presence", {"type": kind, "to": jid})


def unavailable() -> Node:
    return Node("presence", {"type": "unavailable"})


def roster_get() -> Node:
    return Node("iq", {"type": "get"}, [Node(f"{namespaces.ROSTER} query")])


def roster_set(jid: str, name: str, groups: Iterable[str]) -> Node:
    item = Node("item", {"jid": jid, **({"name": name} if name else {})}, [text_node("group", group) for group in groups])
    return Node("iq", {"type": "set"}, [Node(f"{namespaces.ROSTER} query", {}, [item])])


def roster_remove(jid: str) -> Node:
    item = Node("item", {"jid": jid, "subscription": "remove"})
    return Node("iq", {"type": "set"}, [Node(f"{namespaces.ROSTER} query", {}, [item])])


def _publish(stanza_id: str, node: str, payload: Node, item_id: str = "current") -> Node:
    item = Node("item", {"id": item_id}, [payload])
    publish = Node("publish", {"node": node}, [item])
    return Node("iq", {"type": "set", "id": stanza_id}, [Node(f"{namespaces.PUBSUB} pubsub", {}, [publish])])


def publish_mood(stanza_id: str, name: str) -> Node:
    return _publish(stanza_id, namespaces.MOOD, Node(f"{namespaces.MOOD} mood", {}, [Node(name)] if name else []))


def publish_nick(stanza_id: str, nick: str) -> Node:
    return _publish(stanza_id, namespaces.NICK, Node(f"{namespaces.NICK} nick", {}, [nick] if nick else []))


def blocklist() -> Node:
    return Node("iq", {"type": "get"}, [Node(f"{namespaces.BLOCKING} blocklist")])


def block_change(stanza_id: str, op: str, jids: list[str]) -> Node:
    """`op` is block or unblock."""
    items = [Node("item", {"jid": jid}) for jid in jids]
    return Node("iq", {"type": "set", "id": stanza_id}, [Node(f"{namespaces.BLOCKING} {op}", {}, items)])


def publish_place(stanza_id: str, place: Place) -> Node:
    """An empty one says that the place is not known any more."""
    children = [text_node(name, value) for name, value in geoloc.geoloc_fields(place)]
    return _publish(stanza_id, namespaces.GEOLOC, Node(f"{namespaces.GEOLOC} geoloc", {}, children))


def publish_avatar_data(stanza_id: str, name: str, octets: bytes) -> Node:
    data = Node(f"{namespaces.AVATAR_DATA} data", {}, [base64.b64encode(octets).decode()])
    return _publish(stanza_id, namespaces.AVATAR_DATA, data, name)


def publish_avatar(stanza_id: str, name: str, octets: int) -> Node:
    """The picture that was published under this name is shown from now on; "" shows none."""
    info = [Node("info", {"bytes": str(octets), "id": name, "type": "image/png"})] if name else []
    return _publish(
        stanza_id, namespaces.AVATAR_METADATA, Node(f"{namespaces.AVATAR_METADATA} metadata", {}, info), name or "current"
    )


def pep_get(jid: str, node: str, item_id: str = "") -> Node:
    """One item of somebody's node, or the newest; without `jid` of our own account."""
    inside = [Node("item", {"id": item_id})] if item_id else []
    items = Node("items", {"node": node} if item_id else {"node": node, "max_items": "1"}, inside)
    return Node("iq", {"type": "get"} | ({"to": jid} if jid else {}), [Node(f"{namespaces.PUBSUB} pubsub", {}, [items])])


def pep_payload(result: Node) -> Node | None:
    """What stands in the first item of an answer to pep_get()."""
    pubsub = result.getTag("pubsub", namespace=namespaces.PUBSUB)
    items = pubsub.getTag("items") if pubsub is not None else None
    item = items.getTag("item") if items is not None else None
    return next((child for child in item.getChildren() if child), None) if item is not None else None


def vcard_get(jid: str = "") -> Node:
    """Somebody's vCard; without `jid` the account's own."""
    return Node("iq", {"type": "get"} | ({"to": jid} if jid else {}), [Node(f"{namespaces.VCARD} vCard")])


def vcard_in(result: Node) -> Node | None:
    return result.getTag("vCard", namespace=namespaces.VCARD) if result.getAttr("type") == "result" else None


def vcard_set(known: Node | None, *, photo: bytes | None = None, card: Card | None = None) -> Node:
    """The account's vCard with another picture (b"": none) or other details; everything else stays as it was."""
    new: list[Node] = []
    gone = {"PHOTO"} if photo is not None else set()
    if photo:
        new.append(Node("PHOTO", {}, [text_node("TYPE", "image/png"), text_node("BINVAL", base64.b64encode(photo).decode())]))
    for name, children in vcards.vcard_elements(card) if card is not None else ():
        gone.add(name)
        new.append(Node(name, {}, [text_node(inner, value) if inner else value for inner, value in children]))
    kept = [each for each in (known.getChildren() if known is not None else ()) if each and each.getName() not in gone]
    return Node("iq", {"type": "set"}, [Node(f"{namespaces.VCARD} vCard", {}, [*kept, *new])])


def disco(jid: str, node: str = "") -> Node:
    query = Node(f"{namespaces.DISCO_INFO} query", {"node": node} if node else {})
    return Node("iq", {"type": "get", "to": jid}, [query])


def features_in(result: Node) -> set[str]:
    query = result.getTag("query", namespace=namespaces.DISCO_INFO)
    return {str(each.getAttr("var")) for each in query.getTags("feature")} if query is not None else set()


def lists_get() -> Node:
    """The account's list metadata from its private storage (XEP-0049)."""
    return Node(
        "iq", {"type": "get"}, [Node(f"{namespaces.PRIVATE_STORAGE} query", {}, [Node(f"{namespaces.ONESOUP_LISTS} lists")])]
    )


def lists_set(stanza_id: str, entries: dict[str, bytes]) -> Node:
    kept = [Node("list", {"token": token}, [base64.b64encode(record).decode()]) for token, record in entries.items()]
    return Node(
        "iq",
        {"type": "set", "id": stanza_id},
        [Node(f"{namespaces.PRIVATE_STORAGE} query", {}, [Node(f"{namespaces.ONESOUP_LISTS} lists", {}, kept)])],
    )


def lists_in(result: Node) -> dict[str, bytes]:
    """Token -> record, as lists_set() wrote them; what is no BASE64 is left out."""
    query = result.getTag("query", namespace=namespaces.PRIVATE_STORAGE)
    kept = query.getTag("lists", namespace=namespaces.ONESOUP_LISTS) if query is not None else None
    found = {}
    for each in kept.getTags("list") if kept is not None else ():
        with suppress(ValueError):
            found[each.getAttr("token") or ""] = base64.b64decode(each.getData() or "", validate=True)
    return found


def items_get(to: str) -> Node:
    return Node("iq", {"type": "get", "to": to}, [Node(f"{namespaces.DISCO_ITEMS} query")])


def items_in(result: Node) -> list[str]:
    """The services that a domain names."""
    query = result.getTag("query", namespace=namespaces.DISCO_ITEMS)
    items = query.getTags("item") if query is not None else []
    return [each.getAttr("jid") for each in items if each.getAttr("jid") and not each.getAttr("node")]


def info_get(to: str) -> Node:
    return Node("iq", {"type": "get", "to": to}, [Node(f"{namespaces.DISCO_INFO} query")])


def carbons() -> Node:
    return Node("iq", {"type": "set"}, [Node(f"{namespaces.CARBONS} enable")])


def iq_answer(iq: Node, own: str, profile: PhoneProfile = DEFAULT_PHONE_PROFILE, now: float = 0.0) -> Node:
    """What an iq from outside gets (xmpp-mapping.md 11): something always, or the peer waits for ever."""
    attrs = {"to": iq.getAttr("from"), "id": iq.getAttr("id"), "type": "result"}
    attrs = {name: value for name, value in attrs.items() if value}
    child = next((each for each in iq.getChildren() if each), None)
    namespace = str(child.getNamespace()) if child is not None else ""
    if iq.getAttr("type") == "get":
        if namespace == namespaces.PING:
            return Node("iq", attrs)
        if namespace == namespaces.SOFTWARE_VERSION:
            return Node("iq", attrs, [Node(f"{namespaces.SOFTWARE_VERSION} query", {}, list(_version(profile)))])
        if namespace == namespaces.ENTITY_TIME:
            return Node("iq", attrs, [_time(profile, now)])
        if child is not None and namespace == namespaces.DISCO_INFO:
            return Node("iq", attrs, [_info(child, profile)])
        if namespace == namespaces.DISCO_ITEMS:
            return Node("iq", attrs, [Node(f"{namespaces.DISCO_ITEMS} query")])
    return Node("iq", {**attrs, "type": "error"}, [_error("cancel", "service-unavailable")])


def _version(profile: PhoneProfile) -> Iterable[Node]:
    yield text_node("name", SOFTWARE_NAME)
    yield text_node("version", __version__)
    if profile.model:
        yield text_node("os", profile.model)


def _time(profile: PhoneProfile, now: float) -> Node:
    """XEP-0202: the time in UTC, and how far the phone's clock is from it."""
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    return Node(f"{namespaces.ENTITY_TIME} time", {}, [text_node("tzo", profile.zone or "+00:00"), text_node("utc", utc)])


def _info(query: Node, profile: PhoneProfile) -> Node:
    identity = Node("identity", {"category": "client", "type": profile.kind, "name": SOFTWARE_NAME})
    features = [Node("feature", {"var": each}) for each in profile.features]
    attrs = {"node": query.getAttr("node")} if query.getAttr("node") else {}
    return Node(f"{namespaces.DISCO_INFO} query", attrs, [identity, *features])


def message_refusal(message: Node, words: str = "") -> list[Node]:
    """The error for a message that cannot be kept (RFC 6121 8.5.2.2), to its author. A copy gets none."""
    if (
        not message.getAttr("from")
        or message.getTag("received", namespace=namespaces.CARBONS)
        or message.getTag("sent", namespace=namespaces.CARBONS)
    ):
        return []
    attrs = {"to": message.getAttr("from"), "type": "error", "id": message.getAttr("id")}
    answered = {name: value for name, value in attrs.items() if value}
    return [Node("message", answered, [_error("wait", "resource-constraint", words)])]


def iq_error(iq: Node, condition: str) -> Node:
    """The answer to a request that we could not read."""
    attrs = {"to": iq.getAttr("from"), "id": iq.getAttr("id"), "type": "error"}
    return Node("iq", {name: value for name, value in attrs.items() if value}, [_error("wait", condition)])


def _error(kind: str, condition: str, words: str = "") -> Node:
    more = [Node(f"{namespaces.STANZA_ERRORS} text", payload=[words])] if words else []
    return Node("error", {"type": kind}, [Node(f"{namespaces.STANZA_ERRORS} {condition}"), *more])


def iq_result(iq: Node) -> Node:
    """The answer to a push."""
    return Node("iq", {"type": "result", "id": iq.getAttr("id") or ""})


def is_fact(answer: Node) -> bool:
    """Whether an answer to a request may be remembered: it tells something, or that there is nothing to tell."""
    return answer.getAttr("type") != "error" or errors.is_fact(error_condition(answer))


def error_condition(stanza: Node) -> str:
    """The defined condition of an error stanza."""
    error = stanza.getTag("error")
    for child in error.getChildren() if error is not None else ():
        if str(child.getNamespace()) == namespaces.STANZA_ERRORS and child.getName() != "text":
            return str(child.getName())
    return "undefined-condition"
