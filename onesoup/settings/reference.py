"""The reference of all settings, as the manual and the demo print it."""

from collections.abc import Iterable
from dataclasses import MISSING, fields

from onesoup.settings.declare import ENV_PREFIX
from onesoup.settings.fields import Settings
from onesoup.settings.masking import setting_text


def settings_reference() -> Iterable[dict[str, str]]:
    """One entry for each setting: name, environment variable, default, help, example, limits."""
    for spec in fields(Settings):
        meta, variable = spec.metadata, ENV_PREFIX + spec.name.upper()
        limits = " | ".join(meta["choices"])
        if meta["low"] is not None:
            limits = f"{meta['low']} to {meta['high']}"
        yield {
            "name": spec.name,
            "environment": variable + (f" or {variable}_FILE" if meta["secret"] else ""),
            "default": setting_text({} if spec.default is MISSING else spec.default),
            "help": meta["help"],
            "example": meta["example"],
            "limits": limits,
        }
