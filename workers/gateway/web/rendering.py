"""Templates to answers, with the headers that every page has.

Two kinds of pages share one style sheet. A page for phones (`phone.xhtml`) is XHTML Mobile Profile 1.0: it works in a WAP 2.0
browser of 2004, and has at most MAX_PHONE_PAGE bytes. A page for people (`person.html`) is HTML. Neither runs a script or loads
anything."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import falcon
import jinja2
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
MAX_PHONE_PAGE = 10 * 1024
PHONE_TYPES = ("application/vnd.wap.xhtml+xml", "application/xhtml+xml")
# What XML 1.0 does not allow, however it is escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def policy(styles: str, scripts: str = "'none'") -> str:
    """The Content-Security-Policy of a page with this style sheet."""
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; script-src {scripts}; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def clean(value: object) -> object:
    """A value as it may stand in XML."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


@cache
def environment() -> jinja2.Environment:
    """Everything is escaped; a name that a template misspells is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=clean,
    )
    made.globals["style"] = Markup(stylesheet())
    return made


@cache
def stylesheet() -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()


def harden(resp: falcon.Response, cache_seconds: int = 0) -> None:
    """The headers of every page. `cache_seconds` is for pages without anything of anybody's."""
    resp.set_header("Cache-Control", f"public, max-age={cache_seconds}" if cache_seconds else "no-store")
    resp.set_header("Content-Security-Policy", policy(stylesheet()))
    resp.set_header("X-Frame-Options", "DENY")
    resp.set_header("X-Content-Type-Options", "nosniff")
    resp.set_header("Referrer-Policy", "no-referrer")


def show(
    req: falcon.Request, resp: falcon.Response, template: str, values: Mapping[str, Any], status: str = falcon.HTTP_200
) -> None:
    """Answers with a template, in the type that its reader takes. The headers of `harden` are set."""
    harden(resp)
    resp.status = status
    resp.content_type = content_type(template, req.get_header("Accept") or "")
    resp.set_header("Vary", "Accept")
    resp.text = environment().get_template(template).render(values)


def content_type(template: str, accept: str) -> str:
    """XHTML goes out under a name of its own only to whoever lists that; everybody else knows text/html."""
    if template.endswith(".xhtml"):
        for kind in PHONE_TYPES:
            if kind in accept:
                return f"{kind}; charset=utf-8"
    return "text/html; charset=utf-8"
