"""Somebody who uses the account page, and what is looked for in its pages."""

import html
import re
from urllib.parse import urlencode

from falcon.testing import TestClient

from workers.gateway.web import forms
from workers.gateway.web.signed_session import ACCOUNT_PATH

from .conftest import HTTPS

ALICE = "alice@example.org"


class Person:
    """Uses the page as a browser without scripts does: keeps cookies, follows redirects, fills in the form that is shown."""

    def __init__(self, client: TestClient, headers: dict[str, str] = HTTPS) -> None:
        self.client, self.headers, self.cookies = client, dict(headers), {}
        self.page, self.path, self.went = None, ACCOUNT_PATH, []

    def open(self, path: str = ACCOUNT_PATH):
        """The page at the end of all redirects."""
        self.went = []
        return self._follow(self._ask("GET", path), path)

    def send(self, *, to: str = "", **typed: str):
        """Sends the form of the page that is open."""
        path = to or self.path
        form = {"token": self.token(), **typed}
        self.went = []
        answer = self._ask("POST", path, body=urlencode(form), content_type=forms.FORM)
        return self._follow(answer, path)

    def sign_in(self, address: str = ALICE, password: str = "right"):
        self.open()
        return self.send(address=address, password=password)

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page.text)
        return found.group(1) if found else ""

    def _ask(self, method: str, path: str, body: str | None = None, content_type: str | None = None):
        headers = self.headers | ({"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items())} if self.cookies else {})
        answer = self.client.simulate_request(method, path, headers=headers, body=body, content_type=content_type)
        for name, cookie in answer.cookies.items():
            self.cookies[name] = cookie.value
            if cookie.max_age == 0 or not cookie.value or (cookie.expires and cookie.expires.year < 2000):
                del self.cookies[name]
        return answer

    def _follow(self, answer, path: str):
        while answer.status_code == 303:
            path = answer.headers["location"]
            assert path.startswith(ACCOUNT_PATH), "a redirect names a path of the page and no host"
            self.went.append(path)
            answer = self._ask("GET", path)
        self.page, self.path = answer, path
        return answer


def words(page) -> str:
    """The text of a page, without tags."""
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page.text, flags=re.S)).split())


def is_linked(page, field: str, told: str) -> None:
    """The summary links to the field, which has the focus and is described by the error."""
    assert re.search(rf'role="alert"[^>]*>\s*<a href="#{field}">[^<]*{re.escape(told)}', page.text)
    (found,) = re.findall(rf'<input id="{field}"[^>]*>', page.text)
    assert "autofocus" in found
    assert 'aria-invalid="true"' in found
    assert f'aria-describedby="{field}-wrong' in found
    assert re.search(rf'id="{field}-wrong">[^<]*{re.escape(told)}', page.text)
    assert page.text.count(" autofocus") == 1
    assert "<title>Error: " in page.text
