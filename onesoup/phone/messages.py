"""Messages of a phone: text and pictures, sent and received."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from onesoup.csp.codec.generated_elements import (
    MessageInfo,
    NewMessage,
    Recipient,
    ScreenName,
    Sender,
    SendMessageRequest,
    SendMessageResponse,
    SystemMessageRequest,
    User,
)
from onesoup.phone.errors import PhoneError
from onesoup.phone.transactions import PhoneTransactions

# `sender` of a system message.
OPERATOR_SENDER = ""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message that came in. `time` is the DateTime of the message as it stood there. A picture or the like has `data`
    and its `type`, and no text."""

    id: str
    sender: str
    text: str
    time: str | None
    tid: str
    type: str = "text/plain"
    data: bytes = b""
    # In a group, `sender` is the GroupID and `nick` who wrote it; `private`: to this phone alone.
    group: bool = False
    nick: str = ""
    private: bool = False


class MessageRequests(PhoneTransactions):
    """Sends messages to people."""

    def send(self, to: str | Iterable[str], text: str, report: bool = False) -> str:
        """The server's MessageID. Refused when no recipient, or not every one, could be served."""
        return self._send_text(self._to_users(to), text, report)

    def _send_text(self, info: MessageInfo, text: str, report: bool = False) -> str:
        if self.profile.describes_content:
            info.content_type = "text/plain"
            info.content_size = len(text.encode("utf-16-le")) // 2
        return self._send(SendMessageRequest(delivery_report=report, message_info=info, content_data=text))

    def send_file(self, to: str | Iterable[str], kind: str, data: bytes, report: bool = False) -> str:
        """A picture or the like, as S60 sends it. Its MessageID."""
        info = self._to_users(to)
        info.content_type, info.content_encoding, info.content_size = kind, "BASE64", len(data)
        text = base64.b64encode(data).decode()
        return self._send(SendMessageRequest(delivery_report=report, message_info=info, content_data=text))

    def _to_users(self, to: str | Iterable[str]) -> MessageInfo:
        recipients = [to] if isinstance(to, str) else list(to)
        return self._to_recipient(Recipient(user=[User(user_id=each) for each in recipients]))

    def _to_recipient(self, recipient: Recipient) -> MessageInfo:
        info = MessageInfo(recipient=recipient)
        if self.profile.names_sender:
            info.sender = Sender(user=User(user_id=self.address))
        return info

    def _send(self, request: SendMessageRequest) -> str:
        answer = self.request(request)
        if not isinstance(answer, SendMessageResponse):
            raise self._unexpected_answer(answer, "SendMessage")
        self._require_success(answer, "SendMessage")
        if not answer.message_id:
            raise PhoneError("SendMessage-Response 200 without MessageID")
        return answer.message_id


def received_message(content: NewMessage, tid: str) -> ReceivedMessage:
    info = content.message_info or MessageInfo()
    sender = info.sender or Sender()
    text, kind, data, when = content.content_data or "", info.content_type or "text/plain", b"", info.date_time
    if not kind.startswith("text/plain") and (info.content_encoding or "").upper() == "BASE64":
        text, data = "", base64.b64decode(text)
    if sender.group is None:
        user = sender.user.user_id if sender.user else ""
        return ReceivedMessage(info.message_id or "", user or "", text, when, tid, kind, data)
    name = sender.group.screen_name or ScreenName()
    private = not (info.recipient and info.recipient.group)
    gid = name.group_id or sender.group.group_id or ""
    return ReceivedMessage(info.message_id or "", gid, text, when, tid, kind, data, True, name.s_name or "", private)


def system_messages(content: SystemMessageRequest, tid: str) -> list[ReceivedMessage]:
    """Messages of the operator."""
    messages = content.system_message_list.system_message if content.system_message_list else []
    return [
        ReceivedMessage(each.system_message_id or "", OPERATOR_SENDER, each.system_message_text or "", None, tid)
        for each in messages
    ]
