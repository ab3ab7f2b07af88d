"""Settings with which a process can start: all values, and the files and URLs that they name. Also read anew on SIGHUP, which
must not end a process over a bad one."""

import signal
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields

import gevent
import structlog

from onesoup.settings import Settings, SettingsError, load_settings, masked_settings, unusable_ca
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.redis import urls

log = structlog.get_logger(__name__)


def load_usable_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """As load_settings(), and looks into what the settings name: key ring, CA file, Redis URL. SettingsError."""
    settings = load_settings(environ)
    try:
        if settings.keys_file:
            KeyRing.load(settings.keys_file)
        urls.parse(settings.redis_url)
    except KeyRingError as error:
        raise SettingsError(f"keys_file: {error}") from None
    except ValueError as error:
        raise SettingsError(f"redis_url={masked_settings(settings)['redis_url']}: {error}") from None
    if settings.xmpp_ca:
        try:
            ssl.create_default_context(cafile=settings.xmpp_ca)
        except OSError as error:
            raise unusable_ca(settings.xmpp_ca, error) from None
    return settings


def changed_names(before: Settings, after: Settings) -> list[str]:
    """The names of settings that differ."""
    return [spec.name for spec in fields(Settings) if getattr(before, spec.name) != getattr(after, spec.name)]


def go_on_after_hangup(settings: Settings, stop: Callable[[], object]) -> None:
    """For a process that reads its settings at the start only. SIGHUP tells in the log what a restart would bring, or what is
    wrong, and ends nothing. Of a process in a terminal it means that the terminal is gone: `stop`."""
    if sys.stdin is not None and sys.stdin.isatty():
        gevent.signal_handler(signal.SIGHUP, stop)
    else:
        gevent.signal_handler(signal.SIGHUP, _tell_changes, settings)


def _tell_changes(settings: Settings) -> None:
    try:
        names = changed_names(settings, load_usable_settings())
    except SettingsError as error:
        log.error("reload-refused", reason=str(error))
        return
    if names:
        log.warning("restart-needed", settings=",".join(names))
    else:
        log.info("reload", changed=0)
