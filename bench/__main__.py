"""The command: runs the parts that are named, or all of them; one table at the end."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from dataclasses import replace  # noqa: E402

from bench import compare, history, machine, report  # noqa: E402
from bench.parts import FULL, QUICK, Scale, say  # noqa: E402
from onesoup.load.text import wrapped  # noqa: E402

PART_DESCRIPTIONS = {
    "codec": "microseconds a document: WBXML and XML, to typed primitives and back",
    "poll": "the empty poll of one worker beside the bare ceiling",
    "bosh": "the empty poll beside those of Prosody's and ejabberd's BOSH",
    "sizes": "the empty poll with a thousand sessions and with a hundred thousand",
    "scaling": "a poll with one worker and with two, a stanza with one holder and with two",
    "idle": "an hour of a phone that does nothing, beside an hour of BOSH",
    "login": "log-ins through gateway, holder and Prosody",
    "stream": "XMPP streams beside slixmpp: stanzas, log-ins, memory",
    "memory": "an idle session in the holder and in Redis",
    "takeover": "a holder is killed, another takes its streams",
    "latency": "messages between phone and XMPP client",
    "federation": "phone to phone over two operators, beside client to client",
    "capacity": "polls a second before answers are late, log-ins of a holder, a crowd of idle lines",
    "cir": "how soon phones are woken, and the STCP listener beside a bare one",
}

# Run alone. `scale` has options of its own.
BY_THEMSELVES = ("profile", "hops", "steps", "scale")


def run(names: list[str], scale: Scale) -> tuple[list[report.Figure], list[str]]:
    """The figures of these parts in their order, and the names of parts that failed. A failure does not stop the others."""
    figures: list[report.Figure] = []
    failed = []
    for name in names:
        say(f"== {name}: {PART_DESCRIPTIONS[name]}")
        try:
            figures += importlib.import_module(f"bench.{name}").run(scale)
        except Exception:
            failed.append(name)
            traceback.print_exc()
    return figures, failed


def main(argv: list[str]) -> int:
    if argv[:1] == ["scale"]:
        return int(importlib.import_module("bench.scale.cli").main(argv[1:]))
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures onesoup. A missed goal is no error.")
    parser.add_argument("part", nargs="*", help=", ".join([*PART_DESCRIPTIONS, *BY_THEMSELVES]))
    parser.add_argument("--quick", action="store_true", help="a tiny run, to see that everything works")
    parser.add_argument("--keep", action="store_true", help="append the figures to bench/history.jsonl, under the commit")
    parser.add_argument("--against", metavar="BASE", help="a commit: measure it and this tree in turn, and say what moved")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement; with --against of each tree, at least five")
    parser.add_argument("--streams", type=int, help="idle streams of part stream, and of takeover")
    options = parser.parse_args(argv)
    scale = QUICK if options.quick else FULL
    if options.streams:
        scale = replace(scale, streams=options.streams, taken_over=options.streams)
    if options.rounds:
        scale = replace(scale, rounds=options.rounds)
    if options.part == ["profile"]:
        print(importlib.import_module("bench.profile").run(scale))
        return 0
    if options.part == ["hops"]:
        print(importlib.import_module("bench.latency").hops(scale))
        return 0
    if options.part == ["steps"]:
        print(importlib.import_module("bench.steps").run(scale))
        return 0
    names = options.part or list(PART_DESCRIPTIONS)
    if unknown := [name for name in names if name not in PART_DESCRIPTIONS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    if options.against:
        return _compared(options.against, names, options.rounds or 0)
    about, stolen = machine.describe(), machine.stolen()
    figures, failed = run(names, scale)
    about["steal"] = f"{machine.stolen() - stolen:.2f} s"
    name = "-".join(names) if options.part else "all"
    path = report.save(f"{name}-quick" if options.quick else name, about, figures)
    print("\n".join([*wrapped(", ".join(f"{name} {value}" for name, value in about.items())), "", report.table(figures)]))
    say(f"written: {path}")
    if options.keep and not options.quick:
        _keep(figures, about)
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _compared(base: str, parts: list[str], rounds: int) -> int:
    try:
        print(compare.compare(base, parts, max(rounds, compare.MIN_ROUNDS)))
    except compare.CannotCompare as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    return 0


def _keep(figures: list[report.Figure], about: dict[str, str]) -> None:
    try:
        history.append(history.lines(figures, about, history.commit(), time.strftime("%Y-%m-%d", time.gmtime())))
    except history.Uncommitted as error:
        say(f"not kept, the figures are of no commit: {error}")
    else:
        say(f"kept: {history.HISTORY_FILE}")


sys.exit(main(sys.argv[1:]))
