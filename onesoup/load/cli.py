"""`onesoup load`: phones and friends at work on a server, an account of every message, the series and a picture of it."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import click


@click.command()
@click.option("--phones", default=50, show_default=True, type=click.IntRange(1), help="Phones that work at the same time.")
@click.option("--seconds", default=60.0, show_default=True, help="Under load, log-ins included.")
@click.option("--interval", default=4.0, show_default=True, help="Between two actions of one phone.")
@click.option("--friends", default=10, show_default=True, type=click.IntRange(1), help="Users of ordinary XMPP clients.")
@click.option(
    "--lines", default=0.5, show_default=True, type=click.FloatRange(0, 1), help="Fraction of the phones with an STCP line."
)
@click.option("--stack", "own_stack", is_flag=True, help="Start a server of its own, with the accounts.")
@click.option("--workers", default=2, show_default=True, help="Gateway workers of that server.")
@click.option("--holders", default=1, show_default=True, help="Holders of that server.")
@click.option("--url", help="CSP URL of a server that runs. Its users load0, load1 ... and friend0 ... have to be there.")
@click.option("--domain", default="localhost", show_default=True, help="XMPP domain of the users.")
@click.option("--user", "phone_name", default="load", show_default=True, help="Prefix of the phones' user names.")
@click.option("--friend", "friend_name", default="friend", show_default=True, help="Prefix of the friends' user names.")
@click.option("--password", default="load-secret", show_default=True, help="Of all these users.")
@click.option("--xmpp", metavar="HOST:PORT", help="The XMPP server, for friends. Without it phones write to phones only.")
@click.option("--xmpp-ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its certificate authority.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="load-out",
    show_default=True,
    help="For load.csv, load.svg, load.json.",
)
def load(
    phones: int,
    seconds: float,
    interval: float,
    friends: int,
    lines: float,
    own_stack: bool,
    workers: int,
    holders: int,
    url: str | None,
    domain: str,
    phone_name: str,
    friend_name: str,
    password: str,
    xmpp: str | None,
    xmpp_ca: Path | None,
    out: Path,
) -> None:
    """Put a server under load and account for every message: what was acknowledged must arrive.

    Exit status 1: a message was lost or arrived twice, or HTTP failed.
    """
    from gevent import monkey

    monkey.patch_all()
    from onesoup.load.run import Plan

    if bool(url) == own_stack:
        raise click.UsageError("one of --url and --stack is needed")
    plan = Plan(
        url or "",
        domain,
        phones,
        min(friends, phones),
        interval,
        lines,
        phone_name,
        friend_name,
        password,
        _address(xmpp),
        xmpp_ca,
    )
    with _server(plan, workers, holders) if own_stack else nullcontext(plan) as ready:
        sys.exit(_run(ready, seconds, out))


def _run(plan: "Plan", seconds: float, out: Path) -> int:  # type: ignore[name-defined]  # noqa: F821
    from onesoup.load.run import Run

    run = Run(plan, tell=lambda text: click.echo(text, err=True))
    with run.working():
        # However long the log-ins took, there is something to measure.
        run.watch(max(seconds - (time.monotonic() - run.series.began), seconds / 2))
    result = run.result()
    out.mkdir(parents=True, exist_ok=True)
    (out / "load.csv").write_text(result.series.csv(), encoding="utf-8")
    (out / "load.svg").write_text(result.svg(f"{plan.phones} phones, {result.seconds:.0f} s"), encoding="utf-8")
    (out / "load.json").write_text(json.dumps(result.as_json(), indent=1) + "\n", encoding="utf-8")
    click.echo(result.table())
    click.echo(f"\nwritten: {out}/load.csv, load.svg, load.json")
    total = result.ledger.total()
    return 1 if total.lost or total.doubled or result.http_5xx else 0


@contextmanager
def _server(plan: "Plan", workers: int, holders: int) -> "Iterator[Plan]":  # type: ignore[name-defined]  # noqa: F821
    """A stack with the accounts of the plan, gone afterwards."""
    from onesoup.demo.stack import Stack

    with tempfile.TemporaryDirectory(prefix="onesoup-load-") as directory:
        stack = Stack(directory, domain=plan.domain, env={"ONESOUP_WEB_WORKERS": str(workers)})
        plan = replace(plan, url=stack.url, xmpp=("127.0.0.1", stack.xmpp_port), ca_file=stack.ca_file)
        for user, roster in plan.rosters():
            stack.prosody.add_account(user, plan.password, roster)
        with stack:
            for number in range(1, holders):
                stack.start("holder", f"holder-{number + 1}")
            yield plan


def _address(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise click.UsageError(f"{text!r} is not HOST:PORT")
    return host, int(port)
