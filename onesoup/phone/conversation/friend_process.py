"""Ordinary XMPP clients (slixmpp) in a process of their own, driven over JSON lines. Runs unpatched; imports nothing of onesoup.

In: {"client": name, "do": what, ...}. Out: {"client": name, "event": what, ...}. It ends with its standard input.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

IQ_TIMEOUT_SECONDS = 15
OOB_TAG_PREFIX, MUC_USER_TAG_PREFIX = "{jabber:x:oob}", "{http://jabber.org/protocol/muc#user}"


class Client(slixmpp.ClientXMPP):
    """One client. `accepts`: it lets everybody in who asks to see its presence; otherwise that waits for an order."""

    def __init__(self, name: str, jid: str, password: str, ca: str | None, accepts: bool) -> None:
        super().__init__(jid, password)
        self.name, self.ca_certs, self.enable_direct_tls = name, Path(ca) if ca else None, False
        self._tasks: set[asyncio.Future[None]] = set()
        if not accepts:
            self.do_passive()
        for plugin in ("xep_0184", "xep_0199", "xep_0163"):
            self.register_plugin(plugin)
        self.register_handler(Callback("published", StanzaPath("message/pubsub_event"), self.on_published))  # type: ignore[arg-type]
        for event in ("message", "message_error", "receipt_received", "session_start", "failed_auth", "disconnected"):
            self.add_event_handler(event, getattr(self, f"on_{event}"))
        for event in ("presence", "presence_error"):
            self.add_event_handler(event, self.on_presence)

    def tell(self, event: str, **fields: object) -> None:
        print(json.dumps({"client": self.name, "event": event, **fields}), flush=True)

    # --- events ---

    async def on_session_start(self, _event: object) -> None:
        await self.get_roster()
        self.tell("connected")

    def on_failed_auth(self, _event: object) -> None:
        self.tell("refused")

    def on_disconnected(self, _event: object) -> None:
        self.tell("disconnected")

    def on_message(self, stanza: slixmpp.Message) -> None:
        """A message with a body."""
        self._tell_of_rooms(stanza)
        if stanza["body"]:
            self._tell_message("message", stanza)

    def on_message_error(self, stanza: slixmpp.Message) -> None:
        if not stanza["body"]:
            self._tell_message("message_error", stanza)

    def _tell_message(self, event: str, stanza: slixmpp.Message) -> None:
        self.tell(
            event,
            sender=stanza["from"].bare,
            resource=stanza["from"].resource,
            id=stanza["id"],
            type=stanza["type"],
            body=stanza["body"],
            receipt_asked=stanza.xml.find("{urn:xmpp:receipts}request") is not None,
            oob=stanza.xml.findtext(f"{OOB_TAG_PREFIX}x/{OOB_TAG_PREFIX}url") or "",
        )

    def _tell_of_rooms(self, stanza: slixmpp.Message) -> None:
        """Invitations, by the room or directly, and refusals of them."""
        user = stanza.xml.find(f"{MUC_USER_TAG_PREFIX}x")
        for name in ("invite", "decline"):
            found = user.find(f"{MUC_USER_TAG_PREFIX}{name}") if user is not None else None
            if found is not None:
                reason = found.findtext(f"{MUC_USER_TAG_PREFIX}reason") or ""
                self.tell(name, room=stanza["from"].bare, sender=found.get("from"), reason=reason)
        direct = stanza.xml.find("{jabber:x:conference}x")
        if direct is not None:
            self.tell("invite", room=direct.get("jid"), sender=stanza["from"].bare, reason=direct.get("reason") or "")

    def on_published(self, stanza: slixmpp.Message) -> None:
        """`told` and `text` are those of the first payload; a retracted item has none."""
        items = stanza.xml.find("{*}event/{*}items")
        payload = items.find("{*}item/*") if items is not None else None
        self.tell(
            "published",
            sender=stanza["from"].bare,
            node=items.get("node") if items is not None else None,
            told={each.tag.rpartition("}")[2]: (each.text or "") for each in payload} if payload is not None else {},
            text=(payload.text or "") if payload is not None else "",
            xml=ElementTree.tostring(stanza.xml, encoding="unicode"),
        )

    def on_presence(self, stanza: slixmpp.Presence) -> None:
        """`kind` is the type attribute; `type` is slixmpp's: the show of an available one."""
        self.tell(
            "presence",
            sender=stanza["from"].bare,
            resource=stanza["from"].resource,
            kind=stanza.xml.get("type") or "available",
            type=stanza["type"],
            show=stanza.xml.findtext("{jabber:client}show") or "",
            status=stanza["status"],
            codes=[int(each.get("code", "0")) for each in stanza.xml.iter(f"{MUC_USER_TAG_PREFIX}status")],
            xml=ElementTree.tostring(stanza.xml, encoding="unicode"),
        )

    def on_receipt_received(self, stanza: slixmpp.Message) -> None:
        self.tell("receipt", sender=stanza["from"].bare, id=stanza["receipt"])

    # --- orders ---

    def do_connect(self, host: str, port: int) -> None:
        self.connect(host, port)

    def do_disconnect(self) -> None:
        self.disconnect()

    def do_abort(self) -> None:
        self.abort()

    def do_passive(self) -> None:
        self.auto_authorize, self.auto_subscribe = None, False

    def do_interests(self, nodes: list[str]) -> None:
        self._run(self._announce_interests(nodes))

    async def _announce_interests(self, nodes: list[str]) -> None:
        self["xep_0163"].add_interest(nodes)
        await self["xep_0115"].update_caps(broadcast=False)
        self.tell("interested")

    def do_send(self, to: str, body: str, id: str | None, receipt: bool, extra: str) -> None:
        """`extra` is one more element, as XML."""
        stanza = self.make_message(mto=to, mbody=body, mtype="chat")
        stanza["id"] = id or self.new_id()
        if receipt:
            stanza["request_receipt"] = True
        if extra:
            stanza.append(ElementTree.fromstring(extra))
        stanza.send()

    def do_presence(self, show: str | None, status: str | None, kind: Any) -> None:
        self.send_presence(pshow=show, pstatus=status, ptype=kind)

    def do_subscription(self, to: str, kind: Any) -> None:
        self.send_presence_subscription(pto=to, ptype=kind)

    def do_rename(self, jid: str, to: str) -> None:
        self._run(self._rename(jid, to))

    async def _rename(self, jid: str, to: str) -> None:
        changed = self.update_roster(slixmpp.JID(jid), name=to)
        if changed is not None:
            await changed
        self.tell("renamed")

    def do_iq(self, number: int, kind: Any, xml: str, to: str | None) -> None:
        """A request. Tells the answer, a result or an error, with the same number; without answer, the type is "timeout"."""
        self._run(self._ask(number, kind, xml, to))

    async def _ask(self, number: int, kind: Any, xml: str, to: str | None) -> None:
        request = self.make_iq(itype=kind, ito=to or None)
        request.append(ElementTree.fromstring(xml))
        try:
            answer = await request.send(timeout=IQ_TIMEOUT_SECONDS)
        except slixmpp.exceptions.IqError as error:
            answer = error.iq
        except slixmpp.exceptions.IqTimeout:
            self.tell("iq", number=number, type="timeout", condition="", xml="")
            return
        condition = answer["error"]["condition"] if answer["type"] == "error" else ""
        xml = ElementTree.tostring(answer.xml, encoding="unicode")
        self.tell("iq", number=number, type=answer["type"], condition=condition, xml=xml)

    def do_raw(self, xml: str) -> None:
        self.send_raw(xml)

    def _run(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


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
