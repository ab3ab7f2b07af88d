"""A phone that takes only short addresses: contacts, senders and groups with long ones reach it, and it reaches them."""

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    GetPresenceRequest,
    ListManageRequest,
    MessageInfo,
    PollingRequest,
    Recipient,
    Sender,
    SendMessageRequest,
    User,
)
from onesoup.csp.lists import Item
from onesoup.wire.document import Encoding

FRIENDS = "wv:alice/friends@example.org"
BRIDGED = "\\2b15551234567\\40s.whatsapp.example@whatsapp.bridge.example.net"
LIMIT = 50


@pytest.fixture
def s60(new_phone):
    phone = new_phone(client_id="WV:IMPEC01$00001@NOK.S60", encoding=Encoding.WBXML)
    phone.log_in("wv:alice@example.org")
    return phone


def told_contact(phone):
    """The address of the one contact in the list."""
    answer = phone.ask(ListManageRequest(contact_list=FRIENDS, receive_list=True))
    (contact,) = answer.nick_list.nick_name
    return contact.user_id


def say(phone, to):
    sent = MessageInfo(
        content_type="text/plain",
        content_size=2,
        recipient=Recipient(user=[User(user_id=to)]),
        sender=Sender(user=User(user_id="wv:alice@example.org")),
    )
    return phone.ask(SendMessageRequest(delivery_report=False, message_info=sent, content_data="hi"))


def test_an_s60_gets_a_short_address_and_is_understood_by_it(s60, holder):
    holder.roster(s60.sid, Item(BRIDGED, "Bob", subscription="both"))
    address = told_contact(s60)
    assert len(address) <= LIMIT
    assert say(s60, address).result.code == 200
    (sent,) = holder.ops(s60, "message")
    assert sent["to"] == BRIDGED
    holder.shows(s60.sid, BRIDGED, online=True)
    shown = s60.ask(GetPresenceRequest(user=[User(user_id=address)]))
    assert shown.presence[0].user_id == address


def test_the_sender_of_a_message_is_the_contact_of_the_list(s60, holder):
    """And stays so in the next session, on another phone of the same kind too."""
    holder.roster(s60.sid, Item(BRIDGED, "Bob", subscription="both"))
    address = told_contact(s60)
    holder.says(s60.sid, BRIDGED, "hello")
    reply = s60.post(s60.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    assert reply.transactions[0].content.message_info.sender.user.user_id == address


def test_a_short_address_is_understood_after_the_next_log_in(s60, new_phone, holder):
    holder.says(s60.sid, BRIDGED, "hello")
    reply = s60.post(s60.message(Transaction(Mode.REQUEST, None, PollingRequest())))
    address = reply.transactions[0].content.message_info.sender.user.user_id
    assert len(address) <= LIMIT
    other = new_phone(client_id="WV:IMPEC01$00002@NOK.S60")
    other.log_in("wv:alice@example.org")
    assert say(other, address).result.code == 200
    assert holder.ops(other, "message")[-1]["to"] == BRIDGED


def test_a_phone_of_another_account_does_not_know_it(s60, new_phone, holder):
    holder.roster(s60.sid, Item(BRIDGED, "Bob", subscription="both"))
    address = told_contact(s60)
    other = new_phone(client_id="WV:IMPEC01$00003@NOK.S60")
    other.log_in("wv:mallory@example.org")
    say(other, address)
    assert BRIDGED not in [each["to"] for each in holder.ops(other, "message")]


def test_other_phones_get_the_whole_address(phone, holder):
    holder.roster(phone.sid, Item(BRIDGED, "Bob", subscription="both"))
    assert len(told_contact(phone)) > LIMIT
