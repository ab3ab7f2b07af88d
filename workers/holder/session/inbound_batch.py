"""What one read from the stream becomes, and the values that everything which fills it shares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from xmpp.simplexml import Node

from onesoup.store.errors import Fenced, NoSession, StoreDown
from onesoup.store.session.stream_changes import LIVE, UNSURE, StreamChanges, kept_since
from onesoup.xmpp.contacts import Resource
from onesoup.xmpp.published_events import Extras
from onesoup.xmpp.stream import StreamFailure, stanzas
from onesoup.xmpp.stream.stream import log_given_up

# Failures of the session or its store. They say nothing about the stanza that is just being read.
SESSION_FAILURES = (StoreDown, Fenced, NoSession, StreamFailure, OSError)
# The longest text that the phone is given, bytes of UTF-8: ten times what a phone reads, and as much as a phone may send.
MAX_BODY_BYTES = 200_000


class GroupPlace(NamedTuple):
    """Where a text in a group was written: the GroupID, the author's screen name, whether it is for this phone alone, and how the
    phone wants it (`delivery` and `length` of a Room)."""

    group: str = ""
    nick: str = ""
    private: bool = False
    delivery: str = ""
    length: int = 0


NO_GROUP = GroupPlace()


class SentMessage(NamedTuple):
    """A message that the phone sent: the recipient, a bare JID or an occupant's, and the first words."""

    to: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class ContactLookup:
    """Something to fetch from a contact: the picture with the SHA-1 `name`, or what kind of client has the caps node `name`."""

    kind: str
    jid: str
    name: str
    resource: str = ""


PICTURE_LOOKUP, CLIENT_LOOKUP = "picture", "client"
# Puts what was fetched into the resources and extras of a contact.
ContactChange = Callable[[dict[str, Resource], Extras], tuple[dict[str, Resource], Extras]]


@dataclass(slots=True)
class InboundBatch:
    """Changes, answers and lookups that the stanzas of one read lead to.

    `repeated`: the stream was resumed a moment ago, so these stanzas may have been read before. `full`: too much waits for
    the phone, so nothing new is added. `profile` has the phone's language."""

    changes: StreamChanges = field(default_factory=StreamChanges)
    answers: list[Node] = field(default_factory=list)
    # Contacts whose presence came, by bare JID.
    seen: set[str] = field(default_factory=set)
    # Domains whose servers cannot be reached, as ours says.
    unreachable: set[str] = field(default_factory=set)
    lookups: list[ContactLookup] = field(default_factory=list)
    repeated: bool = False
    full: bool = False
    profile: stanzas.PhoneProfile = stanzas.DEFAULT_PHONE_PROFILE
    # Called when the changes are stored.
    after: list[Callable[[], None]] = field(default_factory=list)

    def attempt(
        self, stanza: Node, work: Callable[[], None], fallback: Callable[[Node, "InboundBatch"], None] | None = None
    ) -> bool:
        """Runs `work`, which reads one stanza. False when neither it nor the fallback succeeded.

        A bug that one stanza triggers must not cost others: what was read is acknowledged, and does not come again. Then
        `fallback` delivers what can be saved of it. SESSION_FAILURES are raised."""
        items, answers, after = len(self.changes.items), len(self.answers), len(self.after)
        try:
            work()
            return True
        except SESSION_FAILURES:
            raise
        except Exception as error:
            log_given_up(stanza, error)
        del self.changes.items[items:], self.answers[answers:], self.after[after:]
        return fallback is not None and self.attempt(stanza, partial(fallback, stanza, self))


def is_too_long(body: str) -> bool:
    """Whether a text is too long for any phone."""
    return len(body.encode("utf-8", "replace")) > MAX_BODY_BYTES


def repeat_rule(stored_since: int | None, may_repeat: bool) -> str:
    """The `said` of a Delivery: which earlier ones a stanza is compared with. `stored_since`: when somebody on the way stored it,
    None for a live one. `may_repeat`: it may have come before."""
    if stored_since is not None:
        return kept_since(stored_since)
    return UNSURE if may_repeat else LIVE
