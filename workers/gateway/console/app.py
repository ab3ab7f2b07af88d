"""The console as a WSGI application, to be mounted at CONSOLE_PATH of a gateway's admin port."""

import falcon
import redis

from onesoup.settings import Settings
from onesoup.store.account.keyring import KeyRing
from workers.gateway.console.login import LoginResource
from workers.gateway.console.pages import ConsoleSite
from workers.gateway.console.rendering import STATIC_PATH, StaticFiles
from workers.gateway.console.routes import CONSOLE_PAGES
from workers.gateway.console.serving import LOGIN_PATH, PageResource, answer_bug, answer_http_error


def create_console(settings: Settings, client: redis.Redis, ring: KeyRing) -> "falcon.App[falcon.Request, falcon.Response]":
    """Makes nothing in Redis and asks it nothing before the first request."""
    site = ConsoleSite.of(settings, client, ring, CONSOLE_PAGES)
    app = falcon.App()
    app.req_options.strip_url_path_trailing_slash = True
    app.set_error_serializer(answer_http_error)
    app.add_error_handler(Exception, answer_bug)
    for page in CONSOLE_PAGES:
        app.add_route(page.path, PageResource(site, page(site)))
    plain = frozenset(page.path for page in CONSOLE_PAGES if "{" not in page.path)
    app.add_route(LOGIN_PATH, LoginResource(site, plain))
    app.add_route(STATIC_PATH + "/{name}", StaticFiles())
    return app
