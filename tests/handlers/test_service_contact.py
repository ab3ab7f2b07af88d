"""The service contact, as phones of each version and encoding meet it: a user like any other, whom no XMPP server knows."""

from dataclasses import replace

import pytest

from onesoup.csp.codec.envelope import Mode, Transaction
from onesoup.csp.codec.generated_elements import (
    AddList,
    AddNickList,
    BlockEntityRequest,
    BlockList,
    CapabilityList,
    ClientCapabilityRequest,
    DeliveryReportRequest,
    ForwardMessageRequest,
    GetPresenceRequest,
    InviteRequest,
    ListManageRequest,
    LogoutRequest,
    MessageDelivered,
    MessageInfo,
    NewMessage,
    NickName,
    PollingRequest,
    PresenceNotificationRequest,
    Recipient,
    RemoveNickList,
    SearchPairList,
    SearchRequest,
    SendMessageRequest,
    SubscribePresenceRequest,
    User,
)
from onesoup.csp.transactions import status
from onesoup.handlers import service_contact
from onesoup.wire.document import Encoding
from onesoup.words.service import say
from tests.support.memory import memory

ME, HELPER, FRIENDS = "alice@example.org", "wv:onesoup@example.org", "wv:alice/friends@example.org"
FORMS = [(version, encoding) for version in ("1.1", "1.2", "1.3") for encoding in (Encoding.XML, Encoding.WBXML)]


@pytest.fixture(autouse=True)
def switched_on(services):
    services.policy = replace(services.policy, service_contact="onesoup", public_host="imps.example.org", account_page=False)


def send(phone, text, to=HELPER, report=None, **more):
    users = [User(user_id=each) for each in ([to] if isinstance(to, str) else to)]
    info = MessageInfo(content_type="text/plain", recipient=Recipient(user=users), **more)
    return phone.ask(SendMessageRequest(delivery_report=report, message_info=info, content_data=text))


def polled(phone):
    """What waits, acknowledged."""
    found = []
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "", PollingRequest())))
    while reply is not None:
        (item,) = reply.transactions
        found.append(item.content)
        text = item.content if isinstance(item.content, NewMessage) else None
        reply = phone.tell(item.id, MessageDelivered(message_id=text.message_info.message_id) if text else status(200))
    return found


def said(phone):
    return [each.content_data for each in polled(phone)]


def negotiate(phone, language=None, **more):
    return phone.ask(ClientCapabilityRequest(capability_list=CapabilityList(default_language=language, **more)))


# --- its address ---


@pytest.mark.parametrize(("version", "encoding"), FORMS)
@pytest.mark.parametrize("login", ["wv:alice@example.org", "alice"])
def test_what_it_is_called_as_a_sender_reaches_it_as_a_recipient(new_phone, holder, version, encoding, login):
    phone = new_phone(version=version, encoding=encoding)
    phone.log_in(login)
    negotiate(phone)
    (welcome,) = polled(phone)
    sender = welcome.message_info.sender.user.user_id
    assert sender == (HELPER if "@" in login else "wv:onesoup")
    assert send(phone, "echo Grüße & <you>", to=sender).result.code == 200
    assert phone.reply.poll
    (answer,) = polled(phone)
    assert (answer.content_data, answer.message_info.sender.user.user_id) == ("Grüße & <you>", sender)
    assert holder.ops(phone, "message") == []


@pytest.mark.parametrize(
    "address",
    [
        "wv:onesoup",
        "onesoup",
        "onesoup@example.org",
        "WV:OneSoup@Example.ORG",
        "wv:%6fnesoup@example.org",
        "wv:onesoup@xmpp.example.net",
    ],
)
def test_every_spelling_reaches_it_at_every_served_domain(phone, holder, address):
    assert send(phone, "echo x", to=address).result.code == 200
    assert said(phone) == ["x"]
    assert holder.ops(phone, "message") == []


@pytest.mark.parametrize("address", ["wv:onesoup@elsewhere.example", "wv:onesoup1@example.org"])
def test_others_of_such_a_name_are_reached_over_xmpp(phone, holder, address):
    assert send(phone, "help", to=address).result.code == 200
    assert said(phone) == []
    assert len(holder.ops(phone, "message")) == 1


def test_switched_off_the_name_is_a_user_like_any_other(phone, services, holder):
    services.policy = replace(services.policy, service_contact="")
    negotiate(phone)
    assert send(phone, "help").result.code == 200
    assert said(phone) == []
    assert len(holder.ops(phone, "message")) == 1


def test_the_owner_of_an_account_of_that_name_meets_no_service_contact(new_phone):
    phone = new_phone()
    phone.log_in("wv:onesoup@example.org")
    negotiate(phone)
    assert polled(phone) == []


# --- the greeting ---


def test_it_greets_an_account_once_in_the_language_of_the_phone(new_phone):
    first, second = new_phone(), new_phone(client_id="another")
    first.log_in(ME)
    negotiate(first, "DEU")
    assert said(first) == [say("welcome", "de", domain="example.org")]
    negotiate(first, "DEU")
    second.log_in(ME)
    negotiate(second)
    first.ask(LogoutRequest())
    first.sid = None
    first.log_in(ME)
    negotiate(first)
    assert (said(first), said(second)) == ([], [])


def test_a_log_in_of_1_3_that_brings_its_capabilities_is_greeted_too(new_phone):
    phone = new_phone(version="1.3")
    phone.log_in(ME, capability_list=CapabilityList(default_language="fra"))
    assert said(phone) == [say("welcome", "fr", domain="example.org")]


def test_a_phone_that_speaks_by_sms_is_not_greeted_and_leaves_the_greeting_to_another(new_phone, services):
    phone = new_phone(encoding=Encoding.PTS)
    phone.log_in(ME)
    negotiate(phone)
    assert polled(phone) == []
    assert not services.lists.service_contact.has_greeted(ME)


# --- what it says ---


@pytest.mark.parametrize(("version", "encoding"), FORMS)
def test_it_tells_who_one_is(new_phone, version, encoding):
    phone = new_phone(version=version, encoding=encoding)
    phone.log_in("alice")
    send(phone, "Who am I?")
    me, handset = said(phone)
    assert me == say("who", "en", user="wv:alice", jid=ME)
    assert f"CSP {version} in {'XML' if encoding is Encoding.XML else 'WBXML'} over HTTP" in handset


def test_it_answers_in_the_language_of_the_phone_and_understands_any(phone):
    negotiate(phone, "ger")
    polled(phone)
    send(phone, "hilfe")
    send(phone, "ayuda")
    send(phone, "xyzzy")
    assert said(phone) == [say("help", "de"), say("help", "de"), say("unknown", "de")]


def test_it_tells_the_proved_numbers_and_how_to_prove_one(phone, services):
    send(phone, "my number")
    assert said(phone) == [say("no_number", "en")]
    services.numbers.learn(ME, "+15550100123", "code")
    services.policy = replace(services.policy, account_page=True)
    services.lines.register("cir:1", 60_000, ["SMS"])
    send(phone, "number")
    assert said(phone) == [say("number", "en", numbers="+15550100123"), say("prove", "en", page="imps.example.org/account")]


def test_it_tells_where_the_settings_are_and_makes_a_link_where_there_is_an_account_page(phone, services):
    send(phone, "settings")
    (page,) = said(phone)
    assert "http://imps.example.org/phones" in page
    services.policy = replace(services.policy, account_page=True)
    send(phone, "settings")
    _, link = said(phone)
    token = link.partition("/s/")[2].split()[0]
    found = services.settings_links.take(token, "somebody")
    assert found is not None
    assert b"secret" not in found.document
    for _ in range(service_contact.settings_ota.LINKS_AN_HOUR):
        send(phone, "settings")
    assert said(phone)[-1] == say("no_link", "en")


def test_a_picture_is_answered_in_words(phone):
    info = MessageInfo(content_type="image/gif", content_encoding="BASE64", recipient=Recipient(user=[User(user_id=HELPER)]))
    phone.ask(SendMessageRequest(message_info=info, content_data="R0lGODlh"))
    assert said(phone) == [say("only_text", "en")]


def test_a_long_echo_is_cut_and_comes_in_parts_that_the_phone_takes(phone):
    negotiate(phone, accepted_content_length=200)
    polled(phone)
    send(phone, "echo " + "x" * 5000)
    parts = said(phone)
    assert len(parts) > 1
    assert max(map(len, parts)) <= 200
    assert "".join(parts) == "x" * 500


def test_the_others_of_a_message_get_it_over_xmpp(phone, holder):
    send(phone, "echo x", to=[HELPER, "wv:bob@example.org"])
    assert said(phone) == ["x"]
    (sent,) = holder.ops(phone, "message")
    assert sent["to"] == "bob@example.org"


def test_a_delivery_report_is_given_before_the_answer(phone):
    sent = send(phone, "help", report=True)
    report, answer = polled(phone)
    assert isinstance(report, DeliveryReportRequest)
    assert (report.result.code, report.message_info.message_id) == (200, sent.message_id)
    assert answer.content_data == say("help", "en")


def test_a_request_that_comes_twice_is_answered_once(phone):
    send(phone, "help")
    phone.post_octets(phone.raw)
    assert said(phone) == [say("help", "en")]


def test_a_phone_with_a_wake_up_line_is_called_for_the_answer(phone, services):
    """It need not heed the Poll flag of the reply."""
    services.sessions.stcp_lines.bind(phone.sid, "cir:1")
    send(phone, "help")
    assert services.sessions.stcp_lines.woken([phone.sid]) == [phone.sid]


def test_a_forwarded_message_is_answered(phone, holder):
    holder.says(phone.sid, "bob@example.org", "hi")
    phone.ask(ForwardMessageRequest(message_id="m1", recipient=Recipient(user=[User(user_id=HELPER)])))
    assert say("unknown", "en") in said(phone)
    assert holder.ops(phone, "message") == []


# --- as a contact ---


def state(presence):
    (each,) = presence
    (shown,) = each.presence_sub_list
    return shown.online_status.presence_value, shown.user_availability.presence_value, shown.alias.presence_value


def test_its_presence_is_available_whenever_it_is_asked_for(every_phone, holder):
    asked = every_phone.ask(GetPresenceRequest(user=[User(user_id="wv:onesoup")]))
    assert state(asked.presence) == ("T", "AVAILABLE", "Help")
    every_phone.ask(SubscribePresenceRequest(user=[User(user_id="wv:onesoup")]))
    (told,) = polled(every_phone)
    assert isinstance(told, PresenceNotificationRequest)
    assert state(told.presence) == ("T", "AVAILABLE", "Help")
    assert holder.ops(every_phone, "directed") == []


def members(phone):
    answer = phone.ask(ListManageRequest(contact_list=FRIENDS, receive_list=True))
    return {each.user_id: each.name for each in answer.nick_list.nick_name} if answer.nick_list else {}


def test_it_can_be_in_a_contact_list_which_no_other_client_sees(every_phone, new_phone, holder):
    phone = every_phone
    added = phone.ask(
        ListManageRequest(
            contact_list=FRIENDS,
            add_nick_list=AddNickList(nick_name=[NickName(name="The Help", user_id=HELPER)]),
            receive_list=True,
        )
    )
    assert added.result.code == 200
    assert members(phone) == {HELPER: "The Help"}
    phone.ask(SubscribePresenceRequest(contact_list=[FRIENDS]))
    assert state(polled(phone)[0].presence) == ("T", "AVAILABLE", "Help")
    another = new_phone(client_id="another")
    another.log_in(ME)
    assert members(another) == {HELPER: "The Help"}
    phone.ask(ListManageRequest(contact_list=FRIENDS, remove_nick_list=RemoveNickList(user_id=[HELPER]), receive_list=True))
    assert (members(phone), members(another)) == ({}, {})
    assert holder.ops(phone, "roster") + holder.ops(phone, "unroster") + holder.ops(phone, "directed") == []


def test_a_blocked_service_contact_says_nothing(phone):
    phone.ask(BlockEntityRequest(block_list=BlockList(add_list=AddList(user_id=[HELPER]))))
    negotiate(phone)
    assert send(phone, "help").result.code == 200
    assert polled(phone) == []


@pytest.mark.parametrize(("element", "text"), [("USER_ID", "onesoup"), ("USER_ALIAS", "help")])
def test_a_search_finds_it(phone, element, text):
    wish = SearchPairList(search_element=element, search_string=text)
    found = phone.ask(SearchRequest(search_pair_list=[wish], search_limit=10))
    assert [each.user_id for each in found.search_result.user_list.user] == [HELPER]


def test_it_cannot_be_invited(phone, holder):
    answer = phone.ask(
        InviteRequest(invite_id="i1", invite_type="IM", recipient=Recipient(user=[User(user_id=HELPER)]), invite_note="come")
    )
    assert answer.result.code == 531
    assert holder.ops(phone, "message") == []


# --- limits ---


def test_two_machines_cannot_talk_for_ever(phone, services, monkeypatch):
    """A phone that answers each message with the same words. It is told once that this was a lot."""
    monkeypatch.setattr(service_contact, "ANSWERS_AN_HOUR", 5)
    heard = []
    send(phone, "echo echo echo")
    for _ in range(50):
        new = said(phone)
        heard += new
        for text in new:
            send(phone, "echo " + text)
    assert len(heard) == 6
    assert heard[-1].startswith("That was a lot for one hour.")


def test_a_flood_of_echoes_that_nobody_fetches_is_bounded(phone, services, monkeypatch):
    monkeypatch.setattr(service_contact, "ANSWERS_AN_HOUR", 10**6)
    before = memory(services.sessions._client)
    for _ in range(1200):
        assert send(phone, "echo " + "ü" * 500).result.code == 200
    assert memory(services.sessions._client) - before <= 2 * 1024 * 1024


def test_a_host_that_a_stranger_invents_stands_in_no_address(phone, services, monkeypatch):
    services.policy = replace(services.policy, public_host="")
    peer = replace(phone.peer, site='evil" onclick=@x/../:99999999')
    monkeypatch.setattr(type(phone), "peer", property(lambda _self: peer))
    send(phone, "settings")
    assert said(phone) == [say("page", "en", page="http://example.org/phones")]
    peer = replace(peer, site="192.0.2.7:8080")
    send(phone, "settings")
    assert said(phone) == [say("page", "en", page="http://192.0.2.7:8080/phones")]


@pytest.mark.parametrize(
    ("public_host", "site", "host"),
    [
        ("imps.example.org", "192.0.2.7:8080", "imps.example.org:8080"),
        ("imps.example.org", "192.0.2.7:80", "imps.example.org"),
        ("imps.example.org", "192.0.2.7", "imps.example.org"),
        ("imps.example.org:9", "192.0.2.7:8080", "imps.example.org:9"),
        ("imps.example.org", 'x"@y:8080', "imps.example.org"),
    ],
)
def test_links_have_the_port_that_the_phone_has_used(phone, services, monkeypatch, public_host, site, host):
    services.policy = replace(services.policy, public_host=public_host)
    peer = replace(phone.peer, site=site)
    monkeypatch.setattr(type(phone), "peer", property(lambda _self: peer))
    send(phone, "settings")
    assert said(phone) == [say("page", "en", page=f"http://{host}/phones")]
