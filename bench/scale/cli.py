"""`python -m bench scale`: the run, its table, bench/out/scale.json and, where it is asked for, docs/scale.md."""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from bench import machine, report
from bench.parts import REPOSITORY, say
from bench.scale import page
from bench.scale.crowds import crowds
from bench.scale.day import FAULTS, Day
from bench.scale.outcome import Outcome, books_of
from bench.scale.samples import GENERATOR, Sampler
from bench.scale.site import XMPP_SERVERS, Site
from bench.scale.town import Town
from bench.scale.watch import Watch
from onesoup.load.text import wrapped

DOCS = REPOSITORY / "docs"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description="A day of many phones on this machine.")
    parser.add_argument("--phones", type=int, default=20_000)
    parser.add_argument("--mix-minutes", type=float, default=15.0, help="an hour's traffic is squeezed into so many")
    parser.add_argument("--squeeze", type=float, help="hours' traffic in an hour of the clock; 60 / mix-minutes unless given")
    parser.add_argument("--rest-seconds", type=float, default=10.0, help="of ordinary traffic behind each fault")
    parser.add_argument("--server", default=XMPP_SERVERS[0], choices=XMPP_SERVERS, help="the XMPP servers")
    parser.add_argument("--faults", nargs="*", default=FAULTS, choices=FAULTS, help="these alone, in this order")
    parser.add_argument(
        "--report", nargs="?", type=Path, const=DOCS, help="write scale.md and its pictures, into docs/ unless named"
    )
    parser.add_argument("--keep", type=Path, help="work in this directory, and leave it")
    options = parser.parse_args(argv)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # of all that are started here
    with tempfile.TemporaryDirectory(prefix="onesoup-scale-") as name:
        outcome = run(options.keep or Path(name), options)
    figures = outcome.figures()
    about = machine.describe()
    path = report.save("scale" if options.report == DOCS else f"scale-{options.phones}", about, figures)
    path.write_text(json.dumps(json.loads(path.read_text()) | page.series(outcome), indent=1) + "\n", encoding="utf-8")
    print("\n".join([*wrapped(", ".join(f"{name} {value}" for name, value in about.items())), "", report.table(figures)]))
    say(f"written: {path}")
    if options.report:
        page.write(outcome, about, figures, options.report)
    return 0


def run(directory: Path, options: argparse.Namespace) -> Outcome:
    directory.mkdir(parents=True, exist_ok=True)
    town = Town(options.phones, squeeze=options.squeeze or 60 / options.mix_minutes)
    say(f"{town.phones} accounts, servers and roles")
    began = time.monotonic()
    site, watch = Site(directory, town, options.server), Watch(town.phones, began)
    # The generator first: a CIR process that finds nobody at the URL for SMS offers none for a while.
    with crowds(site, watch.hear) as people, site.running():
        say(f"up after {time.monotonic() - began:.0f} s")
        watch.begin(time.monotonic())
        sampler = Sampler(lambda: site.roles() | {GENERATOR: people.pids}, site.stack.redis.port, watch.began)
        try:
            day = Day(site, people, watch, sampler.samples, say, options.mix_minutes * 60, options.rest_seconds, options.faults)
            day.run()
        finally:
            sampler.stop()
        books, failures = books_of(people.ledgers), people.failures()
    return Outcome(town, day.phases, watch, sampler.samples, books, failures, os.cpu_count() or 1)
