"""Every form of log-in, against a real XMPP server: the phone gets in, and its contacts come from there.

What is different about another XMPP server is behind `world`: these stories run for any."""

import http.client
import re
import subprocess
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from onesoup.phone.errors import Refused, SessionOver
from onesoup.provisioning import wbxml
from onesoup.provisioning.documents import settings_of
from tests.support.secrets import keep_password, secret_text
from tests.support.world import Person, StoryPhone, World


@dataclass(frozen=True)
class Form:
    """How a phone logs in. `linked`: with a phone password instead of the XMPP one. `id`: what is typed, of the person."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    linked: bool = True
    id: str = "{jid}"


ANDROID, S60, RAZR = {"profile": "android"}, {"profile": "s60"}, {"profile": "razr"}
FORMS = [
    Form("plain", linked=False),
    Form("plain, phone password"),
    Form("plain, 1.1", {"version": "1.1"}, linked=False, id="wv:{user}"),
    Form("plain, 1.3", {"version": "1.3"}, linked=False, id="{user}"),
    Form("MD5", {"way": "MD5"}),
    Form("SHA", {"way": "SHA"}),
    Form("MD4", {"way": "MD4"}),
    Form("best of three", {"way": "PWD,SHA,MD4"}),
    Form("PWD", {"way": "PWD"}, linked=False),
    Form("PWD, phone password", {"way": "PWD"}),
    Form("Android", ANDROID, id="wv:{jid}"),
    Form("S60 in clear", S60, linked=False),
    Form("S60 asked for PWD", S60 | {"way": "MD5"}, linked=False, id="{user}"),
    Form("S60 with MD5", S60 | {"way": "MD5", "version": "1.1"}),
    Form("Razr", RAZR, linked=False, id="wv:{user}"),
    Form("no second @", linked=False, id="wv:{user}%{domain}"),
    Form("no second @, digest", {"way": "MD5"}, id="{user}%40{domain}"),
]


def cast(world: World, form: Form) -> tuple[Person, str, str]:
    """The person, the id and the password that are typed."""
    person, _ = world.cast("alice", "bob", linked=False)
    password = person.password
    if form.linked:
        world.link(person, password := secret_text())
        keep_password(person.user, password)
    return person, form.id.format(jid=person.jid, user=person.user, domain=person.domain), password


def in_touch(phone: StoryPhone) -> bool:
    """The session works, and somebody is in its roster."""
    phone.negotiate()
    phone.load_lists()
    return any("bob" in contact.user for contact in phone.contacts.values())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_phone_gets_in(world: World, form: Form) -> None:
    person, user, password = cast(world, form)
    phone = world.phone(person, user=user, password=password, **form.options)
    phone.login()
    assert in_touch(phone)
    with pytest.raises(Refused) as refused:
        world.phone(person, user=user, password=secret_text("wrong"), client_id="other", **form.options).login()
    assert refused.value.code == 409


@pytest.mark.parametrize("form", [FORMS[0], Form("Android", ANDROID), Form("S60", S60)], ids=lambda form: form.name)
def test_a_phone_takes_its_session_up_again(world: World, form: Form) -> None:
    """By a log-in inside the old session; by the SessionID alone; by the same ClientID. Others get nothing that way."""
    person, user, password = cast(world, form)
    phone = world.phone(person, user=user, password=password, **form.options)
    first = phone.login().session_id
    phone.login(inband=True)
    assert in_touch(phone)
    sid = phone.session_id or ""
    assert phone.resume(sid).session_id == sid
    assert in_touch(phone)

    thief = world.phone(person, user=user, password="", client_id="thief")
    with pytest.raises(Refused) as refused:
        thief.resume(sid)
    assert refused.value.code == 502
    new = world.phone(person, user=user, password=password, **form.options)
    new.login()
    assert in_touch(new)
    assert new.session_id not in (first, sid)
    with pytest.raises(SessionOver):
        phone.keep_alive()


class Browser:
    """The page, as a browser without scripts uses it: keeps cookies, follows redirects, sends the form that is shown."""

    def __init__(self, url: str) -> None:
        self._link = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._cookies: dict[str, str] = {}
        self.path = self.page = ""

    def open(self, path: str) -> str:
        return self._ask("GET", path)

    def send(self, **form: str) -> str:
        """Again where the page says that something was too late: on a machine that is busy with something else it may be."""
        for _ in range(3):
            found = re.search(r'name="token" value="([^"]+)"', self.page)
            assert found, self.page
            if "Try again" not in self._ask("POST", self.path, urlencode({"token": found.group(1), **form})):
                break
        return self.page

    def choose(self, address: str, password: str, phone: str) -> str:
        """Signs in and stores a phone password."""
        self.open("/account")
        self.send(address=address, password=password)
        self.open("/account/password/own")
        return self.send(phone=phone, again=phone)

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._link.request(method, path, body, headers)
        answer = self._link.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status == 303:
            return self._ask("GET", answer.headers["Location"])
        self.path, self.page = path, page
        return page


def test_somebody_whose_phone_knows_digests_only_chooses_a_password_on_the_page(world: World) -> None:
    (alice,) = world.cast("alice", linked=False)
    phone = world.phone(alice, profile="android", password=(chosen := secret_text("k")[:20]))
    keep_password(alice.user, chosen)
    with pytest.raises(Refused):
        phone.login()
    browser = Browser(world.stack.url)
    browser.open("/account")
    assert "password is wrong" in browser.send(address=alice.jid, password=secret_text("wrong"))
    assert "can log in now" in browser.choose(alice.user, alice.password, chosen)
    phone.start()
    browser.open("/account/forget")
    browser.send(do="yes")
    assert "is forgotten" in browser.send(do="yes")
    phone.keep_alive()
    with pytest.raises(Refused):
        world.phone(alice, profile="android", password=chosen).login()


def test_somebody_types_the_password_that_the_page_has_made(world: World) -> None:
    (alice,) = world.cast("alice", linked=False)
    browser = Browser(world.stack.url)
    browser.open("/account")
    browser.send(address=alice.jid, password=alice.password)
    found = re.search(r">([adgjmptw]{12})<", browser.send())
    assert found, browser.page
    keep_password(alice.user, found.group(1))
    world.phone(alice, profile="android", password=found.group(1)).start()


def test_a_phone_is_set_up_by_what_it_has_fetched_from_the_link(world: World) -> None:
    """The page makes a password and a short link; the phone's browser opens it, and the phone logs in with what is in it."""
    (alice,) = world.cast("alice", linked=False)
    browser = Browser(world.stack.url)
    browser.open("/account")
    browser.send(address=alice.jid, password=alice.password)
    browser.send()
    browser.open("/account/settings")
    browser.send(apn="internet", with_password="yes")
    browser.path = "/account/settings/link"
    found = re.search(r"(/s/[a-z]{12})<", browser.send())
    assert found, browser.page
    phone = http.client.HTTPConnection(urlsplit(world.stack.url).netloc, timeout=30)
    phone.request("GET", found.group(1))
    answer = phone.getresponse()
    assert (answer.headers["Content-Type"] or "").startswith("application/vnd.wap.connectivity-wbxml; SEC=1; MAC=")
    settings = settings_of(wbxml.decode(answer.read()))[0]
    keep_password(alice.user, settings.password)
    assert urlsplit(settings.url).port == urlsplit(world.stack.url).port
    world.phone(alice, profile="s60", user=settings.user_id, password=settings.password).start()


def test_keys_are_rotated_while_everybody_stays_logged_in(breakable: World) -> None:
    """A new key, everything sealed anew, and the holder dies: the next one opens the credentials, and nobody notices."""
    world = breakable
    alice, bob = world.cast("alice", "bob")
    there = world.online(bob)
    phone = world.phone(alice, way="MD5", cir=["STCP"]).start()
    command = [world.stack.processes["web"].argv[0], "accounts", "rotate", "--new-key"]
    done = subprocess.run(command, env=world.stack.env, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"new key: k\d+\nsealed anew: [1-9]\d* links, [1-9]\d* sessions", done.stdout)
    world.stack.kill("holder")
    world.stack.start("holder")
    phone.until_good(lambda: phone.send(bob.wv, text := secret_text()) and text, within=90)
    there.send(alice.jid, text := secret_text())
    phone.hears(text, within=90)
    other = world.phone(alice, way="SHA", client_id="other")
    other.until_good(other.start, within=90)
