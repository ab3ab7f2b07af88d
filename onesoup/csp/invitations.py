"""Invitations: types, and what is remembered of one (messages.md 12). Values."""

import hashlib
from dataclasses import dataclass, replace

# Into a conversation, a group, presence, shared content, the members of a group.
INVITATION_TYPES = ("IM", "GR", "PR", "SC", "GM")
# Without a counterpart: an application, and the extension of a conversation or group.
UNSUPPORTED_INVITATION_TYPES = ("AP", "EC", "EG")
# How ids of stanzas begin that invite somebody.
INVITATION_STANZA_PREFIX = "inv-"
INVITATION_SECONDS, ROOM_INVITATION_SECONDS, MAX_INVITATION_SECONDS = 600, 86_400, 7 * 86_400


@dataclass(frozen=True, slots=True)
class Invitation:
    """`who` has invited the user, as whoever sent the invitation says; or, of one that the user has sent, `invited` are those who
    have not answered. `until` in seconds since the epoch; `answered` when the phone has accepted it; `mark` is what the stanzas
    of one that was sent are known by."""

    kind: str
    room: str = ""
    gid: str = ""
    who: str = ""
    nick: str = ""
    until: int = 0
    mediated: bool = False
    password: str = ""
    invited: tuple[str, ...] = ()
    answered: bool = False
    mark: str = ""

    def without(self, jid: str) -> "Invitation":
        return replace(self, invited=tuple(each for each in self.invited if each != jid))


def stanza_id(mark: str, jid: str) -> str:
    """The id of the stanza that invites this one."""
    return f"{INVITATION_STANZA_PREFIX}{mark}-{hashlib.blake2b(jid.encode('utf-8', 'replace'), digest_size=6).hexdigest()}"


def validity_seconds(asked: int | None, kind: str) -> int:
    """How long an invitation is kept. People are slow to come into a room."""
    wished = min(INVITATION_SECONDS if asked is None else asked, MAX_INVITATION_SECONDS)
    return max(wished, ROOM_INVITATION_SECONDS) if kind in ("GR", "GM") else wished
