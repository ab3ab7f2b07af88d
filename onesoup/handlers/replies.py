"""The reply to one message: its bytes, and the CSP code of its first answer, by which requests are counted."""

from collections.abc import Sequence

from onesoup.csp import transactions
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Transaction
from onesoup.csp.codec.generated_elements import Primitive
from onesoup.csp.status import StatusCode

EMPTY_REPLY = b""
Reply = tuple[bytes, int]


def answer_code(answer: Primitive) -> int:
    """The code of an answer. One that carries no result is a success."""
    result = getattr(answer, "result", None)
    return (result.code if result is not None else None) or StatusCode.SUCCESSFUL


def encode_reply(message: Message, answers: Sequence[Transaction], poll: bool = False, cir: bool | None = None) -> bytes:
    """The bytes of a reply to `message`; see `transactions.reply` for the flags."""
    return write_message(transactions.reply_message(message, answers, poll=poll, cir=cir))
