"""The tables of docs/scaling.md, each from the figures alone. The text between them is in tools/scaling.txt."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench import figures, scaling_plan, storms
from bench.scaling_plan import Plan
from onesoup.store import keys

SIZES = (1_000, 100_000, 1_000_000, 100_000_000)
INSTALLATIONS = (125_000, 250_000, 500_000, 1_000_000)
# Of more phones a simulation has a part, in which all is in proportion: one holder behaves like the next. It has so many holders
# that die at least.
MOST_SIMULATED, LEAST_DEAD = 20_000, 8
SERVER_AWAY_SECONDS = 60.0
SEEDS = range(5)
# docs/reliability.md, F3: one holder of two has all the sessions.
F3_SESSIONS, TAKEOVER_SESSIONS = 500, 1000
MORE_SHARDS = 4096
# `make scale`: a figure of it, and its processes: four holders, two gateways with a worker each, two CIR processes.
RUN_MEMORY, RUN_PROCESSES = "memory a phone, our processes and Redis", 8


class Tables:
    """All of them, for one file of figures. A table's name is that of its method."""

    def __init__(self, document: figures.Document) -> None:
        self._document, self.values = document, figures.values(document)
        self._recoveries: dict[tuple[int, int], storms.Recovery] = {}

    # --- what is known ---

    def measured(self) -> str:
        rows = [
            [row["what"], f"{_short(row['value'])} {row['unit']}", f"`{row['command']}`", row["commit"], row["date"]]
            for row in self._document["measured"].values()
        ]
        return _table(["what", "cost", "command", "commit", "date"], rows)

    def estimated(self) -> str:
        rows = self._document["estimated"].values()
        return _table(
            ["what", "estimate", "why"], [[row["what"], f"{_short(row['value'])} {row['unit']}", row["why"]] for row in rows]
        )

    def assumed(self) -> str:
        return _table(["assumed", "value"], [[row["what"], _short(row["value"])] for row in self._document["assumed"].values()])

    def planned(self) -> str:
        return _table(["planned", "value"], [[row["what"], _short(row["value"])] for row in self._document["planned"].values()])

    def big_run(self) -> str:
        rows = self._document["scale"]
        if not rows:
            return "No figures of `make scale` are in this page yet.\n"
        head = ["figure of `make scale`", "value", "", "commit", "date"]
        return _table(
            head,
            [
                [name, f"{_short(row['value'])} {row['unit']}".strip(), row["note"], row["commit"], row["date"]]
                for name, row in rows.items()
            ],
        )

    def beside_the_run(self) -> str:
        """What the sums say of as many phones as the big run had; nothing where its figures do not tell how many."""
        found = self._document["scale"]
        if not {"phones", RUN_MEMORY} <= found.keys():
            return ""
        phones, v = found["phones"]["value"], self.values
        processes = RUN_PROCESSES * v["process_mb"] / phones
        said = v["holder_kb"] + v["redis_kb"] + v["lines"] * v["line_kb"] + processes
        measured = ["measured in the run", f"{found[RUN_MEMORY]['value']:.0f} KB"]
        table = _table([RUN_MEMORY, ""], [measured, ["by the arithmetic of this page", f"{said:.0f} KB"]])
        return f"\nThe arithmetic of this page can be compared with that run:\n\n{table}"

    # --- sizes ---

    def answer(self) -> str:
        return self._sizes(
            [
                ("installations", lambda plan, times: _count(times)),
                ("hosts for onesoup and Redis", lambda plan, times: _count(plan.hosts * times)),
                ("hosts for the XMPP server", lambda plan, times: _count(plan.xmpp_hosts * times)),
                ("memory a phone, without the XMPP server", lambda plan, times: f"{self._year(plan, times).memory_kb:.0f} KB"),
                ("a holder dies: all its phones are back after", lambda plan, times: _seconds(self._holder_dies(plan).all_back)),
            ]
        )

    def traffic(self) -> str:
        def rate(read: Callable[[scaling_plan.Rates], float]) -> Callable[[Plan, int], str]:
            return lambda plan, times: _short(read(scaling_plan.rates(plan.phones, self.values, busy=True)) * times)

        return self._sizes(
            [
                ("requests/s", rate(lambda r: r.requests)),
                ("empty polls among them", rate(lambda r: r.empty_polls)),
                ("messages/s, each way", rate(lambda r: r.messages)),
                ("presence changes/s", rate(lambda r: r.presence)),
                ("log-ins/s", rate(lambda r: r.logins)),
                ("lines woken/s", rate(lambda r: r.wakes)),
                ("SMS/s", rate(lambda r: r.sms)),
            ]
        )

    def load(self) -> str:
        def busy(role: str) -> Callable[[Plan, int], str]:
            return lambda plan, times: _short(plan.busy[role] * times)

        def memory(role: str) -> Callable[[Plan, int], str]:
            return lambda plan, times: _gigabytes(plan.memory[role] * times)

        return self._sizes(
            [(f"{role}: cores", busy(role)) for role in scaling_plan.ROLES]
            + [(f"{role}: memory", memory(role)) for role in scaling_plan.ROLES]
        )

    def roles(self) -> str:
        return self._sizes(
            [
                ("gateway workers", lambda plan, times: _count(plan.workers * times)),
                ("holders", lambda plan, times: _count(plan.holders * times)),
                ("CIR processes", lambda plan, times: _count(plan.line_processes * times)),
                ("Redis", lambda plan, times: f"{_redis(plan)}{' in each installation' if times > 1 else ''}"),
            ]
        )

    # --- Redis ---

    def cluster(self) -> str:
        rows = []
        for phones in INSTALLATIONS:
            plan, nodes = self._plan(phones), max(self._plan(phones).redis, 3)
            rows.append(
                [
                    _count(phones),
                    str(nodes),
                    _count(scaling_plan.CLUSTER_SLOTS // nodes),
                    _gigabytes(plan.memory["Redis"] / nodes),
                    f"{plan.busy['Redis'] / nodes:.0%}",
                    f"{scaling_plan.most_shards_on_a_node(nodes)} of {keys.SHARDS}",
                ]
            )
        return _table(["phones", "primaries", "slots each", "memory each", "of a core", "most shards on one primary"], rows)

    def news(self) -> str:
        rows = []
        for phones in INSTALLATIONS:
            plan, busy = self._plan(phones), scaling_plan.rates(phones, self.values, busy=True)
            nodes = 2 * max(plan.redis, 3)
            size = self.values["wake_bytes"] * 8 / 1e6
            rows.append(
                [
                    _count(phones),
                    _short(busy.publishes),
                    f"{busy.publishes * size:.1f} Mbit/s",
                    f"{busy.publishes * size * nodes:.1f} Mbit/s",
                ]
            )
        traffic = ["traffic with sharded pub/sub", "traffic without it, all nodes together"]
        return _table(["phones", "messages of pub/sub a second", *traffic], rows)

    # --- shards ---

    def shares(self) -> str:
        wanted = (2, 3, 20, 50, 64, 65, 100, 128, 129, 200, 256, 300)
        rows = [[str(each), str(scaling_plan.share(each)), str(scaling_plan.working_holders(each))] for each in wanted]
        return _table(["holders started", "most shards of one holder", "holders that have a shard"], rows)

    def installations(self) -> str:
        rows = []
        for phones in INSTALLATIONS:
            plan = self._plan(phones)
            rows.append(
                [
                    _count(phones),
                    str(plan.holders),
                    _count(round(plan.sessions_a_shard)),
                    _seconds(self._holder_dies(plan).all_back),
                    _seconds(self._holder_dies(plan, shards=MORE_SHARDS).all_back),
                    str(plan.redis),
                    str(plan.hosts),
                    _count(math.ceil(SIZES[-1] / phones)),
                ]
            )
        head = ["phones", "holders", "sessions in a shard", "all are back after", f"with {MORE_SHARDS:,} shards"]
        return _table([*head, "Redis primaries", "hosts", "installations for 100,000,000"], rows)

    # --- faults ---

    def checked(self) -> str:
        outcome, v = self.f3(), self._document["measured"]
        rows = [
            ["F3: shards taken", _seconds(v["F3_shards"]["value"]), _seconds(outcome.shards_taken)],
            ["F3: all 500 streams back", _seconds(v["F3_streams"]["value"]), _seconds(outcome.all_back)],
        ]
        return _table(["", "measured", "simulated"], rows)

    def faults(self) -> str:
        rows = []
        for phones in SIZES[:-1]:
            plan = self._plan(phones)
            rows.append(self._fault(plan, "a holder", 1, self._holder_dies(plan)))
            if plan.hosts > 1:
                rows.append(self._fault(plan, "a host", math.ceil(plan.holders / plan.hosts), self._host_dies(plan)))
            rows.append(self._fault(plan, "the XMPP server, for a minute", plan.holders, self._server_restarts(plan)))
        head = ["phones", "what dies", "sessions", "shards taken after", "half are back after", "all are back after"]
        return _table([*head, "log-ins refused until then"], rows)

    def _fault(self, plan: Plan, what: str, holders: int, found: storms.Recovery) -> list[str]:
        sessions = round(plan.sessions_a_holder * holders)
        server = holders == plan.holders
        refused = "all" if server else _count(found.refused * sessions / found.streams)
        times = [_seconds(each) for each in (found.half_back, found.all_back)]
        return [_count(plan.phones), what, _count(sessions), "-" if server else _seconds(found.shards_taken), *times, refused]

    def _host_dies(self, plan: Plan) -> storms.Recovery:
        """Of a large installation a part with all in proportion, in which some holders die."""
        farm, dead = self.farm(plan), math.ceil(plan.holders / plan.hosts)
        equal = math.gcd(farm.holders, farm.server_cores)
        parts = next(each for each in (8, 4, 2, 1) if (equal % each == 0 and dead >= each * LEAST_DEAD) or each == 1)
        return storms.holders_die(farm.part(parts), round(dead / parts), 1)

    def _server_restarts(self, plan: Plan) -> storms.Recovery:
        farm = self.farm(plan)
        parts = math.gcd(farm.holders, farm.server_cores) if plan.phones > MOST_SIMULATED else 1
        return storms.server_restarts(farm.part(parts), SERVER_AWAY_SECONDS, 1)

    def farm(self, plan: Plan) -> storms.Farm:
        """The holders of a plan with the measured costs. The XMPP server uses all cores of its hosts, the spare one's apart."""
        v = self.values
        hosts = max(plan.xmpp_hosts - 1, 1)
        return storms.Farm(
            holders=plan.holders,
            sessions=plan.phones,
            hosts=plan.hosts,
            resume=v["takeover_cpu"],
            login=v["login_holder"],
            core_share=self.core_share,
            server=v["login_xmpp"],
            server_cores=int(hosts * v["host_cores"]) if plan.phones > 1000 else 1,
            logins_a_second=scaling_plan.rates(plan.phones, v, busy=True).logins,
            retry=v["retry_seconds"],
        )

    @property
    def core_share(self) -> float:
        """What part of a core the new holder got in the bench of takeovers, in which everything was busy on two cores."""
        return self.values["takeover_cpu"] * TAKEOVER_SESSIONS / self.values["takeover_seconds"]

    def f3(self) -> storms.Recovery:
        """F3 as the simulation has it: of two holders on two cores, one has 500 sessions, all that there are."""
        cost, server = self.values["takeover_cpu"], self.values["login_xmpp"]
        farm = storms.Farm(2, 2 * F3_SESSIONS, shards=F3_SESSIONS, resume=cost, core_share=self.core_share, server=server)
        return storms.median([storms.holders_die(farm, 1, seed) for seed in range(15)])

    def _holder_dies(self, plan: Plan, shards: int = keys.SHARDS) -> storms.Recovery:
        """The median of some runs."""
        key = (plan.phones, shards)
        if key not in self._recoveries:
            farm = self.farm(plan).with_shards(shards)
            self._recoveries[key] = storms.median([storms.holders_die(farm, 1, seed) for seed in SEEDS])
        return self._recoveries[key]

    # --- money ---

    def money(self) -> str:
        def year(read: Callable[[scaling_plan.PhoneYear], str]) -> Callable[[Plan, int], str]:
            return lambda plan, times: read(self._year(plan, times))

        return self._sizes(
            [
                ("CPU seconds a phone and year", year(lambda y: f"{y.cpu_seconds:.0f}")),
                ("memory a phone", year(lambda y: f"{y.memory_kb:.0f} KB")),
                ("hosts", year(lambda y: _count(y.hosts))),
                ("hosts: price a phone and year", year(lambda y: _short(y.price))),
                ("hosts of the XMPP server", year(lambda y: _count(y.xmpp_hosts))),
                ("hosts of the XMPP server: price a phone and year", year(lambda y: _short(y.xmpp_price))),
                ("SMS a phone and year, if each message to a sleeping phone causes one", year(lambda y: f"{y.sms:.0f}")),
            ]
        )

    # --- helpers ---

    def _plan(self, phones: int) -> Plan:
        return scaling_plan.plan(phones, self.values)

    def _year(self, plan: Plan, times: int) -> scaling_plan.PhoneYear:
        return scaling_plan.phone_year(plan, times, self.values)

    def _sizes(self, rows: Iterable[tuple[str, Callable[[Plan, int], str]]]) -> str:
        """A column for each size. What is too large for one installation is several."""
        largest = int(self.values["installation_phones"])
        columns = [(self._plan(min(phones, largest)), math.ceil(phones / largest)) for phones in SIZES]
        body = [[name, *(text(plan, times) for plan, times in columns)] for name, text in rows]
        return _table(["phones", *(_count(phones) for phones in SIZES)], body)


def _redis(plan: Plan) -> str:
    if plan.hosts == 1:
        return "one, with its append-only file"
    return "one, a replica, Sentinels" if plan.redis == 1 else f"a cluster of {plan.redis} primaries, with replicas"


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _short(value: float) -> str:
    """Two or three digits that count."""
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 20 else f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"


def _gigabytes(value: float) -> str:
    return f"{value * 1024:.0f} MB" if value < 1 else f"{_short(value)} GB" if value < 1024 else f"{_short(value / 1024)} TB"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in lines)
