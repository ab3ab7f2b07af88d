"""Android sends a message again under a new TransactionID when it got no answer; its contact must see it once."""

from onesoup.csp.codec.codec import read_message, write_message
from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import KeepAliveRequest, MessageInfo, Recipient, SendMessageRequest, User
from onesoup.handlers.context import Peer
from tests.handlers.conftest import HOST

ROMEO, NURSE = "wv:romeo@example.net", "wv:nurse@example.net"


def send(phone, text="hello", to=ROMEO, lost=False):
    """Sends, and says that the answer was written to the connection unless it was lost. Returns the MessageID."""
    info = MessageInfo(recipient=Recipient(user=[User(user_id=to)]))
    request = SendMessageRequest(delivery_report=False, message_info=info, content_data=text)
    message = phone.message(Transaction(Mode.REQUEST, phone.next_id(), request))
    octets, written = write_message(message), []
    body = phone.exchange.run(read_message(octets), octets, Peer(HOST), written)
    for call in [] if lost else written:
        call()
    return read_message(body).transactions[0].content.message_id


def android(new_phone):
    phone = new_phone(client_id="JiMMY")
    phone.log_in()
    return phone


def test_a_repeat_whose_answer_was_lost_is_the_same_message(new_phone, holder):
    phone = android(new_phone)
    first = send(phone, lost=True)
    assert send(phone, lost=True) == first
    assert send(phone) == first
    assert [each["id"] for each in holder.ops(phone, "message")] == [first]


def test_the_same_words_after_an_answer_are_a_new_message(new_phone, holder):
    phone = android(new_phone)
    ids = [send(phone), send(phone)]
    assert [each["id"] for each in holder.ops(phone, "message")] == ids
    assert len(set(ids)) == 2


def test_other_words_or_another_recipient_are_a_new_message(new_phone, holder):
    phone = android(new_phone)
    ids = [send(phone, lost=True), send(phone, "bye", lost=True), send(phone, "bye", NURSE)]
    assert len(set(ids)) == 3
    assert len(holder.ops(phone, "message")) == 3


def test_whoever_went_on_to_something_else_had_the_answer(new_phone, holder):
    phone = android(new_phone)
    first = send(phone, lost=True)
    phone.ask(KeepAliveRequest())
    assert send(phone) != first


def test_other_phones_keep_their_transaction_id_and_may_say_it_twice(new_phone, holder):
    phone = new_phone()
    phone.log_in()
    assert send(phone, lost=True) != send(phone)
    assert len(holder.ops(phone, "message")) == 2
