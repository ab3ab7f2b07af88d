"""People on ordinary XMPP clients for tests: `onesoup.phone.conversation.friend_clients`, and what only tests do.

with Peers() as peers:
    bob = peers.connect("bob@localhost", "secret", stack.xmpp, stack.ca_file)
    bob.send("alice@localhost", "hello")
    assert bob.message(sender="alice@localhost").body == "hello"
"""

from pathlib import Path
from xml.etree import ElementTree

from onesoup.phone.conversation.friend_clients import MUC_SPACE, BackendFailed, Event, FriendClient, FriendClients

WITHIN = 60.0
VCARD = {
    "full": "FN", "given": "N/GIVEN", "family": "N/FAMILY", "nickname": "NICKNAME", "birthday": "BDAY", "title": "TITLE",
    "locality": "ADR/LOCALITY", "country": "ADR/CTRY", "email": "EMAIL/USERID", "tel": "TEL/NUMBER", "note": "DESC",
    "photo_type": "PHOTO/TYPE", "photo": "PHOTO/BINVAL",
}  # fmt: skip


class Peers(FriendClients):
    """The process, and all clients in it."""

    def connect(self, jid: str, password: str, address: tuple[str, int], ca: Path | None) -> "Peer":
        """A client that is online, its roster fetched, its presence not sent yet. It accepts every subscription."""
        return Peer(self, self.open(jid, password, address, ca, accepts=True), jid.partition("/")[0])


class Peer(FriendClient):
    """One person's client."""

    def wait(self, kind: str, within: float = WITHIN, after: Event | None = None, **wanted: object) -> Event:
        """As in FriendClient; AssertionError when no such event comes."""
        try:
            return super().wait(kind, within, after, **wanted)
        except BackendFailed as error:
            raise AssertionError(f"{self.jid}: no {kind} {wanted} within {within:g} s; last events: {error}") from None

    def message(self, within: float = WITHIN, **wanted: object) -> Event:
        return self.wait("message", within, **wanted)

    def bodies(self) -> list[str]:
        """The texts of all messages so far."""
        return [event.body for event in self.all("message", type="chat")]

    def end(self) -> None:
        """Goes offline, if the server is there, without waiting for it."""
        self.order("presence", show=None, status=None, kind="unavailable")

    def disconnect(self) -> None:
        self.order("disconnect")
        self.wait("disconnected")

    def forget_absences(self) -> None:
        """`wait` finds only those who go offline from now on."""
        for event in self.all("presence", type="unavailable"):
            event.taken = True

    def passive(self) -> None:
        """Accepts no subscription by itself from now on."""
        self.order("passive")

    def rename(self, jid: str, name: str) -> None:
        """Gives a contact another name in the roster."""
        self.order("rename", jid=jid, to=name)
        self.wait("renamed")

    def vcard(self, **fields: str) -> None:
        """Publishes a vCard of these and nothing else; their names are those of VCARD."""
        card = ElementTree.Element("vCard", {"xmlns": "vcard-temp"})
        for name, value in fields.items():
            node = card
            for part in VCARD[name].split("/"):
                inner = node.find(part)
                node = inner if inner is not None else ElementTree.SubElement(node, part)
            node.text = value
        self.request(ElementTree.tostring(card, encoding="unicode"))

    def own_vcard(self) -> str:
        """The vCard that the server has now, as XML."""
        return str(self.iq("get", "<vCard xmlns='vcard-temp'/>").xml)

    # --- rooms ---

    def topic(self, room: str, text: str) -> None:
        self.raw(f"<message to='{room}' type='groupchat'><subject>{text}</subject></message>")

    def invite_directly(self, room: str, whom: str, reason: str = "") -> None:
        """Without the room (XEP-0249)."""
        self.raw(f"<message to='{whom}'><x xmlns='jabber:x:conference' jid='{room}' reason='{reason}'/></message>")

    def decline(self, room: str, whom: str, reason: str = "") -> None:
        decline = f"<decline to='{whom}'><reason>{reason}</reason></decline>"
        self.raw(f"<message to='{room}'><x xmlns='{MUC_SPACE}#user'>{decline}</x></message>")

    def affiliate(self, room: str, jid: str, affiliation: str) -> None:
        self.request(f"<query xmlns='{MUC_SPACE}#admin'><item jid='{jid}' affiliation='{affiliation}'/></query>", room)

    def kick(self, room: str, nick: str) -> None:
        self.request(f"<query xmlns='{MUC_SPACE}#admin'><item nick='{nick}' role='none'/></query>", room)

    def destroy(self, room: str) -> None:
        self.request(f"<query xmlns='{MUC_SPACE}#owner'><destroy/></query>", room)
