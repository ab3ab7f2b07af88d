"""Stanzas that a holder sends, built as trees: no text of a phone is ever put into markup by hand."""

import base64
import hashlib
from contextlib import suppress
from typing import Any

from xmpp.simplexml import Node

from onesoup import __version__
from onesoup.xmpp import extras
from onesoup.xmpp.blocking import BLOCKING

ROSTER, CARBONS, RECEIPTS, SID = "jabber:iq:roster", "urn:xmpp:carbons:2", "urn:xmpp:receipts", "urn:xmpp:sid:0"
STANZAS, DISCO, PING = "urn:ietf:params:xml:ns:xmpp-stanzas", "http://jabber.org/protocol/disco#info", "urn:xmpp:ping"
VERSION, TIME, DISCO_ITEMS = "jabber:iq:version", "urn:xmpp:time", "http://jabber.org/protocol/disco#items"
OOB, UPLOAD, FORM = "jabber:x:oob", "urn:xmpp:http:upload:0", "jabber:x:data"
PRIVATE, LISTS = "jabber:iq:private", "urn:onesoup:imps:lists:0"
PUBSUB, CAPS, CAPS_NODE = "http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/caps", "urn:onesoup:client"
MAX_UPLOAD = 100_000_000
IDENTITY = {"category": "client", "type": "phone", "name": "onesoup"}
FEATURES = tuple(sorted((DISCO, PING, VERSION, RECEIPTS, CAPS, *extras.interests().values())))


def _caps_hash() -> str:
    """XEP-0115 section 5.1: identity, then features in order, each followed by <."""
    text = f"{IDENTITY['category']}/{IDENTITY['type']}//{IDENTITY['name']}<" + "".join(f"{each}<" for each in FEATURES)
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()


CAPS_HASH = _caps_hash()


def text(name: str, data: str) -> Node:
    return Node(name, payload=[data])


def message(command: dict[str, Any]) -> Node:
    """A chat message; its id is the MessageID that the phone knows, and stays the same when it is sent again."""
    payload = [text("body", command["body"]), Node(f"{SID} origin-id", {"id": command["id"]})]
    if command.get("receipt"):
        payload.append(Node(f"{RECEIPTS} request"))
    if command.get("url"):
        payload.append(Node(f"{OOB} x", {}, [text("url", command["url"])]))
    return Node("message", {"type": "chat", "to": command["to"], "id": command["id"]}, payload)


def receipt(command: dict[str, Any]) -> Node:
    return Node("message", {"to": command["to"]}, [Node(f"{RECEIPTS} received", {"id": command["id"]})])


def presence(command: dict[str, Any]) -> Node:
    payload = []
    if command.get("show"):
        payload.append(text("show", command["show"]))
    if command.get("status"):
        payload.append(text("status", command["status"]))
    if command.get("priority"):
        payload.append(text("priority", str(command["priority"])))
    payload.append(Node(f"{CAPS} c", {"hash": "sha-1", "node": CAPS_NODE, "ver": CAPS_HASH}))
    return Node("presence", {}, payload)


def to(kind: str, jid: str) -> Node:
    """Directed presence: subscribe, subscribed, unsubscribe, unsubscribed."""
    return Node("presence", {"type": kind, "to": jid})


def unavailable() -> Node:
    return Node("presence", {"type": "unavailable"})


def roster_get() -> Node:
    return Node("iq", {"type": "get"}, [Node(f"{ROSTER} query")])


def roster_set(command: dict[str, Any]) -> Node:
    attrs = {"jid": command["jid"], **({"name": command["name"]} if command.get("name") else {})}
    item = Node("item", attrs, [text("group", group) for group in command.get("groups", ())])
    return Node("iq", {"type": "set"}, [Node(f"{ROSTER} query", {}, [item])])


def roster_remove(jid: str) -> Node:
    item = Node("item", {"jid": jid, "subscription": "remove"})
    return Node("iq", {"type": "set"}, [Node(f"{ROSTER} query", {}, [item])])


def _publish(stanza_id: str, node: str, payload: Node) -> Node:
    item = Node("item", {"id": "current"}, [payload])
    publish = Node("publish", {"node": node}, [item])
    return Node("iq", {"type": "set", "id": stanza_id}, [Node(f"{PUBSUB} pubsub", {}, [publish])])


def publish_mood(stanza_id: str, name: str) -> Node:
    return _publish(stanza_id, extras.MOOD, Node(f"{extras.MOOD} mood", {}, [Node(name)] if name else []))


def publish_nick(stanza_id: str, nick: str) -> Node:
    return _publish(stanza_id, extras.NICK, Node(f"{extras.NICK} nick", {}, [nick] if nick else []))


def blocklist() -> Node:
    return Node("iq", {"type": "get"}, [Node(f"{BLOCKING} blocklist")])


def block(stanza_id: str, op: str, jids: list[str]) -> Node:
    """`op` is block or unblock."""
    items = [Node("item", {"jid": jid}) for jid in jids]
    return Node("iq", {"type": "set", "id": stanza_id}, [Node(f"{BLOCKING} {op}", {}, items)])


def lists_get() -> Node:
    """The account's list metadata from its private storage (XEP-0049)."""
    return Node("iq", {"type": "get"}, [Node(f"{PRIVATE} query", {}, [Node(f"{LISTS} lists")])])


def lists_set(stanza_id: str, entries: dict[str, bytes]) -> Node:
    kept = [Node("list", {"token": token}, [base64.b64encode(record).decode()]) for token, record in entries.items()]
    return Node("iq", {"type": "set", "id": stanza_id}, [Node(f"{PRIVATE} query", {}, [Node(f"{LISTS} lists", {}, kept)])])


def lists_in(result: Node) -> dict[str, bytes]:
    """Token -> record, as lists_set() wrote them; what is no BASE64 is left out."""
    query = result.getTag("query", namespace=PRIVATE)
    kept = query.getTag("lists", namespace=LISTS) if query is not None else None
    found = {}
    for each in kept.getTags("list") if kept is not None else ():
        with suppress(ValueError):
            found[each.getAttr("token") or ""] = base64.b64decode(each.getData() or "", validate=True)
    return found


def items_get(to: str) -> Node:
    return Node("iq", {"type": "get", "to": to}, [Node(f"{DISCO_ITEMS} query")])


def items_in(result: Node) -> list[str]:
    """The services that a domain names."""
    query = result.getTag("query", namespace=DISCO_ITEMS)
    items = query.getTags("item") if query is not None else []
    return [each.getAttr("jid") for each in items if each.getAttr("jid") and not each.getAttr("node")]


def info_get(to: str) -> Node:
    return Node("iq", {"type": "get", "to": to}, [Node(f"{DISCO} query")])


def upload_limit(result: Node) -> int | None:
    """The largest file in octets that a service takes by HTTP upload (XEP-0363); None when it takes none."""
    query = result.getTag("query", namespace=DISCO)
    if query is None or UPLOAD not in [each.getAttr("var") for each in query.getTags("feature")]:
        return None
    for form in query.getTags("x", namespace=FORM):
        fields = {each.getAttr("var"): (each.getTagData("value") or "").strip() for each in form.getTags("field")}
        limit = fields.get("max-file-size", "")
        if fields.get("FORM_TYPE") == UPLOAD and limit.isdecimal():
            return min(int(limit), MAX_UPLOAD)
    return MAX_UPLOAD


def slot_get(to: str, name: str, size: int, kind: str) -> Node:
    request = Node(f"{UPLOAD} request", {"filename": name, "size": str(size), "content-type": kind})
    return Node("iq", {"type": "get", "to": to}, [request])


def slot_in(result: Node) -> tuple[str, str, dict[str, str]] | None:
    """(where to put, where it can be had, headers) of a slot. Of headers only those that XEP-0363 allows."""
    slot = result.getTag("slot", namespace=UPLOAD)
    put = slot.getTag("put") if slot is not None else None
    get = slot.getTag("get") if slot is not None else None
    if put is None or get is None or not put.getAttr("url") or not get.getAttr("url"):
        return None
    headers = {}
    for each in put.getTags("header"):
        name, value = (each.getAttr("name") or "").strip(), (each.getData() or "").replace("\n", "").replace("\r", "")
        if name.lower() in ("authorization", "cookie", "expires"):
            headers[name] = value
    return put.getAttr("url"), get.getAttr("url"), headers


def carbons() -> Node:
    return Node("iq", {"type": "set"}, [Node(f"{CARBONS} enable")])


def answer(iq: Node, own: str) -> Node:
    """What an iq from outside gets (xmpp-mapping.md 11): something always, or the peer waits for ever."""
    attrs = {"to": iq.getAttr("from"), "id": iq.getAttr("id"), "type": "result"}
    attrs = {name: value for name, value in attrs.items() if value}
    child = next((each for each in iq.getChildren() if each), None)
    namespace = str(child.getNamespace()) if child is not None else ""
    if iq.getAttr("type") == "get":
        if namespace == PING:
            return Node("iq", attrs)
        if namespace == VERSION:
            return Node("iq", attrs, [Node(f"{VERSION} query", {}, [text("name", "onesoup"), text("version", __version__)])])
        if namespace == DISCO:
            return Node("iq", attrs, [_info(child)])
        if namespace == DISCO_ITEMS:
            return Node("iq", attrs, [Node(f"{DISCO_ITEMS} query")])
    error = Node("error", {"type": "cancel"}, [Node(f"{STANZAS} service-unavailable")])
    return Node("iq", {**attrs, "type": "error"}, [error])


def _info(query: Node) -> Node:
    identity = Node("identity", IDENTITY)
    features = [Node("feature", {"var": each}) for each in FEATURES]
    attrs = {"node": query.getAttr("node")} if query.getAttr("node") else {}
    return Node(f"{DISCO} query", attrs, [identity, *features])


def result(iq: Node) -> Node:
    """The answer to a push."""
    return Node("iq", {"type": "result", "id": iq.getAttr("id") or ""})


def condition(stanza: Node) -> str:
    """The defined condition of an error stanza."""
    error = stanza.getTag("error")
    for child in error.getChildren() if error is not None else ():
        if str(child.getNamespace()) == STANZAS and child.getName() != "text":
            return str(child.getName())
    return "undefined-condition"
