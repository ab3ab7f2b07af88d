"""What is done to a deployment while phones and friends write to each other. Each step says in a line what came of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import gevent

from onesoup.load.run import Run
from tests.containers import talk
from tests.containers.deployment import CIR, HOLDERS, PROJECT, REDIS, ROLES, SENTINELS, WEB, Deployment
from tests.containers.engine import EngineError

SETTLED = 2.0
STOP_WITHIN = 20.0  # then the engine kills it


@dataclass
class Scene:
    """The deployment, the load on it, and where things are written."""

    deployment: Deployment
    run: Run
    where: Path
    ca: Path
    image: str
    figures: dict[str, object] = field(default_factory=dict)

    def settle(self) -> None:
        """Until phones are served again, and a little longer."""
        before = self.run.series.total("requests") - self.run.series.total("failed")
        self.deployment.until(
            lambda: self.run.series.total("requests") - self.run.series.total("failed") >= before + 10,
            60.0,
            why="phones are served",
        )
        gevent.sleep(SETTLED)


Step = Callable[[Scene], str]
STEPS: dict[str, Step] = {}


def step(text: str) -> Callable[[Step], Step]:
    def enter(work: Step) -> Step:
        STEPS[text] = work
        return work

    return enter


@step("upgrade from the version before, one container after the other")
def upgrade(scene: Scene) -> str:
    before = scene.deployment.image
    scene.deployment.image = scene.image
    if before == scene.image:
        return "left out: there is no version before here"
    failed = scene.run.series.total("failed")
    for service in (*WEB, *HOLDERS, *CIR):
        scene.deployment.up("--no-deps", service)
        gevent.sleep(2.0)
    scene.settle()
    failed = scene.run.series.total("failed") - failed
    assert not failed, f"{failed} requests failed"
    return f"{before} to {scene.image}; no request failed"


@step("people talk: every kind of phone, client, group, picture, line, SMS")
def people(scene: Scene) -> str:
    return "; ".join(talk.everything(scene.deployment, scene.ca, scene.where))


@step("metrics: every target is up")
def metrics(scene: Scene) -> str:
    scene.deployment.until(lambda: not talk.targets(scene.deployment), 60.0, step=1.0, why="all targets are up")
    return "6 targets"


@step("doctor finds nothing wrong, in each role and from outside")
def doctor(scene: Scene) -> str:
    scene.deployment.await_whole()
    said: list[str] = []

    def well() -> bool:
        """Just after a restart of holders some sessions have none yet."""
        try:
            said[:] = [scene.deployment.run(service, "onesoup", "doctor") for service in ("web-1", "holder-1", "cir-1")]
            said.append(scene.deployment.admin("doctor"))
        except EngineError as error:
            said[:] = [str(error)]
            return False
        return True

    scene.deployment.until(well, 60.0, step=2.0, why="all is well for the doctor")
    assert not any("FAIL" in each for each in said), said
    assert not any("min-replicas-to-write" in each for each in said), said
    return f"{sum(each.count('ok  ') for each in said)} findings"


@step("Kannel starts again when one of its two programs has died")
def smsbox(scene: Scene) -> str:
    deployment = scene.deployment
    old = deployment.state("kannel")["Pid"]
    deployment.run(
        "kannel",
        "bash",
        "-c",
        'for p in /proc/[0-9]*; do [[ $(<$p/comm) == smsbox ]] && kill -9 "${p#/proc/}"; done 2>/dev/null; true',
    )
    took = deployment.until(
        lambda: deployment.state("kannel")["Pid"] not in (0, old) and deployment.healthy(["kannel"]), 60.0, why="Kannel is back"
    )
    return f"healthy again after {took:.1f} s"


@step("the certificate of the XMPP server is made anew for another domain, by the same authority")
def certificate(scene: Scene) -> str:
    engine, volume = scene.deployment.engine, f"{PROJECT}-certs"
    made = 'sed "s/^exec prosody.*//" /usr/local/bin/start | sh 2>/dev/null'
    shown = (
        "openssl x509 -in server.pem -noout -ext subjectAltName; openssl verify -CAfile ca.pem server.pem; sha256sum server.pem"
    )
    said = {}
    for domain in ("one.test", "one.test", "two.test"):
        argv = [
            "run",
            "--rm",
            "--env",
            f"DOMAIN={domain}",
            "--volume",
            f"{volume}:/certs",
            "--entrypoint",
            "sh",
            "onesoup-prosody",
        ]
        before, said[domain] = said.get(domain), engine.run(*argv, "-c", f"{made}; cd /certs; {shown}")
        assert f"DNS:files.{domain}" in said[domain], said
        assert "server.pem: OK" in said[domain], said
        assert before in (None, said[domain]), "the same domain keeps its certificate"
    engine.run("volume", "rm", volume)
    return "it has the domain, rooms. and files. before it"


@step("kill -9 of each container in turn")
def kills(scene: Scene) -> str:
    slowest = 0.0
    for service in scene.deployment.services():
        if service == "prosody":
            # What an XMPP server has in memory is its own to lose.
            with scene.run.silence():
                slowest = max(slowest, scene.deployment.kill(service))
                scene.deployment.until(lambda: all(friend.online for friend in scene.run.friends), 60.0, why="friends are back")
        else:
            slowest = max(slowest, scene.deployment.kill(service))
        scene.settle()
    scene.deployment.await_whole()
    return f"{len(scene.deployment.services())} containers, healthy again after {slowest:.1f} s at most"


def _failover(scene: Scene) -> float:
    """Seconds until Sentinels name the other one. The old master stays dead."""
    deployment = scene.deployment
    old = deployment.master()
    deployment.engine.run("kill", deployment.name(old))
    took = deployment.until(lambda: deployment.master() not in ("", old), 60.0, why="another master")
    scene.figures["dead"] = old
    return took


@step("two failovers of Redis in a row")
def failovers(scene: Scene) -> str:
    first = scene.deployment.master()
    times = []
    for _ in range(2):
        times.append(_failover(scene))
        scene.settle()
        scene.deployment.compose("start", str(scene.figures["dead"]))
        scene.deployment.await_whole()
        scene.settle()
    assert scene.deployment.master() == first, scene.deployment.roles()
    return f"{times[0]:.1f} s and {times[1]:.1f} s until there was another master"


@step("--force-recreate of the gateways under load")
def recreate(scene: Scene) -> str:
    failed = scene.run.series.total("failed")
    for service in WEB:
        scene.deployment.up("--no-deps", "--force-recreate", service)
        gevent.sleep(2.0)
    one_by_one = scene.run.series.total("failed") - failed
    assert not one_by_one, f"{one_by_one} requests failed though one gateway was there"
    scene.deployment.up("--no-deps", "--force-recreate", *WEB)
    scene.settle()
    both = scene.run.series.total("failed") - failed - one_by_one
    return f"requests that failed: {one_by_one} one after the other, {both} both at once"


@step("a new key for stored passwords")
def rotate(scene: Scene) -> str:
    said = scene.deployment.admin("accounts", "rotate", "--new-key").strip().splitlines()
    # What was sealed with the new key can be opened by everybody, old processes and new ones.
    scene.deployment.kill(HOLDERS[0])
    scene.settle()
    return "; ".join(said)


@step("stop and start of everything, with a Redis that died before and missed what came")
def stop_and_start(scene: Scene) -> str:
    deployment = scene.deployment
    _failover(scene)
    scene.settle()
    newest = deployment.master()
    began = time.monotonic()
    deployment.compose("stop")
    stopped = time.monotonic() - began
    statuses = {service: deployment.state(service)["ExitCode"] for service in ROLES}
    assert set(statuses.values()) == {0}, statuses
    deployment.compose("start")
    began = time.monotonic()
    deployment.until(
        lambda: deployment.healthy([*ROLES, "nginx", "prosody", *REDIS.values(), *SENTINELS]), 120.0, why="all healthy"
    )
    back = time.monotonic() - began
    deployment.await_whole()
    assert deployment.master() == newest, (newest, deployment.roles())
    scene.settle()
    return f"stopped in {stopped:.1f} s, healthy in {back:.1f} s; {newest}, which has the newest data, is still the master"


def stops(deployment: Deployment) -> str:
    """Every container stops within its grace with status 0; the roles too when Redis and Sentinels are gone before. Afterwards
    everything is down."""
    times: dict[str, float] = {}
    bad = []

    def stop(service: str, note: str = "") -> None:
        took, status = deployment.stop(service)
        times[service + note] = took
        if took > STOP_WITHIN or status:
            bad.append(f"{service}{note}: {took:.1f} s, status {status}")

    for service in ("web-1", "holder-1", "cir-1"):
        stop(service)
    for service in (*SENTINELS, *REDIS.values()):
        deployment.engine.run("kill", deployment.name(service))
    gevent.sleep(2.0)
    for service in ("web-2", "holder-2", "cir-2"):
        stop(service, ", without Redis")
    for service in ("kannel", "prometheus", "nginx", "prosody"):
        stop(service)
    deployment.compose("start", *REDIS.values(), *SENTINELS)
    deployment.until(lambda: deployment.healthy([*REDIS.values(), *SENTINELS]), 60.0, why="stores are healthy")
    for service in (*SENTINELS, *REDIS.values()):
        stop(service)
    if bad:
        raise EngineError("; ".join(bad))
    slowest = max(times, key=lambda name: times[name])
    return f"{len(times)} stops, all with status 0; the slowest: {slowest}, {times[slowest]:.1f} s"
