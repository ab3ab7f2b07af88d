"""The page about a day, docs/scale.md, its pictures, and its figures second by second for bench/out/scale.json."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.parts import say
from bench.report import Figure, short
from bench.scale.outcome import OURS, Outcome
from bench.scale.samples import GENERATOR
from bench.scale.site import PROSODY_OPTIONS, SCALE_SETTINGS
from bench.scale.town import POLL_SECONDS
from bench.scale.watch import Histogram, percentile_of
from onesoup.load import plot
from onesoup.settings import ENV_PREFIX

# One point of a curve.
STEP_SECONDS = 5
PARTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

Curves = dict[str, list[float]]


def write(outcome: Outcome, about: Mapping[str, str], figures: Sequence[Figure], folder: Path) -> None:
    """The page and its pictures, in place of what is there."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for name, (title, panels) in _pictures(outcome).items():
        marks = [(each.begin, str(number)) for number, each in enumerate(outcome.phases, 1)]
        picture = plot.svg(title, panels, marks, STEP_SECONDS)
        (folder / "pictures" / f"scale-{name}.svg").write_text(picture, encoding="utf-8")
    page = folder / "scale.md"
    page.write_text(_page(outcome, about, figures), encoding="utf-8")
    say(f"written: {page}")


def series(outcome: Outcome) -> dict[str, Any]:
    """What bench/out/scale.json has beside the figures."""
    return {
        "phones": outcome.town.phones,
        "squeeze": outcome.town.squeeze,
        "settings": SCALE_SETTINGS,
        "failures": dict(outcome.failures),
        "phases": [vars(each) for each in outcome.phases],
        "step_seconds": STEP_SECONDS,
        "series": {
            f"{title}: {line}": [round(value, 2) for value in values]
            for title, panels in _pictures(outcome).values()
            for panel in panels
            for line, values in panel.lines.items()
        },
    }


# --- pictures ---


def _pictures(outcome: Outcome) -> dict[str, tuple[str, list[plot.Panel]]]:
    samples = outcome.samples
    roles = [role for role in samples.cpu if role not in ("XMPP", GENERATOR)]
    cpu = {role: _sampled(outcome, samples.cpu[role]) for role in samples.cpu}
    memory = {role: [each / 1024 for each in _sampled(outcome, samples.memory[role])] for role in samples.memory}
    others = [role for role in ("XMPP", GENERATOR) if role in cpu]
    return {
        "phones": (
            "Phones",
            [
                plot.Panel("phones on line", {"on line": _online(outcome)}),
                plot.Panel("a second", {name: _counted(outcome, name) for name in ("requests", "failed", "logins")}),
                plot.Panel("messages a second", {name: _counted(outcome, name) for name in ("sent", "received")}),
            ],
        ),
        "latency": (
            "Times, ms",
            [
                plot.Panel("answers, ms", _times(outcome, lambda begin, end: outcome.watch.requests(begin, end))),
                plot.Panel("writing to WVCI, ms", _times(outcome, lambda begin, end: outcome.watch.wakes("wake", begin, end))),
            ],
        ),
        "cpu": (
            "Cores in use, %",
            [
                plot.Panel("our roles and Redis, %", {role: [each * 100 for each in cpu[role]] for role in roles}),
                plot.Panel("XMPP and generator, %", {role: [each * 100 for each in cpu[role]] for role in others}),
            ],
        ),
        "memory": (
            "Memory (PSS), MB",
            [
                plot.Panel("our roles and Redis, MB", {role: memory[role] for role in OURS if role in memory}),
                plot.Panel("XMPP and generator, MB", {role: memory[role] for role in others}),
            ],
        ),
    }


def _steps(outcome: Outcome) -> Iterable[tuple[float, float]]:
    end = max(each.end for each in outcome.phases)
    return ((number * STEP_SECONDS, (number + 1) * STEP_SECONDS) for number in range(math.ceil(end / STEP_SECONDS)))


def _online(outcome: Outcome) -> list[float]:
    found, last = [], 0
    for begin, end in _steps(outcome):
        last = next((sum(each.online.values()) for each in reversed(outcome.watch.between(begin, end))), last)
        found.append(float(last))
    return found


def _counted(outcome: Outcome, name: str) -> list[float]:
    return [outcome.watch.total(name, begin, end) / STEP_SECONDS for begin, end in _steps(outcome)]


def _times(outcome: Outcome, of: Any) -> Curves:
    """By percentile; a step without any time has 0."""
    found: list[Histogram] = [of(begin, end) for begin, end in _steps(outcome)]
    return {name: [percentile_of(times, part) for times in found] for name, part in PARTS.items()}


def _sampled(outcome: Outcome, samples: Sequence[tuple[float, float]]) -> list[float]:
    """The mean of each step; where nothing was sampled, the last one stays."""
    found, last = [], 0.0
    for begin, end in _steps(outcome):
        here = [value for at, value in samples if begin <= at < end]
        last = sum(here) / len(here) if here else last
        found.append(last)
    return found


# --- the page ---


def _page(outcome: Outcome, about: Mapping[str, str], figures: Sequence[Figure]) -> str:
    town, mix = outcome.town, outcome.phase("mix")
    missed = [each.name for each in figures if each.verdict == "MISS"]
    parts = [
        f"# {town.phones:,} phones on one small machine",
        f"Written by `make scale` (`.venv/bin/python -m bench scale --phones {town.phones} --report`). Do not edit: run it "
        "again. The figures over time are in bench/out/scale.json.",
        f"Machine: {', '.join(f'{name} {value}' for name, value in about.items())}.",
        "Missed goals: " + (", ".join(missed) if missed else "none") + ".",
        "## Figures and goals",
        _figures(figures),
        "## The day",
        "The numbers are those of the marks in the pictures. Each fault happens under the traffic of the mix, which goes on for "
        'some seconds after all is normal again. "Normal" means for four seconds: nearly all phones are online (with their '
        "lines, if they have one), no request failed, p95 of requests is below 500 ms.",
        _phases(outcome),
        *(f"![{title}](pictures/scale-{name}.svg)" for name, (title, _) in _pictures(outcome).items()),
        "## Requests in the mix",
        _kinds(outcome, mix.begin, mix.end),
        "`logged in` is the whole start of a phone, from the log-in to the last subscription; the table also counts each of its "
        "requests.",
        "## What failed in the whole day",
        _failures(outcome),
        "## What a phone takes",
        _roles(outcome),
        _about(outcome),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines)


def _figures(figures: Sequence[Figure]) -> str:
    rows = [
        (
            each.name,
            f"{short(each.value.median)} {each.unit}".strip(),
            "" if each.goal is None else f"≤ {short(each.goal)}",
            each.verdict,
            each.note,
        )
        for each in figures
    ]
    return _table(("figure", "value", "goal", "", "note"), rows)


def _phases(outcome: Outcome) -> str:
    rows = []
    for number, each in enumerate(outcome.phases, 1):
        requests = outcome.watch.requests(each.begin, each.end)
        times = "/".join(f"{percentile_of(requests, part):.0f}" for part in PARTS.values())
        failed = outcome.watch.total("failed", each.begin, each.end)
        normal = "-" if each.normal is None else f"{each.normal:.0f} s"
        rows.append(
            (number, each.name, f"{each.begin:.0f} s", f"{each.end - each.begin:.0f} s", times, failed, normal, each.logged_out)
        )
    head = ("", "phase", "begins", "takes", "p50/p95/p99, ms", "failed requests", "normal after", "sessions ended by the server")
    return _table(head, rows)


def _kinds(outcome: Outcome, begin: float, end: float) -> str:
    rows = [
        (kind, sum(times.values()), *(short(percentile_of(times, part)) for part in PARTS.values()))
        for kind, times in outcome.watch.kinds(begin, end).items()
    ]
    return _table(("kind", "number", *(f"{name}, ms" for name in PARTS)), rows)


def _failures(outcome: Outcome) -> str:
    """Requests by kind and reason."""
    if not outcome.failures:
        return "Nothing."
    return _table(("request: reason", "number"), outcome.failures.most_common())


def _roles(outcome: Outcome) -> str:
    mix, morning, phones = outcome.phase("mix"), outcome.phase("morning"), outcome.town.phones
    rows = []
    for role in outcome.samples.cpu:
        kilobytes = outcome.samples.kilobytes(role, 0, mix.end)
        in_morning = outcome.samples.cores(role, morning.begin, morning.end) * (morning.end - morning.begin) / phones * 1000
        busy = outcome.samples.cores(role, mix.begin, mix.end) * 100
        rows.append(
            (
                role,
                short(outcome.memory(role) / phones),
                short(max(kilobytes, default=0) / phones),
                short(in_morning),
                short(busy),
            )
        )
    memory = ("memory in the mix, KB a phone", "most until its end, KB a phone")
    return _table(("role", *memory, "CPU of a log-in, ms", "% of a core in the mix"), rows)


def _about(outcome: Outcome) -> str:
    town = outcome.town
    settings = "\n".join(f"    {ENV_PREFIX}{name.upper()}={value}" for name, value in SCALE_SETTINGS.items())
    rates = ", ".join(f"{name} {rate / town.squeeze:.2f}" for name, rate in town.rates().items())
    options = "\n".join(f"    {line}" for line in PROSODY_OPTIONS.strip().splitlines())
    return f"""## What was run

There were two Prosodys, one for each of two domains, which federate over verified TLS; Redis with its append-only file
(`everysec`); two gateways with a worker each behind one socket, four holders, and two CIR processes behind one socket, handed
over as systemd does. A process may have 20,000 open files on this machine, so no single process can hold as many streams,
lines or connections as there are phones. With a higher limit one XMPP server would be enough.

Each phone has 20 contacts, both ways, nearly all at its own domain. Half of the phones have an STCP line, a third poll every
{POLL_SECONDS} s, as the server grants, the rest sleep and are woken by SMS through a webhook. The generator
(`onesoup/load/crowd`) is open loop: every action has its time, however slow the server is. It notes each message, and at the end
the notes of its processes are put together.

An hour of a phone is as [`scaling.md`](scaling.md) assumes for the busiest hour: {rates} times. It passes {town.squeeze:g}
times as fast as the clock; only polls keep their time. Log-ins change the presence of twenty contacts each, so few other
changes are added.

These settings differ from the defaults. Limits that protect a phone from costs are higher, because this hour has more
traffic:

{settings}

`trusted_proxies` names the generator, whose connections carry many phones and state their numbers, as a carrier's WAP gateway
does. Prosody also has these options:

{options}

Accounts and rosters are written into its store before it starts: SCRAM-SHA-1 with 4,096 iterations, and a salt for each
account. ejabberd 23.01 (`--server ejabberd`) takes 14 ms of CPU for a log-in where this Prosody takes 9 (500 such phones on
one busy machine).

## What was difficult

- **Prosody's garbage collector.** With its defaults it takes two thirds of the cost of a log-in, 32 ms. In its generational
  mode it stops everything for seconds from some 4,000 streams on, and waiting log-ins are refused. The options above work.
- **Contacts at the other domain.** With half of all contacts at the other domain a log-in costs Prosody half as much again.
  In this run numbers that follow each other are of one domain.
- **Open files.** 20,000 for a process: see above. The run also needs higher `worker_connections` and `stcp_per_address`.
- **Two gateways of one port on one host** keep their metrics in one directory, and one of them fails to start. So each has a
  port of its own in its settings, and both serve the socket that is handed to them.
- **A CIR process that finds nobody at the URL for SMS** offers no SMS for a while; phones that log in during that time poll."""
