"""Reads the settings: the defaults, then onesoup.toml, then the environment, then the files that ..._FILE variables name."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from onesoup.settings.check_together import check_together
from onesoup.settings.convert import convert_setting
from onesoup.settings.declare import ENV_PREFIX, SettingsError
from onesoup.settings.fields import Settings
from onesoup.settings.variables import check_variables


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from all sources. Raises SettingsError at the first value that cannot be used."""
    environ = os.environ if environ is None else environ
    check_variables(environ)
    values: dict[str, Any] = {}
    for spec, origin, raw in _found(environ):
        values[spec.name] = convert_setting(spec, origin, raw)
    loaded = Settings(**values)
    check_together(loaded)
    return loaded


def log_form(environ: Mapping[str, str] | None = None) -> str:
    """The form of the log, also where other settings cannot be used: json unless the environment or the file says console."""
    environ = os.environ if environ is None else environ
    form = environ.get(ENV_PREFIX + "LOG")
    if form is None:
        try:
            form = _file_values(environ.get(ENV_PREFIX + "CONFIG", ""), {spec.name: spec for spec in fields(Settings)}).get("log")
        except SettingsError:
            form = None
    return "console" if form == "console" else "json"


def setting_origins(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """For each setting that is not the default: the source that won."""
    return {spec.name: origin for spec, origin, _ in _found(os.environ if environ is None else environ)}


def secret_files(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The files that hold secrets: what names each -> its path."""
    environ = os.environ if environ is None else environ
    config = environ.get(ENV_PREFIX + "CONFIG", "")
    found = {"keys_file": settings.keys_file} if settings.keys_file else {}
    for spec, origin, _ in _found(environ):
        if spec.metadata["secret"] and origin.endswith("_FILE"):
            found[origin] = environ[origin]
        elif spec.metadata["secret"] and config and origin.startswith(f"{config}: "):
            found[ENV_PREFIX + "CONFIG"] = config
    return found


def open_to_all(path: str) -> bool:
    """Whether everybody on this host may read, write or run the file. False for a file that cannot be looked at."""
    try:
        return bool(os.stat(path).st_mode & 0o007)
    except OSError:
        return False


def open_secrets(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Those of `secret_files` that everybody on this host can read."""
    return {name: path for name, path in secret_files(settings, environ).items() if open_to_all(path)}


def _found(environ: Mapping[str, str]) -> Iterable[tuple[Field[Any], str, Any]]:
    """(field, source, raw value), weakest source first."""
    specs = {spec.name: spec for spec in fields(Settings)}
    for name, raw in _file_values(environ.get(ENV_PREFIX + "CONFIG", ""), specs).items():
        yield specs[name], f"{environ[ENV_PREFIX + 'CONFIG']}: {name}", raw
    # Hosting platforms set WEB_CONCURRENCY. ONESOUP_WEB_WORKERS comes later and wins.
    if environ.get("WEB_CONCURRENCY"):
        yield specs["web_workers"], "WEB_CONCURRENCY", environ["WEB_CONCURRENCY"]
    for name, spec in specs.items():
        key = ENV_PREFIX + name.upper()
        if key in environ:
            yield spec, key, environ[key]
        if spec.metadata["secret"] and environ.get(key + "_FILE"):
            yield spec, key + "_FILE", _secret(key + "_FILE", environ[key + "_FILE"])


def _file_values(path: str, specs: Mapping[str, Field[Any]]) -> dict[str, Any]:
    if not path:
        return {}
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{ENV_PREFIX}CONFIG={path}: {error.strerror}; example: {ENV_PREFIX}CONFIG=/etc/onesoup.toml"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f'{path}: {error}; example of a line: domain = "example.org"') from None
    values = _sections(values, specs)
    for name in values:
        if name not in specs:
            near = difflib.get_close_matches(name, specs, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f'{path}: {name}: no such setting{hint}; example of a line: domain = "example.org"')
    return values


def _sections(values: Mapping[str, Any], specs: Mapping[str, Field[Any]]) -> dict[str, Any]:
    """Tables flattened to field names: `url` of [sms] becomes `sms_url`. A field that is a table itself stays one."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and name not in specs:
            flat.update((f"{name}_{key}", inner) for key, inner in value.items())
        else:
            flat[name] = value
    return flat


def _secret(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SettingsError(f"{key}={path}: {reason}; example: {key}=/run/secrets/onesoup") from None
