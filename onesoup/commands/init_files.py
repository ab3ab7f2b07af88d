"""What `onesoup init` puts on a host, from its answers: texts and modes of files. Reads what is shipped, and writes nothing."""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

XMPP_HERE, XMPP_OWN, XMPP_OTHER = "here", "own", "other"
NO_SMS = "none"
XMPP_AT = "127.0.0.1:5222"
PROGRAM = "/opt/onesoup/.venv/bin/onesoup"  # what the units name
ENV_FILE, KEYS, SMS_PASSWORD = "/etc/onesoup/onesoup.env", "/etc/onesoup/keys", "/etc/onesoup/sms-password"
MADE_ONCE = (KEYS, SMS_PASSWORD)
SECRETS_OF_ROOT = (ENV_FILE, *MADE_ONCE)
XMPP_CA, NGINX, WRAPPER = "/etc/onesoup/xmpp-ca.pem", "/etc/onesoup/nginx.conf", "/usr/local/bin/onesoup"
UNITS, DROP_INS = "/usr/local/lib/systemd/system", "/etc/systemd/system"
SMS_URL = "http://127.0.0.1:13013/cgi-bin/sendsms"
_EXAMPLE_HOST = "imps.example.org"


@dataclass(frozen=True)
class Answers:
    """What an operator has said. `certificate` is empty while there is no HTTPS; `xmpp_ca` while no file is needed; `xmpp_at`
    where the server on this host is as before."""

    domain: str
    xmpp: str
    public_host: str
    redis_url: str
    sms_prefixes: str = NO_SMS
    sms_url: str = SMS_URL
    sms_user: str = "onesoup"
    sms_from: str = "100"
    xmpp_ca: str = ""
    xmpp_at: str = ""
    certificate: str = ""
    certificate_key: str = ""

    @property
    def has_sms(self) -> bool:
        return self.sms_prefixes != NO_SMS


@dataclass(frozen=True)
class InitFile:
    """A file of the host."""

    path: str
    text: str

    @property
    def mode(self) -> int:
        """What is secret is root's alone."""
        return 0o600 if self.path in SECRETS_OF_ROOT else 0o755 if self.path == WRAPPER else 0o644


def shipped(name: str) -> Path:
    """A file of deploy/: of the checkout, or the copy that the wheel brings."""
    root = Path(__file__).resolve().parents[2]
    places = (root / "deploy", Path(sys.prefix, "share", "onesoup", "deploy"))
    return next((place / name for place in places if (place / name).exists()), places[-1] / name)


def init_files(answers: Answers, program: str, before: Mapping[str, str]) -> list[InitFile]:
    """All files but the secrets, which are made once. `before` are the variables that the host has already: those that no answer
    is about stay."""
    found = [InitFile(ENV_FILE, _env_text(answers, before)), InitFile(NGINX, _nginx_text(answers))]
    found.append(InitFile(WRAPPER, _wrapper_text(answers, program)))
    for file in sorted(shipped("systemd").iterdir()):
        if file.suffix in (".service", ".socket", ".target"):
            found.append(InitFile(f"{UNITS}/{file.name}", file.read_text()))
        if file.suffix == ".service":
            text = _drop_in_text(answers, program, file.read_text())
            found.append(InitFile(f"{DROP_INS}/{file.name}.d/onesoup-init.conf", text))
    return found


def read_variables(text: str) -> dict[str, str]:
    """The variables of an environment file. Raises ValueError with the line that cannot be read."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        name, equals, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if not equals or len(words) > 1:
            raise ValueError(f"line {number} is no NAME=value")
        found[name.strip()] = words[0] if words else ""
    return found


# --- the environment file ---


def _env_text(answers: Answers, before: Mapping[str, str]) -> str:
    lines: list[str] = []
    named: set[str] = set()
    for comment, variables in _env_parts(answers, before):
        lines.append(f"# {comment}")
        lines += [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        named |= variables.keys()
    kept = {name: value for name, value in before.items() if name not in named | _MANAGED}
    if kept:
        lines.append("# Of this host.")
        lines += [f"{name}={shlex.quote(value)}" for name, value in kept.items()]
    return "\n".join(lines) + "\n"


# Variables that an answer takes away when it does not set them.
_MANAGED = {
    f"ONESOUP_{name}"
    for name in (
        "XMPP_ROUTES",
        "XMPP_OWN",
        "XMPP_CA",
        "MEDIA_HOSTS",
        "SMS_GATEWAY",
        "SMS_URL",
        "SMS_USER",
        "SMS_FROM",
        "SMS_PREFIXES",
    )
}


def _env_parts(answers: Answers, before: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """(comment, variables)"""
    yield (
        "Read by all units. Every setting is ONESOUP_<NAME> (docs/reference/settings.md); `onesoup config check` checks them.",
        {
            "ONESOUP_REDIS_URL": answers.redis_url,
            "ONESOUP_DOMAIN": answers.domain,
            "ONESOUP_PUBLIC_HOST": answers.public_host,
        },
    )
    yield _xmpp_part(answers, before)
    yield (
        "nginx on this host: it tells us who phones are, and has the port of STCP that they are told.",
        {"ONESOUP_TRUSTED_PROXIES": "127.0.0.1", "ONESOUP_PUBLIC_STCP_PORT": "3170", "ONESOUP_STCP_PROXY": "true"},
    )
    yield (
        "SHTTP, through /cir/ of that nginx.",
        {"ONESOUP_CIR_PORT": "8090", "ONESOUP_CIR_URL": f"http://{answers.public_host}"},
    )
    if answers.has_sms:
        yield (
            "Wake-ups by SMS (docs/cir.md). The units get the password from a file of root's.",
            {
                "ONESOUP_SMS_GATEWAY": "kannel-sendsms",
                "ONESOUP_SMS_URL": answers.sms_url,
                "ONESOUP_SMS_USER": answers.sms_user,
                "ONESOUP_SMS_FROM": answers.sms_from,
                "ONESOUP_SMS_PREFIXES": answers.sms_prefixes,
            },
        )


def _xmpp_part(answers: Answers, before: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    domain = answers.domain
    ca = {"ONESOUP_XMPP_CA": answers.xmpp_ca} if answers.xmpp_ca else {}
    if answers.xmpp == XMPP_OTHER:
        return "The XMPP server is somebody else's: 15 wrong passwords in an hour are the most that it is shown.", ca
    own = {"ONESOUP_XMPP_OWN": domain} | ca
    if answers.xmpp == XMPP_OWN:
        return "The XMPP server is ours, where DNS says, and must exempt this host from bans: no limit of wrong passwords.", own
    here = {"ONESOUP_XMPP_ROUTES": f"{domain}={answers.xmpp_at or XMPP_AT}", "ONESOUP_MEDIA_HOSTS": f"files.{domain}:5281"}
    if before.get("ONESOUP_DOMAIN") == domain and "ONESOUP_XMPP_ROUTES" in before:  # the operator may have changed them
        kept = ["ONESOUP_MEDIA_HOSTS"] if answers.xmpp_at else list(here)
        here |= {name: before[name] for name in kept if name in before}
    return "The XMPP server is on this host, with its service for pictures, and bans nobody.", here | own


# --- nginx ---


def certificate_of(nginx: str) -> tuple[str, str]:
    """(certificate, key) of the HTTPS server in a text of before; empty where it is a comment."""
    found = (re.search(rf"(?m)^ +{name} +(\S+);", nginx) for name in ("ssl_certificate", "ssl_certificate_key"))
    certificate, key = (each[1] if each else "" for each in found)
    return certificate, key


def _nginx_text(answers: Answers) -> str:
    text = shipped("nginx.conf").read_text()
    if answers.certificate:
        text = _with_https(text)
        for name, value in (("ssl_certificate", answers.certificate), ("ssl_certificate_key", answers.certificate_key)):
            text = re.sub(rf"(\b{name} +)\S+;", rf"\g<1>{value};", text)
    return text.replace(_EXAMPLE_HOST, answers.public_host)


def _with_https(text: str) -> str:
    """With the server for HTTPS, which is a comment as it is shipped."""
    begin, end = text.index("    # server {\n"), text.index("    # }\n") + len("    # }\n")
    return text[:begin] + re.sub(r"(?m)^    # ?", "    ", text[begin:end]) + text[end:]


# --- the command and the units ---


def _wrapper_text(answers: Answers, program: str) -> str:
    secrets = [f"ONESOUP_KEYS_FILE={KEYS}"] + ([f"ONESOUP_SMS_PASSWORD_FILE={SMS_PASSWORD}"] if answers.has_sms else [])
    lines = ["#!/bin/sh", "# onesoup, for root with the settings of this host.", f"if [ -r {ENV_FILE} ]; then"]
    lines += [f"    {line}" for line in ("set -a", f". {ENV_FILE}", *secrets, "set +a")]
    return "\n".join([*lines, "fi", f'exec {program} "$@"']) + "\n"


def _drop_in_text(answers: Answers, program: str, unit: str) -> str:
    """What is different on this host from a unit."""
    lines = ["# From `onesoup init`. Changes of your own go into another file beside this one.", "[Unit]"]
    after = ["prosody.service"] * (answers.xmpp == XMPP_HERE) + ["kannel.service"] * answers.has_sms
    lines += [f"After={' '.join(after)}"] if after else []
    lines.append("[Service]")
    lines += _commands_again(answers, program, unit)
    if answers.has_sms:
        lines += [f"LoadCredential=sms:{SMS_PASSWORD}", "Environment=ONESOUP_SMS_PASSWORD_FILE=%d/sms"]
    return "\n".join(lines) + "\n"


def _commands_again(answers: Answers, program: str, unit: str) -> list[str]:
    """The commands of a unit whose program is elsewhere, or whose check of a reload needs the password for SMS too."""
    secret = f"/usr/bin/env ONESOUP_SMS_PASSWORD_FILE={SMS_PASSWORD}" if answers.has_sms else "/usr/bin/env"
    lines = []
    for name in ("ExecStart", "ExecReload"):
        before = [line for line in unit.splitlines() if line.startswith(f"{name}=")]
        after = [line.replace(PROGRAM, program).replace("/usr/bin/env", secret) for line in before]
        lines += [f"{name}=", *after] if after != before else []
    return lines
