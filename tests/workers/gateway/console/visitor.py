"""A browser at localhost: keeps cookies, follows nothing, and posts the forms that it was shown."""

import re
from urllib.parse import urlencode

from falcon.testing import TestClient

SITE = "localhost:9471"
FORM_HEADERS = {"Origin": f"http://{SITE}", "Content-Type": "application/x-www-form-urlencoded"}


class Visitor:
    def __init__(self, app) -> None:
        self.client = TestClient(app, headers={"Host": SITE})
        self.cookies: dict[str, str] = {}
        self.page = None

    def open(self, path: str = "/console", **headers: str):
        return self._kept(self.client.simulate_get(path, headers=headers, cookies=self.cookies))

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: str):
        """Posts a form, with the token of the one that is shown."""
        body = urlencode({"token": self.form_token()} | fields)
        told = FORM_HEADERS | (headers or {})
        return self._kept(self.client.simulate_post(path, body=body, headers=told, cookies=self.cookies))

    def form_token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page.text if self.page else "")
        return found[1] if found else ""

    def log_in(self, token: str, path: str = "/console/login", **headers: str):
        self.open(path, **headers)
        return self.send(path, headers, access=token)

    def _kept(self, page):
        self.page = page
        for name, cookie in page.cookies.items():
            self.cookies[name] = cookie.value
            if not cookie.value:
                del self.cookies[name]
        return page
