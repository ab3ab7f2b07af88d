"""What handlers work with: the stores and settings of a process, and the one request at hand."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.presence import Picture
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.handlers.provider import Provider
from onesoup.store import records
from onesoup.store.account.accounts import Accounts, ClientSessions, OfflineInbox
from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.lists import AccountLists
from onesoup.store.account.login_limits import LoginLimits
from onesoup.store.account.login_replies import LoginReplies
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.account.tries import HourlyTries
from onesoup.store.announcements import Announcements
from onesoup.store.pictures import ScaledPictures
from onesoup.store.redis.channels import ReplyChannel
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.group_histories import GroupHistories
from onesoup.store.session.inbox import Inbox
from onesoup.store.session.request_effects import RequestEffects
from onesoup.store.session.search_hits import SearchHits
from onesoup.store.session.segments import Segments
from onesoup.store.session.shards import Shards
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.wakes import WakeStore
from onesoup.wire.document import Encoding
from onesoup.xmpp import commands, xml
from onesoup.xmpp.commands import Command, answered
from onesoup.xmpp.rooms import RoomReply, RoomRequest


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that handlers look at. `by_place`: hosts and paths of the request that choose another `domain`."""

    domain: str
    domains: frozenset[str]
    ttl_min: int = 120
    ttl_max: int = 7200
    poll_hold: float = 5.0
    poll_min: int = 10
    deadline: float = 8.0
    public_host: str = ""
    stcp_port: int = 3171
    plain_emoji: bool = False
    publish_location: bool = False
    publish_contact_info: bool = False
    by_place: dict[str, str] = field(default_factory=dict)
    gateways: frozenset[str] = frozenset()
    sessions: int = 8
    remember: bool = False
    tell_unknown: bool = False
    cir_url: str = ""
    # Whether STCP lines may be opened with the cookie.
    accept_cookie: bool = False
    udp_nets: tuple[str, ...] = ()
    # The longest cookie that goes into a WAPSMS, and which numbers the gateway's messages may go to.
    sms_cookie: int = 118
    sms_prefixes: tuple[str, ...] = ()
    country_code: str = ""
    accept_claimed: bool = False
    group_history: int = 0
    provider: Provider = field(default_factory=Provider)
    terms: str = ""
    registration: bool = False
    registrations_per_hour: int = 3


@dataclass(slots=True)
class GatewayServices:
    """Everything that outlives a request. One a process."""

    sessions: GatewaySessionStore
    inbox: Inbox
    accounts: Accounts
    clients: ClientSessions
    offline: OfflineInbox
    lists: AccountLists
    blocks: BlockLists
    pictures: ScaledPictures
    groups: GroupStore
    invites: InvitationStore
    histories: GroupHistories
    handsets: HandsetMemory
    searches: SearchHits
    announcements: Announcements
    segments: Segments
    tries: HourlyTries
    logins: LoginReplies
    guard: LoginLimits
    lines: CirProcesses
    numbers: PhoneNumbers
    wakes: WakeStore
    shards: Shards
    replies: ReplyChannel
    ring: KeyRing
    policy: Policy
    draining: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sent the request, as far as HTTP or the SMS tells. `address` is the phone's own, or its NAT's; `number` is the phone
    number that a trusted proxy vouches for; `sender` is the one that an SMS came from: good for answers and wake-ups, and for
    nothing that opens an account, since not every network keeps people from naming other people's. `room` is the longest answer
    that goes back this way, in octets, where that has an end (SMS)."""

    host: str = ""
    address: str = ""
    user_agent: str = ""
    path: str = ""
    number: str = ""
    sender: str = ""
    room: int = sys.maxsize


@dataclass(slots=True)
class Context:
    """One request inside a session. Handlers put what shall happen into `effects`; it happens when the reply is stored."""

    services: GatewayServices
    sid: str
    session: Session
    version: str
    peer: Peer
    caps: Capabilities
    effects: RequestEffects = field(default_factory=RequestEffects)
    # The last message whose answer may not have reached the phone: digest of its content, MessageID.
    unsaid: bytes = b""
    deadline: float = 0.0
    # The largest file that the XMPP server takes, 0 for none; not known yet: None.
    upload: int | None = None
    encoding: Encoding = Encoding.XML
    # Whether the phone reads long answers in segments.
    segmented: bool = False
    # How long lists are cut for this phone; not read yet: None.
    cuts: Mapping[str, Cut] | None = None
    _roster: dict[str, Item] | None = None
    _lists: dict[str, ContactList] | None = None

    def send(self, command: Command) -> None:
        """A command for the holder, with the reply."""
        self.effects.commands.append(records.pack_command(command))

    def ask(self, command: Command) -> dict[str, object]:
        """A command that the phone's answer depends on: waits for the server's answer. BackendError 504 after the
        deadline, CspError with the server's refusal."""
        replies = self.services.replies
        with replies.expect() as expected:
            self.services.sessions.push(self.sid, records.pack_command(answered(command, replies.channel, expected.name)))
            payload = expected.wait(self.deadline - time.monotonic())
        if payload is None:
            raise BackendError(StatusCode.TIMEOUT, "no answer in time")
        answer = records.unpack_answer(payload)
        code = int(answer["code"])
        if code >= StatusCode.INTERNAL_ERROR and code < StatusCode.UNKNOWN_USER:
            raise BackendError(code, str(answer.get("text", "")))
        if code != StatusCode.SUCCESSFUL:
            raise CspError(code, str(answer.get("text", "")))
        return answer

    def query(self, *requests: RoomRequest) -> list[RoomReply]:
        """Requests to XMPP servers, all at once: what each of them was answered, in order. BackendError 503 or 504 when one of
        them was not."""
        replies, sessions = self.services.replies, self.services.sessions
        with ExitStack() as stack:
            waiting = [stack.enter_context(replies.expect()) for _ in requests]
            for request, expected in zip(requests, waiting, strict=True):
                command = commands.iq(request)
                sessions.push(self.sid, records.pack_command(answered(command, replies.channel, expected.name)))
            return [_reply(expected.wait(self.deadline - time.monotonic())) for expected in waiting]

    def roster(self) -> dict[str, Item]:
        """The cached roster, by bare JID. Read once for a request."""
        if self._roster is None:
            self._roster = self.services.sessions.contacts.roster(self.sid)
        return self._roster

    def stored_lists(self) -> dict[str, ContactList]:
        """The contact lists that the account has records of, by token."""
        if self._lists is None:
            self._lists = self.services.lists.contacts.all(self.session.jid)
        return self._lists

    def changed(self) -> None:
        """Forget what was read, after the roster or the lists were changed."""
        self._roster = self._lists = None


def _reply(payload: bytes | None) -> RoomReply:
    if payload is None:
        raise BackendError(StatusCode.TIMEOUT, "no answer in time")
    answer = records.unpack_answer(payload)
    if answer["code"] != StatusCode.SUCCESSFUL:
        raise BackendError(int(answer["code"]), str(answer.get("text", "")))
    return RoomReply(str(answer["error"]), xml.from_plain(answer["tree"]))


def spellings(services: GatewayServices, sid: str, jids: list[str]) -> Mapping[str, str]:
    """How the phone spells these contacts, as far as it has named them."""
    return services.sessions.contacts.spellings(sid, jids)


def pictures(services: GatewayServices, names: Iterable[str]) -> Mapping[str, Picture]:
    """Pictures of contacts, made fit for the phones that asked for them, by the name that presence gives them."""
    return services.pictures.get(names)
