"""Variables that look like settings: who reads them, and what is said of those that nobody reads."""

import re
from pathlib import Path

import pytest

from onesoup.settings import SettingsError, load_settings
from onesoup.settings.variables import OTHER_VARIABLES, known_variables

REPOSITORY = Path(__file__).resolve().parents[2]
# Here names stand that nobody reads, and names of XML namespaces and of old releases.
READ_BY = ("onesoup", "workers", "cir", "tools", "bench", "deploy", "docs", "tests", "Makefile", "README.md", "gunicorn.conf.py")
NOT_VARIABLES = {"ONESOUP_DOMAN", "ONESOUP_LISTS", "ONESOUP_NONSENSE", "ONESOUP_PROFILE", "ONESOUP_VERSION"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ONESOUP_REDIS_ULR", "ONESOUP_REDIS_ULR: no such setting; did you mean ONESOUP_REDIS_URL?"),
        ("ONESOUP_TRUSTED_PROXY", "did you mean ONESOUP_TRUSTED_PROXIES?"),
        ("ONESOUP_SMS_PASSWORDFILE", "did you mean ONESOUP_SMS_PASSWORD_FILE?"),
        ("ONESOUP_DOMAIN_FILE", "only secrets are read from files, so it can only be ONESOUP_DOMAIN"),
        ("ONESOUP_COFFEE", "no such setting; example: "),
    ],
)
def test_a_variable_that_nobody_reads_is_an_error_with_a_hint(name, told):
    with pytest.raises(SettingsError) as caught:
        load_settings({name: "hunter2"})
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_variables_of_others_are_none_of_our_business():
    assert load_settings({"ONESOUPX": "1", "PATH": "/bin", "onesoup_domain": "x"}) == load_settings({})


@pytest.mark.parametrize(
    "name", ["ONESOUP_FREE_PORTS", "ONESOUP_NETWORK", "ONESOUP_FEDERATION", "ONESOUP_BENCH_SID", "ONESOUP_FUZZ_CASES"]
)
def test_what_another_part_of_onesoup_reads_is_known(name):
    load_settings({name: "1"})


def test_kubernetes_may_tell_of_services_that_are_called_like_us():
    """A pod gets these for a Service onesoup-web, whether it wants them or not."""
    links = {
        "ONESOUP_WEB_SERVICE_HOST": "10.96.12.7",
        "ONESOUP_WEB_SERVICE_PORT": "8080",
        "ONESOUP_WEB_SERVICE_PORT_HTTP": "8080",
        "ONESOUP_WEB_PORT": "tcp://10.96.12.7:8080",
        "ONESOUP_WEB_PORT_8080_TCP": "tcp://10.96.12.7:8080",
        "ONESOUP_WEB_PORT_8080_TCP_PROTO": "tcp",
        "ONESOUP_WEB_PORT_8080_TCP_ADDR": "fd00::7",
    }
    assert load_settings(links) == load_settings({})


def _named(path: Path) -> set[str]:
    try:
        return set(re.findall(r"\bONESOUP_[A-Z0-9]+(?:_[A-Z0-9]+)*\b(?![_{])", path.read_text(encoding="utf-8")))
    except UnicodeDecodeError:
        return set()


def test_every_variable_that_the_repository_names_is_a_setting_or_stands_in_the_table():
    files = [
        each
        for name in READ_BY
        for each in ((REPOSITORY / name).rglob("*") if (REPOSITORY / name).is_dir() else [REPOSITORY / name])
    ]
    found = {name: each for each in files if each.is_file() and each != Path(__file__) for name in _named(each)}
    others = {f"ONESOUP_{name}" for name in OTHER_VARIABLES}
    families = tuple(name for name in others if name.endswith("_"))
    known = known_variables() | others | NOT_VARIABLES
    strange = {name: str(each) for name, each in found.items() if name not in known and not name.startswith(families)}
    assert strange == {}
    assert {name for name in others if name not in found and not name.endswith("_")} == set()
