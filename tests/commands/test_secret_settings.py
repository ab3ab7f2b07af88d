"""A secret setting is marked once, where it is defined; whatever shows settings or quotes them goes by that mark."""

import io
import json
import logging
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from onesoup.commands.main import main
from onesoup.observability import logs
from onesoup.settings import SECRET, SECRET_URL, Settings, changed_settings, load_settings, masked_settings
from tests.support.secrets import keep_secret

MARKED = {spec.name: spec.metadata["secret"] for spec in fields(Settings) if spec.metadata["secret"]}
LEAK = "hunter2 & co/\u00e9:7"
PLAIN = "hunter2xyz"
keep_secret(PLAIN)
# Every place in which a URL can have a secret, and spellings that are wrong.
URLS = [
    "redis://user:{}@127.0.0.1:1/0",
    "redis://:{}@127.0.0.1:1/0",
    "redis://{}@127.0.0.1:1/0",
    "redis://127.0.0.1:1/0?password={}",
    "redis://127.0.0.1:1/0?password=x@{}",
    "redis://:x/{}@127.0.0.1:1/0",
    "redis://:x?{}@127.0.0.1:1/0",
    "redis://:x#{}@127.0.0.1:1/0",
    "redis://:x@{}@127.0.0.1:1/0",
    "redis://:{}:x@127.0.0.1:one/0",
    "redis://:x:{}/y@127.0.0.1:1/0",
    "redis+sentinel://:{}@127.0.0.1:1/service",
    "redis+sentinel://:x/{}@127.0.0.1:1/service",
    "redis+sentinel://:{}@127.0.0.1:1",
    "redis+cluster://:x/{}@127.0.0.1:1",
    "redis+cluster://:{}@127.0.0.1:one",
    "http://:{}@127.0.0.1:1/0",
    "{}",
    "redis://:[{}@127.0.0.1:1/0",
]


def run(*words: str, env: dict[str, str]) -> tuple[int, str]:
    clean = {name: None for name in os.environ if name.startswith("ONESOUP_")}
    done = CliRunner().invoke(main, words, env=clean | env)
    return done.exit_code, done.output + (repr(done.exception) if done.exception else "")


def value_of(name: str, secret: str) -> str:
    return f"redis://user:{secret}@127.0.0.1:1/0?password={secret}&x={secret}" if MARKED[name] == SECRET_URL else secret


def with_secrets(secret: str = PLAIN) -> dict[str, str]:
    """An environment in which every secret setting has this in it."""
    found = {f"ONESOUP_{name.upper()}": value_of(name, secret) for name in MARKED}
    found["ONESOUP_BROWSER_PHONE_ACCOUNTS"] = f"alice={secret}"
    # What these belong with, or no command would begin.
    found |= {"ONESOUP_SMS_GATEWAY": "url", "ONESOUP_CIR_PORT": "8090"}
    return found | {"ONESOUP_SMS_URL": f"http://user:{secret}@h/send?key={secret}&to={{msisdn}}&password={secret}"}


def test_what_sounds_like_a_secret_is_marked_as_one():
    paths = {"keys_file"}
    switches = {"remember_password"}
    for spec in fields(Settings):
        words = f"{spec.name} {spec.metadata['help']}".lower()
        if any(word in words for word in ("secret", "password at", "hook_key", "_password", "_key")):
            assert spec.name in MARKED or spec.name in paths | switches, spec.name
    secrets = {"sms_password": SECRET, "sms_hook_key": SECRET, "browser_phone_accounts": SECRET}
    assert {"redis_url": SECRET_URL, "sms_url": SECRET_URL, **secrets} == MARKED


@pytest.mark.parametrize("name", MARKED)
@pytest.mark.parametrize("secret", [PLAIN, LEAK])
def test_a_secret_is_in_no_listing(name, secret):
    value = value_of(name, secret)
    held = Settings(**{name: {"alice": value} if name == "browser_phone_accounts" else value})
    for shown in (masked_settings(held), changed_settings(held), repr(held)):
        assert "hunter2" not in str(shown)


@pytest.mark.parametrize("words", [("show",), ("show", "--all"), ("show", "--json"), ("show", "--all", "--json"), ("check",)])
def test_no_command_shows_a_secret(words):
    _, output = run("config", *words, env=with_secrets())
    assert "hunter2" not in output


def test_the_first_line_of_a_role_has_no_secret(tmp_path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
    env |= with_secrets() | {"ONESOUP_DATA": str(tmp_path), "ONESOUP_REDIS_URL": f"redis://:{PLAIN}@127.0.0.1:one/0"}
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "holder"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert '"event": "starting"' in done.stdout
    assert '"sms_hook_key": "***"' in done.stdout
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("url", URLS)
def test_no_error_quotes_a_secret_of_a_url(url):
    env = {"ONESOUP_REDIS_URL": url.format(PLAIN)}
    commands = [("config", "check"), ("config", "show", "--all")]
    if "sentinel://:{}@127.0.0.1:1/" not in url:  # it would be looked for a long time
        commands.append(("redis", "check"))
    for words in commands:
        _, output = run(*words, env=env)
        assert "hunter2" not in output, (words, output)


def test_doctor_quotes_no_secret():
    env = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")} | with_secrets()
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "doctor"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_has_no_secret(form):
    held = load_settings(with_secrets(LEAK) | {"ONESOUP_LOG": form})
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    logs.setup_logging(held, "web", out)
    try:
        for name in MARKED:
            try:
                raise RuntimeError(f"cannot reach {getattr(held, name)!s} with {held.sms_password!r}")
            except RuntimeError:
                structlog.get_logger("x").exception("bug", url=getattr(held, name), words=[getattr(held, name)])
        structlog.get_logger("x").info("starting", **changed_settings(held))
        structlog.get_logger("x").info("mine", sms_hook_key=held.sms_hook_key)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    written = out.getvalue()
    assert "RuntimeError" in written
    assert "hunter2" not in written
    if form == "json":
        assert all(json.loads(line) for line in written.splitlines())


def test_what_a_gateway_is_sent_is_shown_without_secrets():
    env = with_secrets() | {"ONESOUP_SMS_GATEWAY": "url", "ONESOUP_SMS_PREFIXES": "+1555", "ONESOUP_SMS_USER": "me"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ONESOUP_")}
    argv = [str(Path(sys.prefix, "bin", "onesoup")), "cir", "send", "--dry-run", "--method", "TEXT", "--to", "+15550100"]
    done = subprocess.run(argv, env=clean | env, capture_output=True, text=True, timeout=60, check=False)
    assert "hunter2" not in done.stdout + done.stderr
    assert "to=%2B15550100" in done.stdout, done.stdout + done.stderr
