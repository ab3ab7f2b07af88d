"""Stanzas of one read -> changes of a session: what strangers may not do, what is bounded, and that nothing breaks it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xmpp.simplexml import Node, NodeBuilder

from onesoup.csp import copies
from onesoup.csp.lists import Item
from onesoup.store import records
from onesoup.store.bounds import MOST_ROSTER
from onesoup.store.errors import StoreDown
from onesoup.store.session.contacts import ContactRecord
from onesoup.store.session.stream_changes import ALWAYS, LIVE, UNSURE, kept_since
from onesoup.xmpp import bounces, commands, contacts, messages
from onesoup.xmpp.stream import stanzas
from onesoup.xmpp.stream.events import TooBig
from onesoup.xmpp.stream.parser import Parser
from workers.holder.session import inbound_batch
from workers.holder.session.inbound import InboundStanzas
from workers.holder.session.inbound_batch import SentMessage
from workers.holder.session.inbound_presence import offline_changes
from workers.holder.session.phone_texts import PhoneTexts
from workers.holder.session.roster_reader import MAX_ROSTER_BYTES, RosterReader

OWN, ROMEO = "alice@example.org", "romeo@example.net"
ROSTER, STANZAS = "jabber:iq:roster", "urn:ietf:params:xml:ns:xmpp-stanzas"


def node(xml):
    return NodeBuilder(xml).getDom()


class Directory:
    """What is known of contacts: nothing, unless a test says so."""

    def __init__(self):
        self.known, self.items, self.grants, self.asked, self.sent = {}, {}, set(), [], {}
        self.refused, self.by_name, self.pushed = set(), set(), []
        self.lists, self.wants_lists = [], False
        self.words, self.pending = "", set()

    def kept(self, jids):
        return {jid: self.known.get(jid, ContactRecord()) for jid in jids}

    def item(self, jid):
        return self.items.get(jid)

    def written(self, stanza_id):
        return SentMessage(self.sent[stanza_id], self.words) if stanza_id in self.sent else None

    def wrote_to(self, jid):
        return jid in self.sent.values()

    def waits(self, jid):
        return jid in self.pending

    def granted(self, jid):
        return jid in self.grants

    def refuses(self, jid):
        return jid in self.refused

    def blocks(self, jid):
        return jid in self.by_name

    def blocked(self, kind, jids):
        self.pushed.append((kind, jids))

    def lists_changed(self, items):
        self.lists.append(items)
        return ["friends"] if self.wants_lists else []

    def asks(self, jid, note):
        self.asked.append((jid, note))
        self.pending.add(jid)


class NoRooms:
    """A session that is in no room."""

    def find(self, jid):
        return None

    def take_stanzas(self, nodes, batch):
        return nodes

    def deliver_placeholder(self, sender, batch):
        pass

    def subscription_answered(self, jid, accepted, batch):
        pass


def inbound_of(directory, texts=None, own=OWN, **more):
    return InboundStanzas(own, directory, texts or PhoneTexts(100), NoRooms(), **more)


@pytest.fixture
def directory():
    return Directory()


@pytest.fixture
def phone_texts():
    """What the phone takes."""
    return PhoneTexts(100)


@pytest.fixture
def intake(directory, phone_texts):
    return inbound_of(directory, phone_texts)


def read(intake, *xml, again=False):
    return intake.read_stanzas(
        [
            node(
                each.replace("<presence", "<presence xmlns='jabber:client'", 1)
                .replace("<message", "<message xmlns='jabber:client'", 1)
                .replace("<iq", "<iq xmlns='jabber:client'", 1)
            )
            for each in xml
        ],
        again,
    )


def shown(done, jid=ROMEO):
    return records.unpack_shown(done.changes.presence[jid])


def texts(done):
    return [records.unpack_text(each.payload) for each in done.changes.items if not each.id.startswith("e-")]


# --- presence ---


def test_of_each_contact_the_last_state_is_stored(intake):
    done = read(
        intake,
        f"<presence from='{ROMEO}/a'/>",
        f"<presence from='{ROMEO}/a'><show>dnd</show></presence>",
        "<presence from='nurse@example.net/x' type='unavailable'/>",
    )
    assert shown(done).availability == "DISCREET"
    assert not shown(done, "nurse@example.net").online
    assert done.seen == {ROMEO, "nurse@example.net"}
    assert done.changes.resources["nurse@example.net"] == b""


def test_what_was_known_before_counts(intake, directory):
    before = read(intake, f"<presence from='{ROMEO}/desk'><priority>5</priority><status>desk</status></presence>")
    directory.known[ROMEO] = ContactRecord(before.changes.resources[ROMEO])
    done = read(intake, f"<presence from='{ROMEO}/phone'><show>away</show></presence>")
    assert shown(done).text == "desk"


def test_own_presence_and_presence_of_nobody_is_ignored(intake):
    done = read(intake, f"<presence from='{OWN}/other'/>", "<presence/>", f"<presence from='{ROMEO}' type='probe'/>")
    assert not done.changes


# --- who asks for our presence ---


def test_somebody_who_asks_is_put_to_the_user(intake, directory):
    done = read(intake, f"<presence from='{ROMEO}' type='subscribe'><status>it is me</status></presence>")
    assert directory.asked == [(ROMEO, "it is me")]
    assert [each.body for each in texts(done)] == ["it is me"]
    assert done.changes.items[-1].id.startswith("e-")
    assert done.answers == []


def test_somebody_who_was_let_in_before_is_answered_at_once(intake, directory):
    directory.grants = {ROMEO}
    (answer,) = read(intake, f"<presence from='{ROMEO}' type='subscribe'/>").answers
    assert (answer.getAttr("type"), answer.getAttr("to")) == ("subscribed", ROMEO)
    assert directory.asked == []


def test_a_transport_is_let_in_when_the_roster_has_it(intake, directory):
    """Else the user is asked, as about anybody."""
    assert read(intake, "<presence from='irc.example.net' type='subscribe'/>").answers == []
    assert [jid for jid, *_ in directory.asked] == ["irc.example.net"]
    directory.items["irc.example.net"] = Item("irc.example.net")
    assert len(read(intake, "<presence from='irc.example.net' type='subscribe'/>").answers) == 1


# --- the roster ---


def push(sender, items):
    by = f" from='{sender}'" if sender else ""
    return f"<iq type='set' id='p1'{by}><query xmlns='{ROSTER}'>{items}</query></iq>"


@pytest.mark.parametrize("sender", [None, OWN, f"{OWN}/phone", "example.org"])
def test_a_push_of_our_own_server_is_taken_and_answered(intake, sender):
    done = read(intake, push(sender, f"<item jid='{ROMEO}' name='R' subscription='both'/>"))
    assert records.unpack_item(ROMEO, done.changes.roster[ROMEO]) == Item(ROMEO, "R", (), "both")
    assert done.answers[0].getAttr("type") == "result"
    assert done.answers[0].getAttr("id") == "p1"


@pytest.mark.parametrize("sender", ["mallory@example.net", "example.net", "mallory@example.org", f"x@example.net/{OWN}"])
def test_a_push_of_anybody_else_changes_nothing(intake, sender):
    done = read(intake, push(sender, f"<item jid='{ROMEO}' subscription='both'/>"))
    assert not done.changes
    assert done.answers[0].getAttr("type") == "error"


def test_a_contact_that_goes_is_offline_from_now_on(intake):
    done = read(intake, push(None, f"<item jid='{ROMEO}' subscription='remove'/>"))
    assert done.changes.unroster == [ROMEO]
    assert not shown(done).online


def test_of_several_pushes_the_last_counts(intake):
    gone, back = (push(None, f"<item jid='{ROMEO}' subscription='{each}'/>") for each in ("remove", "none"))
    done = read(intake, gone, back)
    assert list(done.changes.roster) == [ROMEO]
    assert done.changes.unroster == []
    done = read(intake, back, gone)
    assert done.changes.roster == {}
    assert done.changes.unroster == [ROMEO]


def entry(number, **more):
    return Node("item", {"jid": f"c{number}@x", **more})


def test_a_roster_without_end_has_one():
    roster = RosterReader()
    for number in range(MOST_ROSTER + 500):
        roster.add(entry(number))
    assert (len(roster.items), roster.left_out) == (MOST_ROSTER, 500)
    assert "500 contacts" in records.unpack_event(roster.left_out_notice("alice@x").payload)["body"]


def test_entries_of_any_length_have_an_end_too():
    roster = RosterReader()
    for number in range(100):
        roster.add(entry(number, name="n" * 200_000))
    assert sum(map(len, roster.items.values())) <= MAX_ROSTER_BYTES
    assert len(roster.items) + roster.left_out == 100


def test_an_odd_entry_of_a_roster_costs_no_other():
    roster = RosterReader()
    for odd in (Node("item"), Node("note"), entry(1, subscription="remove"), entry(2)):
        roster.add(odd)
    assert list(roster.items) == ["c2@x"]


def test_an_entry_that_was_too_large_to_read_is_told_of_as_left_out():
    parser, roster = Parser(limit=300), RosterReader()
    parser.feed(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
    parser.take_apart(lambda _: True, roster.add)
    big = b"<item jid='b@x' name='" + b"n" * 500 + b"'/>"
    parser.feed(b"<iq type='result'><query xmlns='jabber:iq:roster'><item jid='a@x'/>" + big + b"<item jid='c@x'/></query></iq>")
    assert (list(roster.items), roster.left_out) == (["a@x", "c@x"], 1)


def test_contacts_that_did_not_come_back_are_offline():
    changes = offline_changes([ROMEO])
    assert changes.resources == {ROMEO: b""}
    assert not records.unpack_shown(changes.presence[ROMEO]).online


def test_a_push_is_told_by_the_lists_that_it_changes(intake, directory):
    """Whose lists those are, and whether the phone wants to know, is not the intake's business."""
    assert read(intake, push(None, f"<item jid='{ROMEO}' name='R'/>")).changes.items == []
    directory.wants_lists = True
    (told,) = read(intake, push(None, f"<item jid='{ROMEO}' name='R2'/><item jid='x@y' subscription='remove'/>")).changes.items
    assert told.id.startswith("e-")
    assert records.unpack_event(told.payload)["tokens"] == ["friends"]
    assert directory.lists[-1] == {ROMEO: Item(ROMEO, "R2"), "x@y": None}
    assert read(intake, push("mallory@example.net", f"<item jid='{ROMEO}'/>")).changes.items == []


# --- messages ---


def test_what_the_own_server_says_is_an_announcement(directory):
    intake = inbound_of(directory, PhoneTexts(100, server="example.org"))
    (told,) = read(intake, "<message from='example.org'><body>maintenance at noon</body></message>").changes.items
    assert records.unpack_event(told.payload)["k"] == "announce"
    assert records.unpack_text(told.payload).sender == "example.org"


def test_what_a_transport_says_is_a_message_that_can_be_answered(directory):
    intake = inbound_of(directory, PhoneTexts(100, server="example.org"))
    (told,) = read(intake, "<message from='irc.example.net/gateway'><body>Your name?</body></message>").changes.items
    assert records.unpack_event(told.payload)["k"] == "text"
    assert records.unpack_text(told.payload).sender == "irc.example.net"


def test_a_long_message_comes_in_parts_with_one_receipt(intake, directory):
    directory.items[ROMEO] = Item(ROMEO, subscription="both")
    request = "<request xmlns='urn:xmpp:receipts'/>"
    done = read(intake, f"<message from='{ROMEO}/x' id='m1' type='chat'><body>{'word ' * 60}</body>{request}</message>")
    parts = done.changes.items
    assert len(parts) == 3
    assert all(len(each.body.encode()) <= 100 for each in texts(done))
    assert [bool(each.receipt) for each in parts] == [False] * (len(parts) - 1) + [True]
    assert len({each.id for each in parts}) == len({each.seen for each in parts}) == len(parts)


ASKS = "<request xmlns='urn:xmpp:receipts'/>"


@pytest.mark.parametrize("subscription", ["none", "to", "from", "both", None])
@pytest.mark.parametrize("wrote", [False, True])
def test_a_receipt_tells_nobody_that_the_phone_is_there_who_may_not_see_it(intake, directory, subscription, wrote):
    """Only who sees our presence, or whom we wrote to, learns when the phone has a message (XEP-0184 section 8)."""
    if subscription is not None:
        directory.items[ROMEO] = Item(ROMEO, subscription=subscription)
    if wrote:
        directory.sent["m1"] = ROMEO
    (item,) = read(intake, f"<message from='{ROMEO}/x' id='m1'><body>hi</body>{ASKS}</message>").changes.items
    assert bool(item.receipt) == (wrote or subscription in ("from", "both"))


# --- links to pictures ---

PICTURE = "https://example.net/a/view.png"


def shared(url, body=None):
    oob = f"<x xmlns='jabber:x:oob'><url>{url}</url></x>"
    return f"<message from='{ROMEO}/x' id='m1' type='chat'><body>{body or url}</body>{oob}</message>"


@pytest.fixture
def friend(intake, directory):
    """Romeo sees the user's presence."""
    directory.items[ROMEO] = Item(ROMEO, subscription="both")
    return intake


def jobs(done):
    return [commands.unpack(each.job) for each in done.changes.items if each.job]


def test_a_link_to_a_picture_waits_for_the_picture_and_is_stored_as_the_link(friend, phone_texts):
    phone_texts.set_limits(1000, True)
    done = read(friend, shared(PICTURE))
    (item,), (job,) = done.changes.items, jobs(done)
    assert isinstance(job, commands.FetchPicture)
    assert (job.item, job.url) == (item.id, PICTURE)
    assert [each.body for each in texts(done)] == [PICTURE]


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize(
    ("stanza", "wanted"),
    [
        (shared(PICTURE), True),
        (shared("https://example.net/f/12345"), True),  # a file of any name may be one
        (shared("https://example.net/song.mp3"), False),
        (shared("https://example.net/paper.pdf"), False),
        (shared("aesgcm://example.net/view.jpg#00ff"), False),
        (shared("file:///etc/view.png"), False),
        (shared(PICTURE + "?" + "x" * 2000), False),
        (f"<message from='{ROMEO}'><body>HTTPS://example.net/View.JPG?size=1</body></message>", True),
        (f"<message from='{ROMEO}'><body>https://example.net/page</body></message>", False),
        (f"<message from='{ROMEO}'><body>see {PICTURE}</body></message>", False),
        (f"<message from='{ROMEO}'><body>see it</body></message>", False),
    ],
)
def test_only_what_may_be_a_picture_waits_and_only_for_a_phone_that_takes_pictures(friend, takes, stanza, wanted, phone_texts):
    phone_texts.set_limits(1000, takes)
    assert bool(jobs(read(friend, stanza))) == (wanted and takes)


def test_a_phone_that_takes_less_than_the_link_gets_it_in_parts(friend, phone_texts):
    phone_texts.set_limits(20, True)
    done = read(friend, shared(PICTURE))
    assert not jobs(done)
    assert len(done.changes.items) == 2


def test_words_beside_the_link_do_not_wait(friend, phone_texts):
    phone_texts.set_limits(1000, True)
    done = read(friend, shared(PICTURE, f"look: {PICTURE}").replace("</body>", f"</body>{ASKS}"))
    words, link = done.changes.items
    assert ([each.body for each in texts(done)]) == ["look:", PICTURE]
    assert (bool(words.job), bool(words.receipt), bool(link.job), bool(link.receipt)) == (False, False, True, True)
    assert words.seen != link.seen


def test_a_link_of_somebody_who_may_not_see_that_the_phone_is_there_is_not_fetched(intake, directory, phone_texts):
    phone_texts.set_limits(1000, True)
    directory.items[ROMEO] = Item(ROMEO, subscription="to")
    done = read(intake, shared(PICTURE))
    assert not jobs(done)
    assert [each.body for each in texts(done)] == [PICTURE]


def test_a_message_that_never_left_is_told_and_reported(intake):
    changes = intake.report_failure(ROMEO, "m7", 415, "the server takes no pictures")
    report, told = changes.items
    assert (report.needs, records.unpack_event(report.payload)["code"]) == ("m7", 415)
    assert records.unpack_text(told.payload).body == "not delivered: the server takes no pictures"


def test_a_message_that_nobody_confirmed_in_time_is_reported_as_expired(intake):
    (report,) = intake.report_expired([("m7", ROMEO)]).items
    assert (report.needs, report.jid, records.unpack_event(report.payload)["code"]) == ("m7", ROMEO, 542)


def test_what_the_phone_accepts_may_change(intake, phone_texts):
    phone_texts.set_limits(1000)
    assert len(read(intake, f"<message from='{ROMEO}'><body>{'word ' * 60}</body></message>").changes.items) == 1


def test_a_bounce_is_told_where_nobody_asked_for_a_report(intake, directory):
    directory.sent["m7"] = ROMEO
    error = f"<error type='cancel'><service-unavailable xmlns='{STANZAS}'/></error>"
    done = read(intake, f"<message from='{ROMEO}' type='error' id='m7'><body>my words</body>{error}</message>")
    (told,) = texts(done)
    assert told.body.startswith("not delivered")
    assert "my words" in told.body
    report = next(each for each in done.changes.items if each.needs)
    assert report.needs == "m7"
    assert records.unpack_event(report.payload)["code"] == 410


def bounced(condition, id="m7", sender=ROMEO, words="my words"):
    error = f"<error type='cancel'><{condition} xmlns='{STANZAS}'/></error>"
    return f"<message from='{sender}' type='error' id='{id}'><body>{words}</body>{error}</message>"


def test_a_bounce_of_what_was_never_sent_is_not_told(intake, directory):
    directory.sent["m7"] = "nurse@example.net"
    assert texts(read(intake, bounced("service-unavailable"))) == []
    assert texts(read(intake, bounced("service-unavailable", id="x"))) == []


CONDITIONS = [*bounces.BOUNCE_REASONS, "undefined-condition", "unexpected-request", "of-tomorrow"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_bounce_is_told_with_the_first_words(intake, directory, condition):
    directory.sent["m7"], directory.words = ROMEO, "what I wrote"
    (told,) = texts(read(intake, bounced(condition, words="what he says that I wrote")))
    assert told.sender == ROMEO
    assert told.body.startswith("not delivered: ")
    assert told.body.endswith(': "what I wrote"')


def test_a_bounce_of_our_own_server_names_the_recipient(intake, directory):
    directory.sent["m7"] = ROMEO
    for sender in ("example.org", OWN):
        (told,) = texts(read(intake, bounced("policy-violation", sender=sender)))
        assert told.sender == ROMEO


def test_what_was_sent_long_ago_or_by_another_holder_bounces_too(intake, directory):
    """Nobody knows it any more but by the form of its id and what has come back."""
    sent = "a2b3c4d5e6f7abcd.1"
    (told,) = texts(read(intake, bounced("item-not-found", id=sent)))
    assert told.body == 'not delivered: no such user: "my words"'
    directory.refused = {ROMEO}
    assert texts(read(intake, bounced("item-not-found", id=sent))) == []
    directory.refused, intake.full = set(), True
    assert texts(read(intake, bounced("item-not-found", id=sent))) == []


def test_a_bot_that_says_it_waited_too_long_is_not_unreachable(intake, directory):
    """The transport itself has answered, so its contacts stay as they are."""
    for sender, unreachable in (("whatsapp.example.org", set()), (ROMEO, {"example.net"})):
        directory.sent["m7"] = sender
        done = read(intake, bounced("remote-server-timeout", sender=sender))
        assert done.unreachable == unreachable
        assert len(texts(done)) == 1


# --- what comes again, and what only looks like it ---

OFFLINE_SINCE = "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='2023-11-14T22:13:20Z'/>"


def names(done):
    return [(each.seen, each.said) for each in done.changes.items]


def test_each_text_tells_where_it_may_have_come_before(intake):
    text = f"<message from='{ROMEO}/x' id='1'><body>hi</body>{{}}</message>"
    ((live, said),) = names(read(intake, text.format("")))
    assert said == LIVE
    assert names(read(intake, text.format(OFFLINE_SINCE))) == [(live, kept_since(1_700_000_000))]
    inner = text.format("").replace("<message", "<message xmlns='jabber:client'")
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{inner}</forwarded>"
    carbon = f"<message from='{OWN}'><received xmlns='urn:xmpp:carbons:2'>{forwarded}</received></message>"
    assert names(read(intake, carbon)) == [(live, UNSURE)]
    assert names(read(intake, text.format(""), again=True)) == [(live, UNSURE)]
    ((other, _),) = names(read(intake, text.format("").replace("hi", "ho")))
    assert other != live


def test_whoever_asks_again_after_an_answer_is_put_to_the_user_again(intake, directory):
    ask = f"<presence from='{ROMEO}' type='subscribe'><status>it is me</status></presence>"
    assert {said for _, said in names(read(intake, ask))} == {LIVE}
    assert {said for _, said in names(read(intake, ask))} == {ALWAYS}
    (note, _), _ = names(read(intake, ask.replace("me", "him")))
    assert note != names(read(intake, ask))[0][0]
    directory.pending.clear()
    assert {said for _, said in names(read(intake, ask))} == {LIVE}


def test_a_copy_has_one_name_for_phones_of_any_language(directory):
    """What one of them has read is no news on the other."""
    bodies = "<body>hello</body><body xml:lang='de'>hallo</body>"
    found = {}
    for language in ("en", "de"):
        phone = inbound_of(directory, PhoneTexts(100, language))
        phone.profile = stanzas.PhoneProfile(language=language)
        (item,) = read(phone, f"<message from='{ROMEO}/x' id='1'>{bodies}</message>").changes.items
        found[records.unpack_event(item.payload)["body"]] = item.copy
    assert set(found) == {"hello", "hallo"}
    one, other = found.values()
    assert copies.no_news([one], [other]) == {one}


def test_nobody_dates_a_message_into_the_future(intake):
    stamp = "<delay xmlns='urn:xmpp:delay' from='example.net' stamp='2999-01-01T00:00:00Z'/>"
    (text,) = texts(read(intake, f"<message from='{ROMEO}/x'><body>hi</body>{stamp}</message>"))
    assert text.time <= time.time()


# --- what cannot be read ---


@pytest.mark.parametrize(
    "url", ["http://[test", "http://[", "https://]/a.png", "http://[::1", "http://\uff03/x.png", "http://a:b/c.png"]
)
def test_a_malformed_link_is_text(friend, url, phone_texts):
    phone_texts.set_limits(1000, True)
    done = read(
        friend, *(f"<message from='{ROMEO}/x'><body>{each}</body></message>" for each in (url, f"look: {url}")), shared(url)
    )
    assert [each.body for each in texts(done)] == [url, f"look: {url}", url]


@pytest.mark.parametrize(
    "broken",
    [
        (messages, "delay_stamps"),
        (messages, "name_of"),
        (messages, "_picture"),
        (messages, "body_of"),
        (commands, "SendReceipt"),
    ],
)
def test_whatever_else_fails_the_text_is_delivered_between_its_neighbours(friend, monkeypatch, capsys, broken):
    module, name = broken
    good = getattr(module, name)

    def fails(stanza, *args, **more):
        if "poison" in str(stanza):
            raise KeyError("poison")
        return good(stanza, *args, **more)

    monkeypatch.setattr(module, name, fails)
    said = "<message from='{0}/{1}' id='1'><body>{1}</body>{2}</message>"
    done = read(friend, *(said.format(ROMEO, text, ASKS) for text in ("before", "poison", "behind")))
    assert [each.body for each in texts(done)] == ["before", "poison", "behind"]
    logged = capsys.readouterr().out
    assert logged.count("stanza-failed") == 1
    assert "'poison'" not in logged


def test_a_mistake_about_one_contact_or_request_costs_no_other(intake, monkeypatch):
    good = contacts.with_presence

    def fails(resources, name, *more):
        return good(resources, name, *more) if name != "poison" else 1 / 0

    monkeypatch.setattr(contacts, "with_presence", fails)
    monkeypatch.setattr(stanzas, "iq_answer", lambda *_: 1 / 0)
    done = read(
        intake,
        f"<presence from='{ROMEO}/x'/>",
        "<presence from='nurse@example.net/poison'/>",
        "<presence from='tybalt@example.net/x'/>",
        "<iq type='get' id='q1' from='a@b/c'><x xmlns='urn:x'/></iq>",
    )
    assert set(done.changes.presence) == {ROMEO, "tybalt@example.net"}
    (answer,) = done.answers
    assert (answer.getAttr("type"), stanzas.error_condition(answer)) == ("error", "internal-server-error")


def test_a_store_that_is_away_is_no_mistake_of_a_stanza(intake, directory, monkeypatch):
    """What cannot be looked up now is not acknowledged, and comes again."""

    def away(_jid):
        raise StoreDown("away")

    directory.refuses = away
    with pytest.raises(StoreDown):
        read(intake, f"<message from='{ROMEO}/x'><body>hi</body></message>")


# --- what was too large to be read ---


def too_big(xml):
    parser = Parser(limit=300)
    parser.feed(b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
    (stanza,) = parser.feed(xml.replace("/>", f"><x>{'x' * 500}</x></{xml[1:].split(' ')[0]}>").encode())
    assert isinstance(stanza, TooBig)
    return stanza


@pytest.mark.parametrize(
    ("xml", "condition"),
    [
        (f"<message from='{ROMEO}/x' id='1' type='chat'/>", "resource-constraint"),
        (f"<message from='{ROMEO}/x' id='1'/>", "resource-constraint"),
        (f"<iq from='{ROMEO}/x' id='1' type='get'/>", "resource-constraint"),
        (f"<iq from='{ROMEO}/x' id='1' type='set'/>", "resource-constraint"),
        (f"<message from='{OWN}' id='1'/>", None),  # a copy: whoever wrote it has nothing to do with us
        ("<message id='1'/>", None),
        (f"<message from='{ROMEO}/x' id='1' type='groupchat'/>", None),
        (f"<message from='{ROMEO}/x' id='1' type='error'/>", None),
        (f"<iq from='{ROMEO}/x' id='1' type='result'/>", None),
        (f"<presence from='{ROMEO}/x' id='1' type='subscribed'/>", None),
    ],
)
def test_whoever_wrote_what_is_too_large_is_told_so(intake, xml, condition):
    done = intake.read_stanzas([too_big(xml)])
    assert [stanzas.error_condition(each) for each in done.answers] == [condition] * bool(condition)
    for answer in done.answers:
        assert (answer.getAttr("to"), answer.getAttr("id"), answer.getAttr("type")) == (f"{ROMEO}/x", "1", "error")


def test_of_presence_and_bounces_the_attributes_say_enough(intake, directory):
    directory.sent["m7"], directory.words = ROMEO, "my words"
    here = intake.read_stanzas([too_big(f"<presence from='{ROMEO}/x'/>")])
    assert shown(here).online
    gone = intake.read_stanzas([too_big(f"<presence from='{ROMEO}/x' type='unavailable'/>")])
    assert not shown(gone).online
    (told,) = texts(intake.read_stanzas([too_big(f"<message from='{ROMEO}' id='m7' type='error'/>")]))
    assert told.body == 'not delivered: the server refused it: "my words"'


def test_a_receipt_becomes_a_report(intake):
    done = read(intake, f"<message from='{ROMEO}/x'><received xmlns='urn:xmpp:receipts' id='m7'/></message>")
    (report,) = done.changes.items
    assert report.needs == "m7"
    assert records.unpack_event(report.payload)["code"] == 200


# --- questions of others ---


@pytest.mark.parametrize(
    ("namespace", "kind"),
    [
        ("urn:xmpp:ping", "result"),
        ("jabber:iq:version", "result"),
        ("http://jabber.org/protocol/disco#info", "result"),
        ("http://jabber.org/protocol/disco#items", "result"),
        ("jabber:iq:roster", "error"),
        ("vcard-temp", "error"),
        ("urn:example:new", "error"),
    ],
)
def test_every_question_gets_an_answer(intake, namespace, kind):
    """None at all would keep the peer waiting."""
    (answer,) = read(intake, f"<iq type='get' id='q1' from='{ROMEO}/x'><query xmlns='{namespace}'/></iq>").answers
    assert (answer.getAttr("type"), answer.getAttr("to"), answer.getAttr("id")) == (kind, f"{ROMEO}/x", "q1")


@pytest.mark.parametrize("kind", ["result", "error", "nonsense"])
def test_an_answer_gets_no_answer(intake, kind):
    assert read(intake, f"<iq type='{kind}' id='q1' from='{ROMEO}/x'/>").answers == []


# --- anything ---

NAMES = ["body", "subject", "show", "status", "priority", "query", "item", "items", "event", "x", "delay", "received", "sent",
         "forwarded", "message", "error", "stanza-id", "request", "replace", "encrypted", "group", "nick", "mood", "text", "url",
         "ping", "activity", "set"]  # fmt: skip
SPACES = ["jabber:client", ROSTER, "urn:xmpp:carbons:2", "urn:xmpp:forward:0", "urn:xmpp:delay", "urn:xmpp:receipts", STANZAS,
          "urn:xmpp:sid:0", "jabber:x:oob", "http://jabber.org/protocol/pubsub#event", "http://jabber.org/protocol/mood",
          "http://jabber.org/protocol/nick", "http://jabber.org/protocol/activity", "urn:xmpp:message-correct:0", ""]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["", OWN, ROMEO, f"{ROMEO}/x", "example.org", "@", "/", "a@b@c/d@e", "set", "get", "error", "remove",
                     "subscribe", "unavailable", "chat", "9999-12-31T23:59:59-23:59", "-129", "http://jabber.org/protocol/mood"]),
    st.text(max_size=12), st.sampled_from(["http://[test", "http://[::1/a.png", "//[", "xmpp:[x"]),
)  # fmt: skip
ATTRS = st.dictionaries(
    st.sampled_from(["from", "to", "id", "type", "jid", "name", "subscription", "ask", "stamp", "by", "node"]), VALUES, max_size=5
)


def element(name, space, attrs, payload):
    return Node(f"{space} {name}" if space else name, attrs, payload)


INNER = st.recursive(
    st.builds(
        element, st.sampled_from(NAMES), st.sampled_from(SPACES), ATTRS, st.lists(st.text(max_size=40) | VALUES, max_size=1)
    ),
    lambda inner: st.builds(element, st.sampled_from(NAMES), st.sampled_from(SPACES), ATTRS, st.lists(inner, max_size=3)),
    max_leaves=6,
)
STANZA = st.builds(
    element, st.sampled_from(["message", "presence", "iq"]), st.just("jabber:client"), ATTRS, st.lists(INNER, max_size=4)
)


def _not_understood(_stanza, error):
    """What is caught elsewhere, so that one stanza costs no other, is a mistake all the same."""
    raise StoreDown from error


@settings(max_examples=100, deadline=None)
@given(st.lists(STANZA, max_size=4))
def test_no_stanza_breaks_the_intake(stanzas):
    """And what comes of it can be stored."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inbound_batch, "log_given_up", _not_understood)
        done = inbound_of(Directory()).read_stanzas(stanzas)
    done.changes.pack()
    for jid, record in done.changes.presence.items():
        assert jid
        assert records.unpack_shown(record)
    for each in done.changes.items:
        assert "\n" not in each.jid
        records.unpack_event(each.payload)


# --- whom the user does not hear ---


def test_a_message_and_a_request_of_somebody_blocked_leave_nothing(intake, directory):
    directory.refused.add(ROMEO)
    done = read(
        intake,
        f"<message from='{ROMEO}/x' id='1'><body>hi</body><request xmlns='urn:xmpp:receipts'/></message>",
        f"<presence from='{ROMEO}' type='subscribe'><status>let me in</status></presence>",
    )
    assert done.changes.items == []
    assert done.answers == []
    assert directory.asked == []


def test_a_request_of_somebody_blocked_by_name_is_refused_although_it_was_granted(intake, directory):
    directory.refused, directory.by_name, directory.grants = {ROMEO}, {ROMEO}, {ROMEO}
    done = read(intake, f"<presence from='{ROMEO}' type='subscribe'/>")
    assert done.changes.items == []
    assert [(each.getAttr("to"), each.getAttr("type")) for each in done.answers] == [(ROMEO, "unsubscribed")]


def test_a_push_says_whom_the_server_blocks(intake, directory):
    items = f"<item jid='{ROMEO}'/><item jid='spam.example.net'/><item jid='x@example.net/phone'/><item/>"
    done = read(intake, f"<iq type='set' id='p1' from='{OWN}'><block xmlns='urn:xmpp:blocking'>{items}</block></iq>")
    assert directory.pushed == [("block", [ROMEO, "spam.example.net"])]
    assert [each.getAttr("type") for each in done.answers] == ["result"]


def test_an_unblock_of_nobody_means_everybody(intake, directory):
    read(intake, "<iq type='set' id='p2'><unblock xmlns='urn:xmpp:blocking'/></iq>")
    assert directory.pushed == [("unblock", [])]


def test_nobody_else_says_whom_we_block(intake, directory):
    done = read(intake, f"<iq type='set' id='p3' from='{ROMEO}'><unblock xmlns='urn:xmpp:blocking'/></iq>")
    assert directory.pushed == []
    assert [each.getAttr("type") for each in done.answers] == ["error"]


def test_presence_of_somebody_who_poses_as_the_service_contact_is_not_read(directory):
    intake = inbound_of(directory, reserved=frozenset({"onesoup@example.org"}))
    done = read(
        intake,
        "<presence from='onesoup@example.org/x'><show>dnd</show></presence>",
        "<presence from='onesoup@example.org' type='subscribe'/>",
        f"<presence from='{ROMEO}/x'/>",
    )
    assert list(done.changes.presence) == [ROMEO]
    assert (directory.asked, done.changes.items, done.answers) == ([], [], [])
