"""Templates and files of the console, with the headers that each answer has. Nothing is loaded from elsewhere, no script or style
stands in a page, and no page is kept by the browser."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import falcon
import jinja2
from markupsafe import Markup, escape

from onesoup.operators.spans import short_span

HERE = Path(__file__).parent
CONSOLE_PATH = "/console"
STATIC_PATH = f"{CONSOLE_PATH}/static"
STATIC_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
STATIC_SECONDS = 86_400
OUR_MISTAKE = "Something is wrong in onesoup. Its log has the event bug."
CONSOLE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def protect(resp: falcon.Response) -> None:
    """The headers of every answer. The browser names the origin of its posts to us only, and nothing to others."""
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("Content-Security-Policy", CONSOLE_POLICY)
    resp.set_header("X-Frame-Options", "DENY")
    resp.set_header("X-Content-Type-Options", "nosniff")
    resp.set_header("Referrer-Policy", "same-origin")
    resp.set_header("Cross-Origin-Opener-Policy", "same-origin")
    resp.set_header("Cross-Origin-Resource-Policy", "same-origin")


def render_console(resp: falcon.Response, template: str, values: Mapping[str, Any], status: str = falcon.HTTP_200) -> None:
    protect(resp)
    resp.status, resp.content_type = status, "text/html; charset=utf-8"
    resp.text = _environment().get_template(template).render(values)


@cache
def _environment() -> jinja2.Environment:
    """Everything is escaped; a name that a template misspells is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_url
    made.globals["console"] = CONSOLE_PATH
    made.filters["marked"] = marked
    made.filters["span"] = lambda seconds: short_span(1000 * seconds)
    return made


def marked(text: str) -> Markup:
    """Text in which commands stand between backticks."""
    code = Markup("<code>{}</code>")
    pieces = [code.format(piece) if place % 2 else escape(piece) for place, piece in enumerate(text.split("`"))]
    return Markup("").join(pieces)


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Name -> (what is in the file, the digest in its URL). Read once: what a request names is looked up here, and no path."""
    found = {each.name: each.read_bytes() for each in sorted((HERE / "static").iterdir()) if each.suffix in STATIC_TYPES}
    return {name: (data, hashlib.sha256(data).hexdigest()[:12]) for name, data in found.items()}


def static_url(name: str) -> str:
    return f"{STATIC_PATH}/{name}?v={_files()[name][1]}"


class StaticFiles:
    """The style sheet and the scripts. They may be kept under a URL with the digest of what they say."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        protect(resp)
        if name not in _files():
            raise falcon.HTTPNotFound()
        data, digest = _files()[name]
        if req.get_param("v") == digest:
            resp.set_header("Cache-Control", f"public, max-age={STATIC_SECONDS}, immutable")
        resp.content_type, resp.data = STATIC_TYPES[Path(name).suffix], data
