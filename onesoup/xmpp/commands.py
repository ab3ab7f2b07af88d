"""Commands from a worker to the holder of a session: what shall happen on the XMPP side. Plain values, for the outbox.

`op` names the command. A command with `reply` and `reply_name` is answered on that channel when the server has answered.
"""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from onesoup.csp.places import Place
from onesoup.csp.presence import Published
from onesoup.xmpp import caps
from onesoup.xmpp.room_requests import RoomRequest
from onesoup.xmpp.xml import Xml

Command = dict[str, Any]

SHOW = {"AVAILABLE": None, "NOT_AVAILABLE": "away", "DISCREET": "dnd"}


def message(message_id: str, to: str, body: str, receipt: bool, url: str = "", valid: int = 0) -> Command:
    """`url`: what the body is the address of, for clients that show it as a picture (XEP-0066). `valid`: in how many seconds
    the phone is told when no receipt has come."""
    more = {name: value for name, value in (("url", url), ("valid", valid)) if value}
    return {"op": "message", "id": message_id, "to": to, "body": body, "receipt": receipt, **more}


def media(to: dict[str, str], kind: str, name: str, data: bytes, receipt: bool, gids: dict[str, str]) -> Command:
    """Something to upload (XEP-0363), whose address then goes to each of these: stanza id -> bare JID, or room, or room/nick
    with its GroupID in `gids`. One command, since the octets are many."""
    return {"op": "media", "to": to, "type": kind, "name": name, "data": data, "receipt": receipt, "gids": gids}


def fetch(item: str, sender: str, url: str, until: float) -> Command:
    """A link that came for the phone and may be a picture. The message waits for it until this time, not longer."""
    return {"op": "fetch", "item": item, "from": sender, "url": url, "until": until}


def groupchat(message_id: str, room: str, gid: str, body: str, url: str = "") -> Command:
    """A message to everybody in a room."""
    return {**message(message_id, room, body, False, url), "op": "groupchat", "gid": gid}


def private(message_id: str, to: str, gid: str, body: str, receipt: bool, url: str = "") -> Command:
    """A message to one occupant; `to` is room/nick."""
    return {**message(message_id, to, body, receipt, url), "gid": gid}


def outgoing(message_id: str, to: str, gid: str, body: str, receipt: bool, url: str = "", valid: int = 0) -> Command:
    """A message to a user, where `gid` is ""; else to a room, or to somebody in it by room/nick. Rooms send no receipts."""
    if not gid:
        return message(message_id, to, body, receipt, url, valid)
    return private(message_id, to, gid, body, receipt, url) if "/" in to else groupchat(message_id, to, gid, body, url)


def stanza(tree: Xml) -> Command:
    """A stanza that the server shall have in any case; it leaves the outbox when it has it."""
    return {"op": "stanza", "tree": tree.plain()}


def iq(request: RoomRequest) -> Command:
    """A request whose answer the worker reads itself."""
    return {"op": "iq", "to": request.to, "type": request.type, "tree": request.payload.plain()}


def join(room: str, gid: str, nick: str, **more: Any) -> Command:
    """Enters a room. `more`: notice, private, delivery, length, password, history, characters, about."""
    return {"op": "join", "room": room, "gid": gid, "nick": nick, **more}


def join_later(room: str, gid: str, nick: str, **more: Any) -> Command:
    """Enters a room after a while, unless the phone has done so by itself."""
    return {"op": "join-later", "room": room, "gid": gid, "nick": nick, **more}


def leave(room: str) -> Command:
    return {"op": "leave", "room": room}


def destroy(room: str) -> Command:
    return {"op": "destroy", "room": room}


def history(room: str, most: int) -> Command:
    """The last messages that a joined room has kept (XEP-0313). Answered with `error`, or `found`: [archive's id, nick, body,
    time], oldest first."""
    return {"op": "history", "room": room, "most": most}


def room_settings(room: str, **more: bool | str | int) -> Command:
    """`more`: notice, private, delivery, length."""
    return {"op": "room", "room": room, **more}


def presence(published: Published) -> Command:
    """One broadcast (xmpp-mapping.md 5.1). Offline by wish is xa: unavailable would lose messages to the bare address."""
    return {
        "op": "presence",
        "show": SHOW.get(published.availability) if published.online else "xa",
        "status": published.text or None,
        "priority": 0 if published.im else -1,
        "lang": published.language,
        "kind": caps.kind_of(published.client_type),
        "zone": published.zone,
        "model": published.model,
    }


def online(interests: bool = False, asked: list[str] | None = None) -> Command:
    """Initial presence, if it has not been sent yet. With `interests`: what the session has subscribed may have changed; with
    `asked`: it has asked for these attributes, and will again."""
    return {"op": "online", "interests": interests, "asked": asked or []}


def roster_set(jid: str, name: str, groups: list[str]) -> Command:
    return {"op": "roster", "jid": jid, "name": name, "groups": groups}


def roster_remove(jid: str) -> Command:
    return {"op": "unroster", "jid": jid}


def subscribe(jid: str) -> Command:
    return directed("subscribe", jid)


def directed(kind: str, jid: str) -> Command:
    """Presence for one contact: subscribe, subscribed, unsubscribe, unsubscribed."""
    return {"op": "directed", "kind": kind, "jid": jid}


def block(jids: list[str]) -> Command:
    """The server shall not let these through (XEP-0191)."""
    return {"op": "block", "jids": jids}


def unblock(jids: list[str]) -> Command:
    """`jids` is never empty: that would unblock everybody."""
    assert jids
    return {"op": "unblock", "jids": jids}


def mood(name: str) -> Command:
    """PEP mood; "" withdraws it."""
    return {"op": "mood", "value": name}


def nick(text: str) -> Command:
    """PEP nick; "" withdraws it."""
    return {"op": "nick", "value": text}


def place(where: Place) -> Command:
    """PEP location; nowhere withdraws it."""
    return {"op": "place", "value": list(astuple(where))}


def avatar(octets: bytes) -> Command:
    """The phone's own picture; b"" takes it back."""
    return {"op": "avatar", "data": octets}


def card(text: str) -> Command:
    """Details for the account's vCard, as the text of a vCard."""
    return {"op": "card", "text": text}


def look(cards: list[str], pictures: list[str], within: float) -> Command:
    """What is known of contacts only when one asks: their vCards and pictures. Answered with both, by bare JID, after so many
    seconds at most."""
    return {"op": "look", "cards": cards, "pictures": pictures, "within": within}


def receipt(to: str, stanza_id: str) -> Command:
    return {"op": "receipt", "to": to, "id": stanza_id}


def limits() -> Command:
    """The phone has negotiated: what it accepts may have changed."""
    return {"op": "limits"}


def lists() -> Command:
    """The list metadata of the account has changed: keep a copy on the server."""
    return {"op": "lists"}


def find(wanted: Mapping[str, str], within: float) -> Command:
    """Asks the directory of the domain for persons (XEP-0055), by criteria. Answered with `found`: [JID, facts], and with `late`
    when the directory could not be asked."""
    return {"op": "find", "wanted": dict(wanted), "within": within}


def cards(jids: list[str], within: float) -> Command:
    """The vCards of these. Answered with `cards`: JID -> [condition, profile, facts]; condition "" for one that was read."""
    return {"op": "cards", "jids": jids, "within": within}


def change_card(changes: Mapping[str, str], clear: bool) -> Command:
    """Changes properties of the own vCard and leaves the rest as it is; `clear`: those that are not named go."""
    return {"op": "change-card", "changes": dict(changes), "clear": clear}


def rooms(within: float) -> Command:
    """The public rooms of the domain. Answered with `service` and `rooms`: [JID, name]."""
    return {"op": "rooms", "within": within}


def ask_info(jids: list[str], within: float) -> Command:
    """What these say about themselves. Answered with `info`: JID -> [condition, topic]; condition "" for an answer."""
    return {"op": "info", "jids": jids, "within": within}


def notices(types: list[str]) -> Command:
    """What the phone wants to be told of by Notification-Request."""
    return {"op": "notices", "types": types}


def logout() -> Command:
    return {"op": "logout"}


def answered(command: Command, channel: str, name: str) -> Command:
    """The same command, with an address for its answer. `name` is a contact's name in some commands, so it is not used here."""
    return {**command, "reply": channel, "reply_name": name}
