"""Forms of pages: reading them within limits, and the tokens that keep forms of other sites out.

A form on one of our pages carries a token that is made of the time and of a secret in the browser's cookie. A page of another
site can make a browser post, and neither read our token nor make one."""

import secrets
from urllib.parse import parse_qs

import falcon

from onesoup.store.account.keyring import KeyRing

FORM = "application/x-www-form-urlencoded"
MAX_FORM, MAX_WEB_FORM_FIELDS = 8192, 20
TOKEN_SECONDS = 3600
# The field of a form that holds the token.
TOKEN = "token"


def is_form(req: falcon.Request) -> bool:
    """Whether a browser posts this. Phones post CSP to any path, with types of their own."""
    return (req.content_type or "").lower().startswith(FORM)


def fields(req: falcon.Request) -> dict[str, str]:
    """The fields of a form; a second one of the same name does not count. 400 or 413 for what is none or too long."""
    body = req.bounded_stream.read(MAX_FORM + 1)
    if len(body) > MAX_FORM:
        raise falcon.HTTPContentTooLarge()
    try:
        found = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_WEB_FORM_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        raise falcon.HTTPBadRequest() from None
    return {name: values[0] for name, values in found.items()}


class FormTokens:
    """Makes tokens and checks them. `key` is the secret that the browser's cookie names, `now` seconds since 1970."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def make(self, key: str, now: int) -> str:
        """Good for an hour, in the browser that has the cookie."""
        return f"{now}.{self._ring.digest(f'{now}.{key}', 'form').hex()[:32]}"

    def good(self, token: str, key: str, now: float) -> bool:
        made, _, _ = token.partition(".")
        if not key or not made.isascii() or not made.isdigit() or len(made) > 12:
            return False
        fresh = 0 <= now - int(made) <= TOKEN_SECONDS
        return secrets.compare_digest(token.encode("utf-8", "surrogatepass"), self.make(key, int(made)).encode()) and fresh
