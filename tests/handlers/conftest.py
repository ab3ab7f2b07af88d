"""Handlers over a real Redis, with a holder that is a greenlet and has no XMPP: it answers what a server would.

A phone here writes real documents and reads real documents; only HTTP is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gevent
import pytest

from onesoup.csp import access
from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import ClientID, LoginRequest, Primitive
from onesoup.csp.groups import Room
from onesoup.csp.lists import Item
from onesoup.csp.messages import Text
from onesoup.csp.presence import Shown
from onesoup.demo.servers import RedisServer
from onesoup.handlers import wiring
from onesoup.handlers.context import GatewayServices, Peer
from onesoup.handlers.dispatch import Exchange
from onesoup.settings import Settings
from onesoup.store import keys, records
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_limits import LoginLimits, LoginTicket
from onesoup.store.blocks import blocks_command
from onesoup.store.redis.channels import Subscriber, send_reply
from onesoup.store.redis.client import connect
from onesoup.store.redis.commands import send_together
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.shards import Shards
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.wire import codec
from onesoup.wire.document import Encoding
from onesoup.xmpp.xml import Xml

HOST = "example.org"


class Holder:
    """Plays the holder of every shard: opens sessions, keeps what it was told to do, and answers as `refuse` says."""

    def __init__(self, url: str, ring: KeyRing) -> None:
        self.client, self.ring = connect(url), ring
        self.guard = LoginLimits(self.client)
        # The passwords that the server takes, as (account, password); None takes any, or none, as login_code says.
        self.right: set[tuple[str, str]] | None = None
        self.feed, self.shards, self.clients = (
            HolderSessionStore(self.client),
            Shards(self.client),
            ClientSessions(self.client),
        )
        self.login_code, self.refuse, self.deaf = 200, {}, False
        # What a failed log-in says besides its code: kind and condition.
        self.login_failure: dict[str, str] = {}
        self.looked: dict[str, Any] = {}
        self.iqs: dict[tuple[str, str], Any] = {}
        self.otherwise: str | Xml = "service-unavailable"
        self.fresh: set[str] = set()
        # op -> what is answered besides the code.
        self.answers: dict[str, dict[str, Any]] = {}
        self.logins: list[dict[str, Any]] = []
        # Whether it says what its session has found in Redis; holders of a version before do not.
        self.tells = True
        self.registrations: list[dict[str, Any]] = []
        self.register_code = 200
        self.done: list[dict[str, Any]] = []
        self._subscriber = Subscriber(url, self._woken)
        self._subscriber.want(keys.wake_channel(number) for number in range(keys.SHARDS))
        self._greenlet = gevent.spawn(self._subscriber.run)
        while not self._subscriber.connected:
            gevent.sleep(0.01)

    def close(self) -> None:
        self._greenlet.kill()
        self._subscriber._drop()
        self.client.close()

    def _woken(self, channel: str, data: bytes) -> None:
        if self.deaf:
            return
        if data == b"login":
            self._login(int(channel.partition(":")[2], 16))
        else:
            self._work(data.decode())

    def _login(self, shard: int) -> None:
        for stored in self.shards.next_logins(shard):
            job = records.unpack_command(stored)
            if job.get("op") == "register":
                self.registrations.append(job)
                send_reply(self.client, job["reply"], job["name"], records.pack_answer(self.register_code, "as the server says"))
                continue
            self.logins.append(job)
            if "verify" in job:
                code = self.verdict(job["verify"], self.ring.open(job["cred"], f"cred:{job['verify']}").decode())
                self.reply(job, code)
                continue
            session = records.unpack_session(job["r"])
            code = self.verdict(*self.password(job))
            if code == 200:
                ttl_ms = access.session_expiry_seconds(session.ttl) * 1000
                self.feed.create(job["sid"], NewSession(job["r"], 1, ttl_ms, job["cred"], self.ring.seal(b"", "salted")))
                self.shards.add(shard, job["sid"])
                self.clients.put(session.jid, session.resource, job["sid"])
            self.reply(job, code)

    def reply(self, job: dict[str, Any], code: int) -> None:
        self.guard.settle(LoginTicket.unpack(job["ticket"]), code)
        more = self.login_failure if code != 200 else self._told(job) if self.tells else {}
        send_reply(self.client, job["reply"], job["name"], records.pack_answer(code, "as the server says", **more))

    def _told(self, job: dict[str, Any]) -> dict[str, Any]:
        if "verify" in job:
            return {}
        account = self.clients.count_command(records.unpack_session(job["r"]).jid)
        return dict(zip(("sessions", "blocks"), send_together(self.client, account, blocks_command(job["watch"])), strict=True))

    def verdict(self, jid: str, password: str) -> int:
        return self.login_code if self.right is None or (jid, password) in self.right else 409

    def password(self, job: dict[str, Any]) -> tuple[str, str]:
        """(account, password) of a log-in."""
        jid = records.unpack_session(job["r"]).jid
        return jid, self.ring.open(job["cred"], f"cred:{jid}").decode()

    def _work(self, sid: str) -> None:
        for stored in self.feed.outbox.commands(sid):
            command = records.unpack_command(stored)
            self.done.append(command)
            code = self.refuse.get(command.get("jid"), self.refuse.get(command["op"], 200))
            if code == 200:
                self._apply(sid, command)
            self.feed.outbox.remove(sid, stored)
            if "reply" in command:
                more = self.looked if command["op"] == "look" else self.answers.get(command["op"], {})
                payload = self.room_answer(command) or records.pack_answer(code, "refused", **more)
                send_reply(self.client, command["reply"], command["reply_name"], payload)

    def _apply(self, sid: str, command: dict[str, Any]) -> None:
        if command["op"] == "roster":
            item = Item(command["jid"], command["name"], tuple(command["groups"]))
            self.feed.store(sid, 1, StreamChanges(roster={item.jid: records.pack_item(item)}))
        elif command["op"] == "unroster":
            self.feed.store(sid, 1, StreamChanges(unroster=[command["jid"]]))

    # --- rooms ---

    def room_answer(self, command: dict[str, Any]) -> bytes | None:
        """As the XMPP side of rooms would: what `iqs` says to a request, (to, name or namespace of its payload) -> condition,
        payload, or either by the attributes of the first element in it; a join works unless `refuse` has the room."""
        if command["op"] in ("iq", "destroy"):
            to = command["to"] if command["op"] == "iq" else command["room"]
            inner = command["tree"][3] if command["op"] == "iq" else []
            names = [command["tree"][1] if command["op"] == "iq" else "destroy", *(child[0] for child in inner)]
            found = next((self.iqs[to, name] for name in names if (to, name) in self.iqs), self.otherwise)
            if callable(found):  # it depends on what stands in the item
                found = found(dict(inner[0][2]))
            error, tree = (found, Xml("query")) if isinstance(found, str) else ("", found)
            return records.pack_answer(200, error=error, tree=tree.plain())
        if command["op"] == "join" and command["room"] not in self.refuse:
            return records.pack_answer(200, nick=command["nick"], new=command["room"] in self.fresh)
        if command["op"] == "history":
            return records.pack_answer(200, **self.answers.get("history", {"error": "service-unavailable", "found": []}))
        if command["op"] in ("join", "leave", "room"):
            return records.pack_answer(self.refuse.get(command["room"], 200), "refused", nick="nick")
        return None

    def inside(self, sid: str, jid: str, gid: str, nick: str = "alice", **more: Any) -> None:
        """The session has joined a room."""
        self.feed.store(sid, 1, StreamChanges(rooms={jid: records.pack_room(Room(gid, nick, **more))}))

    def occupied(self, sid: str, jid: str, *who: tuple[str, str, str, str]) -> None:
        """(nick, bare JID or "", role, affiliation) of those in a room."""
        self.feed.store(sid, 1, StreamChanges(occupants={f"{jid}/{nick}": records.pack_occupant(*rest) for nick, *rest in who}))

    # --- what the XMPP side does ---

    def roster(self, sid: str, *items: Item) -> None:
        self.feed.store(sid, 1, StreamChanges(roster={item.jid: records.pack_item(item) for item in items}))

    def shows(self, sid: str, jid: str, **shown: Any) -> None:
        self.feed.store(sid, 1, StreamChanges(presence={jid: records.pack_shown(Shown(**shown))}))

    def says(self, sid: str, jid: str, body: str, id: str = "m1", receipt: bytes = b"") -> None:
        payload = records.pack_text(Text(id, jid, body, 1_700_000_000))
        self.feed.store(sid, 1, StreamChanges(items=[Delivery(id, jid, payload, receipt)]))

    # --- what it was told ---

    def settle(self, phone: "Phone") -> None:
        """Everything that the phone has caused so far has been worked off."""
        with gevent.Timeout(60):
            while self.feed.outbox.commands(phone.sid or ""):
                gevent.sleep(0.005)

    def ops(self, phone: "Phone", op: str) -> list[dict[str, Any]]:
        self.settle(phone)
        ours = ("v", "reply", "reply_name")
        return [{name: value for name, value in each.items() if name not in ours} for each in self.done if each["op"] == op]


@dataclass
class Phone:
    """One handset: keeps its session, its version and its encoding, and counts its transactions."""

    exchange: Exchange
    version: str = "1.2"
    encoding: Encoding = Encoding.XML
    client_id: str = "Razr V3"
    agent: str = ""
    address: str = "10.0.0.7"
    host: str = HOST
    path: str = "/"
    number: str = ""
    sid: str | None = None
    count: int = 0
    raw: bytes = b""
    reply: Message | None = None
    messages: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> Message | None:
        """Through both codecs, as octets. None for an empty body."""
        return self.post_octets(codec.encode(envelope.document_from_message(message)))

    def post_octets(self, octets: bytes) -> Message | None:
        self.raw = octets
        body = self.exchange.run(envelope.message_from_document(codec.decode(octets)), octets, self.peer)
        self.octets = body
        self.reply = envelope.message_from_document(codec.decode(body)) if body else None
        if self.reply is not None:
            assert (self.reply.version, self.reply.encoding) == (self.version, self.encoding)
        return self.reply

    @property
    def peer(self) -> Peer:
        return Peer(self.host, self.address, self.agent, self.path, self.number)

    def message(self, *transactions: Transaction) -> Message:
        kind = SessionType.INBAND if self.sid else SessionType.OUTBAND
        return Message(self.version, self.encoding, list(transactions), self.sid, kind)

    def next_id(self) -> str:
        self.count += 1
        return str(self.count)

    def ask(self, content: Primitive, tid: str | None = "next") -> Any:
        """The one answer to one request."""
        tid = self.next_id() if tid == "next" else tid
        reply = self.post(self.message(Transaction(Mode.REQUEST, tid, content)))
        assert reply is not None
        (answered,) = reply.transactions
        assert (answered.mode, answered.id) == (Mode.RESPONSE, tid)
        return answered.content

    def tell(self, tid: str, content: Primitive) -> Message | None:
        """An answer to a server transaction."""
        return self.post(self.message(Transaction(Mode.RESPONSE, tid, content)))

    def log_in(self, user: str = "wv:alice", password: str = "secret", **more: Any) -> Any:
        request = LoginRequest(
            user_id=user, client_id=ClientID(url=self.client_id), password=password, session_cookie="c00kie", **more
        )
        response = self.ask(request)
        self.sid = response.session_id
        return response


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    return redis_server


@pytest.fixture
def services(redis: RedisServer, tmp_path) -> Iterator[GatewayServices]:
    KeyRing.create(tmp_path / "keys")
    settings = Settings(
        redis_url=redis.url,
        keys_file=str(tmp_path / "keys"),
        domain=HOST,
        domains=(HOST, "xmpp.example.net"),
        poll_hold=0.0,
        # A holder that answers at all does so at once; a test whose holder does not sets a shorter one.
        answer_deadline=60.0,
        service_contact="",
    )
    client = connect(redis.url)
    client.flushall()
    made = wiring.gateway_services(settings, client)
    # No holder here brings presence; who is unknown is told as such at once.
    made.sessions = GatewaySessionStore(client, unknown_presence_ms=0)
    listening = gevent.spawn(made.replies._subscriber.run)
    assert made.replies.ready(within=60)
    yield made
    listening.kill()
    made.replies._subscriber._drop()
    client.close()


@pytest.fixture
def holder(services: GatewayServices, redis: RedisServer) -> Iterator[Holder]:
    holder = Holder(redis.url, services.ring)
    yield holder
    holder.close()


@pytest.fixture
def exchange(services: GatewayServices, holder: Holder) -> Exchange:
    return Exchange(services)


@pytest.fixture
def new_phone(exchange: Exchange):
    """A factory of phones that are not logged in."""
    return lambda **more: Phone(exchange, **more)


@pytest.fixture
def phone(new_phone) -> Phone:
    """A phone that is logged in as alice@example.org."""
    phone = new_phone()
    phone.log_in("wv:alice@example.org")
    assert phone.sid
    return phone


@pytest.fixture(params=["1.1", "1.2", "1.3"])
def every_phone(request, new_phone) -> Phone:
    """The same in each version, in WBXML."""
    phone = new_phone(version=request.param, encoding=Encoding.WBXML)
    phone.log_in("wv:alice@example.org")
    return phone
