"""`onesoup init`: writes what a host with systemd needs, after five questions. docs/install.md goes on from there."""

import os
import re
import secrets
import shlex
import socket
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from onesoup.commands.common import fail
from onesoup.commands.init_files import (
    ENV_FILE,
    KEYS,
    MADE_ONCE,
    NGINX,
    NO_SMS,
    PROGRAM,
    SMS_PASSWORD,
    SMS_URL,
    XMPP_AT,
    XMPP_CA,
    XMPP_HERE,
    XMPP_OTHER,
    XMPP_OWN,
    Answers,
    InitFile,
    certificate_of,
    init_files,
    read_variables,
)

OLD = ".before"
BEGIN = """    systemctl daemon-reload
    systemctl enable --now onesoup.target onesoup-web.socket onesoup-cir.socket onesoup-web onesoup-holder@1 onesoup-cir
    nginx -t && systemctl reload nginx        # /etc/nginx/nginx.conf includes /etc/onesoup/nginx.conf
    onesoup doctor"""
BEGIN_AGAIN = """    systemctl daemon-reload
    systemctl restart onesoup-cir onesoup-web 'onesoup-holder@*'
    nginx -t && systemctl reload nginx
    onesoup doctor"""


@click.command("init")
@click.option("--domain", help="XMPP domain of the users.")
@click.option(
    "--xmpp",
    type=click.Choice((XMPP_HERE, XMPP_OWN, XMPP_OTHER)),
    help="The XMPP server: on this host, your own elsewhere, or somebody else's.",
)
@click.option("--xmpp-at", default="", metavar="HOST:PORT", help=f"Where the one on this host listens. [default: {XMPP_AT}]")
@click.option("--public-host", help="Name under which phones reach this host.")
@click.option("--redis-url", help="URL of Redis.")
@click.option("--sms-prefixes", help="Prefixes of numbers that may get SMS through Kannel, or none.")
@click.option("--sms-url", help=f"URL at which Kannel accepts SMS. [default: {SMS_URL}]")
@click.option("--sms-user", help="User name at Kannel. [default: onesoup]")
@click.option("--sms-from", help="Sender of SMS, a short code or a number that the carrier allows. [default: 100]")
@click.option("--xmpp-ca", default="", help=f"CA of the XMPP server. [default: {XMPP_CA} if it is there]")
@click.option("--certificate", default="", help="Certificate for HTTPS. [default: that of certbot if it is there]")
@click.option("--certificate-key", default="", help="Its key.")
@click.option("--yes", is_flag=True, help="Ask nothing: use the default for each option that is not given.")
@click.option("--overwrite", is_flag=True, help=f"Replace files that differ. The old ones stay as FILE{OLD}.")
@click.option("--root", default="/", type=click.Path(file_okay=False, path_type=Path), help="Write below this directory.")
def init(yes: bool, overwrite: bool, root: Path, **said: Any) -> None:
    """Write settings, keys, systemd units and nginx rules for this host.

    Asks five questions. Calling it again starts from the answers of before. Keys and passwords are made once and never replaced.
    No other file is replaced without asking, or --overwrite.
    """
    before = _variables_of(root)
    answers = _with_files(root, said, before, _five_answers(said, before, yes))
    program = _program(root)
    files = init_files(answers, program, before)
    _check_texts(answers, files)
    _check_authority(root, answers.xmpp_ca)
    chosen = _chosen(root, files, ask=not yes, overwrite=overwrite)
    try:
        _write_secrets(root, answers)
        for file in chosen:
            _write(root, file)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; `onesoup init` is for root, or for --root DIRECTORY")
    _check_written(root, answers)
    click.echo(f"\nNext:\n{_copying(root)}{BEGIN_AGAIN if before else BEGIN}")


# --- answers ---


def _variables_of(root: Path) -> dict[str, str]:
    """Of the environment file, which may not be there yet."""
    try:
        return read_variables(_below(root, ENV_FILE).read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        fail(f"{ENV_FILE}: {error.strerror}")
    except ValueError as error:
        fail(f"{ENV_FILE}: {error}")


def _five_answers(said: Mapping[str, Any], before: Mapping[str, str], yes: bool) -> dict[str, str]:
    """The five that are asked for, by option, by question, or as they were."""

    def answer(name: str, question: str, default: str, kind: click.Choice[str] | None = None) -> str:
        if said[name] is not None or yes:
            return str(said[name] if said[name] is not None else default)
        return str(click.prompt(question, default=default, type=kind))

    domain = answer("domain", "1. XMPP domain of your users", before.get("ONESOUP_DOMAIN", "example.org"))
    question = f"2. The XMPP server of {domain}, on this host (here), yours elsewhere (own), or somebody else's (other)"
    xmpp = answer("xmpp", question, _xmpp_before(before), click.Choice((XMPP_HERE, XMPP_OWN, XMPP_OTHER)))
    host = before.get("ONESOUP_PUBLIC_HOST", f"imps.{domain}")
    host = answer("public_host", "3. Name under which phones reach this host", host)
    url = answer("redis_url", "4. URL of Redis", before.get("ONESOUP_REDIS_URL", "redis://127.0.0.1:6379/0"))
    question = "5. Wake-ups by SMS through Kannel: prefixes of the numbers, such as +1555,+44, or none"
    sms = answer("sms_prefixes", question, before.get("ONESOUP_SMS_PREFIXES", NO_SMS))
    return {"domain": domain, "xmpp": xmpp, "public_host": host, "redis_url": url, "sms_prefixes": sms}


def _xmpp_before(before: Mapping[str, str]) -> str:
    if not before or "ONESOUP_XMPP_ROUTES" in before:
        return XMPP_HERE
    return XMPP_OWN if "ONESOUP_XMPP_OWN" in before else XMPP_OTHER


def _with_files(root: Path, said: Mapping[str, Any], before: Mapping[str, str], five: Mapping[str, str]) -> Answers:
    """And what was so before, or is found on the host, where no option names it."""
    given = said["xmpp_ca"] and os.path.abspath(said["xmpp_ca"])  # processes run in directories of their own
    ca = given or before.get("ONESOUP_XMPP_CA") or (XMPP_CA if _below(root, XMPP_CA).exists() else "")
    if said["xmpp_at"] and five["xmpp"] != XMPP_HERE:
        fail("--xmpp-at belongs to --xmpp here: other servers are found by DNS, or by ONESOUP_XMPP_ROUTES")
    if bool(said["certificate"]) != bool(said["certificate_key"]):
        fail("--certificate and --certificate-key belong together")
    certificate, key = said["certificate"], said["certificate_key"]
    if not certificate:
        certificate, key = _certificate_before(root) or _certificate_of_certbot(root, five["public_host"])
    return Answers(
        **five,
        sms_url=said["sms_url"] or before.get("ONESOUP_SMS_URL", SMS_URL),
        sms_user=said["sms_user"] or before.get("ONESOUP_SMS_USER", "onesoup"),
        sms_from=said["sms_from"] or before.get("ONESOUP_SMS_FROM", "100"),
        xmpp_ca=ca,
        xmpp_at=said["xmpp_at"],
        certificate=certificate,
        certificate_key=key,
    )


def _certificate_before(root: Path) -> tuple[str, str] | None:
    try:
        found = certificate_of(_below(root, NGINX).read_text())
    except OSError:
        return None
    return found if all(found) else None


def _certificate_of_certbot(root: Path, host: str) -> tuple[str, str]:
    """Where certbot puts them; empty when it has not."""
    live = f"/etc/letsencrypt/live/{host}"
    there = _below(root, f"{live}/fullchain.pem").exists()
    return (f"{live}/fullchain.pem", f"{live}/privkey.pem") if there else ("", "")


def _program(root: Path) -> str:
    """How onesoup is started on the host: by the path that the units name where that is this installation, else by its own. A
    link beside it, such as /opt/onesoup/.venv, leads to the version in use: an upgrade moves the link."""
    ours, in_use = Path(sys.prefix, "bin", "onesoup"), Path(sys.prefix).with_name(Path(PROGRAM).parts[-3])
    named = _below(root, PROGRAM)
    if not ours.exists() or (named.exists() and named.samefile(ours)):
        return PROGRAM
    through_link = in_use / "bin" / "onesoup"
    return str(through_link if in_use.is_symlink() and through_link.exists() else ours)


# --- files ---


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _seen_from_here(root: Path, path: str) -> Path:
    """A file of the host that is no file of ours: it is going to be copied from below the directory, or is in its place."""
    below = _below(root, path)
    return below if below.exists() else Path(path)


def _chosen(root: Path, files: list[InitFile], *, ask: bool, overwrite: bool) -> list[InitFile]:
    """Those that are to be written. Ends the command before anything is written where files differ and nobody may be asked."""
    try:
        differing = [file for file in files if _differs(_below(root, file.path), file.text)]
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}; `onesoup init` is for root, or for --root DIRECTORY")
    if differing and not overwrite and not ask:
        names = "".join(f"\n    {file.path}" for file in differing)
        fail(f"nothing was written: these files differ. --overwrite replaces them, the old ones stay as FILE{OLD}:{names}")
    left = set()
    for file in differing if not overwrite else ():
        if not click.confirm(f"{file.path} is there and differs. Replace it (the old one stays as {Path(file.path).name}{OLD})?"):
            click.echo(f"left      {file.path}")
            left.add(file.path)
    return [file for file in files if file.path not in left]


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_text() != text
    except FileNotFoundError:
        return False


def _make_directory(path: Path) -> None:
    """Open to all whatever the umask: processes of the units read in it, as users of their own."""
    if not path.exists():
        _make_directory(path.parent)
        path.mkdir()
        path.chmod(0o755)


def _write(root: Path, file: InitFile) -> None:
    path = _below(root, file.path)
    _make_directory(path.parent)
    word = "wrote"
    if path.exists():
        if not _differs(path, file.text):
            path.chmod(file.mode)
            click.echo(f"same      {file.path}")
            return
        word = "replaced"
        os.replace(path, path.with_name(path.name + OLD))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(handle, "w") as out:
        os.fchmod(handle, file.mode)
        out.write(file.text)
    click.echo(f"{word:9} {file.path}")


def _write_secrets(root: Path, answers: Answers) -> None:
    """The key ring, and the password for Kannel: made when they are missing, never replaced."""
    from onesoup.store.account.keyring import KeyRing

    keys, password = _below(root, KEYS), _below(root, SMS_PASSWORD)
    _make_directory(keys.parent)
    click.echo(f"{'kept' if keys.exists() else 'wrote':9} {KEYS}")
    KeyRing.create(keys)
    keys.chmod(0o600)
    if answers.has_sms and not password.exists():
        _write(root, InitFile(SMS_PASSWORD, secrets.token_urlsafe(18) + "\n"))


# --- checks ---


def _environ(root: Path, text: str, answers: Answers) -> dict[str, str]:
    """What a unit would be started with, as seen from here."""
    environ = read_variables(text) | {"ONESOUP_KEYS_FILE": str(_below(root, KEYS))}
    if answers.has_sms:
        environ["ONESOUP_SMS_PASSWORD_FILE"] = str(_below(root, SMS_PASSWORD))
    if ca := environ.get("ONESOUP_XMPP_CA"):
        environ["ONESOUP_XMPP_CA"] = str(_seen_from_here(root, ca))
    return environ


def _check_texts(answers: Answers, files: list[InitFile]) -> None:
    """Ends the command, before anything is written, over an answer that no setting takes."""
    from onesoup.settings import SettingsError, load_settings

    environ = read_variables(next(file.text for file in files if file.path == ENV_FILE))
    if answers.has_sms:
        environ["ONESOUP_SMS_PASSWORD"] = "made later"
    try:
        load_settings(environ)
    except SettingsError as error:
        fail(str(error))
    if not re.fullmatch(r"[A-Za-z0-9.-]+", answers.public_host):
        fail(f"public_host={answers.public_host} is no host name; example: imps.example.org")
    for path in (answers.certificate, answers.certificate_key):
        if not re.fullmatch(r"(/[\w.@+-]+)*", path):
            fail(f"{path} is no path that nginx takes; example: /etc/ssl/imps.example.org.pem")


def _check_authority(root: Path, path: str) -> None:
    """Ends the command, before anything is written, over a file that is not there or holds no certificate."""
    from onesoup.settings import unusable_ca

    try:
        if path:
            ssl.create_default_context(cafile=_seen_from_here(root, path))
    except OSError as error:
        elsewhere = "" if root == Path("/") else f"; a file that is to come there may be below {root}"
        fail(f"{unusable_ca(path, error)}{elsewhere}")


def _check_written(root: Path, answers: Answers) -> None:
    """As `onesoup config check` does, and whether the public name is known."""
    from onesoup.commands.config import notes_on
    from onesoup.settings import SettingsError

    try:
        notes = notes_on(_environ(root, _below(root, ENV_FILE).read_text(), answers))
    except (SettingsError, ValueError) as error:
        fail(f"{ENV_FILE} cannot be used: {error}")
    if root == Path("/"):
        notes += _unknown_names(answers)
    for note in notes:
        click.echo(f"note: {note}")
    click.echo("the settings can be used")
    if not answers.certificate:
        click.echo("no HTTPS yet: /account, where users choose a phone password, stays closed (docs/install.md, HTTPS)")


def _copying(root: Path) -> str:
    """What comes first where the files are not in their place yet."""
    if root == Path("/"):
        return ""
    secrets = [f".{path}" for path in MADE_ONCE if _below(root, path).exists()]
    pack = f"    tar -C {shlex.quote(str(root))} -cf -"
    # Directories that are there keep owner and mode; files get the mode that they have, and root as owner.
    unpack = "tar -C / -xpf - --no-same-owner"
    others = " ".join(f"--exclude={path}" for path in secrets)
    return (
        f"{pack} {others} . | {unpack} --no-overwrite-dir    # as root: copies these files below /\n"
        f"{pack} {' '.join(secrets)} | {unpack} --skip-old-files    # keys and passwords that are there stay\n"
    )


def _unknown_names(answers: Answers) -> list[str]:
    try:
        socket.getaddrinfo(answers.public_host, 80)
    except OSError:
        return [f"{answers.public_host} has no address in DNS: phones cannot find it"]
    return []
