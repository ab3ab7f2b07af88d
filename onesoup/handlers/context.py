"""What handlers work with: the stores and settings of a process, and the one request that they answer."""

import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import overload

from onesoup.csp.errors import BackendError, CspError
from onesoup.csp.lists import ContactList, Cut, Item
from onesoup.csp.presence import Picture
from onesoup.csp.service_contact import service_addresses
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.handlers.provider import Provider
from onesoup.handlers.store_patience import NO_PATIENCE, StorePatience
from onesoup.observability.operator_orders import OperatorOrders
from onesoup.observability.request_id import current_request
from onesoup.store.account.accounts import Accounts
from onesoup.store.account.address_aliases import AddressAliases
from onesoup.store.account.blocks import BlockLists
from onesoup.store.account.client_sessions import ClientSessions
from onesoup.store.account.groups import GroupStore, InvitationStore
from onesoup.store.account.handsets import HandsetMemory
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.lists import AccountLists
from onesoup.store.account.login_limits import LoginLimits
from onesoup.store.account.login_replies import LoginReplies
from onesoup.store.account.offline_inbox import OfflineInbox
from onesoup.store.account.page_sessions import PageSessions
from onesoup.store.account.phone_numbers import PhoneNumbers
from onesoup.store.account.phone_requests import PhoneRequests
from onesoup.store.account.settings_links import SettingsLinks
from onesoup.store.account.tries import HourlyTries
from onesoup.store.announcements import Announcements
from onesoup.store.domain_quotas import DomainQuotas
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
from onesoup.store.wakeup.ota_queue import SettingsQueue
from onesoup.store.wakeup.wakes import WakeStore
from onesoup.wire.document import Encoding
from onesoup.xmpp import answers, commands
from onesoup.xmpp.answers import A, CommandAnswer, CommandRefused, ServerReply
from onesoup.xmpp.commands import Command, answered, of_request
from onesoup.xmpp.room_requests import RoomReply, RoomRequest

_PORT = re.compile(r":[0-9]{1,5}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that handlers use. `by_place`: hosts and paths of requests that choose another `domain`."""

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
    # Whether STCP lines may be opened with the session's cookie.
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
    # The local part of the service contact, "" for none.
    service_contact: str = ""
    account_page: bool = False
    registration: bool = False
    registrations_per_hour: int = 3

    def site(self, asked: str) -> str:
        """The host, with its port, by which phones reach this server: the public host of the settings, else `asked`, the host by
        which somebody has just reached it. A public host that names no port has the port of `asked`."""
        if not self.public_host or _PORT.search(self.public_host):
            return self.public_host or asked
        port = _PORT.search(asked)
        return self.public_host + (port.group() if port else "")


@dataclass(slots=True)
class GatewayServices:
    """Everything that outlives a request. One per process."""

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
    aliases: AddressAliases
    searches: SearchHits
    announcements: Announcements
    segments: Segments
    tries: HourlyTries
    logins: LoginReplies
    guard: LoginLimits
    lines: CirProcesses
    numbers: PhoneNumbers
    wakes: WakeStore
    page_sessions: PageSessions
    settings_links: SettingsLinks
    settings_queue: SettingsQueue
    phone_requests: PhoneRequests
    shards: Shards
    replies: ReplyChannel
    ring: KeyRing
    policy: Policy
    quotas: DomainQuotas
    orders: OperatorOrders
    draining: Callable[[], bool] = field(default=lambda: False)
    patience: StorePatience = NO_PATIENCE


@dataclass(frozen=True, slots=True)
class Peer:
    """The sender of a request, as far as HTTP or the SMS tells. `address` is the phone's own, or its NAT's. `number` is the
    phone number that a trusted proxy vouches for. `sender` is the number that an SMS came from: good for answers and wake-ups,
    but it opens no account, since in some networks senders can be forged. `room` is the longest answer, in bytes, that can go
    back this way (SMS, WSP)."""

    host: str = ""
    address: str = ""
    user_agent: str = ""
    path: str = ""
    number: str = ""
    sender: str = ""
    room: int = sys.maxsize
    # The Host header as the phone wrote it, with its port.
    site: str = ""
    # What calls itself a gateway or proxy between the phone and us, "" for nothing. Ours is none.
    via: str = ""


@dataclass(slots=True)
class Context:
    """One request inside a session. Handlers put their changes into `effects`; they take place when the reply is stored."""

    services: GatewayServices
    sid: str
    session: Session
    version: str
    peer: Peer
    caps: Capabilities
    effects: RequestEffects = field(default_factory=RequestEffects)
    # The last message whose answer may not have reached the phone: digest of its content, then its MessageID.
    unsaid: bytes = b""
    deadline: float = 0.0
    # Largest file that the XMPP server accepts: 0 for none, None while it is not known.
    upload: int | None = None
    encoding: Encoding = Encoding.XML
    # Whether the phone reads long answers in segments.
    segmented: bool = False
    # How long lists are cut for this phone; None before it was read.
    cuts: Mapping[str, Cut] | None = None
    _roster: dict[str, Item] | None = None
    _lists: dict[str, ContactList] | None = None

    @property
    def service_contacts(self) -> frozenset[str]:
        """The bare JIDs under which this phone reaches the service contact."""
        policy = self.services.policy
        return service_addresses(policy.service_contact, policy.domains, self.session.jid)

    def send(self, command: Command) -> None:
        """A command for the holder, with the reply."""
        if isinstance(command, commands.SendSubscription) and command.jid in self.service_contacts:
            return  # no XMPP server has it, or has another one
        self.effects.commands.append(commands.pack(of_request(command, current_request())))

    @overload
    def ask(self, command: Command) -> CommandAnswer: ...

    @overload
    def ask(self, command: Command, kind: type[A]) -> A: ...

    def ask(self, command: Command, kind: type[CommandAnswer] = CommandAnswer) -> CommandAnswer:
        """A command that the phone's answer depends on: waits for the server's answer, which is of this kind. BackendError 504
        after the deadline, CspError with the server's refusal."""
        replies = self.services.replies
        with replies.expect() as expected:
            asked = of_request(answered(command, replies.channel, expected.name), current_request())
            self.services.sessions.push(self.sid, commands.pack(asked))
            payload = expected.wait(self.deadline - time.monotonic())
        if payload is None:
            raise BackendError(StatusCode.TIMEOUT, "no answer in time")
        try:
            return answers.unpack(payload, kind)
        except CommandRefused as refused:
            backend = StatusCode.INTERNAL_ERROR <= refused.code < StatusCode.UNKNOWN_USER
            raise (BackendError if backend else CspError)(refused.code, refused.text) from None

    def query(self, *requests: RoomRequest) -> list[RoomReply]:
        """Sends requests to XMPP servers at the same time. Their answers, in order. BackendError 503 or 504 when one was not
        answered."""
        replies, sessions = self.services.replies, self.services.sessions
        with ExitStack() as stack:
            waiting = [stack.enter_context(replies.expect()) for _ in requests]
            for request, expected in zip(requests, waiting, strict=True):
                command = commands.AskServer(request.to, request.type, request.payload)
                asked = of_request(answered(command, replies.channel, expected.name), current_request())
                sessions.push(self.sid, commands.pack(asked))
            return [_reply(expected.wait(self.deadline - time.monotonic())) for expected in waiting]

    def roster(self) -> dict[str, Item]:
        """The cached roster, by bare JID, and the service contact where the user has it in a list. Read once for a request."""
        if self._roster is None:
            known = self.services.sessions.contacts.roster(self.sid)
            if own := self.service_contacts:
                known = {jid: item for jid, item in known.items() if jid not in own}
                known |= self.services.lists.service_contact.items(self.session.jid, own)
            self._roster = known
        return self._roster

    def stored_lists(self) -> dict[str, ContactList]:
        """The contact lists that the account has records of, by token."""
        if self._lists is None:
            self._lists = self.services.lists.contacts.all(self.session.jid)
        return self._lists

    def changed(self) -> None:
        """Forgets the cached roster and lists, after a change."""
        self._roster = self._lists = None


def _reply(payload: bytes | None) -> RoomReply:
    if payload is None:
        raise BackendError(StatusCode.TIMEOUT, "no answer in time")
    try:
        answer = answers.unpack(payload, ServerReply)
    except CommandRefused as refused:
        raise BackendError(refused.code, refused.text) from None
    return RoomReply(answer.error, answer.tree)


def spellings(services: GatewayServices, sid: str, jids: list[str]) -> Mapping[str, str]:
    """How the phone spells these contacts, for those that it has named."""
    return services.sessions.contacts.spellings(sid, jids)


def contact_pictures(services: GatewayServices, names: Iterable[str]) -> Mapping[str, Picture]:
    """Pictures of contacts, scaled for phones, by the name that presence gives them."""
    return services.pictures.get(names)
