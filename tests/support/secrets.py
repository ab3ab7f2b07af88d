"""Texts that no log may contain. Every password and message of a test comes from here; the end of the run looks for them."""

import base64
import itertools
import json
import secrets as _random
from collections.abc import Mapping

_known: dict[str, set[str]] = {}
_passwords: set[str] = set()
START = 8
_numbers = itertools.count(1)


def secret_text(before: str = "", after: str = "") -> str:
    """A text that occurs nowhere else, with given text around it."""
    core = f"tz{_random.token_hex(6)}{next(_numbers)}"
    _known[core] = _forms(core)
    return before + core + after


def keep_secret(text: str) -> None:
    """Registers a secret that was made elsewhere, such as a SessionID."""
    _known[text] = _forms(text)


def keep_password(user: str, password: str) -> None:
    """A password as SASL PLAIN carries it, too."""
    _known[password] = _forms(password) | {base64.b64encode(f"\0{user}\0{password}".encode()).decode()}
    _passwords.add(password)


def passwords_in(octets: bytes) -> list[str]:
    """The passwords that octets contain, in any form."""
    forms = {core: {form.encode().decode("latin-1") for form in _known[core]} for core in _passwords}
    return _search(octets.decode("latin-1"), forms)


def found_in(text: str) -> list[str]:
    """The secrets that a text contains, in any form in which a log could have them."""
    return _search(text, _known)


def _search(text: str, wanted: Mapping[str, set[str]]) -> list[str]:
    """There are many secrets, and the text of a whole run is long: it is gone through once, and compared where it could be the
    start of something."""
    starts: dict[str, list[tuple[str, str]]] = {}
    found = set()
    for core, forms in wanted.items():
        for form in forms:
            if len(form) >= START:
                starts.setdefault(form[:START], []).append((form, core))
            elif form in text:
                found.add(core)
    for place in range(len(text) - START + 1):
        for form, core in starts.get(text[place : place + START], ()):
            if text.startswith(form, place):
                found.add(core)
    return [core for core in wanted if core in found]


def _forms(text: str) -> set[str]:
    octets = text.encode()
    return {text, json.dumps(text)[1:-1], base64.b64encode(octets).decode(), octets.hex()}
