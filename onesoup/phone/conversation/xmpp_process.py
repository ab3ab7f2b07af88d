"""Ordinary XMPP clients (slixmpp) in a process of their own, driven over JSON lines; imports nothing of onesoup.

In: {"client": name, "do": what, ...}. Out: {"client": name, "event": what, ...}. It ends with its standard input.
"""

import asyncio
import base64
import json
import logging
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

# What people here want to hear of each other.
NODES = [
    "http://jabber.org/protocol/mood",
    "http://jabber.org/protocol/nick",
    "http://jabber.org/protocol/geoloc",
    "urn:xmpp:avatar:metadata",
]
ROSTER, OOB, UPLOAD = "{jabber:iq:roster}", "{jabber:x:oob}", "{urn:xmpp:http:upload:0}"
MUC = "http://jabber.org/protocol/muc"
USER = f"{{{MUC}#user}}"


class Client(slixmpp.ClientXMPP):
    """Decides nothing by itself: subscriptions wait for an order."""

    def __init__(self, name: str, jid: str, password: str, ca: str | None) -> None:
        super().__init__(jid, password)
        self.name, self.ca_certs, self.enable_direct_tls = name, Path(ca) if ca else None, False
        self.auto_authorize, self.auto_subscribe = None, False
        self.register_plugin("xep_0184")
        self.register_plugin("xep_0163")
        self.register_handler(Callback("published", StanzaPath("message/pubsub_event"), self.on_published))  # type: ignore[arg-type]
        for event in ("message", "receipt_received", "session_start", "failed_auth"):
            self.add_event_handler(event, getattr(self, f"on_{event}"))
        for event in ("presence", "presence_error"):
            self.add_event_handler(event, self.on_presence)

    def tell(self, event: str, **fields: object) -> None:
        print(json.dumps({"client": self.name, "event": event, **fields}), flush=True)

    async def on_session_start(self, _event: object) -> None:
        await self.get_roster()
        self["xep_0163"].add_interest(NODES)
        await self["xep_0115"].update_caps(broadcast=False)
        self.tell("connected")

    def on_failed_auth(self, _event: object) -> None:
        self.tell("refused")

    def on_message(self, stanza: slixmpp.Message) -> None:
        for name in ("invite", "decline"):
            if stanza.xml.find(f"{USER}x/{USER}{name}") is not None:
                self.tell(name, room=stanza["from"].bare)
        if stanza["body"]:
            asks = stanza.xml.find("{urn:xmpp:receipts}request") is not None
            fields = {"sender": stanza["from"].bare, "id": stanza["id"], "body": stanza["body"], "receipt_asked": asks}
            self.tell("message", **fields, oob=stanza.xml.findtext(f"{OOB}x/{OOB}url") or "")

    def on_published(self, stanza: slixmpp.Message) -> None:
        items = stanza.xml.find("{*}event/{*}items")
        payload = items.find("{*}item/*") if items is not None else None
        if items is None or payload is None:
            return
        told = {each.tag.rpartition("}")[2]: (each.text or "") for each in payload}
        self.tell("published", sender=stanza["from"].bare, node=items.get("node"), told=told, text=payload.text or "")

    def on_presence(self, stanza: slixmpp.Presence) -> None:
        kind = stanza.xml.get("type") or "available"
        show = stanza.xml.findtext("{jabber:client}show") or ""
        codes = [int(each.get("code", "0")) for each in stanza.xml.iter(f"{USER}status")]
        nick = stanza["from"].resource
        self.tell("presence", sender=stanza["from"].bare, kind=kind, show=show, status=stanza["status"], nick=nick, codes=codes)
        if 201 in codes:  # a room that is new lets others in when it is configured
            self.send_raw(
                f"<iq type='set' id='open' to='{stanza['from'].bare}'>"
                f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>"
            )

    def on_receipt_received(self, stanza: slixmpp.Message) -> None:
        self.tell("receipt", sender=stanza["from"].bare, id=stanza["receipt"])

    def do_connect(self, host: str, port: int) -> None:
        self.connect(host, port)

    def do_send(self, to: str, body: str, id: str, receipt: bool) -> None:
        stanza = self.make_message(mto=to, mbody=body, mtype="chat")
        stanza["id"] = id
        if receipt:
            stanza["request_receipt"] = True
        stanza.send()

    def do_share(self, to: str, id: str, receipt: bool, data: str) -> None:
        self._sharing = asyncio.ensure_future(self._share(to, id, receipt, base64.b64decode(data)))

    async def _share(self, to: str, id: str, receipt: bool, data: bytes) -> None:
        """Through the service at the usual place."""
        ask = self.make_iq_get(ito=f"upload.{self.boundjid.domain}")
        about = {"filename": "view.jpg", "size": str(len(data)), "content-type": "image/jpeg"}
        ask.append(ElementTree.Element(f"{UPLOAD}request", about))
        answer = await ask.send(timeout=10)
        put, get = answer.xml.find(f".//{UPLOAD}put"), answer.xml.find(f".//{UPLOAD}get")
        headers = {each.get("name"): each.text for each in put} | {"Content-Type": "image/jpeg"}
        request = Request(put.get("url"), data, headers, method="PUT")
        await asyncio.to_thread(lambda: urlopen(request, timeout=10).close())
        stanza = self.make_message(mto=to, mbody=get.get("url"), mtype="chat")
        stanza["id"] = id
        if receipt:
            stanza["request_receipt"] = True
        link = ElementTree.SubElement(stanza.xml, f"{OOB}x")
        ElementTree.SubElement(link, f"{OOB}url").text = get.get("url")
        stanza.send()

    def do_presence(self, show: str | None, status: str | None, kind: Any) -> None:
        """Told when the server has it: it works off a stream in order, and answers what came behind."""
        self.send_presence(pshow=show, pstatus=status, ptype=kind)
        self._ask("get", "<ping xmlns='urn:xmpp:ping'/>")

    def do_subscription(self, to: str, kind: Any) -> None:
        self.send_presence_subscription(pto=to, ptype=kind)

    def do_request(self, xml: str) -> None:
        """Something set on the own account, such as a PEP item or a vCard; told when it is done, or refused."""
        self._ask("set", xml)

    def _ask(self, kind: Any, xml: str) -> None:
        async def ask() -> None:
            iq = self.make_iq(itype=kind)
            iq.append(ElementTree.fromstring(xml))
            try:
                await iq.send(timeout=10)
                self.tell("done", well=True)
            except slixmpp.exceptions.XMPPError as error:
                self.tell("done", well=False, condition=error.condition)

        self._asking = asyncio.ensure_future(ask())

    def do_room(self, room: str, nick: str, kind: str) -> None:
        """Enters or leaves: `kind` is available or unavailable."""
        if kind == "available":
            self.send_raw(f"<presence to='{room}/{nick}'><x xmlns='{MUC}'><history maxstanzas='0'/></x></presence>")
        else:
            self.send_raw(f"<presence to='{room}/{nick}' type='unavailable'/>")

    def do_say(self, room: str, body: str) -> None:
        self.make_message(mto=room, mbody=body, mtype="groupchat").send()

    def do_invite(self, room: str, whom: str) -> None:
        self.send_raw(f"<message to='{room}'><x xmlns='{MUC}#user'><invite to='{whom}'/></x></message>")

    def do_roster(self, number: int) -> None:
        self._task = asyncio.ensure_future(self._fetch(number))

    async def _fetch(self, number: int) -> None:
        ask = self.make_iq_get(queryxmlns="jabber:iq:roster")
        answer = await ask.send(timeout=10)
        items = {item.get("jid"): _item(item) for item in answer.xml.iter(f"{ROSTER}item")}
        self.tell("roster", number=number, items=items)

    def do_end(self) -> None:
        self.abort()


def _item(item: Any) -> dict[str, Any]:
    groups = [each.text or "" for each in item.findall(f"{ROSTER}group")]
    return {"name": item.get("name") or "", "subscription": item.get("subscription"), "groups": groups}


async def main() -> None:
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    clients: dict[str, Client] = {}
    reader = asyncio.StreamReader(limit=2**22)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        name, do = order.pop("client"), order.pop("do")
        if do == "connect":
            host, port = order.pop("host"), order.pop("port")
            clients[name] = Client(name, **order)
            clients[name].do_connect(host, port)
        else:
            getattr(clients[name], f"do_{do}")(**order)
    for client in clients.values():
        client.abort()


if __name__ == "__main__":
    asyncio.run(main())
