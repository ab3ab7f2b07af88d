"""Shows settings with their secrets hidden, and takes those secrets out of other texts."""

import json
import re
from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any
from urllib.parse import quote, unquote

from onesoup.settings.declare import SECRET, SECRET_URL
from onesoup.settings.fields import Settings

SECRET_MASK = "***"

# Shorter secrets are not searched for: they would match ordinary text.
MIN_SECRET_LENGTH = 6
_SECRET_OPTION = re.compile("pass|pwd|key|token|secret|auth|sig", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z0-9._-]{1,32}")


def masked_settings(settings: Settings) -> dict[str, str]:
    """The settings as text for listings and the log; secrets are hidden."""
    return {spec.name: _shown(spec, getattr(settings, spec.name)) for spec in fields(Settings)}


def changed_settings(settings: Settings) -> dict[str, str]:
    """As `masked_settings`, but only settings that differ from their default."""
    default = masked_settings(Settings())
    return {name: text for name, text in masked_settings(settings).items() if text != default[name]}


def secret_texts(settings: Settings) -> frozenset[str]:
    """Every secret in the settings: passwords; of URLs the password before the host and secret query parameters."""
    found: set[str] = set()
    for spec in fields(Settings):
        value = getattr(settings, spec.name)
        if spec.metadata["secret"] == SECRET:
            found |= set(value.values()) if isinstance(value, dict) else {value}
        elif spec.metadata["secret"] == SECRET_URL:
            found |= _secrets_in(value)
    return frozenset(each for each in found if len(each) >= MIN_SECRET_LENGTH)


def without_secrets(text: str, hidden: Iterable[str]) -> str:
    """The text with these secrets replaced by SECRET_MASK, also where they are URL-encoded or JSON-escaped."""
    for each in hidden:
        for form in {each, quote(each, safe=""), json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1]}:
            text = text.replace(form, SECRET_MASK)
    return text


def _shown(spec: Field[Any], value: Any) -> str:
    text, mark = setting_text(value), spec.metadata["secret"]
    if not text or not mark:
        return text
    return _url_without_secrets(text) if mark == SECRET_URL else SECRET_MASK


def setting_text(value: Any) -> str:
    """A value as an operator would write it into the environment."""
    if isinstance(value, dict):
        return ",".join(f"{name}={_pair(*target) if isinstance(target, tuple) else target}" for name, target in value.items())
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _pair(host: str, number: int) -> str:
    return f"{host}:{number}"


def _url_without_secrets(url: str) -> str:
    """The URL without its password and its query. A password may hold characters that should have been encoded: where the parts
    cannot be told apart, nothing is shown."""
    scheme, colon, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    if not colon or "?" in login:
        return SECRET_MASK
    place, question, _ = place.partition("?")
    user, colon, _ = login.partition(":")
    name = user if colon and _USER.fullmatch(user) else SECRET_MASK if user else ""
    return f"{scheme}://{f'{name}:{SECRET_MASK}@' if at else ''}{place}{f'?{SECRET_MASK}' if question else ''}"


def _secrets_in(url: str) -> set[str]:
    rest = url.partition("://")[2]
    login, options = rest.rpartition("@")[0], rest.partition("?")[2]
    password = login.partition(":")[2]
    found = {password} if password else {login} if len(login) > 2 * MIN_SECRET_LENGTH else set()
    pairs = (part.partition("=")[::2] for part in options.split("&"))
    found |= {value for name, value in pairs if _SECRET_OPTION.search(name) and "{" not in value}
    return found | {unquote(each) for each in found}
