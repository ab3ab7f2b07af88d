"""Variables of the environment that begin like settings. One that nobody reads is a mistake: it is told, with what may have been
meant."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from typing import Any

from onesoup.settings.declare import ENV_PREFIX, SettingsError
from onesoup.settings.fields import Settings

# Read elsewhere than by the settings: name without prefix -> who reads it. A name that ends with an underscore stands for all
# that begin so.
OTHER_VARIABLES: Mapping[str, str] = {
    "CONFIG": "the settings: the file",
    # The demo (`onesoup demo`, make run).
    "FEDERATION": "the demo",
    "XMPP_PORT": "the demo",
    "REDIS_PORT": "the demo",
    "S2S_PORT": "the demo",
    # deploy/compose: its .env; somebody may well put them into onesoup.env, which reaches the containers.
    "IMAGE": "compose",
    "NETWORK": "compose",
    "PROSODY": "compose",
    "XMPP_BIND": "compose",
    "OPEN_FILES": "compose",
    "MEMORY_LIMIT": "compose",
    "REDIS_MEMORY": "compose",
    "REDIS_MEMORY_LIMIT": "compose",
    "PROSODY_MEMORY_LIMIT": "compose",
    # Tests and tools of the repository.
    "FREE_PORTS": "tests: the range of ports to take",
    "BEFORE": "tests of containers",
    "BENCH_": "benches",
    "EXAMPLES": "tests",
    "FUZZ": "fuzzing",
    "FUZZ_": "fuzzing",
    "LONG_TESTS": "tests",
    "OTHER_VECTORS": "tests and benches: vectors that are not in the repository",
    "SCREENSHOTS": "tests in a browser",
}

# What Kubernetes and links of Docker tell of services that are called onesoup-something.
_SERVICE_LINK = re.compile(r"[A-Z0-9_]+_(SERVICE_(HOST|PORT)|PORT)(_[A-Z0-9_]+)?")
_SERVICE_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://.*|tcp|udp|sctp|\d+|[0-9a-f.:]+")


def known_variables() -> frozenset[str]:
    """Every variable that a setting is read from."""
    return frozenset(name for spec in fields(Settings) for name in _names(spec))


def check_variables(environ: Mapping[str, str]) -> None:
    """SettingsError for the first variable with our prefix that nobody reads. Its value is not shown: it may be a password."""
    known = known_variables()
    for name in sorted(environ):
        if name.startswith(ENV_PREFIX) and name not in known and not _read_elsewhere(name, environ[name]):
            raise SettingsError(f"{name}: no such setting{_hint(name, known)}; example: {ENV_PREFIX}DOMAIN=example.org")


def _names(spec: Field[Any]) -> Iterable[str]:
    variable = ENV_PREFIX + spec.name.upper()
    return (variable, variable + "_FILE") if spec.metadata["secret"] else (variable,)


def _read_elsewhere(variable: str, value: str) -> bool:
    name = variable.removeprefix(ENV_PREFIX)
    if name in OTHER_VARIABLES or any(each.endswith("_") and name.startswith(each) for each in OTHER_VARIABLES):
        return True
    return bool(_SERVICE_LINK.fullmatch(name) and _SERVICE_LINK_VALUE.fullmatch(value))


def _hint(name: str, known: Iterable[str]) -> str:
    if name.removesuffix("_FILE") in known:
        return f"; only secrets are read from files, so it can only be {name.removesuffix('_FILE')}"
    # Without the prefix, which makes all of them alike.
    near = difflib.get_close_matches(name.removeprefix(ENV_PREFIX), [each.removeprefix(ENV_PREFIX) for each in known], n=1)
    return f"; did you mean {ENV_PREFIX}{near[0]}?" if near else ""
