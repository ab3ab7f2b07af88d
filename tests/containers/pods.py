"""Pods of deploy/k8s as containers: their security context, probes, limits, mounts and last words are read from the manifests."""

import http.client
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gevent
import yaml

from tests.containers.deployment import NETWORK, PROJECT, SENTINELS, Deployment
from tests.containers.engine import EngineError

K8S = Path(__file__).resolve().parents[2] / "deploy/k8s"
SECRETS = f"{PROJECT}-secrets"
# What a pod finds at the names of Services: the pod behind it. Container ports are where Services lead.
SERVICES = {"onesoup-web": "web", "onesoup-cir": "cir"}


def manifests() -> list[dict[str, Any]]:
    return [each for path in sorted(K8S.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text()) if each]


def run(deployment: Deployment, image: str, work: Path) -> str:
    """Each pod starts, gets ready within what its probes allow, and stops within its grace. What it says is a line."""
    found = manifests()
    _secrets(deployment)
    maps = {each["metadata"]["name"]: each["data"] for each in found if each["kind"] == "ConfigMap"}
    specs = {each["metadata"]["name"].removeprefix("onesoup-"): each["spec"] for each in found if each["kind"] == "Deployment"}
    told = []
    with ExitStack() as stack:
        pods: dict[str, Pod] = {}
        for name in ("web", "holder", "cir", "edge"):  # the edge wants the others
            hosts = {service: pods[behind].address() for service, behind in SERVICES.items()} if name == "edge" else {}
            pods[name] = Pod(deployment, image, specs[name]["template"]["spec"], maps, hosts, work)
            stack.callback(pods[name].remove)
            told.append(pods[name].begins())
        for name in ("edge", "cir", "holder", "web"):
            told.append(pods[name].ends())
    deployment.engine.run("volume", "rm", SECRETS)
    return "; ".join(told)


def _secrets(deployment: Deployment) -> None:
    """A volume as the kubelet mounts a secret: of root, group fsGroup, mode 0440."""
    url = f"redis+sentinel://{','.join(f'{NETWORK}.2.{21 + number}' for number in range(len(SENTINELS)))}/onesoup/0"
    script = f"cp /keys/keys /secrets/keys; echo {url} >/secrets/redis-url"
    script += "; chown -R 0:10001 /secrets; chmod 750 /secrets; chmod 440 /secrets/*"
    mounts = ["--volume", f"{PROJECT}_keys:/keys:ro", "--volume", f"{SECRETS}:/secrets"]
    deployment.engine.run("run", "--rm", "--user", "0", *mounts, "--entrypoint", "sh", deployment.image, "-c", script)


class Pod:
    """One pod of one container."""

    def __init__(
        self,
        deployment: Deployment,
        image: str,
        spec: dict[str, Any],
        maps: dict[str, dict[str, str]],
        hosts: dict[str, str],
        work: Path,
    ) -> None:
        self._deployment, self._engine = deployment, deployment.engine
        self._spec, self._maps, self._hosts, self._work = spec, maps, hosts, work
        (self._container,) = spec["containers"]
        self._name = f"{PROJECT}-pod-{self._container['name']}"
        self._image = image if self._container["image"].startswith("onesoup") else self._container["image"]

    def begins(self) -> str:
        """Seconds until it was ready, and its memory at rest."""
        self.remove()
        self._engine.run(*self._argv())
        try:
            ready = self._gets_ready()
        except EngineError:
            print(self._engine.run("logs", "--tail", "20", self._name, check=False))
            raise
        used = self._engine.run("stats", "--no-stream", "--format", "{{.MemUsage}}", self._name).split(" /")[0].strip()
        return f"{self._container['name']} ready after {ready:.1f} s, {used}"

    def remove(self) -> None:
        self._engine.run("rm", "--force", self._name, check=False)

    def address(self) -> str:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self._engine.run("inspect", "--format", form, self._name).strip()

    def _argv(self) -> list[str]:
        pod, own = self._spec["securityContext"], self._container["securityContext"]
        assert pod["runAsNonRoot"]
        assert own["readOnlyRootFilesystem"]
        argv = ["run", "--detach", "--name", self._name, "--network", f"{PROJECT}_back", "--read-only", "--no-healthcheck"]
        argv += ["--user", f"{pod['runAsUser']}:{pod['runAsUser']}", "--group-add", str(pod["fsGroup"])]
        argv += [word for drop in own["capabilities"]["drop"] for word in ("--cap-drop", drop)]
        if not own["allowPrivilegeEscalation"]:
            argv += ["--security-opt", "no-new-privileges:true"]
        argv += ["--memory", self._container["resources"]["limits"]["memory"].replace("i", "").lower()]
        for mount in self._container["volumeMounts"]:
            argv += self._mounted(mount)
        for name, value in self._settings().items():
            argv += ["--env", f"{name}={value}"]
        for name, address in self._hosts.items():
            argv += ["--add-host", f"{name}:{address}"]
        first, *rest = self._container.get("command", [""])
        entrypoint = ["--entrypoint", first] if first else []
        return [*argv, *entrypoint, self._image, *rest, *self._container.get("args", [])]

    def _mounted(self, mount: dict[str, Any]) -> list[str]:
        volume = next(each for each in self._spec["volumes"] if each["name"] == mount["name"])
        if "secret" in volume:
            return ["--volume", f"{SECRETS}:{mount['mountPath']}:ro"]
        if "configMap" in volume:
            file = self._work / "config" / mount["subPath"]
            file.parent.mkdir(exist_ok=True)
            # Ports of Services are those of the pods behind them here.
            file.write_text(
                self._maps[volume["configMap"]["name"]][mount["subPath"]].replace("onesoup-web:80 ", "onesoup-web:8080 ")
            )
            inside = self._engine.source / file.relative_to(Path(__file__).resolve().parents[2])
            return ["--volume", f"{inside}:{mount['mountPath']}:ro"]
        return ["--tmpfs", f"{mount['mountPath']}:uid=0,gid={self._spec['securityContext']['fsGroup']},mode=2775"]

    def _settings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in self._container.get("envFrom", []):
            found |= self._maps[each["configMapRef"]["name"]]
        return found | {each["name"]: each["value"] for each in self._container.get("env", []) if "value" in each}

    def _asks(self, probe: dict[str, Any]) -> bool:
        """As the kubelet does."""
        ports = {each["name"]: each["containerPort"] for each in self._container["ports"]}
        if not (address := self.address()):
            return False
        link = http.client.HTTPConnection(address, ports[probe["httpGet"]["port"]], timeout=probe.get("timeoutSeconds", 1))
        try:
            link.request("GET", probe["httpGet"]["path"])
            return 200 <= link.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def _gets_ready(self) -> float:
        began = time.monotonic()
        startup = self._container["startupProbe"]
        for _ in range(startup["failureThreshold"]):
            if self._asks(startup):
                break
            gevent.sleep(startup["periodSeconds"])
        else:
            raise EngineError(f"{self._name}: its startup probe fails")
        self._deployment.until(lambda: self._asks(self._container["readinessProbe"]), 60.0, why=f"{self._name} is ready")
        if not self._asks(self._container["livenessProbe"]):
            raise EngineError(f"{self._name}: its liveness probe fails")
        if self._hosts:
            self._serves()
        return time.monotonic() - began

    def _serves(self) -> None:
        """What is no CSP gets its answer from a gateway, and not from the edge."""
        ports = {each["name"]: each["containerPort"] for each in self._container["ports"]}
        link = http.client.HTTPConnection(self.address(), ports["http"], timeout=15)
        link.request("POST", "/", b"hello", {"Content-Type": "text/plain"})
        status = link.getresponse().status
        link.close()
        if status >= 500:
            raise EngineError(f"{self._name}: HTTP {status}")

    def ends(self) -> str:
        """preStop, then SIGTERM; within the grace, with status 0."""
        began = time.monotonic()
        grace = self._spec["terminationGracePeriodSeconds"]
        hook = self._container.get("lifecycle", {}).get("preStop")
        if hook:
            self._engine.run("exec", self._name, *hook["exec"]["command"])
        self._engine.run("kill", "--signal", "TERM", self._name)
        status = int(self._engine.run("wait", self._name, timeout=grace + 5).strip())
        took = time.monotonic() - began
        if status or took > grace:
            raise EngineError(f"{self._name}: ended with status {status} after {took:.1f} of {grace} s")
        return f"{self._container['name']} gone after {took:.1f} s"
