"""The pages of the phone in the browser: what they are told, which files they load, and that nothing else comes out there."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from workers.gateway.web.demo_pages import DEMO_PATHS, FILES, DemoPages, DemoValues, page_files, page_policy
from workers.gateway.web.pages import Pages

from .conftest import PEERS

ROOT = Path(__file__).resolve().parents[4]
# How a script names another one that it loads.
LOADS = r'(?:from|import|new URL)\s*\(?"(\.[^"]+)"'
XMPP = "ws://127.0.0.1:5280/xmpp-websocket"


@pytest.fixture
def serve(app, storeless):
    def serving(values=None):
        pages = Pages(storeless, PEERS, demo="/demo" if values else "")
        app.add_sink(lambda req, resp, **_: pages.show(req, resp), "/")
        if values:
            app.add_sink(lambda req, resp, **_: DemoPages(storeless, PEERS, values).show(req, resp), DEMO_PATHS)

    return serving


def page_data(text):
    return json.loads(re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)[1])


@pytest.mark.parametrize("path", ["/demo", "/demo/", "/Demo", "/demo/wall", "/DEMO/Wall/"])
def test_a_page_is_told_of_this_server(serve, client, path):
    serve(DemoValues(XMPP, {"alice": "alice-secret"}))
    page = client.simulate_get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page_data(page.text) == {
        "imps_url": "/",
        "domain": "example.org",
        "helper": "",
        "xmpp_websocket": XMPP,
        "accounts": [{"user": "alice", "password": "alice-secret"}],
    }


def test_what_a_setting_says_cannot_end_the_script_it_stands_in(serve, client):
    serve(DemoValues(accounts={"</script><script>alert(1)//": "&'\""}))
    page = client.simulate_get("/demo")
    assert "<script>alert" not in page.text
    assert page_data(page.text)["accounts"] == [{"user": "</script><script>alert(1)//", "password": "&'\""}]


def test_scripts_are_files_of_ours_and_requests_stay_here(serve, client):
    serve(DemoValues(XMPP))
    for path in ("/demo", "/demo/wall", "/demo/files/wire/element.js"):
        headers = client.simulate_get(path).headers
        policy = headers["content-security-policy"]
        for part in (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ):
            assert f"{part};" in policy
        assert "connect-src 'self' ws://127.0.0.1:5280;" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert "connect-src 'self';" in page_policy()


def test_no_page_has_a_script_or_a_style_inside():
    for name in ("demo.html", "wall.html"):
        text = (FILES.parent / "templates" / name).read_text(encoding="utf-8")
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
        assert re.findall(r"<script(?![^>]*(?: src=|application/json))", text) == []


def test_whatever_a_page_or_a_script_loads_is_there():
    files = page_files()
    for name in ("demo.html", "wall.html"):
        text = (FILES.parent / "templates" / name).read_text(encoding="utf-8")
        assert [path for path in re.findall(r'(?:src|href)="/demo/files/([^"]+)"', text) if path not in files] == []
    for path, file in files.items():
        folder = (FILES / path).parent
        for wanted in re.findall(LOADS, file.data.decode()) if path.endswith(".js") else []:
            assert (folder / wanted).resolve().relative_to(FILES).as_posix() in files, (path, wanted)


def test_a_file_is_sent_once_as_long_as_it_is_the_same(serve, client):
    serve(DemoValues())
    got = client.simulate_get("/demo/files/wire/element.js")
    assert (got.status_code, got.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert got.content == (FILES / "wire" / "element.js").read_bytes()
    assert got.headers["cache-control"] == "no-cache"
    again = client.simulate_get("/demo/files/wire/element.js", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.simulate_get("/demo/files/wire/element.js", headers={"If-None-Match": '"0123456789abcdef"'})
    assert other.content == got.content
    assert client.simulate_head("/demo/files/wire/element.js").content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/demo/files",
        "/demo/files/",
        "/demo/files/../demo_pages.py",
        "/demo/files/%2e%2e/demo_pages.py",
        "/demo/files/wire/../../demo_pages.py",
        "/demo/files//etc/passwd",
        "/demo/files/wire/element.js/",
        "/Demo/files/wire/element.js",
        "/demo/walls",
        "/demos",
    ],
)
def test_nothing_else_comes_out(serve, client, path):
    serve(DemoValues())
    assert client.simulate_get(path).status_code == 404


def test_where_it_is_off_there_is_neither_page_nor_file_nor_link(serve, client):
    serve()
    for path in ("/demo", "/demo/wall", "/demo/files/wire/element.js"):
        assert client.simulate_get(path).status_code == 404
    assert "/demo" not in client.simulate_get("/").text


def test_the_first_page_leads_to_it(serve, client):
    serve(DemoValues())
    assert 'href="/demo"' in client.simulate_get("/").text


def test_an_installed_onesoup_has_the_files():
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["workers.gateway.web"]
    packaged = {path for pattern in patterns for path in FILES.parent.glob(pattern) if path.is_file()}
    wanted = {FILES / path for path in page_files()} | set((FILES.parent / "templates").rglob("*.*"))
    assert {path for path in wanted - packaged if path.is_file()} == set()
