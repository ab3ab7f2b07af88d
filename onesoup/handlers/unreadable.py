"""The answer to a document that cannot be read."""

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.errors import CspError
from onesoup.csp.transactions import status
from onesoup.handlers.session import SPOKEN_VERSIONS
from onesoup.wire import codec
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element


def unreadable_answer(body: bytes, error: WireError | CspError, partial: Element | None) -> Message | None:
    """A Status under the document's own ids; None when its TransactionID cannot be read."""
    sid, transaction_id = envelope.salvage_ids(partial)
    if transaction_id is None:
        return None
    told = error.code if isinstance(error, CspError) else error.status
    version = getattr(error, "version", None) or _version(partial)
    return Message(
        version=version if version in SPOKEN_VERSIONS else SPOKEN_VERSIONS[-1],
        encoding=codec.detect(body),
        transactions=[Transaction(Mode.RESPONSE, transaction_id, status(told, str(error)))],
        session_id=sid,
        session_type=SessionType.INBAND if sid else SessionType.OUTBAND,
    )


def _version(partial: Element | None) -> str:
    uri = (partial.attrs or {}).get("xmlns", "") if partial is not None else ""
    return next((version for version in SPOKEN_VERSIONS if uri.endswith(version)), "1.2")
