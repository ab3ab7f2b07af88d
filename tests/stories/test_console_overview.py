"""The operators' console on a running stack, in a real browser: from the command that shows the token to what one sees there."""

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.support.browser import Browser, Page
from tests.support.secrets import keep_secret
from tests.support.world import World

WITHIN = 120.0


def console(world: World, *words: str) -> dict[str, object]:
    command = [str(Path(sys.prefix, "bin", "onesoup")), "console", "--json", *words]
    done = subprocess.run(command, env=world.stack.env, capture_output=True, text=True, timeout=60, check=True)
    return dict(json.loads(done.stdout))


def shows(page: Page, text: str) -> None:
    """Waits for a text; the page renews itself."""
    end = time.monotonic() + WITHIN
    while text not in (seen := str(page.evaluate("document.body.innerText"))):
        assert time.monotonic() < end, seen
        time.sleep(0.2)


def test_an_operator_logs_in_sees_phones_and_what_doctor_finds(world: World, browser: Browser) -> None:
    (alice,) = world.cast("alice")
    world.phone(alice).login()
    shown = console(world)
    token = str(shown["token"])
    keep_secret(token)
    assert isinstance(shown["urls"], list)
    page = browser.page(width=1280)
    assert page.open(shown["urls"][0]) == 200
    page.fill("#access", token)
    page.press("Enter", 13, "\r")
    assert page.loaded() == 200
    assert page.evaluate("document.querySelectorAll('svg.plot').length") == 8
    shows(page, "works last stream")  # the XMPP server
    assert int(str(page.evaluate("document.querySelector('.figure').textContent")).replace(",", "")) >= 1
    assert page.click("nav a[href$=findings]") == 200
    shows(page, "Look again")
    shows(page, "holders")
    shows(page, "XMPP localhost")
    assert "As of" in str(page.evaluate("document.body.innerText"))
    assert page.faults() == []
    assert console(world, "--end")["ended"]
    page.click("nav a")
    assert page.evaluate("location.pathname") == "/console/login"
    page.close()
    logs = world.stack.logs("web")
    assert '"console-login"' in logs
    assert str(shown["urls"][0]).rpartition(":")[2] in logs
