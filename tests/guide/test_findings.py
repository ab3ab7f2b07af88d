"""What was seen -> words and advice: each cause of flows.md 4 and of phones.toml has its case, and each rule is met by one."""

from dataclasses import replace

import pytest

from onesoup.csp.phone_events import EventKind, PhoneEvent
from onesoup.csp.status import StatusCode
from onesoup.guide.finding_rules import RULES, Grade, Link
from onesoup.guide.findings import OwnerFacts, SessionFacts, findings, look
from onesoup.guide.phones import ServerValues, guide

NOW = 1_700_000_000
JID, ME, BOB = "alice@example.org", "u-alice", "u-bob"
FACTS = OwnerFacts(JID, ME, ServerValues("http://imps.example.org/", "example.org"))
LINKED = replace(FACTS, phone_password=True)
LOCKED = replace(FACTS, lock="There were too many wrong passwords for this account. Try again in 12 minutes.")
RAZR = "MOT-V3/0E.41"
GATEWAY = "1.1 wap.carrier.example"


def event(kind, code=0, when=NOW, **more):
    return PhoneEvent(kind, when, when, code=code, **more)


def login(code, scheme="pwd", when=NOW, **more):
    given = {"name": "Login-Request", "version": "1.2", "encoding": "wbxml", "user": "wv:alice", "account": ME}
    return event(EventKind.LOGIN, code, when, scheme=scheme, **given | more)


def request(code, name="SendMessage-Request", **more):
    return event(EventKind.REQUEST, code, name=name, account=ME, **more)


def body(name="unreadable", **more):
    return event(EventKind.UNREADABLE, name=name, **{"octets": 400} | more)


def page(**more):
    return event(EventKind.PAGE, name="/", **more)


ONLY_MD5 = {"scheme": "challenge", "offered": ("MD5",)}
# rule, event, who looks, words of what is said, words of the advice
CASES = [
    ("logged-in", login(200), FACTS, "speaks CSP 1.2 in WBXML", ""),
    (
        "domain",
        login(516, user="wv:alice@example.com"),
        FACTS,
        "asks for wv:alice@example.com; this server serves example.org",
        "@example.org",
    ),
    ("no-user-id", login(531, user="", account=""), FACTS, "sends no user ID", "wv:alice@example.org"),
    ("only-digest", login(401, **ONLY_MD5), FACTS, "scrambled form (MD5)", "Choose a phone password"),
    (
        "only-digest",
        login(401, scheme="challenge", offered=("SHA", "MD5")),
        FACTS,
        "scrambled form (SHA and MD5)",
        "phone password",
    ),
    ("only-digest", login(531, **ONLY_MD5), FACTS, "scrambled form (MD5)", "Choose a phone password"),
    ("digest-without-phone-password", login(409, "digest"), FACTS, "no phone password is stored", "Choose a phone password"),
    ("second-half-missing", login(401, **ONLY_MD5), LINKED, "did not answer", "another access point"),
    ("schema", login(543, scheme="challenge", offered=("another",)), FACTS, "only unknown ways", "plain password"),
    ("no-password", login(409, scheme="none"), FACTS, "sends no password", "Type the password"),
    ("wrong-phone-password", login(409, "digest"), LINKED, "Wrong password", "make a new one"),
    ("wrong-password", login(409), FACTS, "Wrong password", "Type both again"),
    ("wrong-password", login(401), LINKED, "Wrong password", "Type both again"),
    ("user-id", login(531), FACTS, "user ID", "wv:alice@example.org"),
    ("closed", login(403), FACTS, "may not log in", "operator"),
    ("locked", login(503), LOCKED, "Try again in 12 minutes", "longer"),
    ("busy", login(503), FACTS, "refused for now", "15 minutes"),
    ("busy", login(507), FACTS, "refused for now", "15 minutes"),
    ("timeout", login(504), FACTS, "did not answer in time", "few minutes"),
    ("not-resumed", login(502), FACTS, "session that is over", "Log in again"),
    ("version", login(505, version="1.0"), FACTS, "speaks version 1.0 of the chat protocol", "1.1 or 1.2"),
    ("refused", login(500), FACTS, "with code 500", "operator"),
    ("ended", request(604), FACTS, "session that is over", "Log in again"),
    ("ended", request(601), FACTS, "session that is over", "Log in again"),
    ("recipient", request(531), FACTS, "nobody has that address", "whole address"),
    ("recipient", request(410), FACTS, "nobody has that address", "whole address"),
    ("service", request(501, "another"), FACTS, "does not support", "operator"),
    ("service", request(405), FACTS, "does not support", "operator"),
    ("request-busy", request(503), FACTS, "refused for now", "15 minutes"),
    ("request-timeout", request(504, "Search-Request"), FACTS, "Search-Request got no answer", "few minutes"),
    ("our-fault", request(500), FACTS, "fault in this server", "operator"),
    ("too-large", request(432, "GetList-Request"), FACTS, "longer than the phone takes", "Log out and in"),
    ("request-refused", request(700, "ListManage-Request"), FACTS, "with code 700", "operator"),
    ("changed", body(media="text/html"), FACTS, "no request of a chat client (text/html)", "Internet access point"),
    ("packed", body("content-encoding"), FACTS, "compressed", "Internet access point"),
    ("broken-off", body("incomplete"), FACTS, "broke off", "access point"),
    ("empty", body(octets=0), FACTS, "nothing in it", "Internet access point"),
    ("too-long", body("too-large"), FACTS, "longer than this server takes", "smaller"),
    ("spoiled", body(via=GATEWAY, media="application/vnd.wv.csp.xml"), FACTS, f"through {GATEWAY}", "Internet access point"),
    ("unreadable", body(media="application/vnd.wv.csp.wbxml"), FACTS, "cannot be read", "1.1 or 1.2"),
    ("browser", page(agent=RAZR), FACTS, "browser of a Motorola reached this server", ""),
    ("through-a-gateway", page(agent=RAZR, via=GATEWAY), FACTS, f"WAP gateway or proxy that calls itself {GATEWAY}", "APN"),
    ("through-a-gateway", login(409, via=GATEWAY), FACTS, GATEWAY, "APN"),
]
# Rules that say nothing: they keep others from matching.
QUIET = {rule.name for rule in RULES if not rule.says}


@pytest.mark.parametrize(("rule", "seen", "facts", "says", "do"), CASES, ids=lambda each: str(each)[:30])
def test_what_is_seen_is_told_with_advice(rule, seen, facts, says, do):
    found = {each.rule: each for each in findings([seen], facts, NOW)}
    assert says in found[rule].says
    assert do in found[rule].do
    assert not set("{}") & set(found[rule].says + found[rule].do)
    assert bool(found[rule].do) == (found[rule].grade is not Grade.FINE), "what is wrong has advice"


def test_every_rule_has_a_case_and_only_one_outcome_is_told():
    assert {rule.name for rule in RULES} == {case[0] for case in CASES} | QUIET
    for _, seen, facts, _, _ in CASES:
        assert len([each for each in findings([seen], facts, NOW) if each.rule != "through-a-gateway"]) <= 2


def test_every_code_of_a_failure_is_told():
    for code in StatusCode:
        if code >= 400:
            assert any(each.grade is not Grade.FINE for each in findings([login(int(code))], FACTS, NOW)), code
            assert any(each.grade is not Grade.FINE for each in findings([request(int(code))], FACTS, NOW)), code


def test_codes_of_the_guides_causes_lead_to_their_advice():
    """What /phones says of a code, this page says too."""
    guided = {"credentials", "digest", "domain", "busy", "timeout", "closed", "service", "version", "ended", "recipient"}
    assert {name for name, cause in guide().causes.items() if cause.codes} == guided
    for name in guided:
        mine = [rule for rule in RULES if rule.cause == name]
        assert set(guide().causes[name].codes) <= {code for rule in mine for code in rule.codes}, name


def test_a_wrong_password_is_counted_from_its_first_time():
    seen = [replace(login(409, when=NOW), first=NOW - 120, times=2), login(409, when=NOW - 300, agent=RAZR)]
    (found,) = [each for each in findings(seen, FACTS, NOW) if each.rule == "wrong-password"]
    assert (found.times, found.first, found.last) == (3, NOW - 300, NOW)


def test_the_two_halves_of_a_log_in_are_no_fault():
    seen = [login(200, "digest"), login(401, when=NOW - 1, **ONLY_MD5)]
    assert [each.rule for each in findings(seen, LINKED, NOW)] == ["logged-in"]


def test_an_s60_that_offers_only_md5_needs_no_phone_password():
    """COMPAT(Nokia S60): it answers PWD although it does not offer it (flows.md 4.2)."""
    seen = [login(401, handset="s60", **ONLY_MD5), login(200)]
    assert [each.rule for each in findings(seen, FACTS, NOW)] == ["logged-in"]


def test_what_was_wrong_before_the_phone_logged_in_is_solved():
    seen = [login(409, when=NOW - 60), login(200, when=NOW - 30), request(531, when=NOW)]
    told = {each.rule: each.solved for each in findings(seen, FACTS, NOW)}
    assert told == {"wrong-password": True, "logged-in": False, "recipient": False}


@pytest.mark.parametrize(
    ("rule", "session"),
    [
        ("unanswered", SessionFacts("1.2", "XML", "", NOW, polls=9, unanswered=2)),
        ("line", SessionFacts("1.2", "XML", "", NOW, line_agreed=True)),
        ("silent", SessionFacts("1.2", "XML", "", NOW - 400)),
    ],
)
def test_sessions_tell_what_is_wrong(rule, session):
    assert [each.rule for each in findings([login(200)], replace(FACTS, sessions=(session,)), NOW)] != ["logged-in"]
    assert rule in [each.rule for each in findings([], replace(FACTS, sessions=(session,)), NOW)]


def test_a_session_that_is_well_is_no_finding():
    well = SessionFacts("1.2", "XML", "Motorola", NOW - 20, polls=9, line_agreed=True, line=True)
    assert findings([login(200)], replace(FACTS, sessions=(well,)), NOW)[0].rule == "logged-in"


def test_silence_is_told_with_what_can_be_done():
    (found,) = findings([], FACTS, NOW)
    assert found.rule == "nothing"
    assert "http://imps.example.org/" in found.do
    browser, fine = findings([page(agent=RAZR)], FACTS, NOW)
    assert (browser.rule, browser.link, fine.rule) == ("browser-only", Link.ACCESS, "browser")


# --- who may see what ---


def test_an_event_of_another_account_at_the_same_address_is_counted_and_not_shown():
    here = [replace(login(409, account=BOB, user="wv:bob"), times=4), login(401, account=BOB, **ONLY_MD5), login(409)]
    seen = look([login(409)], here, FACTS, NOW)
    assert seen.events == (login(409),)
    assert seen.others == 4
    assert "bob" not in str(seen)


def test_what_names_no_account_is_shown_to_who_has_the_address():
    strange = [event(EventKind.REQUEST, 604, name="Polling-Request"), body(), page()]
    assert set(look([], strange, FACTS, NOW).events) == set(strange)


def test_words_of_strangers_stay_words():
    """Braces and markup in what a phone sends are no templates here; the page escapes them."""
    hostile = "{domain}{0.__class__}<b>"
    told = findings([login(516, user=hostile), page(via=hostile, agent=RAZR), body(media=hostile)], FACTS, NOW)
    assert all("example.org{" not in each.says and "class 'str'" not in each.says for each in told)
    assert any(hostile in each.says for each in told)
