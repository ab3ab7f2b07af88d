"""A gateway worker's exchange and the holder behind it, for phones that speak CSP by SMS."""

from tests.handlers.conftest import exchange, holder, redis, services

__all__ = ["exchange", "holder", "redis", "services"]
