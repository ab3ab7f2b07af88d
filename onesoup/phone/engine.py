"""A phone: logs in, negotiates, polls, answers, and raises PhoneError where a real phone would break.

    with Phone("http://127.0.0.1:8080/", "alice", "secret", version="1.2") as phone:
        phone.start()
        phone.send("wv:bob@example.org", "hello")
        phone.run_once()
        print(phone.inbox)

One object is one phone. It prints nothing, keeps no global state and starts no thread. Several threads or greenlets may
use one phone at the same time, as a phone with more than one open transaction does.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Self

from onesoup.csp.codec.envelope import Message, Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    GroupChangeNotice,
    InviteResponse,
    InviteUserRequest,
    LeaveGroupResponse,
    MessageDelivered,
    NewMessage,
    PollingRequest,
    PresenceAuthRequest,
    PresenceNotificationRequest,
    Primitive,
    Result,
    Status,
    SystemMessageRequest,
)
from onesoup.csp.status import StatusCode
from onesoup.phone import checks
from onesoup.phone.addresses import user_key
from onesoup.phone.contacts import ContactRequests, ListedContact, ShownPresence
from onesoup.phone.groups import GroupRequests
from onesoup.phone.login import SessionRequests
from onesoup.phone.messages import ReceivedMessage, received_message, system_messages
from onesoup.phone.profiles import GENERIC_PROFILE, PROFILES, HandsetProfile
from onesoup.phone.transactions import Trace
from onesoup.wire.document import Encoding

# Ends `run_once` where a server always says that more waits.
MAX_TRANSACTIONS_PER_RUN = 200

# What is told to `on_news`, beside messages and presence.
NEWS = (GroupChangeNotice, LeaveGroupResponse, InviteUserRequest, InviteResponse, PresenceAuthRequest, DeliveryReportRequest)


class Phone(SessionRequests, ContactRequests, GroupRequests):
    """One handset with one account.

    The requests are in the base classes, one for each feature, so that callers have one object: that is why it has more than
    25 public methods. Here are polls and what arrives in them.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str = "",
        *,
        version: str | None = None,
        encoding: Encoding | None = None,
        client_id: str | None = None,
        cookie: str | None = None,
        way: str | None = None,
        profile: HandsetProfile | str = GENERIC_PROFILE,
        cir: Iterable[str] | None = None,
        udp_port: int | None = None,
        headers: Mapping[str, str] | None = None,
        trace: Trace | None = None,
    ) -> None:
        """`version` and `encoding`: None is the handset's own. `way`: "plain", "MD5", "SHA", "MD4", "PWD", or several with
        commas. `cir`: the CIR methods that are offered. None is the handset's own in both. `udp_port` is where it listens;
        `headers` are what a carrier's gateway adds to its requests. Nothing is sent yet."""
        handset = PROFILES[profile] if isinstance(profile, str) else profile
        if cir is not None:
            handset = replace(handset, cir=tuple(cir))
        if udp_port is not None:
            handset = replace(handset, capabilities={**handset.capabilities, "udp_port": udp_port})
        super().__init__(
            url,
            user,
            password,
            profile=handset,
            version=version or handset.version,
            encoding=encoding or handset.encoding,
            client_id=client_id,
            cookie=cookie,
            headers=headers,
            trace=trace,
        )
        chosen = handset.way if way is None else way
        self.way = "" if chosen == "plain" else chosen
        self.keep_alive_time: int | None = None
        self.lists: list[str] = []
        self.default_list = ""
        self.contacts: dict[str, ListedContact] = {}
        self.presences: dict[str, ShownPresence] = {}
        self.inbox: list[ReceivedMessage] = []
        self.groups: dict[str, str] = {}
        # Group notices, invitations, friend requests and delivery reports that have arrived.
        self.news: list[Primitive] = []
        # Callbacks. They run in the thread that polls.
        self.on_message: Callable[[ReceivedMessage], None] | None = None
        self.on_presence: Callable[[ShownPresence], None] | None = None
        self.on_news: Callable[[Primitive], None] | None = None

    def start(self) -> Self:
        """Logs in, then takes the steps of the handset's start. Steps that the handset lets fail may fail."""
        self.login()
        for step in self.profile.startup:
            getattr(self, step)()
        return self

    def poll(self) -> Transaction | None:
        """The next server transaction, not answered yet, or None when nothing waits."""
        transaction = Transaction(Mode.REQUEST, self.profile.poll_tid, PollingRequest())
        self.more = False
        return self._incoming(self._post_checked(self._message([transaction]), self.profile.poll_timeout))

    def answer(self, transaction: Transaction) -> Transaction | None:
        """Processes a server transaction and acknowledges it. Returns the next one, if the answer carries it. What another thread
        has got while this phone logged out is left to the next session."""
        with self._answering:
            return None if self.session_id is None else self._answer(transaction)

    def _answer(self, transaction: Transaction) -> Transaction | None:
        content = transaction.content
        self._take_in(transaction)
        if content.NAME in self.profile.ignores:
            return None
        if isinstance(content, NewMessage):
            message_id = content.message_info.message_id if content.message_info else ""
            return self.acknowledge(transaction.id, MessageDelivered(message_id=message_id))
        return self.acknowledge(transaction.id, Status(result=Result(code=StatusCode.SUCCESSFUL)))

    def acknowledge(self, tid: str | None, content: Primitive) -> Transaction | None:
        """Posts an answer to a server transaction. Returns the next one, if the reply carries it."""
        return self._incoming(self._post_checked(self._message([Transaction(Mode.RESPONSE, tid, content)])))

    def run_once(self) -> int:
        """Polls and answers until the server has nothing more. Returns the number of server transactions."""
        count = 0
        transaction = self.poll()
        while transaction is not None and count < MAX_TRANSACTIONS_PER_RUN:
            count += 1
            transaction = self.answer(transaction)
            if transaction is None and self.more and self.session_id is not None:
                transaction = self.poll()
        return count

    def _incoming(self, answer: Message | None) -> Transaction | None:
        """The server's transaction in an answer; None for Status 200. Refused for another code."""
        if answer is None:
            return None
        transaction = answer.transactions[0]
        self._raise_if_session_over(transaction.content)
        if transaction.mode is Mode.RESPONSE:
            self._require_success(transaction.content, "Polling")
            return None
        self.more = bool(answer.poll)
        with self._lock:
            checks.server_tid(transaction.id, self._server_tids, self.profile, self.encoding is Encoding.PTS)
            self._server_tids.add(transaction.id or "")
        checks.primitive(transaction.content, self.version, self.profile, False)
        return transaction

    def _take_in(self, transaction: Transaction) -> None:
        content = transaction.content
        if isinstance(content, NewMessage):
            self._take_message(received_message(content, transaction.id or ""))
        elif isinstance(content, SystemMessageRequest):
            for message in system_messages(content, transaction.id or ""):
                self._take_message(message)
        elif isinstance(content, PresenceNotificationRequest):
            for each in content.presence:
                shown = self._remember_presence(each)
                if self.on_presence:
                    self.on_presence(shown)
        elif isinstance(content, NEWS):
            self._take_news(content)

    def _take_message(self, message: ReceivedMessage) -> None:
        self.inbox.append(message)
        if self.on_message:
            self.on_message(message)

    def _take_news(self, content: Primitive) -> None:
        if isinstance(content, LeaveGroupResponse):
            self.groups.pop(user_key(content.group_id or ""), None)
        self.news.append(content)
        if self.on_news:
            self.on_news(content)
