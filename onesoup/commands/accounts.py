"""`onesoup accounts`: phone passwords of XMPP accounts, and the keys that encrypt stored passwords. Passwords are typed or piped
in: as arguments every user of the machine could read them."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402

import click  # noqa: E402
import redis  # noqa: E402

from onesoup.commands.audit import note_action, note_action_of  # noqa: E402
from onesoup.commands.common import as_json, fail, json_option  # noqa: E402
from onesoup.commands.exit_codes import NO_REDIS  # noqa: E402
from onesoup.csp import access  # noqa: E402
from onesoup.csp.errors import BackendError, CspError  # noqa: E402
from onesoup.csp.text import numbers  # noqa: E402
from onesoup.demo import running  # noqa: E402
from onesoup.demo.accounts import ECHO  # noqa: E402
from onesoup.demo.running import NoDemo, RunningDemo  # noqa: E402
from onesoup.handlers import wiring  # noqa: E402
from onesoup.handlers.context import GatewayServices, Peer  # noqa: E402
from onesoup.handlers.login import linking, throttle  # noqa: E402
from onesoup.handlers.rotation import rotate_all  # noqa: E402
from onesoup.operators.processes import wait_for_all  # noqa: E402
from onesoup.runtime.times import iso_time  # noqa: E402
from onesoup.settings import Settings, SettingsError, load_settings  # noqa: E402
from onesoup.store.account.accounts import Accounts, LinkedAccount  # noqa: E402
from onesoup.store.account.keyring import KeyRing, KeyRingError  # noqa: E402
from onesoup.store.errors import StoreDown  # noqa: E402
from onesoup.store.processes import PROCESS_TTL_MS, ProcessRecord  # noqa: E402
from onesoup.store.redis.client import connect  # noqa: E402
from onesoup.store.redis.msgpack import BadRecord  # noqa: E402

PASSWORD_CHECK_SECONDS = 10.0
# A process that was killed, or that ended while Redis was away, stands in the registry until it runs out.
ROTATE_WAIT_SECONDS = PROCESS_TTL_MS / 1000 + 15
_DEMO_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_ELSEWHERE = """An account at another XMPP server is made there, such as with
   Prosody:   prosodyctl adduser {name}@DOMAIN
   ejabberd:  ejabberdctl register {name} DOMAIN PASSWORD
 Phones log in with it where DOMAIN is in ONESOUP_DOMAINS; see also: onesoup accounts add"""


@click.group()
def accounts() -> None:
    """Manage phone passwords of XMPP accounts, and the keys that encrypt them; make accounts at a demo."""


@accounts.command("add")
@click.argument("login")
@click.option("--jid", help="XMPP account behind LOGIN. Default: LOGIN itself.")
@click.option("--number", help="Phone number that can log in without a password, if the network states it.")
@click.option("--stdin", "piped", is_flag=True, help="Read the XMPP password and the phone password from two lines of input.")
@click.option("--unchecked", is_flag=True, help="Do not check the XMPP password at the XMPP server.")
def add_account(login: str, jid: str | None, number: str | None, piped: bool, unchecked: bool) -> None:
    """Set a phone password for LOGIN. It replaces the one that is stored.

    \b
    onesoup accounts add alice@example.org --number +358401234567
    printf '%s\\n' XMPP-PASSWORD PHONE-PASSWORD |
      onesoup accounts add alice@example.org --stdin
    """
    with _services() as services:
        login = _account(services, login)
        jid = _account(services, jid) if jid else login
        normal = numbers.normal_number(number) if number else ""
        if normal is None:
            raise click.ClickException(f"{number}: not a phone number in international form, such as +358401234567")
        password, phone = _piped() if piped else _typed(jid)
        made = not phone
        phone = phone or linking.easy_phone_password()
        if problem := linking.phone_password_objection(phone, password):
            raise click.ClickException(problem)
        if not unchecked:
            _check(services, jid, password)
        services.accounts.link(login, jid, password, phone, origin=linking.ORIGIN_ADMIN, number=normal, made=int(time.time()))
        note_action_of(_settings(), "accounts add", login, jid=jid, number=normal or "-")
        click.echo(f"{login} is linked to {jid}" + (f" and to {normal}" if normal else ""))
        if made:
            click.echo(f"phone password: {phone}")


@accounts.command(short_help="Make an account at the demo that runs here.")
@click.argument("name")
@click.option("--password-stdin", "piped", is_flag=True, help="Read the password from a line of input, instead of making one.")
def new(name: str, piped: bool) -> None:
    """Make an account NAME at the XMPP server of the demo that runs here, for a phone or an XMPP client.

    Its password is made and shown once, easy to type on number keys. The accounts of another XMPP server are made there.
    """
    try:
        demo = running.find(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    except NoDemo as error:
        raise click.ClickException(f"{error}\n{_ELSEWHERE.format(name=name.partition('@')[0])}") from None
    domain = demo.settings.domain
    user = name.strip().lower().removeprefix("wv:").removesuffix(f"@{domain}")
    if "@" in user:
        raise click.ClickException(
            f"{name} is not of this demo, whose accounts end with @{domain}\n{_ELSEWHERE.format(name=user.partition('@')[0])}"
        )
    if not _DEMO_NAME.fullmatch(user):
        raise click.ClickException(f"{name}: a name has letters a to z, digits and . _ -, at most 32; example: zoe")
    password = sys.stdin.readline().rstrip("\r\n") if piped else linking.easy_phone_password()
    if problem := linking.phone_password_objection(password, ""):
        raise click.ClickException(problem)
    _make_at_demo(demo, user, password)
    click.echo(f"server    {demo.url}\nuser ID   wv:{user}@{domain}")
    click.echo("password  as you gave it" if piped else f"password  {password}")
    click.echo("It is the phone password and the XMPP password. Note it: it is not shown again.")


def _make_at_demo(demo: RunningDemo, user: str, password: str) -> None:
    """The account, with the echo user as its contact, and linked for phones that log in by digest."""
    try:
        if not demo.xmpp_accounts().create(user, password, {ECHO: ECHO.title()}):
            raise click.ClickException(f"there is an account {user} already; choose another name")
        accounts = Accounts(connect(demo.settings.redis_url), KeyRing.load(demo.settings.keys_file))
        jid = f"{user}@{demo.settings.domain}"
        accounts.link(jid, jid, password, password, origin=linking.ORIGIN_ADMIN, made=int(time.time()))
        note_action_of(demo.settings, "accounts new", jid)
    except OSError as error:
        raise click.ClickException(f"{demo.directory}: {error.strerror}; call this as the user who runs the demo") from None
    except (StoreDown, KeyRingError) as error:
        raise click.ClickException(f"the account is made, but phones that log in by digest cannot use it: {error}") from None


@accounts.command("list")
@json_option
def list_accounts(lines: bool) -> None:
    """List log-ins that have a phone password.

    Columns, separated by tabs: log-in, XMPP account, who set it, when, phone number.
    """
    with _services() as services:
        logins = sorted(services.accounts.logins())
        if not logins:
            click.echo("nobody has a phone password", err=True)
        for login in logins:
            try:
                link = services.accounts.find(login)
            except (KeyRingError, BadRecord) as error:
                click.echo(as_json({"login": login, "error": str(error)}) if lines else f"{login}\t(cannot be opened: {error})")
                continue
            if link is not None:
                click.echo(_shown_link(login, link, lines))


def _shown_link(login: str, link: LinkedAccount, as_line: bool) -> str:
    if as_line:
        made = iso_time(int(link.made)) if link.made else None
        return as_json({"login": login, "jid": link.jid, "by": link.origin, "at": made, "number": link.number or None})
    day = time.strftime("%Y-%m-%d", time.gmtime(link.made)) if link.made else "-"
    return "\t".join((login, link.jid, link.origin, day, link.number or "-"))


@accounts.command("remove")
@click.argument("login")
def remove_account(login: str) -> None:
    """Remove the phone password of LOGIN, the XMPP password behind it, its number, and log-in tokens of the XMPP server.

    Sessions go on. At the next log-in the phone needs the XMPP password.
    """
    with _services() as services:
        login = _account(services, login, served=False)
        if not services.accounts.unlink(login):
            raise click.ClickException(f"{login} is not linked")
        note_action_of(_settings(), "accounts remove", login)
        click.echo(f"{login} is forgotten")


@accounts.command("rotate")
@click.option("--new-key", is_flag=True, help="First add a new key to the key ring file.")
@click.option(
    "--wait",
    default=ROTATE_WAIT_SECONDS,
    show_default=True,
    help="Seconds that processes have to notice a change of the file, and killed ones to be forgotten.",
)
def rotate_keys(new_key: bool, wait: float) -> None:
    """Encrypt every stored password with the newest key of the key ring. No user is logged out.

    Refused while a running process does not know that key: it could open nothing any more. A new key therefore stands second in
    the file until all know it; where some have a copy of the file, such as that of a systemd unit, bring it to them and call this
    again. An old line can be deleted once a run finds nothing left to do."""
    with _services() as services:
        settings = _settings()
        path, client = settings.keys_file, connect(settings.redis_url, max_connections=2)
        kid = _in_key_file(KeyRing.offer_key, path) if new_key else services.ring.known()[0].partition(":")[0]
        _refuse_unknown(client, _known_as(path, kid), path, wait)
        if new_key:
            click.echo(f"new key: {_in_key_file(KeyRing.promote_key, path)}")
            services.ring.follow(at_once=True)
        behind = wait_for_all(client, lambda each: each.key_ids[0] == kid, wait if new_key else 0.0)
        done = rotate_all(services)
        note_action(client, "accounts rotate", "", new_key=new_key, key=kid, links=done.links, sessions=done.sessions)
        click.echo(f"sealed anew: {done.links} links, {done.sessions} sessions")
        if behind:
            click.echo(f"with an older key seal until they are started again: {_listed(behind)}; then rotate once more", err=True)
        if done.lost:
            raise click.ClickException(f"{done.lost} records were sealed with a key that is not on the ring")


def _in_key_file(change: Callable[[str], str], path: str) -> str:
    """The id that a change of the key ring file gives."""
    try:
        return change(path)
    except OSError as error:
        raise click.ClickException(f"the key ring file cannot be written: {error.strerror}") from None


def _known_as(path: str, kid: str) -> str:
    """The key with its fingerprint: another file may have another key of that name."""
    return next(each for each in KeyRing.load(path).known() if each.partition(":")[0] == kid)


def _refuse_unknown(client: redis.Redis, key: str, path: str, wait: float) -> None:
    """ClickException, naming them, when running processes do not know a key."""

    def knows(process: ProcessRecord) -> bool:
        return key in process.keys

    lacking = wait_for_all(client, knows, 0.0)
    if lacking and wait:
        click.echo(f"waiting up to {wait:g} s for {_listed(lacking)}", err=True)
        lacking = wait_for_all(client, knows, wait)
    if lacking:
        raise click.ClickException(
            f"{key.partition(':')[0]} of {path} is not known to {_listed(lacking)}. Nothing was sealed with it. They have "
            "read a copy from before, or another file: bring this one to their hosts, start them one by one, and call this again"
        )


def _listed(processes: Iterable[ProcessRecord]) -> str:
    return ", ".join(each.shown for each in processes)


@contextmanager
def _services() -> Iterator[GatewayServices]:
    """The services. Their errors end the command with one line."""
    settings = _settings()
    try:
        yield wiring.gateway_services(settings)
    except StoreDown as error:
        fail(f"Redis does not answer: {error}", NO_REDIS)
    except (KeyRingError, BadRecord) as error:
        raise click.ClickException(str(error)) from None


def _settings() -> Settings:
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if not settings.keys_file:
        raise click.ClickException("ONESOUP_KEYS_FILE names no key ring; example: ONESOUP_KEYS_FILE=/run/secrets/onesoup-keys")
    return settings


def _account(services: GatewayServices, text: str, served: bool = True) -> str:
    try:
        if served:
            return linking.account_of(services, Peer(), text)
        return access.login_address(text, throttle.domain_policy(services.policy, Peer())).jid
    except CspError as error:
        known = ", ".join(sorted(services.policy.domains))
        raise click.ClickException(f"{text}: {error.description or 'no account'} (domains: {known})") from None


def _typed(jid: str) -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise click.ClickException("passwords are typed at a terminal; with --stdin they are read from a pipe")
    password = click.prompt(f"XMPP password of {jid}", hide_input=True)
    ask: Callable[..., str] = click.prompt
    return password, ask(
        "Phone password (empty: one is made)", hide_input=True, default="", show_default=False, confirmation_prompt="Again"
    )


def _piped() -> tuple[str, str]:
    lines = [*sys.stdin.read().splitlines(), "", ""]
    return lines[0], lines[1]


def _check(services: GatewayServices, jid: str, password: str) -> None:
    """Checks the password at the XMPP server, through a holder."""
    services.replies.start()
    try:
        linking.verify_password(services, Peer(address="admin"), jid, password, time.monotonic() + PASSWORD_CHECK_SECONDS)
    except CspError as error:
        raise click.ClickException(f"the XMPP server refuses {jid}: {error}") from None
    except BackendError as error:
        raise click.ClickException(f"{jid} could not be checked ({error}); --unchecked stores it all the same") from None
