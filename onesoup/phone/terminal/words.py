"""What arrives at the phone, in words for its user."""

from collections.abc import Callable

from onesoup.csp.codec.generated_elements import (
    GroupChangeNotice,
    InviteResponse,
    InviteUserRequest,
    LeaveGroupResponse,
    Primitive,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.contacts import ShownPresence
from onesoup.phone.groups import members_of
from onesoup.wire import codec, xmltext
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

GROUP_END_REASONS: dict[int, str] = {
    StatusCode.GROUP_DOES_NOT_EXIST: "the group has ended",
    StatusCode.GROUP_IS_RESTRICTED: "you were put out",
    StatusCode.REJECTED: "you are not wanted there",
    StatusCode.NOT_A_GROUP_MEMBER: "members only now",
}
AVAILABILITY_WORDS = {"AVAILABLE": "available", "NOT_AVAILABLE": "away", "DISCREET": "do not disturb"}


def describe_news(content: Primitive, name_of: Callable[[str], str]) -> list[str]:
    """A group notice or an invitation, as lines."""
    if isinstance(content, GroupChangeNotice):
        return _group_change(content)
    if isinstance(content, LeaveGroupResponse):
        code = content.result.code if content.result else 0
        return [f"you are out of {content.group_id} ({GROUP_END_REASONS.get(code or 0, code)})"]
    if isinstance(content, InviteUserRequest):
        return [_invitation(content, name_of)]
    if isinstance(content, InviteResponse):
        return [_invitation_answer(content, name_of)]
    return []


def _group_change(notice: GroupChangeNotice) -> list[str]:
    gid = notice.group_id or ""
    lines = [f"{printable(nick)} comes into {gid}" for nick, _ in members_of(notice.joined)]
    lines += [f"{printable(nick)} has left {gid}" for nick, _ in members_of(notice.left)]
    blocks = [block for block in (notice.group_properties, notice.own_properties) if block is not None]
    return lines + [f"{gid}: {each.name} is {printable(each.value or '')}" for block in blocks for each in block.property]


def _invitation(request: InviteUserRequest, name_of: Callable[[str], str]) -> str:
    group = request.sender.group if request.sender else None
    nick = (group.screen_name.s_name if group is not None and group.screen_name is not None else "") or ""
    user = request.sender.user.user_id if request.sender and request.sender.user else ""
    note = f": {printable(request.invite_note)}" if request.invite_note else ""
    return f"{printable(nick or name_of(user or ''))} invites you into {request.group_id}{note}; /accept or /decline"


def _invitation_answer(answer: InviteResponse, name_of: Callable[[str], str]) -> str:
    user = answer.sender.user.user_id if answer.sender and answer.sender.user else ""
    reason = answer.response_note or answer.invite_note
    verb = "comes" if answer.acceptance else "does not come"
    return f"{name_of(user or '')} {verb}" + (f": {printable(reason)}" if reason else "")


def describe_presence(shown: ShownPresence) -> str:
    """Presence in words."""
    state = AVAILABILITY_WORDS.get(shown.availability or "", "online") if shown.online else "offline"
    return f"{state}: {printable(shown.text)}" if shown.text and shown.online else state


def as_xml(document: bytes) -> str:
    """A document on one line, in the form that `onesoup wire encode` reads. Passwords are hidden."""
    if not document:
        return "(empty)"
    try:
        root = codec.decode(document).root
    except WireError as error:
        return f"({len(document)} octets that are no CSP: {error})"
    _hide_passwords(root)
    return xmltext.write_element(root).replace("\n", "&#10;")


def _hide_passwords(element: Element) -> None:
    for child in element.children:
        _hide_passwords(child)
        if child.name == "Password":
            child.text = "***"


def list_name(address: str) -> str:
    return address.partition("/")[2].partition("@")[0] or address


def printable(text: str) -> str:
    """Text of others, with blanks for control characters, so that it cannot drive the terminal."""
    return "".join(char if char in "\n\t" or char.isprintable() else " " for char in text).replace("\n", "\n    ")
