"""The scripts of the phone in the browser, in a real Chromium, from the pages of the gateway that serve them."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import falcon
import pytest

from onesoup.handlers.context import Policy
from tests.support.browser import served
from workers.gateway.client_address import PeerReader
from workers.gateway.web.demo_pages import DEMO_PATHS, DemoPages, DemoValues


@pytest.fixture(scope="module")
def page(browser):
    """A page on /demo. Nothing answers phones there."""
    services = SimpleNamespace(policy=Policy("example.org", frozenset({"example.org"})))
    pages, app = DemoPages(services, PeerReader(), DemoValues()), falcon.App()
    app.add_sink(lambda req, resp, **_: pages.show(req, resp), DEMO_PATHS)
    with served(app) as url:
        page = browser.page()
        page.open(f"{url}/demo")
        yield page
        page.close()


@pytest.fixture(scope="module")
def run(page) -> Callable[..., Any]:
    """Runs the function that a script beside the tests has as its default export, and gives what that returns."""

    def running(script: str, *arguments: Any) -> Any:
        source = (Path(__file__).parent / script).read_text(encoding="utf-8")
        return page.evaluate(f"({source})(...{json.dumps(arguments)})")

    return running
