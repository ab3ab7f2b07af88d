"""What fits into a document of a phone: computed beforehand, and checked here against what the encoders really write."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onesoup.csp import fitting, messages
from onesoup.csp.codec.codec import write_message
from onesoup.csp.codec.envelope import Message, Mode, SessionType, Transaction, document_from_message
from onesoup.csp.codec.generated_elements import (
    ContactListProperties,
    GetWatcherListResponse,
    JoinGroupResponse,
    ListManageResponse,
    NickList,
    NickName,
    Property,
    Result,
    User,
    WelcomeNote,
)
from onesoup.csp.session import Capabilities, Session
from onesoup.wire import codec
from onesoup.wire.document import ANY_TREE, Encoding

WAYS = [(version, encoding) for version in ("1.1", "1.2", "1.3") for encoding in ANY_TREE]
# What costs more in one encoding than in another: escapes, more octets for a character, what cannot be written at all.
TEXT = st.text(st.sampled_from('a &<>"\r\n\té\u20ac\U0001f600\x01'), max_size=60)


def written(content, version, encoding):
    transaction = Transaction(Mode.REQUEST, "s12345678-1234", content)
    return write_message(Message(version, encoding, [transaction], "2z" + "x" * 24, SessionType.INBAND, poll=True))


def of(version, encoding, own="wv:alice@example.org"):
    return Session("alice@example.org", own, version, "r", encoding=encoding.value)


@pytest.mark.parametrize(("version", "encoding"), WAYS)
@given(text=TEXT, repeats=st.integers(1, 200), parser=st.integers(1400, 4000), nick=TEXT)
@settings(max_examples=40, deadline=None)
def test_each_part_of_a_text_fits_with_all_that_stands_around_it(version, encoding, text, repeats, parser, nick):
    session, body = of(version, encoding), (text or "&") * repeats
    whole = messages.Text("0" * 18, "room@muc.example.org", body, 1, group="wv:/room@muc.example.org", nick=nick)
    parts = fitting.text_parts(whole, session, Capabilities(parser=parser, accepted=3000))
    for part in parts:
        message = messages.new_message(messages.replace(whole, body=part), session, None)
        assert len(written(message, version, encoding)) <= parser
        assert len(part.encode()) <= 3000
    assert "".join("".join(parts).split()) == "".join(body.split())


@pytest.mark.parametrize(("version", "encoding"), WAYS)
@pytest.mark.parametrize(("char", "count"), [("&", 30_000), ("a", 100_000), ("\U0001f600", 20_000), ("\r", 0)])
def test_parts_are_as_long_as_the_parser_allows(version, encoding, char, count):
    session = of(version, encoding)
    whole = messages.Text("0" * 18, "romeo@example.net", (char or " ") * count, 1)
    parts = fitting.text_parts(whole, session, Capabilities(parser=32_767))
    sizes = [
        len(written(messages.new_message(messages.replace(whole, body=each), session, None), version, encoding)) for each in parts
    ]
    assert max(sizes) <= 32_767
    assert all(size > 32_000 for size in sizes[:-1])
    assert "".join(parts) == whole.body


@pytest.mark.parametrize(("version", "encoding"), WAYS)
@given(entries=st.lists(st.tuples(TEXT, TEXT), max_size=30), name=TEXT)
@settings(max_examples=40, deadline=None)
def test_a_contact_list_is_never_longer_than_it_was_reckoned(version, encoding, entries, name):
    properties = ContactListProperties([Property(name="DisplayName", value=name), Property(name="Default", value="F")])
    members = fitting.Members(version, encoding, properties)
    listed = NickList(nick_name=[NickName(name=nick, user_id=user) for nick, user in entries])
    octets = written(ListManageResponse(Result(code=200), listed, properties), version, encoding)
    reckoned = members.frame + sum(members.octets(nick, user) for nick, user in entries)
    assert len(octets) <= reckoned
    assert reckoned - len(octets) <= 400 + 20 * len(entries)


# --- answers that are too long ---


def shortened(content, room, version="1.2", encoding=Encoding.XML):
    message = Message(version, encoding, [Transaction(Mode.RESPONSE, "7", content)], "sid", SessionType.INBAND)
    octets = fitting.shortened_document(document_from_message(message), room)
    if octets is None:
        return None
    assert len(octets) <= room
    return codec.decode(octets).root.find("Session").find("Transaction").find("TransactionContent").children[0]


@pytest.mark.parametrize("encoding", ANY_TREE)
def test_long_texts_are_cut_first(encoding):
    note = WelcomeNote(content_type="text/plain", content_data="&" * 5000)
    users = [User(user_id=f"wv:user{number}@example.org") for number in range(3)]
    content = shortened(JoinGroupResponse(welcome_note=note), 2000, encoding=encoding)
    text = content.find("WelcomeNote").findtext("ContentData")
    assert text.endswith("…")
    assert len(text) > 200
    assert len(users) == 3


@pytest.mark.parametrize("encoding", ANY_TREE)
def test_then_lists_lose_their_ends(encoding):
    users = [User(user_id=f"wv:user{number}@example.org") for number in range(1000)]
    content = shortened(GetWatcherListResponse(user=users), 4000, "1.1", encoding)
    names = [each.findtext("UserID") for each in content.children]
    assert names == [each.user_id for each in users[: len(names)]]
    assert 30 < len(names) < 200


def test_what_cannot_be_cut_is_said_to_be_too_long():
    assert shortened(GetWatcherListResponse(user=[User(user_id="wv:" + "u" * 3000)]), 2000) is None
