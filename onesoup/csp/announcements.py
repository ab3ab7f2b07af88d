"""What the operator tells phones: SystemMessage where the phone knows it (1.3), with a question where one is asked. Pure."""

import hashlib

from onesoup.csp.codec.generated_elements import (
    AnswerOption,
    AnswerOptions,
    SystemMessage,
    SystemMessageList,
    SystemMessageRequest,
)
from onesoup.csp.session import Session

ACCEPT, DECLINE = 1, 2
ANSWER_OPTIONS = {ACCEPT: "Accept", DECLINE: "Decline"}


def takes_system_messages(session: Session) -> bool:
    return session.version == "1.3" and not session.quirks.no_system_messages


def terms_id(text: str) -> str:
    """The name of these terms. Terms with other words are other terms."""
    return "t" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:19]


def system_message(message_id: str, text: str, asks: bool) -> SystemMessageRequest:
    options = [AnswerOption(number, word) for number, word in ANSWER_OPTIONS.items()] if asks else None
    message = SystemMessage(
        system_message_id=message_id,
        requires_response=asks,
        system_message_text=text,
        answer_options=AnswerOptions(options) if options else None,
    )
    return SystemMessageRequest(SystemMessageList([message]))
