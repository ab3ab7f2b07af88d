"""Every setting, with its help, its limits and an example. Read once, at the start.

Sources, the later one wins: the default; `onesoup.toml` (ONESOUP_CONFIG names it); the environment variable ONESOUP_<FIELD>;
for a secret the file that ONESOUP_<FIELD>_FILE names. Knows text and files; knows no Redis and no socket.
A new setting is one field in `sections/`. Begin at `fields.py`, then `load.py`.
"""

from onesoup.settings.check_together import unusable_ca
from onesoup.settings.declare import ENV_PREFIX, SECRET, SECRET_URL, Domains, SettingsError
from onesoup.settings.fields import Settings
from onesoup.settings.load import load_settings, log_form, open_secrets, setting_origins
from onesoup.settings.masking import SECRET_MASK, changed_settings, masked_settings, secret_texts, without_secrets
from onesoup.settings.reference import settings_reference

__all__ = [
    "ENV_PREFIX",
    "SECRET",
    "SECRET_MASK",
    "SECRET_URL",
    "Domains",
    "Settings",
    "SettingsError",
    "changed_settings",
    "load_settings",
    "log_form",
    "masked_settings",
    "open_secrets",
    "secret_texts",
    "setting_origins",
    "settings_reference",
    "unusable_ca",
    "without_secrets",
]
