"""`python -m bench steps`: what a log-in with its log-out costs a gateway worker and a holder, step by step.

`python -m bench.steps ROLE` is `onesoup ROLE` with a CPU clock around some functions. Each is charged with what it takes itself,
without the others of the list that it calls and without greenlets that run meanwhile. The clock itself takes some 0.7 us a call,
and as much a switch of greenlets, so the sum is more than what a process takes without it.
"""

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import greenlet  # noqa: E402

from bench import machine  # noqa: E402
from bench.instrumented import run_role  # noqa: E402
from bench.parts import Scale, say, workplace  # noqa: E402
from bench.people import World, at_once  # noqa: E402
from onesoup.demo.process import Process  # noqa: E402

STEPS_VARIABLE = "BENCH_STEPS"
REDIS = "onesoup.store.redis."
STREAM = "onesoup.xmpp.stream."
SESSION = "workers.holder.session."
# Steps that take less, us, are added up.
LEAST_SHOWN_US = 5

# (module, function or class.method, what it is)
BOTH = [
    (REDIS + "pipeline", "_LiveConnection._write", "Redis: write, the system's send"),
    (REDIS + "pipeline", "_LiveConnection._read", "Redis: read, the system's recv"),
    (REDIS + "commands", "send_together", "Redis: commands asked together"),
    (REDIS + "pipeline", "_LiveConnection.ask", "Redis: a command alone"),
    (REDIS + "pipeline", "_LiveConnection.ask_all", "Redis: packed, waiting"),
    (REDIS + "client", "RedisScript.__call__", "Redis: a script alone"),
    (REDIS + "channels", "_ChannelReader._turn", "pub/sub: the reader's turn"),
    (REDIS + "msgpack", "pack", "records packed"),
    (REDIS + "msgpack", "unpack", "records read"),
    ("onesoup.store.account.keyring", "KeyRing.seal", "key ring: sealed"),
    ("onesoup.store.account.keyring", "KeyRing.open", "key ring: opened"),
    ("onesoup.store.account.keyring", "KeyRing.digest", "key ring: digests"),
    ("structlog._base", "BoundLoggerBase._proxy_to_logger", "log lines"),
    ("onesoup.observability.history_notes", "HistoryNotes.note", "history: noted"),
    ("onesoup.observability.history_notes", "HistoryNotes.flush", "history: written"),
]
STEPS = {
    "web": [
        *BOTH,
        ("onesoup.http_server.wsgi", "_Client._serve", "HTTP: the rest"),
        ("onesoup.http_server.wsgi", "_Answer._write", "HTTP: answer written"),
        ("falcon.app", "App.__call__", "Falcon"),
        ("workers.gateway.app", "CspResource.on_post", "gateway"),
        ("workers.gateway.app", "read_message", "codec: read"),
        ("onesoup.handlers.replies", "write_message", "codec: written"),
        ("onesoup.handlers.dispatch", "Exchange.run", "exchange"),
        ("onesoup.handlers.dispatch", "login_once", "log-in: claim"),
        ("onesoup.handlers.login.access", "start_attempt", "log-in: account"),
        ("onesoup.handlers.login.access", "_login", "log-in: rules"),
        ("onesoup.handlers.login.throttle", "ask_holder", "log-in: job for the holder"),
        ("onesoup.handlers.login.access", "report_login", "log-in: report"),
        ("onesoup.handlers.dispatch", "Exchange._requests", "log-out: handled"),
        ("workers.gateway.phone_notes", "PhoneNotes.answered", "notes for the owner's page"),
        ("workers.gateway.phone_notes", "PhoneNotes.flush", "notes for the owner's page: written"),
    ],
    "holder": [
        *BOTH,
        (STREAM + "connect", "connect_tcp", "stream: TCP"),
        (STREAM + "tls", "Tls.secure", "stream: TLS handshake"),
        (STREAM + "negotiate", "Negotiation.secure", "stream: STARTTLS"),
        (STREAM + "login", "Login.run", "stream: SASL, binding"),
        (STREAM + "stream", "connect", "stream: targets, time limits"),
        (STREAM + "socket", "StreamSocket.offer", "stream: written, TLS and send"),
        (STREAM + "socket", "StreamSocket._decrypted", "stream: decrypted"),
        (STREAM + "socket", "StreamSocket._taken", "stream: waiting and recv"),
        (STREAM + "parser", "Parser.feed", "stream: parsed"),
        (STREAM + "stream", "Stream._handle", "stream: handed on"),
        (STREAM + "stream", "Stream._request", "stream: a request"),
        (STREAM + "stream", "Stream.close", "stream: its end"),
        (STREAM + "stream", "Stream.__init__", "stream: made"),
        (SESSION + "session", "XmppSession.__init__", "session: its objects"),
        (SESSION + "session", "XmppSession.begin", "session: begun"),
        (SESSION + "session", "XmppSession.end", "session: ended"),
        (SESSION + "session", "close_session", "session: its end in Redis"),
        (SESSION + "stream_setup", "StreamSetup.prepare", "session: first questions"),
        (SESSION + "receiver", "StanzaReceiver.receive", "session: stanzas taken in"),
        (SESSION + "outbox", "Outbox._work", "session: outbox"),
        (SESSION + "block_rules", "BlockRules.server_list", "session: block list"),
        (SESSION + "rooms.checks", "RoomChecks.find_service", "session: room service"),
        ("workers.holder.process", "Holder.on_wake", "news"),
        ("workers.holder.logins", "LoginJobs.serve_shard", "job: taken"),
        ("workers.holder.logins", "LoginJobs.run_job", "job: run and answered"),
        ("workers.holder.session_opening", "SessionOpener._open", "job: opened"),
        ("workers.holder.session_opening", "SessionOpener._deliver_waiting", "job: what waited"),
        ("workers.holder.upkeep", "SessionUpkeep.check_sessions", "upkeep: sessions looked at"),
    ],
}


class StepClock:
    """Nanoseconds of this thread by step; a greenlet outside of all steps is charged by its name."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._last = time.thread_time_ns()
        greenlet.settrace(self._switched)

    def _charge(self, who: Any) -> None:
        now = time.thread_time_ns()
        steps = who.__dict__.get("bench_steps")
        self.spent[steps[-1] if steps else self._name(who)] += now - self._last
        self._last = now

    def _name(self, who: Any) -> str:
        run = getattr(who, "_run", None) or getattr(who, "run", None)
        return f"({getattr(run, '__qualname__', None) or type(who).__name__})"

    def _switched(self, _event: str, between: tuple[Any, Any]) -> None:
        self._charge(between[0])

    def wrap(self, owner: Any, method: str, name: str) -> None:
        real = getattr(owner, method)

        def wrapped(*args: Any, **options: Any) -> Any:
            me = greenlet.getcurrent()
            self._charge(me)
            steps = me.__dict__.setdefault("bench_steps", [])
            steps.append(name)
            self.calls[name] += 1
            try:
                return real(*args, **options)
            finally:
                self._charge(me)
                steps.pop()

        setattr(owner, method, wrapped)

    def write(self, path: Path) -> None:
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"spent": self.spent, "calls": self.calls}))
        part.rename(path)


def install(role: str) -> None:
    """From now on this process counts, and tells at SIGUSR2."""
    clock = StepClock()
    for module, place, name in STEPS[role]:
        *owners, method = place.split(".")
        owner = importlib.import_module(module)
        clock.wrap(getattr(owner, owners[0]) if owners else owner, method, name)
    gevent.signal_handler(signal.SIGUSR2, clock.write, Path(f"{os.environ[STEPS_VARIABLE]}-{role}.json"))


def run(scale: Scale) -> str:
    """The table of both roles, as text."""
    with workplace() as directory, World(directory) as world:
        users = world.accounts("login", scale.logins)
        at_once(scale.phones, lambda user: _in_and_out(world, user), users)
        base = directory / "steps"
        for role in ("web", "holder"):
            _replace(world, role, base)
        world.wait()
        at_once(scale.phones, lambda user: _in_and_out(world, user), users)
        before = _told(world, base)
        for _ in range(scale.rounds):
            at_once(scale.phones, lambda user: _in_and_out(world, user), users)
        time.sleep(0.5)  # the holder leaves XMPP behind the answer
        after, count = _told(world, base), scale.rounds * len(users)
        say(f"steps: {count} log-ins, each with a log-out, {scale.phones} at a time")
    return "\n".join(_table(role, before[role], after[role], count) for role in before)


def _in_and_out(world: World, user: str) -> None:
    with world.phone(user) as phone:
        phone.login()
        phone.logout()


def _replace(world: World, role: str, base: Path) -> None:
    """The same process with clocks."""
    world.processes[role].stop()
    env = world.processes[role].env | {STEPS_VARIABLE: str(base)}
    argv = [sys.executable, "-m", "bench.steps", role]
    world.processes[role] = Process(role, argv, env, world.dir / "logs" / f"{role}.log")
    world.launch(role)


def _told(world: World, base: Path) -> dict[str, Any]:
    found = {}
    for role in ("web", "holder"):
        path = Path(f"{base}-{role}.json")
        path.unlink(missing_ok=True)
        whole = machine.family(world.processes[role].pid)
        os.kill(whole[-1], signal.SIGUSR2)  # of the gateway, its worker
        while not path.exists():
            time.sleep(0.01)
        found[role] = json.loads(path.read_text())
    return found


def _table(role: str, before: dict[str, Any], after: dict[str, Any], count: int) -> str:
    spent = {name: (ns - before["spent"].get(name, 0)) / count / 1e3 for name, ns in after["spent"].items()}
    calls = {name: (after["calls"].get(name, 0) - before["calls"].get(name, 0)) / count for name in spent}
    lines = [f"# {role}: {sum(spent.values()):.0f} us of CPU a log-in and log-out; us, calls"]
    shown = sorted((us, name) for name, us in spent.items() if us >= LEAST_SHOWN_US)
    lines += [f"{us:8.1f} {calls[name]:6.1f}  {name}" for us, name in reversed(shown)]
    return "\n".join([*lines, f"{sum(us for us in spent.values() if us < LEAST_SHOWN_US):8.1f}         all others", ""])


if __name__ == "__main__":
    run_role(sys.argv[1], "bench.steps")
