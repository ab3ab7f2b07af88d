"""`make test-containers`: the compose deployment comes up, serves, and loses nothing, whatever happens to its containers."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402

import yaml  # noqa: E402

from onesoup.load.run import LoadResult, Plan, Run  # noqa: E402
from tests.containers import images, install, newcomer, pods  # noqa: E402
from tests.containers.deployment import DOMAIN, PROJECT, ROLES, XMPP, Deployment, accounts  # noqa: E402
from tests.containers.engine import Engine, NoEngine, die_with_parent, engine  # noqa: E402
from tests.containers.steps import STEPS, Scene, stops  # noqa: E402
from tests.containers.talk import PASSWORD, URL  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".run" / "containers"
COMPOSE = ROOT / "deploy/compose/compose.yaml"
PHONES, FRIENDS, INTERVAL = 30, 10, 2.0
IMAGE, BEFORE = "onesoup-test:now", "onesoup-test:before"
SIZE_LIMIT = 100_000_000
OPEN_FILES = 65536
INSTALL_LOG = WORK / "logs" / "install.log"


def tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="steps whose names have this word")
    words = parser.parse_args()
    began = time.monotonic()
    report: dict[str, object] = {}
    try:
        with engine(WORK, ROOT) as found, _installing(words.only) as installing, found.network():
            tell(f"the engine runs after {time.monotonic() - began:.0f} s")
            bad = _all(found, words.only, report, installing)
    except NoEngine as error:
        print(f"skipped: {error}", flush=True)
        return 0
    report["minutes"] = round((time.monotonic() - began) / 60, 1)
    (WORK / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    tell(f"{'FAILED: ' + '; '.join(bad) if bad else 'all is well'}, after {report['minutes']} minutes")
    return 1 if bad else 0


@contextmanager
def _installing(only: str) -> Iterator["subprocess.Popen[bytes] | None"]:
    """The test of docs/install.md, which runs while images are made. It needs the network of the machine, not the engine's."""
    if only and only not in "install":
        yield None
        return
    INSTALL_LOG.parent.mkdir(parents=True, exist_ok=True)
    with INSTALL_LOG.open("wb") as log:
        argv = [sys.executable, "-m", "tests.containers.install"]
        process = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _installed(process: "subprocess.Popen[bytes]") -> str:
    """Its last line; before that, so that nothing else is slowed down, it has ended."""
    status = process.wait(600)
    said = INSTALL_LOG.read_text()
    if status not in (0, install.SKIPPED):
        raise RuntimeError(said[-6000:])
    return said.strip().splitlines()[-1]


def _all(found: Engine, only: str, report: dict[str, object], installing: "subprocess.Popen[bytes] | None") -> list[str]:
    """What is bad."""
    where = WORK / "logs"
    where.mkdir(parents=True, exist_ok=True)
    report["steps"] = steps = {}
    images.make(found, COMPOSE.read_text())
    before = _build_before(found)
    deployment = Deployment(found, IMAGE, _open_files(), tell)
    deployment.down()
    bad: list[str] = []
    try:
        began = time.monotonic()
        deployment.compose("build", timeout=900)
        tell(f"images built in {time.monotonic() - began:.0f} s")
        bad += _image(found, report)
        if installing is not None:
            steps["install"] = _tried("a host by docs/install.md alone", lambda: _installed(installing), bad)
        deployment.image = before or IMAGE
        report["up_seconds"] = round(deployment.up(), 1)
        tell(f"up after {report['up_seconds']} s")
        ca = where / "ca.pem"
        ca.write_text(deployment.run("prosody", "cat", "/certs/ca.pem"))
        bad += _under_load(deployment, ca, where, only, steps, report)
        if not only or only in "pods":
            steps["pods"] = _tried("the manifests' pods, as containers", lambda: pods.run(deployment, IMAGE, WORK), bad)
        if not only or only in "stops":
            steps["stops"] = _tried("every container stops in time", lambda: stops(deployment), bad)
    except Exception:
        bad.append("broke off")
        traceback.print_exc()
    finally:
        (where / "compose.log").write_text(deployment.compose("logs", "--no-color", "--timestamps", check=False))
        deployment.down()
    if not only or only in "operator":
        steps["operator"] = _tried("a new operator, with the page alone", lambda: newcomer.run(deployment, _open_files()), bad)
    return bad


def _open_files() -> int:
    """As many as containers may have here."""
    return min(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _tried(name: str, work: "object", bad: list[str]) -> str:
    began = time.monotonic()
    try:
        said = str(work())  # type: ignore[operator]
    except Exception as error:
        traceback.print_exc()
        said = f"{type(error).__name__}: {error}"
        bad.append(name)
    tell(f"{name} ({time.monotonic() - began:.0f} s): {said}")
    return said


def _under_load(
    deployment: Deployment, ca: Path, where: Path, only: str, steps: dict[str, str], report: dict[str, object]
) -> list[str]:
    bad: list[str] = []
    plan = Plan(URL, DOMAIN, PHONES, FRIENDS, INTERVAL, password=PASSWORD, xmpp=XMPP, ca_file=ca, timeout=20.0)
    accounts(deployment, [user for user, _ in plan.rosters()], PASSWORD)
    with Run(plan, tell).working() as run:
        scene = Scene(deployment, run, where, ca, IMAGE)
        run.watch(5.0)
        for name, work in STEPS.items():
            if only and only not in name:
                deployment.image = IMAGE
                continue
            run.mark(name)
            failed, refused = run.series.total("failed"), run.series.total("http_5xx")
            steps[name] = _tried(name, lambda work=work: work(scene), bad)
            failed, refused = run.series.total("failed") - failed, run.series.total("http_5xx") - refused
            steps[name] += f"; requests that failed meanwhile: {failed}, of them HTTP 5xx: {refused}"
            tell(steps[name].rpartition("; ")[2])
            if name in bad:
                (where / f"failed-{len(bad)}.log").write_text(
                    deployment.compose("logs", "--no-color", "--timestamps", check=False)
                )
        run.watch(5.0)
    result = run.result()
    print(result.table(), flush=True)
    report["load"] = result.as_json()
    return bad + _books(result)


def _books(result: LoadResult) -> list[str]:
    total = result.ledger.total()
    tell(f"ledger: {total.acknowledged} acknowledged, {total.lost} lost, {total.doubled} doubled, {total.repeated} repeated")
    for entry, ids in result.ledger.twice():
        tell(f"came again: {entry} {ids}")
    for entry in result.ledger.missing():
        tell(f"missing: {entry}")
    bad = [f"{total.lost} lost"] if total.lost else []
    return bad + ([f"{total.doubled} doubled"] if total.doubled else [])


def _image(found: Engine, report: dict[str, object]) -> list[str]:
    """How large the image is on its base, what it says of itself, who it runs as."""
    base = (
        yaml.safe_load(COMPOSE.read_text())["services"]["web-1"]["build"]["args"]["PYTHON_IMAGE"].partition(":-")[2].rstrip("}")
    )
    sizes = [int(found.run("image", "inspect", "--format", "{{.Size}}", name)) for name in (IMAGE, base)]
    config = json.loads(found.run("image", "inspect", "--format", "{{json .Config}}", IMAGE))
    listed = found.run("run", "--rm", "--entrypoint", "sh", IMAGE, "-c", "cat /opt/onesoup/share/onesoup/sbom-*")
    report["image"] = {"bytes": sizes[0] - sizes[1], "version": config["Labels"].get("org.opencontainers.image.version")}
    tell(f"image: {(sizes[0] - sizes[1]) / 1e6:.0f} MB on its base")
    bad = []
    if sizes[0] - sizes[1] > SIZE_LIMIT:
        bad.append("the image is too large")
    if config["User"] != "10001" or not report["image"]["version"]:  # type: ignore[index]
        bad.append("the image runs as root, or has no version")
    if '"gevent"' not in listed or "libc6\t" not in listed:
        bad.append("the image does not list what is in it")
    return bad


def _build_before(found: Engine) -> str | None:
    """The image of the version before: of ONESOUP_BEFORE, else the newest tag, else the commit before. None without any."""
    ref = os.environ.get("ONESOUP_BEFORE") or _git("describe", "--tags", "--abbrev=0", "HEAD~1") or _git("rev-parse", "HEAD~1")
    if not ref:
        return None
    place = WORK / "before"
    subprocess.run(["rm", "-rf", str(place)], check=True)
    place.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", ref], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive, check=True)
    # Packed as today's.
    subprocess.run(["rm", "-rf", str(place / "deploy")], check=True)
    subprocess.run(["cp", "-r", str(ROOT / "deploy"), str(place / "deploy")], check=True)
    inside = found.source / place.relative_to(ROOT)
    env = {"COMPOSE_PROJECT_NAME": PROJECT, "ONESOUP_IMAGE": BEFORE}
    found.run("compose", "--file", str(inside / "deploy/compose/compose.yaml"), "build", ROLES[0], env=env, timeout=900)
    tell(f"the version before is {ref}")
    return BEFORE


def _git(*argv: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *argv], capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
