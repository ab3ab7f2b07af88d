"""What arrives at the phone, in words for its user. Text of others is passed on as it is: the screen makes it harmless."""

from collections.abc import Callable

from onesoup.captures.hiding import hide_secrets
from onesoup.csp.codec.generated_elements import (
    DeliveryReportRequest,
    GroupChangeNotice,
    InviteResponse,
    InviteUserRequest,
    LeaveGroupResponse,
    MessageInfo,
    Primitive,
)
from onesoup.csp.status import StatusCode
from onesoup.phone.contacts import ShownPresence
from onesoup.phone.groups import members_of
from onesoup.phone.messages import ReceivedMessage
from onesoup.phone.terminal.names import group_name, without_scheme
from onesoup.phone.terminal.refusals import sentence
from onesoup.wire import codec, xmltext
from onesoup.wire.errors import WireError

GROUP_END_REASONS: dict[int, str] = {
    StatusCode.GROUP_DOES_NOT_EXIST: "the group has ended",
    StatusCode.GROUP_IS_RESTRICTED: "you were put out",
    StatusCode.REJECTED: "you are not wanted there",
    StatusCode.NOT_A_GROUP_MEMBER: "it is for members only now",
    StatusCode.SERVICE_UNAVAILABLE: "its server has stopped",
}
AVAILABILITY_WORDS = {"AVAILABLE": "is available", "NOT_AVAILABLE": "is away", "DISCREET": "does not want to be disturbed"}
OWN_AVAILABILITY_WORDS = {"AVAILABLE": "are available", "NOT_AVAILABLE": "are away", "DISCREET": "do not want to be disturbed"}
# (property, value) in lower case -> a sentence; "" stands for any other value.
GROUP_PROPERTY_WORDS = {
    ("name", ""): "{group} is called {value}",
    ("topic", ""): "the topic of {group} is {value}",
    ("welcomenote", ""): "the welcome of {group} is {value}",
    ("autodelete", "t"): "{group} ends when all have left",
    ("autodelete", "f"): "{group} stays when all have left",
    ("accesstype", "open"): "{group} is open to all",
    ("accesstype", "restricted"): "{group} is for members only",
    ("searchable", "t"): "{group} can be found",
    ("searchable", "f"): "{group} cannot be found",
    ("privatemessaging", "t"): "{group} allows private messages",
    ("privatemessaging", "f"): "{group} allows no private messages",
    ("type", "public"): "{group} is public",
    ("type", "private"): "{group} is private",
    ("privilegelevel", "admin"): "you are an administrator of {group}",
    ("privilegelevel", "mod"): "you are a moderator of {group}",
    ("privilegelevel", "user"): "you are a user of {group}",
    ("ismember", "t"): "you are a member of {group}",
    ("ismember", "f"): "you are not a member of {group}",
}
# As much of a message as is quoted.
MAX_QUOTED = 30

NameOf = Callable[[str], str]


def describe_news(content: Primitive, name_of: NameOf) -> list[str]:
    """A notice of a group, or an answer to an invitation, as lines."""
    if isinstance(content, GroupChangeNotice):
        return _group_change(content)
    if isinstance(content, LeaveGroupResponse):
        code = (content.result.code if content.result else None) or StatusCode.GROUP_IS_NOT_JOINED
        return [f"you are out of {group_name(content.group_id or '')}: {GROUP_END_REASONS.get(code) or sentence(code)}"]
    if isinstance(content, InviteResponse):
        return [_invitation_answer(content, name_of)]
    return []


def _group_change(notice: GroupChangeNotice) -> list[str]:
    group = group_name(notice.group_id or "")
    lines = [f"{without_scheme(nick)} comes into {group}" for nick, _ in members_of(notice.joined)]
    lines += [f"{without_scheme(nick)} has left {group}" for nick, _ in members_of(notice.left)]
    blocks = [block for block in (notice.group_properties, notice.own_properties) if block is not None]
    properties = [(each.name or "", each.value or "") for block in blocks for each in block.property]
    return lines + [_property(group, name, value) for name, value in properties if (name, value) != ("Name", group)]


def _property(group: str, name: str, value: str) -> str:
    """A property of a group, or of the user in it, as a sentence."""
    words = GROUP_PROPERTY_WORDS.get((name.lower(), value.lower())) or GROUP_PROPERTY_WORDS.get((name.lower(), ""))
    if words is None:
        return f"{group}: {name} is {value}"
    return words.format(group=group, value=value)


def inviter(request: InviteUserRequest) -> str:
    """Who invites: an address, the name of somebody in a group, or the group itself."""
    sender = request.sender
    group = sender.group if sender else None
    nick = group.screen_name.s_name if group is not None and group.screen_name is not None else ""
    user = sender.user.user_id if sender and sender.user else ""
    return nick or user or (group.group_id if group is not None else "") or request.group_id or ""


def _invitation_answer(answer: InviteResponse, name_of: NameOf) -> str:
    user = answer.sender.user.user_id if answer.sender and answer.sender.user else ""
    reason = answer.response_note or answer.invite_note
    verb = "accepts your invitation" if answer.acceptance else "does not accept your invitation"
    return f"{name_of(user or '')} {verb}" + (f": {reason}" if reason else "")


def describe_report(report: DeliveryReportRequest, name_of: NameOf, text: str) -> tuple[bool, str]:
    """Whether a message has arrived, and a sentence that says so. `text`: the message, "" when it is not known any more."""
    code = (report.result.code if report.result else None) or StatusCode.SUCCESSFUL
    info = report.message_info or MessageInfo()
    quoted = quote(text) if text else "a message"
    if code == StatusCode.SUCCESSFUL:
        return True, f"{_recipient(info, name_of)} has got {quoted}"
    return False, f"not delivered to {_recipient(info, name_of)}: {quoted}; {sentence(code)}"


def _recipient(info: MessageInfo, name_of: NameOf) -> str:
    to = info.recipient
    if to and to.user:
        return name_of(to.user[0].user_id or "")
    name = to.group[0].screen_name if to and to.group else None
    return name.s_name or "somebody" if name else "somebody"


def quote(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line if len(line) <= MAX_QUOTED else line[: MAX_QUOTED - 3] + "..."}"'


def describe_message(message: ReceivedMessage, name_of: NameOf) -> str:
    """Who says what."""
    name = name_of(message.sender)
    if message.group:
        name = f"{message.nick or 'the group'} in {group_name(message.sender)}" + (" to you alone" if message.private else "")
    if not message.data:
        return f"{name}: {message.text}"
    kind = "a picture" if message.type.startswith("image/") else "a file"
    return f"{name} sends {kind} ({message.type}, {max(len(message.data) // 1024, 1)} KB)"


def describe_presence(shown: ShownPresence) -> str:
    """Presence in words that follow a name: is away: back at six."""
    if not shown.online:
        status = shown.attributes.online_status
        return "is offline" if status is not None and status.qualifier else "does not show you when they are online"
    state = AVAILABILITY_WORDS.get(shown.availability or "", "is online")
    return f"{state}: {shown.text}" if shown.text else state


def as_xml(document: bytes) -> str:
    """A document on one line, in the form that `onesoup wire encode` reads. Passwords and digests are hidden."""
    if not document:
        return "(empty)"
    try:
        root = codec.decode(document).root
    except WireError as error:
        return f"({len(document)} bytes that are no CSP: {error})"
    hide_secrets(root)
    return xmltext.write_element(root).replace("\n", "&#10;")


def list_name(address: str) -> str:
    return address.partition("/")[2].partition("@")[0] or address


def printable(text: str) -> str:
    """Text of others, with blanks for control characters, so that it cannot drive the terminal."""
    return "".join(char if char in "\n\t" or char.isprintable() else " " for char in text).replace("\n", "\n    ")
