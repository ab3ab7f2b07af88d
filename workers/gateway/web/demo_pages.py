"""`/demo` and `/demo/wall`: a phone in the browser, for people who have none. Served where the setting `browser_phone` is on.

Owns the page policy, what a page is told of this server, and the files that pages load. The files are read once, when the gateway
starts: no path that a stranger sends reaches the file system. What the phone does is in `browser_phone/` and runs in the page:
for the gateway it is a phone like any other, and posts where phones post."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import falcon

from onesoup.handlers.context import GatewayServices
from workers.gateway.client_address import PeerReader
from workers.gateway.web import rendering
from workers.gateway.web.landing import not_found, server_of

DEMO_PATH = "/demo"
# What belongs to the pages, for Falcon's routing: the path itself and what is below it.
DEMO_PATHS = rf"(?i:{DEMO_PATH})(?:/|$)"
FILES = Path(__file__).parent / "browser_phone"
_FILE_PREFIX = f"{DEMO_PATH}/files/"
_TEMPLATES = {"demo": "demo.html", "demo/wall": "wall.html"}
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that a page loads. `tag` changes with its content."""

    data: bytes
    kind: str
    tag: str


@dataclass(frozen=True, slots=True)
class DemoValues:
    """What the settings say about the pages. `xmpp_websocket`: URL of the XMPP server for the wall, or "". `accounts`: passwords
    of users whom the pages offer; everybody who opens a page can read them."""

    xmpp_websocket: str = ""
    accounts: Mapping[str, str] | None = None


def page_files(folder: Path = FILES) -> dict[str, PageFile]:
    """{path below /demo/files/: file} of every file that a page may load."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(folder).as_posix(): _read(path) for path in found}


def _read(path: Path) -> PageFile:
    data = path.read_bytes()
    return PageFile(data, _TYPES[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:16]}"')


def page_policy(xmpp_websocket: str = "") -> str:
    """The Content-Security-Policy of the pages: scripts and styles are files of ours, requests go to this server."""
    parts = urlsplit(xmpp_websocket)
    beyond = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"connect-src 'self'{beyond}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )


class DemoPages:
    """Answers GET and HEAD for DEMO_PATH and below."""

    def __init__(self, services: GatewayServices, peers: PeerReader, values: DemoValues) -> None:
        self._services, self._peers, self._values = services, peers, values
        self._files, self._policy = page_files(), page_policy(values.xmpp_websocket)

    def show(self, req: falcon.Request, resp: falcon.Response) -> None:
        template = _TEMPLATES.get(req.path.strip("/").lower())
        file = self._files.get(req.path.removeprefix(_FILE_PREFIX)) if req.path.startswith(_FILE_PREFIX) else None
        if template:
            rendering.show(req, resp, template, {"data": self._data(req)})
        elif file:
            self._send(req, resp, file)
        else:
            not_found(req, resp)
            return
        resp.set_header("Content-Security-Policy", self._policy)

    def _send(self, req: falcon.Request, resp: falcon.Response, file: PageFile) -> None:
        rendering.harden(resp)
        # Asked for again each time, and sent again only after a new release: pages and files belong together.
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("ETag", file.tag)
        if file.tag in (req.get_header("If-None-Match") or ""):
            resp.status = falcon.HTTP_304
            return
        resp.content_type, resp.data = file.kind, file.data

    def _data(self, req: falcon.Request) -> dict[str, Any]:
        """What the scripts of a page are told."""
        server = server_of(self._services, self._peers, req)
        accounts = self._values.accounts or {}
        return {
            "imps_url": "/",
            "domain": server.domain,
            "helper": server.helper,
            "xmpp_websocket": self._values.xmpp_websocket,
            "accounts": [{"user": user, "password": password} for user, password in accounts.items()],
        }
