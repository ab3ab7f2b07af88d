"""`onesoup spec`: asks any IMPS server, with two accounts, whether phones can use it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from onesoup.phone.errors import PhoneError, Unreachable
from onesoup.spec.case import SPEC_VERSIONS
from onesoup.spec.html_report import html_report
from onesoup.spec.levels import LEVEL_TITLES, level_states
from onesoup.spec.machine_reports import json_report, junit_report
from onesoup.spec.run import (
    DEFAULT_CASE_SECONDS,
    DEFAULT_TOTAL_SECONDS,
    SpecPlan,
    chosen_cases,
    reach,
    run_spec,
    without_passwords,
)
from onesoup.spec.scene import SpecAccount
from onesoup.spec.terminal_report import ProgressLines, listed_cases, summary_lines
from onesoup.wire.document import ANY_TREE, Encoding

USAGE, NOT_REACHABLE = 2, 3

_file = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.option("--url", help="The server, as a phone has it.")
@click.option("--user", help="The first account: alice, alice@example.org or wv:alice@example.org.")
@click.option("--password", help="Its password. Asked for when missing.")
@click.option("--user2", help="The second account. Nobody else may use either during the run.")
@click.option("--password2", help="Its password. Asked for when missing.")
@click.option("--csp", "versions", type=click.Choice(SPEC_VERSIONS), multiple=True, help="This version only. May be repeated.")
@click.option(
    "--encoding", "encodings", type=click.Choice([each.value for each in ANY_TREE]), multiple=True, help="This encoding only."
)
@click.option("--only", multiple=True, metavar="AREA|ID", help="These cases only: session, session.login. May be repeated.")
@click.option(
    "--level",
    type=click.Choice(list(LEVEL_TITLES)),
    default="chat",
    show_default=True,
    help="Level that decides the exit code: a phone can chat, or complete 1.1, 1.2, 1.3.",
)
@click.option("--json", "json_file", type=_file, help="Write the results as JSON.")
@click.option("--junit", "junit_file", type=_file, help="Write the results as JUnit XML.")
@click.option("--html", "html_file", type=_file, help="Write an HTML page.")
@click.option(
    "--case-seconds", type=click.FloatRange(1, 600), default=DEFAULT_CASE_SECONDS, show_default=True, help="For one case."
)
@click.option("--seconds", type=click.FloatRange(1, 86400), default=DEFAULT_TOTAL_SECONDS, show_default=True, help="For all.")
@click.option("--list", "only_list", is_flag=True, help="Show the cases, and exit.")
def spec(
    url: str | None,
    user: str | None,
    password: str | None,
    user2: str | None,
    password2: str | None,
    versions: tuple[str, ...],
    encodings: tuple[str, ...],
    only: tuple[str, ...],
    level: str,
    json_file: Path | None,
    junit_file: Path | None,
    html_file: Path | None,
    case_seconds: float,
    seconds: float,
    only_list: bool,
) -> None:
    """Test whether phones can use an IMPS server.

    Runs cases from outside, with two accounts, in CSP 1.1, 1.2 and 1.3, as XML and as WBXML. Exit code: 0 when the level is
    reached, 1 when it is not, 2 for a mistake in the call, 3 when the server cannot be reached.
    """
    try:
        cases = chosen_cases(only)
    except KeyError as unknown:
        raise click.UsageError(f"no case or area is called {unknown.args[0]!r}: --list shows all") from None
    if only_list:
        click.echo("\n".join(listed_cases(cases)))
        return
    if not url or not user or not user2:
        raise click.UsageError("--url, --user and --user2 are needed")
    pair = (SpecAccount(user, _password(password, user)), SpecAccount(user2, _password(password2, user2)))
    url = url if "://" in url else f"http://{url}"
    _reach(url)
    plan = SpecPlan(
        url,
        [pair],
        versions or SPEC_VERSIONS,
        [Encoding(each) for each in encodings] or ANY_TREE,
        cases,
        case_seconds,
        seconds,
    )
    progress = ProgressLines(click.echo)
    report = run_spec(plan, progress.add)
    progress.end()
    levels = level_states(report.results)
    click.echo(without_passwords("\n".join(summary_lines(report, levels)), plan))
    for file, make in ((json_file, json_report), (junit_file, junit_report), (html_file, html_report)):
        if file is not None:
            file.write_text(without_passwords(make(report, levels), plan), encoding="utf-8")
    sys.exit(0 if next(each.reached for each in levels if each.name == level) else 1)


def _password(given: str | None, user: str) -> str:
    if given is not None:
        return given
    if sys.stdin.isatty():
        return str(click.prompt(f"Password of {user}", hide_input=True))
    return sys.stdin.readline().rstrip("\r\n")


def _reach(url: str) -> None:
    try:
        reach(url)
    except Unreachable as error:
        _fail(f"{url} cannot be reached: {error}", NOT_REACHABLE)
    except PhoneError as error:
        _fail(str(error), USAGE)


def _fail(reason: str, code: int) -> NoReturn:
    click.echo(f"onesoup spec: {reason}", err=True)
    sys.exit(code)
