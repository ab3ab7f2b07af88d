"""The set-up guide says something useful of every family, and a slip in its file is an error at once."""

import re

import pytest

from onesoup.csp.handsets import HANDSETS_BY_NAME
from onesoup.csp.status import StatusCode
from onesoup.guide import phones
from onesoup.guide.phones import GuideError, ServerValues, guide, read

FAMILIES = {each.id: each for each in guide().families}
HERE = ServerValues("http://imps.example.org:8080/", "example.net")

SMALLEST = """
unlisted = "Ask us."
[[field]]
label = "Server"
type = "{url}"
[[help]]
title = "No page"
text = ["Try again."]
[cause.line]
why = "The line is cut."
do = "Mend it."
[[family]]
id = "kiosk"
name = "Kiosk"
handset = "unknown"
models = "all"
protocol = "CSP 1.1"
access = "any"
ota = "none"
basis = { protocol = { kind = "assumed" }, menu = { kind = "tried", by = "us" }, ota = { kind = "guide" } }
[[family.menu]]
goal = "Log in"
steps = ["Menu", "Chat"]
[[family.field]]
label = "Server"
type = "{url}"
[[family.problem]]
shows = "Line cut"
basis = "guide"
causes = ["line"]
"""


def test_the_families_that_were_asked_for_are_there():
    assert {"nokia-s40", "nokia-s60", "sony-ericsson", "motorola", "samsung", "siemens", "pc", "android", "others"} == set(
        FAMILIES
    )


def test_every_handset_that_is_known_by_name_has_its_family():
    assert {each.handset for each in FAMILIES.values()} == set(HANDSETS_BY_NAME)
    assert guide().by_handset("motorola") is FAMILIES["motorola"]
    assert guide().by_handset("toaster") is None


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_says_how_it_reaches_this_server_and_logs_in(family):
    typed = {each.type for each in family.fields}
    assert "{url}" in typed
    assert typed & {"{user}", "{address}", "NAME"}
    assert any("assword" in each.label for each in family.fields)
    failing = {cause.why for problem in family.problems for cause in problem.causes}
    assert guide().causes["unreachable"].why in failing
    assert guide().causes["credentials"].why in failing


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_says_what_each_part_rests_on(family):
    for basis in (family.basis.protocol, family.basis.menu, family.basis.ota):
        assert basis.words.split(" (")[0] in phones.BASES.values() or basis.words.startswith("tried with a real phone by ")


def test_the_codes_are_those_of_csp_and_those_of_a_refused_login_are_explained():
    codes = {code for cause in guide().causes.values() for code in cause.codes}
    assert codes <= {int(each) for each in StatusCode}
    assert {401, 403, 409, 503, 504, 505, 516, 531, 600, 601, 604} <= codes


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("MOT-V3/0E.41.C3R MIB/2.2.1 Profile/MIDP-2.0 Configuration/CLDC-1.1", "motorola"),
        ("SonyEricssonK800i/R1CB Browser/NetFront/3.3 Profile/MIDP-2.0", "sony-ericsson"),
        ("Nokia6230i/2.0 (03.80) Profile/MIDP-2.0 Configuration/CLDC-1.1", "nokia-s40"),
        ("Nokia6600/1.0 (5.27.0) SymbianOS/7.0s Series60/2.0 Profile/MIDP-2.0", "nokia-s60"),
        ("Mozilla/5.0 (SymbianOS/9.1; U; en-us) AppleWebKit/413 (KHTML, like Gecko) Safari/413", "nokia-s60"),
        ("SAMSUNG-SGH-D600/1.0 Profile/MIDP-2.0", "samsung"),
        ("SEC-SGHE700/1.0", "samsung"),
        ("SIE-SXG75/25 UP.Browser/7.0.2", "siemens"),
        ("Mozilla/5.0 (Linux; U; Android 1.5; de-de; HTC Magic Build/CRB17) AppleWebKit/528.5+", "android"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36", None),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_a_browser_is_known_by_its_name(agent, family):
    found = guide().by_user_agent(agent)
    assert (found.id if found else None) == family


def test_the_values_of_the_server_stand_in_for_placeholders():
    assert HERE.fill("{url} {host} {port} {domain} {address} {user}") == (
        "http://imps.example.org:8080/ imps.example.org 8080 example.net NAME@example.net wv:NAME@example.net"
    )


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://imps.example.org/", "imps.example.org", 80),
        ("http://10.0.0.1:8080/", "10.0.0.1", 8080),
        ("http://[::1]/", "[::1]", 80),
        ("http://[::1]:8080/", "[::1]", 8080),
    ],
)
def test_host_and_port_of_an_address(url, host, port):
    server = ServerValues(url, "example.org")
    assert (server.host, server.port) == (host, port)


def test_the_pages_are_called_as_on_the_server_itself():
    assert HERE.fill("{page}, {access_page}, {account_page}") == "this page, the page about access points, the account page"


def test_a_field_says_what_it_rests_on_where_that_is_told():
    assert phones.Field("Proxy", say="Disabled", basis="assumed").told == "Disabled (assumed)"
    assert phones.Field("Server", type="{url}", basis="guide").told == "(from the user guide)"
    assert phones.Field("Server", type="{url}").told == ""


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_where_a_digest_may_make_the_log_in_fail_the_xmpp_password_is_not_promised(family):
    digest = any(guide().causes["digest"] in problem.causes for problem in family.problems)
    promised = any("or the XMPP password" in each.say for each in family.fields)
    assert not (digest and promised)


@pytest.mark.parametrize(
    ("model", "family"),
    [("6300", "nokia-s40"), ("3110 classic", "nokia-s40"), ("6600", "nokia-s60"), ("E63", "nokia-s60"), ("N95", "nokia-s60")],
)
def test_a_model_is_found_in_one_family(model, family):
    named = [each.id for each in FAMILIES.values() if re.search(rf"\b{model}\b", each.models)]
    assert named == [family]


def test_an_s40_is_told_how_its_access_point_is_made():
    told = {each.label: each.told for each in FAMILIES["nokia-s40"].fields}
    assert told["Access point settings > Data bearer"] == "GPRS (assumed)"
    assert told["Access point settings > Packet data access point"] == "Your operator's Internet APN. (assumed)"
    assert told["Proxy"] == "Disabled (assumed)"


def test_no_text_depends_on_the_page_on_which_it_stands():
    """A text that docs/phones.md shows too says {page} for a page of the server."""
    told = phones.FILE.read_text(encoding="utf-8")
    assert [line for line in told.splitlines() if re.search(r"this server|(?:open|opened|opens) this page", line)] == []


def test_the_smallest_guide_is_read():
    family = read(SMALLEST).families[0]
    assert family.menus[0].path == "Menu > Chat"
    assert family.basis.menu.words == "tried with a real phone by us"
    assert family.problems[0].causes[0].do == "Mend it."


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('causes = ["line"]', 'causes = ["lime"]', "no such cause: lime"),
        ('causes = ["line"]', "", "needs causes, or why and do"),
        ('causes = ["line"]', 'why = "Rain."', "missing or unknown: do"),
        ('basis = "guide"', 'basis = "hearsay"', "basis is one of"),
        ('basis = "guide"', 'basis = "assumed"\nexact = true', "exact words are not assumed"),
        ('kind = "tried", by = "us"', 'kind = "tried"', "not by whom"),
        ('type = "{url}"', 'type = "{uri}"', "no such placeholder: uri"),
        ('do = "Mend it."', 'do = "Ask {somebody}."', "no such placeholder: somebody"),
        ('label = "Server"\ntype = "{url}"', 'label = "Server"', "needs type or say"),
        ('id = "kiosk"', 'id = "Kiosk/1"', "id: small letters"),
        ('steps = ["Menu", "Chat"]', "steps = []", "needs a menu"),
        ('ota = "none"', "", "missing or unknown: ota"),
        ('ota = "none"', 'ota = "none"\nmodel = "one more"', "missing or unknown: model"),
        ("[cause.line]", '[cause.rain]\nwhy = "Rain."\ndo = "Wait."\n[cause.line]', "that no problem names: rain"),
        ("[cause.line]", "[advice]\n[cause.line]", "has nothing else"),
        ('unlisted = "Ask us."', "", "unlisted"),
        ('label = "Server"\ntype', 'label = "Server"\nbasis = "hearsay"\ntype', "basis is one of"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place(right, wrong, told):
    assert right in SMALLEST
    with pytest.raises(GuideError, match=re.escape(told)):
        read(SMALLEST.replace(right, wrong))


def test_two_families_of_one_id_are_refused():
    family = SMALLEST[SMALLEST.index("[[family]]") :]
    with pytest.raises(GuideError, match="two families have one id"):
        read(SMALLEST + family)
