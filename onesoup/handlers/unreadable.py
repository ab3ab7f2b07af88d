"""The answer to a document that cannot be read."""

from onesoup.csp.codec.codec import UnreadableBody
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.transactions import status
from onesoup.handlers.session import SPOKEN_VERSIONS


def unreadable_answer(error: UnreadableBody) -> Message | None:
    """A Status under the document's own ids; None when its TransactionID cannot be read."""
    if error.transaction_id is None or error.encoding is None:
        return None
    return Message(
        version=error.version if error.version in SPOKEN_VERSIONS else SPOKEN_VERSIONS[-1],
        encoding=error.encoding,
        transactions=[Transaction(Mode.RESPONSE, error.transaction_id, status(error.status, str(error)))],
        session_id=error.session_id,
        session_type=SessionType.INBAND if error.session_id else SessionType.OUTBAND,
    )
