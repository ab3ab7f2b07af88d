"""Ordinary XMPP clients in a process of their own, driven over JSON lines. Runs unpatched; imports nothing of onesoup.

In: {"client": name, "do": what, ...}. Out: {"client": name, "event": what, ...}. It ends with its standard input.
"""

import asyncio
import json
import logging
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

MUC_USER = "{http://jabber.org/protocol/muc#user}"


class Client(slixmpp.ClientXMPP):
    def __init__(self, name: str, jid: str, password: str, ca: str) -> None:
        super().__init__(jid, password)
        self.name, self.ca_certs, self.enable_direct_tls = name, Path(ca), False
        self.register_plugin("xep_0184")
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0163")
        self.add_event_handler("changed_subscription", self.on_presence)
        self.add_event_handler("message_error", self.on_message)
        self.register_handler(Callback("events", StanzaPath("message/pubsub_event"), self.on_event))
        for event in ("message", "presence", "receipt_received", "session_start", "failed_auth", "disconnected"):
            self.add_event_handler(event, getattr(self, f"on_{event}"))

    def tell(self, event: str, **fields: object) -> None:
        print(json.dumps({"client": self.name, "event": event, **fields}), flush=True)

    async def on_session_start(self, _event: object) -> None:
        await self.get_roster()
        self.tell("connected", jid=str(self.boundjid))
        self.tell_roster()

    def tell_roster(self) -> None:
        roster = self.client_roster
        items = {jid: {"name": roster[jid]["name"], "subscription": roster[jid]["subscription"]} for jid in roster}
        self.tell("roster", items=items)

    def on_failed_auth(self, _event: object) -> None:
        self.tell("refused")

    def on_disconnected(self, _event: object) -> None:
        self.tell("disconnected")

    def on_message(self, stanza: slixmpp.Message) -> None:
        self.tell_room_news(stanza)
        if stanza["body"] or stanza["type"] == "error":
            asks = stanza.xml.find("{urn:xmpp:receipts}request") is not None
            self.tell(
                "message",
                sender=stanza["from"].bare,
                resource=stanza["from"].resource,
                id=stanza["id"],
                type=stanza["type"],
                body=stanza["body"],
                receipt_asked=asks,
                oob=stanza.xml.findtext("{jabber:x:oob}x/{jabber:x:oob}url") or "",
            )

    def on_event(self, stanza: slixmpp.Message) -> None:
        items = stanza.xml.find("{*}event/{*}items")
        node = items.get("node") if items is not None else None
        self.tell("event", sender=stanza["from"].bare, node=node, xml=ET.tostring(stanza.xml, encoding="unicode"))

    def tell_room_news(self, stanza: slixmpp.Message) -> None:
        """Invitations, what became of them, and topics."""
        user = stanza.xml.find(f"{MUC_USER}x")
        for name in ("invite", "decline"):
            found = user.find(f"{MUC_USER}{name}") if user is not None else None
            if found is not None:
                reason = found.findtext(f"{MUC_USER}reason") or ""
                self.tell(name, room=stanza["from"].bare, sender=found.get("from"), reason=reason)
        direct = stanza.xml.find("{jabber:x:conference}x")
        if direct is not None:
            self.tell("invite", room=direct.get("jid"), sender=stanza["from"].bare, reason=direct.get("reason") or "")
        if stanza["type"] == "groupchat" and not stanza["body"] and stanza.xml.find("{jabber:client}subject") is not None:
            self.tell("topic", room=stanza["from"].bare, text=stanza["subject"])

    def on_presence(self, stanza: slixmpp.Presence) -> None:
        user = stanza.xml.find(f"{MUC_USER}x")
        self.tell(
            "presence",
            sender=stanza["from"].bare,
            resource=stanza["from"].resource,
            type=stanza["type"],
            show=stanza["show"],
            status=stanza["status"],
            xml=ET.tostring(stanza.xml, encoding="unicode"),
            codes=[int(each.get("code", "0")) for each in user.findall(f"{MUC_USER}status")] if user is not None else [],
        )

    def on_receipt_received(self, stanza: slixmpp.Message) -> None:
        self.tell("receipt", sender=stanza["from"].bare, id=stanza["receipt"])

    # --- commands ---

    def do_connect(self, host: str, port: int) -> None:
        self.connect(host, port)

    def do_disconnect(self) -> None:
        self.disconnect()

    def do_send(self, to: str, body: str, id: str | None = None, receipt: bool = False, extra: str = "") -> None:
        stanza = self.make_message(mto=to, mbody=body, mtype="chat")
        stanza["id"] = id or self.new_id()
        if receipt:
            stanza["request_receipt"] = True
        if extra:
            stanza.append(ET.fromstring(extra))
        stanza.send()

    def do_ask(self, to: str, kind: str, payload: str) -> None:
        async def ask() -> None:
            iq = self.make_iq(ito=to or None, itype=kind)
            iq.append(ET.fromstring(payload))
            try:
                result = await iq.send()
            except slixmpp.exceptions.IqError as error:
                result = error.iq
            self.tell("answer", xml=ET.tostring(result.xml, encoding="unicode"))

        self._asking = asyncio.ensure_future(ask())

    def do_presence(self, show: str | None = None, status: str | None = None, kind: str | None = None) -> None:
        self.send_presence(pshow=show, pstatus=status, ptype=kind)

    def do_subscription(self, to: str, kind: str) -> None:
        self.send_presence_subscription(pto=to, ptype=kind)

    def do_passive(self) -> None:
        self.auto_authorize, self.auto_subscribe = None, False

    def do_interests(self, nodes: list[str]) -> None:
        async def tell() -> None:
            self["xep_0163"].add_interest(nodes)
            await self["xep_0115"].update_caps(broadcast=False)
            self.tell("interested")

        self._task = asyncio.ensure_future(tell())

    def do_iq(self, kind: str, xml: str, to: str | None = None) -> None:
        """Any request; what comes back is told as it is, be it a result or an error."""

        async def ask() -> None:
            iq = self.make_iq(itype=kind, ito=to)
            iq.append(ET.fromstring(xml))
            try:
                answer = await iq.send(timeout=15)
            except slixmpp.exceptions.IqError as error:
                answer = error.iq
            self.tell("iq", type=answer["type"], xml=ET.tostring(answer.xml, encoding="unicode"))

        self._task = asyncio.ensure_future(ask())

    def do_raw(self, xml: str) -> None:
        self.send_raw(xml)

    def do_rename(self, jid: str, to: str) -> None:
        async def change() -> None:
            await self.update_roster(jid, name=to)
            self.tell("renamed")

        self._task = asyncio.ensure_future(change())

    def do_roster(self) -> None:
        async def fetch() -> None:
            await self.get_roster()
            self.tell_roster()

        self._task = asyncio.ensure_future(fetch())


async def main() -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
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
