"""A capture that was sent in, as a conversation: read, redacted, written. Pure."""

from collections.abc import Iterable

from onesoup.captures.conversation_writer import NothingCaptured, WrittenConversation, write_conversation
from onesoup.captures.documents import CapturedBody
from onesoup.captures.errors import CaptureError
from onesoup.captures.exchanges import exchanges_of, of_one_user, redacted
from onesoup.captures.reading import read_capture
from onesoup.captures.redaction import Redactor

SENT_IN = "captured from a phone; names, numbers and texts are replaced"


def captured_conversation(data: bytes, name: str, client: str, key: bytes) -> WrittenConversation:
    """The conversation in a file of that name. `client` says which phone it is, "" for what the phone calls itself. CaptureError
    when there is none."""
    problems: list[str] = []
    return bodies_conversation(read_capture(data, name, problems.append), client, key, problems)


def bodies_conversation(bodies: Iterable[CapturedBody], client: str, key: bytes, problems: list[str]) -> WrittenConversation:
    """The same of bodies; `problems` becomes the first of the notes."""
    redactor = Redactor(key)
    safe = [redacted(each, redactor) for each in of_one_user(exchanges_of(bodies, problems), problems)]
    try:
        written = write_conversation(safe, client, SENT_IN)
    except NothingCaptured as error:
        raise CaptureError("; ".join([str(error), *problems])) from None
    written.notes[:0] = problems
    return written
