"""The one door to the codec: the bytes of a body to a CSP message, and back.

Two ways lead through it, and both give the same: over the element tree, for every document, and the fast ways (fast_*), for what
phones commonly send. Nothing outside this package imports a fast way.
"""

from onesoup.csp.codec import fast_wbxml_reader, fast_wbxml_writer, fast_xml_reader
from onesoup.csp.codec.envelope import Message, document_from_message, message_from_document, salvage_ids
from onesoup.csp.codec.fast_polls import KnownPolls
from onesoup.csp.errors import CspError
from onesoup.wire import codec as wire_codec
from onesoup.wire.document import Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

_VERSIONS = ("1.1", "1.2", "1.3")


class UnreadableBody(Exception):
    """A body that holds no CSP message. Carries what an answer to it needs.

    `status` is the code for the phone. `session_id` and `transaction_id` are None where the body breaks off before them. Without
    a TransactionID no answer is possible, and `encoding` is None.
    """

    def __init__(self, cause: WireError | CspError, partial: Element | None, body: bytes) -> None:
        """`partial` is the root of what was read before the error."""
        super().__init__(str(cause))
        self.status: int = cause.code if isinstance(cause, CspError) else cause.status
        self.session_id, self.transaction_id = salvage_ids(partial)
        self.version: str = getattr(cause, "version", None) or _version_of_root(partial)
        self.encoding: Encoding | None = wire_codec.detect(body) if self.transaction_id is not None else None


def _version_of_root(root: Element | None) -> str:
    uri = (root.attrs or {}).get("xmlns", "") if root is not None else ""
    return next((version for version in _VERSIONS if uri.endswith(version)), "1.2")


class MessageReader:
    """Reads bodies, and remembers how the polls looked that it has read: most bodies are such a poll again."""

    def __init__(self) -> None:
        self._polls = KnownPolls()

    def known_poll(self, body: bytes) -> Message | None:
        """The poll in a body, if it looks like one that was read before."""
        return self._polls.match(body)

    def read(self, body: bytes, content_type: str | None = None) -> Message:
        """As `read_message`."""
        message = self._polls.match(body)
        if message is None:
            message = read_message(body, content_type)
            self._polls.learn(body, message)
        return message


def read_message(body: bytes, content_type: str | None = None) -> Message:
    """The message in a body. `content_type` is what HTTP says of it. UnreadableBody when there is none."""
    fast = fast_xml_reader if body.startswith(b"<") else fast_wbxml_reader
    return fast.decode(body) or _read_over_tree(body, content_type)


def _read_over_tree(body: bytes, content_type: str | None) -> Message:
    try:
        document = wire_codec.decode(body, content_type)
    except WireError as error:
        raise UnreadableBody(error, error.partial, body) from error
    try:
        return message_from_document(document)
    except CspError as error:
        raise UnreadableBody(error, document.root, body) from error


def write_message(message: Message) -> bytes:
    """The body of a message, in its own version and encoding."""
    return fast_wbxml_writer.encode(message) or wire_codec.encode(document_from_message(message))
