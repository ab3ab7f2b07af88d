"""One account, several phones: each gets its own copy of a message. What was read on one of them does not come again."""

import pytest

from onesoup.csp import messages
from onesoup.handlers import system
from onesoup.store import records
from onesoup.store.announcements import Announcements
from onesoup.store.session.inbox import Inbox, RedeliveryPolicy
from tests.support.secrets import secret_text
from tests.xmpp.stream.harness import eventually

NUMBER = "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@stub.example' id='{0}'/>"


class Phones:
    """The phones of bob, by the names of their resources."""

    def __init__(self, lab, server):
        self.lab, self.server, self.holder = lab, server, lab.holder(server.stub)
        self.sids, self.peers, self.inbox = {}, {}, Inbox(lab.client, RedeliveryPolicy())

    def log_in(self, name, again=""):
        before = len(self.server.peers)
        self.sids[name] = self.lab.log_in(self.holder, "bob", sid=f"bob{name}{again}", resource=name)
        if len(self.server.peers) > before:
            self.peers[name] = self.server.peers[-1]

    def told(self, text, *names, id="1", more=""):
        """The server gives these phones a copy."""
        for name in names:
            before = self.texts(name).count(text)
            body = f"<message from='romeo@x.example/c' type='chat' id='{id}'><body>{text}</body>{more}</message>"
            self.peers[name].send(body)
            eventually(lambda name=name, before=before: self.texts(name).count(text) == before + 1)

    def texts(self, name):
        waiting = self.lab.feed.items.undelivered(self.sids[name])
        return [records.unpack_stored(waiting[id_]).body for id_ in sorted(waiting)]

    def reads(self, name, *texts):
        """The oldest messages, which are these."""
        for text in texts:
            item = self.inbox.take(self.sids[name])
            assert text.encode() in item.payload
            self.inbox.take(self.sids[name], answered=item.tid, message_id=item.id, only_answer=True)

    def ends(self, name, code=600):
        self.holder.sessions[self.sids[name]].end(code, polite=False)


@pytest.fixture
def phones(lab, server):
    return Phones(lab, server)


def test_a_message_that_was_read_on_another_phone_does_not_come_again(phones):
    """The first stays in a drawer until its session is over."""
    phones.log_in("drawer")
    phones.log_in("hand")
    phones.told(text := secret_text(), "drawer", "hand")
    phones.reads("hand", text)
    phones.ends("drawer")
    phones.log_in("drawer", "again")
    assert phones.texts("drawer") == []


def test_one_that_is_read_after_the_other_session_is_over_does_not_come_again_either(phones):
    phones.log_in("drawer")
    phones.log_in("hand")
    phones.told(text := secret_text(), "drawer", "hand")
    phones.ends("drawer")
    phones.reads("hand", text)
    phones.ends("hand")
    phones.log_in("third")
    assert phones.texts("third") == []


def test_a_phone_that_logs_in_anew_in_its_living_session_gets_what_nobody_has_read(phones):
    phones.log_in("drawer")
    phones.log_in("hand")
    phones.told(old := secret_text(), "drawer", "hand")
    phones.told(new := secret_text(), "drawer", "hand", id="2")
    phones.reads("hand", old)
    phones.log_in("drawer", "again")
    assert phones.texts("drawer") == [new]


def test_what_nobody_has_read_comes_once(phones):
    phones.log_in("one")
    phones.log_in("two")
    phones.told(text := secret_text(), "one", "two")
    phones.ends("one")
    phones.ends("two")
    phones.log_in("one", "again")
    assert phones.texts("one") == [text]


@pytest.mark.parametrize("more", ["", NUMBER], ids=["no archive", "archive"])
def test_the_second_of_two_equal_messages_is_not_the_first(phones, more):
    """A client that counts its messages from 1 after each start says the same word twice; the first was read, on both phones."""
    phones.log_in("one")
    phones.log_in("two")
    text = secret_text()
    phones.told(text, "one", "two", more=more.format("first"))
    phones.reads("one", text)
    phones.reads("two", text)
    for name in ("one", "two"):  # SEEN_STANZA_MS later, or with an archive at once
        phones.lab.client.delete(f"seen:{{{phones.sids[name]}}}")
    phones.told(text, "one", "two", more=more.format("second"))
    phones.ends("one")
    phones.ends("two")
    phones.log_in("one", "again")
    assert phones.texts("one") == [text]


def test_what_the_operator_says_to_all_is_read_once(phones):
    """Each session gets it under an id of its own."""
    phones.log_in("drawer")
    phones.log_in("hand")
    store = Announcements(phones.lab.client)
    for number, name in enumerate(("drawer", "hand")):
        session = phones.holder.sessions[phones.sids[name]].session
        assert system.queue_announcement(store, phones.sids[name], session, f"said{number}", "we go down at ten")
    phones.reads("hand", "we go down at ten")
    phones.ends("drawer")
    phones.log_in("drawer", "again")
    assert phones.texts("drawer") == []


def test_a_message_in_parts_is_read_when_its_last_part_is(phones):
    """The phone in the drawer takes less at once: there the message is in parts."""
    phones.log_in("drawer")
    phones.log_in("hand")
    phones.holder.sessions[phones.sids["drawer"]].texts.cut = lambda text, most: messages.split_text(text.body, 20)
    text = secret_text() + " and more words" * 3
    body = f"<message from='romeo@x.example/c' type='chat' id='1'><body>{text}</body></message>"
    for name in ("drawer", "hand"):
        phones.peers[name].send(body)
    eventually(lambda: len(phones.texts("drawer")) > 2 and phones.texts("hand"))
    phones.reads("drawer", phones.texts("drawer")[0])
    rest = phones.texts("drawer")
    phones.ends("hand", 604)
    phones.log_in("hand", "again")
    assert phones.texts("hand") == [text]
    phones.reads("hand", text)
    phones.ends("drawer")
    phones.log_in("drawer", "again")
    assert rest
    assert phones.texts("drawer") == []
