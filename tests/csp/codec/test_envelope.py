"""Messages around primitives: sessions, transactions, the flags where each version has them, and what is left of a wreck."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onesoup.csp.codec import envelope
from onesoup.csp.codec.envelope import Malformed, Message, Mode, SessionType, Transaction, Unknown
from onesoup.csp.codec.generated_elements import LoginRequest, PollingRequest, Result, Status
from onesoup.csp.errors import CspError
from onesoup.wire import codec
from onesoup.wire.document import Document, Encoding
from onesoup.wire.errors import WireError
from onesoup.wire.tree import Element

OK = Status(result=Result(code=200))


def xml(session: str, version: str = "1.2") -> Document:
    """A document with this inside Session."""
    namespace = {
        "1.1": "http://www.wireless-village.org/CSP1.1",
        "1.2": "http://www.openmobilealliance.org/DTD/WV-CSP1.2",
        "1.3": "http://www.openmobilealliance.org/DTD/IMPS-CSP1.3",
    }[version]
    return codec.decode(f'<WV-CSP-Message xmlns="{namespace}"><Session>{session}</Session></WV-CSP-Message>'.encode())


def transaction(content: str, descriptor: str = "<TransactionMode>Request</TransactionMode>") -> str:
    return (
        f"<Transaction><TransactionDescriptor>{descriptor}</TransactionDescriptor>"
        f"<TransactionContent>{content}</TransactionContent></Transaction>"
    )


INBAND = "<SessionDescriptor><SessionType>Inband</SessionType><SessionID>S1</SessionID></SessionDescriptor>"
POLL = transaction("<Polling-Request/>")


def sent(message: Message) -> Element:
    document = codec.decode(codec.encode(envelope.document_from_message(message)))
    session = document.root.find("Session")
    assert session is not None
    return session


def answer(version: str, **more) -> Message:
    return Message(version, Encoding.XML, [Transaction(Mode.RESPONSE, "7", OK)], "S1", SessionType.INBAND, **more)


# --- flags ---


def test_in_1_1_the_poll_flag_closes_the_transaction_descriptor():
    session = sent(answer("1.1", poll=True, cir=True))
    descriptor = session.find("Transaction").find("TransactionDescriptor")
    assert [each.name for each in descriptor.children] == ["TransactionMode", "TransactionID", "Poll"]
    assert [each.name for each in session.children] == ["SessionDescriptor", "Transaction"]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_later_the_poll_flag_follows_the_transactions(version):
    session = sent(answer(version, poll=True, cir=False))
    assert [each.name for each in session.children] == ["SessionDescriptor", "Transaction", "Poll", "CIR"]
    assert session.findtext("Poll") == "T"
    assert session.findtext("CIR") == "F"


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_without_anything_to_say_the_flags_are_left_out(version):
    names = {each.name for each in sent(answer(version)).children}
    assert names == {"SessionDescriptor", "Transaction"}


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_poll_flag_is_read_in_either_place(version):
    inside = transaction("<Status/>", "<TransactionMode>Request</TransactionMode><Poll>T</Poll>")
    assert envelope.message_from_document(xml(INBAND + inside, version)).poll is True
    assert envelope.message_from_document(xml(INBAND + POLL + "<Poll>T</Poll>", version)).poll is True
    assert envelope.message_from_document(xml(INBAND + POLL, version)).poll is None


def test_a_flag_that_is_no_truth_is_refused():
    with pytest.raises(CspError) as refused:
        envelope.message_from_document(xml(INBAND + POLL + "<Poll>perhaps</Poll>"))
    assert refused.value.code == 402


# --- ids ---


def test_a_missing_transaction_id_is_not_an_empty_one():
    """Android leaves it out of a poll, S60 sends it empty; each gets back what it sent."""
    empty = transaction("<Polling-Request/>", "<TransactionMode>Request</TransactionMode><TransactionID/>")
    message = envelope.message_from_document(xml(INBAND + POLL + empty))
    assert [each.id for each in message.transactions] == [None, ""]
    written = sent(Message("1.2", Encoding.XML, message.transactions, "S1", SessionType.INBAND))
    first, second = (each.find("TransactionDescriptor") for each in written.children if each.name == "Transaction")
    assert first.find("TransactionID") is None
    assert second.find("TransactionID") is not None


def test_ids_go_back_as_they_came():
    descriptor = "<TransactionMode>Request</TransactionMode><TransactionID>app#1@dev &amp; ü</TransactionID>"
    message = envelope.message_from_document(xml(INBAND + transaction("<GetList-Request/>", descriptor)))
    assert message.transactions[0].id == "app#1@dev & ü"
    assert message.session_id == "S1"


def test_ids_beyond_any_reason_are_refused():
    descriptor = f"<TransactionMode>Request</TransactionMode><TransactionID>{'x' * 101}</TransactionID>"
    with pytest.raises(CspError) as refused:
        envelope.message_from_document(xml(INBAND + transaction("<GetList-Request/>", descriptor)))
    assert refused.value.code == 400
    with pytest.raises(CspError) as refused:
        envelope.message_from_document(xml(INBAND.replace("S1", "S" * 101) + POLL))
    assert refused.value.code == 604


def test_a_session_id_makes_a_message_inband():
    """Whatever the type says; and Inband without an id stays without one, to be told 604."""
    assert envelope.message_from_document(xml(INBAND.replace("Inband", "Outband") + POLL)).session_type is SessionType.INBAND
    bare = "<SessionDescriptor><SessionType>Inband</SessionType></SessionDescriptor>"
    message = envelope.message_from_document(xml(bare + POLL))
    assert (message.session_type, message.session_id) == (SessionType.INBAND, None)


def test_without_a_descriptor_a_message_is_outside_any_session():
    assert envelope.message_from_document(xml(POLL)).session_type is SessionType.OUTBAND


# --- transactions ---


def test_several_transactions_are_read_in_order():
    modes = [
        transaction("<Status><Result><Code>200</Code></Result></Status>", "<TransactionMode>Response</TransactionMode>"),
        transaction("<Login-Request><UserID>wv:a</UserID></Login-Request>"),
        POLL,
    ]
    message = envelope.message_from_document(xml(INBAND + "".join(modes)))
    assert [each.mode for each in message.transactions] == [Mode.RESPONSE, Mode.REQUEST, Mode.REQUEST]
    assert [type(each.content) for each in message.transactions] == [Status, LoginRequest, PollingRequest]


def test_several_transactions_are_written():
    many = [Transaction(Mode.RESPONSE, str(number), OK) for number in range(3)]
    written = sent(Message("1.3", Encoding.WBXML, many, "S1", SessionType.INBAND, poll=True))
    assert [each.name for each in written.children] == ["SessionDescriptor", *["Transaction"] * 3, "Poll"]


def test_a_primitive_that_no_table_has_is_named():
    message = envelope.message_from_document(xml(INBAND + transaction("<Frobnicate-Request/>")))
    assert message.transactions[0].content == Unknown("Frobnicate-Request")


def test_a_malformed_primitive_spoils_only_its_own_transaction():
    bad = transaction("<KeepAlive-Request><TimeToLive>soon</TimeToLive></KeepAlive-Request>")
    message = envelope.message_from_document(xml(INBAND + bad + POLL))
    assert isinstance(message.transactions[0].content, Malformed)
    assert message.transactions[0].content.error.code == 402
    assert isinstance(message.transactions[1].content, PollingRequest)


def test_an_empty_transaction_is_malformed():
    message = envelope.message_from_document(xml(INBAND + transaction("")))
    assert message.transactions[0].content.error.code == 400


@pytest.mark.parametrize(
    "document",
    [
        xml(INBAND),
        xml(""),
        Document(Element("WV-CSP-Message"), "1.2", Encoding.XML),
        Document(Element("Something", "", [Element("Session")]), "1.2", Encoding.XML),
    ],
)
def test_a_document_without_anything_to_answer_is_refused(document):
    with pytest.raises(CspError) as refused:
        envelope.message_from_document(document)
    assert refused.value.code == 400


# --- wrecks ---


def test_the_ids_of_a_document_that_broke_off_are_found():
    whole = codec.encode(envelope.document_from_message(answer("1.2")))
    for end in range(len(whole) - 1, len(whole) - 60, -7):
        with pytest.raises(WireError) as broken:
            codec.decode(whole[:end])
        assert envelope.salvage_ids(broken.value.partial) == ("S1", "7")


def test_of_nothing_nothing_is_found():
    assert envelope.salvage_ids(None) == (None, None)
    assert envelope.salvage_ids(Element("TransactionID", "x" * 101)) == (None, None)


@given(st.binary(max_size=120))
def test_octets_become_a_message_or_an_error_with_a_code(octets):
    """Nothing else ever comes out of reading, whatever a phone sends."""
    try:
        document = codec.decode(octets)
    except WireError as error:
        envelope.salvage_ids(error.partial)
        return
    try:
        envelope.message_from_document(document)
    except CspError as error:
        assert 400 <= error.code <= 999  # noqa: PT017


TREES = st.recursive(
    st.builds(
        Element,
        st.sampled_from(["SessionID", "TransactionID", "TransactionMode", "Poll", "Code", "TimeToLive", "Value", "ReceiveList"]),
        st.sampled_from(["", "T", "x", "Response", "200", "\0", "-1"]),
    ),
    lambda inner: st.builds(
        lambda name, children: Element(name, "", children or ()),
        st.sampled_from(
            [
                "Session",
                "SessionDescriptor",
                "Transaction",
                "TransactionDescriptor",
                "TransactionContent",
                "Status",
                "Result",
                "KeepAlive-Request",
                "ListManage-Request",
            ]
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@given(st.lists(TREES, max_size=3))
def test_any_tree_is_a_message_or_refused(children):
    root = Element("WV-CSP-Message", "", [Element("Session", "", children or ())])
    try:
        message = envelope.message_from_document(Document(root, "1.2", Encoding.XML))
    except CspError:
        return
    assert message.transactions
