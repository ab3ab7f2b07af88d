"""The gateway: answers phones over HTTP. It owns the way from bytes to a handler and back, and knows no rule of CSP.

`workers.gateway:create_app()` is the WSGI application of one worker. Begin at `app.py`. Nothing is imported here: gunicorn's
master reads `reload.py`, and must not load the application that its workers load anew at each reload.
"""

from typing import Any


def create_app() -> Any:
    """See `workers.gateway.app.create_app`. The settings are those that the master has: files that somebody is just changing
    count from the next reload on."""
    from workers.gateway.app import create_app as create
    from workers.gateway.reload import worker_settings

    return create(worker_settings())
