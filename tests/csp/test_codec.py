"""The door to the codec: what it reads, what it writes, and what it says of a body that holds no message."""

import pytest

from onesoup.csp.codec.codec import MessageReader, UnreadableBody, read_message, write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import KeepAliveRequest, PollingRequest
from onesoup.csp.status import StatusCode
from onesoup.wire.document import Encoding

LATIN_1 = (
    '<WV-CSP-Message xmlns="http://www.openmobilealliance.org/DTD/WV-CSP1.2"><Session><SessionDescriptor><SessionType>Inband'
    "</SessionType><SessionID>é</SessionID></SessionDescriptor><Transaction><TransactionDescriptor><TransactionMode>Request"
    "</TransactionMode><TransactionID>7</TransactionID></TransactionDescriptor><TransactionContent><Polling-Request/>"
    "</TransactionContent></Transaction></Session></WV-CSP-Message>"
)


def message(encoding: Encoding, version: str = "1.2", content=None, tid: str = "7") -> Message:
    return Message(
        version, encoding, [Transaction(Mode.REQUEST, tid, content or KeepAliveRequest(60))], "sid1", SessionType.INBAND
    )


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("encoding", Encoding)
def test_what_is_written_is_read_again(encoding: Encoding, version: str):
    written = message(encoding, version)
    assert read_message(write_message(written)) == written
    assert MessageReader().read(write_message(written)) == written


@pytest.mark.parametrize("encoding", [Encoding.WBXML, Encoding.XML])
def test_a_reader_gives_each_poll_its_own_ids(encoding: Encoding):
    reader = MessageReader()
    for tid in ("1", "2", "abc"):
        poll = message(encoding, content=PollingRequest(), tid=tid)
        assert reader.read(write_message(poll)) == poll


def test_the_content_type_tells_the_character_set():
    body, content_type = LATIN_1.encode("latin-1"), "text/xml; charset=iso-8859-1"
    assert read_message(body, content_type).session_id == "é"
    assert MessageReader().read(body, content_type).session_id == "é"


@pytest.mark.parametrize("encoding", [Encoding.WBXML, Encoding.XML])
def test_a_body_that_breaks_off_says_what_an_answer_needs(encoding: Encoding):
    body = write_message(message(encoding, "1.3"))
    with pytest.raises(UnreadableBody) as caught:
        read_message(body[:-4])
    error = caught.value
    assert (error.status, error.version, error.encoding) == (StatusCode.BAD_REQUEST, "1.3", encoding)
    assert (error.session_id, error.transaction_id) == ("sid1", "7")
    assert "offset" in str(error)


def test_a_document_that_is_no_message_says_why():
    with pytest.raises(UnreadableBody, match="no WV-CSP-Message") as caught:
        read_message(b"<Other><TransactionID>7</TransactionID></Other>")
    error = caught.value
    assert (error.status, error.version, error.encoding) == (StatusCode.BAD_REQUEST, "1.2", Encoding.XML)
    assert (error.session_id, error.transaction_id) == (None, "7")


@pytest.mark.parametrize("body", [b"", b"hello", b"\x03\x11"])
def test_a_body_without_a_transaction_has_no_answer(body: bytes):
    with pytest.raises(UnreadableBody) as caught:
        read_message(body)
    assert (caught.value.transaction_id, caught.value.encoding) == (None, None)
