"""How a setting is declared: a dataclass field with its help, its example and its limits."""

from dataclasses import field
from typing import Any

ENV_PREFIX = "ONESOUP_"

# Marks of secret settings: the whole value, or a URL with a secret in it.
SECRET, SECRET_URL = "whole", "url"

# In the list of domains: every domain that a phone asks for. An asterisk means the same.
ANY_DOMAIN = "any"


class SettingsError(ValueError):
    """A setting cannot be used. The text names the key, the value found and an example."""


def setting(
    default: Any,
    help: str,
    example: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: str = "",
) -> Any:
    """A dataclass field with its help, example and limits. `secret` marks a value that is never shown: SECRET, or SECRET_URL
    where scheme, user and host may be shown. A secret can also be given by ..._FILE."""
    metadata = {"help": help, "example": example, "low": low, "high": high, "choices": choices, "secret": secret}
    if isinstance(default, dict):
        return field(default_factory=dict, hash=False, repr=not secret, metadata=metadata)
    return field(default=default, repr=not secret, metadata=metadata)


def port_setting(default: int, help: str, example: str) -> Any:
    return setting(default, help, example, low=0, high=65535)


class Domains(frozenset[str]):
    """The domains that the operator listed. With ANY_DOMAIN among them `in` is true for every domain, `listed` only for those."""

    def __contains__(self, domain: object) -> bool:
        return super().__contains__(ANY_DOMAIN) or self.listed(domain)

    def listed(self, domain: object) -> bool:
        return domain != ANY_DOMAIN and super().__contains__(domain)
