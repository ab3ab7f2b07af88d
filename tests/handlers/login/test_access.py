"""Log-in: every form of id and of proof, errors always inside a Login-Response, and never the same session twice."""

import base64
import hashlib
from dataclasses import replace

import pytest

from onesoup.csp.codec.envelope import Mode, SessionType, Transaction
from onesoup.csp.codec.generated_elements import (
    CapabilityList,
    ClientCapabilityRequest,
    ClientID,
    Disconnect,
    Functions,
    GetListRequest,
    GetSPInfoRequest,
    GetSPInfoResponse,
    KeepAliveRequest,
    KeepAliveResponse,
    ListManageRequest,
    LoginRequest,
    LoginResponse,
    LogoutRequest,
    PollingRequest,
    ServiceRequest,
    Status,
    VersionList,
    WVCSPFeat,
    WVCSPVersionDiscoveryRequest,
)
from onesoup.csp.text.md4 import md4
from onesoup.handlers.provider import provider_of
from onesoup.settings import Settings, SettingsError
from onesoup.store import keys, records
from onesoup.wire.document import Encoding
from tests.support import in_redis

LINKED = ("alice@example.org", "xmpp-secret", "phone-secret")


def refused(response, code):
    """A log-in is refused in a Login-Response, without a session and without a nonce."""
    assert isinstance(response, LoginResponse)
    assert response.result.code == code
    assert response.session_id is None
    assert response.nonce is None
    return True


@pytest.fixture
def linked(services):
    services.accounts.link("alice@example.org", *LINKED)


# --- two-way ---


@pytest.mark.parametrize(
    ("user", "own", "short"),
    [
        ("wv:alice@example.org", "wv:alice@example.org", None),
        ("alice@example.org", "wv:alice@example.org", None),
        ("alice", "wv:alice", "example.org"),
        ("wv:alice", "wv:alice", "example.org"),
        ("WV:Alice@EXAMPLE.org", "WV:Alice@EXAMPLE.org", None),
    ],
)
def test_an_id_with_or_without_domain_and_scheme(new_phone, holder, user, own, short):
    response = new_phone().log_in(user)
    assert response.result.code == 200
    session = records.unpack_session(holder.logins[0]["r"])
    assert (session.jid, session.own, session.short) == ("alice@example.org", own, short)


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_answer_has_all_that_a_phone_looks_at(new_phone, version):
    phone = new_phone(version=version)
    response = phone.log_in(time_to_live=3600)
    assert response.client_id == ClientID(url="Razr V3")
    assert response.keep_alive_time == 3600
    assert response.capability_request is True
    assert 0 < len(response.session_id) <= 32
    assert response.user_id == ("wv:alice" if version == "1.3" else None)
    assert phone.reply.session_type is SessionType.OUTBAND
    assert phone.reply.session_id is None


@pytest.mark.parametrize(("asked", "granted"), [(None, 7200), (10, 120), (86400, 7200), (900, 900)])
def test_the_keep_alive_time_is_granted_within_limits(new_phone, asked, granted):
    assert new_phone().log_in(time_to_live=asked).keep_alive_time == granted


def test_a_session_id_tells_its_shard_and_cannot_be_guessed(new_phone, holder):
    one, two = new_phone(), new_phone()
    one.log_in()
    two.log_in(time_to_live=1000)
    assert one.sid[2:] != two.sid[2:]
    session = records.unpack_session(holder.logins[0]["r"])
    assert {int(each.sid[:2], 16) for each in (one, two)} == {keys.shard_of("alice@example.org", session.resource)}
    assert len(one.sid) >= 28


def test_the_password_reaches_the_holder_sealed(new_phone, holder, services):
    new_phone().log_in(password="pässwörd-77")
    (job,) = holder.logins
    assert "pässwörd-77".encode() not in records.pack_command(job)
    assert services.ring.open(job["cred"], "cred:alice@example.org").decode() == "pässwörd-77"


def test_the_phone_password_of_a_linked_account_stands_for_the_xmpp_one(new_phone, holder, services):
    services.accounts.link("alice@example.org", "real@xmpp.example.net", "xmpp-secret", "phone-secret")
    assert new_phone().log_in(password="phone-secret").result.code == 200
    (job,) = holder.logins
    assert services.ring.open(job["cred"], "cred:real@xmpp.example.net") == b"xmpp-secret"


def test_without_a_link_the_password_is_the_xmpp_one(new_phone, holder, services, linked):
    new_phone().log_in(password="xmpp-secret")
    assert services.ring.open(holder.logins[0]["cred"], "cred:alice@example.org") == b"xmpp-secret"


@pytest.mark.parametrize("code", [403, 409, 503, 504, 516])
def test_what_the_server_says_is_told_in_a_login_response(new_phone, holder, code):
    holder.login_code = code
    assert refused(new_phone().log_in(), code)


def test_a_wrong_password_is_not_tried_again_at_the_server(new_phone, holder):
    holder.login_code = 409
    phone = new_phone()
    assert refused(phone.log_in(password="wrong"), 409)
    assert refused(phone.log_in(password="wrong"), 409)
    assert len(holder.logins) == 1
    holder.login_code = 200
    assert phone.log_in(password="right").result.code == 200


@pytest.mark.parametrize("user", ["", "wv:", "sip:alice@example.org", "wv:alice/x@example.org", "a" * 300])
def test_a_malformed_id_is_531(new_phone, user):
    assert refused(new_phone().log_in(user), 531)


def test_a_domain_that_is_not_served_is_516(new_phone, holder):
    assert refused(new_phone().log_in("wv:alice@elsewhere.org"), 516)
    assert holder.logins == []


def test_a_password_beyond_any_reason_is_409(new_phone, holder):
    assert refused(new_phone().log_in(password="x" * 300), 409)
    assert holder.logins == []


def test_a_holder_that_does_not_answer_is_504(new_phone, holder, services):
    object.__setattr__(services.policy, "deadline", 0.5)
    holder.deaf = True
    assert refused(new_phone().log_in(), 504)


def test_no_password_and_no_schema_is_409_and_never_a_challenge(new_phone):
    response = new_phone().ask(LoginRequest(user_id="wv:alice", client_id=ClientID(url="x")))
    assert refused(response, 409)


def test_a_link_that_no_key_opens_leaves_the_xmpp_password(new_phone, services, holder):
    """The key ring has lost its key: who knows the password of the account itself still gets in, and digests do not."""
    other = type(services.ring)([("k9", bytes(32))])
    type(services.accounts)(holder.client, other).link("alice@example.org", *LINKED)
    assert new_phone().log_in(password="xmpp-secret").result.code == 200
    phone = new_phone(client_id="JiMMY")
    assert refused(second(phone, digest_bytes=digest(first(phone, "MD5").nonce)), 409)


def test_a_log_in_of_1_3_may_bring_its_capabilities_along(new_phone, services, holder):
    """They count as if they had been asked for: what was agreed is told, and need not be asked again."""
    services.lines.register("cir:1", 60_000)
    wishes = CapabilityList(supported_cir_method=["STCP"], parser_size=20_000, multi_trans=2, server_poll_min=4)
    phone = new_phone(version="1.3", encoding=Encoding.WBXML)
    response = phone.log_in(capability_list=wishes, functions=Functions(wvcsp_feat=WVCSPFeat()))
    assert (response.result.code, response.capability_request) == (200, False)
    assert response.agreed_capability_list.supported_cir_method == ["STCP"]
    assert response.functions is None
    assert records.unpack_caps(in_redis.fields(services.sessions, phone.sid, ["caps"])[0]).parser == 20_000
    assert holder.ops(phone, "soon") == [{"op": "soon"}]
    services.lines.leave("cir:1")
    older = new_phone(version="1.2")
    response = older.log_in(capability_list=wishes)
    assert (response.capability_request, response.agreed_capability_list) == (True, None)


# --- four-way ---


def digest(nonce, password="phone-secret", name="md5"):
    return base64.b64encode(hashlib.new(name, (nonce + password).encode()).digest()).decode()


def first(phone, *schemas, user="wv:alice", tid="1"):
    request = LoginRequest(user_id=user, client_id=ClientID(url=phone.client_id), digest_schema=list(schemas), session_cookie="c")
    return phone.ask(request, tid)


def second(phone, tid="1", user="wv:alice", **proof):
    request = LoginRequest(user_id=user, client_id=ClientID(url=phone.client_id), session_cookie="c", **proof)
    response = phone.ask(request, tid)
    phone.sid = response.session_id
    return response


@pytest.mark.parametrize(
    ("schemas", "name"), [(["MD5"], "md5"), (["SHA"], "sha1"), (["MD5", "SHA"], "md5"), (["SHA,MD4"], "sha1")]
)
def test_a_digest_proves_the_password(new_phone, linked, holder, services, schemas, name):
    """Both requests carry the same TransactionID."""
    phone = new_phone()
    challenge = first(phone, *schemas)
    assert isinstance(challenge, LoginResponse)
    assert challenge.result.code == 401
    assert 0 < len(challenge.nonce) <= 200
    assert challenge.session_id is None
    assert challenge.digest_schema == {"md5": "MD5", "sha1": "SHA"}[name]
    assert second(phone, digest_bytes=digest(challenge.nonce, name=name)).result.code == 200
    assert services.ring.open(holder.logins[0]["cred"], "cred:alice@example.org") == b"xmpp-secret"


def test_a_wrong_digest_is_409_and_not_401(new_phone, linked):
    """Android repeats the second request for ever on a 401 with a nonce."""
    phone = new_phone()
    nonce = first(phone, "MD5").nonce
    assert refused(second(phone, digest_bytes=digest(nonce, "wrong")), 409)


def test_a_nonce_is_good_for_one_attempt(new_phone, linked):
    phone = new_phone()
    nonce = first(phone, "MD5").nonce
    second(phone, digest_bytes=digest(nonce, "wrong"))
    assert refused(second(phone, digest_bytes=digest(nonce)), 409)


def test_a_nonce_is_fresh_for_each_attempt(new_phone, linked):
    phone = new_phone()
    assert first(phone, "MD5").nonce != first(phone, "MD5").nonce


def test_a_digest_without_a_challenge_is_409(new_phone, linked):
    for _ in range(7):  # no guess is in it, so nobody has to wait
        assert refused(second(new_phone(), digest_bytes=digest("n0nce")), 409)


def test_the_second_request_may_have_a_transaction_id_of_its_own(new_phone, linked):
    """And is good once, under whatever id it comes."""
    phone = new_phone()
    proof = digest(first(phone, "MD5", tid="1").nonce)
    assert second(phone, tid="2", digest_bytes=proof).result.code == 200
    for tid in ("1", "3"):
        assert refused(second(new_phone(), tid=tid, digest_bytes=proof), 409)


@pytest.mark.parametrize("other", [{"client_id": "another"}, {"user": "wv:mallory"}])
def test_a_nonce_is_good_for_its_handset_and_account_alone(new_phone, services, linked, other):
    services.accounts.link("mallory@example.org", "mallory@example.org", "xmpp-secret", "phone-secret")
    proof = digest(first(new_phone(), "MD5").nonce)
    stranger = new_phone(client_id=other.get("client_id", "Razr V3"))
    assert refused(second(stranger, user=other.get("user", "wv:alice"), digest_bytes=proof), 409)


def test_two_log_ins_of_one_handset_at_once(new_phone, linked):
    """Its first request was sent again, since the answer was late; the second goes by the newer nonce."""
    phone = new_phone()
    first(phone, "MD5", tid="1")
    nonce = first(phone, "MD5", tid="2").nonce
    assert second(phone, tid="3", digest_bytes=digest(nonce)).result.code == 200


@pytest.mark.parametrize("client_id", ["JiMMY", "WV:IMPEC01$00001@NOK.S60", "anything"])
@pytest.mark.parametrize("schemas", [["MD5"], ["MD5", "SHA"], ["PWD", "MD5"], ["PWD,SHA,MD4,MD5,MD6"], ["PWD"], ["MD6"]])
def test_the_first_answer_does_not_tell_who_has_a_phone_password(new_phone, linked, client_id, schemas):
    """Asked again it is the same for the same name, but for the nonce."""

    def told(user):
        answer = first(new_phone(client_id=client_id), *schemas, user=user)
        return answer.result.code, answer.result.description, answer.digest_schema, len(answer.nonce or "")

    answers = {told(user) for user in ("wv:alice", "wv:nobody", "wv:alice", "wv:nobody")}
    assert len(answers) == 1


def test_a_phone_that_takes_pwd_needs_no_link(new_phone, services, holder):
    phone = new_phone()
    challenge = first(phone, "PWD", "MD5")
    assert (challenge.result.code, challenge.digest_schema) == (401, "PWD")
    assert challenge.nonce
    assert second(phone, password="secret").result.code == 200


def test_s60_takes_pwd_although_it_offers_only_md5(new_phone):
    phone = new_phone(client_id="WV:IMPEC01$00001@NOK.S60", version="1.1")
    assert first(phone, "MD5").digest_schema == "PWD"


def test_android_without_a_link_is_refused_after_the_second_request(new_phone):
    """Nobody learns from the first answer who has a phone password here."""
    phone = new_phone(client_id="JiMMY")
    challenge = first(phone, "MD5", "SHA")
    assert (challenge.result.code, challenge.digest_schema, bool(challenge.nonce)) == (401, "MD5", True)
    assert refused(second(phone, digest_bytes=digest(challenge.nonce)), 409)


def test_a_server_may_tell_at_once_that_no_phone_password_is_stored(new_phone, services):
    services.policy = replace(services.policy, tell_unknown=True)
    assert refused(first(new_phone(client_id="JiMMY"), "MD5", "SHA"), 531)


def test_schemas_that_nobody_knows_are_543(new_phone, linked):
    assert refused(first(new_phone(), "MD6", "MD7"), 543)


def test_a_phone_that_knows_md4_only(new_phone, linked):
    phone = new_phone()
    challenge = first(phone, "MD4", "MD6")
    assert challenge.digest_schema == "MD4"
    proof = base64.b64encode(md4((challenge.nonce + "phone-secret").encode())).decode()
    assert second(phone, digest_bytes=proof).result.code == 200


@pytest.mark.parametrize("agent", ["captured", "again"])
def test_a_captured_digest_opens_nothing_later(new_phone, linked, holder, agent):
    """Its octets bring the stored answer while the session lives, and nothing after that."""
    phone = new_phone()
    second(phone, digest_bytes=digest(first(phone, "MD5").nonce))
    raw, octets = phone.raw, phone.octets
    thief = new_phone(agent=agent, address="192.0.2.66")
    thief.post_octets(raw)
    assert thief.octets == octets
    assert len(holder.logins) == 1
    phone.ask(LogoutRequest())
    thief.post_octets(raw)
    assert refused(thief.reply.transactions[0].content, 409)
    assert len(holder.logins) == 1


# --- repeats and log-ins inside a session ---


def test_the_same_octets_make_one_session(new_phone, holder):
    phone = new_phone()
    phone.log_in()
    octets = phone.octets
    phone.post_octets(phone.raw)
    assert phone.octets == octets
    assert len(holder.logins) == 1


def test_the_same_octets_make_a_new_session_when_the_old_one_is_over(new_phone, holder):
    phone = new_phone()
    phone.log_in()
    raw, old = phone.raw, phone.sid
    holder.feed.end(old, 1, 600)
    phone.sid = None
    again = phone.post_octets(raw).transactions[0].content
    assert again.result.code == 200
    assert again.session_id != old


def test_a_log_in_inside_an_old_session_is_a_log_in(new_phone, holder):
    """Android resumes so; the descriptor comes back as it was sent."""
    phone = new_phone()
    phone.sid = "00forgotten"
    response = phone.ask(LoginRequest(user_id="wv:alice", client_id=ClientID(url="JiMMY"), password="x", session_cookie="c"))
    assert response.result.code == 200
    assert response.session_id
    assert phone.reply.session_id == "00forgotten"
    assert phone.reply.session_type is SessionType.INBAND


def resume(phone, sid, user="wv:alice@example.org", inband=False, **more):
    """A log-in that wants an old session back and says no password."""
    phone.sid = sid if inband else None
    element = {} if inband else {"session_id": sid}
    client_id = ClientID(url=phone.client_id)
    return phone.ask(LoginRequest(user_id=user, client_id=client_id, session_cookie="c00kie", **element, **more))


@pytest.mark.parametrize("inband", [False, True])
def test_a_handset_gets_its_living_session_back_without_a_password(new_phone, phone, holder, inband):
    again = new_phone(version="1.3")
    response = resume(again, phone.sid, inband=inband, time_to_live=600)
    assert (response.result.code, response.session_id, response.keep_alive_time) == (200, phone.sid, 600)
    assert response.capability_request is False
    assert len(holder.logins) == 1
    again.sid = phone.sid
    assert again.ask(KeepAliveRequest()).keep_alive_time == 600


@pytest.mark.parametrize("inband", [False, True])
@pytest.mark.parametrize(
    "thief",
    [{"client_id": "JiMMY"}, {"user": "wv:mallory@example.org"}, {"user": "alice@xmpp.example.net"}, {"sid": "00" + "x" * 26}],
)
def test_nobody_else_gets_it(new_phone, phone, holder, thief, inband):
    """502: try a password. The session goes on for its owner."""
    other = new_phone(client_id=thief.get("client_id", phone.client_id), address="192.0.2.66")
    user = thief.get("user", "wv:alice@example.org")
    assert refused(resume(other, thief.get("sid", phone.sid), user, inband), 502)
    assert phone.ask(KeepAliveRequest()).result.code == 200
    assert len(holder.logins) == 1


def test_a_session_that_is_over_does_not_come_back(new_phone, phone):
    phone.ask(LogoutRequest())
    assert refused(resume(new_phone(), phone.sid), 502)


def test_a_log_in_in_the_name_of_another_s_session_leaves_that_alone(new_phone, phone):
    """With credentials of its own it is a log-in of its own."""
    mallory = new_phone()
    mallory.sid = phone.sid
    response = mallory.log_in("wv:mallory@example.org")
    assert response.result.code == 200
    assert response.session_id != phone.sid
    assert phone.ask(KeepAliveRequest()).result.code == 200


def test_one_user_has_so_many_sessions_and_the_oldest_goes(new_phone, services, holder):
    services.policy = replace(services.policy, sessions=3)
    phones = []
    for number in range(5):
        handset = new_phone(client_id=f"handset{number}")
        handset.log_in()
        phones.append(handset)
        record = in_redis.fields(services.sessions, handset.sid, ["r"])[0]
        session = replace(records.unpack_session(record), began=1000 + number)
        holder.client.hset(keys.session(handset.sid), "r", records.pack_session(session))
        services.clients.put(session.jid, session.resource, handset.sid)
    codes = [handset.ask(KeepAliveRequest()).result.code for handset in phones]
    assert codes == [601, 601, 200, 200, 200]
    holder.settle(phones[1])
    assert len(holder.ops(phones[0], "logout")) == 2


# --- whose account ---


@pytest.mark.parametrize(
    ("user", "where", "jid"),
    [
        ("alice", {"host": "imps.example.net"}, "alice@xmpp.example.net"),
        ("alice", {"path": "/net/"}, "alice@xmpp.example.net"),
        ("alice", {"host": "elsewhere"}, "alice@example.org"),
        ("alice%40xmpp.example.net@gw.example", {}, "alice@xmpp.example.net"),
        ("wv:alice%xmpp.example.net", {}, "alice@xmpp.example.net"),
        ("alice@gw.example", {}, "alice@example.org"),
        ("+358401234567", {}, "+358401234567@example.org"),
    ],
)
def test_the_account_that_an_id_means_here(new_phone, holder, services, user, where, jid):
    places = {"imps.example.net": "xmpp.example.net", "/net": "xmpp.example.net"}
    services.policy = replace(services.policy, by_place=places, gateways=frozenset({"gw.example"}))
    phone = new_phone(**where)
    assert phone.log_in(user).result.code == 200
    session = records.unpack_session(holder.logins[0]["r"])
    assert session.jid == jid
    # The phone's own id means its account, and so do the lists below it.
    assert session.jid_of(user) == jid
    phone.ask(GetListRequest())
    answer = phone.reply.transactions[0].content
    manage = ListManageRequest(contact_list=answer.default_contact_list)
    assert phone.ask(manage).result.code == 200
    assert session.spelled("bob@xmpp.example.net").endswith("@xmpp.example.net") == (session.short != "xmpp.example.net")


def test_a_linked_account_with_another_name_is_the_phone_s_own(new_phone, services, holder):
    services.accounts.link("alice@example.org", "real@xmpp.example.net", "xmpp-secret", "phone-secret")
    phone = new_phone()
    phone.log_in("alice", "phone-secret")
    session = records.unpack_session(holder.logins[0]["r"])
    assert (session.jid, session.own, session.short) == ("real@xmpp.example.net", "wv:alice", "xmpp.example.net")
    assert session.jid_of("wv:alice") == session.jid
    assert session.jid_of(session.spelled("bob@xmpp.example.net")) == "bob@xmpp.example.net"


def test_an_id_without_domain_where_none_is_set_is_516(new_phone, services):
    services.policy = replace(services.policy, domain="")
    assert refused(new_phone().log_in("alice"), 516)


# --- what is remembered ---


def test_nothing_is_remembered_unless_the_server_says_so(new_phone, services):
    new_phone().log_in(password="secret")
    assert services.accounts.find("alice@example.org") is None


def test_a_first_plain_log_in_makes_digests_possible(new_phone, services, holder):
    services.policy = replace(services.policy, remember=True)
    holder.login_code = 409
    new_phone().log_in(password="typo")
    assert services.accounts.find("alice@example.org") is None
    holder.login_code = 200
    new_phone().log_in(password="secret")
    phone = new_phone(client_id="JiMMY")
    challenge = first(phone, "MD5", "SHA")
    assert second(phone, digest_bytes=digest(challenge.nonce, "secret")).result.code == 200
    # The password has been changed at the server, and the user types the new one.
    new_phone().log_in(password="newer")
    link = services.accounts.find("alice@example.org")
    assert (link.password, link.phone_password, link.origin) == ("newer", "newer", "remembered")


def test_a_changed_xmpp_password_reaches_the_link_and_the_phone_s_own_stays(new_phone, services, linked):
    new_phone().log_in(password="newer")
    link = services.accounts.find("alice@example.org")
    assert (link.password, link.phone_password, link.origin) == ("newer", "phone-secret", "admin")


def test_an_xmpp_password_that_is_the_phone_s_own_gets_in_too(new_phone, services, holder, linked):
    """It was changed, and changed once more into what the phone password is: nobody is locked out, and the link learns it."""
    holder.right = {("alice@example.org", "phone-secret")}
    assert new_phone().log_in(password="phone-secret").result.code == 200
    link = services.accounts.find("alice@example.org")
    assert (link.password, link.phone_password) == ("phone-secret", "phone-secret")
    holder.logins.clear()
    assert new_phone(client_id="another").log_in(password="phone-secret").result.code == 200
    assert len(holder.logins) == 1


def test_a_password_that_was_wrong_a_moment_ago_does_not_keep_the_new_one_out(new_phone, services, holder, linked):
    holder.right = {("alice@example.org", "another")}
    assert refused(new_phone().log_in(password="phone-secret"), 409)
    holder.right = {("alice@example.org", "phone-secret"), ("alice@example.org", "another")}
    services.guard._client.delete(*services.guard._client.keys("wrong:*"))  # ten minutes later
    assert new_phone().log_in(password="phone-secret").result.code == 200


def test_a_phone_password_is_not_tried_at_another_s_account(new_phone, services, holder):
    services.accounts.link("alice@example.org", "real@example.org", "old", "phone-secret")
    holder.right = {("real@example.org", "phone-secret"), ("alice@example.org", "phone-secret")}
    assert refused(new_phone().log_in(password="phone-secret"), 409)
    assert [holder.password(each) for each in holder.logins] == [("real@example.org", "old")]


# --- by the number that the network states ---

NUMBER = "+358401234567"


@pytest.fixture
def numbered(services):
    services.accounts.link("alice@example.org", *LINKED, number=NUMBER)


@pytest.mark.parametrize("user", ["", "alice", "wv:alice@example.org"])
@pytest.mark.parametrize("password", [None, "", "whatever"])
def test_a_number_that_is_linked_needs_no_password(new_phone, numbered, services, holder, user, password):
    phone = new_phone(number=NUMBER)
    response = phone.ask(LoginRequest(user_id=user, client_id=ClientID(url="x"), password=password))
    assert response.result.code == 200
    session = records.unpack_session(holder.logins[0]["r"])
    assert session.jid == "alice@example.org"
    assert session.jid_of(session.own) == session.jid
    assert services.ring.open(holder.logins[0]["cred"], "cred:alice@example.org") == b"xmpp-secret"


def test_a_number_goes_the_four_way_too(new_phone, numbered):
    phone = new_phone(number=NUMBER, client_id="JiMMY")
    assert first(phone, "MD5").nonce
    assert second(phone, digest_bytes=digest("anything")).result.code == 200


def test_a_number_opens_its_own_account_only(new_phone, numbered, services, holder):
    services.accounts.link("bob@example.org", "bob@example.org", "x", "y")
    assert refused(new_phone(number=NUMBER).ask(LoginRequest(user_id="bob", client_id=ClientID(url="x"))), 409)
    assert refused(new_phone(number="+15550100").ask(LoginRequest(user_id="", client_id=ClientID(url="x"))), 531)
    # The log-in has no number any more; then the number goes to somebody else.
    services.accounts.link("alice@example.org", *LINKED)
    assert refused(new_phone(number=NUMBER).ask(LoginRequest(user_id="alice", client_id=ClientID(url="x"))), 409)
    services.accounts.link("bob@example.org", "bob@example.org", "x", "y", number=NUMBER)
    assert refused(new_phone(number=NUMBER).ask(LoginRequest(user_id="alice", client_id=ClientID(url="x"))), 409)
    assert holder.logins == []


# --- other things outside a session ---


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_service_provider_tells_about_itself_without_a_session(new_phone, version):
    phone = new_phone(version=version)
    info = phone.ask(GetSPInfoRequest(client_id=ClientID(url="x")))
    assert isinstance(info, GetSPInfoResponse)
    assert info.name
    assert (info.client_id is not None) == (version == "1.1")
    phone.log_in()
    assert isinstance(phone.ask(GetSPInfoRequest()), GetSPInfoResponse)


@pytest.mark.parametrize("encoding", [Encoding.XML, Encoding.WBXML])
def test_the_operator_says_who_provides_the_service(new_phone, services, tmp_path, encoding):
    (tmp_path / "logo").write_bytes(octets := b"GIF89a" + bytes(range(256)))
    settings = Settings(
        provider_name="Example IM",
        provider_description="Chat for all",
        provider_url="https://imps.example.org/",
        provider_logo=str(tmp_path / "logo"),
    )
    services.policy = replace(services.policy, provider=provider_of(settings))
    phone = new_phone(encoding=encoding)
    outside = phone.ask(GetSPInfoRequest())
    phone.log_in()
    for info in (outside, phone.ask(GetSPInfoRequest())):
        assert (info.name, info.description, info.url) == ("Example IM", "Chat for all", "https://imps.example.org/")
        assert (info.logo.content_type, info.logo.content_size, info.logo.content_encoding) == (
            "image/gif",
            len(octets),
            "BASE64",
        )
        assert base64.b64decode(info.logo.content_data) == octets


@pytest.mark.parametrize(
    ("octets", "reason"), [(None, "No such file"), (b"text", "no picture"), (b"GIF89a" * 2000, "12000 bytes")]
)
def test_a_logo_that_cannot_be_used_is_told_at_the_start(tmp_path, octets, reason):
    if octets is not None:
        (tmp_path / "logo").write_bytes(octets)
    with pytest.raises(SettingsError, match=reason):
        provider_of(Settings(provider_logo=str(tmp_path / "logo")))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_version_discovery_names_all_versions(new_phone, version):
    answer = new_phone(version=version).ask(WVCSPVersionDiscoveryRequest(version_list=VersionList()))
    names = answer.version_list.session_ns_name
    assert len(names) == 3
    assert names[0].endswith("CSP1.1")
    assert names[2].endswith("IMPS-CSP1.3")


def test_anything_else_without_a_session_is_604(new_phone):
    status = new_phone().ask(KeepAliveRequest())
    assert isinstance(status, Status)
    assert status.result.code == 604


# --- in the session ---


@pytest.mark.parametrize(("asked", "told"), [(None, 7200), (600, 600), (10, 120), (100_000, 7200)])
def test_keep_alive_is_answered_with_the_time_granted(phone, asked, told, holder):
    answer = phone.ask(KeepAliveRequest(time_to_live=asked))
    assert isinstance(answer, KeepAliveResponse)
    assert (answer.result.code, answer.keep_alive_time) == (200, told)
    assert holder.feed.status(phone.sid).left > told * 1000


def test_a_granted_time_stays_until_the_next_wish(phone):
    phone.ask(KeepAliveRequest(time_to_live=600))
    assert phone.ask(KeepAliveRequest()).keep_alive_time == 600


def test_logout_ends_the_session_in_the_form_of_the_version(every_phone, holder):
    phone = every_phone
    answer = phone.ask(LogoutRequest())
    assert isinstance(answer, Disconnect if phone.version == "1.1" else Status)
    assert answer.result.code == 200
    assert phone.reply.poll is None
    assert holder.ops(phone, "logout") == [{"op": "logout"}]
    assert phone.ask(KeepAliveRequest()).result.code == 604


def test_a_repeated_logout_gets_the_same_answer(phone):
    phone.ask(LogoutRequest())
    octets = phone.octets
    phone.post_octets(phone.raw)
    assert phone.octets == octets


@pytest.mark.parametrize("code", [600, 601])
def test_a_poll_of_a_session_that_is_over_tells_why_and_keeps_its_id(every_phone, holder, code):
    holder.feed.end(every_phone.sid, 1, code)
    for tid in (None, "", "17"):
        status = every_phone.ask(PollingRequest(), tid)
        assert isinstance(status, Status)
        assert status.result.code == code
        assert every_phone.reply.session_id == every_phone.sid


def test_an_answer_to_a_session_that_is_over_is_told_too(phone, holder):
    holder.feed.end(phone.sid, 1, 601)
    reply = phone.tell("s1", Status())
    assert reply.transactions[0].content.result.code == 601
    assert reply.transactions[0].mode is Mode.RESPONSE


def test_stcp_is_offered_while_a_line_process_lives(every_phone, services):
    asked = ClientCapabilityRequest(capability_list=CapabilityList(supported_cir_method=["STCP", "SHTTP"]))

    def agreed():
        answer = every_phone.ask(asked)
        return answer.capability_list if every_phone.version == "1.1" else answer.agreed_capability_list

    assert agreed().supported_cir_method == []
    services.lines.register("cir:1", 60_000)
    listed = agreed()
    assert (listed.supported_cir_method, listed.tcp_address, listed.tcp_port) == (["STCP"], "example.org", 3171)
    services.lines.leave("cir:1")


def test_services_are_granted(every_phone, holder):
    answer = every_phone.ask(ServiceRequest(all_functions_request=True))
    assert answer.functions is None
    assert answer.all_functions.wvcsp_feat is not None
    assert holder.ops(every_phone, "soon") == [{"op": "soon"}]


def test_two_log_ins_in_one_message_are_one(new_phone, holder):
    """Only the first transaction of a log-in counts; the answer has one."""
    phone = new_phone()
    request = LoginRequest(user_id="wv:alice", password="x", session_cookie="c")
    reply = phone.post(phone.message(Transaction(Mode.REQUEST, "1", request), Transaction(Mode.REQUEST, "2", request)))
    assert [each.id for each in reply.transactions] == ["1"]
    assert len(holder.logins) == 1
